/* SPDX-License-Identifier: Apache-2.0 */
/* Placement of rooms, and the race between a room's end and a join that is under way. */
#include "server/directory.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

static void spreads_rooms(void **state)
{
    (void)state;
    struct directory d;

    directory_init(&d, 3);
    assert_int_equal(directory_find(&d, "a"), -1);
    assert_int_equal(directory_place(&d, "a"), 0);
    assert_int_equal(directory_place(&d, "b"), 1);
    assert_int_equal(directory_place(&d, "c"), 2);
    assert_int_equal(directory_place(&d, "a"), 0);
    assert_int_equal(directory_find(&d, "b"), 1);
    directory_fini(&d);
}

static void forgets_a_room_that_ended(void **state)
{
    (void)state;
    struct directory d;

    directory_init(&d, 2);
    directory_place(&d, "a");
    directory_started(&d, "a");
    directory_placed(&d, "a");
    assert_int_equal(directory_find(&d, "a"), 0);
    directory_finished(&d, "a");
    assert_int_equal(directory_find(&d, "a"), -1);
    assert_int_equal(d.load[0], 0);
    directory_fini(&d);
}

static void keeps_a_room_whose_join_is_under_way(void **state)
{
    (void)state;
    struct directory d;

    directory_init(&d, 2);
    directory_place(&d, "a");
    directory_started(&d, "a");
    directory_placed(&d, "a");
    assert_int_equal(directory_place(&d, "b"), 1);
    assert_int_equal(directory_place(&d, "a"), 0); /* posted, not handled yet */
    directory_finished(&d, "a");                   /* the worker ended it before */
    assert_int_equal(directory_place(&d, "a"), 0); /* must not land elsewhere */
    directory_started(&d, "a");
    directory_placed(&d, "a");
    directory_placed(&d, "a");
    assert_int_equal(directory_find(&d, "a"), 0);
    directory_finished(&d, "a");
    assert_int_equal(directory_find(&d, "a"), -1);
    directory_fini(&d);
}

static void forgets_a_place_that_made_no_room(void **state)
{
    (void)state;
    struct directory d;

    directory_init(&d, 1);
    directory_place(&d, "a");
    directory_placed(&d, "a"); /* refused: no room_started came before */
    assert_int_equal(directory_find(&d, "a"), -1);
    directory_finished(&d, "a");
    directory_placed(&d, "a");
    directory_fini(&d);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(spreads_rooms),
        cmocka_unit_test(forgets_a_room_that_ended),
        cmocka_unit_test(keeps_a_room_whose_join_is_under_way),
        cmocka_unit_test(forgets_a_place_that_made_no_room),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
