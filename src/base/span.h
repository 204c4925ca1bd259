/* SPDX-License-Identifier: Apache-2.0 */
/* A borrowed run of bytes. A span never owns; it is valid for the call it is passed to. */
#ifndef BASE_SPAN_H
#define BASE_SPAN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

struct span {
    const uint8_t *data;
    size_t size;
};

/* The bytes of a string literal or an array of char, without the terminating zero. */
#define SPAN_LITERAL(s) ((struct span){(const uint8_t *)(s), sizeof(s) - 1})

/* The same as an initialiser of something static, where C17 wants a constant. */
#define SPAN_STATIC(s)                                                                             \
    {                                                                                              \
        (const uint8_t *)(s), sizeof(s) - 1                                                        \
    }

static inline struct span span_of(const void *data, size_t size)
{
    return (struct span){data, size};
}

/* The bytes of a zero-terminated string; NULL gives the empty span. */
static inline struct span span_of_str(const char *s)
{
    return (struct span){(const uint8_t *)s, s ? strlen(s) : 0};
}

static inline bool span_equal(struct span a, struct span b)
{
    return a.size == b.size && (a.size == 0 || memcmp(a.data, b.data, a.size) == 0);
}

/* From `from` to the end; empty when `from` lies beyond it. */
static inline struct span span_from(struct span s, size_t from)
{
    return from < s.size ? (struct span){s.data + from, s.size - from} : (struct span){NULL, 0};
}

/* The first `size` bytes, or all when there are fewer. */
static inline struct span span_first(struct span s, size_t size)
{
    return (struct span){s.data, size < s.size ? size : s.size};
}

#endif
