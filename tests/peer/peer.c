/* SPDX-License-Identifier: Apache-2.0 */
/* A participant: signalling on one side, two peer connections on the other. Owns its transports,
 * sources and sinks. */
#include "peer.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>

#define REPORT_INTERVAL_US 1000000
#define PING_INTERVAL_US 5000000
#define NTP_UNIX_OFFSET_S 2208988800u
#define RTCP_ROOM 1200

static void host_send(void *arg, const struct addr *to, struct span datagram)
{
    struct peer_link *l = arg;
    const struct peer_host *host = &l->peer->config.host;

    host->datagram(host->arg, l->side, to, datagram);
}

struct peer *peer_new(const struct peer_config *config)
{
    struct peer *p = xcalloc(1, sizeof *p);

    p->config = *config;
    p->data.last = &p->data.first;
    random_seed(&p->random, config->seed);
    for (unsigned i = 0; i < 2; i++) {
        struct peer_link *l = &p->links[i];
        struct transport_host host = {
            .arg = l, .send = host_send, .dtls = config->dtls, .cipher = config->cipher};
        l->peer = p;
        l->side = (enum peer_side)i;
        l->ssrc = (uint32_t)random_next(&p->random) | 1;
        l->transport = transport_new(&host, config->first_id + i, DTLS_CLIENT);
        l->deadline_us = TIME_NEVER;
    }
    channels_open(transport_channels(p->links[PEER_PUBLISHER].transport), CHANNEL_RELIABLE);
    channels_open(transport_channels(p->links[PEER_PUBLISHER].transport), CHANNEL_LOSSY);
    return p;
}

void peer_free(struct peer *p)
{
    if (!p)
        return;
    transport_free(p->links[0].transport);
    transport_free(p->links[1].transport);
    for (unsigned i = 0; i < p->source_count; i++)
        free(p->sources[i]);
    for (unsigned i = 0; i < p->sink_count; i++)
        free(p->sinks[i]);
    packets_fini(&p->data);
    free(p);
}

/* ---- signalling in ---- */

/* The server's credentials and, the first time, where it is. */
static void take_remote(struct peer_link *l, const struct sdp *sdp, const char *text)
{
    char ufrag[LIMIT_SDP_ICE_TEXT + 1], pwd[LIMIT_SDP_ICE_TEXT + 1];
    struct addr candidate;

    snprintf(ufrag, sizeof ufrag, "%.*s", (int)sdp->ice_ufrag.size, sdp->ice_ufrag.data);
    snprintf(pwd, sizeof pwd, "%.*s", (int)sdp->ice_pwd.size, sdp->ice_pwd.data);
    bool good = transport_set_remote(l->transport, ufrag, pwd,
                                     sdp->has_fingerprint ? sdp->fingerprint : NULL);
    assert(good);
    memcpy(l->remote_ufrag, ufrag, sizeof ufrag);
    if (!l->remote_set && describe_candidate(text, &candidate)) {
        transport_connect(l->transport, l->peer->now_us, &candidate);
        l->remote_set = true;
    }
    l->deadline_us = l->peer->now_us;
}

static bool is_accepted(const struct source *s, const struct sdp_media *m)
{
    return (m->direction == SDP_RECVONLY || m->direction == SDP_SENDRECV) &&
           sdp_find_codec(m, s->config.codec, -1);
}

static void on_answer(struct peer *p, const Livekit__SessionDescription *d)
{
    struct arena a;
    struct sdp sdp;

    arena_init(&a);
    if (d->id == p->offer_id && sdp_parse(span_of_str(d->sdp), &a, &sdp)) {
        take_remote(&p->links[PEER_PUBLISHER], &sdp, d->sdp);
        p->offer_pending = false;
        for (unsigned i = 0; i < p->source_count && i + 1 < sdp.media_count; i++) {
            struct source *s = p->sources[i];
            s->flowing = s->active && is_accepted(s, &sdp.media[i + 1]);
        }
    }
    arena_fini(&a);
    if (p->offer_wanted && !p->offer_pending)
        peer_negotiate(p);
}

struct sink *peer_sink_of(const struct peer *p, const char *track_sid)
{
    for (unsigned i = p->sink_count; i-- > 0;)
        if (strcmp(p->sinks[i]->track_sid, track_sid) == 0)
            return p->sinks[i];
    return NULL;
}

static struct sink *sink_by_ssrc(const struct peer *p, uint32_t ssrc)
{
    for (unsigned i = 0; i < p->sink_count; i++)
        if (p->sinks[i]->ssrc == ssrc || (p->sinks[i]->rtx_ssrc == ssrc && ssrc))
            return p->sinks[i];
    return NULL;
}

static void take_codecs(struct sink *k, const struct sdp_media *m, bool no_rtx)
{
    enum codec codec = m->codec_count ? codec_by_name(m->codecs[0].name) : CODEC_NONE;
    const struct sdp_codec *c = sdp_find_codec(m, codec, -1);
    const struct sdp_codec *rtx = c ? sdp_find_rtx(m, c->payload_type) : NULL;

    k->codec = codec;
    k->payload_type = c ? c->payload_type : 0;
    k->rtx_payload_type = rtx && !no_rtx ? rtx->payload_type : 0;
}

/* Makes room: the oldest sink whose track is not offered any more. */
static void let_go_of_sink(struct peer *p)
{
    unsigned i = 0;

    while (i < p->sink_count && p->sinks[i]->active)
        i++;
    assert(i < p->sink_count);
    sink_add_stats(&p->gone, &p->sinks[i]->stats);
    p->gone_digest = (p->gone_digest ^ p->sinks[i]->digest) * 0x100000001b3u;
    free(p->sinks[i]);
    memmove(p->sinks + i, p->sinks + i + 1, (--p->sink_count - i) * sizeof(struct sink *));
}

/* A section that carries a track now: its sink is made, once for each SSRC. */
static void take_section(struct peer *p, const struct sdp_media *m)
{
    struct sink *k = sink_by_ssrc(p, m->ssrcs[0]);

    if (!k) {
        if (p->sink_count == PEER_SINKS)
            let_go_of_sink(p);
        k = xcalloc(1, sizeof *k);
        k->no_nack = p->config.no_nack;
        k->ssrc = m->ssrcs[0];
        k->rtx_ssrc = m->fid[1];
        p->sinks[p->sink_count++] = k;
    }
    snprintf(k->track_sid, sizeof k->track_sid, "%.*s", (int)m->track_id.size, m->track_id.data);
    snprintf(k->mid, sizeof k->mid, "%.*s", (int)m->mid.size, m->mid.data);
    take_codecs(k, m, p->config.no_rtx);
    k->active = true;
}

static void on_offer(struct peer *p, const Livekit__SessionDescription *d)
{
    struct peer_link *l = &p->links[PEER_SUBSCRIBER];
    struct arena a;
    struct sdp sdp;

    arena_init(&a);
    p->offers_received++;
    if (sdp_parse(span_of_str(d->sdp), &a, &sdp)) {
        bool restart = l->remote_set && !span_equal(sdp.ice_ufrag, span_of_str(l->remote_ufrag));
        if (restart)
            transport_restart_ice(l->transport);
        for (unsigned i = 0; i < p->sink_count; i++)
            p->sinks[i]->active = false;
        for (unsigned i = 0; i < sdp.media_count; i++)
            if (sdp.media[i].ssrc_count && sdp.media[i].direction == SDP_SENDONLY)
                take_section(p, &sdp.media[i]);
        take_remote(l, &sdp, d->sdp);
        peer_describe(p, describe_answer(p, &sdp), false, d->id);
    }
    arena_fini(&a);
}

static void on_published(struct peer *p, const Livekit__TrackPublishedResponse *r)
{
    for (unsigned i = 0; i < p->source_count; i++) {
        struct source *s = p->sources[i];
        if (strcmp(s->cid, r->cid) != 0)
            continue;
        snprintf(s->sid, sizeof s->sid, "%s", r->track->sid);
        s->active = true;
        peer_negotiate(p);
    }
}

static struct source *source_of(const struct peer *p, const char *sid)
{
    for (unsigned i = 0; i < p->source_count; i++)
        if (strcmp(p->sources[i]->sid, sid) == 0)
            return p->sources[i];
    return NULL;
}

/* Somebody with the right to do so ended or muted a track of ours. */
static void on_ordered(struct peer *p, const Livekit__SignalResponse *r)
{
    bool mute = r->message_case == LIVEKIT__SIGNAL_RESPONSE__MESSAGE_MUTE;
    struct source *s = source_of(p, mute ? r->mute->sid : r->track_unpublished->track_sid);

    if (!s)
        return;
    if (mute)
        s->muted = r->mute->muted;
    else
        peer_unpublish(p, p->now_us, s);
}

static void on_response(struct peer *p, const Livekit__SignalResponse *r)
{
    if (r->message_case == LIVEKIT__SIGNAL_RESPONSE__MESSAGE_JOIN) {
        p->joined = true;
        p->joined_us = p->now_us;
        snprintf(p->sid, sizeof p->sid, "%s", r->join->participant->sid);
    } else if (r->message_case == LIVEKIT__SIGNAL_RESPONSE__MESSAGE_ANSWER) {
        on_answer(p, r->answer);
    } else if (r->message_case == LIVEKIT__SIGNAL_RESPONSE__MESSAGE_OFFER) {
        on_offer(p, r->offer);
    } else if (r->message_case == LIVEKIT__SIGNAL_RESPONSE__MESSAGE_TRACK_PUBLISHED) {
        on_published(p, r->track_published);
    } else if (r->message_case == LIVEKIT__SIGNAL_RESPONSE__MESSAGE_LEAVE) {
        p->left = true;
        p->leave_action = (int)r->leave->action;
        p->leave_reason = (int)r->leave->reason;
    } else if (r->message_case == LIVEKIT__SIGNAL_RESPONSE__MESSAGE_MUTE ||
               r->message_case == LIVEKIT__SIGNAL_RESPONSE__MESSAGE_TRACK_UNPUBLISHED) {
        on_ordered(p, r);
    } else if (r->message_case == LIVEKIT__SIGNAL_RESPONSE__MESSAGE_RECONNECT) {
        packets_send_again(p, r->reconnect->last_message_seq);
    } else if (r->message_case == LIVEKIT__SIGNAL_RESPONSE__MESSAGE_PONG_RESP) {
        p->stats.pongs++;
    }
    if (p->config.host.response)
        p->config.host.response(p->config.host.arg, r);
}

void peer_on_signal(struct peer *p, int64_t now_us, struct span response)
{
    struct arena a;

    p->now_us = now_us;
    arena_init(&a);
    const Livekit__SignalResponse *r = signal_response_parse(response, &a);
    assert(r);
    on_response(p, r);
    arena_fini(&a);
}

/* ---- media out ---- */

static void send_packet(struct peer *p, struct source_packet *out)
{
    struct transport *t = p->links[PEER_PUBLISHER].transport;
    struct srtp *srtp = transport_srtp(t);
    struct span payload = span_of(out->bytes + out->header_size, out->size - out->header_size);
    const struct peer_host *host = &p->config.host;

    if (!srtp)
        return;
    if (host->sent)
        host->sent(host->arg, out);
    size_t size = srtp_seal_rtp(srtp, out->bytes, out->header_size, payload, out->index);
    p->stats.media_sent++;
    host->datagram(host->arg, PEER_PUBLISHER, transport_remote(t), span_of(out->bytes, size));
}

void peer_send_runt(struct peer *p, int64_t now_us, struct source *s, size_t size)
{
    struct source_packet out;

    p->now_us = now_us;
    source_runt(s, &s->layers[s->config.layers - 1], size, &p->transport_seq, &out);
    send_packet(p, &out);
}

static int64_t earlier(int64_t a, int64_t b)
{
    return a < b ? a : b;
}

static int64_t run_sources(struct peer *p, int64_t now_us)
{
    struct source_packet out;
    int64_t next = TIME_NEVER;

    if (!p->links[PEER_PUBLISHER].connected)
        return next;
    for (unsigned i = 0; i < p->source_count; i++) {
        struct source *s = p->sources[i];
        if (s->next_us == 0)
            s->next_us = now_us;
        while (source_next(s, now_us, &p->transport_seq, &out))
            send_packet(p, &out);
        next = earlier(next, source_next_deadline(s));
    }
    return next;
}

/* ---- RTCP ---- */

static uint64_t ntp_at(const struct peer *p, int64_t now_us)
{
    int64_t unix_us = now_us + p->config.unix_us_offset;
    uint64_t fraction = ((uint64_t)(unix_us % 1000000) << 32) / 1000000;

    return ((uint64_t)(unix_us / 1000000) + NTP_UNIX_OFFSET_S) << 32 | fraction;
}

static void send_sender_reports(struct peer *p, int64_t now_us)
{
    for (unsigned i = 0; i < p->source_count; i++) {
        uint8_t bytes[RTCP_ROOM];
        struct writer w = writer_of(bytes, sizeof bytes);
        source_write_reports(p->sources[i], now_us, ntp_at(p, now_us), &w);
        if (writer_size(&w))
            transport_send_rtcp(p->links[PEER_PUBLISHER].transport, writer_span(&w));
    }
}

static void send_receiver_reports(struct peer *p, int64_t now_us)
{
    struct peer_link *l = &p->links[PEER_SUBSCRIBER];
    struct rtcp_block blocks[31];
    unsigned n = 0;

    for (unsigned i = 0; i < p->sink_count; i++) {
        if (p->sinks[i]->active && p->sinks[i]->started)
            sink_report(p->sinks[i], now_us, &blocks[n++]);
        if (n == 31 || (n && i + 1 == p->sink_count)) {
            uint8_t bytes[RTCP_ROOM];
            struct writer w = writer_of(bytes, sizeof bytes);
            rtcp_write_rr(&w, l->ssrc, blocks, n);
            transport_send_rtcp(l->transport, writer_span(&w));
            n = 0;
        }
    }
}

static int64_t run_sinks(struct peer *p, int64_t now_us)
{
    struct peer_link *l = &p->links[PEER_SUBSCRIBER];
    int64_t next = TIME_NEVER;

    for (unsigned i = 0; i < p->sink_count; i++) {
        uint8_t bytes[RTCP_ROOM];
        struct writer w = writer_of(bytes, sizeof bytes);
        if (sink_next_deadline(p->sinks[i]) <= now_us) {
            sink_write_feedback(p->sinks[i], now_us, l->ssrc, &w);
            if (writer_size(&w))
                transport_send_rtcp(l->transport, writer_span(&w));
        }
        next = earlier(next, sink_next_deadline(p->sinks[i]));
    }
    return next;
}

static void on_nack(struct peer *p, const struct rtcp *r, uint32_t media)
{
    for (unsigned i = 0; i < p->source_count; i++) {
        struct source_layer *l = source_layer_of(p->sources[i], media);
        struct source_packet out;
        unsigned cursor = 0;
        uint16_t seq;
        while (l && rtcp_next_nack(r, &cursor, &seq)) {
            p->stats.nacks_received++;
            out.rtx = !p->config.no_rtx;
            if (source_again(p->sources[i], l, seq, &p->transport_seq, &out))
                send_packet(p, &out);
        }
    }
}

static void on_keyframe_request(struct peer *p, uint32_t media)
{
    p->stats.plis_received++;
    for (unsigned i = 0; i < p->source_count; i++) {
        struct source_layer *l = source_layer_of(p->sources[i], media);
        if (l) {
            l->keyframe_wanted = true;
            l->plis++;
        }
    }
}

static void on_feedback(struct peer *p, const struct rtcp *r)
{
    uint32_t sender, media;

    if (!rtcp_parse_feedback(r, &sender, &media))
        return;
    if (r->type == RTCP_RTPFB && r->count == RTCP_FMT_NACK)
        on_nack(p, r, media);
    else if (r->type == RTCP_RTPFB && r->count == RTCP_FMT_TWCC)
        p->stats.transport_feedback++;
    else if (r->type == RTCP_PSFB && r->count == RTCP_FMT_PLI)
        on_keyframe_request(p, media);
}

static void on_rtcp(struct peer *p, struct span compound)
{
    struct reader reader = reader_of(compound);
    struct rtcp r;
    struct rtcp_sr sr;
    bool bad = false;

    p->stats.rtcp_received++;
    while (rtcp_next(&reader, &r, &bad)) {
        if (r.type == RTCP_SR && rtcp_parse_sr(&r, &sr)) {
            struct sink *k = sink_by_ssrc(p, sr.ssrc);
            if (k)
                sink_on_sr(k, p->now_us, &sr);
        } else if (r.type == RTCP_RTPFB || r.type == RTCP_PSFB) {
            on_feedback(p, &r);
        }
    }
    assert(!bad);
}

/* ---- datagrams in ---- */

static void on_rtp(struct peer *p, struct span packet, int64_t index)
{
    struct rtp rtp;

    p->stats.media_received++;
    if (p->first_media_us == 0)
        p->first_media_us = p->now_us;
    struct sink *k = rtp_parse(packet, &rtp) ? sink_by_ssrc(p, rtp.ssrc) : NULL;
    if (!k)
        p->stats.unknown_ssrc++;
    else if (rtp.ssrc == k->ssrc)
        sink_on_rtp(k, p->now_us, &rtp, index);
    else
        sink_on_rtx(k, p->now_us, &rtp);
}

static void look_at_link(struct peer_link *l, int64_t now_us)
{
    struct peer *p = l->peer;
    struct channel_message m;

    l->deadline_us = transport_on_time(l->transport, now_us);
    if (!l->connected && transport_state(l->transport) == TRANSPORT_CONNECTED) {
        l->connected = true;
        l->connected_us = now_us;
    }
    while (channels_next(transport_channels(l->transport), &m)) {
        if (p->config.host.message)
            p->config.host.message(p->config.host.arg, l->side, &m);
        if (p->config.host.packet && l->side == PEER_SUBSCRIBER)
            packets_on_message(p, &m);
    }
}

void peer_on_datagram(struct peer *p, int64_t now_us, enum peer_side side, const struct addr *from,
                      struct span datagram)
{
    struct peer_link *l = &p->links[side];
    struct packet *packet = &p->packet;
    enum drop drop;
    int64_t index;

    p->now_us = now_us;
    assert(datagram.size <= sizeof packet->data);
    packet->from = *from;
    packet->size = (uint32_t)datagram.size;
    memcpy(packet->data, datagram.data, datagram.size);
    switch (transport_on_packet(l->transport, now_us, packet, &index, &drop)) {
    case TRANSPORT_HANDLED:
        look_at_link(l, now_us);
        break;
    case TRANSPORT_RTP:
        on_rtp(p, span_of(packet->data, packet->size), index);
        break;
    case TRANSPORT_RTCP:
        on_rtcp(p, span_of(packet->data, packet->size));
        break;
    case TRANSPORT_DROPPED:
        p->stats.dropped++;
        break;
    }
}

bool peer_on_sctp(struct peer *p, int64_t now_us, uint64_t id, struct span packet)
{
    uint64_t side = id - p->config.first_id;

    if (side > 1)
        return false;
    p->now_us = now_us;
    transport_send_sctp(p->links[side].transport, packet);
    return true;
}

enum channel_sent peer_send_data(struct peer *p, int64_t now_us, enum channel_label label,
                                 struct span packet)
{
    struct peer_link *l = &p->links[PEER_PUBLISHER];

    p->now_us = now_us;
    enum channel_sent sent = channels_send(transport_channels(l->transport), label, packet);
    l->deadline_us = now_us;
    return sent;
}

static void ping(struct peer *p)
{
    Livekit__Ping ping = LIVEKIT__PING__INIT;
    Livekit__SignalRequest r = LIVEKIT__SIGNAL_REQUEST__INIT;

    r.message_case = LIVEKIT__SIGNAL_REQUEST__MESSAGE_PING_REQ;
    r.ping_req = &ping;
    ping.timestamp = p->now_us / 1000;
    peer_request(p, &r);
    p->ping_us = p->now_us + PING_INTERVAL_US;
}

int64_t peer_on_time(struct peer *p, int64_t now_us)
{
    int64_t next;

    p->now_us = now_us;
    if (p->left)
        return TIME_NEVER;
    for (unsigned i = 0; i < 2; i++)
        if (p->links[i].deadline_us <= now_us)
            look_at_link(&p->links[i], now_us);
    next = earlier(run_sources(p, now_us), run_sinks(p, now_us));
    if (now_us >= p->report_us) {
        send_sender_reports(p, now_us);
        send_receiver_reports(p, now_us);
        p->report_us = now_us + REPORT_INTERVAL_US;
    }
    if (now_us >= p->ping_us)
        ping(p);
    next = earlier(next, earlier(p->report_us, p->ping_us));
    return earlier(next, earlier(p->links[0].deadline_us, p->links[1].deadline_us));
}
