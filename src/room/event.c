/* SPDX-License-Identifier: Apache-2.0 */
/* What others are told of by webhooks: a room began or ended, somebody came or left, a track. Owns
 * nothing. */
#include "room/info.h"
#include "room/signalling.h"

/* Of rooms and people it is told who they are; of those who have a track only their names, as
 * LiveKit does: most events are about tracks. */
static Livekit__Room *short_room(const struct room *r, struct arena *a)
{
    Livekit__Room *out = arena_alloc(a, sizeof *out);

    livekit__room__init(out);
    out->sid = (char *)(uintptr_t)r->sid;
    out->name = r->name;
    return out;
}

static Livekit__ParticipantInfo *short_person(const struct person *p, struct arena *a)
{
    Livekit__ParticipantInfo *out = arena_alloc(a, sizeof *out);

    livekit__participant_info__init(out);
    out->sid = (char *)(uintptr_t)p->sid;
    out->identity = p->grant->identity;
    return out;
}

static Livekit__WebhookEvent event_of(const struct engine *e, const char *name)
{
    Livekit__WebhookEvent w;

    livekit__webhook_event__init(&w);
    w.event = (char *)(uintptr_t)name;
    w.created_at = engine_unix_ms(e, e->now_us) / 1000;
    return w;
}

void event_room(const struct room *r, const char *name)
{
    Livekit__WebhookEvent w = event_of(r->engine, name);
    struct arena a;

    arena_init(&a);
    w.room = info_room(r, &a);
    engine_event_with(r->engine, name, r->name, NULL, r->sid, signal_pack(&w.base, &a));
    arena_fini(&a);
}

void event_person(const struct person *p, const char *name)
{
    Livekit__WebhookEvent w = event_of(p->engine, name);
    struct arena a;

    arena_init(&a);
    w.room = info_room(p->room, &a);
    w.participant = info_person(p, &a);
    engine_event_with(p->engine, name, p->room->name, p->grant->identity, p->sid,
                      signal_pack(&w.base, &a));
    arena_fini(&a);
}

void event_track(const struct track *t, const char *name)
{
    const struct person *p = t->publisher;
    Livekit__WebhookEvent w = event_of(p->engine, name);
    struct arena a;

    arena_init(&a);
    w.room = short_room(p->room, &a);
    w.participant = short_person(p, &a);
    w.track = t->info;
    engine_event_with(p->engine, name, p->room->name, p->grant->identity, t->sid,
                      signal_pack(&w.base, &a));
    arena_fini(&a);
}
