/* SPDX-License-Identifier: Apache-2.0 */
/* Who has to do with a room, beyond owning it: was in it, moderates it, was let in, or put out. */
#ifndef STORE_MEMBERS_H
#define STORE_MEMBERS_H

#include "base/mem.h"
#include "store/db.h"
#include "store/users.h"

struct member {
    const char *user_id;
    int64_t joined_ms; /* the first time */
    int64_t entry;     /* how often they were put out; older join tokens are no longer good */
    bool is_banned, is_moderator, is_approved, is_on_stage, is_chat_blocked;
};

/* Whoever has no row is nobody in particular: all zero, and 0 is returned. */
int members_find(struct db *db, struct arena *a, const char *room_id, const char *user_id,
                 struct member *out);
/* Keeps what is there. -EINVAL when room or user are gone. */
int members_add(struct db *db, const char *room_id, const char *user_id, int64_t now_ms);

enum member_flag {
    MEMBER_BANNED,
    MEMBER_MODERATOR,
    MEMBER_APPROVED,
    MEMBER_ON_STAGE,
    MEMBER_CHAT_BLOCKED
};

/* Makes the row when there is none. */
int members_set(struct db *db, const char *room_id, const char *user_id, enum member_flag flag,
                bool on, int64_t now_ms);
/* Ends their join tokens. */
int members_put_out(struct db *db, const char *room_id, const char *user_id, int64_t now_ms);
/* The same, and they have to be approved again. */
int members_expel(struct db *db, const char *room_id, const char *user_id, int64_t now_ms);
/* Ends the join tokens that the user has for any room. */
int members_put_out_everywhere(struct db *db, const char *user_id);
/* Puts them out of a room for good: banned, and no longer moderator, approved or on stage. */
int members_ban(struct db *db, const char *room_id, const char *user_id, int64_t now_ms);
/* They were given a token for that entry. If they have been put out since, they still are. */
int members_admit(struct db *db, const char *room_id, const char *user_id, int64_t entry);
/* Whether they were put out and have not been admitted since. */
int members_is_out(struct db *db, const char *room_id, const char *user_id, bool *out);
/* Those of whom the flag is set, by name; `list` takes LIMIT_MEMBERS_LISTED. */
int members_list_users(struct db *db, struct arena *a, const char *room_id, enum member_flag flag,
                       struct user *list, unsigned *count);
/* `list` takes page.limit; by the time of joining. */
int members_list(struct db *db, struct arena *a, const char *room_id, struct db_page page,
                 struct member *list, unsigned *count);

#endif
