/* SPDX-License-Identifier: Apache-2.0 */
/* Whole meetings: joining, publishing, watching, leaving, over a network without faults. */
#include "seat.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#define SECOND 1000000LL
#define ACTIVE LIVEKIT__PARTICIPANT_INFO__STATE__ACTIVE
#define DISCONNECTED LIVEKIT__PARTICIPANT_INFO__STATE__DISCONNECTED

static struct world *world;

static int begin(void **state)
{
    (void)state;
    world = world_new(7);
    return 0;
}

static int end(void **state)
{
    (void)state;
    world_free(world);
    return 0;
}

/* A stream without any fault. */
static void assert_flawless(const struct sink *k, uint64_t least)
{
    assert_non_null(k);
    if (k->stats.first_disorder)
        print_error("disorder: %s\n", k->stats.first_disorder);
    assert_int_equal(k->stats.disorder, 0);
    assert_int_equal(k->stats.bad, 0);
    assert_int_equal(k->stats.lost, 0);
    assert_in_range(k->stats.unique, least, UINT32_MAX);
}

static void test_two_people(void **state)
{
    (void)state;
    struct seat *a = seat_join(world, "room", "anna", NULL);
    struct seat *b = seat_join(world, "room", "bert", NULL);
    world_pass(world, SECOND);
    assert_true(a->peer->joined && b->peer->joined);
    assert_true(a->peer->links[PEER_SUBSCRIBER].connected);
    assert_int_equal(seat_state_of(a, "bert"), ACTIVE);
    assert_int_equal(seat_state_of(b, "anna"), ACTIVE);

    struct source_config voice = seat_voice(30), camera = seat_camera();
    struct source *voice_a = peer_publish(a->peer, world->now_us, &voice);
    struct source *camera_a = peer_publish(a->peer, world->now_us, &camera);
    struct source *voice_b = peer_publish(b->peer, world->now_us, &voice);
    world_pass(world, 10 * SECOND);
    assert_flawless(seat_sink(b, voice_a), 440);
    assert_flawless(seat_sink(a, voice_b), 440);
    assert_flawless(seat_sink(b, camera_a), 880);
    assert_int_equal(seat_sink(b, camera_a)->layer, 2);
    assert_null(seat_sink(a, voice_a));
    assert_int_equal(b->peer->stats.unknown_ssrc, 0);
    assert_true(a->peer->stats.transport_feedback > 50);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_two_people, begin, end),
    };
    world_global_init();
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    world_global_fini();
    return failed;
}
