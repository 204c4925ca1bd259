/* SPDX-License-Identifier: Apache-2.0 */
/* Numbers that begin again: sequence numbers, with the rollover counters of SRTP on both sides;
 * timestamps; VP8's picture ids; transport-wide numbers. */
#include "fixture.h"

static const struct path rough = {.loss = 2 * PERCENT,
                                  .repeat = PERCENT,
                                  .reorder = 2 * PERCENT,
                                  .delay_us = 20 * MILLISECOND,
                                  .reorder_us = 15 * MILLISECOND};

/* 500 packets a second; their numbers, and those of any stream made from them, wrap in 140 s. */
static struct source_config fast_voice(void)
{
    struct source_config c = seat_voice(30);

    c.interval_us = 2000;
    c.first_seq = 65000;
    return c;
}

/* 1,000 packets a second, in frames of 8. */
static struct source_config fast_camera(void)
{
    struct source_config c = seat_camera();

    c.layers = 1;
    c.packets = 8;
    c.size_bytes = 100;
    c.interval_us = 8000;
    c.first_seq = 65000;
    return c;
}

/* Where a stream's numbers are unwrapped to when it begins. */
#define FIRST_INDEX 65536

static void expect_wrapped(const struct sink *k)
{
    assert_true(k->first < FIRST_INDEX + 32768);
    assert_true(k->highest > FIRST_INDEX + 65536 + 1000);
}

static void test_audio(void **state)
{
    struct source_config voice = fast_voice();
    struct seat *a, *b;

    (void)state;
    fixture_two(&a, &b);
    struct source *s = seat_publish(a, &voice);
    world_pass(world, 140 * SECOND);
    assert_true(s->layers[0].next_seq > 2 * 65536);
    struct sink *k = seat_sink(b, s);
    expect_flawless(k, s->layers[0].number - 100);
    expect_wrapped(k);
    assert_int_equal(a->peer->stats.dropped + b->peer->stats.dropped, 0);

    /* Somebody new gets a stream that begins anew. */
    struct seat *c = seat_join(world, "room", "cleo");
    world_pass(world, 2 * SECOND);
    expect_flawless(seat_sink(c, s), 900);
    assert_true(seat_sink(c, s)->first < FIRST_INDEX + 32768);
}

static void test_video(void **state)
{
    struct source_config camera = fast_camera();
    struct seat *a, *b;

    (void)state;
    fixture_two(&a, &b);
    struct source *s = seat_publish(a, &camera);
    world_pass(world, 70 * SECOND);
    struct sink *k = seat_sink(b, s);
    expect_flawless(k, s->layers[0].number - 200);
    expect_wrapped(k);
    expect_clock(k);
    /* Transport-wide numbers have wrapped too. */
    uint64_t feedback = a->peer->stats.transport_feedback;
    expect_flow(k, SECOND, 990);
    assert_in_range(a->peer->stats.transport_feedback - feedback, 8, 30);
}

/* The same where packets are missing, late and double. */
static void test_rough(void **state)
{
    struct source_config voice = fast_voice(), camera = fast_camera();
    struct seat *a, *b;

    (void)state;
    fixture_two(&a, &b);
    struct source *of_voice = seat_publish(a, &voice), *of_camera = seat_publish(a, &camera);
    world_pass(world, SECOND);
    for (unsigned way = 0; way < 2; way++) {
        seat_set_path(a, way, &rough);
        seat_set_path(b, way, &rough);
    }
    world_pass(world, 69 * SECOND);
    struct sink *k = seat_sink(b, of_camera);
    expect_orderly(k, of_camera->layers[0].number * 99 / 100);
    assert_true(sink_share(k) >= 0.999);
    expect_wrapped(k);
    expect_orderly(seat_sink(b, of_voice), of_voice->layers[0].number * 97 / 100);
    assert_true(of_voice->layers[0].next_seq > 65536 + 1000);
    assert_int_equal(engine_stats(world->engine)->drops[DROP_AUTH], 0);
}

/* A quality every 700 ms over the moment when all layers' timestamps wrap. */
static void test_timestamps(void **state)
{
    struct source_config camera = seat_camera(), voice = seat_voice(30);
    struct seat *a, *b;

    (void)state;
    camera.first_timestamp = -(uint32_t)(10 * 90000);
    camera.first_picture = 0x7fff - 250;
    voice.first_timestamp = -(uint32_t)(10 * 48000);
    fixture_two(&a, &b);
    struct source *of_camera = seat_publish(a, &camera), *of_voice = seat_publish(a, &voice);
    world_pass(world, SECOND);
    for (int i = 0; i < 28; i++) {
        peer_set_track(b->peer, of_camera->sid, false, i % 3, 0, 0);
        world_pass(world, 700 * MILLISECOND);
    }
    const struct sink *k = seat_sink(b, of_camera);
    expect_flawless(k, 1500);
    expect_clock(k);
    assert_in_range(k->stats.switches, 15, 28);
    assert_true(of_camera->layers[0].timestamp < 12 * 90000);
    assert_true(of_camera->layers[0].picture_id < 300);
    expect_flawless(seat_sink(b, of_voice), 1000);
    expect_clock(seat_sink(b, of_voice));
    assert_true(seat_sink(b, of_voice)->stats.jumps == 0);
}

int main(void)
{
    const struct CMUnitTest cases[] = {
        SIMULATION(test_audio),
        SIMULATION(test_video),
        SIMULATION(test_rough),
        SIMULATION(test_timestamps),
    };
    return SIMULATE(cases);
}
