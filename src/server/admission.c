/* SPDX-License-Identifier: Apache-2.0 */
/* Admissions. The order is what makes them safe: whoever changes a room writes to the store first
 * and tells the media plane, through this thread, after; so an answer that was read before is asked
 * for again here, and one that is read later knows. */
#include "server/admission.h"

#include <errno.h>
#include <stdlib.h>

#include "base/limits.h"
#include "base/mem.h"
#include "server/api_room.h"
#include "server/media.h"

void admissions_init(struct admissions *a, struct pool *pool)
{
    a->pool = pool;
    list_init(&a->pending);
}

const char *admission_text(enum admission_result r)
{
    switch (r) {
    case ADMISSION_GRANTED:
        return "ok";
    case ADMISSION_PUT_OUT:
        return "you were removed from this room; ask for a new token";
    case ADMISSION_BANNED:
        return "you are banned from this room";
    case ADMISSION_CLOSED:
        return "room is no longer active";
    case ADMISSION_NOBODY:
        return "the account is no longer active";
    case ADMISSION_UNKNOWN:
        return "the server cannot look the room up, try again";
    }
    return "";
}

/* ---- on an API thread ---- */

/* A token says who somebody is; what they may is what the store says now, since they may have been
 * promoted or blocked after it was made. */
static void take_standing(struct admission *q, const struct room_row *room, const struct user *u,
                          const struct member *m)
{
    enum api_role role = api_room_role(room, u, m);

    q->permission = api_room_permission(room, role, m);
    q->metadata = api_room_metadata(u, role, m);
}

/* Tokens of the API are for people that it knows. */
static int judge_person(struct db *db, struct arena *a, struct admission *q,
                        const struct room_row *room)
{
    struct member m;
    struct user u;
    int error = members_find(db, a, room->id, q->identity, &m);

    if (!error)
        error = users_find(db, a, q->identity, &u);
    if (error == -ENOENT || (!error && !u.is_active)) {
        q->result = ADMISSION_NOBODY;
        return 0;
    }
    if (!error && m.is_banned)
        q->result = ADMISSION_BANNED;
    else if (!error && (!m.joined_ms || m.entry + 1 != q->entry))
        q->result = ADMISSION_PUT_OUT;
    else if (!error)
        take_standing(q, room, &u, &m);
    return error;
}

static int judge(struct db *db, struct arena *a, struct admission *q)
{
    struct room_row room;
    int error = rooms_find_name(db, a, q->room, &room);

    if (error == -ENOENT || (!error && room.deleted_ms)) {
        /* Free for whoever holds the API key; but a token of ours was for the room that is gone. */
        q->result = q->entry ? ADMISSION_CLOSED : ADMISSION_GRANTED;
        return 0;
    }
    if (error)
        return error;
    /* Who was let into the room that had this name before was not let into this one. */
    if (!room.is_active || (q->entry && strcmp(q->room_id, room.id) != 0)) {
        q->result = ADMISSION_CLOSED;
        return 0;
    }
    str_append_span(&q->open, media_pack_room(&room, a));
    return q->entry && q->identity ? judge_person(db, a, q, &room) : 0;
}

static void work(struct job *j, struct db *db)
{
    struct admission *q = (struct admission *)(void *)j; /* the first member */
    struct arena a;

    arena_init(&a);
    q->result = ADMISSION_GRANTED;
    str_clear(&q->open);
    free(q->metadata);
    q->metadata = NULL;
    if (judge(db, &a, q) != 0)
        q->result = ADMISSION_UNKNOWN;
    arena_fini(&a);
}

/* ---- on the control thread ---- */

static void admission_free(struct admission *q)
{
    list_remove(&q->node);
    free(q->room);
    free(q->identity);
    free(q->metadata);
    claims_fini(&q->claims);
    str_fini(&q->open);
    free(q);
}

static void conclude(struct admission *q)
{
    q->then(q, q->arg);
    admission_free(q);
}

static void post(struct admission *q)
{
    q->again = false;
    if (pool_post(q->home->pool, &q->job))
        return;
    q->result = ADMISSION_UNKNOWN;
    conclude(q);
}

static void finish(struct job *j)
{
    struct admission *q = (struct admission *)(void *)j;

    if (q->again)
        post(q);
    else
        conclude(q);
}

static void abandon(struct job *j)
{
    admission_free((struct admission *)(void *)j);
}

void admission_ask(struct admissions *a, const struct admission *q)
{
    struct admission *mine = xmalloc(sizeof *mine);

    *mine = *q;
    mine->job = (struct job){
        .most_before = LIMIT_ADMISSIONS, .work = work, .finish = finish, .abandon = abandon};
    mine->home = a;
    str_init(&mine->open);
    list_append(&a->pending, &mine->node);
    post(mine);
}

void admission_renew(struct admissions *a, const char *room)
{
    list_each(node, &a->pending)
    {
        struct admission *q = list_entry(node, struct admission, node);
        q->again |= strcmp(q->room, room) == 0;
    }
}
