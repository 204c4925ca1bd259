/* SPDX-License-Identifier: Apache-2.0 */
/* The directory. Mail from a worker comes in order, so a room that ended while an OPEN for it was
 * under way is known by its count of mails not yet handled: its place is kept, since the room will
 * live again there. */
#include "server/directory.h"

#include <assert.h>
#include <stdlib.h>

#include "base/mem.h"

struct place {
    unsigned worker, under_way;
    bool alive; /* the worker has it, as far as its mail says */
};

void directory_init(struct directory *d, unsigned workers)
{
    map_init(&d->rooms);
    d->workers = workers;
    d->load = xcalloc(workers, sizeof *d->load);
}

void directory_fini(struct directory *d)
{
    size_t cursor = 0;
    struct place *p;

    while ((p = map_next(&d->rooms, &cursor, NULL)) != NULL)
        free(p);
    map_fini(&d->rooms);
    free(d->load);
}

static unsigned least_loaded(const struct directory *d)
{
    unsigned best = 0;

    for (unsigned i = 1; i < d->workers; i++)
        if (d->load[i] < d->load[best])
            best = i;
    return best;
}

unsigned directory_place(struct directory *d, const char *room)
{
    struct place *p = map_get(&d->rooms, span_of_str(room));

    if (!p) {
        p = xcalloc(1, sizeof *p);
        p->worker = least_loaded(d);
        d->load[p->worker]++;
        map_put(&d->rooms, span_of_str(room), p);
    }
    p->under_way++;
    return p->worker;
}

int directory_find(const struct directory *d, const char *room)
{
    const struct place *p = map_get(&d->rooms, span_of_str(room));

    return p ? (int)p->worker : -1;
}

static void drop_if_gone(struct directory *d, const char *room, struct place *p)
{
    if (p->alive || p->under_way)
        return;
    d->load[p->worker]--;
    map_remove(&d->rooms, span_of_str(room));
    free(p);
}

void directory_placed(struct directory *d, const char *room)
{
    struct place *p = map_get(&d->rooms, span_of_str(room));

    if (!p)
        return;
    assert(p->under_way > 0);
    p->under_way--;
    drop_if_gone(d, room, p);
}

void directory_started(struct directory *d, const char *room)
{
    struct place *p = map_get(&d->rooms, span_of_str(room));

    if (p)
        p->alive = true;
}

void directory_finished(struct directory *d, const char *room)
{
    struct place *p = map_get(&d->rooms, span_of_str(room));

    if (!p)
        return;
    p->alive = false;
    drop_if_gone(d, room, p);
}
