/* SPDX-License-Identifier: Apache-2.0 */
/* What the engine wants sent. Datagrams are written straight into an arena and grouped into runs to
 * one receiver; signalling bytes and events for the server are queued. The owner of the engine
 * drains it after every turn, and the drain function is called in the middle of one when the arena
 * is full. */
#ifndef ROOM_OUTBOX_H
#define ROOM_OUTBOX_H

#include "base/packet.h"
#include "room/grant.h"

#define OUTBOX_ARENA_BYTES (256 * 1024)
#define OUTBOX_RUNS 512
/* What UDP_SEGMENT takes: 64 segments, and 65,507 bytes of payload. */
#define OUTBOX_RUN_SEGMENTS 48

enum outbox_kind {
    OUTBOX_SIGNAL,  /* bytes: one SignalResponse for the session */
    OUTBOX_CLOSE,   /* close the session's WebSocket after what was queued before */
    OUTBOX_REFRESH, /* sign a token for grant and send it to the session as refresh_token */
    OUTBOX_REPLY,   /* answer to engine_on_request */
    OUTBOX_EVENT /* something happened: name and room/identity/detail, for the log and webhooks */
};

struct outbox_item {
    struct outbox_item *next;
    enum outbox_kind kind;
    uint64_t session; /* or the request's id */
    struct grant *grant;
    const char *error;      /* OUTBOX_REPLY: Twirp code, NULL when it went well */
    const char *error_meta; /* what the error says in meta.code, NULL: nothing */
    const char *event;      /* OUTBOX_EVENT: a literal */
    char room[256 + 1], identity[256 + 1], detail[128];
    size_t size;
    uint8_t bytes[]; /* OUTBOX_SIGNAL: message; OUTBOX_REPLY: protobuf, or the error's text;
                        OUTBOX_EVENT: a WebhookEvent without id, or nothing */
};

struct outbox {
    uint8_t *arena;
    uint32_t used;
    struct send_run runs[OUTBOX_RUNS];
    uint32_t run_count;
    uint32_t reserved;                          /* bytes promised by outbox_reserve */
    void (*drain)(void *arg, struct outbox *o); /* sends the runs, then calls outbox_sent */
    void *drain_arg;
    struct outbox_item *first, **last;
    uint64_t datagrams, bytes; /* totals */
};

void outbox_init(struct outbox *o, void (*drain)(void *arg, struct outbox *o), void *arg);
void outbox_fini(struct outbox *o);
/* Room for a datagram of up to `capacity` bytes; may drain. */
uint8_t *outbox_reserve(struct outbox *o, uint32_t capacity);
/* The datagram in the reserved room has this size and goes there; joins the last run when it can.
 */
void outbox_commit(struct outbox *o, const struct addr *to, uint32_t size);
/* The owner has sent all runs: the arena is empty again. */
void outbox_sent(struct outbox *o);
/* Queues an item with a copy of `bytes`. */
struct outbox_item *outbox_put(struct outbox *o, enum outbox_kind kind, uint64_t session,
                               struct span bytes);
/* Takes the oldest item, NULL when none; the taker frees it with outbox_item_free. */
struct outbox_item *outbox_take(struct outbox *o);
void outbox_item_free(struct outbox_item *i);

#endif
