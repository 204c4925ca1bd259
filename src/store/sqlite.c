/* SPDX-License-Identifier: Apache-2.0 */
/* SQLite. A write-ahead log lets readers pass a writer; writing transactions take the lock at their
 * beginning, so that none fails halfway because another was faster. Every commit is on the disk
 * before it is acknowledged. */
#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/limits.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/random.h"
#include "store/driver.h"

struct sqlite {
    struct db db;
    sqlite3 *handle;
};

struct sqlite_query {
    struct db_query query;
    sqlite3_stmt *statement;
    int result; /* of the step that run has made */
    bool stepped;
};

static struct sqlite *of(struct db *db)
{
    return (struct sqlite *)(void *)db; /* the first member */
}

static struct sqlite_query *query_of(struct db_query *q)
{
    return (struct sqlite_query *)(void *)q;
}

/* ---- errors ---- */

static int errno_of(int result)
{
    switch (result & 0xff) {
    case SQLITE_OK:
    case SQLITE_ROW:
    case SQLITE_DONE:
        return 0;
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
        return -EBUSY;
    case SQLITE_FULL:
        return -ENOSPC;
    case SQLITE_CONSTRAINT:
        return result == SQLITE_CONSTRAINT_UNIQUE || result == SQLITE_CONSTRAINT_PRIMARYKEY
                   ? -EEXIST
                   : -EINVAL;
    default:
        return -EIO;
    }
}

/* What the connection has just said, for the caller and, where the caller cannot know more, for the
 * log. A disk may also be too full for the shared memory beside the log. */
static int fault(const struct sqlite *s, int result)
{
    int error = errno_of(result);

    if (error == -EIO && sqlite3_system_errno(s->handle) == ENOSPC)
        error = -ENOSPC;
    /* A quota, or how large this process may make a file; SQLite tells full disks alone apart. */
    if (result == SQLITE_IOERR_WRITE)
        error = -ENOSPC;
    if (error == -EIO || error == -ENOSPC)
        log_limited(LOG_ERROR, 5, "database_error", LOG_STR("says", sqlite3_errmsg(s->handle)),
                    LOG_NUM("code", result));
    return error;
}

/* ---- queries ---- */

static int prepare(struct db *db, const char *text, const struct db_value *values, unsigned count,
                   struct db_query **out)
{
    sqlite3_stmt *statement;
    int result =
        sqlite3_prepare_v3(of(db)->handle, text, -1, SQLITE_PREPARE_PERSISTENT, &statement, NULL);

    (void)values;
    (void)count;
    if (result != SQLITE_OK)
        return fault(of(db), result);
    struct sqlite_query *q = xcalloc(1, sizeof *q);
    q->statement = statement;
    *out = &q->query;
    return 0;
}

static void dispose(struct db_query *query)
{
    sqlite3_finalize(query_of(query)->statement);
    free(query);
}

/* $n is a name to SQLite, so its index is asked for. The values live until the query ends only if
 * the caller's do: SQLite copies them. */
static int bind(sqlite3_stmt *statement, unsigned n, const struct db_value *v)
{
    char name[16];

    snprintf(name, sizeof name, "$%u", n);
    int index = sqlite3_bind_parameter_index(statement, name);
    assert(index > 0);
    /* A NULL pointer would bind NULL. */
    const void *data = v->bytes.size ? v->bytes.data : (const void *)"";
    if (v->type == DB_INT)
        return sqlite3_bind_int64(statement, index, v->number);
    if (v->type == DB_TEXT)
        return sqlite3_bind_text64(statement, index, data, v->bytes.size, SQLITE_TRANSIENT,
                                   SQLITE_UTF8);
    return sqlite3_bind_blob64(statement, index, data, v->bytes.size, SQLITE_TRANSIENT);
}

/* The first step is made here, so that what a statement changes is changed when run returns. */
static int run(struct db_query *query, const struct db_value *values, unsigned count)
{
    struct sqlite_query *q = query_of(query);
    struct sqlite *s = of(query->db);

    assert((unsigned)sqlite3_bind_parameter_count(q->statement) == count);
    for (unsigned i = 0; i < count; i++) {
        int result = bind(q->statement, i + 1, &values[i]);
        if (result != SQLITE_OK)
            return fault(s, result);
    }
    q->result = sqlite3_step(q->statement);
    q->stepped = true;
    if (q->result != SQLITE_ROW && q->result != SQLITE_DONE)
        return fault(s, q->result);
    query->db->changed = sqlite3_changes64(s->handle);
    return 0;
}

static int step(struct db_query *query)
{
    struct sqlite_query *q = query_of(query);

    if (!q->stepped && q->result == SQLITE_ROW)
        q->result = sqlite3_step(q->statement);
    q->stepped = false;
    if (q->result == SQLITE_ROW)
        return 1;
    return q->result == SQLITE_DONE ? 0 : fault(of(query->db), q->result);
}

static void reset(struct db_query *query)
{
    struct sqlite_query *q = query_of(query);

    sqlite3_reset(q->statement);
    sqlite3_clear_bindings(q->statement);
    q->stepped = false;
}

static struct span column(const struct db_query *query, unsigned index)
{
    const struct sqlite_query *q = (const struct sqlite_query *)(const void *)query;
    /* Only as a text it is sure to have a zero behind it. */
    const void *data = sqlite3_column_type(q->statement, (int)index) == SQLITE_BLOB
                           ? sqlite3_column_blob(q->statement, (int)index)
                           : sqlite3_column_text(q->statement, (int)index);
    int size = sqlite3_column_bytes(q->statement, (int)index);

    return span_of(data ? data : "", data ? (size_t)size : 0);
}

static int64_t column_int(const struct db_query *query, unsigned index)
{
    const struct sqlite_query *q = (const struct sqlite_query *)(const void *)query;

    return sqlite3_column_int64(q->statement, (int)index);
}

static int script(struct db *db, const char *text)
{
    int result = sqlite3_exec(of(db)->handle, text, NULL, NULL, NULL);

    /* A transaction that failed for lack of space is rolled back already. */
    if (result == SQLITE_ERROR && strcmp(text, "ROLLBACK") == 0)
        return 0;
    return result == SQLITE_OK ? 0 : fault(of(db), result);
}

/* ---- the whole ---- */

static int copy_to(struct sqlite *s, sqlite3 *target)
{
    sqlite3_backup *b = sqlite3_backup_init(target, "main", s->handle, "main");

    if (!b)
        return errno_of(sqlite3_extended_errcode(target));
    int result = sqlite3_backup_step(b, -1);
    int finished = sqlite3_backup_finish(b);
    return result == SQLITE_DONE ? errno_of(finished) : errno_of(result) ? errno_of(result) : -EIO;
}

static int backup(struct db *db, const char *path)
{
    int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    sqlite3 *target = NULL;

    if (fd < 0)
        return -errno;
    close(fd);
    int result = sqlite3_open_v2(path, &target, SQLITE_OPEN_READWRITE, NULL);
    int error = result == SQLITE_OK ? copy_to(of(db), target) : errno_of(result);
    sqlite3_close(target);
    if (error)
        unlink(path);
    return error;
}

static int verify(struct db *db, struct str *message)
{
    sqlite3_stmt *statement;
    struct sqlite *s = of(db);
    int result = sqlite3_prepare_v2(s->handle, "PRAGMA integrity_check(3)", -1, &statement, NULL);

    if (result != SQLITE_OK)
        return fault(s, result);
    while ((result = sqlite3_step(statement)) == SQLITE_ROW) {
        const char *line = (const char *)sqlite3_column_text(statement, 0);
        if (line && strcmp(line, "ok") != 0)
            str_printf(message, "%s%s", message->size ? "; " : "", line);
    }
    sqlite3_finalize(statement);
    if (result != SQLITE_DONE)
        return fault(s, result);
    return message->size ? -EIO : 0;
}

static void sqlite_close(struct db *db)
{
    int result = sqlite3_close(of(db)->handle);

    assert(result == SQLITE_OK);
    free(db);
}

/* A writer is done within milliseconds, so short pauses keep the wait short. */
static int on_busy(void *arg, int times)
{
    struct timespec pause = {0, (times < 10 ? 200 : 2000) * 1000L};

    (void)arg;
    nanosleep(&pause, NULL);
    return (int64_t)times * 2000 < LIMIT_DB_LOCK_US;
}

static const struct db_type_name types[] = {{"int", "INTEGER"},
                                            {"bool", "INTEGER"},
                                            {"text", "TEXT"},
                                            {"bytes", "BLOB"},
                                            {"serial", "INTEGER PRIMARY KEY AUTOINCREMENT"},
                                            {"table", "STRICT"},
                                            {NULL, NULL}};

static const struct db_driver driver = {.close = sqlite_close,
                                        .prepare = prepare,
                                        .dispose = dispose,
                                        .run = run,
                                        .step = step,
                                        .reset = reset,
                                        .column = column,
                                        .column_int = column_int,
                                        .script = script,
                                        .backup = backup,
                                        .verify = verify,
                                        .begin = "BEGIN IMMEDIATE",
                                        .types = types};

/* The log beside the file is removed by whoever closes it last. */
static bool has_log(const char *path)
{
    struct stat st;
    struct str log;

    str_init(&log);
    str_printf(&log, "%s-wal", path);
    bool there = stat(log.text, &st) == 0 && st.st_size > 0;
    str_fini(&log);
    return there;
}

static int configure(struct sqlite *s)
{
    sqlite3_busy_handler(s->handle, on_busy, NULL);
    sqlite3_extended_result_codes(s->handle, 1);
    /* No statement may write the file's inner structure, whatever is injected. */
    sqlite3_db_config(s->handle, SQLITE_DBCONFIG_DEFENSIVE, 1, NULL);
    sqlite3_db_config(s->handle, SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0, NULL);
    return script(&s->db, "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL;"
                          "PRAGMA foreign_keys = ON; PRAGMA cell_size_check = ON");
}

static int try_to_make(const char *path, const char *temporary)
{
    int fd = open(temporary, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);

    if (fd < 0)
        return -errno;
    close(fd);
    int error = link(temporary, path) == 0 || errno == EEXIST ? 0 : -errno;
    unlink(temporary);
    return error;
}

/* Makes the file when it is missing; nobody else may read it. A database that is there already must
 * not be opened and closed here: with that, the kernel would take away the locks of the other
 * connections of this process, and another process would delete the log under them. */
static int make_file(const char *path)
{
    char digits[17];
    struct str temporary;

    if (access(path, R_OK | W_OK) == 0)
        return 0;
    if (errno != ENOENT)
        return -errno;
    str_init(&temporary);
    random_text(digits, sizeof digits - 1);
    str_printf(&temporary, "%s.%s", path, digits);
    int error = try_to_make(path, temporary.text);
    str_fini(&temporary);
    return error;
}

static int open_handle(const char *path, struct sqlite *s)
{
    int result =
        sqlite3_open_v2(path, &s->handle, SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX, NULL);

    return result == SQLITE_OK ? configure(s) : errno_of(result);
}

int sqlite_open(const char *path, struct db **out, struct str *message)
{
    char reason[128];
    bool left_open = has_log(path);
    int error = make_file(path);

    if (error) {
        str_printf(message, "database: cannot open %s: %s", path,
                   strerror_r(-error, reason, sizeof reason));
        return error;
    }
    struct sqlite *s = xcalloc(1, sizeof *s);
    s->db = (struct db){.driver = &driver, .left_open = left_open};
    error = open_handle(path, s);
    if (error) {
        str_printf(message, "database: cannot use %s: %s", path,
                   s->handle ? sqlite3_errmsg(s->handle) : "no memory");
        sqlite3_close(s->handle);
        free(s);
        return error;
    }
    *out = &s->db;
    return 0;
}
