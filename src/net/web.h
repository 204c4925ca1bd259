/* SPDX-License-Identifier: Apache-2.0 */
/* HTTP/1.1, WebSocket and TLS for the control thread, over libwebsockets. Knows nothing of routes: every request and
 * every upgrade goes to the owner's handlers, which may answer later. All calls on the loop's thread. Connections are
 * named by numbers that are never used twice, so a late answer to a gone connection is harmless. */
#ifndef NET_WEB_H
#define NET_WEB_H

#include "base/addr.h"
#include "net/loop.h"

typedef uint64_t web_id;

struct web_request {
    web_id id;
    const char *method; /* "GET" "HEAD" "POST" "PUT" "PATCH" "DELETE" "OPTIONS" */
    struct span path;   /* percent-decoded is the owner's business; duplicate slashes already folded */
    struct span query;  /* after '?', raw */
    struct span body;
    struct addr peer;
    const char *(*header)(const struct web_request *r, const char *lower_case_name); /* NULL: absent */
    const void *internal;
    bool upgrade;       /* asks for a WebSocket */
};

struct web_header {
    const char *name, *value;
};

struct web_reply {
    unsigned status;
    const char *content_type;
    const struct web_header *headers;
    unsigned header_count;
    struct span body;
};

struct web_handlers {
    void *arg;
    /* A complete request (body bounded by config). Answer with web_reply now or later. For an upgrade answer with
     * web_accept or web_reply (which refuses it with that status). Spans are valid during the call. */
    void (*request)(void *arg, const struct web_request *r);
    void (*message)(void *arg, web_id id, struct span bytes, bool text);
    void (*closed)(void *arg, web_id id); /* a WebSocket that was accepted is gone */
};

struct web_config {
    struct addr listen;
    const char *tls_cert, *tls_key; /* NULL: clear text */
    uint32_t max_body_bytes, max_message_bytes, max_header_bytes; /* 10 MiB, 512 KiB, 32 KiB */
    uint32_t max_connections, max_connections_per_address;
    uint32_t max_queue_bytes; /* output queued for one WebSocket before it is closed as too slow */
};

struct web;

/* NULL when the address cannot be bound: *error = -errno. */
struct web *web_new(struct loop *loop, const struct web_config *config,
                    const struct web_handlers *handlers, int *error);
void web_free(struct web *w);
uint16_t web_port(const struct web *w);
void web_reply(struct web *w, web_id id, const struct web_reply *reply);
void web_accept(struct web *w, web_id id);
/* Binary message; copied. Closed as too slow when the queue is full. */
void web_send(struct web *w, web_id id, struct span bytes);
/* Closes after what is queued was sent. code as in RFC 6455 7.4. */
void web_close(struct web *w, web_id id, uint16_t code);
uint32_t web_connections(const struct web *w);

#endif
