/* SPDX-License-Identifier: Apache-2.0 */
/* `bedrud invite`: made, listed, used, revoked. */
#include "operator.h"

static void invites_people(void **state)
{
    (void)state;
    static const struct step steps[] = {
        {{"invite", "list"}, NULL, 0, "TOKEN  FOR", NULL},
        {{"invite", "create", "--hours", "0"}, NULL, 2, "--hours: expected a number", NULL},
        {{"invite", "create", "nobody"}, NULL, 1, "A valid email", NULL},
        {{"invite", "create", "ada@example.org", "--hours", "5"}, NULL, 0, "ada@example.org", NULL},
        {{"invite", "list"}, NULL, 0, "ada@example.org  false", NULL},
        {{"invite", "revoke", "nothing"}, NULL, 1, "not found", NULL},
    };
    struct str out, err;

    STEPS(steps);
    json_t *made = operate_json((const char *[]){"invite", "create", NULL});
    const char *token = json_string_value(json_object_get(made, "token"));
    assert_non_null(token);
    assert_int_equal(operate((const char *[]){"invite", "revoke", token, NULL}, NULL, &out, &err),
                     0);
    str_fini(&out);
    str_fini(&err);
    json_t *list = operate_json((const char *[]){"invite", "list", NULL});
    assert_int_equal(json_integer_value(json_object_get(list, "total")), 1);
    json_decref(list);
    json_decref(made);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(invites_people, setup, teardown),
    };
    return child_take_path(argc, argv) ? cmocka_run_group_tests(tests, NULL, NULL) : 2;
}
