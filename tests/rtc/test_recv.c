/* SPDX-License-Identifier: Apache-2.0 */
/* Reception of one stream: verdicts, NACKs in time, and reports against a plain count over
 * everything that was sent. */
#include "rtc/recv.h"

#include "base/heap.h"
#include "base/mem.h"
#include "base/random.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

#define MS 1000
#define RTT (15 * MS)

static enum recv_verdict got(struct recv *r, int64_t now_us, int64_t seq)
{
    return recv_on_packet(r, now_us, seq, (uint32_t)seq * 3000, 1000);
}

static struct recv video(void)
{
    struct recv r;

    recv_init(&r, 7, 90000, true);
    return r;
}

static void tells_new_late_and_duplicate(void **state)
{
    (void)state;
    static const struct {
        int64_t seq;
        enum recv_verdict verdict;
    } cases[] = {
        {65530, RECV_NEW},           {65530, RECV_DUPLICATE}, {65533, RECV_NEW},
        {65532, RECV_LATE},          {65532, RECV_DUPLICATE}, {65536, RECV_NEW},
        {65535, RECV_LATE},          {65529, RECV_LATE},      {65529, RECV_DUPLICATE},
        {65536 + 1024, RECV_NEW},    {65536, RECV_DUPLICATE}, {65537, RECV_LATE},
        {65538 + 1024, RECV_NEW},    {65537, RECV_DUPLICATE}, {65538, RECV_DUPLICATE},
        {65539, RECV_LATE},          {65539, RECV_DUPLICATE}, {1000000, RECV_NEW},
        {65540, RECV_DUPLICATE},     {999999, RECV_LATE},     {1000000 - 1024, RECV_DUPLICATE},
        {1000000 - 1023, RECV_LATE}, {1000001, RECV_NEW},
    };
    struct recv r = video();
    uint64_t duplicates = 0;
    for (unsigned i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        assert_int_equal(got(&r, 0, cases[i].seq), cases[i].verdict);
        duplicates += cases[i].verdict == RECV_DUPLICATE;
    }
    assert_int_equal(r.duplicates, duplicates);
    assert_int_equal(r.bytes, (sizeof cases / sizeof cases[0] - duplicates) * 1000);
}

static void asks_for_what_is_missing(void **state)
{
    (void)state;
    struct recv r = video();
    uint16_t seqs[RECV_NACK_MAX];
    got(&r, 0, 65534);
    assert_int_equal(recv_next_deadline(&r), TIME_NEVER);
    got(&r, 5 * MS, 65538);
    assert_int_equal(recv_next_deadline(&r), 15 * MS);
    assert_int_equal(recv_due_nacks(&r, 15 * MS - 1, RTT, seqs, RECV_NACK_MAX), 0);
    got(&r, 8 * MS, 65536);
    assert_int_equal(recv_due_nacks(&r, 15 * MS, RTT, seqs, RECV_NACK_MAX), 2);
    assert_int_equal(seqs[0], 65535);
    assert_int_equal(seqs[1], 1);
    assert_int_equal(recv_due_nacks(&r, 15 * MS, RTT, seqs, RECV_NACK_MAX), 0);
    assert_int_equal(r.recovered, 1);
    got(&r, 20 * MS, 65535);
    got(&r, 20 * MS, 65537);
    assert_int_equal(recv_next_deadline(&r), TIME_NEVER);
    assert_int_equal(r.recovered, 3);
}

/* Each time a round trip later, up to four, and ten times at most. */
static void gives_up(void **state)
{
    (void)state;
    static const struct {
        int64_t rtt_us, step_us;
    } cases[] = {{0, 20 * MS}, {15 * MS, 20 * MS}, {80 * MS, 80 * MS}};
    for (unsigned i = 0; i < 3; i++) {
        struct recv r = video();
        uint16_t seqs[4];
        got(&r, 0, 10);
        got(&r, 0, 12);
        int64_t due = 10 * MS;
        for (unsigned n = 1; n <= RECV_NACK_TRIES; n++) {
            assert_int_equal(recv_next_deadline(&r), due);
            assert_int_equal(recv_due_nacks(&r, due, cases[i].rtt_us, seqs, 4), 1);
            assert_int_equal(seqs[0], 11);
            due += cases[i].step_us * (n < 4 ? n : 4);
        }
        assert_int_equal(recv_next_deadline(&r), due);
        assert_int_equal(recv_due_nacks(&r, due, cases[i].rtt_us, seqs, 4), 0);
        assert_int_equal(recv_next_deadline(&r), TIME_NEVER);
        /* Late all the same: taken, though nobody waits any more. */
        assert_int_equal(got(&r, due, 11), RECV_LATE);
        assert_int_equal(r.recovered, 0);
    }
}

/* One number at a time is timed, from when it was asked for first. */
static void tells_round_trips(void **state)
{
    (void)state;
    struct recv r = video();
    uint16_t seqs[8];
    int64_t rtt = 0;
    got(&r, 0, 10);
    got(&r, 0, 13);
    assert_false(recv_on_repair(&r, 5 * MS, 11, &rtt)); /* nobody asked */
    assert_int_equal(recv_due_nacks(&r, 10 * MS, 40 * MS, seqs, 8), 2);
    assert_false(recv_on_repair(&r, 70 * MS, 12, &rtt));
    assert_int_equal(recv_due_nacks(&r, 50 * MS, 40 * MS, seqs, 8), 2);
    assert_true(recv_on_repair(&r, 70 * MS, 11, &rtt));
    assert_int_equal(rtt, 60 * MS);
    assert_false(recv_on_repair(&r, 80 * MS, 11, &rtt));
    /* An answer that took too long tells nothing, and the next number is timed. */
    got(&r, 100 * MS, 16);
    assert_int_equal(recv_due_nacks(&r, 110 * MS, 40 * MS, seqs, 8), 2);
    assert_false(recv_on_repair(&r, 1200 * MS, 14, &rtt));
    got(&r, 2000 * MS, 18);
    assert_int_equal(recv_due_nacks(&r, 2010 * MS, 40 * MS, seqs, 8), 5);
    assert_true(recv_on_repair(&r, 2040 * MS, 17, &rtt));
    assert_int_equal(rtt, 30 * MS);
}

static void asks_for_the_newest(void **state)
{
    (void)state;
    struct recv r = video();
    uint16_t seqs[RECV_NACK_MAX];
    got(&r, 0, 0);
    got(&r, 0, 101);
    got(&r, 0, 202);
    assert_int_equal(r.missing_count, RECV_NACK_MAX);
    /* The oldest 72 of the 200 gave way; a small answer is gone on with. */
    assert_int_equal(recv_due_nacks(&r, 10 * MS, RTT, seqs, 100), 100);
    assert_int_equal(recv_next_deadline(&r), 10 * MS);
    assert_int_equal(recv_due_nacks(&r, 10 * MS, RTT, seqs + 100, 28), 28);
    for (unsigned i = 0; i < RECV_NACK_MAX; i++)
        assert_int_equal(seqs[i], i < 28 ? 73 + i : 74 + i);
    got(&r, 0, 1002);
    assert_int_equal(r.missing_count, RECV_NACK_MAX);
    assert_int_equal(recv_due_nacks(&r, 10 * MS, RTT, seqs, RECV_NACK_MAX), RECV_NACK_MAX);
    assert_int_equal(seqs[0], 1001 - 127);
    assert_int_equal(seqs[127], 1001);
}

static void old_losses_and_jumps_are_not_asked_for(void **state)
{
    (void)state;
    struct recv r = video();
    uint16_t seqs[4];
    got(&r, 0, 10);
    got(&r, 0, 12);
    for (int64_t seq = 13; seq <= 11 + RECV_GAP_MAX; seq++)
        got(&r, 0, seq);
    assert_int_equal(recv_due_nacks(&r, 10 * MS, RTT, seqs, 4), 0);
    assert_int_equal(r.missing_count, 0);
    got(&r, 0, 11 + RECV_GAP_MAX + 2);
    assert_int_equal(r.missing_count, 1);
    got(&r, 0, 11 + RECV_GAP_MAX + 2 + RECV_GAP_MAX + 1);
    assert_int_equal(recv_next_deadline(&r), TIME_NEVER);
}

static void audio_is_not_asked_for(void **state)
{
    (void)state;
    struct recv r;
    recv_init(&r, 7, 48000, false);
    got(&r, 0, 10);
    got(&r, 0, 20);
    assert_int_equal(recv_next_deadline(&r), TIME_NEVER);
}

static void says_when_the_sender_reported(void **state)
{
    (void)state;
    struct recv r = video();
    struct rtcp_block block;
    recv_report(&r, 5, &block);
    assert_int_equal(block.ssrc, 7);
    assert_int_equal(block.last_sr, 0);
    assert_int_equal(block.delay, 0);
    assert_int_equal(block.lost, 0);
    assert_int_equal(block.fraction_lost, 0);
    struct rtcp_sr sr = {.ssrc = 7, .ntp = 0x1122334455667788ull, .rtp_timestamp = 9};
    recv_on_sr(&r, 1000 * MS, &sr);
    recv_report(&r, 3500 * MS, &block);
    assert_int_equal(block.last_sr, 0x33445566);
    assert_int_equal(block.delay, 65536 * 5 / 2);
    assert_int_equal(r.last_sr.rtp_timestamp, 9);
}

static void jitter_of_a_regular_stream(void **state)
{
    (void)state;
    /* Every other packet comes 2 ms late: |D| is always 180 units, to which the estimate tends. */
    struct recv r = video();
    struct rtcp_block block;
    for (int64_t i = 0; i < 200; i++)
        recv_on_packet(&r, i * 10 * MS + (i % 2) * 2 * MS, i, (uint32_t)(0xffffff00u + i * 900),
                       100);
    recv_report(&r, 0, &block);
    assert_in_range(block.jitter, 178, 180);
    recv_init(&r, 7, 90000, true);
    for (int64_t i = 0; i < 200; i++)
        recv_on_packet(&r, i * 10 * MS, i, (uint32_t)(i * 900), 100);
    recv_report(&r, 0, &block);
    assert_int_equal(block.jitter, 0);
}

/* ---- a stream with losses, reordering and duplicates, counted twice ---- */

#define STREAM 4000

struct reference {
    bool *came;
    int64_t first, highest, count;
    int64_t expected_before, count_before;
    double jitter;
    int64_t transit;
    bool has_transit;
};

static void reference_on(struct reference *ref, int64_t now_us, int64_t i, uint32_t timestamp)
{
    if (ref->came[i])
        return;
    ref->came[i] = true;
    ref->count++;
    if (i < ref->first)
        ref->first = i;
    if (i <= ref->highest)
        return;
    ref->highest = i;
    int64_t transit = now_us * 9 / 100 - (int64_t)timestamp;
    if (ref->has_transit) {
        int64_t d = llabs(transit - ref->transit);
        ref->jitter += ((double)d - ref->jitter) / 16;
    }
    ref->transit = transit;
    ref->has_transit = true;
}

static void check_report(struct recv *r, struct reference *ref, int64_t base)
{
    struct rtcp_block block;
    int64_t expected = ref->highest - ref->first + 1;
    int64_t due = expected - ref->expected_before, came = ref->count - ref->count_before;
    double loss = due > came ? (double)(due - came) / (double)due : 0;

    recv_report(r, 0, &block);
    assert_int_equal(block.lost, expected - ref->count);
    assert_int_equal(block.highest_seq, (uint32_t)(base + ref->highest));
    assert_int_equal(block.fraction_lost, (int64_t)(loss * 256));
    assert_true(recv_loss(r) == loss);
    assert_true((double)block.jitter > ref->jitter - 2 && (double)block.jitter < ref->jitter + 2);
    ref->expected_before = expected;
    ref->count_before = ref->count;
}

static void reports_what_a_plain_count_says(void **state)
{
    (void)state;
    for (uint64_t seed = 1; seed <= 20; seed++) {
        struct random random;
        struct recv r = video();
        random_seed(&random, seed);
        uint32_t loss = random_below(&random, 30);
        int64_t base = 60000 + random_below(&random, 10000);
        struct reference ref = {
            .came = xcalloc(STREAM, sizeof(bool)), .first = STREAM, .highest = -1};
        for (int64_t i = 0; i < STREAM; i++) {
            /* Also one from before, again or for the first time. */
            int64_t picks[2] = {i, i - random_below(&random, 40)};
            for (unsigned k = 0; k < 2; k++) {
                int64_t n = picks[k], now_us = i * 10 * MS + random_below(&random, 3000) + k;
                if (n < 0 || random_below(&random, 100) < (k ? 80 : loss))
                    continue;
                bool fresh = !ref.came[n], late = n < ref.highest;
                enum recv_verdict verdict =
                    recv_on_packet(&r, now_us, base + n, (uint32_t)n * 900, 100);
                assert_int_equal(verdict, !fresh ? RECV_DUPLICATE : late ? RECV_LATE : RECV_NEW);
                reference_on(&ref, now_us, n, (uint32_t)n * 900);
            }
            if (random_below(&random, 100) == 0 && ref.highest >= 0)
                check_report(&r, &ref, base);
        }
        check_report(&r, &ref, base);
        assert_int_equal(r.packets, ref.count);
        free(ref.came);
    }
}

static void counts_anew_after_a_jump(void **state)
{
    (void)state;
    struct recv r = video();
    struct rtcp_block block;
    got(&r, 0, 10);
    got(&r, 0, 15);
    recv_report(&r, 0, &block);
    assert_int_equal(block.lost, 4);
    assert_int_equal(block.fraction_lost, 4 * 256 / 6);
    got(&r, 0, 900000);
    got(&r, 0, 900001);
    recv_report(&r, 0, &block);
    assert_int_equal(block.lost, 0);
    assert_int_equal(block.fraction_lost, 0);
    assert_int_equal(block.highest_seq, 900001);
    assert_true(recv_loss(&r) == 0);
    /* The worst that one packet can tell. */
    got(&r, 0, 900001 + 1024);
    recv_report(&r, 0, &block);
    assert_int_equal(block.lost, 1023);
    assert_int_equal(block.fraction_lost, 255);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(tells_new_late_and_duplicate),
        cmocka_unit_test(asks_for_what_is_missing),
        cmocka_unit_test(gives_up),
        cmocka_unit_test(tells_round_trips),
        cmocka_unit_test(asks_for_the_newest),
        cmocka_unit_test(old_losses_and_jumps_are_not_asked_for),
        cmocka_unit_test(audio_is_not_asked_for),
        cmocka_unit_test(says_when_the_sender_reported),
        cmocka_unit_test(jitter_of_a_regular_stream),
        cmocka_unit_test(reports_what_a_plain_count_says),
        cmocka_unit_test(counts_anew_after_a_jump),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
