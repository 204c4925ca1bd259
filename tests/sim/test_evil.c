/* SPDX-License-Identifier: Apache-2.0 */
/* The hostile server's attacks on media are really carried out: what a viewer gets is not what was
 * sent under that number. (The attacks by words are in tests/room/test_evil.c.) */
#include "seat.h"

#include "room/evil.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#define SECOND 1000000LL

static struct world *world;

static int begin(void **state)
{
    const char *bad = NULL;

    assert_true(evil_choose(*state, &bad));
    world = world_new(7);
    return 0;
}

static int end(void **state)
{
    (void)state;
    world_free(world);
    return 0;
}

static struct source_config encrypted(struct source_config c)
{
    c.encryption = LIVEKIT__ENCRYPTION__TYPE__GCM;
    return c;
}

/* Frames of one packet, as a still camera has them. */
static struct source_config small_camera(void)
{
    struct source_config c = encrypted(seat_camera());

    c.layers = 1;
    c.packets = 1;
    return c;
}

static struct source *publish(struct seat *s, struct source_config c)
{
    return peer_publish(s->peer, world->now_us, &c);
}

/* Frames that nobody sent, and those around them untouched. */
static void test_injected(void **state)
{
    (void)state;
    struct seat *a = seat_join(world, "room", "anna");
    struct seat *b = seat_join(world, "room", "bert");
    world_pass(world, SECOND);
    struct source *voice = publish(a, encrypted(seat_voice(30)));
    struct source *camera = publish(a, encrypted(seat_camera()));
    world_pass(world, 10 * SECOND);
    const struct sink *heard = seat_sink(b, voice), *seen = seat_sink(b, camera);
    assert_in_range(heard->stats.bad, 9, 11);
    assert_in_range(heard->stats.unique, 440, 500);
    assert_int_equal(heard->stats.bad + heard->stats.unique + heard->stats.duplicates,
                     heard->stats.packets);
    /* More often than they are injected: this client takes them for lost and asks again. */
    assert_in_range(seen->stats.bad, 4, 200);
    assert_in_range(seen->stats.unique, 700, 1010);
}

/* Clear tracks are nothing to attack. */
static void test_spared(void **state)
{
    (void)state;
    struct seat *a = seat_join(world, "room", "anna");
    struct seat *b = seat_join(world, "room", "bert");
    world_pass(world, SECOND);
    struct source *voice = publish(a, seat_voice(30));
    world_pass(world, 5 * SECOND);
    assert_int_equal(seat_sink(b, voice)->stats.bad, 0);
    assert_in_range(seat_sink(b, voice)->stats.unique, 200, 300);
}

static void test_swapped(void **state)
{
    (void)state;
    struct seat *a = seat_join(world, "room", "anna");
    struct seat *b = seat_join(world, "room", "bert");
    struct seat *c = seat_join(world, "room", "cleo");
    world_pass(world, SECOND);
    struct source *voice_a = publish(a, encrypted(seat_voice(30)));
    struct source *camera_a = publish(a, small_camera());
    world_pass(world, 2 * SECOND);
    assert_int_equal(seat_sink(c, voice_a)->last.body.tag, voice_a->tag);
    assert_int_equal(seat_sink(c, camera_a)->last.body.tag, camera_a->tag);
    struct source *voice_b = publish(b, encrypted(seat_voice(30)));
    struct source *camera_b = publish(b, small_camera());
    world_pass(world, 3 * SECOND);
    assert_int_equal(seat_sink(c, voice_a)->last.body.tag, voice_b->tag);
    assert_int_equal(seat_sink(c, voice_b)->last.body.tag, voice_a->tag);
    assert_int_equal(seat_sink(c, camera_a)->last.body.tag, camera_b->tag);
    assert_int_equal(seat_sink(c, camera_b)->last.body.tag, camera_a->tag);
    /* The one that is left carries its own again. */
    peer_unpublish(b->peer, world->now_us, voice_b);
    world_pass(world, 2 * SECOND);
    assert_int_equal(seat_sink(c, voice_a)->last.body.tag, voice_a->tag);
}

/* One old frame comes again under new numbers. */
static void test_replayed(void **state)
{
    (void)state;
    struct seat *a = seat_join(world, "room", "anna");
    struct seat *b = seat_join(world, "room", "bert");
    world_pass(world, SECOND);
    struct source *voice = publish(a, encrypted(seat_voice(30)));
    struct source *camera = publish(a, small_camera());
    uint32_t voice_number = UINT32_MAX, camera_number = UINT32_MAX;
    unsigned voice_again = 0, camera_again = 0;
    for (int i = 0; i < 500; i++) {
        world_pass(world, SECOND / 50);
        const struct sink *heard = seat_sink(b, voice), *seen = seat_sink(b, camera);
        if (!heard || !seen)
            continue;
        voice_again += heard->last.body.number < voice_number && voice_number != UINT32_MAX;
        camera_again += seen->last.body.number < camera_number && camera_number != UINT32_MAX;
        voice_number = heard->last.body.number;
        camera_number = seen->last.body.number;
    }
    assert_in_range(voice_again, 5, 11);
    assert_in_range(camera_again, 2, 6);
    assert_int_equal(seat_sink(b, voice)->stats.bad, 0);
}

#define ATTACK(f, names)                                                                           \
    {                                                                                              \
#f " " names, f, begin, end, (void *)(uintptr_t)(names)                                    \
    }

int main(void)
{
    const struct CMUnitTest tests[] = {
        ATTACK(test_injected, "inject-media"), ATTACK(test_injected, "trailer"),
        ATTACK(test_spared, "inject-media"),   ATTACK(test_swapped, "swap"),
        ATTACK(test_replayed, "replay-media"),
    };
    world_global_init();
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    world_global_fini();
    return failed;
}
