/* SPDX-License-Identifier: Apache-2.0 */
/* `bedrud db` on a server's data directory, while it runs and while it does not. */
#include "serving.h"

#include <glob.h>
#include <jansson.h>

/* With the folder behind these arguments. */
static int db(const char *what, const char *file, const char *more, struct str *out,
              struct str *err)
{
    const char *args[8] = {"db", what};
    unsigned n = 2;

    if (file)
        args[n++] = file;
    args[n++] = "--data-dir";
    args[n++] = folder;
    args[n] = more;
    return child_run(args, out, err);
}

static void expect(const char *what, const char *file, int code, const char *says)
{
    struct str out, err;
    int got = db(what, file, NULL, &out, &err);

    if (got != code || !strstr(code ? err.text : out.text, says))
        fail_msg("db %s: %d: %s%s", what, got, out.text, err.text);
    str_fini(&out);
    str_fini(&err);
}

static json_t *status_json(void)
{
    struct str out, err;

    assert_int_equal(db("status", NULL, "--json", &out, &err), 0);
    json_t *json = json_loads(out.text, JSON_REJECT_DUPLICATES, NULL);
    assert_non_null(json);
    str_fini(&out);
    str_fini(&err);
    return json;
}

static void expect_status(bool running, int64_t users)
{
    json_t *json = status_json();

    assert_true(json_is_true(json_object_get(json, "current")));
    assert_int_equal(json_is_true(json_object_get(json, "running")), running);
    assert_int_equal(json_integer_value(json_object_get(json, "users")), users);
    json_decref(json);
}

static void add_guest(uint16_t port)
{
    struct peer *p;

    assert_int_equal(site_ask(port,
                              &(struct ask){"POST", "/api/auth/guest-login",
                                            "Content-Type: application/json\r\n",
                                            SPAN_LITERAL("{\"name\":\"Somebody\"}")},
                              &p),
                     200);
    peer_free(p);
}

static void remove_kept(void)
{
    char pattern[128];
    glob_t found;

    snprintf(pattern, sizeof pattern, "%s/bedrud.db-before-restore-*", folder);
    assert_int_equal(glob(pattern, 0, NULL, &found), 0);
    for (size_t i = 0; i < found.gl_pathc; i++)
        unlink(found.gl_pathv[i]);
    globfree(&found);
}

static void works_beside_a_server(void **state)
{
    (void)state;
    struct server s;
    char copy[96];

    snprintf(copy, sizeof copy, "%s/copy.db", folder);
    expect("status", NULL, 1, "there is no database");
    expect("migrate", NULL, 0, "The schema is version ");
    expect_status(false, 0);
    serve(&s, NULL);
    add_guest(s.port);
    expect_status(true, 1);
    expect("backup", copy, 0, copy);
    expect("backup", copy, 1, "File exists");
    expect("migrate", NULL, 1, "a server runs");
    expect("restore", copy, 1, "a server runs");
    add_guest(s.port);
    expect_status(true, 2);
    assert_int_equal(end(&s, SIGTERM), 0);
    expect_status(false, 2);
    expect("restore", copy, 0, "bedrud.db-before-restore-");
    expect_status(false, 1);
    remove_kept();
    unlink(copy);
    server_fini(&s);
}

/* A password in the URL is not repeated, neither by status nor by errors. */
static void keeps_passwords(void **state)
{
    (void)state;
    struct str out, err;

    assert_int_equal(child_run((const char *[]){"db", "status", "--database",
                                                "postgres://bedrud:hunter2@127.0.0.1:1/x", NULL},
                               &out, &err),
                     1);
    assert_null(strstr(err.text, "hunter2"));
    assert_non_null(strstr(err.text, "PostgreSQL"));
    str_fini(&out);
    str_fini(&err);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(works_beside_a_server, setup, teardown),
        cmocka_unit_test_setup_teardown(keeps_passwords, setup, teardown),
    };
    return child_take_path(argc, argv) ? cmocka_run_group_tests(tests, NULL, NULL) : 2;
}
