/* SPDX-License-Identifier: Apache-2.0 */
/* The seeded generator against its definition, fairness, text. */
#include "base/random.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

/* The first values of xoshiro256** from the state 1, 2, 3, 4: worked out from its definition. */
static void test_generator(void **state)
{
    (void)state;
    struct random r = {{1, 2, 3, 4}};
    static const uint64_t want[] = {11520, 0, 1509978240, 1215971899390074240};
    for (size_t i = 0; i < sizeof(want) / sizeof(want[0]); i++)
        assert_true(random_next(&r) == want[i]);
}

static void test_seed(void **state)
{
    (void)state;
    struct random a, b, c;
    random_seed(&a, 0);
    random_seed(&b, 0);
    random_seed(&c, 1);
    assert_true(a.state[0] == 0xe220a8397b1dcdafu); /* SplitMix64 of 0 */
    unsigned same = 0;
    for (unsigned i = 0; i < 100; i++) {
        uint64_t v = random_next(&a);
        assert_true(v == random_next(&b));
        same += v == random_next(&c);
    }
    assert_int_equal(same, 0);
}

static void test_below(void **state)
{
    (void)state;
    static const uint32_t bounds[] = {1, 2, 3, 62, 1000, 0x80000001, UINT32_MAX};
    struct random r;
    random_seed(&r, 5);
    assert_int_equal(random_below(&r, 0), 0);
    for (size_t i = 0; i < sizeof(bounds) / sizeof(bounds[0]); i++) {
        uint32_t upper = 0;
        for (unsigned n = 0; n < 10000; n++) {
            uint32_t v = random_below(&r, bounds[i]);
            assert_true(v < bounds[i]);
            upper += v >= bounds[i] / 2;
        }
        /* Half of them lie in the upper half; with a fixed seed this cannot change by chance. */
        assert_true(bounds[i] == 1 || upper > 4700);
        assert_true(bounds[i] < 62 || upper < 5300);
    }
    unsigned counts[3] = {0};
    for (unsigned n = 0; n < 30000; n++)
        counts[random_below(&r, 3)]++;
    for (unsigned i = 0; i < 3; i++)
        assert_true(counts[i] > 9700 && counts[i] < 10300);
}

static void test_text(void **state)
{
    (void)state;
    char text[4097];
    unsigned counts[128] = {0}, symbols = 0;
    memset(text, '#', sizeof(text));
    random_text(text, 0);
    assert_string_equal(text, "");
    random_text(text, 4096);
    assert_int_equal(strlen(text), 4096);
    for (size_t i = 0; i < 4096; i++)
        counts[(uint8_t)text[i] & 127]++;
    for (unsigned c = 0; c < 128; c++) {
        bool allowed = (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z');
        assert_true(allowed || counts[c] == 0);
        symbols += counts[c] > 0;
    }
    assert_int_equal(symbols, 62); /* 66 of each are to be expected */
}

static void test_bytes(void **state)
{
    (void)state;
    uint8_t a[32] = {0}, b[32] = {0};
    random_bytes(a, 0);
    assert_int_equal(a[0], 0);
    random_bytes(a, sizeof(a));
    random_bytes(b, sizeof(b));
    assert_memory_not_equal(a, b, sizeof(a));
    uint32_t first = random_u32();
    unsigned same = 0;
    for (unsigned i = 0; i < 8; i++)
        same += random_u32() == first;
    assert_true(same < 8);
}

static void test_uuid(void **state)
{
    (void)state;
    char one[RANDOM_UUID_SIZE], other[RANDOM_UUID_SIZE];
    for (unsigned n = 0; n < 100; n++) {
        random_uuid(one);
        random_uuid(other);
        assert_int_equal(strlen(one), 36);
        assert_string_not_equal(one, other);
        for (unsigned i = 0; i < 36; i++) {
            bool dash = i == 8 || i == 13 || i == 18 || i == 23;
            assert_true(dash ? one[i] == '-' : strchr("0123456789abcdef", one[i]) != NULL);
        }
        assert_int_equal(one[14], '4');
        assert_non_null(strchr("89ab", one[19]));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_generator), cmocka_unit_test(test_seed), cmocka_unit_test(test_uuid),
        cmocka_unit_test(test_below),     cmocka_unit_test(test_text), cmocka_unit_test(test_bytes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
