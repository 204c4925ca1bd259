/* SPDX-License-Identifier: Apache-2.0 */
/* A real engine and clients with real transports, joined by lists instead of sockets, in virtual
 * time. A client answers the server's offers by itself and keeps every message it got. */
#ifndef TESTS_ROOM_HARNESS_H
#define TESTS_ROOM_HARNESS_H

#include "client.h"

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
        parcels_clear(&c->rtp);
        parcels_clear(&c->rtcp[PUBLISHER]);
        parcels_clear(&c->rtcp[SUBSCRIBER]);
        transport_free(c->transports[PUBLISHER]);
        transport_free(c->transports[SUBSCRIBER]);
        grant_free(c->grant);
        grant_free(c->token);
    }
    world.client_count = 0;
    engine_free(world.engine);
    parcels_clear(&world.told);
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
