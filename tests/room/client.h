/* SPDX-License-Identifier: Apache-2.0 */
/* Signalling of the room tests' clients: requests, descriptions, and what is done with responses.
 */
#ifndef TESTS_ROOM_CLIENT_H
#define TESTS_ROOM_CLIENT_H

#include "world.h"

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
    world.reply_meta = i->error_meta;
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
        if (i->size)
            parcel_put(&world.told, span_of(i->bytes, i->size));
        break;
    }
    outbox_item_free(i);
}

#endif
