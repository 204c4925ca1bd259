/* SPDX-License-Identifier: Apache-2.0 */
/* Counting by route and address, in virtual time. */
#include "server/rate.h"

#include "base/limits.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#define MINUTE_US RATE_WINDOW_US

static void counts_in_windows(void **state)
{
    (void)state;
    struct rate *r = rate_new();
    struct addr a = addr_v4(1, 2, 3, 4, 0);

    for (int window = 0; window < 3; window++) {
        int64_t now = window * MINUTE_US + 20 * 1000000;
        for (int i = 0; i < 5; i++)
            assert_int_equal(rate_take(r, now, 1, &a, 5), 0);
        assert_int_equal(rate_take(r, now, 1, &a, 5), 41);
        assert_int_equal(rate_take(r, (window + 1) * MINUTE_US - 1, 1, &a, 5), 1);
    }
    rate_free(r);
}

static void tells_routes_and_addresses_apart(void **state)
{
    (void)state;
    struct rate *r = rate_new();
    struct addr a = addr_v4(1, 2, 3, 4, 0), b = addr_v4(1, 2, 3, 5, 0), port = a;

    port.port = 9;
    assert_int_equal(rate_take(r, 0, 1, &a, 1), 0);
    assert_int_equal(rate_take(r, 0, 2, &a, 1), 0);
    assert_int_equal(rate_take(r, 0, 1, &b, 1), 0);
    assert_int_not_equal(rate_take(r, 0, 1, &port, 1), 0);
    rate_free(r);
}

static void takes_a_network_of_ipv6_for_one(void **state)
{
    (void)state;
    struct rate *r = rate_new();
    struct addr a, same, other;

    assert_true(addr_parse_ip("2001:db8:1:2::1", &a));
    assert_true(addr_parse_ip("2001:db8:1:2:ffff:1:2:3", &same));
    assert_true(addr_parse_ip("2001:db8:1:3::1", &other));
    assert_int_equal(rate_take(r, 0, 1, &a, 1), 0);
    assert_int_not_equal(rate_take(r, 0, 1, &same, 1), 0);
    assert_int_equal(rate_take(r, 0, 1, &other, 1), 0);
    rate_free(r);
}

/* One that asks without end is held back, however many others ask once. */
static void keeps_the_loudest(void **state)
{
    (void)state;
    struct rate *r = rate_new();
    struct addr loud = addr_v4(9, 9, 9, 9, 0);

    for (int i = 0; i < 100; i++)
        rate_take(r, 0, 1, &loud, 50);
    for (uint32_t i = 0; i < 4 * LIMIT_RATE_COUNTERS; i++) {
        struct addr a = addr_v4(10, (uint8_t)(i >> 16), (uint8_t)(i >> 8), (uint8_t)i, 0);
        assert_int_equal(rate_take(r, 0, 1, &a, 50), 0);
    }
    assert_int_not_equal(rate_take(r, 0, 1, &loud, 50), 0);
    rate_free(r);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(counts_in_windows),
        cmocka_unit_test(tells_routes_and_addresses_apart),
        cmocka_unit_test(takes_a_network_of_ipv6_for_one),
        cmocka_unit_test(keeps_the_loudest),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
