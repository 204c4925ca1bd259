/* SPDX-License-Identifier: Apache-2.0 */
/* Forwarding of one published track to one viewer: which layer, and the rewriting that makes its
 * packets one gapless RTP stream (SSRC, sequence, timestamp; VP8 picture id and TL0PICIDX, RFC
 * 7741). Losses on the way in stay gaps on the way out, so that a late or repaired packet finds its
 * place; packets left out on purpose leave no gap. About 450 bytes a viewer: only break points are
 * kept, never packets. */
#ifndef RTC_FORWARD_H
#define RTC_FORWARD_H

#include "base/limits.h"
#include "rtc/media.h"

#define FORWARD_BREAKS                                                                             \
    16 /* break points kept: layer switches and left-out packets that late packets can refer to */

/* From out_from on, everything outgoing is the publisher's plus these. */
struct forward_break {
    int64_t out_from, offset;
    uint32_t timestamp_offset;
    uint16_t picture_offset;
    uint8_t tl0_offset, layer;
};

struct forward {
    enum codec codec;
    bool started;
    uint8_t current, target; /* layers; LIMIT_LAYERS: none */
    struct forward_break breaks[FORWARD_BREAKS];
    unsigned break_count, break_next;
    int64_t out_newest;        /* highest outgoing number sent */
    int64_t in_newest;         /* highest of the current layer, sent or left out */
    uint32_t timestamp_offset; /* of the newest stretch, for sender reports */
    uint32_t lead;             /* how far that is ahead of where sender reports put it */
    uint32_t last_timestamp;
    int64_t last_sent_us;
    uint16_t last_picture; /* VP8 */
    uint8_t last_tl0;
    uint32_t packets, octets; /* sent, for sender reports */
};

/* What goes on the wire for one packet. */
struct forward_out {
    int64_t seq; /* outgoing, unwrapped: the SRTP index */
    uint32_t timestamp;
    bool marker;
    bool patch_vp8; /* picture id and tl0 of the descriptor are to be overwritten with these */
    uint16_t picture_id;
    uint8_t tl0;
};

enum forward_verdict {
    FORWARD_SEND,
    FORWARD_SKIP,   /* another layer's, or before the first key frame */
    FORWARD_TOO_OLD /* late beyond the break points */
};

void forward_init(struct forward *f, enum codec codec, uint16_t first_seq,
                  uint32_t first_timestamp);
/* The layer wanted; forwarding goes on with the current one until a key frame of the wanted one
 * comes. LIMIT_LAYERS stops forwarding at once. Audio and single streams use layer 0. */
void forward_set_target(struct forward *f, uint8_t layer);
/* True while a key frame of `target` is being waited for. */
bool forward_wants_keyframe(const struct forward *f);
/* One packet of a layer, in order of arrival. `elapsed` timestamps are aligned at a switch by
 * arrival time, unless ts_delta (target layer's timestamp minus the current one's for the same
 * instant, from sender reports) is known. */
enum forward_verdict forward_push(struct forward *f, int64_t now_us, const struct media *m,
                                  uint8_t layer, const int64_t *ts_delta, struct forward_out *out);
/* A packet that is left out on purpose (padding only, too short): closes the gap. */
void forward_skip(struct forward *f, const struct media *m, uint8_t layer);
/* From an outgoing number back to the layer and its number, for a viewer's NACK. False when it is
 * not known any more. */
bool forward_find(const struct forward *f, uint16_t out_seq, uint8_t *layer, int64_t *seq);
/* How the packet found by forward_find is sent again. False when the layer switched since. */
bool forward_again(const struct forward *f, const struct media *m, uint8_t layer, uint16_t out_seq,
                   struct forward_out *out);

#endif
