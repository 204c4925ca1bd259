/* SPDX-License-Identifier: Apache-2.0 */
/* The operator's calls from a subcommand: on the store while no server runs, and to the server
 * while one does. */
#include "cli/remote_api.h"

#include "server/running.h"

#include "../server/site.h"

#include <jansson.h>

static int ask(const struct site *s, const char *method, const char *target, const char *body,
               struct str *answer, struct str *message)
{
    char *argv[] = {(char *)(uintptr_t) "x", (char *)(uintptr_t) "--data-dir",
                    (char *)(uintptr_t)s->folder};
    struct remote_api r;

    str_init(answer);
    str_init(message);
    str_append(message, "");
    int code = remote_api_open(&r, 3, argv, message);
    if (code == 0)
        code = remote_api_ask(&r, &(struct api_local){method, target, span_of_str(body)}, answer,
                              message);
    remote_api_close(&r);
    return code;
}

static void expect(const struct site *s, const char *method, const char *target, const char *body,
                   int code, const char *says)
{
    struct str answer, message;
    int got = ask(s, method, target, body, &answer, &message);

    if (got != code || !strstr(code ? message.text : answer.text, says))
        fail_msg("%s: %d: %s%s", target, got, message.text, answer.size ? answer.text : "");
    str_fini(&answer);
    str_fini(&message);
}

static void works_on_both(void **state)
{
    (void)state;
    struct site s;
    char url[64];

    site_configure(&s, 1);
    expect(&s, "POST", "/room/create", "{\"name\":\"one\"}", 0, "\"name\":\"one\"");
    expect(&s, "POST", "/room/create", "{\"name\":\"one\"}", 1, "An active room has this name");
    site_run_it(&s);
    snprintf(url, sizeof url, "http://127.0.0.1:%u", s.port);
    int fd = running_begin(s.folder, url, NULL);
    expect(&s, "GET", "/room/list", NULL, 0, "\"name\":\"one\"");
    expect(&s, "POST", "/room/create", "{\"name\":\"two\"}", 0, "\"name\":\"two\"");
    expect(&s, "DELETE", "/room/none", NULL, 1, "Room not found");
    site_halt(&s);
    /* Its lock still stands: nothing is done behind its back. */
    expect(&s, "GET", "/room/list", NULL, 1, "no answer from http://127.0.0.1:");
    assert_int_equal(ftruncate(fd, 0), 0);
    expect(&s, "GET", "/room/list", NULL, 1, "just starting");
    running_end(fd);
    expect(&s, "GET", "/room/list", NULL, 0, "\"name\":\"two\"");
    site_clear(&s);
}

static void says_what_is_wrong(void **state)
{
    (void)state;
    struct site s = {.folder = "/nowhere/at/all"};

    expect(&s, "GET", "/room/list", NULL, 1, "there is no /nowhere/at/all");
    site_configure(&s, 1);
    expect(&s, "GET", "/room/list", NULL, 0, "[]");
    struct str message;
    struct db *db;
    str_init(&message);
    assert_int_equal(db_open(s.config.database, &db, &message), 0);
    assert_int_equal(db_script(db, "DELETE FROM schema_versions WHERE version > 1"), 0);
    expect(&s, "GET", "/room/list", NULL, 1, "bedrud db migrate");
    assert_int_equal(db_script(db, "INSERT INTO schema_versions VALUES (999, 'later', 1)"), 0);
    expect(&s, "GET", "/room/list", NULL, 1, "version 999");
    db_close(db);
    str_fini(&message);
    site_clear(&s);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(works_on_both),
        cmocka_unit_test(says_what_is_wrong),
    };
    (void)argc;
    (void)argv;
    return cmocka_run_group_tests(tests, NULL, NULL);
}
