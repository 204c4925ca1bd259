/* SPDX-License-Identifier: Apache-2.0 */
/* A room's life: how long it stays when empty, how it ends, what it counts. */
#include "harness.h"

static void leave(struct client *c)
{
    Livekit__SignalRequest r = request_of(REQ(LEAVE));
    Livekit__LeaveRequest request = LIVEKIT__LEAVE_REQUEST__INIT;

    r.leave = &request;
    client_send(c, &r);
    turn();
}

static void test_departure(void **state)
{
    (void)state;
    struct client *alice = client_join("alice");

    leave(alice);
    run_ms(19900);
    assert_non_null(the_room());
    run_ms(200);
    assert_null(the_room());
    assert_int_equal(count_events("room_finished"), 1);
    assert_int_equal(engine_stats(world.engine)->transports, 0);
}

static void test_departure_interrupted(void **state)
{
    (void)state;
    struct client *alice = client_join("alice");
    char sid[32];

    snprintf(sid, sizeof sid, "%s", the_room()->sid);
    leave(alice);
    run_ms(15000);
    struct client *bob = client_join("bob");
    run_ms(15000);
    assert_string_equal(the_room()->sid, sid);
    leave(bob);
    run_ms(20100);
    assert_null(the_room());
}

static void test_settings(void **state)
{
    (void)state;
    struct client *alice = client_new("alice");

    alice->grant->departure_timeout_s = 2;
    alice->grant->empty_timeout_s = 5;
    alice->grant->max_participants = 9;
    client_open(alice);
    const Livekit__Room *r = client_last(alice, RESP(JOIN))->join->room;
    assert_int_equal(r->departure_timeout, 2);
    assert_int_equal(r->empty_timeout, 5);
    assert_int_equal(r->max_participants, 9);
    leave(alice);
    run_ms(2100);
    assert_null(the_room());
}

static void test_never_joined(void **state)
{
    (void)state;
    Livekit__CreateRoomRequest q = LIVEKIT__CREATE_ROOM_REQUEST__INIT;
    struct arena a;

    arena_init(&a);
    q.name = (char *)(uintptr_t) "meeting";
    q.empty_timeout = 3;
    assert_non_null(call(ENGINE_CREATE_ROOM, &q.base, &livekit__room__descriptor, &a));
    arena_fini(&a);
    run_ms(2900);
    assert_non_null(the_room());
    run_ms(200);
    assert_null(the_room());
}

/* Counts are told with the next quality round, when they changed. */
static void test_counts(void **state)
{
    (void)state;
    struct client *alice = client_join("alice"), *bob = client_join("bob");

    client_publish_audio(bob, "mic");
    client_forget(alice);
    run_ms(5100);
    assert_int_equal(client_count(alice, RESP(ROOM_UPDATE)), 1);
    const Livekit__Room *r = client_last(alice, RESP(ROOM_UPDATE))->room_update->room;
    assert_int_equal(r->num_participants, 2);
    assert_int_equal(r->num_publishers, 1);
    run_ms(10000);
    assert_int_equal(client_count(alice, RESP(ROOM_UPDATE)), 1);
}

static void test_shutdown(void **state)
{
    (void)state;
    struct client *alice = client_join("alice"), *bob = client_join("bob");

    engine_shutdown(world.engine, world.now_us);
    run_ms(100);
    assert_true(alice->closed && bob->closed);
    assert_int_equal(client_last(alice, RESP(LEAVE))->leave->action,
                     LIVEKIT__LEAVE_REQUEST__ACTION__RECONNECT);
    assert_int_equal(client_last(bob, RESP(LEAVE))->leave->reason,
                     LIVEKIT__DISCONNECT_REASON__SERVER_SHUTDOWN);
}

static void encrypt(void)
{
    Livekit__CreateRoomRequest q = LIVEKIT__CREATE_ROOM_REQUEST__INIT;
    struct arena a;

    arena_init(&a);
    q.name = (char *)(uintptr_t) "meeting";
    q.metadata = (char *)(uintptr_t) "{\"e2ee\":true}";
    assert_non_null(call(ENGINE_CREATE_ROOM, &q.base, &livekit__room__descriptor, &a));
    arena_fini(&a);
}

/* Those who are there when the room becomes encrypted are told, and have to come back with a key;
 * who comes afterwards has been told already. */
static void test_restart(void **state)
{
    (void)state;
    struct client *alice = client_join("alice"), *bob = client_join("bob");

    encrypt();
    assert_true(the_room()->e2ee);
    run_ms(100);
    assert_string_equal(client_last(bob, RESP(ROOM_UPDATE))->room_update->room->metadata,
                        "{\"e2ee\":true}");
    assert_int_equal(alice->data.count, 1);
    assert_non_null(memmem(bob->data.first->bytes, bob->data.first->size, "e2ee_enabled", 12));
    assert_false(alice->closed);
    struct client *cleo = client_join("cleo");
    run_ms(350);
    assert_true(alice->closed && bob->closed);
    assert_false(cleo->closed);
    assert_int_equal(client_last(alice, RESP(LEAVE))->leave->action,
                     LIVEKIT__LEAVE_REQUEST__ACTION__DISCONNECT);
    assert_int_equal(client_last(alice, RESP(LEAVE))->leave->reason,
                     LIVEKIT__DISCONNECT_REASON__ROOM_CLOSED);
    assert_true(the_room()->e2ee);
    assert_int_equal(the_room()->people_count, 1);
    encrypt();
    run_ms(1000);
    assert_false(cleo->closed);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        WORLD_TEST(test_departure), WORLD_TEST(test_departure_interrupted),
        WORLD_TEST(test_settings),  WORLD_TEST(test_never_joined),
        WORLD_TEST(test_counts),    WORLD_TEST(test_shutdown),
        WORLD_TEST(test_restart),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
