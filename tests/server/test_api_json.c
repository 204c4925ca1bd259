/* SPDX-License-Identifier: Apache-2.0 */
/* JSON from outside: what is taken, what is refused, and how its names are found. */
#include "server/api_json.h"

#include "base/limits.h"
#include "base/str.h"

#include <jansson.h>

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

static bool parses(const char *text, size_t size)
{
    const char *fault = NULL;
    json_t *json = api_json_parse(span_of(text, size), &fault);
    bool good = json != NULL;

    assert_non_null(fault);
    json_decref(json);
    return good;
}

static void takes_objects_only(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        bool good;
    } cases[] = {
        {"{}", true},
        {" {\"a\":[1,2,{\"b\":null}]} \n", true},
        {"{\"a\":\"\\u0041\\ud83c\\udfa5\"}", true},
        {"", false},
        {"[]", false},
        {"1", false},
        {"null", false},
        {"{", false},
        {"{}}", false},
        {"{} {}", false},
        {"{\"a\":1,}", false},
        {"{'a':1}", false},
        {"{\"a\":NaN}", false},
        {"{\"a\":1e999}", false},
        {"{\"a\":99999999999999999999}", false},
        {"{\"a\":\"\xc3\x28\"}", false},
        {"{\"\xff\":1}", false},
        {"{\"a\":\"\\ud83c\"}", false},
        {"{\"a\":\"\\u0000\"}", false},
        /* The same name twice, also in another case and further in. */
        {"{\"a\":1,\"a\":2}", false},
        {"{\"name\":1,\"Name\":2}", false},
        {"{\"x\":[{\"name\":1,\"NAME\":2}]}", false},
        {"{\"x\":{\"a\":1},\"y\":{\"A\":1}}", true},
    };

    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
        if (parses(cases[i].text, strlen(cases[i].text)) != cases[i].good)
            fail_msg("%s", cases[i].text);
    assert_false(parses("{\"a\":\"b\0c\"}", 11));
}

static void bounds_the_depth(void **state)
{
    (void)state;
    struct str s;

    for (int over = 0; over < 2; over++) {
        str_init(&s);
        str_append(&s, "{\"a\":");
        for (int i = 0; i < LIMIT_JSON_DEPTH - 1 + over; i++)
            str_append(&s, "[");
        for (int i = 0; i < LIMIT_JSON_DEPTH - 1 + over; i++)
            str_append(&s, "]");
        str_append(&s, "}");
        assert_int_equal(parses(s.text, s.size), !over);
        str_fini(&s);
    }
    /* Brackets in a text are none. */
    static const char text[] = "{\"a\":\"[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[\\\"[[[[\"}";
    assert_true(parses(text, sizeof text - 1));
}

static void bounds_the_members(void **state)
{
    (void)state;
    struct str s;

    for (int over = 0; over < 2; over++) {
        str_init(&s);
        for (int i = 0; i < LIMIT_JSON_MEMBERS + over; i++)
            str_printf(&s, "%s\"a%d\":1", i ? "," : "{", i);
        str_append(&s, "}");
        assert_int_equal(parses(s.text, s.size), !over);
        str_fini(&s);
    }
}

static void finds_names_in_any_case(void **state)
{
    (void)state;
    const char *fault;
    json_t *json = api_json_parse(
        SPAN_LITERAL("{\"CLIENTdataJSON\":\"x\",\"Nothing\":null,\"inner\":{\"Deep\":2}}"), &fault);

    assert_string_equal(json_string_value(api_json_get(json, "clientDataJson")), "x");
    assert_null(api_json_get(json, "nothing"));
    assert_null(api_json_get(json, "absent"));
    assert_null(api_json_get(NULL, "absent"));
    assert_int_equal(json_integer_value(api_json_get(api_json_get(json, "inner"), "deep")), 2);
    json_decref(json);
}

static void writes_times(void **state)
{
    (void)state;
    static const struct {
        int64_t ms;
        const char *text;
    } cases[] = {{1787397296123, "2026-08-22T11:14:56.123Z"},
                 {1, "1970-01-01T00:00:00.001Z"},
                 {951827696000, "2000-02-29T12:34:56.000Z"}};
    json_t *json = json_object();

    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        api_json_time(json, "t", cases[i].ms);
        assert_string_equal(json_string_value(json_object_get(json, "t")), cases[i].text);
    }
    api_json_time(json, "t", 0);
    assert_true(json_is_null(json_object_get(json, "t")));
    json_decref(json);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(takes_objects_only), cmocka_unit_test(bounds_the_depth),
        cmocka_unit_test(bounds_the_members), cmocka_unit_test(finds_names_in_any_case),
        cmocka_unit_test(writes_times),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
