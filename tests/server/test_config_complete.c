/* SPDX-License-Identifier: Apache-2.0 */
/* Values that go together and values that do not. */
#include "server/config_complete.h"

#include "base/mem.h"

#include <stdlib.h>

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

struct pair {
    const char *key, *value;
};

/* What is wrong with these values; "" when nothing is. */
static char *fault(const struct pair *pairs)
{
    struct config c = {.media_port = 7882};
    char **texts[] = {&c.tls_cert,    &c.tls_key,     &c.api_key,       &c.api_secret,
                      &c.livekit_url, &c.livekit_key, &c.livekit_secret};
    static const char *const names[] = {"tls_cert",    "tls_key",     "api_key",       "api_secret",
                                        "livekit_url", "livekit_key", "livekit_secret"};
    struct str message;

    str_set(&c.data_dir, "/nowhere");
    addr_parse("127.0.0.1:8090", &c.listen);
    for (; pairs->key; pairs++)
        for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
            if (strcmp(names[i], pairs->key) == 0)
                str_set(texts[i], pairs->value);
    str_init(&message);
    str_append(&message, "");
    bool good = config_complete(&c, &message);
    assert_int_equal(good, message.size == 0);
    if (message.size == 0) {
        assert_string_equal(c.database, "/nowhere/bedrud.db");
        assert_true(c.workers >= 1);
        assert_int_equal(c.media_ip_count, 1);
    }
    config_fini(&c);
    return str_take(&message);
}

static void knows_what_goes_together(void **state)
{
    (void)state;
    static const struct {
        struct pair pairs[4];
        const char *fault; /* its beginning */
    } cases[] = {
        {{{NULL, NULL}}, ""},
        {{{"tls_cert", "a"}}, "tls_cert and tls_key"},
        {{{"tls_cert", "a"}, {"tls_key", "b"}}, ""},
        {{{"api_secret", "a"}}, "api_key and api_secret"},
        {{{"livekit_url", "http://a"}}, "livekit_url, livekit_key and livekit_secret"},
        {{{"livekit_url", "http://a"}, {"livekit_key", "b"}}, "livekit_url, livekit_key and"},
        {{{"livekit_secret", "b"}}, "livekit_url, livekit_key and livekit_secret"},
        {{{"livekit_url", "http://a"}, {"livekit_key", "b"}, {"livekit_secret", "c"}}, ""},
    };

    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        char *got = fault(cases[i].pairs);
        if (cases[i].fault[0] ? strncmp(got, cases[i].fault, strlen(cases[i].fault)) != 0
                              : got[0] != 0)
            fail_msg("case %zu: %s", i, got);
        free(got);
    }
}

static void refuses_ports_beyond_the_last(void **state)
{
    (void)state;
    struct config c = {.media_port = 65535, .workers = 2};
    struct str message;

    str_set(&c.data_dir, "/nowhere");
    str_init(&message);
    assert_false(config_complete(&c, &message));
    assert_non_null(strstr(message.text, "media_port"));
    str_fini(&message);
    config_fini(&c);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(knows_what_goes_together),
        cmocka_unit_test(refuses_ports_beyond_the_last),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
