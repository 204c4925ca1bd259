/* SPDX-License-Identifier: Apache-2.0 */
/* The text buffer: growing, clearing, handing over. */
#include "base/str.h"

#include <stdlib.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static void test_append(void **state)
{
    (void)state;
    struct str s;
    str_init(&s);
    assert_int_equal(str_span(&s).size, 0);
    str_append(&s, "ab");
    str_append_char(&s, 'c');
    str_append_span(&s, SPAN_LITERAL("d\0e"));
    str_printf(&s, "%s%d", "f", 42);
    assert_int_equal(s.size, 9);
    assert_memory_equal(s.text, "abcd\0ef42", 10);
    str_clear(&s);
    assert_string_equal(s.text, "");
    assert_int_equal(str_span(&s).size, 0);
    str_append(&s, "");
    str_append(&s, NULL);
    assert_string_equal(s.text, "");
    str_fini(&s);
    assert_null(s.text);
}

/* Around each growth of the buffer the terminating zero must find room. */
static void test_every_length(void **state)
{
    (void)state;
    for (size_t n = 0; n < 300; n++) {
        struct str s;
        str_init(&s);
        for (size_t i = 0; i < n; i++)
            str_append_char(&s, 'x');
        str_printf(&s, "%s", "yz");
        assert_int_equal(strlen(s.text), n + 2);
        assert_true(s.capacity > s.size);
        assert_string_equal(s.text + n, "yz");
        str_fini(&s);
    }
}

static void test_take(void **state)
{
    (void)state;
    struct str s;
    str_init(&s);
    char *text = str_take(&s);
    assert_string_equal(text, "");
    free(text);
    str_append(&s, "kept");
    text = str_take(&s);
    assert_string_equal(text, "kept");
    assert_null(s.text);
    assert_int_equal(s.size, 0);
    str_append(&s, "new");
    assert_string_equal(text, "kept");
    str_fini(&s);
    free(text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_append),
        cmocka_unit_test(test_every_length),
        cmocka_unit_test(test_take),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
