/* SPDX-License-Identifier: Apache-2.0 */
/* Media out: what a viewer gets for what was published, in which order, across switches of layers;
 * how often key frames are asked for. */
#include "pair.h"

/* ---- one packet ---- */

static void test_header(void **state)
{
    (void)state;
    publish_camera(alice);
    struct lens cam = camera_lens(alice, NULL, 7);
    uint8_t bytes[PACKET_CAPACITY];
    struct got first, g;

    lens_send(&cam, true);
    turn();
    must_take(bob, &first);
    assert_in_range(first.index, 65536, 65536 + 0x8000); /* far from the wrap */
    struct shot s = lens_next(&cam, false, bytes);
    s.marker = false;
    s.padding = 20;
    s.has_transport_seq = true;
    shot_send(alice, &s);
    turn();
    must_take(bob, &g);
    assert_int_equal(g.bytes[0], 0x80); /* no padding, extension, CSRC */
    assert_int_equal(g.rtp.payload_type, view_of(bob)->payload_type);
    assert_int_equal(g.rtp.ssrc, view_of(bob)->ssrc);
    assert_int_equal(g.index, first.index + 1);
    assert_int_equal(g.rtp.timestamp, first.rtp.timestamp + 3000);
    assert_true(first.rtp.marker);
    assert_false(g.rtp.marker);
    assert_int_equal(g.rtp.payload.size, s.payload.size);
    assert_memory_equal(g.rtp.payload.data + VP8_DESCRIPTOR, s.payload.data + VP8_DESCRIPTOR, 100);
}

/* Each viewer has numbers, times and picture ids of their own, on the same packet. */
static void test_viewers_differ(void **state)
{
    (void)state;
    publish_camera(alice);
    struct lens cam = camera_lens(alice, NULL, 7);
    struct client *both[] = {bob, NULL};
    struct got last[2], g;

    lens_send(&cam, true);
    for (unsigned i = 0; i < 5; i++)
        lens_send(&cam, false);
    turn();
    drop_rtp(bob);
    both[1] = client_join("carol");
    downtrack_stop(view_of(bob)); /* bob goes on where he was, while the source wraps */
    downtrack_start(view_of(bob), world.now_us);
    cam.picture = 0x7ffd;
    cam.tl0 = 254;
    lens_send(&cam, true);
    turn();
    must_take(bob, &last[0]);
    must_take(both[1], &last[1]);
    assert_int_equal(last[0].frame.vp8.picture_id, 106);
    assert_int_equal(last[1].frame.vp8.picture_id, 0x7ffd);
    assert_int_not_equal(last[0].rtp.ssrc, last[1].rtp.ssrc);
    for (unsigned n = 0; n < 6; n++) {
        lens_send(&cam, false);
        turn();
        for (unsigned i = 0; i < 2; i++) {
            must_take(both[i], &g);
            assert_true(g.is_vp8 && g.frame.start);
            assert_int_equal(g.index, last[i].index + 1);
            assert_int_equal(g.rtp.timestamp, last[i].rtp.timestamp + 3000);
            assert_int_equal(g.frame.vp8.picture_id, (last[i].frame.vp8.picture_id + 1) & 0x7fff);
            assert_int_equal(g.frame.vp8.tl0, (uint8_t)(last[i].frame.vp8.tl0 + 1));
            last[i] = g;
        }
    }
    /* Sent again it is as this viewer had it, not as the one who got it last. */
    struct vp8_descriptor d;
    run_ms(20);
    nack_one(bob, last[0].index);
    must_take(bob, &g);
    assert_true(vp8_descriptor_parse(span_from(g.rtp.payload, 2), &d));
    assert_int_equal(d.picture_id, last[0].frame.vp8.picture_id);
    assert_int_equal(d.tl0, last[0].frame.vp8.tl0);
}

/* ---- a burst ---- */

/* Nothing goes out before the turn ends; then viewer by viewer, each one's packets in one run. */
static void test_order(void **state)
{
    (void)state;
    struct client *carol = client_join("carol");
    struct outbox *o = engine_outbox(world.engine);

    publish_camera(alice);
    struct lens cam = camera_lens(alice, NULL, 7);
    lens_send(&cam, true);
    turn();
    for (unsigned i = 0; i < 4; i++)
        lens_send(&cam, false);
    assert_int_equal(o->run_count, 0);
    engine_on_time(world.engine, world.now_us);
    assert_int_equal(o->run_count, 2);
    assert_int_equal(o->runs[0].segments, 4);
    assert_int_equal(o->runs[1].segments, 4);
    assert_true(addr_equal(&o->runs[0].to, &bob->addrs[SUBSCRIBER]));
    assert_true(addr_equal(&o->runs[1].to, &carol->addrs[SUBSCRIBER]));
    settle();
    assert_int_equal(drop_rtp(bob), 5);
    assert_int_equal(drop_rtp(carol), 5);
    assert_true(list_empty(&world.engine->dirty));
    engine_on_time(world.engine, world.now_us);
    assert_int_equal(o->run_count, 0);
}

static void test_not_connected(void **state)
{
    (void)state;
    struct client *carol = client_new("carol");

    carol->lost = true;
    client_open(carol);
    run_ms(100);
    publish_microphone(alice);
    struct lens mic = microphone_lens(alice, 7);
    assert_true(view_of(carol)->live);
    lens_send(&mic, false);
    turn();
    assert_int_equal(view_of(bob)->forward.packets, 1);
    assert_int_equal(view_of(carol)->forward.packets, 0);
    carol->lost = false;
    run_ms(1000);
    lens_send(&mic, false);
    turn();
    assert_int_equal(drop_rtp(carol), 1);
}

/* Who is hidden is shown everything all the same. */
static void test_hidden_viewer(void **state)
{
    (void)state;
    struct client *ghost = client_new("ghost");

    ghost->grant->permission.hidden = true;
    client_open(ghost);
    run_ms(200);
    publish_microphone(alice);
    struct lens mic = microphone_lens(alice, 7);
    lens_send(&mic, false);
    turn();
    assert_int_equal(drop_rtp(ghost), 1);
    assert_int_equal(drop_rtp(bob), 1);
    assert_null(client_sees(alice, "ghost"));
}

/* ---- switches ---- */

static void report_of(const struct lens *l, uint64_t ntp)
{
    uint8_t bytes[200];
    struct writer w = writer_of(bytes, sizeof bytes);

    rtcp_write_sr(&w, &(struct rtcp_sr){.ssrc = l->ssrc, .ntp = ntp, .rtp_timestamp = l->timestamp},
                  NULL, 0);
    send_rtcp(l->client, PUBLISHER, &w);
}

/* Both layers up to now; what the viewer got last. */
static void run_layers(struct lens *low, struct lens *high, unsigned frames, struct got *last)
{
    for (unsigned i = 0; i < frames; i++) {
        lens_send(low, false);
        if (high)
            lens_send(high, false);
        run_ms(35);
    }
    while (take_rtp(bob, last))
        continue;
}

/* Up and down again: one line of numbers and times, which sender reports make exact. */
static void test_switch(void **state)
{
    (void)state;
    publish_simulcast(alice);
    struct lens low = camera_lens(alice, "q", 1), high = camera_lens(alice, "f", 3);
    struct got before, g;

    view_of(bob)->wanted = 0;
    lens_send(&low, true);
    lens_send(&high, true);
    report_of(&low, 5ull << 32);
    /* What high calls this, half a second later: 45,000 ticks. Now it is so much before. */
    report_of(&high, (5ull << 32) + (1ull << 31));
    high.timestamp -= 45000;
    high.picture = 20000;
    run_layers(&low, &high, 3, &before);
    assert_int_equal(view_of(bob)->forward.current, 0);
    view_of(bob)->wanted = 2;
    downtrack_aim(view_of(bob), world.now_us);
    lens_send(&high, false);
    lens_send(&low, false);
    turn();
    must_take(bob, &before);
    world.now_us += 7000; /* late, which does not matter */
    lens_send(&high, true);
    lens_lose(&low);
    turn();
    must_take(bob, &g);
    assert_int_equal(view_of(bob)->forward.current, 2);
    assert_int_equal(g.index, before.index + 1);
    assert_int_equal(g.rtp.timestamp - before.rtp.timestamp, 3000);
    assert_int_equal(g.frame.vp8.picture_id, before.frame.vp8.picture_id + 1);
    assert_true(g.frame.keyframe);
    assert_int_equal(drop_rtp(bob), 0);
    /* And down, when what it has falls silent. */
    before = g;
    run_layers(&low, NULL, 80, &g);
    assert_int_equal(g.index, before.index);
    lens_send(&low, true);
    turn();
    must_take(bob, &g);
    assert_int_equal(view_of(bob)->forward.current, 0);
    assert_int_equal(g.index, before.index + 1);
    assert_int_equal(g.rtp.timestamp - before.rtp.timestamp, 81 * 3000);
    assert_int_equal(g.frame.vp8.picture_id, before.frame.vp8.picture_id + 1);
}

/* The reports say that a frame of the other layer is of a later instant. */
static void test_switch_by_reports(void **state)
{
    (void)state;
    publish_simulcast(alice);
    struct lens low = camera_lens(alice, "q", 1), high = camera_lens(alice, "f", 3);
    struct got before, g;

    view_of(bob)->wanted = 0;
    lens_send(&low, true);
    lens_send(&high, true);
    report_of(&low, 5ull << 32);
    report_of(&high, 5ull << 32);
    run_layers(&low, &high, 3, &before);
    view_of(bob)->wanted = 2;
    downtrack_aim(view_of(bob), world.now_us);
    high.timestamp += 2 * 3000;
    run_ms(20);
    lens_send(&high, true);
    turn();
    must_take(bob, &g);
    assert_int_equal(g.rtp.timestamp - before.rtp.timestamp, 3 * 3000);
}

/* Without a report on each time is told by arrival, whatever the numbers look like. */
static void test_switch_by_arrival(void **state)
{
    (void)state;
    publish_simulcast(alice);
    struct lens low = camera_lens(alice, "q", 1), high = camera_lens(alice, "f", 3);
    struct got before, g;

    view_of(bob)->wanted = 0;
    uint32_t first = low.timestamp;
    report_of(&low, 0);
    lens_send(&low, true);
    report_of(&low, 0);
    lens_send(&high, true);
    run_layers(&low, &high, 3, &before);
    view_of(bob)->wanted = 2;
    downtrack_aim(view_of(bob), world.now_us);
    run_ms(20);
    /* Were high's report all zeroes, this would be three frames later. */
    high.timestamp = low.timestamp - 3000 + 9000 - (first + 3000);
    lens_send(&high, true);
    turn();
    must_take(bob, &g);
    assert_int_equal(g.rtp.timestamp - before.rtp.timestamp, (35 + 20) * 90);
}

/* ---- key frames ---- */

static void test_keyframe_throttle(void **state)
{
    (void)state;
    static const struct {
        unsigned layer, ask, heard; /* asked at most every 500 ms, and every second */
    } cases[] = {{0, 0, 0}, {1, 1, 1}, {2, 2, 2}, {3, 0, 0}, {99, 0, 0}};
    struct track *t = publish_simulcast(alice);
    const char *const rids[] = {"q", "h", "f"};

    for (unsigned i = 0; i < 3; i++)
        relay_ask_keyframe(t, i, world.now_us);
    settle();
    assert_int_equal(count_rtcp(alice, PUBLISHER, RTCP_PSFB, RTCP_FMT_PLI), 0); /* whom? */
    for (unsigned i = 0; i < 3; i++) {
        struct lens l = camera_lens(alice, rids[i], 1 + i);
        lens_send(&l, true);
    }
    turn();
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        uint32_t ssrc = 1 + cases[i].heard;
        int64_t least = cases[i].heard == 0 ? 500000 : 1000000;
        forget_rtcp(alice);
        world.now_us += 2000000;
        for (int64_t at = 0; at < 3000000; at += 10000) {
            relay_ask_keyframe(t, cases[i].layer, world.now_us + at);
            settle();
        }
        assert_int_equal(count_plis(alice, ssrc), 3000000 / least);
        assert_int_equal(count_rtcp(alice, PUBLISHER, RTCP_PSFB, ANY_FORMAT), 3000000 / least);
        world.now_us += 3000000;
    }
}

static void test_no_keyframes_of_audio(void **state)
{
    (void)state;
    struct track *t = publish_microphone(alice);
    struct lens mic = microphone_lens(alice, 7);

    lens_send(&mic, false);
    relay_ask_keyframe(t, 0, world.now_us);
    turn();
    assert_int_equal(count_rtcp(alice, PUBLISHER, RTCP_PSFB, ANY_FORMAT), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        PAIR_TEST(test_header),
        PAIR_TEST(test_viewers_differ),
        PAIR_TEST(test_order),
        PAIR_TEST(test_not_connected),
        PAIR_TEST(test_hidden_viewer),
        PAIR_TEST(test_switch),
        PAIR_TEST(test_switch_by_reports),
        PAIR_TEST(test_switch_by_arrival),
        PAIR_TEST(test_keyframe_throttle),
        PAIR_TEST(test_no_keyframes_of_audio),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
