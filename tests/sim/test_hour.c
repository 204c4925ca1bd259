/* SPDX-License-Identifier: Apache-2.0 */
/* An hour of a meeting in which everything happens, by a seed: no stream is ever in disorder, at
 * the end everybody sees and hears everybody, and nothing of it is left in the engine. */
#include "crowd.h"
#include "fixture.h"

#include <malloc.h>

#ifdef __SANITIZE_ADDRESS__
size_t __sanitizer_get_current_allocated_bytes(void);
#endif

#define MINUTE (60 * SECOND)

static void expect_everybody(struct crowd *c)
{
    struct {
        uint64_t voice, camera;
    } before[CROWD][CROWD];

    for (unsigned pass = 0; pass < 2; pass++) {
        for (unsigned i = 0; i < CROWD; i++) {
            for (unsigned k = 0; k < CROWD; k++) {
                const struct member *viewer = &c->members[i], *publisher = &c->members[k];
                if (i == k)
                    continue;
                const struct sink *voice = seat_sink(viewer->seat, publisher->sources[0]);
                const struct sink *camera = seat_sink(viewer->seat, publisher->sources[1]);
                assert_non_null(voice);
                assert_non_null(camera);
                assert_int_equal(camera->layer, 2);
                assert_int_equal(seat_state_of(viewer->seat, publisher->seat->plan.identity),
                                 ACTIVE);
                expect_tracks(viewer->seat, publisher->seat->plan.identity, 2);
                if (pass) {
                    assert_in_range(voice->stats.unique - before[i][k].voice, 163, 169);
                    assert_in_range(camera->stats.unique - before[i][k].camera, 98, 102);
                }
                before[i][k].voice = voice->stats.unique;
                before[i][k].camera = camera->stats.unique;
            }
        }
        world_pass(world, 10 * SECOND);
    }
}

static size_t heap_bytes(void)
{
#ifdef __SANITIZE_ADDRESS__
    return __sanitizer_get_current_allocated_bytes();
#else
    return mallinfo2().uordblks;
#endif
}

/* From the first word until nothing is left of it. */
static void meeting(struct crowd *c, int64_t us)
{
    crowd_meet(c, us);
    crowd_calm(c);
    expect_everybody(c);
    crowd_leave(c);
    world_pass(world, MINUTE);
    assert_int_equal(world_held(world), 0);
}

/* It was a meeting worth the name, and people saw what there was to see. */
static void expect_busy(const struct crowd *c)
{
    struct sink_stats sum = crowd_stats(c);

    assert_in_range(c->resumes, 200, UINT32_MAX);
    assert_in_range(c->leaves, 80, UINT32_MAX);
    assert_in_range(c->vanishings, 30, UINT32_MAX);
    assert_in_range(c->moves, 100, UINT32_MAX);
    assert_in_range(c->mutes, 150, UINT32_MAX);
    assert_in_range(c->unpublished, 80, UINT32_MAX);
    assert_in_range(c->said, 500, UINT32_MAX);
    assert_in_range(c->dismissed, 0, c->actions / 20);
    assert_in_range(sum.switches, 100, UINT32_MAX);
    assert_in_range(sum.recovered, 10000, UINT32_MAX);
    assert_in_range(sum.unique, 700000, UINT32_MAX);
    assert_in_range(sum.lost * 1000, 0, 20 * sum.unique);
}

static void test_hour(void **state)
{
    struct crowd c;

    (void)state;
    crowd_init(&c, world, 1);
    meeting(&c, 5 * MINUTE);
    size_t before = heap_bytes();
    meeting(&c, 60 * MINUTE);
    expect_busy(&c);
    /* What stays are the places of maps and heaps, and slabs of the packet pool. */
    assert_in_range(heap_bytes(), 0, before + 512 * 1024);
}

static uint64_t digest_of(uint64_t seed)
{
    struct crowd c;

    world_free(world);
    world = world_new(seed);
    crowd_init(&c, world, seed);
    crowd_meet(&c, 3 * MINUTE);
    return world_digest(world);
}

/* The same seed gives the same media, packet for packet and in time; another does not. */
static void test_seeds(void **state)
{
    (void)state;
    uint64_t first = digest_of(11), second = digest_of(12);
    assert_int_equal(digest_of(11), first);
    assert_int_equal(digest_of(12), second);
    assert_int_not_equal(first, second);
}

int main(void)
{
    const struct CMUnitTest cases[] = {
        SIMULATION(test_hour),
        SIMULATION(test_seeds),
    };
    return SIMULATE(cases);
}
