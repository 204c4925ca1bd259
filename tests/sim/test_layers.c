/* SPDX-License-Identifier: Apache-2.0 */
/* Simulcast: which layer a viewer gets, by what they ask for and by what flows. That a switch
 * happens at a key frame, with picture ids, TL0PICIDX and timestamps going on, every sink judges by
 * itself. The layers are 320x180, 640x360 and 1280x720. */
#include "fixture.h"

enum { LOW, MEDIUM, HIGH };

/* Time for a request, a key frame and its way; requests for one layer are a second apart. */
#define SWITCH_US (1500 * MILLISECOND)

struct pair {
    struct seat *publisher, *viewer;
    struct source *camera;
};

static struct pair pair(void)
{
    struct source_config camera = seat_camera();
    struct pair p;

    fixture_two(&p.publisher, &p.viewer);
    p.camera = seat_publish(p.publisher, &camera);
    world_pass(world, 2 * SECOND);
    return p;
}

static struct sink *sink_of(const struct pair *p)
{
    return seat_sink(p->viewer, p->camera);
}

/* The layer is there in time, and flows at its full rate. */
static void expect_layer(const struct pair *p, unsigned layer)
{
    struct sink *k = sink_of(p);

    world_pass(world, SWITCH_US);
    assert_int_equal(k->layer, layer);
    uint64_t switches = k->stats.switches, keyframes = k->stats.keyframes;
    expect_flow(k, 2 * SECOND, 199);
    assert_int_equal(k->layer, layer);
    assert_int_equal(k->stats.switches, switches);
    assert_int_equal(k->stats.keyframes, keyframes);
    expect_flawless(k, 100);
    expect_clock(k);
}

static void test_quality(void **state)
{
    static const int steps[] = {LOW, HIGH, MEDIUM, LOW, MEDIUM, HIGH};
    struct pair p = pair();
    uint32_t switches = 0;

    (void)state;
    assert_int_equal(sink_of(&p)->layer, HIGH);
    for (unsigned i = 0; i < sizeof steps / sizeof steps[0]; i++) {
        uint32_t before = p.camera->layers[steps[i]].plis;
        peer_set_track(p.viewer->peer, p.camera->sid, false, steps[i], 0, 0);
        expect_layer(&p, (unsigned)steps[i]);
        assert_int_equal(p.camera->layers[steps[i]].plis, before + 1);
        assert_int_equal(sink_of(&p)->stats.switches, ++switches);
    }
    /* Each frame was complete, and no key frame was asked for without need. */
    assert_int_equal(sink_of(&p)->stats.frames, sink_of(&p)->stats.unique / 4);
    for (unsigned i = 0; i < LIMIT_LAYERS; i++)
        assert_int_equal(p.camera->layers[i].keyframes, p.camera->layers[i].plis + 1);
}

static void test_dimensions(void **state)
{
    static const struct {
        uint32_t width, height;
        int quality; /* which dimensions overrule */
        unsigned layer;
    } cases[] = {
        {320, 180, HIGH, 0}, {321, 180, LOW, 1},   {320, 181, LOW, 1},   {640, 360, HIGH, 1},
        {641, 360, LOW, 2},  {160, 90, MEDIUM, 0}, {1280, 720, LOW, 2},  {100, 100, HIGH, 0},
        {4000, 20, LOW, 2},  {200, 100, LOW, 0},   {9999, 9999, LOW, 2},
    };
    struct pair p = pair();

    (void)state;
    for (unsigned i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        peer_set_track(p.viewer->peer, p.camera->sid, false, cases[i].quality, cases[i].width,
                       cases[i].height);
        expect_layer(&p, cases[i].layer);
    }
}

static void be_adaptive(struct grant *g)
{
    g->adaptive_stream = true;
}

/* A client that will say what it shows begins with the least. */
static void test_adaptive_stream(void **state)
{
    struct source_config camera = seat_camera();
    struct seat_plan plan = {.room = "room", .identity = "bert", .grant = be_adaptive};
    struct pair p = {.publisher = seat_join(world, "room", "anna")};

    (void)state;
    p.camera = seat_publish(p.publisher, &camera);
    p.viewer = seat_join_as(world, &plan);
    world_pass(world, SECOND);
    expect_layer(&p, 0);
    assert_int_equal(sink_of(&p)->stats.switches, 0);
    peer_set_track(p.viewer->peer, p.camera->sid, false, HIGH, 640, 360);
    expect_layer(&p, 1);
}

/* Nothing comes while the viewer does not look, and a key frame when they look again. */
static void test_disabled(void **state)
{
    struct pair p = pair();

    (void)state;
    for (unsigned i = 0; i < 3; i++) {
        peer_set_track(p.viewer->peer, p.camera->sid, true, HIGH, 0, 0);
        world_pass(world, 100 * MILLISECOND);
        expect_silence(sink_of(&p), 5 * SECOND);
        uint64_t keyframes = sink_of(&p)->stats.keyframes;
        peer_set_track(p.viewer->peer, p.camera->sid, false, HIGH, 0, 0);
        world_pass(world, 300 * MILLISECOND);
        assert_int_equal(sink_of(&p)->stats.keyframes, keyframes + 1);
        expect_layer(&p, 2);
    }
}

/* A layer that stops gives way to the next lower one, and comes back when it flows. */
static void test_layer_stops(void **state)
{
    struct pair p = pair();

    (void)state;
    p.camera->layers[2].stopped = true;
    world_pass(world, 2 * SECOND);
    expect_layer(&p, 1);
    p.camera->layers[1].stopped = true;
    world_pass(world, 2 * SECOND);
    expect_layer(&p, 0);
    p.camera->layers[2].stopped = false;
    expect_layer(&p, 2);
    p.camera->layers[1].stopped = false;
    expect_layer(&p, 2);
    assert_int_equal(sink_of(&p)->stats.switches, 3);
}

/* Who asked for less than there is gets the lowest that flows. */
static void test_lowest_flowing(void **state)
{
    struct pair p = pair();

    (void)state;
    peer_set_track(p.viewer->peer, p.camera->sid, false, LOW, 0, 0);
    expect_layer(&p, 0);
    p.camera->layers[0].stopped = true;
    world_pass(world, 2 * SECOND);
    expect_layer(&p, 1);
    p.camera->layers[0].stopped = false;
    expect_layer(&p, 0);
    /* A publisher that pauses altogether goes on where it was. */
    for (unsigned i = 0; i < LIMIT_LAYERS; i++)
        p.camera->layers[i].stopped = true;
    world_pass(world, SECOND);
    expect_silence(sink_of(&p), 10 * SECOND);
    for (unsigned i = 0; i < LIMIT_LAYERS; i++)
        p.camera->layers[i].stopped = false;
    expect_layer(&p, 0);
}

/* Each viewer has their own layer, and changes it without the others noticing. */
static void test_viewers_apart(void **state)
{
    struct pair p = pair(), q = p, r = p;

    (void)state;
    q.viewer = seat_join(world, "room", "cleo");
    r.viewer = seat_join(world, "room", "dora");
    world_pass(world, 2 * SECOND);
    peer_set_track(p.viewer->peer, p.camera->sid, false, LOW, 0, 0);
    peer_set_track(q.viewer->peer, p.camera->sid, false, MEDIUM, 0, 0);
    expect_layer(&p, 0);
    expect_layer(&q, 1);
    expect_layer(&r, 2);
    for (unsigned i = 0; i < 6; i++) {
        unsigned layer = 1 + i % 2;
        peer_set_track(p.viewer->peer, p.camera->sid, false, (int)layer, 0, 0);
        expect_layer(&p, layer);
    }
    assert_int_equal(sink_of(&q)->stats.switches, 1);
    assert_int_equal(sink_of(&r)->stats.switches, 0);
    assert_int_equal(sink_of(&r)->layer, 2);
}

/* A wish every second where packets are lost both ways, the key frames' too. */
static void test_switches_with_loss(void **state)
{
    struct path lossy = {.loss = 5 * PERCENT, .delay_us = 30 * MILLISECOND};
    struct pair p = pair();
    struct random random;

    (void)state;
    random_seed(&random, 99);
    for (unsigned way = 0; way < 2; way++) {
        seat_set_path(p.publisher, way, &lossy);
        seat_set_path(p.viewer, way, &lossy);
    }
    for (unsigned i = 0; i < 120; i++) {
        int quality = (int)random_below(&random, 3);
        peer_set_track(p.viewer->peer, p.camera->sid, false, quality, 0, 0);
        world_pass(world, SECOND);
    }
    struct sink *k = sink_of(&p);
    expect_orderly(k, 11500);
    assert_true(sink_share(k) >= 0.999);
    assert_in_range(k->stats.switches, 50, 100);
    assert_true(k->stats.frames * 4 >= k->stats.unique * 99 / 100);
    lossy.loss = 0;
    seat_set_path(p.publisher, true, &lossy);
    seat_set_path(p.viewer, false, &lossy);
    world_pass(world, 2 * SECOND);
    expect_clock(k);
}

int main(void)
{
    const struct CMUnitTest cases[] = {
        SIMULATION(test_quality),         SIMULATION(test_dimensions),
        SIMULATION(test_adaptive_stream), SIMULATION(test_disabled),
        SIMULATION(test_layer_stops),     SIMULATION(test_lowest_flowing),
        SIMULATION(test_viewers_apart),   SIMULATION(test_switches_with_loss),
    };
    return SIMULATE(cases);
}
