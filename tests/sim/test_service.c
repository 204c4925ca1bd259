/* SPDX-License-Identifier: Apache-2.0 */
/* The server API in a running meeting: what an application's backend does to rooms and people, as
 * these see it. */
#include "fixture.h"

struct scene {
    struct seat *anna, *bert;
    struct source *voice, *camera;
};

static struct scene scene(void)
{
    struct source_config voice = seat_voice(30), camera = seat_camera();
    struct scene s;

    fixture_two(&s.anna, &s.bert);
    s.voice = seat_publish(s.anna, &voice);
    s.camera = seat_publish(s.anna, &camera);
    world_pass(world, 2 * SECOND);
    return s;
}

static char *text(const char *s)
{
    return (char *)(uintptr_t)s;
}

static void *reply(const ProtobufCMessageDescriptor *type, struct arena *a)
{
    return signal_parse(type, span_of(world->reply, world->reply_size), a);
}

static bool remove_person(const char *identity)
{
    Livekit__RoomParticipantIdentity q = LIVEKIT__ROOM_PARTICIPANT_IDENTITY__INIT;

    q.room = text("room");
    q.identity = text(identity);
    return world_call(world, ENGINE_REMOVE_PARTICIPANT, &q.base);
}

static size_t count_people(void)
{
    Livekit__ListParticipantsRequest q = LIVEKIT__LIST_PARTICIPANTS_REQUEST__INIT;
    struct arena a;

    q.room = text("room");
    arena_init(&a);
    assert_true(world_call(world, ENGINE_LIST_PARTICIPANTS, &q.base));
    const Livekit__ListParticipantsResponse *r =
        reply(&livekit__list_participants_response__descriptor, &a);
    size_t count = r->n_participants;
    arena_fini(&a);
    return count;
}

static void test_remove_participant(void **state)
{
    struct scene s = scene();

    (void)state;
    assert_int_equal(count_people(), 2);
    assert_true(remove_person("anna"));
    assert_int_equal(count_people(), 1);
    assert_true(s.anna->peer->left && s.anna->closed);
    assert_int_equal(s.anna->peer->leave_action, DISCONNECT);
    assert_int_equal(s.anna->peer->leave_reason, LIVEKIT__DISCONNECT_REASON__PARTICIPANT_REMOVED);
    assert_int_equal(seat_state_of(s.bert, "anna"), DISCONNECTED);
    world_pass(world, 100 * MILLISECOND);
    expect_silence(seat_sink(s.bert, s.camera), 2 * SECOND);
    assert_false(remove_person("anna"));
    assert_string_equal(world->reply_error, "not_found");
    seat_join_again(s.anna);
    world_pass(world, SECOND);
    assert_int_equal(seat_state_of(s.bert, "anna"), ACTIVE);
}

static void test_delete_room(void **state)
{
    Livekit__DeleteRoomRequest q = LIVEKIT__DELETE_ROOM_REQUEST__INIT;
    struct scene s = scene();
    char room_sid[32];

    (void)state;
    memcpy(room_sid, s.anna->heard.room_sid, sizeof room_sid);
    q.room = text("room");
    assert_true(world_call(world, ENGINE_DELETE_ROOM, &q.base));
    assert_int_equal(world_held(world), 0);
    assert_int_equal(s.anna->peer->leave_reason, LIVEKIT__DISCONNECT_REASON__ROOM_DELETED);
    assert_int_equal(s.bert->peer->leave_reason, LIVEKIT__DISCONNECT_REASON__ROOM_DELETED);
    assert_int_equal(s.bert->peer->leave_action, DISCONNECT);
    assert_true(s.anna->closed && s.bert->closed);
    world_pass(world, SECOND);
    assert_false(world_call(world, ENGINE_DELETE_ROOM, &q.base));
    seat_join_again(s.anna);
    world_pass(world, SECOND);
    assert_string_not_equal(s.anna->heard.room_sid, room_sid);
    assert_int_equal(seat_state_of(s.anna, "bert"), -1);
    assert_int_equal(s.anna->heard.people, 1);
}

static bool mute(const struct source *s, bool muted)
{
    Livekit__MuteRoomTrackRequest q = LIVEKIT__MUTE_ROOM_TRACK_REQUEST__INIT;

    q.room = text("room");
    q.identity = text("anna");
    q.track_sid = text(s->sid);
    q.muted = muted;
    return world_call(world, ENGINE_MUTE_TRACK, &q.base);
}

/* Others may close somebody's microphone, but never open it. */
static void test_mute_track(void **state)
{
    struct scene s = scene();

    (void)state;
    assert_true(mute(s.voice, true));
    assert_true(s.voice->muted);
    assert_true(fixture_track(s.bert, "anna", s.voice)->muted);
    assert_false(fixture_track(s.bert, "anna", s.camera)->muted);
    world_pass(world, 100 * MILLISECOND);
    expect_silence(seat_sink(s.bert, s.voice), 2 * SECOND);
    assert_false(mute(s.voice, false));
    assert_string_equal(world->reply_error, "failed_precondition");
    peer_mute(s.anna->peer, s.voice, false);
    world_pass(world, SECOND);
    assert_false(fixture_track(s.bert, "anna", s.voice)->muted);
    expect_flawless(seat_sink(s.bert, s.voice), 140);
}

static bool subscribe(const char *identity, const struct source *s, bool yes)
{
    Livekit__UpdateSubscriptionsRequest q = LIVEKIT__UPDATE_SUBSCRIPTIONS_REQUEST__INIT;
    char *sids[1] = {text(s->sid)};

    q.room = text("room");
    q.identity = text(identity);
    q.track_sids = sids;
    q.n_track_sids = 1;
    q.subscribe = yes;
    return world_call(world, ENGINE_UPDATE_SUBSCRIPTIONS, &q.base);
}

static void test_update_subscriptions(void **state)
{
    struct scene s = scene();
    struct sink *before = seat_sink(s.bert, s.camera);

    (void)state;
    assert_true(subscribe("bert", s.camera, false));
    world_pass(world, 100 * MILLISECOND);
    assert_false(before->active);
    expect_silence(before, 2 * SECOND);
    assert_true(subscribe("bert", s.camera, true));
    world_pass(world, 2 * SECOND);
    struct sink *after = s.bert->peer->sinks[s.bert->peer->sink_count - 1];
    assert_ptr_not_equal(after, before);
    assert_string_equal(after->track_sid, s.camera->sid);
    expect_flawless(after, 190);
    expect_flawless(seat_sink(s.bert, s.voice), 250);
    assert_false(subscribe("nobody", s.camera, true));
}

static void permit(const char *identity, bool publish, bool view)
{
    Livekit__UpdateParticipantRequest q = LIVEKIT__UPDATE_PARTICIPANT_REQUEST__INIT;
    Livekit__ParticipantPermission permission = LIVEKIT__PARTICIPANT_PERMISSION__INIT;

    q.room = text("room");
    q.identity = text(identity);
    q.permission = &permission;
    permission.can_publish = publish;
    permission.can_publish_data = true;
    permission.can_subscribe = view;
    assert_true(world_call(world, ENGINE_UPDATE_PARTICIPANT, &q.base));
}

/* Tracks of somebody who may not publish any more end on both sides, and none comes until they
 * may. */
static void test_revoke_publishing(void **state)
{
    struct scene s = scene();
    unsigned refreshes = s.anna->refreshes;

    (void)state;
    permit("anna", false, true);
    world_pass(world, 100 * MILLISECOND);
    assert_int_equal(s.anna->refreshes, refreshes + 1);
    assert_false(heard_of(&s.anna->heard, "anna")->may_publish);
    assert_false(s.voice->active || s.camera->active);
    expect_tracks(s.bert, "anna", 0);
    expect_silence(seat_sink(s.bert, s.camera), 2 * SECOND);
    peer_publish_again(s.anna->peer, world->now_us, s.camera, NULL);
    world_pass(world, SECOND);
    assert_int_equal(s.anna->heard.refusal, LIVEKIT__REQUEST_RESPONSE__REASON__NOT_ALLOWED);
    assert_false(s.camera->flowing);
    expect_tracks(s.bert, "anna", 0);

    permit("anna", true, true);
    peer_publish_again(s.anna->peer, world->now_us, s.camera, NULL);
    world_pass(world, 2 * SECOND);
    assert_true(heard_of(&s.anna->heard, "anna")->may_publish);
    expect_tracks(s.bert, "anna", 1);
    expect_flawless(seat_sink(s.bert, s.camera), 190);
    assert_int_equal(s.bert->peer->stats.unknown_ssrc, 0);
}

static void forbid_viewing(struct grant *g)
{
    g->permission.can_subscribe = false;
}

/* Whoever may view later gets what is there already. */
static void test_grant_viewing(void **state)
{
    struct scene s = scene();
    struct seat_plan plan = {.room = "room", .identity = "cleo", .grant = forbid_viewing};
    struct seat *c = seat_join_as(world, &plan);

    (void)state;
    world_pass(world, 2 * SECOND);
    assert_int_equal(seat_state_of(s.anna, "cleo"), ACTIVE);
    assert_int_equal(c->peer->sink_count, 0);
    for (unsigned i = 0; i < 3; i++) {
        permit("cleo", true, true);
        world_pass(world, 2 * SECOND);
        struct sink *seen = c->peer->sinks[c->peer->sink_count - 1];
        assert_int_equal(c->peer->sink_count, 2 * (i + 1));
        assert_string_equal(seen->track_sid, s.camera->sid);
        expect_flawless(seen, 180);
        permit("cleo", true, false);
        world_pass(world, 100 * MILLISECOND);
        assert_false(seen->active);
        expect_silence(seen, SECOND);
    }
    expect_flawless(seat_sink(s.bert, s.camera), 1200);
}

static void send_data(const char *to, bool lossy)
{
    Livekit__SendDataRequest q = LIVEKIT__SEND_DATA_REQUEST__INIT;
    char *identities[1] = {text(to)};

    q.room = text("room");
    q.data = (ProtobufCBinaryData){5, (uint8_t *)(uintptr_t) "hello"};
    q.kind = lossy ? LIVEKIT__DATA_PACKET__KIND__LOSSY : LIVEKIT__DATA_PACKET__KIND__RELIABLE;
    q.destination_identities = identities;
    q.n_destination_identities = to ? 1 : 0;
    assert_true(world_call(world, ENGINE_SEND_DATA, &q.base));
}

static void test_send_data(void **state)
{
    struct scene s = scene();

    (void)state;
    send_data(NULL, false);
    send_data(NULL, true);
    send_data("bert", false);
    world_pass(world, SECOND);
    assert_int_equal(s.anna->heard.notices, 2);
    assert_int_equal(s.bert->heard.notices, 3);
    assert_string_equal(s.bert->heard.notice, "hello");
}

/* A room that was made and that nobody came to is kept for as long as was asked, and so is one that
 * everybody left. */
static void test_timeouts(void **state)
{
    Livekit__CreateRoomRequest q = LIVEKIT__CREATE_ROOM_REQUEST__INIT;
    const struct engine_stats *stats = engine_stats(world->engine);

    (void)state;
    q.name = text("room");
    q.empty_timeout = 40;
    q.departure_timeout = 5;
    q.max_participants = 1;
    assert_true(world_call(world, ENGINE_CREATE_ROOM, &q.base));
    world_pass(world, 39 * SECOND);
    assert_int_equal(engine_stats(world->engine)->rooms, 1);
    struct seat *a = seat_join(world, "room", "anna"), *b = seat_join(world, "room", "bert");
    assert_true(b->peer->left);
    world_pass(world, 100 * SECOND);
    assert_int_equal(seat_state_of(a, "anna"), ACTIVE);
    seat_leave(a);
    world_pass(world, 4 * SECOND);
    assert_int_equal(engine_stats(world->engine)->rooms, 1);
    world_pass(world, 2 * SECOND);
    assert_int_equal(engine_stats(world->engine)->rooms, 0);
    assert_true(world_call(world, ENGINE_CREATE_ROOM, &q.base));
    world_pass(world, 41 * SECOND);
    assert_int_equal(engine_stats(world->engine)->rooms, 0);
    assert_int_equal(stats->transports, 0);
}

/* The server goes: everybody is to come back somewhere else. */
static void test_shutdown(void **state)
{
    struct scene s = scene();

    (void)state;
    engine_shutdown(world->engine, world->now_us);
    world_pass(world, SECOND);
    assert_true(s.anna->closed && s.bert->closed);
    assert_int_equal(s.anna->peer->leave_action, RECONNECT);
    assert_int_equal(s.anna->peer->leave_reason, LIVEKIT__DISCONNECT_REASON__SERVER_SHUTDOWN);
}

int main(void)
{
    const struct CMUnitTest cases[] = {
        SIMULATION(test_remove_participant), SIMULATION(test_delete_room),
        SIMULATION(test_mute_track),         SIMULATION(test_update_subscriptions),
        SIMULATION(test_revoke_publishing),  SIMULATION(test_grant_viewing),
        SIMULATION(test_send_data),          SIMULATION(test_timeouts),
        SIMULATION(test_shutdown),
    };
    return SIMULATE(cases);
}
