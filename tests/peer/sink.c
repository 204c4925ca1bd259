/* SPDX-License-Identifier: Apache-2.0 */
/* The judge of one forwarded track. A ring of what arrived, by outgoing number; a cursor that goes
 * through it in order. Belongs to a peer. */
#include "sink.h"

#include <stdio.h>

#include "base/heap.h"
#include "base/seq.h"

#define NACK_FIRST_US 10000
#define NACK_AGAIN_US 60000
#define NACK_TRIES 10
#define PLI_AGAIN_US 500000

static void digest(struct sink *s, uint64_t value)
{
    s->digest = (s->digest ^ value) * 0x100000001b3u;
    s->digest ^= s->digest >> 29;
}

static void disorder(struct sink *s, const char *what)
{
    s->stats.disorder++;
    if (!s->stats.first_disorder)
        s->stats.first_disorder = what;
}

/* ---- the rules, packet by packet in order ---- */

/* A switch may cut off a frame of the layer before whose end was late. */
static void judge_video(struct sink *s, const struct sink_slot *at)
{
    const struct sink_slot *last = &s->last;
    const struct body *a = &last->body, *b = &at->body;
    bool same_frame = a->layer == b->layer && a->frame == b->frame;

    if (same_frame) {
        if (at->timestamp != last->timestamp)
            disorder(s, "timestamp within a frame");
        if (b->picture_id != a->picture_id || b->tl0 != a->tl0)
            disorder(s, "picture id within a frame");
        return;
    }
    if (!timestamp_newer(at->timestamp, last->timestamp))
        disorder(s, "timestamp of a new frame");
    if (s->hole)
        return;
    if (!last->marker && a->layer == b->layer)
        disorder(s, "marker");
    if (!b->start)
        disorder(s, "frame without start");
    if (s->codec == CODEC_VP8 && b->picture_id != ((a->picture_id + 1) & 0x7fff))
        disorder(s, "picture id");
    if (s->codec == CODEC_VP8 && b->tl0 != (uint8_t)(a->tl0 + 1))
        disorder(s, "tl0");
}

static void judge_sequence(struct sink *s, const struct sink_slot *at)
{
    const struct body *a = &s->last.body, *b = &at->body;
    bool video = codec_is_video(s->codec);

    if (a->layer != b->layer) {
        s->stats.switches++;
        if (!s->hole && !(b->start && b->keyframe))
            disorder(s, "layer switch without a key frame");
    } else if (!s->hole && b->number != a->number + 1) {
        s->stats.jumps++;
        if (video && !(b->start && b->keyframe))
            disorder(s, "packets left out");
    } else if (s->hole && b->number <= a->number) {
        disorder(s, "packets go back");
    }
    if (a->tag != b->tag)
        disorder(s, "another track");
    if (video)
        judge_video(s, at);
    else if (!timestamp_newer(at->timestamp, s->last.timestamp))
        disorder(s, "timestamp");
}

/* The beginning was lost: there is nothing to see before a key frame was asked for. */
static void begin_blind(struct sink *s)
{
    s->stats.blind++;
    s->hole = true;
}

static void judge(struct sink *s, int64_t now_us, const struct sink_slot *at)
{
    bool video = codec_is_video(s->codec), key = at->body.start && at->body.keyframe;

    if (s->has_last)
        judge_sequence(s, at);
    else if (video && !key)
        begin_blind(s);
    if (s->hole)
        s->broken = true;
    if (key) {
        s->broken = false;
        s->keyframe_us = now_us;
    }
    s->stats.keyframes += key;
    s->stats.frames += !s->broken && (at->marker || !video);
    s->hole = false;
    s->last = *at;
    s->has_last = true;
    s->tag = at->body.tag;
    s->layer = at->body.layer;
}

static void judge_all(struct sink *s, int64_t now_us)
{
    while (s->next <= s->highest) {
        struct sink_slot *at = &s->ring[s->next % SINK_RING];
        if (at->arrived) {
            judge(s, now_us, at);
        } else if (s->highest - s->next > SINK_REACH || now_us - at->missed_us > SINK_PATIENCE_US) {
            s->stats.lost++;
            s->missing--;
            s->hole = s->broken = true;
        } else {
            return;
        }
        s->next++;
    }
}

/* ---- arrival ---- */

static void reach(struct sink *s, int64_t now_us, int64_t seq)
{
    for (int64_t i = s->highest + 1; i <= seq; i++) {
        s->ring[i % SINK_RING] =
            (struct sink_slot){.seq = i, .due_us = now_us + NACK_FIRST_US, .missed_us = now_us};
        s->missing++;
    }
    s->highest = seq;
}

/* After a silence the stream is far ahead: what was missed meanwhile is lost. */
static void leap(struct sink *s, int64_t seq)
{
    s->stats.lost += s->missing + (uint64_t)(seq - s->highest - 1);
    s->missing = 0;
    s->highest = seq - 1;
    s->next = seq;
    s->hole = s->broken = true;
}

static struct sink_slot *slot_of(struct sink *s, int64_t now_us, int64_t seq)
{
    if (!s->started) {
        s->started = true;
        s->first = s->next = seq;
        s->highest = seq - 1;
        s->first_us = now_us;
    }
    if (seq > s->highest + SINK_REACH && now_us - s->last_us > SINK_SILENCE_US) {
        leap(s, seq);
    } else if (seq > s->highest + SINK_REACH) {
        disorder(s, "numbers leap");
        return NULL;
    }
    if (seq > s->highest)
        reach(s, now_us, seq);
    struct sink_slot *at = &s->ring[seq % SINK_RING];
    return seq >= s->next && at->seq == seq ? at : NULL;
}

static void arrive(struct sink *s, int64_t now_us, int64_t seq, const struct rtp *p, bool again)
{
    struct body body;

    s->stats.packets++;
    if (!body_read(p->payload, s->codec, &body)) {
        s->stats.bad++;
        return;
    }
    struct sink_slot *at = slot_of(s, now_us, seq);
    if (!at || at->arrived) {
        s->stats.duplicates++;
        return;
    }
    if (s->stats.unique == 0)
        s->first_timestamp = p->timestamp;
    at->arrived = true;
    at->marker = p->marker;
    at->timestamp = p->timestamp;
    at->body = body;
    s->missing--;
    s->stats.unique++;
    s->stats.slow += now_us - at->missed_us > SINK_SLOW_US;
    s->stats.repeats += again;
    s->stats.recovered += again || at->tries > 0;
    s->last_us = now_us;
    digest(s, (uint64_t)now_us);
    digest(s, (uint64_t)body.tag << 32 | body.number);
    digest(s, (uint64_t)(seq - s->first) << 32 | (p->timestamp - s->first_timestamp));
    digest(s, (uint64_t)body.layer << 1 | again);
    judge_all(s, now_us);
}

void sink_on_rtp(struct sink *s, int64_t now_us, const struct rtp *p, int64_t index)
{
    if (p->payload_type != s->payload_type)
        disorder(s, "payload type");
    else
        arrive(s, now_us, index, p, false);
}

void sink_on_rtx(struct sink *s, int64_t now_us, const struct rtp *p)
{
    if (p->payload_type != s->rtx_payload_type || p->payload.size < 2 || !s->started)
        return;
    struct rtp original = *p;
    uint16_t seq = (uint16_t)(p->payload.data[0] << 8 | p->payload.data[1]);
    original.payload = span_from(p->payload, 2);
    arrive(s, now_us, seq_unwrap(s->highest, seq), &original, true);
}

/* ---- what goes back ---- */

void sink_on_sr(struct sink *s, int64_t now_us, const struct rtcp_sr *sr)
{
    s->last_sr_mid = (uint32_t)(sr->ntp >> 16);
    s->last_sr_us = now_us;
}

static void write_nacks(struct sink *s, int64_t now_us, uint32_t sender, struct writer *w)
{
    uint16_t seqs[SINK_NACKS];
    unsigned n = 0;

    for (int64_t i = s->next; i <= s->highest && s->missing && !s->no_nack && n < SINK_NACKS; i++) {
        struct sink_slot *at = &s->ring[i % SINK_RING];
        if (at->arrived || now_us < at->due_us)
            continue;
        at->due_us = ++at->tries < NACK_TRIES ? now_us + NACK_AGAIN_US : TIME_NEVER;
        seqs[n++] = (uint16_t)i;
    }
    s->stats.nacks += n;
    rtcp_write_nack(w, sender, s->ssrc, seqs, n);
}

void sink_write_feedback(struct sink *s, int64_t now_us, uint32_t sender, struct writer *w)
{
    if (!s->active || !s->started)
        return;
    write_nacks(s, now_us, sender, w);
    if (codec_is_video(s->codec) && s->broken && now_us - s->pli_us >= PLI_AGAIN_US) {
        s->pli_us = now_us;
        s->stats.plis++;
        rtcp_write_pli(w, sender, s->ssrc);
    }
}

int64_t sink_next_deadline(const struct sink *s)
{
    int64_t next = TIME_NEVER;

    if (!s->active || !s->started)
        return next;
    for (int64_t i = s->next; i <= s->highest && s->missing && !s->no_nack; i++) {
        const struct sink_slot *at = &s->ring[i % SINK_RING];
        if (!at->arrived && at->due_us < next)
            next = at->due_us;
    }
    if (codec_is_video(s->codec) && s->broken && s->pli_us + PLI_AGAIN_US < next)
        next = s->pli_us + PLI_AGAIN_US;
    return next;
}

void sink_report(struct sink *s, int64_t now_us, struct rtcp_block *out)
{
    int64_t expected = s->highest - s->first + 1, received = (int64_t)s->stats.unique;
    int64_t in_interval = expected - s->expected_prior;
    int64_t lost = in_interval - (received - s->received_prior);

    *out = (struct rtcp_block){
        .ssrc = s->ssrc,
        .fraction_lost = (uint8_t)(in_interval > 0 && lost > 0 ? lost * 255 / in_interval : 0),
        .lost = (int32_t)(expected - received),
        .highest_seq = (uint32_t)s->highest,
        .last_sr = s->last_sr_mid,
        .delay = s->last_sr_mid ? (uint32_t)((now_us - s->last_sr_us) * 65536 / 1000000) : 0,
    };
    s->expected_prior = expected;
    s->received_prior = received;
}

void sink_add_stats(struct sink_stats *to, const struct sink_stats *from)
{
    to->packets += from->packets;
    to->duplicates += from->duplicates;
    to->unique += from->unique;
    to->recovered += from->recovered;
    to->repeats += from->repeats;
    to->slow += from->slow;
    to->bad += from->bad;
    to->disorder += from->disorder;
    to->lost += from->lost;
    to->blind += from->blind;
    to->frames += from->frames;
    to->keyframes += from->keyframes;
    to->switches += from->switches;
    to->jumps += from->jumps;
    to->nacks += from->nacks;
    to->plis += from->plis;
    if (!to->first_disorder)
        to->first_disorder = from->first_disorder;
}

double sink_share(const struct sink *s)
{
    if (!s->started)
        return 1;
    return (double)s->stats.unique / (double)(s->highest - s->first + 1);
}
