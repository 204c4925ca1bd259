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
    struct frame_info frame; /* start, keyframe, VP8 descriptor; zero for audio */
    int64_t received_us;
};

static inline struct span media_payload(const struct media *m)
{
    return span_of(m->packet->data + m->payload_offset, m->payload_size);
}

#endif
