/* SPDX-License-Identifier: Apache-2.0 */
/* Big-endian writing with a sticky error. Borrows the caller's buffer; safe on every thread. */
#include "base/writer.h"

struct writer writer_of(void *buffer, size_t capacity)
{
    uint8_t *start = buffer;
    return (struct writer){start, start, capacity ? start + capacity : start, false};
}

size_t writer_size(const struct writer *w)
{
    return w->at == w->start ? 0 : (size_t)(w->at - w->start);
}

struct span writer_span(const struct writer *w)
{
    return w->bad ? (struct span){NULL, 0} : (struct span){w->start, writer_size(w)};
}

uint8_t *writer_reserve(struct writer *w, size_t size)
{
    size_t room = w->at == w->end ? 0 : (size_t)(w->end - w->at);
    if (w->bad || room < size) {
        w->bad = true;
        return NULL;
    }
    uint8_t *p = w->at;
    if (size > 0)
        w->at += size;
    return p;
}

static void write_be(struct writer *w, uint64_t v, size_t size)
{
    uint8_t *p = writer_reserve(w, size);
    if (!p)
        return;
    for (size_t i = size; i-- > 0; v >>= 8)
        p[i] = (uint8_t)v;
}

void writer_u8(struct writer *w, uint8_t v)
{
    write_be(w, v, 1);
}

void writer_u16(struct writer *w, uint16_t v)
{
    write_be(w, v, 2);
}

void writer_u24(struct writer *w, uint32_t v)
{
    write_be(w, v, 3);
}

void writer_u32(struct writer *w, uint32_t v)
{
    write_be(w, v, 4);
}

void writer_u64(struct writer *w, uint64_t v)
{
    write_be(w, v, 8);
}

void writer_bytes(struct writer *w, struct span s)
{
    uint8_t *p = writer_reserve(w, s.size);
    if (p && s.size > 0)
        memcpy(p, s.data, s.size);
}

void writer_zeroes(struct writer *w, size_t count)
{
    uint8_t *p = writer_reserve(w, count);
    if (p && count > 0)
        memset(p, 0, count);
}

void writer_patch_u16(struct writer *w, size_t offset, uint16_t v)
{
    if (w->bad || writer_size(w) < 2 || offset > writer_size(w) - 2) {
        w->bad = true;
        return;
    }
    w->start[offset] = (uint8_t)(v >> 8);
    w->start[offset + 1] = (uint8_t)v;
}
