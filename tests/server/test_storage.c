/* SPDX-License-Identifier: Apache-2.0 */
/* The store at the start: made, kept, refused when it is newer or damaged. */
#include "server/storage.h"

#include "store/migrate.h"
#include "store/users.h"

#include "site.h"

#include <sys/wait.h>

static int prepare(struct site *s, struct storage_facts *facts, const char *says)
{
    struct str message;

    str_init(&message);
    int error = storage_prepare(&s->config, facts, &message);
    if (says ? !message.size || !strstr(message.text, says) : message.size)
        fail_msg("%s", message.text ? message.text : "nothing said");
    str_fini(&message);
    return error;
}

static struct db *open_db(struct site *s)
{
    struct str message;
    struct db *db = NULL;

    str_init(&message);
    assert_int_equal(db_open(s->config.database, &db, &message), 0);
    str_fini(&message);
    return db;
}

static void makes_and_keeps(void **state)
{
    (void)state;
    struct storage_facts facts;
    struct site s;
    struct user u = {.id = "u",
                     .email = "a@b.c",
                     .provider = "local",
                     .accesses = ACCESS_USER | ACCESS_SUPERADMIN};

    site_configure(&s, 1);
    assert_int_equal(prepare(&s, &facts, NULL), 0);
    assert_false(facts.has_superadmin);
    struct db *db = open_db(&s);
    assert_int_equal(users_add(db, &u), 0);
    db_close(db);
    assert_int_equal(prepare(&s, &facts, NULL), 0);
    assert_true(facts.has_superadmin);
    site_clear(&s);
}

static void refuses_a_newer_one(void **state)
{
    (void)state;
    struct storage_facts facts;
    struct site s;

    site_configure(&s, 1);
    assert_int_equal(prepare(&s, &facts, NULL), 0);
    struct db *db = open_db(&s);
    assert_int_equal(db_script(db, "INSERT INTO schema_versions VALUES (999, 'future', 1)"), 0);
    db_close(db);
    assert_int_equal(prepare(&s, &facts, "version 999"), -ENOTSUP);
    site_clear(&s);
}

/* Damage is looked for only after a crash, and found then. */
static void finds_damage_after_a_crash(void **state)
{
    (void)state;
    struct storage_facts facts;
    struct site s;

    site_configure(&s, 1);
    assert_int_equal(prepare(&s, &facts, NULL), 0);
    pid_t child = fork();
    if (child == 0) {
        struct db *db = open_db(&s);
        _exit(db_script(db, "INSERT INTO settings VALUES ('a', 'b')") ? 1 : 0);
    }
    waitpid(child, NULL, 0);
    FILE *f = fopen(s.config.database, "r+");
    fseek(f, -4096, SEEK_END);
    for (int i = 0; i < 500; i++)
        fputc(0x55, f);
    fclose(f);
    assert_int_equal(prepare(&s, &facts, "is damaged"), -EIO);
    site_clear(&s);
}

static void says_what_cannot_be_opened(void **state)
{
    (void)state;
    struct storage_facts facts;
    struct site s;

    site_configure(&s, 1);
    str_set(&s.config.database, "/nowhere/bedrud.db");
    assert_int_equal(prepare(&s, &facts, "/nowhere/bedrud.db"), -ENOENT);
    site_clear(&s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(makes_and_keeps),
        cmocka_unit_test(refuses_a_newer_one),
        cmocka_unit_test(finds_damage_after_a_crash),
        cmocka_unit_test(says_what_cannot_be_opened),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
