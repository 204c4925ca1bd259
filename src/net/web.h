/* SPDX-License-Identifier: Apache-2.0 */
/* HTTP/1.1, WebSocket and TLS for the control thread. Knows nothing of routes: every request and
 * every upgrade goes to the owner's handlers, which may answer later. All calls on the loop's
 * thread. Connections are named by numbers that are never used twice, so a late answer to a gone
 * connection is harmless. Handlers are called from the loop only, never from within a call below;
 * what these want sent goes out when the loop comes round. */
#ifndef NET_WEB_H
#define NET_WEB_H

#include "base/addr.h"
#include "net/loop.h"

typedef uint64_t web_id;

struct web_request {
    web_id id;
    const char *method; /* "GET" "HEAD" "POST" "PUT" "PATCH" "DELETE" "OPTIONS" */
    struct span
        path; /* percent-decoded is the owner's business; duplicate slashes already folded */
    struct span query; /* after '?', raw */
    struct span body;
    struct addr peer;
    const char *(*header)(const struct web_request *r,
                          const char *lower_case_name); /* NULL: absent */
    const void *internal;
    bool upgrade; /* asks for a WebSocket */
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
    /* A complete request (body bounded by config). Answer with web_reply now or later; nothing more
     * is read from the connection until then. For an upgrade answer with web_accept or web_reply
     * (which refuses it with that status), now or later too. Spans and headers are valid during the
     * call. What breaks HTTP's rules or the bounds never comes here: it is answered with 400, 408,
     * 413, 426, 431, 501 or 505. */
    void (*request)(void *arg, const struct web_request *r);
    /* A whole message; text is UTF-8. The span is valid during the call. */
    void (*message)(void *arg, web_id id, struct span bytes, bool text);
    /* A WebSocket that was accepted is gone, whoever ended it; no more messages of it. */
    void (*closed)(void *arg, web_id id);
};

struct web_config {
    struct addr listen;
    const char *tls_cert, *tls_key;                               /* NULL: clear text */
    uint32_t max_body_bytes, max_message_bytes, max_header_bytes; /* 10 MiB, 512 KiB, 32 KiB */
    uint32_t (*max_body_of)(struct span path);                    /* NULL: max_body_bytes of all */
    uint32_t max_connections;
    uint32_t max_connections_per_address; /* of IPv6: per /64. 0: no bound, as behind a proxy */
    uint32_t max_held_per_address;        /* bytes of their buffers; 0: no bound */
    uint32_t max_queue_bytes; /* output queued for one WebSocket before it is closed as too slow */
};

struct web;

/* NULL when the address cannot be bound (*error = -errno) or certificate and key cannot be used
 * (-EKEYREJECTED). */
struct web *web_new(struct loop *loop, const struct web_config *config,
                    const struct web_handlers *handlers, int *error);
/* Closes every connection at once and calls no handler; the loop is still there. */
void web_free(struct web *w);
uint16_t web_port(const struct web *w);
/* Reads certificate and key again, for connections that are yet to come. False when they are no
 * pair; then the old ones stay in use. */
bool web_renew_certificate(struct web *w);
void web_reply(struct web *w, web_id id, const struct web_reply *reply);
/* Makes the connection a WebSocket, without subprotocol and extensions. False when it has gone
 * meanwhile; then `closed` does not follow. */
bool web_accept(struct web *w, web_id id);
/* Binary message; copied. Closed as too slow when the queue is full. */
void web_send(struct web *w, web_id id, struct span bytes);
/* Closes after what is queued was sent. code as in RFC 6455 7.4. A connection that still waits for
 * its answer is dropped. */
void web_close(struct web *w, web_id id, uint16_t code);
uint32_t web_connections(const struct web *w);

#endif
