/* SPDX-License-Identifier: Apache-2.0 */
/* Media in: a layer's line of numbers through wraps, disorder, other SSRCs, repairs and bursts. */
#include "pair.h"

/* ---- numbers ---- */

static void test_wrap(void **state)
{
    (void)state;
    struct track *t = publish_camera(alice);
    struct lens cam = camera_lens(alice, NULL, 7);
    int64_t last = 0;
    unsigned got = 0;

    cam.index = 65500;
    for (unsigned i = 0; i < 100; i++) {
        lens_send(&cam, i == 0);
        turn();
        got += take_in_order(&last);
    }
    assert_int_equal(got, 100);
    assert_int_equal(t->layers[0].history.newest, 65536 + 65599);
    assert_int_equal(t->layers[0].recv.duplicates, 0);
}

static void test_disorder(void **state)
{
    (void)state;
    publish_camera(alice);
    struct lens cam = camera_lens(alice, NULL, 7);
    uint8_t bytes[3][PACKET_CAPACITY];
    struct shot s[3];
    struct got g;

    lens_send(&cam, true);
    turn();
    must_take(bob, &g);
    int64_t first = g.index;
    for (unsigned i = 0; i < 3; i++)
        s[i] = lens_next(&cam, false, bytes[i]);
    for (unsigned i = 3; i-- > 0;)
        shot_send(alice, &s[i]);
    turn();
    for (unsigned i = 3; i-- > 0;) {
        must_take(bob, &g);
        assert_int_equal(g.index, first + 1 + i);
    }
}

/* The stream goes on under another SSRC: for the viewers its numbers have no gap, and times and
 * picture ids are continued at a key frame. */
static void test_new_ssrc(void **state)
{
    (void)state;
    struct track *t = publish_camera(alice);
    struct lens cam = camera_lens(alice, NULL, 7), next = camera_lens(alice, NULL, 8);
    struct got before, after;

    for (unsigned i = 0; i < 3; i++) {
        lens_send(&cam, i == 0);
        run_ms(35);
    }
    while (take_rtp(bob, &before))
        continue;
    relay_ask_keyframe(t, 0, world.now_us);
    next.index = 40000;
    next.timestamp = 4000000000u;
    next.picture = 9000;
    lens_send(&next, false);
    run_ms(35);
    assert_int_equal(count_plis(alice, 8), 1);
    assert_int_equal(drop_rtp(bob), 0);
    lens_send(&next, true);
    turn();
    must_take(bob, &after);
    assert_int_equal(t->layers[0].ssrc, 8);
    assert_int_equal(t->layers[0].history.newest, 65536 + 1004);
    assert_int_equal(after.index, before.index + 1);
    assert_in_range(after.rtp.timestamp - before.rtp.timestamp, 1, 9000);
    assert_int_equal(after.frame.vp8.picture_id, before.frame.vp8.picture_id + 1);
    assert_int_equal(after.frame.vp8.tl0, (uint8_t)(before.frame.vp8.tl0 + 1));
    /* Reports and NACKs name the new one's own numbers. */
    assert_int_equal(t->layers[0].recv.highest, 65536 + 40001);
    assert_int_equal(person_of(alice)->stream_count, 1);
    /* What was before its first packet does not pass for what had that number. */
    next.index = 39999;
    uint64_t out = engine_stats(world.engine)->packets_out;
    lens_send(&next, false);
    turn();
    assert_int_equal(engine_stats(world.engine)->packets_out, out);
}

static void test_new_ssrc_of_audio(void **state)
{
    (void)state;
    publish_microphone(alice);
    struct lens mic = microphone_lens(alice, 7), next = microphone_lens(alice, 8);
    struct got before, after;

    lens_send(&mic, false);
    run_ms(20);
    must_take(bob, &before);
    next.index = 3;
    next.timestamp = 5;
    lens_send(&next, false);
    turn();
    must_take(bob, &after);
    assert_int_equal(after.index, before.index + 1);
    assert_int_equal(after.rtp.timestamp - before.rtp.timestamp, 960);
}

/* Who views another layer does not notice. */
static void test_new_ssrc_elsewhere(void **state)
{
    (void)state;
    publish_simulcast(alice);
    struct lens low = camera_lens(alice, "q", 1), high = camera_lens(alice, "f", 3);
    struct lens next = camera_lens(alice, "q", 9);
    int64_t last = 0;

    lens_send(&low, true);
    lens_send(&high, true);
    turn();
    assert_int_equal(view_of(bob)->forward.current, 2);
    drop_rtp(bob);
    lens_send(&next, false);
    lens_send(&high, false);
    lens_send(&high, false);
    turn();
    assert_int_equal(take_in_order(&last), 2);
}

/* What came in the same turn before it goes out before it. */
static void test_new_ssrc_in_a_burst(void **state)
{
    (void)state;
    publish_camera(alice);
    struct lens cam = camera_lens(alice, NULL, 7), next = camera_lens(alice, NULL, 8);
    int64_t last = 0;

    lens_send(&cam, true);
    turn();
    lens_send(&cam, false);
    lens_send(&next, true);
    lens_send(&next, false);
    turn();
    assert_int_equal(take_in_order(&last), 4);
}

/* ---- repairs ---- */

static void test_rtx(void **state)
{
    (void)state;
    struct track *t = publish_camera(alice);
    struct lens cam = camera_lens(alice, NULL, 7);
    uint8_t bytes[PACKET_CAPACITY];
    struct got g;

    lens_send(&cam, true);
    struct shot lost = lens_next(&cam, false, bytes);
    lens_send(&cam, false);
    turn();
    must_take(bob, &g);
    int64_t first = g.index;
    must_take(bob, &g);
    assert_int_equal(g.index, first + 2);
    send_rtx(alice, 8, 60000, &lost, NULL);
    turn();
    must_take(bob, &g);
    assert_int_equal(g.index, first + 1);
    assert_memory_equal(g.rtp.payload.data + VP8_DESCRIPTOR, lost.payload.data + VP8_DESCRIPTOR,
                        100);
    assert_int_equal(g.rtp.payload.size, lost.payload.size);
    assert_int_equal(t->layers[0].recv.recovered, 1);
    /* The original, late, and the repair once more: of both nothing is seen. */
    shot_send(alice, &lost);
    send_rtx(alice, 8, 60001, &lost, NULL);
    turn();
    assert_int_equal(drop_rtp(bob), 0);
    assert_int_equal(t->layers[0].recv.duplicates, 2);
    /* Another retransmission stream takes the place of the one before. */
    lost = lens_next(&cam, false, bytes);
    lens_send(&cam, false);
    send_rtx(alice, 9, 5, &lost, NULL);
    turn();
    assert_int_equal(drop_rtp(bob), 2);
    assert_int_equal(person_of(alice)->stream_count, 2);
    assert_int_equal(t->layers[0].rtx_ssrc, 9);
}

static void test_bad_rtx(void **state)
{
    (void)state;
    struct track *t = publish_camera(alice);
    struct lens cam = camera_lens(alice, NULL, 7);
    struct shot padding = {
        .ssrc = 8, .index = 1, .payload_type = PT_RTX, .mid = "1", .padding = 200};
    uint8_t bytes[PACKET_CAPACITY];

    /* Probes come before any media. */
    shot_send(alice, &padding);
    struct shot early = lens_next(&cam, true, bytes);
    send_rtx(alice, 8, 2, &early, NULL);
    assert_int_equal(t->layers[0].history.newest, -1);
    lens_send(&cam, true);
    padding.index = 3;
    padding.payload = SPAN_LITERAL("x"); /* half a number */
    shot_send(alice, &padding);
    turn();
    assert_int_equal(drop_rtp(bob), 1);
    assert_int_equal(t->layers[0].recv.packets, 1);
    /* A number and nothing behind it repairs padding. */
    lens_lose(&cam);
    lens_send(&cam, false);
    assert_int_equal(t->layers[0].recv.missing_count, 1);
    padding.index = 4;
    padding.payload = SPAN_LITERAL("\x03\xea");
    shot_send(alice, &padding);
    assert_int_equal(t->layers[0].recv.missing_count, 0);
    turn();
    assert_int_equal(drop_rtp(bob), 1);
    /* A number that the stream is far from does not move it. */
    early.index = 20000;
    send_rtx(alice, 8, 5, &early, NULL);
    early.index = 60000;
    send_rtx(alice, 8, 6, &early, NULL);
    lens_send(&cam, false);
    turn();
    assert_int_equal(drop_rtp(bob), 1);
    assert_int_equal(t->layers[0].recv.highest, 65536 + 1004);
    assert_int_equal(drops(DROP_MALFORMED), 0);
}

/* ---- bursts ---- */

/* More than a burst holds, and more than the history does, between two turns. */
static void test_long_burst(void **state)
{
    (void)state;
    struct track *t = publish_camera(alice);
    struct lens cam = camera_lens(alice, NULL, 7);
    int64_t last = 0;

    for (unsigned i = 0; i < 1000; i++)
        lens_send(&cam, i == 0);
    turn();
    assert_int_equal(take_in_order(&last), 1000);
    assert_int_equal(packet_pool_in_use(engine_pool(world.engine)), t->layers[0].history.size);
}

/* Two packets of one burst that want the same place in the history. */
static void test_burst_over_history(void **state)
{
    (void)state;
    struct track *t = publish_camera(alice);
    struct lens cam = camera_lens(alice, NULL, 7);
    int64_t size = t->layers[0].history.size;
    struct got g;

    lens_send(&cam, true);
    turn();
    must_take(bob, &g);
    int64_t first = g.index;
    lens_send(&cam, false);
    cam.index += size - 1;
    lens_send(&cam, false);
    turn();
    must_take(bob, &g);
    assert_int_equal(g.index, first + 1);
    must_take(bob, &g);
    assert_int_equal(g.index, first + 1 + size);
    /* Later than the history reaches: not kept, not sent. */
    cam.index -= size + 1;
    lens_send(&cam, false);
    turn();
    assert_int_equal(drop_rtp(bob), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        PAIR_TEST(test_wrap),
        PAIR_TEST(test_disorder),
        PAIR_TEST(test_new_ssrc),
        PAIR_TEST(test_new_ssrc_of_audio),
        PAIR_TEST(test_new_ssrc_elsewhere),
        PAIR_TEST(test_new_ssrc_in_a_burst),
        PAIR_TEST(test_rtx),
        PAIR_TEST(test_bad_rtx),
        PAIR_TEST(test_long_burst),
        PAIR_TEST(test_burst_over_history),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
