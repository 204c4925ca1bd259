/* SPDX-License-Identifier: Apache-2.0 */
/* RTCP both ways: reports, NACKs and transport-wide feedback to publishers; sender reports to
 * viewers; what viewers ask for (RFC 3550 6, RFC 4585, RFC 5506 reduced-size). */
#include "room/evil.h"

#define REPORT_INTERVAL_US 1000000
#define RTCP_BYTES_MAX 1200
#define BLOCKS_MAX 31 /* of one report: its count has five bits */
/* Sequence numbers of one NACK compound that are answered: half a history. */
#define NACKS_PER_COMPOUND 256
/* NTP counts from 1900 (RFC 3550 4). */
#define NTP_UNIX_OFFSET_S 2208988800u
/* As long as no round trip was measured. */
#define RTT_UNKNOWN_US 50000
#define HISTORY_AGE_US 2000000

static uint64_t ntp_now(const struct engine *e, int64_t now_us)
{
    int64_t unix_us = now_us + e->config.unix_ms_offset * 1000;
    uint64_t seconds = (uint64_t)(unix_us / 1000000) + NTP_UNIX_OFFSET_S;
    uint64_t fraction = ((uint64_t)(unix_us % 1000000) << 32) / 1000000;

    return seconds << 32 | fraction;
}

static bool ready(const struct connection *c)
{
    return c->transport && c->state == TRANSPORT_CONNECTED;
}

/* ---- to the publisher ---- */

static void send_blocks(const struct connection *c, const struct rtcp_block *blocks, unsigned count)
{
    uint8_t bytes[RTCP_BYTES_MAX];
    struct writer w = writer_of(bytes, sizeof bytes);

    rtcp_write_rr(&w, c->ssrc, blocks, count);
    transport_send_rtcp(c->transport, writer_span(&w));
}

/* As many reports as the streams need, at least one: it says that we are there. */
static void send_receiver_reports(struct person *p, int64_t now_us)
{
    const struct connection *c = &p->connections[PUBLISHER];
    struct rtcp_block blocks[BLOCKS_MAX];
    unsigned n = 0, sent = 0;

    for (unsigned i = 0; i < p->stream_count; i++) {
        if (p->streams[i].rtx)
            continue;
        recv_report(&p->streams[i].layer->recv, now_us, &blocks[n]);
        /* The sender's own count of cycles. */
        blocks[n++].highest_seq -= SRTP_FIRST_INDEX;
        if (n < BLOCKS_MAX)
            continue;
        send_blocks(c, blocks, n);
        sent += n;
        n = 0;
    }
    if (n || !sent)
        send_blocks(c, blocks, n);
}

static void look_after_tracks(struct person *p, int64_t now_us)
{
    list_each(node, &p->tracks)
    {
        struct track *t = list_entry(node, struct track, in_person);
        ingest_look_for_silence(t, now_us);
        for (unsigned i = 0; i < t->layer_count; i++)
            history_expire(&t->layers[i].history, now_us, HISTORY_AGE_US);
    }
}

static void report_on_time(struct timer *timer, int64_t now_us)
{
    struct person *p = list_entry(timer, struct person, report_timer);

    if (!ready(&p->connections[PUBLISHER]))
        return;
    send_receiver_reports(p, now_us);
    look_after_tracks(p, now_us);
    engine_timer_set(p->engine, timer, now_us + REPORT_INTERVAL_US);
}

static void feedback_on_time(struct timer *timer, int64_t now_us)
{
    struct person *p = list_entry(timer, struct person, feedback_timer);
    struct connection *c = &p->connections[PUBLISHER];
    uint8_t bytes[RTCP_BYTES_MAX];
    struct writer w = writer_of(bytes, sizeof bytes);

    if (!ready(c))
        return;
    if (feedback_write(p->feedback, now_us, c->ssrc, &w))
        transport_send_rtcp(c->transport, writer_span(&w));
    engine_timer_set(p->engine, timer, feedback_next_deadline(p->feedback));
}

void report_on_arrival(struct person *p, int64_t now_us, uint16_t transport_seq, uint32_t ssrc)
{
    if (!p->feedback) {
        p->feedback = xmalloc(sizeof *p->feedback);
        feedback_init(p->feedback);
    }
    int64_t before = feedback_next_deadline(p->feedback);

    feedback_on_packet(p->feedback, now_us, transport_seq, ssrc);
    int64_t after = feedback_next_deadline(p->feedback);
    if (after != before || !p->feedback_timer.node.index)
        engine_timer_set(p->engine, &p->feedback_timer, after);
}

/* How long to wait for an answer of the publisher's: a round trip and a quarter. */
static int64_t patience_us(const struct person *p)
{
    int64_t rtt = p->connections[PUBLISHER].rtt_us;

    if (!rtt)
        rtt = p->connections[SUBSCRIBER].rtt_us;
    return rtt ? rtt + rtt / 4 : RTT_UNKNOWN_US;
}

void report_nack_on_time(struct timer *timer, int64_t now_us)
{
    struct track *t = list_entry(timer, struct track, nack_timer);
    struct person *p = t->publisher;
    struct connection *c = &p->connections[PUBLISHER];
    int64_t again_us = patience_us(p), next = TIME_NEVER;

    if (!ready(c))
        return;
    for (unsigned i = 0; i < t->layer_count; i++) {
        uint16_t seqs[RECV_NACK_MAX];
        uint8_t bytes[RTCP_BYTES_MAX];
        struct writer w = writer_of(bytes, sizeof bytes);
        struct layer *l = &t->layers[i];
        if (l->ssrc == 0)
            continue;
        unsigned n = recv_due_nacks(&l->recv, now_us, again_us, seqs, RECV_NACK_MAX);
        if (n) {
            rtcp_write_nack(&w, c->ssrc, l->ssrc, seqs, n);
            transport_send_rtcp(c->transport, writer_span(&w));
        }
        int64_t due = recv_next_deadline(&l->recv);
        next = due < next ? due : next;
    }
    engine_timer_set(p->engine, timer, next);
}

/* ---- to the viewer ---- */

/* The outgoing timestamp of this instant: from the publisher's last sender report, which ties its
 * RTP clock to the time we heard it at. All streams of a publisher go through the same clock, so
 * lip sync holds. */
static bool timestamp_now(const struct downtrack *d, int64_t now_us, uint32_t *out)
{
    if (!d->track || !d->live || !d->forward.started || d->forward.current >= LIMIT_LAYERS)
        return false;
    const struct recv *r = &d->track->layers[d->forward.current].recv;
    if (!r->has_sr)
        return false;
    int64_t elapsed = (now_us - r->last_sr_us) * (int64_t)r->clock_rate / 1000000;
    *out = r->last_sr.rtp_timestamp + (uint32_t)elapsed + d->forward.timestamp_offset;
    return true;
}

static void write_sender_report(struct downtrack *d, uint64_t ntp, uint32_t timestamp,
                                struct writer *w)
{
    char cname[2 * SID_SIZE + 2];

    memcpy(cname, d->track->publisher->sid, SID_SIZE);
    cname[SID_SIZE] = '|';
    memcpy(cname + SID_SIZE + 1, d->track->sid, SID_SIZE + 1);
    rtcp_write_sr(w,
                  &(struct rtcp_sr){.ssrc = d->ssrc,
                                    .ntp = ntp,
                                    .rtp_timestamp = timestamp,
                                    .packets = d->forward.packets,
                                    .octets = d->forward.octets},
                  NULL, 0);
    rtcp_write_sdes(w, d->ssrc, span_of_str(cname));
}

static void sender_reports_on_time(struct timer *timer, int64_t now_us)
{
    struct person *p = list_entry(timer, struct person, sr_timer);
    struct connection *c = &p->connections[SUBSCRIBER];
    uint8_t bytes[RTCP_BYTES_MAX];
    struct writer w = writer_of(bytes, sizeof bytes);

    if (!ready(c))
        return;
    list_each(node, &p->downtracks)
    {
        struct downtrack *d = list_entry(node, struct downtrack, in_viewer);
        uint32_t timestamp;
        if (!timestamp_now(d, now_us, &timestamp))
            continue;
        if (writer_size(&w) + 128 > sizeof bytes) {
            transport_send_rtcp(c->transport, writer_span(&w));
            w = writer_of(bytes, sizeof bytes);
        }
        write_sender_report(d, ntp_now(p->engine, now_us), timestamp, &w);
    }
    if (writer_size(&w))
        transport_send_rtcp(c->transport, writer_span(&w));
    engine_timer_set(p->engine, timer, now_us + REPORT_INTERVAL_US);
}

/* ---- from both ---- */

static void on_sender_report(struct person *p, const struct rtcp *r, int64_t now_us)
{
    struct rtcp_sr sr;

    if (!rtcp_parse_sr(r, &sr))
        return;
    for (unsigned i = 0; i < p->stream_count; i++)
        if (p->streams[i].ssrc == sr.ssrc && !p->streams[i].rtx)
            recv_on_sr(&p->streams[i].layer->recv, now_us, &sr);
}

static struct downtrack *downtrack_of(const struct person *p, uint32_t ssrc)
{
    list_each(node, &p->downtracks)
    {
        struct downtrack *d = list_entry(node, struct downtrack, in_viewer);
        if (d->ssrc == ssrc)
            return d;
    }
    return NULL;
}

/* Round trip from a report block (RFC 3550 6.4.1), smoothed by 1/4. */
static void on_blocks(struct connection *c, const struct rtcp *r, int64_t now_us)
{
    struct rtcp_block b;

    for (unsigned i = 0; rtcp_parse_block(r, i, &b); i++) {
        struct downtrack *d = downtrack_of(c->person, b.ssrc);
        if (!d)
            continue;
        d->fraction_lost = b.fraction_lost;
        uint32_t gone = (uint32_t)(ntp_now(c->person->engine, now_us) >> 16) - b.last_sr - b.delay;
        if (b.last_sr == 0 || gone > 10u << 16)
            continue;
        int64_t rtt = (int64_t)gone * 1000000 / 65536;
        c->rtt_us = c->rtt_us ? (3 * c->rtt_us + rtt) / 4 : rtt;
    }
}

/* A compound from a viewer. */
struct viewer_rtcp {
    struct person *person;
    int64_t now_us;
    unsigned nacks_left;
};

static void on_nack(struct viewer_rtcp *v, const struct rtcp *r, uint32_t media)
{
    struct downtrack *d = downtrack_of(v->person, media);
    unsigned cursor = 0;
    uint16_t seq;

    for (; d && v->nacks_left && rtcp_next_nack(r, &cursor, &seq); v->nacks_left--)
        relay_resend(d, seq, v->now_us);
}

static void on_keyframe_request(struct person *p, uint32_t media, int64_t now_us)
{
    const struct downtrack *d = downtrack_of(p, media);

    if (d && d->track && d->live && d->forward.current < LIMIT_LAYERS)
        relay_ask_keyframe(evil_carried(d->track), d->forward.current, now_us);
}

static void on_feedback(struct viewer_rtcp *v, const struct rtcp *r)
{
    uint32_t sender, media, ssrc;
    unsigned cursor = 0;
    uint8_t seq;

    if (!rtcp_parse_feedback(r, &sender, &media))
        return;
    if (r->type == RTCP_RTPFB && r->count == RTCP_FMT_NACK)
        on_nack(v, r, media);
    else if (r->type == RTCP_PSFB && r->count == RTCP_FMT_PLI)
        on_keyframe_request(v->person, media, v->now_us);
    else if (r->type == RTCP_PSFB && r->count == RTCP_FMT_FIR)
        while (rtcp_next_fir(r, &cursor, &ssrc, &seq))
            on_keyframe_request(v->person, ssrc, v->now_us);
}

void report_on_rtcp(struct connection *c, int64_t now_us, struct span compound)
{
    struct viewer_rtcp v = {c->person, now_us, NACKS_PER_COMPOUND};
    struct reader reader = reader_of(compound);
    struct rtcp r;
    bool bad = false;

    while (rtcp_next(&reader, &r, &bad)) {
        if (c->side == PUBLISHER && r.type == RTCP_SR)
            on_sender_report(c->person, &r, now_us);
        else if (c->side == SUBSCRIBER && (r.type == RTCP_RR || r.type == RTCP_SR))
            on_blocks(c, &r, now_us);
        else if (c->side == SUBSCRIBER && (r.type == RTCP_RTPFB || r.type == RTCP_PSFB))
            on_feedback(&v, &r);
    }
    if (bad)
        c->person->engine->stats.drops[DROP_MALFORMED]++;
}

/* ---- beginning and end ---- */

void report_start(struct person *p, enum side side, int64_t now_us)
{
    if (side == PUBLISHER) {
        if (p->feedback)
            feedback_init(p->feedback);
        p->report_timer.fire = report_on_time;
        p->feedback_timer.fire = feedback_on_time;
        engine_timer_set(p->engine, &p->report_timer, now_us + REPORT_INTERVAL_US);
    } else {
        p->sr_timer.fire = sender_reports_on_time;
        /* The first soon: without one a player cannot align audio and video. */
        engine_timer_set(p->engine, &p->sr_timer, now_us + REPORT_INTERVAL_US / 4);
    }
}

void report_stop(struct person *p, enum side side)
{
    if (side == PUBLISHER) {
        engine_timer_cancel(p->engine, &p->report_timer);
        engine_timer_cancel(p->engine, &p->feedback_timer);
    } else {
        engine_timer_cancel(p->engine, &p->sr_timer);
    }
}
