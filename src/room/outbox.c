/* SPDX-License-Identifier: Apache-2.0 */
/* The outbox: a send arena whose datagrams are grouped into runs as they are committed, and a queue
 * of items for the server. Owned by the engine, on the worker's thread. */
#include "room/outbox.h"

#include <assert.h>
#include <stdlib.h>

#include "base/mem.h"

#define RUN_BYTES_MAX 65000u

void outbox_init(struct outbox *o, void (*drain)(void *arg, struct outbox *o), void *arg)
{
    memset(o, 0, sizeof *o);
    o->arena = xmalloc(OUTBOX_ARENA_BYTES);
    o->drain = drain;
    o->drain_arg = arg;
    o->last = &o->first;
}

void outbox_fini(struct outbox *o)
{
    struct outbox_item *i;

    while ((i = outbox_take(o)) != NULL)
        outbox_item_free(i);
    free(o->arena);
    o->arena = NULL;
}

uint8_t *outbox_reserve(struct outbox *o, uint32_t capacity)
{
    assert(capacity <= OUTBOX_ARENA_BYTES);
    if (o->used + capacity > OUTBOX_ARENA_BYTES || o->run_count == OUTBOX_RUNS) {
        o->drain(o->drain_arg, o);
        outbox_sent(o);
    }
    o->reserved = capacity;
    return o->arena + o->used;
}

/* A run takes datagrams of one size, and one shorter one as its last. */
static bool run_takes(const struct send_run *run, const struct addr *to, uint32_t size)
{
    return run->size_bytes == (uint32_t)run->segment_bytes * run->segments &&
           size <= run->segment_bytes && run->segments < OUTBOX_RUN_SEGMENTS &&
           run->size_bytes + size <= RUN_BYTES_MAX && addr_equal(&run->to, to);
}

void outbox_commit(struct outbox *o, const struct addr *to, uint32_t size)
{
    assert(size <= o->reserved);
    o->reserved = 0;
    if (size == 0)
        return;
    struct send_run *run = o->run_count ? &o->runs[o->run_count - 1] : NULL;
    if (run && run_takes(run, to, size)) {
        run->size_bytes += size;
        run->segments++;
    } else {
        o->runs[o->run_count++] = (struct send_run){.to = *to,
                                                    .offset = o->used,
                                                    .size_bytes = size,
                                                    .segment_bytes = (uint16_t)size,
                                                    .segments = 1};
    }
    o->used += size;
    o->datagrams++;
    o->bytes += size;
}

void outbox_sent(struct outbox *o)
{
    o->used = 0;
    o->run_count = 0;
}

struct outbox_item *outbox_put(struct outbox *o, enum outbox_kind kind, uint64_t session,
                               struct span bytes)
{
    struct outbox_item *i = xcalloc(1, sizeof *i + bytes.size);

    i->kind = kind;
    i->session = session;
    i->size = bytes.size;
    if (bytes.size)
        memcpy(i->bytes, bytes.data, bytes.size);
    *o->last = i;
    o->last = &i->next;
    return i;
}

struct outbox_item *outbox_take(struct outbox *o)
{
    struct outbox_item *i = o->first;

    if (!i)
        return NULL;
    o->first = i->next;
    if (!o->first)
        o->last = &o->first;
    i->next = NULL;
    return i;
}

void outbox_item_free(struct outbox_item *i)
{
    if (!i)
        return;
    grant_free(i->grant);
    free(i);
}
