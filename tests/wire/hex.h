/* SPDX-License-Identifier: Apache-2.0 */
/* Bytes written as hex in tests of parsers, and the walk over all shorter forms of a message. */
#ifndef TESTS_WIRE_HEX_H
#define TESTS_WIRE_HEX_H

#include "base/encode.h"
#include "base/mem.h"

#include <assert.h>
#include <stdlib.h>

/* Spaces between the digits are left out. */
static inline struct span hex(const char *text, struct arena *a)
{
    size_t size = 0, digits = 0;
    char *clean = arena_alloc(a, strlen(text) + 1);
    for (const char *p = text; *p; p++)
        if (*p != ' ')
            clean[digits++] = *p;
    uint8_t *bytes = arena_alloc(a, digits / 2 + 1);
    bool good = hex_decode(span_of(clean, digits), bytes, digits / 2, &size);
    assert(good);
    (void)good;
    return span_of(bytes, size);
}

/* Calls `check` with each proper prefix, in a block of just that size, so that a read behind its
 * end is noticed. */
static inline void each_prefix(struct span whole, void (*check)(struct span prefix))
{
    for (size_t n = 0; n < whole.size; n++) {
        uint8_t *copy = xmalloc(n);
        memcpy(copy, whole.data, n);
        check(span_of(copy, n));
        free(copy);
    }
}

#endif
