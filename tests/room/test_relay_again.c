/* SPDX-License-Identifier: Apache-2.0 */
/* What is sent again to a viewer who missed it, in which form, and how often. */
#include "pair.h"

/* Packets that differ by a few bytes are padded to one size and go out in one run; what differs by
 * more stays as it is. Sent again they are bare. */
static void test_evened_out(void **state)
{
    (void)state;
    static const struct {
        size_t size;
        uint8_t padding;
    } cases[] = {{1000, 1}, {1000, 1}, {1001, 0}, {1001, 0}, {500, 8}, {508, 0}, {509, 0}};
    enum { COUNT = sizeof cases / sizeof cases[0] };
    struct outbox *o = engine_outbox(world.engine);
    int64_t first = 0;
    struct got g;

    publish_camera(alice);
    struct lens cam = camera_lens(alice, NULL, 7);
    lens_send(&cam, true);
    turn();
    drop_rtp(bob);
    for (unsigned i = 0; i < COUNT; i++) {
        cam.size = cases[i].size;
        lens_send(&cam, false);
    }
    engine_on_time(world.engine, world.now_us);
    assert_int_equal(o->run_count, 3); /* of 4 and a shorter one, of 1, of 1 */
    assert_int_equal(o->runs[0].segments, 5);
    settle();
    for (unsigned i = 0; i < COUNT; i++) {
        must_take(bob, &g);
        first = i ? first : g.index;
        assert_int_equal(g.bytes[0], cases[i].padding ? 0xa0 : 0x80);
        assert_int_equal(g.rtp.padding, cases[i].padding);
        assert_int_equal(g.rtp.payload.size, VP8_DESCRIPTOR + cases[i].size);
        assert_int_equal(g.rtp.payload.data[VP8_DESCRIPTOR + cases[i].size - 1],
                         (uint8_t)((cam.index - COUNT + i) | 1));
    }
    run_ms(20);
    nack_one(bob, first);
    must_take(bob, &g);
    assert_int_equal(g.rtp.ssrc, view_of(bob)->rtx_ssrc);
    assert_int_equal(g.rtp.padding, 0);
}

static void test_rtx(void **state)
{
    (void)state;
    publish_camera(alice);
    struct lens cam = camera_lens(alice, NULL, 7);
    struct downtrack *d = view_of(bob);
    struct got sent[3], g;
    int64_t first = 0;

    for (unsigned i = 0; i < 3; i++) {
        lens_send(&cam, i == 0);
        turn();
        must_take(bob, &sent[i]);
    }
    run_ms(20);
    for (unsigned i = 0; i < 3; i++) {
        nack_one(bob, sent[i].index);
        must_take(bob, &g);
        assert_int_equal(g.bytes[0], 0x80);
        assert_int_equal(g.rtp.ssrc, d->rtx_ssrc);
        assert_int_equal(g.rtp.payload_type, d->rtx_payload_type);
        assert_int_equal(g.rtp.timestamp, sent[i].rtp.timestamp);
        assert_int_equal(g.rtp.marker, sent[i].rtp.marker);
        assert_int_equal(g.rtp.payload.size, sent[i].rtp.payload.size + 2);
        assert_int_equal(g.rtp.payload.data[0] << 8 | g.rtp.payload.data[1], sent[i].rtp.seq);
        assert_memory_equal(g.rtp.payload.data + 2, sent[i].rtp.payload.data,
                            sent[i].rtp.payload.size);
        first = i ? first : g.index;
        assert_int_equal(g.index, first + i);
    }
    assert_int_equal(d->forward.packets, 3);
}

/* Without a retransmission stream it is the very same packet. */
static void test_again(void **state)
{
    (void)state;
    publish_microphone(alice);
    struct lens mic = microphone_lens(alice, 7);
    struct got before, g;

    lens_send(&mic, false);
    turn();
    must_take(bob, &before);
    bob->lost = true;
    lens_send(&mic, false);
    mic.size += 3;
    lens_send(&mic, false);
    turn();
    bob->lost = false;
    lens_send(&mic, false);
    turn();
    drop_rtp(bob);
    run_ms(20);
    nack_one(bob, before.index + 1);
    must_take(bob, &g);
    assert_int_equal(g.index, before.index + 1);
    assert_int_equal(g.rtp.ssrc, before.rtp.ssrc);
    assert_int_equal(g.rtp.timestamp, before.rtp.timestamp + 960);
    assert_int_equal(g.rtp.payload.data[0], (uint8_t)(mic.index - 3));
    assert_int_equal(g.rtp.padding, 3);
}

/* Of an earlier layer too, as this viewer got it. */
static void test_again_after_switch(void **state)
{
    (void)state;
    publish_simulcast(alice);
    struct lens low = camera_lens(alice, "q", 1), high = camera_lens(alice, "f", 3);
    struct client *carol = client_join("carol");
    struct got old, g;

    view_of(bob)->wanted = 0;
    lens_send(&low, true);
    lens_send(&high, true);
    lens_send(&low, false);
    turn();
    must_take(bob, &g);
    must_take(bob, &old);
    view_of(bob)->wanted = 2;
    downtrack_aim(view_of(bob), world.now_us);
    lens_send(&high, true);
    turn();
    drop_rtp(bob);
    drop_rtp(carol);
    run_ms(20);
    nack_one(bob, old.index);
    must_take(bob, &g);
    assert_int_equal(g.rtp.payload.data[0] << 8 | g.rtp.payload.data[1], old.rtp.seq);
    assert_memory_equal(g.rtp.payload.data + 2, old.rtp.payload.data, old.rtp.payload.size);
    assert_int_equal(drop_rtp(carol), 0);
}

static void test_not_again(void **state)
{
    (void)state;
    struct track *t = publish_camera(alice);
    struct lens cam = camera_lens(alice, NULL, 7);
    struct got first;
    uint16_t seq;

    lens_send(&cam, true);
    for (unsigned i = 0; i < 600; i++)
        lens_send(&cam, false);
    turn();
    must_take(bob, &first);
    drop_rtp(bob);
    run_ms(20);
    nack_one(bob, first.index - 1);   /* never sent */
    nack_one(bob, first.index + 601); /* not yet */
    nack_one(bob, first.index + 10);  /* not kept any more */
    seq = (uint16_t)(first.index + 550);
    nack(bob, view_of(bob)->ssrc + 1, &seq, 1); /* not theirs */
    assert_int_equal(drop_rtp(bob), 0);
    nack_one(bob, first.index + 550);
    assert_int_equal(drop_rtp(bob), 1);
    run_ms(4000); /* nothing is kept that long */
    nack_one(bob, first.index + 551);
    assert_int_equal(drop_rtp(bob), 0);
    lens_send(&cam, false);
    turn();
    drop_rtp(bob);
    run_ms(20);
    view_of(bob)->live = false;
    nack_one(bob, first.index + 601);
    assert_int_equal(drop_rtp(bob), 0);
    view_of(bob)->live = true;
    nack_one(bob, first.index + 601);
    assert_int_equal(drop_rtp(bob), 1);
    assert_int_equal(t->layers[0].history.newest, 65536 + 1601);
}

/* The same number within a round trip, or 20 ms, is answered once. */
static void test_repeated_nack(void **state)
{
    (void)state;
    publish_camera(alice);
    struct lens cam = camera_lens(alice, NULL, 7);
    struct got g;

    for (unsigned i = 0; i < 20; i++)
        lens_send(&cam, i == 0);
    turn();
    must_take(bob, &g);
    drop_rtp(bob);
    run_ms(20);
    for (unsigned i = 0; i < 4; i++) {
        nack_one(bob, g.index);
        nack_one(bob, g.index + 1);
    }
    assert_int_equal(drop_rtp(bob), 2);
    run_ms(15);
    nack_one(bob, g.index);
    assert_int_equal(drop_rtp(bob), 0);
    run_ms(5);
    nack_one(bob, g.index);
    assert_int_equal(drop_rtp(bob), 1);
    person_of(bob)->connections[SUBSCRIBER].rtt_us = 100000;
    run_ms(95);
    nack_one(bob, g.index);
    assert_int_equal(drop_rtp(bob), 0);
    run_ms(5);
    nack_one(bob, g.index);
    assert_int_equal(drop_rtp(bob), 1);
}

/* A few bytes of NACKs again and again do not make a flood: what was sent is sent once more, then
 * there has to be something new. */
static void test_nack_flood(void **state)
{
    (void)state;
    publish_camera(alice);
    struct lens cam = camera_lens(alice, NULL, 7);
    unsigned got = 0;
    struct got g;

    for (unsigned i = 0; i < 40; i++)
        lens_send(&cam, i == 0);
    turn();
    must_take(bob, &g);
    drop_rtp(bob);
    for (unsigned round = 0; round < 10; round++) {
        run_ms(25);
        for (unsigned i = 0; i < 40; i++)
            nack_one(bob, g.index + i);
        got += drop_rtp(bob);
    }
    assert_int_equal(got, 40);
    lens_send(&cam, false);
    lens_send(&cam, false);
    turn();
    assert_int_equal(drop_rtp(bob), 2);
    run_ms(25);
    for (unsigned i = 0; i < 42; i++)
        nack_one(bob, g.index + i);
    assert_int_equal(drop_rtp(bob), 2);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        PAIR_TEST(test_evened_out), PAIR_TEST(test_rtx),
        PAIR_TEST(test_again),      PAIR_TEST(test_again_after_switch),
        PAIR_TEST(test_not_again),  PAIR_TEST(test_repeated_nack),
        PAIR_TEST(test_nack_flood),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
