/* SPDX-License-Identifier: Apache-2.0 */
/* Memory that never fails, and arenas. An arena owns a chain of blocks and is used by one thread at
 * a time. */
#include "base/mem.h"

#include <stdalign.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#define ARENA_BLOCK_MIN 4096
#define ARENA_BLOCK_MAX (256 * 1024)

struct arena_block {
    struct arena_block *next;
    size_t used, capacity;
    alignas(max_align_t) uint8_t bytes[];
};

static _Noreturn void out_of_memory(void)
{
    fputs("out of memory\n", stderr);
    abort();
}

void *xmalloc(size_t size)
{
    void *p = malloc(size ? size : 1);
    if (!p)
        out_of_memory();
    return p;
}

void *xcalloc(size_t count, size_t size)
{
    void *p = count && size ? calloc(count, size) : calloc(1, 1);
    if (!p)
        out_of_memory();
    return p;
}

void *xrealloc(void *p, size_t size)
{
    void *q = realloc(p, size ? size : 1);
    if (!q)
        out_of_memory();
    return q;
}

char *xstrdup(const char *s)
{
    return xstrndup(s, strlen(s));
}

char *xstrndup(const char *s, size_t size)
{
    size_t n = size ? strnlen(s, size) : 0;
    char *copy = xmalloc(n + 1);
    if (n > 0)
        memcpy(copy, s, n);
    copy[n] = '\0';
    return copy;
}

void str_set(char **owned, const char *s)
{
    /* Copied before the old text is freed: s may lie inside it. */
    char *copy = s ? xstrdup(s) : NULL;
    free(*owned);
    *owned = copy;
}

void mem_wipe(void *p, size_t size)
{
    if (size == 0)
        return;
    memset(p, 0, size);
    /* The compiler must assume that the asm reads the bytes. */
    __asm__ volatile("" : : "r"(p) : "memory");
}

bool mem_equal_ct(const void *a, const void *b, size_t size)
{
    const volatile uint8_t *x = a, *y = b;
    uint8_t difference = 0;
    for (size_t i = 0; i < size; i++)
        difference = (uint8_t)(difference | (x[i] ^ y[i]));
    return difference == 0;
}

void arena_init(struct arena *a)
{
    *a = (struct arena){0};
}

void arena_fini(struct arena *a)
{
    struct arena_block *b = a->blocks;
    while (b) {
        struct arena_block *next = b->next;
        free(b);
        b = next;
    }
    arena_init(a);
}

/* Blocks double up to ARENA_BLOCK_MAX; a larger request gets a block of its own size. */
static struct arena_block *arena_grow(struct arena *a, size_t size)
{
    size_t capacity = ARENA_BLOCK_MIN;
    if (a->blocks && a->blocks->capacity < ARENA_BLOCK_MAX / 2)
        capacity = a->blocks->capacity * 2;
    else if (a->blocks)
        capacity = ARENA_BLOCK_MAX;
    if (capacity < size)
        capacity = size;
    if (capacity > SIZE_MAX - sizeof(struct arena_block))
        out_of_memory();
    struct arena_block *b = xcalloc(1, sizeof(*b) + capacity);
    b->capacity = capacity;
    b->next = a->blocks;
    a->blocks = b;
    a->total_bytes += capacity;
    return b;
}

void *arena_alloc(struct arena *a, size_t size)
{
    const size_t align = alignof(max_align_t);
    if (size > SIZE_MAX - align)
        out_of_memory();
    size_t padded = size ? (size + align - 1) / align * align : align;
    struct arena_block *b = a->blocks;
    if (!b || b->capacity - b->used < padded)
        b = arena_grow(a, padded);
    void *p = b->bytes + b->used;
    b->used += padded;
    return p;
}

char *arena_strdup(struct arena *a, struct span s)
{
    char *copy = arena_alloc(a, s.size + 1);
    if (s.size > 0)
        memcpy(copy, s.data, s.size);
    return copy;
}

char *arena_printf(struct arena *a, const char *format, ...)
{
    va_list args, again;
    va_start(args, format);
    va_copy(again, args);
    int n = vsnprintf(NULL, 0, format, args);
    va_end(args);
    if (n < 0)
        abort();
    char *text = arena_alloc(a, (size_t)n + 1);
    vsnprintf(text, (size_t)n + 1, format, again);
    va_end(again);
    return text;
}
