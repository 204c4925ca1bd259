/* SPDX-License-Identifier: Apache-2.0 */
/* Who waits outside a room that takes people in by approval. A place is kept for a while after
 * somebody last asked, and there are only so many. Errors as in db.h. */
#ifndef STORE_LOBBY_H
#define STORE_LOBBY_H

#include "base/mem.h"
#include "store/db.h"

enum lobby_result {
    LOBBY_NEW,     /* waits from now on */
    LOBBY_WAITING, /* was waiting already */
    LOBBY_DENIED,  /* a moderator said no, not long ago */
    LOBBY_FULL     /* LIMIT_LOBBY wait */
};

struct lobby_row {
    const char *user_id, *name, *avatar_url;
    int64_t asked_ms, seen_ms; /* the first and the last time */
};

struct lobby_visit {
    const char *room_id, *user_id;
    int64_t now_ms;
    enum lobby_result result; /* out */
};

/* Somebody asks to be let in. -EINVAL when room or user are gone. */
int lobby_ask(struct db *db, struct lobby_visit *v);
/* Who waits, the longest first; `list` takes LIMIT_LOBBY. */
int lobby_list(struct db *db, struct arena *a, const char *room_id, int64_t now_ms,
               struct lobby_row *list, unsigned *count);
/* Approved, and no longer waiting. -ENOENT when they do not wait. */
int lobby_admit(struct db *db, const char *room_id, const char *user_id, int64_t now_ms);
int lobby_deny(struct db *db, const char *room_id, const char *user_id, int64_t now_ms);

#endif
