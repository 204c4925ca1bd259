/* SPDX-License-Identifier: Apache-2.0 */
/* Transport-wide feedback: every kind of chunk and delta read from bytes, refusals, and writing as
 * the inverse. */
#include "wire/twcc.h"

#include "base/random.h"
#include "base/str.h"
#include "hex.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#define LOST TWCC_LOST

/* Arrivals of a packet, "seq:ticks of 250 us since the reference", "-" for a lost one, "!" when it
 * was malformed. */
static const char *describe(struct span bytes, struct arena *a)
{
    struct reader r = reader_of(bytes);
    struct rtcp p;
    struct twcc t;
    struct twcc_arrival arrival;
    bool bad = false;
    struct str text;
    if (!rtcp_next(&r, &p, &bad) || !twcc_parse(&p, &t))
        return "refused";
    str_init(&text);
    struct twcc_reader reader = twcc_reader_of(&t);
    while (twcc_next(&reader, &arrival)) {
        str_printf(&text, text.size ? " %u:" : "%u:", (unsigned)arrival.seq);
        if (arrival.at_us == LOST)
            str_append(&text, "-");
        else
            str_printf(&text, "%lld", (long long)((arrival.at_us - t.reference_us) / 250));
    }
    if (reader.bad)
        str_append(&text, "!");
    const char *copy = arena_strdup(a, str_span(&text));
    str_fini(&text);
    return copy;
}

#define START(words, count) "8fcd" words "000000aa 000000bb 000a" count "000001 05"

static void test_read(void **state)
{
    (void)state;
    static const struct {
        const char *hex, *want;
    } cases[] = {
        /* run of three small */
        {START("0006", "0003") "2003 01 02 03 000000", "10:1 11:3 12:6"},
        /* run of two lost, run of one large negative */
        {START("0006", "0003") "0002 4001 ffff 0000", "10:- 11:- 12:-1"},
        /* one bit a status: 1 0 1, the rest beyond the count */
        {START("0005", "0003") "a800 04 05", "10:4 11:- 12:9"},
        {START("0005", "0003") "9800 04 05", "10:- 11:4 12:9"},
        /* two bits a status: small, large, lost, small; small, large, small, lost */
        {START("0006", "0004") "d840 01 0100 02 0000", "10:1 11:257 12:- 13:259"},
        {START("0006", "0004") "d900 01 0100 02 0000", "10:1 11:257 12:259 13:-"},
        /* a run of none, then one */
        {START("0006", "0001") "2000 2001 05 000000", "10:5"},
        /* more in the run than counted */
        {START("0005", "0002") "3fff 05 06", "10:5 11:11"},
        /* reserved symbol; deltas missing; chunks missing */
        {START("0005", "0001") "6001 0000", "!"},
        {START("0005", "0003") "2003 0102", "10:1 11:3!"},
        {START("0005", "0040") "8000 8000", "!"},
        {START("0004", "0001"), "!"},
        {START("0004", "0000"), "refused"},
        {"8fcd0003 000000aa 000000bb 000a0001", "refused"},
        {"8fce0005 000000aa 000000bb 000a0001 00000105 20010500", "refused"},
        {"81cd0005 000000aa 000000bb 000a0001 00000105 20010500", "refused"},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct arena a;
        arena_init(&a);
        assert_string_equal(describe(hex(cases[i].hex, &a), &a), cases[i].want);
        arena_fini(&a);
    }
}

static void test_header(void **state)
{
    (void)state;
    struct arena a;
    struct twcc t;
    struct rtcp p;
    bool bad = false;
    arena_init(&a);
    struct reader r = reader_of(hex(START("0005", "0001") "2001 05 00", &a));
    assert_true(rtcp_next(&r, &p, &bad));
    assert_true(twcc_parse(&p, &t));
    assert_int_equal(t.sender, 0xaa);
    assert_int_equal(t.media, 0xbb);
    assert_int_equal(t.base_seq, 10);
    assert_int_equal(t.count, 1);
    assert_int_equal(t.reference_us, 64000);
    assert_int_equal(t.feedback_count, 5);
    arena_fini(&a);
}

/* Exact bytes, so that a mistake shared by reader and writer shows. */
static void test_write(void **state)
{
    (void)state;
    static const struct {
        struct twcc_arrival arrivals[16];
        unsigned count;
        const char *hex;
    } cases[] = {
        {{{10, 64250}, {11, 64750}, {12, 65500}},
         3,
         "afcd0006 000000aa 000000bb 000a0003 00000105 2003 010203 000003"},
        {{{65535, 64000}, {0, LOST}, {1, 64250}},
         3,
         "8fcd0005 000000aa 000000bb ffff0003 00000105 a800 0001"},
        {{{10, LOST}, {11, LOST}}, 2, "afcd0005 000000aa 000000bb 000a0002 00000005 0002 0002"},
        {{{10, 64000}, {11, 63750}, {12, 63750 + 64000}},
         3,
         "afcd0006 000000aa 000000bb 000a0003 00000105 da00 00ffff 010001"},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct arena a;
        uint8_t bytes[256];
        struct writer w = writer_of(bytes, sizeof(bytes));
        arena_init(&a);
        assert_int_equal(twcc_write(&w, 0xaa, 0xbb, 5, cases[i].arrivals, cases[i].count),
                         cases[i].count);
        struct span want = hex(cases[i].hex, &a);
        assert_int_equal(writer_size(&w), want.size);
        assert_memory_equal(bytes, want.data, want.size);
        arena_fini(&a);
    }
}

static void read_back(struct span bytes, const struct twcc_arrival *arrivals, unsigned count)
{
    struct reader r = reader_of(bytes);
    struct rtcp p;
    struct twcc t;
    struct twcc_arrival got;
    bool bad = false;
    assert_true(rtcp_next(&r, &p, &bad));
    assert_true(twcc_parse(&p, &t));
    assert_int_equal(t.count, count);
    struct twcc_reader reader = twcc_reader_of(&t);
    for (unsigned i = 0; i < count; i++) {
        assert_true(twcc_next(&reader, &got));
        assert_int_equal(got.seq, arrivals[i].seq);
        assert_int_equal(got.at_us == LOST, arrivals[i].at_us == LOST);
        /* No error adds up: each is within its tick. The reference is a counter of 24 bits. */
        const int64_t turn = (int64_t)64000 << 24;
        int64_t off = got.at_us == LOST ? 0 : (arrivals[i].at_us - got.at_us) % turn;
        assert_true((off >= 0 && off < 250));
    }
    assert_false(twcc_next(&reader, &got));
    assert_false(reader.bad);
    assert_true(reader_left(&reader.deltas) == 0);
}

static void test_random_patterns(void **state)
{
    (void)state;
    static struct twcc_arrival arrivals[1100];
    static uint8_t bytes[4096];
    for (uint64_t seed = 1; seed <= 400; seed++) {
        struct random r;
        random_seed(&r, seed);
        unsigned count = 1 + random_below(&r, 1100), loss = random_below(&r, 100);
        unsigned wild = random_below(&r, 30);
        int64_t at_us = (int64_t)random_below(&r, UINT32_MAX) * 1000;
        uint16_t seq = (uint16_t)random_next(&r);
        bool lost = false;
        for (unsigned i = 0; i < count; i++) {
            at_us += random_below(&r, 100) < wild ? (int64_t)random_below(&r, 2000000) - 1000000
                                                  : random_below(&r, 20000);
            /* Runs of loss and of arrivals alike. */
            if (random_below(&r, 100) < 30)
                lost = random_below(&r, 100) < loss;
            arrivals[i] = (struct twcc_arrival){seq++, lost ? LOST : at_us};
        }
        size_t room = 32 + random_below(&r, 3000);
        struct writer w = writer_of(bytes, room);
        unsigned taken = twcc_write(&w, 1, 2, 3, arrivals, count);
        assert_false(w.bad);
        assert_true(taken > 0 && taken <= 1024);
        assert_int_equal(writer_size(&w) % 4, 0);
        read_back(writer_span(&w), arrivals, taken);
    }
}

static void test_early_end(void **state)
{
    (void)state;
    uint8_t bytes[256];
    struct twcc_arrival gap[] = {{1, 0}, {2, 250}, {4, 500}};
    struct twcc_arrival late[] = {{1, 0}, {2, 8191750}, {3, 8191750 * 2 + 250}};
    struct twcc_arrival early[] = {
        {1, 10000000}, {2, 10000000 - 8192000}, {3, 10000000 - 16384250}};
    struct twcc_arrival one[] = {{1, 0}};
    struct writer w = writer_of(bytes, sizeof(bytes));
    assert_int_equal(twcc_write(&w, 1, 2, 3, gap, 3), 2);
    w = writer_of(bytes, sizeof(bytes));
    assert_int_equal(twcc_write(&w, 1, 2, 3, late, 3), 2);
    read_back(writer_span(&w), late, 2);
    w = writer_of(bytes, sizeof(bytes));
    assert_int_equal(twcc_write(&w, 1, 2, 3, early, 3), 2);
    read_back(writer_span(&w), early, 2);
    w = writer_of(bytes, 23);
    assert_int_equal(twcc_write(&w, 1, 2, 3, one, 1), 0);
    assert_int_equal(writer_size(&w), 0);
    assert_false(w.bad);
    w = writer_of(bytes, 24);
    assert_int_equal(twcc_write(&w, 1, 2, 3, one, 1), 1);
    assert_int_equal(twcc_write(&w, 1, 2, 3, one, 0), 0);
}

/* Long runs shrink to a chunk, regular patterns to a bit a status. */
static void test_compact(void **state)
{
    (void)state;
    static struct twcc_arrival arrivals[1000];
    static uint8_t bytes[4096];
    for (uint16_t i = 0; i < 1000; i++)
        arrivals[i] = (struct twcc_arrival){i, i == 0 || i == 999 ? i * 1000 : LOST};
    struct writer w = writer_of(bytes, sizeof(bytes));
    assert_int_equal(twcc_write(&w, 1, 2, 3, arrivals, 1000), 1000);
    assert_true(writer_size(&w) <= 32);
    for (uint16_t i = 0; i < 1000; i++)
        arrivals[i].at_us = i % 2 ? LOST : i * 1000;
    w = writer_of(bytes, sizeof(bytes));
    assert_int_equal(twcc_write(&w, 1, 2, 3, arrivals, 1000), 1000);
    assert_true(writer_size(&w) <= 20 + 500 + 72 * 2 + 4);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_read),      cmocka_unit_test(test_header),
        cmocka_unit_test(test_write),     cmocka_unit_test(test_random_patterns),
        cmocka_unit_test(test_early_end), cmocka_unit_test(test_compact),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
