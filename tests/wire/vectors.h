/* SPDX-License-Identifier: Apache-2.0 */
/* Reading of files below tests/vectors, for the tests of parsers. */
#ifndef TESTS_WIRE_VECTORS_H
#define TESTS_WIRE_VECTORS_H

#include "base/mem.h"

#include <assert.h>
#include <stdio.h>

/* The whole file, from the arena. The file must exist and have less than 64 KB. */
static inline struct span vector_read(const char *folder, const char *name, struct arena *a)
{
    enum { CAPACITY = 64 * 1024 };
    char *path = arena_printf(a, "%s/tests/vectors/%s/%s", TEST_SOURCE_DIR, folder, name);
    uint8_t *bytes = arena_alloc(a, CAPACITY);
    FILE *file = fopen(path, "rb");

    assert(file);
    size_t size = fread(bytes, 1, CAPACITY, file);
    fclose(file);
    assert(size > 0 && size < CAPACITY);
    return span_of(bytes, size);
}

#endif
