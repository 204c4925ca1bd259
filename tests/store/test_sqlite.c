/* SPDX-License-Identifier: Apache-2.0 */
/* What is SQLite's alone: the file, its mode and copies, damage, and disks that are full. */
#include "store/db.h"

#include "kit.h"

#include <sched.h>
#include <sys/mount.h>
#include <sys/stat.h>

static int setup(void **state)
{
    kit_on_postgres = false;
    return kit_setup(state);
}

static char *path_in(const struct kit *k, const char *name)
{
    return arena_printf((struct arena *)(uintptr_t)&k->arena, "%s/%s", k->folder, name);
}

static unsigned mode_of(const char *path)
{
    struct stat st;

    assert_int_equal(stat(path, &st), 0);
    return st.st_mode & 0777;
}

static int put(struct db *db, const char *name, const char *value)
{
    return db_exec(db, "INSERT INTO settings (name, value) VALUES ($1, $2)", db_text(name),
                   db_text(value));
}

static int64_t count(struct db *db)
{
    struct db_query *q = db_query_run(db, "SELECT count(*) FROM settings", NULL, 0);
    int64_t n = db_step(q) ? db_column_int(q, 0) : -1;

    assert_int_equal(db_end(q), 0);
    return n;
}

static void hides_the_file_from_others(void **state)
{
    struct kit *k = *state;

    assert_int_equal(mode_of(k->where), 0600);
    assert_int_equal(put(k->db, "a", "b"), 0);
    assert_int_equal(mode_of(path_in(k, "bedrud.db-wal")), 0600);
    assert_int_equal(mode_of(path_in(k, "bedrud.db-shm")), 0600);
}

static void copies(void **state)
{
    struct kit *k = *state;
    const char *path = path_in(k, "copy.db");
    struct str message;
    struct db *copy = NULL;

    str_init(&message);
    assert_int_equal(put(k->db, "a", "b"), 0);
    assert_int_equal(db_backup(k->db, path), 0);
    assert_int_equal(mode_of(path), 0600);
    assert_int_equal(put(k->db, "later", "b"), 0);
    assert_int_equal(db_backup(k->db, path), -EEXIST);
    assert_int_equal(db_backup(k->db, path_in(k, "none/copy.db")), -ENOENT);
    assert_int_equal(db_open(path, &copy, &message), 0);
    assert_int_equal(count(copy), 1);
    db_close(copy);
    str_fini(&message);
}

/* ---- damage ---- */

static void refuses_what_is_no_database(void **state)
{
    struct kit *k = *state;
    const char *path = path_in(k, "text.db");
    struct str message;
    struct db *db = NULL;
    FILE *f = fopen(path, "w");

    str_init(&message);
    for (int i = 0; i < 100; i++)
        fputs("this is no database at all, but a text\n", f);
    fclose(f);
    assert_int_equal(db_open(path, &db, &message), -EIO);
    assert_non_null(strstr(message.text, path));
    str_clear(&message);
    assert_int_equal(db_open(path_in(k, "none/bedrud.db"), &db, &message), -ENOENT);
    assert_non_null(strstr(message.text, "none/bedrud.db"));
    assert_null(db);
    str_fini(&message);
}

/* Breaks the last page, which nobody reads on opening. */
static void finds_damage(void **state)
{
    struct kit *k = *state;
    struct str message;
    char name[32];

    str_init(&message);
    for (int i = 0; i < 400; i++) {
        snprintf(name, sizeof name, "setting %d", i);
        assert_int_equal(put(k->db, name, "some value of some length"), 0);
    }
    db_close(k->db);
    k->db = NULL;
    FILE *f = fopen(k->where, "r+");
    fseek(f, -4096, SEEK_END);
    for (int i = 0; i < 500; i++)
        fputc(0x55, f);
    fclose(f);
    k->db = kit_connect(k);
    assert_int_equal(db_verify(k->db, &message), -EIO);
    assert_true(message.size > 0);
    str_fini(&message);
}

static void knows_that_it_was_left_open(void **state)
{
    struct kit *k = *state;
    pid_t child;
    int status;

    assert_false(db_was_left_open(k->db));
    db_close(k->db);
    k->db = NULL;
    child = fork();
    if (child == 0) {
        struct db *db = kit_connect(k);
        _exit(put(db, "a", "b") == 0 ? 7 : 1); /* as it is, without closing */
    }
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_int_equal(WEXITSTATUS(status), 7);
    k->db = kit_connect(k);
    assert_true(db_was_left_open(k->db));
    assert_int_equal(count(k->db), 1);
    db_close(k->db);
    k->db = kit_connect(k);
    assert_false(db_was_left_open(k->db));
}

/* ---- full disks ---- */

static int fill_transaction(struct db *db, void *arg)
{
    char name[32];
    int error = 0;

    for (int i = 0; i < 100000 && !error; i++) {
        snprintf(name, sizeof name, "%d in transaction", i);
        error = put(db, name, arg);
    }
    return error;
}

/* Writes until it fails: with the right error, all that was acknowledged there, nothing else, and
 * alive when there is space again. */
static void fill(struct db *db)
{
    char name[32], value[1024];
    int64_t before;
    int error = 0, put_in = 0;
    struct str message;

    memset(value, 'v', sizeof value - 1);
    value[sizeof value - 1] = 0;
    for (; !error && put_in < 100000; put_in++) {
        snprintf(name, sizeof name, "%d", put_in);
        error = put(db, name, value);
    }
    assert_int_equal(error, -ENOSPC);
    before = put_in - 1;
    assert_true(before > 10);
    assert_int_equal(count(db), before);
    assert_int_equal(db_transact(db, fill_transaction, value), -ENOSPC);
    assert_int_equal(count(db), before);
    str_init(&message);
    assert_int_equal(db_verify(db, &message), 0);
    str_fini(&message);
}

static void says_that_the_quota_is_full(void **state)
{
    struct kit *k = *state;

    assert_int_equal(db_script(k->db, "PRAGMA max_page_count = 100"), 0);
    fill(k->db);
    assert_int_equal(db_script(k->db, "PRAGMA max_page_count = 100000"), 0);
    assert_int_equal(put(k->db, "again", ""), 0);
}

static bool mount_small_disk(const char *path)
{
    int flags = CLONE_NEWNS | (getuid() == 0 ? 0 : CLONE_NEWUSER);

    return unshare(flags) == 0 && mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL) == 0 &&
           mount("none", path, "tmpfs", 0, "size=1m") == 0;
}

#define CHILD_CANNOT_MOUNT 77

/* In a child, since the small disk is to be seen by nobody else. */
static void says_that_the_disk_is_full(void **state)
{
    struct kit *k = *state;
    const char *folder = path_in(k, "disk"), *path = path_in(k, "disk/bedrud.db"),
               *ballast = path_in(k, "disk/ballast");
    int status;

    assert_int_equal(mkdir(folder, 0700), 0);
    pid_t child = fork();
    if (child == 0) {
        struct str message;
        struct db *db = NULL;
        if (!mount_small_disk(folder))
            _exit(CHILD_CANNOT_MOUNT);
        FILE *f = fopen(ballast, "w");
        for (int i = 0; i < 300 * 1024; i++)
            fputc('b', f);
        fclose(f);
        str_init(&message);
        assert_int_equal(db_open(path, &db, &message), 0);
        assert_int_equal(migrate_up(db, &schema, NULL, &message), 0);
        fill(db);
        unlink(ballast);
        assert_int_equal(put(db, "again", ""), 0);
        _exit(0);
    }
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFEXITED(status));
    if (WEXITSTATUS(status) == CHILD_CANNOT_MOUNT)
        skip();
    assert_int_equal(WEXITSTATUS(status), 0);
}

/* Another process comes and goes. It must see that others are there, or it deletes the log on which
 * they go on writing. The process is made before any connection, since SQLite's knowledge of what
 * is open would be copied with it. */
static void does_not_lose_its_log_to_others(void **state)
{
    struct kit *k = *state;
    int go[2], status;
    char byte = 0, log[128];

    db_close(k->db);
    assert_int_equal(pipe(go), 0);
    pid_t child = fork();
    if (child == 0) {
        ssize_t n = read(go[0], &byte, 1);
        db_close(kit_connect(k));
        _exit(n == 1 ? 0 : 1);
    }
    k->db = kit_connect(k);
    struct db *second = kit_connect(k);
    assert_int_equal(db_script(k->db, "INSERT INTO settings VALUES ('a', 'b')"), 0);
    assert_int_equal(write(go[1], "x", 1), 1);
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_int_equal(status, 0);
    snprintf(log, sizeof log, "%s-wal", k->where);
    assert_int_equal(access(log, F_OK), 0);
    db_close(second);
    close(go[0]);
    close(go[1]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(hides_the_file_from_others, setup, kit_teardown),
        cmocka_unit_test_setup_teardown(copies, setup, kit_teardown),
        cmocka_unit_test_setup_teardown(refuses_what_is_no_database, setup, kit_teardown),
        cmocka_unit_test_setup_teardown(finds_damage, setup, kit_teardown),
        cmocka_unit_test_setup_teardown(knows_that_it_was_left_open, setup, kit_teardown),
        cmocka_unit_test_setup_teardown(says_that_the_quota_is_full, setup, kit_teardown),
        cmocka_unit_test_setup_teardown(says_that_the_disk_is_full, setup, kit_teardown),
        cmocka_unit_test_setup_teardown(does_not_lose_its_log_to_others, setup, kit_teardown),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
