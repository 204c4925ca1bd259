/* SPDX-License-Identifier: Apache-2.0 */
/* RTP headers in every shape the standard allows, refusals, and the sorting of datagrams by their
 * first bytes. */
#include "wire/rtp.h"

#include "hex.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static void test_kind(void **state)
{
    (void)state;
    static const struct {
        uint8_t first, second;
        enum datagram_kind kind;
    } cases[] = {
        {0, 1, DATAGRAM_STUN},      {3, 0, DATAGRAM_STUN},      {4, 0, DATAGRAM_OTHER},
        {19, 0, DATAGRAM_OTHER},    {20, 254, DATAGRAM_DTLS},   {63, 254, DATAGRAM_DTLS},
        {64, 0, DATAGRAM_OTHER},    {127, 200, DATAGRAM_OTHER}, {128, 0, DATAGRAM_RTP},
        {128, 191, DATAGRAM_RTP},   {128, 192, DATAGRAM_RTCP},  {129, 200, DATAGRAM_RTCP},
        {191, 223, DATAGRAM_RTCP},  {191, 224, DATAGRAM_RTP},   {192, 200, DATAGRAM_OTHER},
        {255, 255, DATAGRAM_OTHER},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        uint8_t bytes[] = {cases[i].first, cases[i].second};
        assert_int_equal(datagram_kind(span_of(bytes, 2)), cases[i].kind);
        assert_int_equal(datagram_kind(span_of(bytes, 1)), DATAGRAM_OTHER);
    }
    assert_int_equal(datagram_kind(span_of(NULL, 0)), DATAGRAM_OTHER);
}

#define FIXED "1234 01020304 aabbccdd"

static void test_parse(void **state)
{
    (void)state;
    static const struct {
        const char *hex;
        bool good;
        uint16_t header_size, profile;
        size_t extension, payload;
        uint8_t padding;
    } cases[] = {
        {"8060" FIXED, true, 12, 0, 0, 0, 0},
        {"80e0" FIXED "0102", true, 12, 0, 0, 2, 0},
        {"8260" FIXED "11111111 22222222 99", true, 20, 0, 0, 1, 0},
        {"9060" FIXED "bede0001 10610000 99", true, 20, 0xbede, 4, 1, 0},
        {"9060" FIXED "bede0000 99", true, 16, 0xbede, 0, 1, 0},
        {"9160" FIXED "11111111 10000001 01010000", true, 24, 0x1000, 4, 0, 0},
        {"a060" FIXED "9900 0003", true, 12, 0, 0, 1, 3},
        {"a060" FIXED "00000004", true, 12, 0, 0, 0, 4},
        {"b060" FIXED "bede0000 99 01", true, 16, 0xbede, 0, 1, 1},
        /* refused: version, CSRCs, extension, padding */
        {"4060" FIXED, false, 0, 0, 0, 0, 0},
        {"c060" FIXED, false, 0, 0, 0, 0, 0},
        {"8160" FIXED "111111", false, 0, 0, 0, 0, 0},
        {"9060" FIXED "bede00", false, 0, 0, 0, 0, 0},
        {"9060" FIXED "bede0001 106100", false, 0, 0, 0, 0, 0},
        {"9060" FIXED "bedeffff 10610000", false, 0, 0, 0, 0, 0},
        {"a060" FIXED, false, 0, 0, 0, 0, 0},
        {"a060" FIXED "9900", false, 0, 0, 0, 0, 0},
        {"a060" FIXED "9903", false, 0, 0, 0, 0, 0},
        {"b060" FIXED "bede0001 00000004", false, 0, 0, 0, 0, 0},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct arena a;
        struct rtp h;
        arena_init(&a);
        struct span in = hex(cases[i].hex, &a);
        if (rtp_parse(in, &h) != cases[i].good)
            fail_msg("case %zu", i);
        if (cases[i].good) {
            assert_int_equal(h.marker, in.data[1] >> 7);
            assert_int_equal(h.payload_type, 0x60);
            assert_int_equal(h.seq, 0x1234);
            assert_int_equal(h.timestamp, 0x01020304);
            assert_int_equal(h.ssrc, 0xaabbccdd);
            assert_int_equal(h.header_size, cases[i].header_size);
            assert_int_equal(h.extension_profile, cases[i].profile);
            assert_int_equal(h.extension.size, cases[i].extension);
            assert_int_equal(h.payload.size, cases[i].payload);
            assert_int_equal(h.padding, cases[i].padding);
        }
        arena_fini(&a);
    }
}

/* Of an encrypted packet the last byte means nothing. */
static void test_header_only(void **state)
{
    (void)state;
    struct arena a;
    struct rtp h;
    arena_init(&a);
    assert_true(rtp_parse_header(hex("a060" FIXED "0102ff", &a), &h));
    assert_int_equal(h.payload.size, 3);
    assert_int_equal(h.padding, 0);
    arena_fini(&a);
}

static void refuse(struct span prefix)
{
    struct rtp h;
    assert_false(rtp_parse(prefix, &h));
    assert_false(rtp_parse_header(prefix, &h));
}

static void test_cut_off(void **state)
{
    (void)state;
    struct arena a;
    arena_init(&a);
    each_prefix(hex("9260" FIXED "11111111 22222222 bede0001 10610000", &a), refuse);
    arena_fini(&a);
}

static void test_larger_than_a_datagram(void **state)
{
    (void)state;
    struct rtp h;
    uint8_t *bytes = xcalloc(1, 65536);
    bytes[0] = 0x80;
    assert_true(rtp_parse_header(span_of(bytes, 65535), &h));
    assert_false(rtp_parse_header(span_of(bytes, 65536), &h));
    free(bytes);
}

static void test_write(void **state)
{
    (void)state;
    static const char *const cases[] = {
        "8060" FIXED,
        "80e0" FIXED,
        "90e0" FIXED "bede0001 10610000",
        "9060" FIXED "10000002 0101ff00 00000000",
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct arena a;
        struct rtp h;
        uint8_t bytes[64];
        struct writer w = writer_of(bytes, sizeof(bytes));
        arena_init(&a);
        struct span in = hex(cases[i], &a);
        assert_true(rtp_parse(in, &h));
        rtp_write_header(&w, &h);
        assert_true(span_equal(writer_span(&w), in));
        arena_fini(&a);
    }
}

static void test_write_pads(void **state)
{
    (void)state;
    struct arena a;
    uint8_t bytes[64];
    struct writer w = writer_of(bytes, sizeof(bytes));
    struct rtp h = {.payload_type = 0x60,
                    .seq = 0x1234,
                    .timestamp = 0x01020304,
                    .ssrc = 0xaabbccdd,
                    .padding = 5,
                    .extension_profile = 0xbede,
                    .extension = SPAN_LITERAL("\x10\x61\x20\x62\x30")};
    arena_init(&a);
    rtp_write_header(&w, &h);
    struct span want = hex("b060" FIXED "bede0002 1061206230000000", &a);
    assert_true(span_equal(writer_span(&w), want));
    w = writer_of(bytes, want.size - 1);
    rtp_write_header(&w, &h);
    assert_true(w.bad);
    arena_fini(&a);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_kind),
        cmocka_unit_test(test_parse),
        cmocka_unit_test(test_header_only),
        cmocka_unit_test(test_cut_off),
        cmocka_unit_test(test_larger_than_a_datagram),
        cmocka_unit_test(test_write),
        cmocka_unit_test(test_write_pads),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
