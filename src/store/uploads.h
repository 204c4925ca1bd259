/* SPDX-License-Identifier: Apache-2.0 */
/* Files that people send: pictures of themselves, and files in a room's chat. They lie in the
 * database, so a file is there whole or not at all, goes with its room or its sender, and is part
 * of every backup. */
#ifndef STORE_UPLOADS_H
#define STORE_UPLOADS_H

#include "base/mem.h"
#include "store/db.h"

struct upload {
    const char *id, *room_id, *user_id;
    const char *type, *name; /* media type; name "": none */
    struct span bytes;
    int64_t created_ms, expires_ms;
};

enum upload_result {
    UPLOAD_ADDED,
    UPLOAD_USER_FULL,
    UPLOAD_GUESTS_FULL,
    UPLOAD_ROOM_FULL,
    UPLOAD_SERVER_FULL
};

/* How many bytes a user, a room, and all together may have lying here. */
struct upload_quota {
    int64_t user, room, all;
    int64_t guests; /* all of them together; 0: this user is none */
};

int uploads_add(struct db *db, const struct upload *u, const struct upload_quota *quota,
                enum upload_result *result);
/* -ENOENT; also when it has expired. */
int uploads_find(struct db *db, struct arena *a, const char *id, int64_t now_ms,
                 struct upload *out);
/* Those that have expired, and those of rooms that are archived: some at a time. */
int uploads_remove_over(struct db *db, int64_t now_ms);

/* ---- one picture of each user ---- */

/* Replaces it; the user's avatar_url becomes `url`. -ENOENT without such a user. */
int avatars_set(struct db *db, const struct upload *picture, const char *url);
int avatars_remove(struct db *db, const char *user_id, int64_t now_ms);
/* -ENOENT */
int avatars_find(struct db *db, struct arena *a, const char *id, struct upload *out);

#endif
