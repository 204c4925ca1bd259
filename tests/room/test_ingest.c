/* SPDX-License-Identifier: Apache-2.0 */
/* Media in: which layer a packet belongs to, what is refused, what is learnt on the way. Seen from
 * the viewer where that is possible. */
#include "pair.h"

/* ---- which layer ---- */

static void test_by_mid(void **state)
{
    (void)state;
    struct track *t = publish_camera(alice);
    struct lens cam = camera_lens(alice, NULL, 7);
    uint64_t refused = drops(DROP_NOT_FOR_US);

    cam.mid = "2";
    lens_send(&cam, true);
    cam.mid = "0"; /* the data section */
    lens_send(&cam, true);
    cam.mid = NULL;
    lens_send(&cam, true);
    cam.mid = "1";
    cam.payload_type = PT_OPUS;
    lens_send(&cam, true);
    assert_int_equal(drops(DROP_NOT_FOR_US), refused + 4);
    assert_int_equal(t->layers[0].ssrc, 0);
    assert_int_equal(t->layer_count, 1);
    cam.payload_type = PT_VP8;
    lens_send(&cam, true);
    assert_int_equal(t->layers[0].ssrc, 7);
    cam.mid = NULL; /* known by now */
    lens_send(&cam, false);
    turn();
    assert_int_equal(drop_rtp(bob), 2);
    assert_int_equal(person_of(alice)->stream_count, 1);
    assert_int_equal(drops(DROP_NOT_FOR_US), refused + 4);
}

/* A client that was muted by a moderator may go on sending: nobody sees it. */
static void test_silenced(void **state)
{
    (void)state;
    struct track *t = publish_camera(alice);
    struct lens cam = camera_lens(alice, NULL, 7);

    lens_send(&cam, true);
    turn();
    assert_int_equal(drop_rtp(bob), 1);
    publish_set_muted(t, true, world.now_us);
    t->silenced = true;
    lens_send(&cam, true);
    lens_send(&cam, false);
    turn();
    assert_int_equal(drop_rtp(bob), 0);
    publish_set_muted(t, false, world.now_us);
    lens_send(&cam, true);
    turn();
    assert_int_equal(drop_rtp(bob), 1);
}

/* 0 stands for "none" in SDP and in a layer. */
static void test_ssrc_zero(void **state)
{
    (void)state;
    struct track *t = publish_simulcast(alice);
    struct lens zero = camera_lens(alice, "q", 0), other = camera_lens(alice, "h", 5);
    uint64_t refused = drops(DROP_NOT_FOR_US);

    lens_send(&zero, true);
    zero.mid = NULL;
    lens_send(&zero, true);
    lens_send(&other, true);
    assert_int_equal(drops(DROP_NOT_FOR_US), refused + 2);
    assert_int_equal(person_of(alice)->stream_count, 1);
    assert_int_equal(t->layers[1].ssrc, 5);
}

static void test_by_declared_ssrc(void **state)
{
    (void)state;
    static const char section[] = CAMERA_SECTION("1", "cid") "a=ssrc-group:FID 7 8\r\n"
                                                             "a=ssrc:7 cname:c\r\n"
                                                             "a=ssrc:8 cname:c\r\n";
    struct track *t = publish(alice, section, true, CLEAR);
    struct lens cam = camera_lens(alice, NULL, 7);
    uint8_t bytes[PACKET_CAPACITY];

    cam.mid = NULL;
    lens_send(&cam, true);
    struct shot lost = lens_next(&cam, false, bytes);
    lens_send(&cam, false);
    send_rtx(alice, 8, 50, &lost, NULL);
    turn();
    assert_int_equal(t->layers[0].ssrc, 7);
    assert_int_equal(t->layers[0].rtx_ssrc, 8);
    assert_int_equal(drop_rtp(bob), 3);
    cam.ssrc = 9;
    uint64_t refused = drops(DROP_NOT_FOR_US);
    lens_send(&cam, true);
    assert_int_equal(drops(DROP_NOT_FOR_US), refused + 1);
}

/* The layers stand from low to high whatever the order of the offer, and an RTX stream beside the
 * layer it repairs. */
static void test_by_rid(void **state)
{
    (void)state;
    static const char section[] = CAMERA_SECTION(
        "1", "cid") "a=rid:f send\r\na=rid:q send\r\na=rid:h send\r\na=simulcast:send f;q;h\r\n";
    static const char *const rids[] = {"q", "h", "f"};
    struct track *t = publish(alice, section, true, CLEAR);
    uint8_t bytes[PACKET_CAPACITY];
    uint64_t refused = drops(DROP_NOT_FOR_US);
    struct lens none = camera_lens(alice, NULL, 99), unknown = camera_lens(alice, "x", 98);

    lens_send(&none, true);
    lens_send(&unknown, true);
    assert_int_equal(drops(DROP_NOT_FOR_US), refused + 2);
    assert_int_equal(t->layer_count, 3);
    for (unsigned i = 0; i < 3; i++) {
        struct lens cam = camera_lens(alice, rids[i], 10 + i);
        struct shot s = lens_next(&cam, true, bytes);
        shot_send(alice, &s);
        s = lens_next(&cam, false, bytes);
        send_rtx(alice, 20 + i, 5, &s, rids[i]);
        assert_string_equal(t->layers[i].rid, rids[i]);
        assert_int_equal(t->layers[i].ssrc, 10 + i);
        assert_int_equal(t->layers[i].rtx_ssrc, 20 + i);
        assert_int_equal(t->layers[i].history.newest, 65536 + 1001);
    }
    assert_int_equal(person_of(alice)->stream_count, 6);
    assert_int_equal(drops(DROP_NOT_FOR_US), refused + 2);
}

static void test_unpublished(void **state)
{
    (void)state;
    publish_simulcast(alice);
    struct lens low = camera_lens(alice, "q", 1), high = camera_lens(alice, "f", 3);

    lens_send(&low, true);
    lens_send(&high, true);
    assert_int_equal(person_of(alice)->stream_count, 2);
    client_offer(alice, "");
    run_ms(100);
    assert_int_equal(person_of(alice)->stream_count, 0);
    uint64_t refused = drops(DROP_NOT_FOR_US);
    lens_send(&low, true);
    assert_int_equal(drops(DROP_NOT_FOR_US), refused + 1);
    assert_int_equal(packet_pool_in_use(engine_pool(world.engine)), 0);
}

/* A person who shares a screen again and again all day: every share has SSRCs of its own. */
static void test_many_shares(void **state)
{
    (void)state;
    static const char *const rids[] = {"q", "h", "f"};

    for (unsigned i = 0; i < 70; i++) {
        struct str text;
        str_init(&text);
        for (unsigned k = 1; k <= i; k++)
            str_printf(&text,
                       "m=video 9 UDP/TLS/RTP/SAVPF 96\r\na=mid:%u\r\na=inactive\r\n"
                       "a=rtpmap:96 VP8/90000\r\n",
                       k);
        str_append(&text, SIMULCAST_SECTION("last", "c"));
        client_add(alice, "c", true, CLEAR);
        client_offer(alice, text.text);
        run_ms(50);
        str_fini(&text);
        for (unsigned k = 0; k < 3; k++) {
            struct lens share = camera_lens(alice, rids[k], 100 + 3 * i + k);
            share.mid = "last";
            lens_send(&share, true);
        }
        turn();
        assert_int_equal(person_of(alice)->stream_count, 3);
        assert_true(drop_rtp(bob) > 0);
    }
    assert_int_equal(drops(DROP_TOO_MANY_STREAMS), 0);
}

/* ---- what is refused ---- */

/* The viewer sees no gap where something was left out. */
static void test_padding(void **state)
{
    (void)state;
    publish_camera(alice);
    struct lens cam = camera_lens(alice, NULL, 7);
    int64_t last = 0;

    lens_send(&cam, true);
    for (unsigned i = 0; i < 3; i++) {
        struct shot s = {.ssrc = 7,
                         .index = cam.index++,
                         .timestamp = cam.timestamp,
                         .payload_type = PT_VP8,
                         .padding = 255};
        shot_send(alice, &s);
    }
    lens_send(&cam, false);
    turn();
    assert_int_equal(take_in_order(&last), 2);
    assert_int_equal(drops(DROP_MALFORMED), 0);
}

static void test_malformed(void **state)
{
    (void)state;
    publish_camera(alice);
    struct lens cam = camera_lens(alice, NULL, 7);
    uint8_t bytes[PACKET_CAPACITY];
    int64_t last = 0;

    lens_send(&cam, true);
    struct shot s = lens_next(&cam, false, bytes);
    s.payload.size = 3; /* in the middle of the descriptor */
    shot_send(alice, &s);
    s = lens_next(&cam, true, bytes);
    bytes[VP8_DESCRIPTOR + 4] = 0; /* no start code */
    shot_send(alice, &s);
    lens_send(&cam, false);
    turn();
    assert_int_equal(drops(DROP_MALFORMED), 2);
    assert_int_equal(take_in_order(&last), 2);
    /* Padding that is longer than the packet. */
    s = lens_next(&cam, false, bytes);
    s.payload.size = 0;
    s.padding = 1;
    uint8_t packet[PACKET_CAPACITY] = {0xa0, PT_VP8, 0, 200, 0, 0, 0, 1, 0, 0, 0, 7};
    size_t size = srtp_seal_rtp(transport_srtp(alice->transports[PUBLISHER]), packet, 12,
                                SPAN_LITERAL("\x09"), 200);
    struct parcel *p = parcel_put(&world.net, span_of(packet, size));
    p->from = alice->addrs[PUBLISHER];
    p->to = server_addr();
    settle();
    assert_int_equal(drops(DROP_MALFORMED), 3);
}

static uint64_t short_frames(void)
{
    assert_int_equal(the_room()->refused_short_frames,
                     engine_stats(world.engine)->refused_short_frames);
    return the_room()->refused_short_frames;
}

/* An encrypted frame has 30 bytes of trailer behind its clear ones. */
static void test_short_audio(void **state)
{
    (void)state;
    publish(alice, AUDIO_SECTION("1", "cid"), false, SEALED);
    struct lens mic = microphone_lens(alice, 7);
    int64_t last = 0;

    mic.size = 31;
    lens_send(&mic, false);
    mic.size = 30;
    lens_send(&mic, false);
    mic.size = 1;
    lens_send(&mic, false);
    mic.size = 31;
    lens_send(&mic, false);
    turn();
    assert_int_equal(short_frames(), 2);
    assert_int_equal(take_in_order(&last), 2);
}

static void test_short_video(void **state)
{
    (void)state;
    publish(alice, CAMERA_SECTION("1", "cid"), true, SEALED);
    struct lens cam = camera_lens(alice, NULL, 7);
    uint8_t bytes[PACKET_CAPACITY];

    cam.size = 39;
    lens_send(&cam, true); /* a key frame leaves 10 bytes clear */
    assert_int_equal(short_frames(), 1);
    cam.size = 40;
    lens_send(&cam, true);
    cam.size = 32; /* others 3 */
    lens_send(&cam, false);
    assert_int_equal(short_frames(), 2);
    cam.size = 33;
    lens_send(&cam, false);
    /* The first and the last packet of a longer frame. */
    cam.size = 20;
    struct shot s = lens_next(&cam, false, bytes);
    s.marker = false;
    shot_send(alice, &s);
    s = lens_next(&cam, false, bytes);
    bytes[0] &= 0xef;
    shot_send(alice, &s);
    turn();
    assert_int_equal(short_frames(), 2);
    assert_int_equal(drop_rtp(bob), 4);
}

static void test_clear_frames_may_be_short(void **state)
{
    (void)state;
    publish_microphone(alice);
    struct lens mic = microphone_lens(alice, 7);

    mic.size = 1; /* silence */
    lens_send(&mic, false);
    turn();
    assert_int_equal(drop_rtp(bob), 1);
    assert_int_equal(short_frames(), 0);
}

/* ---- what is learnt ---- */

static void run_frames(struct lens *l, unsigned count)
{
    for (unsigned i = 0; i < count; i++) {
        lens_send(l, i == 0);
        run_ms(35);
    }
}

/* A layer that stops gives way to the next below, at a key frame; when it comes back it is taken
 * again. */
static void test_silence(void **state)
{
    (void)state;
    struct track *t = publish_simulcast(alice);
    struct lens low = camera_lens(alice, "q", 1), high = camera_lens(alice, "f", 3);
    struct downtrack *d = view_of(bob);

    for (unsigned i = 0; i < 30; i++) {
        lens_send(&low, i == 0);
        lens_send(&high, i == 0);
        run_ms(35);
    }
    assert_int_equal(d->forward.current, 2);
    run_frames(&low, 20);
    assert_true(t->layers[2].flowing);
    run_frames(&low, 60);
    assert_false(t->layers[2].flowing);
    assert_true(t->layers[0].flowing);
    assert_int_equal(d->forward.target, 0);
    lens_send(&low, true);
    turn();
    assert_int_equal(d->forward.current, 0);
    lens_send(&high, false);
    turn();
    assert_int_equal(d->forward.target, 2);
    assert_int_equal(d->forward.current, 0);
    lens_send(&high, true);
    turn();
    assert_int_equal(d->forward.current, 2);
}

/* A slow camera sends every 200 ms, and reports come every second. */
static void test_not_silent_yet(void **state)
{
    (void)state;
    struct track *t = publish_camera(alice);
    struct lens cam = camera_lens(alice, NULL, 7);

    lens_send(&cam, true);
    ingest_look_for_silence(t, world.now_us + LAYER_SILENCE_US);
    assert_true(t->layers[0].flowing);
    ingest_look_for_silence(t, world.now_us + LAYER_SILENCE_US + 1);
    assert_false(t->layers[0].flowing);
    assert_true(LAYER_SILENCE_US > 1000000);
    lens_send(&cam, false);
    assert_true(t->layers[0].flowing);
}

/* Padding alone is no picture: it does not make a layer flow. */
static void test_padding_does_not_flow(void **state)
{
    (void)state;
    struct track *t = publish_simulcast(alice);
    struct shot s = {.ssrc = 3, .payload_type = PT_VP8, .mid = "1", .rid = "f", .padding = 200};

    shot_send(alice, &s);
    assert_int_equal(t->layers[2].ssrc, 3);
    assert_false(t->layers[2].flowing);
}

static void test_levels(void **state)
{
    (void)state;
    struct track *t = publish_microphone(alice);
    struct lens mic = microphone_lens(alice, 7);
    uint8_t bytes[PACKET_CAPACITY];

    for (unsigned i = 0; i < 4; i++) {
        struct shot s = lens_next(&mic, false, bytes);
        s.has_level = i != 1;
        s.level = i == 2 ? 100 : 0x80 | 20; /* the first bit says voice */
        shot_send(alice, &s);
    }
    assert_int_equal(t->speaker.packets, 3);
    assert_int_equal(t->speaker.loud, 2);
    assert_int_equal(t->speaker.loudness_sum, 2 * 107);
    /* Who is muted is not heard, whatever their client sends. */
    publish_set_muted(t, true, world.now_us);
    struct shot s = lens_next(&mic, false, bytes);
    s.has_level = true;
    shot_send(alice, &s);
    assert_int_equal(t->speaker.packets, 3);
}

static void test_arrivals(void **state)
{
    (void)state;
    publish_camera(alice);
    struct lens cam = camera_lens(alice, NULL, 7);
    uint8_t bytes[PACKET_CAPACITY];

    lens_send(&cam, true);
    assert_null(person_of(alice)->feedback);
    for (unsigned i = 0; i < 2; i++) {
        struct shot s = lens_next(&cam, false, bytes);
        s.has_transport_seq = true;
        s.transport_seq = (uint16_t)(300 + 2 * i);
        s.ssrc = i ? 99 : 7; /* packets of no known stream were received all the same */
        s.mid = NULL;
        shot_send(alice, &s);
    }
    const struct feedback *f = person_of(alice)->feedback;
    assert_int_equal(f->newest, 65536 + 302);
    assert_int_equal(f->media_ssrc, 99);
}

/* The packets of an hour ago are not held for a camera that is off. */
static void test_nothing_is_held(void **state)
{
    (void)state;
    publish_camera(alice);
    struct lens cam = camera_lens(alice, NULL, 7);

    run_frames(&cam, 20);
    assert_int_equal(packet_pool_in_use(engine_pool(world.engine)), 20);
    run_ms(4000);
    assert_int_equal(packet_pool_in_use(engine_pool(world.engine)), 0);
}

/* Nor much of anything, when the worker's packets run low: the rest must go on. */
static void test_few_packets_left(void **state)
{
    (void)state;
    static struct packet *taken[LIMIT_PACKETS];
    struct packet_pool *pool = engine_pool(world.engine);
    unsigned n = 0;

    publish_camera(alice);
    struct lens cam = camera_lens(alice, NULL, 7);
    run_frames(&cam, 20);
    run_ms(300);
    assert_int_equal(packet_pool_in_use(pool), 20);
    while (packet_pool_in_use(pool) < LIMIT_PACKETS / 4 * 3)
        taken[n++] = packet_new(pool);
    run_ms(50);
    assert_int_equal(packet_pool_in_use(pool), n + 20);
    lens_send(&cam, false);
    world.now_us += 190000;
    for (unsigned i = 0; i < 50; i++)
        taken[n++] = packet_new(pool);
    turn();
    assert_int_equal(packet_pool_in_use(pool), n + 1);
    run_ms(45); /* not again at once */
    assert_int_equal(packet_pool_in_use(pool), n + 1);
    run_ms(5);
    assert_int_equal(packet_pool_in_use(pool), n);
    drop_rtp(bob);
    lens_send(&cam, false);
    turn();
    assert_int_equal(drop_rtp(bob), 1);
    while (n > 0)
        packet_unref(taken[--n]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        PAIR_TEST(test_by_mid),
        PAIR_TEST(test_silenced),
        PAIR_TEST(test_ssrc_zero),
        PAIR_TEST(test_by_declared_ssrc),
        PAIR_TEST(test_by_rid),
        PAIR_TEST(test_unpublished),
        PAIR_TEST(test_many_shares),
        PAIR_TEST(test_padding),
        PAIR_TEST(test_malformed),
        PAIR_TEST(test_short_audio),
        PAIR_TEST(test_short_video),
        PAIR_TEST(test_clear_frames_may_be_short),
        PAIR_TEST(test_silence),
        PAIR_TEST(test_not_silent_yet),
        PAIR_TEST(test_padding_does_not_flow),
        PAIR_TEST(test_levels),
        PAIR_TEST(test_arrivals),
        PAIR_TEST(test_nothing_is_held),
        PAIR_TEST(test_few_packets_left),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
