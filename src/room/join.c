/* SPDX-License-Identifier: Apache-2.0 */
/* The door: what a new signal connection becomes. A new participant, an old one that resumes, or a
 * refusal that tells the client what to do next (livekit-wire.md 7.1, 7.8). */
#include "base/random.h"
#include "room/evil.h"
#include "room/info.h"
#include "room/signalling.h"

#define SIF_TRAILER_SIZE 44
#define PING_INTERVAL_S 5
#define PING_TIMEOUT_S 15

/* ---- people ---- */

struct person *person_new(struct room *r, int64_t now_us, const struct grant *grant)
{
    struct person *p = xcalloc(1, sizeof *p);
    struct person_signal *s = xcalloc(1, sizeof *s);

    p->room = r;
    p->engine = r->engine;
    p->grant = grant_copy(grant);
    p->signal = s;
    memcpy(p->sid, "PA_", 3);
    random_text(p->sid + 3, SID_SIZE - 3);
    p->state = LIVEKIT__PARTICIPANT_INFO__STATE__JOINED;
    p->version = 1;
    p->joined_unix_ms = engine_unix_ms(r->engine, now_us);
    list_init(&p->tracks);
    list_init(&p->downtracks);
    s->person = p;
    s->joined_us = s->heard_us = now_us;
    s->refresh_us = TIME_NEVER;
    s->replay_from = replay_next(r->replay);
    map_init(&s->wishes);
    person_init_timers(p);
    list_append(&r->people, &p->in_room);
    list_init(&p->in_news);
    r->people_count++;
    r->ever_joined = true;
    map_put(&r->by_identity, span_of_str(p->grant->identity), p);
    return p;
}

/* ---- the first message ---- */

static void add_codecs(Livekit__JoinResponse *join, struct arena *a)
{
    static const enum codec codecs[] = {CODEC_VP8, CODEC_H264, CODEC_OPUS};
    size_t count = sizeof codecs / sizeof codecs[0];

    join->enabled_publish_codecs = arena_alloc(a, count * sizeof(void *));
    for (size_t i = 0; i < count; i++) {
        Livekit__Codec *c = arena_alloc(a, sizeof *c);
        livekit__codec__init(c);
        c->mime = arena_strdup(a, span_of_str(codec_mime(codecs[i])));
        join->enabled_publish_codecs[join->n_enabled_publish_codecs++] = c;
    }
}

static void send_join(struct person *p)
{
    Livekit__SignalResponse response;
    Livekit__JoinResponse join;
    char trailer[SIF_TRAILER_SIZE + 1];
    struct arena a;

    arena_init(&a);
    livekit__signal_response__init(&response);
    livekit__join_response__init(&join);
    response.message_case = LIVEKIT__SIGNAL_RESPONSE__MESSAGE_JOIN;
    response.join = &join;
    join.room = info_room(p->room, &a);
    join.participant = info_person(p, &a);
    join.other_participants = info_people(p->room, p, &join.n_other_participants, &a);
    join.server_info = info_server(p->engine, &a);
    join.server_version = join.server_info->version;
    join.subscriber_primary = true;
    join.fast_publish = true;
    join.ping_interval = PING_INTERVAL_S;
    join.ping_timeout = PING_TIMEOUT_S;
    random_text(trailer, SIF_TRAILER_SIZE);
    evil_trailer(trailer, SIF_TRAILER_SIZE);
    join.sif_trailer = (ProtobufCBinaryData){SIF_TRAILER_SIZE, (uint8_t *)trailer};
    add_codecs(&join, &a);
    tell(p, &response);
    arena_fini(&a);
}

static void refuse(struct engine *e, uint64_t session, int action, int reason)
{
    tell_leave(e, session, action, reason);
    outbox_put(&e->outbox, OUTBOX_CLOSE, session, span_of(NULL, 0));
}

/* Somebody else who has this identity does not count: the newcomer takes the place. */
static bool is_full(const struct room *r, const struct grant *grant)
{
    unsigned others = r->people_count;

    if (map_get(&r->by_identity, span_of_str(grant->identity)))
        others--;
    return r->max_participants && others >= r->max_participants;
}

static void join(struct engine *e, int64_t now_us, uint64_t session, const struct grant *grant)
{
    struct room *r = room_find(e, grant->room);

    if (r && room_is_ending(r)) {
        room_end(r, now_us, r->end_reason);
        r = NULL;
    }
    if (!r)
        r = room_new(e, now_us, grant);
    if (is_full(r, grant)) {
        engine_event(e, "join_refused", r->name, grant->identity, "room is full");
        refuse(e, session, LIVEKIT__LEAVE_REQUEST__ACTION__DISCONNECT,
               LIVEKIT__DISCONNECT_REASON__JOIN_FAILURE);
        return;
    }
    struct person *old = map_get(&r->by_identity, span_of_str(grant->identity));
    if (old)
        person_end(old, now_us, LIVEKIT__LEAVE_REQUEST__ACTION__DISCONNECT,
                   LIVEKIT__DISCONNECT_REASON__DUPLICATE_IDENTITY);
    struct person *p = person_new(r, now_us, grant);
    person_attach(p, now_us, session);
    connection_open(p, SUBSCRIBER);
    send_join(p);
    tell_refresh(p, now_us);
    tell_soon(p, false, now_us);
    subscribe_review(p);
    offer_send(p, now_us, false);
    room_arm(r, now_us);
}

/* ---- resuming ---- */

static struct person *find_resumer(struct engine *e, const struct grant *grant)
{
    struct room *r = room_find(e, grant->room);
    struct person *p = r ? map_get(&r->by_identity, span_of_str(grant->identity)) : NULL;
    const char *sid = grant->reconnect_sid;

    return p && (!sid || !sid[0] || strcmp(sid, p->sid) == 0) ? p : NULL;
}

static void send_reconnect(struct person *p)
{
    Livekit__SignalResponse response;
    Livekit__ReconnectResponse reconnect;
    struct arena a;

    arena_init(&a);
    livekit__signal_response__init(&response);
    livekit__reconnect_response__init(&reconnect);
    response.message_case = LIVEKIT__SIGNAL_RESPONSE__MESSAGE_RECONNECT;
    response.reconnect = &reconnect;
    reconnect.server_info = info_server(p->engine, &a);
    reconnect.last_message_seq = p->last_sequence;
    tell(p, &response);
    arena_fini(&a);
}

static void resume(struct engine *e, int64_t now_us, uint64_t session, const struct grant *grant)
{
    struct person *p = find_resumer(e, grant);

    if (!p) {
        engine_event(e, "resume_refused", grant->room, grant->identity, "unknown session");
        refuse(e, session, LIVEKIT__LEAVE_REQUEST__ACTION__RECONNECT,
               LIVEKIT__DISCONNECT_REASON__STATE_MISMATCH);
        return;
    }
    person_attach(p, now_us, session);
    send_reconnect(p);
    tell_everybody(p);
    tell_room_to(p);
    tell_refresh(p, now_us);
    offer_send(p, now_us, true);
}

void room_on_open(struct engine *e, int64_t now_us, uint64_t session, const struct grant *grant)
{
    if (grant->reconnect)
        resume(e, now_us, session, grant);
    else
        join(e, now_us, session, grant);
}
