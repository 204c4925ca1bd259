/* SPDX-License-Identifier: Apache-2.0 */
/* Hash map from bytes to a pointer. Keys are copied; values are borrowed. Hashing is keyed
 * (SipHash-1-3 with a random key per map), so that strangers who choose keys cannot choose
 * collisions. Not for use from two threads. */
#ifndef BASE_MAP_H
#define BASE_MAP_H

#include "base/span.h"

struct map {
    struct map_slot *slots;
    size_t count, capacity;
    uint64_t key[2];
};

void map_init(struct map *m);
void map_fini(struct map *m);
/* NULL when absent. */
void *map_get(const struct map *m, struct span key);
/* Adds or replaces; returns the value that was there before, or NULL. `value` must not be NULL. */
void *map_put(struct map *m, struct span key, void *value);
/* Returns the value that was removed, or NULL. */
void *map_remove(struct map *m, struct span key);
/* Iteration: start with *cursor = 0; NULL at the end. `key` may be NULL. The map must not change
 * meanwhile. */
void *map_next(const struct map *m, size_t *cursor, struct span *key);

#endif
