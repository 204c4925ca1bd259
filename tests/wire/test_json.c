/* SPDX-License-Identifier: Apache-2.0 */
/* One object's members as they are written, their names however they are written, and every way in
 * which a text is no object. */
#include "wire/json.h"

#include <stdio.h>

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

static void test_members(void **state)
{
    (void)state;
    static const char text[] = " { \"a\" : 1 ,\"b\\u0063\":[ 1 , {\"a\":\"}\"} ],\n\"\":\"x\\\"\", "
                               "\"d\":{} , \"e\":-0.5e+7 } ";
    static const char *const wanted[][2] = {{"a", "1"},
                                            {"b\\u0063", "[ 1 , {\"a\":\"}\"} ]"},
                                            {"", "\"x\\\"\""},
                                            {"d", "{}"},
                                            {"e", "-0.5e+7"}};
    struct json j = json_of(span_of_str(text));
    struct json_member m;

    for (size_t i = 0; i < 5; i++) {
        assert_false(json_good(&j));
        assert_true(json_next(&j, &m));
        assert_true(span_equal(m.name, span_of_str(wanted[i][0])));
        assert_true(span_equal(m.value, span_of_str(wanted[i][1])));
    }
    assert_false(json_next(&j, &m));
    assert_true(json_good(&j));
    j = json_of(SPAN_LITERAL("{ }"));
    assert_false(json_next(&j, &m));
    assert_true(json_good(&j));
}

static void test_names(void **state)
{
    (void)state;
    static const struct {
        const char *written, *name;
        bool named, called;
    } cases[] = {{"role", "role", true, true},         {"Role", "role", false, true},
                 {"r\\u006fle", "role", true, true},   {"\\u0052OLE", "role", false, true},
                 {"rol", "role", false, false},        {"roles", "role", false, false},
                 {"r\\u0100le", "role", false, false}, {"", "role", false, false},
                 {"a\\/b", "a/b", true, true},         {"a\\nb", "a\nb", false, false}};

    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        char text[64];
        struct json_member m;
        snprintf(text, sizeof text, "{\"%s\":0}", cases[i].written);
        struct json j = json_of(span_of_str(text));
        assert_true(json_next(&j, &m));
        if (json_is_named(&m, cases[i].name) != cases[i].named ||
            json_is_called(&m, cases[i].name) != cases[i].called)
            fail_msg("%s", cases[i].written);
    }
}

static void test_what_is_no_object(void **state)
{
    (void)state;
    static const char *const texts[] = {"",
                                        "x",
                                        "[]",
                                        "\"a\"",
                                        "{",
                                        "{\"a\":1",
                                        "{\"a\":1,}",
                                        "{,}",
                                        "{\"a\"}",
                                        "{\"a\":}",
                                        "{a:1}",
                                        "{\"a\":1}x",
                                        "{}{}",
                                        "{\"a\":1 \"b\":2}",
                                        "{\"a\":01}",
                                        "{\"a\":1.}",
                                        "{\"a\":tru}",
                                        "{\"a\":'b'}",
                                        "{\"a\":\"\n\"}",
                                        "{\"a\":\"\\x\"}",
                                        "{\"a\":[1,]}",
                                        "{\"a\":[1}}",
                                        "{\"a\":\"\xff\"}",
                                        "{\"a\":\"\\u12\"}",
                                        "{,\"a\":1}"};

    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        struct json j = json_of(span_of_str(texts[i]));
        struct json_member m;
        while (json_next(&j, &m))
            continue;
        if (json_good(&j))
            fail_msg("%s", texts[i]);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_members),
        cmocka_unit_test(test_names),
        cmocka_unit_test(test_what_is_no_object),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
