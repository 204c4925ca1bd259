/* SPDX-License-Identifier: Apache-2.0 */
/* The byte queue: what goes in comes out, however it is cut. */
#include "net/web_buffer.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

static void test_empty(void **state)
{
    (void)state;
    struct web_buffer b = {0};
    assert_int_equal(web_buffer_size(&b), 0);
    assert_int_equal(web_buffer_span(&b).size, 0);
    web_buffer_append(&b, span_of(NULL, 0));
    web_buffer_take(&b, 0);
    assert_int_equal(b.capacity, 0);
    web_buffer_clear(&b);
}

static void test_queue(void **state)
{
    (void)state;
    struct web_buffer b = {0};
    uint8_t in = 0, out = 0;
    unsigned seed = 1, balance = 0;
    for (unsigned round = 0; round < 2000; round++) {
        uint8_t bytes[700];
        seed = seed * 1103515245 + 12345;
        size_t n = (seed >> 16) % sizeof(bytes);
        for (size_t i = 0; i < n; i++)
            bytes[i] = in++;
        web_buffer_append(&b, span_of(bytes, n));
        balance += (unsigned)n;
        seed = seed * 1103515245 + 12345;
        size_t taken = (seed >> 16) % (balance + 1);
        for (size_t i = 0; i < taken; i++)
            assert_int_equal(web_buffer_bytes(&b)[i], out++);
        web_buffer_take(&b, taken);
        balance -= (unsigned)taken;
        assert_int_equal(web_buffer_size(&b), balance);
    }
    web_buffer_clear(&b);
}

static void test_memory_is_given_back(void **state)
{
    (void)state;
    struct web_buffer b = {0};
    web_buffer_append(&b, SPAN_LITERAL("hello"));
    assert_true(b.capacity > 0);
    web_buffer_take(&b, 2);
    assert_true(span_equal(web_buffer_span(&b), SPAN_LITERAL("llo")));
    web_buffer_take(&b, 3);
    assert_int_equal(b.capacity, 0);
    assert_null(b.data);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_empty),
        cmocka_unit_test(test_queue),
        cmocka_unit_test(test_memory_is_given_back),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
