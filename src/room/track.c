/* SPDX-License-Identifier: Apache-2.0 */
/* Published tracks and the downtracks that carry them: making, ending, and which layer a viewer is
 * aimed at. */
#include "room/track.h"

#include <stdlib.h>

#include "base/random.h"
#include "room/evil.h"

/* Places in the history: 0.7 s of a 5 Mbit/s layer; 1.3 s of 20 ms audio frames. */
#define HISTORY_VIDEO 512
#define HISTORY_AUDIO 64
/* How soon a viewer without a key frame asks again: two round trips, within these. */
#define KEYFRAME_RETRY_MIN_US 200000
#define KEYFRAME_RETRY_MAX_US 1000000
#define SSRC_STEP 0x9e3779b1u

/* ---- TrackInfo ---- */

static const char *default_stream(int source)
{
    switch (source) {
    case LIVEKIT__TRACK_SOURCE__CAMERA:
    case LIVEKIT__TRACK_SOURCE__MICROPHONE:
        return "camera";
    case LIVEKIT__TRACK_SOURCE__SCREEN_SHARE:
    case LIVEKIT__TRACK_SOURCE__SCREEN_SHARE_AUDIO:
        return "screen";
    default:
        return "unknown";
    }
}

static Livekit__SimulcastCodecInfo *codec_info(struct arena *a, const Livekit__AddTrackRequest *r,
                                               const char *mime)
{
    Livekit__SimulcastCodecInfo *c = arena_alloc(a, sizeof *c);

    livekit__simulcast_codec_info__init(c);
    c->mime_type = (char *)(uintptr_t)mime;
    c->cid = r->cid;
    c->layers = r->layers;
    c->n_layers = r->n_layers;
    c->video_layer_mode = LIVEKIT__VIDEO_LAYER__MODE__ONE_SPATIAL_LAYER_PER_STREAM;
    return c;
}

/* `r` lives in the track's own arena, so that the info may point into it. */
static Livekit__TrackInfo *make_info(struct track *t, const Livekit__AddTrackRequest *r)
{
    struct arena *a = &t->info_arena;
    Livekit__TrackInfo *info = arena_alloc(a, sizeof *info);

    livekit__track_info__init(info);
    info->sid = t->sid;
    info->type = r->type;
    info->name = r->name;
    info->muted = r->muted;
    info->width = r->width;
    info->height = r->height;
    info->simulcast = r->n_layers > 1;
    info->source = r->source;
    info->layers = r->layers;
    info->n_layers = r->n_layers;
    info->mime_type = (char *)(uintptr_t)codec_mime(t->codec);
    info->disable_red = true;
    info->encryption = r->encryption;
    info->stream =
        r->stream && r->stream[0] ? r->stream : (char *)(uintptr_t)default_stream((int)r->source);
    info->audio_features = r->audio_features;
    info->n_audio_features = r->n_audio_features;
    info->backup_codec_policy = r->backup_codec_policy;
    info->packet_trailer_features = r->packet_trailer_features;
    info->n_packet_trailer_features = r->n_packet_trailer_features;
    info->codecs = arena_alloc(a, sizeof *info->codecs);
    info->codecs[0] = codec_info(a, r, info->mime_type);
    info->n_codecs = 1;
    return info;
}

/* What the request names, or what a publisher of that kind sends by default. */
static enum codec requested_codec(const Livekit__AddTrackRequest *r)
{
    enum codec c = CODEC_NONE;

    if (r->type == LIVEKIT__TRACK_TYPE__AUDIO)
        return CODEC_OPUS;
    if (r->n_simulcast_codecs > 0)
        c = codec_by_name(span_of_str(r->simulcast_codecs[0]->codec));
    return codec_is_video(c) ? c : CODEC_VP8;
}

/* ---- tracks ---- */

struct track *track_new(struct person *publisher, const Livekit__AddTrackRequest *request)
{
    struct track *t = xcalloc(1, sizeof *t);
    bool audio = request->type == LIVEKIT__TRACK_TYPE__AUDIO;

    arena_init(&t->info_arena);
    struct span bytes = signal_pack(&request->base, &t->info_arena);
    const Livekit__AddTrackRequest *own =
        (const Livekit__AddTrackRequest *)(const void *)signal_parse(
            &livekit__add_track_request__descriptor, bytes, &t->info_arena);
    memcpy(t->sid, "TR_", 3);
    random_text(t->sid + 3, SID_SIZE - 3);
    t->publisher = publisher;
    t->cid = own->cid;
    t->codec = requested_codec(own);
    t->encrypted = own->encryption != LIVEKIT__ENCRYPTION__TYPE__NONE;
    t->muted = own->muted;
    t->info = make_info(t, own);
    t->layer_count = 1;
    for (unsigned i = 0; i < LIMIT_LAYERS; i++) {
        t->layers[i].track = t;
        t->layers[i].index = (uint8_t)i;
        history_init(&t->layers[i].history, audio ? HISTORY_AUDIO : HISTORY_VIDEO);
    }
    list_init(&t->viewers);
    list_init(&t->in_dirty);
    speaker_init(&t->speaker);
    t->nack_timer.fire = report_nack_on_time;
    list_append(&publisher->tracks, &t->in_person);
    publisher->track_count++;
    return t;
}

void track_free(struct track *t)
{
    struct person *p = t->publisher;

    evil_on_end(t);
    list_each(node, &t->viewers)
    {
        struct downtrack *d = list_entry(node, struct downtrack, in_track);
        downtrack_stop(d);
        list_remove(&d->in_track);
        d->track = NULL;
    }
    ingest_unbind(p, t);
    list_remove(&t->in_dirty);
    list_remove(&t->in_person);
    p->track_count--;
    engine_timer_cancel(p->engine, &t->nack_timer);
    for (unsigned i = 0; i < LIMIT_LAYERS; i++)
        history_fini(&t->layers[i].history);
    arena_fini(&t->info_arena);
    free(t);
}

/* The announced layers in order of quality; the request's own order differs between SDKs. */
static unsigned sorted_layers(const struct track *t, const Livekit__VideoLayer **out)
{
    unsigned n = 0;

    for (size_t i = 0; i < t->info->n_layers && n < LIMIT_LAYERS; i++) {
        unsigned at = n++;
        for (; at > 0 && out[at - 1]->quality > t->info->layers[i]->quality; at--)
            out[at] = out[at - 1];
        out[at] = t->info->layers[i];
    }
    return n;
}

unsigned track_layer_of_quality(const struct track *t, int quality)
{
    const Livekit__VideoLayer *layers[LIMIT_LAYERS];
    unsigned n = sorted_layers(t, layers), best = 0;

    if (n == 0 && quality >= 0)
        return quality < (int)t->layer_count ? (unsigned)quality : t->layer_count - 1;
    for (unsigned i = 0; i < n && i < t->layer_count; i++)
        if ((int)layers[i]->quality <= quality)
            best = i;
    return best;
}

unsigned track_layer_of_size(const struct track *t, uint32_t width, uint32_t height)
{
    const Livekit__VideoLayer *layers[LIMIT_LAYERS];
    unsigned n = sorted_layers(t, layers);

    for (unsigned i = 0; i < n && i < t->layer_count; i++)
        if (layers[i]->width >= width && layers[i]->height >= height)
            return i;
    return t->layer_count - 1;
}

/* ---- downtracks ---- */

static int64_t keyframe_retry_us(const struct downtrack *d)
{
    int64_t retry = 2 * d->viewer->connections[SUBSCRIBER].rtt_us;

    if (retry < KEYFRAME_RETRY_MIN_US)
        return KEYFRAME_RETRY_MIN_US;
    return retry > KEYFRAME_RETRY_MAX_US ? KEYFRAME_RETRY_MAX_US : retry;
}

/* Asks for the key frame that the forward waits for, until it came. Not before the viewer can
 * receive it: requests are throttled, so a wasted one costs a second. A layer that does not flow is
 * asked once: its viewers are aimed again when it does. */
static void keyframe_on_time(struct timer *timer, int64_t now_us)
{
    struct downtrack *d = list_entry(timer, struct downtrack, keyframe_timer);

    if (!d->track || !d->live || !forward_wants_keyframe(&d->forward) ||
        d->viewer->connections[SUBSCRIBER].state != TRANSPORT_CONNECTED)
        return;
    relay_ask_keyframe(evil_carried(d->track), d->forward.target, now_us);
    if (d->track->layers[d->forward.target].flowing)
        engine_timer_set(d->viewer->engine, timer, now_us + keyframe_retry_us(d));
}

/* Never the same twice for a viewer, since one key seals all their streams (RFC 3711 9.1): an odd
 * step comes to every number before it comes to one again. 0 stands for none. */
static uint32_t fresh_ssrc(struct person *viewer)
{
    do
        viewer->last_ssrc += SSRC_STEP;
    while (viewer->last_ssrc == 0);
    return viewer->last_ssrc;
}

struct downtrack *downtrack_new(struct track *t, struct person *viewer, unsigned section)
{
    struct downtrack *d = xcalloc(1, sizeof *d);

    d->track = t;
    d->viewer = viewer;
    d->section = section;
    d->ssrc = fresh_ssrc(viewer);
    d->rtx_ssrc = codec_is_video(t->codec) ? fresh_ssrc(viewer) : 0;
    d->rtx_seq = random_u32() & 0x7fff;
    d->wanted = (uint8_t)(t->layer_count - 1);
    d->keyframe_timer.fire = keyframe_on_time;
    forward_init(&d->forward, t->codec, (uint16_t)(random_u32() & 0x7fff), random_u32());
    list_append(&t->viewers, &d->in_track);
    list_append(&viewer->downtracks, &d->in_viewer);
    return d;
}

void downtrack_free(struct downtrack *d)
{
    downtrack_stop(d);
    list_remove(&d->in_track);
    list_remove(&d->in_viewer);
    free(d);
}

void downtrack_start(struct downtrack *d, int64_t now_us)
{
    d->live = true;
    downtrack_aim(d, now_us);
}

void downtrack_stop(struct downtrack *d)
{
    d->live = false;
    forward_set_target(&d->forward, LIMIT_LAYERS);
    engine_timer_cancel(d->viewer->engine, &d->keyframe_timer);
}

/* The highest flowing layer that is not above what is wanted, else the lowest flowing one. Nothing
 * flows: what the forward has, or the lowest. */
static uint8_t best_layer(const struct downtrack *d)
{
    const struct track *t = d->track;
    uint8_t above = LIMIT_LAYERS;

    for (unsigned i = t->layer_count; i-- > 0;) {
        if (!t->layers[i].flowing)
            continue;
        if (i <= d->wanted)
            return (uint8_t)i;
        above = (uint8_t)i;
    }
    if (above < LIMIT_LAYERS)
        return above;
    return d->forward.target < t->layer_count ? d->forward.target : 0;
}

void downtrack_aim(struct downtrack *d, int64_t now_us)
{
    if (!d->track || !d->live || d->disabled) {
        forward_set_target(&d->forward, LIMIT_LAYERS);
        return;
    }
    forward_set_target(&d->forward, best_layer(d));
    /* At the end of the turn: the packet that made the layer flow may begin a key frame. */
    if (forward_wants_keyframe(&d->forward))
        engine_timer_set(d->viewer->engine, &d->keyframe_timer, now_us);
}
