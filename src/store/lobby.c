/* SPDX-License-Identifier: Apache-2.0 */
/* Lobbies. Rows whose time is over are removed by whoever asks next. */
#include "store/lobby.h"

#include "base/limits.h"
#include "store/members.h"

/* A row counts while this holds of it. */
#define WAITS "denied_at = 0 AND seen_at > $2"

static int remove_old(struct db *db, const struct lobby_visit *v)
{
    return db_exec(
        db,
        "DELETE FROM room_lobby WHERE room_id = $1 AND ((denied_at = 0 AND seen_at <= $2) OR "
        "(denied_at > 0 AND denied_at <= $3))",
        db_text(v->room_id), db_int(v->now_ms - LIMIT_LOBBY_WAIT_MS),
        db_int(v->now_ms - LIMIT_LOBBY_DENIED_MS));
}

static int find(struct db *db, const struct lobby_visit *v, bool *found, int64_t *denied_ms)
{
    struct db_query *q =
        db_query(db, "SELECT denied_at FROM room_lobby WHERE room_id = $1 AND user_id = $2",
                 db_text(v->room_id), db_text(v->user_id));

    *found = db_step(q);
    *denied_ms = *found ? db_column_int(q, 0) : 0;
    return db_end(q);
}

static int count(struct db *db, const struct lobby_visit *v, int64_t *waiting)
{
    struct db_query *q =
        db_query(db, "SELECT count(*) FROM room_lobby WHERE room_id = $1 AND " WAITS,
                 db_text(v->room_id), db_int(v->now_ms - LIMIT_LOBBY_WAIT_MS));

    *waiting = db_step(q) ? db_column_int(q, 0) : 0;
    return db_end(q);
}

static int see_again(struct db *db, struct lobby_visit *v, int64_t denied_ms)
{
    v->result = denied_ms ? LOBBY_DENIED : LOBBY_WAITING;
    if (denied_ms)
        return 0;
    return db_exec(db, "UPDATE room_lobby SET seen_at = $3 WHERE room_id = $1 AND user_id = $2",
                   db_text(v->room_id), db_text(v->user_id), db_int(v->now_ms));
}

static int take_place(struct db *db, struct lobby_visit *v)
{
    int64_t waiting;
    int error = count(db, v, &waiting);

    if (error)
        return error;
    v->result = waiting < LIMIT_LOBBY ? LOBBY_NEW : LOBBY_FULL;
    if (v->result == LOBBY_FULL)
        return 0;
    return db_exec(db,
                   "INSERT INTO room_lobby (room_id, user_id, asked_at, seen_at, denied_at) "
                   "VALUES ($1, $2, $3, $3, 0)",
                   db_text(v->room_id), db_text(v->user_id), db_int(v->now_ms));
}

static int ask(struct db *db, void *arg)
{
    struct lobby_visit *v = arg;
    int64_t denied_ms = 0;
    bool found = false;
    int error = remove_old(db, v);

    if (!error)
        error = find(db, v, &found, &denied_ms);
    if (error)
        return error;
    return found ? see_again(db, v, denied_ms) : take_place(db, v);
}

int lobby_ask(struct db *db, struct lobby_visit *v)
{
    return db_transact(db, ask, v);
}

int lobby_list(struct db *db, struct arena *a, const char *room_id, int64_t now_ms,
               struct lobby_row *list, unsigned *n)
{
    struct db_query *q = db_query(
        db,
        "SELECT user_id, users.name, users.avatar_url, asked_at, seen_at FROM room_lobby JOIN "
        "users ON users.id = user_id WHERE room_id = $1 AND " WAITS
        " ORDER BY asked_at, user_id LIMIT $3",
        db_text(room_id), db_int(now_ms - LIMIT_LOBBY_WAIT_MS), db_int(LIMIT_LOBBY));

    *n = 0;
    while (db_step(q))
        list[(*n)++] = (struct lobby_row){.user_id = arena_strdup(a, db_column(q, 0)),
                                          .name = arena_strdup(a, db_column(q, 1)),
                                          .avatar_url = arena_strdup(a, db_column(q, 2)),
                                          .asked_ms = db_column_int(q, 3),
                                          .seen_ms = db_column_int(q, 4)};
    return db_end(q);
}

static int admit(struct db *db, void *arg)
{
    const struct lobby_visit *v = arg;
    int error = db_change(db, "DELETE FROM room_lobby WHERE room_id = $1 AND user_id = $2",
                          db_text(v->room_id), db_text(v->user_id));

    return error ? error
                 : members_set(db, v->room_id, v->user_id, MEMBER_APPROVED, true, v->now_ms);
}

int lobby_admit(struct db *db, const char *room_id, const char *user_id, int64_t now_ms)
{
    struct lobby_visit v = {room_id, user_id, now_ms, LOBBY_NEW};

    return db_transact(db, admit, &v);
}

int lobby_deny(struct db *db, const char *room_id, const char *user_id, int64_t now_ms)
{
    return db_change(db, "UPDATE room_lobby SET denied_at = $3 WHERE room_id = $1 AND user_id = $2",
                     db_text(room_id), db_text(user_id), db_int(now_ms));
}
