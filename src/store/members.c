/* SPDX-License-Identifier: Apache-2.0 */
/* Rooms' people. */
#include "store/members.h"

#include "base/limits.h"

#define COLUMNS                                                                                    \
    "user_id, joined_at, entry, is_banned, is_moderator, is_approved, is_on_stage, "               \
    "is_chat_blocked"

static void read_row(const struct db_query *q, struct arena *a, struct member *out)
{
    *out = (struct member){.user_id = arena_strdup(a, db_column(q, 0)),
                           .joined_ms = db_column_int(q, 1),
                           .entry = db_column_int(q, 2),
                           .is_banned = db_column_int(q, 3) != 0,
                           .is_moderator = db_column_int(q, 4) != 0,
                           .is_approved = db_column_int(q, 5) != 0,
                           .is_on_stage = db_column_int(q, 6) != 0,
                           .is_chat_blocked = db_column_int(q, 7) != 0};
}

int members_find(struct db *db, struct arena *a, const char *room_id, const char *user_id,
                 struct member *out)
{
    struct db_query *q = db_query(
        db, "SELECT " COLUMNS " FROM room_participants WHERE room_id = $1 AND user_id = $2",
        db_text(room_id), db_text(user_id));

    *out = (struct member){.user_id = user_id};
    if (db_step(q))
        read_row(q, a, out);
    return db_end(q);
}

int members_add(struct db *db, const char *room_id, const char *user_id, int64_t now_ms)
{
    return db_exec(db,
                   "INSERT INTO room_participants (room_id, " COLUMNS
                   ") VALUES ($1, $2, $3, 0, 0, 0, 0, 0, 0) ON CONFLICT DO NOTHING",
                   db_text(room_id), db_text(user_id), db_int(now_ms));
}

struct change {
    const char *room_id, *user_id;
    const char *statement; /* takes $1 room, $2 user, $3 value */
    int64_t value, now_ms;
};

static int apply(struct db *db, void *arg)
{
    const struct change *c = arg;
    int error = members_add(db, c->room_id, c->user_id, c->now_ms);

    if (error)
        return error;
    return db_exec(db, c->statement, db_text(c->room_id), db_text(c->user_id), db_int(c->value));
}

int members_set(struct db *db, const char *room_id, const char *user_id, enum member_flag flag,
                bool on, int64_t now_ms)
{
#define SET(column)                                                                                \
    "UPDATE room_participants SET " column " = $3 WHERE room_id = $1 AND user_id = $2"
    static const char *const statements[] = {[MEMBER_BANNED] = SET("is_banned"),
                                             [MEMBER_MODERATOR] = SET("is_moderator"),
                                             [MEMBER_APPROVED] = SET("is_approved"),
                                             [MEMBER_ON_STAGE] = SET("is_on_stage"),
                                             [MEMBER_CHAT_BLOCKED] = SET("is_chat_blocked")};
    struct change c = {room_id, user_id, statements[flag], on, now_ms};

    return db_transact(db, apply, &c);
}

int members_put_out(struct db *db, const char *room_id, const char *user_id, int64_t now_ms)
{
    struct change c = {room_id, user_id,
                       "UPDATE room_participants SET entry = entry + $3 WHERE room_id = $1 AND "
                       "user_id = $2",
                       1, now_ms};

    return db_transact(db, apply, &c);
}

int members_expel(struct db *db, const char *room_id, const char *user_id, int64_t now_ms)
{
    struct change c = {room_id, user_id,
                       "UPDATE room_participants SET entry = entry + $3, is_approved = 0 "
                       "WHERE room_id = $1 AND user_id = $2",
                       1, now_ms};

    return db_transact(db, apply, &c);
}

int members_put_out_everywhere(struct db *db, const char *user_id)
{
    return db_exec(db, "UPDATE room_participants SET entry = entry + 1 WHERE user_id = $1",
                   db_text(user_id));
}

int members_admit(struct db *db, const char *room_id, const char *user_id, int64_t entry)
{
    bool out;
    int error = members_is_out(db, room_id, user_id, &out);

    if (error || !out)
        return error; /* mostly there is nothing to write */
    return db_exec(db,
                   "UPDATE room_participants SET admitted = $3 WHERE room_id = $1 AND "
                   "user_id = $2 AND admitted < $3",
                   db_text(room_id), db_text(user_id), db_int(entry));
}

int members_is_out(struct db *db, const char *room_id, const char *user_id, bool *out)
{
    struct db_query *q = db_query(db,
                                  "SELECT 1 FROM room_participants WHERE room_id = $1 AND "
                                  "user_id = $2 AND entry > admitted",
                                  db_text(room_id), db_text(user_id));

    *out = db_step(q);
    return db_end(q);
}

int members_ban(struct db *db, const char *room_id, const char *user_id, int64_t now_ms)
{
    struct change c = {room_id, user_id,
                       "UPDATE room_participants SET entry = entry + $3, is_banned = 1, "
                       "is_moderator = 0, is_approved = 0, is_on_stage = 0 "
                       "WHERE room_id = $1 AND user_id = $2",
                       1, now_ms};

    return db_transact(db, apply, &c);
}

int members_list_users(struct db *db, struct arena *a, const char *room_id, enum member_flag flag,
                       struct user *list, unsigned *count)
{
#define LIST(column)                                                                               \
    "SELECT " USERS_COLUMNS " FROM users JOIN room_participants ON user_id = users.id "            \
    "WHERE room_id = $1 AND " column " = 1 ORDER BY users.name, users.id LIMIT $2"
    static const char *const queries[] = {[MEMBER_BANNED] = LIST("is_banned"),
                                          [MEMBER_MODERATOR] = LIST("is_moderator"),
                                          [MEMBER_APPROVED] = LIST("is_approved"),
                                          [MEMBER_ON_STAGE] = LIST("is_on_stage"),
                                          [MEMBER_CHAT_BLOCKED] = LIST("is_chat_blocked")};
    struct db_query *q =
        db_query(db, queries[flag], db_text(room_id), db_int(LIMIT_MEMBERS_LISTED));

    *count = 0;
    while (db_step(q))
        users_read(q, 0, a, &list[(*count)++]);
    return db_end(q);
}

int members_list(struct db *db, struct arena *a, const char *room_id, struct db_page page,
                 struct member *list, unsigned *count)
{
    struct db_query *q = db_query(db,
                                  "SELECT " COLUMNS " FROM room_participants WHERE room_id = $1 "
                                  "ORDER BY joined_at, user_id LIMIT $2 OFFSET $3",
                                  db_text(room_id), db_int(page.limit), db_int(page.offset));

    *count = 0;
    while (db_step(q))
        read_row(q, a, &list[(*count)++]);
    return db_end(q);
}
