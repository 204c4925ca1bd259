/* SPDX-License-Identifier: Apache-2.0 */
/* What is the same for both databases: prepared statements by their text, errors that stick to a
 * query until it ends, transactions that are run again. Owns the connection and its statements. */
#include "store/db.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <time.h>

#include "base/limits.h"
#include "base/mem.h"
#include "base/random.h"
#include "store/driver.h"

bool db_is_postgres(const char *where)
{
    return strncmp(where, "postgres://", 11) == 0 || strncmp(where, "postgresql://", 13) == 0;
}

int db_open(const char *where, struct db **out, struct str *message)
{
    int error =
        db_is_postgres(where) ? pg_open(where, out, message) : sqlite_open(where, out, message);

    if (error)
        return error;
    map_init(&(*out)->queries);
    (*out)->broken = xcalloc(1, sizeof *(*out)->broken);
    (*out)->broken->db = *out;
    return 0;
}

void db_close(struct db *db)
{
    size_t cursor = 0;
    struct db_query *q;

    if (!db)
        return;
    assert(!db->in_transaction);
    while ((q = map_next(&db->queries, &cursor, NULL)) != NULL) {
        assert(!q->running);
        db->driver->dispose(q);
    }
    map_fini(&db->queries);
    free(db->broken);
    db->driver->close(db);
}

const char *db_contains(const char *text, struct arena *a)
{
    char *out = arena_alloc(a, 2 * strlen(text) + 3), *at = out;

    if (!*text)
        return "";
    *at++ = '%';
    for (; *text; text++) {
        if (*text == '%' || *text == '_' || *text == '!')
            *at++ = '!';
        *at++ = *text >= 'A' && *text <= 'Z' ? (char)(*text - 'A' + 'a') : *text;
    }
    *at++ = '%';
    *at = 0;
    return out;
}

/* ---- queries ---- */

static int prepared(struct db *db, const char *text, const struct db_value *values, unsigned count,
                    struct db_query **out)
{
    int error = 0;

    *out = map_get(&db->queries, span_of_str(text));
    if (*out)
        return 0;
    error = db->driver->prepare(db, text, values, count, out);
    if (!error) {
        (*out)->db = db;
        map_put(&db->queries, span_of_str(text), *out);
    }
    return error;
}

struct db_query *db_query_run(struct db *db, const char *text, const struct db_value *values,
                              unsigned count)
{
    struct db_query *q;
    int error = prepared(db, text, values, count, &q);

    if (error)
        q = db->broken;
    assert(!q->running);
    q->running = true;
    q->error = error ? error : db->driver->run(q, values, count);
    return q;
}

bool db_step(struct db_query *q)
{
    assert(q->running);
    int result = q->error ? q->error : q->db->driver->step(q);

    if (result < 0)
        q->error = result;
    return result == 1;
}

struct span db_column(const struct db_query *q, unsigned column)
{
    return q->db->driver->column(q, column);
}

int64_t db_column_int(const struct db_query *q, unsigned column)
{
    return q->db->driver->column_int(q, column);
}

/* To the caller, "again" is news only inside a transaction, where db_transact takes it. */
static int told(const struct db *db, int error)
{
    return error == DB_AGAIN && !db->in_transaction ? -EBUSY : error;
}

int db_end(struct db_query *q)
{
    assert(q->running);
    q->running = false;
    if (q != q->db->broken)
        q->db->driver->reset(q);
    return told(q->db, q->error);
}

int db_end_row(struct db_query *q, bool found)
{
    int error = db_end(q);

    return error ? error : found ? 0 : -ENOENT;
}

int db_exec_run(struct db *db, const char *text, const struct db_value *values, unsigned count)
{
    struct db_query *q = db_query_run(db, text, values, count);

    while (db_step(q))
        continue;
    return db_end(q);
}

int db_change_run(struct db *db, const char *text, const struct db_value *values, unsigned count)
{
    int error = db_exec_run(db, text, values, count);

    return error ? error : db->changed > 0 ? 0 : -ENOENT;
}

int64_t db_changed(const struct db *db)
{
    return db->changed;
}

int db_script(struct db *db, const char *text)
{
    return told(db, db->driver->script(db, text));
}

/* ---- transactions ---- */

/* Both parties of a collision would meet again if they came back at the same time. */
static void stand_back(unsigned attempt)
{
    uint32_t us = 500u << (attempt < 6 ? attempt : 6);
    struct timespec pause = {0, (long)(us / 2 + random_u32() % us) * 1000};

    nanosleep(&pause, NULL);
}

static int attempt_once(struct db *db, int (*work)(struct db *db, void *arg), void *arg)
{
    int error = db->driver->script(db, db->driver->begin);

    if (error)
        return error;
    db->in_transaction = true;
    error = work(db, arg);
    if (!error)
        error = db->driver->script(db, "COMMIT");
    /* A database that has rolled back by itself, or is gone, needs no telling; its complaint would
     * hide the first error. */
    if (error)
        (void)db->driver->script(db, "ROLLBACK");
    db->in_transaction = false;
    return error;
}

int db_transact(struct db *db, int (*work)(struct db *db, void *arg), void *arg)
{
    int error = DB_AGAIN;

    if (db->in_transaction)
        return work(db, arg);
    for (unsigned i = 0; i < LIMIT_DB_ATTEMPTS && error == DB_AGAIN; i++) {
        if (i > 0)
            stand_back(i);
        error = attempt_once(db, work, arg);
    }
    return error == DB_AGAIN ? -EBUSY : error;
}

/* ---- the whole ---- */

const char *db_type_name(const struct db *db, const char *word)
{
    for (const struct db_type_name *t = db->driver->types; t->word; t++)
        if (strcmp(t->word, word) == 0)
            return t->name;
    return NULL;
}

int db_backup(struct db *db, const char *path)
{
    return told(db, db->driver->backup(db, path));
}

bool db_was_left_open(const struct db *db)
{
    return db->left_open;
}

int db_verify(struct db *db, struct str *message)
{
    return told(db, db->driver->verify(db, message));
}
