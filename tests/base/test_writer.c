/* SPDX-License-Identifier: Apache-2.0 */
/* Fields in order, no room at every place, patches. */
#include "base/writer.h"

#include "base/mem.h"

#include <stdlib.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static void write_all(struct writer *w)
{
    writer_u8(w, 0x01);
    writer_u16(w, 0x0203);
    writer_u24(w, 0xff040506);
    writer_u32(w, 0x0708090a);
    writer_u64(w, 0x0b0c0d0e0f101112);
    writer_bytes(w, SPAN_LITERAL("\x13\x14"));
    writer_zeroes(w, 2);
}

static void test_fields(void **state)
{
    (void)state;
    static const uint8_t want[] = {1,  2,  3,  4,  5,  6,  7,  8,  9,  10, 11,
                                   12, 13, 14, 15, 16, 17, 18, 19, 20, 0,  0};
    uint8_t bytes[32];
    memset(bytes, 0xee, sizeof(bytes));
    struct writer w = writer_of(bytes, sizeof(bytes));
    write_all(&w);
    assert_true(span_equal(writer_span(&w), span_of(want, sizeof(want))));
    assert_int_equal(writer_size(&w), sizeof(want));
    assert_int_equal(bytes[sizeof(want)], 0xee);
}

static void test_no_room(void **state)
{
    (void)state;
    for (size_t n = 0; n < 22; n++) {
        uint8_t *bytes = xmalloc(n);
        struct writer w = writer_of(bytes, n);
        write_all(&w);
        assert_true(w.bad);
        assert_int_equal(writer_span(&w).size, 0);
        /* Bad stays bad, even for what would fit. */
        size_t before = writer_size(&w);
        writer_u8(&w, 1);
        assert_int_equal(writer_size(&w), before);
        free(bytes);
    }
    struct writer w = writer_of(NULL, 0);
    writer_bytes(&w, span_of(NULL, 0));
    assert_false(w.bad);
    writer_u8(&w, 1);
    assert_true(w.bad);
}

static void test_reserve(void **state)
{
    (void)state;
    uint8_t bytes[4];
    struct writer w = writer_of(bytes, sizeof(bytes));
    assert_ptr_equal(writer_reserve(&w, 3), bytes);
    assert_int_equal(writer_size(&w), 3);
    assert_null(writer_reserve(&w, SIZE_MAX));
    assert_true(w.bad);
}

static void test_patch(void **state)
{
    (void)state;
    static const struct {
        size_t written, offset;
        bool good;
    } cases[] = {
        {4, 0, true},  {4, 2, true},  {4, 3, false}, {4, SIZE_MAX, false},
        {1, 0, false}, {0, 0, false}, {2, 0, true},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        uint8_t bytes[8] = {0};
        struct writer w = writer_of(bytes, sizeof(bytes));
        writer_zeroes(&w, cases[i].written);
        writer_patch_u16(&w, cases[i].offset, 0x1234);
        assert_int_equal(w.bad, !cases[i].good);
        if (cases[i].good)
            assert_memory_equal(bytes + cases[i].offset, "\x12\x34", 2);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_fields),
        cmocka_unit_test(test_no_room),
        cmocka_unit_test(test_reserve),
        cmocka_unit_test(test_patch),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
