/* SPDX-License-Identifier: Apache-2.0 */
/* Named threads that take no signals, and the one call in which a worker sleeps. A struct thread
 * belongs to whoever started it and is freed by thread_join. */
#include "net/thread.h"

#include "base/mem.h"
#include "net/loop.h"

#include <assert.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <time.h>

#define WAIT_FDS_MAX 8
#define NAME_BYTES 16 /* the kernel's limit, with the zero */

struct thread {
    pthread_t handle;
    void (*run)(void *arg);
    void *arg;
    char name[NAME_BYTES];
};

static void *thread_main(void *arg)
{
    struct thread *t = arg;
    (void)pthread_setname_np(pthread_self(), t->name);
    t->run(t->arg);
    return NULL;
}

struct thread *thread_start(const char *name, void (*run)(void *arg), void *arg)
{
    struct thread *t = xcalloc(1, sizeof(*t));
    t->run = run;
    t->arg = arg;
    memcpy(t->name, name, strnlen(name, NAME_BYTES - 1));
    /* Inherited by the new thread; signals are the control thread's business. */
    sigset_t all, before;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    int error = pthread_create(&t->handle, NULL, thread_main, t);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    if (error != 0) {
        free(t);
        return NULL;
    }
    return t;
}

void thread_join(struct thread *t)
{
    if (!t)
        return;
    int error = pthread_join(t->handle, NULL);
    assert(error == 0);
    free(t);
}

int64_t thread_cpu_ns(const struct thread *t)
{
    clockid_t clock;
    struct timespec used = {0, 0};
    if (pthread_getcpuclockid(t->handle, &clock) == 0)
        (void)clock_gettime(clock, &used);
    return (int64_t)used.tv_sec * 1000000000 + used.tv_nsec;
}

void thread_wait(const int *fds, unsigned count, int64_t until_us)
{
    assert(count <= WAIT_FDS_MAX);
    struct pollfd polled[WAIT_FDS_MAX];
    for (unsigned i = 0; i < count; i++)
        polled[i] = (struct pollfd){.fd = fds[i], .events = POLLIN};
    struct timespec timeout, *bound = NULL;
    if (until_us != INT64_MAX) {
        int64_t left_us = until_us - clock_now_us();
        if (left_us < 0)
            left_us = 0;
        timeout.tv_sec = (time_t)(left_us / 1000000);
        timeout.tv_nsec = (long)(left_us % 1000000 * 1000);
        bound = &timeout;
    }
    /* Whatever it was that ended the wait, the caller looks at everything anyway. */
    (void)ppoll(polled, count, bound, NULL);
}
