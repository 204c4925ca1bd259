/* SPDX-License-Identifier: Apache-2.0 */
/* The schema and its versions. A migration is a list of statements that takes the schema from one
 * version to the next; there is no way back but the backup that is made before. Its text is the
 * same for both databases, with these words for what they call differently:
 *   {int} 64 bits · {bool} 0 or 1 · {text} UTF-8, compared by its bytes · {bytes}
 *   {serial} a primary key that counts up · {table} behind a table's closing bracket */
#ifndef STORE_MIGRATE_H
#define STORE_MIGRATE_H

#include "store/db.h"

struct migration {
    const char *name, *text;
};

/* Migration n, counted from 1, leads to version n. */
struct migration_list {
    const struct migration *items;
    unsigned count;
};

/* The schema of this program. */
extern const struct migration_list schema;

/* The version that the database has; 0 when it is empty. */
int migrate_version(struct db *db, unsigned *version);
/* Brings the database to the list's last version, each step in a transaction of its own. Before it
 * changes a database that is in use it makes a copy at `<backup>-v<version>-<seconds>.db` (copy.h);
 * NULL: none. Several processes may do this at once. -ENOTSUP when the database
 * is newer than the list. Errors come with a message for the operator. */
int migrate_up(struct db *db, const struct migration_list *list, const char *backup,
               struct str *message);

#endif
