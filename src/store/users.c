/* SPDX-License-Identifier: Apache-2.0 */
/* Accounts. */
#include "store/users.h"

#include "base/limits.h"
#include "store/sessions.h"

void users_read(const struct db_query *q, unsigned column, struct arena *a, struct user *out)
{
    const char **texts[] = {&out->id,   &out->email,      &out->provider,
                            &out->name, &out->avatar_url, &out->password};

    for (unsigned i = 0; i < sizeof texts / sizeof texts[0]; i++)
        *texts[i] = arena_strdup(a, db_column(q, column++));
    out->accesses = (unsigned)db_column_int(q, column++);
    out->is_active = db_column_int(q, column++) != 0;
    out->email_verified_ms = db_column_int(q, column++);
    out->password_changed_ms = db_column_int(q, column++);
    out->created_ms = db_column_int(q, column++);
    out->updated_ms = db_column_int(q, column);
}

/* The one row of a query that is about one user. */
static int read_one(struct db_query *q, struct arena *a, struct user *out)
{
    bool found = db_step(q);

    if (found)
        users_read(q, 0, a, out);
    return db_end_row(q, found);
}

int users_add(struct db *db, const struct user *u)
{
    return db_exec(
        db,
        "INSERT INTO users (id, email, provider, name, avatar_url, password, accesses, is_active, "
        "email_verified_at, password_changed_at, created_at, updated_at) "
        "VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)",
        db_text(u->id), db_text(u->email), db_text(u->provider), db_text(u->name),
        db_text(u->avatar_url), db_text(u->password), db_int(u->accesses), db_int(u->is_active),
        db_int(u->email_verified_ms), db_int(u->password_changed_ms), db_int(u->created_ms),
        db_int(u->updated_ms));
}

int users_find(struct db *db, struct arena *a, const char *id, struct user *out)
{
    return read_one(db_query(db, "SELECT " USERS_COLUMNS " FROM users WHERE id = $1", db_text(id)),
                    a, out);
}

int users_find_email(struct db *db, struct arena *a, const char *email, const char *provider,
                     struct user *out)
{
    return read_one(
        db_query(db, "SELECT " USERS_COLUMNS " FROM users WHERE email = $1 AND provider = $2",
                 db_text(email), db_text(provider)),
        a, out);
}

int users_count(struct db *db, int64_t *count)
{
    struct db_query *q =
        db_query(db, "SELECT count(*) FROM users WHERE provider <> $1", db_text("guest"));

    *count = db_step(q) ? db_column_int(q, 0) : 0;
    return db_end(q);
}

int users_count_superadmins(struct db *db, int64_t *count)
{
    struct db_query *q = db_query(db, "SELECT count(*) FROM users WHERE (accesses & $1) <> 0",
                                  db_int(ACCESS_SUPERADMIN));

    *count = db_step(q) ? db_column_int(q, 0) : 0;
    return db_end(q);
}

int users_count_other_superadmins(struct db *db, const char *id, int64_t *count)
{
    struct db_query *q = db_query(db,
                                  "SELECT count(*) FROM users WHERE (accesses & $1) <> 0 AND "
                                  "is_active = 1 AND id <> $2",
                                  db_int(ACCESS_SUPERADMIN), db_text(id));

    *count = db_step(q) ? db_column_int(q, 0) : 0;
    return db_end(q);
}

/* ---- search ---- */

#define FOUND                                                                                      \
    " FROM users WHERE ($1 = '' OR lower(email) LIKE $1 ESCAPE '!' OR lower(name) LIKE $1 ESCAPE " \
    "'!') AND ($2 = '' OR provider = $2) AND ($3 = 0 OR (accesses & $3) <> 0) AND "                \
    "($4 < 0 OR is_active = $4)"

static int count_found(struct db *db, const struct db_value values[4], int64_t *total)
{
    struct db_query *q = db_query_run(db, "SELECT count(*)" FOUND, values, 4);

    *total = db_step(q) ? db_column_int(q, 0) : 0;
    return db_end(q);
}

int users_find_all(struct db *db, struct arena *a, const struct users_search *s, struct user *list,
                   unsigned *count, int64_t *total)
{
#define BY(column, direction)                                                                      \
    "SELECT " USERS_COLUMNS FOUND " ORDER BY " column " " direction ", id LIMIT $5 OFFSET $6"
    static const char *const texts[USERS_ORDERS][2] = {
        [USERS_BY_CREATION] = {BY("created_at", "ASC"), BY("created_at", "DESC")},
        [USERS_BY_NAME] = {BY("lower(name)", "ASC"), BY("lower(name)", "DESC")},
        [USERS_BY_EMAIL] = {BY("email", "ASC"), BY("email", "DESC")}};
#undef BY
    const struct db_value values[] = {db_text(db_contains(s->text, a)),
                                      db_text(s->provider),
                                      db_int(s->access),
                                      db_int(s->active),
                                      db_int(s->page.limit),
                                      db_int(s->page.offset)};

    *count = 0;
    int error = count_found(db, values, total);
    if (error)
        return error;
    struct db_query *q = db_query_run(db, texts[s->order][s->descending], values, 6);
    while (db_step(q))
        users_read(q, 0, a, &list[(*count)++]);
    return db_end(q);
}

/* ---- changes ---- */

int users_set_profile(struct db *db, const char *id, const char *name, const char *email,
                      int64_t now_ms)
{
    return db_change(db, "UPDATE users SET name = $2, email = $3, updated_at = $4 WHERE id = $1",
                     db_text(id), db_text(name), db_text(email), db_int(now_ms));
}

int users_set_password(struct db *db, const char *id, const char *password, int64_t now_ms)
{
    return db_change(db,
                     "UPDATE users SET password = $2, password_changed_at = $3, "
                     "updated_at = $3 WHERE id = $1",
                     db_text(id), db_text(password), db_int(now_ms));
}

int users_set_password_hash(struct db *db, const char *id, const char *password)
{
    return db_change(db, "UPDATE users SET password = $2 WHERE id = $1", db_text(id),
                     db_text(password));
}

int users_set_accesses(struct db *db, const char *id, unsigned accesses, int64_t now_ms)
{
    return db_change(db, "UPDATE users SET accesses = $2, updated_at = $3 WHERE id = $1",
                     db_text(id), db_int(accesses), db_int(now_ms));
}

struct activity {
    const char *id;
    bool active;
    int64_t now_ms;
};

static int set_active(struct db *db, void *arg)
{
    const struct activity *a = arg;
    int error = db_change(db, "UPDATE users SET is_active = $2, updated_at = $3 WHERE id = $1",
                          db_text(a->id), db_int(a->active), db_int(a->now_ms));

    /* While it is off they remain, so that their owner is told why they are refused. */
    return error || !a->active ? error : sessions_remove_all(db, a->id, "");
}

int users_set_active(struct db *db, const char *id, bool active, int64_t now_ms)
{
    struct activity a = {id, active, now_ms};

    return db_transact(db, set_active, &a);
}

int users_remove(struct db *db, const char *id)
{
    return db_change(db, "DELETE FROM users WHERE id = $1", db_text(id));
}

int users_remove_guests(struct db *db, int64_t before_ms)
{
    return db_exec(db,
                   "DELETE FROM users WHERE id IN (SELECT id FROM users WHERE provider = $1 AND "
                   "created_at < $2 AND NOT EXISTS (SELECT 1 FROM sessions WHERE "
                   "sessions.user_id = users.id) ORDER BY created_at LIMIT $3)",
                   db_text("guest"), db_int(before_ms), db_int(LIMIT_HOUSEKEEPING_ROWS));
}

int users_preferences(struct db *db, struct arena *a, const char *id, const char **json)
{
    struct db_query *q = db_query(
        db, "SELECT preferences_json FROM user_preferences WHERE user_id = $1", db_text(id));

    *json = db_step(q) ? arena_strdup(a, db_column(q, 0)) : "{}";
    return db_end(q);
}

int users_set_preferences(struct db *db, const char *id, const char *json)
{
    return db_exec(db,
                   "INSERT INTO user_preferences (user_id, preferences_json) VALUES ($1, $2) "
                   "ON CONFLICT (user_id) DO UPDATE SET preferences_json = "
                   "excluded.preferences_json",
                   db_text(id), db_text(json));
}
