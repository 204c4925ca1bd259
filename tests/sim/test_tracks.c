/* SPDX-License-Identifier: Apache-2.0 */
/* The life of tracks: muted and not, unpublished and published again, viewed and not. */
#include "fixture.h"

struct scene {
    struct seat *anna, *bert, *cleo;
    struct source *voice, *camera;
};

static struct scene scene(void)
{
    struct source_config voice = seat_voice(30), camera = seat_camera();
    struct scene s;

    fixture_two(&s.anna, &s.bert);
    s.cleo = seat_join(world, "room", "cleo");
    s.voice = seat_publish(s.anna, &voice);
    s.camera = seat_publish(s.anna, &camera);
    world_pass(world, 2 * SECOND);
    return s;
}

static void test_mute(void **state)
{
    struct scene s = scene();
    struct sink *camera = seat_sink(s.bert, s.camera), *voice = seat_sink(s.bert, s.voice);

    (void)state;
    for (unsigned i = 0; i < 3; i++) {
        peer_mute(s.anna->peer, s.camera, true);
        peer_mute(s.anna->peer, s.voice, true);
        world_pass(world, 100 * MILLISECOND);
        assert_true(fixture_track(s.bert, "anna", s.camera)->muted);
        assert_true(fixture_track(s.cleo, "anna", s.voice)->muted);
        expect_silence(camera, 20 * SECOND);
        expect_silence(voice, 0);

        uint64_t asked = s.anna->peer->stats.plis_received, keyframes = camera->stats.keyframes;
        peer_mute(s.anna->peer, s.camera, false);
        peer_mute(s.anna->peer, s.voice, false);
        world_pass(world, 200 * MILLISECOND);
        assert_false(fixture_track(s.bert, "anna", s.camera)->muted);
        assert_int_equal(s.anna->peer->stats.plis_received, asked + 3); /* of each layer */
        assert_int_equal(camera->stats.keyframes, keyframes + 1);
        expect_flow(camera, 2 * SECOND, 199);
        assert_int_equal(camera->layer, 2);
    }
    expect_flawless(camera, 700);
    expect_flawless(voice, 350);
    expect_clock(camera);
    expect_clock(voice);
}

/* A newcomer is told that a track is muted, and gets it when it is not any more. */
static void test_join_while_muted(void **state)
{
    struct scene s = scene();

    (void)state;
    peer_mute(s.anna->peer, s.camera, true);
    world_pass(world, 5 * SECOND);
    struct seat *d = seat_join(world, "room", "dora");
    world_pass(world, 2 * SECOND);
    assert_true(fixture_track(d, "anna", s.camera)->muted);
    expect_silence(seat_sink(d, s.camera), SECOND);
    peer_mute(s.anna->peer, s.camera, false);
    world_pass(world, 2 * SECOND);
    expect_flawless(seat_sink(d, s.camera), 190);
    assert_false(fixture_track(d, "anna", s.camera)->muted);
}

static void test_unpublish(void **state)
{
    struct source_config screen = seat_screen();
    struct scene s = scene();
    char old[SOURCE_TEXT];

    (void)state;
    struct sink *camera = seat_sink(s.bert, s.camera), *voice = seat_sink(s.bert, s.voice);
    peer_unpublish(s.anna->peer, world->now_us, s.camera);
    world_pass(world, 100 * MILLISECOND);
    expect_tracks(s.bert, "anna", 1);
    assert_false(camera->active);
    expect_silence(camera, 2 * SECOND);
    expect_flawless(voice, 190);

    /* In the section it had, and another thing in one of its own. */
    memcpy(old, s.camera->sid, sizeof old);
    peer_publish_again(s.anna->peer, world->now_us, s.camera, NULL);
    struct source *shown = seat_publish(s.anna, &screen);
    world_pass(world, 3 * SECOND);
    assert_string_not_equal(s.camera->sid, old);
    expect_tracks(s.bert, "anna", 3);
    expect_tracks(s.cleo, "anna", 3);
    assert_int_equal(fixture_track(s.bert, "anna", shown)->source,
                     LIVEKIT__TRACK_SOURCE__SCREEN_SHARE);
    assert_ptr_not_equal(seat_sink(s.bert, s.camera), camera);
    expect_flawless(seat_sink(s.bert, s.camera), 280);
    expect_flawless(seat_sink(s.cleo, s.camera), 280);
    expect_flawless(seat_sink(s.bert, shown), 160);
    expect_flawless(voice, 340);
    assert_int_equal(s.bert->peer->stats.unknown_ssrc, 0);
}

/* Two people start and stop showing their screens, now one, now the other, now both: the sections
 * that were left are used again. */
static void test_screens_come_and_go(void **state)
{
    struct source_config screen = seat_screen();
    struct scene s = scene();

    (void)state;
    struct source *of_anna = seat_publish(s.anna, &screen),
                  *of_bert = seat_publish(s.bert, &screen);
    for (unsigned i = 0; i < 20; i++) {
        world_pass(world, 1500 * MILLISECOND);
        expect_flawless(seat_sink(s.cleo, of_anna), 50);
        expect_flawless(seat_sink(s.cleo, of_bert), 50);
        expect_flawless(seat_sink(s.bert, of_anna), 50);
        expect_flawless(seat_sink(s.anna, of_bert), 50);
        assert_true(strtol(seat_sink(s.cleo, of_anna)->mid, NULL, 10) <= 6);
        assert_true(strtol(seat_sink(s.cleo, of_bert)->mid, NULL, 10) <= 6);
        peer_unpublish(s.anna->peer, world->now_us, of_anna);
        world_pass(world, (i % 3) * 20 * MILLISECOND);
        peer_unpublish(s.bert->peer, world->now_us, of_bert);
        world_pass(world, (1 + i % 2 * 100) * MILLISECOND);
        expect_tracks(s.cleo, "bert", 0);
        peer_publish_again(s.anna->peer, world->now_us, of_anna, NULL);
        peer_publish_again(s.bert->peer, world->now_us, of_bert, NULL);
    }
    world_pass(world, SECOND);
    expect_tracks(s.cleo, "anna", 3);
    expect_tracks(s.cleo, "bert", 1);
    expect_flow(seat_sink(s.cleo, s.camera), SECOND, 99);
    expect_flawless(seat_sink(s.cleo, s.camera), 3000);
    assert_int_equal(s.cleo->peer->stats.unknown_ssrc, 0);
}

/* Who does not want a track is not sent it, until they do. */
static void test_unsubscribe(void **state)
{
    struct scene s = scene();
    struct sink *before = seat_sink(s.bert, s.camera);

    (void)state;
    for (unsigned i = 0; i < 3; i++) {
        peer_subscribe(s.bert->peer, s.camera->sid, false);
        world_pass(world, 100 * MILLISECOND);
        assert_false(before->active);
        expect_silence(before, 3 * SECOND);
        peer_subscribe(s.bert->peer, s.camera->sid, true);
        world_pass(world, 2 * SECOND);
        before = s.bert->peer->sinks[s.bert->peer->sink_count - 1];
        assert_string_equal(before->track_sid, s.camera->sid);
        expect_flawless(before, 180);
    }
    expect_flawless(seat_sink(s.bert, s.voice), 800);
    expect_flawless(seat_sink(s.cleo, s.camera), 1600);
    assert_int_equal(s.bert->peer->stats.unknown_ssrc, 0);
}

static void choose(struct grant *g)
{
    g->auto_subscribe = false;
}

static void test_no_automatic_subscription(void **state)
{
    struct scene s = scene();
    struct seat_plan plan = {.room = "room", .identity = "dora", .grant = choose};

    (void)state;
    struct seat *d = seat_join_as(world, &plan);
    world_pass(world, 2 * SECOND);
    expect_tracks(d, "anna", 2);
    assert_int_equal(d->peer->sink_count, 0);
    peer_subscribe(d->peer, s.voice->sid, true);
    world_pass(world, SECOND);
    assert_int_equal(d->peer->sink_count, 1);
    expect_flawless(seat_sink(d, s.voice), 48);
    assert_int_equal(d->peer->stats.media_received, seat_sink(d, s.voice)->stats.packets);
}

/* Twenty tracks at once, each with its own name in every offer. */
static void test_twenty_tracks(void **state)
{
    struct source_config voice = seat_voice(30), screen = seat_screen();
    struct source *sources[20];
    struct seat *a, *b;

    (void)state;
    fixture_two(&a, &b);
    screen.size_bytes = 200;
    for (unsigned i = 0; i < 20; i++)
        sources[i] = seat_publish(a, i % 2 ? &voice : &screen);
    world_pass(world, 5 * SECOND);
    expect_tracks(b, "anna", 20);
    assert_int_equal(b->peer->sink_count, 20);
    for (unsigned i = 0; i < 20; i++) {
        struct sink *k = seat_sink(b, sources[i]);
        expect_flawless(k, i % 2 ? 230 : 270);
        assert_int_equal(k->tag, sources[i]->tag);
        assert_int_equal(fixture_track(b, "anna", sources[i])->source, sources[i]->config.kind);
    }
    assert_int_equal(b->peer->stats.unknown_ssrc, 0);
}

int main(void)
{
    const struct CMUnitTest cases[] = {
        SIMULATION(test_mute),          SIMULATION(test_join_while_muted),
        SIMULATION(test_unpublish),     SIMULATION(test_screens_come_and_go),
        SIMULATION(test_unsubscribe),   SIMULATION(test_no_automatic_subscription),
        SIMULATION(test_twenty_tracks),
    };
    return SIMULATE(cases);
}
