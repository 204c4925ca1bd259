/* SPDX-License-Identifier: Apache-2.0 */
/* The data directory: modes, and a key that stays the same. */
#include "server/secrets.h"

#include "../temp.h"
#include "base/mem.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

static char base[TEMP_SIZE], folder[TEMP_SIZE + 8], file[TEMP_SIZE + 24];

static int setup(void **state)
{
    (void)state;
    if (!mkdtemp(temp_path(base, "secrets")))
        return -1;
    snprintf(folder, sizeof folder, "%s/data", base);
    snprintf(file, sizeof file, "%s/api-key", folder);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    unlink(file);
    rmdir(folder);
    return rmdir(base);
}

static unsigned mode_of(const char *path)
{
    struct stat s;

    assert_int_equal(stat(path, &s), 0);
    return s.st_mode & 0777;
}

static void makes_a_key_once(void **state)
{
    (void)state;
    struct config c = {.data_dir = folder};
    struct token_keys first = {0}, second = {0};
    struct str m;

    str_init(&m);
    assert_int_equal(secrets_open(&c, &first, &m), 0);
    assert_int_equal(first.count, 1);
    assert_int_equal(mode_of(folder), 0700);
    assert_int_equal(mode_of(file), 0600);
    assert_true(strlen(first.keys[0].secret) >= 32);
    assert_int_equal(secrets_open(&c, &second, &m), 0);
    assert_string_equal(first.keys[0].id, second.keys[0].id);
    assert_string_equal(first.keys[0].secret, second.keys[0].secret);
    token_keys_fini(&first);
    token_keys_fini(&second);
    str_fini(&m);
}

static void adds_the_customary_key_in_dev(void **state)
{
    (void)state;
    struct config c = {.data_dir = folder, .dev = true};
    struct token_keys k = {0};
    struct str m;

    str_init(&m);
    assert_int_equal(secrets_open(&c, &k, &m), 0);
    assert_int_equal(k.count, 2);
    assert_string_equal(k.keys[1].id, "devkey");
    token_keys_fini(&k);
    str_fini(&m);
}

static void takes_the_configured_key(void **state)
{
    (void)state;
    struct config c = {.data_dir = folder,
                       .api_key = (char *)(uintptr_t) "APIx",
                       .api_secret = (char *)(uintptr_t) "0123456789abcdef0123456789abcdef"};
    struct token_keys k = {0};
    struct str m;

    str_init(&m);
    assert_int_equal(secrets_open(&c, &k, &m), 0);
    assert_int_equal(k.count, 1);
    assert_string_equal(k.keys[0].id, "APIx");
    token_keys_fini(&k);
    str_fini(&m);
}

static void says_what_is_wrong(void **state)
{
    (void)state;
    struct config c = {.data_dir = (char *)(uintptr_t) "/proc/none"};
    struct token_keys k = {0};
    struct str m;
    FILE *f = fopen(file, "w");

    assert_non_null(f);
    fclose(f);
    str_init(&m);
    assert_int_not_equal(secrets_open(&c, &k, &m), 0);
    assert_non_null(strstr(m.text, "/proc/none"));
    str_clear(&m);
    c.data_dir = folder;
    assert_int_not_equal(secrets_open(&c, &k, &m), 0);
    assert_non_null(strstr(m.text, "api-key"));
    str_fini(&m);
}

static void makes_a_session_secret_once(void **state)
{
    (void)state;
    struct config c = {.data_dir = folder};
    uint8_t first[SECRETS_SESSION_SIZE] = {0}, again[SECRETS_SESSION_SIZE] = {1};
    char path[128];
    struct str m;

    str_init(&m);
    mkdir(folder, 0700);
    snprintf(path, sizeof path, "%s/session-secret", folder);
    assert_int_equal(secrets_session(&c, first, &m), 0);
    assert_int_equal(mode_of(path), 0600);
    assert_int_equal(secrets_session(&c, again, &m), 0);
    assert_memory_equal(first, again, sizeof first);
    unlink(path);
    assert_int_equal(secrets_session(&c, again, &m), 0);
    assert_memory_not_equal(first, again, sizeof first);
    static const char *const broken[] = {"", "abc\n", "no hex digits at all\n"};
    for (size_t i = 0; i < sizeof broken / sizeof broken[0]; i++) {
        FILE *f = fopen(path, "w");
        fputs(broken[i], f);
        fclose(f);
        str_clear(&m);
        assert_int_equal(secrets_session(&c, again, &m), -EINVAL);
        assert_non_null(strstr(m.text, path));
    }
    unlink(path);
    str_fini(&m);
}

static void makes_an_operator_token_once(void **state)
{
    (void)state;
    struct config c = {.data_dir = folder};
    char first[SECRETS_OPERATOR_SIZE], again[SECRETS_OPERATOR_SIZE], path[128];
    struct str m;

    str_init(&m);
    mkdir(folder, 0700);
    snprintf(path, sizeof path, "%s/operator-token", folder);
    assert_int_equal(secrets_operator(&c, first, &m), 0);
    assert_int_equal(mode_of(path), 0600);
    assert_int_equal(strlen(first), SECRETS_OPERATOR_SIZE - 1);
    assert_int_equal(secrets_operator(&c, again, &m), 0);
    assert_string_equal(first, again);
    unlink(path);
    assert_int_equal(secrets_operator(&c, again, &m), 0);
    assert_string_not_equal(first, again);
    unlink(path);
    str_fini(&m);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(makes_a_key_once),
        cmocka_unit_test(adds_the_customary_key_in_dev),
        cmocka_unit_test(takes_the_configured_key),
        cmocka_unit_test(says_what_is_wrong),
        cmocka_unit_test(makes_a_session_secret_once),
        cmocka_unit_test(makes_an_operator_token_once),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
