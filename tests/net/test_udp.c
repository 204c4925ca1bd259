/* SPDX-License-Identifier: Apache-2.0 */
/* The media sockets over loopback, with a sendmmsg of this program's own in front of the system's
 * that can fail. */
#include "net/udp.h"

#include "base/mem.h"
#include "net/loop.h"
#include "net/thread.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cmocka.h>

#define ARENA_BYTES (256 * 1024)
#define DATAGRAM 1000

static struct {
    int error;           /* what to fail with; 0: nothing */
    unsigned times;      /* how often */
    bool segmented_only; /* only messages with UDP_SEGMENT */
    unsigned most;       /* messages a call; 0: all */
    unsigned calls, segmented;
} fault;

int sendmmsg(int fd, struct mmsghdr *messages, unsigned count, int flags)
{
    fault.calls++;
    if (fault.most != 0 && count > fault.most)
        count = fault.most;
    for (unsigned i = 0; i < count; i++) {
        bool segmented = messages[i].msg_hdr.msg_controllen > 0;
        fault.segmented += segmented;
        if (fault.error == 0 || fault.times == 0 || (fault.segmented_only && !segmented))
            continue;
        if (i > 0) {
            count = i; /* what is in front goes out, and the next call fails */
            break;
        }
        fault.times--;
        errno = fault.error;
        return -1;
    }
    return (int)syscall(SYS_sendmmsg, fd, messages, count, flags);
}

struct fixture {
    struct packet_pool *pool;
    struct udp *a, *b;
    struct addr to_b;
    uint8_t *arena;
    uint32_t used;
    uint8_t next; /* the number in the first byte of the next datagram */
};

static int setup(void **state)
{
    struct fixture *f = xcalloc(1, sizeof(*f));
    struct addr any = addr_v4(127, 0, 0, 1, 0);
    int error;
    unsigned failed;
    f->pool = packet_pool_new(512);
    f->a = udp_new(&any, 1, &error, &failed);
    f->b = udp_new(&any, 1, &error, &failed);
    assert_non_null(f->a);
    assert_non_null(f->b);
    f->to_b = addr_v4(127, 0, 0, 1, udp_port(f->b));
    f->arena = xcalloc(1, ARENA_BYTES);
    memset(&fault, 0, sizeof(fault));
    *state = f;
    return 0;
}

static int teardown(void **state)
{
    struct fixture *f = *state;
    udp_free(f->a);
    udp_free(f->b);
    assert_int_equal(packet_pool_in_use(f->pool), 0);
    packet_pool_free(f->pool);
    free(f->arena);
    free(f);
    return 0;
}

/* A run of numbered datagrams of `each` bytes, the last of `last`. */
static struct send_run run_make(struct fixture *f, struct addr to, unsigned count, uint16_t each,
                                uint16_t last)
{
    struct send_run r = {.to = to, .offset = f->used, .segment_bytes = each};
    r.segments = (uint16_t)count;
    r.size_bytes = (count - 1) * each + last;
    assert_true(f->used + r.size_bytes <= ARENA_BYTES);
    for (unsigned i = 0; i < count; i++)
        f->arena[f->used + i * each] = f->next++;
    f->used += r.size_bytes;
    return r;
}

/* Receives until `count` datagrams came or 2 s went by; returns how many came. */
static unsigned receive(struct fixture *f, struct udp *u, struct packet **out, unsigned count)
{
    unsigned got = 0;
    int64_t until_us = clock_now_us() + 2000000;
    while (got < count && clock_now_us() < until_us) {
        struct packet *batch[UDP_BATCH];
        unsigned n = udp_receive(u, f->pool, batch);
        for (unsigned i = 0; i < n; i++) {
            assert_true(got < count);
            out[got++] = batch[i];
        }
        int fd = udp_fd(u);
        if (n == 0)
            thread_wait(&fd, 1, until_us);
    }
    return got;
}

static void expect_numbers(struct fixture *f, struct udp *u, uint8_t first, unsigned count)
{
    struct packet *got[256];
    assert_int_equal(receive(f, u, got, count), count);
    for (unsigned i = 0; i < count; i++) {
        assert_int_equal(got[i]->data[0], (uint8_t)(first + i));
        packet_unref(got[i]);
    }
}

static void expect_silence(struct fixture *f, struct udp *u)
{
    struct packet *batch[UDP_BATCH];
    assert_int_equal(udp_receive(u, f->pool, batch), 0);
}

static void test_one(void **state)
{
    struct fixture *f = *state;
    struct send_run r = run_make(f, f->to_b, 1, 500, 500);
    assert_int_equal(udp_send(f->a, f->arena, &r, 1), 0);
    struct packet *p;
    assert_int_equal(receive(f, f->b, &p, 1), 1);
    assert_int_equal(p->size, 500);
    assert_memory_equal(p->data, f->arena, 500);
    struct addr from = addr_v4(127, 0, 0, 1, udp_port(f->a));
    assert_true(addr_equal(&p->from, &from));
    packet_unref(p);
    expect_silence(f, f->b);
}

static void test_batches_keep_order(void **state)
{
    struct fixture *f = *state;
    struct send_run runs[200];
    for (unsigned i = 0; i < 200; i++)
        runs[i] = run_make(f, f->to_b, 1, 100, 100);
    assert_int_equal(udp_send(f->a, f->arena, runs, 200), 0);
    assert_true(fault.calls <= 4);
    expect_numbers(f, f->b, 0, 200);
}

static void test_runs(void **state)
{
    struct fixture *f = *state;
    struct send_run runs[3] = {
        run_make(f, f->to_b, 6, DATAGRAM, 999), run_make(f, f->to_b, 1, 700, 700),
        run_make(f, f->to_b, 100, DATAGRAM, 1), /* more than one message may hold */
    };
    assert_int_equal(udp_send(f->a, f->arena, runs, 3), 0);
    assert_true(udp_segments(f->a));
    assert_int_equal(fault.segmented, 3);
    struct packet *got[107];
    assert_int_equal(receive(f, f->b, got, 107), 107);
    for (unsigned i = 0; i < 107; i++) {
        uint32_t size = i == 5 ? 999 : i == 6 ? 700 : i == 106 ? 1 : DATAGRAM;
        assert_int_equal(got[i]->data[0], (uint8_t)i);
        assert_int_equal(got[i]->size, size);
        packet_unref(got[i]);
    }
}

/* The kernel knows no segmentation, or the device can do no checksums for it: once said, for good.
 */
static void test_segments_refused(void **state)
{
    static const int errors[] = {EINVAL, EIO, ENOTSUP};
    struct fixture *f = *state;
    for (unsigned i = 0; i < 3; i++) {
        struct udp *u;
        struct addr any = addr_v4(127, 0, 0, 1, 0);
        int error;
        unsigned failed;
        u = udp_new(&any, 1, &error, &failed);
        f->used = 0;
        f->next = 0;
        struct send_run runs[4] = {
            run_make(f, f->to_b, 1, 100, 100),
            run_make(f, f->to_b, 6, DATAGRAM, 10),
            run_make(f, f->to_b, 80, DATAGRAM, DATAGRAM),
            run_make(f, f->to_b, 1, 100, 100),
        };
        memset(&fault, 0, sizeof(fault));
        fault.error = errors[i];
        fault.times = 1000;
        fault.segmented_only = true;
        assert_int_equal(udp_send(u, f->arena, runs, 4), 0);
        assert_false(udp_segments(u));
        expect_numbers(f, f->b, 0, 88);
        fault.segmented = 0;
        assert_int_equal(udp_send(u, f->arena, &runs[1], 1), 0);
        assert_int_equal(fault.segmented, 0);
        expect_numbers(f, f->b, 1, 6);
        udp_free(u);
    }
}

/* A path that is too narrow for the segments does not turn segmentation off for everybody. */
static void test_segments_too_large_once(void **state)
{
    struct fixture *f = *state;
    struct send_run runs[2] = {
        run_make(f, f->to_b, 6, DATAGRAM, DATAGRAM),
        run_make(f, f->to_b, 6, DATAGRAM, DATAGRAM),
    };
    fault.error = EMSGSIZE;
    fault.times = 1;
    fault.segmented_only = true;
    assert_int_equal(udp_send(f->a, f->arena, runs, 2), 0);
    assert_true(udp_segments(f->a));
    expect_numbers(f, f->b, 0, 12);
}

static void test_full_for_a_moment(void **state)
{
    struct fixture *f = *state;
    struct send_run runs[100];
    for (unsigned i = 0; i < 100; i++)
        runs[i] = run_make(f, f->to_b, 2, 100, 100);
    fault.error = EAGAIN;
    fault.times = 3;
    fault.most = 7;
    assert_int_equal(udp_send(f->a, f->arena, runs, 100), 0);
    assert_int_equal(fault.times, 0);
    expect_numbers(f, f->b, 0, 200);
}

static void test_errors_of_earlier_datagrams(void **state)
{
    struct fixture *f = *state;
    struct send_run r = run_make(f, f->to_b, 3, 100, 100);
    fault.error = ECONNREFUSED;
    fault.times = 2;
    assert_int_equal(udp_send(f->a, f->arena, &r, 1), 0);
    assert_true(udp_segments(f->a));
    expect_numbers(f, f->b, 0, 3);
}

static void test_full_for_long(void **state)
{
    struct fixture *f = *state;
    struct addr other = f->to_b;
    other.ip[15] = 2;
    struct send_run runs[4] = {
        run_make(f, other, 6, 100, 100),
        run_make(f, other, 1, 100, 100),
        run_make(f, f->to_b, 1, 100, 100),
        run_make(f, f->to_b, 2, 100, 100),
    };
    /* Loopback is writeable at once, so the waits of 2 ms are used up by trying again; then one
     * receiver is left. */
    fault.error = EAGAIN;
    fault.times = UINT32_MAX;
    int64_t start_us = clock_now_us();
    assert_int_equal(udp_send(f->a, f->arena, runs, 4), 10);
    assert_in_range(clock_now_us() - start_us, 2000, 1000000);
    expect_silence(f, f->b);
}

static void test_unreachable(void **state)
{
    struct fixture *f = *state;
    struct addr six, zero = f->to_b;
    assert_true(addr_parse("[::1]:9", &six));
    zero.port = 0;
    struct send_run runs[5] = {
        run_make(f, f->to_b, 1, 100, 100), run_make(f, six, 3, 100, 100),
        run_make(f, zero, 2, 100, 100),    run_make(f, f->to_b, 1, 100, 100),
        run_make(f, f->to_b, 2, 100, 100),
    };
    assert_int_equal(udp_send(f->a, f->arena, runs, 5), 5);
    struct packet *got[4];
    assert_int_equal(receive(f, f->b, got, 4), 4);
    static const uint8_t numbers[4] = {0, 6, 7, 8};
    for (unsigned i = 0; i < 4; i++) {
        assert_int_equal(got[i]->data[0], numbers[i]);
        packet_unref(got[i]);
    }
    /* One receiver that fails for good costs nobody else. */
    runs[1] = run_make(f, f->to_b, 1, 100, 100);
    runs[1].to.ip[15] = 2;
    fault.error = EPERM;
    fault.times = 1;
    assert_int_equal(udp_send(f->a, f->arena, &runs[1], 1), 1);
    assert_int_equal(udp_send(f->a, f->arena, &runs[0], 1), 0);
    expect_numbers(f, f->b, 0, 1);
}

static void test_two_families(void **state)
{
    struct fixture *f = *state;
    struct addr addrs[2] = {addr_v4(127, 0, 0, 1, 0)};
    assert_true(addr_parse_ip("::1", &addrs[1]));
    int error;
    unsigned failed;
    struct udp *u = udp_new(addrs, 2, &error, &failed), *v = udp_new(addrs, 2, &error, &failed);
    if (!u && error == -EADDRNOTAVAIL)
        skip(); /* a machine without IPv6 */
    struct addr to[2] = {addrs[0], addrs[1]};
    to[0].port = to[1].port = udp_port(v);
    to[1].local = 1;
    struct send_run runs[40];
    for (unsigned i = 0; i < 40; i++)
        runs[i] = run_make(f, to[i / 3 % 2], 2, 100, 100);
    assert_int_equal(udp_send(u, f->arena, runs, 40), 0);
    struct packet *got[80];
    assert_int_equal(receive(f, v, got, 80), 80);
    int last[2] = {-1, -1};
    for (unsigned i = 0; i < 80; i++) {
        unsigned local = got[i]->from.local;
        assert_in_range(local, 0, 1);
        assert_int_equal(addr_is_v4(&got[i]->from), local == 0);
        assert_int_equal(got[i]->from.port, udp_port(u));
        assert_true(got[i]->data[0] > last[local]);
        last[local] = got[i]->data[0];
        packet_unref(got[i]);
    }
    udp_free(u);
    udp_free(v);
}

static void test_too_large_is_dropped(void **state)
{
    struct fixture *f = *state;
    struct send_run runs[3] = {
        run_make(f, f->to_b, 1, PACKET_CAPACITY, PACKET_CAPACITY),
        run_make(f, f->to_b, 1, PACKET_CAPACITY + 1, PACKET_CAPACITY + 1),
        run_make(f, f->to_b, 1, 10, 10),
    };
    assert_int_equal(udp_send(f->a, f->arena, runs, 3), 0);
    struct packet *got[2];
    assert_int_equal(receive(f, f->b, got, 2), 2);
    assert_int_equal(got[0]->size, PACKET_CAPACITY);
    assert_int_equal(got[1]->size, 10);
    packet_unref(got[0]);
    packet_unref(got[1]);
    expect_silence(f, f->b);
}

static void test_pool_empty(void **state)
{
    struct fixture *f = *state;
    struct packet_pool *small = packet_pool_new(10);
    struct addr any = addr_v4(127, 0, 0, 1, 0);
    int error;
    unsigned failed;
    struct udp *u = udp_new(&any, 1, &error, &failed);
    struct addr to = addr_v4(127, 0, 0, 1, udp_port(u));
    struct send_run runs[30];
    for (unsigned i = 0; i < 30; i++)
        runs[i] = run_make(f, to, 1, 100, 100);
    assert_int_equal(udp_send(f->a, f->arena, runs, 30), 0);
    struct packet *held[UDP_BATCH], *none[UDP_BATCH];
    assert_int_equal(udp_receive(u, small, held), 10);
    /* The pool is out: what waits is thrown away, so that the descriptor falls silent. */
    assert_int_equal(udp_receive(u, small, none), 0);
    packet_unref(held[0]);
    assert_int_equal(udp_receive(u, small, none), 0);
    for (unsigned i = 1; i < 10; i++)
        packet_unref(held[i]);
    assert_int_equal(udp_send(f->a, f->arena, runs, 1), 0);
    int fd = udp_fd(u);
    thread_wait(&fd, 1, clock_now_us() + 2000000);
    assert_int_equal(udp_receive(u, small, held), 1);
    packet_unref(held[0]);
    udp_free(u);
    packet_pool_free(small);
}

static void test_bind_errors(void **state)
{
    struct fixture *f = *state;
    int error = 0;
    unsigned failed = 9;
    assert_null(udp_new(&f->to_b, 1, &error, &failed));
    assert_int_equal(error, -EADDRINUSE);
    assert_int_equal(failed, 0);
    struct addr two[2] = {addr_v4(127, 0, 0, 1, 0), addr_v4(192, 0, 2, 1, 0)};
    assert_null(udp_new(two, 2, &error, &failed));
    assert_int_equal(error, -EADDRNOTAVAIL);
    assert_int_equal(failed, 1);
    udp_free(NULL);
}

int main(void)
{
#define CASE(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
    const struct CMUnitTest tests[] = {
        CASE(test_one),
        CASE(test_batches_keep_order),
        CASE(test_runs),
        CASE(test_segments_refused),
        CASE(test_segments_too_large_once),
        CASE(test_full_for_a_moment),
        CASE(test_errors_of_earlier_datagrams),
        CASE(test_full_for_long),
        CASE(test_unreachable),
        CASE(test_two_families),
        CASE(test_too_large_is_dropped),
        CASE(test_pool_empty),
        CASE(test_bind_errors),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
