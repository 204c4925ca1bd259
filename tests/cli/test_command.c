/* SPDX-License-Identifier: Apache-2.0 */
/* The command line of table-driven subcommands: arguments, options, help, and what is wrong. */
#include "child.h"

static void understands_its_arguments(void **state)
{
    (void)state;
    static const struct child_case cases[] = {
        {{"db", NULL}, 2, NULL, "usage: bedrud db status"},
        {{"db", "--help", NULL}, 0, "restore    replace the database by a copy\n", NULL},
        {{"db", "paint", NULL}, 2, NULL, "bedrud db: unknown command paint"},
        {{"db", "backup", NULL}, 2, NULL, "bedrud db backup: FILE is missing"},
        {{"db", "backup", "a", "b", NULL}, 2, NULL, "bedrud db backup: b is too much"},
        {{"db", "status", "a", NULL}, 2, NULL, "a is too much"},
        {{"db", "status", "--frobnicate", NULL}, 2, NULL, "unknown option --frobnicate"},
        {{"db", "status", "--data-dir", NULL}, 2, NULL, "--data-dir needs a value"},
        {{"db", "status", "--listen=nowhere", NULL}, 2, NULL, "listen"},
        {{"db", "backup", "--help", NULL}, 0, "usage: bedrud db backup FILE [options]", NULL},
        {{"db", "backup", "-h", NULL}, 0, "--json", NULL},
        {{"db", "status", "--data-dir=/nowhere", NULL}, 1, NULL, "/nowhere/bedrud.db yet"},
        {{"db", "status", "--data-dir", "/nowhere", "--json", NULL}, 1, NULL, "/nowhere/bedrud.db"},
    };

    child_check(cases, sizeof cases / sizeof cases[0]);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(understands_its_arguments),
    };
    return child_take_path(argc, argv) ? cmocka_run_group_tests(tests, NULL, NULL) : 2;
}
