/* SPDX-License-Identifier: Apache-2.0 */
/* Sessions: a device that is logged in. Its refresh tokens are a family, numbered by generations;
 * only the newest is good. What is removed here is logged out at once, since every request looks
 * its session up. */
#ifndef STORE_SESSIONS_H
#define STORE_SESSIONS_H

#include "base/mem.h"
#include "store/users.h"

struct session_row {
    const char *id, *user_id;
    const char *client; /* what the client calls itself */
    int64_t generation, created_ms, rotated_ms, expires_ms;
};

/* Adds it with generation 1, and removes the account's oldest beyond LIMIT_SESSIONS_PER_USER. */
int sessions_add(struct db *db, const struct session_row *s);
/* The user of a session that has not expired; -ENOENT. */
int sessions_find_user(struct db *db, struct arena *a, const char *id, int64_t now_ms,
                       struct user *out);

enum session_rotation {
    SESSION_ROTATED,
    SESSION_RACED,  /* an old token, rotated a moment ago: another tab of the same device */
    SESSION_REUSED, /* an old token, later: somebody has a copy. The session is removed */
    SESSION_GONE    /* no such session, or it has expired */
};

struct session_turn {
    const char *id;
    int64_t generation; /* of the token that was shown */
    int64_t now_ms, expires_ms;
    /* out */
    enum session_rotation result;
    const char *user_id; /* when rotated; the new token's generation is one higher */
};

int sessions_rotate(struct db *db, struct arena *a, struct session_turn *turn);
/* -ENOENT when this user has no such session. */
int sessions_remove(struct db *db, const char *id, const char *user_id);
/* All of a user but one; "": all. */
int sessions_remove_all(struct db *db, const char *user_id, const char *but);
/* The oldest LIMIT_HOUSEKEEPING_ROWS of them. */
int sessions_remove_expired(struct db *db, int64_t now_ms);
/* Newest first, in the arena. */
int sessions_list(struct db *db, struct arena *a, const char *user_id, int64_t now_ms,
                  struct session_row **list, unsigned *count);

#endif
