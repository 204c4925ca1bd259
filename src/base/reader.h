/* SPDX-License-Identifier: Apache-2.0 */
/* Reads big-endian fields from untrusted bytes. An overrun sets `bad`, leaves nothing and yields
 * zeroes, so a parser reads its fields in a straight line and looks at `bad` once at the end. */
#ifndef BASE_READER_H
#define BASE_READER_H

#include "base/span.h"

struct reader {
    const uint8_t *at, *end;
    bool bad;
};

struct reader reader_of(struct span s);
size_t reader_left(const struct reader *r);
uint8_t reader_u8(struct reader *r);
uint16_t reader_u16(struct reader *r);
uint32_t reader_u24(struct reader *r);
uint32_t reader_u32(struct reader *r);
uint64_t reader_u64(struct reader *r);
/* The next `size` bytes as a span into the input; the empty span (and bad) when there are fewer. */
struct span reader_take(struct reader *r, size_t size);
/* All that is left. */
struct span reader_rest(struct reader *r);

#endif
