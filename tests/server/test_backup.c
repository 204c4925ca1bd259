/* SPDX-License-Identifier: Apache-2.0 */
/* Backups as operators make them: on both kinds of database, from one to the other, of an older
 * version, and of what is none. */
#include "server/backup.h"

#include "store/migrate.h"
#include "store/users.h"

#include "../store/cluster.h"
#include "../store/old_schema.h"
#include "site.h"

static struct cluster cluster;
static bool on_postgres;
static struct site site;
static char copy[128];

static int setup(void **state)
{
    (void)state;
    site_configure(&site, 1);
    snprintf(copy, sizeof copy, "%s/copy.db", site.folder);
    if (on_postgres) {
        free(site.config.database);
        site.config.database = cluster_database(&cluster);
    }
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    site_clear(&site);
    return 0;
}

static struct db *open_db(const char *where)
{
    struct str message;
    struct db *db = NULL;

    str_init(&message);
    if (db_open(where, &db, &message) != 0)
        fail_msg("%s", message.text);
    str_fini(&message);
    return db;
}

static void make_old(const char *where, unsigned version)
{
    struct db *db = open_db(where);
    struct str message;

    str_init(&message);
    assert_int_equal(old_schema_make(db, version, &message), 0);
    str_fini(&message);
    db_close(db);
}

static void rename_all(const char *where, const char *name)
{
    struct db *db = open_db(where);

    assert_int_equal(db_exec(db, "UPDATE users SET name = $1", db_text(name)), 0);
    db_close(db);
}

static void expect_name(const char *where, const char *name)
{
    struct db *db = open_db(where);
    struct arena a;
    struct user u;

    arena_init(&a);
    assert_int_equal(users_find(db, &a, "u1", &u), 0);
    assert_string_equal(u.name, name);
    arena_fini(&a);
    db_close(db);
}

/* The error; *kept is the caller's. */
static int restore(const char *path, struct str *kept, const char *says)
{
    struct str message;

    str_init(&message);
    str_init(kept);
    int error = backup_restore(&site.config, path, kept, &message);
    if (says ? !message.size || !strstr(message.text, says) : message.size)
        fail_msg("%s", message.size ? message.text : "nothing said");
    str_fini(&message);
    return error;
}

static void comes_back_as_it_was(void **state)
{
    (void)state;
    struct str kept, message;

    str_init(&message);
    make_old(site.config.database, OLD_VERSIONS);
    assert_int_equal(backup_make(&site.config, copy, &message), 0);
    rename_all(site.config.database, "Later");
    assert_int_equal(restore(copy, &kept, NULL), 0);
    expect_name(site.config.database, "Ada \xc3\x84");
    expect_name(kept.text, "Later");
    str_fini(&kept);
    /* The copy is as good as before. */
    assert_int_equal(restore(copy, &kept, NULL), 0);
    expect_name(copy, "Ada \xc3\x84");
    str_fini(&kept);
    assert_int_equal(backup_make(&site.config, copy, &message), -EEXIST);
    assert_non_null(strstr(message.text, copy));
    str_fini(&message);
}

/* A copy of version 1, into a database that is not there yet. */
static void brings_an_old_copy_up(void **state)
{
    (void)state;
    unsigned version = 0;
    struct str kept;

    make_old(copy, 1);
    assert_int_equal(restore(copy, &kept, NULL), 0);
    assert_int_equal(kept.size, 0);
    str_fini(&kept);
    expect_name(site.config.database, "Ada \xc3\x84");
    struct db *db = open_db(site.config.database);
    assert_int_equal(migrate_version(db, &version), 0);
    assert_int_equal(version, schema.count);
    db_close(db);
    db = open_db(copy);
    assert_int_equal(migrate_version(db, &version), 0);
    assert_int_equal(version, 1);
    db_close(db);
}

static void write_file(const char *path, const char *text, size_t size)
{
    FILE *f = fopen(path, "w");

    assert_non_null(f);
    fwrite(text, 1, size, f);
    fclose(f);
}

static void takes_nothing_else(void **state)
{
    (void)state;
    struct str kept;

    make_old(site.config.database, OLD_VERSIONS);
    assert_int_equal(restore("/nowhere/copy.db", &kept, "/nowhere/copy.db"), -ENOENT);
    str_fini(&kept);
    write_file(copy, "no database at all, whatever it is called", 41);
    assert_int_equal(restore(copy, &kept, "no copy of a database of ours"), -EINVAL);
    str_fini(&kept);
    write_file(copy, "", 0);
    assert_int_equal(restore(copy, &kept, "no copy of a database of ours"), -EINVAL);
    str_fini(&kept);
    unlink(copy);
    make_old(copy, OLD_VERSIONS);
    struct db *db = open_db(copy);
    assert_int_equal(db_script(db, "INSERT INTO schema_versions VALUES (999, 'later', 1)"), 0);
    db_close(db);
    assert_int_equal(restore(copy, &kept, "version 999"), -ENOTSUP);
    str_fini(&kept);
    /* Cut off. */
    unlink(copy);
    make_old(copy, OLD_VERSIONS);
    assert_int_equal(truncate(copy, 20480), 0);
    assert_int_equal(restore(copy, &kept, "no copy of a database of ours"), -EINVAL);
    str_fini(&kept);
    expect_name(site.config.database, "Ada \xc3\x84");
}

/* SQLite alone: what is damaged can be replaced, and is kept for whoever wants to look into it. */
static void replaces_what_is_damaged(void **state)
{
    (void)state;
    struct str kept;

    if (on_postgres)
        skip();
    make_old(copy, OLD_VERSIONS);
    write_file(site.config.database, "once a database, now something that no program opens", 52);
    assert_int_equal(restore(copy, &kept, NULL), 0);
    expect_name(site.config.database, "Ada \xc3\x84");
    assert_int_equal(access(kept.text, F_OK), 0);
    str_fini(&kept);
}

static int round_of(const char *name)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(comes_back_as_it_was, setup, teardown),
        cmocka_unit_test_setup_teardown(brings_an_old_copy_up, setup, teardown),
        cmocka_unit_test_setup_teardown(takes_nothing_else, setup, teardown),
        cmocka_unit_test_setup_teardown(replaces_what_is_damaged, setup, teardown),
    };

    return _cmocka_run_group_tests(name, tests, sizeof tests / sizeof tests[0], NULL, NULL);
}

int main(void)
{
    int failed = round_of("SQLite");

    cluster_find(&cluster);
    if (!cluster.bin[0])
        return failed;
    cluster_start(&cluster);
    on_postgres = true;
    failed += round_of("PostgreSQL");
    cluster_stop(&cluster);
    return failed;
}
