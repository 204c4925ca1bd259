/* SPDX-License-Identifier: Apache-2.0 */
/* Configuration: precedence, and errors that name key, value and way out. */
#include "server/config.h"

#include "../temp.h"
#include "base/mem.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

static char path[TEMP_SIZE];

static int setup(void **state)
{
    (void)state;
    int fd = mkstemp(temp_path(path, "config"));
    if (fd < 0)
        return -1;
    close(fd);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    return unlink(path);
}

static void write_file(const char *text)
{
    FILE *f = fopen(path, "w");

    assert_non_null(f);
    fputs(text, f);
    fclose(f);
}

#define LOAD(config, message, ...)                                                                 \
    load((config), (message), (char *[]){(char *)(uintptr_t) "run", __VA_ARGS__, NULL})

static enum config_result load(struct config *c, struct str *message, char **argv)
{
    int argc = 0;

    while (argv[argc])
        argc++;
    str_init(message);
    return config_load(argc, argv, c, message);
}

#define ARG(text) ((char *)(uintptr_t)(text))

static void has_defaults(void **state)
{
    (void)state;
    struct config c;
    struct str m;
    char text[ADDR_TEXT_MAX];

    assert_int_equal(load(&c, &m, (char *[]){ARG("run"), NULL}), CONFIG_OK);
    assert_string_equal(addr_format(&c.listen, true, text), "127.0.0.1:8090");
    assert_int_equal(c.media_port, 7882);
    assert_string_equal(c.data_dir, "./data");
    assert_true(c.workers >= 1);
    assert_int_equal(c.media_ip_count, 1);
    assert_string_equal(addr_format(&c.media_ips[0], false, text), "127.0.0.1");
    config_fini(&c);
    str_fini(&m);
}

static void flag_beats_variable_beats_file(void **state)
{
    (void)state;
    struct config c;
    struct str m;

    write_file("workers: 2\nmedia_port: 9000\nlog: warn\n");
    setenv("BEDRUD_WORKERS", "3", 1);
    setenv("BEDRUD_MEDIA_PORT", "9100", 1);
    assert_int_equal(LOAD(&c, &m, ARG("--config"), path, ARG("--workers=4")), CONFIG_OK);
    assert_int_equal(c.workers, 4);
    assert_int_equal(c.media_port, 9100);
    assert_int_equal(c.log, LOG_WARN);
    config_fini(&c);
    str_fini(&m);
    assert_int_equal(LOAD(&c, &m, ARG("--config"), path, ARG("--print-config")), CONFIG_PRINT);
    assert_non_null(strstr(m.text, "workers: \"3\" # variable"));
    assert_non_null(strstr(m.text, "log: \"warn\" # file"));
    assert_non_null(strstr(m.text, "listen: \"127.0.0.1:8090\" # default"));
    config_fini(&c);
    str_fini(&m);
    unsetenv("BEDRUD_WORKERS");
    unsetenv("BEDRUD_MEDIA_PORT");
}

static void masks_the_secret(void **state)
{
    (void)state;
    struct config c;
    struct str m;
    static const char secret[] = "0123456789abcdef0123456789abcdef";

    setenv("BEDRUD_API_KEY", "APItest", 1);
    setenv("BEDRUD_API_SECRET", secret, 1);
    assert_int_equal(LOAD(&c, &m, ARG("--print-config")), CONFIG_PRINT);
    assert_null(strstr(m.text, secret));
    assert_non_null(strstr(m.text, "api_secret: \"********\" # variable"));
    config_fini(&c);
    str_fini(&m);
    setenv("BEDRUD_API_SECRET", "short", 1);
    assert_int_equal(LOAD(&c, &m, ARG("--print-config")), CONFIG_ERROR);
    assert_null(strstr(m.text, "short"));
    config_fini(&c);
    str_fini(&m);
    unsetenv("BEDRUD_API_KEY");
    unsetenv("BEDRUD_API_SECRET");
}

/* Each error names the key and the value. */
static void names_what_is_wrong(void **state)
{
    (void)state;
    static const struct {
        const char *flag, *key, *value;
    } cases[] = {
        {"--listen=nowhere", "listen", "nowhere"},
        {"--listen=127.0.0.1:99999", "listen", "99999"},
        {"--media-ip=1.2.3", "media_ip", "1.2.3"},
        {"--media-ip=0.0.0.0", "media_ip", "0.0.0.0"},
        {"--media-port=0", "media_port", "\"0\""},
        {"--workers=many", "workers", "many"},
        {"--log=loud", "log", "loud"},
        {"--frobnicate=1", "--frobnicate", "--help"},
        {"--workers", "--workers", "value"},
    };

    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct config c;
        struct str m;
        assert_int_equal(LOAD(&c, &m, ARG(cases[i].flag)), CONFIG_ERROR);
        assert_non_null(strstr(m.text, cases[i].key));
        assert_non_null(strstr(m.text, cases[i].value));
        config_fini(&c);
        str_fini(&m);
    }
}

static void refuses_dev_beyond_loopback(void **state)
{
    (void)state;
    struct config c;
    struct str m;

    assert_int_equal(LOAD(&c, &m, ARG("--dev"), ARG("--listen"), ARG("0.0.0.0:8090")),
                     CONFIG_ERROR);
    assert_non_null(strstr(m.text, "dev"));
    config_fini(&c);
    str_fini(&m);
    assert_int_equal(LOAD(&c, &m, ARG("--dev"), ARG("--listen"), ARG("[::1]:8090")), CONFIG_OK);
    assert_true(c.dev);
    config_fini(&c);
    str_fini(&m);
}

static void refuses_unknown_keys_of_the_file(void **state)
{
    (void)state;
    struct config c;
    struct str m;

    write_file("wrokers: 2\n");
    assert_int_equal(LOAD(&c, &m, ARG("--config"), path), CONFIG_ERROR);
    assert_non_null(strstr(m.text, "wrokers"));
    config_fini(&c);
    str_fini(&m);
    assert_int_equal(LOAD(&c, &m, ARG("--config=/nonexistent.yaml")), CONFIG_ERROR);
    assert_non_null(strstr(m.text, "/nonexistent.yaml"));
    config_fini(&c);
    str_fini(&m);
}

static void knows_where_the_data_are(void **state)
{
    (void)state;
    struct config c;
    struct str m;

    assert_int_equal(LOAD(&c, &m, ARG("--data-dir=/srv/x")), CONFIG_OK);
    assert_string_equal(c.database, "/srv/x/bedrud.db");
    assert_null(c.public_url);
    assert_int_equal(c.trusted_proxies.count, 0);
    assert_true(c.rate_limits);
    config_fini(&c);
    str_fini(&m);
    assert_int_equal(LOAD(&c, &m, ARG("--print-config")), CONFIG_PRINT);
    assert_non_null(strstr(m.text, "database: \"./data/bedrud.db\" # default"));
    config_fini(&c);
    str_fini(&m);
    /* A password in it is nobody's business. */
    assert_int_equal(
        LOAD(&c, &m, ARG("--database"), ARG("postgres://a:geheim@h/b"), ARG("--print-config")),
        CONFIG_PRINT);
    assert_string_equal(c.database, "postgres://a:geheim@h/b");
    assert_null(strstr(m.text, "geheim"));
    config_fini(&c);
    str_fini(&m);
}

static void checks_addresses_of_others(void **state)
{
    (void)state;
    static const struct {
        const char *flag;
        bool good;
    } cases[] = {{"--public-url=https://meet.example.org", true},
                 {"--public-url=http://10.0.0.1:8090", true},
                 {"--public-url=https://[::1]:8090", true},
                 {"--public-url=https://meet.example.org/", false},
                 {"--public-url=https://Meet.example.org", false},
                 {"--public-url=https://", false},
                 {"--public-url=ftp://meet.example.org", false},
                 {"--public-url=meet.example.org", false},
                 {"--trusted-proxy=127.0.0.1,10.0.0.0/8", true},
                 {"--trusted-proxy=proxy", false},
                 {"--cors-origins=https://a.example.org,http://localhost:3000", true},
                 {"--cors-origins=*", false},
                 {"--cors-origins=https://a.example.org,", true},
                 {"--cors-origins=https://a.example.org,*", false},
                 {"--cors-origins=https://a.example.org/x", false},
                 {"--cors-origins=null", false},
                 {"--cors-origins=", false},
                 {"--rate-limits=false", true},
                 {"--rate-limits=maybe", false}};

    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct config c;
        struct str m;
        enum config_result r = LOAD(&c, &m, ARG(cases[i].flag));
        if (r != (cases[i].good ? CONFIG_OK : CONFIG_ERROR))
            fail_msg("%s: %s", cases[i].flag, m.text ? m.text : "taken");
        config_fini(&c);
        str_fini(&m);
    }
}

static void knows_another_media_server(void **state)
{
    (void)state;
    struct config c;
    struct str m;

    setenv("BEDRUD_LIVEKIT_SECRET", "devsecret", 1);
    assert_int_equal(load(&c, &m,
                          (char *[]){ARG("run"), ARG("--livekit-url"), ARG("wss://media.example"),
                                     ARG("--livekit-key"), ARG("devkey"), NULL}),
                     CONFIG_OK);
    assert_string_equal(c.livekit_url, "https://media.example");
    assert_string_equal(c.livekit_key, "devkey");
    assert_string_equal(c.livekit_secret, "devsecret");
    config_fini(&c);
    str_fini(&m);
    assert_int_equal(
        load(&c, &m, (char *[]){ARG("run"), ARG("--livekit-url"), ARG("http://a/b"), NULL}),
        CONFIG_ERROR);
    assert_non_null(strstr(m.text, "livekit_url"));
    config_fini(&c);
    str_fini(&m);
    unsetenv("BEDRUD_LIVEKIT_SECRET");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(has_defaults),
        cmocka_unit_test(flag_beats_variable_beats_file),
        cmocka_unit_test(masks_the_secret),
        cmocka_unit_test(names_what_is_wrong),
        cmocka_unit_test(refuses_dev_beyond_loopback),
        cmocka_unit_test(refuses_unknown_keys_of_the_file),
        cmocka_unit_test(knows_where_the_data_are),
        cmocka_unit_test(checks_addresses_of_others),
        cmocka_unit_test(knows_another_media_server),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
