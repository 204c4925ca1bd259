/* SPDX-License-Identifier: Apache-2.0 */
/* The cast of the engine's fuzz target: four clients who open sessions, describe themselves,
 * connect with keys that both ends know and seal their media, so that what lies behind
 * authentication is reached; and the judge of all that the engine sends them. */
#ifndef FUZZ_ENGINE_CAST_H
#define FUZZ_ENGINE_CAST_H

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/random.h>

#include "base/hash.h"
#include "base/random.h"
#include "base/seq.h"
#include "room/room.h"
#include "room/signalling.h"
#include "room/state.h"
#include "wire/rtp.h"

#define CLIENTS 4
#define SSRCS 16
#define SEEN 4096 /* packets to one receiver whose bytes are remembered */

/* How a client answers an offer. */
enum answering { ANSWER_ALL, ANSWER_LATER, ANSWER_NO_RTX, ANSWER_INACTIVE, ANSWER_REJECT, ANSWERS };

/* The client's end of a peer connection. */
struct link {
    uint64_t transport; /* id of the engine's that it is joined to; 0: none */
    struct srtp *srtp;
    struct addr addr;
};

struct client {
    uint64_t session;
    char identity[8];
    struct link links[2]; /* by enum side */
    enum answering answering;
    char *offer; /* the server's last, unanswered */
    uint32_t offer_id, own_offer_id;
    int64_t next_index[SSRCS];
};

/* A packet that went out: one number of a stream never carries two different ones, or its key would
 * be given away (RFC 3711 9.1). */
struct seen {
    uint64_t transport, hash;
    int64_t index;
    uint32_t ssrc;
};

static struct cast {
    struct engine *engine;
    int64_t now_us;
    struct client clients[CLIENTS];
    uint64_t next_session, next_request, replies;
    struct seen seen[SEEN];
    unsigned seen_count;
    uint64_t random;    /* state of getrandom */
    uint8_t check[400]; /* the last check that was given */
    size_t check_size;
} cast;

/* Takes the C library's place: the same input takes the same way. */
ssize_t getrandom(void *buffer, size_t size, unsigned flags)
{
    uint8_t *out = buffer;

    (void)flags;
    for (size_t i = 0; i < size; i++) {
        cast.random = cast.random * 6364136223846793005u + 1442695040888963407u;
        out[i] = (uint8_t)(cast.random >> 56);
    }
    return (ssize_t)size;
}

static struct addr server_addr(void)
{
    return addr_v4(192, 0, 2, 1, 7882);
}

/* ---- who is who in the engine ---- */

static struct person *person_of(const struct client *c)
{
    return map_get(&cast.engine->sessions, engine_session_key(&c->session));
}

static struct connection *connection_of(const struct client *c, enum side side)
{
    struct person *p = person_of(c);

    return p && p->connections[side].transport ? &p->connections[side] : NULL;
}

static struct srtp *srtp_of(const struct client *c, enum side side)
{
    const struct connection *k = connection_of(c, side);

    return k && c->links[side].transport == transport_id(k->transport) ? c->links[side].srtp : NULL;
}

/* ---- what the engine sends ---- */

static void remember(uint64_t transport, uint32_t ssrc, int64_t index, uint64_t hash)
{
    for (unsigned i = 0; i < cast.seen_count; i++) {
        const struct seen *s = &cast.seen[i];
        if (s->transport == transport && s->ssrc == ssrc && s->index == index) {
            assert(s->hash == hash);
            return;
        }
    }
    if (cast.seen_count < SEEN)
        cast.seen[cast.seen_count++] = (struct seen){transport, hash, index, ssrc};
}

/* The newest index of a stream that was remembered; -1: none. */
static int64_t newest_of(uint64_t transport, uint32_t ssrc)
{
    for (unsigned i = cast.seen_count; i-- > 0;)
        if (cast.seen[i].transport == transport && cast.seen[i].ssrc == ssrc)
            return cast.seen[i].index;
    return -1;
}

static void judge_rtp(const struct link *l, struct span sealed)
{
    static const uint64_t key[2] = {1, 2};
    uint64_t hash = hash_sip(key, sealed);
    uint8_t packet[PACKET_CAPACITY + 64];
    size_t size = sealed.size;
    struct rtp rtp;
    int64_t index;

    memcpy(packet, sealed.data, size);
    enum srtp_verdict verdict = srtp_open_rtp(l->srtp, packet, &size, &index);
    assert(verdict == SRTP_OK || verdict == SRTP_REPLAY);
    bool good = verdict == SRTP_OK ? rtp_parse(span_of(packet, size), &rtp)
                                   : rtp_parse_header(sealed, &rtp);
    assert(good && (sealed.data[0] & 0xdf) == 0x80); /* no extension, no CSRC */
    if (verdict == SRTP_REPLAY)
        index = seq_unwrap(newest_of(l->transport, rtp.ssrc), rtp.seq);
    remember(l->transport, rtp.ssrc, index, hash);
}

static void judge_rtcp(const struct link *l, struct span sealed)
{
    uint8_t packet[PACKET_CAPACITY + 64];
    size_t size = sealed.size;
    bool bad = false;
    struct rtcp r;

    memcpy(packet, sealed.data, size);
    enum srtp_verdict verdict = srtp_open_rtcp(l->srtp, packet, &size);
    assert(verdict == SRTP_OK);
    struct reader reader = reader_of(span_of(packet, size));
    while (rtcp_next(&reader, &r, &bad))
        continue;
    assert(!bad);
}

static void judge_datagram(const struct addr *to, struct span datagram)
{
    assert(datagram.size > 0 && datagram.size <= PACKET_CAPACITY + SRTP_TRAILER_MAX);
    for (unsigned i = 0; i < CLIENTS; i++)
        for (unsigned side = 0; side < 2; side++) {
            const struct link *l = &cast.clients[i].links[side];
            if (!l->srtp || !addr_equal(&l->addr, to))
                continue;
            if (datagram_kind(datagram) == DATAGRAM_RTP)
                judge_rtp(l, datagram);
            else if (datagram_kind(datagram) == DATAGRAM_RTCP)
                judge_rtcp(l, datagram);
        }
}

static void drain(void *arg, struct outbox *o)
{
    (void)arg;
    for (uint32_t i = 0; i < o->run_count; i++) {
        const struct send_run *run = &o->runs[i];
        for (uint32_t at = 0; at < run->size_bytes; at += run->segment_bytes) {
            struct span left = span_of(o->arena + run->offset + at, run->size_bytes - at);
            judge_datagram(&run->to, span_first(left, run->segment_bytes));
        }
    }
}

/* ---- descriptions ---- */

static void write_head(struct str *out, const struct client *c, enum side side, bool changed)
{
    str_printf(out,
               "v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nt=0 0\r\na=ice-ufrag:u%s%d\r\n"
               "a=ice-pwd:passwordpasswordpassword\r\na=fingerprint:sha-256 ",
               c->identity, (int)side);
    for (unsigned i = 0; i < 32; i++)
        str_printf(out, "%s%s", i ? ":" : "", changed ? "BB" : "AA");
    str_append(out, "\r\n");
}

/* Section `index` of an offer, by a letter: what is sent in it; a capital has another mid. */
static void write_section(struct str *out, unsigned index, char kind)
{
    static const char audio[] = "a=rtpmap:111 opus/48000/2\r\na=extmap:1 "
                                "urn:ietf:params:rtp-hdrext:ssrc-audio-level\r\n";
    static const char foreign[] = "a=rtpmap:96 AV1/90000\r\na=rtpmap:102 VP9/90000\r\n";
    static const char video[] =
        "a=rtpmap:96 VP8/90000\r\na=rtpmap:97 rtx/90000\r\na=fmtp:97 apt=96\r\n"
        "a=rtpmap:102 H264/90000\r\na=fmtp:102 packetization-mode=1;profile-level-id=42e01f\r\n"
        "a=rtpmap:103 rtx/90000\r\na=fmtp:103 apt=102\r\n"
        "a=extmap:10 urn:ietf:params:rtp-hdrext:sdes:rtp-stream-id\r\n"
        "a=extmap:11 urn:ietf:params:rtp-hdrext:sdes:repaired-rtp-stream-id\r\n";
    bool capital = kind >= 'A' && kind <= 'Z';
    kind = (char)(capital ? kind | 0x20 : kind);
    bool sound = kind == 'a', off = kind == 'i';

    str_printf(out, "m=%s\r\na=mid:%s%u\r\na=%s\r\na=msid:s c%u\r\n",
               sound ? "audio 9 UDP/TLS/RTP/SAVPF 111" : "video 9 UDP/TLS/RTP/SAVPF 96 97 102 103",
               capital ? "x" : "", index, off ? "inactive" : "sendonly", index);
    str_append(out, kind == 'n' ? foreign : sound ? audio : video);
    str_append(out, "a=extmap:3 http://www.ietf.org/id/"
                    "draft-holmer-rmcat-transport-wide-cc-extensions-01\r\n"
                    "a=extmap:4 urn:ietf:params:rtp-hdrext:sdes:mid\r\n");
    if (kind == 's')
        str_append(out,
                   "a=rid:q send\r\na=rid:h send\r\na=rid:f send\r\na=simulcast:send q;h;f\r\n");
    if (kind == 'd') /* declared */
        str_printf(out, "a=ssrc-group:FID %u %u\r\na=ssrc:%u cname:c\r\na=ssrc:%u cname:c\r\n",
                   2 * index, 2 * index + 1, 2 * index, 2 * index + 1);
}

static void write_answer_section(struct str *out, const struct client *c, const struct sdp_media *m)
{
    static const char *const kinds[] = {"audio", "video", "application", "text"};
    bool on = m->direction == SDP_SENDONLY && c->answering != ANSWER_INACTIVE;

    str_printf(out, "m=%s %d %s", kinds[m->kind], c->answering == ANSWER_REJECT ? 0 : 9,
               m->kind == SDP_APPLICATION ? "UDP/DTLS/SCTP webrtc-datachannel"
                                          : "UDP/TLS/RTP/SAVPF");
    for (unsigned i = 0; i < m->codec_count; i++)
        str_printf(out, " %u", m->codecs[i].payload_type);
    str_append(out, "\r\na=mid:");
    str_append_span(out, m->mid);
    str_printf(out, "\r\na=%s\r\n", on ? "recvonly" : "inactive");
    for (unsigned i = 0; i < m->codec_count; i++) {
        const struct sdp_codec *k = &m->codecs[i];
        if (c->answering == ANSWER_NO_RTX && span_equal(k->name, SPAN_LITERAL("rtx")))
            continue;
        str_printf(out, "a=rtpmap:%u %.*s/%u\r\na=fmtp:%u %.*s\r\n", k->payload_type,
                   (int)k->name.size, (const char *)k->name.data, k->clock_rate, k->payload_type,
                   (int)k->fmtp.size, (const char *)k->fmtp.data);
    }
}

/* ---- signalling ---- */

static void send_request(struct client *c, const Livekit__SignalRequest *r)
{
    struct arena a;

    arena_init(&a);
    engine_on_message(cast.engine, cast.now_us, c->session, signal_pack(&r->base, &a));
    arena_fini(&a);
}

static void send_description(struct client *c, bool offer, struct str *sdp, uint32_t id)
{
    Livekit__SignalRequest r = LIVEKIT__SIGNAL_REQUEST__INIT;
    Livekit__SessionDescription d = LIVEKIT__SESSION_DESCRIPTION__INIT;

    d.sdp = sdp->text;
    d.id = id;
    r.message_case =
        offer ? LIVEKIT__SIGNAL_REQUEST__MESSAGE_OFFER : LIVEKIT__SIGNAL_REQUEST__MESSAGE_ANSWER;
    if (offer)
        r.offer = &d;
    else
        r.answer = &d;
    send_request(c, &r);
    str_fini(sdp);
}

static void send_answer(struct client *c)
{
    struct arena a;
    struct str text;
    struct sdp sdp;
    char *offer = c->offer;

    if (!offer)
        return;
    c->offer = NULL;
    arena_init(&a);
    str_init(&text);
    bool good = sdp_parse(span_of_str(offer), &a, &sdp);
    assert(good);
    write_head(&text, c, SUBSCRIBER, false);
    for (unsigned i = 0; i < sdp.media_count; i++)
        write_answer_section(&text, c, &sdp.media[i]);
    send_description(c, false, &text, c->offer_id);
    arena_fini(&a);
    free(offer);
}

static void take_response(struct client *c, struct span bytes)
{
    struct arena a;
    struct sdp sdp;

    arena_init(&a);
    const Livekit__SignalResponse *r = signal_response_parse(bytes, &a);
    assert(r);
    if (r->message_case == LIVEKIT__SIGNAL_RESPONSE__MESSAGE_OFFER) {
        str_set(&c->offer, r->offer->sdp);
        c->offer_id = r->offer->id;
    } else if (r->message_case == LIVEKIT__SIGNAL_RESPONSE__MESSAGE_ANSWER) {
        bool good = sdp_parse(span_of_str(r->answer->sdp), &a, &sdp);
        assert(good);
    }
    arena_fini(&a);
}

static void take_items(void)
{
    struct outbox_item *i;

    while ((i = outbox_take(&cast.engine->outbox)) != NULL) {
        if (i->kind == OUTBOX_REPLY)
            cast.replies++;
        for (unsigned k = 0; i->kind == OUTBOX_SIGNAL && k < CLIENTS; k++)
            if (cast.clients[k].session == i->session)
                take_response(&cast.clients[k], span_of(i->bytes, i->size));
        outbox_item_free(i);
    }
}

/* After each step: what is to be sent is sent, what is offered answered. The engine may sleep then.
 */
static void settle(void)
{
    for (unsigned rounds = 0; rounds < 50; rounds++) {
        int64_t next = engine_on_time(cast.engine, cast.now_us);
        assert(next > cast.now_us);
        drain(NULL, &cast.engine->outbox);
        outbox_sent(&cast.engine->outbox);
        take_items();
        bool answered = false;
        for (unsigned i = 0; i < CLIENTS; i++) {
            struct client *c = &cast.clients[i];
            if (!c->offer || c->answering == ANSWER_LATER)
                continue;
            send_answer(c);
            answered = true;
        }
        if (!answered)
            return;
    }
}

/* ---- datagrams in ---- */

static void give(const struct addr *from, struct span bytes)
{
    struct packet *p = packet_new(cast.engine->pool);

    if (!p)
        return;
    p->from = *from;
    p->size = (uint32_t)(bytes.size < PACKET_CAPACITY ? bytes.size : PACKET_CAPACITY);
    p->received_us = cast.now_us;
    if (p->size)
        memcpy(p->data, bytes.data, p->size);
    engine_on_packet(cast.engine, cast.now_us, p);
    packet_unref(p);
}

static void give_check(const struct connection *k, const struct addr *from, bool nominate,
                       bool authentic)
{
    static const uint8_t transaction[12];
    const struct ice_credentials *local = &transport_ice(k->transport)->local;
    char username[64];
    struct writer w = writer_of(cast.check, sizeof cast.check);

    snprintf(username, sizeof username, "%s:them", local->ufrag);
    stun_write_check(&w, &(struct stun_check){.transaction = span_of(transaction, 12),
                                              .username = span_of_str(username),
                                              .password = span_of_str(authentic ? local->pwd : "x"),
                                              .priority = 1,
                                              .controlling = true,
                                              .use_candidate = nominate});
    cast.check_size = writer_size(&w);
    give(from, writer_span(&w));
}

/* ICE with an authentic check; then keys that both ends know, in place of DTLS. */
static void connect_link(struct client *c, enum side side)
{
    static const struct srtp_keys up = {.key = {1}, .salt = {2}}, down = {.key = {3}, .salt = {4}};
    struct connection *k = connection_of(c, side);
    struct link *l = &c->links[side];

    if (!k || l->transport == transport_id(k->transport))
        return;
    give_check(k, &l->addr, true, true);
    srtp_free(l->srtp);
    l->srtp = srtp_new(SRTP_AEAD_AES_128_GCM, &up, &down, cipher_by_name("evp"));
    l->transport = transport_id(k->transport);
    transport_set_keys(k->transport, &l->addr, SRTP_AEAD_AES_128_GCM, &down, &up);
    engine_timer_set(cast.engine, &k->timer, cast.now_us);
}

#endif
