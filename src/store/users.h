/* SPDX-License-Identifier: Apache-2.0 */
/* Accounts, of people and of guests. Texts that are read lie in the arena. Errors as in db.h, and
 * -ENOENT where nobody is found. */
#ifndef STORE_USERS_H
#define STORE_USERS_H

#include "base/mem.h"
#include "store/db.h"

enum access {
    ACCESS_USER = 1,
    ACCESS_MODERATOR = 2,
    ACCESS_ADMIN = 4,
    ACCESS_SUPERADMIN = 8,
    ACCESS_GUEST = 16
};

struct user {
    const char *id, *email, *provider; /* "local", "guest" */
    const char *name, *avatar_url;
    const char *password; /* a hash that names its algorithm and parameters; "": none */
    unsigned accesses;    /* bits of enum access */
    bool is_active;
    int64_t email_verified_ms, password_changed_ms, created_ms, updated_ms; /* 0: never */
};

/* The columns of a user, in the order that users_read wants them. */
#define USERS_COLUMNS                                                                              \
    "users.id, users.email, users.provider, users.name, users.avatar_url, users.password, "        \
    "users.accesses, users.is_active, users.email_verified_at, users.password_changed_at, "        \
    "users.created_at, users.updated_at"
/* Takes a user from a row, beginning with this column. */
void users_read(const struct db_query *q, unsigned column, struct arena *a, struct user *out);

/* -EEXIST when the address, or the id, is taken. */
int users_add(struct db *db, const struct user *u);
int users_find(struct db *db, struct arena *a, const char *id, struct user *out);
int users_find_email(struct db *db, struct arena *a, const char *email, const char *provider,
                     struct user *out);
/* Accounts that are no guests. */
int users_count(struct db *db, int64_t *count);
int users_count_superadmins(struct db *db, int64_t *count);

/* Active superadmins but for this account. */
int users_count_other_superadmins(struct db *db, const char *id, int64_t *count);

enum users_order { USERS_BY_CREATION, USERS_BY_NAME, USERS_BY_EMAIL, USERS_ORDERS };

/* What is looked for; with all zero, and active below 0, everybody. */
struct users_search {
    const char *text;     /* a part of name or address, without regard to ASCII case; "": any */
    const char *provider; /* "": any */
    unsigned access;      /* bits of enum access, of which one is enough; 0: any */
    int active;           /* 0 or 1; below 0: any */
    enum users_order order;
    bool descending;
    struct db_page page;
};

/* `list` takes s->page.limit; *total is the number of all that are found. */
int users_find_all(struct db *db, struct arena *a, const struct users_search *s, struct user *list,
                   unsigned *count, int64_t *total);

int users_set_profile(struct db *db, const char *id, const char *name, const char *email,
                      int64_t now_ms);
int users_set_password(struct db *db, const char *id, const char *password, int64_t now_ms);
/* Another hash of the same password. */
int users_set_password_hash(struct db *db, const char *id, const char *password);
int users_set_accesses(struct db *db, const char *id, unsigned accesses, int64_t now_ms);
/* Sessions of an account that was switched off do not come back when it is switched on. */
int users_set_active(struct db *db, const char *id, bool active, int64_t now_ms);
int users_remove(struct db *db, const char *id);
/* Guests that were made before this time and have no session: LIMIT_HOUSEKEEPING_ROWS at most. */
int users_remove_guests(struct db *db, int64_t before_ms);

/* A JSON object as the client wrote it; "{}" when there is none. */
int users_preferences(struct db *db, struct arena *a, const char *id, const char **json);
int users_set_preferences(struct db *db, const char *id, const char *json);

#endif
