/* SPDX-License-Identifier: Apache-2.0 */
/* Signal connections: which WebSocket talks to which worker, and what its token may do beyond the
 * room. Moves bytes between the two and never reads them. Control thread. */
#ifndef SERVER_SESSION_H
#define SERVER_SESSION_H

#include "net/web.h"
#include "server/admission.h"
#include "server/directory.h"
#include "server/messages.h"
#include "server/token.h"
#include "server/worker.h"

struct sessions {
    struct map by_id; /* web_id -> struct session */
    struct web *web;
    struct directory *directory;
    struct worker_table *workers;
    struct admissions *admissions;
    const struct token_keys *keys;
    bool closing; /* shutting down: no new session */
};

void sessions_init(struct sessions *s);
void sessions_fini(struct sessions *s);
/* Somebody with these claims, which are taken, asks to come in: the store is asked, the request is
 * answered, and when it is a yes the room is placed and OPEN is mailed, behind the settings that
 * the store has for the room. `look_only`: only the answer. */
void session_ask(struct sessions *s, web_id id, struct claims *claims, bool look_only);
void session_message(struct sessions *s, web_id id, struct span bytes);
void session_closed(struct sessions *s, web_id id);
/* SIGNAL, CLOSE and REFRESH items of a worker. */
void session_on_item(struct sessions *s, const struct outbox_item *item, int64_t unix_s);
size_t sessions_count(const struct sessions *s);

#endif
