/* SPDX-License-Identifier: Apache-2.0 */
/* For tests of what we send to others: an HTTP server on a free port of the loopback interface,
 * which keeps what it is sent and answers as it is told. */
#ifndef TESTS_SERVER_SINK_H
#define TESTS_SERVER_SINK_H

#include "base/mem.h"
#include "base/str.h"
#include "net/loop.h"
#include "net/mailbox.h"
#include "net/thread.h"
#include "net/web.h"

#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#define SINK_REQUESTS 64
#define SINK_WAIT_S 20

struct sink_request {
    char method[8], path[128];
    char authorization[2048], content_type[64], event[64], signature[128], timestamp[64];
    uint8_t *body; /* with a zero behind it */
    size_t body_size;
};

struct sink {
    struct loop *loop;
    struct web *web;
    struct thread *thread;
    struct mailbox *end;
    struct mail last;
    uint16_t port;
    char url[64];
    pthread_mutex_t mutex;
    pthread_cond_t came;
    struct sink_request requests[SINK_REQUESTS];
    unsigned count;
    /* How to answer, changed by sink_answer. 0: never. */
    unsigned status;
    const char *location;
    uint8_t body[4096];
    size_t body_size;
    unsigned once; /* another status for the next request alone; 0: none */
    struct span once_body;
};

static inline void sink_copy(char *out, size_t size, const char *text)
{
    snprintf(out, size, "%s", text ? text : "");
}

static inline void sink_on_request(void *arg, const struct web_request *r)
{
    struct sink *s = arg;

    pthread_mutex_lock(&s->mutex);
    if (s->count < SINK_REQUESTS) {
        struct sink_request *q = &s->requests[s->count++];
        sink_copy(q->method, sizeof q->method, r->method);
        snprintf(q->path, sizeof q->path, "%.*s", (int)r->path.size, (const char *)r->path.data);
        sink_copy(q->authorization, sizeof q->authorization, r->header(r, "authorization"));
        sink_copy(q->content_type, sizeof q->content_type, r->header(r, "content-type"));
        sink_copy(q->event, sizeof q->event, r->header(r, "x-bedrud-event"));
        sink_copy(q->signature, sizeof q->signature, r->header(r, "x-bedrud-signature"));
        sink_copy(q->timestamp, sizeof q->timestamp, r->header(r, "x-bedrud-timestamp"));
        q->body = xcalloc(1, r->body.size + 1);
        q->body_size = r->body.size;
        if (r->body.size)
            memcpy(q->body, r->body.data, r->body.size);
    }
    const struct web_header location = {"Location", s->location};
    unsigned once = s->once;
    s->once = 0;
    if (once || s->status)
        web_reply(
            s->web, r->id,
            &(struct web_reply){.status = once ? once : s->status,
                                .content_type = "application/octet-stream",
                                .headers = &location,
                                .header_count = s->location ? 1 : 0,
                                .body = once ? s->once_body : span_of(s->body, s->body_size)});
    pthread_cond_broadcast(&s->came);
    pthread_mutex_unlock(&s->mutex);
}

static inline void sink_on_message(void *arg, web_id id, struct span bytes, bool text)
{
    (void)arg;
    (void)id;
    (void)bytes;
    (void)text;
}

static inline void sink_on_closed(void *arg, web_id id)
{
    (void)arg;
    (void)id;
}

static inline void sink_on_end(void *arg)
{
    struct sink *s = arg;

    if (mailbox_take(s->end))
        loop_stop(s->loop);
}

static inline void sink_run(void *arg)
{
    loop_run(((struct sink *)arg)->loop);
}

static inline void sink_start(struct sink *s)
{
    struct web_config config = {.max_body_bytes = 1 << 20,
                                .max_message_bytes = 1024,
                                .max_header_bytes = 16384,
                                .max_connections = 64,
                                .max_queue_bytes = 1 << 20};
    const struct web_handlers handlers = {s, sink_on_request, sink_on_message, sink_on_closed};
    int error = 0;

    memset(s, 0, sizeof *s);
    s->status = 200;
    pthread_mutex_init(&s->mutex, NULL);
    pthread_cond_init(&s->came, NULL);
    s->loop = loop_new();
    s->end = mailbox_new();
    loop_watch(s->loop, mailbox_fd(s->end), sink_on_end, s);
    config.listen = addr_v4(127, 0, 0, 1, 0);
    s->web = web_new(s->loop, &config, &handlers, &error);
    assert_non_null(s->web);
    s->port = web_port(s->web);
    snprintf(s->url, sizeof s->url, "http://127.0.0.1:%u", s->port);
    s->thread = thread_start("sink", sink_run, s);
}

static inline void sink_nothing(struct mail *m)
{
    (void)m;
}

static inline void sink_stop(struct sink *s)
{
    mailbox_post(s->end, &s->last);
    thread_join(s->thread);
    web_free(s->web);
    loop_free(s->loop);
    mailbox_free(s->end, sink_nothing);
    for (unsigned i = 0; i < s->count; i++)
        free(s->requests[i].body);
    pthread_mutex_destroy(&s->mutex);
    pthread_cond_destroy(&s->came);
}

/* From the next request on. */
static inline void sink_answer(struct sink *s, unsigned status, struct span body)
{
    pthread_mutex_lock(&s->mutex);
    assert_true(body.size <= sizeof s->body);
    s->status = status;
    s->location = NULL;
    s->body_size = body.size;
    if (body.size)
        memcpy(s->body, body.data, body.size);
    pthread_mutex_unlock(&s->mutex);
}

/* The next request alone; the body is a literal. */
static inline void sink_answer_once(struct sink *s, unsigned status, struct span body)
{
    pthread_mutex_lock(&s->mutex);
    s->once = status;
    s->once_body = body;
    pthread_mutex_unlock(&s->mutex);
}

static inline void sink_redirect(struct sink *s, const char *location)
{
    sink_answer(s, 307, span_of(NULL, 0));
    pthread_mutex_lock(&s->mutex);
    s->location = location;
    pthread_mutex_unlock(&s->mutex);
}

static inline unsigned sink_count(struct sink *s)
{
    pthread_mutex_lock(&s->mutex);
    unsigned n = s->count;
    pthread_mutex_unlock(&s->mutex);
    return n;
}

/* The n-th request, counted from 0, once it is there; it stays. */
static inline const struct sink_request *sink_await(struct sink *s, unsigned n)
{
    struct timespec until;
    int error = 0;

    clock_gettime(CLOCK_REALTIME, &until);
    until.tv_sec += SINK_WAIT_S;
    pthread_mutex_lock(&s->mutex);
    while (s->count <= n && !error)
        error = pthread_cond_timedwait(&s->came, &s->mutex, &until);
    pthread_mutex_unlock(&s->mutex);
    if (error)
        fail_msg("no request %u", n);
    return &s->requests[n];
}

#endif
