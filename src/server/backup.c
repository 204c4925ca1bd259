/* SPDX-License-Identifier: Apache-2.0 */
/* Backups. A restored SQLite file is made whole beside the old one and then takes its name, so that
 * a crash leaves either the one or the other; PostgreSQL's rows are replaced in a transaction. */
#include "server/backup.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include "base/mem.h"
#include "store/copy.h"

#define CHUNK (64 * 1024)

static int fail(struct str *message, int error, const char *what, const char *path)
{
    char reason[128];

    str_printf(message, "database: cannot %s %s: %s", what, path,
               strerror_r(-error, reason, sizeof reason));
    return error;
}

void backup_prefix(const struct config *config, struct str *out)
{
    if (db_is_postgres(config->database))
        str_printf(out, "%s/postgresql", config->data_dir);
    else
        str_append(out, config->database);
}

int backup_make(const struct config *config, const char *path, struct str *message)
{
    struct db *db;
    int error = db_open(config->database, &db, message);

    if (error)
        return error;
    error = copy_to_file(db, &schema, path);
    if (error)
        fail(message, error, "write the copy", path);
    db_close(db);
    return error;
}

/* ---- the copy, in a file of our own ---- */

static int pump(int from, int to)
{
    char *bytes = xmalloc(CHUNK);
    ssize_t n, put = 0;

    while ((n = read(from, bytes, CHUNK)) > 0 && put >= 0)
        for (ssize_t at = 0; at < n && (put = write(to, bytes + at, (size_t)(n - at))) >= 0;)
            at += put;
    int error = n < 0 || put < 0 || fsync(to) != 0 ? -errno : 0;
    free(bytes);
    return error;
}

static int copy_bytes(const char *from, const char *to, struct str *message)
{
    int in = open(from, O_RDONLY | O_CLOEXEC);

    if (in < 0)
        return fail(message, -errno, "read", from);
    int out = open(to, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    int error = out < 0 ? -errno : pump(in, out);
    close(in);
    if (out >= 0)
        close(out);
    return error ? fail(message, error, "write", to) : 0;
}

/* Whole, one of ours, and of this program's schema. */
static int check_and_migrate(struct db *db, const char *path, struct str *message)
{
    struct str found;
    struct db_query *q = db_query_run(
        db, "SELECT count(*) FROM sqlite_schema WHERE name = 'schema_versions'", NULL, 0);
    bool ours = db_step(q) && db_column_int(q, 0) == 1;
    int error = db_end(q);

    str_init(&found);
    if (!error)
        error = db_verify(db, &found);
    if (error || !ours) {
        str_printf(message, "database: %s is no copy of a database of ours%s%s", path,
                   found.size ? ": " : "", found.size ? found.text : "");
        error = -EINVAL;
    }
    str_fini(&found);
    return error ? error : migrate_up(db, &schema, NULL, message);
}

static int open_copy(const char *file, const char *path, struct db **out, struct str *message)
{
    struct str ignored;

    str_init(&ignored);
    int error = db_open(file, out, &ignored);
    str_fini(&ignored);
    if (error) {
        str_printf(message, "database: %s is no copy of a database of ours", path);
        return -EINVAL;
    }
    error = check_and_migrate(*out, path, message);
    if (error)
        db_close(*out);
    return error;
}

/* ---- SQLite: one file for another ---- */

/* Closing it writes its log into the file, unless it is damaged. */
static void settle(const char *database)
{
    struct db *db;
    struct str ignored;

    str_init(&ignored);
    if (db_open(database, &db, &ignored) == 0)
        db_close(db);
    str_fini(&ignored);
}

static int put_aside(const char *database, const char *kept)
{
    static const char *const ends[] = {"-wal", "-shm"};
    struct str from, to;

    if (access(database, F_OK) != 0)
        return 0;
    settle(database);
    str_init(&from);
    str_init(&to);
    for (size_t i = 0; i < 2; i++) {
        str_clear(&from);
        str_clear(&to);
        str_printf(&from, "%s%s", database, ends[i]);
        str_printf(&to, "%s%s", kept, ends[i]);
        (void)rename(from.text, to.text);
    }
    str_fini(&from);
    str_fini(&to);
    return link(database, kept) == 0 ? 0 : -errno;
}

static void sync_folder_of(const char *path)
{
    const char *slash = strrchr(path, '/');
    char *folder =
        slash > path ? xstrndup(path, (size_t)(slash - path)) : xstrdup(slash ? "/" : ".");
    int fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

    if (fd >= 0) {
        (void)fsync(fd);
        close(fd);
    }
    free(folder);
}

static int take_its_place(const char *file, const struct config *config, struct str *kept,
                          struct str *message)
{
    int error = put_aside(config->database, kept->text);

    if (!error && access(kept->text, F_OK) != 0)
        str_clear(kept);
    if (!error && rename(file, config->database) != 0)
        error = -errno;
    if (error)
        return fail(message, error, "replace", config->database);
    sync_folder_of(config->database);
    return 0;
}

/* ---- PostgreSQL: rows for rows ---- */

static int replace_rows(const struct config *config, struct db *copy, struct str *kept,
                        struct str *message)
{
    struct db *db;
    unsigned version = 0;
    int error = db_open(config->database, &db, message);

    if (error)
        return error;
    error = migrate_version(db, &version);
    if (!error && version > 0)
        error = copy_to_file(db, &schema, kept->text);
    else
        str_clear(kept);
    if (error)
        fail(message, error, "keep what is there in", kept->text);
    else
        error = migrate_up(db, &schema, NULL, message);
    if (!error && (error = copy_rows_from(db, copy)) != 0)
        str_append(message, "database: the rows cannot be replaced, all is as before; the log says "
                            "why");
    db_close(db);
    return error;
}

/* ---- both ---- */

static void name_files(const struct config *config, struct str *file, struct str *kept)
{
    backup_prefix(config, file);
    str_append(file, ".restoring");
    for (int64_t n = time(NULL); !kept->size || access(kept->text, F_OK) == 0; n++) {
        str_clear(kept);
        backup_prefix(config, kept);
        str_printf(kept, "-before-restore-%lld.db", (long long)n);
    }
}

static int restore_from(const struct config *config, const char *file, const char *path,
                        struct str *kept, struct str *message)
{
    struct db *copy;
    int error = copy_bytes(path, file, message);

    if (!error)
        error = open_copy(file, path, &copy, message);
    if (error)
        return error;
    if (db_is_postgres(config->database))
        error = replace_rows(config, copy, kept, message);
    db_close(copy);
    if (!error && !db_is_postgres(config->database))
        error = take_its_place(file, config, kept, message);
    return error;
}

int backup_restore(const struct config *config, const char *path, struct str *kept,
                   struct str *message)
{
    struct str file;

    str_init(&file);
    name_files(config, &file, kept);
    int error = restore_from(config, file.text, path, kept, message);
    (void)unlink(file.text);
    str_fini(&file);
    return error;
}
