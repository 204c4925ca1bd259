/* SPDX-License-Identifier: Apache-2.0 */
/* Data channel messages: bytes as browsers send them, refusals, our own read back. */
#include "wire/dcep.h"

#include "hex.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static void test_parse(void **state)
{
    (void)state;
    static const struct {
        const char *hex;
        bool good, unordered;
        enum dcep_reliability reliability;
        uint32_t parameter;
        const char *label, *protocol;
    } cases[] = {
        {"0300 0100 00000000 0009 0000 5f72656c6961626c65", true, false, DCEP_RELIABLE, 0,
         "_reliable", ""},
        {"0381 0100 00000000 0006 0000 5f6c6f737379", true, true, DCEP_MAX_RETRANSMITS, 0, "_lossy",
         ""},
        {"0302 0000 000001f4 0001 0002 61 6262", true, false, DCEP_MAX_LIFETIME, 500, "a", "bb"},
        {"0380 0000 00000007 0000 0000", true, true, DCEP_RELIABLE, 0, "", ""},
        {"0303 0000 00000000 0000 0000", false, false, DCEP_RELIABLE, 0, "", ""},
        {"0340 0000 00000000 0000 0000", false, false, DCEP_RELIABLE, 0, "", ""},
        {"0200 0000 00000000 0000 0000", false, false, DCEP_RELIABLE, 0, "", ""},
        {"0300 0000 00000000 0001 0000", false, false, DCEP_RELIABLE, 0, "", ""},
        {"0300 0000 00000000 0001 ffff 61", false, false, DCEP_RELIABLE, 0, "", ""},
        {"0300 0000 00000000 0001 0000 6162", false, false, DCEP_RELIABLE, 0, "", ""},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct arena a;
        struct dcep_open open;
        arena_init(&a);
        struct span in = hex(cases[i].hex, &a);
        if (dcep_parse_open(in, &open) != cases[i].good)
            fail_msg("case %zu", i);
        if (cases[i].good) {
            assert_int_equal(open.unordered, cases[i].unordered);
            assert_int_equal(open.reliability, cases[i].reliability);
            assert_int_equal(open.parameter, cases[i].parameter);
            assert_true(span_equal(open.label, span_of_str(cases[i].label)));
            assert_true(span_equal(open.protocol, span_of_str(cases[i].protocol)));
        }
        arena_fini(&a);
    }
}

static void refuse(struct span prefix)
{
    struct dcep_open open;
    assert_false(dcep_parse_open(prefix, &open));
}

static void test_cut_off(void **state)
{
    (void)state;
    struct arena a;
    arena_init(&a);
    each_prefix(hex("0302 0000 000001f4 0001 0002 61 6262", &a), refuse);
    arena_fini(&a);
}

static void test_write(void **state)
{
    (void)state;
    struct arena a;
    uint8_t bytes[64];
    struct writer w = writer_of(bytes, sizeof(bytes));
    struct dcep_open open = {.unordered = true,
                             .reliability = DCEP_MAX_RETRANSMITS,
                             .parameter = 3,
                             .priority = 256,
                             .label = SPAN_LITERAL("_lossy"),
                             .protocol = SPAN_LITERAL("p")};
    arena_init(&a);
    dcep_write_open(&w, &open);
    assert_true(
        span_equal(writer_span(&w), hex("0381 0100 00000003 0006 0001 5f6c6f737379 70", &a)));
    w = writer_of(bytes, 18);
    dcep_write_open(&w, &open);
    assert_true(w.bad);
    w = writer_of(bytes, sizeof(bytes));
    open = (struct dcep_open){.parameter = 9};
    dcep_write_open(&w, &open);
    assert_true(span_equal(writer_span(&w), hex("0300 0000 00000000 0000 0000", &a)));
    arena_fini(&a);
}

static void test_ack(void **state)
{
    (void)state;
    uint8_t bytes[4];
    struct writer w = writer_of(bytes, sizeof(bytes));
    dcep_write_ack(&w);
    assert_int_equal(writer_size(&w), 1);
    assert_true(dcep_is_ack(writer_span(&w)));
    assert_false(dcep_is_ack(span_of(NULL, 0)));
    assert_false(dcep_is_ack(SPAN_LITERAL("\x03")));
    assert_false(dcep_is_ack(SPAN_LITERAL("\x02\x02")));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_parse),
        cmocka_unit_test(test_cut_off),
        cmocka_unit_test(test_write),
        cmocka_unit_test(test_ack),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
