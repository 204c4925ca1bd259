/* SPDX-License-Identifier: Apache-2.0 */
/* The usual case of the media tests: alice, who publishes, and bob, who views. */
#ifndef TESTS_ROOM_PAIR_H
#define TESTS_ROOM_PAIR_H

#include "media.h"
#include "room/signalling.h"

static struct client *alice, *bob;

static inline int pair_init(void **state)
{
    world_init(state);
    alice = client_join("alice");
    bob = client_join("bob");
    return 0;
}

/* What bob got since the last time: numbers without a gap from the one before. */
static inline unsigned take_in_order(int64_t *last)
{
    struct got g;
    unsigned n = 0;

    for (; take_rtp(bob, &g); n++) {
        if (*last)
            assert_int_equal(g.index, *last + 1);
        *last = g.index;
    }
    return n;
}

#define PAIR_TEST(f) cmocka_unit_test_setup_teardown(f, pair_init, world_fini)

#endif
