/* SPDX-License-Identifier: Apache-2.0 */
/* `bedrud room`: rooms made, listed, changed and ended, with and without a server. */
#include "operator.h"

static const struct step life[] = {
    {{"room", "list"}, NULL, 0, "NAME  MODE", NULL},
    {{"room", "create", "kitchen", "--e2ee", "on", "--public", "off", "--max", "7"},
     NULL,
     0,
     "E2EE         true",
     NULL},
    {{"room", "create", "kitchen"}, NULL, 1, "An active room has this name", NULL},
    {{"room", "create", "two words"}, NULL, 1, "The name must have", NULL},
    {{"room", "create", "hall", "--mode", "opera"}, NULL, 1, "mode must be", NULL},
    {{"room", "create", "hall", "--e2ee", "yes"}, NULL, 2, "--e2ee: expected on or off", NULL},
    {{"room", "list"}, NULL, 0, "kitchen  standard  false   true", NULL},
    {{"room", "set", "kitchen", "--chat", "off", "--public", "on"},
     NULL,
     0,
     "chat         false",
     NULL},
    {{"room", "info", "kitchen"}, NULL, 0, "E2EE         true\n", NULL},
    {{"room", "info", "kitchen"}, NULL, 0, "most people  7\n", NULL},
    {{"room", "info", "kitchen"}, NULL, 0, "Nobody is inside.\n", NULL},
    {{"room", "set", "kitchen", "--e2ee", "off"}, NULL, 0, "E2EE         false", NULL},
    {{"room", "set", "none", "--chat", "off"}, NULL, 1, "there is no room none", NULL},
    {{"room", "info", "none"}, NULL, 1, "there is no room none", NULL},
    {{"room", "end", "kitchen"}, NULL, 0, "The meeting has ended", NULL},
    {{"room", "archive", "kitchen"}, NULL, 0, "archived", NULL},
    {{"room", "archive", "kitchen"}, NULL, 1, "there is no room kitchen", NULL},
    {{"room", "list", "--state", "archived"}, NULL, 0, "kitchen", NULL},
};

static void works_on_a_stopped_server(void **state)
{
    (void)state;
    STEPS(life);
}

static void works_on_a_running_server(void **state)
{
    (void)state;
    struct server s;

    serve(&s, NULL);
    STEPS(life);
    assert_int_equal(end(&s, SIGTERM), 0);
    server_fini(&s);
}

/* One object for scripts, with what is stored and what is live. */
static void is_the_inspector(void **state)
{
    (void)state;
    static const struct step make[] = {
        {{"room", "create", "kitchen", "--e2ee", "on"}, NULL, 0, "kitchen", NULL}};

    STEPS(make);
    json_t *json = operate_json((const char *[]){"room", "info", "kitchen", NULL}),
           *stored = json_object_get(json, "stored");
    assert_true(json_is_true(json_object_get(json_object_get(stored, "settings"), "e2ee")));
    assert_true(json_is_null(json_object_get(json, "live")));
    json_decref(json);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(works_on_a_stopped_server, setup, teardown),
        cmocka_unit_test_setup_teardown(works_on_a_running_server, setup, teardown),
        cmocka_unit_test_setup_teardown(is_the_inspector, setup, teardown),
    };
    return child_take_path(argc, argv) ? cmocka_run_group_tests(tests, NULL, NULL) : 2;
}
