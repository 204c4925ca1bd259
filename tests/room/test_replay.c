/* SPDX-License-Identifier: Apache-2.0 */
/* The replay buffer: order, indices, bounds. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

#include "base/limits.h"
#include "base/mem.h"
#include "room/replay.h"

static void keep(struct replay *r, int64_t at_us, uint32_t sequence, size_t size)
{
    static uint8_t bytes[LIMIT_REPLAY_BYTES];
    const struct kept k = {
        .at_us = at_us, .sequence = sequence, .addressed = true, .sender = "PA_a"};

    bytes[0] = (uint8_t)sequence;
    replay_keep(r, &k, span_of(bytes, size));
}

static void test_order(void **state)
{
    (void)state;
    struct replay *r = replay_new();

    assert_null(replay_from(r, 0));
    assert_int_equal(replay_next(r), 1);
    keep(r, 0, 7, 3);
    keep(r, 1, 8, 0);
    assert_int_equal(replay_next(r), 3);
    const struct kept *k = replay_from(r, 1);
    assert_int_equal(k->sequence, 7);
    assert_int_equal(k->size, 3);
    assert_int_equal(k->bytes[0], 7);
    assert_true(k->addressed);
    assert_string_equal(k->sender, "PA_a");
    assert_int_equal(k->next->sequence, 8);
    assert_null(k->next->next);
    assert_int_equal(replay_from(r, 2)->sequence, 8);
    assert_null(replay_from(r, 3));
    replay_free(r);
    replay_free(NULL);
}

static void test_age(void **state)
{
    (void)state;
    struct replay *r = replay_new();

    keep(r, 0, 1, 1);
    keep(r, 1000000, 2, 1);
    keep(r, LIMIT_REPLAY_US, 3, 1);
    assert_int_equal(replay_from(r, 0)->sequence, 1);
    keep(r, LIMIT_REPLAY_US + 1, 4, 1);
    assert_int_equal(replay_from(r, 0)->sequence, 2);
    replay_free(r);
}

static void test_bytes(void **state)
{
    (void)state;
    struct replay *r = replay_new();

    for (uint32_t i = 1; i <= 5; i++)
        keep(r, 0, i, LIMIT_REPLAY_BYTES / 4);
    assert_int_equal(replay_from(r, 0)->sequence, 3);
    /* One that is too large by itself empties it. */
    keep(r, 0, 9, LIMIT_REPLAY_BYTES);
    assert_null(replay_from(r, 0));
    keep(r, 0, 10, 1);
    assert_int_equal(replay_from(r, 0)->sequence, 10);
    replay_free(r);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_order),
        cmocka_unit_test(test_age),
        cmocka_unit_test(test_bytes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
