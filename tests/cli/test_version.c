/* SPDX-License-Identifier: Apache-2.0 */
/* `bedrud version`, for people and for programs. */
#include "child.h"

#include <jansson.h>

static void prints_the_version(void **state)
{
    (void)state;
    static const struct child_case cases[] = {
        {{"version"}, 0, "bedrud " BEDRUD_VERSION "\n", NULL},
        {{"version"}, 0, "SRTP cipher: ", NULL},
        {{"--version"}, 0, "bedrud " BEDRUD_VERSION "\n", NULL},
        {{"version", "--help"}, 0, "usage: bedrud version", NULL},
        {{"version", "--frobnicate"}, 2, NULL, "--frobnicate"},
        {{"version", "--json", "--json"}, 2, NULL, "--json"},
    };

    child_check(cases, sizeof cases / sizeof cases[0]);
}

static void prints_json(void **state)
{
    (void)state;
    struct str out, err;

    assert_int_equal(child_run((const char *[]){"version", "--json", NULL}, &out, &err), 0);
    json_t *json = json_loads(out.text, 0, NULL);
    assert_string_equal(json_string_value(json_object_get(json, "version")), BEDRUD_VERSION);
    assert_non_null(json_string_value(json_object_get(json, "cipher")));
    assert_non_null(json_string_value(json_object_get(json, "openssl")));
    json_decref(json);
    str_fini(&out);
    str_fini(&err);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(prints_the_version),
        cmocka_unit_test(prints_json),
    };
    if (!child_take_path(argc, argv))
        return 2;
    return cmocka_run_group_tests(tests, NULL, NULL);
}
