/* SPDX-License-Identifier: Apache-2.0 */
/* Five people who do by a seed what people do in meetings: speak and mute themselves, show things,
 * look at others now large, now small, write to each other, lose their connections and come back,
 * leave and join. Belongs to a test. */
#ifndef SIM_CROWD_H
#define SIM_CROWD_H

#include "seat.h"

#define CROWD 5

struct member {
    struct seat *seat;
    struct source *sources[2]; /* voice and camera; NULL: not published since they joined */
    bool away;                 /* left or vanished, until back_us */
    bool cut;                  /* no signal connection, until back_us */
    int64_t back_us;
};

struct crowd {
    struct world *world;
    struct random random;
    struct member members[CROWD];
    /* what was done */
    unsigned actions, joins, leaves, vanishings, resumes, moves, mutes, unpublished, looks, said;
    unsigned dismissed; /* by the server: a network was away for too long */
};

void crowd_init(struct crowd *c, struct world *w, uint64_t seed);
/* A meeting of this length. */
void crowd_meet(struct crowd *c, int64_t us);
/* Everybody is back, on a good network, seen and heard. */
void crowd_calm(struct crowd *c);
/* All that any of them received. */
struct sink_stats crowd_stats(const struct crowd *c);
/* Everybody leaves, and their clients end. */
void crowd_leave(struct crowd *c);

#endif
