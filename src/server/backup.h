/* SPDX-License-Identifier: Apache-2.0 */
/* Backups for operators: the database into a file and back. May block. */
#ifndef SERVER_BACKUP_H
#define SERVER_BACKUP_H

#include "server/config.h"

/* A copy of the database, as it is at one moment, in a new SQLite file; a server may run meanwhile.
 * 0, or -errno with a message. */
int backup_make(const struct config *config, const char *path, struct str *message);
/* Replaces what is in the database by what is in such a copy, brought to this program's schema, and
 * keeps what was there before in the file whose name is appended to *kept (empty: there was
 * nothing). No server may run. The copy itself is only read. */
int backup_restore(const struct config *config, const char *path, struct str *kept,
                   struct str *message);
/* Where a copy goes that is made before the database is changed: the beginning of a path. */
void backup_prefix(const struct config *config, struct str *out);

#endif
