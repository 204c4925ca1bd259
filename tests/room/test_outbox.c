/* SPDX-License-Identifier: Apache-2.0 */
/* What leaves the engine: which datagrams share a run, when the arena is drained, and the order of
 * the items. */
#include "room/outbox.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

static struct {
    struct outbox outbox;
    unsigned drains, datagrams;
    uint32_t bytes;
} box;

/* Adds up what the runs say, and checks that they lie one behind the other. */
static void on_drain(void *arg, struct outbox *o)
{
    uint32_t at = 0;

    assert_ptr_equal(arg, &box);
    box.drains++;
    for (uint32_t i = 0; i < o->run_count; i++) {
        const struct send_run *r = &o->runs[i];
        assert_int_equal(r->offset, at);
        assert_true(r->size_bytes <= (uint32_t)r->segments * r->segment_bytes);
        assert_true(r->size_bytes > (uint32_t)(r->segments - 1) * r->segment_bytes);
        at += r->size_bytes;
        box.datagrams += r->segments;
    }
    assert_int_equal(at, o->used);
    box.bytes += at;
}

static int set_up(void **state)
{
    (void)state;
    memset(&box, 0, sizeof box);
    outbox_init(&box.outbox, on_drain, &box);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    outbox_fini(&box.outbox);
    return 0;
}

static struct addr receiver(unsigned n)
{
    return addr_v4(192, 0, 2, (uint8_t)n, 4000);
}

static void send_one(unsigned to, uint32_t size)
{
    struct addr a = receiver(to);

    memset(outbox_reserve(&box.outbox, PACKET_CAPACITY), (int)to, size);
    outbox_commit(&box.outbox, &a, size);
}

static void test_runs(void **state)
{
    static const struct {
        struct {
            unsigned to;
            uint32_t size;
        } sent[6];
        unsigned count, runs;
        struct {
            unsigned to;
            uint16_t segments, segment_bytes;
            uint32_t bytes;
        } expected[6];
    } cases[] = {
        {{{1, 500}}, 1, 1, {{1, 1, 500, 500}}},
        {{{1, 500}, {1, 500}, {1, 500}}, 3, 1, {{1, 3, 500, 1500}}},
        {{{1, 500}, {1, 500}, {1, 499}}, 3, 1, {{1, 3, 500, 1499}}},
        {{{1, 500}, {1, 499}, {1, 499}}, 3, 2, {{1, 2, 500, 999}, {1, 1, 499, 499}}},
        {{{1, 500}, {1, 501}}, 2, 2, {{1, 1, 500, 500}, {1, 1, 501, 501}}},
        {{{1, 500}, {2, 500}, {1, 500}},
         3,
         3,
         {{1, 1, 500, 500}, {2, 1, 500, 500}, {1, 1, 500, 500}}},
        {{{1, 500}, {1, 0}, {1, 500}}, 3, 1, {{1, 2, 500, 1000}}},
        {{{1, 0}}, 1, 0, {{0, 0, 0, 0}}},
    };
    (void)state;

    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const struct outbox *o = &box.outbox;
        uint32_t offset = 0;
        for (unsigned k = 0; k < cases[i].count; k++)
            send_one(cases[i].sent[k].to, cases[i].sent[k].size);
        assert_int_equal(o->run_count, cases[i].runs);
        for (unsigned k = 0; k < o->run_count; k++) {
            struct addr to = receiver(cases[i].expected[k].to);
            assert_true(addr_equal(&o->runs[k].to, &to));
            assert_int_equal(o->runs[k].segments, cases[i].expected[k].segments);
            assert_int_equal(o->runs[k].segment_bytes, cases[i].expected[k].segment_bytes);
            assert_int_equal(o->runs[k].size_bytes, cases[i].expected[k].bytes);
            assert_int_equal(o->runs[k].offset, offset);
            assert_int_equal(o->arena[offset], cases[i].expected[k].to);
            offset += o->runs[k].size_bytes;
        }
        assert_int_equal(o->used, offset);
        outbox_sent(&box.outbox);
        assert_int_equal(o->run_count, 0);
        assert_int_equal(o->used, 0);
    }
    assert_int_equal(box.drains, 0);
}

static void test_a_run_is_no_longer_than_one_call_takes(void **state)
{
    (void)state;

    for (unsigned i = 0; i < OUTBOX_RUN_SEGMENTS + 1; i++)
        send_one(1, 100);
    assert_int_equal(box.outbox.run_count, 2);
    assert_int_equal(box.outbox.runs[0].segments, OUTBOX_RUN_SEGMENTS);
    outbox_sent(&box.outbox);
    for (unsigned i = 0; i < OUTBOX_RUN_SEGMENTS; i++)
        send_one(1, 1500);
    assert_int_equal(box.outbox.run_count, 2);
    assert_true(box.outbox.runs[0].size_bytes <= 65507);
    assert_int_equal(box.outbox.runs[0].segments, 65000 / 1500);
}

static void test_drained_when_the_arena_is_full(void **state)
{
    unsigned sent = 0;
    (void)state;

    while (box.drains < 3) {
        send_one(1 + sent / 10 % 2, 1200);
        sent++;
        assert_true(box.outbox.used <= OUTBOX_ARENA_BYTES);
    }
    assert_int_equal(box.datagrams + 1, sent);
    assert_int_equal(box.bytes, (sent - 1) * 1200);
    assert_true(sent > 3 * (OUTBOX_ARENA_BYTES - PACKET_CAPACITY) / 1200);
    assert_int_equal(box.outbox.datagrams, sent);
    assert_int_equal(box.outbox.bytes, (uint64_t)sent * 1200);
    assert_int_equal(box.outbox.run_count, 1);
}

static void test_drained_when_there_are_too_many_runs(void **state)
{
    (void)state;

    for (unsigned i = 0; i < OUTBOX_RUNS; i++)
        send_one(1 + i % 2, 50);
    assert_int_equal(box.drains, 0);
    assert_int_equal(box.outbox.run_count, OUTBOX_RUNS);
    send_one(1, 50);
    assert_int_equal(box.drains, 1);
    assert_int_equal(box.datagrams, OUTBOX_RUNS);
    assert_int_equal(box.outbox.run_count, 1);
}

static void test_items_come_in_order(void **state)
{
    struct outbox *o = &box.outbox;
    struct outbox_item *i;
    (void)state;

    assert_null(outbox_take(o));
    for (unsigned round = 0; round < 3; round++) {
        outbox_put(o, OUTBOX_SIGNAL, 7, SPAN_LITERAL("one"));
        outbox_put(o, OUTBOX_CLOSE, 8, span_of(NULL, 0));
        i = outbox_take(o);
        assert_int_equal(i->kind, OUTBOX_SIGNAL);
        assert_int_equal(i->session, 7);
        assert_int_equal(i->size, 3);
        assert_memory_equal(i->bytes, "one", 3);
        outbox_item_free(i);
        outbox_put(o, OUTBOX_SIGNAL, 9, SPAN_LITERAL("two"));
        i = outbox_take(o);
        assert_int_equal(i->kind, OUTBOX_CLOSE);
        assert_int_equal(i->session, 8);
        assert_int_equal(i->size, 0);
        outbox_item_free(i);
        i = outbox_take(o);
        assert_int_equal(i->session, 9);
        outbox_item_free(i);
        assert_null(outbox_take(o));
    }
    /* One that nobody takes goes with the outbox. */
    outbox_put(o, OUTBOX_SIGNAL, 1, SPAN_LITERAL("left"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_runs, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_a_run_is_no_longer_than_one_call_takes, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(test_drained_when_the_arena_is_full, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_drained_when_there_are_too_many_runs, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(test_items_come_in_order, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
