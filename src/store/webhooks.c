/* SPDX-License-Identifier: Apache-2.0 */
/* The table of webhooks. */
#include "store/webhooks.h"

#include <errno.h>

#define COLUMNS "id, url, events, created_by, generation, is_active, created_at, updated_at"

static void read_row(const struct db_query *q, struct arena *a, struct webhook_row *out)
{
    *out = (struct webhook_row){.id = arena_strdup(a, db_column(q, 0)),
                                .url = arena_strdup(a, db_column(q, 1)),
                                .events = arena_strdup(a, db_column(q, 2)),
                                .created_by = arena_strdup(a, db_column(q, 3)),
                                .generation = db_column_int(q, 4),
                                .is_active = db_column_int(q, 5) != 0,
                                .created_ms = db_column_int(q, 6),
                                .updated_ms = db_column_int(q, 7)};
}

int webhooks_add(struct db *db, const struct webhook_row *w, unsigned most)
{
    int error =
        db_change(db,
                  "INSERT INTO webhooks (" COLUMNS ") SELECT $1, $2, $3, $4, 1, $5, $6, $6 "
                  "WHERE (SELECT count(*) FROM webhooks) < $7",
                  db_text(w->id), db_text(w->url), db_text(w->events), db_text(w->created_by),
                  db_int(w->is_active), db_int(w->created_ms), db_int(most));

    return error == -ENOENT ? -EDQUOT : error;
}

int webhooks_find(struct db *db, struct arena *a, const char *id, struct webhook_row *out)
{
    struct db_query *q =
        db_query(db, "SELECT " COLUMNS " FROM webhooks WHERE id = $1", db_text(id));
    bool found = db_step(q);

    if (found)
        read_row(q, a, out);
    return db_end_row(q, found);
}

int webhooks_list(struct db *db, struct arena *a, unsigned most, struct webhook_row *list,
                  unsigned *count)
{
    struct db_query *q = db_query(
        db, "SELECT " COLUMNS " FROM webhooks ORDER BY created_at, id LIMIT $1", db_int(most));

    *count = 0;
    while (db_step(q))
        read_row(q, a, &list[(*count)++]);
    return db_end(q);
}

int webhooks_set(struct db *db, const struct webhook_row *w, int64_t now_ms)
{
    return db_change(
        db,
        "UPDATE webhooks SET url = $2, events = $3, is_active = $4, updated_at = $5 WHERE id = $1",
        db_text(w->id), db_text(w->url), db_text(w->events), db_int(w->is_active), db_int(now_ms));
}

int webhooks_rotate(struct db *db, const char *id, int64_t now_ms)
{
    return db_change(
        db, "UPDATE webhooks SET generation = generation + 1, updated_at = $2 WHERE id = $1",
        db_text(id), db_int(now_ms));
}

int webhooks_remove(struct db *db, const char *id)
{
    return db_change(db, "DELETE FROM webhooks WHERE id = $1", db_text(id));
}
