/* SPDX-License-Identifier: Apache-2.0 */
/* Who speaks: the share of loud packets, the threshold, the steps of the level, and the last word.
 */
#include "rtc/speaker.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

static void window(struct speaker *s, unsigned loud, unsigned quiet, uint8_t level)
{
    for (unsigned i = 0; i < loud; i++)
        speaker_on_level(s, level);
    for (unsigned i = 0; i < quiet; i++)
        speaker_on_level(s, 127);
}

static void test_one_window(void **state)
{
    static const struct {
        unsigned loud, quiet;
        uint8_t level;
        bool active;
        float reported; /* after smoothing by 2/3, rounded up to eighths */
    } cases[] = {
        {0, 0, 0, false, 0},       {20, 0, 0, true, 0.75f},  {20, 0, 127, false, 0},
        {20, 0, 35, true, 0.125f}, {20, 0, 36, false, 0},    {8, 12, 20, true, 0.125f},
        {7, 13, 20, false, 0},     {1, 0, 6, true, 0.375f},  {2, 3, 12, true, 0.25f},
        {1, 2, 12, false, 0},      {1, 0, 18, true, 0.125f},
    };
    (void)state;

    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct speaker s;
        speaker_init(&s);
        window(&s, cases[i].loud, cases[i].quiet, cases[i].level);
        assert_int_equal(speaker_update(&s), cases[i].active);
        assert_int_equal(s.active, cases[i].active);
        assert_true(fabsf(s.level - cases[i].reported) < 0.0001f);
    }
}

static void test_level_is_smoothed_towards_the_loudness(void **state)
{
    static const float levels[] = {0.75f, 1.0f, 1.0f, 1.0f};
    static const bool changed[] = {true, true, false, false};
    struct speaker s;
    (void)state;

    speaker_init(&s);
    for (unsigned i = 0; i < 4; i++) {
        window(&s, 20, 0, 0);
        assert_int_equal(speaker_update(&s), changed[i]);
        assert_true(s.level == levels[i]);
    }
}

static void test_the_last_report_is_inactive_and_said_once(void **state)
{
    struct speaker s;
    (void)state;

    speaker_init(&s);
    window(&s, 20, 0, 10);
    assert_true(speaker_update(&s));
    window(&s, 0, 20, 0);
    assert_true(speaker_update(&s));
    assert_false(s.active);
    assert_true(s.level == 0);
    for (unsigned i = 0; i < 3; i++)
        assert_false(speaker_update(&s));
    /* Nothing of before is left: as in a first window. */
    window(&s, 20, 0, 0);
    assert_true(speaker_update(&s));
    assert_true(s.level == 0.75f);
}

static void test_no_packets_end_it_too(void **state)
{
    struct speaker s;
    (void)state;

    speaker_init(&s);
    window(&s, 20, 0, 10);
    assert_true(speaker_update(&s));
    assert_true(speaker_update(&s));
    assert_false(s.active);
}

static void test_only_loud_packets_count_for_the_level(void **state)
{
    struct speaker a, b;
    (void)state;

    speaker_init(&a);
    speaker_init(&b);
    window(&a, 10, 0, 6);
    window(&b, 10, 10, 6);
    speaker_update(&a);
    speaker_update(&b);
    assert_true(a.level == b.level);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_one_window),
        cmocka_unit_test(test_level_is_smoothed_towards_the_loudness),
        cmocka_unit_test(test_the_last_report_is_inactive_and_said_once),
        cmocka_unit_test(test_no_packets_end_it_too),
        cmocka_unit_test(test_only_loud_packets_count_for_the_level),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
