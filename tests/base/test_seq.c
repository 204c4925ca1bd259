/* SPDX-License-Identifier: Apache-2.0 */
/* Sequence numbers at the seams of their circles; lists. */
#include "base/seq.h"

#include "base/list.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static void test_newer(void **state)
{
    (void)state;
    static const struct {
        uint16_t a, b;
        bool newer;
    } cases[] = {
        {1, 0, true},     {0, 1, false},     {0, 0, false},     {0, 65535, true}, {65535, 0, false},
        {32767, 0, true}, {32768, 0, false}, {0, 32768, false}, {0, 32769, true},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        assert_int_equal(seq_newer(cases[i].a, cases[i].b), cases[i].newer);
        /* The same on the larger circle. */
        assert_int_equal(timestamp_newer((uint32_t)cases[i].a << 16, (uint32_t)cases[i].b << 16),
                         cases[i].newer);
    }
    assert_true(timestamp_newer(0, UINT32_MAX));
    assert_false(timestamp_newer(UINT32_MAX, 0));
}

static void test_unwrap(void **state)
{
    (void)state;
    static const struct {
        int64_t reference;
        uint16_t seq;
        int64_t want;
    } cases[] = {
        {0, 0, 0},
        {0, 1, 1},
        {0, 65535, -1},
        {65535, 0, 65536},
        {65536, 65535, 65535},
        {70000, 4464, 70000},
        {70000, 4463, 69999},
        {-1, 0, 0},
        {-1, 65534, -2},
        {0x123450000, 0xffff, 0x12344ffff},
        {0, 32767, 32767},
        {0, 32768, -32768},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
        assert_true(seq_unwrap(cases[i].reference, cases[i].seq) == cases[i].want);
}

static void test_list(void **state)
{
    (void)state;
    struct item {
        int n;
        struct list link;
    } items[4] = {{0, {0}}, {1, {0}}, {2, {0}}, {3, {0}}};
    struct list head;
    list_init(&head);
    assert_true(list_empty(&head));
    for (int i = 0; i < 4; i++) {
        list_init(&items[i].link);
        list_remove(&items[i].link); /* in none: harmless */
        list_append(&head, &items[i].link);
    }
    int sum = 0, next = 0;
    list_each(node, &head)
    {
        struct item *item = list_entry(node, struct item, link);
        assert_int_equal(item->n, next++);
        sum += item->n;
        if (item->n % 2)
            list_remove(node);
    }
    assert_int_equal(sum, 6);
    assert_ptr_equal(head.next, &items[0].link);
    assert_ptr_equal(head.prev, &items[2].link);
    assert_ptr_equal(items[0].link.next, &items[2].link);
    list_remove(&items[0].link);
    list_remove(&items[2].link);
    assert_true(list_empty(&head));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_newer),
        cmocka_unit_test(test_unwrap),
        cmocka_unit_test(test_list),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
