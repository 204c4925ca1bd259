/* SPDX-License-Identifier: Apache-2.0 */
/* Steps forward, each whole or not at all, and none back. */
#include "store/migrate.h"

#include "kit.h"
#include "old_schema.h"

#include "store/users.h"

static const struct migration good[] = {
    {"one", "CREATE TABLE a (id {text} NOT NULL PRIMARY KEY, n {int} NOT NULL, b {bool} NOT NULL) "
            "{table}"},
    {"two", "CREATE TABLE c (id {serial}, x {text} NOT NULL, raw {bytes} NOT NULL) {table};"
            "INSERT INTO a (id, n, b) VALUES ('x', 1, 1)"},
    {"three", "ALTER TABLE a ADD COLUMN added {int} NOT NULL DEFAULT 7"},
};

static const struct migration_list all = {good, 3}, first = {good, 1};

static unsigned version_of(struct db *db)
{
    unsigned version;

    assert_int_equal(migrate_version(db, &version), 0);
    return version;
}

static int64_t number(struct db *db, const char *text)
{
    struct db_query *q = db_query_run(db, text, NULL, 0);
    int64_t n = db_step(q) ? db_column_int(q, 0) : -1;

    return db_end(q) ? -1 : n;
}

static void up(struct db *db, const struct migration_list *list, int expected, const char *says)
{
    struct str message;

    str_init(&message);
    assert_int_equal(migrate_up(db, list, NULL, &message), expected);
    if (says && !strstr(message.text, says))
        fail_msg("%s", message.text);
    assert_true(says || message.size == 0);
    str_fini(&message);
}

static void goes_forward(void **state)
{
    struct kit *k = *state;

    assert_int_equal(version_of(k->db), 0);
    up(k->db, &first, 0, NULL);
    assert_int_equal(version_of(k->db), 1);
    assert_int_equal(number(k->db, "SELECT count(*) FROM a"), 0);
    up(k->db, &all, 0, NULL);
    assert_int_equal(version_of(k->db), 3);
    assert_int_equal(number(k->db, "SELECT added FROM a"), 7);
    up(k->db, &all, 0, NULL);
    assert_int_equal(number(k->db, "SELECT count(*) FROM a"), 1);
}

static void undoes_a_step_that_fails(void **state)
{
    struct kit *k = *state;
    const struct migration bad[] = {good[0],
                                    {"halfway", "CREATE TABLE whole (x {int} NOT NULL) {table};"
                                                "INSERT INTO nowhere VALUES (1)"},
                                    good[1]};
    const struct migration_list list = {bad, 3};

    up(k->db, &list, -EIO, "schema 2 (halfway)");
    assert_int_equal(version_of(k->db), 1);
    assert_int_equal(number(k->db, "SELECT count(*) FROM whole"), -1);
    up(k->db, &all, 0, NULL);
    assert_int_equal(version_of(k->db), 3);
}

static void refuses_a_newer_schema(void **state)
{
    struct kit *k = *state;

    up(k->db, &all, 0, NULL);
    up(k->db, &first, -ENOTSUP, "schema is version 3, this program knows 1");
    assert_int_equal(version_of(k->db), 3);
}

static void migrate(struct kit_racer *r)
{
    struct str message;

    str_init(&message);
    r->error = migrate_up(r->db, &all, NULL, &message);
    str_fini(&message);
}

static void takes_turns(void **state)
{
    struct kit *k = *state;
    struct kit_racer racers[KIT_THREADS];

    kit_race(k, migrate, NULL, racers);
    assert_int_equal(version_of(k->db), 3);
    assert_int_equal(number(k->db, "SELECT count(*) FROM a"), 1);
    assert_int_equal(number(k->db, "SELECT count(*) FROM schema_versions"), 3);
}

static unsigned count_copies(const char *prefix, char path[256])
{
    char pattern[256];
    glob_t found;

    snprintf(pattern, sizeof pattern, "%s-v*-*.db", prefix);
    unsigned n = glob(pattern, 0, NULL, &found) == 0 ? (unsigned)found.gl_pathc : 0;
    if (n > 0)
        snprintf(path, 256, "%s", found.gl_pathv[0]);
    globfree(&found);
    return n;
}

static void copies_before_it_changes(void **state)
{
    struct kit *k = *state;
    struct str message;
    char *prefix = arena_printf(&k->arena, "%s/copy", k->folder), path[256];

    str_init(&message);
    assert_int_equal(migrate_up(k->db, &first, prefix, &message), 0);
    assert_int_equal(count_copies(prefix, path), 0); /* there was nothing to copy */
    assert_int_equal(migrate_up(k->db, &all, prefix, &message), 0);
    assert_int_equal(count_copies(prefix, path), 1);
    assert_int_equal(migrate_up(k->db, &all, prefix, &message), 0);
    assert_int_equal(count_copies(prefix, path), 1);
    struct db *copy = NULL;
    assert_non_null(strstr(path, "-v1-"));
    assert_int_equal(db_open(path, &copy, &message), 0);
    assert_int_equal(version_of(copy), 1);
    db_close(copy);
    str_fini(&message);
}

static void does_not_change_without_a_copy(void **state)
{
    struct kit *k = *state;
    struct str message;

    str_init(&message);
    up(k->db, &first, 0, NULL);
    assert_int_equal(migrate_up(k->db, &all, "/nowhere/copy", &message), -ENOENT);
    assert_non_null(strstr(message.text, "/nowhere/copy-v1-"));
    assert_int_equal(version_of(k->db), 1);
    str_fini(&message);
}

/* A database as an older program left it, with its rows. */
static void brings_up(struct kit *k, unsigned version)
{
    struct str message;
    struct user u;

    str_init(&message);
    assert_int_equal(old_schema_make(k->db, version, &message), 0);
    assert_int_equal(version_of(k->db), version);
    if (migrate_up(k->db, &schema, NULL, &message) != 0)
        fail_msg("%s", message.text);
    assert_int_equal(version_of(k->db), schema.count);
    assert_int_equal(users_find(k->db, &k->arena, "u1", &u), 0);
    assert_string_equal(u.email, "ada@example.org");
    assert_int_equal(number(k->db, "SELECT count(*) FROM audit_log"), 2);
    assert_int_equal(number(k->db, "SELECT count(*) FROM rooms"), version > 1);
    assert_int_equal(number(k->db, "SELECT count(*) FROM room_participants"), version > 1);
    str_fini(&message);
}

static void brings_version_1_up(void **state)
{
    brings_up(*state, 1);
}

static void brings_version_2_up(void **state)
{
    brings_up(*state, 2);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(goes_forward),
        cmocka_unit_test(undoes_a_step_that_fails),
        cmocka_unit_test(refuses_a_newer_schema),
        cmocka_unit_test(takes_turns),
        cmocka_unit_test(copies_before_it_changes),
        cmocka_unit_test(does_not_change_without_a_copy),
        cmocka_unit_test(brings_version_1_up),
        cmocka_unit_test(brings_version_2_up),
    };

    kit_bare = true;
    return KIT_MAIN(tests);
}
