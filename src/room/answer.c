/* SPDX-License-Identifier: Apache-2.0 */
/* The publisher connection: each offer is answered at once, section by section
 * (livekit-wire.md 5.4, 5.7). A section gets its track by the id in its msid, in whichever order
 * request and offer come; one that stops sending ends its track. */
#include <stdlib.h>

#include "room/rules.h"
#include "room/signalling.h"

/* One offer being answered. */
struct answering {
    struct person *person;
    const struct sdp *sdp;
    struct arena *arena;
    int64_t now_us;
};

/* ---- what the offer says of a section ---- */

static bool is_media(enum sdp_kind kind)
{
    return kind == SDP_AUDIO || kind == SDP_VIDEO;
}

/* The codec's entry; H.264 rather in packetization mode 1 (RFC 6184 6.3), which senders pack
 * better. */
static const struct sdp_codec *find_codec(const struct person *p, const struct sdp_media *m,
                                          enum codec codec)
{
    if (!rules_may_send_codec(p->grant, codec))
        return NULL;
    const struct sdp_codec *c = sdp_find_codec(m, codec, codec == CODEC_H264 ? 1 : -1);
    return c || codec != CODEC_H264 ? c : sdp_find_codec(m, codec, -1);
}

static const struct sdp_codec *choose_video(const struct person *p, const struct sdp_media *m,
                                            enum codec preferred)
{
    const struct sdp_codec *c = NULL;

    if (codec_is_video(preferred))
        c = find_codec(p, m, preferred);
    for (unsigned i = 0; !c && i < m->codec_count; i++) {
        enum codec offered = codec_by_name(m->codecs[i].name);
        if (codec_is_video(offered))
            c = find_codec(p, m, offered);
    }
    return c;
}

static const struct sdp_codec *choose_codec(const struct person *p, const struct sdp_media *m,
                                            enum codec preferred)
{
    if (m->kind == SDP_AUDIO)
        return sdp_find_codec(m, CODEC_OPUS, -1);
    return m->kind == SDP_VIDEO ? choose_video(p, m, preferred) : NULL;
}

static void set_codec(struct section *s, const struct sdp_media *m, const struct sdp_codec *c)
{
    const struct sdp_codec *rtx = c ? sdp_find_rtx(m, c->payload_type) : NULL;

    s->codec = c ? codec_by_name(c->name) : CODEC_NONE;
    s->payload_type = c ? c->payload_type : 0;
    s->rtx_payload_type = rtx ? rtx->payload_type : 0;
}

static bool sends(const struct sdp_media *m)
{
    return is_media(m->kind) && m->port != 0 && m->mid.size <= MID_MAX &&
           (m->direction == SDP_SENDONLY || m->direction == SDP_SENDRECV);
}

static void read_rids(struct section *s, const struct sdp_media *m)
{
    s->rid_count = 0;
    for (unsigned i = 0; i < m->rid_count && s->rid_count < LIMIT_LAYERS; i++) {
        if (m->rids[i].size > RID_MAX)
            continue;
        char *rid = s->rids[s->rid_count++];
        memcpy(rid, m->rids[i].data, m->rids[i].size);
        rid[m->rids[i].size] = 0;
    }
}

static void read_section(struct answering *x, struct section *s, const struct sdp_media *m)
{
    struct span mid = span_first(m->mid, MID_MAX);
    bool was_sending = s->active || s->parked;

    if (s->track && !span_equal(mid, span_of_str(s->mid)))
        publish_end(s->track, x->now_us, false);
    memset(s->mid, 0, sizeof s->mid);
    if (mid.size)
        memcpy(s->mid, mid.data, mid.size);
    s->kind = m->kind;
    free(s->cid);
    s->cid =
        m->track_id.size ? xstrndup((const char *)m->track_id.data, m->track_id.size) : xstrdup("");
    read_rids(s, m);
    s->ssrc = m->fid[0] ? m->fid[0] : m->ssrc_count ? m->ssrcs[0] : 0;
    s->rtx_ssrc = m->fid[1];
    s->active = sends(m) && !publish_is_refused(x->person, s->cid);
    /* One whose track was ended by us is not to get another by its kind. */
    s->parked = s->active && !s->track && (s->parked || !was_sending);
}

/* m-lines are only ever added (RFC 8829 5.2.2): one that is missing now sends no more. */
static void read_sections(struct answering *x)
{
    struct person *p = x->person;

    if (x->sdp->media_count > p->section_count) {
        p->sections = xrealloc(p->sections, x->sdp->media_count * sizeof *p->sections);
        memset(p->sections + p->section_count, 0,
               (x->sdp->media_count - p->section_count) * sizeof *p->sections);
        p->section_count = x->sdp->media_count;
    }
    for (unsigned i = 0; i < p->section_count; i++) {
        struct section *s = &p->sections[i];
        if (i < x->sdp->media_count)
            read_section(x, s, &x->sdp->media[i]);
        else
            s->active = s->parked = false;
    }
}

/* ---- sections and tracks ---- */

static struct track *find_pending(const struct person *p, const char *cid)
{
    list_each(node, &p->tracks)
    {
        struct track *t = list_entry(node, struct track, in_person);
        if (!t->announced && !t->bound && strcmp(t->cid, cid) == 0)
            return t;
    }
    return NULL;
}

static bool is_of_kind(const struct track *t, enum sdp_kind kind)
{
    return (t->info->type == LIVEKIT__TRACK_TYPE__AUDIO) == (kind == SDP_AUDIO);
}

/* Some browsers rewrite track ids: then the first that waits for a section of this kind. */
static struct track *find_pending_of_kind(const struct person *p, enum sdp_kind kind)
{
    list_each(node, &p->tracks)
    {
        struct track *t = list_entry(node, struct track, in_person);
        if (!t->bound && is_of_kind(t, kind))
            return t;
    }
    return NULL;
}

static void bind(struct answering *x, unsigned i, struct track *t)
{
    struct section *s = &x->person->sections[i];

    set_codec(s, &x->sdp->media[i], choose_codec(x->person, &x->sdp->media[i], t->codec));
    if (s->codec == CODEC_NONE)
        return;
    s->parked = false;
    t->bound = true;
    ingest_bind(x->person, s, t);
}

/* A track that is sent on: its codec stays, its payload type may change. */
static void keep_bound(struct answering *x, unsigned i)
{
    struct section *s = &x->person->sections[i];
    const struct sdp_media *m = &x->sdp->media[i];
    struct track *next = s->active ? find_pending(x->person, s->cid) : NULL;
    const struct sdp_codec *c = s->active ? choose_codec(x->person, m, s->track->codec) : NULL;

    if (c && codec_by_name(c->name) == s->track->codec && !next) {
        set_codec(s, m, c);
        return;
    }
    publish_end(s->track, x->now_us, false);
    s->parked = s->active;
}

static void match_tracks(struct answering *x)
{
    struct person *p = x->person;

    for (unsigned i = 0; i < x->sdp->media_count; i++)
        if (p->sections[i].track)
            keep_bound(x, i);
    for (unsigned i = 0; i < x->sdp->media_count; i++) {
        struct section *s = &p->sections[i];
        struct track *t = s->active && !s->track ? find_pending(p, s->cid) : NULL;
        if (t && is_of_kind(t, s->kind))
            bind(x, i, t);
    }
    for (unsigned i = 0; i < x->sdp->media_count; i++) {
        struct section *s = &p->sections[i];
        struct track *t = s->parked ? find_pending_of_kind(p, s->kind) : NULL;
        if (t)
            bind(x, i, t);
        else if (!s->track)
            set_codec(s, &x->sdp->media[i], choose_codec(p, &x->sdp->media[i], CODEC_NONE));
        s->active = s->active && s->codec != CODEC_NONE;
        s->parked = s->parked && s->active;
    }
}

static void end_unsent(struct answering *x)
{
    struct person *p = x->person;

    for (unsigned i = 0; i < p->section_count; i++)
        if (p->sections[i].track && !p->sections[i].active)
            publish_end(p->sections[i].track, x->now_us, false);
}

static void announce_bound(struct person *p, int64_t now_us)
{
    list_each(node, &p->tracks)
    {
        struct track *t = list_entry(node, struct track, in_person);
        if (t->bound && !t->announced)
            publish_announce(t, now_us);
    }
}

void answer_bind_parked(struct person *p, struct track *t, int64_t now_us)
{
    struct section *found = NULL;
    unsigned candidates = 0;

    for (unsigned i = 0; i < p->section_count; i++) {
        struct section *s = &p->sections[i];
        if (!s->parked || !is_of_kind(t, s->kind) || publish_is_refused(p, s->cid))
            continue;
        if (strcmp(s->cid, t->cid) == 0) {
            found = s;
            candidates = 1;
            break;
        }
        found = s;
        candidates++;
    }
    if (candidates != 1)
        return;
    found->parked = false;
    t->bound = true;
    ingest_bind(p, found, t);
    publish_announce(t, now_us);
}

/* ---- our side of a section ---- */

static bool has_feature(const struct track *t, Livekit__AudioTrackFeature feature)
{
    for (size_t i = 0; t && i < t->info->n_audio_features; i++)
        if (t->info->audio_features[i] == feature)
            return true;
    return false;
}

/* The answer's parameters configure the sender's encoder (RFC 7587 6.1). */
static const char *opus_fmtp(const struct track *t, struct arena *a)
{
    bool dtx = !has_feature(t, LIVEKIT__AUDIO_TRACK_FEATURE__TF_NO_DTX);
    bool stereo = has_feature(t, LIVEKIT__AUDIO_TRACK_FEATURE__TF_STEREO);

    return arena_printf(a, "minptime=10;useinbandfec=1%s%s", dtx ? ";usedtx=1" : "",
                        stereo ? ";stereo=1;maxaveragebitrate=510000" : "");
}

static bool is_wanted(enum sdp_kind kind, enum rtpext ext)
{
    switch (ext) {
    case EXT_MID:
    case EXT_TRANSPORT_CC:
        return true;
    case EXT_AUDIO_LEVEL:
        return kind == SDP_AUDIO;
    case EXT_RID:
    case EXT_REPAIRED_RID:
        return kind == SDP_VIDEO;
    case EXT_NONE:
    case EXT_ABS_SEND_TIME:
    case EXT_COUNT:
        break;
    }
    return false;
}

/* Theirs that we read, under their ids. */
static void add_extensions(struct answering *x, const struct sdp_media *m,
                           struct sdp_out_media *out)
{
    struct rtpext_map *map = &x->person->connections[PUBLISHER].extensions;
    struct sdp_extension *list = arena_alloc(x->arena, EXT_COUNT * sizeof *list);
    bool taken[EXT_COUNT] = {false};

    for (unsigned i = 0; i < m->extension_count; i++) {
        enum rtpext kind = rtpext_by_uri(m->extensions[i].uri);
        if (taken[kind] || !is_wanted(m->kind, kind) ||
            !rtpext_map_add(map, kind, m->extensions[i].id))
            continue;
        taken[kind] = true;
        list[out->extension_count++] =
            (struct sdp_extension){.id = m->extensions[i].id, .uri = span_of_str(rtpext_uri(kind))};
    }
    out->extensions = list;
}

static void add_codec(struct answering *x, const struct section *s, const struct sdp_media *m,
                      struct sdp_out_media *out)
{
    struct sdp_out_codec *codec = arena_alloc(x->arena, sizeof *codec);
    const struct sdp_codec *offered = choose_codec(x->person, m, s->codec);
    bool video = s->kind == SDP_VIDEO;

    *codec = (struct sdp_out_codec){.payload_type = s->payload_type,
                                    .rtx_payload_type = s->rtx_payload_type,
                                    .codec = s->codec,
                                    .nack = video,
                                    .pli = video,
                                    .fir = video,
                                    .transport_cc = offered && offered->transport_cc};
    if (s->codec == CODEC_OPUS)
        codec->fmtp = opus_fmtp(s->track, x->arena);
    else if (s->codec == CODEC_H264 && offered)
        codec->fmtp = arena_strdup(x->arena, offered->fmtp);
    out->codecs = codec;
    out->codec_count = 1;
}

static void add_unused(struct answering *x, const struct sdp_media *m, struct sdp_out_media *out)
{
    uint8_t *type = arena_alloc(x->arena, 1);

    *type = m->codec_count ? m->codecs[0].payload_type : 0;
    out->unused_payload_types = type;
    out->unused_payload_type_count = 1;
}

static void answer_section(struct answering *x, unsigned i, struct sdp_out_media *out)
{
    const struct section *s = &x->person->sections[i];
    const struct sdp_media *m = &x->sdp->media[i];

    *out = (struct sdp_out_media){.kind = m->kind,
                                  .mid = arena_strdup(x->arena, m->mid),
                                  .direction = s->active ? SDP_RECVONLY : SDP_INACTIVE};
    if (!is_media(m->kind))
        return;
    if (s->codec == CODEC_NONE) {
        add_unused(x, m, out);
        return;
    }
    add_codec(x, s, m, out);
    add_extensions(x, m, out);
    if (s->active && s->rid_count) {
        const char **rids = arena_alloc(x->arena, s->rid_count * sizeof *rids);
        for (unsigned k = 0; k < s->rid_count; k++)
            rids[k] = s->rids[k];
        out->rids = rids;
        out->rid_count = s->rid_count;
    }
}

static void send_answer(struct answering *x)
{
    struct person *p = x->person;
    unsigned count = x->sdp->media_count;
    struct sdp_out_media *media = arena_alloc(x->arena, count * sizeof *media);
    Livekit__SignalResponse response;
    Livekit__SessionDescription answer;

    for (unsigned i = 0; i < count; i++)
        answer_section(x, i, &media[i]);
    livekit__signal_response__init(&response);
    livekit__session_description__init(&answer);
    response.message_case = LIVEKIT__SIGNAL_RESPONSE__MESSAGE_ANSWER;
    response.answer = &answer;
    answer.type = arena_strdup(x->arena, SPAN_LITERAL("answer"));
    answer.id = p->offer_id;
    answer.sdp = negotiate_write(&p->connections[PUBLISHER], media, count, x->arena);
    tell(p, &response);
}

/* ---- the offer ---- */

static bool is_usable(const struct sdp *sdp)
{
    for (unsigned i = 0; i < sdp->media_count; i++)
        if (sdp->media[i].mid.size == 0)
            return false;
    return sdp->media_count > 0;
}

static void answer(struct answering *x, uint32_t id)
{
    struct person *p = x->person;

    if (!p->connections[PUBLISHER].transport)
        connection_open(p, PUBLISHER);
    if (!connection_set_remote(&p->connections[PUBLISHER], x->sdp, x->arena)) {
        person_end(p, x->now_us, LIVEKIT__LEAVE_REQUEST__ACTION__RECONNECT,
                   LIVEKIT__DISCONNECT_REASON__STATE_MISMATCH);
        return;
    }
    p->offer_id = id;
    read_sections(x);
    match_tracks(x);
    end_unsent(x);
    send_answer(x);
    announce_bound(p, x->now_us);
}

void answer_on_offer(struct person *p, const Livekit__SessionDescription *offer, int64_t now_us)
{
    struct sdp sdp;
    struct arena a;

    arena_init(&a);
    if (sdp_parse(span_of_str(offer->sdp), &a, &sdp) && is_usable(&sdp))
        answer(&(struct answering){p, &sdp, &a, now_us}, offer->id);
    else
        person_malformed(p, now_us);
    arena_fini(&a);
}
