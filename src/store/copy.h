/* SPDX-License-Identifier: Apache-2.0 */
/* Whole databases: into a file, out of it, and from one kind to the other. A copy is an SQLite file
 * of its own, whichever kind of database it was made of, so a backup of PostgreSQL can be looked
 * into, and restored, without PostgreSQL's tools. */
#ifndef STORE_COPY_H
#define STORE_COPY_H

#include "store/migrate.h"

/* Copies the database, as it is at one moment, to a new file at `path` (mode 0600). The list made
 * its schema. -EEXIST when there is such a file. A part of a copy is not left behind. */
int copy_to_file(struct db *db, const struct migration_list *list, const char *path);
/* Replaces all rows of `to` by those of the SQLite database `from`, whole or not at all. Both have
 * the same version of the same schema, and nobody else uses them. */
int copy_rows_from(struct db *to, struct db *from);

#endif
