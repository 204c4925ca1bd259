/* SPDX-License-Identifier: Apache-2.0 */
/* A room's life: made by the first join or by CreateRoom, ended by request or when it stood empty
 * for long enough. Its one timer also paces speaker and quality updates. Owns people, settings, the
 * replay buffer and the list of those who left. */
#include <stdlib.h>

#include "base/random.h"
#include "room/departed.h"
#include "room/evil.h"
#include "room/rules.h"
#include "room/signalling.h"

/* livekit-wire.md 7.4, 7.5. */
#define SPEAKERS_INTERVAL_US SPEAKER_INTERVAL_US
#define QUALITY_INTERVAL_US 5000000

static int64_t sooner(int64_t a, int64_t b)
{
    return a < b ? a : b;
}

struct room *room_find(struct engine *e, const char *name)
{
    return name ? map_get(&e->rooms, span_of_str(name)) : NULL;
}

static int64_t empty_deadline(const struct room *r)
{
    uint32_t seconds = r->ever_joined ? r->departure_timeout_s : r->empty_timeout_s;

    return r->people_count ? TIME_NEVER : r->empty_since_us + (int64_t)seconds * 1000000;
}

static int64_t restart_deadline(const struct room *r)
{
    return r->restart_asked_us == TIME_NEVER ? TIME_NEVER : r->restart_asked_us + LIMIT_NOTICE_US;
}

void room_arm(struct room *r, int64_t now_us)
{
    int64_t next = empty_deadline(r);

    if (!speakers_wanted(r))
        r->speakers_due_us = TIME_NEVER;
    else if (r->speakers_due_us == TIME_NEVER)
        r->speakers_due_us = now_us + SPEAKERS_INTERVAL_US;
    if (r->people_count == 0)
        r->quality_due_us = TIME_NEVER;
    else if (r->quality_due_us == TIME_NEVER)
        r->quality_due_us = now_us + QUALITY_INTERVAL_US;
    next = sooner(next, sooner(r->speakers_due_us, r->quality_due_us));
    next = sooner(next, sooner(restart_deadline(r), r->end_due_us));
    engine_timer_set(r->engine, &r->timer, next);
}

static void finish(struct room *r)
{
    event_room(r, "room_finished");
    room_free(r);
}

/* Who came since was told that the room is encrypted, and stays. */
static void put_out(struct room *r, int64_t now_us)
{
    int64_t asked_us = r->restart_asked_us;

    r->restart_asked_us = TIME_NEVER;
    list_each(node, &r->people)
    {
        struct person *p = list_entry(node, struct person, in_room);
        if (p->signal->joined_us <= asked_us)
            person_end(p, now_us, LIVEKIT__LEAVE_REQUEST__ACTION__DISCONNECT,
                       LIVEKIT__DISCONNECT_REASON__ROOM_CLOSED);
    }
}

static void room_on_time(struct timer *t, int64_t now_us)
{
    struct room *r = list_entry(t, struct room, timer);

    if (now_us >= r->end_due_us) {
        room_end(r, now_us, r->end_reason);
        return;
    }
    if (now_us >= empty_deadline(r)) {
        finish(r);
        return;
    }
    if (now_us >= restart_deadline(r))
        put_out(r, now_us);
    if (now_us >= r->speakers_due_us) {
        speakers_update(r);
        /* Once more after the last track went: the end of speech is told. */
        r->speakers_due_us = speakers_wanted(r) ? now_us + SPEAKERS_INTERVAL_US : TIME_NEVER;
    }
    if (now_us >= r->quality_due_us) {
        quality_update(r);
        r->quality_due_us = now_us + QUALITY_INTERVAL_US;
        if (r->people_told != room_count_visible(r))
            tell_room(r);
    }
    room_arm(r, now_us);
}

struct room *room_new(struct engine *e, int64_t now_us, const struct grant *settings)
{
    struct room *r = xcalloc(1, sizeof *r);

    r->engine = e;
    r->name = xstrdup(settings->room);
    memcpy(r->sid, "RM_", 3);
    random_text(r->sid + 3, SID_SIZE - 3);
    map_init(&r->by_identity);
    list_init(&r->people);
    list_init(&r->gone);
    list_init(&r->news);
    if (settings->room_metadata)
        str_set(&r->metadata, settings->room_metadata);
    if (rules_metadata_is_e2ee(span_of_str(settings->room_metadata)))
        room_set_e2ee(r, settings->room_metadata, now_us);
    r->max_participants = settings->max_participants;
    r->empty_timeout_s = settings->empty_timeout_s ? settings->empty_timeout_s
                                                   : (uint32_t)(LIMIT_EMPTY_ROOM_US / 1000000);
    r->departure_timeout_s = settings->departure_timeout_s
                                 ? settings->departure_timeout_s
                                 : (uint32_t)(LIMIT_DEPARTURE_US / 1000000);
    r->created_unix_ms = engine_unix_ms(e, now_us);
    r->created_us = r->empty_since_us = now_us;
    r->speakers_due_us = r->quality_due_us = r->restart_asked_us = r->end_due_us = TIME_NEVER;
    r->noticed_us = now_us - LIMIT_NOTICE_US;
    r->timer.fire = room_on_time;
    r->news_timer.fire = tell_news;
    r->news_told_us = INT64_MIN;
    r->replay = replay_new();
    r->departed = departed_new();
    map_put(&e->rooms, span_of_str(r->name), r);
    room_arm(r, now_us);
    event_room(r, "room_started");
    return r;
}

void room_set_e2ee(struct room *r, const char *metadata, int64_t now_us)
{
    if (r->e2ee || evil_forgets_e2ee(r))
        return;
    r->e2ee = true;
    str_set(&r->metadata, metadata);
    if (r->people_count == 0)
        return;
    tell_room(r);
    list_each(node, &r->people)
    {
        struct person *p = list_entry(node, struct person, in_room);
        publish_end_forbidden(p, now_us);
        data_send_notice(
            p, "{\"type\":\"system\",\"event\":\"room_ended\",\"reason\":\"e2ee_enabled\","
               "\"message\":\"This room is now end-to-end encrypted. The meeting ended so "
               "that all come back with a key.\"}");
    }
    r->restart_asked_us = now_us;
    room_arm(r, now_us);
}

unsigned room_count_visible(const struct room *r)
{
    unsigned n = 0;

    list_each(node, &r->people) n += !person_is_hidden(list_entry(node, struct person, in_room));
    return n;
}

unsigned room_count_publishers(const struct room *r)
{
    unsigned n = 0;

    list_each(node, &r->people)
    {
        const struct person *p = list_entry(node, struct person, in_room);
        n += !person_is_hidden(p) && person_is_publisher(p);
    }
    return n;
}

/* Nobody hears of anybody else's leaving. */
static void dismiss(struct room *r, int action, int reason)
{
    list_each(node, &r->people)
        person_detach(list_entry(node, struct person, in_room), action, reason);
}

void room_end(struct room *r, int64_t now_us, int reason)
{
    dismiss(r, LIVEKIT__LEAVE_REQUEST__ACTION__DISCONNECT, reason);
    list_each(node, &r->people)
        person_depart(list_entry(node, struct person, in_room), now_us, reason);
    finish(r);
}

bool room_is_ending(const struct room *r)
{
    return r->end_due_us != TIME_NEVER;
}

void room_end_politely(struct room *r, int64_t now_us, int reason)
{
    int64_t due_us = r->noticed_us + LIMIT_NOTICE_US;

    if (now_us >= due_us || r->people_count == 0) {
        room_end(r, now_us, reason);
        return;
    }
    r->end_due_us = due_us;
    r->end_reason = reason;
    room_arm(r, now_us);
}

void room_shutdown(struct room *r, int64_t now_us)
{
    (void)now_us;
    dismiss(r, LIVEKIT__LEAVE_REQUEST__ACTION__RECONNECT,
            LIVEKIT__DISCONNECT_REASON__SERVER_SHUTDOWN);
}

void room_free(struct room *r)
{
    struct engine *e = r->engine;

    list_each(node, &r->people) person_depart(list_entry(node, struct person, in_room), e->now_us,
                                              LIVEKIT__DISCONNECT_REASON__ROOM_CLOSED);
    list_each(node, &r->gone) person_free(list_entry(node, struct person, in_room));
    engine_timer_cancel(e, &r->timer);
    engine_timer_cancel(e, &r->news_timer);
    map_remove(&e->rooms, span_of_str(r->name));
    map_fini(&r->by_identity);
    replay_free(r->replay);
    departed_free(r->departed);
    free(r->name);
    free(r->metadata);
    free(r);
}
