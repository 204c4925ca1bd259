/* SPDX-License-Identifier: Apache-2.0 */
/* Two associations in one process; what one wants sent is queued and handed to the other. usrsctp's
 * time is driven by the test. */
#include "rtc/assoc.h"

#include "base/limits.h"
#include "base/mem.h"
#include "base/random.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <sys/time.h>

#include <cmocka.h>

#define PACKET_MAX 1200

static int64_t clock_us = 1000000000;

/* Takes the C library's place for usrsctp. */
int gettimeofday(struct timeval *restrict now, void *restrict zone)
{
    (void)zone;
    now->tv_sec = clock_us / 1000000;
    now->tv_usec = clock_us % 1000000;
    return 0;
}

struct mail {
    struct mail *next;
    uint64_t from;
    size_t size;
    uint8_t bytes[];
};

static struct {
    struct mail *first, **last;
    unsigned count, loss_percent;
    size_t largest;
    struct random dice;
} post = {.last = &post.first};

static void on_emit(void *arg, uint64_t id, struct span packet)
{
    assert_ptr_equal(arg, &post);
    if (packet.size > post.largest)
        post.largest = packet.size;
    if (random_below(&post.dice, 100) < post.loss_percent)
        return;
    struct mail *m = xmalloc(sizeof *m + packet.size);
    m->next = NULL;
    m->from = id;
    m->size = packet.size;
    memcpy(m->bytes, packet.data, packet.size);
    *post.last = m;
    post.last = &m->next;
    post.count++;
}

static struct mail *take(void)
{
    struct mail *m = post.first;
    if (m) {
        post.first = m->next;
        if (!post.first)
            post.last = &post.first;
        post.count--;
    }
    return m;
}

struct pair {
    struct assoc *a, *b;
    uint64_t id_a, id_b;
};

static void deliver(struct pair *p)
{
    struct mail *m;
    for (unsigned n = 0; n < 100000 && (m = take()); n++) {
        struct span packet = span_of(m->bytes, m->size);
        if (m->from == p->id_a && p->b)
            assoc_on_packet(p->b, packet);
        else if (m->from == p->id_b && p->a)
            assoc_on_packet(p->a, packet);
        free(m);
    }
}

static void pass_ms(struct pair *p, unsigned ms)
{
    for (unsigned at = 0; at < ms; at += 10) {
        deliver(p);
        clock_us += 10000;
        assoc_global_on_time(10);
    }
    deliver(p);
}

static void pair_init(struct pair *p)
{
    static uint64_t last_id;
    p->id_a = ++last_id;
    p->id_b = ++last_id;
    p->a = assoc_new(p->id_a);
    p->b = assoc_new(p->id_b);
    assert_non_null(p->a);
    assert_non_null(p->b);
}

static void pair_connect(struct pair *p)
{
    pair_init(p);
    deliver(p);
    assert_true(assoc_up(p->a));
    assert_true(assoc_up(p->b));
}

static void pair_fini(struct pair *p)
{
    assoc_free(p->a);
    assoc_free(p->b);
    p->a = p->b = NULL;
    deliver(p);
}

static const struct assoc_send reliable = {.stream = 3, .ppid = 53, .max_retransmits = -1};
static const struct assoc_send lossy = {
    .stream = 5, .ppid = 51, .unordered = true, .max_retransmits = 0};

static void fill(uint8_t *bytes, size_t size)
{
    for (size_t i = 0; i < size; i++)
        bytes[i] = (uint8_t)(i * 31 + size);
}

static void test_up_and_abort(void **state)
{
    (void)state;
    struct pair p;
    pair_init(&p);
    assert_false(assoc_up(p.a));
    assert_false(assoc_lost(p.a));
    deliver(&p);
    assert_true(assoc_up(p.a) && assoc_up(p.b));
    assert_false(assoc_lost(p.a));
    assoc_free(p.a);
    p.a = NULL;
    deliver(&p);
    assert_false(assoc_up(p.b));
    assert_true(assoc_lost(p.b));
    struct assoc_message m;
    assert_false(assoc_next_message(p.b, &m));
    assert_true(assoc_send(p.b, &reliable, SPAN_LITERAL("x")) < 0);
    pair_fini(&p);
}

static void test_peer_comes_later(void **state)
{
    (void)state;
    struct pair p;
    pair_init(&p);
    /* Only the first INIT of one side arrives; the other hears of nothing. */
    struct mail *m;
    while ((m = take()))
        free(m);
    pass_ms(&p, 1500);
    assert_true(assoc_up(p.a) && assoc_up(p.b));
    pair_fini(&p);
}

static void test_nobody_there(void **state)
{
    (void)state;
    struct pair p;
    pair_init(&p);
    assoc_free(p.b);
    p.b = NULL;
    pass_ms(&p, 120000);
    assert_true(assoc_lost(p.a));
    pair_fini(&p);
}

static void test_messages_of_all_sizes(void **state)
{
    (void)state;
    static const size_t sizes[] = {1, 2, 1000, 1136, 1200, 5000, 16384, 60000, LIMIT_DATA_MESSAGE};
    static uint8_t bytes[LIMIT_DATA_MESSAGE];
    struct pair p;
    pair_connect(&p);
    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
        fill(bytes, sizes[i]);
        struct assoc *from = i % 2 ? p.a : p.b, *to = i % 2 ? p.b : p.a;
        const struct assoc_send *how = i % 3 ? &reliable : &lossy;
        assert_int_equal(assoc_send(from, how, span_of(bytes, sizes[i])), 0);
        pass_ms(&p, 100);
        struct assoc_message m;
        assert_true(assoc_next_message(to, &m));
        assert_int_equal(m.stream, how->stream);
        assert_int_equal(m.ppid, how->ppid);
        assert_true(span_equal(m.bytes, span_of(bytes, sizes[i])));
        assert_false(assoc_next_message(to, &m));
        pass_ms(&p, 300);
        assert_int_equal(assoc_buffered(from), 0);
    }
    assert_in_range(post.largest, PACKET_MAX - 32, PACKET_MAX);
    pair_fini(&p);
}

static void test_many_messages_in_order_despite_loss(void **state)
{
    (void)state;
    struct pair p;
    pair_connect(&p);
    post.loss_percent = 10;
    unsigned sent = 0, received = 0;
    for (int turn = 0; turn < 3000 && received < 500; turn++) {
        uint8_t bytes[700] = {(uint8_t)(sent >> 8), (uint8_t)sent};
        if (sent < 500 && assoc_send(p.a, &reliable, span_of(bytes, sizeof bytes)) == 0)
            sent++;
        pass_ms(&p, 20);
        struct assoc_message m;
        while (assoc_next_message(p.b, &m)) {
            assert_int_equal(m.bytes.size, sizeof bytes);
            assert_int_equal(m.bytes.data[0] << 8 | m.bytes.data[1], received);
            received++;
        }
    }
    post.loss_percent = 0;
    assert_int_equal(received, 500);
    pair_fini(&p);
}

/* A message is lost with its packet; what comes after it goes on. */
static void test_lossy_messages_are_not_sent_again(void **state)
{
    (void)state;
    struct pair p;
    pair_connect(&p);
    post.loss_percent = 20;
    unsigned received = 0;
    bool last = false;
    for (unsigned i = 0; i < 200; i++) {
        uint8_t bytes[900] = {(uint8_t)i};
        assert_int_equal(assoc_send(p.a, &lossy, span_of(bytes, sizeof bytes)), 0);
        pass_ms(&p, 200);
        struct assoc_message m;
        while (assoc_next_message(p.b, &m)) {
            received++;
            last = m.bytes.data[0] == 198 || m.bytes.data[0] == 199;
        }
    }
    post.loss_percent = 0;
    assert_in_range(received, 120, 199);
    assert_true(last);
    pair_fini(&p);
}

static void test_full_buffer(void **state)
{
    (void)state;
    static uint8_t bytes[30000];
    struct pair p;
    pair_connect(&p);
    int result = 0;
    unsigned sent = 0, received = 0;
    while (sent < 100 && (result = assoc_send(p.a, &reliable, span_of(bytes, sizeof bytes))) == 0)
        sent++;
    assert_int_equal(result, -EAGAIN);
    assert_in_range(sent, 4, 20);
    assert_in_range(assoc_buffered(p.a), sent * sizeof bytes, (sent + 1) * sizeof bytes);
    struct assoc_message m;
    for (int i = 0; i < 200 && received < sent; i++) {
        pass_ms(&p, 10);
        while (assoc_next_message(p.b, &m))
            received++;
    }
    assert_int_equal(received, sent);
    assert_int_equal(assoc_send(p.a, &reliable, span_of(bytes, sizeof bytes)), 0);
    pair_fini(&p);
}

static void test_too_long_messages_are_dropped(void **state)
{
    (void)state;
    static uint8_t bytes[LIMIT_DATA_MESSAGE + 1], huge[200000];
    struct pair p;
    pair_connect(&p);
    struct assoc_message m;
    assert_int_equal(assoc_send(p.a, &reliable, span_of(bytes, sizeof bytes)), 0);
    pass_ms(&p, 100);
    assert_false(assoc_next_message(p.b, &m));
    assert_int_equal(assoc_send(p.a, &reliable, span_of(huge, sizeof huge)), 0);
    assert_int_equal(assoc_send(p.a, &reliable, SPAN_LITERAL("after them")), 0);
    bool got = false;
    for (int i = 0; i < 100 && !got; i++) {
        pass_ms(&p, 10);
        got = assoc_next_message(p.b, &m);
    }
    assert_true(got);
    assert_true(span_equal(m.bytes, SPAN_LITERAL("after them")));
    assert_false(assoc_next_message(p.b, &m));
    pair_fini(&p);
}

static void test_closed_streams(void **state)
{
    (void)state;
    struct pair p;
    struct assoc_message m;
    pair_connect(&p);
    assert_int_equal(assoc_send(p.a, &reliable, SPAN_LITERAL("the last one")), 0);
    assoc_close_stream(p.a, reliable.stream);
    assoc_close_stream(p.a, 7); /* while the first one is under way */
    assoc_close_stream(p.a, ASSOC_STREAMS);
    pass_ms(&p, 300);
    assert_true(assoc_next_message(p.b, &m));
    assert_false(m.closed);
    assert_true(span_equal(m.bytes, SPAN_LITERAL("the last one")));
    assert_false(assoc_next_message(p.a, &m));
    pass_ms(&p, 300);
    unsigned closed = 0;
    while (assoc_next_message(p.b, &m)) {
        assert_true(m.closed);
        closed |= 1u << m.stream;
    }
    assert_int_equal(closed, 1u << 7 | 1u << reliable.stream);
    /* The number may be used again. */
    assert_int_equal(assoc_send(p.a, &reliable, SPAN_LITERAL("a new one")), 0);
    pass_ms(&p, 300);
    assert_true(assoc_next_message(p.b, &m));
    assert_true(span_equal(m.bytes, SPAN_LITERAL("a new one")));
    pair_fini(&p);
}

/* What is no packet of the association's must not hurt it. */
static void test_rubbish(void **state)
{
    (void)state;
    struct pair p;
    pair_connect(&p);
    uint8_t bytes[64] = {0x13, 0x88, 0x13, 0x88};
    for (size_t size = 0; size <= sizeof bytes; size += 4) {
        uint8_t *exact = xmalloc(size + 1);
        memcpy(exact, bytes, size);
        assoc_on_packet(p.a, span_of(exact, size));
        free(exact);
    }
    deliver(&p);
    assert_true(assoc_up(p.a) && assoc_up(p.b));
    pair_fini(&p);
}

static void test_many_associations(void **state)
{
    (void)state;
    enum { N = 50 };
    struct pair *p = xcalloc(N, sizeof *p);
    for (int i = 0; i < N; i++)
        pair_connect(&p[i]);
    for (int i = 0; i < N; i++) {
        struct assoc_message m;
        uint8_t byte = (uint8_t)i;
        assert_int_equal(assoc_send(p[i].a, &reliable, span_of(&byte, 1)), 0);
        deliver(&p[i]);
        assert_true(assoc_next_message(p[i].b, &m));
        assert_int_equal(m.bytes.data[0], i);
    }
    for (int i = 0; i < N; i++)
        pair_fini(&p[i]);
    free(p);
}

static int setup(void **state)
{
    (void)state;
    random_seed(&post.dice, 1);
    assoc_global_init(on_emit, &post);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    assoc_global_fini();
    struct mail *m;
    while ((m = take()))
        free(m);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_up_and_abort),
        cmocka_unit_test(test_peer_comes_later),
        cmocka_unit_test(test_nobody_there),
        cmocka_unit_test(test_messages_of_all_sizes),
        cmocka_unit_test(test_many_messages_in_order_despite_loss),
        cmocka_unit_test(test_lossy_messages_are_not_sent_again),
        cmocka_unit_test(test_full_buffer),
        cmocka_unit_test(test_too_long_messages_are_dropped),
        cmocka_unit_test(test_closed_streams),
        cmocka_unit_test(test_rubbish),
        cmocka_unit_test(test_many_associations),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
