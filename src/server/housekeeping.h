/* SPDX-License-Identifier: Apache-2.0 */
/* What nobody asks for and must be done: sessions, guests, invitations and rooms whose time is over
 * are removed, some at a time, by a job of the pool once a minute. Control thread, but for the
 * round itself. */
#ifndef SERVER_HOUSEKEEPING_H
#define SERVER_HOUSEKEEPING_H

#include "server/media.h"
#include "server/pool.h"

struct housekeeping {
    struct job job;
    struct pool *pool;
    struct media_plane *const *media; /* one for each thread of the pool */
    bool running;
};

void housekeeping_init(struct housekeeping *h, struct pool *pool, struct media_plane *const *media);
/* Begins a round, unless the last one is still under way or the API has too much to do. */
void housekeeping_on_time(struct housekeeping *h);

/* What a round did. */
struct housekeeping_count {
    int64_t sessions, guests, invites, audit, uploads;
    unsigned rooms_ended, rooms_extended;
};

/* One round; on an API thread. What could be done is in *done, also after an error. */
int housekeeping_round(struct db *db, struct media_plane *media, int64_t now_ms,
                       struct housekeeping_count *done);

#endif
