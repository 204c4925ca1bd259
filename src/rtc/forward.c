/* SPDX-License-Identifier: Apache-2.0 */
/* Rewriting for one viewer. The outgoing line of numbers is cut into stretches; within a stretch
 * every number, time and picture id is the publisher's plus a fixed offset, so that a late packet,
 * or one sent again, gets exactly what it would have had in time. A stretch begins at a layer
 * switch and after a packet that was left out. */
#include "rtc/forward.h"

#include "base/seq.h"

/* Farther ahead than this is a new start of the source, no loss: a gap as wide would throw off the
 * viewer's count of wraps, and with it SRTP (RFC 3711 3.3.1). */
#define JUMP_MAX 1024
/* As far back as a 16-bit number tells packets apart. */
#define BACK_MAX 32768
/* Timestamps from sender reports that differ more than this from the time of arrival are not
 * believed. */
#define DELTA_TRUST_S 1

/* ---- stretches ---- */

static const struct forward_break *newest_break(const struct forward *f)
{
    return &f->breaks[(f->break_next + FORWARD_BREAKS - 1) % FORWARD_BREAKS];
}

/* The i-th newest, 0 the newest. */
static const struct forward_break *break_at(const struct forward *f, unsigned i)
{
    return &f->breaks[(f->break_next + FORWARD_BREAKS - 1 - i) % FORWARD_BREAKS];
}

/* Nothing was sent in stretches that begin at or after the new one, so they give way. Were they
 * kept, a late packet could fall before them and onto a number of the new stretch. */
static void add_break(struct forward *f, const struct forward_break *b)
{
    while (f->break_count > 0 && newest_break(f)->out_from >= b->out_from) {
        f->break_next = (f->break_next + FORWARD_BREAKS - 1) % FORWARD_BREAKS;
        f->break_count--;
    }
    f->breaks[f->break_next] = *b;
    f->break_next = (f->break_next + 1) % FORWARD_BREAKS;
    if (f->break_count < FORWARD_BREAKS)
        f->break_count++;
}

/* The stretch that an incoming number of a layer falls into. NULL: none that is still known, or it
 * was left out. */
static const struct forward_break *break_of_input(const struct forward *f, uint8_t layer,
                                                  int64_t seq)
{
    int64_t before = INT64_MAX; /* where the next newer stretch begins */

    for (unsigned i = 0; i < f->break_count; i++) {
        const struct forward_break *b = break_at(f, i);
        int64_t out = seq + b->offset;
        if (b->layer == layer && out >= b->out_from && out < before)
            return b;
        before = b->out_from;
    }
    return NULL;
}

static const struct forward_break *break_of_output(const struct forward *f, int64_t out)
{
    for (unsigned i = 0; i < f->break_count; i++)
        if (break_at(f, i)->out_from <= out)
            return break_at(f, i);
    return NULL;
}

/* ---- rewriting ---- */

static uint16_t picture_mask(const struct vp8_descriptor *v)
{
    return v->picture_id_long ? 0x7fff : 0x7f;
}

static void rewrite(const struct forward *f, const struct forward_break *b, const struct media *m,
                    struct forward_out *out)
{
    const struct vp8_descriptor *v = &m->frame.vp8;

    *out = (struct forward_out){.seq = m->seq + b->offset,
                                .timestamp = m->timestamp + b->timestamp_offset,
                                .marker = m->marker};
    if (f->codec != CODEC_VP8)
        return;
    out->patch_vp8 = v->has_picture_id || v->has_tl0;
    out->picture_id = (uint16_t)((v->picture_id + b->picture_offset) & picture_mask(v));
    out->tl0 = (uint8_t)(v->tl0 + b->tl0_offset);
}

/* ---- layer switches ---- */

void forward_init(struct forward *f, enum codec codec, uint16_t first_seq, uint32_t first_timestamp)
{
    *f = (struct forward){.codec = codec,
                          .current = LIMIT_LAYERS,
                          .target = LIMIT_LAYERS,
                          .out_newest = (int64_t)first_seq - 1,
                          .last_timestamp = first_timestamp};
}

void forward_set_target(struct forward *f, uint8_t layer)
{
    f->target = layer;
    if (layer >= LIMIT_LAYERS)
        f->current = LIMIT_LAYERS;
}

bool forward_wants_keyframe(const struct forward *f)
{
    return f->target < LIMIT_LAYERS && f->target != f->current && codec_is_video(f->codec);
}

/* The outgoing timestamp of the first packet after a switch. A key frame that is older than what
 * was sent already, since it had to be repaired, is put after it; the lead that its layer gets by
 * that is taken back at the next switch, or it would grow from switch to switch. */
static uint32_t timestamp_after_switch(struct forward *f, int64_t now_us, const struct media *m,
                                       const int64_t *ts_delta)
{
    int64_t clock = codec_clock_rate(f->codec);
    int64_t elapsed = (now_us - f->last_sent_us) * clock / 1000000;
    uint32_t lead = f->lead;

    f->lead = 0;
    if (!f->started)
        return f->last_timestamp;
    if (ts_delta && f->current < LIMIT_LAYERS) {
        uint32_t offset = newest_break(f)->timestamp_offset - lead;
        uint32_t aligned = m->timestamp - (uint32_t)*ts_delta + offset;
        int64_t ahead = (int32_t)(aligned - f->last_timestamp);
        if (ahead > -DELTA_TRUST_S * clock && ahead < elapsed + DELTA_TRUST_S * clock) {
            f->lead = (uint32_t)(ahead > 0 ? 0 : 1 - ahead);
            return f->last_timestamp + (uint32_t)(ahead > 0 ? ahead : 1);
        }
    }
    return f->last_timestamp + (uint32_t)(elapsed > 0 ? elapsed : 1);
}

static void begin_layer(struct forward *f, int64_t now_us, const struct media *m, uint8_t layer,
                        const int64_t *ts_delta)
{
    const struct vp8_descriptor *v = &m->frame.vp8;
    struct forward_break b = {.out_from = f->out_newest + 1, .layer = layer};

    b.offset = b.out_from - m->seq;
    f->last_timestamp = timestamp_after_switch(f, now_us, m, ts_delta);
    f->last_sent_us = now_us;
    b.timestamp_offset = f->last_timestamp - m->timestamp;
    if (f->started) {
        b.picture_offset = (uint16_t)(f->last_picture + 1 - v->picture_id);
        b.tl0_offset = (uint8_t)(f->last_tl0 + 1 - v->tl0);
    }
    add_break(f, &b);
    f->started = true;
    f->current = layer;
    f->in_newest = m->seq;
}

/* Whether a packet is from before the end of what was sent of its layer: it fills a gap or comes
 * too late, but nothing begins with it. */
static bool is_behind(const struct forward *f, const struct media *m, uint8_t layer)
{
    int64_t end = f->out_newest + 1;

    for (unsigned i = 0; i < f->break_count; i++) {
        const struct forward_break *b = break_at(f, i);
        if (b->layer == layer)
            return m->seq + b->offset < end;
        end = b->out_from;
    }
    return false;
}

static bool may_begin(const struct forward *f, const struct media *m, uint8_t layer)
{
    if (layer != f->target || layer == f->current)
        return false;
    if (codec_is_video(f->codec) && !(m->frame.start && m->frame.keyframe))
        return false;
    return !is_behind(f, m, layer);
}

/* The source jumped ahead: the numbers go on after one gap, which tells the viewer that something
 * is missing. */
static void begin_anew(struct forward *f, int64_t seq)
{
    struct forward_break b = *newest_break(f);

    b.out_from = f->out_newest + 2;
    b.offset = b.out_from - seq;
    add_break(f, &b);
}

/* What later packets are measured against, once the newest number was sent. */
static void remember_newest(struct forward *f, int64_t now_us, const struct media *m,
                            const struct forward_out *out)
{
    const struct vp8_descriptor *v = &m->frame.vp8;

    f->out_newest = out->seq;
    if (m->seq > f->in_newest)
        f->in_newest = m->seq;
    if (timestamp_newer(out->timestamp, f->last_timestamp)) {
        f->last_timestamp = out->timestamp;
        f->last_sent_us = now_us;
    }
    f->timestamp_offset = newest_break(f)->timestamp_offset;
    if (v->has_picture_id)
        f->last_picture = out->picture_id;
    if (v->has_tl0)
        f->last_tl0 = out->tl0;
}

enum forward_verdict forward_push(struct forward *f, int64_t now_us, const struct media *m,
                                  uint8_t layer, const int64_t *ts_delta, struct forward_out *out)
{
    if (f->target >= LIMIT_LAYERS)
        return FORWARD_SKIP;
    if (layer == f->current && m->seq - f->in_newest > JUMP_MAX)
        begin_anew(f, m->seq);
    const struct forward_break *b = break_of_input(f, layer, m->seq);
    /* Only the present layer goes on; of an earlier one just what was missing is filled in. */
    if (b && layer != f->current && m->seq + b->offset > f->out_newest)
        b = NULL;
    if (!b && may_begin(f, m, layer)) {
        begin_layer(f, now_us, m, layer, ts_delta);
        b = newest_break(f);
    }
    if (!b)
        return layer == f->current ? FORWARD_TOO_OLD : FORWARD_SKIP;
    if (m->seq + b->offset <= f->out_newest - BACK_MAX)
        return FORWARD_TOO_OLD;
    rewrite(f, b, m, out);
    if (out->seq > f->out_newest)
        remember_newest(f, now_us, m, out);
    f->packets++;
    f->octets += m->payload_size;
    return FORWARD_SEND;
}

void forward_skip(struct forward *f, const struct media *m, uint8_t layer)
{
    if (!f->started || layer != f->current || m->seq <= f->in_newest)
        return;
    if (m->seq - f->in_newest > JUMP_MAX)
        begin_anew(f, m->seq);
    struct forward_break b = *newest_break(f);
    b.out_from = m->seq + b.offset;
    b.offset--;
    f->in_newest = m->seq;
    add_break(f, &b);
}

/* ---- sent again ---- */

bool forward_find(const struct forward *f, uint16_t out_seq, uint8_t *layer, int64_t *seq)
{
    int64_t out = seq_unwrap(f->out_newest, out_seq);
    const struct forward_break *b = f->started ? break_of_output(f, out) : NULL;

    if (!b || out > f->out_newest)
        return false;
    *layer = b->layer;
    *seq = out - b->offset;
    return true;
}

bool forward_again(const struct forward *f, const struct media *m, uint8_t layer, uint16_t out_seq,
                   struct forward_out *out)
{
    uint8_t found_layer;
    int64_t found;

    if (!forward_find(f, out_seq, &found_layer, &found) || found_layer != layer || found != m->seq)
        return false;
    rewrite(f, break_of_output(f, seq_unwrap(f->out_newest, out_seq)), m, out);
    return true;
}
