/* SPDX-License-Identifier: Apache-2.0 */
/* What tests of a single connection need: its handlers, what they saw, and a feed and drain without
 * sockets. */
#ifndef TESTS_NET_CONN_KIT_H
#define TESTS_NET_CONN_KIT_H

#include "base/mem.h"
#include "net/web_buffer.h"
#include "net/web_conn.h"
#include "net/web_frame.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#define SECOND 1000000LL
#define UPGRADE                                                                                    \
    "GET /ws HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"                 \
    "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"

static const struct web_config config = {
    .max_body_bytes = 1000,
    .max_message_bytes = 1000,
    .max_header_bytes = 2000,
    .max_queue_bytes = 5000,
};

struct fixture {
    struct web_conn *conn;
    struct web_handlers handlers;
    int64_t now_us;
    bool later; /* do not answer within the call */
    unsigned requests, messages;
    struct web_buffer seen;   /* what the handlers saw, in lines */
    struct web_buffer output; /* all that was sent */
};

static inline void seen_add(struct fixture *f, const char *what, struct span bytes)
{
    web_buffer_append(&f->seen, span_of_str(what));
    web_buffer_append(&f->seen, bytes);
    web_buffer_append(&f->seen, SPAN_LITERAL("|"));
}

static inline void on_request(void *arg, const struct web_request *r)
{
    struct fixture *f = arg;
    f->requests++;
    seen_add(f, r->method, r->path);
    if (r->body.size > 0)
        seen_add(f, "body=", r->body);
    assert_int_equal(r->id, 7);
    assert_non_null(r->header(r, "host"));
    if (f->later)
        return;
    static const struct web_header cors = {"Access-Control-Allow-Origin", "*"};
    if (r->upgrade && span_equal(r->path, SPAN_LITERAL("/ws")))
        web_conn_accept(f->conn, f->now_us);
    else if (r->upgrade)
        web_conn_reply(f->conn, f->now_us,
                       &(struct web_reply){404, "text/plain", &cors, 1, SPAN_LITERAL("gone")});
    else
        web_conn_reply(f->conn, f->now_us,
                       &(struct web_reply){200, NULL, NULL, 0, SPAN_LITERAL("ok")});
}

static inline void on_message(void *arg, web_id id, struct span bytes, bool text)
{
    struct fixture *f = arg;
    assert_int_equal(id, 7);
    f->messages++;
    seen_add(f, text ? "text=" : "binary=", span_first(bytes, 40));
    if (span_equal(bytes, SPAN_LITERAL("close")))
        web_conn_close(f->conn, f->now_us, 4001);
    if (span_equal(bytes, SPAN_LITERAL("echo")))
        web_conn_send(f->conn, f->now_us, bytes);
    static const uint8_t large[1000];
    for (unsigned i = 0; i < 10 && span_equal(bytes, SPAN_LITERAL("flood")); i++)
        web_conn_send(f->conn, f->now_us, span_of(large, sizeof(large)));
}

static inline int setup(void **state)
{
    struct fixture *f = xcalloc(1, sizeof(*f));
    f->now_us = 1000 * SECOND;
    f->handlers = (struct web_handlers){f, on_request, on_message, NULL};
    struct addr peer = addr_v4(127, 0, 0, 1, 5);
    f->conn = web_conn_new(&config, &f->handlers, 7, &peer, f->now_us);
    *state = f;
    return 0;
}

static inline int teardown(void **state)
{
    struct fixture *f = *state;
    web_conn_free(f->conn);
    web_buffer_clear(&f->seen);
    web_buffer_clear(&f->output);
    free(f);
    return 0;
}

/* Takes the output, in pieces, as a socket would. */
static inline void drain(struct fixture *f)
{
    struct span out = web_conn_output(f->conn);
    while (out.size > 0) {
        struct span piece = span_first(out, 100);
        web_buffer_append(&f->output, piece);
        web_conn_on_sent(f->conn, f->now_us, piece.size);
        out = web_conn_output(f->conn);
    }
}

static inline void feed_bytes(struct fixture *f, struct span bytes)
{
    web_conn_on_input(f->conn, f->now_us, bytes);
    drain(f);
}

static inline void feed(struct fixture *f, const char *text)
{
    feed_bytes(f, span_of_str(text));
}

static inline void frame(struct fixture *f, unsigned first, struct span payload)
{
    static const uint8_t mask[4] = {1, 2, 3, 4};
    uint8_t bytes[4096], header[WEB_FRAME_HEADER_MAX];
    size_t n = web_frame_write(WEB_OPCODE_BINARY, payload.size, header);
    header[0] = (uint8_t)first;
    header[1] |= 0x80;
    memcpy(bytes, header, n);
    memcpy(bytes + n, mask, 4);
    if (payload.size > 0)
        memcpy(bytes + n + 4, payload.data, payload.size);
    web_frame_mask(bytes + n + 4, payload.size, mask);
    feed_bytes(f, span_of(bytes, n + 4 + payload.size));
}

static inline void expect_seen(struct fixture *f, const char *text)
{
    struct span got = web_buffer_span(&f->seen);
    if (!span_equal(got, span_of_str(text)))
        fail_msg("seen: %.*s", (int)got.size, (const char *)got.data);
    web_buffer_clear(&f->seen);
}

/* Compares and forgets all output. */
static inline void expect_output(struct fixture *f, struct span bytes)
{
    struct span got = web_buffer_span(&f->output);
    if (!span_equal(got, bytes))
        fail_msg("output of %zu: %.*s", got.size, (int)got.size, (const char *)got.data);
    web_buffer_clear(&f->output);
}

static inline void expect_status(struct fixture *f, unsigned status)
{
    char line[16];
    int n = snprintf(line, sizeof(line), "HTTP/1.1 %u ", status);
    struct span got = web_buffer_span(&f->output);
    if (!span_equal(span_first(got, (size_t)n), span_of(line, (size_t)n)))
        fail_msg("output, not %u: %.*s", status, (int)got.size, (const char *)got.data);
    web_buffer_clear(&f->output);
}

static inline void open_socket(struct fixture *f)
{
    feed(f, UPGRADE "\r\n");
    expect_output(f, SPAN_LITERAL("HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n"
                                  "Connection: Upgrade\r\nSec-WebSocket-Accept: "
                                  "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n\r\n"));
    assert_true(web_conn_open(f->conn));
    expect_seen(f, "GET/ws|");
}

#endif
