/* SPDX-License-Identifier: Apache-2.0 */
/* The event loop: timers, watched descriptors, signals, and mail from another thread. */
#include "net/loop.h"

#include "base/mem.h"
#include "net/mailbox.h"
#include "net/thread.h"

#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <unistd.h>

#include <cmocka.h>

struct fixture {
    struct loop *loop;
    struct mailbox *box;
    unsigned ticks, fast_ticks, mails;
    int signals[3];
    unsigned signal_count;
};

static void test_clock(void **state)
{
    (void)state;
    int64_t before = clock_now_us();
    assert_true(before > 0);
    assert_true(clock_now_us() >= before);
    /* 2024-01-01 to 2100-01-01. */
    assert_in_range(clock_unix_ms(), 1704067200000, 4102444800000);
}

static void give_up(void *arg)
{
    (void)arg;
    fail_msg("the loop did not end");
}

static void tick(void *arg)
{
    struct fixture *f = arg;
    if (++f->ticks == 3)
        loop_stop(f->loop);
}

static void fast_tick(void *arg)
{
    struct fixture *f = arg;
    f->fast_ticks++;
}

static void test_timers(void **state)
{
    (void)state;
    struct fixture f = {.loop = loop_new()};
    loop_every(f.loop, 20, tick, &f);
    loop_every(f.loop, 5, fast_tick, &f);
    loop_every(f.loop, 20000, give_up, &f);
    int64_t start_us = clock_now_us();
    loop_run(f.loop);
    assert_int_equal(f.ticks, 3);
    assert_true(clock_now_us() - start_us >= 50000);
    assert_true(f.fast_ticks >= 3);
    /* It can run again. */
    f.ticks = 2;
    loop_run(f.loop);
    assert_int_equal(f.ticks, 3);
    loop_free(f.loop);
    loop_free(NULL);
}

static void mail_came(void *arg)
{
    struct fixture *f = arg;
    for (struct mail *m = mailbox_take(f->box), *next; m; m = next) {
        next = m->next;
        free(m);
        f->mails++;
    }
    if (f->mails == 3)
        loop_stop(f->loop);
}

static void writer_run(void *arg)
{
    struct fixture *f = arg;
    for (unsigned i = 0; i < 3; i++) {
        mailbox_post(f->box, xcalloc(1, sizeof(struct mail)));
        thread_wait(NULL, 0, clock_now_us() + 3000);
    }
}

static void test_watch(void **state)
{
    (void)state;
    struct fixture f = {.loop = loop_new(), .box = mailbox_new()};
    assert_true(loop_watch(f.loop, mailbox_fd(f.box), mail_came, &f));
    loop_every(f.loop, 20000, give_up, &f);
    struct thread *t = thread_start("writer", writer_run, &f);
    loop_run(f.loop);
    thread_join(t);
    assert_int_equal(f.mails, 3);
    loop_free(f.loop);
    mailbox_free(f.box, NULL);
}

static void test_watch_refused(void **state)
{
    (void)state;
    struct loop *l = loop_new();
    assert_false(loop_watch(l, -1, tick, NULL));
    loop_free(l);
}

static void signalled(void *arg, int number)
{
    struct fixture *f = arg;
    f->signals[f->signal_count++] = number;
    if (f->signal_count == 3)
        loop_stop(f->loop);
}

static void raise_next(void *arg)
{
    static const int numbers[3] = {SIGTERM, SIGHUP, SIGINT};
    struct fixture *f = arg;
    if (f->ticks < 3)
        kill(getpid(), numbers[f->ticks++]);
}

static void test_signals(void **state)
{
    (void)state;
    struct fixture f = {.loop = loop_new()};
    loop_on_signal(f.loop, signalled, &f);
    loop_every(f.loop, 10, raise_next, &f);
    loop_every(f.loop, 20000, give_up, &f);
    loop_run(f.loop);
    assert_int_equal(f.signals[0], SIGTERM);
    assert_int_equal(f.signals[1], SIGHUP);
    assert_int_equal(f.signals[2], SIGINT);
    loop_free(f.loop);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_clock),   cmocka_unit_test(test_timers),
        cmocka_unit_test(test_watch),   cmocka_unit_test(test_watch_refused),
        cmocka_unit_test(test_signals),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
