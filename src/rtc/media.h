/* SPDX-License-Identifier: Apache-2.0 */
/* One received media packet, parsed once: what history keeps and every viewer's forward reads. */
#ifndef RTC_MEDIA_H
#define RTC_MEDIA_H

#include "base/packet.h"
#include "wire/codec.h"

struct media {
    struct packet *packet; /* a counted reference where the holder says so */
    int64_t seq;           /* unwrapped in the publisher's stream */
    uint32_t timestamp;
    uint16_t payload_offset, payload_size; /* in packet->data, padding left out */
    bool marker;
    uint8_t padding; /* RTP padding behind the payload, which each viewer gets with it: as much when
                        it is sent again, since one number stands for one packet (RFC 3711 9.1) */
    struct frame_info frame; /* start, keyframe, VP8 descriptor; zero for audio */
    int64_t received_us;
};

static inline struct span media_payload(const struct media *m)
{
    return span_of(m->packet->data + m->payload_offset, m->payload_size);
}

#endif
