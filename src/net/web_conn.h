/* SPDX-License-Identifier: Apache-2.0 */
/* One HTTP/1.1 or WebSocket connection as a machine from bytes to bytes: no socket, no clock. web.c
 * moves the bytes. The handlers' request and message are called from within web_conn_on_input and
 * web_conn_on_sent only; closed never. */
#ifndef NET_WEB_CONN_H
#define NET_WEB_CONN_H

#include "net/web.h"

struct web_conn;

enum web_conn_state {
    WEB_CONN_LIVE,
    WEB_CONN_LINGER, /* all is said: end the sending side, read on until the peer's end */
    WEB_CONN_DEAD,   /* to be closed and freed */
};

/* config and handlers are borrowed. */
struct web_conn *web_conn_new(const struct web_config *config, const struct web_handlers *handlers,
                              web_id id, const struct addr *peer, int64_t now_us);
void web_conn_free(struct web_conn *c);
enum web_conn_state web_conn_state(const struct web_conn *c);
/* A WebSocket that takes messages both ways. */
bool web_conn_open(const struct web_conn *c);
/* False while a request is being answered: what is not read holds the peer back. */
bool web_conn_wants_input(const struct web_conn *c);
/* Bytes of memory in its buffers. */
size_t web_conn_held(const struct web_conn *c);
/* Takes all bytes. Without bytes it goes on with what came earlier, after an answer. */
void web_conn_on_input(struct web_conn *c, int64_t now_us, struct span bytes);
/* The peer sends no more. */
void web_conn_on_end(struct web_conn *c);
/* Looks at deadlines and pings; to be called about twice a second. */
void web_conn_on_time(struct web_conn *c, int64_t now_us);
/* What is to be sent; valid until the next call. */
struct span web_conn_output(const struct web_conn *c);
/* The first `size` bytes of the output are sent. */
void web_conn_on_sent(struct web_conn *c, int64_t now_us, size_t size);

/* As in web.h; ignored in a state where they make no sense. */
void web_conn_reply(struct web_conn *c, int64_t now_us, const struct web_reply *reply);
void web_conn_accept(struct web_conn *c, int64_t now_us);
void web_conn_send(struct web_conn *c, int64_t now_us, struct span bytes);
void web_conn_close(struct web_conn *c, int64_t now_us, uint16_t code);

#endif
