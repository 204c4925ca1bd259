/* SPDX-License-Identifier: Apache-2.0 */
/* A web door over loopback, on a thread of its own, with small routes; and clients of it. Every
 * wait is bounded. */
#ifndef TESTS_NET_WEB_SERVER_H
#define TESTS_NET_WEB_SERVER_H

#include <stdatomic.h>
#include <stdlib.h>

#include "base/mem.h"
#include "net/thread.h"
#include "net/web.h"
#include "tls_kit.h"
#include "web_peer.h"

#define BIG_BYTES (3 * 1024 * 1024)
#define WAIT_S 10
#define KEY "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
#define UPGRADE(path)                                                                              \
    "GET " path " HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n" KEY "\r\n"

/* ---- the server ---- */

struct server {
    struct loop *loop;
    struct web *web;
    struct thread *thread;
    uint8_t *big;
    web_id later, later_upgrade; /* to be answered by the timer */
    unsigned opened;
    atomic_uint closed;
    atomic_bool stop;
};

static inline void answer(struct server *s, web_id id, unsigned status, struct span body)
{
    static const struct web_header cors[] = {{"Access-Control-Allow-Origin", "*"}};
    web_reply(s->web, id, &(struct web_reply){status, "text/plain", cors, 1, body});
}

static inline bool is(const struct web_request *r, const char *path)
{
    return span_equal(r->path, span_of_str(path));
}

static inline void on_upgrade(struct server *s, const struct web_request *r)
{
    if (is(r, "/ws")) {
        s->opened++;
        web_accept(s->web, r->id);
    } else if (is(r, "/ws/later")) {
        s->later_upgrade = r->id;
    } else if (is(r, "/ws/401")) {
        answer(s, r->id, 401, SPAN_LITERAL("no token"));
    } else {
        answer(s, r->id, 404, SPAN_LITERAL("no such socket"));
    }
}

static inline void on_request(void *arg, const struct web_request *r)
{
    struct server *s = arg;
    char text[64];
    if (r->upgrade) {
        on_upgrade(s, r);
    } else if (is(r, "/echo")) {
        answer(s, r->id, 200, r->body);
    } else if (is(r, "/query")) {
        answer(s, r->id, 200, r->query);
    } else if (is(r, "/header")) {
        answer(s, r->id, 200, span_of_str(r->header(r, "x-test")));
    } else if (is(r, "/method")) {
        answer(s, r->id, 200, span_of_str(r->method));
    } else if (is(r, "/big")) {
        answer(s, r->id, 200, span_of(s->big, BIG_BYTES));
    } else if (is(r, "/count")) {
        snprintf(text, sizeof(text), "%u", web_connections(s->web));
        answer(s, r->id, 200, span_of_str(text));
    } else if (is(r, "/later")) {
        s->later = r->id;
    } else if (is(r, "/drop")) {
        web_close(s->web, r->id, 1000);
    } else {
        answer(s, r->id, 404, SPAN_LITERAL("no such page"));
    }
}

static inline void on_message(void *arg, web_id id, struct span bytes, bool text)
{
    struct server *s = arg;
    static const uint8_t kilobytes[16 * 1024];
    if (text && span_equal(bytes, SPAN_LITERAL("close"))) {
        web_send(s->web, id, SPAN_LITERAL("last"));
        web_close(s->web, id, 4001);
        web_send(s->web, id, SPAN_LITERAL("too late"));
    } else if (text && span_equal(bytes, SPAN_LITERAL("flood"))) {
        for (unsigned i = 0; i < 100; i++)
            web_send(s->web, id, span_of(kilobytes, sizeof(kilobytes)));
    } else {
        web_send(s->web, id, bytes);
    }
}

static inline void on_closed(void *arg, web_id id)
{
    struct server *s = arg;
    /* Harmless from here on. */
    web_send(s->web, id, SPAN_LITERAL("x"));
    web_close(s->web, id, 1000);
    atomic_fetch_add(&s->closed, 1);
}

static inline void on_tick(void *arg)
{
    struct server *s = arg;
    if (s->later)
        answer(s, s->later, 200, SPAN_LITERAL("at last"));
    if (s->later_upgrade)
        web_accept(s->web, s->later_upgrade);
    s->later = s->later_upgrade = 0;
    web_send(s->web, 1ULL << 60, SPAN_LITERAL("nobody"));
    if (atomic_load(&s->stop))
        loop_stop(s->loop);
}

static inline void server_run(void *arg)
{
    struct server *s = arg;
    loop_run(s->loop);
}

static inline struct server *server_start_with(const struct tls_kit *kit, uint32_t total,
                                               uint32_t each, uint32_t held)
{
    struct server *s = xcalloc(1, sizeof(*s));
    struct web_config config = {
        .listen = addr_v4(127, 0, 0, 1, 0),
        .tls_cert = kit ? kit->cert_file : NULL,
        .tls_key = kit ? kit->key_file : NULL,
        .max_body_bytes = 100000,
        .max_message_bytes = 70000,
        .max_header_bytes = 32768,
        .max_connections = total,
        .max_connections_per_address = each,
        .max_held_per_address = held,
        .max_queue_bytes = 1024 * 1024,
    };
    struct web_handlers handlers = {s, on_request, on_message, on_closed};
    int error = 0;
    s->big = xmalloc(BIG_BYTES);
    for (size_t i = 0; i < BIG_BYTES; i++)
        s->big[i] = (uint8_t)(i ^ (i >> 8));
    s->loop = loop_new();
    s->web = web_new(s->loop, &config, &handlers, &error);
    assert_non_null(s->web);
    loop_every(s->loop, 10, on_tick, s);
    s->thread = thread_start("web", server_run, s);
    return s;
}

static inline struct server *server_start(const struct tls_kit *kit, uint32_t total, uint32_t each)
{
    return server_start_with(kit, total, each, 0);
}

static inline struct server *server_start_holding(uint32_t held)
{
    return server_start_with(NULL, 100, 0, held);
}

static inline void server_stop(struct server *s)
{
    atomic_store(&s->stop, true);
    thread_join(s->thread);
    web_free(s->web);
    loop_free(s->loop);
    free(s->big);
    free(s);
}

static inline void wait_closed(struct server *s, unsigned count)
{
    int64_t until_us = clock_now_us() + WAIT_S * 1000000;
    while (atomic_load(&s->closed) < count && clock_now_us() < until_us)
        thread_wait(NULL, 0, clock_now_us() + 2000);
    assert_int_equal(atomic_load(&s->closed), count);
}

/* ---- clients ---- */

static inline struct peer *peer_new(const struct server *s, SSL_CTX *tls)
{
    return peer_connect(web_port(s->web), tls);
}

static inline struct peer *socket_open(struct server *s, SSL_CTX *tls)
{
    struct peer *p = peer_new(s, tls);
    put_text(p, UPGRADE("/ws"));
    expect_reply(p, 101, NULL);
    assert_non_null(strstr(p->head, "Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n"));
    return p;
}

#endif
