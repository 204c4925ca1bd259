/* SPDX-License-Identifier: Apache-2.0 */
/* Media out: the burst of a track is rewritten and sealed for one viewer after the other, straight
 * from the shared clear text into the send arena, so that a viewer's key stays in the cache and its
 * datagrams lie side by side for UDP_SEGMENT. No allocation, no lock, no copy. */
#include "base/random.h"
#include "room/evil.h"
#include "wire/rtp.h"

#define RTP_HEADER_SIZE 12
/* livekit-wire.md 6.2: at most one key frame request in this time. */
#define KEYFRAME_LOW_US 500000
#define KEYFRAME_HIGH_US 1000000
/* A repeated NACK within this time, or the round trip when longer, is answered once. */
#define RESEND_MIN_US 20000
#define RESEND_CREDIT_MAX 512u
/* Packets of a burst that differ by so little get one size, so that they go out in one run. An
 * encoder's packetizer cuts a frame into pieces that differ by a byte. */
#define EVEN_OUT_BYTES 8

/* ---- one packet to one viewer ---- */

struct header {
    uint8_t payload_type;
    bool marker, padding;
    uint16_t seq;
    uint32_t timestamp, ssrc;
};

static void put_u32(uint8_t *at, uint32_t v)
{
    at[0] = (uint8_t)(v >> 24);
    at[1] = (uint8_t)(v >> 16);
    at[2] = (uint8_t)(v >> 8);
    at[3] = (uint8_t)v;
}

/* The fixed header (RFC 3550 5.1): no CSRC, no extension. */
static void write_header(uint8_t *at, const struct header *h)
{
    at[0] = h->padding ? 0xa0 : 0x80;
    at[1] = (uint8_t)((h->marker ? 0x80 : 0) | h->payload_type);
    at[2] = (uint8_t)(h->seq >> 8);
    at[3] = (uint8_t)h->seq;
    put_u32(at + 4, h->timestamp);
    put_u32(at + 8, h->ssrc);
}

/* The descriptor in the shared packet is overwritten for each viewer in turn: what was received
 * stands in m->frame. */
static void patch_descriptor(const struct media *m, const struct forward_out *out)
{
    const struct vp8_descriptor *v = &m->frame.vp8;

    if (v->has_picture_id || v->has_tl0)
        vp8_descriptor_patch(m->packet->data + m->payload_offset, v,
                             out->patch_vp8 ? out->picture_id : v->picture_id,
                             out->patch_vp8 ? out->tl0 : v->tl0);
}

/* Its padding (RFC 3550 5.1) lies behind the payload already. */
static void send_media(struct downtrack *d, struct srtp *srtp, const struct addr *to,
                       const struct media *m, const struct forward_out *out)
{
    struct outbox *o = &d->viewer->engine->outbox;
    struct span body = span_of(media_payload(m).data, (size_t)m->payload_size + m->padding);
    uint8_t *at = outbox_reserve(o, RTP_HEADER_SIZE + (uint32_t)body.size + SRTP_TRAILER_MAX);

    write_header(at, &(struct header){.payload_type = d->payload_type,
                                      .marker = out->marker,
                                      .padding = m->padding > 0,
                                      .seq = (uint16_t)out->seq,
                                      .timestamp = out->timestamp,
                                      .ssrc = d->ssrc});
    patch_descriptor(m, out);
    size_t size = srtp_seal_rtp(srtp, at, RTP_HEADER_SIZE, body, out->seq);
    outbox_commit(o, to, (uint32_t)size);
}

/* ---- a burst ---- */

/* Padding is written where the publisher's own, or the tag, was: behind the payload nothing is read
 * any more. */
static void pad(struct media *m, unsigned size)
{
    unsigned end = m->payload_offset + size, padding = size - m->payload_size;

    if (padding == 0 || end > PACKET_CAPACITY)
        return;
    memset(m->packet->data + end - padding, 0, padding);
    m->packet->data[end - 1] = (uint8_t)padding;
    m->padding = (uint8_t)padding;
}

/* The first packets of the burst that differ by a few bytes, evened out; how many they are. */
static unsigned even_out_some(struct burst_item *items, unsigned count)
{
    unsigned n = 0, least = UINT16_MAX, most = 0;

    for (; n < count && items[n].layer == items[0].layer; n++) {
        unsigned size = items[n].media->payload_size;
        unsigned low = size < least ? size : least, high = size > most ? size : most;
        if (high - low > EVEN_OUT_BYTES)
            break;
        least = low;
        most = high;
    }
    for (unsigned i = 0; i < n && least > 0; i++)
        pad(items[i].media, most);
    return n;
}

static void even_out(struct track *t)
{
    for (unsigned i = 0; i < t->burst_count;)
        i += even_out_some(&t->burst[i], t->burst_count - i);
}

/* Target layer's timestamp minus the current one's for the same instant, from the sender reports of
 * both. */
static bool timestamp_delta(const struct track *t, uint8_t from, uint8_t to, int64_t *delta)
{
    const struct recv *a = &t->layers[from].recv, *b = &t->layers[to].recv;

    if (!a->has_sr || !b->has_sr)
        return false;
    int64_t ntp_gap = (int64_t)(a->last_sr.ntp - b->last_sr.ntp);
    double elapsed = (double)ntp_gap / 4294967296.0 * (double)codec_clock_rate(t->codec);
    *delta =
        (int32_t)(b->last_sr.rtp_timestamp + (uint32_t)(int64_t)elapsed - a->last_sr.rtp_timestamp);
    return true;
}

static void relay_one(struct downtrack *d, struct srtp *srtp, const struct addr *to,
                      const struct burst_item *item, int64_t now_us)
{
    const struct media *m = item->media;
    struct forward *f = &d->forward;
    struct forward_out out;
    int64_t delta = 0;

    if (m->payload_size == 0) {
        forward_skip(f, m, item->layer);
        return;
    }
    bool switching = item->layer != f->current && item->layer == f->target && m->frame.keyframe &&
                     f->current < LIMIT_LAYERS;
    bool known = switching && timestamp_delta(d->track, f->current, item->layer, &delta);
    if (forward_push(f, now_us, m, item->layer, known ? &delta : NULL, &out) == FORWARD_SEND)
        send_media(d, srtp, to, m, &out);
}

static void relay_track(struct track *t, int64_t now_us)
{
    even_out(t);
    list_each(node, &evil_carried(t)->viewers)
    {
        struct downtrack *d = list_entry(node, struct downtrack, in_track);
        const struct connection *c = &d->viewer->connections[SUBSCRIBER];
        struct srtp *srtp =
            d->live && c->state == TRANSPORT_CONNECTED ? transport_srtp(c->transport) : NULL;
        if (!srtp)
            continue;
        const struct addr *to = transport_remote(c->transport);
        for (unsigned i = 0; i < t->burst_count; i++)
            relay_one(d, srtp, to, &t->burst[i], now_us);
    }
    t->burst_count = 0;
}

void relay_flush(struct engine *e, int64_t now_us)
{
    list_each(node, &e->dirty)
    {
        list_remove(node);
        relay_track(list_entry(node, struct track, in_dirty), now_us);
    }
}

/* ---- key frames ---- */

void relay_ask_keyframe(struct track *t, unsigned layer, int64_t now_us)
{
    struct connection *c = &t->publisher->connections[PUBLISHER];
    struct layer *l = &t->layers[layer < t->layer_count ? layer : 0];
    int64_t least = l->index == 0 ? KEYFRAME_LOW_US : KEYFRAME_HIGH_US;
    uint8_t bytes[16];
    struct writer w = writer_of(bytes, sizeof bytes);

    if (!codec_is_video(t->codec) || l->ssrc == 0 || c->state != TRANSPORT_CONNECTED)
        return;
    if (l->keyframe_asked_us && now_us - l->keyframe_asked_us < least)
        return;
    l->keyframe_asked_us = now_us;
    rtcp_write_pli(&w, c->ssrc, l->ssrc);
    transport_send_rtcp(c->transport, writer_span(&w));
}

/* ---- retransmission ---- */

static bool resent_lately(struct downtrack *d, uint16_t seq, int64_t now_us)
{
    int64_t rtt = d->viewer->connections[SUBSCRIBER].rtt_us;
    int64_t least = rtt > RESEND_MIN_US ? rtt : RESEND_MIN_US;

    for (unsigned i = 0; i < TRACK_RESENT; i++)
        if (d->resent[i].at_us && d->resent[i].seq == seq && now_us - d->resent[i].at_us < least)
            return true;
    d->resent[d->resent_next].seq = seq;
    d->resent[d->resent_next].at_us = now_us;
    d->resent_next = (d->resent_next + 1) % TRACK_RESENT;
    return false;
}

/* At most as much is sent again as was sent, and a history's worth at a time: NACKs are small, and
 * no viewer is to turn a few of them into a flood. */
static bool has_credit(struct downtrack *d)
{
    d->resend_credit += d->forward.packets - d->credited;
    d->credited = d->forward.packets;
    if (d->resend_credit > RESEND_CREDIT_MAX)
        d->resend_credit = RESEND_CREDIT_MAX;
    if (d->resend_credit == 0)
        return false;
    d->resend_credit--;
    return true;
}

/* RFC 4588 4: a packet of the retransmission stream, the original number before the payload. */
static void send_rtx(struct downtrack *d, struct srtp *srtp, const struct addr *to,
                     const struct media *m, const struct forward_out *out)
{
    struct outbox *o = &d->viewer->engine->outbox;
    uint32_t payload = 2u + m->payload_size;
    uint8_t *at = outbox_reserve(o, RTP_HEADER_SIZE + payload + SRTP_TRAILER_MAX);
    int64_t seq = d->rtx_seq++;

    write_header(at, &(struct header){.payload_type = d->rtx_payload_type,
                                      .marker = out->marker,
                                      .seq = (uint16_t)seq,
                                      .timestamp = out->timestamp,
                                      .ssrc = d->rtx_ssrc});
    patch_descriptor(m, out);
    at[RTP_HEADER_SIZE] = (uint8_t)(out->seq >> 8);
    at[RTP_HEADER_SIZE + 1] = (uint8_t)out->seq;
    memcpy(at + RTP_HEADER_SIZE + 2, media_payload(m).data, m->payload_size);
    size_t size =
        srtp_seal_rtp(srtp, at, RTP_HEADER_SIZE, span_of(at + RTP_HEADER_SIZE, payload), seq);
    outbox_commit(o, to, (uint32_t)size);
}

/* Whether the NACK left before the packet could arrive: it was repaired on its way to us, and they
 * crossed. An eighth of the round trip is left for its estimate being too long. */
static bool crossed(const struct downtrack *d, const struct media *m, int64_t now_us)
{
    int64_t rtt = d->viewer->connections[SUBSCRIBER].rtt_us;

    return now_us - m->received_us < rtt - rtt / 8;
}

void relay_resend(struct downtrack *d, uint16_t seq, int64_t now_us)
{
    const struct connection *c = &d->viewer->connections[SUBSCRIBER];
    struct forward_out out;
    uint8_t layer;
    int64_t source;

    if (!d->track || !d->live || !forward_find(&d->forward, seq, &layer, &source))
        return;
    const struct media *m = history_get(&evil_carried(d->track)->layers[layer].history, source);
    if (!m || m->payload_size == 0 || crossed(d, m, now_us) || resent_lately(d, seq, now_us) ||
        !forward_again(&d->forward, m, layer, seq, &out) || !has_credit(d))
        return;
    struct srtp *srtp = transport_srtp(c->transport);
    if (!srtp)
        return;
    if (d->rtx_payload_type)
        send_rtx(d, srtp, transport_remote(c->transport), m, &out);
    else
        send_media(d, srtp, transport_remote(c->transport), m, &out);
}
