/* SPDX-License-Identifier: Apache-2.0 */
/* The audit log. */
#include "store/audit.h"

#include "base/limits.h"

int audit_add(struct db *db, const struct audit *row)
{
    return db_exec(db,
                   "INSERT INTO audit_log (happened_at, actor_id, action, target, detail) "
                   "VALUES ($1, $2, $3, $4, $5)",
                   db_int(row->happened_ms), db_text(row->actor_id), db_text(row->action),
                   db_text(row->target), db_text(row->detail));
}

int audit_list(struct db *db, struct arena *a, struct db_page page, struct audit *list,
               unsigned *count)
{
    struct db_query *q =
        db_query(db,
                 "SELECT audit_log.id, happened_at, actor_id, action, target, detail, "
                 "coalesce(users.name, '') FROM audit_log LEFT JOIN users ON users.id = actor_id "
                 "ORDER BY audit_log.id DESC LIMIT $1 OFFSET $2",
                 db_int(page.limit), db_int(page.offset));

    *count = 0;
    while (db_step(q))
        list[(*count)++] = (struct audit){.id = db_column_int(q, 0),
                                          .happened_ms = db_column_int(q, 1),
                                          .actor_id = arena_strdup(a, db_column(q, 2)),
                                          .action = arena_strdup(a, db_column(q, 3)),
                                          .target = arena_strdup(a, db_column(q, 4)),
                                          .detail = arena_strdup(a, db_column(q, 5)),
                                          .actor_name = arena_strdup(a, db_column(q, 6))};
    return db_end(q);
}

int audit_count(struct db *db, int64_t *total)
{
    struct db_query *q = db_query_run(db, "SELECT count(*) FROM audit_log", NULL, 0);

    *total = db_step(q) ? db_column_int(q, 0) : 0;
    return db_end(q);
}

int audit_remove(struct db *db, int64_t before_ms)
{
    return db_exec(db,
                   "DELETE FROM audit_log WHERE id IN (SELECT id FROM audit_log WHERE "
                   "happened_at < $1 ORDER BY id LIMIT $2)",
                   db_int(before_ms), db_int(LIMIT_HOUSEKEEPING_ROWS));
}
