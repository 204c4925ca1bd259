/* SPDX-License-Identifier: Apache-2.0 */
/* The choice among cipher tables. */
#include "rtc/cipher.h"

#include "cipher_vectors.h"

static void best_is_known_by_its_name(void **state)
{
    (void)state;
    const struct cipher_ops *best = cipher_best();
    assert_non_null(best);
    assert_ptr_equal(best, cipher_best());
    assert_ptr_equal(best, cipher_by_name(best->name));
    check_vectors(best);
}

static void evp_is_always_there(void **state)
{
    (void)state;
    assert_non_null(cipher_by_name("evp"));
    assert_string_equal(cipher_by_name("evp")->name, "evp");
}

static void faster_table_is_preferred(void **state)
{
    (void)state;
    const struct cipher_ops *fast = cipher_by_name("ipsec-mb");
    assert_ptr_equal(cipher_best(), fast ? fast : cipher_by_name("evp"));
}

static void unknown_names_are_refused(void **state)
{
    (void)state;
    assert_null(cipher_by_name(""));
    assert_null(cipher_by_name("evp "));
    assert_null(cipher_by_name("rot13"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(best_is_known_by_its_name),
        cmocka_unit_test(evp_is_always_there),
        cmocka_unit_test(faster_table_is_preferred),
        cmocka_unit_test(unknown_names_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
