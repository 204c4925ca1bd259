/* SPDX-License-Identifier: Apache-2.0 */
/* The packet pool. Owns slabs of packets, chains the free ones and gives memory back to the system
 * only when the pool ends. Belongs to one worker thread. */
#include "base/packet.h"

#include "base/mem.h"

#include <assert.h>
#include <stdlib.h>

#if defined(__SANITIZE_ADDRESS__)
#define PACKET_POISON 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define PACKET_POISON 1
#endif
#endif

/* Under AddressSanitizer the data of a free packet may not be touched, as if it had been freed. */
#ifdef PACKET_POISON
#include <sanitizer/asan_interface.h>
#define packet_lock(p) ASAN_POISON_MEMORY_REGION((p)->data, PACKET_CAPACITY)
#define packet_unlock(p) ASAN_UNPOISON_MEMORY_REGION((p)->data, PACKET_CAPACITY)
#else
#define packet_lock(p) ((void)(p))
#define packet_unlock(p) ((void)(p))
#endif

#define SLAB_PACKETS 64

struct packet_slab {
    struct packet_slab *next;
    struct packet packets[SLAB_PACKETS];
};

struct packet_pool {
    struct packet_slab *slabs;
    struct packet *free;
    uint32_t made, in_use, limit;
};

struct packet_pool *packet_pool_new(uint32_t limit)
{
    struct packet_pool *pool = xcalloc(1, sizeof(*pool));
    pool->limit = limit;
    return pool;
}

void packet_pool_free(struct packet_pool *pool)
{
    if (!pool)
        return;
    assert(pool->in_use == 0);
    struct packet_slab *s = pool->slabs;
    while (s) {
        struct packet_slab *next = s->next;
        for (unsigned i = 0; i < SLAB_PACKETS; i++)
            packet_unlock(&s->packets[i]);
        free(s);
        s = next;
    }
    free(pool);
}

uint32_t packet_pool_in_use(const struct packet_pool *pool)
{
    return pool->in_use;
}

static void pool_grow(struct packet_pool *pool)
{
    uint32_t count = pool->limit - pool->made;
    if (count > SLAB_PACKETS)
        count = SLAB_PACKETS;
    /* Not zeroed: the pages of a slab are touched only as its packets are used. */
    struct packet_slab *s = xmalloc(sizeof(*s));
    s->next = pool->slabs;
    pool->slabs = s;
    for (uint32_t i = count; i-- > 0;) {
        struct packet *p = &s->packets[i];
        p->pool = pool;
        p->refs = 0;
        p->next_free = pool->free;
        pool->free = p;
        packet_lock(p);
    }
    pool->made += count;
}

struct packet *packet_new(struct packet_pool *pool)
{
    if (!pool->free && pool->made < pool->limit)
        pool_grow(pool);
    struct packet *p = pool->free;
    if (!p)
        return NULL;
    pool->free = p->next_free;
    pool->in_use++;
    packet_unlock(p);
    p->next_free = NULL;
    p->refs = 1;
    p->size = 0;
    p->received_us = 0;
    p->from = (struct addr){0};
    return p;
}

struct packet *packet_ref(struct packet *p)
{
    assert(p->refs > 0);
    p->refs++;
    return p;
}

void packet_unref(struct packet *p)
{
    if (!p)
        return;
    assert(p->refs > 0);
    if (--p->refs > 0)
        return;
    struct packet_pool *pool = p->pool;
    /* Last in, first out: the packet that is still in the cache goes out next. */
    p->next_free = pool->free;
    pool->free = p;
    pool->in_use--;
    packet_lock(p);
}
