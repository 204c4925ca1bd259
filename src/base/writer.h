/* SPDX-License-Identifier: Apache-2.0 */
/* Writes big-endian fields into a fixed buffer. A write that does not fit sets `bad` and writes
 * nothing, then or later. */
#ifndef BASE_WRITER_H
#define BASE_WRITER_H

#include "base/span.h"

struct writer {
    uint8_t *start, *at, *end;
    bool bad;
};

struct writer writer_of(void *buffer, size_t capacity);
size_t writer_size(const struct writer *w);
/* What has been written so far; the empty span when bad. */
struct span writer_span(const struct writer *w);
void writer_u8(struct writer *w, uint8_t v);
void writer_u16(struct writer *w, uint16_t v);
void writer_u24(struct writer *w, uint32_t v);
void writer_u32(struct writer *w, uint32_t v);
void writer_u64(struct writer *w, uint64_t v);
void writer_bytes(struct writer *w, struct span s);
void writer_zeroes(struct writer *w, size_t count);
/* Room for `size` bytes to be filled in by the caller; NULL (and bad) when they do not fit. */
uint8_t *writer_reserve(struct writer *w, size_t size);
/* Overwrites two bytes written earlier, at `offset` from the start: for length fields. */
void writer_patch_u16(struct writer *w, size_t offset, uint16_t v);

#endif
