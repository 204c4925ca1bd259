/* SPDX-License-Identifier: Apache-2.0 */
/* The hash map against a plain table, with short, long and empty keys. */
#include "base/map.h"

#include "base/random.h"

#include <stdio.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static void test_basics(void **state)
{
    (void)state;
    struct map m;
    int a = 1, b = 2;
    size_t cursor = 0;
    map_init(&m);
    assert_null(map_get(&m, SPAN_LITERAL("x")));
    assert_null(map_remove(&m, SPAN_LITERAL("x")));
    assert_null(map_next(&m, &cursor, NULL));
    assert_null(map_put(&m, SPAN_LITERAL("x"), &a));
    assert_ptr_equal(map_put(&m, SPAN_LITERAL("x"), &b), &a);
    assert_int_equal(m.count, 1);
    assert_null(map_put(&m, span_of(NULL, 0), &a)); /* an empty key is a key */
    assert_ptr_equal(map_get(&m, span_of(NULL, 0)), &a);
    assert_ptr_equal(map_get(&m, SPAN_LITERAL("x")), &b);
    assert_null(map_get(&m, SPAN_LITERAL("x\0")));
    assert_ptr_equal(map_remove(&m, SPAN_LITERAL("x")), &b);
    assert_null(map_get(&m, SPAN_LITERAL("x")));
    assert_int_equal(m.count, 1);
    map_fini(&m);
}

#define KEYS 500

/* Some keys lie in the slot, some on the heap; all have their own length or text. */
static struct span key_of(unsigned i, char text[64])
{
    int n = snprintf(text, 64, i % 2 ? "%u" : "a long key that has no room in its slot: %u", i);
    return span_of(text, (size_t)n);
}

static void check_all(const struct map *m, int *const present[KEYS])
{
    char text[64];
    size_t count = 0, cursor = 0;
    for (unsigned i = 0; i < KEYS; i++) {
        assert_ptr_equal(map_get(m, key_of(i, text)), present[i]);
        count += present[i] != NULL;
    }
    assert_int_equal(m->count, count);
    struct span key;
    int *value;
    for (size_t n = 0; (value = map_next(m, &cursor, &key)) != NULL; n++) {
        assert_true(n < count);
        assert_true(span_equal(key, key_of((unsigned)*value, text)));
        count -= n == count;
    }
}

static void test_against_table(void **state)
{
    (void)state;
    static int values[KEYS];
    int *present[KEYS] = {NULL};
    char text[64];
    struct random r;
    struct map m;
    map_init(&m);
    random_seed(&r, 7);
    for (unsigned i = 0; i < KEYS; i++)
        values[i] = (int)i;
    for (unsigned step = 0; step < 20000; step++) {
        /* First it fills, then it empties, over and over. */
        bool filling = step / 2000 % 2 == 0;
        unsigned i = random_below(&r, KEYS);
        if (random_below(&r, 10) < (filling ? 8 : 2)) {
            assert_ptr_equal(map_put(&m, key_of(i, text), &values[i]), present[i]);
            present[i] = &values[i];
        } else {
            assert_ptr_equal(map_remove(&m, key_of(i, text)), present[i]);
            present[i] = NULL;
        }
        if (step % 500 == 0)
            check_all(&m, present);
    }
    check_all(&m, present);
    map_fini(&m);
}

/* A map that sees a million keys, ten at a time, stays as small as ten keys need. */
static void test_no_rot(void **state)
{
    (void)state;
    struct map m;
    map_init(&m);
    for (uint32_t i = 0; i < 1000000; i++) {
        map_put(&m, span_of(&i, sizeof(i)), &m);
        uint32_t old = i - 10;
        assert_int_equal(map_remove(&m, span_of(&old, sizeof(old))) != NULL, i >= 10);
    }
    assert_int_equal(m.count, 10);
    assert_true(m.capacity <= 32);
    map_fini(&m);
}

static void test_iteration_sees_each_once(void **state)
{
    (void)state;
    struct map m;
    bool seen[100] = {false};
    size_t cursor = 0, n = 0;
    struct span key;
    map_init(&m);
    for (uint8_t i = 0; i < 100; i++)
        map_put(&m, span_of(&i, 1), &seen[i]);
    for (bool *value; (value = map_next(&m, &cursor, &key)) != NULL; n++) {
        assert_false(*value);
        assert_ptr_equal(value, &seen[key.data[0]]);
        *value = true;
    }
    assert_int_equal(n, 100);
    map_fini(&m);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_basics),
        cmocka_unit_test(test_against_table),
        cmocka_unit_test(test_no_rot),
        cmocka_unit_test(test_iteration_sees_each_once),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
