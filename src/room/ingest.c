/* SPDX-License-Identifier: Apache-2.0 */
/* Media in: which layer a packet of a publisher belongs to, its place in that layer's history, and
 * what is learnt on the way (losses, arrival times, audio levels). Reads nothing past the codec's
 * clear header bytes. */
#include "base/seq.h"
#include "room/evil.h"
#include "wire/rtp.h"

/* AES-GCM tag, IV, its length and the key index: what LiveKit's frame encryption adds (e2ee-frame
 * format). An encrypted frame cannot be shorter, and a shorter one aborts native clients. */
#define FRAME_TRAILER_BYTES 30
/* What is kept of a layer when packets run low: a round trip. */
#define SHED_AGE_US 200000

/* ---- which layer ---- */

static struct stream *find_stream(struct person *p, uint32_t ssrc)
{
    for (unsigned i = 0; i < p->stream_count; i++)
        if (p->streams[i].ssrc == ssrc)
            return &p->streams[i];
    return NULL;
}

static struct section *section_of(struct person *p, const struct rtp *rtp,
                                  const struct rtpext_values *ext)
{
    for (unsigned i = 0; i < p->section_count; i++) {
        struct section *s = &p->sections[i];
        if (!s->active || !s->track)
            continue;
        if (ext->mid.size ? span_equal(ext->mid, span_of_str(s->mid))
                          : rtp->ssrc == s->ssrc || rtp->ssrc == s->rtx_ssrc)
            return s;
    }
    return NULL;
}

static struct layer *layer_by_rid(struct track *t, struct span rid)
{
    for (unsigned i = 0; i < t->layer_count; i++)
        if (span_equal(rid, span_of_str(t->layers[i].rid)))
            return &t->layers[i];
    return NULL;
}

/* Another SSRC has other times and picture ids: each viewer's stream goes on with what it begins
 * with, as after a switch of layers. */
static void restart_viewers(struct layer *l, int64_t now_us)
{
    struct track *t = l->track;

    relay_flush(t->publisher->engine, now_us);
    list_each(node, &t->viewers)
    {
        struct downtrack *d = list_entry(node, struct downtrack, in_track);
        if (d->forward.current != l->index)
            continue;
        forward_set_target(&d->forward, LIMIT_LAYERS);
        downtrack_aim(d, now_us);
    }
}

/* A layer's stream begins, or goes on under another SSRC: its numbers continue without a gap. recv
 * counts as the SSRC does, since NACKs and reports name its own numbers; all else counts with
 * seq_base. */
static void start_stream(struct layer *l, int64_t now_us, uint32_t ssrc, int64_t first_index)
{
    struct track *t = l->track;
    int64_t next = l->ssrc ? l->recv.highest + l->seq_base + 1 : first_index;

    if (l->ssrc)
        restart_viewers(l, now_us);
    l->seq_first = l->ssrc ? next : 0;
    l->ssrc = ssrc;
    l->seq_base = next - first_index;
    l->keyframe_asked_us = 0;
    recv_init(&l->recv, ssrc, codec_clock_rate(t->codec), codec_is_video(t->codec));
}

static void forget_stream(struct person *p, uint32_t ssrc)
{
    struct stream *s = find_stream(p, ssrc);

    if (s)
        *s = p->streams[--p->stream_count];
}

static struct stream *add_stream(struct person *p, const struct stream *s)
{
    if (p->stream_count == p->stream_capacity) {
        p->stream_capacity = p->stream_capacity ? 2 * p->stream_capacity : 4;
        p->streams = xrealloc(p->streams, p->stream_capacity * sizeof *p->streams);
    }
    p->streams[p->stream_count] = *s;
    return &p->streams[p->stream_count++];
}

/* The first packet of an SSRC: its header extensions, or the SDP, tell what it is. */
static struct stream *new_stream(struct person *p, int64_t now_us, const struct rtp *rtp,
                                 const struct rtpext_values *ext, int64_t index)
{
    /* 0 stands for none in a layer. */
    struct section *s = rtp->ssrc ? section_of(p, rtp, ext) : NULL;

    if (!s || p->stream_count == LIMIT_STREAMS_PER_PERSON)
        return NULL;
    bool rtx = s->rtx_payload_type && rtp->payload_type == s->rtx_payload_type;
    if (!rtx && rtp->payload_type != s->payload_type)
        return NULL;
    struct span rid = rtx ? ext->repaired_rid : ext->rid;
    struct layer *l = s->rid_count == 0 ? &s->track->layers[0] : layer_by_rid(s->track, rid);
    if (!l)
        return NULL;
    if (rtx) {
        forget_stream(p, l->rtx_ssrc);
        l->rtx_ssrc = rtp->ssrc;
    } else {
        forget_stream(p, l->ssrc);
        start_stream(l, now_us, rtp->ssrc, index);
    }
    return add_stream(p, &(struct stream){.ssrc = rtp->ssrc, .rtx = rtx, .layer = l});
}

/* ---- binding, by signalling ---- */

static int rid_rank(const char *rid)
{
    switch (rid[0]) {
    case 'q':
        return 0;
    case 'h':
        return 1;
    case 'f':
        return 2;
    default:
        return 3;
    }
}

void ingest_bind(struct person *p, struct section *s, struct track *t)
{
    s->track = t;
    t->section = (unsigned)(s - p->sections);
    t->codec = s->codec;
    t->info->mime_type = (char *)(uintptr_t)codec_mime(s->codec);
    t->info->codecs[0]->mime_type = t->info->mime_type;
    memcpy(t->mid, s->mid, sizeof t->mid);
    t->info->mid = t->mid;
    t->layer_count = s->rid_count ? s->rid_count : 1;
    for (unsigned i = 0; i < s->rid_count; i++) {
        unsigned rank = 0;
        for (unsigned k = 0; k < s->rid_count; k++) {
            int a = rid_rank(s->rids[k]), b = rid_rank(s->rids[i]);
            rank += a < b || (a == b && k < i);
        }
        memcpy(t->layers[rank].rid, s->rids[i], sizeof t->layers[rank].rid);
    }
}

void ingest_unbind(struct person *p, struct track *t)
{
    for (unsigned i = 0; i < p->stream_count;) {
        if (p->streams[i].layer->track == t)
            p->streams[i] = p->streams[--p->stream_count];
        else
            i++;
    }
    for (unsigned i = 0; i < p->section_count; i++)
        if (p->sections[i].track == t)
            p->sections[i].track = NULL;
}

/* ---- one packet ---- */

/* Retransmission (RFC 4588 4): the original number stands before the payload. False for padding,
 * for a stream that was not seen yet, and for a number that it cannot have reached: one of the SSRC
 * before, which would pass for a new start. */
static bool unwrap_rtx(const struct layer *l, struct media *m)
{
    if (m->payload_size < 2 || l->ssrc == 0)
        return false;
    const uint8_t *osn = m->packet->data + m->payload_offset;
    int64_t number = seq_unwrap(l->recv.highest, (uint16_t)(osn[0] << 8 | osn[1]));
    if (number > l->recv.highest + RECV_GAP_MAX)
        return false;
    m->seq = number + l->seq_base;
    m->payload_offset = (uint16_t)(m->payload_offset + 2);
    m->payload_size = (uint16_t)(m->payload_size - 2);
    return true;
}

/* A repair tells the publisher's round trip, smoothed by 1/8: who views nothing sends no reports
 * that would. */
static void measure_round_trip(struct person *p, struct layer *l, int64_t now_us, int64_t seq)
{
    struct connection *c = &p->connections[PUBLISHER];
    int64_t rtt_us;

    if (recv_on_repair(&l->recv, now_us, seq, &rtt_us))
        c->rtt_us = c->rtt_us ? (7 * c->rtt_us + rtt_us) / 8 : rtt_us;
}

/* Whether an encrypted payload is too short to be a frame (see FRAME_TRAILER_BYTES). */
static bool too_short(const struct track *t, const struct media *m)
{
    size_t clear = codec_clear_bytes(t->codec, m->frame.keyframe);

    if (!t->encrypted)
        return false;
    if (!codec_is_video(t->codec))
        return m->payload_size < FRAME_TRAILER_BYTES + clear;
    return m->frame.start && m->marker &&
           m->payload_size < m->frame.vp8.size + clear + FRAME_TRAILER_BYTES;
}

/* Padding and what must not be forwarded keep their number with an empty payload, which the relay
 * leaves out. */
static void inspect(struct track *t, struct media *m)
{
    struct person *p = t->publisher;

    if (m->payload_size == 0)
        return;
    /* By a moderator, whatever the client goes on sending. Who mutes themselves stops sending, and
     * media is faster than the word that it begins again. */
    if (t->silenced) {
        m->payload_size = 0;
    } else if (codec_is_video(t->codec) &&
               !codec_frame_info(t->codec, media_payload(m), &m->frame)) {
        p->engine->stats.drops[DROP_MALFORMED]++;
        m->payload_size = 0;
    } else if (too_short(t, m)) {
        p->engine->stats.refused_short_frames++;
        p->room->refused_short_frames++;
        m->payload_size = 0;
    }
}

static void aim_viewers(struct track *t, int64_t now_us)
{
    list_each(node, &t->viewers)
        downtrack_aim(list_entry(node, struct downtrack, in_track), now_us);
}

static void queue(struct engine *e, struct layer *l, struct media *kept)
{
    struct track *t = l->track;

    if (list_empty(&t->in_dirty))
        list_append(&e->dirty, &t->in_dirty);
    t->burst[t->burst_count++] = (struct burst_item){.media = kept, .layer = l->index};
}

/* Whether the burst refers to what the history would let go of for this packet. */
static bool overwrites_burst(const struct layer *l, int64_t seq)
{
    const struct track *t = l->track;

    for (unsigned i = 0; i < t->burst_count; i++)
        if (t->burst[i].layer == l->index &&
            ((uint64_t)(t->burst[i].media->seq - seq) & (l->history.size - 1)) == 0)
            return true;
    return false;
}

static void accept(struct person *p, int64_t now_us, struct layer *l, struct media *m)
{
    struct engine *e = p->engine;
    struct track *t = l->track;

    if (recv_on_packet(&l->recv, now_us, m->seq - l->seq_base, m->timestamp, m->packet->size) ==
        RECV_DUPLICATE)
        return;
    int64_t nack_us = recv_next_deadline(&l->recv);
    if (nack_us != TIME_NEVER && (!t->nack_timer.node.index || nack_us < t->nack_timer.node.key_us))
        engine_timer_set(e, &t->nack_timer, nack_us);
    l->last_packet_us = now_us;
    inspect(t, m);
    evil_media(l, m, now_us);
    if (!l->flowing && m->payload_size) {
        l->flowing = true;
        aim_viewers(t, now_us);
    }
    if (t->burst_count == TRACK_BURST || overwrites_burst(l, m->seq))
        relay_flush(e, now_us);
    struct media *kept = history_put(&l->history, m);
    if (kept)
        queue(e, l, kept);
}

/* The viewers of a layer that fell silent get another one. */
void ingest_look_for_silence(struct track *t, int64_t now_us)
{
    bool changed = false;

    for (unsigned i = 0; i < t->layer_count; i++) {
        struct layer *l = &t->layers[i];
        if (l->flowing && now_us - l->last_packet_us > LAYER_SILENCE_US) {
            l->flowing = false;
            changed = true;
        }
    }
    if (changed)
        aim_viewers(t, now_us);
}

static void shed(struct person *p, int64_t now_us)
{
    list_each(node, &p->tracks)
    {
        struct track *t = list_entry(node, struct track, in_person);
        for (unsigned i = 0; i < t->layer_count; i++)
            history_expire(&t->layers[i].history, now_us, SHED_AGE_US);
    }
}

void ingest_shed(struct engine *e, int64_t now_us)
{
    size_t cursor = 0;
    struct room *r;

    while ((r = map_next(&e->rooms, &cursor, NULL)) != NULL)
        list_each(node, &r->people) shed(list_entry(node, struct person, in_room), now_us);
}

void ingest_rtp(struct person *p, int64_t now_us, struct packet *packet, int64_t srtp_index)
{
    struct engine *e = p->engine;
    struct rtp rtp;
    struct rtpext_values ext;

#ifdef BEDRUD_MEDIA_TAP
    if (e->tap)
        e->tap(e->tap_arg, span_of(packet->data, packet->size));
#endif
    if (!rtp_parse(span_of(packet->data, packet->size), &rtp)) {
        e->stats.drops[DROP_MALFORMED]++;
        return;
    }
    rtpext_read(&rtp, &p->connections[PUBLISHER].extensions, &ext);
    if (ext.has_transport_seq)
        report_on_arrival(p, now_us, ext.transport_seq, rtp.ssrc);
    struct stream *s = find_stream(p, rtp.ssrc);
    if (!s && !(s = new_stream(p, now_us, &rtp, &ext, srtp_index))) {
        e->stats.drops[DROP_NOT_FOR_US]++;
        return;
    }
    struct layer *l = s->layer;
    if (ext.has_audio_level && !l->track->muted)
        speaker_on_level(&l->track->speaker, ext.audio_level);
    struct media m = {.packet = packet,
                      .seq = srtp_index + l->seq_base,
                      .timestamp = rtp.timestamp,
                      .payload_offset = (uint16_t)(rtp.payload.data - packet->data),
                      .payload_size = (uint16_t)rtp.payload.size,
                      .marker = rtp.marker,
                      .received_us = now_us};
    if (s->rtx) {
        if (!unwrap_rtx(l, &m))
            return;
        measure_round_trip(p, l, now_us, m.seq - l->seq_base);
    }
    if (m.seq < l->seq_first)
        return;
    accept(p, now_us, l, &m);
}
