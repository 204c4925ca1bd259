/* SPDX-License-Identifier: Apache-2.0 */
/* The pack of web pages: what is found, what is not, and packs that are damaged. The pack under
 * test is written by hand here, so that reader and packer cannot be wrong in the same way. */
#include "server/assets.h"

#include "base/writer.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

enum { PACK_MAX_BYTES = 1024, FIELDS = 7 };

struct fixture {
    const char *fields[FIELDS];
    uint32_t flags;
};

static const struct fixture fixtures[] = {
    {{"/", "text/html", "\"a\"", "'sha256-x'", "<p>home", "", ""}, 0},
    {{"/assets/main-1f.js", "text/javascript", "\"b\"", "", "alert(1)", "gz", "br"}, 1},
    {{"/test", "text/html", "\"c\"", "", "", "", ""}, 0},
};

static size_t pack_write(uint8_t *out, size_t capacity)
{
    size_t count = sizeof(fixtures) / sizeof(fixtures[0]);
    struct writer w = writer_of(out, capacity);
    writer_u32(&w, 0x42504b31);
    writer_u32(&w, (uint32_t)count);
    size_t offset = 8 + count * 60;
    for (size_t i = 0; i < count; i++) {
        for (unsigned f = 0; f < FIELDS; f++) {
            writer_u32(&w, (uint32_t)offset);
            writer_u32(&w, (uint32_t)strlen(fixtures[i].fields[f]));
            offset += strlen(fixtures[i].fields[f]) + 1;
        }
        writer_u32(&w, fixtures[i].flags);
    }
    for (size_t i = 0; i < count; i++) {
        for (unsigned f = 0; f < FIELDS; f++)
            writer_bytes(&w, span_of(fixtures[i].fields[f], strlen(fixtures[i].fields[f]) + 1));
    }
    assert_false(w.bad);
    return writer_size(&w);
}

static void finds_each_entry(void **state)
{
    (void)state;
    uint8_t bytes[PACK_MAX_BYTES];
    struct span pack = span_of(bytes, pack_write(bytes, sizeof(bytes)));
    for (size_t i = 0; i < sizeof(fixtures) / sizeof(fixtures[0]); i++) {
        const struct fixture *want = &fixtures[i];
        struct asset got;
        assert_true(assets_find_in(pack, span_of_str(want->fields[0]), &got));
        assert_string_equal(got.mime, want->fields[1]);
        assert_string_equal(got.etag, want->fields[2]);
        assert_string_equal(got.scripts, want->fields[3]);
        assert_true(span_equal(got.identity, span_of_str(want->fields[4])));
        assert_true(span_equal(got.gzip, span_of_str(want->fields[5])));
        assert_true(span_equal(got.brotli, span_of_str(want->fields[6])));
        assert_int_equal(got.immutable, want->flags == 1);
    }
}

static void misses_what_is_not_there(void **state)
{
    (void)state;
    uint8_t bytes[PACK_MAX_BYTES];
    struct span pack = span_of(bytes, pack_write(bytes, sizeof(bytes)));
    static const char *const paths[] = {"",         "/a",
                                        "/tes",     "/test/",
                                        "/testing", "/TEST",
                                        "/zzzz",    "//",
                                        "test",     "/assets/main-1f.j",
                                        "/assets",  "/../etc/passwd"};
    for (size_t i = 0; i < sizeof(paths) / sizeof(paths[0]); i++) {
        struct asset got;
        assert_false(assets_find_in(pack, span_of_str(paths[i]), &got));
    }
    struct asset got;
    assert_false(assets_find_in(pack, SPAN_LITERAL("/test\0"), &got));
}

/* A block of exactly the cut size, so that a read past its end is seen by the sanitizer. */
static void survives_every_truncation(void **state)
{
    (void)state;
    uint8_t bytes[PACK_MAX_BYTES];
    size_t size = pack_write(bytes, sizeof(bytes));
    for (size_t cut = 0; cut < size; cut++) {
        uint8_t *copy = malloc(cut + 1);
        assert_non_null(copy);
        memcpy(copy, bytes, cut);
        struct asset got;
        bool found = assets_find_in(span_of(copy, cut), SPAN_LITERAL("/test"), &got);
        assert_true(!found || got.identity.data + got.identity.size < copy + cut);
        free(copy);
    }
}

static void survives_wild_numbers(void **state)
{
    (void)state;
    uint8_t bytes[PACK_MAX_BYTES];
    size_t size = pack_write(bytes, sizeof(bytes));
    for (size_t at = 0; at + 4 <= 8 + 3 * 60; at += 4) {
        uint8_t copy[PACK_MAX_BYTES];
        memcpy(copy, bytes, size);
        memset(copy + at, 0xff, 4);
        for (size_t i = 0; i < sizeof(fixtures) / sizeof(fixtures[0]); i++) {
            struct asset got;
            struct span path = span_of_str(fixtures[i].fields[0]);
            if (assets_find_in(span_of(copy, size), path, &got))
                assert_true(got.identity.data >= copy &&
                            got.identity.data + got.identity.size <= copy + size);
        }
    }
    memset(bytes, 'X', 4);
    struct asset got;
    assert_false(assets_find_in(span_of(bytes, size), SPAN_LITERAL("/test"), &got));
}

/* The pack in the binary is well formed, with web pages or without. */
static void reads_the_embedded_pack(void **state)
{
    (void)state;
    struct asset got;
    assert_false(assets_find(SPAN_LITERAL("/no/such/page"), &got));
    if (assets_find(SPAN_LITERAL("/test"), &got)) {
        assert_string_equal(got.mime, "text/html; charset=utf-8");
        assert_true(got.identity.size > 0);
        assert_false(got.immutable);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(finds_each_entry),          cmocka_unit_test(misses_what_is_not_there),
        cmocka_unit_test(survives_every_truncation), cmocka_unit_test(survives_wild_numbers),
        cmocka_unit_test(reads_the_embedded_pack),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
