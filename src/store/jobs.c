/* SPDX-License-Identifier: Apache-2.0 */
/* The table of jobs. A lane's first job is the one with the smallest number. */
#include "store/jobs.h"

#include <errno.h>

int jobs_add(struct db *db, const struct job_row *j, unsigned most_in_lane)
{
    int error = db_change(
        db,
        "INSERT INTO jobs (kind, lane, subject, payload, run_at, attempts, created_at) "
        "SELECT $1, $2, $3, $4, $5, 0, $6 WHERE (SELECT count(*) FROM jobs WHERE lane = $2) < $7",
        db_text(j->kind), db_text(j->lane), db_text(j->subject), db_text(j->payload),
        db_int(j->run_ms), db_int(j->created_ms), db_int(most_in_lane));

    return error == -ENOENT ? -EDQUOT : error;
}

#define FIRSTS "(SELECT min(id) FROM jobs GROUP BY lane)"

int jobs_due(struct db *db, struct arena *a, int64_t now_ms, unsigned most, struct job_row *list,
             unsigned *count)
{
    struct db_query *q =
        db_query(db,
                 "SELECT id, kind, lane, subject, payload, run_at, created_at, attempts FROM jobs "
                 "WHERE id IN " FIRSTS " AND run_at <= $1 ORDER BY run_at, id LIMIT $2",
                 db_int(now_ms), db_int(most));

    *count = 0;
    while (db_step(q))
        list[(*count)++] = (struct job_row){.id = db_column_int(q, 0),
                                            .kind = arena_strdup(a, db_column(q, 1)),
                                            .lane = arena_strdup(a, db_column(q, 2)),
                                            .subject = arena_strdup(a, db_column(q, 3)),
                                            .payload = arena_strdup(a, db_column(q, 4)),
                                            .run_ms = db_column_int(q, 5),
                                            .created_ms = db_column_int(q, 6),
                                            .attempts = db_column_int(q, 7)};
    return db_end(q);
}

int jobs_next(struct db *db, int64_t now_ms, int64_t *next_ms)
{
    struct db_query *q = db_query(db,
                                  "SELECT run_at FROM jobs WHERE id IN " FIRSTS
                                  " AND run_at > $1 ORDER BY run_at LIMIT 1",
                                  db_int(now_ms));

    *next_ms = db_step(q) ? db_column_int(q, 0) : INT64_MAX;
    return db_end(q);
}

int jobs_done(struct db *db, int64_t id)
{
    return db_exec(db, "DELETE FROM jobs WHERE id = $1", db_int(id));
}

int jobs_again(struct db *db, int64_t id, int64_t run_ms)
{
    return db_exec(db, "UPDATE jobs SET attempts = attempts + 1, run_at = $2 WHERE id = $1",
                   db_int(id), db_int(run_ms));
}

int jobs_give_up(struct db *db, const char *lane, int64_t before_ms)
{
    return db_exec(db, "DELETE FROM jobs WHERE lane = $1 AND created_at < $2", db_text(lane),
                   db_int(before_ms));
}
