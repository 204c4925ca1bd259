/* SPDX-License-Identifier: Apache-2.0 */
/* The subscriber connection: we offer, one offer at a time (livekit-wire.md 5.4). Section 0 is for
 * data, then one for each track, reused by kind but never removed. What changes in one turn goes
 * into one offer. */
#include <stdio.h>

#include "room/signalling.h"

#define PT_OPUS 111
#define PT_VP8 96
#define PT_H264 108
#define EXT_ID_MID 1

static const char opus_fmtp[] = "minptime=10;useinbandfec=1";
static const char opus_stereo_fmtp[] = "minptime=10;useinbandfec=1;sprop-stereo=1;stereo=1";
static const char h264_fmtp[] =
    "level-asymmetry-allowed=1;packetization-mode=1;profile-level-id=42e01f";

/* ---- sections ---- */

unsigned offer_take_slot(struct person *p, enum sdp_kind kind)
{
    for (unsigned i = 1; i < p->slot_count; i++) {
        struct slot *s = &p->slots[i];
        if (s->kind == kind && !s->downtrack && s->idle && !s->rejected && !s->offered_ssrc) {
            s->idle = false;
            return i;
        }
    }
    if (p->slot_count == LIMIT_SDP_SECTIONS)
        return 0;
    p->slots = xrealloc(p->slots, (p->slot_count + 1) * sizeof *p->slots);
    p->slots[p->slot_count] = (struct slot){.kind = kind};
    return p->slot_count++;
}

static bool is_stereo(const struct track *t)
{
    for (size_t i = 0; i < t->info->n_audio_features; i++)
        if (t->info->audio_features[i] == LIVEKIT__AUDIO_TRACK_FEATURE__TF_STEREO)
            return true;
    return false;
}

static void add_audio(struct sdp_out_media *out, const struct track *t, struct arena *a)
{
    struct sdp_out_codec *codec = arena_alloc(a, sizeof *codec);

    *codec = (struct sdp_out_codec){.payload_type = PT_OPUS,
                                    .codec = CODEC_OPUS,
                                    .fmtp = t && is_stereo(t) ? opus_stereo_fmtp : opus_fmtp,
                                    .nack = true};
    out->codecs = codec;
    out->codec_count = 1;
}

/* Both codecs stand in every video section, so that one who cannot take a track's codec can still
 * take the section; the track's own comes first. */
static void add_video(struct sdp_out_media *out, const struct track *t, struct arena *a)
{
    const struct sdp_out_codec vp8 = {.payload_type = PT_VP8,
                                      .rtx_payload_type = PT_VP8 + 1,
                                      .codec = CODEC_VP8,
                                      .nack = true,
                                      .pli = true,
                                      .fir = true};
    struct sdp_out_codec h264 = vp8, *codecs = arena_alloc(a, 2 * sizeof *codecs);

    h264.payload_type = PT_H264;
    h264.rtx_payload_type = PT_H264 + 1;
    h264.codec = CODEC_H264;
    h264.fmtp = h264_fmtp;
    bool h264_first = t && t->codec == CODEC_H264;
    codecs[h264_first ? 1 : 0] = vp8;
    codecs[h264_first ? 0 : 1] = h264;
    out->codecs = codecs;
    out->codec_count = 2;
}

static void add_source(struct sdp_out_media *out, const struct downtrack *d, struct arena *a)
{
    out->direction = SDP_SENDONLY;
    out->stream_id = arena_printf(a, "%s|%s", d->track->publisher->sid, d->track->sid);
    out->track_id = d->track->sid;
    out->ssrc = d->ssrc;
    out->rtx_ssrc = d->rtx_ssrc;
}

static void offer_section(struct slot *s, unsigned index, struct sdp_out_media *out,
                          struct arena *a)
{
    static const struct sdp_extension mid_only = {
        .id = EXT_ID_MID, .uri = {(const uint8_t *)"urn:ietf:params:rtp-hdrext:sdes:mid", 35}};
    const struct downtrack *d = s->downtrack;

    *out = (struct sdp_out_media){
        .kind = s->kind, .mid = arena_printf(a, "%u", index), .direction = SDP_INACTIVE};
    s->offered_ssrc = d ? d->ssrc : 0;
    if (s->kind == SDP_APPLICATION)
        return;
    if (s->kind == SDP_AUDIO)
        add_audio(out, d ? d->track : NULL, a);
    else
        add_video(out, d ? d->track : NULL, a);
    out->extensions = &mid_only;
    out->extension_count = 1;
    if (d)
        add_source(out, d, a);
}

/* ---- offering ---- */

/* The complete map each time: clients replace theirs. */
static void add_map(const struct person *p, Livekit__SessionDescription *offer, struct arena *a)
{
    offer->mid_to_track_id = arena_alloc(a, p->slot_count * sizeof(void *));
    for (unsigned i = 1; i < p->slot_count; i++) {
        const struct downtrack *d = p->slots[i].downtrack;
        if (!d)
            continue;
        Livekit__SessionDescription__MidToTrackIdEntry *entry = arena_alloc(a, sizeof *entry);
        livekit__session_description__mid_to_track_id_entry__init(entry);
        entry->key = arena_printf(a, "%u", i);
        entry->value = d->track->sid;
        offer->mid_to_track_id[offer->n_mid_to_track_id++] = entry;
    }
}

void offer_send(struct person *p, int64_t now_us, bool restart)
{
    struct connection *c = &p->connections[SUBSCRIBER];
    Livekit__SignalResponse response;
    Livekit__SessionDescription offer;
    struct arena a;

    if (!p->session || p->leaving)
        return;
    if (restart && transport_ice(c->transport)->has_remote)
        engine_transport_restart(p->engine, c->transport);
    arena_init(&a);
    struct sdp_out_media *media = arena_alloc(&a, p->slot_count * sizeof *media);
    for (unsigned i = 0; i < p->slot_count; i++)
        offer_section(&p->slots[i], i, &media[i], &a);
    livekit__signal_response__init(&response);
    livekit__session_description__init(&offer);
    response.message_case = LIVEKIT__SIGNAL_RESPONSE__MESSAGE_OFFER;
    response.offer = &offer;
    offer.type = arena_strdup(&a, SPAN_LITERAL("offer"));
    offer.id = ++p->subscriber_offer_id;
    offer.sdp = negotiate_write(c, media, p->slot_count, &a);
    add_map(p, &offer, &a);
    p->offer_pending = true;
    p->offer_wanted = false;
    p->signal->offered_us = now_us;
    tell(p, &response);
    arena_fini(&a);
    person_arm(p);
}

void offer_want(struct person *p)
{
    p->offer_wanted = true;
    if (!p->offer_pending && p->session && !p->leaving)
        engine_timer_set(p->engine, &p->signal->offer_timer, p->engine->now_us);
}

void offer_timer_fire(struct timer *t, int64_t now_us)
{
    struct person *p = list_entry(t, struct person_signal, offer_timer)->person;

    if (p->offer_wanted && !p->offer_pending)
        offer_send(p, now_us, false);
}

/* ---- the answer ---- */

static const struct sdp_media *find_media(const struct sdp *sdp, unsigned index)
{
    char mid[12];

    snprintf(mid, sizeof mid, "%u", index);
    for (unsigned i = 0; i < sdp->media_count; i++)
        if (span_equal(sdp->media[i].mid, span_of_str(mid)))
            return &sdp->media[i];
    return NULL;
}

static bool receives(const struct sdp_media *m)
{
    return m->port != 0 && (m->direction == SDP_RECVONLY || m->direction == SDP_SENDRECV);
}

static void start(struct downtrack *d, const struct sdp_media *m, const struct sdp_codec *codec,
                  int64_t now_us)
{
    const struct sdp_codec *rtx = sdp_find_rtx(m, codec->payload_type);

    d->payload_type = codec->payload_type;
    d->rtx_payload_type = rtx && d->rtx_ssrc ? rtx->payload_type : 0;
    if (d->live)
        return;
    downtrack_start(d, now_us);
    subscribe_tell_publisher(d->track);
}

static void take_section(struct person *p, unsigned index, const struct sdp_media *m,
                         int64_t now_us)
{
    struct slot *s = &p->slots[index];
    struct downtrack *d = s->downtrack;

    s->rejected = s->rejected || m->port == 0;
    s->idle = s->offered_ssrc == 0;
    /* Another track's by now: the next offer tells. */
    if (!d || d->ssrc != s->offered_ssrc)
        return;
    const struct sdp_codec *codec = sdp_find_codec(m, d->track->codec, -1);
    if (m->port == 0 || !codec)
        subscribe_refuse_codec(d);
    else if (receives(m))
        start(d, m, codec, now_us);
    else if (d->live)
        downtrack_stop(d);
}

static void take_answer(struct person *p, const struct sdp *sdp, struct arena *a, int64_t now_us)
{
    if (!connection_set_remote(&p->connections[SUBSCRIBER], sdp, a)) {
        person_end(p, now_us, LIVEKIT__LEAVE_REQUEST__ACTION__RECONNECT,
                   LIVEKIT__DISCONNECT_REASON__STATE_MISMATCH);
        return;
    }
    p->offer_pending = false;
    for (unsigned i = 1; i < p->slot_count; i++) {
        const struct sdp_media *m = find_media(sdp, i);
        if (m)
            take_section(p, i, m, now_us);
        p->slots[i].offered_ssrc = 0;
    }
    if (p->offer_wanted)
        offer_want(p);
    person_arm(p);
}

void offer_on_answer(struct person *p, const Livekit__SessionDescription *answer, int64_t now_us)
{
    struct sdp sdp;
    struct arena a;

    /* Late, or twice. Some clients do not repeat the id. */
    if (!p->offer_pending || (answer->id != 0 && answer->id != p->subscriber_offer_id))
        return;
    arena_init(&a);
    if (sdp_parse(span_of_str(answer->sdp), &a, &sdp) && sdp.media_count > 0)
        take_answer(p, &sdp, &a, now_us);
    else
        person_malformed(p, now_us);
    arena_fini(&a);
}
