/* SPDX-License-Identifier: Apache-2.0 */
/* Uploads. The bytes are the last column, which SQLite does not read for what comes before it. */
#include "store/uploads.h"

#include <errno.h>

#include "base/limits.h"

/* ---- files in a chat ---- */

struct addition {
    const struct upload *upload;
    const struct upload_quota *quota;
    enum upload_result *result;
};

static int sum(struct db_query *q, int64_t *bytes)
{
    *bytes = db_step(q) ? db_column_int(q, 0) : 0;
    return db_end(q);
}

/* CAST, since PostgreSQL's sums of 64 bits have more. */
#define SUM "SELECT CAST(coalesce(sum(size), 0) AS BIGINT) FROM chat_uploads"

static int look_at_quota(struct db *db, const struct addition *a)
{
    const struct upload *u = a->upload;
    const struct upload_quota *most = a->quota;
    int64_t size = (int64_t)u->bytes.size, users, guests = 0, rooms = 0, all = 0;
    int error = sum(db_query(db, SUM " WHERE user_id = $1", db_text(u->user_id)), &users);

    if (!error && most->guests)
        error = sum(db_query(db, SUM " WHERE user_id IN (SELECT id FROM users WHERE provider = $1)",
                             db_text("guest")),
                    &guests);
    if (!error)
        error = sum(db_query(db, SUM " WHERE room_id = $1", db_text(u->room_id)), &rooms);
    if (!error)
        error = sum(db_query_run(db, SUM, NULL, 0), &all);
    *a->result = UPLOAD_ADDED;
    if (users + size > most->user)
        *a->result = UPLOAD_USER_FULL;
    else if (most->guests && guests + size > most->guests)
        *a->result = UPLOAD_GUESTS_FULL;
    else if (rooms + size > most->room)
        *a->result = UPLOAD_ROOM_FULL;
    else if (all + size > most->all)
        *a->result = UPLOAD_SERVER_FULL;
    return error;
}

static int add(struct db *db, void *arg)
{
    const struct addition *a = arg;
    const struct upload *u = a->upload;
    int error = look_at_quota(db, a);

    if (error || *a->result != UPLOAD_ADDED)
        return error;
    return db_exec(db,
                   "INSERT INTO chat_uploads (id, room_id, user_id, type, name, size, created_at, "
                   "expires_at, bytes) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)",
                   db_text(u->id), db_text(u->room_id), db_text(u->user_id), db_text(u->type),
                   db_text(u->name), db_int((int64_t)u->bytes.size), db_int(u->created_ms),
                   db_int(u->expires_ms), db_bytes(u->bytes));
}

int uploads_add(struct db *db, const struct upload *u, const struct upload_quota *quota,
                enum upload_result *result)
{
    return db_transact(db, add, &(struct addition){u, quota, result});
}

static struct span keep(struct arena *a, struct span bytes)
{
    return span_of(arena_strdup(a, bytes), bytes.size);
}

int uploads_find(struct db *db, struct arena *a, const char *id, int64_t now_ms, struct upload *out)
{
    struct db_query *q = db_query(db,
                                  "SELECT room_id, user_id, type, name, created_at, expires_at, "
                                  "bytes FROM chat_uploads WHERE id = $1 AND expires_at > $2",
                                  db_text(id), db_int(now_ms));
    bool found = db_step(q);

    if (found)
        *out = (struct upload){.id = id,
                               .room_id = arena_strdup(a, db_column(q, 0)),
                               .user_id = arena_strdup(a, db_column(q, 1)),
                               .type = arena_strdup(a, db_column(q, 2)),
                               .name = arena_strdup(a, db_column(q, 3)),
                               .created_ms = db_column_int(q, 4),
                               .expires_ms = db_column_int(q, 5),
                               .bytes = keep(a, db_column(q, 6))};
    return db_end_row(q, found);
}

int uploads_remove_over(struct db *db, int64_t now_ms)
{
    return db_exec(db,
                   "DELETE FROM chat_uploads WHERE id IN (SELECT id FROM chat_uploads WHERE "
                   "expires_at <= $1 OR room_id IN (SELECT id FROM rooms WHERE deleted_at > 0) "
                   "LIMIT $2)",
                   db_int(now_ms), db_int(LIMIT_HOUSEKEEPING_UPLOADS));
}

/* ---- pictures of people ---- */

struct portrait {
    const struct upload *picture;
    const char *url;
};

static int set_url(struct db *db, const char *user_id, const char *url, int64_t now_ms)
{
    return db_change(db, "UPDATE users SET avatar_url = $2, updated_at = $3 WHERE id = $1",
                     db_text(user_id), db_text(url), db_int(now_ms));
}

static int set_avatar(struct db *db, void *arg)
{
    const struct portrait *p = arg;
    const struct upload *u = p->picture;
    int error = set_url(db, u->user_id, p->url, u->created_ms);

    if (error)
        return error;
    return db_exec(db,
                   "INSERT INTO avatars (user_id, id, type, created_at, bytes) VALUES ($1, $2, $3, "
                   "$4, $5) ON CONFLICT (user_id) DO UPDATE SET id = excluded.id, type = "
                   "excluded.type, created_at = excluded.created_at, bytes = excluded.bytes",
                   db_text(u->user_id), db_text(u->id), db_text(u->type), db_int(u->created_ms),
                   db_bytes(u->bytes));
}

int avatars_set(struct db *db, const struct upload *picture, const char *url)
{
    struct portrait p = {picture, url};

    return db_transact(db, set_avatar, &p);
}

struct removal {
    const char *user_id;
    int64_t now_ms;
};

static int remove_avatar(struct db *db, void *arg)
{
    const struct removal *r = arg;
    int error = set_url(db, r->user_id, "", r->now_ms);

    return error ? error
                 : db_exec(db, "DELETE FROM avatars WHERE user_id = $1", db_text(r->user_id));
}

int avatars_remove(struct db *db, const char *user_id, int64_t now_ms)
{
    struct removal r = {user_id, now_ms};

    return db_transact(db, remove_avatar, &r);
}

int avatars_find(struct db *db, struct arena *a, const char *id, struct upload *out)
{
    struct db_query *q = db_query(
        db, "SELECT user_id, type, created_at, bytes FROM avatars WHERE id = $1", db_text(id));
    bool found = db_step(q);

    if (found)
        *out = (struct upload){.id = id,
                               .room_id = "",
                               .name = "",
                               .user_id = arena_strdup(a, db_column(q, 0)),
                               .type = arena_strdup(a, db_column(q, 1)),
                               .created_ms = db_column_int(q, 2),
                               .bytes = keep(a, db_column(q, 3))};
    return db_end_row(q, found);
}
