/* SPDX-License-Identifier: Apache-2.0 */
/* A connection of the web door: HTTP/1.1 and WebSocket. The law: however the bytes are cut on their
 * way, the handlers see the same. The first byte of an input says how they are cut. */
#include "base/hash.h"
#include "net/web_conn.h"

#include <stdlib.h>

#define MEMORY_MAX (256 * 1024)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const struct web_config config = {
    .max_body_bytes = 4096,
    .max_message_bytes = 4096,
    .max_header_bytes = 4096,
    .max_queue_bytes = 16 * 1024 * 1024,
};

struct run {
    struct web_conn *conn;
    int64_t now_us;
    uint64_t seen; /* digest of all that the handlers were given */
};

static void see(struct run *r, struct span bytes)
{
    const uint64_t key[2] = {r->seen, bytes.size};
    r->seen = hash_sip(key, bytes);
}

static void on_request(void *arg, const struct web_request *q)
{
    struct run *r = arg;
    see(r, span_of_str(q->method));
    see(r, q->path);
    see(r, q->query);
    see(r, q->body);
    const char *host = q->header(q, "host");
    see(r, span_of_str(host));
    struct web_header echo = {"X-Host", host ? host : ""};
    struct web_reply reply = {200, "text/plain", &echo, 1, q->body};
    if (q->upgrade)
        web_conn_accept(r->conn, r->now_us);
    else
        web_conn_reply(r->conn, r->now_us, &reply);
}

static void on_message(void *arg, web_id id, struct span bytes, bool text)
{
    struct run *r = arg;
    (void)id;
    see(r, bytes);
    see(r, span_of(&text, sizeof(text)));
    web_conn_send(r->conn, r->now_us, bytes);
}

static uint64_t run(struct span in, size_t cut)
{
    struct run r = {.now_us = 1000000};
    struct web_handlers handlers = {&r, on_request, on_message, NULL};
    struct addr peer = addr_v4(127, 0, 0, 1, 1);
    r.conn = web_conn_new(&config, &handlers, 1, &peer, r.now_us);
    while (in.size > 0) {
        struct span piece = span_first(in, cut);
        web_conn_on_input(r.conn, r.now_us, piece);
        in = span_from(in, cut);
        struct span out = web_conn_output(r.conn);
        while (out.size > 0) {
            web_conn_on_sent(r.conn, r.now_us, out.size);
            out = web_conn_output(r.conn);
        }
        if (cut < 1000 && web_conn_held(r.conn) > MEMORY_MAX)
            abort();
    }
    web_conn_on_time(r.conn, r.now_us + 60 * 1000000LL);
    web_conn_on_end(r.conn);
    web_conn_free(r.conn);
    return r.seen;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size == 0)
        return 0;
    struct span in = span_of(data + 1, size - 1);
    if (run(in, SIZE_MAX) != run(in, 1u + data[0]))
        abort();
    return 0;
}
