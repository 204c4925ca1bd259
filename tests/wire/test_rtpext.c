/* SPDX-License-Identifier: Apache-2.0 */
/* Header extensions: the negotiated ids, both forms of elements, truncation, writing. */
#include "wire/rtpext.h"

#include "hex.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static void test_uris(void **state)
{
    (void)state;
    for (unsigned i = EXT_NONE + 1; i < EXT_COUNT; i++) {
        const char *uri = rtpext_uri((enum rtpext)i);
        assert_true(strlen(uri) > 10);
        assert_int_equal(rtpext_by_uri(span_of_str(uri)), i);
    }
    assert_string_equal(rtpext_uri(EXT_MID), "urn:ietf:params:rtp-hdrext:sdes:mid");
    assert_int_equal(rtpext_by_uri(SPAN_LITERAL("urn:ietf:params:rtp-hdrext:sdes:mi")), EXT_NONE);
    assert_int_equal(rtpext_by_uri(span_of(NULL, 0)), EXT_NONE);
    assert_string_equal(rtpext_uri(EXT_COUNT), "");
}

static void test_map(void **state)
{
    (void)state;
    struct rtpext_map map = {0};
    assert_true(rtpext_map_add(&map, EXT_MID, 4));
    assert_true(rtpext_map_add(&map, EXT_MID, 4));
    assert_false(rtpext_map_add(&map, EXT_RID, 4));
    assert_true(rtpext_map_add(&map, EXT_RID, 14));
    assert_true(rtpext_map_add(&map, EXT_MID, 7));
    assert_false(rtpext_map_add(&map, EXT_AUDIO_LEVEL, 0));
    assert_false(rtpext_map_add(&map, EXT_AUDIO_LEVEL, 15));
    assert_false(rtpext_map_add(&map, EXT_NONE, 3));
    assert_false(rtpext_map_add(&map, EXT_COUNT, 3));
    assert_int_equal(map.ids[EXT_MID], 4);
    assert_int_equal(map.ids[EXT_RID], 14);
    assert_int_equal(map.kinds[4], EXT_MID);
    assert_int_equal(map.kinds[7], EXT_MID);
    assert_int_equal(map.kinds[3], EXT_NONE);
}

static struct rtpext_map all_kinds(void)
{
    struct rtpext_map map = {0};
    for (uint8_t i = EXT_NONE + 1; i < EXT_COUNT; i++)
        assert_true(rtpext_map_add(&map, (enum rtpext)i, i));
    return map;
}

/* What was read, as text: mid/rid/repaired, then level with v for voice, then the transport
 * sequence number. */
static const char *describe(const struct rtpext_values *v, struct arena *a)
{
    char *text = arena_printf(a, "%s/%s/%s", arena_strdup(a, v->mid), arena_strdup(a, v->rid),
                              arena_strdup(a, v->repaired_rid));
    if (v->has_audio_level)
        text = arena_printf(a, "%s %s%u", text, v->voice ? "v" : "", (unsigned)v->audio_level);
    if (v->has_transport_seq)
        text = arena_printf(a, "%s #%u", text, (unsigned)v->transport_seq);
    return text;
}

static void test_read(void **state)
{
    (void)state;
    static const struct {
        uint16_t profile;
        const char *elements, *want;
    } cases[] = {
        {0xbede, "", "//"},
        {0xbede, "1030 2071 3172 71 0000", "0/q/rq"},
        {0xbede, "1030 4085 511234", "0// v5 #4660"},
        {0xbede, "407f 00 00 51ffff", "// 127 #65535"},
        {0xbede, "62010203 1030", "0//"},  /* send time is not read, what follows is */
        {0xbede, "d0aa 1030", "0//"},      /* an id of nobody */
        {0xbede, "1030 f0aa 2071", "0//"}, /* id 15 ends it */
        {0xbede, "1030 2371", "0//"},      /* four bytes said, one there */
        {0xbede, "5012 1030", "0//"},      /* a sequence number of one byte is none */
        {0x1000, "0101 30 0201 71 00", "0/q/"},
        {0x100f, "0401 05 0502 1234", "// 5 #4660"},
        {0x1000, "0100 0201 71", "/q/"}, /* empty elements are allowed in this form */
        {0x1000, "0400 0502 1234", "// #4660"},
        {0x1000, "ff01 aa 0101 30", "0//"},
        {0x1000, "0101 30 02", "0//"},      /* without size */
        {0x1000, "0101 30 0205 71", "0//"}, /* too short */
        {0x1010, "0101 30", "//"},          /* a profile of somebody else */
        {0x0000, "1030", "//"},
    };
    struct rtpext_map map = all_kinds();
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct arena a;
        struct rtpext_values v;
        arena_init(&a);
        struct rtp packet = {.extension_profile = cases[i].profile,
                             .extension = hex(cases[i].elements, &a)};
        rtpext_read(&packet, &map, &v);
        assert_string_equal(describe(&v, &a), cases[i].want);
        arena_fini(&a);
    }
}

static void test_not_negotiated(void **state)
{
    (void)state;
    struct arena a;
    struct rtpext_map none = {0};
    struct rtpext_values v;
    arena_init(&a);
    struct rtp packet = {.extension_profile = 0xbede, .extension = hex("1030 4085 511234", &a)};
    rtpext_read(&packet, &none, &v);
    assert_string_equal(describe(&v, &a), "//");
    arena_fini(&a);
}

static void test_write(void **state)
{
    (void)state;
    struct arena a;
    uint8_t bytes[64];
    struct writer w = writer_of(bytes, sizeof(bytes));
    arena_init(&a);
    rtpext_write(&w, 1, SPAN_LITERAL("0"));
    rtpext_write(&w, 14, SPAN_LITERAL("0123456789abcdef"));
    struct span want = hex("1030 ef 30313233343536373839616263646566", &a);
    assert_true(span_equal(writer_span(&w), want));
    static const struct {
        uint8_t id;
        struct span data;
    } refused[] = {
        {0, SPAN_STATIC("0")},
        {15, SPAN_STATIC("0")},
        {1, {NULL, 0}},
        {1, SPAN_STATIC("0123456789abcdefg")},
    };
    for (size_t i = 0; i < sizeof(refused) / sizeof(refused[0]); i++) {
        w = writer_of(bytes, sizeof(bytes));
        rtpext_write(&w, refused[i].id, refused[i].data);
        assert_true(w.bad);
    }
    w = writer_of(bytes, 2);
    rtpext_write(&w, 1, SPAN_LITERAL("01"));
    assert_true(w.bad);
    arena_fini(&a);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_uris),  cmocka_unit_test(test_map),
        cmocka_unit_test(test_read),  cmocka_unit_test(test_not_negotiated),
        cmocka_unit_test(test_write),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
