/* SPDX-License-Identifier: Apache-2.0 */
/* Migrations. Which ones were made is kept in the table schema_versions; its primary key is what
 * stops two processes from making the same one. */
#include "store/migrate.h"

#include <assert.h>
#include <errno.h>
#include <time.h>

#include "base/log.h"
#include "store/copy.h"

static const char versions_table[] =
    "CREATE TABLE IF NOT EXISTS schema_versions (version {int} NOT NULL PRIMARY KEY, "
    "name {text} NOT NULL, applied_at {int} NOT NULL) {table}";

/* The text with its words replaced. */
static void translate(const struct db *db, const char *text, struct str *out)
{
    const char *open;

    while ((open = strchr(text, '{')) != NULL) {
        char word[16] = "";
        const char *close = strchr(open, '}');
        assert(close && (size_t)(close - open) < sizeof word);
        memcpy(word, open + 1, (size_t)(close - open) - 1);
        const char *name = db_type_name(db, word);
        assert(name);
        str_append_span(out, span_of(text, (size_t)(open - text)));
        str_append(out, name);
        text = close + 1;
    }
    str_append(out, text);
}

static int run_text(struct db *db, const char *text)
{
    struct str translated;

    str_init(&translated);
    translate(db, text, &translated);
    int error = db_script(db, translated.text);
    str_fini(&translated);
    return error;
}

/* As below, a second look may show that another process was faster. */
static int make_versions(struct db *db)
{
    int error = run_text(db, versions_table);

    return error ? run_text(db, versions_table) : 0;
}

static int read_version(struct db *db, unsigned *version)
{
    struct db_query *q =
        db_query_run(db, "SELECT coalesce(max(version), 0) FROM schema_versions", NULL, 0);

    if (db_step(q))
        *version = (unsigned)db_column_int(q, 0);
    return db_end(q);
}

int migrate_version(struct db *db, unsigned *version)
{
    int error = make_versions(db);

    *version = 0;
    return error ? error : read_version(db, version);
}

/* ---- one step ---- */

struct work {
    const struct migration *migration;
    unsigned number;
};

static int apply(struct db *db, void *arg)
{
    const struct work *w = arg;
    unsigned version = 0;
    int error = read_version(db, &version);

    if (error || version >= w->number)
        return error; /* another process was faster */
    error = run_text(db, w->migration->text);
    if (error)
        return error;
    return db_exec(db,
                   "INSERT INTO schema_versions (version, name, applied_at) VALUES ($1, $2, $3)",
                   db_int(w->number), db_text(w->migration->name), db_int(time(NULL)));
}

static int step_to(struct db *db, const struct migration_list *list, unsigned number,
                   struct str *message)
{
    struct work w = {&list->items[number - 1], number};
    unsigned version = 0;
    int error = db_transact(db, apply, &w);

    /* Of two processes that make the same table at once, one is told that it exists. */
    if (error && read_version(db, &version) == 0 && version >= number)
        return 0;
    if (error)
        str_printf(message,
                   "database: the step to schema %u (%s) failed and was undone; the log says why",
                   number, w.migration->name);
    else
        log_event(LOG_INFO, "database_migrated", LOG_NUM("version", number),
                  LOG_STR("name", w.migration->name));
    return error;
}

static int make_backup(struct db *db, const struct migration_list *list, const char *prefix,
                       unsigned version, struct str *message)
{
    struct str path;
    char reason[128];

    str_init(&path);
    str_printf(&path, "%s-v%u-%lld.db", prefix, version, (long long)time(NULL));
    int error = copy_to_file(db, list, path.text);
    if (error) {
        str_printf(message, "database: cannot make the copy %s before changing the schema: %s",
                   path.text, strerror_r(-error, reason, sizeof reason));
    } else {
        log_event(LOG_INFO, "database_copied", LOG_STR("path", path.text));
    }
    str_fini(&path);
    return error;
}

int migrate_up(struct db *db, const struct migration_list *list, const char *backup,
               struct str *message)
{
    unsigned version = 0;
    int error = migrate_version(db, &version);

    if (error) {
        str_append(message, "database: cannot read the version of its schema; the log says why");
        return error;
    }
    if (version > list->count) {
        str_printf(message,
                   "database: its schema is version %u, this program knows %u; run a newer bedrud, "
                   "or restore a backup",
                   version, list->count);
        return -ENOTSUP;
    }
    if (version > 0 && version < list->count && backup)
        error = make_backup(db, list, backup, version, message);
    while (!error && version < list->count)
        error = step_to(db, list, ++version, message);
    return error;
}
