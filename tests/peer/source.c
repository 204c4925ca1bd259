/* SPDX-License-Identifier: Apache-2.0 */
/* An encoder and packetizer that cost nothing: numbers instead of pictures. A source belongs to a
 * peer. */
#include "source.h"

#include <assert.h>
#include <stdio.h>

#include "base/heap.h"
#include "base/seq.h"

/* Packets of a stream that carry mid and rid: libwebrtc stops once a report shows that they
 * arrived. */
#define NAMED_PACKETS 60

static const char *const rids[LIMIT_LAYERS] = {"q", "h", "f"};

void source_init(struct source *s, const struct source_config *config, uint32_t tag,
                 struct random *random)
{
    assert(config->layers >= 1 && config->layers <= LIMIT_LAYERS && config->interval_us > 0);
    *s = (struct source){.config = *config, .tag = tag};
    snprintf(s->cid, sizeof s->cid, "cid-%08x", (unsigned)tag);
    for (unsigned i = 0; i < config->layers; i++) {
        struct source_layer *l = &s->layers[i];
        if (config->layers > 1)
            snprintf(l->rid, sizeof l->rid, "%s", rids[i]);
        l->ssrc = (uint32_t)random_next(random) | 1;
        l->rtx_ssrc = (uint32_t)random_next(random) | 1;
        l->timestamp_base = (uint32_t)random_next(random);
        if (config->first_timestamp)
            l->timestamp_base = config->first_timestamp;
        l->next_seq = config->first_seq;
        l->rtx_next = (int64_t)random_below(random, 0x8000);
        l->picture_id = (uint16_t)random_below(random, 0x8000);
        if (config->first_picture)
            l->picture_id = config->first_picture;
        l->tl0 = (uint8_t)random_next(random);
        l->keyframe_wanted = true;
    }
}

static uint32_t timestamp_at(const struct source *s, const struct source_layer *l, int64_t now_us)
{
    int64_t elapsed = (now_us - s->start_us) * (int64_t)codec_clock_rate(s->config.codec);

    return l->timestamp_base + (uint32_t)(elapsed / 1000000);
}

/* ---- one packet ---- */

static void write_element(struct writer *w, uint8_t id, const char *text)
{
    rtpext_write(w, id, span_of_str(text));
}

static struct span write_extensions(const struct source *s, const struct source_layer *l, bool rtx,
                                    uint16_t *transport_seq, struct writer *w)
{
    bool named = rtx ? l->resent < NAMED_PACKETS : l->number < NAMED_PACKETS;
    uint8_t number[2] = {(uint8_t)(*transport_seq >> 8), (uint8_t)*transport_seq};

    (*transport_seq)++;
    rtpext_write(w, PEER_EXT_TRANSPORT_CC, span_of(number, sizeof number));
    if (s->config.codec == CODEC_OPUS) {
        uint8_t level = (uint8_t)(0x80 | s->config.level);
        rtpext_write(w, PEER_EXT_AUDIO_LEVEL, span_of(&level, 1));
    }
    if (named)
        write_element(w, PEER_EXT_MID, s->mid);
    if (named && l->rid[0])
        write_element(w, rtx ? PEER_EXT_REPAIRED_RID : PEER_EXT_RID, l->rid);
    return writer_span(w);
}

static uint8_t payload_type_of(enum codec codec)
{
    if (codec == CODEC_OPUS)
        return PEER_PT_OPUS;
    return codec == CODEC_H264 ? PEER_PT_H264 : PEER_PT_VP8;
}

static void make(const struct source *s, const struct source_layer *l,
                 const struct source_record *r, uint16_t *transport_seq, struct source_packet *out)
{
    uint8_t extension[48];
    struct writer elements = writer_of(extension, sizeof extension);
    struct writer w = writer_of(out->bytes, sizeof out->bytes);
    bool rtx = out->rtx;
    uint8_t pt = payload_type_of(s->config.codec);

    out->ssrc = rtx ? l->rtx_ssrc : l->ssrc;
    out->body = r->body;
    struct rtp header = {.marker = r->marker,
                         .payload_type = (uint8_t)(rtx ? pt + 1 : pt),
                         .seq = (uint16_t)out->index,
                         .timestamp = r->timestamp,
                         .ssrc = out->ssrc,
                         .extension_profile = 0xbede};
    header.extension = write_extensions(s, l, rtx, transport_seq, &elements);
    rtp_write_header(&w, &header);
    out->header_size = writer_size(&w);
    if (rtx)
        writer_u16(&w, (uint16_t)r->seq);
    uint8_t *body = writer_reserve(&w, r->size);
    assert(body);
    body_write(body, r->size, &r->body);
    out->size = writer_size(&w);
}

static void begin_frame(struct source *s, struct source_layer *l, int64_t now_us)
{
    bool first = l->frame == 0 && l->number == 0;

    l->left = s->config.packets;
    l->keyframe = codec_is_video(s->config.codec) && l->keyframe_wanted;
    l->keyframe_wanted = false;
    l->keyframes += l->keyframe;
    l->timestamp = timestamp_at(s, l, now_us);
    if (!first) {
        l->frame++;
        l->picture_id = (l->picture_id + 1) & 0x7fff;
        l->tl0++;
    }
}

static void begin_frames(struct source *s, int64_t now_us)
{
    if (s->start_us == 0)
        s->start_us = now_us;
    s->next_us += s->config.interval_us;
    for (unsigned i = 0; i < s->config.layers; i++)
        if (!s->layers[i].stopped)
            begin_frame(s, &s->layers[i], now_us);
}

static void next_of_layer(struct source *s, struct source_layer *l, struct source_record *r)
{
    unsigned index = (unsigned)(l - s->layers);
    unsigned shift = s->config.layers - 1 - index;
    unsigned size = s->config.size_bytes >> shift;

    size -= s->config.uneven && l->left > s->config.packets / 2;

    *r = (struct source_record){
        .seq = l->next_seq++,
        .timestamp = l->timestamp,
        .size = (uint16_t)(size < BODY_SIZE_MIN ? BODY_SIZE_MIN : size),
        .marker = l->left == 1 && s->config.codec != CODEC_OPUS,
        .body = {.codec = s->config.codec,
                 .tag = s->tag,
                 .layer = (uint8_t)index,
                 .start = l->left == s->config.packets,
                 .keyframe = l->keyframe,
                 .number = l->number,
                 .frame = l->frame,
                 .picture_id = l->picture_id,
                 .tl0 = l->tl0},
    };
    l->left--;
}

bool source_next(struct source *s, int64_t now_us, uint16_t *transport_seq,
                 struct source_packet *out)
{
    if (!s->flowing || s->muted)
        return false;
    for (;;) {
        for (unsigned i = 0; i < s->config.layers; i++) {
            struct source_layer *l = &s->layers[i];
            if (l->left == 0)
                continue;
            struct source_record *r = &l->memory[l->next_seq % SOURCE_MEMORY];
            next_of_layer(s, l, r);
            out->rtx = false;
            out->index = r->seq;
            make(s, l, r, transport_seq, out);
            l->number++;
            l->packets++;
            l->octets += r->size;
            return true;
        }
        if (now_us < s->next_us)
            return false;
        if (now_us - s->next_us >= s->config.interval_us)
            s->next_us = now_us; /* it was muted: a camera does not make up for that */
        begin_frames(s, now_us);
    }
}

int64_t source_next_deadline(const struct source *s)
{
    return s->flowing && !s->muted ? s->next_us : TIME_NEVER;
}

/* ---- what the server asks for ---- */

struct source_layer *source_layer_of(struct source *s, uint32_t ssrc)
{
    for (unsigned i = 0; i < s->config.layers; i++)
        if (s->layers[i].ssrc == ssrc)
            return &s->layers[i];
    return NULL;
}

bool source_again(struct source *s, struct source_layer *l, uint16_t seq, uint16_t *transport_seq,
                  struct source_packet *out)
{
    int64_t number = seq_unwrap(l->next_seq, seq);
    const struct source_record *r = number < 0 ? NULL : &l->memory[number % SOURCE_MEMORY];

    if (!r || r->seq != number || r->size == 0 || s->config.codec == CODEC_OPUS) {
        l->not_found++;
        return false;
    }
    out->index = out->rtx ? l->rtx_next++ : number;
    make(s, l, r, transport_seq, out);
    l->resent++;
    return true;
}

void source_runt(struct source *s, struct source_layer *l, size_t size, uint16_t *transport_seq,
                 struct source_packet *out)
{
    struct source_record *r = &l->memory[l->next_seq % SOURCE_MEMORY];

    assert(l->left == 0 && size <= BODY_SIZE_MIN);
    *r = (struct source_record){
        .seq = l->next_seq++,
        .timestamp = l->timestamp,
        .size = BODY_SIZE_MIN,
        .marker = s->config.codec != CODEC_OPUS,
        .body = {
            .codec = s->config.codec, .start = true, .picture_id = l->picture_id, .tl0 = l->tl0}};
    out->rtx = false;
    out->index = r->seq;
    make(s, l, r, transport_seq, out);
    out->size -= BODY_SIZE_MIN - size;
    r->size = 0;
}

void source_write_reports(const struct source *s, int64_t now_us, uint64_t ntp, struct writer *w)
{
    for (unsigned i = 0; i < s->config.layers && s->flowing; i++) {
        const struct source_layer *l = &s->layers[i];
        if (l->packets == 0)
            continue;
        rtcp_write_sr(w,
                      &(struct rtcp_sr){.ssrc = l->ssrc,
                                        .ntp = ntp,
                                        .rtp_timestamp = timestamp_at(s, l, now_us),
                                        .packets = l->packets,
                                        .octets = l->octets},
                      NULL, 0);
        rtcp_write_sdes(w, l->ssrc, SPAN_LITERAL("peer"));
    }
}
