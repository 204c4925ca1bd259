/* SPDX-License-Identifier: Apache-2.0 */
/* Heap memory that never fails (the process ends when it does: sizes from the network are bounded
 * by limits.h first), and arenas for what one request or one signalling message allocates. */
#ifndef BASE_MEM_H
#define BASE_MEM_H

#include "base/span.h"

void *xmalloc(size_t size);
void *xcalloc(size_t count, size_t size);
void *xrealloc(void *p, size_t size);
char *xstrdup(const char *s);
char *xstrndup(const char *s, size_t size);
/* Frees a heap string and replaces it by a copy of s (NULL stays NULL). */
void str_set(char **owned, const char *s);
/* Overwrites secrets so that the compiler cannot leave it out. */
void mem_wipe(void *p, size_t size);
/* Compares without telling by its time where the difference is. */
bool mem_equal_ct(const void *a, const void *b, size_t size);

struct arena {
    struct arena_block *blocks;
    size_t total_bytes;
};

void arena_init(struct arena *a);
/* Frees everything that was allocated from it; the arena may be used again. */
void arena_fini(struct arena *a);
/* Zeroed, aligned for any type. */
void *arena_alloc(struct arena *a, size_t size);
char *arena_strdup(struct arena *a, struct span s);
char *arena_printf(struct arena *a, const char *format, ...) __attribute__((format(printf, 2, 3)));

#endif
