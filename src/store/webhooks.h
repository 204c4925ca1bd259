/* SPDX-License-Identifier: Apache-2.0 */
/* Whom we tell what happens in rooms: addresses of others that a superadmin entered. No secret is
 * kept; the one that signs is worked out from the server's own and the row's generation. Errors as
 * in db.h. */
#ifndef STORE_WEBHOOKS_H
#define STORE_WEBHOOKS_H

#include "base/mem.h"
#include "store/db.h"

struct webhook_row {
    const char *id, *url;
    const char *events; /* names with commas between them; "": all */
    const char *created_by;
    int64_t generation; /* of the secret, from 1 */
    bool is_active;
    int64_t created_ms, updated_ms;
};

/* -EDQUOT when there are that many already. */
int webhooks_add(struct db *db, const struct webhook_row *w, unsigned most);
/* -ENOENT */
int webhooks_find(struct db *db, struct arena *a, const char *id, struct webhook_row *out);
/* Oldest first; `list` takes `most`. */
int webhooks_list(struct db *db, struct arena *a, unsigned most, struct webhook_row *list,
                  unsigned *count);
/* url, events and is_active; -ENOENT. */
int webhooks_set(struct db *db, const struct webhook_row *w, int64_t now_ms);
/* Another secret from now on; -ENOENT. */
int webhooks_rotate(struct db *db, const char *id, int64_t now_ms);
/* -ENOENT */
int webhooks_remove(struct db *db, const char *id);

#endif
