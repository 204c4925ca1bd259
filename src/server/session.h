/* SPDX-License-Identifier: Apache-2.0 */
/* Signal connections: which WebSocket talks to which worker, and what its token may do beyond the
 * room. Moves bytes between the two and never reads them. Control thread. */
#ifndef SERVER_SESSION_H
#define SERVER_SESSION_H

#include "net/web.h"
#include "server/directory.h"
#include "server/messages.h"
#include "server/token.h"
#include "server/worker.h"

struct sessions {
    struct map by_id; /* web_id -> struct session */
    struct web *web;
    struct directory *directory;
    struct worker_table *workers;
    const struct token_keys *keys;
};

void sessions_init(struct sessions *s);
void sessions_fini(struct sessions *s);
/* The WebSocket was accepted: places the room and mails OPEN. Takes the claims' grant. */
void session_open(struct sessions *s, web_id id, struct claims *claims);
void session_message(struct sessions *s, web_id id, struct span bytes);
void session_closed(struct sessions *s, web_id id);
/* SIGNAL, CLOSE and REFRESH items of a worker. */
void session_on_item(struct sessions *s, const struct outbox_item *item, int64_t unix_s);
size_t sessions_count(const struct sessions *s);

#endif
