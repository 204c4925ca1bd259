/* SPDX-License-Identifier: Apache-2.0 */
/* Publishing: requests to add, mute and change tracks, what is refused and how that is said, the
 * end of a track. The tracks are the person's (track.c); which of them others know of is decided
 * here. */
#include <stdlib.h>

#include "room/evil.h"
#include "room/rules.h"
#include "room/signalling.h"

struct track *publish_find(const struct person *p, const char *sid)
{
    list_each(node, &p->tracks)
    {
        struct track *t = list_entry(node, struct track, in_person);
        if (strcmp(t->sid, sid) == 0)
            return t;
    }
    return NULL;
}

bool person_is_publisher(const struct person *p)
{
    list_each(node,
              &p->tracks) if (list_entry(node, struct track, in_person)->announced) return true;
    return false;
}

/* ---- refusals ---- */

bool publish_is_refused(const struct person *p, const char *cid)
{
    for (unsigned i = 0; cid[0] && i < LIMIT_PENDING_TRACKS; i++)
        if (p->signal->refused[i] && strcmp(p->signal->refused[i], cid) == 0)
            return true;
    return false;
}

void publish_refuse(struct person *p, const char *cid)
{
    struct person_signal *s = p->signal;

    if (!cid[0] || strlen(cid) > LIMIT_CID || publish_is_refused(p, cid))
        return;
    str_set(&s->refused[s->refused_next], cid);
    s->refused_next = (s->refused_next + 1) % LIMIT_PENDING_TRACKS;
}

static void accept_again(struct person *p, const char *cid)
{
    for (unsigned i = 0; i < LIMIT_PENDING_TRACKS; i++)
        if (p->signal->refused[i] && strcmp(p->signal->refused[i], cid) == 0)
            str_set(&p->signal->refused[i], NULL);
}

static bool is_power_of_two(unsigned n)
{
    return (n & (n - 1)) == 0;
}

/* livekit-client does not look at the refusal of a track, so its page is told by a notice too. */
static void refuse_clear_track(struct person *p, const char *cid, int64_t now_us)
{
    p->engine->stats.refused_clear_tracks++;
    p->room->refused_clear_tracks++;
    data_send_notice(
        p, "{\"type\":\"system\",\"event\":\"track_refused\",\"reason\":\"not_encrypted\","
           "\"message\":\"This meeting is end-to-end encrypted: tracks without "
           "encryption are refused.\"}");
    if (is_power_of_two(++p->signal->clear_tracks_refused))
        engine_event(p->engine, "clear_track_refused", p->room->name, p->grant->identity, p->sid);
    /* What was sent encrypted under this id will now be clear. */
    list_each(node, &p->tracks)
    {
        struct track *t = list_entry(node, struct track, in_person);
        if (strcmp(t->cid, cid) == 0)
            publish_end(t, now_us, true);
    }
}

static void refuse(struct person *p, Livekit__AddTrackRequest *request, enum rules_verdict verdict,
                   int64_t now_us)
{
    static const struct {
        int reason;
        const char *message;
    } answers[] = {
        [RULES_NOT_ALLOWED] = {LIVEKIT__REQUEST_RESPONSE__REASON__NOT_ALLOWED,
                               "no permission to publish this source"},
        [RULES_CLEAR_TRACK] = {LIVEKIT__REQUEST_RESPONSE__REASON__NOT_ALLOWED,
                               "the room is end-to-end encrypted, the track is not"},
        [RULES_LIMIT_EXCEEDED] = {LIVEKIT__REQUEST_RESPONSE__REASON__LIMIT_EXCEEDED,
                                  "too many tracks"},
        [RULES_UNSUPPORTED_TYPE] = {LIVEKIT__REQUEST_RESPONSE__REASON__UNSUPPORTED_TYPE,
                                    "tracks are audio or video"},
        [RULES_INVALID_REQUEST] = {LIVEKIT__REQUEST_RESPONSE__REASON__INVALID_REQUEST,
                                   "cid, names or lists are missing or too long"},
    };
    Livekit__RequestResponse response;

    livekit__request_response__init(&response);
    response.request_case = LIVEKIT__REQUEST_RESPONSE__REQUEST_ADD_TRACK;
    response.add_track = request;
    tell_request(p, &response, answers[verdict].reason, answers[verdict].message);
    publish_refuse(p, request->cid);
    if (verdict == RULES_CLEAR_TRACK)
        refuse_clear_track(p, request->cid, now_us);
}

/* ---- adding ---- */

static unsigned count_pending(const struct person *p)
{
    unsigned n = 0;

    list_each(node, &p->tracks) n += !list_entry(node, struct track, in_person)->announced;
    return n;
}

static struct track *find_unannounced(const struct person *p, const char *cid)
{
    list_each(node, &p->tracks)
    {
        struct track *t = list_entry(node, struct track, in_person);
        if (!t->announced && strcmp(t->cid, cid) == 0)
            return t;
    }
    return NULL;
}

static void tell_published(struct person *p, struct track *t)
{
    Livekit__SignalResponse response;
    Livekit__TrackPublishedResponse published;

    livekit__signal_response__init(&response);
    livekit__track_published_response__init(&published);
    response.message_case = LIVEKIT__SIGNAL_RESPONSE__MESSAGE_TRACK_PUBLISHED;
    response.track_published = &published;
    published.cid = t->cid;
    published.track = t->info;
    tell(p, &response);
}

/* Room of its own, so that later changes need none. */
static void own_features(struct track *t)
{
    Livekit__AudioTrackFeature *own = arena_alloc(&t->info_arena, LIMIT_TRACK_LISTS * sizeof *own);

    for (size_t i = 0; i < t->info->n_audio_features; i++)
        own[i] = t->info->audio_features[i];
    t->info->audio_features = own;
}

void publish_on_add(struct person *p, Livekit__AddTrackRequest *request, int64_t now_us)
{
    struct rules_publish rules = {.permission = &p->grant->permission,
                                  .e2ee = p->room->e2ee,
                                  .tracks = p->track_count,
                                  .pending = count_pending(p)};
    enum rules_verdict verdict = rules_add_track(&rules, request);
    struct track *t = verdict == RULES_OK || verdict == RULES_LIMIT_EXCEEDED
                          ? find_unannounced(p, request->cid)
                          : NULL;

    if (t) {
        tell_published(p, t);
        return;
    }
    if (verdict != RULES_OK) {
        refuse(p, request, verdict, now_us);
        return;
    }
    accept_again(p, request->cid);
    t = track_new(p, request);
    own_features(t);
    tell_published(p, t);
    answer_bind_parked(p, t, now_us);
}

void publish_announce(struct track *t, int64_t now_us)
{
    struct person *p = t->publisher;

    t->announced = true;
    tell_changed(p, true);
    event_track(t, "track_published");
    subscribe_track(t);
    evil_on_announce(t, now_us);
    room_arm(p->room, now_us);
}

/* ---- ending ---- */

static void tell_unpublished(struct person *p, struct track *t)
{
    Livekit__SignalResponse response;
    Livekit__TrackUnpublishedResponse unpublished;

    livekit__signal_response__init(&response);
    livekit__track_unpublished_response__init(&unpublished);
    response.message_case = LIVEKIT__SIGNAL_RESPONSE__MESSAGE_TRACK_UNPUBLISHED;
    response.track_unpublished = &unpublished;
    unpublished.track_sid = t->sid;
    tell(p, &response);
}

void publish_end(struct track *t, int64_t now_us, bool tell_publisher)
{
    struct person *p = t->publisher;
    bool announced = t->announced;

    subscribe_forget(t);
    if (tell_publisher) {
        tell_unpublished(p, t);
        publish_refuse(p, t->cid);
    }
    if (announced)
        event_track(t, "track_unpublished");
    track_free(t);
    if (p->leaving)
        return;
    if (announced)
        tell_changed(p, true);
    room_arm(p->room, now_us);
}

void publish_end_forbidden(struct person *p, int64_t now_us)
{
    list_each(node, &p->tracks)
    {
        struct track *t = list_entry(node, struct track, in_person);
        if (!rules_may_publish_source(&p->grant->permission, (int)t->info->source) ||
            (p->room->e2ee && !t->encrypted))
            publish_end(t, now_us, true);
    }
}

/* ---- changes ---- */

bool publish_set_muted(struct track *t, bool muted, int64_t now_us)
{
    if (t->muted == muted)
        return false;
    t->muted = muted;
    t->info->muted = muted;
    t->silenced &= muted;
    for (unsigned i = 0; !muted && i < t->layer_count; i++)
        relay_ask_keyframe(t, i, now_us);
    return true;
}

static void tell_if_known(struct track *t)
{
    if (t->announced)
        tell_changed(t->publisher, false);
}

void publish_on_mute(struct person *p, const Livekit__MuteTrackRequest *m, int64_t now_us)
{
    struct track *t = publish_find(p, m->sid);

    if (t && publish_set_muted(t, m->muted, now_us))
        tell_if_known(t);
}

void publish_on_audio(struct person *p, const Livekit__UpdateLocalAudioTrack *m)
{
    struct track *t = publish_find(p, m->track_sid);

    if (!t || m->n_features > LIMIT_TRACK_LISTS)
        return;
    for (size_t i = 0; i < m->n_features; i++)
        t->info->audio_features[i] = m->features[i];
    t->info->n_audio_features = m->n_features;
    tell_if_known(t);
}

void publish_on_video(struct person *p, const Livekit__UpdateLocalVideoTrack *m)
{
    struct track *t = publish_find(p, m->track_sid);

    if (!t)
        return;
    t->info->width = m->width;
    t->info->height = m->height;
    tell_if_known(t);
}
