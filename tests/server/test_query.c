/* SPDX-License-Identifier: Apache-2.0 */
/* Query strings as clients send them, and broken ones. */
#include "server/query.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

static void finds(void **state)
{
    (void)state;
    static const struct {
        const char *query, *name, *value; /* NULL: absent */
    } cases[] = {
        {"a=1&b=2", "a", "1"},     {"a=1&b=2", "b", "2"}, {"a=1&&b=2", "b", "2"},
        {"a=1&b=2", "c", NULL},    {"ab=1", "a", NULL},   {"a", "a", ""},
        {"a=", "a", ""},           {"", "a", NULL},       {"&&&", "a", NULL},
        {"a=%41+b", "a", "A b"},   {"a=%4", "a", NULL},   {"a=%00", "a", NULL},
        {"a=%ff", "a", NULL},      {"a=1&a=2", "a", "1"}, {"x=y=z", "x", "y=z"},
        {"a=123456789", "a", NULL} /* longer than the limit of 8 */
    };
    struct arena a;

    arena_init(&a);
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        const char *v = query_text(span_of_str(cases[i].query), cases[i].name, 8, &a);
        if (cases[i].value)
            assert_string_equal(v, cases[i].value);
        else
            assert_null(v);
    }
    arena_fini(&a);
}

static void reads_flags_and_numbers(void **state)
{
    (void)state;
    struct span q = SPAN_LITERAL("t=1&u=true&f=0&g=false&x=yes&n=17&bad=1x&big=1234567890");

    assert_true(query_flag(q, "t", false));
    assert_true(query_flag(q, "u", false));
    assert_false(query_flag(q, "f", true));
    assert_false(query_flag(q, "g", true));
    assert_true(query_flag(q, "x", true));
    assert_true(query_flag(q, "none", true));
    assert_int_equal(query_number(q, "n"), 17);
    assert_int_equal(query_number(q, "bad"), 0);
    assert_int_equal(query_number(q, "big"), 0);
    assert_int_equal(query_number(q, "none"), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(finds),
        cmocka_unit_test(reads_flags_and_numbers),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
