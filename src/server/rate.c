/* SPDX-License-Identifier: Apache-2.0 */
/* A table of counters. A key may stand in a few places next to each other; the table's hash is
 * keyed, so nobody can choose whom to push out. */
#include "server/rate.h"

#include <stdlib.h>

#include "base/hash.h"
#include "base/limits.h"
#include "base/mem.h"
#include "base/random.h"

#define PLACES 8 /* where a key may stand */

struct counter {
    uint64_t tag;
    int64_t window; /* number of the minute; 0: free */
    uint32_t count;
};

struct rate {
    uint64_t key[2];
    struct counter counters[LIMIT_RATE_COUNTERS];
};

struct rate *rate_new(void)
{
    struct rate *r = xcalloc(1, sizeof *r);

    random_bytes(r->key, sizeof r->key);
    return r;
}

void rate_free(struct rate *r)
{
    free(r);
}

static uint64_t hash(const struct rate *r, uint64_t what, const struct addr *from)
{
    uint8_t bytes[24];

    memcpy(bytes, &what, 8);
    memcpy(bytes + 8, from->ip, 16);
    /* Whoever has one IPv6 address has the 2^64 beside it. */
    if (!addr_is_v4(from))
        memset(bytes + 16, 0, 8);
    return hash_sip(r->key, span_of(bytes, sizeof bytes));
}

/* The key's counter in this window; the quietest of its places when it has none yet. */
static struct counter *find(struct rate *r, uint64_t tag, int64_t window)
{
    struct counter *quietest = NULL;

    for (unsigned i = 0; i < PLACES; i++) {
        struct counter *c = &r->counters[(tag + i) % LIMIT_RATE_COUNTERS];
        if (c->window != window)
            *c = (struct counter){0};
        else if (c->tag == tag)
            return c;
        if (!quietest || c->count < quietest->count)
            quietest = c;
    }
    *quietest = (struct counter){.tag = tag, .window = window};
    return quietest;
}

unsigned rate_take(struct rate *r, int64_t now_us, uint64_t what, const struct addr *from,
                   unsigned most)
{
    int64_t window = now_us / RATE_WINDOW_US + 1;
    struct counter *c = find(r, hash(r, what, from), window);

    if (c->count < most) {
        c->count++;
        return 0;
    }
    return (unsigned)((window * RATE_WINDOW_US - now_us) / 1000000) + 1;
}
