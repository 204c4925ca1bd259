/* SPDX-License-Identifier: Apache-2.0 */
/* Passwords: right ones, wrong ones, and hashes that are none. */
#include "server/auth.h"

#include <sodium.h>

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

static int setup(void **state)
{
    (void)state;
    return auth_init() ? 0 : -1;
}

static void verifies(void **state)
{
    (void)state;
    struct arena a;

    arena_init(&a);
    const char *hash = auth_hash("correct horse", &a), *again = auth_hash("correct horse", &a);
    assert_memory_equal(hash, "$argon2id$v=19$m=19456,t=2,p=1$", 31);
    assert_string_not_equal(hash, again); /* salted */
    assert_true(auth_verify(hash, "correct horse"));
    assert_true(auth_verify(again, "correct horse"));
    assert_false(auth_verify(hash, "correct horsf"));
    assert_false(auth_verify(hash, ""));
    assert_false(auth_verify(hash, "correct horse "));
    arena_fini(&a);
}

static void refuses_what_is_no_hash(void **state)
{
    (void)state;
    static const char *const hashes[] = {"",
                                         "x",
                                         "correct horse",
                                         "$argon2id$",
                                         "$argon2id$v=19$m=1",
                                         "$2a$10$abcdefghijklmnopqrstuv"};

    for (size_t i = 0; i < sizeof hashes / sizeof hashes[0]; i++) {
        assert_false(auth_verify(hashes[i], "correct horse"));
        assert_false(auth_verify(hashes[i], ""));
    }
}

static void knows_dated_hashes(void **state)
{
    (void)state;
    char weak[crypto_pwhash_STRBYTES];
    struct arena a;

    arena_init(&a);
    assert_int_equal(
        crypto_pwhash_str_alg(weak, "p", 1, 1, 8 * 1024 * 1024, crypto_pwhash_ALG_ARGON2ID13), 0);
    assert_true(auth_verify(weak, "p"));
    assert_true(auth_is_dated(weak));
    assert_false(auth_is_dated(auth_hash("p", &a)));
    arena_fini(&a);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(verifies),
        cmocka_unit_test(refuses_what_is_no_hash),
        cmocka_unit_test(knows_dated_hashes),
    };

    return cmocka_run_group_tests(tests, setup, NULL);
}
