/* SPDX-License-Identifier: Apache-2.0 */
/* Server API calls on their way: from an HTTP request to the room's worker, or to all, and back.
 * Control thread. */
#ifndef SERVER_CALLS_H
#define SERVER_CALLS_H

#include "net/web.h"
#include "server/admission.h"
#include "server/directory.h"
#include "server/token.h"
#include "server/worker.h"

struct media_call;
struct outbox_item;

struct calls {
    struct map pending; /* id -> struct call */
    uint64_t next_id;
    struct web *web;
    struct directory *directory;
    struct worker_table *workers;
    struct admissions *admissions;
    const struct token_keys *keys;
};

void calls_init(struct calls *c);
void calls_fini(struct calls *c);
/* POST /twirp/...; `path` is what follows "/twirp/". Always answered, now or when the workers have
 * replied. */
void call_begin(struct calls *c, const struct web_request *r, struct span path, int64_t unix_s);
/* A call of the API (media_engine.h). Always answered, now or when the workers have replied. */
void call_begin_media(struct calls *c, struct media_call *m);
/* At the end: calls of the API that are pending get no answer from a worker any more. */
void calls_refuse_media(struct calls *c);
/* The room opens with what a CreateRoomRequest says, or takes it on when it is live, before
 * whatever mail follows. */
void call_open_room(struct directory *d, struct worker_table *w, const char *room,
                    struct span request);
/* An OUTBOX_REPLY of a worker. */
void call_on_reply(struct calls *c, const struct outbox_item *item);

#endif
