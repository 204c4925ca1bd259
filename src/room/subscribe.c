/* SPDX-License-Identifier: Apache-2.0 */
/* Who views what: everything by default, or what a client names; which quality. A downtrack and its
 * section are made and dropped here; the offers that follow are offer.c's. */
#include "room/signalling.h"

/* Longer names are none of ours. */
#define SID_TEXT_MAX 64

char wish_yes, wish_no;

struct downtrack *subscribe_find(const struct person *viewer, const char *track_sid)
{
    list_each(node, &viewer->downtracks)
    {
        struct downtrack *d = list_entry(node, struct downtrack, in_viewer);
        if (d->track && strcmp(d->track->sid, track_sid) == 0)
            return d;
    }
    return NULL;
}

static bool wants(const struct person *viewer, const struct track *t)
{
    if (t->publisher == viewer || !t->announced || person_is_hidden(t->publisher) ||
        !viewer->grant->permission.can_subscribe)
        return false;
    const void *wish = map_get(&viewer->signal->wishes, span_of_str(t->sid));
    return wish ? wish == WISH_YES : viewer->grant->auto_subscribe;
}

static void add(struct person *viewer, struct track *t)
{
    unsigned slot = offer_take_slot(viewer, codec_is_video(t->codec) ? SDP_VIDEO : SDP_AUDIO);

    if (slot == 0)
        return;
    struct downtrack *d = downtrack_new(t, viewer, slot);
    /* Such a client will say what size it shows. */
    if (viewer->grant->adaptive_stream && codec_is_video(t->codec))
        d->wanted = 0;
    viewer->slots[slot].downtrack = d;
    offer_want(viewer);
}

void subscribe_drop(struct downtrack *d)
{
    struct person *viewer = d->viewer;

    viewer->slots[d->section].downtrack = NULL;
    downtrack_free(d);
    offer_want(viewer);
}

static void review(struct person *viewer, struct track *t)
{
    struct downtrack *d = subscribe_find(viewer, t->sid);
    bool wanted = wants(viewer, t);

    if (wanted && !d)
        add(viewer, t);
    else if (!wanted && d)
        subscribe_drop(d);
}

void subscribe_review(struct person *viewer)
{
    list_each(node, &viewer->room->people)
    {
        struct person *publisher = list_entry(node, struct person, in_room);
        list_each(track, &publisher->tracks)
            review(viewer, list_entry(track, struct track, in_person));
    }
}

void subscribe_track(struct track *t)
{
    list_each(node, &t->publisher->room->people)
        review(list_entry(node, struct person, in_room), t);
}

void subscribe_forget(struct track *t)
{
    list_each(node, &t->viewers) subscribe_drop(list_entry(node, struct downtrack, in_track));
    list_each(person, &t->publisher->room->people) map_remove(
        &list_entry(person, struct person, in_room)->signal->wishes, span_of_str(t->sid));
}

/* ---- what clients ask for ---- */

void subscribe_wish(struct person *p, const char *track_sid, bool yes)
{
    struct map *wishes = &p->signal->wishes;
    struct span key = span_of_str(track_sid);

    if (key.size == 0 || key.size > SID_TEXT_MAX ||
        (wishes->count >= LIMIT_WISHES && !map_get(wishes, key)))
        return;
    map_put(wishes, key, yes ? WISH_YES : WISH_NO);
}

void subscribe_on_update(struct person *p, const Livekit__UpdateSubscription *m)
{
    for (size_t i = 0; i < m->n_track_sids; i++)
        subscribe_wish(p, m->track_sids[i], m->subscribe);
    for (size_t i = 0; i < m->n_participant_tracks; i++)
        for (size_t k = 0; k < m->participant_tracks[i]->n_track_sids; k++)
            subscribe_wish(p, m->participant_tracks[i]->track_sids[k], m->subscribe);
    subscribe_review(p);
}

void subscribe_disable(struct person *p, const char *track_sid, int64_t now_us)
{
    struct downtrack *d = subscribe_find(p, track_sid);

    if (!d)
        return;
    d->disabled = true;
    downtrack_aim(d, now_us);
}

void subscribe_on_settings(struct person *p, const Livekit__UpdateTrackSettings *m, int64_t now_us)
{
    for (size_t i = 0; i < m->n_track_sids; i++) {
        struct downtrack *d = subscribe_find(p, m->track_sids[i]);
        if (!d)
            continue;
        d->disabled = m->disabled;
        d->wanted = (uint8_t)(m->width ? track_layer_of_size(d->track, m->width, m->height)
                                       : track_layer_of_quality(d->track, (int)m->quality));
        downtrack_aim(d, now_us);
    }
}

/* ---- what comes of it ---- */

void subscribe_refuse_codec(struct downtrack *d)
{
    struct person *viewer = d->viewer;
    Livekit__SignalResponse response;
    Livekit__SubscriptionResponse refusal;

    livekit__signal_response__init(&response);
    livekit__subscription_response__init(&refusal);
    response.message_case = LIVEKIT__SIGNAL_RESPONSE__MESSAGE_SUBSCRIPTION_RESPONSE;
    response.subscription_response = &refusal;
    refusal.track_sid = d->track->sid;
    refusal.err = LIVEKIT__SUBSCRIPTION_ERROR__SE_CODEC_UNSUPPORTED;
    tell(viewer, &response);
    subscribe_wish(viewer, d->track->sid, false);
    subscribe_drop(d);
}

void subscribe_tell_publisher(struct track *t)
{
    Livekit__SignalResponse response;
    Livekit__TrackSubscribed subscribed;

    if (t->was_viewed)
        return;
    t->was_viewed = true;
    livekit__signal_response__init(&response);
    livekit__track_subscribed__init(&subscribed);
    response.message_case = LIVEKIT__SIGNAL_RESPONSE__MESSAGE_TRACK_SUBSCRIBED;
    response.track_subscribed = &subscribed;
    subscribed.track_sid = t->sid;
    tell(t->publisher, &response);
}
