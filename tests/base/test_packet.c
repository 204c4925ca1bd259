/* SPDX-License-Identifier: Apache-2.0 */
/* The packet pool: its limit, references, reuse. */
#include "base/packet.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static void test_limit(void **state)
{
    (void)state;
    static const uint32_t limits[] = {0, 1, 63, 64, 65, 200};
    struct packet *packets[200];
    for (size_t i = 0; i < sizeof(limits) / sizeof(limits[0]); i++) {
        struct packet_pool *pool = packet_pool_new(limits[i]);
        for (uint32_t n = 0; n < limits[i]; n++) {
            packets[n] = packet_new(pool);
            assert_non_null(packets[n]);
            memset(packets[n]->data, (int)n, PACKET_CAPACITY);
        }
        assert_null(packet_new(pool));
        assert_int_equal(packet_pool_in_use(pool), limits[i]);
        for (uint32_t n = 0; n < limits[i]; n++) {
            assert_int_equal(packets[n]->data[0], (uint8_t)n);
            assert_int_equal(packets[n]->data[PACKET_CAPACITY - 1], (uint8_t)n);
            packet_unref(packets[n]);
        }
        assert_int_equal(packet_pool_in_use(pool), 0);
        packet_pool_free(pool);
    }
}

static void test_references(void **state)
{
    (void)state;
    struct packet_pool *pool = packet_pool_new(1);
    struct packet *p = packet_new(pool);
    assert_ptr_equal(packet_ref(p), p);
    packet_unref(p);
    assert_null(packet_new(pool));
    packet_unref(p);
    assert_int_equal(packet_pool_in_use(pool), 0);
    packet_unref(NULL);
    packet_pool_free(pool);
    packet_pool_free(NULL);
}

static void test_comes_back_clean(void **state)
{
    (void)state;
    struct packet_pool *pool = packet_pool_new(8);
    struct packet *p = packet_new(pool);
    p->size = 99;
    p->received_us = 5;
    p->from = addr_v4(1, 2, 3, 4, 5);
    packet_unref(p);
    struct packet *again = packet_new(pool);
    struct addr none = {0};
    assert_ptr_equal(again, p); /* the one that is still in the cache */
    assert_int_equal(again->size, 0);
    assert_int_equal(again->received_us, 0);
    assert_true(addr_equal(&again->from, &none));
    packet_unref(again);
    packet_pool_free(pool);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_limit),
        cmocka_unit_test(test_references),
        cmocka_unit_test(test_comes_back_clean),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
