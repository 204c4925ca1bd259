/* SPDX-License-Identifier: Apache-2.0 */
/* H.264 beside VP8: layers, losses, late viewers; viewers that cannot take it; a section that
 * carries one codec, then the other. */
#include "fixture.h"

static struct source_config h264(struct source_config c)
{
    c.codec = CODEC_H264;
    return c;
}

static void test_layers(void **state)
{
    struct source_config camera = h264(seat_camera());
    struct seat *a, *b;

    (void)state;
    fixture_two(&a, &b);
    struct source *s = seat_publish(a, &camera);
    world_pass(world, 2 * SECOND);
    struct sink *k = seat_sink(b, s);
    assert_int_equal(k->codec, CODEC_H264);
    for (int i = 0; i < 9; i++) {
        peer_set_track(b->peer, s->sid, false, i % 3, 0, 0);
        world_pass(world, 2 * SECOND);
        assert_int_equal(k->layer, i % 3);
    }
    expect_flawless(k, 1900);
    assert_int_equal(k->stats.switches, 9);
    assert_int_equal(k->stats.frames, k->stats.unique / 4);
    expect_clock(k);
    struct seat *c = seat_join(world, "room", "cleo");
    world_pass(world, 2 * SECOND);
    expect_flawless(seat_sink(c, s), 180);
}

static void test_loss(void **state)
{
    struct path lossy = {.loss = 5 * PERCENT, .delay_us = 30 * MILLISECOND};
    struct source_config camera = h264(seat_camera());
    struct seat *a, *b;

    (void)state;
    fixture_two(&a, &b);
    struct source *s = seat_publish(a, &camera);
    world_pass(world, 2 * SECOND);
    seat_set_path(a, true, &lossy);
    seat_set_path(b, false, &lossy);
    world_pass(world, 60 * SECOND);
    struct sink *k = seat_sink(b, s);
    expect_orderly(k, 6000);
    assert_true(sink_share(k) >= 0.999);
    assert_in_range(k->stats.recovered, 400, 800);
}

/* One who cannot take a track is told so, and takes all the others. */
static void test_viewer_without(void **state)
{
    struct source_config camera = h264(seat_camera()), screen = seat_screen();
    struct seat_plan plan = {.room = "room", .identity = "cleo", .no_h264 = true};
    struct seat *a, *b;

    (void)state;
    fixture_two(&a, &b);
    struct seat *c = seat_join_as(world, &plan);
    world_pass(world, SECOND);
    struct source *of_camera = seat_publish(a, &camera);
    world_pass(world, 2 * SECOND);
    struct source *of_screen = seat_publish(a, &screen);
    world_pass(world, 3 * SECOND);
    expect_flawless(seat_sink(b, of_camera), 480);
    expect_flawless(seat_sink(b, of_screen), 170);
    assert_int_equal(c->heard.codec_refusals, 1);
    assert_int_equal(b->heard.codec_refusals, 0);
    expect_tracks(c, "anna", 2);
    assert_false(seat_sink(c, of_camera)->active);
    assert_int_equal(seat_sink(c, of_camera)->stats.packets, 0);
    expect_flawless(seat_sink(c, of_screen), 170);
    assert_int_equal(c->peer->stats.unknown_ssrc, 0);
    assert_false(c->peer->left);
}

/* The camera is stopped and started with another codec, in the same section, again and again. */
static void test_change(void **state)
{
    struct source_config camera = seat_camera();
    struct seat *a, *b;

    (void)state;
    fixture_two(&a, &b);
    struct source *s = seat_publish(a, &camera);
    for (unsigned i = 0; i < 6; i++) {
        world_pass(world, 2 * SECOND);
        assert_int_equal(seat_sink(b, s)->codec, s->config.codec);
        expect_flawless(seat_sink(b, s), 170);
        camera.codec = camera.codec == CODEC_VP8 ? CODEC_H264 : CODEC_VP8;
        peer_unpublish(a->peer, world->now_us, s);
        if (i % 2)
            world_pass(world, 100 * MILLISECOND);
        peer_publish_again(a->peer, world->now_us, s, &camera);
    }
    world_pass(world, 2 * SECOND);
    expect_tracks(b, "anna", 1);
    expect_flawless(seat_sink(b, s), 170);
    assert_int_equal(b->peer->stats.unknown_ssrc, 0);
}

int main(void)
{
    const struct CMUnitTest cases[] = {
        SIMULATION(test_layers),
        SIMULATION(test_loss),
        SIMULATION(test_viewer_without),
        SIMULATION(test_change),
    };
    return SIMULATE(cases);
}
