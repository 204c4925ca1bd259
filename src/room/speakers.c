/* SPDX-License-Identifier: Apache-2.0 */
/* Speaker updates: every 400 ms what changed, to the speakers themselves and to those who hear them
 * (livekit-wire.md 7.4). Who speaks is measured by rtc/speaker. */
#include "room/signalling.h"

static bool is_audio(const struct track *t)
{
    return t->announced && t->info->type == LIVEKIT__TRACK_TYPE__AUDIO;
}

static bool publishes_audio(const struct person *p)
{
    list_each(node,
              &p->tracks) if (is_audio(list_entry(node, struct track, in_person))) return true;
    return false;
}

bool speakers_wanted(const struct room *r)
{
    list_each(node, &r->people)
    {
        const struct person *p = list_entry(node, struct person, in_room);
        if (publishes_audio(p) || p->signal->speaker_active)
            return true;
    }
    return false;
}

/* The loudest of the person's tracks; whether it differs from what was told. */
static bool measure(struct person *p)
{
    struct person_signal *s = p->signal;
    float level = 0;
    bool active = false;

    list_each(node, &p->tracks)
    {
        struct track *t = list_entry(node, struct track, in_person);
        if (!is_audio(t))
            continue;
        speaker_update(&t->speaker);
        active |= t->speaker.active;
        if (t->speaker.active && t->speaker.level > level)
            level = t->speaker.level;
    }
    bool changed =
        active != s->speaker_active || level < s->speaker_level || level > s->speaker_level;
    s->speaker_active = active;
    s->speaker_level = level;
    return changed;
}

static bool hears(const struct person *viewer, const struct person *speaker)
{
    /* The end of a track that is gone already concerns all who may have heard it. */
    if (viewer == speaker || !publishes_audio(speaker))
        return true;
    list_each(node, &viewer->downtracks)
    {
        const struct downtrack *d = list_entry(node, struct downtrack, in_viewer);
        if (d->track && d->track->publisher == speaker && is_audio(d->track))
            return true;
    }
    return false;
}

static void tell_speakers(struct person *to, struct person *const *changed, size_t count,
                          struct arena *a)
{
    Livekit__SignalResponse response;
    Livekit__SpeakersChanged speakers;

    livekit__signal_response__init(&response);
    livekit__speakers_changed__init(&speakers);
    response.message_case = LIVEKIT__SIGNAL_RESPONSE__MESSAGE_SPEAKERS_CHANGED;
    response.speakers_changed = &speakers;
    speakers.speakers = arena_alloc(a, count * sizeof(void *));
    for (size_t i = 0; i < count; i++) {
        if (!hears(to, changed[i]))
            continue;
        Livekit__SpeakerInfo *info = arena_alloc(a, sizeof *info);
        livekit__speaker_info__init(info);
        info->sid = changed[i]->sid;
        info->level = changed[i]->signal->speaker_level;
        info->active = changed[i]->signal->speaker_active;
        speakers.speakers[speakers.n_speakers++] = info;
    }
    if (speakers.n_speakers)
        tell(to, &response);
}

void speakers_update(struct room *r)
{
    struct arena a;
    size_t count = 0;

    arena_init(&a);
    struct person **changed = arena_alloc(&a, r->people_count * sizeof(void *));
    list_each(node, &r->people)
    {
        struct person *p = list_entry(node, struct person, in_room);
        if (!person_is_hidden(p) && measure(p))
            changed[count++] = p;
    }
    if (count)
        list_each(to, &r->people)
            tell_speakers(list_entry(to, struct person, in_room), changed, count, &a);
    arena_fini(&a);
}
