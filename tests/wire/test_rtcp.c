/* SPDX-License-Identifier: Apache-2.0 */
/* RTCP compounds: what is read of each kind, refusals, what we write byte for byte. */
#include "wire/rtcp.h"

#include "hex.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static void test_compound(void **state)
{
    (void)state;
    static const struct {
        const char *hex;
        unsigned packets;
        bool bad;
    } cases[] = {
        {"", 0, false},
        {"80c90001 00000001", 1, false},
        {"80c90001 00000001 81ce0002 00000001 00000002", 2, false},
        {"80c90001 00000001 80", 1, true},
        {"80c90001 00000001 81ce0002 00000001", 1, true},
        {"40c90001 00000001", 0, true},
        {"80c9ffff 00000001", 0, true},
        {"a0c90002 00000001 00000004", 1, false}, /* padding of four */
        {"afcd0003 00000001 00000002 00000003", 1, false},
        {"a0c90002 00000001 00000000", 0, true}, /* of none */
        {"a0c90002 00000001 00000009", 0, true}, /* more than there is */
        {"a0c90000", 0, true},
        {"a0c90002 00000001 00000004 80c90001 00000001", 0, true}, /* not on the last packet */
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct arena a;
        arena_init(&a);
        struct reader r = reader_of(hex(cases[i].hex, &a));
        struct rtcp p;
        bool bad = false;
        unsigned packets = 0;
        while (rtcp_next(&r, &p, &bad)) {
            packets++;
            assert_true(p.whole.size >= 4 + p.body.size);
        }
        if (packets != cases[i].packets || bad != cases[i].bad)
            fail_msg("case %zu", i);
        arena_fini(&a);
    }
}

/* The only packet of a compound. */
static struct rtcp only(struct span bytes)
{
    struct reader r = reader_of(bytes);
    struct rtcp p;
    bool bad = false;
    assert_true(rtcp_next(&r, &p, &bad));
    assert_false(bad);
    assert_int_equal(reader_left(&r), 0);
    assert_true(span_equal(p.whole, bytes));
    return p;
}

#define BLOCK "000000bb 40 fffffe 00012345 00000010 11223344 00010000"

static const struct rtcp_block block = {.ssrc = 0xbb,
                                        .fraction_lost = 0x40,
                                        .lost = -2,
                                        .highest_seq = 0x12345,
                                        .jitter = 16,
                                        .last_sr = 0x11223344,
                                        .delay = 0x10000};

static void check_block(const struct rtcp *p, unsigned i)
{
    struct rtcp_block b;
    assert_true(rtcp_parse_block(p, i, &b));
    assert_int_equal(b.ssrc, 0xbb);
    assert_int_equal(b.fraction_lost, 0x40);
    assert_int_equal(b.lost, -2);
    assert_int_equal(b.highest_seq, 0x12345);
    assert_int_equal(b.jitter, 16);
    assert_int_equal(b.last_sr, 0x11223344);
    assert_int_equal(b.delay, 0x10000);
}

static void test_reports(void **state)
{
    (void)state;
    struct arena a;
    uint8_t bytes[128];
    arena_init(&a);
    struct rtcp_block blocks[2] = {block, block}, b;
    struct rtcp_sr sr = {0xaa, 0x0123456789abcdef, 0x55667788, 1000, 200000}, back;

    struct writer w = writer_of(bytes, sizeof(bytes));
    rtcp_write_sr(&w, &sr, blocks, 1);
    struct span want =
        hex("81c8000c 000000aa 0123456789abcdef 55667788 000003e8 00030d40" BLOCK, &a);
    assert_true(span_equal(writer_span(&w), want));
    struct rtcp p = only(want);
    assert_true(rtcp_parse_sr(&p, &back));
    assert_int_equal(back.ssrc, sr.ssrc);
    assert_true(back.ntp == sr.ntp);
    assert_int_equal(back.rtp_timestamp, sr.rtp_timestamp);
    assert_int_equal(back.packets, sr.packets);
    assert_int_equal(back.octets, sr.octets);
    check_block(&p, 0);
    assert_false(rtcp_parse_block(&p, 1, &b));

    w = writer_of(bytes, sizeof(bytes));
    rtcp_write_rr(&w, 0xaa, blocks, 2);
    want = hex("82c9000d 000000aa" BLOCK BLOCK, &a);
    assert_true(span_equal(writer_span(&w), want));
    p = only(want);
    assert_false(rtcp_parse_sr(&p, &back));
    check_block(&p, 1);
    assert_false(rtcp_parse_block(&p, 2, &b));
    arena_fini(&a);
}

static void test_reports_lie(void **state)
{
    (void)state;
    struct arena a;
    struct rtcp_block b;
    struct rtcp_sr sr;
    arena_init(&a);
    /* 31 blocks said, half a one there */
    struct rtcp p = only(hex("9fc90004 000000aa 000000bb 40fffffe 00012345", &a));
    for (unsigned i = 0; i < 33; i++)
        assert_false(rtcp_parse_block(&p, i, &b));
    p = only(hex("80c80005 000000aa 0123456789abcdef 55667788 000003e8", &a));
    assert_false(rtcp_parse_sr(&p, &sr));
    p = only(hex("81ca0007 000000aa" BLOCK, &a)); /* not a report */
    assert_false(rtcp_parse_block(&p, 0, &b));
    arena_fini(&a);
}

static void test_lost_is_clamped(void **state)
{
    (void)state;
    static const struct {
        int32_t lost, read;
    } cases[] = {
        {0, 0},
        {0x7fffff, 0x7fffff},
        {0x800000, 0x7fffff},
        {-0x800000, -0x800000},
        {-0x800001, -0x800000},
        {INT32_MIN, -0x800000},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        uint8_t bytes[64];
        struct writer w = writer_of(bytes, sizeof(bytes));
        struct rtcp_block b = {.lost = cases[i].lost};
        rtcp_write_rr(&w, 1, &b, 1);
        struct rtcp p = only(writer_span(&w));
        assert_true(rtcp_parse_block(&p, 0, &b));
        assert_int_equal(b.lost, cases[i].read);
    }
}

static void test_feedback(void **state)
{
    (void)state;
    static const struct {
        const char *hex;
        bool good;
    } cases[] = {
        {"81ce0002 000000aa 000000bb", true},
        {"81cd0002 000000aa 000000bb", true},
        {"81ce0001 000000aa", false},
        {"81c90002 000000aa 000000bb", false},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct arena a;
        uint32_t sender, media;
        arena_init(&a);
        struct rtcp p = only(hex(cases[i].hex, &a));
        assert_int_equal(rtcp_parse_feedback(&p, &sender, &media), cases[i].good);
        assert_true(!cases[i].good || (sender == 0xaa && media == 0xbb));
        arena_fini(&a);
    }
}

static void test_nack(void **state)
{
    (void)state;
    static const struct {
        uint16_t seqs[6];
        unsigned count;
        const char *hex;
    } cases[] = {
        {{100}, 1, "81cd0003 000000aa 000000bb 0064 0000"},
        {{100, 101, 116}, 3, "81cd0003 000000aa 000000bb 0064 8001"},
        {{100, 117}, 2, "81cd0004 000000aa 000000bb 0064 0000 0075 0000"},
        {{65534, 65535, 0, 14, 15}, 5, "81cd0004 000000aa 000000bb fffe 8003 000f 0000"},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct arena a;
        uint8_t bytes[64];
        struct writer w = writer_of(bytes, sizeof(bytes));
        arena_init(&a);
        rtcp_write_nack(&w, 0xaa, 0xbb, cases[i].seqs, cases[i].count);
        assert_true(span_equal(writer_span(&w), hex(cases[i].hex, &a)));
        struct rtcp p = only(writer_span(&w));
        unsigned cursor = 0, n = 0;
        uint16_t seq;
        while (rtcp_next_nack(&p, &cursor, &seq)) {
            assert_true(n < cases[i].count);
            assert_int_equal(seq, cases[i].seqs[n++]);
        }
        assert_int_equal(n, cases[i].count);
        assert_false(rtcp_next_nack(&p, &cursor, &seq));
        arena_fini(&a);
    }
}

static void test_nack_edges(void **state)
{
    (void)state;
    struct arena a;
    uint8_t bytes[16];
    struct writer w = writer_of(bytes, sizeof(bytes));
    unsigned cursor = 0, n = 0;
    uint16_t seq;
    arena_init(&a);
    rtcp_write_nack(&w, 1, 2, NULL, 0);
    assert_int_equal(writer_size(&w), 0);
    struct rtcp p = only(hex("81cd0002 000000aa 000000bb", &a));
    assert_false(rtcp_next_nack(&p, &cursor, &seq));
    p = only(hex("81cd0003 000000aa 000000bb fff0 ffff", &a));
    while (rtcp_next_nack(&p, &cursor, &seq))
        assert_int_equal(seq, (uint16_t)(0xfff0 + n++));
    assert_int_equal(n, 17);
    cursor = 0;
    p = only(hex("81ce0003 000000aa 000000bb fff0 ffff", &a));
    assert_false(rtcp_next_nack(&p, &cursor, &seq));
    arena_fini(&a);
}

static void test_key_frame_requests(void **state)
{
    (void)state;
    struct arena a;
    uint8_t bytes[64], seq;
    unsigned cursor = 0;
    uint32_t ssrc;
    arena_init(&a);
    struct writer w = writer_of(bytes, sizeof(bytes));
    rtcp_write_pli(&w, 0xaa, 0xbb);
    assert_true(span_equal(writer_span(&w), hex("81ce0002 000000aa 000000bb", &a)));
    struct rtcp p = only(writer_span(&w));
    assert_false(rtcp_next_fir(&p, &cursor, &ssrc, &seq));

    w = writer_of(bytes, sizeof(bytes));
    rtcp_write_fir(&w, 0xaa, 0xbb, 7);
    struct span want = hex("84ce0004 000000aa 00000000 000000bb 07000000", &a);
    assert_true(span_equal(writer_span(&w), want));
    p = only(hex("84ce0007 000000aa 00000000 000000bb 07000000 000000cc 08000000 000000dd", &a));
    assert_true(rtcp_next_fir(&p, &cursor, &ssrc, &seq));
    assert_true(ssrc == 0xbb && seq == 7);
    assert_true(rtcp_next_fir(&p, &cursor, &ssrc, &seq));
    assert_true(ssrc == 0xcc && seq == 8);
    assert_false(rtcp_next_fir(&p, &cursor, &ssrc, &seq)); /* half an entry */
    arena_fini(&a);
}

static void test_remb(void **state)
{
    (void)state;
    static const struct {
        uint64_t written, read;
    } cases[] = {
        {0, 0},
        {0x3ffff, 0x3ffff},
        {1000000, 1000000},
        {0x7ffff, 0x7fffe}, /* the last bit has no room */
        {2500000, 2500000},
        {UINT64_MAX, 0x3ffffull << 46},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        uint8_t bytes[64];
        const uint32_t ssrcs[] = {0xbb, 0xcc};
        uint64_t bps;
        struct writer w = writer_of(bytes, sizeof(bytes));
        rtcp_write_remb(&w, 0xaa, cases[i].written, ssrcs, 2);
        struct rtcp p = only(writer_span(&w));
        assert_int_equal(p.body.size, 24);
        assert_true(rtcp_parse_remb(&p, &bps));
        assert_true(bps == cases[i].read);
    }
}

static void test_remb_refused(void **state)
{
    (void)state;
    static const struct {
        const char *hex;
        bool good;
    } cases[] = {
        {"8fce0005 000000aa 00000000 52454d42 01 003fff 000000bb", true},
        {"8fce0004 000000aa 00000000 52454d42 00 003fff", true},
        {"8fce0004 000000aa 00000000 52454d42 01 003fff", false}, /* SSRC missing */
        {"8fce0004 000000aa 00000000 52454d43 00 003fff", false}, /* another application's */
        {"8fce0003 000000aa 00000000 52454d42", false},
        {"81ce0004 000000aa 00000000 52454d42 00 003fff", false},
        {"8fce0004 000000aa 00000000 52454d42 00 ffffff", false}, /* beyond 64 bits */
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct arena a;
        uint64_t bps;
        arena_init(&a);
        struct rtcp p = only(hex(cases[i].hex, &a));
        if (rtcp_parse_remb(&p, &bps) != cases[i].good)
            fail_msg("case %zu", i);
        arena_fini(&a);
    }
}

static void test_sdes_and_bye(void **state)
{
    (void)state;
    static const struct {
        const char *cname, *hex;
    } cases[] = {
        {"", "81ca0002 000000aa 01000000"},
        {"a", "81ca0002 000000aa 01016100"},
        {"ab", "81ca0003 000000aa 01026162 00000000"},
        {"abcd", "81ca0003 000000aa 01046162 63640000"},
    };
    struct arena a;
    uint8_t bytes[512];
    arena_init(&a);
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct writer w = writer_of(bytes, sizeof(bytes));
        rtcp_write_sdes(&w, 0xaa, span_of_str(cases[i].cname));
        assert_true(span_equal(writer_span(&w), hex(cases[i].hex, &a)));
    }
    struct writer w = writer_of(bytes, sizeof(bytes));
    rtcp_write_bye(&w, 0xaa);
    assert_true(span_equal(writer_span(&w), hex("81cb0001 000000aa", &a)));
    arena_fini(&a);
}

static void test_beyond_the_fields(void **state)
{
    (void)state;
    uint8_t bytes[2048];
    static const struct rtcp_block blocks[32];
    static const uint32_t ssrcs[256];
    static const uint8_t name[256];
    struct writer w = writer_of(bytes, sizeof(bytes));
    rtcp_write_rr(&w, 1, blocks, 31);
    assert_false(w.bad);
    w = writer_of(bytes, sizeof(bytes));
    rtcp_write_rr(&w, 1, blocks, 32);
    assert_true(w.bad);
    w = writer_of(bytes, sizeof(bytes));
    rtcp_write_remb(&w, 1, 1, ssrcs, 256);
    assert_true(w.bad);
    w = writer_of(bytes, sizeof(bytes));
    rtcp_write_sdes(&w, 1, span_of(name, 256));
    assert_true(w.bad);
    w = writer_of(bytes, 11);
    rtcp_write_pli(&w, 1, 2);
    assert_true(w.bad);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_compound),     cmocka_unit_test(test_reports),
        cmocka_unit_test(test_reports_lie),  cmocka_unit_test(test_lost_is_clamped),
        cmocka_unit_test(test_feedback),     cmocka_unit_test(test_nack),
        cmocka_unit_test(test_nack_edges),   cmocka_unit_test(test_key_frame_requests),
        cmocka_unit_test(test_remb),         cmocka_unit_test(test_remb_refused),
        cmocka_unit_test(test_sdes_and_bye), cmocka_unit_test(test_beyond_the_fields),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
