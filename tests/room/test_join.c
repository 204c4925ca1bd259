/* SPDX-License-Identifier: Apache-2.0 */
/* Joining, resuming and refusals at the door. */
#include "harness.h"

static void test_join_response(void **state)
{
    (void)state;
    struct client *alice = client_join("alice");
    const Livekit__JoinResponse *j = client_last(alice, RESP(JOIN))->join;

    assert_ptr_equal(alice->first->response->join, j);
    assert_string_equal(j->participant->identity, "alice");
    assert_memory_equal(j->participant->sid, "PA_", 3);
    assert_memory_equal(j->room->sid, "RM_", 3);
    assert_string_equal(j->room->name, "meeting");
    assert_int_equal(j->room->empty_timeout, 300);
    assert_int_equal(j->room->departure_timeout, 20);
    assert_true(j->room->creation_time_ms > 1700000000000);
    assert_true(j->participant->permission->can_publish);
    assert_int_equal(j->participant->client_protocol, 2);
    assert_int_equal(j->ping_interval, 5);
    assert_int_equal(j->ping_timeout, 15);
    assert_true(j->subscriber_primary && j->fast_publish);
    assert_string_equal(j->server_info->version, "1.13.5");
    assert_string_equal(j->server_info->node_id, "ND_test");
    assert_string_equal(j->server_info->debug_info, "bedrud 0.0.0");
    assert_int_equal(j->server_info->protocol, 17);
    assert_int_equal(j->sif_trailer.len, 44);
    assert_int_equal(j->n_enabled_publish_codecs, 3);
    /* No AV1, whose frames native clients cannot encrypt. */
    assert_string_equal(j->enabled_publish_codecs[0]->mime, "video/VP8");
    assert_string_equal(j->enabled_publish_codecs[1]->mime, "video/H264");
    assert_string_equal(j->enabled_publish_codecs[2]->mime, "audio/opus");
    assert_int_equal(alice->refreshed, 1);
    assert_int_equal(client_count(alice, RESP(OFFER)), 1);
    assert_int_equal(client_last(alice, RESP(OFFER))->offer->id, 1);
    assert_int_equal(client_sees(alice, "alice")->state, LIVEKIT__PARTICIPANT_INFO__STATE__ACTIVE);
    assert_int_equal(count_events("room_started"), 1);
    assert_int_equal(count_events("participant_joined"), 1);
}

static void test_trailers_differ(void **state)
{
    (void)state;
    const struct client *a = client_join("alice"), *b = client_join("bob");

    assert_memory_not_equal(client_last(a, RESP(JOIN))->join->sif_trailer.data,
                            client_last(b, RESP(JOIN))->join->sif_trailer.data, 44);
}

static void test_others_are_told(void **state)
{
    (void)state;
    struct client *alice = client_join("alice"), *bob = client_new("bob");

    client_forget(alice);
    client_open(bob);
    assert_int_equal(client_sees(alice, "bob")->state, LIVEKIT__PARTICIPANT_INFO__STATE__JOINED);
    const Livekit__JoinResponse *j = client_last(bob, RESP(JOIN))->join;
    assert_int_equal(j->n_other_participants, 1);
    assert_string_equal(j->other_participants[0]->identity, "alice");
    run_ms(200);
    const Livekit__ParticipantInfo *seen = client_sees(alice, "bob");
    assert_int_equal(seen->state, LIVEKIT__PARTICIPANT_INFO__STATE__ACTIVE);
    assert_int_equal(seen->version, 2);
}

static void test_hidden(void **state)
{
    (void)state;
    struct client *alice = client_join("alice"), *ghost = client_new("ghost");

    ghost->grant->permission.hidden = true;
    client_open(ghost);
    run_ms(200);
    assert_null(client_sees(alice, "ghost"));
    assert_non_null(client_sees(ghost, "ghost"));
    const struct client *bob = client_join("bob");
    assert_int_equal(client_last(bob, RESP(JOIN))->join->n_other_participants, 1);
    assert_int_equal(client_last(bob, RESP(JOIN))->join->room->num_participants, 2);
}

static void test_duplicate_identity(void **state)
{
    (void)state;
    struct client *old = client_join("alice"), *bob = client_join("bob");
    char old_sid[32];

    snprintf(old_sid, sizeof old_sid, "%s", person_of(old)->sid);
    client_forget(bob);
    const struct client *fresh = client_join("alice");
    const Livekit__LeaveRequest *leave = client_last(old, RESP(LEAVE))->leave;
    assert_int_equal(leave->reason, LIVEKIT__DISCONNECT_REASON__DUPLICATE_IDENTITY);
    assert_int_equal(leave->action, LIVEKIT__LEAVE_REQUEST__ACTION__DISCONNECT);
    assert_true(old->closed);
    const Livekit__ParticipantInfo *gone =
        client_get(bob, RESP(UPDATE), 0)->update->participants[0];
    assert_string_equal(gone->sid, old_sid);
    assert_int_equal(gone->state, LIVEKIT__PARTICIPANT_INFO__STATE__DISCONNECTED);
    assert_string_not_equal(client_sees(bob, "alice")->sid, old_sid);
    assert_false(fresh->closed);
    assert_int_equal(the_room()->people_count, 2);
}

static void test_full(void **state)
{
    (void)state;
    struct client *alice = client_new("alice");

    alice->grant->max_participants = 1;
    client_open(alice);
    const struct client *bob = client_join("bob");
    assert_int_equal(client_last(bob, RESP(LEAVE))->leave->reason,
                     LIVEKIT__DISCONNECT_REASON__JOIN_FAILURE);
    assert_true(bob->closed);
    assert_int_equal(client_count(bob, RESP(JOIN)), 0);
    /* Somebody who comes again does not need another seat. */
    const struct client *again = client_join("alice");
    assert_int_equal(client_count(again, RESP(JOIN)), 1);
    assert_false(again->closed);
}

static void test_without_subscribing(void **state)
{
    (void)state;
    struct client *alice = client_new("alice");

    alice->grant->permission.can_subscribe = false;
    client_open(alice);
    run_ms(200);
    assert_int_equal(client_sees(alice, "alice")->state, LIVEKIT__PARTICIPANT_INFO__STATE__ACTIVE);
}

static void reconnect(struct client *c, const char *sid)
{
    c->grant->reconnect = true;
    str_set(&c->grant->reconnect_sid, sid);
    client_forget(c);
    client_open(c);
    run_ms(200);
}

static void test_resume(void **state)
{
    (void)state;
    struct client *alice = client_join("alice"), *bob = client_join("bob");
    char sid[32], ufrag[64];

    snprintf(sid, sizeof sid, "%s", person_of(alice)->sid);
    snprintf(ufrag, sizeof ufrag, "%s",
             transport_ice(person_of(alice)->connections[SUBSCRIBER].transport)->local.ufrag);
    client_forget(bob);
    engine_on_close(world.engine, world.now_us, alice->session);
    run_ms(1000);
    assert_null(client_sees(bob, "alice"));
    reconnect(alice, sid);
    assert_int_equal(alice->first->response->message_case, RESP(RECONNECT));
    assert_string_equal(alice->first->response->reconnect->server_info->version, "1.13.5");
    assert_int_equal(client_get(alice, RESP(UPDATE), 0)->update->n_participants, 2);
    assert_int_equal(client_count(alice, RESP(ROOM_UPDATE)), 1);
    assert_int_equal(client_count(alice, RESP(OFFER)), 1);
    assert_int_equal(alice->refreshed, 2);
    assert_string_equal(person_of(alice)->sid, sid);
    assert_string_not_equal(
        transport_ice(person_of(alice)->connections[SUBSCRIBER].transport)->local.ufrag, ufrag);
    assert_int_equal(person_of(alice)->connections[SUBSCRIBER].state, TRANSPORT_CONNECTED);
    run_ms(40000 / 2);
    assert_null(client_sees(bob, "alice"));
}

static void leave(struct client *c)
{
    Livekit__SignalRequest r = request_of(REQ(LEAVE));
    Livekit__LeaveRequest leave = LIVEKIT__LEAVE_REQUEST__INIT;

    r.leave = &leave;
    client_send(c, &r);
    run_ms(10);
}

static const Livekit__ParticipantInfo *told(const struct client *c, unsigned index)
{
    const Livekit__ParticipantUpdate *u = client_get(c, RESP(UPDATE), 0)->update;

    return index < u->n_participants ? u->participants[index] : NULL;
}

/* Who left while she was away is told as gone, before those who are there; who left before she came
 * is not, nor are hidden ones, nor she herself. */
static void test_resume_hears_who_left(void **state)
{
    (void)state;
    struct client *early = client_join("early"), *first = client_join("alice"), *ghost;

    leave(early);
    struct client *alice = client_join("alice"), *bob = client_join("bob");
    ghost = client_new("ghost");
    ghost->grant->permission.hidden = true;
    client_open(ghost);
    run_ms(200);
    assert_true(first->closed);
    engine_on_close(world.engine, world.now_us, alice->session);
    char sid[32];
    snprintf(sid, sizeof sid, "%s", person_of(bob)->sid);
    leave(bob);
    leave(ghost);
    struct client *again = client_join("bob");
    reconnect(alice, person_of(alice)->sid);
    assert_string_equal(told(alice, 0)->sid, sid);
    assert_int_equal(told(alice, 0)->state, LIVEKIT__PARTICIPANT_INFO__STATE__DISCONNECTED);
    assert_string_equal(told(alice, 1)->sid, person_of(again)->sid);
    assert_int_equal(told(alice, 1)->state, LIVEKIT__PARTICIPANT_INFO__STATE__ACTIVE);
    assert_string_equal(told(alice, 2)->identity, "alice");
    assert_null(told(alice, 3));
}

/* The old socket is still there when the new one comes. */
static void test_resume_over(void **state)
{
    (void)state;
    struct client *alice = client_join("alice");
    uint64_t before = alice->session;

    reconnect(alice, person_of(alice)->sid);
    assert_int_equal(alice->first->response->message_case, RESP(RECONNECT));
    assert_null(map_get(&world.engine->sessions, engine_session_key(&before)));
    engine_on_close(world.engine, world.now_us, before);
    run_ms(100);
    assert_int_equal(person_of(alice)->session, alice->session);
}

static void test_resume_refused(void **state)
{
    (void)state;
    struct client *alice = client_join("alice"), *nobody = client_new("nobody");

    reconnect(nobody, "PA_x");
    assert_int_equal(nobody->first->response->message_case, RESP(LEAVE));
    assert_int_equal(nobody->first->response->leave->action,
                     LIVEKIT__LEAVE_REQUEST__ACTION__RECONNECT);
    assert_int_equal(nobody->first->response->leave->reason,
                     LIVEKIT__DISCONNECT_REASON__STATE_MISMATCH);
    assert_true(nobody->closed);
    struct client *other = client_new("alice");
    reconnect(other, "PA_another");
    assert_int_equal(other->first->response->message_case, RESP(LEAVE));
    assert_false(alice->closed);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        WORLD_TEST(test_join_response),         WORLD_TEST(test_trailers_differ),
        WORLD_TEST(test_others_are_told),       WORLD_TEST(test_hidden),
        WORLD_TEST(test_duplicate_identity),    WORLD_TEST(test_full),
        WORLD_TEST(test_without_subscribing),   WORLD_TEST(test_resume),
        WORLD_TEST(test_resume_hears_who_left), WORLD_TEST(test_resume_over),
        WORLD_TEST(test_resume_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
