/* SPDX-License-Identifier: Apache-2.0 */
/* The list of those who left: a queue, oldest first. */
#include "room/departed.h"

#include <stdlib.h>

#include "base/limits.h"
#include "base/mem.h"
#include "room/grant.h"

struct one {
    struct one *next;
    int64_t at_us;
    uint32_t version;
    int reason;
    char sid[SID_SIZE + 1];
    char identity[];
};

struct departed {
    struct one *first, **last;
    unsigned count;
};

struct departed *departed_new(void)
{
    struct departed *d = xcalloc(1, sizeof *d);

    d->last = &d->first;
    return d;
}

static void drop_first(struct departed *d)
{
    struct one *o = d->first;

    d->first = o->next;
    if (!d->first)
        d->last = &d->first;
    d->count--;
    free(o);
}

void departed_free(struct departed *d)
{
    if (!d)
        return;
    while (d->first)
        drop_first(d);
    free(d);
}

void departed_keep(struct departed *d, int64_t now_us, const struct person *p)
{
    size_t size = strlen(p->grant->identity) + 1;
    struct one *o = xmalloc(sizeof *o + size);

    *o = (struct one){.at_us = now_us, .version = p->version, .reason = p->disconnect_reason};
    memcpy(o->sid, p->sid, sizeof o->sid);
    memcpy(o->identity, p->grant->identity, size);
    *d->last = o;
    d->last = &o->next;
    d->count++;
    while (d->count > LIMIT_DEPARTED || now_us - d->first->at_us > LIMIT_DEPARTED_US)
        drop_first(d);
}

size_t departed_list(const struct departed *d, int64_t since_us, Livekit__ParticipantInfo **out,
                     struct arena *a)
{
    size_t n = 0;

    for (struct one *o = d->first; o; o = o->next) {
        if (o->at_us < since_us)
            continue;
        Livekit__ParticipantInfo *info = arena_alloc(a, sizeof *info);
        livekit__participant_info__init(info);
        info->sid = o->sid;
        info->identity = o->identity;
        info->version = o->version;
        info->state = LIVEKIT__PARTICIPANT_INFO__STATE__DISCONNECTED;
        info->disconnect_reason = (Livekit__DisconnectReason)o->reason;
        out[n++] = info;
    }
    return n;
}
