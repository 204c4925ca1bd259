/* SPDX-License-Identifier: Apache-2.0 */
/* Calls to a running server: the answer, or a message that says what is wrong and what to do. */
#include "cli/remote.h"

#include "../net/tls_kit.h"
#include "../server/site.h"

static struct tls_kit *kit;

static int setup(void **state)
{
    (void)state;
    kit = tls_kit_new();
    return kit ? 0 : -1;
}

static int teardown(void **state)
{
    (void)state;
    tls_kit_free(kit);
    return 0;
}

static char folder[] = "/a/folder";

/* What the tests ask for: all rooms. */
static int list(struct remote *r, const char *method, struct str *message)
{
    char identity[] = "test";
    struct grant grant = {.identity = identity};
    struct claims claims = {.grant = &grant, .room_list = true};
    struct str answer;

    r->config.data_dir = folder;
    str_init(&answer);
    str_init(message);
    str_append(message, "");
    int code = remote_call(r, &claims, method, span_of(NULL, 0), &answer, message);
    assert_true(code != 0 || answer.size == 0); /* no rooms, no bytes */
    str_fini(&answer);
    return code;
}

static void expect(struct remote *r, const char *method, int code, const char *says)
{
    struct str message;
    int got = list(r, method, &message);

    if (got != code || !strstr(message.text, says))
        fail_msg("%d: %s", got, message.text);
    assert_true(code != 0 || message.size == 0);
    assert_null(strstr(message.text, "eyJ"));
    str_fini(&message);
}

static void calls_a_server(void **state)
{
    (void)state;
    struct site site;
    struct remote r = {0};

    site_start(&site, 2);
    r.config.listen = addr_v4(127, 0, 0, 1, site.port);
    token_keys_add(&r.keys, KIT_KEY, KIT_SECRET);
    expect(&r, "bedrud.Rooms/List", 0, "");
    r.config.listen = addr_v4(0, 0, 0, 0, site.port);
    expect(&r, "bedrud.Rooms/List", 0, "");
    expect(&r, "bedrud.Rooms/Frobnicate", 1, "no such method");
    expect(&r, "../../m/room", 1, "HTTP status 405");
    token_keys_fini(&r.keys);
    token_keys_add(&r.keys, KIT_KEY, "another");
    expect(&r, "bedrud.Rooms/List", 1, "API key of /a/folder: name its --data-dir");
    site_stop(&site);
    expect(&r, "bedrud.Rooms/List", 1, "no answer from http://127.0.0.1:");
    token_keys_fini(&r.keys);
    expect(&r, "bedrud.Rooms/List", 1, "no API key");
}

/* By its own certificate only. */
static void trusts_the_own_certificate(void **state)
{
    (void)state;
    struct tls_kit *other = tls_kit_new();
    struct site site;
    struct remote r = {0};

    site_configure(&site, 1);
    str_set(&site.config.tls_cert, kit->cert_file);
    str_set(&site.config.tls_key, kit->key_file);
    site_run_it(&site);
    r.config.listen = addr_v4(127, 0, 0, 1, site.port);
    r.config.tls_cert = kit->cert_file;
    token_keys_add(&r.keys, KIT_KEY, KIT_SECRET);
    expect(&r, "bedrud.Rooms/List", 0, "");
    r.config.tls_cert = other->cert_file;
    expect(&r, "bedrud.Rooms/List", 1, "no answer from https://127.0.0.1:");
    token_keys_fini(&r.keys);
    site_stop(&site);
    tls_kit_free(other);
}

/* A proxy in the environment would get the token. */
static void asks_no_proxy(void **state)
{
    (void)state;
    struct site site;
    struct remote r = {0};

    setenv("http_proxy", "http://127.0.0.1:1", 1);
    setenv("ALL_PROXY", "http://127.0.0.1:1", 1);
    site_start(&site, 1);
    r.config.listen = addr_v4(127, 0, 0, 1, site.port);
    token_keys_add(&r.keys, KIT_KEY, KIT_SECRET);
    expect(&r, "bedrud.Rooms/List", 0, "");
    token_keys_fini(&r.keys);
    site_stop(&site);
    unsetenv("http_proxy");
    unsetenv("ALL_PROXY");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(calls_a_server),
        cmocka_unit_test(trusts_the_own_certificate),
        cmocka_unit_test(asks_no_proxy),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
