/* SPDX-License-Identifier: Apache-2.0 */
/* Rooms. */
#include "store/rooms.h"

#include "base/limits.h"
#include "store/rooms_row.h"

void rooms_read_row(const struct db_query *q, struct arena *a, struct room_row *out)
{
    const char **texts[] = {&out->id, &out->name, &out->created_by, &out->admin_id, &out->mode};
    struct room_settings *s = &out->settings;
    bool *flags[] = {&out->is_active, &out->is_public,   &s->allow_chat,
                     &s->allow_video, &s->allow_audio,   &s->require_approval,
                     &s->e2ee,        &s->is_persistent, &s->recordings_allowed};
    int64_t *times[] = {&out->expires_ms, &out->last_activity_ms, &out->created_ms,
                        &out->updated_ms, &out->deleted_ms};
    unsigned column = 0;

    for (unsigned i = 0; i < 5; i++)
        *texts[i] = arena_strdup(a, db_column(q, column++));
    for (unsigned i = 0; i < 9; i++) {
        if (i == 2)
            out->max_participants = db_column_int(q, column++);
        *flags[i] = db_column_int(q, column++) != 0;
    }
    for (unsigned i = 0; i < 5; i++)
        *times[i] = db_column_int(q, column++);
}

static int read_one(struct db_query *q, struct arena *a, struct room_row *out)
{
    bool found = db_step(q);

    if (found)
        rooms_read_row(q, a, out);
    return db_end_row(q, found);
}

static int read_list(struct db_query *q, struct arena *a, struct room_row *list, unsigned *count)
{
    *count = 0;
    while (db_step(q))
        rooms_read_row(q, a, &list[(*count)++]);
    return db_end(q);
}

static int read_count(struct db_query *q, int64_t *count)
{
    *count = db_step(q) ? db_column_int(q, 0) : 0;
    return db_end(q);
}

int rooms_add(struct db *db, const struct room_row *r)
{
    const struct room_settings *s = &r->settings;

    return db_exec(
        db,
        "INSERT INTO rooms (id, name, created_by, admin_id, mode, is_active, is_public, "
        "max_participants, settings_allow_chat, settings_allow_video, settings_allow_audio, "
        "settings_require_approval, settings_e2_ee, settings_is_persistent, "
        "settings_recordings_allowed, expires_at, last_activity_at, created_at, updated_at, "
        "deleted_at) VALUES ($1, $2, $3, $4, $5, 1, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, "
        "$16, $16, $16, 0)",
        db_text(r->id), db_text(r->name), db_text(r->created_by), db_text(r->admin_id),
        db_text(r->mode), db_int(r->is_public), db_int(r->max_participants), db_int(s->allow_chat),
        db_int(s->allow_video), db_int(s->allow_audio), db_int(s->require_approval),
        db_int(s->e2ee), db_int(s->is_persistent), db_int(s->recordings_allowed),
        db_int(r->expires_ms), db_int(r->created_ms));
}

int rooms_find(struct db *db, struct arena *a, const char *id, struct room_row *out)
{
    return read_one(db_query(db, "SELECT " ROOMS_COLUMNS " FROM rooms WHERE id = $1", db_text(id)),
                    a, out);
}

int rooms_find_name(struct db *db, struct arena *a, const char *name, struct room_row *out)
{
    return read_one(db_query(db,
                             "SELECT " ROOMS_COLUMNS " FROM rooms WHERE name = $1 "
                             "ORDER BY is_active DESC, created_at DESC, id LIMIT 1",
                             db_text(name)),
                    a, out);
}

int rooms_count_active(struct db *db, const char *user_id, int64_t *count)
{
    return read_count(db_query(db,
                               "SELECT count(*) FROM rooms WHERE created_by = $1 AND is_active = 1",
                               db_text(user_id)),
                      count);
}

int rooms_set(struct db *db, const struct room_row *r, int64_t now_ms)
{
    const struct room_settings *s = &r->settings;

    return db_change(
        db,
        "UPDATE rooms SET is_public = $2, max_participants = $3, settings_allow_chat = $4, "
        "settings_allow_video = $5, settings_allow_audio = $6, settings_require_approval = $7, "
        "settings_e2_ee = $8, settings_is_persistent = $9, settings_recordings_allowed = $10, "
        "updated_at = $11 WHERE id = $1 AND deleted_at = 0",
        db_text(r->id), db_int(r->is_public), db_int(r->max_participants), db_int(s->allow_chat),
        db_int(s->allow_video), db_int(s->allow_audio), db_int(s->require_approval),
        db_int(s->e2ee), db_int(s->is_persistent), db_int(s->recordings_allowed), db_int(now_ms));
}

int rooms_touch(struct db *db, const struct room_row *r, int64_t now_ms, int64_t expires_ms)
{
    if (now_ms - r->last_activity_ms < LIMIT_ROOM_TOUCH_MS || rooms_is_demo(r))
        return 0;
    return db_exec(db, "UPDATE rooms SET last_activity_at = $2, expires_at = $3 WHERE id = $1",
                   db_text(r->id), db_int(now_ms), db_int(expires_ms));
}

int rooms_remove(struct db *db, const char *id)
{
    return db_change(db, "DELETE FROM rooms WHERE id = $1", db_text(id));
}

int rooms_archive(struct db *db, const char *id, int64_t now_ms)
{
    return db_change(db,
                     "UPDATE rooms SET is_active = 0, deleted_at = $2, updated_at = $2 "
                     "WHERE id = $1 AND deleted_at = 0",
                     db_text(id), db_int(now_ms));
}

#define EXPIRED "is_active = 1 AND deleted_at = 0 AND settings_is_persistent = 0 AND expires_at <= "

int rooms_list_expired(struct db *db, struct arena *a, int64_t now_ms, unsigned most,
                       struct room_row *list, unsigned *count)
{
    return read_list(db_query(db,
                              "SELECT " ROOMS_COLUMNS " FROM rooms WHERE " EXPIRED
                              "$1 ORDER BY expires_at LIMIT $2",
                              db_int(now_ms), db_int(most)),
                     a, list, count);
}

int rooms_expire(struct db *db, const char *id, int64_t now_ms)
{
    return db_change(db,
                     "UPDATE rooms SET is_active = 0, deleted_at = $2, updated_at = $2 "
                     "WHERE id = $1 AND " EXPIRED "$2",
                     db_text(id), db_int(now_ms));
}

int rooms_extend(struct db *db, const char *id, int64_t expires_ms)
{
    return db_exec(db, "UPDATE rooms SET expires_at = $2 WHERE id = $1", db_text(id),
                   db_int(expires_ms));
}

int rooms_list(struct db *db, struct arena *a, const char *user_id, struct db_page page,
               struct room_row *list, unsigned *count)
{
    return read_list(
        db_query(db,
                 "SELECT " ROOMS_COLUMNS
                 " FROM rooms WHERE deleted_at = 0 AND (created_by = $1 OR id IN "
                 "(SELECT room_id FROM room_participants WHERE user_id = $1 AND is_banned = 0)) "
                 "AND NOT EXISTS (SELECT 1 FROM rooms AS newer WHERE newer.name = rooms.name AND "
                 "newer.created_at > rooms.created_at AND newer.deleted_at = 0) "
                 "ORDER BY created_at DESC, id LIMIT $2 OFFSET $3",
                 db_text(user_id), db_int(page.limit), db_int(page.offset)),
        a, list, count);
}

int rooms_list_entered(struct db *db, struct arena *a, const char *user_id, const char *after,
                       struct room_row *list, unsigned *count)
{
    return read_list(db_query(db,
                              "SELECT " ROOMS_COLUMNS
                              " FROM rooms JOIN room_participants ON room_id = "
                              "rooms.id WHERE user_id = $1 AND is_active = 1 AND rooms.id > $2 "
                              "ORDER BY rooms.id LIMIT $3",
                              db_text(user_id), db_text(after), db_int(ROOMS_AT_ONCE)),
                     a, list, count);
}

int rooms_list_archived(struct db *db, struct arena *a, const char *user_id, struct db_page page,
                        struct room_row *list, unsigned *count)
{
    return read_list(db_query(db,
                              "SELECT " ROOMS_COLUMNS " FROM rooms WHERE deleted_at > 0 AND "
                              "created_by = $1 ORDER BY deleted_at DESC, id LIMIT $2 OFFSET $3",
                              db_text(user_id), db_int(page.limit), db_int(page.offset)),
                     a, list, count);
}

int rooms_count_archived(struct db *db, const char *user_id, int64_t *count)
{
    return read_count(
        db_query(db, "SELECT count(*) FROM rooms WHERE deleted_at > 0 AND created_by = $1",
                 db_text(user_id)),
        count);
}

/* ---- for administrators ---- */

int rooms_suspend(struct db *db, const char *id, int64_t now_ms)
{
    return db_change(db,
                     "UPDATE rooms SET is_active = 0, updated_at = $2 WHERE id = $1 AND "
                     "is_active = 1",
                     db_text(id), db_int(now_ms));
}

int rooms_reactivate(struct db *db, const char *id, int64_t now_ms, int64_t expires_ms)
{
    return db_change(db,
                     "UPDATE rooms SET is_active = 1, updated_at = $2, last_activity_at = $2, "
                     "expires_at = $3 WHERE id = $1 AND is_active = 0 AND deleted_at = 0",
                     db_text(id), db_int(now_ms), db_int(expires_ms));
}
