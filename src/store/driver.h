/* SPDX-License-Identifier: Apache-2.0 */
/* What a database must do to be used through db.h: the driver table. sqlite.c and pg.c fill one
 * each; nobody but db.c calls it. */
#ifndef STORE_DRIVER_H
#define STORE_DRIVER_H

#include "base/map.h"
#include "store/db.h"

/* Internal to the drivers: the database wants the transaction to be run again. */
#define DB_AGAIN (-EAGAIN)

struct db_driver {
    void (*close)(struct db *db);
    /* Prepares; the values tell the types of the parameters. The driver owns what it allocates
     * behind struct db_query until `dispose`. */
    int (*prepare)(struct db *db, const char *text, const struct db_value *values, unsigned count,
                   struct db_query **out);
    void (*dispose)(struct db_query *q);
    /* Binds and starts. */
    int (*run)(struct db_query *q, const struct db_value *values, unsigned count);
    /* 1: there is a row, 0: there is none, or an error. */
    int (*step)(struct db_query *q);
    void (*reset)(struct db_query *q);
    struct span (*column)(const struct db_query *q, unsigned column);
    int64_t (*column_int)(const struct db_query *q, unsigned column);
    int (*script)(struct db *db, const char *text);
    int (*backup)(struct db *db, const char *path);
    int (*verify)(struct db *db, struct str *message);
    const char *begin;
    /* Words of table definitions and what they become; ends with {NULL, NULL}. */
    const struct db_type_name {
        const char *word, *name;
    } * types;
};

struct db {
    const struct db_driver *driver;
    struct map queries;      /* text -> struct db_query */
    struct db_query *broken; /* stands for a query that could not be prepared */
    int64_t changed;
    bool in_transaction, left_open;
};

struct db_query {
    struct db *db;
    int error;
    bool running;
};

/* The two drivers' openings, as db_open. */
int sqlite_open(const char *path, struct db **out, struct str *message);
int pg_open(const char *url, struct db **out, struct str *message);

#endif
