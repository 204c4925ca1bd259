/* SPDX-License-Identifier: Apache-2.0 */
/* One connection to a database: SQLite or PostgreSQL, behind one face and one text for queries.
 * Every call may block; a connection is used by one thread at a time.
 *
 *   struct db_query *q = db_query(db, "SELECT name FROM rooms WHERE id = $1", db_text(id));
 *   if (db_step(q))
 *       name = arena_strdup(a, db_column(q, 0));
 *   return db_end(q);
 *
 * Texts use $1, $2, ... and are literals: each is prepared once a connection and kept. Errors are
 * 0 or one of:
 *   -ENOENT    only where it is said: there is no such row
 *   -EEXIST    a primary or unique key is taken
 *   -EINVAL    another constraint is broken
 *   -EBUSY     others held the lock for too long; later it may work
 *   -ENOSPC    disk or quota are full; nothing was changed
 *   -ENOTCONN  the database server is gone; the next statement connects again
 *   -EIO       anything else; logged in the database's own words
 * What was acknowledged with 0 outside a transaction, or by db_commit, outlives the process. */
#ifndef STORE_DB_H
#define STORE_DB_H

#include "base/mem.h"
#include "base/str.h"

struct db;
struct db_query;

enum db_type { DB_TEXT, DB_INT, DB_BYTES };

struct db_value {
    enum db_type type;
    struct span bytes;
    int64_t number;
};

/* NULL is the empty text: no column holds NULL. */
static inline struct db_value db_text(const char *s)
{
    return (struct db_value){DB_TEXT, span_of_str(s), 0};
}

static inline struct db_value db_int(int64_t n)
{
    return (struct db_value){DB_INT, {NULL, 0}, n};
}

static inline struct db_value db_bytes(struct span s)
{
    return (struct db_value){DB_BYTES, s, 0};
}

/* For "lower(column) LIKE $1 ESCAPE '!'": what has this text somewhere, its ASCII letters in either
 * case; "" for "". In the arena. */
const char *db_contains(const char *text, struct arena *a);

/* A part of a list. */
struct db_page {
    unsigned offset, limit;
};

/* `where`: postgres://..., or the path of an SQLite file, which is made (mode 0600) when missing.
 * 0, or an error as above with a message for the operator, who may have written a password into
 * `where`: the message does not repeat it. */
int db_open(const char *where, struct db **out, struct str *message);
void db_close(struct db *db);
bool db_is_postgres(const char *where);

/* Runs a query, whose rows db_step then gives. Never NULL: a failed query has no rows, and db_end
 * says why. A text whose last query has not ended cannot be run again. */
#define db_query(db, text, ...)                                                                    \
    db_query_run((db), (text), (const struct db_value[]){__VA_ARGS__},                             \
                 sizeof((const struct db_value[]){__VA_ARGS__}) / sizeof(struct db_value))
struct db_query *db_query_run(struct db *db, const char *text, const struct db_value *values,
                              unsigned count);
/* The next row; false at the end and after an error. */
bool db_step(struct db_query *q);
/* Valid until the next db_step or db_end; texts have a zero behind them. */
struct span db_column(const struct db_query *q, unsigned column);
int64_t db_column_int(const struct db_query *q, unsigned column);
int db_end(struct db_query *q);
/* The same for a query about one row: -ENOENT when there was none. */
int db_end_row(struct db_query *q, bool found);

/* A statement without rows. */
#define db_exec(db, text, ...)                                                                     \
    db_exec_run((db), (text), (const struct db_value[]){__VA_ARGS__},                              \
                sizeof((const struct db_value[]){__VA_ARGS__}) / sizeof(struct db_value))
int db_exec_run(struct db *db, const char *text, const struct db_value *values, unsigned count);
/* The same, -ENOENT when it changed no row. */
#define db_change(db, text, ...)                                                                   \
    db_change_run((db), (text), (const struct db_value[]){__VA_ARGS__},                            \
                  sizeof((const struct db_value[]){__VA_ARGS__}) / sizeof(struct db_value))
int db_change_run(struct db *db, const char *text, const struct db_value *values, unsigned count);
/* How many rows the last db_exec that went well has changed. */
int64_t db_changed(const struct db *db);
/* Statements without values, separated by semicolons. */
int db_script(struct db *db, const char *text);

/* Runs `work` in a transaction that sees and changes the database as if it were alone, and commits
 * when it returns 0; else rolls back and returns its error. `work` is run again when the database
 * found that others were in the way, so it must not change anything else. After a failed statement
 * it must return. Called from within `work`, it is a part of the transaction that is under way. */
int db_transact(struct db *db, int (*work)(struct db *db, void *arg), void *arg);

/* What the driver does with the words of a table definition (migrate.h). */
const char *db_type_name(const struct db *db, const char *word);
/* A copy of the whole database in the file at `path`, which must not exist. -EOPNOTSUPP where the
 * database server has its own tools for that. */
int db_backup(struct db *db, const char *path);
/* Whether the last user of the database ended without closing it. */
bool db_was_left_open(const struct db *db);
/* Reads all of the database and checks its structure: 0, or -EIO with a message. */
int db_verify(struct db *db, struct str *message);

#endif
