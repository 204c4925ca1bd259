/* SPDX-License-Identifier: Apache-2.0 */
/* A participant's life: the signal connection that comes and goes, the messages it brings, the
 * deadlines, the end. Owns everything of the person; one who was ended is freed at the end of the
 * turn, so that callers may go on. */
#include <stdlib.h>

#include "room/departed.h"
#include "room/evil.h"
#include "room/pressure.h"
#include "room/signalling.h"

typedef void handler(struct person *p, Livekit__SignalRequest *m, int64_t now_us);

bool person_is_hidden(const struct person *p)
{
    return p->grant->permission.hidden;
}

struct person *person_by_sid(const struct room *r, const char *sid)
{
    list_each(node, &r->people)
    {
        struct person *p = list_entry(node, struct person, in_room);
        if (strcmp(p->sid, sid) == 0)
            return p;
    }
    return NULL;
}

/* ---- the signal connection ---- */

static void forget_session(struct person *p)
{
    map_remove(&p->engine->sessions, engine_session_key(&p->session));
    p->session = 0;
}

void person_attach(struct person *p, int64_t now_us, uint64_t session)
{
    struct person_signal *s = p->signal;

    if (p->session) {
        outbox_put(&p->engine->outbox, OUTBOX_CLOSE, p->session, span_of(NULL, 0));
        forget_session(p);
    }
    p->session = session;
    s->heard_us = now_us;
    s->malformed = 0;
    map_put(&p->engine->sessions, engine_session_key(&p->session), p);
    person_arm(p);
}

void person_detach(struct person *p, int action, int reason)
{
    if (!p->session)
        return;
    tell_leave(p->engine, p->session, action, reason);
    outbox_put(&p->engine->outbox, OUTBOX_CLOSE, p->session, span_of(NULL, 0));
    forget_session(p);
}

/* Media may go on without signalling, but only for those who got that far. */
static void lose_session(struct person *p, int64_t now_us)
{
    forget_session(p);
    if (!p->was_active || p->connections[SUBSCRIBER].state != TRANSPORT_CONNECTED) {
        person_depart(p, now_us, LIVEKIT__DISCONNECT_REASON__SIGNAL_CLOSE);
        return;
    }
    p->signal->gone_us = now_us;
    person_arm(p);
}

void person_on_close(struct person *p, int64_t now_us)
{
    lose_session(p, now_us);
}

/* ---- deadlines ---- */

struct deadlines {
    int64_t join, answer, silence, resume, refresh;
};

static struct deadlines deadlines_of(const struct person *p)
{
    const struct person_signal *s = p->signal;
    struct deadlines d = {TIME_NEVER, TIME_NEVER, TIME_NEVER, TIME_NEVER, TIME_NEVER};

    if (!p->was_active)
        d.join = s->joined_us + LIMIT_JOIN_US;
    if (!p->session) {
        d.resume = s->gone_us + LIMIT_RESUME_US;
        return d;
    }
    if (p->offer_pending)
        d.answer = s->offered_us + LIMIT_ANSWER_US;
    d.silence = s->heard_us + LIMIT_SIGNAL_SILENCE_US;
    d.refresh = s->refresh_us;
    return d;
}

void person_arm(struct person *p)
{
    struct deadlines d = deadlines_of(p);
    const int64_t all[] = {d.join, d.answer, d.silence, d.resume, d.refresh};
    int64_t next = TIME_NEVER;

    for (size_t i = 0; i < sizeof all / sizeof all[0]; i++)
        next = all[i] < next ? all[i] : next;
    if (!p->leaving)
        engine_timer_set(p->engine, &p->signal->timer, next);
}

static void person_on_time(struct timer *t, int64_t now_us)
{
    struct person *p = list_entry(t, struct person_signal, timer)->person;
    struct deadlines d = deadlines_of(p);

    if (now_us >= d.join) {
        person_end(p, now_us, LIVEKIT__LEAVE_REQUEST__ACTION__DISCONNECT,
                   LIVEKIT__DISCONNECT_REASON__JOIN_FAILURE);
    } else if (now_us >= d.resume) {
        person_depart(p, now_us, LIVEKIT__DISCONNECT_REASON__CONNECTION_TIMEOUT);
    } else if (now_us >= d.answer) {
        person_end(p, now_us, LIVEKIT__LEAVE_REQUEST__ACTION__RECONNECT,
                   LIVEKIT__DISCONNECT_REASON__CONNECTION_TIMEOUT);
    } else if (now_us >= d.silence) {
        outbox_put(&p->engine->outbox, OUTBOX_CLOSE, p->session, span_of(NULL, 0));
        lose_session(p, now_us);
    } else if (now_us >= d.refresh) {
        tell_refresh(p, now_us);
    }
    person_arm(p);
}

static void reap(struct timer *t, int64_t now_us)
{
    (void)now_us;
    person_free(list_entry(t, struct person_signal, reap_timer)->person);
}

void person_init_timers(struct person *p)
{
    p->signal->timer.fire = person_on_time;
    p->signal->offer_timer.fire = offer_timer_fire;
    p->signal->reap_timer.fire = reap;
    pressure_init(p);
}

/* ---- the transports ---- */

/* What was answered before may flow now. */
static void start_viewing(struct person *p, int64_t now_us)
{
    list_each(node, &p->downtracks)
        downtrack_aim(list_entry(node, struct downtrack, in_viewer), now_us);
}

static void become_active(struct person *p, int64_t now_us)
{
    if (p->was_active)
        return;
    p->was_active = true;
    p->state = LIVEKIT__PARTICIPANT_INFO__STATE__ACTIVE;
    p->version++;
    tell_soon(p, true, now_us);
    event_person(p, "participant_joined");
    data_catch_up(p, now_us);
    person_arm(p);
}

void person_on_transport(struct person *p, int64_t now_us, enum side side,
                         enum transport_state state)
{
    if (p->leaving)
        return;
    switch (state) {
    case TRANSPORT_NEW:
        break;
    case TRANSPORT_CONNECTED:
        report_start(p, side, now_us);
        if (side == SUBSCRIBER) {
            start_viewing(p, now_us);
            become_active(p, now_us);
        }
        break;
    case TRANSPORT_FAILED:
        person_end(p, now_us, LIVEKIT__LEAVE_REQUEST__ACTION__RECONNECT,
                   LIVEKIT__DISCONNECT_REASON__CONNECTION_TIMEOUT);
        break;
    case TRANSPORT_CLOSED: /* by the client: a page that was left may say no more than this */
        person_end(p, now_us, LIVEKIT__LEAVE_REQUEST__ACTION__RECONNECT,
                   LIVEKIT__DISCONNECT_REASON__CLIENT_INITIATED);
        break;
    }
}

void person_too_slow(struct person *p, int64_t now_us)
{
    engine_event(p->engine, "too_slow", p->room->name, p->grant->identity, p->sid);
    person_end(p, now_us, LIVEKIT__LEAVE_REQUEST__ACTION__RECONNECT,
               LIVEKIT__DISCONNECT_REASON__CONNECTION_TIMEOUT);
}

/* ---- messages ---- */

static void on_offer(struct person *p, Livekit__SignalRequest *m, int64_t now_us)
{
    answer_on_offer(p, m->offer, now_us);
}

static void on_answer(struct person *p, Livekit__SignalRequest *m, int64_t now_us)
{
    offer_on_answer(p, m->answer, now_us);
}

static void on_add_track(struct person *p, Livekit__SignalRequest *m, int64_t now_us)
{
    publish_on_add(p, m->add_track, now_us);
}

static void on_mute(struct person *p, Livekit__SignalRequest *m, int64_t now_us)
{
    publish_on_mute(p, m->mute, now_us);
}

static void on_subscription(struct person *p, Livekit__SignalRequest *m, int64_t now_us)
{
    (void)now_us;
    subscribe_on_update(p, m->subscription);
}

static void on_track_setting(struct person *p, Livekit__SignalRequest *m, int64_t now_us)
{
    subscribe_on_settings(p, m->track_setting, now_us);
}

static void on_leave(struct person *p, Livekit__SignalRequest *m, int64_t now_us)
{
    (void)m;
    outbox_put(&p->engine->outbox, OUTBOX_CLOSE, p->session, span_of(NULL, 0));
    forget_session(p);
    person_depart(p, now_us, LIVEKIT__DISCONNECT_REASON__CLIENT_INITIATED);
}

static void on_sync_state(struct person *p, Livekit__SignalRequest *m, int64_t now_us)
{
    const Livekit__SyncState *sync = m->sync_state;

    for (size_t i = 0; i < sync->n_publish_tracks; i++) {
        const Livekit__TrackInfo *info = sync->publish_tracks[i]->track;
        if (info && !publish_find(p, info->sid)) {
            person_end(p, now_us, LIVEKIT__LEAVE_REQUEST__ACTION__RECONNECT,
                       LIVEKIT__DISCONNECT_REASON__STATE_MISMATCH);
            return;
        }
    }
    if (sync->subscription)
        subscribe_on_update(p, sync->subscription);
    for (size_t i = 0; i < sync->n_track_sids_disabled; i++)
        subscribe_disable(p, sync->track_sids_disabled[i], now_us);
    data_replay(p, now_us, sync->datachannel_receive_states, sync->n_datachannel_receive_states);
}

static void on_ping(struct person *p, Livekit__SignalRequest *m, int64_t now_us)
{
    Livekit__SignalResponse response;

    (void)m;
    livekit__signal_response__init(&response);
    response.message_case = LIVEKIT__SIGNAL_RESPONSE__MESSAGE_PONG;
    response.pong = engine_unix_ms(p->engine, now_us);
    tell(p, &response);
}

static void on_ping_req(struct person *p, Livekit__SignalRequest *m, int64_t now_us)
{
    Livekit__SignalResponse response;
    Livekit__Pong pong;

    livekit__signal_response__init(&response);
    livekit__pong__init(&pong);
    pong.last_ping_timestamp = m->ping_req->timestamp;
    pong.timestamp = engine_unix_ms(p->engine, now_us);
    response.message_case = LIVEKIT__SIGNAL_RESPONSE__MESSAGE_PONG_RESP;
    response.pong_resp = &pong;
    tell(p, &response);
}

static void on_update_metadata(struct person *p, Livekit__SignalRequest *m, int64_t now_us)
{
    (void)now_us;
    profile_on_update(p, m->update_metadata);
}

static void on_update_audio(struct person *p, Livekit__SignalRequest *m, int64_t now_us)
{
    (void)now_us;
    publish_on_audio(p, m->update_audio_track);
}

static void on_update_video(struct person *p, Livekit__SignalRequest *m, int64_t now_us)
{
    (void)now_us;
    publish_on_video(p, m->update_video_track);
}

/* Data tracks and stored blobs: refused, so that nobody waits. */
static void on_unsupported(struct person *p, Livekit__SignalRequest *m, int64_t now_us)
{
    Livekit__RequestResponse response;

    (void)now_us;
    livekit__request_response__init(&response);
    if (m->message_case == LIVEKIT__SIGNAL_REQUEST__MESSAGE_PUBLISH_DATA_TRACK_REQUEST) {
        response.request_case = LIVEKIT__REQUEST_RESPONSE__REQUEST_PUBLISH_DATA_TRACK;
        response.publish_data_track = m->publish_data_track_request;
    } else if (m->message_case == LIVEKIT__SIGNAL_REQUEST__MESSAGE_UNPUBLISH_DATA_TRACK_REQUEST) {
        response.request_case = LIVEKIT__REQUEST_RESPONSE__REQUEST_UNPUBLISH_DATA_TRACK;
        response.unpublish_data_track = m->unpublish_data_track_request;
    } else if (m->message_case == LIVEKIT__SIGNAL_REQUEST__MESSAGE_STORE_DATA_BLOB_REQUEST) {
        response.request_id = m->store_data_blob_request->request_id;
    } else {
        response.request_id = m->get_data_blob_request->request_id;
    }
    tell_request(p, &response, LIVEKIT__REQUEST_RESPONSE__REASON__UNSUPPORTED_TYPE,
                 "this server has no data tracks");
}

/* By member number. Trickled candidates are not needed by an ICE-lite server (all checks come to
 * us); the permission to subscribe is everybody's; simulations and what we do not know are skipped
 * (livekit-wire.md trap 47). */
static handler *const handlers[] = {
    [LIVEKIT__SIGNAL_REQUEST__MESSAGE_OFFER] = on_offer,
    [LIVEKIT__SIGNAL_REQUEST__MESSAGE_ANSWER] = on_answer,
    [LIVEKIT__SIGNAL_REQUEST__MESSAGE_ADD_TRACK] = on_add_track,
    [LIVEKIT__SIGNAL_REQUEST__MESSAGE_MUTE] = on_mute,
    [LIVEKIT__SIGNAL_REQUEST__MESSAGE_SUBSCRIPTION] = on_subscription,
    [LIVEKIT__SIGNAL_REQUEST__MESSAGE_TRACK_SETTING] = on_track_setting,
    [LIVEKIT__SIGNAL_REQUEST__MESSAGE_LEAVE] = on_leave,
    [LIVEKIT__SIGNAL_REQUEST__MESSAGE_SYNC_STATE] = on_sync_state,
    [LIVEKIT__SIGNAL_REQUEST__MESSAGE_PING] = on_ping,
    [LIVEKIT__SIGNAL_REQUEST__MESSAGE_UPDATE_METADATA] = on_update_metadata,
    [LIVEKIT__SIGNAL_REQUEST__MESSAGE_PING_REQ] = on_ping_req,
    [LIVEKIT__SIGNAL_REQUEST__MESSAGE_UPDATE_AUDIO_TRACK] = on_update_audio,
    [LIVEKIT__SIGNAL_REQUEST__MESSAGE_UPDATE_VIDEO_TRACK] = on_update_video,
    [LIVEKIT__SIGNAL_REQUEST__MESSAGE_PUBLISH_DATA_TRACK_REQUEST] = on_unsupported,
    [LIVEKIT__SIGNAL_REQUEST__MESSAGE_UNPUBLISH_DATA_TRACK_REQUEST] = on_unsupported,
    [LIVEKIT__SIGNAL_REQUEST__MESSAGE_STORE_DATA_BLOB_REQUEST] = on_unsupported,
    [LIVEKIT__SIGNAL_REQUEST__MESSAGE_GET_DATA_BLOB_REQUEST] = on_unsupported,
};

void person_malformed(struct person *p, int64_t now_us)
{
    p->engine->stats.signal_malformed++;
    if (++p->signal->malformed >= LIMIT_MALFORMED_MESSAGES)
        person_end(p, now_us, LIVEKIT__LEAVE_REQUEST__ACTION__DISCONNECT,
                   LIVEKIT__DISCONNECT_REASON__STATE_MISMATCH);
}

void person_on_message(struct person *p, int64_t now_us, struct span bytes)
{
    struct arena a;

    arena_init(&a);
    p->signal->heard_us = now_us;
    Livekit__SignalRequest *m = signal_request_parse(bytes, &a);
    if (!m)
        person_malformed(p, now_us);
    else if ((size_t)m->message_case < sizeof handlers / sizeof handlers[0] &&
             handlers[m->message_case])
        handlers[m->message_case](p, m, now_us);
    arena_fini(&a);
}

/* ---- the end ---- */

void person_depart(struct person *p, int64_t now_us, int reason)
{
    struct room *r = p->room;
    struct engine *e = p->engine;

    if (p->leaving)
        return;
    p->leaving = true;
    p->disconnect_reason = reason;
    p->state = LIVEKIT__PARTICIPANT_INFO__STATE__DISCONNECTED;
    if (map_get(&r->by_identity, span_of_str(p->grant->identity)) == p)
        map_remove(&r->by_identity, span_of_str(p->grant->identity));
    list_remove(&p->in_room);
    list_append(&r->gone, &p->in_room);
    r->people_count--;
    tell_changed(p, false);
    if (!person_is_hidden(p))
        departed_keep(r->departed, now_us, p);
    list_each(node, &p->downtracks) subscribe_drop(list_entry(node, struct downtrack, in_viewer));
    list_each(track, &p->tracks)
        publish_end(list_entry(track, struct track, in_person), now_us, false);
    connection_close(p, PUBLISHER);
    connection_close(p, SUBSCRIBER);
    engine_timer_cancel(e, &p->signal->timer);
    engine_timer_cancel(e, &p->signal->offer_timer);
    pressure_end(p);
    engine_timer_set(e, &p->signal->reap_timer, now_us);
    event_person(p, p->was_active ? "participant_left" : "participant_connection_aborted");
    if (r->people_count == 0)
        r->empty_since_us = now_us;
    room_arm(r, now_us);
}

void person_end(struct person *p, int64_t now_us, int action, int reason)
{
    if (p->leaving)
        return;
    person_detach(p, action, reason);
    person_depart(p, now_us, reason);
}

void person_free(struct person *p)
{
    struct person_signal *s = p->signal;

    engine_timer_cancel(p->engine, &s->reap_timer);
    list_remove(&p->in_room);
    list_remove(&p->in_news);
    for (unsigned i = 0; i < p->section_count; i++)
        free(p->sections[i].cid);
    evil_forget(p);
    free(p->sections);
    free(p->streams);
    free(p->feedback);
    free(p->slots);
    for (unsigned i = 0; i < LIMIT_PENDING_TRACKS; i++)
        free(s->refused[i]);
    map_fini(&s->wishes);
    free(s);
    credit_release(p->credit);
    grant_free(p->grant);
    free(p);
}
