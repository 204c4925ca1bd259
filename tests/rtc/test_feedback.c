/* SPDX-License-Identifier: Apache-2.0 */
/* Transport-wide feedback: when it is due, what it says of numbers that came, were lost, came late,
 * twice or after a gap, and across the wrap. */
#include "rtc/feedback.h"

#include "base/heap.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

#define LOST TWCC_LOST
#define START_US 1000000000 /* a multiple of the 64 ms and 250 µs that arrivals are told in */

static struct feedback f;
static int64_t now_us;

/* A packet that was written: arrivals from base_seq on. */
static struct told {
    struct twcc head;
    unsigned count;
    int64_t at_us[FEEDBACK_WINDOW];
} told;

static int begin(void **state)
{
    (void)state;
    feedback_init(&f);
    now_us = START_US;
    return 0;
}

static void arrive(uint16_t seq)
{
    feedback_on_packet(&f, now_us, seq, 7);
}

/* False: nothing was due. */
static bool write_into(size_t room)
{
    static uint8_t bytes[2000];
    struct writer w = writer_of(bytes, room);
    struct rtcp packet;
    struct twcc_arrival arrival;
    bool bad = false;

    if (!feedback_write(&f, now_us, 99, &w)) {
        assert_int_equal(writer_size(&w), 0);
        return false;
    }
    assert_false(w.bad);
    struct reader compound = reader_of(writer_span(&w));
    assert_true(rtcp_next(&compound, &packet, &bad));
    assert_true(twcc_parse(&packet, &told.head));
    assert_int_equal(told.head.sender, 99);
    struct twcc_reader r = twcc_reader_of(&told.head);
    for (told.count = 0; twcc_next(&r, &arrival); told.count++)
        told.at_us[told.count] = arrival.at_us;
    assert_false(r.bad);
    assert_false(rtcp_next(&compound, &packet, &bad));
    return true;
}

static bool write_now(void)
{
    return write_into(1200);
}

/* The reference counts modulo 2^24 · 64 ms. */
static int64_t expected(int64_t at_us)
{
    return at_us == LOST ? LOST : at_us % ((1LL << 24) * 64000);
}

#define assert_told(base, ...)                                                                     \
    do {                                                                                           \
        const int64_t list[] = {__VA_ARGS__};                                                      \
        now_us = feedback_next_deadline(&f);                                                       \
        assert_true(write_now());                                                                  \
        assert_int_equal(told.head.base_seq, (uint16_t)(base));                                    \
        assert_int_equal(told.count, sizeof list / sizeof list[0]);                                \
        for (unsigned i = 0; i < told.count; i++)                                                  \
            assert_int_equal(told.at_us[i], expected(list[i]));                                    \
    } while (0)

/* ---- when ---- */

static void test_nothing(void **state)
{
    (void)state;
    assert_int_equal(feedback_next_deadline(&f), TIME_NEVER);
    assert_false(write_now());
}

static void test_interval(void **state)
{
    (void)state;
    arrive(10);
    assert_int_equal(feedback_next_deadline(&f), START_US + FEEDBACK_INTERVAL_US);
    now_us += FEEDBACK_INTERVAL_US - 1;
    arrive(11);
    assert_int_equal(feedback_next_deadline(&f), START_US + FEEDBACK_INTERVAL_US);
    assert_false(write_now());
    now_us++;
    assert_true(write_now());
    assert_int_equal(told.count, 2);
    assert_int_equal(feedback_next_deadline(&f), TIME_NEVER);
    assert_false(write_now());
    now_us += 5000;
    arrive(12);
    assert_int_equal(feedback_next_deadline(&f), now_us + FEEDBACK_INTERVAL_US);
}

/* Half a window is written at once, before anything is lost of it. */
static void test_many(void **state)
{
    (void)state;
    for (unsigned i = 0; i < FEEDBACK_WINDOW / 2; i++)
        arrive((uint16_t)i);
    assert_int_equal(feedback_next_deadline(&f), START_US + FEEDBACK_INTERVAL_US);
    now_us += 1000;
    arrive(FEEDBACK_WINDOW / 2);
    assert_int_equal(feedback_next_deadline(&f), now_us);
    assert_true(write_now());
    assert_int_equal(told.count, FEEDBACK_WINDOW / 2 + 1);
}

/* ---- what ---- */

static void test_arrivals(void **state)
{
    (void)state;
    arrive(100);
    now_us += 10000;
    arrive(101);
    now_us += 250;
    arrive(104);
    assert_told(100, START_US, START_US + 10000, LOST, LOST, START_US + 10250);
    assert_int_equal(told.head.media, 7);
    assert_int_equal(told.head.feedback_count, 0);
    now_us += 1000;
    int64_t second = now_us;
    arrive(106);
    assert_told(105, LOST, second);
    assert_int_equal(told.head.feedback_count, 1);
}

static void test_reordered(void **state)
{
    (void)state;
    arrive(101);
    now_us += 1000;
    arrive(100); /* before the first */
    now_us += 1000;
    arrive(103);
    now_us += 1000;
    arrive(102);
    assert_told(100, START_US + 1000, START_US, START_US + 3000, START_US + 2000);
}

/* What was reported as lost and comes then is reported, with all that was told since. */
static void test_late(void **state)
{
    (void)state;
    arrive(100);
    arrive(102);
    assert_told(100, START_US, LOST, START_US);
    int64_t late = now_us;
    arrive(101);
    now_us += 1000;
    int64_t next = now_us;
    arrive(103);
    assert_told(101, late, START_US, next);
    assert_int_equal(feedback_next_deadline(&f), TIME_NEVER);
}

static void test_twice(void **state)
{
    (void)state;
    arrive(100);
    now_us += 1000;
    arrive(100);
    assert_told(100, START_US);
    arrive(100);
    assert_int_equal(feedback_next_deadline(&f), TIME_NEVER);
}

static void test_wrap(void **state)
{
    (void)state;
    arrive(65534);
    arrive(65535);
    arrive(1);
    assert_told(65534, START_US, START_US, LOST, START_US);
    int64_t at = now_us;
    arrive(0);
    arrive(2);
    assert_told(0, at, START_US, at);
}

/* A sender begins at 0, and what it sent before comes late. */
static void test_before_zero(void **state)
{
    (void)state;
    arrive(0);
    now_us += 1000;
    arrive(65535);
    assert_told(65535, START_US + 1000, START_US);
}

/* 256 packets count once around. */
static void test_count(void **state)
{
    (void)state;
    for (unsigned i = 0; i < 300; i++) {
        arrive((uint16_t)(i * 3));
        now_us = feedback_next_deadline(&f);
        assert_true(write_now());
        assert_int_equal(told.head.feedback_count, i & 0xff);
    }
}

static void test_source(void **state)
{
    (void)state;
    feedback_on_packet(&f, now_us, 1, 7);
    feedback_on_packet(&f, now_us, 2, 8);
    now_us += FEEDBACK_INTERVAL_US;
    assert_true(write_now());
    assert_int_equal(told.head.media, 8);
}

/* ---- gaps ---- */

/* A gap within the window is loss; the oldest that were not told are given up for it. */
static void test_gap(void **state)
{
    (void)state;
    arrive(10);
    arrive(10 + FEEDBACK_WINDOW - 1);
    now_us += 1000;
    assert_true(write_into(1200));
    assert_int_equal(told.head.base_seq, 10);
    assert_int_equal(told.count, FEEDBACK_WINDOW);
    begin(state);
    arrive(10);
    arrive(11);
    arrive(10 + FEEDBACK_WINDOW - 1);
    arrive(11 + FEEDBACK_WINDOW - 1);
    assert_true(write_now());
    assert_int_equal(told.head.base_seq, 11);
    assert_int_equal(told.at_us[0], expected(START_US));
    assert_int_equal(told.at_us[1], LOST);
}

/* A wider one is a new start: nothing of before is told, and nothing old is taken for new. */
static void test_jump(void **state)
{
    (void)state;
    for (uint16_t seq = 0; seq < 20; seq++)
        arrive(seq);
    now_us += 1000;
    arrive(5000);
    arrive(5003);
    assert_told(5000, START_US + 1000, LOST, LOST, START_US + 1000);
    int64_t at = now_us;
    arrive(5003 + FEEDBACK_WINDOW); /* just so wide */
    assert_told(5003 + FEEDBACK_WINDOW, at);
}

static void test_too_late(void **state)
{
    (void)state;
    arrive(2000);
    assert_told(2000, START_US);
    arrive(2000 - FEEDBACK_WINDOW);
    arrive(2000 - 2 * FEEDBACK_WINDOW + 1);
    assert_int_equal(feedback_next_deadline(&f), TIME_NEVER);
    arrive(2000 - FEEDBACK_WINDOW + 1);
    assert_int_not_equal(feedback_next_deadline(&f), TIME_NEVER);
}

/* A sender that counts anew from a lower number. */
static void test_restart(void **state)
{
    (void)state;
    arrive(30000);
    assert_told(30000, START_US);
    int64_t at = now_us;
    arrive(1);
    arrive(3);
    assert_told(1, at, LOST, at);
    now_us += 1000;
    at = now_us;
    arrive(4);
    assert_told(4, at);
}

/* ---- more than fits ---- */

/* Arrivals that are farther apart than a delta can say: one packet after the other, none lost. */
static void test_long_pause(void **state)
{
    (void)state;
    arrive(10);
    now_us += 9000000;
    arrive(11);
    arrive(12);
    assert_told(10, START_US);
    assert_int_equal(feedback_next_deadline(&f), now_us);
    assert_told(11, START_US + 9000000, START_US + 9000000);
    assert_int_equal(feedback_next_deadline(&f), TIME_NEVER);
}

static void test_small_room(void **state)
{
    (void)state;
    unsigned next = 40, packets = 0;

    for (unsigned i = 0; i < 100; i++) {
        arrive((uint16_t)(40 + 2 * i));
        now_us += 100;
    }
    now_us += FEEDBACK_INTERVAL_US;
    while (write_into(64)) {
        assert_int_equal(told.head.base_seq, next);
        for (unsigned i = 0; i < told.count; i++)
            assert_int_equal(told.at_us[i] == LOST, (next + i) % 2);
        next += told.count;
        packets++;
    }
    assert_int_equal(next, 40 + 199);
    assert_true(packets > 1);
    assert_int_equal(feedback_next_deadline(&f), TIME_NEVER);
}

/* No room at all ends it, so that the timer does not spin; the next packet begins again. */
static void test_no_room(void **state)
{
    (void)state;
    arrive(1);
    now_us += FEEDBACK_INTERVAL_US;
    assert_false(write_into(8));
    assert_int_equal(feedback_next_deadline(&f), TIME_NEVER);
    int64_t at = now_us;
    arrive(2);
    assert_told(1, START_US, at);
}

#define TEST(f) cmocka_unit_test_setup(f, begin)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_nothing),     TEST(test_interval), TEST(test_many),    TEST(test_arrivals),
        TEST(test_reordered),   TEST(test_late),     TEST(test_twice),   TEST(test_wrap),
        TEST(test_before_zero), TEST(test_count),    TEST(test_source),  TEST(test_gap),
        TEST(test_jump),        TEST(test_too_late), TEST(test_restart), TEST(test_long_pause),
        TEST(test_small_room),  TEST(test_no_room),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
