/* SPDX-License-Identifier: Apache-2.0 */
/* Preparing the store. Runs before any thread is started, on a connection of its own. */
#include "server/storage.h"

#include "server/backup.h"
#include "store/migrate.h"
#include "store/users.h"

/* A database that was not closed is read through once: what is damaged is found now, and not by
 * whoever joins. */
static int check(struct db *db, const struct config *config, struct str *message)
{
    struct str found;

    if (!db_was_left_open(db))
        return 0;
    log_write(LOG_INFO, "database_was_left_open", NULL, 0);
    str_init(&found);
    int error = db_verify(db, &found);
    if (error)
        str_printf(message,
                   "database: %s is damaged (%s); restore a backup, or move the file away to begin "
                   "with an empty one",
                   config->database, found.size ? found.text : "it cannot be read");
    str_fini(&found);
    return error;
}

static int migrate(struct db *db, const struct config *config, struct str *message)
{
    struct str prefix;

    str_init(&prefix);
    backup_prefix(config, &prefix);
    int error = migrate_up(db, &schema, prefix.text, message);
    str_fini(&prefix);
    return error;
}

static int look(struct db *db, struct storage_facts *facts, struct str *message)
{
    int64_t count = 0;
    int error = users_count_superadmins(db, &count);

    facts->has_superadmin = count > 0;
    if (error)
        str_append(message, "database: cannot read the accounts; the log says why");
    return error;
}

int storage_prepare(const struct config *config, struct storage_facts *facts, struct str *message)
{
    struct db *db;
    int error = db_open(config->database, &db, message);

    if (error)
        return error;
    error = check(db, config, message);
    if (!error)
        error = migrate(db, config, message);
    if (!error)
        error = look(db, facts, message);
    db_close(db);
    return error;
}
