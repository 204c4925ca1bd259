/* SPDX-License-Identifier: Apache-2.0 */
/* Messages to one and to all. */
#include "harness.h"
#include "room/signalling.h"

static void test_changed(void **state)
{
    (void)state;
    struct client *alice = client_join("alice"), *bob = client_join("bob");

    client_forget(alice);
    client_forget(bob);
    uint32_t version = person_of(alice)->version;
    tell_changed(person_of(alice), false);
    turn();
    assert_null(client_sees(alice, "alice"));
    assert_int_equal(client_sees(bob, "alice")->version, version + 1);
    tell_changed(person_of(alice), true);
    turn();
    assert_int_equal(client_sees(alice, "alice")->version, version + 2);
}

/* So many more people, in one moment. */
static void arrive(unsigned count)
{
    char identity[16];

    for (unsigned i = 0; i < count; i++) {
        snprintf(identity, sizeof identity, "guest-%u", world.client_count);
        client_open(client_new(identity));
    }
}

/* How often somebody was told of; the versions grow. */
static unsigned count_told(const struct client *c, const char *identity)
{
    uint32_t version = 0;
    unsigned n = 0;

    for (const struct message *m = c->first; m; m = m->next) {
        const Livekit__ParticipantUpdate *u = m->response->update;
        for (size_t i = 0; m->response->message_case == RESP(UPDATE) && i < u->n_participants; i++)
            if (strcmp(u->participants[i]->identity, identity) == 0) {
                assert_true(u->participants[i]->version > version);
                version = u->participants[i]->version;
                n++;
            }
    }
    return n;
}

/* In a crowded room the first arrival is told at once, those that follow together. */
static void test_crowd(void **state)
{
    (void)state;
    struct client *alice = client_join("alice");

    client_forget(alice);
    arrive(19);
    assert_int_equal(client_count(alice, RESP(UPDATE)), 19);
    run_ms(1000);
    client_forget(alice);
    arrive(1);
    assert_int_equal(client_count(alice, RESP(UPDATE)), 1);
    arrive(10);
    assert_int_equal(client_count(alice, RESP(UPDATE)), 1);
    run_ms(1000);
    assert_in_range(client_count(alice, RESP(UPDATE)), 2, 4);
    for (unsigned i = 20; i <= 30; i++)
        assert_int_equal(client_sees(alice, world.clients[i].grant->identity)->state,
                         LIVEKIT__PARTICIPANT_INFO__STATE__ACTIVE);
    assert_int_equal(client_sees(&world.clients[30], "guest-30")->state,
                     LIVEKIT__PARTICIPANT_INFO__STATE__ACTIVE);
    client_forget(alice);
    run_ms(1000);
    assert_int_equal(client_count(alice, RESP(UPDATE)), 0);
}

/* What is told of somebody in between is the newest, and nothing older follows. */
static void test_crowd_overtaken(void **state)
{
    (void)state;
    struct client *alice = client_join("alice");

    arrive(21);
    run_ms(1000);
    arrive(3);
    client_forget(alice);
    struct client *gone = &world.clients[world.client_count - 1];
    struct client *named = &world.clients[world.client_count - 2];
    person_end(person_of(gone), world.now_us, LIVEKIT__LEAVE_REQUEST__ACTION__DISCONNECT,
               LIVEKIT__DISCONNECT_REASON__PARTICIPANT_REMOVED);
    tell_changed(person_of(named), false);
    turn();
    assert_int_equal(client_sees(alice, gone->grant->identity)->state,
                     LIVEKIT__PARTICIPANT_INFO__STATE__DISCONNECTED);
    assert_int_equal(count_told(alice, named->grant->identity), 1);
    run_ms(1000);
    assert_int_equal(count_told(alice, gone->grant->identity), 1);
    assert_int_equal(count_told(alice, named->grant->identity), 2);
}

/* Versions only grow over a whole session. */
static void test_versions(void **state)
{
    (void)state;
    struct client *bob = client_join("bob"), *alice = client_join("alice");
    uint32_t last = 0;

    client_publish_audio(alice, "mic");
    client_offer(alice, "");
    run_ms(100);
    for (const struct message *m = bob->first; m; m = m->next) {
        if (m->response->message_case != RESP(UPDATE))
            continue;
        const Livekit__ParticipantInfo *p = m->response->update->participants[0];
        if (strcmp(p->identity, "alice") != 0)
            continue;
        assert_true(p->version > last);
        last = p->version;
    }
    assert_true(last >= 4);
}

static void test_everybody(void **state)
{
    (void)state;
    struct client *alice = client_join("alice");

    client_join("bob");
    client_forget(alice);
    tell_everybody(person_of(alice));
    tell_room(the_room());
    tell_room_to(person_of(alice));
    turn();
    assert_int_equal(client_last(alice, RESP(UPDATE))->update->n_participants, 2);
    assert_int_equal(client_count(alice, RESP(ROOM_UPDATE)), 2);
    assert_int_equal(client_last(alice, RESP(ROOM_UPDATE))->room_update->room->num_participants, 2);
}

static void test_leave(void **state)
{
    (void)state;
    static const struct {
        int action;
        bool can_reconnect;
    } cases[] = {{LIVEKIT__LEAVE_REQUEST__ACTION__DISCONNECT, false},
                 {LIVEKIT__LEAVE_REQUEST__ACTION__RESUME, true},
                 {LIVEKIT__LEAVE_REQUEST__ACTION__RECONNECT, true}};
    struct client *alice = client_join("alice");

    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        tell_leave(world.engine, alice->session, cases[i].action,
                   LIVEKIT__DISCONNECT_REASON__ROOM_CLOSED);
        turn();
        const Livekit__LeaveRequest *l = client_last(alice, RESP(LEAVE))->leave;
        assert_int_equal(l->action, cases[i].action);
        assert_int_equal(l->can_reconnect, cases[i].can_reconnect);
        assert_int_equal(l->reason, LIVEKIT__DISCONNECT_REASON__ROOM_CLOSED);
    }
}

/* Nothing is queued for somebody without a signal connection. */
static void test_without_session(void **state)
{
    (void)state;
    struct client *alice = client_join("alice");
    Livekit__RequestResponse r = LIVEKIT__REQUEST_RESPONSE__INIT;

    engine_on_close(world.engine, world.now_us, alice->session);
    tell_changed(person_of(alice), true);
    tell_refresh(person_of(alice), world.now_us);
    tell_request(person_of(alice), &r, LIVEKIT__REQUEST_RESPONSE__REASON__OK, "");
    tell_room_to(person_of(alice));
    assert_null(engine_outbox(world.engine)->first);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        WORLD_TEST(test_changed),         WORLD_TEST(test_versions),
        WORLD_TEST(test_everybody),       WORLD_TEST(test_leave),
        WORLD_TEST(test_without_session), WORLD_TEST(test_crowd),
        WORLD_TEST(test_crowd_overtaken),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
