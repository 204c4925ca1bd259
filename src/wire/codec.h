/* SPDX-License-Identifier: Apache-2.0 */
/* What a forwarder reads of a codec's payload, all of it in the clear under end-to-end encryption:
 * the VP8 payload descriptor and frame tag (RFC 7741 4.2, RFC 6386 9.1), H.264 NAL headers (RFC
 * 6184 5). Nothing past these is read. */
#ifndef WIRE_CODEC_H
#define WIRE_CODEC_H

#include "base/span.h"

enum codec { CODEC_NONE, CODEC_OPUS, CODEC_VP8, CODEC_H264 };

/* "audio/opus", "video/VP8", "video/H264". */
const char *codec_mime(enum codec c);
/* Case-insensitive; takes "VP8", "vp8" and "video/VP8" alike. CODEC_NONE when unknown. */
enum codec codec_by_name(struct span name);
bool codec_is_video(enum codec c);
uint32_t codec_clock_rate(enum codec c); /* Hz */

struct vp8_descriptor {
    uint8_t size;       /* bytes of the descriptor */
    bool start;         /* S bit and partition 0: the first packet of a frame */
    bool non_reference; /* N */
    bool has_picture_id, picture_id_long, has_tl0, has_tid, has_keyidx;
    uint16_t picture_id; /* 7 or 15 bits */
    uint8_t tl0, tid, keyidx;
    bool layer_sync; /* Y */
};

bool vp8_descriptor_parse(struct span payload, struct vp8_descriptor *out)
    __attribute__((warn_unused_result));
/* Overwrites picture id (in its present width) and tl0 of a copy of the descriptor in `bytes`. */
void vp8_descriptor_patch(uint8_t *bytes, const struct vp8_descriptor *d, uint16_t picture_id,
                          uint8_t tl0);

struct frame_info {
    bool start;                /* first packet of a frame, as far as the payload says */
    bool keyframe;             /* first packet of a key frame */
    uint16_t width, height;    /* of a VP8 key frame, else 0 */
    struct vp8_descriptor vp8; /* when codec is VP8 */
};

/* False when the payload is too short or malformed for its codec. An H.264 packet starts a frame
 * unless it goes on with a fragmented unit: more is not in the clear. */
bool codec_frame_info(enum codec c, struct span payload, struct frame_info *out)
    __attribute__((warn_unused_result));
/* Bytes of a frame that LiveKit's frame encryption leaves clear: VP8 10 / 3, Opus 1; H.264 by its
 * NAL headers: 0 here. */
size_t codec_clear_bytes(enum codec c, bool keyframe);

#endif
