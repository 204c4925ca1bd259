/* SPDX-License-Identifier: Apache-2.0 */
/* Pictures of each kind, small and made for this: what is kept, what is left out, what is refused.
 * They are the inputs of the fuzz target. */
#include "wire/image.h"

#include "base/mem.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#define MOST 4096

struct file {
    uint8_t bytes[MOST];
    size_t size;
};

static void load(const char *name, struct file *f)
{
    char path[256];

    snprintf(path, sizeof path, TEST_SOURCE_DIR "/fuzz/corpus/image/%s", name);
    FILE *in = fopen(path, "r");
    assert_non_null(in);
    f->size = fread(f->bytes, 1, MOST, in);
    fclose(in);
    assert_in_range(f->size, 1, MOST - 1);
}

static bool clean(const struct file *in, struct file *out, struct image *i)
{
    struct writer w = writer_of(out->bytes, sizeof out->bytes);
    bool good = image_clean(span_of(in->bytes, in->size), &w, i);

    out->size = writer_span(&w).size;
    return good;
}

static bool has(const struct file *f, const char *text)
{
    return memmem(f->bytes, f->size, text, strlen(text)) != NULL;
}

static void knows_each_kind(void **state)
{
    (void)state;
    static const struct {
        const char *name;
        enum image_kind kind;
        const char *kept, *gone[4];
    } cases[] = {
        {"png", IMAGE_PNG, "IDAT", {"Ada", "eXIf", "behind"}},
        {"jpeg-turned", IMAGE_JPEG, "JFIF", {"GPS", "a comment", "a thumbnail"}},
        {"jpeg-little", IMAGE_JPEG, "\x56\xff\xd0\x78", {"GPS", "a comment", "a thumbnail"}},
        {"jpeg-plain", IMAGE_JPEG, "JFIF", {"Exif", "a comment", "a thumbnail"}},
        {"gif", IMAGE_GIF, "NETSCAPE2.0", {"Ada", "XMP", "more"}},
        {"webp", IMAGE_WEBP, "VP8L", {"profile", "GPS", "XMP ", "behind"}},
        {"webp-lossy", IMAGE_WEBP, "VP8 ", {"EXIF"}},
    };
    struct file in, out;
    struct image i;

    for (size_t n = 0; n < sizeof cases / sizeof cases[0]; n++) {
        load(cases[n].name, &in);
        if (!clean(&in, &out, &i))
            fail_msg("%s", cases[n].name);
        assert_int_equal(i.kind, cases[n].kind);
        assert_int_equal(i.width, 3);
        assert_int_equal(i.height, 2);
        assert_true(has(&out, cases[n].kept));
        for (size_t k = 0; k < 4 && cases[n].gone[k]; k++)
            if (has(&out, cases[n].gone[k]))
                fail_msg("%s has %s", cases[n].name, cases[n].gone[k]);
        assert_true(out.size <= in.size + IMAGE_GROWTH);
    }
}

/* A picture that was taken upright stays so. */
static void keeps_how_it_is_turned(void **state)
{
    (void)state;
    static const char turned[] = "Exif\0\0MM\0\x2a\0\0\0\x08\0\x01\x01\x12\0\x03\0\0\0\x01\0\x06";
    struct file in, out;
    struct image i;

    load("jpeg-turned", &in);
    assert_true(clean(&in, &out, &i));
    assert_non_null(memmem(out.bytes, out.size, turned, sizeof turned - 1));
    load("jpeg-little", &in);
    assert_true(clean(&in, &out, &i));
    assert_non_null(memmem(out.bytes, out.size, "\0\x01\0\x03\0\0", 6)); /* now big endian */
}

/* Cut off anywhere it is no picture, and nothing beyond the end is read. */
static void takes_no_half(void **state)
{
    (void)state;
    static const char *const names[] = {"png", "jpeg-turned", "gif", "webp-lossy"};
    static const size_t behind[] = {14, 11, 4, 0};
    struct file in, out;
    struct image i;

    for (size_t n = 0; n < 4; n++) {
        load(names[n], &in);
        for (size_t size = 0; size < in.size - behind[n]; size++) {
            uint8_t *exact = xmalloc(size + 1);
            struct writer w = writer_of(out.bytes, sizeof out.bytes);
            memcpy(exact, in.bytes, size);
            if (image_clean(span_of(exact, size), &w, &i))
                fail_msg("%s at %zu", names[n], size);
            free(exact);
        }
    }
}

static void takes_nothing_else(void **state)
{
    (void)state;
    static const char *const texts[] = {"",
                                        "<svg xmlns='http://www.w3.org/2000/svg'/>",
                                        "GIF88a",
                                        "\xff\xd8\xff\xd9",
                                        "RIFF\x04\0\0\0WAVE",
                                        "BM"};
    struct file out;
    struct image i;

    for (size_t n = 0; n < sizeof texts / sizeof texts[0]; n++) {
        struct writer w = writer_of(out.bytes, sizeof out.bytes);
        assert_false(image_clean(span_of_str(texts[n]), &w, &i));
    }
}

static void needs_room(void **state)
{
    (void)state;
    struct file in, out;
    struct image i;

    load("png", &in);
    struct writer w = writer_of(out.bytes, 60);
    assert_false(image_clean(span_of(in.bytes, in.size), &w, &i));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(knows_each_kind), cmocka_unit_test(keeps_how_it_is_turned),
        cmocka_unit_test(takes_no_half),   cmocka_unit_test(takes_nothing_else),
        cmocka_unit_test(needs_room),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
