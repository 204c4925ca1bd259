/* SPDX-License-Identifier: Apache-2.0 */
/* Sessions and the rotation of their refresh tokens. */
#include "store/sessions.h"

#include "base/limits.h"

static int add(struct db *db, void *arg)
{
    const struct session_row *s = arg;
    int error = db_exec(db,
                        "INSERT INTO sessions (id, user_id, client, generation, created_at, "
                        "rotated_at, expires_at) VALUES ($1, $2, $3, 1, $4, $4, $5)",
                        db_text(s->id), db_text(s->user_id), db_text(s->client),
                        db_int(s->created_ms), db_int(s->expires_ms));

    if (error)
        return error;
    return db_exec(db,
                   "DELETE FROM sessions WHERE user_id = $1 AND id NOT IN (SELECT id FROM sessions "
                   "WHERE user_id = $1 ORDER BY created_at DESC, id LIMIT $2)",
                   db_text(s->user_id), db_int(LIMIT_SESSIONS_PER_USER));
}

int sessions_add(struct db *db, const struct session_row *s)
{
    struct session_row copy = *s;

    return db_transact(db, add, &copy);
}

int sessions_find_user(struct db *db, struct arena *a, const char *id, int64_t now_ms,
                       struct user *out)
{
    struct db_query *q = db_query(db,
                                  "SELECT " USERS_COLUMNS " FROM sessions JOIN users ON users.id = "
                                  "sessions.user_id WHERE sessions.id = $1 AND expires_at > $2",
                                  db_text(id), db_int(now_ms));
    bool found = db_step(q);

    if (found)
        users_read(q, 0, a, out);
    return db_end_row(q, found);
}

/* ---- rotation ---- */

struct rotation {
    struct session_turn *turn;
    struct arena *arena;
};

static enum session_rotation judge(const struct session_turn *t, const struct session_row *s)
{
    if (s->expires_ms <= t->now_ms || t->generation > s->generation)
        return SESSION_GONE;
    if (t->generation == s->generation)
        return SESSION_ROTATED;
    if (t->generation == s->generation - 1 && t->now_ms - s->rotated_ms <= LIMIT_REFRESH_RACE_MS)
        return SESSION_RACED;
    return SESSION_REUSED;
}

static int rotate(struct db *db, void *arg)
{
    const struct rotation *r = arg;
    struct session_turn *t = r->turn;
    struct session_row s = {0};
    struct db_query *q = db_query(
        db, "SELECT user_id, generation, rotated_at, expires_at FROM sessions WHERE id = $1",
        db_text(t->id));

    t->result = SESSION_GONE;
    if (db_step(q)) {
        s.user_id = arena_strdup(r->arena, db_column(q, 0));
        s.generation = db_column_int(q, 1);
        s.rotated_ms = db_column_int(q, 2);
        s.expires_ms = db_column_int(q, 3);
        t->result = judge(t, &s);
    }
    int error = db_end(q);
    t->user_id = s.user_id;
    if (error)
        return error;
    if (t->result == SESSION_ROTATED)
        return db_exec(db,
                       "UPDATE sessions SET generation = $2, rotated_at = $3, expires_at = $4 "
                       "WHERE id = $1",
                       db_text(t->id), db_int(s.generation + 1), db_int(t->now_ms),
                       db_int(t->expires_ms));
    if (t->result == SESSION_REUSED)
        return db_exec(db, "DELETE FROM sessions WHERE id = $1", db_text(t->id));
    return 0;
}

int sessions_rotate(struct db *db, struct arena *a, struct session_turn *turn)
{
    struct rotation r = {turn, a};

    return db_transact(db, rotate, &r);
}

/* ---- removal and lists ---- */

int sessions_remove(struct db *db, const char *id, const char *user_id)
{
    return db_change(db, "DELETE FROM sessions WHERE id = $1 AND user_id = $2", db_text(id),
                     db_text(user_id));
}

int sessions_remove_all(struct db *db, const char *user_id, const char *but)
{
    return db_exec(db, "DELETE FROM sessions WHERE user_id = $1 AND id <> $2", db_text(user_id),
                   db_text(but));
}

int sessions_remove_expired(struct db *db, int64_t now_ms)
{
    return db_exec(db,
                   "DELETE FROM sessions WHERE id IN (SELECT id FROM sessions WHERE "
                   "expires_at <= $1 ORDER BY expires_at LIMIT $2)",
                   db_int(now_ms), db_int(LIMIT_HOUSEKEEPING_ROWS));
}

int sessions_list(struct db *db, struct arena *a, const char *user_id, int64_t now_ms,
                  struct session_row **list, unsigned *count)
{
    struct db_query *q =
        db_query(db,
                 "SELECT id, client, generation, created_at, rotated_at, expires_at FROM sessions "
                 "WHERE user_id = $1 AND expires_at > $2 ORDER BY created_at DESC, id LIMIT $3",
                 db_text(user_id), db_int(now_ms), db_int(LIMIT_SESSIONS_PER_USER));

    *list = arena_alloc(a, LIMIT_SESSIONS_PER_USER * sizeof **list);
    *count = 0;
    while (db_step(q))
        (*list)[(*count)++] = (struct session_row){.id = arena_strdup(a, db_column(q, 0)),
                                                   .user_id = user_id,
                                                   .client = arena_strdup(a, db_column(q, 1)),
                                                   .generation = db_column_int(q, 2),
                                                   .created_ms = db_column_int(q, 3),
                                                   .rotated_ms = db_column_int(q, 4),
                                                   .expires_ms = db_column_int(q, 5)};
    return db_end(q);
}
