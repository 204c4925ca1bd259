/* SPDX-License-Identifier: Apache-2.0 */
/* 16-bit RTP sequence numbers and 32-bit timestamps on an endless line (RFC 3550 A.1, RFC 1982
 * arithmetic). */
#ifndef BASE_SEQ_H
#define BASE_SEQ_H

#include <stdbool.h>
#include <stdint.h>

/* Whether a comes after b on the circle. */
static inline bool seq_newer(uint16_t a, uint16_t b)
{
    return a != b && (uint16_t)(a - b) < 0x8000;
}

static inline bool timestamp_newer(uint32_t a, uint32_t b)
{
    return a != b && a - b < 0x80000000u;
}

/* The 64-bit number that is congruent to seq and nearest to `reference`. */
static inline int64_t seq_unwrap(int64_t reference, uint16_t seq)
{
    return reference + (int16_t)(uint16_t)(seq - (uint16_t)reference);
}

#endif
