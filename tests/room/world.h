/* SPDX-License-Identifier: Apache-2.0 */
/* The world of the room tests: an engine, clients with real transports, and lists in place of
 * sockets between them. Datagrams and SCTP packets find their ends here; media that reaches a
 * client is kept. */
#ifndef TESTS_ROOM_WORLD_H
#define TESTS_ROOM_WORLD_H

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/time.h>

#include <cmocka.h>

#include "base/mem.h"
#include "base/random.h"
#include "room/engine.h"
#include "room/room.h"
#include "room/state.h"
#include "wire/sdp.h"
#include "wire/signal.h"

#define CLIENTS_MAX 40
#define STEP_MS 5
#define ENGINE_PREFIX 1u
#define CLIENT_PREFIX 2u
#define REQ(name) LIVEKIT__SIGNAL_REQUEST__MESSAGE_##name
#define RESP(name) LIVEKIT__SIGNAL_RESPONSE__MESSAGE_##name

/* Bytes in a list: a datagram, an SCTP packet, a data message. */
struct parcel {
    struct parcel *next;
    struct addr from, to;
    uint64_t id;
    int64_t index; /* of SRTP */
    int label;     /* enum channel_label of a data message */
    size_t size;
    uint8_t bytes[];
};

struct parcels {
    struct parcel *first, **last;
    unsigned count;
};

struct message {
    struct message *next;
    struct arena arena;
    Livekit__SignalResponse *response;
};

struct client {
    struct grant *grant;
    uint64_t session;
    bool closed;         /* the server closed the session */
    unsigned refreshed;  /* tokens */
    struct grant *token; /* the last one's grant */
    bool mute_answers;   /* does not answer offers */
    bool bare;           /* answers inactive sections without codecs */
    bool no_h264;
    bool lost;     /* its datagrams are lost, both ways */
    bool rationed; /* `ration` datagrams get through to it, what comes then is lost */
    unsigned ration;
    struct message *first, **last;
    struct parcels data;
    struct parcels rtp, rtcp[2];     /* opened; RTCP by enum side */
    struct transport *transports[2]; /* by enum side */
    struct addr addrs[2];
    uint32_t offer_id;
    char ufrag_suffix; /* for restarts */
};

static struct world {
    int64_t now_us;
    struct dtls_context *server, *clients_dtls;
    struct engine *engine;
    struct parcels net, sctp;
    struct client clients[CLIENTS_MAX];
    unsigned client_count;
    uint64_t next_session, next_transport;
    char *reply; /* of the last request: bytes */
    size_t reply_size;
    const char *reply_error, *reply_meta;
    char events[64][32]; /* names, in order */
    unsigned event_count;
    struct parcels told; /* the WebhookEvents of those that have one */
} world;

/* Takes the C library's place for usrsctp. */
int gettimeofday(struct timeval *restrict now, void *restrict zone)
{
    (void)zone;
    now->tv_sec = world.now_us / 1000000;
    now->tv_usec = world.now_us % 1000000;
    return 0;
}

/* ---- lists ---- */

static inline struct parcel *parcel_put(struct parcels *list, struct span bytes)
{
    struct parcel *p = xcalloc(1, sizeof *p + bytes.size);

    p->size = bytes.size;
    if (bytes.size)
        memcpy(p->bytes, bytes.data, bytes.size);
    if (!list->first)
        list->last = &list->first;
    *list->last = p;
    list->last = &p->next;
    list->count++;
    return p;
}

static inline struct parcel *parcel_take(struct parcels *list)
{
    struct parcel *p = list->first;

    if (p) {
        list->first = p->next;
        list->count--;
    }
    return p;
}

static inline void parcels_clear(struct parcels *list)
{
    while (list->first)
        free(parcel_take(list));
}

/* ---- the network ---- */

static inline struct addr server_addr(void)
{
    return addr_v4(192, 0, 2, 1, 7882);
}

static inline void on_client_send(void *arg, const struct addr *to, struct span datagram)
{
    struct parcel *p = parcel_put(&world.net, datagram);

    p->from = *(const struct addr *)arg;
    p->to = *to;
}

static inline void on_engine_drain(void *arg, struct outbox *o)
{
    (void)arg;
    for (uint32_t i = 0; i < o->run_count; i++) {
        const struct send_run *run = &o->runs[i];
        for (uint32_t at = 0; at < run->size_bytes; at += run->segment_bytes) {
            struct span left = span_of(o->arena + run->offset + at, run->size_bytes - at);
            struct parcel *p = parcel_put(&world.net, span_first(left, run->segment_bytes));
            p->from = server_addr();
            p->to = run->to;
        }
    }
}

static inline void on_sctp(void *arg, uint64_t id, struct span packet)
{
    (void)arg;
    parcel_put(&world.sctp, packet)->id = id;
}

static inline struct transport *client_transport_at(const struct addr *a, struct client **owner)
{
    for (unsigned i = 0; i < world.client_count; i++)
        for (unsigned side = 0; side < 2; side++)
            if (addr_equal(a, &world.clients[i].addrs[side])) {
                *owner = &world.clients[i];
                return world.clients[i].transports[side];
            }
    return NULL;
}

static inline void read_channels(struct client *c, struct transport *t)
{
    struct channel_message m;

    while (channels_next(transport_channels(t), &m))
        parcel_put(&c->data, m.bytes)->label = (int)m.label;
}

/* Media is kept as the client's transport opened it. */
static inline void give_client(struct client *c, struct transport *t, struct packet *p)
{
    struct span bytes = span_of(p->data, 0);
    enum drop drop;
    int64_t index;

    enum transport_packet kind = transport_on_packet(t, world.now_us, p, &index, &drop);
    bytes.size = p->size;
    if (kind == TRANSPORT_RTP)
        parcel_put(&c->rtp, bytes)->index = index;
    else if (kind == TRANSPORT_RTCP)
        parcel_put(&c->rtcp[t == c->transports[SUBSCRIBER]], bytes);
    read_channels(c, t);
}

static inline void give_packet(struct parcel *d)
{
    struct packet *p = packet_new(engine_pool(world.engine));
    struct client *c = NULL;

    assert_non_null(p);
    p->from = d->from;
    p->size = (uint32_t)d->size;
    p->received_us = world.now_us;
    memcpy(p->data, d->bytes, d->size);
    struct transport *t = client_transport_at(&d->to, &c);
    struct client *from = NULL;
    client_transport_at(&d->from, &from);
    if ((c && c->lost) || (from && from->lost) || (c && c->rationed && c->ration == 0)) {
        packet_unref(p);
        return;
    }
    if (c && c->rationed)
        c->ration--;
    if (t && c)
        give_client(c, t, p);
    else if (addr_equal(&d->to, &(struct addr){0}) == false && from)
        engine_on_packet(world.engine, world.now_us, p);
    packet_unref(p);
}

static inline void give_sctp(struct parcel *d)
{
    if (d->id >> 48 == ENGINE_PREFIX) {
        engine_on_sctp(world.engine, world.now_us, d->id, span_of(d->bytes, d->size));
        return;
    }
    for (unsigned i = 0; i < world.client_count; i++)
        for (unsigned side = 0; side < 2; side++) {
            struct transport *t = world.clients[i].transports[side];
            if (t && transport_id(t) == d->id)
                transport_send_sctp(t, span_of(d->bytes, d->size));
        }
}

#endif
