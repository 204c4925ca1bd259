/* SPDX-License-Identifier: Apache-2.0 */
/* The clock, and the control thread's event loop. Owns the libuv loop and every timer, watch and
 * signal handle that is made on it. All but the clock on one thread. */
#include "net/loop.h"

#include "base/list.h"
#include "base/mem.h"

#include <assert.h>
#include <signal.h>
#include <stdlib.h>
#include <time.h>
#include <uv.h>

enum { SIGNAL_COUNT = 3 };

/* A timer, a watched descriptor or a signal: a handle with whom to call. */
struct source {
    struct list link;
    union {
        uv_handle_t handle;
        uv_timer_t timer;
        uv_poll_t poll;
        uv_signal_t signal;
        uv_async_t async;
    } uv;
    void (*fn)(void *arg);
    void (*on_signal)(void *arg, int signal);
    void *arg;
};

struct loop {
    uv_loop_t uv;
    struct list sources;
    bool stopped;
};

int64_t clock_now_us(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (int64_t)t.tv_sec * 1000000 + t.tv_nsec / 1000;
}

int64_t clock_unix_ms(void)
{
    struct timespec t;
    clock_gettime(CLOCK_REALTIME, &t);
    return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

static struct source *source_new(struct loop *l, void (*fn)(void *arg), void *arg)
{
    struct source *s = xcalloc(1, sizeof(*s));
    s->fn = fn;
    s->arg = arg;
    s->uv.handle.data = s;
    list_append(&l->sources, &s->link);
    return s;
}

static void source_closed(uv_handle_t *handle)
{
    struct source *s = handle->data;
    list_remove(&s->link);
    free(s);
}

struct loop *loop_new(void)
{
    signal(SIGPIPE, SIG_IGN);
    signal(SIGXFSZ, SIG_IGN);
    struct loop *l = xcalloc(1, sizeof(*l));
    list_init(&l->sources);
    if (uv_loop_init(&l->uv) != 0) {
        free(l);
        return NULL;
    }
    /* A loop without an active handle would end by itself; this one is never signalled. */
    struct source *keep = source_new(l, NULL, NULL);
    int error = uv_async_init(&l->uv, &keep->uv.async, NULL);
    assert(error == 0);
    return l;
}

void loop_free(struct loop *l)
{
    if (!l)
        return;
    list_each(node, &l->sources)
    {
        struct source *s = list_entry(node, struct source, link);
        if (!uv_is_closing(&s->uv.handle))
            uv_close(&s->uv.handle, source_closed);
    }
    uv_run(&l->uv, UV_RUN_DEFAULT);
    int error = uv_loop_close(&l->uv);
    assert(error == 0);
    free(l);
}

void loop_run(struct loop *l)
{
    l->stopped = false;
    while (!l->stopped)
        uv_run(&l->uv, UV_RUN_DEFAULT);
}

void loop_stop(struct loop *l)
{
    l->stopped = true;
    uv_stop(&l->uv);
}

static void timer_fired(uv_timer_t *timer)
{
    const struct source *s = timer->data;
    s->fn(s->arg);
}

void loop_every(struct loop *l, unsigned interval_ms, void (*fn)(void *arg), void *arg)
{
    struct source *s = source_new(l, fn, arg);
    int error = uv_timer_init(&l->uv, &s->uv.timer);
    assert(error == 0);
    error = uv_timer_start(&s->uv.timer, timer_fired, interval_ms, interval_ms);
    assert(error == 0);
}

static void poll_fired(uv_poll_t *poll, int status, int events)
{
    (void)status;
    (void)events;
    const struct source *s = poll->data;
    s->fn(s->arg);
}

bool loop_watch(struct loop *l, int fd, void (*fn)(void *arg), void *arg)
{
    struct source *s = source_new(l, fn, arg);
    if (uv_poll_init(&l->uv, &s->uv.poll, fd) != 0) {
        list_remove(&s->link);
        free(s);
        return false;
    }
    if (uv_poll_start(&s->uv.poll, UV_READABLE, poll_fired) != 0) {
        uv_close(&s->uv.handle, source_closed);
        return false;
    }
    return true;
}

void loop_forget(struct loop *l, const void *arg)
{
    list_each(node, &l->sources)
    {
        struct source *s = list_entry(node, struct source, link);
        if (s->arg != arg || uv_is_closing(&s->uv.handle))
            continue;
        uv_close(&s->uv.handle, source_closed);
    }
}

static void signal_fired(uv_signal_t *signal, int number)
{
    const struct source *s = signal->data;
    s->on_signal(s->arg, number);
}

void loop_on_signal(struct loop *l, void (*fn)(void *arg, int signal), void *arg)
{
    static const int numbers[SIGNAL_COUNT] = {SIGTERM, SIGINT, SIGHUP};
    for (unsigned i = 0; i < SIGNAL_COUNT; i++) {
        struct source *s = source_new(l, NULL, arg);
        s->on_signal = fn;
        int error = uv_signal_init(&l->uv, &s->uv.signal);
        assert(error == 0);
        error = uv_signal_start(&s->uv.signal, signal_fired, numbers[i]);
        assert(error == 0);
    }
}
