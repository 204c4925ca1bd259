/* SPDX-License-Identifier: Apache-2.0 */
/* RoomService calls: answers, errors, effects. */
#include "harness.h"
#include "room/signalling.h"

#define MEETING ((char *)(uintptr_t) "meeting")
#define ALICE ((char *)(uintptr_t) "alice")

static struct arena arena;

#define CALL(what, q, type)                                                                        \
    ((void *)call(ENGINE_##what, &(q).base, &livekit__##type##__descriptor, &arena))

static void assert_error(const char *code)
{
    assert_non_null(world.reply_error);
    assert_string_equal(world.reply_error, code);
    assert_true(world.reply_size > 0);
}

static void test_rooms(void **state)
{
    (void)state;
    Livekit__CreateRoomRequest create = LIVEKIT__CREATE_ROOM_REQUEST__INIT;
    Livekit__ListRoomsRequest list = LIVEKIT__LIST_ROOMS_REQUEST__INIT;
    char *names[] = {MEETING};

    create.name = MEETING;
    create.metadata = (char *)(uintptr_t) "m";
    create.max_participants = 3;
    create.departure_timeout = 7;
    const Livekit__Room *r = CALL(CREATE_ROOM, create, room);
    assert_string_equal(r->name, "meeting");
    assert_string_equal(r->metadata, "m");
    assert_int_equal(r->max_participants, 3);
    assert_int_equal(r->departure_timeout, 7);
    const char *sid = r->sid;
    create.metadata = (char *)(uintptr_t) "other";
    r = CALL(CREATE_ROOM, create, room);
    assert_string_equal(r->sid, sid);
    assert_string_equal(r->metadata, "m");
    /* What it may change of a room that is there; 0 leaves it. */
    create.max_participants = 5;
    r = CALL(CREATE_ROOM, create, room);
    assert_int_equal(r->max_participants, 5);
    create.max_participants = 0;
    r = CALL(CREATE_ROOM, create, room);
    assert_int_equal(r->max_participants, 5);
    create.name = (char *)(uintptr_t) "second";
    CALL(CREATE_ROOM, create, room);
    const Livekit__ListRoomsResponse *all = CALL(LIST_ROOMS, list, list_rooms_response);
    assert_int_equal(all->n_rooms, 2);
    list.names = names;
    list.n_names = 1;
    all = CALL(LIST_ROOMS, list, list_rooms_response);
    assert_int_equal(all->n_rooms, 1);
    assert_string_equal(all->rooms[0]->sid, sid);
}

static void test_bad_rooms(void **state)
{
    (void)state;
    Livekit__CreateRoomRequest create = LIVEKIT__CREATE_ROOM_REQUEST__INIT;
    char *text = xcalloc(1, LIMIT_METADATA + 2);

    memset(text, 'x', LIMIT_METADATA + 1);
    CALL(CREATE_ROOM, create, room);
    assert_error("invalid_argument");
    create.name = text;
    CALL(CREATE_ROOM, create, room);
    assert_error("invalid_argument");
    create.name = MEETING;
    create.metadata = text;
    CALL(CREATE_ROOM, create, room);
    assert_error("invalid_argument");
    assert_int_equal(engine_stats(world.engine)->rooms, 0);
    engine_on_request(world.engine, world.now_us, 7, ENGINE_CREATE_ROOM, SPAN_LITERAL("\xff"));
    turn();
    assert_error("malformed");
    free(text);
}

static void test_delete(void **state)
{
    (void)state;
    Livekit__DeleteRoomRequest q = LIVEKIT__DELETE_ROOM_REQUEST__INIT;
    struct client *alice = client_join("alice"), *bob = client_join("bob");
    char sid[32];

    snprintf(sid, sizeof sid, "%s", the_room()->sid);
    client_forget(bob);
    q.room = MEETING;
    assert_non_null(CALL(DELETE_ROOM, q, delete_room_response));
    assert_null(the_room());
    assert_int_equal(client_last(alice, RESP(LEAVE))->leave->reason,
                     LIVEKIT__DISCONNECT_REASON__ROOM_DELETED);
    assert_true(alice->closed && bob->closed);
    assert_int_equal(client_count(bob, RESP(UPDATE)), 0);
    assert_int_equal(count_events("room_finished"), 1);
    assert_int_equal(engine_stats(world.engine)->transports, 0);
    CALL(DELETE_ROOM, q, delete_room_response);
    assert_error("not_found");
    const struct client *again = client_join("alice");
    assert_string_not_equal(client_last(again, RESP(JOIN))->join->room->sid, sid);
}

static void test_participants(void **state)
{
    (void)state;
    Livekit__ListParticipantsRequest list = LIVEKIT__LIST_PARTICIPANTS_REQUEST__INIT;
    Livekit__RoomParticipantIdentity one = LIVEKIT__ROOM_PARTICIPANT_IDENTITY__INIT;
    struct client *alice = client_join("alice"), *bob = client_join("bob");

    list.room = one.room = MEETING;
    const Livekit__ListParticipantsResponse *all =
        CALL(LIST_PARTICIPANTS, list, list_participants_response);
    assert_int_equal(all->n_participants, 2);
    one.identity = ALICE;
    const Livekit__ParticipantInfo *p = CALL(GET_PARTICIPANT, one, participant_info);
    assert_string_equal(p->sid, person_of(alice)->sid);
    assert_non_null(CALL(REMOVE_PARTICIPANT, one, remove_participant_response));
    assert_int_equal(client_last(alice, RESP(LEAVE))->leave->reason,
                     LIVEKIT__DISCONNECT_REASON__PARTICIPANT_REMOVED);
    assert_int_equal(client_last(alice, RESP(LEAVE))->leave->action,
                     LIVEKIT__LEAVE_REQUEST__ACTION__DISCONNECT);
    assert_true(alice->closed);
    assert_int_equal(client_sees(bob, "alice")->disconnect_reason,
                     LIVEKIT__DISCONNECT_REASON__PARTICIPANT_REMOVED);
    all = CALL(LIST_PARTICIPANTS, list, list_participants_response);
    assert_int_equal(all->n_participants, 1);
    CALL(GET_PARTICIPANT, one, participant_info);
    assert_error("not_found");
    CALL(REMOVE_PARTICIPANT, one, remove_participant_response);
    assert_error("not_found");
    list.room = ALICE;
    CALL(LIST_PARTICIPANTS, list, list_participants_response);
    assert_error("not_found");
}

/* Why it ends is told before it does; who comes in between is in another meeting. */
static void test_polite_end(void **state)
{
    (void)state;
    static const char *const people[2][2] = {{"alice", "bob"}, {"anna", "ben"}};
    Livekit__SendDataRequest notice = LIVEKIT__SEND_DATA_REQUEST__INIT;
    Livekit__DeleteRoomRequest q = LIVEKIT__DELETE_ROOM_REQUEST__INIT;
    Livekit__ListParticipantsRequest list = LIVEKIT__LIST_PARTICIPANTS_REQUEST__INIT;
    char ben[] = "ben", topic[] = NOTICE_TOPIC, *identities[] = {ben}, sid[SID_SIZE + 1];

    notice.room = q.room = list.room = MEETING;
    notice._topic_case = LIVEKIT__SEND_DATA_REQUEST___TOPIC_TOPIC;
    notice.topic = topic;
    notice.destination_identities = identities;
    for (unsigned alone = 0; alone < 2; alone++) {
        struct client *first = client_join(people[alone][0]);
        client_join(people[alone][1]);
        run_ms(1000);
        notice.n_destination_identities = alone;
        assert_non_null(CALL(SEND_DATA, notice, send_data_response));
        assert_non_null(CALL(DELETE_ROOM, q, delete_room_response));
        CALL(LIST_PARTICIPANTS, list, list_participants_response);
        assert_error("not_found");
        /* What one of them alone was told does not hold it up. */
        assert_int_equal(client_count(first, RESP(LEAVE)), alone);
        run_ms(LIMIT_NOTICE_US / 1000 + 10);
        assert_int_equal(client_count(first, RESP(LEAVE)), 1);
        assert_null(room_find(world.engine, MEETING));
    }
    struct client *carol = client_join("carol");
    memcpy(sid, person_of(carol)->room->sid, sizeof sid);
    run_ms(1000);
    CALL(SEND_DATA, notice, send_data_response);
    notice.n_destination_identities = 0;
    CALL(SEND_DATA, notice, send_data_response);
    CALL(DELETE_ROOM, q, delete_room_response);
    struct client *dave = client_join("dave");
    assert_int_equal(client_count(carol, RESP(LEAVE)), 1);
    assert_string_not_equal(person_of(dave)->room->sid, sid);
    run_ms(1000);
    assert_int_equal(client_count(dave, RESP(LEAVE)), 0);
}

static void test_mute(void **state)
{
    (void)state;
    Livekit__MuteRoomTrackRequest q = LIVEKIT__MUTE_ROOM_TRACK_REQUEST__INIT;
    struct client *alice = client_join("alice"), *bob = client_join("bob");

    client_publish_audio(alice, "mic");
    q.room = MEETING;
    q.identity = ALICE;
    q.track_sid = (char *)(uintptr_t) "TR_unknown";
    q.muted = true;
    CALL(MUTE_TRACK, q, mute_room_track_response);
    assert_error("not_found");
    q.track_sid = client_sees(bob, "alice")->tracks[0]->sid;
    const Livekit__MuteRoomTrackResponse *r = CALL(MUTE_TRACK, q, mute_room_track_response);
    assert_true(r->track->muted);
    assert_true(publish_find(person_of(alice), q.track_sid)->silenced);
    assert_true(client_last(alice, RESP(MUTE))->mute->muted);
    assert_string_equal(client_last(alice, RESP(MUTE))->mute->sid, q.track_sid);
    assert_true(client_sees(bob, "alice")->tracks[0]->muted);
    assert_true(client_sees(alice, "alice")->tracks[0]->muted);
    assert_non_null(CALL(MUTE_TRACK, q, mute_room_track_response));
    assert_int_equal(client_count(alice, RESP(MUTE)), 1);
    q.muted = false;
    CALL(MUTE_TRACK, q, mute_room_track_response);
    assert_error("failed_precondition");
    assert_true(client_sees(bob, "alice")->tracks[0]->muted);
}

static void test_update_participant(void **state)
{
    (void)state;
    Livekit__UpdateParticipantRequest q = LIVEKIT__UPDATE_PARTICIPANT_REQUEST__INIT;
    Livekit__ParticipantPermission permission = LIVEKIT__PARTICIPANT_PERMISSION__INIT;
    Livekit__UpdateParticipantRequest__AttributesEntry
        entry = LIVEKIT__UPDATE_PARTICIPANT_REQUEST__ATTRIBUTES_ENTRY__INIT,
        *entries[] = {&entry};
    struct client *alice = client_join("alice"), *bob = client_join("bob");

    client_publish_audio(alice, "mic");
    client_publish_audio(bob, "mic");
    q.room = MEETING;
    q.identity = ALICE;
    q.name = (char *)(uintptr_t) "Renamed";
    entry.key = (char *)(uintptr_t) "k";
    entry.value = (char *)(uintptr_t) "v";
    q.attributes = entries;
    q.n_attributes = 1;
    const Livekit__ParticipantInfo *p = CALL(UPDATE_PARTICIPANT, q, participant_info);
    assert_string_equal(p->name, "Renamed");
    assert_string_equal(p->attributes[0]->value, "v");
    assert_int_equal(p->n_tracks, 1);
    assert_string_equal(client_sees(bob, "alice")->name, "Renamed");
    assert_int_equal(alice->refreshed, 2);
    permission.can_publish_data = true;
    q.permission = &permission;
    p = CALL(UPDATE_PARTICIPANT, q, participant_info);
    assert_int_equal(p->n_tracks, 0);
    assert_false(client_sees(alice, "alice")->permission->can_publish);
    assert_int_equal(client_count(alice, RESP(TRACK_UNPUBLISHED)), 1);
    assert_true(list_empty(&person_of(alice)->downtracks));
    /* The token carries what is forbidden too. */
    assert_false(alice->token->permission.can_publish);
    assert_false(alice->token->permission.can_subscribe);
    assert_true(alice->token->permission.can_publish_data);
    permission.can_subscribe = true;
    CALL(UPDATE_PARTICIPANT, q, participant_info);
    assert_false(list_empty(&person_of(alice)->downtracks));
    char *text = xcalloc(1, LIMIT_NAME + 2);
    memset(text, 'x', LIMIT_NAME + 1);
    q.name = text;
    CALL(UPDATE_PARTICIPANT, q, participant_info);
    assert_error("invalid_argument");
    free(text);
}

static void test_subscriptions(void **state)
{
    (void)state;
    Livekit__UpdateSubscriptionsRequest q = LIVEKIT__UPDATE_SUBSCRIPTIONS_REQUEST__INIT;
    struct client *alice = client_join("alice"), *bob = client_join("bob");

    client_publish_audio(bob, "mic");
    char *sid = client_sees(alice, "bob")->tracks[0]->sid;
    q.room = MEETING;
    q.identity = ALICE;
    q.track_sids = &sid;
    q.n_track_sids = 1;
    assert_non_null(CALL(UPDATE_SUBSCRIPTIONS, q, update_subscriptions_response));
    assert_true(list_empty(&person_of(alice)->downtracks));
    q.subscribe = true;
    CALL(UPDATE_SUBSCRIPTIONS, q, update_subscriptions_response);
    assert_false(list_empty(&person_of(alice)->downtracks));
    q.identity = MEETING;
    CALL(UPDATE_SUBSCRIPTIONS, q, update_subscriptions_response);
    assert_error("not_found");
}

static void test_send_data(void **state)
{
    (void)state;
    Livekit__SendDataRequest q = LIVEKIT__SEND_DATA_REQUEST__INIT;
    struct client *alice = client_join("alice"), *bob = client_join("bob");
    char *to[] = {ALICE};
    static uint8_t much[LIMIT_DATA_MESSAGE + 1];

    q.room = MEETING;
    q.data = (ProtobufCBinaryData){5, (uint8_t *)(uintptr_t) "hello"};
    q._topic_case = LIVEKIT__SEND_DATA_REQUEST___TOPIC_TOPIC;
    q.topic = (char *)(uintptr_t) "t";
    q.nonce = (ProtobufCBinaryData){3, (uint8_t *)(uintptr_t) "abc"};
    q.destination_identities = to;
    q.n_destination_identities = 1;
    assert_non_null(CALL(SEND_DATA, q, send_data_response));
    q.kind = LIVEKIT__DATA_PACKET__KIND__LOSSY;
    q.n_destination_identities = 0;
    CALL(SEND_DATA, q, send_data_response);
    run_ms(100);
    assert_int_equal(alice->data.count, 2);
    assert_int_equal(bob->data.count, 1);
    assert_int_equal(bob->data.first->label, CHANNEL_LOSSY);
    const Livekit__DataPacket *p = (const Livekit__DataPacket *)(const void *)signal_parse(
        &livekit__data_packet__descriptor, span_of(bob->data.first->bytes, bob->data.first->size),
        &arena);
    assert_string_equal(p->participant_identity, "");
    assert_memory_equal(p->user->payload.data, "hello", 5);
    assert_string_equal(p->user->topic, "t");
    assert_memory_equal(p->user->nonce.data, "abc", 3);
    q.data = (ProtobufCBinaryData){sizeof much, much};
    CALL(SEND_DATA, q, send_data_response);
    assert_error("invalid_argument");
}

static void test_room_metadata(void **state)
{
    (void)state;
    Livekit__UpdateRoomMetadataRequest q = LIVEKIT__UPDATE_ROOM_METADATA_REQUEST__INIT;
    struct client *alice = client_join("alice");

    q.room = MEETING;
    q.metadata = (char *)(uintptr_t) "{\"e2ee\":true}";
    const Livekit__Room *r = CALL(UPDATE_ROOM_METADATA, q, room);
    assert_string_equal(r->metadata, q.metadata);
    assert_string_equal(client_last(alice, RESP(ROOM_UPDATE))->room_update->room->metadata,
                        q.metadata);
    assert_true(the_room()->e2ee);
    q.metadata = (char *)(uintptr_t) "{\"e2ee\":false}";
    CALL(UPDATE_ROOM_METADATA, q, room);
    assert_error("permission_denied");
    assert_string_equal(world.reply_meta, "e2ee_room");
    assert_true(the_room()->e2ee);
    assert_string_equal(the_room()->metadata, "{\"e2ee\":true}");
    q.metadata = (char *)(uintptr_t) "{\"e2ee\":true,\"topic\":1}";
    r = CALL(UPDATE_ROOM_METADATA, q, room);
    assert_string_equal(r->metadata, q.metadata);
    q.room = ALICE;
    CALL(UPDATE_ROOM_METADATA, q, room);
    assert_error("not_found");
}

/* Nothing at the server may record an encrypted room, and nothing can record another. */
static void test_no_recorders(void **state)
{
    (void)state;
    Livekit__RoomAgentDispatch agent = LIVEKIT__ROOM_AGENT_DISPATCH__INIT, *agents[] = {&agent};
    Livekit__RoomEgress egress = LIVEKIT__ROOM_EGRESS__INIT;
    Livekit__CreateRoomRequest create = LIVEKIT__CREATE_ROOM_REQUEST__INIT;
    Bedrud__RoomsRequest about = BEDRUD__ROOMS_REQUEST__INIT;

    create.name = about.room = MEETING;
    create.egress = &egress;
    CALL(CREATE_ROOM, create, room);
    assert_error("unimplemented");
    assert_null(world.reply_meta);
    create.egress = NULL;
    create.agents = agents;
    create.n_agents = 1;
    create.metadata = (char *)(uintptr_t) "{\"e2ee\":true}";
    CALL(CREATE_ROOM, create, room);
    assert_error("permission_denied");
    assert_string_equal(world.reply_meta, "e2ee_room");
    assert_null(the_room());
    create.n_agents = 0;
    create.metadata = (char *)(uintptr_t) "";
    CALL(CREATE_ROOM, create, room);
    assert_null(world.reply_error);
    CALL(REFUSE_SERVICE, about, room);
    assert_error("unimplemented");
    assert_null(world.reply_meta);
    create.metadata = (char *)(uintptr_t) "{\"e2ee\":true}";
    CALL(CREATE_ROOM, create, room);
    CALL(REFUSE_SERVICE, about, room);
    assert_error("permission_denied");
    assert_string_equal(world.reply_meta, "e2ee_room");
    about.room = ALICE;
    CALL(REFUSE_SERVICE, about, room);
    assert_error("unimplemented");
}

static void test_send_data_encrypted(void **state)
{
    (void)state;
    Livekit__CreateRoomRequest create = LIVEKIT__CREATE_ROOM_REQUEST__INIT;
    Livekit__SendDataRequest q = LIVEKIT__SEND_DATA_REQUEST__INIT;

    create.name = q.room = MEETING;
    create.metadata = (char *)(uintptr_t) "{\"e2ee\":true}";
    CALL(CREATE_ROOM, create, room);
    struct client *alice = client_join("alice");
    q.data = (ProtobufCBinaryData){2, (uint8_t *)(uintptr_t) "{}"};
    CALL(SEND_DATA, q, send_data_response);
    assert_error("permission_denied");
    q._topic_case = LIVEKIT__SEND_DATA_REQUEST___TOPIC_TOPIC;
    q.topic = (char *)(uintptr_t) "chat";
    CALL(SEND_DATA, q, send_data_response);
    assert_error("permission_denied");
    assert_string_equal(world.reply_meta, "e2ee_room");
    q.topic = (char *)(uintptr_t) "system";
    CALL(SEND_DATA, q, send_data_response);
    assert_null(world.reply_error);
    run_ms(50);
    assert_int_equal(alice->data.count, 1);
}

/* bedrud.Rooms: what an encrypted room refused, and who is there. */
static void test_states(void **state)
{
    (void)state;
    Livekit__CreateRoomRequest create = LIVEKIT__CREATE_ROOM_REQUEST__INIT;
    Bedrud__RoomsRequest q = BEDRUD__ROOMS_REQUEST__INIT;

    create.name = (char *)(uintptr_t) "clear";
    CALL(CREATE_ROOM, create, room);
    create.name = MEETING;
    create.metadata = (char *)(uintptr_t) "{\"e2ee\":true}";
    CALL(CREATE_ROOM, create, room);
    struct client *alice = client_join("alice");
    client_add(alice, "mic", false, LIVEKIT__ENCRYPTION__TYPE__NONE);
    client_add(alice, "cam", true, LIVEKIT__ENCRYPTION__TYPE__GCM);
    client_offer(alice, VIDEO_SECTION("1", "cam"));
    run_ms(100);
    the_room()->refused_clear_data = 5;
    the_room()->refused_short_frames = 7;
    Bedrud__RoomsResponse *all =
        (void *)call(ENGINE_ROOMS, &q.base, &bedrud__rooms_response__descriptor, &arena);
    assert_int_equal(all->n_rooms, 2);
    for (size_t i = 0; i < 2; i++) {
        assert_int_equal(all->rooms[i]->e2ee, strcmp(all->rooms[i]->room->name, "meeting") == 0);
        assert_int_equal(all->rooms[i]->n_participants, 0);
    }
    q.room = MEETING;
    Bedrud__RoomsResponse *one =
        (void *)call(ENGINE_ROOMS, &q.base, &bedrud__rooms_response__descriptor, &arena);
    assert_int_equal(one->n_rooms, 1);
    const Bedrud__RoomState *s = one->rooms[0];
    assert_true(s->e2ee);
    assert_int_equal(s->refused_clear_tracks, 1);
    assert_int_equal(s->refused_clear_data, 5);
    assert_int_equal(s->refused_short_frames, 7);
    assert_int_equal(s->n_participants, 1);
    assert_string_equal(s->participants[0]->identity, "alice");
    assert_int_equal(s->participants[0]->n_tracks, 1);
    assert_int_equal(s->participants[0]->tracks[0]->encryption, LIVEKIT__ENCRYPTION__TYPE__GCM);
    q.room = ALICE;
    assert_null(call(ENGINE_ROOMS, &q.base, &bedrud__rooms_response__descriptor, &arena));
    assert_error("not_found");
}

static int finish(void **state)
{
    arena_fini(&arena);
    return world_fini(state);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, world_init, finish)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_rooms),
        TEST(test_bad_rooms),
        TEST(test_delete),
        TEST(test_participants),
        TEST(test_polite_end),
        TEST(test_mute),
        TEST(test_update_participant),
        TEST(test_subscriptions),
        TEST(test_send_data),
        TEST(test_room_metadata),
        TEST(test_no_recorders),
        TEST(test_send_data_encrypted),
        TEST(test_states),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
