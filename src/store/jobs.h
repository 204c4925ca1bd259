/* SPDX-License-Identifier: Apache-2.0 */
/* Work that outlives a restart and is tried again until it is done. Jobs of one lane are done in
 * the order in which they were added, one after the other; what waits in one lane holds no other
 * up. Errors as in db.h. */
#ifndef STORE_JOBS_H
#define STORE_JOBS_H

#include "base/mem.h"
#include "store/db.h"

struct job_row {
    int64_t id;          /* jobs_add makes it */
    const char *kind;    /* who does it */
    const char *lane;    /* behind which others it waits */
    const char *subject; /* what it is about, in a word or two */
    const char *payload;
    int64_t run_ms; /* not before */
    int64_t created_ms;
    int64_t attempts; /* that failed */
};

/* -EDQUOT when its lane has that many already. */
int jobs_add(struct db *db, const struct job_row *j, unsigned most_in_lane);
/* The first jobs of their lanes whose time has come, the one that waits for longest first; `list`
 * takes `most`. */
int jobs_due(struct db *db, struct arena *a, int64_t now_ms, unsigned most, struct job_row *list,
             unsigned *count);
/* When the next lane's turn comes; INT64_MAX: never. */
int jobs_next(struct db *db, int64_t now_ms, int64_t *next_ms);
int jobs_done(struct db *db, int64_t id);
/* It failed, and is tried again then. */
int jobs_again(struct db *db, int64_t id, int64_t run_ms);
/* Gives up on a lane's jobs that were added before then; db_changed says how many. */
int jobs_give_up(struct db *db, const char *lane, int64_t before_ms);

#endif
