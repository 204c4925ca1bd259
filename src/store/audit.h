/* SPDX-License-Identifier: Apache-2.0 */
/* The audit log: who changed what, when. Rows are added and never changed, and go
 * when they are old. */
#ifndef STORE_AUDIT_H
#define STORE_AUDIT_H

#include "base/mem.h"
#include "store/db.h"

struct audit {
    int64_t id, happened_ms;
    const char *actor_id; /* a user's id */
    const char *action;   /* "user.promote" and the like */
    const char *target;   /* what it was done to: an id */
    const char *detail;
    const char *actor_name; /* out: as they are called today; "" when they are gone */
};

int audit_add(struct db *db, const struct audit *row);
/* Newest first; `list` takes page.limit. */
int audit_list(struct db *db, struct arena *a, struct db_page page, struct audit *list,
               unsigned *count);
int audit_count(struct db *db, int64_t *total);
/* Rows from before this time: the oldest LIMIT_HOUSEKEEPING_ROWS. */
int audit_remove(struct db *db, int64_t before_ms);

#endif
