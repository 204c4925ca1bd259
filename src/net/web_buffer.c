/* SPDX-License-Identifier: Apache-2.0 */
/* The byte queue of a connection. Owns its memory. Belongs to the control thread. */
#include "net/web_buffer.h"

#include "base/mem.h"

#include <assert.h>
#include <stdlib.h>

#define CAPACITY_MIN 512

void web_buffer_clear(struct web_buffer *b)
{
    free(b->data);
    *b = (struct web_buffer){0};
}

size_t web_buffer_size(const struct web_buffer *b)
{
    return b->end - b->start;
}

uint8_t *web_buffer_bytes(struct web_buffer *b)
{
    return b->data + b->start;
}

struct span web_buffer_span(const struct web_buffer *b)
{
    return b->data ? span_of(b->data + b->start, b->end - b->start) : span_of(NULL, 0);
}

void web_buffer_append(struct web_buffer *b, struct span bytes)
{
    if (bytes.size == 0)
        return;
    if (b->capacity - b->end < bytes.size) {
        size_t used = b->end - b->start;
        /* Moved to the front first; that is paid for by the bytes taken since the last time. */
        if (b->start > 0) {
            memmove(b->data, b->data + b->start, used);
            b->start = 0;
            b->end = used;
        }
        size_t capacity = b->capacity ? b->capacity : CAPACITY_MIN;
        assert(bytes.size < SIZE_MAX / 4 - used);
        while (capacity - used < bytes.size)
            capacity *= 2;
        if (capacity != b->capacity)
            b->data = xrealloc(b->data, capacity);
        b->capacity = capacity;
    }
    memcpy(b->data + b->end, bytes.data, bytes.size);
    b->end += bytes.size;
}

void web_buffer_take(struct web_buffer *b, size_t size)
{
    assert(size <= b->end - b->start);
    b->start += size;
    if (b->start == b->end)
        web_buffer_clear(b);
}
