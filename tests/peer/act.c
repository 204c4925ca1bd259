/* SPDX-License-Identifier: Apache-2.0 */
/* What a participant asks of the server: the requests of a client library. Owns nothing. */
#include "peer.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>

void peer_request(struct peer *p, const Livekit__SignalRequest *request)
{
    struct arena a;

    arena_init(&a);
    p->config.host.signal(p->config.host.arg, signal_pack(&request->base, &a));
    arena_fini(&a);
}

void peer_describe(struct peer *p, char *sdp, bool offer, uint32_t id)
{
    Livekit__SessionDescription d = LIVEKIT__SESSION_DESCRIPTION__INIT;
    Livekit__SignalRequest r = LIVEKIT__SIGNAL_REQUEST__INIT;

    d.sdp = sdp;
    d.id = id;
    if (offer) {
        d.type = (char *)(uintptr_t) "offer";
        r.message_case = LIVEKIT__SIGNAL_REQUEST__MESSAGE_OFFER;
        r.offer = &d;
    } else {
        d.type = (char *)(uintptr_t) "answer";
        r.message_case = LIVEKIT__SIGNAL_REQUEST__MESSAGE_ANSWER;
        r.answer = &d;
    }
    peer_request(p, &r);
    free(sdp);
}

void peer_negotiate(struct peer *p)
{
    if (p->offer_pending) {
        p->offer_wanted = true;
        return;
    }
    p->offer_pending = true;
    p->offer_wanted = false;
    p->offer_id++;
    peer_describe(p, describe_offer(p), true, p->offer_id);
}

void peer_open_data(struct peer *p, int64_t now_us)
{
    p->now_us = now_us;
    peer_negotiate(p);
}

static void add_layers(const struct source *s, Livekit__VideoLayer *layers,
                       Livekit__VideoLayer **list)
{
    for (unsigned i = 0; i < s->config.layers; i++) {
        unsigned shift = s->config.layers - 1 - i;
        livekit__video_layer__init(&layers[i]);
        layers[i].quality = (Livekit__VideoQuality)(s->config.layers == 1 ? 2 : i);
        layers[i].width = 1280u >> shift;
        layers[i].height = 720u >> shift;
        layers[i].bitrate = 1700000u >> (2 * shift);
        list[i] = &layers[i];
    }
}

static void request_track(struct peer *p, struct source *s)
{
    const struct source_config *config = &s->config;
    Livekit__AddTrackRequest add = LIVEKIT__ADD_TRACK_REQUEST__INIT;
    Livekit__SignalRequest r = LIVEKIT__SIGNAL_REQUEST__INIT;
    Livekit__VideoLayer layers[LIMIT_LAYERS], *list[LIMIT_LAYERS];
    Livekit__SimulcastCodec codec = LIVEKIT__SIMULCAST_CODEC__INIT, *codecs[] = {&codec};

    add.cid = s->cid;
    add.type =
        config->codec == CODEC_OPUS ? LIVEKIT__TRACK_TYPE__AUDIO : LIVEKIT__TRACK_TYPE__VIDEO;
    add.source = (Livekit__TrackSource)config->kind;
    add.encryption = (Livekit__Encryption__Type)config->encryption;
    if (config->codec == CODEC_H264) {
        codec.codec = (char *)(uintptr_t) "h264";
        codec.cid = s->cid;
        add.simulcast_codecs = codecs;
        add.n_simulcast_codecs = 1;
    }
    if (config->codec != CODEC_OPUS) {
        add.width = 1280;
        add.height = 720;
        add_layers(s, layers, list);
        add.layers = list;
        add.n_layers = config->layers;
    }
    r.message_case = LIVEKIT__SIGNAL_REQUEST__MESSAGE_ADD_TRACK;
    r.add_track = &add;
    peer_request(p, &r);
}

struct source *peer_publish(struct peer *p, int64_t now_us, const struct source_config *config)
{
    struct source *s = xcalloc(1, sizeof *s);

    assert(p->source_count < PEER_SOURCES);
    p->now_us = now_us;
    source_init(s, config, (uint32_t)random_next(&p->random), &p->random);
    snprintf(s->mid, sizeof s->mid, "%u", p->source_count + 1);
    p->sources[p->source_count++] = s;
    request_track(p, s);
    return s;
}

void peer_publish_again(struct peer *p, int64_t now_us, struct source *s,
                        const struct source_config *config)
{
    char mid[sizeof s->mid];
    struct source_config same = s->config;

    assert(!s->active);
    p->now_us = now_us;
    memcpy(mid, s->mid, sizeof mid);
    source_init(s, config ? config : &same, (uint32_t)random_next(&p->random), &p->random);
    memcpy(s->mid, mid, sizeof mid);
    request_track(p, s);
}

void peer_unpublish(struct peer *p, int64_t now_us, struct source *s)
{
    p->now_us = now_us;
    s->active = s->flowing = false;
    peer_negotiate(p);
}

void peer_mute(struct peer *p, struct source *s, bool muted)
{
    Livekit__MuteTrackRequest mute = LIVEKIT__MUTE_TRACK_REQUEST__INIT;
    Livekit__SignalRequest r = LIVEKIT__SIGNAL_REQUEST__INIT;

    s->muted = muted;
    mute.sid = s->sid;
    mute.muted = muted;
    r.message_case = LIVEKIT__SIGNAL_REQUEST__MESSAGE_MUTE;
    r.mute = &mute;
    peer_request(p, &r);
}

static struct peer_wish *wish_of(struct peer *p, const char *track_sid)
{
    unsigned i = 0;

    while (i < p->wish_count && strcmp(p->wishes[i].sid, track_sid) != 0)
        i++;
    assert(i < PEER_SINKS);
    if (i == p->wish_count) {
        snprintf(p->wishes[i].sid, sizeof p->wishes[i].sid, "%s", track_sid);
        p->wish_count++;
    }
    return &p->wishes[i];
}

void peer_set_track(struct peer *p, const char *track_sid, bool disabled, int quality,
                    uint32_t width, uint32_t height)
{
    Livekit__UpdateTrackSettings settings = LIVEKIT__UPDATE_TRACK_SETTINGS__INIT;
    Livekit__SignalRequest r = LIVEKIT__SIGNAL_REQUEST__INIT;
    char *sids[1] = {(char *)(uintptr_t)track_sid};

    settings.track_sids = sids;
    settings.n_track_sids = 1;
    settings.disabled = disabled;
    settings.quality = (Livekit__VideoQuality)quality;
    settings.width = width;
    settings.height = height;
    wish_of(p, track_sid)->disabled = disabled;
    r.message_case = LIVEKIT__SIGNAL_REQUEST__MESSAGE_TRACK_SETTING;
    r.track_setting = &settings;
    peer_request(p, &r);
}

void peer_subscribe(struct peer *p, const char *track_sid, bool subscribe)
{
    Livekit__UpdateSubscription update = LIVEKIT__UPDATE_SUBSCRIPTION__INIT;
    Livekit__SignalRequest r = LIVEKIT__SIGNAL_REQUEST__INIT;
    char *sids[1] = {(char *)(uintptr_t)track_sid};

    update.track_sids = sids;
    update.n_track_sids = 1;
    update.subscribe = subscribe;
    wish_of(p, track_sid)->unsubscribed = !subscribe;
    r.message_case = LIVEKIT__SIGNAL_REQUEST__MESSAGE_SUBSCRIPTION;
    r.subscription = &update;
    peer_request(p, &r);
}

void peer_leave(struct peer *p)
{
    Livekit__LeaveRequest leave = LIVEKIT__LEAVE_REQUEST__INIT;
    Livekit__SignalRequest r = LIVEKIT__SIGNAL_REQUEST__INIT;

    leave.reason = LIVEKIT__DISCONNECT_REASON__CLIENT_INITIATED;
    r.message_case = LIVEKIT__SIGNAL_REQUEST__MESSAGE_LEAVE;
    r.leave = &leave;
    peer_request(p, &r);
    transport_close(p->links[0].transport);
    transport_close(p->links[1].transport);
    p->left = true;
}

/* ---- resuming ---- */

static char *borrow(const char *text)
{
    return (char *)(uintptr_t)text;
}

static void add_published(const struct peer *p, Livekit__SyncState *sync, struct arena *a)
{
    sync->publish_tracks = arena_alloc(a, p->source_count * sizeof(void *));
    for (unsigned i = 0; i < p->source_count; i++) {
        const struct source *s = p->sources[i];
        if (!s->active)
            continue;
        Livekit__TrackPublishedResponse *track = arena_alloc(a, sizeof *track);
        livekit__track_published_response__init(track);
        track->cid = borrow(s->cid);
        track->track = arena_alloc(a, sizeof *track->track);
        livekit__track_info__init(track->track);
        track->track->sid = borrow(s->sid);
        sync->publish_tracks[sync->n_publish_tracks++] = track;
    }
}

static void add_wishes(const struct peer *p, Livekit__SyncState *sync, struct arena *a)
{
    Livekit__UpdateSubscription *update = arena_alloc(a, sizeof *update);

    livekit__update_subscription__init(update);
    update->track_sids = arena_alloc(a, p->wish_count * sizeof(char *));
    sync->track_sids_disabled = arena_alloc(a, p->wish_count * sizeof(char *));
    sync->subscription = update;
    for (unsigned i = 0; i < p->wish_count; i++) {
        const struct peer_wish *w = &p->wishes[i];
        if (w->unsubscribed)
            update->track_sids[update->n_track_sids++] = borrow(w->sid);
        if (w->disabled)
            sync->track_sids_disabled[sync->n_track_sids_disabled++] = borrow(w->sid);
    }
}

static void add_heard(const struct peer *p, Livekit__SyncState *sync, struct arena *a)
{
    const struct peer_data *d = &p->data;

    sync->datachannel_receive_states = arena_alloc(a, d->heard_count * sizeof(void *));
    for (unsigned i = 0; i < d->heard_count; i++) {
        Livekit__DataChannelReceiveState *state = arena_alloc(a, sizeof *state);
        livekit__data_channel_receive_state__init(state);
        state->publisher_sid = borrow(d->heard[i].sid);
        state->last_seq = d->heard[i].sequence;
        sync->datachannel_receive_states[sync->n_datachannel_receive_states++] = state;
    }
}

/* What was asked for when the connection broke, and not answered. */
static void request_tracks_again(struct peer *p)
{
    for (unsigned i = 0; i < p->source_count; i++)
        if (!p->sources[i]->sid[0])
            request_track(p, p->sources[i]);
}

void peer_resume(struct peer *p, int64_t now_us)
{
    Livekit__SyncState sync = LIVEKIT__SYNC_STATE__INIT;
    Livekit__SignalRequest r = LIVEKIT__SIGNAL_REQUEST__INIT;
    struct arena a;

    p->now_us = now_us;
    arena_init(&a);
    add_published(p, &sync, &a);
    add_wishes(p, &sync, &a);
    add_heard(p, &sync, &a);
    r.message_case = LIVEKIT__SIGNAL_REQUEST__MESSAGE_SYNC_STATE;
    r.sync_state = &sync;
    peer_request(p, &r);
    arena_fini(&a);
    request_tracks_again(p);
    if (p->offer_id == 0)
        return;
    transport_restart_ice(p->links[PEER_PUBLISHER].transport);
    p->offer_pending = false;
    peer_negotiate(p);
}
