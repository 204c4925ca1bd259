/* SPDX-License-Identifier: Apache-2.0 */
/* Payloads that say what they are: which track, layer, packet and frame, with a check over every
 * byte. So whoever receives one knows what was sent, whatever happened to its header on the way. */
#ifndef PEER_BODY_H
#define PEER_BODY_H

#include "base/span.h"
#include "wire/codec.h"

#define BODY_SIZE_MIN 40
#define BODY_SIZE_MAX 1200

struct body {
    enum codec codec;
    uint32_t tag; /* of the track */
    uint8_t layer;
    bool start, keyframe;
    uint32_t number, frame; /* in its layer, from 0 */
    uint16_t picture_id;    /* VP8: as the descriptor has them */
    uint8_t tl0;
};

/* A payload of `size` bytes, descriptor included (BODY_SIZE_MIN..BODY_SIZE_MAX). */
void body_write(uint8_t *out, size_t size, const struct body *b);
/* False when a byte is not what body_write made, apart from the descriptor's picture id and tl0. */
bool body_read(struct span payload, enum codec codec, struct body *out)
    __attribute__((warn_unused_result));

#endif
