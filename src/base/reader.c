/* SPDX-License-Identifier: Apache-2.0 */
/* Big-endian reading with a sticky error. Owns nothing; safe on every thread. */
#include "base/reader.h"

struct reader reader_of(struct span s)
{
    if (s.size == 0)
        return (struct reader){NULL, NULL, false};
    return (struct reader){s.data, s.data + s.size, false};
}

size_t reader_left(const struct reader *r)
{
    return r->at ? (size_t)(r->end - r->at) : 0;
}

/* The place of the next `size` bytes, already stepped over, or NULL. After an overrun nothing is
 * left, so that later smaller reads do not pick up bytes that belong to the field which failed. */
static const uint8_t *advance(struct reader *r, size_t size)
{
    if (reader_left(r) < size) {
        r->bad = true;
        r->at = r->end;
        return NULL;
    }
    const uint8_t *p = r->at;
    if (size > 0)
        r->at += size;
    return p;
}

static uint64_t read_be(struct reader *r, size_t size)
{
    const uint8_t *p = advance(r, size);
    uint64_t v = 0;
    if (!p)
        return 0;
    for (size_t i = 0; i < size; i++)
        v = v << 8 | p[i];
    return v;
}

uint8_t reader_u8(struct reader *r)
{
    return (uint8_t)read_be(r, 1);
}

uint16_t reader_u16(struct reader *r)
{
    return (uint16_t)read_be(r, 2);
}

uint32_t reader_u24(struct reader *r)
{
    return (uint32_t)read_be(r, 3);
}

uint32_t reader_u32(struct reader *r)
{
    return (uint32_t)read_be(r, 4);
}

uint64_t reader_u64(struct reader *r)
{
    return read_be(r, 8);
}

struct span reader_take(struct reader *r, size_t size)
{
    const uint8_t *p = advance(r, size);
    return p ? (struct span){p, size} : (struct span){NULL, 0};
}

struct span reader_rest(struct reader *r)
{
    return reader_take(r, reader_left(r));
}
