/* SPDX-License-Identifier: Apache-2.0 */
/* Encodings by the vectors of RFC 4648, strictness, UTF-8 at the borders of its ranges. */
#include "base/encode.h"

#include "base/random.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static void test_hex(void **state)
{
    (void)state;
    char text[16];
    uint8_t out[4];
    size_t size;
    hex_encode(SPAN_LITERAL("\x00\x7f\xff"), text);
    assert_string_equal(text, "007fff");
    hex_encode(span_of(NULL, 0), text);
    assert_string_equal(text, "");
    assert_true(hex_decode(SPAN_LITERAL("00aBfF"), out, sizeof(out), &size));
    assert_int_equal(size, 3);
    assert_memory_equal(out, "\x00\xab\xff", 3);
    assert_true(hex_decode(span_of(NULL, 0), out, 0, &size));
    assert_int_equal(size, 0);
    static const char *const refused[] = {"0", "0g", "g0", "0 1 ", "0x12", "0102030405"};
    for (size_t i = 0; i < sizeof(refused) / sizeof(refused[0]); i++)
        assert_false(hex_decode(span_of_str(refused[i]), out, sizeof(out), &size));
}

static void test_base64_vectors(void **state)
{
    (void)state;
    static const struct {
        const char *plain, *encoded;
    } cases[] = {
        {"", ""},
        {"f", "Zg=="},
        {"fo", "Zm8="},
        {"foo", "Zm9v"},
        {"foob", "Zm9vYg=="},
        {"fooba", "Zm9vYmE="},
        {"foobar", "Zm9vYmFy"},
        {"\xfb\xff\xbe", "+/++"},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        char text[16];
        uint8_t out[8];
        size_t size;
        struct span plain = span_of_str(cases[i].plain);
        base64_encode(plain, text);
        assert_string_equal(text, cases[i].encoded);
        assert_true(strlen(text) + 1 == BASE64_SIZE(plain.size));
        assert_true(base64_decode(span_of_str(text), out, sizeof(out), &size));
        assert_true(span_equal(span_of(out, size), plain));
        assert_true(base64_decode(span_of_str(text), out, plain.size, &size));
        if (plain.size > 0)
            assert_false(base64_decode(span_of_str(text), out, plain.size - 1, &size));
    }
}

static void test_base64_refused(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        bool standard, url;
    } cases[] = {
        {"Zg==", true, true},       {"Zg", false, true},     {"Zg=", false, false},
        {"Zh==", false, false},     {"Zm9=", false, false},  {"Zm8", false, true},
        {"Z", false, false},        {"Zm9vY", false, false}, {"Zm9v=", false, false},
        {"====", false, false},     {"Z===", false, false},  {"Zm9v====", false, false},
        {"Zg==Zg==", false, false}, {"Zm 9v", false, false}, {"Zm9\n", false, false},
        {"+/++", true, false},      {"-_--", false, true},   {"Zm9v\n", false, false},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        uint8_t out[16];
        size_t size;
        struct span text = span_of_str(cases[i].text);
        if (base64_decode(text, out, sizeof(out), &size) != cases[i].standard ||
            base64url_decode(text, out, sizeof(out), &size) != cases[i].url)
            fail_msg("%s", cases[i].text);
    }
}

static void test_base64url(void **state)
{
    (void)state;
    struct random r;
    random_seed(&r, 1);
    for (size_t n = 0; n < 64; n++) {
        uint8_t in[64], out[64];
        char text[BASE64_SIZE(64)];
        size_t size;
        for (size_t i = 0; i < n; i++)
            in[i] = (uint8_t)random_next(&r);
        base64url_encode(span_of(in, n), text);
        assert_null(strpbrk(text, "+/="));
        assert_true(base64url_decode(span_of_str(text), out, sizeof(out), &size));
        assert_true(span_equal(span_of(in, n), span_of(out, size)));
    }
}

static void test_percent(void **state)
{
    (void)state;
    static const struct {
        const char *text, *plain, *form; /* NULL: refused */
    } cases[] = {
        {"", "", ""},           {"a+b%20c", "a+b c", "a b c"},
        {"%2B%2b", "++", "++"}, {"%C3%A4", "\xc3\xa4", "\xc3\xa4"},
        {"100%", NULL, NULL},   {"%4", NULL, NULL},
        {"%4g", NULL, NULL},    {"%g4", NULL, NULL},
        {"a%00b", NULL, NULL},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        for (int form = 0; form < 2; form++) {
            struct str out;
            const char *want = form ? cases[i].form : cases[i].plain;
            str_init(&out);
            str_append(&out, ">");
            assert_int_equal(percent_decode(span_of_str(cases[i].text), form, &out), want != NULL);
            if (want)
                assert_string_equal(out.text + 1, want);
            str_fini(&out);
        }
    }
    struct str out;
    str_init(&out);
    assert_false(percent_decode(SPAN_LITERAL("a\0b"), false, &out));
    str_fini(&out);
}

static void test_utf8(void **state)
{
    (void)state;
    static const struct {
        const char *bytes;
        bool good;
    } cases[] = {
        {"", true},
        {"plain", true},
        {"\x7f", true},
        {"\xc2\x80", true},
        {"\xdf\xbf", true},
        {"\xe0\xa0\x80", true},
        {"\xed\x9f\xbf", true},
        {"\xee\x80\x80", true},
        {"\xef\xbf\xbf", true},
        {"\xf0\x90\x80\x80", true},
        {"\xf4\x8f\xbf\xbf", true},
        {"a\xf0\x9f\x98\x80z", true},
        {"\x80", false},
        {"\xbf", false},
        {"\xc0\x80", false}, /* overlong */
        {"\xc1\xbf", false},
        {"\xe0\x9f\xbf", false},
        {"\xf0\x8f\xbf\xbf", false},
        {"\xed\xa0\x80", false},     /* surrogate */
        {"\xf4\x90\x80\x80", false}, /* beyond U+10FFFF */
        {"\xf5\x80\x80\x80", false},
        {"\xff", false},
        {"\xc2", false}, /* cut off */
        {"\xe2\x82", false},
        {"\xf0\x9f\x98", false},
        {"\xc2g", false},
        {"\xe2\x82g", false},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
        if (utf8_valid(span_of_str(cases[i].bytes)) != cases[i].good)
            fail_msg("case %zu", i);
    assert_false(utf8_valid(SPAN_LITERAL("a\0b")));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_hex),
        cmocka_unit_test(test_base64_vectors),
        cmocka_unit_test(test_base64_refused),
        cmocka_unit_test(test_base64url),
        cmocka_unit_test(test_percent),
        cmocka_unit_test(test_utf8),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
