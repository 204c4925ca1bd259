/* SPDX-License-Identifier: Apache-2.0 */
/* The deadline heap. Owns the array of pointers, not the nodes; one thread at a time. */
#include "base/heap.h"

#include "base/mem.h"

#include <stdlib.h>

#define HEAP_CAPACITY_MIN 16

void heap_init(struct heap *h)
{
    *h = (struct heap){0};
}

void heap_fini(struct heap *h)
{
    for (size_t i = 0; i < h->count; i++)
        h->nodes[i]->index = 0;
    free(h->nodes);
    heap_init(h);
}

static void heap_place(struct heap *h, struct heap_node *node, size_t index)
{
    h->nodes[index - 1] = node;
    node->index = index;
}

/* Moves the node from a free place up until its parent is not later. */
static size_t sift_up(struct heap *h, int64_t key_us, size_t index)
{
    while (index > 1 && h->nodes[index / 2 - 1]->key_us > key_us) {
        heap_place(h, h->nodes[index / 2 - 1], index);
        index /= 2;
    }
    return index;
}

static size_t sift_down(struct heap *h, int64_t key_us, size_t index)
{
    for (;;) {
        size_t child = index * 2;
        if (child > h->count)
            return index;
        if (child < h->count && h->nodes[child]->key_us < h->nodes[child - 1]->key_us)
            child++;
        if (h->nodes[child - 1]->key_us >= key_us)
            return index;
        heap_place(h, h->nodes[child - 1], index);
        index = child;
    }
}

void heap_remove(struct heap *h, struct heap_node *node)
{
    size_t index = node->index;
    if (index == 0)
        return;
    struct heap_node *last = h->nodes[--h->count];
    node->index = 0;
    if (last == node)
        return;
    size_t up = sift_up(h, last->key_us, index);
    heap_place(h, last, up == index ? sift_down(h, last->key_us, index) : up);
}

void heap_set(struct heap *h, struct heap_node *node, int64_t key_us)
{
    if (key_us == TIME_NEVER) {
        heap_remove(h, node);
        node->key_us = key_us;
        return;
    }
    if (node->index == 0) {
        if (h->count == h->capacity) {
            h->capacity = h->capacity ? h->capacity * 2 : HEAP_CAPACITY_MIN;
            h->nodes = xrealloc(h->nodes, h->capacity * sizeof(struct heap_node *));
        }
        node->index = ++h->count;
    }
    node->key_us = key_us;
    size_t index = node->index;
    size_t up = sift_up(h, key_us, index);
    heap_place(h, node, up == index ? sift_down(h, key_us, index) : up);
}

struct heap_node *heap_first(const struct heap *h)
{
    return h->count ? h->nodes[0] : NULL;
}
