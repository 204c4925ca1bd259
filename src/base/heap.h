/* SPDX-License-Identifier: Apache-2.0 */
/* Intrusive binary heap of deadlines: which timer is next, in O(log n). */
#ifndef BASE_HEAP_H
#define BASE_HEAP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define TIME_NEVER INT64_MAX

struct heap_node {
    int64_t key_us;
    size_t index; /* 1-based place in the heap, 0 when in none */
};

struct heap {
    struct heap_node **nodes;
    size_t count, capacity;
};

void heap_init(struct heap *h);
void heap_fini(struct heap *h);
/* Puts the node in, or moves it when it is in already. TIME_NEVER takes it out. */
void heap_set(struct heap *h, struct heap_node *node, int64_t key_us);
void heap_remove(struct heap *h, struct heap_node *node);
/* The node with the smallest key, NULL when empty. */
struct heap_node *heap_first(const struct heap *h);

#define heap_entry(node, type, member) ((type *)(void *)((char *)(node)-offsetof(type, member)))

#endif
