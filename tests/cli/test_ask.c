/* SPDX-License-Identifier: Apache-2.0 */
/* What commands that speak to the API have in common. */
#include "operator.h"

/* Without a data directory nothing is made. */
static void needs_a_data_directory(void **state)
{
    (void)state;
    static const struct child_case cases[] = {
        {{"user", "list", "--data-dir", "/nowhere", NULL}, 1, NULL, "there is no /nowhere"},
        {{"invite", "list", "--data-dir=/nowhere", NULL}, 1, NULL, "bedrud invite list: "},
        {{"room", "info", "x", "--data-dir", "/nowhere", NULL}, 1, NULL, "--data-dir"},
        {{"user", "list", "--listen", "nowhere", NULL}, 2, NULL, "listen"},
    };

    child_check(cases, sizeof cases / sizeof cases[0]);
}

/* Whatever is typed stays what it is, in paths and in bodies. */
static void escapes_what_is_typed(void **state)
{
    (void)state;
    static const struct step steps[] = {
        {{"user", "create", "eve@example.org", "--name", "a\\b {x}"},
         "pass\"word\\ with all\n",
         0,
         "was made",
         NULL},
        {{"user", "list", "--search", "a\\b {x}"}, NULL, 0, "eve@example.org", NULL},
        {{"user", "list", "--search", "&limit=0"}, NULL, 0, "EMAIL", "eve@"},
        {{"user", "disable", "../users"}, NULL, 1, "User not found", NULL},
    };

    STEPS(steps);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(needs_a_data_directory),
        cmocka_unit_test_setup_teardown(escapes_what_is_typed, setup, teardown),
    };
    return child_take_path(argc, argv) ? cmocka_run_group_tests(tests, NULL, NULL) : 2;
}
