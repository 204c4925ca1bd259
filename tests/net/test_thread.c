/* SPDX-License-Identifier: Apache-2.0 */
/* Threads: name, blocked signals, and the three things that end a wait. */
#include "net/thread.h"

#include "net/loop.h"

#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>
#include <sys/eventfd.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

struct seen {
    char name[32];
    bool term_blocked, int_blocked;
    int fd;
    int64_t late_us;
};

static void look_around(void *arg)
{
    struct seen *s = arg;
    pthread_getname_np(pthread_self(), s->name, sizeof(s->name));
    sigset_t mask;
    pthread_sigmask(SIG_SETMASK, NULL, &mask);
    s->term_blocked = sigismember(&mask, SIGTERM) == 1;
    s->int_blocked = sigismember(&mask, SIGINT) == 1;
}

static void test_start(void **state)
{
    (void)state;
    struct seen s = {0};
    struct thread *t = thread_start("a name that is far too long", look_around, &s);
    assert_non_null(t);
    thread_join(t);
    assert_string_equal(s.name, "a name that is ");
    assert_true(s.term_blocked);
    assert_true(s.int_blocked);
    sigset_t mask;
    pthread_sigmask(SIG_SETMASK, NULL, &mask);
    assert_int_equal(sigismember(&mask, SIGTERM), 0);
    thread_join(NULL);
}

static void test_wait_deadline(void **state)
{
    (void)state;
    int64_t start_us = clock_now_us();
    thread_wait(NULL, 0, start_us + 20000);
    assert_true(clock_now_us() - start_us >= 20000);
    start_us = clock_now_us();
    thread_wait(NULL, 0, start_us - 1000000);
    assert_true(clock_now_us() - start_us < 5000000);
}

static void wait_for_ever(void *arg)
{
    struct seen *s = arg;
    thread_wait(&s->fd, 1, INT64_MAX);
    s->late_us = clock_now_us();
}

static void test_wait_descriptor(void **state)
{
    (void)state;
    struct seen s = {.fd = eventfd(0, EFD_CLOEXEC)};
    int other = eventfd(1, EFD_CLOEXEC);
    /* The second of two. */
    const int both[2] = {s.fd, other};
    int64_t start_us = clock_now_us();
    thread_wait(both, 2, start_us + 10000000);
    assert_true(clock_now_us() - start_us < 9000000);
    /* For ever, until the ring. */
    struct thread *t = thread_start("waiter", wait_for_ever, &s);
    thread_wait(NULL, 0, clock_now_us() + 20000);
    start_us = clock_now_us();
    const uint64_t one = 1;
    assert_int_equal(write(s.fd, &one, sizeof(one)), sizeof(one));
    thread_join(t);
    assert_true(s.late_us >= start_us);
    close(s.fd);
    close(other);
}

#define BUSY_NS 20000000

struct worked {
    int64_t used_ns;
    int done, end; /* eventfds */
};

static int64_t own_cpu_ns(void)
{
    struct timespec used;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &used);
    return (int64_t)used.tv_sec * 1000000000 + used.tv_nsec;
}

static void work(void *arg)
{
    struct worked *w = arg;
    const uint64_t one = 1;
    while (own_cpu_ns() < BUSY_NS)
        continue;
    w->used_ns = own_cpu_ns();
    assert_int_equal(write(w->done, &one, sizeof(one)), sizeof(one));
    thread_wait(&w->end, 1, INT64_MAX);
}

static void test_cpu(void **state)
{
    (void)state;
    struct worked w = {0, eventfd(0, 0), eventfd(0, 0)};
    struct seen idle = {.fd = w.end};
    const uint64_t two = 2;
    uint64_t rings;
    struct thread *busy = thread_start("busy", work, &w);
    struct thread *waiter = thread_start("waiter", wait_for_ever, &idle);
    assert_int_equal(read(w.done, &rings, sizeof(rings)), sizeof(rings));
    assert_true(thread_cpu_ns(busy) >= w.used_ns);
    assert_true(thread_cpu_ns(waiter) < BUSY_NS);
    assert_int_equal(write(w.end, &two, sizeof(two)), sizeof(two));
    thread_join(busy);
    thread_join(waiter);
    close(w.done);
    close(w.end);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_start),
        cmocka_unit_test(test_cpu),
        cmocka_unit_test(test_wait_deadline),
        cmocka_unit_test(test_wait_descriptor),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
