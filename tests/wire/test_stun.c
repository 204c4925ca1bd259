/* SPDX-License-Identifier: Apache-2.0 */
/* The messages of RFC 5769, damage to each of their bytes, and what we write read back. */
#include "wire/stun.h"

#include "base/hash.h"
#include "base/limits.h"
#include "hex.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#define REQUEST                                                                                    \
    "00010058 2112a442 b7e7a701bc34d686fa87dfae"                                                   \
    "80220010 5354554e207465737420636c69656e74"                                                    \
    "00240004 6e0001ff 80290008 932ff9b151263b36"                                                  \
    "00060009 6576746a3a68367659202020"                                                            \
    "00080014 9aeaa70cbfd8cb56781ef2b5b2d3f249c1b571a2 80280004 e57a3bcf"
#define RESPONSE_V4                                                                                \
    "0101003c 2112a442 b7e7a701bc34d686fa87dfae 8022000b 7465737420766563746f7220"                 \
    "00200008 0001a147e112a643"                                                                    \
    "00080014 2b91f599fd9e90c38c7489f92af9ba53f06be7d7 80280004 c07d4c96"
#define RESPONSE_V6                                                                                \
    "01010048 2112a442 b7e7a701bc34d686fa87dfae 8022000b 7465737420766563746f7220"                 \
    "00200014 0002a147 0113a9faa5d3f179bc25f4b5bed2b9d9"                                           \
    "00080014 a382954e4be67bf11784c97c8292c275bfe3ed41 80280004 c8fb0b4c"

static const struct span password = SPAN_STATIC("VOkJxbRl1RmTxUk/WvJxBt");
static const struct span transaction =
    SPAN_STATIC("\xb7\xe7\xa7\x01\xbc\x34\xd6\x86\xfa\x87\xdf\xae");

static void test_rfc5769_request(void **state)
{
    (void)state;
    struct arena a;
    struct stun m;
    arena_init(&a);
    struct span in = hex(REQUEST, &a);
    assert_true(stun_is(in));
    assert_true(stun_parse(in, &m));
    assert_int_equal(m.class_, STUN_REQUEST);
    assert_int_equal(m.method, 1);
    assert_true(span_equal(m.transaction, transaction));
    assert_true(span_equal(m.username, SPAN_LITERAL("evtj:h6vY")));
    assert_int_equal(m.priority, 0x6e0001ff);
    assert_true(m.controlled);
    assert_false(m.controlling);
    assert_false(m.use_candidate);
    assert_true(m.tie_breaker == 0x932ff9b151263b36u);
    assert_true(m.has_fingerprint);
    assert_true(stun_authentic(in, &m, password));
    assert_false(stun_authentic(in, &m, SPAN_LITERAL("VOkJxbRl1RmTxUk/WvJxBu")));
    assert_false(stun_authentic(in, &m, span_of(NULL, 0)));
    /* The input was not touched by the length that integrity is computed over. */
    assert_true(span_equal(in, hex(REQUEST, &a)));
    arena_fini(&a);
}

static void test_rfc5769_responses(void **state)
{
    (void)state;
    static const struct {
        const char *hex, *mapped;
    } cases[] = {
        {RESPONSE_V4, "192.0.2.1:32853"},
        {RESPONSE_V6, "[2001:db8:1234:5678:11:2233:4455:6677]:32853"},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct arena a;
        struct stun m;
        char text[ADDR_TEXT_MAX];
        arena_init(&a);
        struct span in = hex(cases[i].hex, &a);
        assert_true(stun_parse(in, &m));
        assert_int_equal(m.class_, STUN_SUCCESS);
        assert_string_equal(addr_format(&m.mapped, true, text), cases[i].mapped);
        assert_true(stun_authentic(in, &m, password));
        arena_fini(&a);
    }
}

/* Whatever byte of a message changes, either fingerprint or integrity notices: the last one too. */
static void test_damage(void **state)
{
    (void)state;
    struct arena a;
    arena_init(&a);
    struct span in = hex(REQUEST, &a);
    uint8_t bytes[128];
    for (size_t i = 0; i < in.size; i++) {
        struct stun m;
        memcpy(bytes, in.data, in.size);
        bytes[i] ^= 0x10;
        struct span damaged = span_of(bytes, in.size);
        assert_false(stun_parse(damaged, &m) && m.has_fingerprint &&
                     stun_authentic(damaged, &m, password));
    }
    arena_fini(&a);
}

static void refuse(struct span prefix)
{
    struct stun m;
    assert_false(stun_is(prefix));
    assert_false(stun_parse(prefix, &m));
}

static void test_cut_off(void **state)
{
    (void)state;
    struct arena a;
    arena_init(&a);
    each_prefix(hex(REQUEST, &a), refuse);
    arena_fini(&a);
}

#define HEADER(size) "0001" size "2112a442 000000000000000000000000"

static void test_malformed(void **state)
{
    (void)state;
    static const struct {
        const char *hex;
        bool good;
    } cases[] = {
        {HEADER("0000"), true},
        {"4001 0000 2112a442 000000000000000000000000", false}, /* first bits */
        {"0001 0000 2112a443 000000000000000000000000", false}, /* cookie */
        {HEADER("0000") "00", false},                           /* more than said */
        {HEADER("0002") "0000", false},                         /* not a multiple of four */
        {HEADER("0004") "00060004", false},                     /* value missing */
        {HEADER("0008") "00060001 61000000", true},             /* value and padding */
        {HEADER("0008") "7fff0004 01020304", true},             /* unknown: skipped */
        {HEADER("0008") "00240003 00000000", false},            /* PRIORITY of 3 bytes */
        {HEADER("0008") "00250004 00000000", false},            /* USE-CANDIDATE with a value */
        {HEADER("0008") "80290004 00000000", false},            /* role of 4 bytes */
        {HEADER("0008") "00080004 00000000", false},            /* integrity of 4 bytes */
        {HEADER("0008") "80280004 00000000", false},            /* fingerprint wrong */
        {HEADER("0008") "00200004 00010000", false},            /* address without an address */
        {HEADER("000c") "00200008 00030000 00000000", false},   /* unknown family */
        {HEADER("0008") "00090004 00000200", false},            /* error class 2 */
        {HEADER("0008") "00090004 00000464", false},            /* error number 100 */
        {HEADER("0018") "80290008 0000000000000001 802a0008 0000000000000001", false},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct arena a;
        struct stun m;
        arena_init(&a);
        if (stun_parse(hex(cases[i].hex, &a), &m) != cases[i].good)
            fail_msg("case %zu", i);
        arena_fini(&a);
    }
}

static void test_too_large(void **state)
{
    (void)state;
    uint8_t bytes[PACKET_CAPACITY + 4] = {0x00, 0x01, 0x00, 0x00, 0x21, 0x12, 0xa4, 0x42};
    struct stun m;
    size_t sizes[] = {PACKET_CAPACITY, PACKET_CAPACITY + 4};
    for (size_t i = 0; i < 2; i++) {
        size_t left = sizes[i] - 20;
        struct writer w = writer_of(bytes, sizeof(bytes));
        writer_u16(&w, 1);
        writer_u16(&w, (uint16_t)left);
        writer_reserve(&w, 16);
        writer_u16(&w, 0x7fff);
        writer_u16(&w, (uint16_t)(left - 4));
        assert_int_equal(stun_parse(span_of(bytes, sizes[i]), &m), i == 0);
    }
}

/* An attacker may append attributes to an authentic message: they must have no effect (RFC
 * 8489 14.5). */
static void test_after_integrity(void **state)
{
    (void)state;
    uint8_t bytes[256];
    struct stun_check check = {.transaction = transaction,
                               .username = SPAN_LITERAL("a:b"),
                               .password = password,
                               .priority = 7,
                               .tie_breaker = 1};
    struct writer w = writer_of(bytes, sizeof(bytes));
    struct stun m;
    stun_write_check(&w, &check);
    w.at -= 8;                  /* over the fingerprint */
    writer_u32(&w, 0x00250000); /* USE-CANDIDATE */
    writer_patch_u16(&w, 2, (uint16_t)(writer_size(&w) - 20));
    assert_true(stun_parse(writer_span(&w), &m));
    assert_true(stun_authentic(writer_span(&w), &m, password));
    assert_false(m.use_candidate);
    assert_false(m.has_fingerprint);
}

static void test_no_integrity(void **state)
{
    (void)state;
    struct arena a;
    struct stun m;
    arena_init(&a);
    struct span in = hex(HEADER("0000"), &a);
    assert_true(stun_parse(in, &m));
    assert_int_equal(m.integrity_part.size, 0);
    assert_false(stun_authentic(in, &m, password));
    arena_fini(&a);
}

static void test_check(void **state)
{
    (void)state;
    for (unsigned i = 0; i < 4; i++) {
        uint8_t bytes[256];
        struct stun_check check = {.transaction = transaction,
                                   .username = SPAN_LITERAL("receiver:sender"),
                                   .password = password,
                                   .priority = 0x6e7f00ff,
                                   .tie_breaker = 0x0123456789abcdef,
                                   .controlling = i & 1,
                                   .use_candidate = i & 2};
        struct writer w = writer_of(bytes, sizeof(bytes));
        struct stun m;
        stun_write_check(&w, &check);
        assert_true(stun_parse(writer_span(&w), &m));
        assert_int_equal(m.class_, STUN_REQUEST);
        assert_int_equal(m.method, 1);
        assert_true(span_equal(m.transaction, transaction));
        assert_true(span_equal(m.username, check.username));
        assert_int_equal(m.priority, check.priority);
        assert_true(m.tie_breaker == check.tie_breaker);
        assert_int_equal(m.controlling, check.controlling);
        assert_int_equal(m.controlled, !check.controlling);
        assert_int_equal(m.use_candidate, check.use_candidate);
        assert_true(m.has_fingerprint);
        assert_true(stun_authentic(writer_span(&w), &m, password));
    }
}

static void test_success(void **state)
{
    (void)state;
    static const char *const addresses[] = {"203.0.113.7:61000", "[2001:db8::5]:443"};
    for (size_t i = 0; i < 2; i++) {
        uint8_t bytes[128];
        struct writer w = writer_of(bytes, sizeof(bytes));
        struct addr mapped;
        struct stun m;
        assert_true(addr_parse(addresses[i], &mapped));
        writer_u32(&w, 0x11223344); /* a message need not begin where the buffer does */
        stun_write_success(&w, transaction, &mapped, password);
        struct span out = span_from(writer_span(&w), 4);
        assert_true(stun_parse(out, &m));
        assert_int_equal(m.class_, STUN_SUCCESS);
        assert_true(addr_equal(&m.mapped, &mapped));
        assert_true(m.has_fingerprint);
        assert_true(stun_authentic(out, &m, password));
    }
}

static void test_error(void **state)
{
    (void)state;
    static const struct {
        uint16_t code;
        bool sealed;
    } cases[] = {{400, false}, {401, false}, {487, true}, {500, true}};
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        uint8_t bytes[128];
        struct writer w = writer_of(bytes, sizeof(bytes));
        struct stun m;
        stun_write_error(&w, transaction, cases[i].code,
                         cases[i].sealed ? password : span_of(NULL, 0));
        assert_true(stun_parse(writer_span(&w), &m));
        assert_int_equal(m.class_, STUN_ERROR);
        assert_int_equal(m.error_code, cases[i].code);
        assert_true(m.has_fingerprint);
        assert_int_equal(stun_authentic(writer_span(&w), &m, password), cases[i].sealed);
    }
}

static void test_no_room(void **state)
{
    (void)state;
    uint8_t bytes[128];
    struct addr mapped = addr_v4(192, 0, 2, 1, 5);
    struct writer w = writer_of(bytes, sizeof(bytes));
    stun_write_success(&w, transaction, &mapped, password);
    size_t size = writer_size(&w);
    for (size_t n = 0; n < size; n++) {
        uint8_t *block = xmalloc(n);
        w = writer_of(block, n);
        stun_write_success(&w, transaction, &mapped, password);
        assert_true(w.bad);
        free(block);
    }
    w = writer_of(bytes, sizeof(bytes));
    stun_write_success(&w, span_first(transaction, 11), &mapped, password);
    assert_true(w.bad);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_rfc5769_request), cmocka_unit_test(test_rfc5769_responses),
        cmocka_unit_test(test_damage),          cmocka_unit_test(test_cut_off),
        cmocka_unit_test(test_malformed),       cmocka_unit_test(test_too_large),
        cmocka_unit_test(test_after_integrity), cmocka_unit_test(test_no_integrity),
        cmocka_unit_test(test_check),           cmocka_unit_test(test_success),
        cmocka_unit_test(test_error),           cmocka_unit_test(test_no_room),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
