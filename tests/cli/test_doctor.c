/* SPDX-License-Identifier: Apache-2.0 */
/* `bedrud doctor`: what it finds, and what it says to do. */
#include "serving.h"

#include "../net/tls_kit.h"

#include <jansson.h>
#include <sys/stat.h>

/* The verdict of one check, with these arguments behind; the text and advice in *says. */
static int ask(const char *const *more, const char *check, char verdict[8], struct str *says)
{
    const char *args[16] = {"doctor", "--json", "--data-dir", folder};
    struct str out, err;
    size_t i;
    const json_t *one;

    for (unsigned n = 0; more[n]; n++)
        args[4 + n] = more[n];
    int code = child_run(args, &out, &err);
    json_t *json = json_loads(out.text, JSON_REJECT_DUPLICATES, NULL);
    if (!json)
        fail_msg("%s%s", out.text, err.text);
    assert_int_equal(json_is_true(json_object_get(json, "ok")), code == 0);
    verdict[0] = 0;
    str_clear(says);
    json_array_foreach(json_object_get(json, "checks"), i, one)
    {
        if (strcmp(json_string_value(json_object_get(one, "check")), check) != 0)
            continue;
        snprintf(verdict, 8, "%s", json_string_value(json_object_get(one, "verdict")));
        str_printf(says, "%s / %s", json_string_value(json_object_get(one, "text")),
                   json_string_value(json_object_get(one, "advice")));
    }
    json_decref(json);
    str_fini(&out);
    str_fini(&err);
    return code;
}

static void expect(const char *const *more, int code, const char *check, const char *verdict,
                   const char *says)
{
    char got[8];
    struct str text;

    str_init(&text);
    str_append(&text, "");
    int got_code = ask(more, check, got, &text);
    if (got_code != code || strcmp(got, verdict) != 0 || !strstr(text.text, says))
        fail_msg("%s: %d %s: %s", check, got_code, got, text.text);
    str_fini(&text);
}

#define WITH(...) ((const char *const[]){__VA_ARGS__, NULL})

static void looks_at_ports(void **state)
{
    (void)state;
    char address[32], media[8];
    uint16_t port = free_udp_port();

    /* UDP's free port is not known to be one of TCP, so that one is any. */
    snprintf(media, sizeof media, "%u", port);
    expect(WITH("--listen", "127.0.0.1:0", "--media-port", media, "--workers", "1"), 0, "media",
           "ok", "is free");
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    struct sockaddr_in at = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t size = sizeof at;
    assert_int_equal(bind(fd, (struct sockaddr *)(void *)&at, sizeof at), 0);
    assert_int_equal(listen(fd, 1), 0);
    assert_int_equal(getsockname(fd, (struct sockaddr *)(void *)&at, &size), 0);
    snprintf(address, sizeof address, "127.0.0.1:%u", ntohs(at.sin_port));
    expect(WITH("--listen", address), 1, "http", "fail", "choose another with --listen");
    close(fd);
}

static void looks_at_the_data(void **state)
{
    (void)state;
    struct stat st;
    char database[96];

    snprintf(database, sizeof database, "%s/bedrud.db", folder);
    expect(WITH("--listen", "127.0.0.1:0"), 0, "database", "ok", "first start");
    assert_int_equal(stat(database, &st), -1); /* looking makes nothing */
    assert_int_equal(chmod(folder, 0755), 0);
    expect(WITH("--listen", "127.0.0.1:0"), 0, "data", "warn", "chmod 700");
    assert_int_equal(chmod(folder, 0700), 0);
    FILE *f = fopen(database, "w");
    fputs("this is no database, and has never been one, nor will it be", f);
    fclose(f);
    expect(WITH("--listen", "127.0.0.1:0"), 1, "database", "fail", "bedrud db restore");
    expect(WITH("--listen", "127.0.0.1:0", "--data-dir", "/nowhere"), 0, "data", "warn",
           "--data-dir");
}

static void looks_at_a_running_server(void **state)
{
    (void)state;
    struct server s;

    serve(&s, NULL);
    expect(WITH("--media-port", "1"), 0, "server", "ok", "is ready");
    expect(WITH("--media-port", "1"), 0, "ports", "ok", "held by the server");
    expect(WITH("--media-port", "1"), 0, "database", "warn", "bedrud user create");
    assert_int_equal(end(&s, SIGTERM), 0);
    server_fini(&s);
}

static void looks_at_tls_and_addresses(void **state)
{
    (void)state;
    struct tls_kit *kit = tls_kit_new(), *other = tls_kit_new();
    const char *at = "--listen=127.0.0.1:0";

    expect(WITH(at), 0, "tls", "ok", "this machine only");
    expect(WITH(at), 0, "addresses", "ok", "on this machine");
    expect(WITH(at, "--tls-cert", kit->cert_file, "--tls-key", kit->key_file), 0, "tls", "warn",
           "SIGHUP"); /* valid for an hour */
    expect(WITH(at, "--tls-cert", kit->cert_file, "--tls-key", other->key_file), 1, "tls", "fail",
           "no pair");
    expect(WITH(at, "--tls-cert", kit->cert_file, "--tls-key", kit->key_file, "--public-url",
                "https://meet.example.org:8443"),
           1, "tls", "fail", "not for meet.example.org");
    expect(WITH(at, "--public-url", "https://meet.example.org"), 1, "addresses", "fail",
           "--media-ip");
    expect(WITH("--listen", "0.0.0.0:0", "--media-ip", "10.0.0.7"), 1, "addresses", "warn",
           "private");
    tls_kit_free(kit);
    tls_kit_free(other);
}

static void says_it_to_people(void **state)
{
    (void)state;
    const struct child_case cases[] = {
        {{"doctor", "--data-dir", folder, "--listen", "127.0.0.1:0", NULL},
         0,
         "ok    config",
         NULL},
        {{"doctor", "--listen", "nowhere", NULL}, 2, "fail  config     listen", NULL},
    };

    child_check(cases, sizeof cases / sizeof cases[0]);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(looks_at_ports, setup, teardown),
        cmocka_unit_test_setup_teardown(looks_at_the_data, setup, teardown),
        cmocka_unit_test_setup_teardown(looks_at_a_running_server, setup, teardown),
        cmocka_unit_test_setup_teardown(looks_at_tls_and_addresses, setup, teardown),
        cmocka_unit_test_setup_teardown(says_it_to_people, setup, teardown),
    };
    return child_take_path(argc, argv) ? cmocka_run_group_tests(tests, NULL, NULL) : 2;
}
