/* SPDX-License-Identifier: Apache-2.0 */
/* A real engine and clients with real transports, joined by lists instead of sockets, in virtual
 * time. A client answers the server's offers by itself and keeps every message it got. */
#ifndef TESTS_ROOM_HARNESS_H
#define TESTS_ROOM_HARNESS_H

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

#define CLIENTS_MAX 8
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
    int label; /* enum channel_label of a data message */
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
    bool lost; /* its datagrams are lost, both ways */
    struct message *first, **last;
    struct parcels data;
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
    const char *reply_error;
    char events[64][32]; /* names, in order */
    unsigned event_count;
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
    if ((c && c->lost) || (from && from->lost)) {
        packet_unref(p);
        return;
    }
    if (t) {
        enum drop drop;
        int64_t index;
        transport_on_packet(t, world.now_us, p, &index, &drop);
        read_channels(c, t);
    } else if (addr_equal(&d->to, &(struct addr){0}) == false && from) {
        engine_on_packet(world.engine, world.now_us, p);
    }
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

/* ---- signalling ---- */

static inline void client_send(struct client *c, Livekit__SignalRequest *r)
{
    struct arena a;

    arena_init(&a);
    engine_on_message(world.engine, world.now_us, c->session, signal_pack(&r->base, &a));
    arena_fini(&a);
}

static inline Livekit__SignalRequest request_of(Livekit__SignalRequest__MessageCase kind)
{
    Livekit__SignalRequest r;

    livekit__signal_request__init(&r);
    r.message_case = kind;
    return r;
}

static inline void client_send_sdp(struct client *c, bool offer, const char *sdp, uint32_t id)
{
    Livekit__SignalRequest r = request_of(offer ? REQ(OFFER) : REQ(ANSWER));
    Livekit__SessionDescription d;

    livekit__session_description__init(&d);
    d.type = (char *)(uintptr_t)(offer ? "offer" : "answer");
    d.sdp = (char *)(uintptr_t)sdp;
    d.id = id;
    if (offer)
        r.offer = &d;
    else
        r.answer = &d;
    client_send(c, &r);
}

static inline void make_transport(struct client *c, enum side side)
{
    struct transport_host host = {.arg = &c->addrs[side],
                                  .send = on_client_send,
                                  .dtls = world.clients_dtls,
                                  .cipher = cipher_best()};

    if (!c->transports[side])
        c->transports[side] = transport_new(
            &host, ((uint64_t)CLIENT_PREFIX << 48) + ++world.next_transport, DTLS_CLIENT);
}

/* The server's description reaches a client's transport, which then begins. */
static inline void take_description(struct client *c, enum side side, const struct sdp *sdp,
                                    struct arena *a)
{
    struct transport *t = c->transports[side];
    struct addr to = server_addr();

    assert_true(transport_set_remote(t, arena_strdup(a, sdp->ice_ufrag),
                                     arena_strdup(a, sdp->ice_pwd), sdp->fingerprint));
    transport_connect(t, world.now_us, &to);
}

static inline void client_sdp_head(struct client *c, enum side side, struct str *out,
                                   const char *setup)
{
    const uint8_t *print = dtls_context_fingerprint(world.clients_dtls);
    const struct ice *ice = transport_ice(c->transports[side]);

    str_append(out, "v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nt=0 0\r\na=fingerprint:sha-256 ");
    for (unsigned i = 0; i < 32; i++)
        str_printf(out, i ? ":%02X" : "%02X", print[i]);
    str_printf(out, "\r\na=ice-ufrag:%s\r\na=ice-pwd:%s\r\na=setup:%s\r\n", ice->local.ufrag,
               ice->local.pwd, setup);
}

static inline void answer_media(struct client *c, const struct sdp_media *m, struct str *out)
{
    static const char *const kinds[] = {"audio", "video", "application", "text"};
    bool on = m->direction == SDP_SENDONLY;

    str_printf(out, "m=%s 9 %.*s", kinds[m->kind], (int)m->protocol.size,
               (const char *)m->protocol.data);
    if (m->kind == SDP_APPLICATION)
        str_append(out, " webrtc-datachannel");
    for (unsigned i = 0; i < m->codec_count; i++)
        if (!c->no_h264 || m->codecs[i].payload_type < 100 || m->codecs[i].payload_type > 109)
            str_printf(out, " %u", m->codecs[i].payload_type);
    str_printf(out, "\r\nc=IN IP4 0.0.0.0\r\na=mid:%.*s\r\na=%s\r\n", (int)m->mid.size,
               (const char *)m->mid.data, on ? "recvonly" : "inactive");
    for (unsigned i = 0; i < m->codec_count && (on || !c->bare); i++) {
        const struct sdp_codec *k = &m->codecs[i];
        if (c->no_h264 && k->payload_type >= 100 && k->payload_type <= 109)
            continue;
        str_printf(out, "a=rtpmap:%u %.*s/%u\r\n", k->payload_type, (int)k->name.size,
                   (const char *)k->name.data, k->clock_rate);
        if (k->fmtp.size)
            str_printf(out, "a=fmtp:%u %.*s\r\n", k->payload_type, (int)k->fmtp.size,
                       (const char *)k->fmtp.data);
    }
    if (m->kind == SDP_APPLICATION)
        str_append(out, "a=sctp-port:5000\r\n");
}

static inline void client_answer(struct client *c, const Livekit__SessionDescription *offer)
{
    struct arena a;
    struct sdp sdp;
    struct str text;

    arena_init(&a);
    str_init(&text);
    assert_true(sdp_parse(span_of_str(offer->sdp), &a, &sdp));
    make_transport(c, SUBSCRIBER);
    client_sdp_head(c, SUBSCRIBER, &text, "active");
    for (unsigned i = 0; i < sdp.media_count; i++)
        answer_media(c, &sdp.media[i], &text);
    take_description(c, SUBSCRIBER, &sdp, &a);
    client_send_sdp(c, false, text.text, offer->id);
    str_fini(&text);
    arena_fini(&a);
}

/* An offer of the publisher connection: an application section with mid 0, then these. */
static inline void client_offer(struct client *c, const char *sections)
{
    struct str text;

    make_transport(c, PUBLISHER);
    channels_open(transport_channels(c->transports[PUBLISHER]), CHANNEL_RELIABLE);
    channels_open(transport_channels(c->transports[PUBLISHER]), CHANNEL_LOSSY);
    str_init(&text);
    client_sdp_head(c, PUBLISHER, &text, "actpass");
    str_append(&text, "m=application 9 UDP/DTLS/SCTP webrtc-datachannel\r\na=mid:0\r\n"
                      "a=sctp-port:5000\r\n");
    str_append(&text, sections);
    client_send_sdp(c, true, text.text, ++c->offer_id);
    str_fini(&text);
}

static inline void take_response(struct client *c, struct span bytes)
{
    struct message *m = xcalloc(1, sizeof *m);
    struct sdp sdp;

    arena_init(&m->arena);
    m->response = signal_response_parse(bytes, &m->arena);
    assert_non_null(m->response);
    *c->last = m;
    c->last = &m->next;
    if (m->response->message_case == RESP(OFFER) && !c->mute_answers) {
        client_answer(c, m->response->offer);
    } else if (m->response->message_case == RESP(ANSWER)) {
        assert_true(sdp_parse(span_of_str(m->response->answer->sdp), &m->arena, &sdp));
        take_description(c, PUBLISHER, &sdp, &m->arena);
    }
}

static inline struct client *client_of(uint64_t session)
{
    for (unsigned i = 0; i < world.client_count; i++)
        if (world.clients[i].session == session)
            return &world.clients[i];
    return NULL;
}

static inline void take_reply(const struct outbox_item *i)
{
    free(world.reply);
    world.reply = xmalloc(i->size + 1);
    memcpy(world.reply, i->bytes, i->size);
    world.reply[i->size] = 0;
    world.reply_size = i->size;
    world.reply_error = i->error;
}

static inline void take_item(struct outbox_item *i)
{
    struct client *c = client_of(i->session);

    switch (i->kind) {
    case OUTBOX_SIGNAL:
        if (c && !c->closed)
            take_response(c, span_of(i->bytes, i->size));
        break;
    case OUTBOX_CLOSE:
        if (c)
            c->closed = true;
        break;
    case OUTBOX_REFRESH:
        if (c) {
            c->refreshed++;
            grant_free(c->token);
            c->token = grant_copy(i->grant);
        }
        break;
    case OUTBOX_REPLY:
        take_reply(i);
        break;
    case OUTBOX_EVENT:
        if (world.event_count < 64)
            snprintf(world.events[world.event_count++], 32, "%s", i->event);
        break;
    }
    outbox_item_free(i);
}

/* ---- time ---- */

static inline void settle(void)
{
    struct outbox *o = engine_outbox(world.engine);

    for (int rounds = 0; rounds < 100000; rounds++) {
        struct outbox_item *i = outbox_take(o);
        struct parcel *p;
        on_engine_drain(NULL, o);
        outbox_sent(o);
        if (i) {
            take_item(i);
        } else if ((p = parcel_take(&world.sctp)) != NULL) {
            give_sctp(p);
            free(p);
        } else if ((p = parcel_take(&world.net)) != NULL) {
            give_packet(p);
            free(p);
        } else {
            return;
        }
    }
    fail_msg("the world does not come to rest");
}

static inline void turn(void)
{
    settle();
    engine_on_time(world.engine, world.now_us);
    settle();
}

static inline void run_ms(unsigned ms)
{
    turn();
    for (unsigned at = 0; at < ms; at += STEP_MS) {
        world.now_us += STEP_MS * 1000;
        assoc_global_on_time(STEP_MS);
        for (unsigned i = 0; i < world.client_count; i++)
            for (unsigned side = 0; side < 2; side++)
                if (world.clients[i].transports[side])
                    transport_on_time(world.clients[i].transports[side], world.now_us);
        turn();
    }
}

/* ---- clients ---- */

static inline struct client *client_new(const char *identity)
{
    struct client *c = &world.clients[world.client_count];
    struct grant g = {.room = (char *)(uintptr_t) "meeting",
                      .identity = (char *)(uintptr_t)identity,
                      .permission = {true, true, true, true, false, 0},
                      .auto_subscribe = true,
                      .protocol = 17,
                      .client_protocol = 2};

    assert_true(world.client_count < CLIENTS_MAX);
    *c = (struct client){.grant = grant_copy(&g)};
    c->last = &c->first;
    for (unsigned side = 0; side < 2; side++)
        c->addrs[side] =
            addr_v4(198, 51, 100, (uint8_t)(world.client_count + 1), (uint16_t)(40000 + side));
    world.client_count++;
    return c;
}

static inline void client_open(struct client *c)
{
    c->session = ++world.next_session;
    c->closed = false;
    engine_on_open(world.engine, world.now_us, c->session, c->grant);
    turn();
}

/* Joined, connected. */
static inline struct client *client_join(const char *identity)
{
    struct client *c = client_new(identity);

    client_open(c);
    run_ms(200);
    return c;
}

static inline void client_forget(struct client *c)
{
    while (c->first) {
        struct message *m = c->first;
        c->first = m->next;
        arena_fini(&m->arena);
        free(m);
    }
    c->last = &c->first;
}

static inline unsigned client_count(const struct client *c, int kind)
{
    unsigned n = 0;

    for (const struct message *m = c->first; m; m = m->next)
        n += (int)m->response->message_case == kind;
    return n;
}

/* The nth of its kind, from 0; negative: from the end. NULL when there is none. */
static inline Livekit__SignalResponse *client_get(const struct client *c, int kind, int nth)
{
    int at = nth >= 0 ? nth : (int)client_count(c, kind) + nth;

    for (const struct message *m = c->first; m; m = m->next)
        if ((int)m->response->message_case == kind && at-- == 0)
            return m->response;
    return NULL;
}

static inline Livekit__SignalResponse *client_last(const struct client *c, int kind)
{
    Livekit__SignalResponse *r = client_get(c, kind, -1);

    assert_non_null(r);
    return r;
}

/* What the last update said of somebody. */
static inline Livekit__ParticipantInfo *client_sees(const struct client *c, const char *identity)
{
    Livekit__ParticipantInfo *found = NULL;

    for (const struct message *m = c->first; m; m = m->next) {
        if (m->response->message_case != RESP(UPDATE))
            continue;
        const Livekit__ParticipantUpdate *u = m->response->update;
        for (size_t i = 0; i < u->n_participants; i++)
            if (strcmp(u->participants[i]->identity, identity) == 0)
                found = u->participants[i];
    }
    return found;
}

static inline struct room *the_room(void)
{
    return map_get(&world.engine->rooms, SPAN_LITERAL("meeting"));
}

static inline struct person *person_of(const struct client *c)
{
    struct room *r = the_room();

    return r ? map_get(&r->by_identity, span_of_str(c->grant->identity)) : NULL;
}

static inline unsigned count_events(const char *name)
{
    unsigned n = 0;

    for (unsigned i = 0; i < world.event_count; i++)
        n += strcmp(world.events[i], name) == 0;
    return n;
}

/* ---- publishing ---- */

static inline void client_add(struct client *c, const char *cid, bool video,
                              Livekit__Encryption__Type encryption)
{
    Livekit__SignalRequest r = request_of(REQ(ADD_TRACK));
    Livekit__AddTrackRequest add;

    livekit__add_track_request__init(&add);
    r.add_track = &add;
    add.cid = (char *)(uintptr_t)cid;
    add.type = video ? LIVEKIT__TRACK_TYPE__VIDEO : LIVEKIT__TRACK_TYPE__AUDIO;
    add.source = video ? LIVEKIT__TRACK_SOURCE__CAMERA : LIVEKIT__TRACK_SOURCE__MICROPHONE;
    add.encryption = encryption;
    client_send(c, &r);
}

#define AUDIO_SECTION(mid, cid)                                                                    \
    "m=audio 9 UDP/TLS/RTP/SAVPF 111\r\na=mid:" mid "\r\na=sendonly\r\na=msid:s " cid              \
    "\r\na=rtpmap:111 opus/48000/2\r\na=rtcp-fb:111 transport-cc\r\n"                              \
    "a=extmap:1 urn:ietf:params:rtp-hdrext:ssrc-audio-level\r\n"                                   \
    "a=extmap:4 urn:ietf:params:rtp-hdrext:sdes:mid\r\n"
#define VIDEO_SECTION(mid, cid)                                                                    \
    "m=video 9 UDP/TLS/RTP/SAVPF 96 97 102 103\r\na=mid:" mid "\r\na=sendonly\r\na=msid:s " cid    \
    "\r\na=rtpmap:96 VP8/90000\r\na=rtpmap:97 rtx/90000\r\na=fmtp:97 apt=96\r\n"                   \
    "a=rtpmap:102 H264/90000\r\na=fmtp:102 level-asymmetry-allowed=1;packetization-mode=1;"        \
    "profile-level-id=42e01f\r\na=rtpmap:103 rtx/90000\r\na=fmtp:103 apt=102\r\n"                  \
    "a=extmap:4 urn:ietf:params:rtp-hdrext:sdes:mid\r\n"

/* A microphone by the id `cid`, sent in section 1. */
#define client_publish_audio(c, cid)                                                               \
    do {                                                                                           \
        client_add(c, cid, false, LIVEKIT__ENCRYPTION__TYPE__NONE);                                \
        client_offer(c, AUDIO_SECTION("1", cid));                                                  \
        run_ms(200);                                                                               \
    } while (0)

/* ---- the server API ---- */

static inline ProtobufCMessage *call(enum engine_request what, ProtobufCMessage *request,
                                     const ProtobufCMessageDescriptor *type, struct arena *a)
{
    world.reply_error = "no reply";
    engine_on_request(world.engine, world.now_us, 7, what, signal_pack(request, a));
    turn();
    return world.reply_error ? NULL : signal_parse(type, span_of(world.reply, world.reply_size), a);
}

/* ---- beginning and end ---- */

static inline int world_init(void **state)
{
    (void)state;
    memset(&world, 0, sizeof world);
    world.now_us = 1000000000;
    world.server = dtls_context_new();
    world.clients_dtls = dtls_context_new();
    assoc_global_init(on_sctp, NULL);
    struct engine_config config = {.dtls = world.server,
                                   .cipher = cipher_best(),
                                   .candidates = {server_addr()},
                                   .candidate_count = 1,
                                   .id_prefix = ENGINE_PREFIX,
                                   .version = "0.0.0",
                                   .node_id = "ND_test",
                                   .unix_ms_offset = 1700000000000,
                                   .drain = on_engine_drain};
    world.engine = engine_new(&config);
    return 0;
}

static inline int world_fini(void **state)
{
    (void)state;
    for (unsigned i = 0; i < world.client_count; i++) {
        struct client *c = &world.clients[i];
        client_forget(c);
        parcels_clear(&c->data);
        transport_free(c->transports[PUBLISHER]);
        transport_free(c->transports[SUBSCRIBER]);
        grant_free(c->grant);
        grant_free(c->token);
    }
    world.client_count = 0;
    engine_free(world.engine);
    parcels_clear(&world.net);
    parcels_clear(&world.sctp);
    assoc_global_fini();
    dtls_context_free(world.server);
    dtls_context_free(world.clients_dtls);
    free(world.reply);
    return 0;
}

#define WORLD_TEST(f) cmocka_unit_test_setup_teardown(f, world_init, world_fini)

#endif
