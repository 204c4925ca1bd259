/* SPDX-License-Identifier: Apache-2.0 */
/* The deadline heap against a plain search. */
#include "base/heap.h"

#include "base/random.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#define NODES 200

struct timer {
    int before;
    struct heap_node node;
};

static void check(const struct heap *h, const struct timer *timers)
{
    int64_t least = TIME_NEVER;
    size_t in = 0;
    for (unsigned i = 0; i < NODES; i++) {
        const struct heap_node *n = &timers[i].node;
        if (n->index == 0)
            continue;
        in++;
        assert_ptr_equal(h->nodes[n->index - 1], n);
        if (n->key_us < least)
            least = n->key_us;
    }
    assert_int_equal(h->count, in);
    const struct heap_node *first = heap_first(h);
    assert_true(first ? first->key_us == least : in == 0);
}

static void test_against_search(void **state)
{
    (void)state;
    static struct timer timers[NODES];
    struct heap h;
    struct random r;
    heap_init(&h);
    random_seed(&r, 3);
    for (unsigned step = 0; step < 20000; step++) {
        struct heap_node *n = &timers[random_below(&r, NODES)].node;
        uint32_t what = random_below(&r, 10);
        if (what < 7)
            heap_set(&h, n, (int64_t)random_below(&r, 1000) - 500);
        else if (what < 8)
            heap_set(&h, n, TIME_NEVER);
        else
            heap_remove(&h, n);
        check(&h, timers);
    }
    heap_fini(&h);
    for (unsigned i = 0; i < NODES; i++)
        assert_int_equal(timers[i].node.index, 0);
}

static void test_order(void **state)
{
    (void)state;
    static struct timer timers[NODES];
    struct heap h;
    struct random r;
    heap_init(&h);
    random_seed(&r, 4);
    for (unsigned i = 0; i < NODES; i++)
        heap_set(&h, &timers[i].node, random_below(&r, 100));
    int64_t last = -1;
    for (unsigned i = 0; i < NODES; i++) {
        struct heap_node *first = heap_first(&h);
        assert_true(first->key_us >= last);
        last = first->key_us;
        heap_remove(&h, first);
    }
    assert_null(heap_first(&h));
    heap_fini(&h);
}

static void test_entry_and_absent(void **state)
{
    (void)state;
    struct heap h;
    struct timer t = {.before = 5};
    heap_init(&h);
    heap_remove(&h, &t.node); /* in none: harmless */
    heap_set(&h, &t.node, TIME_NEVER);
    assert_null(heap_first(&h));
    heap_set(&h, &t.node, 9);
    heap_set(&h, &t.node, 9);
    assert_int_equal(h.count, 1);
    assert_int_equal(heap_entry(heap_first(&h), struct timer, node)->before, 5);
    heap_fini(&h);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_against_search),
        cmocka_unit_test(test_order),
        cmocka_unit_test(test_entry_and_absent),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
