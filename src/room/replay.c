/* SPDX-License-Identifier: Apache-2.0 */
/* The replay buffer: a list of packets, oldest first, with the bytes they cost. */
#include "room/replay.h"

#include <stdlib.h>

#include "base/limits.h"
#include "base/mem.h"

struct replay {
    struct kept *first, **last;
    size_t bytes;
    uint64_t next_index;
};

struct replay *replay_new(void)
{
    struct replay *r = xcalloc(1, sizeof *r);

    r->last = &r->first;
    r->next_index = 1;
    return r;
}

static void drop_first(struct replay *r)
{
    struct kept *k = r->first;

    r->first = k->next;
    if (!r->first)
        r->last = &r->first;
    r->bytes -= sizeof *k + k->size;
    free(k);
}

void replay_free(struct replay *r)
{
    if (!r)
        return;
    while (r->first)
        drop_first(r);
    free(r);
}

uint64_t replay_next(const struct replay *r)
{
    return r->next_index;
}

void replay_keep(struct replay *r, const struct kept *k, struct span bytes)
{
    struct kept *own = xmalloc(sizeof *own + bytes.size);

    *own = *k;
    own->next = NULL;
    own->index = r->next_index++;
    own->size = bytes.size;
    if (bytes.size)
        memcpy(own->bytes, bytes.data, bytes.size);
    *r->last = own;
    r->last = &own->next;
    r->bytes += sizeof *own + own->size;
    while (r->first &&
           (r->bytes > LIMIT_REPLAY_BYTES || k->at_us - r->first->at_us > LIMIT_REPLAY_US))
        drop_first(r);
}

const struct kept *replay_from(const struct replay *r, uint64_t index)
{
    const struct kept *k = r->first;

    while (k && k->index < index)
        k = k->next;
    return k;
}
