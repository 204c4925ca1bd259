/* SPDX-License-Identifier: Apache-2.0 */
/* Invitations to register: each lets one account be made. */
#ifndef STORE_INVITES_H
#define STORE_INVITES_H

#include "base/mem.h"
#include "store/db.h"

struct invite {
    const char *id, *token;
    const char *email; /* "": for anybody */
    const char *created_by, *used_by;
    int64_t created_ms, expires_ms, used_ms; /* used: 0 when not */
};

enum invite_use { INVITE_USED_NOW, INVITE_UNKNOWN, INVITE_EXPIRED, INVITE_USED_BEFORE };

int invites_add(struct db *db, const struct invite *i);
/* Uses it up for this account; only INVITE_USED_NOW changes anything. */
int invites_use(struct db *db, const char *token, const char *email, const char *user_id,
                int64_t now_ms, enum invite_use *result);
/* -ENOENT */
int invites_remove(struct db *db, const char *id);
/* Those that expired before this time, used or not: LIMIT_HOUSEKEEPING_ROWS at most. */
int invites_remove_expired(struct db *db, int64_t before_ms);
/* Newest first; `list` takes page.limit. *total is the number of all. */
int invites_list(struct db *db, struct arena *a, struct db_page page, struct invite *list,
                 unsigned *count, int64_t *total);

#endif
