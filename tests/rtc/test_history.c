/* SPDX-License-Identifier: Apache-2.0 */
/* The ring of a layer's last packets: what is found, what is overwritten, and that every reference
 * comes back. */
#include "rtc/history.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

#define SIZE 8

static struct packet_pool *pool;

static struct media media_of(int64_t seq, int64_t received_us)
{
    struct packet *p = packet_new(pool);

    assert_non_null(p);
    return (struct media){.packet = p, .seq = seq, .received_us = received_us};
}

/* As the ingest does it: the history's reference is the only one that stays. */
static const struct media *put(struct history *h, int64_t seq, int64_t received_us)
{
    struct media m = media_of(seq, received_us);
    const struct media *kept = history_put(h, &m);

    packet_unref(m.packet);
    return kept;
}

static int set_up(void **state)
{
    struct history *h = calloc(1, sizeof *h);

    pool = packet_pool_new(4096);
    history_init(h, SIZE);
    *state = h;
    return 0;
}

static int tear_down(void **state)
{
    history_fini(*state);
    free(*state);
    assert_int_equal(packet_pool_in_use(pool), 0);
    packet_pool_free(pool);
    return 0;
}

static void test_nothing_is_found_in_a_new_one(void **state)
{
    struct history *h = *state;

    assert_null(history_get(h, 0));
    assert_null(history_get(h, -1));
    history_expire(h, 1000, 1);
    assert_null(h->ring);
}

static void test_found_until_overwritten(void **state)
{
    struct history *h = *state;

    for (int64_t seq = 65530; seq < 65530 + 3 * SIZE; seq++) {
        const struct media *kept = put(h, seq, 0);
        assert_non_null(kept);
        assert_ptr_equal(history_get(h, seq), kept);
        assert_int_equal(packet_pool_in_use(pool), seq - 65530 < SIZE ? seq - 65530 + 1 : SIZE);
        for (int64_t s = seq - 2 * SIZE; s <= seq + SIZE; s++) {
            bool there = s >= 65530 && s <= seq && s > seq - SIZE;
            assert_int_equal(history_get(h, s) != NULL, there);
            if (there)
                assert_int_equal(history_get(h, s)->seq, s);
        }
    }
}

static void test_late_packets(void **state)
{
    struct history *h = *state;

    put(h, 100, 0);
    put(h, 107, 0);
    assert_null(put(h, 99, 0)); /* its place is 107's */
    assert_non_null(put(h, 103, 0));
    assert_int_equal(h->newest, 107);
    assert_non_null(history_get(h, 100));
    assert_non_null(history_get(h, 103));
    assert_non_null(history_get(h, 107));
    assert_null(history_get(h, 104));
    assert_int_equal(packet_pool_in_use(pool), 3);
    assert_null(put(h, -1, 0));
}

static void test_a_jump_leaves_what_it_does_not_reach(void **state)
{
    struct history *h = *state;

    put(h, 1, 0);
    put(h, 2, 0);
    put(h, 2 + 100 * SIZE, 0);
    assert_null(history_get(h, 2));
    assert_non_null(history_get(h, 1));
    assert_null(put(h, 3, 0));
}

static void test_expire(void **state)
{
    struct history *h = *state;

    put(h, 1, 1000);
    put(h, 2, 2000);
    put(h, 3, 3000);
    history_expire(h, 4000, 2000);
    assert_null(history_get(h, 1));
    assert_non_null(history_get(h, 2));
    assert_non_null(history_get(h, 3));
    assert_int_equal(packet_pool_in_use(pool), 2);
    history_expire(h, 9000, 2000);
    assert_int_equal(packet_pool_in_use(pool), 0);
    put(h, 4, 9000);
    assert_non_null(history_get(h, 4));
}

/* Any order of numbers: it finds exactly the last put into each place. */
static void test_random(void **state)
{
    struct history *h = *state;
    int64_t held[SIZE], newest = -1, base = 0;

    srand(7);
    for (unsigned i = 0; i < SIZE; i++)
        held[i] = -1;
    for (unsigned i = 0; i < 20000; i++) {
        base += rand() % 3;
        int64_t seq = base + rand() % 20 - 10;
        bool kept = seq >= 0 && seq > newest - SIZE;
        assert_int_equal(put(h, seq, 0) != NULL, kept || (newest < 0 && seq >= 0));
        if (seq >= 0 && (kept || newest < 0))
            held[seq % SIZE] = seq;
        newest = seq > newest ? seq : newest;
        for (int64_t s = newest - 2 * SIZE; s <= newest; s++)
            assert_int_equal(history_get(h, s) != NULL, s >= 0 && held[s % SIZE] == s);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_nothing_is_found_in_a_new_one, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_found_until_overwritten, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_late_packets, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_a_jump_leaves_what_it_does_not_reach, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(test_expire, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_random, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
