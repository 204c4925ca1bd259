/* SPDX-License-Identifier: Apache-2.0 */
/* One connection: head, body, answer, and again; or a WebSocket until it closes. Owns its input,
 * its output, the head of the request whose body is coming, and the message whose fragments are
 * coming. Control thread. */
#include "net/web_conn.h"

#include "base/encode.h"
#include "base/mem.h"
#include "net/web_frame.h"
#include "net/web_http.h"

#include <assert.h>
#include <stdlib.h>

enum phase {
    PHASE_HEAD, /* a request's head is coming, or the connection is idle */
    PHASE_BODY,
    PHASE_WAITING, /* the owner has the request */
    PHASE_OPEN,    /* WebSocket */
    PHASE_ENDING,  /* what is in the output goes out, then the end; input is thrown away */
    PHASE_DEAD,
};

struct request {
    struct web_http_head head;
    char text[];
};

struct web_conn {
    const struct web_config *config;
    const struct web_handlers *handlers;
    web_id id;
    struct addr peer;
    enum phase phase;
    bool ended;                     /* the peer sends no more */
    bool upgrade;                   /* of the request that waits */
    struct web_http_form form;      /* of its reply */
    enum web_opcode message_opcode; /* of the fragments in `body`; CONTINUATION: none */
    int64_t deadline_us;            /* of head, body, idling and lingering */
    int64_t sent_us;                /* when output last moved */
    int64_t heard_us, pinged_us;
    size_t searched; /* bytes of the input without the end of a head */
    struct request *request;
    struct web_http_chunks chunks;
    struct web_buffer in, out, body;
    char accept[WEB_FRAME_ACCEPT_SIZE];
};

struct web_conn *web_conn_new(const struct web_config *config, const struct web_handlers *handlers,
                              web_id id, const struct addr *peer, int64_t now_us)
{
    struct web_conn *c = xcalloc(1, sizeof(*c));
    c->config = config;
    c->handlers = handlers;
    c->id = id;
    c->peer = *peer;
    c->deadline_us = now_us + LIMIT_HTTP_HEAD_US;
    return c;
}

void web_conn_free(struct web_conn *c)
{
    if (!c)
        return;
    web_buffer_clear(&c->in);
    web_buffer_clear(&c->out);
    web_buffer_clear(&c->body);
    free(c->request);
    free(c);
}

static bool output_empty(const struct web_conn *c)
{
    return web_buffer_size(&c->out) == 0;
}

enum web_conn_state web_conn_state(const struct web_conn *c)
{
    if (c->phase == PHASE_DEAD)
        return WEB_CONN_DEAD;
    return c->phase == PHASE_ENDING && output_empty(c) ? WEB_CONN_LINGER : WEB_CONN_LIVE;
}

bool web_conn_open(const struct web_conn *c)
{
    return c->phase == PHASE_OPEN;
}

bool web_conn_wants_input(const struct web_conn *c)
{
    if (c->ended || c->phase == PHASE_WAITING || c->phase == PHASE_DEAD)
        return false;
    /* A peer that asks on and on and does not read the answers is not read either. */
    return c->phase != PHASE_HEAD || output_empty(c);
}

size_t web_conn_held(const struct web_conn *c)
{
    return c->in.capacity + c->out.capacity + c->body.capacity;
}

struct span web_conn_output(const struct web_conn *c)
{
    return web_buffer_span(&c->out);
}

static void output_begin(struct web_conn *c, int64_t now_us)
{
    if (output_empty(c))
        c->sent_us = now_us;
}

static void end_begin(struct web_conn *c, int64_t now_us)
{
    c->phase = PHASE_ENDING;
    c->deadline_us = now_us + LIMIT_WEB_LINGER_US;
}

/* Answers a request that the owner never sees, and ends: where the next one would begin is not
 * known. */
static void refuse(struct web_conn *c, int64_t now_us, unsigned status)
{
    static const struct web_header versions = {"Sec-WebSocket-Version", "13"};
    struct web_reply reply = {
        .status = status,
        .content_type = "text/plain",
        .headers = &versions,
        .header_count = status == 426,
        .body = span_of_str(web_http_reason(status)),
    };
    output_begin(c, now_us);
    web_http_reply_write(&reply, (struct web_http_form){.http_1_1 = true}, &c->out);
    end_begin(c, now_us);
}

static const char *request_header(const struct web_request *r, const char *lower_case_name)
{
    return web_http_header(r->internal, lower_case_name);
}

/* Shows the request to the owner, who may answer within the call. */
static void request_dispatch(struct web_conn *c, struct span body)
{
    struct request *request = c->request;
    const struct web_http_head *head = &request->head;
    struct web_request r = {
        .id = c->id,
        .method = head->method,
        .path = head->path,
        .query = head->query,
        .body = body,
        .peer = c->peer,
        .header = request_header,
        .internal = head,
        .upgrade = head->upgrade,
    };
    c->phase = PHASE_WAITING;
    c->upgrade = head->upgrade;
    c->form = (struct web_http_form){
        .head_only = strcmp(head->method, "HEAD") == 0,
        .keep_alive = head->keep_alive,
        .http_1_1 = head->http_1_1,
    };
    c->handlers->request(c->handlers->arg, &r);
    free(request);
    c->request = NULL;
}

/* What HTTP says about an upgrade, before its owner is asked. */
static unsigned upgrade_check(struct web_conn *c, const struct web_http_head *head)
{
    const char *version = web_http_header(head, "sec-websocket-version");
    const char *key = web_http_header(head, "sec-websocket-key");
    if (!version || strcmp(version, "13") != 0)
        return 426;
    if (!key || !web_frame_accept(key, c->accept) || head->chunked || head->content_length > 0)
        return 400;
    return 0;
}

static uint32_t body_most(const struct web_conn *c)
{
    return c->config->max_body_of ? c->config->max_body_of(c->request->head.path)
                                  : c->config->max_body_bytes;
}

/* The head is whole: goes on to its body, or to the owner when it has none. */
static void head_accept(struct web_conn *c, int64_t now_us)
{
    const struct web_http_head *head = &c->request->head;
    unsigned status = head->upgrade ? upgrade_check(c, head) : 0;
    if (status == 0 && head->content_length > body_most(c))
        status = 413;
    if (status != 0) {
        refuse(c, now_us, status);
        return;
    }
    if (!head->chunked && head->content_length == 0) {
        request_dispatch(c, span_of(NULL, 0));
        return;
    }
    c->phase = PHASE_BODY;
    c->deadline_us = now_us + LIMIT_HTTP_BODY_US;
    c->chunks = (struct web_http_chunks){0};
    if (head->expects_continue && head->http_1_1 && web_buffer_size(&c->in) == 0) {
        output_begin(c, now_us);
        web_buffer_append(&c->out, SPAN_LITERAL("HTTP/1.1 100 Continue\r\n\r\n"));
    }
}

/* True when there may be more to do. */
static bool head_take(struct web_conn *c, int64_t now_us)
{
    if (!output_empty(c))
        return false;
    /* Empty lines before a request are allowed (RFC 9112 2.2). */
    while (c->searched == 0 && web_buffer_size(&c->in) > 0 &&
           (*web_buffer_bytes(&c->in) == '\r' || *web_buffer_bytes(&c->in) == '\n'))
        web_buffer_take(&c->in, 1);
    struct span in = web_buffer_span(&c->in);
    if (in.size == 0)
        return false;
    if (c->searched == 0)
        c->deadline_us = now_us + LIMIT_HTTP_HEAD_US;
    size_t end = web_http_head_end(in, c->searched);
    c->searched = in.size;
    if (in.data[0] <= ' ' ||
        in.data[0] > '~') { /* TLS on a clear port, for one; no end would come */
        refuse(c, now_us, 400);
        return true;
    }
    if (end > c->config->max_header_bytes || (end == 0 && in.size > c->config->max_header_bytes)) {
        refuse(c, now_us, 431);
        return true;
    }
    if (end == 0)
        return false;
    c->searched = 0;
    c->request = xmalloc(sizeof(*c->request) + end);
    memcpy(c->request->text, in.data, end);
    web_buffer_take(&c->in, end);
    unsigned status = web_http_head_parse(c->request->text, end, &c->request->head);
    if (status != 0)
        refuse(c, now_us, status);
    else
        head_accept(c, now_us);
    return true;
}

static bool body_take_chunked(struct web_conn *c, int64_t now_us)
{
    size_t used;
    unsigned status =
        web_http_chunks_read(&c->chunks, web_buffer_span(&c->in), body_most(c), &c->body, &used);
    web_buffer_take(&c->in, used);
    if (status != 0) {
        refuse(c, now_us, status);
        return true;
    }
    if (c->chunks.state != WEB_CHUNK_DONE)
        return false;
    request_dispatch(c, web_buffer_span(&c->body));
    web_buffer_clear(&c->body);
    return true;
}

static bool body_take(struct web_conn *c, int64_t now_us)
{
    if (c->request->head.chunked)
        return body_take_chunked(c, now_us);
    size_t size = (size_t)c->request->head.content_length;
    if (web_buffer_size(&c->in) < size)
        return false;
    request_dispatch(c, span_first(web_buffer_span(&c->in), size));
    web_buffer_take(&c->in, size);
    return true;
}

static void frame_send(struct web_conn *c, int64_t now_us, enum web_opcode opcode,
                       struct span payload)
{
    uint8_t header[WEB_FRAME_HEADER_MAX];
    size_t size = web_frame_write(opcode, payload.size, header);
    if (web_buffer_size(&c->out) + size + payload.size > c->config->max_queue_bytes) {
        /* Too slow: what it has not taken yet, it will not get. The input stays: a handler may be
         * reading in it. */
        web_buffer_clear(&c->out);
        c->phase = PHASE_DEAD;
        return;
    }
    output_begin(c, now_us);
    web_buffer_append(&c->out, span_of(header, size));
    web_buffer_append(&c->out, payload);
}

/* code 0: a close frame without one. */
static void close_send(struct web_conn *c, int64_t now_us, uint16_t code)
{
    const uint8_t bytes[2] = {(uint8_t)(code >> 8), (uint8_t)code};
    frame_send(c, now_us, WEB_OPCODE_CLOSE, span_of(bytes, code ? sizeof(bytes) : 0));
    if (c->phase == PHASE_OPEN)
        end_begin(c, now_us);
}

static void close_received(struct web_conn *c, int64_t now_us, struct span payload)
{
    uint16_t code = 0;
    if (payload.size >= 2)
        code = (uint16_t)(payload.data[0] << 8 | payload.data[1]);
    if (payload.size == 1 || (payload.size >= 2 && !web_frame_close_code_valid(code)))
        close_send(c, now_us, WEB_CLOSE_PROTOCOL);
    else if (!utf8_valid(span_from(payload, 2)))
        close_send(c, now_us, WEB_CLOSE_BAD_TEXT);
    else
        close_send(c, now_us, code);
}

static void message_deliver(struct web_conn *c, int64_t now_us, struct span bytes, bool text)
{
    if (text && !utf8_valid(bytes))
        close_send(c, now_us, WEB_CLOSE_BAD_TEXT);
    else
        c->handlers->message(c->handlers->arg, c->id, bytes, text);
}

static void data_received(struct web_conn *c, int64_t now_us, const struct web_frame *f,
                          struct span payload)
{
    bool continues = f->opcode == WEB_OPCODE_CONTINUATION;
    if (continues != (c->message_opcode != WEB_OPCODE_CONTINUATION)) {
        close_send(c, now_us, WEB_CLOSE_PROTOCOL);
        return;
    }
    if (!continues && f->final) {
        message_deliver(c, now_us, payload, f->opcode == WEB_OPCODE_TEXT);
        return;
    }
    if (!continues)
        c->message_opcode = f->opcode;
    web_buffer_append(&c->body, payload);
    if (!f->final)
        return;
    bool text = c->message_opcode == WEB_OPCODE_TEXT;
    c->message_opcode = WEB_OPCODE_CONTINUATION;
    message_deliver(c, now_us, web_buffer_span(&c->body), text);
    web_buffer_clear(&c->body);
}

static bool frame_take(struct web_conn *c, int64_t now_us)
{
    struct web_frame f;
    struct span in = web_buffer_span(&c->in);
    enum web_frame_result result = web_frame_parse(in, &f);
    if (result == WEB_FRAME_MORE)
        return false;
    if (result == WEB_FRAME_BAD) {
        close_send(c, now_us, WEB_CLOSE_PROTOCOL);
        return true;
    }
    size_t before = f.opcode < WEB_OPCODE_CLOSE ? web_buffer_size(&c->body) : 0;
    if (f.size_bytes > c->config->max_message_bytes - before) {
        close_send(c, now_us, WEB_CLOSE_TOO_LARGE);
        return true;
    }
    size_t size = (size_t)f.size_bytes;
    if (in.size < f.header_bytes + size)
        return false;
    uint8_t *payload = web_buffer_bytes(&c->in) + f.header_bytes;
    web_frame_mask(payload, size, f.mask);
    if (f.opcode == WEB_OPCODE_CLOSE)
        close_received(c, now_us, span_of(payload, size));
    else if (f.opcode == WEB_OPCODE_PING)
        frame_send(c, now_us, WEB_OPCODE_PONG, span_of(payload, size));
    else if (f.opcode != WEB_OPCODE_PONG)
        data_received(c, now_us, &f, span_of(payload, size));
    web_buffer_take(&c->in, f.header_bytes + size);
    return true;
}

static void advance(struct web_conn *c, int64_t now_us)
{
    bool more = true;
    while (more) {
        switch (c->phase) {
        case PHASE_HEAD:
            more = head_take(c, now_us);
            break;
        case PHASE_BODY:
            more = body_take(c, now_us);
            break;
        case PHASE_WAITING:
            more = false;
            break;
        case PHASE_OPEN:
            more = frame_take(c, now_us);
            break;
        case PHASE_ENDING:
        case PHASE_DEAD:
            web_buffer_clear(&c->in);
            more = false;
            break;
        }
    }
}

void web_conn_on_input(struct web_conn *c, int64_t now_us, struct span bytes)
{
    if (bytes.size > 0)
        c->heard_us = now_us;
    if (c->phase != PHASE_ENDING && c->phase != PHASE_DEAD)
        web_buffer_append(&c->in, bytes);
    advance(c, now_us);
}

void web_conn_on_end(struct web_conn *c)
{
    c->ended = true;
    /* Who only ends its sending side may still read the answer. */
    bool answering = c->phase == PHASE_HEAD || c->phase == PHASE_ENDING;
    c->phase = answering && !output_empty(c) ? PHASE_ENDING : PHASE_DEAD;
}

void web_conn_on_sent(struct web_conn *c, int64_t now_us, size_t size)
{
    web_buffer_take(&c->out, size);
    c->sent_us = now_us;
    if (!output_empty(c))
        return;
    if (c->phase == PHASE_ENDING) {
        c->deadline_us = now_us + LIMIT_WEB_LINGER_US;
        if (c->ended)
            c->phase = PHASE_DEAD;
    } else if (c->phase == PHASE_HEAD) {
        c->deadline_us = now_us + LIMIT_HTTP_IDLE_US;
        advance(c, now_us);
    }
}

static void socket_on_time(struct web_conn *c, int64_t now_us)
{
    int64_t last = c->heard_us > c->pinged_us ? c->heard_us : c->pinged_us;
    if (now_us - c->heard_us >= LIMIT_WEB_SILENCE_US) {
        c->phase = PHASE_DEAD;
    } else if (now_us - last >= LIMIT_WEB_PING_US) {
        c->pinged_us = now_us;
        frame_send(c, now_us, WEB_OPCODE_PING, span_of(NULL, 0));
    }
}

void web_conn_on_time(struct web_conn *c, int64_t now_us)
{
    if (!output_empty(c) && now_us - c->sent_us >= LIMIT_WEB_STUCK_US)
        c->phase = PHASE_DEAD;
    switch (c->phase) {
    case PHASE_HEAD:
        if (!output_empty(c) || now_us < c->deadline_us)
            break;
        if (web_buffer_size(&c->in) > 0)
            refuse(c, now_us, 408);
        else
            c->phase = PHASE_DEAD;
        break;
    case PHASE_BODY:
        if (now_us >= c->deadline_us)
            refuse(c, now_us, 408);
        break;
    case PHASE_OPEN:
        socket_on_time(c, now_us);
        break;
    case PHASE_ENDING:
        if (output_empty(c) && now_us >= c->deadline_us)
            c->phase = PHASE_DEAD;
        break;
    case PHASE_WAITING:
    case PHASE_DEAD:
        break;
    }
}

void web_conn_reply(struct web_conn *c, int64_t now_us, const struct web_reply *reply)
{
    if (c->phase != PHASE_WAITING)
        return;
    output_begin(c, now_us);
    web_http_reply_write(reply, c->form, &c->out);
    if (!c->form.keep_alive) {
        end_begin(c, now_us);
        return;
    }
    c->phase = PHASE_HEAD;
}

void web_conn_accept(struct web_conn *c, int64_t now_us)
{
    if (c->phase != PHASE_WAITING || !c->upgrade)
        return;
    output_begin(c, now_us);
    web_buffer_append(&c->out, SPAN_LITERAL("HTTP/1.1 101 Switching Protocols\r\n"
                                            "Upgrade: websocket\r\n"
                                            "Connection: Upgrade\r\n"
                                            "Sec-WebSocket-Accept: "));
    web_buffer_append(&c->out, span_of_str(c->accept));
    web_buffer_append(&c->out, SPAN_LITERAL("\r\n\r\n"));
    c->phase = PHASE_OPEN;
    c->heard_us = c->pinged_us = now_us;
}

void web_conn_send(struct web_conn *c, int64_t now_us, struct span bytes)
{
    if (c->phase == PHASE_OPEN)
        frame_send(c, now_us, WEB_OPCODE_BINARY, bytes);
}

void web_conn_close(struct web_conn *c, int64_t now_us, uint16_t code)
{
    if (c->phase == PHASE_OPEN)
        close_send(c, now_us, code);
    else if (c->phase == PHASE_WAITING)
        c->phase = PHASE_DEAD;
}
