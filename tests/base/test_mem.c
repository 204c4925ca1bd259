/* SPDX-License-Identifier: Apache-2.0 */
/* Heap helpers, arenas, comparison of secrets. */
#include "base/mem.h"

#include <stdlib.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static void test_strings(void **state)
{
    (void)state;
    char *s = xstrndup("abcdef", 3);
    assert_string_equal(s, "abc");
    str_set(&s, "other");
    assert_string_equal(s, "other");
    str_set(&s, s + 2); /* out of itself */
    assert_string_equal(s, "her");
    str_set(&s, NULL);
    assert_null(s);
    s = xstrndup("ab", 10);
    assert_string_equal(s, "ab");
    free(s);
    s = xstrndup(NULL, 0);
    assert_string_equal(s, "");
    free(s);
}

static void test_zero_sizes(void **state)
{
    (void)state;
    void *a = xmalloc(0), *b = xcalloc(0, 8);
    assert_non_null(a);
    assert_non_null(b);
    b = xrealloc(b, 0);
    assert_non_null(b);
    free(a);
    free(b);
}

static void test_secrets(void **state)
{
    (void)state;
    char a[] = "secret", b[] = "secret";
    assert_true(mem_equal_ct(a, b, sizeof(a)));
    for (size_t i = 0; i < sizeof(a); i++) {
        b[i] ^= 0x40;
        assert_false(mem_equal_ct(a, b, sizeof(a)));
        b[i] ^= 0x40;
    }
    assert_true(mem_equal_ct(NULL, NULL, 0));
    mem_wipe(a, 5);
    assert_memory_equal(a, "\0\0\0\0\0t", 6);
    mem_wipe(NULL, 0);
}

static void test_arena_blocks(void **state)
{
    (void)state;
    static const size_t sizes[] = {1, 0, 15, 16, 17, 4000, 5000, 300000, 3, 64};
    uint8_t *blocks[200];
    size_t total = 0;
    struct arena a;
    arena_init(&a);
    for (size_t i = 0; i < 200; i++) {
        size_t size = sizes[i % 10];
        blocks[i] = arena_alloc(&a, size);
        assert_int_equal((uintptr_t)blocks[i] % _Alignof(max_align_t), 0);
        for (size_t n = 0; n < size; n++)
            assert_int_equal(blocks[i][n], 0);
        memset(blocks[i], (int)i, size);
        total += size;
    }
    /* No block reached into another one. */
    for (size_t i = 0; i < 200; i++)
        for (size_t n = 0; n < sizes[i % 10]; n++)
            assert_int_equal(blocks[i][n], (uint8_t)i);
    assert_true(a.total_bytes >= total);
    arena_fini(&a);
    assert_int_equal(a.total_bytes, 0);
    assert_non_null(arena_alloc(&a, 10));
    arena_fini(&a);
}

static void test_arena_text(void **state)
{
    (void)state;
    struct arena a;
    arena_init(&a);
    assert_string_equal(arena_strdup(&a, SPAN_LITERAL("abc")), "abc");
    assert_string_equal(arena_strdup(&a, span_of(NULL, 0)), "");
    assert_string_equal(arena_printf(&a, "%s-%d", "x", 7), "x-7");
    char *text = arena_printf(&a, "%10000d", 1);
    assert_int_equal(strlen(text), 10000);
    arena_fini(&a);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_strings),    cmocka_unit_test(test_zero_sizes),
        cmocka_unit_test(test_secrets),    cmocka_unit_test(test_arena_blocks),
        cmocka_unit_test(test_arena_text),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
