/* SPDX-License-Identifier: Apache-2.0 */
/* `bedrud user`, on the store of a server that is stopped and through one that runs. */
#include "operator.h"

#define PASSWORD "correct horse 9\n"

static const struct step life[] = {
    {{"user", "list"}, NULL, 0, "EMAIL  NAME", NULL},
    {{"user", "create", "ada@example.org", "--name", "Ada L.", "--admin"},
     PASSWORD,
     0,
     "The superadmin was made.",
     "horse"},
    {{"user", "create", "ada@example.org", "--name", "Ada"}, PASSWORD, 1, "already in use", NULL},
    {{"user", "create", "bob@example.org"}, "short\n", 1, "12 to 128", "short"},
    {{"user", "create", "bob@example.org"}, NULL, 1, "no password came", NULL},
    {{"user", "create", "Bob@example.org"}, PASSWORD, 0, "The account was made.", NULL},
    {{"user", "list"}, NULL, 0, "ada@example.org  Ada L.", NULL},
    {{"user", "list", "--search", "bob"}, NULL, 0, "bob@example.org", "ada@"},
    {{"user", "demote", "ada@example.org"}, NULL, 1, "last active superadmin", NULL},
    {{"user", "promote", "BOB@example.org"}, NULL, 0, "Promoted.", NULL},
    {{"user", "demote", "ada@example.org"}, NULL, 0, "Demoted", NULL},
    {{"user", "promote", "ada@example.org", "--role", "emperor"},
     NULL,
     1,
     "accesses must be",
     NULL},
    {{"user", "disable", "ada@example.org"}, NULL, 0, "Disabled", NULL},
    {{"user", "list", "--search", "ada"}, NULL, 0, "false", "true"},
    {{"user", "enable", "ada@example.org"}, NULL, 0, "Enabled.", NULL},
    {{"user", "password", "ada@example.org"}, "another good one\n", 0, "was changed", "good one"},
    {{"user", "password", "eve@example.org"}, PASSWORD, 1, "nobody has the address eve@", NULL},
    {{"user", "disable", "no-such-id"}, NULL, 1, "User not found", NULL},
    {{"user", "list", "--limit", "0"}, NULL, 2, "--limit: expected a number", NULL},
};

static void works_on_a_stopped_server(void **state)
{
    (void)state;
    STEPS(life);
    json_t *json = operate_json((const char *[]){"user", "list", NULL});
    assert_int_equal(json_array_size(json_object_get(json, "users")), 2);
    assert_int_equal(json_integer_value(json_object_get(json, "total")), 2);
    json_decref(json);
}

static unsigned log_in(uint16_t port, const char *password)
{
    char body[128];
    struct peer *p;

    snprintf(body, sizeof body, "{\"email\":\"ada@example.org\",\"password\":\"%s\"}", password);
    unsigned status =
        site_ask(port,
                 &(struct ask){"POST", "/api/auth/login", "Content-Type: application/json\r\n",
                               span_of_str(body)},
                 &p);
    peer_free(p);
    return status;
}

static void works_on_a_running_server(void **state)
{
    (void)state;
    static const struct step off[] = {
        {{"user", "disable", "ada@example.org"}, NULL, 0, "Disabled", NULL}};
    struct server s;

    serve(&s, NULL);
    STEPS(life);
    assert_int_equal(log_in(s.port, "another good one"), 200);
    assert_int_equal(log_in(s.port, "correct horse 9"), 401);
    STEPS(off);
    assert_int_equal(log_in(s.port, "another good one"), 403);
    assert_int_equal(end(&s, SIGTERM), 0);
    assert_null(strstr(s.err.text, "good one"));
    server_fini(&s);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(works_on_a_stopped_server, setup, teardown),
        cmocka_unit_test_setup_teardown(works_on_a_running_server, setup, teardown),
    };
    return child_take_path(argc, argv) ? cmocka_run_group_tests(tests, NULL, NULL) : 2;
}
