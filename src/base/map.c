/* SPDX-License-Identifier: Apache-2.0 */
/* Hash map: open addressing with linear probing. Removal shifts the followers back, so there are no
 * tombstones and a map that is filled and emptied for days stays as fast as a new one. Short keys
 * (addresses, SSRCs, ids) live in the slot itself. Owns the copies of the keys; one thread at a
 * time. */
#include "base/map.h"

#include "base/hash.h"
#include "base/mem.h"
#include "base/random.h"

#include <assert.h>
#include <stdlib.h>

#define MAP_CAPACITY_MIN 8
#define MAP_KEY_INLINE 24

struct map_slot {
    void *value; /* NULL: free slot */
    uint64_t hash;
    size_t key_size;
    union {
        uint8_t bytes[MAP_KEY_INLINE];
        uint8_t *heap;
    } key;
};

static struct span slot_key(const struct map_slot *s)
{
    return span_of(s->key_size <= MAP_KEY_INLINE ? s->key.bytes : s->key.heap, s->key_size);
}

static void slot_drop_key(struct map_slot *s)
{
    if (s->key_size > MAP_KEY_INLINE)
        free(s->key.heap);
}

void map_init(struct map *m)
{
    *m = (struct map){0};
    random_bytes(m->key, sizeof(m->key));
}

void map_fini(struct map *m)
{
    for (size_t i = 0; i < m->capacity; i++)
        if (m->slots[i].value)
            slot_drop_key(&m->slots[i]);
    free(m->slots);
    *m = (struct map){0};
}

/* The slot that holds the key, or the free one where it would go. There is always a free slot. */
static size_t map_probe(const struct map *m, struct span key, uint64_t hash)
{
    size_t mask = m->capacity - 1;
    size_t i = (size_t)hash & mask;
    while (m->slots[i].value &&
           !(m->slots[i].hash == hash && span_equal(slot_key(&m->slots[i]), key)))
        i = (i + 1) & mask;
    return i;
}

void *map_get(const struct map *m, struct span key)
{
    if (m->count == 0)
        return NULL;
    return m->slots[map_probe(m, key, hash_sip(m->key, key))].value;
}

static void map_grow(struct map *m)
{
    struct map_slot *old = m->slots;
    size_t old_capacity = m->capacity;
    m->capacity = old_capacity ? old_capacity * 2 : MAP_CAPACITY_MIN;
    m->slots = xcalloc(m->capacity, sizeof(*m->slots));
    size_t mask = m->capacity - 1;
    for (size_t i = 0; i < old_capacity; i++) {
        if (!old[i].value)
            continue;
        size_t to = (size_t)old[i].hash & mask;
        while (m->slots[to].value)
            to = (to + 1) & mask;
        m->slots[to] = old[i];
    }
    free(old);
}

void *map_put(struct map *m, struct span key, void *value)
{
    assert(value);
    uint64_t hash = hash_sip(m->key, key);
    /* A quarter of the slots stays free, which keeps the runs short. */
    if (m->count >= m->capacity / 4 * 3)
        map_grow(m);
    struct map_slot *s = &m->slots[map_probe(m, key, hash)];
    void *before = s->value;
    s->value = value;
    if (before)
        return before;
    s->hash = hash;
    s->key_size = key.size;
    uint8_t *copy = s->key.bytes;
    if (key.size > MAP_KEY_INLINE)
        copy = s->key.heap = xmalloc(key.size);
    if (key.size > 0)
        memcpy(copy, key.data, key.size);
    m->count++;
    return NULL;
}

void *map_remove(struct map *m, struct span key)
{
    if (m->count == 0)
        return NULL;
    size_t mask = m->capacity - 1;
    size_t hole = map_probe(m, key, hash_sip(m->key, key));
    void *value = m->slots[hole].value;
    if (!value)
        return NULL;
    slot_drop_key(&m->slots[hole]);
    /* A follower may move into the hole when the hole is not before its home slot on the circle. */
    for (size_t i = (hole + 1) & mask; m->slots[i].value; i = (i + 1) & mask) {
        size_t home = (size_t)m->slots[i].hash & mask;
        if (((i - home) & mask) < ((i - hole) & mask))
            continue;
        m->slots[hole] = m->slots[i];
        hole = i;
    }
    m->slots[hole].value = NULL;
    m->count--;
    return value;
}

void *map_next(const struct map *m, size_t *cursor, struct span *key)
{
    while (*cursor < m->capacity) {
        const struct map_slot *s = &m->slots[(*cursor)++];
        if (!s->value)
            continue;
        if (key)
            *key = slot_key(s);
        return s->value;
    }
    return NULL;
}
