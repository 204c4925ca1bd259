/* SPDX-License-Identifier: Apache-2.0 */
/* Lanes decide what becomes of a datagram; a heap by time of arrival keeps what is under way. Two
 * of one instant arrive in the order they were sent. Belongs to a world. */
#include "network.h"

#include <stdlib.h>

#include "base/heap.h"
#include "base/mem.h"
#include "wire/rtp.h"

/* How long after the first the second of a repeated datagram comes. */
#define REPEAT_US 500

/* Content type of a DTLS record (RFC 6347 4.1). */
#define APPLICATION_DATA 23

/* ---- the heap ---- */

static bool before(const struct flight *a, const struct flight *b)
{
    return a->at_us != b->at_us ? a->at_us < b->at_us : a->order < b->order;
}

static void push(struct network *n, struct flight *f)
{
    if (n->count == n->capacity) {
        n->capacity = n->capacity ? 2 * n->capacity : 256;
        n->flights = xrealloc(n->flights, n->capacity * sizeof *n->flights);
    }
    size_t at = n->count++;
    for (; at > 0 && before(f, n->flights[(at - 1) / 2]); at = (at - 1) / 2)
        n->flights[at] = n->flights[(at - 1) / 2];
    n->flights[at] = f;
}

static struct flight *pop(struct network *n)
{
    struct flight *first = n->flights[0], *last = n->flights[--n->count];
    size_t at = 0;

    for (;;) {
        size_t child = 2 * at + 1;
        if (child >= n->count)
            break;
        if (child + 1 < n->count && before(n->flights[child + 1], n->flights[child]))
            child++;
        if (!before(n->flights[child], last))
            break;
        n->flights[at] = n->flights[child];
        at = child;
    }
    n->flights[at] = last;
    return first;
}

void network_fini(struct network *n)
{
    while (n->count)
        free(pop(n));
    free(n->flights);
}

int64_t network_next(const struct network *n)
{
    return n->count ? n->flights[0]->at_us : TIME_NEVER;
}

struct flight *network_take(struct network *n, int64_t now_us)
{
    return network_next(n) <= now_us ? pop(n) : NULL;
}

/* ---- lanes ---- */

void lane_seed(struct lane *l, uint64_t seed)
{
    for (unsigned i = 0; i < NETWORK_KINDS; i++)
        random_seed(&l->random[i], seed * 131 + i);
}

static enum network_kind kind_of(struct span datagram)
{
    switch (datagram_kind(datagram)) {
    case DATAGRAM_RTP:
        return NETWORK_RTP;
    case DATAGRAM_RTCP:
        return NETWORK_RTCP;
    case DATAGRAM_STUN:
        return NETWORK_STUN;
    case DATAGRAM_DTLS:
        return datagram.data[0] == APPLICATION_DATA ? NETWORK_DATA : NETWORK_DTLS;
    case DATAGRAM_OTHER:
        break;
    }
    return NETWORK_DTLS;
}

static bool happens(struct random *random, uint32_t millionths)
{
    return random_below(random, 1000000) < millionths;
}

void network_post(struct network *n, int64_t at_us, const struct flight *like, struct span bytes)
{
    struct flight *f = xmalloc(sizeof *f + bytes.size);

    *f = *like;
    f->at_us = at_us;
    f->order = n->order++;
    f->size = bytes.size;
    if (bytes.size)
        memcpy(f->bytes, bytes.data, bytes.size);
    push(n, f);
}

void network_send(struct network *n, int64_t now_us, struct lane *lane, const struct flight *like,
                  struct span bytes)
{
    enum network_kind kind = kind_of(bytes);
    struct random *random = &lane->random[kind];
    const struct path *p = &lane->path;
    /* Always the same number of draws. */
    bool lost = happens(random, p->loss), twice = happens(random, p->repeat),
         late = happens(random, p->reorder);
    if (p->spared & 1u << kind)
        lost = twice = late = false;
    lane->sent[kind]++;
    lane->lost[kind] += lost;
    if (lost)
        return;
    network_post(n, now_us + p->delay_us + (late ? p->reorder_us : 0), like, bytes);
    if (twice)
        network_post(n, now_us + p->delay_us + REPEAT_US, like, bytes);
}
