/* SPDX-License-Identifier: Apache-2.0 */
/* Copies. SQLite copies itself; from and to PostgreSQL goes row by row, within a transaction on
 * either side. What tables and columns there are is asked of the SQLite side. */
#include "store/copy.h"

#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/mem.h"

#define COLUMNS_MAX 40
#define TABLES_MAX 64

struct column {
    const char *name;
    enum db_type type;
    bool counts_up; /* a whole number that is the primary key */
};

struct table {
    const char *name;
    struct column columns[COLUMNS_MAX];
    unsigned count;
};

struct tables {
    struct arena arena;
    struct table *items;
    unsigned count;
};

/* ---- what there is ---- */

static enum db_type type_of(const char *word)
{
    return strcmp(word, "INTEGER") == 0 ? DB_INT : strcmp(word, "BLOB") == 0 ? DB_BYTES : DB_TEXT;
}

static int read_columns(struct db *sqlite, struct arena *a, struct table *t)
{
    struct db_query *q = db_query(
        sqlite, "SELECT name, type, pk FROM pragma_table_info($1) ORDER BY cid", db_text(t->name));

    while (t->count < COLUMNS_MAX && db_step(q)) {
        struct column *c = &t->columns[t->count++];
        c->name = arena_strdup(a, db_column(q, 0));
        c->type = type_of(arena_strdup(a, db_column(q, 1)));
        c->counts_up = c->type == DB_INT && db_column_int(q, 2) == 1;
    }
    return db_end(q);
}

/* In the order in which they were made, so that a row comes after those that it refers to. */
static int read_tables(struct db *sqlite, struct tables *all)
{
    arena_init(&all->arena);
    all->count = 0;
    all->items = arena_alloc(&all->arena, TABLES_MAX * sizeof *all->items);
    struct db_query *q = db_query_run(sqlite,
                                      "SELECT name FROM sqlite_schema WHERE type = 'table' AND "
                                      "name NOT LIKE 'sqlite%' AND name <> 'schema_versions' "
                                      "ORDER BY rowid",
                                      NULL, 0);
    while (all->count < TABLES_MAX && db_step(q))
        all->items[all->count++].name = arena_strdup(&all->arena, db_column(q, 0));
    int error = db_end(q);
    for (unsigned i = 0; i < all->count && !error; i++)
        error = read_columns(sqlite, &all->arena, &all->items[i]);
    return error;
}

/* ---- rows ---- */

static void write_texts(const struct db *to, const struct table *t, struct str *from_text,
                        struct str *to_text)
{
    /* PostgreSQL fills such a column by itself and must be told that this is meant. */
    bool identity = strstr(db_type_name(to, "serial"), "IDENTITY") != NULL;

    str_append(from_text, "SELECT ");
    str_printf(to_text, "INSERT INTO %s (", t->name);
    for (unsigned i = 0; i < t->count; i++) {
        str_printf(from_text, "%s%s", i ? ", " : "", t->columns[i].name);
        str_printf(to_text, "%s%s", i ? ", " : "", t->columns[i].name);
    }
    str_printf(from_text, " FROM %s", t->name);
    str_printf(to_text, ")%s VALUES (", identity ? " OVERRIDING SYSTEM VALUE" : "");
    for (unsigned i = 0; i < t->count; i++)
        str_printf(to_text, "%s$%u", i ? ", " : "", i + 1);
    str_append(to_text, ")");
}

static int copy_row(struct db *to, const char *text, const struct table *t,
                    const struct db_query *row)
{
    struct db_value values[COLUMNS_MAX];

    for (unsigned i = 0; i < t->count; i++)
        values[i] = t->columns[i].type == DB_INT
                        ? db_int(db_column_int(row, i))
                        : (struct db_value){t->columns[i].type, db_column(row, i), 0};
    return db_exec_run(to, text, values, t->count);
}

static int copy_table(struct db *to, struct db *from, const struct table *t)
{
    struct str from_text, to_text;
    int error = 0;

    str_init(&from_text);
    str_init(&to_text);
    write_texts(to, t, &from_text, &to_text);
    struct db_query *q = db_query_run(from, from_text.text, NULL, 0);
    while (!error && db_step(q))
        error = copy_row(to, to_text.text, t, q);
    int failed = db_end(q);
    str_fini(&from_text);
    str_fini(&to_text);
    return error ? error : failed;
}

/* PostgreSQL counts on from where the rows end. */
static int count_on(struct db *to, const struct table *t)
{
    struct str text;
    int error = 0;

    str_init(&text);
    for (unsigned i = 0; i < t->count && !error; i++) {
        if (!t->columns[i].counts_up)
            continue;
        str_clear(&text);
        str_printf(&text,
                   "SELECT setval(s, (SELECT coalesce(max(%s), 0) + 1 FROM %s), false) FROM "
                   "(SELECT pg_get_serial_sequence('%s', '%s') AS s) AS found WHERE s IS NOT NULL",
                   t->columns[i].name, t->name, t->name, t->columns[i].name);
        error = db_exec_run(to, text.text, NULL, 0);
    }
    str_fini(&text);
    return error;
}

struct work {
    struct db *from, *to;
    const struct tables *tables;
};

static int empty_table(struct db *to, const char *name)
{
    struct str text;

    str_init(&text);
    str_printf(&text, "DELETE FROM %s", name);
    int error = db_script(to, text.text);
    str_fini(&text);
    return error;
}

static int replace_rows(struct db *to, void *arg)
{
    const struct work *w = arg;
    const struct tables *all = w->tables;
    int error = 0;

    for (unsigned i = all->count; i-- > 0 && !error;)
        error = empty_table(to, all->items[i].name);
    for (unsigned i = 0; i < all->count && !error; i++)
        error = copy_table(to, w->from, &all->items[i]);
    if (strstr(db_type_name(to, "serial"), "IDENTITY"))
        for (unsigned i = 0; i < all->count && !error; i++)
            error = count_on(to, &all->items[i]);
    return error;
}

static int within_snapshot(struct db *from, void *arg)
{
    const struct work *w = arg;

    (void)from;
    return db_transact(w->to, replace_rows, arg);
}

static int copy_rows(struct db *sqlite, struct db *from, struct db *to)
{
    struct tables all;
    struct work w = {from, to, &all};
    int error = read_tables(sqlite, &all);

    if (!error)
        error = db_transact(from, within_snapshot, &w);
    arena_fini(&all.arena);
    return error;
}

int copy_rows_from(struct db *to, struct db *from)
{
    return copy_rows(from, from, to);
}

/* ---- files ---- */

static int fill_file(struct db *db, const struct migration_list *list, struct db *file)
{
    struct migration_list same = *list;
    struct str message;
    int error = migrate_version(db, &same.count);

    str_init(&message);
    if (!error)
        error = migrate_up(file, &same, NULL, &message);
    str_fini(&message);
    return error ? error : copy_rows(file, db, file);
}

int copy_to_file(struct db *db, const struct migration_list *list, const char *path)
{
    struct db *file;
    struct str message;
    int error = db_backup(db, path);

    if (error != -EOPNOTSUPP)
        return error;
    if (access(path, F_OK) == 0)
        return -EEXIST;
    str_init(&message);
    error = db_open(path, &file, &message);
    str_fini(&message);
    if (error)
        return error;
    error = fill_file(db, list, file);
    db_close(file);
    if (error)
        unlink(path);
    return error;
}
