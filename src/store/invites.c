/* SPDX-License-Identifier: Apache-2.0 */
/* Invitations to register. */
#include "store/invites.h"

#include "base/limits.h"

#define COLUMNS "id, token, email, created_by, created_at, expires_at, used_at, used_by"

static void read_row(const struct db_query *q, struct arena *a, struct invite *out)
{
    *out = (struct invite){.id = arena_strdup(a, db_column(q, 0)),
                           .token = arena_strdup(a, db_column(q, 1)),
                           .email = arena_strdup(a, db_column(q, 2)),
                           .created_by = arena_strdup(a, db_column(q, 3)),
                           .created_ms = db_column_int(q, 4),
                           .expires_ms = db_column_int(q, 5),
                           .used_ms = db_column_int(q, 6),
                           .used_by = arena_strdup(a, db_column(q, 7))};
}

int invites_add(struct db *db, const struct invite *i)
{
    return db_exec(db,
                   "INSERT INTO invite_tokens (" COLUMNS ") VALUES ($1, $2, $3, $4, $5, $6, 0, '')",
                   db_text(i->id), db_text(i->token), db_text(i->email), db_text(i->created_by),
                   db_int(i->created_ms), db_int(i->expires_ms));
}

/* Why the invitation could not be used. One for somebody else is unknown to this one. */
static int look(struct db *db, const char *token, const char *email, enum invite_use *result)
{
    struct db_query *q = db_query(
        db, "SELECT used_at FROM invite_tokens WHERE token = $1 AND (email = '' OR email = $2)",
        db_text(token), db_text(email));

    *result = INVITE_UNKNOWN;
    if (db_step(q))
        *result = db_column_int(q, 0) ? INVITE_USED_BEFORE : INVITE_EXPIRED;
    return db_end(q);
}

int invites_use(struct db *db, const char *token, const char *email, const char *user_id,
                int64_t now_ms, enum invite_use *result)
{
    int error = db_exec(db,
                        "UPDATE invite_tokens SET used_at = $4, used_by = $3 WHERE token = $1 AND "
                        "(email = '' OR email = $2) AND used_at = 0 AND expires_at > $4",
                        db_text(token), db_text(email), db_text(user_id), db_int(now_ms));

    *result = INVITE_USED_NOW;
    if (error || db_changed(db) > 0)
        return error;
    return look(db, token, email, result);
}

int invites_remove(struct db *db, const char *id)
{
    return db_change(db, "DELETE FROM invite_tokens WHERE id = $1", db_text(id));
}

int invites_remove_expired(struct db *db, int64_t before_ms)
{
    return db_exec(db,
                   "DELETE FROM invite_tokens WHERE id IN (SELECT id FROM invite_tokens WHERE "
                   "expires_at < $1 LIMIT $2)",
                   db_int(before_ms), db_int(LIMIT_HOUSEKEEPING_ROWS));
}

static int count_all(struct db *db, int64_t *total)
{
    struct db_query *q = db_query_run(db, "SELECT count(*) FROM invite_tokens", NULL, 0);

    *total = db_step(q) ? db_column_int(q, 0) : 0;
    return db_end(q);
}

int invites_list(struct db *db, struct arena *a, struct db_page page, struct invite *list,
                 unsigned *count, int64_t *total)
{
    int error = count_all(db, total);
    struct db_query *q = db_query(
        db, "SELECT " COLUMNS " FROM invite_tokens ORDER BY created_at DESC, id LIMIT $1 OFFSET $2",
        db_int(page.limit), db_int(page.offset));

    *count = 0;
    while (db_step(q))
        read_row(q, a, &list[(*count)++]);
    int failed = db_end(q);
    return error ? error : failed;
}
