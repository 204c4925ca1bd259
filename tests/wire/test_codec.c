/* SPDX-License-Identifier: Apache-2.0 */
/* Codec names, VP8 descriptors in every shape, key frames of VP8 and H.264. */
#include "wire/codec.h"

#include "hex.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static void test_names(void **state)
{
    (void)state;
    static const struct {
        const char *name;
        enum codec codec;
    } cases[] = {
        {"opus", CODEC_OPUS},     {"OPUS", CODEC_OPUS}, {"audio/opus", CODEC_OPUS},
        {"VP8", CODEC_VP8},       {"vp8", CODEC_VP8},   {"video/VP8", CODEC_VP8},
        {"VIDEO/vp8", CODEC_VP8}, {"h264", CODEC_H264}, {"video/H264", CODEC_H264},
        {"video/", CODEC_NONE},   {"", CODEC_NONE},     {"VP9", CODEC_NONE},
        {"VP80", CODEC_NONE},     {"VP", CODEC_NONE},   {"audio/VP8", CODEC_NONE},
        {"/VP8", CODEC_NONE},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
        assert_int_equal(codec_by_name(span_of_str(cases[i].name)), cases[i].codec);
    assert_string_equal(codec_mime(CODEC_OPUS), "audio/opus");
    assert_string_equal(codec_mime(CODEC_VP8), "video/VP8");
    assert_string_equal(codec_mime(CODEC_H264), "video/H264");
    assert_string_equal(codec_mime(CODEC_NONE), "");
}

static void test_properties(void **state)
{
    (void)state;
    assert_false(codec_is_video(CODEC_OPUS));
    assert_true(codec_is_video(CODEC_VP8));
    assert_true(codec_is_video(CODEC_H264));
    assert_false(codec_is_video(CODEC_NONE));
    assert_int_equal(codec_clock_rate(CODEC_OPUS), 48000);
    assert_int_equal(codec_clock_rate(CODEC_VP8), 90000);
    assert_int_equal(codec_clock_rate(CODEC_H264), 90000);
    assert_int_equal(codec_clock_rate(CODEC_NONE), 0);
    assert_int_equal(codec_clear_bytes(CODEC_VP8, true), 10);
    assert_int_equal(codec_clear_bytes(CODEC_VP8, false), 3);
    assert_int_equal(codec_clear_bytes(CODEC_OPUS, false), 1);
    assert_int_equal(codec_clear_bytes(CODEC_H264, true), 0);
}

/* The descriptor's fields as text, absent ones left out. */
static const char *describe(const struct vp8_descriptor *d, struct arena *a)
{
    char *s = arena_printf(a, "%u%s%s", (unsigned)d->size, d->start ? " start" : "",
                           d->non_reference ? " N" : "");
    if (d->has_picture_id)
        s = arena_printf(a, "%s %s%u", s, d->picture_id_long ? "long" : "short",
                         (unsigned)d->picture_id);
    if (d->has_tl0)
        s = arena_printf(a, "%s tl0=%u", s, (unsigned)d->tl0);
    if (d->has_tid)
        s = arena_printf(a, "%s tid=%u%s", s, (unsigned)d->tid, d->layer_sync ? "Y" : "");
    if (d->has_keyidx)
        s = arena_printf(a, "%s key=%u", s, (unsigned)d->keyidx);
    return s;
}

static void test_vp8_descriptor(void **state)
{
    (void)state;
    static const struct {
        const char *hex, *want; /* NULL: refused */
    } cases[] = {
        {"10", "1 start"},
        {"00", "1"},
        {"11", "1"}, /* start of another partition */
        {"30", "1 start N"},
        {"9000", "2 start"},
        {"9080 7f", "3 start short127"},
        {"9080 8001", "4 start long1"},
        {"9080 ffff", "4 start long32767"},
        {"9040 07", "3 start tl0=7"},
        {"9020 a0", "3 start tid=2Y"},
        {"9020 df", "3 start tid=3"},
        {"9010 ff", "3 start key=31"},
        {"90f0 8123 45 61", "6 start long291 tl0=69 tid=1Y key=1"},
        {"", NULL},
        {"90", NULL},
        {"9080", NULL},
        {"9080 80", NULL},
        {"90c0 8001", NULL},
        {"90f0 8123 45", NULL},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct arena a;
        struct vp8_descriptor d;
        arena_init(&a);
        bool good = vp8_descriptor_parse(hex(cases[i].hex, &a), &d);
        assert_int_equal(good, cases[i].want != NULL);
        if (good)
            assert_string_equal(describe(&d, &a), cases[i].want);
        arena_fini(&a);
    }
}

static void test_vp8_patch(void **state)
{
    (void)state;
    static const struct {
        const char *hex, *want;
    } cases[] = {
        {"90f0 8123 45 61 99", "90f0 fabc 77 61 99"},
        {"90c0 05 45 99", "90c0 3c 77 99"},
        {"9080 8001 99", "9080 fabc 99"},
        {"9040 07 99", "9040 77 99"},
        {"9020 a0 99", "9020 a0 99"},
        {"10 99", "10 99"},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct arena a;
        struct vp8_descriptor d;
        arena_init(&a);
        struct span in = hex(cases[i].hex, &a);
        uint8_t *copy = xmalloc(in.size);
        memcpy(copy, in.data, in.size);
        assert_true(vp8_descriptor_parse(in, &d));
        vp8_descriptor_patch(copy, &d, 0x7abc, 0x77);
        assert_true(span_equal(span_of(copy, in.size), hex(cases[i].want, &a)));
        free(copy);
        arena_fini(&a);
    }
}

#define KEY_TAG "100200 9d012a 8042 e041" /* 640 and 480, each with a scaling of 1 */

static void test_frame_info(void **state)
{
    (void)state;
    static const struct {
        enum codec codec;
        const char *hex, *want; /* "": good, but neither start nor key; NULL: refused */
        uint16_t width, height;
    } cases[] = {
        {CODEC_OPUS, "78", "start", 0, 0},
        {CODEC_OPUS, "", NULL, 0, 0},
        {CODEC_NONE, "78", NULL, 0, 0},
        {CODEC_VP8, "10" KEY_TAG "ff", "start key", 640, 480},
        {CODEC_VP8, "9080 05" KEY_TAG, "start key", 640, 480},
        {CODEC_VP8, "10 110200", "start", 0, 0},
        {CODEC_VP8, "00" KEY_TAG, "", 0, 0},
        {CODEC_VP8, "11" KEY_TAG, "", 0, 0},
        {CODEC_VP8, "10", NULL, 0, 0},
        {CODEC_VP8, "90", NULL, 0, 0},
        {CODEC_VP8, "10 100200 9d012a 8042 e0", NULL, 0, 0},
        {CODEC_VP8, "10 100200 9d012b 8042 e041", NULL, 0, 0},
        {CODEC_H264, "67 42001f", "start key", 0, 0}, /* SPS */
        {CODEC_H264, "65 88", "start key", 0, 0},     /* IDR */
        {CODEC_H264, "68 ce", "start", 0, 0},         /* PPS */
        {CODEC_H264, "41 9a", "start", 0, 0},
        {CODEC_H264, "78 0002 6742 0001 68", "start key", 0, 0}, /* STAP-A: SPS, PPS */
        {CODEC_H264, "78 0001 68 0001 65", "start key", 0, 0},
        {CODEC_H264, "78 0001 68 0001 41", "start", 0, 0},
        {CODEC_H264, "7c 85 88", "start key", 0, 0}, /* FU-A: start of IDR */
        {CODEC_H264, "7c 05 88", "", 0, 0},
        {CODEC_H264, "7c 45 88", "", 0, 0},
        {CODEC_H264, "7c 81 88", "start", 0, 0},
        {CODEC_H264, "", NULL, 0, 0},
        {CODEC_H264, "e7 42", NULL, 0, 0},   /* forbidden bit */
        {CODEC_H264, "60 42", NULL, 0, 0},   /* type 0 */
        {CODEC_H264, "78", NULL, 0, 0},      /* STAP-A of nothing */
        {CODEC_H264, "78 0000", NULL, 0, 0}, /* an empty unit */
        {CODEC_H264, "78 0003 6742", NULL, 0, 0},
        {CODEC_H264, "78 0001 67 00", NULL, 0, 0},
        {CODEC_H264, "7c 85", NULL, 0, 0},
        {CODEC_H264, "7d 85 88", NULL, 0, 0}, /* FU-B */
        {CODEC_H264, "7f 85 88", NULL, 0, 0},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct arena a;
        struct frame_info f;
        arena_init(&a);
        bool good = codec_frame_info(cases[i].codec, hex(cases[i].hex, &a), &f);
        if (good != (cases[i].want != NULL))
            fail_msg("case %zu", i);
        const char *want = good ? cases[i].want : "";
        if (f.start != (strstr(want, "start") != NULL) ||
            f.keyframe != (strstr(want, "key") != NULL))
            fail_msg("case %zu", i);
        assert_int_equal(f.width, cases[i].width);
        assert_int_equal(f.height, cases[i].height);
        arena_fini(&a);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_names),          cmocka_unit_test(test_properties),
        cmocka_unit_test(test_vp8_descriptor), cmocka_unit_test(test_vp8_patch),
        cmocka_unit_test(test_frame_info),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
