/* SPDX-License-Identifier: Apache-2.0 */
/* `bedrud token create`: tokens that the server takes, with the grants asked for. */
#include "child.h"

#include "server/secrets.h"
#include "wire/signal.h"

#include <jansson.h>

static char *folder;
static struct token_keys keys;

static int setup(void **state)
{
    (void)state;
    folder = child_folder();
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    token_keys_fini(&keys);
    child_folder_remove(folder);
    return 0;
}

/* Runs `token create` for alice in room r with up to six more arguments; the claims. */
static struct claims create(const char *const *more)
{
    const char *args[16] = {"token",      "create", "--room",     "r",
                            "--identity", "alice",  "--data-dir", folder};
    struct config config = {.data_dir = folder, .dev = true};
    struct claims claims;
    struct str out, err;

    for (unsigned i = 0; more[i]; i++)
        args[8 + i] = more[i];
    if (child_run(args, &out, &err) != 0)
        fail_msg("%s", err.text);
    assert_int_equal(err.size, 0);
    if (keys.count == 0)
        assert_int_equal(secrets_open(&config, &keys, &err), 0);
    out.text[strcspn(out.text, "\n")] = 0;
    assert_int_equal(token_verify(&keys, span_of_str(out.text), clock_unix_ms() / 1000, &claims),
                     TOKEN_OK);
    str_fini(&out);
    str_fini(&err);
    return claims;
}

static void signs_for_an_hour(void **state)
{
    (void)state;
    struct claims c = create((const char *[]){"--name", "Alice", NULL});
    int64_t left_s = c.grant->expires_unix_s - clock_unix_ms() / 1000;

    assert_true(left_s > 3590 && left_s <= 3600);
    assert_string_equal(c.grant->room, "r");
    assert_string_equal(c.grant->identity, "alice");
    assert_string_equal(c.grant->name, "Alice");
    assert_string_equal(c.grant->key_id, keys.keys[0].id);
    assert_true(c.room_join && !c.room_admin && !c.room_create && !c.room_list);
    assert_true(c.grant->permission.can_publish && c.grant->permission.can_subscribe &&
                c.grant->permission.can_publish_data && !c.grant->permission.hidden);
    claims_fini(&c);
}

static void applies_grants(void **state)
{
    (void)state;
    struct claims c = create((const char *[]){"--grant", "admin,list", "--grant", "no-data,camera",
                                              "--ttl", "7d", NULL});

    assert_true(c.room_admin && c.room_list && !c.room_create);
    assert_false(c.grant->permission.can_publish_data);
    assert_int_equal(c.grant->permission.sources, 1u << LIVEKIT__TRACK_SOURCE__CAMERA);
    assert_true(c.grant->expires_unix_s > clock_unix_ms() / 1000 + 6 * 86400);
    claims_fini(&c);
}

static void signs_with_the_customary_key(void **state)
{
    (void)state;
    struct claims c = create((const char *[]){"--dev", NULL});

    assert_string_equal(c.grant->key_id, "devkey");
    claims_fini(&c);
}

static void prints_json(void **state)
{
    (void)state;
    struct str out, err;

    assert_int_equal(child_run((const char *[]){"token", "create", "--room", "r", "--identity", "i",
                                                "--json", "--data-dir", folder, NULL},
                               &out, &err),
                     0);
    json_t *json = json_loads(out.text, 0, NULL);
    assert_non_null(json_string_value(json_object_get(json, "token")));
    assert_true(json_integer_value(json_object_get(json, "expires")) > clock_unix_ms() / 1000);
    json_decref(json);
    str_fini(&out);
    str_fini(&err);
}

static void names_what_is_wrong(void **state)
{
    (void)state;
#define CREATE "token", "create", "--room", "r"
    static const struct child_case cases[] = {
        {{"token"}, 2, NULL, "usage: bedrud token create"},
        {{"token", "make"}, 2, NULL, "usage: bedrud token create"},
        {{"token", "create"}, 2, NULL, "--room and --identity"},
        {{CREATE}, 2, NULL, "--room and --identity"},
        {{CREATE, "--identity", ""}, 2, NULL, "--room and --identity"},
        {{CREATE, "--identity"}, 2, NULL, "--identity"},
        {{CREATE, "--ttl", "1y"}, 2, NULL, "1y"},
        {{CREATE, "--ttl", "366d"}, 2, NULL, "366d"},
        {{CREATE, "--ttl", "-1h"}, 2, NULL, "-1h"},
        {{CREATE, "--ttl", "h"}, 2, NULL, "--ttl"},
        {{CREATE, "--grant", "admin,root"}, 2, NULL, "admin,root"},
        {{CREATE, "--grant", ""}, 2, NULL, "--grant"},
        {{CREATE, "--frobnicate", "1"}, 2, NULL, "--frobnicate"},
        {{"token", "create", "--help"}, 0, "--grant GRANT", NULL},
    };

    child_check(cases, sizeof cases / sizeof cases[0]);
}

static void fails_without_a_folder(void **state)
{
    (void)state;
    struct str out, err;

    assert_int_equal(child_run((const char *[]){"token", "create", "--room", "r", "--identity", "i",
                                                "--data-dir", "/proc/none", NULL},
                               &out, &err),
                     1);
    assert_int_equal(out.size, 0);
    assert_non_null(strstr(err.text, "/proc/none"));
    str_fini(&out);
    str_fini(&err);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(signs_for_an_hour),
        cmocka_unit_test(applies_grants),
        cmocka_unit_test(signs_with_the_customary_key),
        cmocka_unit_test(prints_json),
        cmocka_unit_test(names_what_is_wrong),
        cmocka_unit_test(fails_without_a_folder),
    };
    if (!child_take_path(argc, argv))
        return 2;
    return cmocka_run_group_tests(tests, setup, teardown);
}
