/* SPDX-License-Identifier: Apache-2.0 */
/* `bedrud db`: the database's state, its schema, copies of it. */
#include "cli/db.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cli/cli.h"
#include "cli/show.h"
#include "server/backup.h"
#include "server/running.h"
#include "store/migrate.h"

/* ---- what all have in common ---- */

static int with_config(struct command_call *c,
                       int (*work)(struct command_call *c, const struct config *config,
                                   struct str *message))
{
    struct config config = {0};
    struct str message;
    int code = EXIT_USAGE;

    str_init(&message);
    if (config_load(c->config_argc, c->config_argv, &config, &message) == CONFIG_OK)
        code = work(c, &config, &message) == 0 ? 0 : 1;
    if (message.size)
        command_fail(c, code, message.text);
    config_fini(&config);
    str_fini(&message);
    return code;
}

static bool server_runs(const struct config *config)
{
    struct str url, cert;

    str_init(&url);
    str_init(&cert);
    bool runs = running_find(config->data_dir, &url, &cert);
    str_fini(&url);
    str_fini(&cert);
    return runs;
}

static bool refuse_while_running(const struct config *config, struct str *message)
{
    bool runs = server_runs(config);

    if (runs)
        str_printf(message, "a server runs on %s; stop it first", config->data_dir);
    return runs;
}

/* A URL may hold a password. */
static const char *shown_place(const struct config *config)
{
    return db_is_postgres(config->database) ? "postgres" : config->database;
}

/* Opening makes an SQLite file, which looking at one must not. */
static bool is_there(const struct config *config, struct str *message)
{
    if (db_is_postgres(config->database) || access(config->database, F_OK) == 0)
        return true;
    str_printf(message, "there is no database %s yet; `bedrud run` or `bedrud db migrate` makes it",
               config->database);
    return false;
}

/* ---- status ---- */

struct status {
    unsigned version;
    int64_t size_bytes, users, rooms;
};

static int count_rows(struct db *db, const char *text, int64_t *count)
{
    struct db_query *q = db_query_run(db, text, NULL, 0);

    *count = db_step(q) ? db_column_int(q, 0) : 0;
    return db_end(q);
}

static int read_status(const struct config *config, struct status *s, struct str *message)
{
    struct stat st;
    struct db *db;
    int error = db_open(config->database, &db, message);

    if (error)
        return error;
    error = migrate_version(db, &s->version);
    if (!error && s->version > 0)
        error = count_rows(db, "SELECT count(*) FROM users", &s->users);
    if (!error && s->version > 1)
        error = count_rows(db, "SELECT count(*) FROM rooms", &s->rooms);
    if (error)
        str_append(message, "database: it cannot be read");
    if (!db_is_postgres(config->database) && stat(config->database, &st) == 0)
        s->size_bytes = st.st_size;
    db_close(db);
    return error;
}

static int status(struct command_call *c, const struct config *config, struct str *message)
{
    static const struct show_column lines[] = {
        {"database", "database"},  {"schema", "schema"},      {"this program", "known"},
        {"up to date", "current"}, {"bytes", "bytes"},        {"users", "users"},
        {"rooms", "rooms"},        {"server runs", "running"}};
    struct status s = {0};
    struct str json;

    if (!is_there(config, message) || read_status(config, &s, message) != 0)
        return -1;
    str_init(&json);
    str_append(&json, "{\"database\":");
    show_quote(&json, shown_place(config));
    str_printf(&json,
               ",\"schema\":%u,\"known\":%u,\"current\":%s,\"bytes\":%lld,\"users\":%lld,"
               "\"rooms\":%lld,\"running\":%s}",
               s.version, schema.count, s.version == schema.count ? "true" : "false",
               (long long)s.size_bytes, (long long)s.users, (long long)s.rooms,
               server_runs(config) ? "true" : "false");
    if (c->json)
        show_json(&json);
    else
        show_object(&json, lines, sizeof lines / sizeof lines[0]);
    str_fini(&json);
    return 0;
}

/* ---- migrate ---- */

static int migrate(struct command_call *c, const struct config *config, struct str *message)
{
    struct str prefix;
    struct db *db;

    if (refuse_while_running(config, message))
        return -1;
    if (mkdir(config->data_dir, 0700) != 0 && access(config->data_dir, W_OK) != 0) {
        str_printf(message, "data_dir: cannot write %s", config->data_dir);
        return -1;
    }
    int error = db_open(config->database, &db, message);
    if (error)
        return error;
    str_init(&prefix);
    backup_prefix(config, &prefix);
    error = migrate_up(db, &schema, prefix.text, message);
    str_fini(&prefix);
    db_close(db);
    if (!error)
        printf(c->json ? "{\"schema\":%u}\n" : "The schema is version %u.\n", schema.count);
    return error;
}

/* ---- backup and restore ---- */

static void say_file(const struct command_call *c, const char *member, const char *path,
                     const char *text)
{
    struct str json;

    if (!c->json) {
        printf("%s %s\n", text, path);
        return;
    }
    str_init(&json);
    str_printf(&json, "{\"%s\":", member);
    show_quote(&json, path);
    str_append(&json, "}");
    show_json(&json);
    str_fini(&json);
}

static int backup(struct command_call *c, const struct config *config, struct str *message)
{
    if (!is_there(config, message) || backup_make(config, c->args[0], message) != 0)
        return -1;
    say_file(c, "file", c->args[0], "The database was copied to");
    return 0;
}

static int restore(struct command_call *c, const struct config *config, struct str *message)
{
    struct str kept;

    if (refuse_while_running(config, message))
        return -1;
    str_init(&kept);
    int error = backup_restore(config, c->args[0], &kept, message);
    if (!error)
        say_file(c, "kept", kept.size ? kept.text : "-",
                 "The database was restored. What was there before is in");
    str_fini(&kept);
    return error;
}

/* ---- the table ---- */

static int run_status(struct command_call *c)
{
    return with_config(c, status);
}

static int run_migrate(struct command_call *c)
{
    return with_config(c, migrate);
}

static int run_backup(struct command_call *c)
{
    return with_config(c, backup);
}

static int run_restore(struct command_call *c)
{
    return with_config(c, restore);
}

const struct command db_commands[] = {
    {"db", "status", NULL, 0, 0, "tell where the database is and which schema it has", NULL,
     run_status},
    {"db", "migrate", NULL, 0, 0,
     "bring the schema to this program's version\n\nA copy is made before. `bedrud run` does the "
     "same.",
     NULL, run_migrate},
    {"db", "backup", "FILE", 1, 1,
     "copy the database to a new file\n\nAn SQLite file, also from PostgreSQL; a server may run "
     "meanwhile. Uploaded files are in it; secrets are not: they are files of the data directory.",
     NULL, run_backup},
    {"db", "restore", "FILE", 1, 1,
     "replace the database by a copy\n\nThe copy may be of an older version, or of the other kind "
     "of database. What was there\nbefore is kept in a file.",
     NULL, run_restore},
    {.name = NULL},
};

int cli_db(int argc, char **argv)
{
    return command_main(db_commands, argc, argv);
}
