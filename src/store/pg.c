/* SPDX-License-Identifier: Apache-2.0 */
/* PostgreSQL. Everything runs at the isolation level SERIALIZABLE, so that a transaction means the
 * same as in SQLite; what the server could not serialise is run again: a whole transaction by
 * db_transact, a statement that stands alone here. Values travel in binary form. A lost connection
 * is made anew for the next statement outside a transaction. */
#include <assert.h>
#include <endian.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "base/limits.h"
#include "base/log.h"
#include "base/mem.h"
#include "store/driver.h"
#include "store/pg_library.h"

/* From the server's catalogue of types, where they are fixed. */
#define OID_BOOL 16
#define OID_BYTEA 17
#define OID_INT8 20
#define OID_TEXT 25

#define VALUES_MAX 40

struct pg {
    struct db db;
    PGconn *connection;
    unsigned connections; /* made so far: statements of an earlier one are gone */
    unsigned names;
    int64_t tried_us; /* the last attempt to connect again */
};

struct pg_query {
    struct db_query query;
    PGresult *result;
    char *text, name[16];
    unsigned prepared_on; /* the connection's number */
    int row;
};

static struct pg *of(struct db *db)
{
    return (struct pg *)(void *)db; /* the first member */
}

static struct pg_query *query_of(struct db_query *q)
{
    return (struct pg_query *)(void *)q;
}

/* ---- errors ---- */

/* SQLSTATE by class or whole code, PostgreSQL's Appendix A. */
static int errno_of_state(const char *state)
{
    static const struct {
        const char *prefix;
        int error;
    } table[] = {{"23505", -EEXIST},  {"23", -EINVAL},    {"40001", DB_AGAIN},
                 {"40P01", DB_AGAIN}, {"53", -ENOSPC},    {"55P03", -EBUSY},
                 {"57014", -EBUSY},   {"57P", -ENOTCONN}, {"08", -ENOTCONN}};

    for (size_t i = 0; state && i < sizeof table / sizeof table[0]; i++)
        if (strncmp(state, table[i].prefix, strlen(table[i].prefix)) == 0)
            return table[i].error;
    return -EIO;
}

/* 0 for a good result, else its error, logged unless the caller can know what it means. */
static int check(const struct pg *p, const PGresult *r)
{
    ExecStatusType status = pq.resultStatus(r);

    if (status == PGRES_COMMAND_OK || status == PGRES_TUPLES_OK || status == PGRES_EMPTY_QUERY)
        return 0;
    int error = errno_of_state(pq.resultErrorField(r, PG_DIAG_SQLSTATE));
    /* Too many connections and the like are in the class of full disks, but are not one. */
    if (error == -ENOSPC && strcmp(pq.resultErrorField(r, PG_DIAG_SQLSTATE), "53100") != 0)
        error = -EBUSY;
    if (pq.status(p->connection) == CONNECTION_BAD)
        error = -ENOTCONN;
    if (error == -EIO || error == -ENOSPC || error == -ENOTCONN)
        log_limited(LOG_ERROR, 5, "database_error",
                    LOG_STR("says", pq.resultErrorField(r, PG_DIAG_MESSAGE_PRIMARY)
                                        ? pq.resultErrorField(r, PG_DIAG_MESSAGE_PRIMARY)
                                        : "the connection is lost"));
    return error;
}

/* ---- the connection ---- */

static int script_on(struct pg *p, const char *text)
{
    PGresult *r = pq.exec(p->connection, text);
    int error = check(p, r);

    pq.clear(r);
    return error;
}

/* What is set for each new connection. */
static int configure(struct pg *p)
{
    char text[256];

    snprintf(text, sizeof text,
             "SET SESSION CHARACTERISTICS AS TRANSACTION ISOLATION LEVEL SERIALIZABLE;"
             "SET lock_timeout = %d; SET statement_timeout = %d; SET client_min_messages = warning",
             LIMIT_DB_LOCK_US / 1000, LIMIT_DB_STATEMENT_US / 1000);
    p->connections++;
    return script_on(p, text);
}

static int64_t now_us(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return (int64_t)t.tv_sec * 1000000 + t.tv_nsec / 1000;
}

/* Before a statement that stands alone. An attempt may last for seconds, so not every statement
 * makes one. */
static int be_connected(struct pg *p)
{
    if (pq.status(p->connection) == CONNECTION_OK || p->db.in_transaction)
        return 0;
    if (p->tried_us && now_us() - p->tried_us < LIMIT_DB_RECONNECT_US)
        return -ENOTCONN;
    pq.reset(p->connection);
    if (pq.status(p->connection) != CONNECTION_OK) {
        p->tried_us = now_us();
        log_limited(LOG_ERROR, 1, "database_unreachable",
                    LOG_STR("says", pq.errorMessage(p->connection)));
        return -ENOTCONN;
    }
    p->tried_us = 0;
    log_write(LOG_INFO, "database_connected_again", NULL, 0);
    return configure(p);
}

static int script(struct db *db, const char *text)
{
    int error = be_connected(of(db));

    return error ? error : script_on(of(db), text);
}

/* ---- queries ---- */

static int prepare_on(struct pg *p, struct pg_query *q, const struct db_value *values,
                      unsigned count)
{
    static const Oid oids[] = {[DB_TEXT] = OID_TEXT, [DB_INT] = OID_INT8, [DB_BYTES] = OID_BYTEA};
    Oid types[VALUES_MAX];

    assert(count <= VALUES_MAX);
    for (unsigned i = 0; i < count; i++)
        types[i] = oids[values[i].type];
    PGresult *r = pq.prepare(p->connection, q->name, q->text, (int)count, types);
    int error = check(p, r);
    pq.clear(r);
    if (!error)
        q->prepared_on = p->connections;
    return error;
}

static void dispose(struct db_query *query)
{
    free(query_of(query)->text);
    free(query);
}

static int prepare(struct db *db, const char *text, const struct db_value *values, unsigned count,
                   struct db_query **out)
{
    struct pg *p = of(db);
    int error = be_connected(p);

    if (error)
        return error;
    struct pg_query *q = xcalloc(1, sizeof *q);
    q->text = xstrdup(text);
    snprintf(q->name, sizeof q->name, "q%u", ++p->names);
    error = prepare_on(p, q, values, count);
    if (error)
        dispose(&q->query);
    else
        *out = &q->query;
    return error;
}

static PGresult *execute(const struct pg *p, const struct pg_query *q,
                         const struct db_value *values, unsigned count)
{
    const char *data[VALUES_MAX];
    int sizes[VALUES_MAX], formats[VALUES_MAX];
    uint64_t numbers[VALUES_MAX];

    for (unsigned i = 0; i < count; i++) {
        formats[i] = 1;
        if (values[i].type == DB_INT) {
            numbers[i] = htobe64((uint64_t)values[i].number);
            data[i] = (const char *)&numbers[i];
            sizes[i] = sizeof numbers[i];
        } else {
            /* A NULL pointer would be NULL. */
            data[i] = values[i].bytes.size ? (const char *)values[i].bytes.data : "";
            sizes[i] = (int)values[i].bytes.size;
        }
    }
    return pq.execPrepared(p->connection, q->name, (int)count, data, sizes, formats, 1);
}

static int run_once(struct pg *p, struct pg_query *q, const struct db_value *values, unsigned count)
{
    int error = be_connected(p);

    if (!error && q->prepared_on != p->connections)
        error = prepare_on(p, q, values, count);
    if (error)
        return error;
    q->result = execute(p, q, values, count);
    error = check(p, q->result);
    if (error) {
        pq.clear(q->result);
        q->result = NULL;
    }
    return error;
}

static int run(struct db_query *query, const struct db_value *values, unsigned count)
{
    struct pg_query *q = query_of(query);
    struct pg *p = of(query->db);
    int error = DB_AGAIN;

    for (unsigned i = 0; i < LIMIT_DB_ATTEMPTS && error == DB_AGAIN; i++) {
        error = run_once(p, q, values, count);
        if (p->db.in_transaction)
            break;
    }
    q->row = -1;
    if (!error)
        p->db.changed = strtoll(pq.cmdTuples(q->result), NULL, 10);
    return error;
}

static int step(struct db_query *query)
{
    struct pg_query *q = query_of(query);

    if (q->row + 1 >= pq.ntuples(q->result))
        return 0;
    q->row++;
    return 1;
}

static void reset(struct db_query *query)
{
    pq.clear(query_of(query)->result);
    query_of(query)->result = NULL;
}

static struct span column(const struct db_query *query, unsigned index)
{
    const struct pg_query *q = (const struct pg_query *)(const void *)query;

    return span_of(pq.getvalue(q->result, q->row, (int)index),
                   (size_t)pq.getlength(q->result, q->row, (int)index));
}

/* Integers of any width, big endian; and what a predicate gives, a byte. */
static int64_t column_int(const struct db_query *query, unsigned index)
{
    struct span bytes = column(query, index);
    uint64_t n = bytes.size > 1 && bytes.data[0] & 0x80 ? UINT64_MAX : 0;

    assert(bytes.size <= 8);
    for (size_t i = 0; i < bytes.size; i++)
        n = n << 8 | bytes.data[i];
    return (int64_t)n;
}

/* ---- the whole ---- */

static int backup(struct db *db, const char *path)
{
    (void)db;
    (void)path;
    return -EOPNOTSUPP;
}

/* The server checks its own files after its own crashes. */
static int verify(struct db *db, struct str *message)
{
    int error = script(db, "SELECT 1");

    if (error)
        str_append(message, "the database server does not answer");
    return error;
}

static void pg_close(struct db *db)
{
    pq.finish(of(db)->connection);
    free(db);
}

static const struct db_type_name types[] = {
    {"int", "BIGINT"},
    {"bool", "BIGINT"},
    {"text", "TEXT COLLATE \"C\""},
    {"bytes", "BYTEA"},
    {"serial", "BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY"},
    {"table", ""},
    {NULL, NULL}};

static const struct db_driver driver = {.close = pg_close,
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
                                        .begin = "BEGIN",
                                        .types = types};

/* What the server tells on its own. */
static void on_notice(void *arg, const char *text)
{
    (void)arg;
    log_limited(LOG_WARN, 5, "database_notice", LOG_STR("says", text));
}

int pg_open(const char *url, struct db **out, struct str *message)
{
    /* What the URL says goes over what stands before it. */
    static const char *const keys[] = {"connect_timeout", "tcp_user_timeout", "application_name",
                                       "dbname",          "client_encoding",  NULL};
    const char *const values[] = {"5", "10000", "bedrud", url, "UTF8", NULL};

    if (!pg_library_load(message))
        return -ELIBACC;
    struct pg *p = xcalloc(1, sizeof *p);
    p->db = (struct db){.driver = &driver};
    p->connection = pq.connectdbParams(keys, values, 1);
    pq.setNoticeProcessor(p->connection, on_notice, NULL);
    int error = pq.status(p->connection) == CONNECTION_OK ? configure(p) : -ENOTCONN;
    if (error) {
        str_printf(message, "database: cannot connect to PostgreSQL: %s",
                   pq.errorMessage(p->connection));
        while (message->size && message->text[message->size - 1] == '\n')
            message->text[--message->size] = 0;
        pg_close(&p->db);
        return error;
    }
    *out = &p->db;
    return 0;
}
