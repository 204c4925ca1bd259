/* SPDX-License-Identifier: Apache-2.0 */
/* Fields in order, overruns at every place. */
#include "base/reader.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static const uint8_t bytes[18] = {0x01, 0x02, 0x03, 0x04, 0x05, 0x06, 0x07, 0x08, 0x09,
                                  0x0a, 0x0b, 0x0c, 0x0d, 0x0e, 0x0f, 0x10, 0x11, 0x12};

static void test_fields(void **state)
{
    (void)state;
    struct reader r = reader_of(span_of(bytes, sizeof(bytes)));
    assert_int_equal(reader_u8(&r), 0x01);
    assert_int_equal(reader_u16(&r), 0x0203);
    assert_int_equal(reader_u24(&r), 0x040506);
    assert_int_equal(reader_u32(&r), 0x0708090a);
    assert_true(reader_u64(&r) == 0x0b0c0d0e0f101112u);
    assert_int_equal(reader_left(&r), 0);
    assert_false(r.bad);
    assert_int_equal(reader_u8(&r), 0);
    assert_true(r.bad);
}

static uint64_t read_sized(struct reader *r, size_t size)
{
    switch (size) {
    case 1:
        return reader_u8(r);
    case 2:
        return reader_u16(r);
    case 3:
        return reader_u24(r);
    case 4:
        return reader_u32(r);
    default:
        return reader_u64(r);
    }
}

/* One byte too few: zero, and nothing is left for a smaller read that follows. */
static void test_overrun(void **state)
{
    (void)state;
    static const size_t sizes[] = {1, 2, 3, 4, 8};
    for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
        struct reader r = reader_of(span_of(bytes, sizes[i] - 1));
        assert_true(read_sized(&r, sizes[i]) == 0);
        assert_true(r.bad);
        assert_int_equal(reader_left(&r), 0);
        assert_int_equal(reader_u8(&r), 0);
    }
}

static void test_take(void **state)
{
    (void)state;
    struct reader r = reader_of(span_of(bytes, 5));
    struct span s = reader_take(&r, 2);
    assert_ptr_equal(s.data, bytes);
    assert_int_equal(s.size, 2);
    assert_int_equal(reader_take(&r, 0).size, 0);
    assert_false(r.bad);
    s = reader_rest(&r);
    assert_ptr_equal(s.data, bytes + 2);
    assert_int_equal(s.size, 3);
    assert_int_equal(reader_rest(&r).size, 0);
    r = reader_of(span_of(bytes, 5));
    s = reader_take(&r, SIZE_MAX);
    assert_true(r.bad);
    assert_int_equal(s.size, 0);
}

static void test_empty(void **state)
{
    (void)state;
    struct reader r = reader_of(span_of(NULL, 0));
    assert_int_equal(reader_left(&r), 0);
    assert_int_equal(reader_rest(&r).size, 0);
    assert_int_equal(reader_u32(&r), 0);
    assert_true(r.bad);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_fields),
        cmocka_unit_test(test_overrun),
        cmocka_unit_test(test_take),
        cmocka_unit_test(test_empty),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
