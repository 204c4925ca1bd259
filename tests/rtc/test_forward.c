/* SPDX-License-Identifier: Apache-2.0 */
/* Rewriting for one viewer: single cases, one a rule. Random runs are in test_forward_random.c. */
#include "rtc/forward.h"

#include "base/seq.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#define FRAME_US 33333
#define FRAME_TICKS 3000

enum { DELTA = 0, START = 1, KEY = 3, LONG_ID = 4 };

static struct media packet(int64_t seq, uint32_t timestamp, unsigned flags)
{
    return (struct media){.seq = seq,
                          .timestamp = timestamp,
                          .payload_size = 100,
                          .frame = {.start = flags & START, .keyframe = (flags & KEY) == KEY}};
}

static struct media vp8(int64_t seq, uint32_t timestamp, unsigned flags, uint16_t id, uint8_t tl0)
{
    struct media m = packet(seq, timestamp, flags);

    m.frame.vp8 = (struct vp8_descriptor){.has_picture_id = true,
                                          .picture_id_long = flags & LONG_ID,
                                          .has_tl0 = true,
                                          .picture_id = id,
                                          .tl0 = tl0};
    return m;
}

static int64_t sent(struct forward *f, int64_t now_us, uint8_t layer, struct media m)
{
    struct forward_out out;

    assert_int_equal(forward_push(f, now_us, &m, layer, NULL, &out), FORWARD_SEND);
    return out.seq;
}

static enum forward_verdict verdict(struct forward *f, uint8_t layer, struct media m)
{
    struct forward_out out;

    return forward_push(f, 0, &m, layer, NULL, &out);
}

static void leave_out(struct forward *f, uint8_t layer, int64_t seq)
{
    struct media m = packet(seq, 0, DELTA);

    forward_skip(f, &m, layer);
}

/* H.264 on its way since seq `first` of layer 0, which goes out as 100. */
static struct forward started(int64_t first)
{
    struct forward f;

    forward_init(&f, CODEC_H264, 100, 5000);
    forward_set_target(&f, 0);
    assert_int_equal(sent(&f, 0, 0, packet(first, 90000, KEY)), 100);
    return f;
}

static void starts_at_a_key_frame(void **state)
{
    (void)state;
    struct forward f;
    struct forward_out out;
    forward_init(&f, CODEC_H264, 100, 5000);
    struct media m = packet(10, 777, KEY);
    assert_false(forward_wants_keyframe(&f));
    assert_int_equal(verdict(&f, 1, m), FORWARD_SKIP);
    forward_set_target(&f, 1);
    assert_true(forward_wants_keyframe(&f));
    assert_int_equal(verdict(&f, 1, packet(8, 1, DELTA)), FORWARD_SKIP);
    assert_int_equal(verdict(&f, 1, packet(9, 1, START)), FORWARD_SKIP);
    assert_int_equal(verdict(&f, 0, m), FORWARD_SKIP);
    assert_int_equal(f.packets, 0);
    m.marker = true;
    assert_int_equal(forward_push(&f, 0, &m, 1, NULL, &out), FORWARD_SEND);
    assert_int_equal(out.seq, 100);
    assert_int_equal(out.timestamp, 5000);
    assert_true(out.marker);
    assert_false(out.patch_vp8);
    assert_false(forward_wants_keyframe(&f));
    assert_int_equal(f.packets, 1);
    assert_int_equal(f.octets, 100);
    /* What came before the beginning has no place. */
    assert_int_equal(verdict(&f, 1, packet(9, 1, START)), FORWARD_TOO_OLD);
}

/* The middle of a key frame is no beginning, nor is a later packet that still belongs to it. */
static void starts_at_a_first_packet_only(void **state)
{
    (void)state;
    struct forward f;
    forward_init(&f, CODEC_VP8, 1, 1);
    forward_set_target(&f, 0);
    struct media m = packet(5, 9, KEY);
    m.frame.start = false;
    assert_int_equal(verdict(&f, 0, m), FORWARD_SKIP);
    m.frame.start = true;
    assert_int_equal(verdict(&f, 0, m), FORWARD_SEND);
}

static void audio_starts_at_once(void **state)
{
    (void)state;
    struct forward f;
    forward_init(&f, CODEC_OPUS, 0, 7);
    forward_set_target(&f, 0);
    assert_false(forward_wants_keyframe(&f));
    assert_int_equal(sent(&f, 0, 0, packet(65535, 960, DELTA)), 0);
    assert_int_equal(sent(&f, 20000, 0, packet(65536, 1920, DELTA)), 1);
}

static void losses_stay_gaps(void **state)
{
    (void)state;
    struct forward f = started(10);
    assert_int_equal(sent(&f, 0, 0, packet(11, 1, DELTA)), 101);
    assert_int_equal(sent(&f, 0, 0, packet(15, 1, DELTA)), 105);
    assert_int_equal(sent(&f, 0, 0, packet(13, 1, DELTA)), 103);
    assert_int_equal(sent(&f, 0, 0, packet(16, 1, DELTA)), 106);
    assert_int_equal(sent(&f, 0, 0, packet(12, 1, DELTA)), 102);
}

static void switches_without_a_gap(void **state)
{
    (void)state;
    struct forward f = started(10);
    sent(&f, 0, 0, packet(11, 1, DELTA));
    sent(&f, 0, 0, packet(13, 1, DELTA)); /* 12 is late */
    forward_set_target(&f, 2);
    assert_true(forward_wants_keyframe(&f));
    assert_int_equal(verdict(&f, 2, packet(70000, 1, START)), FORWARD_SKIP);
    assert_int_equal(sent(&f, 0, 0, packet(14, 1, DELTA)), 104);
    assert_int_equal(sent(&f, 0, 2, packet(70001, 1, KEY)), 105);
    assert_int_equal(sent(&f, 0, 2, packet(70002, 1, DELTA)), 106);
    /* The old layer: fills its own gap, never goes on. */
    assert_int_equal(sent(&f, 0, 0, packet(12, 1, DELTA)), 102);
    assert_int_equal(verdict(&f, 0, packet(15, 1, DELTA)), FORWARD_SKIP);
    assert_int_equal(verdict(&f, 0, packet(16, 1, KEY)), FORWARD_SKIP);
    assert_int_equal(verdict(&f, 0, packet(9, 1, DELTA)), FORWARD_SKIP);
    assert_int_equal(sent(&f, 0, 2, packet(70003, 1, DELTA)), 107);
}

static void change_of_mind_stays(void **state)
{
    (void)state;
    struct forward f = started(10);
    forward_set_target(&f, 1);
    forward_set_target(&f, 0);
    assert_false(forward_wants_keyframe(&f));
    assert_int_equal(verdict(&f, 1, packet(500, 1, KEY)), FORWARD_SKIP);
    assert_int_equal(sent(&f, 0, 0, packet(11, 1, DELTA)), 101);
}

/* A key frame's first packet that was missing in the old layer is filled in; it does not start the
 * layer again. */
static void late_key_frame_is_filled_in(void **state)
{
    (void)state;
    struct forward f = started(10);
    sent(&f, 0, 0, packet(12, 1, DELTA));
    forward_set_target(&f, 1);
    sent(&f, 0, 1, packet(500, 1, KEY));
    forward_set_target(&f, 0);
    assert_int_equal(sent(&f, 0, 0, packet(11, 1, KEY)), 101);
    assert_true(forward_wants_keyframe(&f));
    assert_int_equal(sent(&f, 0, 1, packet(501, 1, DELTA)), 104);
    assert_int_equal(sent(&f, 0, 0, packet(30, 1, KEY)), 105);
}

static void left_out_packets_leave_no_gap(void **state)
{
    (void)state;
    struct forward f = started(10);
    leave_out(&f, 0, 11);
    assert_int_equal(sent(&f, 0, 0, packet(12, 1, DELTA)), 101);
    leave_out(&f, 0, 14); /* 13 is late */
    assert_int_equal(sent(&f, 0, 0, packet(15, 1, DELTA)), 103);
    assert_int_equal(sent(&f, 0, 0, packet(13, 1, DELTA)), 102);
    assert_int_equal(verdict(&f, 0, packet(14, 1, DELTA)), FORWARD_TOO_OLD);
    /* Another layer's, and what has its number already, change nothing. */
    leave_out(&f, 1, 16);
    leave_out(&f, 0, 12);
    leave_out(&f, 0, 15);
    assert_int_equal(sent(&f, 0, 0, packet(16, 1, DELTA)), 104);
}

/* A late packet passes one that was left out: in_newest must not fall back. */
static void late_before_left_out(void **state)
{
    (void)state;
    struct forward f = started(10);
    leave_out(&f, 0, 12);
    assert_int_equal(sent(&f, 0, 0, packet(11, 1, DELTA)), 101);
    leave_out(&f, 0, 12);
    assert_int_equal(sent(&f, 0, 0, packet(13, 1, DELTA)), 102);
}

static void runs_of_left_out_packets_are_one_break(void **state)
{
    (void)state;
    struct forward f = started(10);
    sent(&f, 0, 0, packet(12, 1, DELTA));
    for (int64_t seq = 13; seq < 13 + 1000; seq++)
        leave_out(&f, 0, seq);
    assert_int_equal(f.break_count, 2);
    assert_int_equal(sent(&f, 0, 0, packet(1013, 1, DELTA)), 103);
    assert_int_equal(sent(&f, 0, 0, packet(11, 1, DELTA)), 101);
}

/* 11 is lost, 12 left out, then the layer changes: 101 belongs to the new layer, whatever of the
 * old comes late. */
static void left_out_before_a_switch(void **state)
{
    (void)state;
    for (unsigned pause = 0; pause < 2; pause++) {
        struct forward f = started(10);
        uint8_t layer = pause ? 0 : 1, found_layer;
        int64_t found;
        leave_out(&f, 0, 12);
        if (pause)
            forward_set_target(&f, LIMIT_LAYERS);
        forward_set_target(&f, layer);
        assert_int_equal(sent(&f, 0, layer, packet(500, 1, KEY)), 101);
        assert_int_equal(sent(&f, 0, layer, packet(501, 1, DELTA)), 102);
        assert_int_not_equal(verdict(&f, 0, packet(11, 1, DELTA)), FORWARD_SEND);
        assert_true(forward_find(&f, 101, &found_layer, &found));
        assert_int_equal(found_layer, layer);
        assert_int_equal(found, 500);
    }
}

static void stops_and_goes_on(void **state)
{
    (void)state;
    static const enum codec codecs[] = {CODEC_OPUS, CODEC_H264};
    for (unsigned i = 0; i < 2; i++) {
        struct forward f;
        struct forward_out out;
        bool video = codec_is_video(codecs[i]);
        forward_init(&f, codecs[i], 100, 0);
        forward_set_target(&f, 0);
        sent(&f, 0, 0, packet(10, 1000, KEY));
        sent(&f, 0, 0, packet(12, 1000, DELTA));
        forward_set_target(&f, LIMIT_LAYERS);
        assert_false(forward_wants_keyframe(&f));
        assert_int_equal(verdict(&f, 0, packet(11, 1000, DELTA)), FORWARD_SKIP);
        assert_int_equal(verdict(&f, 0, packet(13, 2000, KEY)), FORWARD_SKIP);
        leave_out(&f, 0, 14);
        forward_set_target(&f, 0);
        assert_int_equal(forward_wants_keyframe(&f), video);
        if (video)
            assert_int_equal(verdict(&f, 0, packet(14, 2000, START)), FORWARD_SKIP);
        struct media m = packet(15, 7000, KEY);
        assert_int_equal(forward_push(&f, 1000000, &m, 0, NULL, &out), FORWARD_SEND);
        assert_int_equal(out.seq, 103);
        assert_int_equal(out.timestamp, codec_clock_rate(codecs[i]));
        assert_int_equal(sent(&f, 0, 0, packet(16, 1, DELTA)), 104);
        assert_int_equal(sent(&f, 0, 0, packet(11, 1, DELTA)), 101);
    }
}

static void numbers_wrap(void **state)
{
    (void)state;
    struct forward f;
    uint8_t layer;
    int64_t seq;
    forward_init(&f, CODEC_OPUS, 65500, 0xffffff00);
    forward_set_target(&f, 0);
    for (int64_t i = 0; i < 200000; i++) {
        struct forward_out out;
        struct media m = packet(65530 + i, (uint32_t)(0xfffffffful - 5000 + (uint64_t)i * 960), 0);
        assert_int_equal(forward_push(&f, i * 20000, &m, 0, NULL, &out), FORWARD_SEND);
        assert_int_equal(out.seq, 65500 + i);
        assert_int_equal(out.timestamp, (uint32_t)(0xffffff00u + (uint64_t)i * 960));
        assert_true(forward_find(&f, (uint16_t)(out.seq - (i < 1000 ? i : 1000)), &layer, &seq));
        assert_int_equal(seq, m.seq - (i < 1000 ? i : 1000));
    }
    assert_false(forward_find(&f, (uint16_t)(f.out_newest + 1), &layer, &seq));
    assert_int_equal(verdict(&f, 0, packet(65530 + 200000 - 32769, 1, 0)), FORWARD_TOO_OLD);
}

/* The viewer is told of a jump by one missing number, not by as many as were jumped over. */
static void jumps_are_one_gap(void **state)
{
    (void)state;
    struct forward f = started(10);
    assert_int_equal(sent(&f, 0, 0, packet(10 + 1024, 1, DELTA)), 100 + 1024);
    int64_t newest = 1034;
    assert_int_equal(sent(&f, 0, 0, packet(newest + 1025, 1, DELTA)), 1126);
    assert_int_equal(sent(&f, 0, 0, packet(newest + 1026, 1, DELTA)), 1127);
    leave_out(&f, 0, newest + 100000);
    assert_int_equal(sent(&f, 0, 0, packet(newest + 100001, 1, DELTA)), 1129);
    assert_int_equal(sent(&f, 0, 0, packet(newest + 1, 1, DELTA)), 1125);
    assert_int_equal(verdict(&f, 0, packet(newest + 500, 1, DELTA)), FORWARD_TOO_OLD);
}

static void timestamps_over_a_switch(void **state)
{
    (void)state;
    /* The old layer's last frame went out at 0 with timestamp 5000; its own was 90000. */
    static const struct {
        int64_t now_us;
        uint32_t timestamp;
        bool known;
        int64_t delta;
        uint32_t expected;
    } cases[] = {
        {100000, 123456, false, 0, 5000 + 9000},
        {33333, 123456, false, 0, 5000 + 2999},
        {0, 123456, false, 0, 5001},
        {-50000, 123456, false, 0, 5001},
        /* 190000 of the new layer is 90000 + 3000 of the old. */
        {90000, 193000, true, 100000, 5000 + 3000},
        {0, 193000, true, 100000, 5000 + 3000},
        {90000, 193000, true, -4294967296 + 100000, 5000 + 3000},
        {90000, 190000, true, 100000, 5001},
        {90000, 187000, true, 100000, 5001},
        {3000000, 90000 + 270000, true, 0, 5000 + 270000},
        /* Not believed: more than a second off. */
        {90000, 90000 + 98200, true, 0, 5000 + 8100},
        {90000, 0, true, 0, 5000 + 8100},
    };
    for (unsigned i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct forward f = started(10);
        struct forward_out out;
        struct media m = packet(500, cases[i].timestamp, KEY);
        forward_set_target(&f, 1);
        assert_int_equal(
            forward_push(&f, cases[i].now_us, &m, 1, cases[i].known ? &cases[i].delta : NULL, &out),
            FORWARD_SEND);
        assert_int_equal(out.timestamp, cases[i].expected);
        assert_int_equal(f.timestamp_offset, out.timestamp - m.timestamp);
        m = packet(501, m.timestamp + FRAME_TICKS, START);
        assert_int_equal(forward_push(&f, cases[i].now_us + FRAME_US, &m, 1, NULL, &out),
                         FORWARD_SEND);
        assert_int_equal(out.timestamp, cases[i].expected + FRAME_TICKS);
    }
}

static uint32_t sent_at(struct forward *f, uint32_t ticks, uint8_t layer, struct media m,
                        int64_t delta)
{
    struct forward_out out;

    assert_int_equal(forward_push(f, (int64_t)ticks * 100 / 9, &m, layer, &delta, &out),
                     FORWARD_SEND);
    return out.timestamp;
}

/* To a key frame that comes late, and back: frames are where they belong again, each time. */
static void lead_is_taken_back(void **state)
{
    (void)state;
    struct forward f = started(10);
    for (unsigned i = 0; i < 10; i++) {
        uint32_t t = i * 90000, seq = 11 + 2 * i;
        struct media late = packet(500 + i, 190000 + t - 6000, KEY);
        forward_set_target(&f, 1);
        assert_int_equal(sent_at(&f, t, 1, late, 100000), 5001 + t);
        forward_set_target(&f, 0);
        assert_int_equal(sent_at(&f, t + 45000, 0, packet(seq, 135000 + t, KEY), -100000),
                         50000 + t);
        assert_int_equal(sent_at(&f, t + 90000, 0, packet(seq + 1, 180000 + t, START), 0),
                         95000 + t);
    }
}

/* Time since the frame began counts, not since its last packet, which may have been paced or
 * repaired. */
static void elapsed_counts_from_the_frame(void **state)
{
    (void)state;
    struct forward f = started(10);
    struct forward_out out;
    struct media m = packet(500, 1, KEY);
    sent(&f, 20000, 0, packet(11, 90000, DELTA));
    forward_set_target(&f, 1);
    assert_int_equal(forward_push(&f, 100000, &m, 1, NULL, &out), FORWARD_SEND);
    assert_int_equal(out.timestamp, 5000 + 9000);
}

static void picture_ids_go_on(void **state)
{
    (void)state;
    static const struct {
        unsigned wide;
        uint16_t mask, first, other;
        uint8_t tl0, other_tl0;
    } cases[] = {
        {0, 0x7f, 120, 3, 250, 17},
        {0, 0x7f, 0, 127, 0, 255},
        {LONG_ID, 0x7fff, 0x7ffa, 9, 5, 0},
        {LONG_ID, 0x7fff, 100, 0x7fff, 255, 255},
    };
    for (unsigned i = 0; i < 4; i++) {
        struct forward f;
        struct forward_out out;
        unsigned wide = cases[i].wide;
        forward_init(&f, CODEC_VP8, 1, 1);
        forward_set_target(&f, 0);
        for (unsigned n = 0; n < 400; n++) {
            bool second = n >= 200;
            unsigned key = n == 0 || n == 200 ? KEY : START;
            uint16_t id = (uint16_t)((second ? cases[i].other : cases[i].first) + n);
            uint8_t tl0 = (uint8_t)((second ? cases[i].other_tl0 : cases[i].tl0) + n);
            forward_set_target(&f, second);
            for (unsigned k = 0; k < 3; k++) {
                struct media m = vp8(1000 * second + 3 * n + k, n * FRAME_TICKS,
                                     wide | (k ? DELTA : key), id & cases[i].mask, tl0);
                assert_int_equal(forward_push(&f, n * FRAME_US, &m, second, NULL, &out),
                                 FORWARD_SEND);
                assert_true(out.patch_vp8);
                assert_int_equal(out.picture_id, (cases[i].first + n) & cases[i].mask);
                assert_int_equal(out.tl0, (uint8_t)(cases[i].tl0 + n));
            }
        }
    }
}

/* A packet without the fields neither is patched nor counts. */
static void missing_picture_ids(void **state)
{
    (void)state;
    struct forward f;
    struct forward_out out;
    forward_init(&f, CODEC_VP8, 1, 1);
    forward_set_target(&f, 0);
    sent(&f, 0, 0, vp8(10, 1, KEY | LONG_ID, 500, 9));
    struct media m = packet(11, 1, DELTA);
    assert_int_equal(forward_push(&f, 0, &m, 0, NULL, &out), FORWARD_SEND);
    assert_false(out.patch_vp8);
    forward_set_target(&f, 1);
    m = vp8(90, 1, KEY | LONG_ID, 7, 3);
    assert_int_equal(forward_push(&f, 0, &m, 1, NULL, &out), FORWARD_SEND);
    assert_int_equal(out.picture_id, 501);
    assert_int_equal(out.tl0, 10);
}

static void sends_again_as_before(void **state)
{
    (void)state;
    struct forward f;
    struct forward_out first, again;
    uint8_t layer;
    int64_t seq;
    forward_init(&f, CODEC_VP8, 65534, 77);
    assert_false(forward_find(&f, 65534, &layer, &seq));
    forward_set_target(&f, 0);
    struct media m = vp8(10, 1000, KEY, 126, 9), other = vp8(11, 1000, DELTA, 126, 9);
    assert_int_equal(forward_push(&f, 0, &m, 0, NULL, &first), FORWARD_SEND);
    forward_set_target(&f, 1);
    for (int64_t i = 0; i < 5; i++)
        sent(&f, FRAME_US, 1, vp8(800 + i, 9, i ? DELTA : KEY, 3, 4));
    assert_true(forward_find(&f, 65534, &layer, &seq));
    assert_int_equal(layer, 0);
    assert_int_equal(seq, 10);
    assert_true(forward_again(&f, &m, 0, 65534, &again));
    assert_int_equal(again.seq, first.seq);
    assert_int_equal(again.timestamp, first.timestamp);
    assert_int_equal(again.marker, first.marker);
    assert_int_equal(again.patch_vp8, first.patch_vp8);
    assert_int_equal(again.picture_id, first.picture_id);
    assert_int_equal(again.tl0, first.tl0);
    assert_false(forward_again(&f, &m, 1, 65534, &again));
    assert_false(forward_again(&f, &m, 0, 65535, &again));
    assert_false(forward_again(&f, &other, 0, 65534, &again));
    assert_true(forward_find(&f, 3, &layer, &seq));
    assert_int_equal(layer, 1);
    assert_int_equal(seq, 804);
    assert_false(forward_find(&f, 4, &layer, &seq));
    assert_false(forward_find(&f, 65533, &layer, &seq));
}

static void old_breaks_are_forgotten(void **state)
{
    (void)state;
    struct forward f = started(10);
    struct forward_out out;
    struct media m = packet(10, 90000, KEY);
    uint8_t layer;
    int64_t seq;
    sent(&f, 0, 0, packet(12, 1, DELTA));
    for (unsigned i = 0; i < FORWARD_BREAKS - 1; i++) {
        forward_set_target(&f, 1 + i % 2);
        sent(&f, 0, 1 + i % 2, packet(100 + 10 * (int64_t)i, 1, KEY));
    }
    assert_true(forward_again(&f, &m, 0, 100, &out));
    assert_int_equal(out.timestamp, 5000);
    forward_set_target(&f, 0);
    sent(&f, 0, 0, packet(50, 1, KEY));
    assert_false(forward_find(&f, 100, &layer, &seq));
    assert_false(forward_again(&f, &m, 0, 100, &out));
    assert_int_equal(verdict(&f, 0, packet(11, 1, DELTA)), FORWARD_TOO_OLD);
    assert_true(forward_find(&f, 103, &layer, &seq));
    assert_int_equal(layer, 1);
    assert_int_equal(seq, 100);
}

static void stays_small(void **state)
{
    (void)state;
    assert_in_range(sizeof(struct forward), 1, 480);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(starts_at_a_key_frame),
        cmocka_unit_test(starts_at_a_first_packet_only),
        cmocka_unit_test(audio_starts_at_once),
        cmocka_unit_test(losses_stay_gaps),
        cmocka_unit_test(switches_without_a_gap),
        cmocka_unit_test(change_of_mind_stays),
        cmocka_unit_test(late_key_frame_is_filled_in),
        cmocka_unit_test(left_out_packets_leave_no_gap),
        cmocka_unit_test(late_before_left_out),
        cmocka_unit_test(runs_of_left_out_packets_are_one_break),
        cmocka_unit_test(left_out_before_a_switch),
        cmocka_unit_test(stops_and_goes_on),
        cmocka_unit_test(numbers_wrap),
        cmocka_unit_test(jumps_are_one_gap),
        cmocka_unit_test(timestamps_over_a_switch),
        cmocka_unit_test(lead_is_taken_back),
        cmocka_unit_test(elapsed_counts_from_the_frame),
        cmocka_unit_test(picture_ids_go_on),
        cmocka_unit_test(missing_picture_ids),
        cmocka_unit_test(sends_again_as_before),
        cmocka_unit_test(old_breaks_are_forgotten),
        cmocka_unit_test(stays_small),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
