/* SPDX-License-Identifier: Apache-2.0 */
/* Rooms and their settings: what holds whether somebody is inside or not. A room is active, or
 * suspended, or archived, which is for ever. Texts that are read lie in the arena. Errors as in
 * db.h, and -ENOENT. */
#ifndef STORE_ROOMS_H
#define STORE_ROOMS_H

#include "base/mem.h"
#include "store/db.h"

#define ROOM_STANDARD "standard"   /* everybody publishes */
#define ROOM_WEBINAR "webinar"     /* those on stage publish, all may chat */
#define ROOM_BROADCAST "broadcast" /* the others cannot chat either */

#define ROOM_DEMO "demo" /* whose demo rooms are: no user has this id */

struct room_settings {
    bool allow_chat, allow_video, allow_audio;
    bool require_approval;
    bool e2ee;
    bool is_persistent;
    bool recordings_allowed;
};

struct room_row {
    const char *id, *name;
    const char *created_by, *admin_id; /* users' ids; both own it */
    const char *mode;
    bool is_active, is_public;
    int64_t max_participants; /* 0: no bound */
    struct room_settings settings;
    int64_t expires_ms, last_activity_ms, created_ms, updated_ms;
    int64_t deleted_ms; /* archived then; 0: not */
};

/* One that ends when its time is over, and is removed then. */
static inline bool rooms_is_demo(const struct room_row *r)
{
    return strcmp(r->created_by, ROOM_DEMO) == 0;
}

/* -EEXIST when an active room has this name. */
int rooms_add(struct db *db, const struct room_row *r);
int rooms_find(struct db *db, struct arena *a, const char *id, struct room_row *out);
/* The active room of that name, else the one that was made last. */
int rooms_find_name(struct db *db, struct arena *a, const char *name, struct room_row *out);
/* Active rooms that the user made. */
int rooms_count_active(struct db *db, const char *user_id, int64_t *count);

/* What the owner can change of a room that is not archived: is_public, max_participants and
 * settings. For a change that depends on what was there, within a transaction. */
int rooms_set(struct db *db, const struct room_row *r, int64_t now_ms);
/* Somebody came: it lives on. Written once a minute at most. */
int rooms_touch(struct db *db, const struct room_row *r, int64_t now_ms, int64_t expires_ms);
/* With everything that hangs on it. -ENOENT. */
int rooms_remove(struct db *db, const char *id);
/* -ENOENT when it was archived already. */
int rooms_archive(struct db *db, const char *id, int64_t now_ms);

/* Active rooms whose time is over, but for persistent ones; the oldest first. */
int rooms_list_expired(struct db *db, struct arena *a, int64_t now_ms, unsigned most,
                       struct room_row *list, unsigned *count);
/* Archives such a room. -ENOENT when its time is not over any more. */
int rooms_expire(struct db *db, const char *id, int64_t now_ms);
int rooms_extend(struct db *db, const char *id, int64_t expires_ms);

/* The rooms that a user made, or has been in and is not banned from: neither archived ones nor
 * those whose name a newer one has. Newest first; `list` takes page.limit. */
int rooms_list(struct db *db, struct arena *a, const char *user_id, struct db_page page,
               struct room_row *list, unsigned *count);
#define ROOMS_AT_ONCE 64
/* Active rooms for which the user may have a join token, by id: the next ROOMS_AT_ONCE behind
 * `after`, "" at first. */
int rooms_list_entered(struct db *db, struct arena *a, const char *user_id, const char *after,
                       struct room_row *list, unsigned *count);
/* Archived rooms that the user made. */
int rooms_list_archived(struct db *db, struct arena *a, const char *user_id, struct db_page page,
                        struct room_row *list, unsigned *count);
int rooms_count_archived(struct db *db, const char *user_id, int64_t *count);

/* ---- all rooms ---- */

enum rooms_state { ROOMS_ANY, ROOMS_ACTIVE, ROOMS_SUSPENDED, ROOMS_ARCHIVED };
enum rooms_order {
    ROOMS_BY_CREATION,
    ROOMS_BY_NAME,
    ROOMS_BY_ACTIVITY,
    ROOMS_BY_SIZE,
    ROOMS_ORDERS
};

struct rooms_search {
    const char *text;       /* a part of the name; "": any */
    const char *owner;      /* the maker's id, or a part of their name or address; "": any */
    int is_public;          /* 0 or 1; below 0: any */
    enum rooms_state state; /* any: but archived */
    enum rooms_order order;
    bool descending;
    struct db_page page;
};

struct room_found {
    struct room_row room;
    const char *owner_name, *owner_email; /* "": the account is gone */
};

/* `list` takes s->page.limit; *total is the number of all that are found. */
int rooms_find_all(struct db *db, struct arena *a, const struct rooms_search *s,
                   struct room_found *list, unsigned *count, int64_t *total);
int rooms_count_state(struct db *db, enum rooms_state state, int64_t *count);

/* Nobody comes in until it is reactivated. -ENOENT when it is not active. */
int rooms_suspend(struct db *db, const char *id, int64_t now_ms);
/* -ENOENT when it is not suspended, -EEXIST when an active room has its name. */
int rooms_reactivate(struct db *db, const char *id, int64_t now_ms, int64_t expires_ms);

#endif
