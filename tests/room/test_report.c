/* SPDX-License-Identifier: Apache-2.0 */
/* RTCP both ways: what publishers are told of their streams and asked for again, what viewers are
 * told of times, and what is done with what they say. */
#include "pair.h"
#include "wire/twcc.h"

#define WALL_US (1700000000000000LL + 2208988800000000LL) /* of time 0, since 1900 */

static uint64_t ntp_of(int64_t now_us)
{
    uint64_t us = (uint64_t)(now_us + WALL_US);

    return (us / 1000000) << 32 | ((us % 1000000) << 32) / 1000000;
}

static struct writer writer(void)
{
    static uint8_t bytes[1300];

    return writer_of(bytes, sizeof bytes);
}

/* The report block on a stream of alice's in the nth report she got. */
static bool find_block(unsigned nth, uint32_t ssrc, struct rtcp_block *out)
{
    struct rtcp r;

    if (!find_rtcp(alice, PUBLISHER, RTCP_RR, ANY_FORMAT, nth, &r))
        return false;
    for (unsigned i = 0; rtcp_parse_block(&r, i, out); i++)
        if (out->ssrc == ssrc)
            return true;
    return false;
}

static void send_report(struct client *c, enum side side, const struct rtcp_sr *sr)
{
    struct writer w = writer();

    rtcp_write_sr(&w, sr, NULL, 0);
    send_rtcp(c, side, &w);
}

/* ---- to the publisher: reports ---- */

static void test_receiver_report(void **state)
{
    (void)state;
    publish_camera(alice);
    struct lens cam = camera_lens(alice, NULL, 7);
    struct rtcp_block b;

    cam.index = 65530;
    forget_rtcp(alice);
    for (unsigned i = 0; i < 20; i++) {
        if (i % 4 == 1)
            lens_lose(&cam);
        else
            lens_send(&cam, i == 0);
    }
    run_ms(500);
    send_report(alice, PUBLISHER,
                &(struct rtcp_sr){.ssrc = 7, .ntp = 0x1234567890abcdef, .rtp_timestamp = 1});
    run_ms(500);
    assert_true(find_block(0, 7, &b));
    assert_int_equal(b.highest_seq, 65549); /* once around */
    assert_int_equal(b.lost, 5);
    assert_int_equal(b.fraction_lost, 5 * 256 / 20);
    assert_int_equal(b.last_sr, 0x567890ab);
    assert_in_range(b.delay, 65536 / 4, 65536 / 2 + 1);
    /* Once a second, of what was new. */
    run_ms(3000);
    assert_int_equal(count_rtcp(alice, PUBLISHER, RTCP_RR, ANY_FORMAT), 4);
    assert_true(find_block(3, 7, &b));
    assert_int_equal(b.fraction_lost, 0);
    assert_int_equal(b.lost, 5);
}

/* A retransmission stream is part of what it repairs. */
static void test_no_report_on_rtx(void **state)
{
    (void)state;
    publish_camera(alice);
    struct lens cam = camera_lens(alice, NULL, 7);
    uint8_t bytes[PACKET_CAPACITY];
    struct rtcp_block b;

    lens_send(&cam, true);
    struct shot s = lens_next(&cam, false, bytes);
    send_rtx(alice, 8, 1, &s, NULL);
    send_report(alice, PUBLISHER, &(struct rtcp_sr){.ssrc = 8, .ntp = 99});
    assert_false(person_of(alice)->streams[0].layer->recv.has_sr);
    forget_rtcp(alice);
    run_ms(1000);
    assert_true(find_block(0, 7, &b));
    assert_int_equal(b.highest_seq, 1001);
    assert_false(find_block(0, 8, &b));
}

/* A report with nothing to say goes out too. More streams than one report takes are in several. */
static void test_many_streams(void **state)
{
    (void)state;
    struct rtcp_block b;
    struct str text;
    unsigned n = 0;

    publish_camera(alice);
    forget_rtcp(alice);
    run_ms(1000);
    assert_int_equal(count_rtcp(alice, PUBLISHER, RTCP_RR, 0), 1);
    str_init(&text);
    str_append(&text, CAMERA_SECTION("1", "cid"));
    for (unsigned i = 2; i < 14; i++) {
        char cid[8];
        snprintf(cid, sizeof cid, "c%u", i);
        client_add(alice, cid, true, CLEAR);
        str_printf(&text,
                   "m=video 9 UDP/TLS/RTP/SAVPF 96\r\na=mid:m%u\r\na=sendonly\r\na=msid:s c%u\r\n"
                   "a=rtpmap:96 VP8/90000\r\n"
                   "a=extmap:4 urn:ietf:params:rtp-hdrext:sdes:mid\r\n"
                   "a=extmap:10 urn:ietf:params:rtp-hdrext:sdes:rtp-stream-id\r\n",
                   i, i);
        str_append(&text, "a=rid:q send\r\na=rid:h send\r\na=rid:f send\r\n"
                          "a=simulcast:send q;h;f\r\n");
    }
    client_offer(alice, text.text);
    str_fini(&text);
    run_ms(100);
    assert_int_equal(person_of(alice)->track_count, 13);
    for (unsigned i = 2; i < 14; i++) {
        static const char *const rids[] = {"q", "h", "f"};
        char mid[8];
        snprintf(mid, sizeof mid, "m%u", i);
        for (unsigned k = 0; k < 3; k++) {
            struct lens l = camera_lens(alice, rids[k], 100 * i + k);
            l.mid = mid;
            lens_send(&l, true);
            n++;
        }
    }
    assert_int_equal(n, 36);
    assert_int_equal(person_of(alice)->stream_count, n);
    forget_rtcp(alice);
    run_ms(1000);
    assert_int_equal(count_rtcp(alice, PUBLISHER, RTCP_RR, ANY_FORMAT), 2);
    for (unsigned i = 2; i < 14; i++)
        for (unsigned k = 0; k < 3; k++)
            assert_true(find_block(0, 100 * i + k, &b) || find_block(1, 100 * i + k, &b));
}

/* ---- to the publisher: what is missing ---- */

/* The numbers in all NACKs for a stream since the last time. */
static unsigned take_nacks(uint32_t ssrc, uint16_t *seqs)
{
    struct rtcp r;
    uint32_t sender, media;
    unsigned n = 0;

    for (unsigned i = 0; find_rtcp(alice, PUBLISHER, RTCP_RTPFB, RTCP_FMT_NACK, i, &r); i++) {
        unsigned cursor = 0;
        assert_true(rtcp_parse_feedback(&r, &sender, &media));
        assert_int_equal(media, ssrc);
        while (rtcp_next_nack(&r, &cursor, &seqs[n]))
            n++;
    }
    forget_rtcp(alice);
    return n;
}

static void test_nacks(void **state)
{
    (void)state;
    publish_camera(alice);
    struct lens cam = camera_lens(alice, NULL, 7);
    uint8_t bytes[PACKET_CAPACITY];
    uint16_t seqs[200];

    cam.index = 65535;
    lens_send(&cam, true);
    struct shot lost = lens_next(&cam, false, bytes); /* 0, after the wrap */
    lens_lose(&cam);
    lens_send(&cam, false);
    run_ms(5);
    assert_int_equal(take_nacks(7, seqs), 0); /* it may be disorder */
    run_ms(5);
    assert_int_equal(take_nacks(7, seqs), 2);
    assert_int_equal(seqs[0], 0);
    assert_int_equal(seqs[1], 1);
    send_rtx(alice, 8, 1, &lost, NULL);
    run_ms(200);
    unsigned n = take_nacks(7, seqs);
    assert_true(n > 1);
    for (unsigned i = 0; i < n; i++)
        assert_int_equal(seqs[i], 1);
    /* Not for ever. */
    run_ms(5000);
    n += take_nacks(7, seqs);
    assert_int_equal(n + 1, RECV_NACK_TRIES);
    run_ms(5000);
    assert_int_equal(take_nacks(7, seqs), 0);
}

/* Each layer is looked after, also when the others have all. */
static void test_nacks_of_layers(void **state)
{
    (void)state;
    publish_simulcast(alice);
    struct lens low = camera_lens(alice, "q", 1), high = camera_lens(alice, "f", 3);
    uint16_t seqs[200];

    lens_send(&low, true);
    lens_send(&high, true);
    lens_lose(&low);
    lens_send(&low, false);
    lens_send(&high, false);
    run_ms(10);
    assert_int_equal(take_nacks(1, seqs), 1);
    run_ms(400);
    assert_in_range(take_nacks(1, seqs), 2, 8);
}

/* The numbers are the SSRC's own. */
static void test_nacks_of_a_new_ssrc(void **state)
{
    (void)state;
    publish_camera(alice);
    struct lens cam = camera_lens(alice, NULL, 7), next = camera_lens(alice, NULL, 9);
    uint16_t seqs[200];

    lens_send(&cam, true);
    next.index = 500;
    lens_send(&next, true);
    lens_lose(&next);
    lens_send(&next, false);
    run_ms(10);
    assert_int_equal(take_nacks(9, seqs), 1);
    assert_int_equal(seqs[0], 501);
}

static void test_no_nacks_of_audio(void **state)
{
    (void)state;
    publish_microphone(alice);
    struct lens mic = microphone_lens(alice, 7);
    uint16_t seqs[200];

    lens_send(&mic, false);
    lens_lose(&mic);
    lens_send(&mic, false);
    run_ms(500);
    assert_int_equal(take_nacks(7, seqs), 0);
}

/* ---- to the publisher: arrivals ---- */

static void send_numbered(struct lens *l, uint16_t seq)
{
    uint8_t bytes[PACKET_CAPACITY];
    struct shot s = lens_next(l, false, bytes);

    s.has_transport_seq = true;
    s.transport_seq = seq;
    shot_send(l->client, &s);
}

static void test_feedback(void **state)
{
    (void)state;
    publish_microphone(alice);
    struct lens mic = microphone_lens(alice, 7);
    struct twcc_arrival a;
    struct twcc t;
    struct rtcp r;

    send_numbered(&mic, 10);
    run_ms(40);
    send_numbered(&mic, 12);
    run_ms(35);
    assert_int_equal(count_rtcp(alice, PUBLISHER, RTCP_RTPFB, RTCP_FMT_TWCC), 0);
    run_ms(5);
    assert_true(find_rtcp(alice, PUBLISHER, RTCP_RTPFB, RTCP_FMT_TWCC, 0, &r));
    assert_true(twcc_parse(&r, &t));
    assert_int_equal(t.base_seq, 10);
    assert_int_equal(t.count, 3);
    assert_int_equal(t.media, 7);
    struct twcc_reader reader = twcc_reader_of(&t);
    assert_true(twcc_next(&reader, &a));
    int64_t first = a.at_us;
    assert_true(twcc_next(&reader, &a));
    assert_true(a.at_us == TWCC_LOST);
    assert_true(twcc_next(&reader, &a));
    assert_int_equal(a.at_us - first, 40000);
    run_ms(500);
    assert_int_equal(count_rtcp(alice, PUBLISHER, RTCP_RTPFB, RTCP_FMT_TWCC), 1);
    /* Many at once do not wait. */
    for (uint16_t i = 0; i < 300; i++)
        send_numbered(&mic, (uint16_t)(13 + i));
    turn();
    assert_true(count_rtcp(alice, PUBLISHER, RTCP_RTPFB, RTCP_FMT_TWCC) >= 2);
}

/* ---- to the viewer ---- */

static void test_sender_report(void **state)
{
    (void)state;
    struct track *t = publish_microphone(alice);
    struct lens mic = microphone_lens(alice, 7);
    char cname[64];
    struct rtcp r;
    struct rtcp_sr sr;
    struct got g;

    lens_send(&mic, false);
    turn();
    must_take(bob, &g);
    run_ms(2000);
    /* Nothing is known of the publisher's clock. */
    assert_int_equal(count_rtcp(bob, SUBSCRIBER, RTCP_SR, ANY_FORMAT), 0);
    send_report(alice, PUBLISHER,
                &(struct rtcp_sr){.ssrc = 7, .ntp = 1, .rtp_timestamp = mic.timestamp});
    int64_t at = world.now_us;
    run_ms(1000);
    assert_true(find_rtcp(bob, SUBSCRIBER, RTCP_SR, ANY_FORMAT, 0, &r));
    assert_true(rtcp_parse_sr(&r, &sr));
    assert_int_equal(sr.ssrc, view_of(bob)->ssrc);
    assert_int_equal(sr.packets, 1);
    assert_int_equal(sr.octets, 60);
    /* The time of the report and its timestamp belong together: the packet's was 960 before. */
    int64_t elapsed = (int64_t)(((sr.ntp - ntp_of(at)) * 1000000) >> 32);
    assert_in_range(elapsed, 0, 1000000);
    assert_in_range(sr.rtp_timestamp - g.rtp.timestamp - 960, elapsed * 48 / 1000 - 1,
                    elapsed * 48 / 1000 + 1);
    /* Who it is: both ids, so that a player joins the tracks of one person. */
    assert_true(find_rtcp(bob, SUBSCRIBER, RTCP_SDES, ANY_FORMAT, 0, &r));
    snprintf(cname, sizeof cname, "%s|%s", person_of(alice)->sid, t->sid);
    assert_int_equal(r.body.data[5], strlen(cname));
    assert_memory_equal(r.body.data + 6, cname, strlen(cname));
    run_ms(3000);
    assert_int_equal(count_rtcp(bob, SUBSCRIBER, RTCP_SR, ANY_FORMAT), 4);
    downtrack_stop(view_of(bob));
    forget_rtcp(bob);
    run_ms(3000);
    assert_int_equal(count_rtcp(bob, SUBSCRIBER, RTCP_SR, ANY_FORMAT), 0);
}

/* The first comes soon after joining, and there are as many packets as the tracks need. */
static void test_many_sender_reports(void **state)
{
    (void)state;
    struct lens mics[20];
    struct str text;

    str_init(&text);
    for (unsigned i = 0; i < 20; i++) {
        char cid[8];
        snprintf(cid, sizeof cid, "c%u", i);
        client_add(alice, cid, false, CLEAR);
        str_printf(&text,
                   "m=audio 9 UDP/TLS/RTP/SAVPF 111\r\na=mid:m%u\r\na=sendonly\r\na=msid:s c%u\r\n"
                   "a=rtpmap:111 opus/48000/2\r\n"
                   "a=extmap:4 urn:ietf:params:rtp-hdrext:sdes:mid\r\n",
                   i, i);
    }
    client_offer(alice, text.text);
    str_fini(&text);
    run_ms(300);
    for (unsigned i = 0; i < 20; i++) {
        char mid[8];
        snprintf(mid, sizeof mid, "m%u", i);
        mics[i] = microphone_lens(alice, 10 + i);
        mics[i].mid = mid;
        lens_send(&mics[i], false);
        send_report(alice, PUBLISHER, &(struct rtcp_sr){.ssrc = 10 + i, .ntp = 1});
    }
    run_ms(1000);
    assert_int_equal(count_rtcp(bob, SUBSCRIBER, RTCP_SR, ANY_FORMAT), 20);
    struct client *carol = client_join("carol");
    for (unsigned i = 0; i < 20; i++) {
        mics[i].mid = NULL;
        lens_send(&mics[i], false);
    }
    run_ms(100);
    assert_int_equal(count_rtcp(carol, SUBSCRIBER, RTCP_SR, ANY_FORMAT), 20);
}

/* ---- from the viewer ---- */

static void send_block(const struct rtcp_block *b)
{
    struct writer w = writer();

    rtcp_write_rr(&w, 5, b, 1);
    send_rtcp(bob, SUBSCRIBER, &w);
}

static void test_round_trip(void **state)
{
    (void)state;
    publish_camera(alice);
    struct connection *c = &person_of(bob)->connections[SUBSCRIBER];
    struct rtcp_block b = {.ssrc = view_of(bob)->ssrc, .fraction_lost = 77};

    send_block(&b); /* no sender report of ours yet */
    assert_int_equal(c->rtt_us, 0);
    assert_int_equal(view_of(bob)->fraction_lost, 77);
    b.last_sr = (uint32_t)(ntp_of(world.now_us) >> 16);
    b.delay = 65536 / 2;
    world.now_us += 600000;
    send_block(&b);
    assert_in_range(c->rtt_us, 99950, 100050);
    world.now_us += 40000;
    send_block(&b); /* 140 ms count a quarter */
    assert_in_range(c->rtt_us, 109900, 110100);
    b.delay = 65536; /* longer than since then */
    send_block(&b);
    b.ssrc++;
    b.delay = 0;
    b.fraction_lost = 99;
    send_block(&b);
    assert_in_range(c->rtt_us, 109900, 110100);
    assert_int_equal(view_of(bob)->fraction_lost, 77);
    /* From a sender report's blocks too. */
    b.ssrc--;
    struct writer w = writer();
    rtcp_write_sr(&w, &(struct rtcp_sr){.ssrc = 5}, &b, 1);
    send_rtcp(bob, SUBSCRIBER, &w);
    assert_int_equal(view_of(bob)->fraction_lost, 99);
    b.last_sr -= 60 << 16; /* a minute: no round trip */
    b.fraction_lost = 1;
    int64_t before = c->rtt_us;
    send_block(&b);
    assert_int_equal(c->rtt_us, before);
    assert_int_equal(view_of(bob)->fraction_lost, 1);
}

static void test_keyframe_requests(void **state)
{
    (void)state;
    publish_simulcast(alice);
    struct lens low = camera_lens(alice, "q", 1), high = camera_lens(alice, "f", 3);
    uint32_t ssrc = view_of(bob)->ssrc;
    struct writer w = writer();

    rtcp_write_pli(&w, 5, ssrc);
    send_rtcp(bob, SUBSCRIBER, &w); /* nothing was sent yet */
    lens_send(&low, true);
    lens_send(&high, true);
    turn();
    assert_int_equal(count_rtcp(alice, PUBLISHER, RTCP_PSFB, ANY_FORMAT), 0);
    w = writer();
    rtcp_write_pli(&w, 5, ssrc + 1);
    rtcp_write_fir(&w, 5, ssrc + 1, 0);
    send_rtcp(bob, SUBSCRIBER, &w);
    assert_int_equal(count_rtcp(alice, PUBLISHER, RTCP_PSFB, ANY_FORMAT), 0);
    w = writer();
    rtcp_write_pli(&w, 5, ssrc);
    rtcp_write_pli(&w, 5, ssrc);
    rtcp_write_fir(&w, 5, ssrc, 0);
    send_rtcp(bob, SUBSCRIBER, &w);
    assert_int_equal(count_plis(alice, 3), 1); /* of what bob views, and once */
    world.now_us += 1000000;
    w = writer();
    rtcp_write_fir(&w, 5, ssrc, 1);
    send_rtcp(bob, SUBSCRIBER, &w);
    assert_int_equal(count_plis(alice, 3), 2);
    view_of(bob)->disabled = true; /* who sees nothing misses nothing */
    downtrack_aim(view_of(bob), world.now_us);
    w = writer();
    rtcp_write_pli(&w, 5, ssrc);
    world.now_us += 1000000;
    send_rtcp(bob, SUBSCRIBER, &w);
    assert_int_equal(count_rtcp(alice, PUBLISHER, RTCP_PSFB, ANY_FORMAT), 2);
}

/* What stands before the damage counts. */
static void test_malformed(void **state)
{
    (void)state;
    publish_camera(alice);
    struct lens cam = camera_lens(alice, NULL, 7);
    struct writer w = writer();

    lens_send(&cam, true);
    turn();
    rtcp_write_pli(&w, 5, view_of(bob)->ssrc);
    writer_u32(&w, 0x81cd0009); /* an RTPFB of ten words that are not there */
    writer_u32(&w, 5);
    send_rtcp(bob, SUBSCRIBER, &w);
    assert_int_equal(drops(DROP_MALFORMED), 1);
    assert_int_equal(count_plis(alice, 7), 1);
}

/* Each side is heard for what it has to say: bob's connections, the wrong way round. */
static void test_wrong_side(void **state)
{
    (void)state;
    struct track *t = publish_camera(alice);
    struct lens cam = camera_lens(alice, NULL, 7);
    struct writer w = writer();
    struct got g;

    publish_microphone(bob);
    lens_send(&cam, true);
    turn();
    must_take(bob, &g);
    run_ms(30);
    uint16_t seq = g.rtp.seq;
    rtcp_write_pli(&w, 5, view_of(bob)->ssrc);
    rtcp_write_nack(&w, 5, view_of(bob)->ssrc, &seq, 1);
    send_rtcp(bob, PUBLISHER, &w);
    assert_int_equal(count_plis(alice, 7), 0);
    assert_int_equal(drop_rtp(bob), 0);
    send_report(alice, SUBSCRIBER, &(struct rtcp_sr){.ssrc = 7, .ntp = 99});
    assert_false(t->layers[0].recv.has_sr);
    send_report(alice, PUBLISHER, &(struct rtcp_sr){.ssrc = 8, .ntp = 99});
    assert_false(t->layers[0].recv.has_sr);
    send_report(alice, PUBLISHER, &(struct rtcp_sr){.ssrc = 7, .ntp = 99});
    assert_true(t->layers[0].recv.has_sr);
    assert_int_equal(drops(DROP_MALFORMED), 0);
}

/* One compound is answered with so many packets, whatever stands in it. */
static void test_nacks_of_one_compound(void **state)
{
    (void)state;
    publish_camera(alice);
    struct lens cam = camera_lens(alice, NULL, 7);
    struct writer w = writer();
    struct got g;

    cam.size = 20;
    for (unsigned i = 0; i < 500; i++)
        lens_send(&cam, i == 0);
    turn();
    must_take(bob, &g);
    drop_rtp(bob);
    run_ms(30);
    for (unsigned i = 0; i < 30; i++) {
        uint16_t seqs[16];
        for (unsigned k = 0; k < 16; k++)
            seqs[k] = (uint16_t)(g.index + 16 * i + k);
        rtcp_write_nack(&w, 5, view_of(bob)->ssrc, seqs, 16);
    }
    send_rtcp(bob, SUBSCRIBER, &w);
    assert_int_equal(drop_rtp(bob), 256);
}

/* ---- the end ---- */

static void test_end(void **state)
{
    (void)state;
    publish_camera(alice);
    struct lens cam = camera_lens(alice, NULL, 7);
    struct person *p = person_of(alice);

    send_numbered(&cam, 1);
    assert_true(p->report_timer.node.index && p->feedback_timer.node.index);
    assert_true(p->sr_timer.node.index);
    report_stop(p, PUBLISHER);
    assert_false(p->report_timer.node.index || p->feedback_timer.node.index);
    assert_true(p->sr_timer.node.index);
    report_stop(p, SUBSCRIBER);
    assert_false(p->sr_timer.node.index);
    report_stop(p, SUBSCRIBER);
    forget_rtcp(alice);
    run_ms(3000);
    assert_int_equal(count_rtcp(alice, PUBLISHER, RTCP_RR, ANY_FORMAT), 0);
    report_start(p, PUBLISHER, world.now_us);
    run_ms(1000);
    assert_int_equal(count_rtcp(alice, PUBLISHER, RTCP_RR, ANY_FORMAT), 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        PAIR_TEST(test_receiver_report),
        PAIR_TEST(test_no_report_on_rtx),
        PAIR_TEST(test_many_streams),
        PAIR_TEST(test_nacks),
        PAIR_TEST(test_nacks_of_layers),
        PAIR_TEST(test_nacks_of_a_new_ssrc),
        PAIR_TEST(test_no_nacks_of_audio),
        PAIR_TEST(test_feedback),
        PAIR_TEST(test_sender_report),
        PAIR_TEST(test_many_sender_reports),
        PAIR_TEST(test_round_trip),
        PAIR_TEST(test_keyframe_requests),
        PAIR_TEST(test_malformed),
        PAIR_TEST(test_wrong_side),
        PAIR_TEST(test_nacks_of_one_compound),
        PAIR_TEST(test_end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
