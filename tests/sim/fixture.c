/* SPDX-License-Identifier: Apache-2.0 */
/* A world for each case, and statements about streams. */
#include "fixture.h"

/* Longer than anything the engine waits for: a resume (30 s), a vanished client (15 s), the end of
 * an empty room (20 s). */
#define AFTERMATH_US (60 * SECOND)

struct world *world;

int fixture_begin(void **state)
{
    (void)state;
    if (world) /* of a case that failed */
        world_free(world);
    world = world_new(7);
    return 0;
}

static void expect_order_at(const struct seat *s)
{
    struct sink_stats sum = seat_stats(s);

    if (sum.first_disorder)
        print_error("%s: %s\n", s->plan.identity, sum.first_disorder);
    assert_int_equal(sum.disorder, 0);
    assert_int_equal(sum.bad, 0);
    for (unsigned i = 0; i < s->heard.talk_count; i++)
        assert_int_equal(s->heard.talks[i].disorder, 0);
}

int fixture_end(void **state)
{
    (void)state;
    for (unsigned i = 0; i < world->seat_count; i++) {
        struct seat *s = world->seats[i];
        expect_order_at(s);
        if (s->peer && !s->peer->left)
            seat_leave(s);
        else if (!s->peer)
            seat_cut(s);
    }
    world_pass(world, AFTERMATH_US);
    assert_int_equal(world_held(world), 0);
    world_free(world);
    world = NULL;
    return 0;
}

int fixture_close(int failed)
{
    if (world)
        world_free(world);
    world_global_fini();
    return failed;
}

void fixture_two(struct seat **a, struct seat **b)
{
    *a = seat_join(world, "room", "anna");
    *b = seat_join(world, "room", "bert");
    world_pass(world, SECOND);
    assert_int_equal(seat_state_of(*a, "bert"), ACTIVE);
    assert_int_equal(seat_state_of(*b, "anna"), ACTIVE);
}

void expect_orderly(const struct sink *k, uint64_t least)
{
    assert_non_null(k);
    if (k->stats.first_disorder)
        print_error("disorder: %s\n", k->stats.first_disorder);
    assert_int_equal(k->stats.disorder, 0);
    assert_int_equal(k->stats.bad, 0);
    assert_in_range(k->stats.unique, least, UINT32_MAX);
}

void expect_flawless(const struct sink *k, uint64_t least)
{
    expect_orderly(k, least);
    assert_int_equal(k->stats.lost, 0);
    assert_int_equal(k->stats.blind, 0);
    assert_int_equal(k->missing, 0);
    assert_int_equal(k->stats.duplicates, 0);
}

void expect_silence(const struct sink *k, int64_t us)
{
    assert_non_null(k);
    uint64_t before = k->stats.packets;
    world_pass(world, us);
    assert_int_equal(k->stats.packets, before);
}

void expect_flow(const struct sink *k, int64_t us, uint64_t least)
{
    assert_non_null(k);
    uint64_t before = k->stats.unique;
    world_pass(world, us);
    assert_in_range(k->stats.unique - before, least, UINT32_MAX);
}

void expect_tracks(const struct seat *s, const char *identity, unsigned count)
{
    const struct other *o = heard_of(&s->heard, identity);

    assert_non_null(o);
    assert_int_equal(o->track_count, count);
}

const struct heard_track *fixture_track(const struct seat *s, const char *identity,
                                        const struct source *source)
{
    const struct other *o = heard_of(&s->heard, identity);

    assert_non_null(o);
    for (unsigned i = 0; i < o->track_count; i++)
        if (strcmp(o->tracks[i].sid, source->sid) == 0)
            return &o->tracks[i];
    fail_msg("%s was not told of a track of %s", s->plan.identity, identity);
    return NULL;
}

void expect_clock(const struct sink *k)
{
    int64_t clock = (int64_t)codec_clock_rate(k->codec);
    int64_t elapsed = (k->last_us - k->first_us) * clock / 1000000;
    int64_t told = (int32_t)(k->last.timestamp - k->first_timestamp);

    assert_in_range((int32_t)(told - (int32_t)(uint32_t)elapsed) + clock / 10, 0, clock / 5);
}

void expect_talk(const struct seat *viewer, const struct seat *speaker, uint32_t first,
                 unsigned count)
{
    const struct talk *t = heard_talk(&viewer->heard, speaker->plan.identity, false);

    assert_non_null(t);
    assert_int_equal(t->first, first);
    assert_int_equal(t->count, count);
    assert_int_equal(t->disorder, 0);
    assert_int_equal(t->next, first + count);
}
