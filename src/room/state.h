/* SPDX-License-Identifier: Apache-2.0 */
/* The engine's inside: what its rooms, people and tracks share. Only files of this layer include
 * it. */
#ifndef ROOM_STATE_H
#define ROOM_STATE_H

#include "base/heap.h"
#include "base/list.h"
#include "base/map.h"
#include "room/engine.h"

/* A deadline with its owner's function, kept in the engine's heap. Embedded; engine_timer_* move
 * it. */
struct timer {
    struct heap_node node;
    void (*fire)(struct timer *t, int64_t now_us); /* the timer is out of the heap when called */
};

struct connection;

struct engine {
    struct engine_config config;
    struct outbox outbox;
    struct packet_pool *pool;
    struct heap timers;
    struct map rooms; /* name -> struct room */
    struct map
        sessions; /* session (8 bytes) -> struct person: the one whose signal connection it is */
    struct map by_ufrag;        /* local ufrag -> struct transport */
    struct map by_addr;         /* remote address -> struct transport */
    struct map by_id;           /* transport id (8 bytes) -> struct transport */
    struct transport_host host; /* handed to every transport */
    uint64_t next_transport;
    struct list dirty; /* tracks with packets received since the last flush (track.in_dirty) */
    int64_t shed_us;   /* before that, histories are not made smaller again */
    struct engine_stats stats;
    int64_t now_us; /* of the present call: for callbacks from below */
#ifdef BEDRUD_MEDIA_TAP
    void (*tap)(void *arg, struct span rtp);
    void *tap_arg;
#endif
};

/* ---- engine.c, for this layer ---- */

void engine_timer_set(struct engine *e, struct timer *t, int64_t at_us);
void engine_timer_cancel(struct engine *e, struct timer *t);
/* A transport of its own id and local ufrag, findable by both. The caller sets c->transport. */
struct transport *engine_transport_new(struct engine *e, struct connection *c);
void engine_transport_free(struct engine *e, struct transport *t);
/* New local ICE credentials, findable beside the old ones. */
void engine_transport_restart(struct engine *e, struct transport *t);
/* Reads the messages that a transport has for us, when its person is not held. */
void engine_deliver(struct engine *e, int64_t now_us, struct transport *t);
/* Wall clock ms at now_us. */
int64_t engine_unix_ms(const struct engine *e, int64_t now_us);
/* One SignalResponse to a session; nothing when session is 0. */
void engine_signal(struct engine *e, uint64_t session, struct span bytes);
void engine_event(struct engine *e, const char *event, const char *room, const char *identity,
                  const char *detail);
/* The same with a WebhookEvent (event.c). */
void engine_event_with(struct engine *e, const char *event, const char *room, const char *identity,
                       const char *detail, struct span body);
struct span engine_session_key(const uint64_t *session);

#endif
