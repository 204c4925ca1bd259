/* SPDX-License-Identifier: Apache-2.0 */
/* The choice of a subcommand: help on standard output, errors on standard error with exit code 2.
 */
#include "child.h"

static void chooses_the_command(void **state)
{
    (void)state;
    static const struct child_case cases[] = {
        {{"--help"}, 0, "usage: bedrud <command>", NULL},
        {{"-h"}, 0, "token ", NULL},
        {{"help"}, 0, "version ", NULL},
        {{"run", "--help"}, 0, "usage: bedrud run", NULL},
        {{"token", "--help"}, 0, "usage: bedrud token create", NULL},
        {{NULL}, 2, NULL, "usage: bedrud <command>"},
        {{"frobnicate"}, 2, NULL, "unknown command frobnicate"},
        {{"--frobnicate"}, 2, NULL, "unknown command --frobnicate"},
        {{"runs"}, 2, NULL, "unknown command runs"},
        {{""}, 2, NULL, "unknown command"},
    };

    child_check(cases, sizeof cases / sizeof cases[0]);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(chooses_the_command),
    };
    if (!child_take_path(argc, argv))
        return 2;
    return cmocka_run_group_tests(tests, NULL, NULL);
}
