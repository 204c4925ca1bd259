/* SPDX-License-Identifier: Apache-2.0 */
/* Messages to clients: what everybody is told about a change, and the answers that several handlers
 * share. What goes to many is packed once. Owns nothing. */
#include "room/departed.h"
#include "room/info.h"
#include "room/signalling.h"

/* One after the other, the arrivals of so many people take so many messages in the square. In a
 * room of more than CROWDED they are told together, at most every NEWS_PACE_US: less than anybody
 * sees, and a twentieth of the messages when a hundred come in a second. */
#define CROWDED 20
#define NEWS_PACE_US 100000

static Livekit__SignalResponse response_of(Livekit__SignalResponse__MessageCase kind)
{
    Livekit__SignalResponse r;

    livekit__signal_response__init(&r);
    r.message_case = kind;
    return r;
}

void tell(struct person *to, const Livekit__SignalResponse *response)
{
    struct arena a;

    if (!to->session)
        return;
    arena_init(&a);
    engine_signal(to->engine, to->session, signal_pack(&response->base, &a));
    arena_fini(&a);
}

static struct span pack_people(Livekit__ParticipantInfo **people, size_t count, struct arena *a)
{
    Livekit__SignalResponse r = response_of(LIVEKIT__SIGNAL_RESPONSE__MESSAGE_UPDATE);
    Livekit__ParticipantUpdate update;

    livekit__participant_update__init(&update);
    update.participants = people;
    update.n_participants = count;
    r.update = &update;
    return signal_pack(&r.base, a);
}

void tell_person(struct person *about, bool self)
{
    struct arena a;

    list_remove(&about->in_news);
    arena_init(&a);
    Livekit__ParticipantInfo *info = info_person(about, &a);
    struct span bytes = pack_people(&info, 1, &a);
    list_each(node, &about->room->people)
    {
        const struct person *to = list_entry(node, struct person, in_room);
        if (to == about ? self : !person_is_hidden(about))
            engine_signal(to->engine, to->session, bytes);
    }
    arena_fini(&a);
}

void tell_soon(struct person *about, bool self, int64_t now_us)
{
    struct room *r = about->room;

    if (r->people_count <= CROWDED || person_is_hidden(about)) {
        tell_person(about, self);
        return;
    }
    if (list_empty(&about->in_news))
        list_append(&r->news, &about->in_news);
    if (!r->news_timer.node.index) {
        bool lately = now_us - NEWS_PACE_US < r->news_told_us;
        engine_timer_set(r->engine, &r->news_timer,
                         lately ? r->news_told_us + NEWS_PACE_US : now_us);
    }
}

void tell_before(struct person *about)
{
    if (!list_empty(&about->in_news))
        tell_person(about, false);
}

void tell_news(struct timer *timer, int64_t now_us)
{
    struct room *r = list_entry(timer, struct room, news_timer);
    struct arena a;
    size_t n = 0;

    if (list_empty(&r->news))
        return;
    arena_init(&a);
    Livekit__ParticipantInfo **people = arena_alloc(&a, r->people_count * sizeof *people);
    list_each(node, &r->news)
    {
        people[n++] = info_person(list_entry(node, struct person, in_news), &a);
        list_remove(node);
    }
    struct span bytes = pack_people(people, n, &a);
    list_each(to, &r->people)
        engine_signal(r->engine, list_entry(to, struct person, in_room)->session, bytes);
    r->news_told_us = now_us;
    arena_fini(&a);
}

void tell_changed(struct person *about, bool self)
{
    about->version++;
    tell_person(about, self);
}

void tell_everybody(struct person *to)
{
    const struct room *r = to->room;
    Livekit__ParticipantInfo *gone[LIMIT_DEPARTED];
    struct arena a;
    size_t count, n = 0;

    arena_init(&a);
    size_t gone_count = departed_list(r->departed, to->signal->joined_us, gone, &a);
    Livekit__ParticipantInfo **present = info_people(r, to, &count, &a);
    Livekit__ParticipantInfo **all =
        arena_alloc(&a, (gone_count + count + 1) * sizeof(Livekit__ParticipantInfo *));
    /* First those who left: they may be here again. */
    for (size_t i = 0; i < gone_count; i++)
        if (strcmp(gone[i]->identity, to->grant->identity) != 0)
            all[n++] = gone[i];
    for (size_t i = 0; i < count; i++)
        all[n++] = present[i];
    all[n++] = info_person(to, &a);
    engine_signal(to->engine, to->session, pack_people(all, n, &a));
    arena_fini(&a);
}

static struct span pack_room(const struct room *r, struct arena *a)
{
    Livekit__SignalResponse response = response_of(LIVEKIT__SIGNAL_RESPONSE__MESSAGE_ROOM_UPDATE);
    Livekit__RoomUpdate update;

    livekit__room_update__init(&update);
    update.room = info_room(r, a);
    response.room_update = &update;
    return signal_pack(&response.base, a);
}

void tell_room(struct room *r)
{
    struct arena a;

    arena_init(&a);
    struct span bytes = pack_room(r, &a);
    r->people_told = room_count_visible(r);
    list_each(node, &r->people)
    {
        const struct person *to = list_entry(node, struct person, in_room);
        engine_signal(to->engine, to->session, bytes);
    }
    arena_fini(&a);
}

void tell_room_to(struct person *to)
{
    struct arena a;

    arena_init(&a);
    engine_signal(to->engine, to->session, pack_room(to->room, &a));
    arena_fini(&a);
}

void tell_leave(struct engine *e, uint64_t session, int action, int reason)
{
    Livekit__SignalResponse r = response_of(LIVEKIT__SIGNAL_RESPONSE__MESSAGE_LEAVE);
    Livekit__LeaveRequest leave;
    struct arena a;

    livekit__leave_request__init(&leave);
    leave.action = (Livekit__LeaveRequest__Action)action;
    leave.reason = (Livekit__DisconnectReason)reason;
    leave.can_reconnect = action != LIVEKIT__LEAVE_REQUEST__ACTION__DISCONNECT;
    r.leave = &leave;
    arena_init(&a);
    engine_signal(e, session, signal_pack(&r.base, &a));
    arena_fini(&a);
}

void tell_refresh(struct person *to, int64_t now_us)
{
    if (!to->session)
        return;
    struct outbox_item *i =
        outbox_put(&to->engine->outbox, OUTBOX_REFRESH, to->session, span_of(NULL, 0));
    i->grant = grant_copy(to->grant);
    to->signal->refresh_us = now_us + LIMIT_REFRESH_US;
}

void tell_request(struct person *to, Livekit__RequestResponse *response, int reason,
                  const char *message)
{
    Livekit__SignalResponse r = response_of(LIVEKIT__SIGNAL_RESPONSE__MESSAGE_REQUEST_RESPONSE);

    response->reason = (Livekit__RequestResponse__Reason)reason;
    response->message = (char *)(uintptr_t)message;
    r.request_response = response;
    tell(to, &r);
}
