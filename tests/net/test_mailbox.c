/* SPDX-License-Identifier: Apache-2.0 */
/* The mailbox: order, wake-ups, disposal, and many writers at once. */
#include "net/mailbox.h"

#include "base/mem.h"
#include "net/loop.h"
#include "net/thread.h"

#include <poll.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

#define WRITERS 4
#define LETTERS 20000

struct letter {
    struct mail mail;
    unsigned writer, number;
};

static struct mail *letter_new(unsigned writer, unsigned number)
{
    struct letter *l = xcalloc(1, sizeof(*l));
    l->writer = writer;
    l->number = number;
    return &l->mail;
}

static unsigned disposed;

static void letter_dispose(struct mail *mail)
{
    disposed++;
    free(mail);
}

static bool readable(int fd)
{
    struct pollfd p = {.fd = fd, .events = POLLIN};
    return poll(&p, 1, 0) == 1;
}

static void test_order(void **state)
{
    (void)state;
    struct mailbox *m = mailbox_new();
    assert_null(mailbox_take(m));
    for (unsigned i = 0; i < 10; i++)
        mailbox_post(m, letter_new(0, i));
    struct mail *mail = mailbox_take(m);
    for (unsigned i = 0; i < 10; i++) {
        assert_non_null(mail);
        assert_int_equal(((struct letter *)(void *)mail)->number, i);
        struct mail *next = mail->next;
        free(mail);
        mail = next;
    }
    assert_null(mail);
    assert_null(mailbox_take(m));
    mailbox_free(m, letter_dispose);
}

static void test_wake_up(void **state)
{
    (void)state;
    struct mailbox *m = mailbox_new();
    for (unsigned round = 0; round < 3; round++) {
        assert_false(readable(mailbox_fd(m)));
        mailbox_post(m, letter_new(0, 0));
        assert_true(readable(mailbox_fd(m)));
        mailbox_post(m, letter_new(0, 1));
        struct mail *mail = mailbox_take(m);
        assert_false(readable(mailbox_fd(m)));
        free(mail->next);
        free(mail);
    }
    mailbox_free(m, letter_dispose);
}

static void test_disposal(void **state)
{
    (void)state;
    struct mailbox *m = mailbox_new();
    for (unsigned i = 0; i < 5; i++)
        mailbox_post(m, letter_new(0, i));
    disposed = 0;
    mailbox_free(m, letter_dispose);
    assert_int_equal(disposed, 5);
    mailbox_free(NULL, letter_dispose);
}

struct writer {
    struct mailbox *box;
    unsigned number;
};

static void writer_run(void *arg)
{
    const struct writer *w = arg;
    for (unsigned i = 0; i < LETTERS; i++)
        mailbox_post(w->box, letter_new(w->number, i));
}

/* Sleeps only on the descriptor: a lost wake-up would make it late, a lost or swapped letter fail.
 */
static void test_many_writers(void **state)
{
    (void)state;
    struct mailbox *m = mailbox_new();
    struct writer writers[WRITERS];
    struct thread *threads[WRITERS];
    unsigned next[WRITERS] = {0}, got = 0, slept_out = 0;
    for (unsigned i = 0; i < WRITERS; i++) {
        writers[i] = (struct writer){m, i};
        threads[i] = thread_start("writer", writer_run, &writers[i]);
    }
    while (got < WRITERS * LETTERS && slept_out == 0) {
        int fd = mailbox_fd(m);
        int64_t until = clock_now_us() + 20000000;
        thread_wait(&fd, 1, until);
        slept_out += clock_now_us() >= until;
        for (struct mail *mail = mailbox_take(m), *after; mail; mail = after) {
            after = mail->next;
            struct letter *l = (struct letter *)(void *)mail;
            assert_int_equal(l->number, next[l->writer]);
            next[l->writer]++;
            got++;
            free(l);
        }
    }
    assert_int_equal(slept_out, 0);
    for (unsigned i = 0; i < WRITERS; i++)
        thread_join(threads[i]);
    /* A last ring may have come after its letter was taken; one more look quietens it. */
    assert_null(mailbox_take(m));
    assert_false(readable(mailbox_fd(m)));
    mailbox_free(m, letter_dispose);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_order),
        cmocka_unit_test(test_wake_up),
        cmocka_unit_test(test_disposal),
        cmocka_unit_test(test_many_writers),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
