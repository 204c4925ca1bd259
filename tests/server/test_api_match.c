/* SPDX-License-Identifier: Apache-2.0 */
/* Which path means which route. */
#include "server/api_match.h"

#include "base/limits.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

static void finds_routes(void **state)
{
    (void)state;
    static const struct {
        const char *method, *path;
        enum api_match result;
        const char *route, *param;
    } cases[] = {
        {"GET", "/health", API_MATCHED, "/health", NULL},
        {"POST", "/health", API_NO_METHOD, NULL, NULL},
        {"GET", "/healthy", API_NO_ROUTE, NULL, NULL},
        {"GET", "/health/", API_NO_ROUTE, NULL, NULL},
        {"GET", "/", API_NO_ROUTE, NULL, NULL},
        {"GET", "", API_NO_ROUTE, NULL, NULL},
        {"GET", "/auth", API_NO_ROUTE, NULL, NULL},
        {"GET", "/auth/me", API_MATCHED, "/auth/me", NULL},
        {"PUT", "/auth/me", API_MATCHED, "/auth/me", NULL},
        {"get", "/auth/me", API_NO_METHOD, NULL, NULL},
        {"GET", "/Auth/me", API_NO_ROUTE, NULL, NULL},
        {"GET", "/auth/me/more", API_NO_ROUTE, NULL, NULL},
        {"DELETE", "/auth/sessions/abc", API_MATCHED, "/auth/sessions/:id", "abc"},
        {"DELETE", "/auth/sessions/a%20b%2Fc", API_MATCHED, "/auth/sessions/:id", "a b/c"},
        {"DELETE", "/auth/sessions/Zo%C3%AB", API_MATCHED, "/auth/sessions/:id", "Zoë"},
        {"DELETE", "/auth/sessions/a+b", API_MATCHED, "/auth/sessions/:id", "a+b"},
        {"DELETE", "/auth/sessions/", API_NO_ROUTE, NULL, NULL},
        {"DELETE", "/auth/sessions", API_MATCHED, "/auth/sessions", NULL},
        {"DELETE", "/auth/sessions/a%", API_NO_ROUTE, NULL, NULL},
        {"DELETE", "/auth/sessions/a%00", API_NO_ROUTE, NULL, NULL},
        {"DELETE", "/auth/sessions/%ff", API_NO_ROUTE, NULL, NULL},
        {"DELETE", "/auth/sessions/a/b", API_NO_ROUTE, NULL, NULL},
    };
    struct arena a;

    arena_init(&a);
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        const struct api_route *route = NULL;
        const char *params[API_PARAMS] = {NULL};
        enum api_match result =
            api_match(cases[i].method, span_of_str(cases[i].path), &a, &route, params);
        if (result != cases[i].result)
            fail_msg("%s %s: %d", cases[i].method, cases[i].path, (int)result);
        if (result != API_MATCHED)
            continue;
        assert_string_equal(route->path, cases[i].route);
        assert_string_equal(route->method, cases[i].method);
        if (cases[i].param)
            assert_string_equal(params[0], cases[i].param);
    }
    arena_fini(&a);
}

static void bounds_parameters(void **state)
{
    (void)state;
    char path[LIMIT_API_PARAM + 64] = "/auth/sessions/";
    const char *params[API_PARAMS] = {NULL};
    const struct api_route *route;
    size_t before = strlen(path);
    struct arena a;

    arena_init(&a);
    memset(path + before, 'x', LIMIT_API_PARAM);
    assert_int_equal(api_match("DELETE", span_of_str(path), &a, &route, params), API_MATCHED);
    assert_int_equal(strlen(params[0]), LIMIT_API_PARAM);
    path[before + LIMIT_API_PARAM] = 'x';
    assert_int_equal(api_match("DELETE", span_of_str(path), &a, &route, params), API_NO_ROUTE);
    arena_fini(&a);
}

/* What is written twice would be found once. */
static void has_no_route_twice(void **state)
{
    (void)state;
    const struct api_route *r;
    unsigned n = 0;

    for (; (r = api_match_nth(n)) != NULL; n++) {
        const struct api_route *found;
        const char *params[API_PARAMS] = {NULL};
        struct arena a;
        arena_init(&a);
        assert_int_equal(api_match(r->method, span_of_str(r->path), &a, &found, params),
                         API_MATCHED);
        if (found != r)
            fail_msg("%s %s", r->method, r->path);
        assert_true(r->path[0] == '/' && r->handle);
        arena_fini(&a);
    }
    assert_true(n > 10);
}

static void lists_methods(void **state)
{
    (void)state;
    const struct api_route *route = NULL;
    const char *params[API_PARAMS];
    struct arena a;
    struct str s;

    arena_init(&a);
    str_init(&s);
    assert_int_equal(api_match("PATCH", SPAN_LITERAL("/auth/me"), &a, &route, params),
                     API_NO_METHOD);
    api_match_methods(route, &s);
    assert_string_equal(s.text, "GET, PUT");
    str_fini(&s);
    arena_fini(&a);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(finds_routes),
        cmocka_unit_test(bounds_parameters),
        cmocka_unit_test(has_no_route_twice),
        cmocka_unit_test(lists_methods),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
