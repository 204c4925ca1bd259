/* SPDX-License-Identifier: Apache-2.0 */
/* Copies of both kinds of database: every table, every type of column, and nothing left half. */
#include "store/copy.h"

#include "accounts.h"
#include "old_schema.h"

#include "store/audit.h"
#include "store/rooms.h"

#include <sys/stat.h>

static struct db *open_file(const char *path)
{
    struct str message;
    struct db *db = NULL;

    str_init(&message);
    if (db_open(path, &db, &message) != 0)
        fail_msg("%s", message.text);
    str_fini(&message);
    return db;
}

static void make_old(struct db *db, unsigned version)
{
    struct str message;

    str_init(&message);
    if (old_schema_make(db, version, &message) != 0)
        fail_msg("%s", message.size ? message.text : "rows");
    str_fini(&message);
}

static int64_t number(struct db *db, const char *text)
{
    struct db_query *q = db_query_run(db, text, NULL, 0);
    int64_t n = db_step(q) ? db_column_int(q, 0) : -1;

    assert_int_equal(db_end(q), 0);
    return n;
}

/* What stood in the old database stands here. */
static void expect_rows(struct kit *k, struct db *db)
{
    struct audit rows[3];
    struct room_row room;
    struct user u;
    unsigned n;

    assert_int_equal(users_find(db, &k->arena, "u1", &u), 0);
    assert_string_equal(u.name, "Ada \xc3\x84");
    assert_string_equal(u.avatar_url, "");
    assert_int_equal(u.accesses, ACCESS_USER | ACCESS_SUPERADMIN);
    assert_int_equal(u.created_ms, 1700000000000);
    assert_int_equal(rooms_find(db, &k->arena, "r1", &room), 0);
    assert_true(room.settings.e2ee);
    assert_int_equal(number(db, "SELECT entry FROM room_participants WHERE user_id = 'u2'"), 2);
    assert_int_equal(number(db, "SELECT count(*) FROM sessions"), 1);
    assert_int_equal(audit_list(db, &k->arena, (struct db_page){0, 3}, rows, &n), 0);
    assert_int_equal(n, 2);
    assert_string_equal(rows[1].detail, "it's ours");
}

static void copies_all_of_it(void **state)
{
    struct kit *k = *state;
    const char *path = arena_printf(&k->arena, "%s/copy.db", k->folder);
    struct migration_list old = {old_steps, OLD_VERSIONS};
    struct stat st;

    make_old(k->db, OLD_VERSIONS);
    assert_int_equal(copy_to_file(k->db, &old, path), 0);
    assert_int_equal(stat(path, &st), 0);
    assert_int_equal(st.st_mode & 0777, 0600);
    assert_int_equal(copy_to_file(k->db, &old, path), -EEXIST);
    struct db *copy = open_file(path);
    struct str message;
    str_init(&message);
    assert_int_equal(db_verify(copy, &message), 0);
    str_fini(&message);
    assert_int_equal(number(copy, "SELECT count(*) FROM schema_versions"), OLD_VERSIONS);
    expect_rows(k, copy);
    db_close(copy);
}

/* From SQLite into either, over what was there. */
static void brings_rows_back(void **state)
{
    struct kit *k = *state;
    struct db *copy = open_file(arena_printf(&k->arena, "%s/copy.db", k->folder));
    struct audit row = {
        .happened_ms = 1, .actor_id = "x", .action = "", .target = "", .detail = ""};
    int64_t most;

    make_old(copy, OLD_VERSIONS);
    make_old(k->db, OLD_VERSIONS);
    assert_int_equal(db_script(k->db, "DELETE FROM rooms; UPDATE users SET name = 'Other';"
                                      "INSERT INTO settings VALUES ('a', 'b')"),
                     0);
    assert_int_equal(copy_rows_from(k->db, copy), 0);
    expect_rows(k, k->db);
    assert_int_equal(number(k->db, "SELECT count(*) FROM settings"), 1);
    /* The database's own numbers go on behind those that came. */
    most = number(k->db, "SELECT max(id) FROM audit_log");
    assert_int_equal(audit_add(k->db, &row), 0);
    assert_true(number(k->db, "SELECT max(id) FROM audit_log") > most);
    db_close(copy);
}

static void changes_nothing_when_it_cannot(void **state)
{
    struct kit *k = *state;
    struct db *copy = open_file(arena_printf(&k->arena, "%s/copy.db", k->folder));

    make_old(copy, OLD_VERSIONS);
    make_old(k->db, OLD_VERSIONS);
    /* A table that the other does not have, as the last of them. */
    assert_int_equal(db_script(copy, "CREATE TABLE further (a INTEGER) STRICT;"
                                     "INSERT INTO further VALUES (1)"),
                     0);
    assert_int_equal(db_script(k->db, "UPDATE users SET name = 'Other'"), 0);
    assert_int_not_equal(copy_rows_from(k->db, copy), 0);
    assert_int_equal(number(k->db, "SELECT count(*) FROM users WHERE name = 'Other'"), 2);
    db_close(copy);
}

static void leaves_no_part_behind(void **state)
{
    struct kit *k = *state;
    const char *path = arena_printf(&k->arena, "%s/none/copy.db", k->folder);

    make_old(k->db, OLD_VERSIONS);
    struct migration_list old = {old_steps, OLD_VERSIONS};
    assert_int_equal(copy_to_file(k->db, &old, path), -ENOENT);
    if (!k->postgres)
        return;
    /* The list does not have the tables that are to be copied. */
    path = arena_printf(&k->arena, "%s/copy.db", k->folder);
    assert_int_equal(db_script(k->db, "ALTER TABLE users DROP COLUMN name"), 0);
    assert_int_not_equal(copy_to_file(k->db, &old, path), 0);
    assert_int_equal(access(path, F_OK), -1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(copies_all_of_it),
        cmocka_unit_test(brings_rows_back),
        cmocka_unit_test(changes_nothing_when_it_cannot),
        cmocka_unit_test(leaves_no_part_behind),
    };

    kit_bare = true;
    return KIT_MAIN(tests);
}
