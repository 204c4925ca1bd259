/* SPDX-License-Identifier: Apache-2.0 */
/* Forms as browsers and apps write them, and damaged ones. */
#include "wire/form.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#define TYPE "multipart/form-data; boundary=xyz"

static bool is(struct span s, const char *text)
{
    return span_equal(s, span_of_str(text));
}

static void reads_parts(void **state)
{
    (void)state;
    static const char body[] =
        "--xyz\r\nContent-Disposition: form-data; name=\"file\"; filename=\"a; b.png\"\r\n"
        "X-Other: name=\"no\"\r\nContent-Type: image/png\r\n\r\n\r\n--x\r\n--xy\0zz\r\n--xyz\r\n"
        "content-disposition: form-data;name=asFile\r\n\r\n1\r\n--xyz--\r\nbehind";
    struct form f;
    struct form_part p;

    assert_true(form_begin(TYPE, SPAN_LITERAL(body), &f));
    assert_true(form_next(&f, &p));
    assert_true(is(p.name, "file"));
    assert_true(is(p.filename, "a; b.png"));
    assert_true(is(p.type, "image/png"));
    assert_true(span_equal(p.bytes, SPAN_LITERAL("\r\n--x\r\n--xy\0zz")));
    assert_true(form_next(&f, &p));
    assert_true(is(p.name, "asFile"));
    assert_int_equal(p.filename.size, 0);
    assert_true(is(p.bytes, "1"));
    assert_false(form_next(&f, &p));
    assert_false(form_next(&f, &p));
}

static void takes_forms_only(void **state)
{
    (void)state;
    static const char *const types[] = {"",
                                        "application/json",
                                        "multipart/form-data",
                                        "multipart/form-data; boundary=",
                                        "multipart/mixed; boundary=xyz",
                                        "multipart/form-data; xboundary=xyz",
                                        "multipart/form-data; boundary=xy"};
    struct span body = SPAN_LITERAL("--xyz\r\n\r\n\r\n--xyz--");
    struct form f;

    assert_true(form_begin("Multipart/Form-Data; a=b; BOUNDARY=\"xyz\"", body, &f));
    for (size_t i = 0; i < sizeof types / sizeof types[0]; i++)
        assert_false(form_begin(types[i], body, &f));
    assert_false(form_begin(TYPE, SPAN_LITERAL("--xyz--"), &f));
    assert_false(form_begin(TYPE, SPAN_LITERAL(""), &f));
    assert_false(form_begin(
        "multipart/form-data; "
        "boundary=aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
        SPAN_LITERAL(
            "--aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\r\n"),
        &f));
}

/* Cut off anywhere, no part is taken for whole. */
static void takes_no_half(void **state)
{
    (void)state;
    static const char body[] =
        "--xyz\r\nContent-Disposition: form-data; name=a\r\n\r\nbytes\r\n--xyz--";
    struct form f;
    struct form_part p;

    for (size_t size = 0; size < sizeof body - 4; size++)
        assert_false(form_begin(TYPE, span_of(body, size), &f) && form_next(&f, &p));
    assert_true(form_begin(TYPE, SPAN_LITERAL(body), &f) && form_next(&f, &p));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reads_parts),
        cmocka_unit_test(takes_forms_only),
        cmocka_unit_test(takes_no_half),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
