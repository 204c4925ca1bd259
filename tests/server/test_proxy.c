/* SPDX-License-Identifier: Apache-2.0 */
/* Who asks, seen through proxies: only those that are trusted are believed. */
#include "server/proxy.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

static void reads_lists(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        unsigned count; /* 0: refused */
    } cases[] = {{"127.0.0.1", 1},
                 {"10.0.0.0/8,::1,fd00::/8", 3},
                 {"0.0.0.0/0", 1},
                 {"", 0},
                 {",", 0},
                 {"10.0.0.0/33", 0},
                 {"10.0.0.0/", 0},
                 {"10.0.0.0/-1", 0},
                 {"10.0.0.0/8x", 0},
                 {"::1/129", 0},
                 {"proxy.example.org", 0},
                 {"1.2.3.4,", 1},
                 {"1.1.1.1,,2.2.2.2", 0},
                 {"1.1.1.1,1.1.1.1,1.1.1.1,1.1.1.1,1.1.1.1,1.1.1.1,1.1.1.1,1.1.1.1,1.1.1.1,1.1.1.1,"
                  "1.1.1.1,1.1.1.1,1.1.1.1,1.1.1.1,1.1.1.1,1.1.1.1,1.1.1.1",
                  0}};

    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct proxy_nets n;
        bool good = proxy_parse(cases[i].text, &n);
        if (good != (cases[i].count > 0) || (good && n.count != cases[i].count))
            fail_msg("%s", cases[i].text);
    }
}

static void finds_the_client(void **state)
{
    (void)state;
    static const struct {
        const char *trusted, *peer, *forwarded, *client;
    } cases[] = {
        /* Nobody is trusted. */
        {NULL, "10.0.0.1", "1.1.1.1", "10.0.0.1"},
        /* The proxy. */
        {"10.0.0.1", "10.0.0.1", "1.1.1.1", "1.1.1.1"},
        {"10.0.0.1", "10.0.0.1", NULL, "10.0.0.1"},
        {"10.0.0.1", "10.0.0.1", "", "10.0.0.1"},
        /* A stranger who claims to be one. */
        {"10.0.0.1", "10.0.0.2", "1.1.1.1", "10.0.0.2"},
        /* What a client wrote in front does not count. */
        {"10.0.0.1", "10.0.0.1", "6.6.6.6, 1.1.1.1", "1.1.1.1"},
        {"10.0.0.0/8", "10.0.0.1", "6.6.6.6, 1.1.1.1, 10.0.0.2", "1.1.1.1"},
        {"10.0.0.0/8", "10.0.0.1", "10.0.0.3,10.0.0.2", "10.0.0.3"},
        /* Broken entries are passed over by nobody. */
        {"10.0.0.0/8", "10.0.0.1", "1.1.1.1, unknown", "10.0.0.1"},
        {"10.0.0.0/8", "10.0.0.1", "1.1.1.1,, 10.0.0.2", "10.0.0.2"},
        /* Networks end within a byte too, and at the right bit. */
        {"10.16.0.0/12", "10.31.255.255", "1.1.1.1", "1.1.1.1"},
        {"10.16.0.0/12", "10.32.0.0", "1.1.1.1", "10.32.0.0"},
        {"0.0.0.0/0", "9.9.9.9", "1.1.1.1", "1.1.1.1"},
        {"0.0.0.0/0", "2001:db8::1", "1.1.1.1", "2001:db8::1"},
        {"fd00::/8", "fd00::9", "2001:db8::7", "2001:db8::7"},
        {"fd00::/8", "fd00::9", "[2001:db8::7]:443", "2001:db8::7"},
        {"fd00::/8", "fd00::9", "1.1.1.1:80", "1.1.1.1"},
    };

    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct proxy_nets n = {.count = 0};
        struct addr peer, client;
        char text[ADDR_TEXT_MAX];
        if (cases[i].trusted)
            assert_true(proxy_parse(cases[i].trusted, &n));
        assert_true(addr_parse_ip(cases[i].peer, &peer));
        client = proxy_client(&n, &peer, cases[i].forwarded);
        if (strcmp(addr_format(&client, false, text), cases[i].client) != 0)
            fail_msg("%zu: %s instead of %s", i, text, cases[i].client);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reads_lists),
        cmocka_unit_test(finds_the_client),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
