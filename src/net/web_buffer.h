/* SPDX-License-Identifier: Apache-2.0 */
/* A queue of bytes: appended at the end, taken from the front. Holds no memory while it is empty
 * and cleared. */
#ifndef NET_WEB_BUFFER_H
#define NET_WEB_BUFFER_H

#include "base/span.h"

struct web_buffer {
    uint8_t *data;
    size_t start, end, capacity;
};

/* A zeroed struct is an empty buffer. Frees the memory; it may be used again. */
void web_buffer_clear(struct web_buffer *b);
size_t web_buffer_size(const struct web_buffer *b);
/* The bytes, writeable; valid until the next append. */
uint8_t *web_buffer_bytes(struct web_buffer *b);
struct span web_buffer_span(const struct web_buffer *b);
void web_buffer_append(struct web_buffer *b, struct span bytes);
/* Takes `size` bytes, which it must hold, from the front; an emptied buffer gives its memory back.
 */
void web_buffer_take(struct web_buffer *b, size_t size);

#endif
