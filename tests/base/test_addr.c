/* SPDX-License-Identifier: Apache-2.0 */
/* Addresses from text and back, their kinds and keys. */
#include "base/addr.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static void test_parse_ip(void **state)
{
    (void)state;
    static const struct {
        const char *text, *want; /* NULL: refused */
        bool v4, loopback, any;
    } cases[] = {
        {"1.2.3.4", "1.2.3.4", true, false, false},
        {"127.0.0.1", "127.0.0.1", true, true, false},
        {"127.255.0.9", "127.255.0.9", true, true, false},
        {"0.0.0.0", "0.0.0.0", true, false, true},
        {"::1", "::1", false, true, false},
        {"::", "::", false, false, true},
        {"2001:DB8::0:1", "2001:db8::1", false, false, false},
        {"::ffff:10.0.0.1", "10.0.0.1", true, false, false},
        {"", NULL, false, false, false},
        {"1.2.3", NULL, false, false, false},
        {"1.2.3.256", NULL, false, false, false},
        {"1.2.3.4:80", NULL, false, false, false},
        {" 1.2.3.4", NULL, false, false, false},
        {"[::1]", NULL, false, false, false},
        {"fe80::1%eth0", NULL, false, false, false},
        {"4c6ab1d0-2d5c-4c4a-9e9b-111111111111.local", NULL, false, false, false},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct addr a;
        char text[ADDR_TEXT_MAX];
        bool good = addr_parse_ip(cases[i].text, &a);
        assert_int_equal(good, cases[i].want != NULL);
        if (!good)
            continue;
        assert_string_equal(addr_format(&a, false, text), cases[i].want);
        assert_int_equal(a.port, 0);
        assert_int_equal(addr_is_v4(&a), cases[i].v4);
        assert_int_equal(addr_is_loopback(&a), cases[i].loopback);
        assert_int_equal(addr_is_any(&a), cases[i].any);
    }
}

static void test_parse(void **state)
{
    (void)state;
    static const struct {
        const char *text, *want;
    } cases[] = {
        {"1.2.3.4:80", "1.2.3.4:80"},
        {"1.2.3.4:0", "1.2.3.4:0"},
        {"1.2.3.4:65535", "1.2.3.4:65535"},
        {"[::1]:443", "[::1]:443"},
        {"[::ffff:1.2.3.4]:5", "1.2.3.4:5"},
        {"1.2.3.4:65536", NULL},
        {"1.2.3.4:100000000000", NULL},
        {"1.2.3.4:", NULL},
        {"1.2.3.4", NULL},
        {"1.2.3.4:+8", NULL},
        {"1.2.3.4: 8", NULL},
        {"1.2.3.4:8a", NULL},
        {"[1.2.3.4]:80", NULL},
        {"::1:80", NULL},
        {"[::1]", NULL},
        {"[::1]80", NULL},
        {"[::1:80", NULL},
        {":80", NULL},
        {"", NULL},
        {"[0000000000000000000000000000000000000000000000000000000000000000000000]:1", NULL},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct addr a = {.port = 7}, before = a;
        char text[ADDR_TEXT_MAX];
        if (addr_parse(cases[i].text, &a) != (cases[i].want != NULL))
            fail_msg("%s", cases[i].text);
        if (cases[i].want)
            assert_string_equal(addr_format(&a, true, text), cases[i].want);
        else
            assert_true(addr_equal(&a, &before));
    }
}

static void test_longest_text(void **state)
{
    (void)state;
    struct addr a;
    char text[ADDR_TEXT_MAX];
    assert_true(addr_parse("[1111:2222:3333:4444:5555:6666:7777:8888]:65535", &a));
    assert_string_equal(addr_format(&a, true, text),
                        "[1111:2222:3333:4444:5555:6666:7777:8888]:65535");
}

static void test_equal_and_key(void **state)
{
    (void)state;
    struct addr a = addr_v4(192, 0, 2, 1, 5000), others[4] = {a, a, a, a};
    assert_true(addr_equal(&a, &others[0]));
    assert_true(span_equal(addr_key(&a), addr_key(&others[0])));
    assert_int_equal(addr_key(&a).size, 20);
    others[1].ip[15]++;
    others[2].port++;
    others[3].local++;
    for (size_t i = 1; i < 4; i++) {
        assert_false(addr_equal(&a, &others[i]));
        assert_false(span_equal(addr_key(&a), addr_key(&others[i])));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_parse_ip),
        cmocka_unit_test(test_parse),
        cmocka_unit_test(test_longest_text),
        cmocka_unit_test(test_equal_and_key),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
