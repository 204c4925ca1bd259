/* SPDX-License-Identifier: Apache-2.0 */
/* A participant's life: messages, deadlines, connections that fail, the end. */
#include "harness.h"

static void send_simple(struct client *c, Livekit__SignalRequest__MessageCase kind)
{
    Livekit__SignalRequest r = request_of(kind);
    Livekit__Ping ping = LIVEKIT__PING__INIT;
    Livekit__LeaveRequest leave = LIVEKIT__LEAVE_REQUEST__INIT;

    ping.timestamp = 42;
    if (kind == REQ(PING_REQ))
        r.ping_req = &ping;
    else if (kind == REQ(LEAVE))
        r.leave = &leave;
    else
        r.ping = 42;
    client_send(c, &r);
    turn();
}

static void test_pings(void **state)
{
    (void)state;
    struct client *alice = client_join("alice");

    send_simple(alice, REQ(PING));
    send_simple(alice, REQ(PING_REQ));
    int64_t unix_ms = world.now_us / 1000 + 1700000000000;
    assert_int_equal(client_last(alice, RESP(PONG))->pong, unix_ms);
    assert_int_equal(client_last(alice, RESP(PONG_RESP))->pong_resp->last_ping_timestamp, 42);
    assert_int_equal(client_last(alice, RESP(PONG_RESP))->pong_resp->timestamp, unix_ms);
}

static void test_leave(void **state)
{
    (void)state;
    struct client *alice = client_join("alice"), *bob = client_join("bob");

    client_publish_audio(alice, "mic");
    send_simple(alice, REQ(LEAVE));
    assert_true(alice->closed);
    assert_int_equal(client_count(alice, RESP(LEAVE)), 0);
    const Livekit__ParticipantInfo *gone = client_sees(bob, "alice");
    assert_int_equal(gone->state, LIVEKIT__PARTICIPANT_INFO__STATE__DISCONNECTED);
    assert_int_equal(gone->disconnect_reason, LIVEKIT__DISCONNECT_REASON__CLIENT_INITIATED);
    assert_null(person_of(alice));
    assert_int_equal(engine_stats(world.engine)->transports, 1);
    assert_int_equal(count_events("participant_left"), 1);
    assert_int_equal(count_events("track_unpublished"), 1);
}

/* Socket gone before the connection came up: away at once; afterwards: kept for a while. */
static void test_close(void **state)
{
    (void)state;
    struct client *bob = client_join("bob"), *half = client_new("half");

    half->mute_answers = true;
    client_open(half);
    engine_on_close(world.engine, world.now_us, half->session);
    turn();
    assert_int_equal(client_sees(bob, "half")->state,
                     LIVEKIT__PARTICIPANT_INFO__STATE__DISCONNECTED);
    assert_int_equal(count_events("participant_connection_aborted"), 1);
    struct client *alice = client_join("alice");
    engine_on_close(world.engine, world.now_us, alice->session);
    run_ms(20000);
    assert_non_null(person_of(alice));
    send_simple(bob, REQ(PING));
    run_ms(11000);
    assert_null(person_of(alice));
    assert_int_equal(client_sees(bob, "alice")->disconnect_reason,
                     LIVEKIT__DISCONNECT_REASON__CONNECTION_TIMEOUT);
}

/* Whoever says nothing for 30 s has lost the connection without knowing. */
static void test_silence(void **state)
{
    (void)state;
    struct client *alice = client_join("alice"), *bob = client_join("bob");

    for (int i = 0; i < 3; i++) {
        run_ms(9800);
        send_simple(bob, REQ(PING));
    }
    assert_false(alice->closed);
    run_ms(1000);
    assert_true(alice->closed);
    assert_false(bob->closed);
    assert_non_null(person_of(alice));
    assert_int_equal(person_of(alice)->session, 0);
}

static void test_never_active(void **state)
{
    (void)state;
    struct client *alice = client_new("alice");
    const struct transport *none = NULL;

    alice->lost = true;
    client_open(alice);
    for (int i = 0; i < 6; i++) {
        assert_false(alice->closed);
        run_ms(9900);
        send_simple(alice, REQ(PING));
    }
    run_ms(1000);
    assert_true(alice->closed);
    assert_int_equal(client_last(alice, RESP(LEAVE))->leave->reason,
                     LIVEKIT__DISCONNECT_REASON__JOIN_FAILURE);
    assert_ptr_equal(person_of(alice), none);
}

static void test_no_answer(void **state)
{
    (void)state;
    struct client *alice = client_new("alice");

    alice->mute_answers = true;
    client_open(alice);
    run_ms(14900);
    assert_false(alice->closed);
    run_ms(200);
    assert_true(alice->closed);
    assert_int_equal(client_last(alice, RESP(LEAVE))->leave->action,
                     LIVEKIT__LEAVE_REQUEST__ACTION__RECONNECT);
    assert_true(client_last(alice, RESP(LEAVE))->leave->can_reconnect);
}

static void test_transport_fails(void **state)
{
    (void)state;
    struct client *alice = client_join("alice"), *bob = client_join("bob");

    alice->lost = true;
    run_ms(16000);
    assert_int_equal(client_last(alice, RESP(LEAVE))->leave->action,
                     LIVEKIT__LEAVE_REQUEST__ACTION__RECONNECT);
    assert_true(alice->closed);
    assert_int_equal(client_sees(bob, "alice")->state,
                     LIVEKIT__PARTICIPANT_INFO__STATE__DISCONNECTED);
}

/* A page that was closed: its transports say goodbye, its socket may take longer. */
static void test_transport_closed(void **state)
{
    (void)state;
    struct client *alice = client_join("alice"), *bob = client_join("bob");

    transport_close(alice->transports[SUBSCRIBER]);
    run_ms(100);
    assert_null(person_of(alice));
    assert_int_equal(client_sees(bob, "alice")->disconnect_reason,
                     LIVEKIT__DISCONNECT_REASON__CLIENT_INITIATED);
}

static void test_malformed(void **state)
{
    (void)state;
    struct client *alice = client_join("alice");

    for (int i = 0; i < 20; i++) {
        assert_false(alice->closed);
        engine_on_message(world.engine, world.now_us, alice->session, SPAN_LITERAL("\xff\xff"));
        turn();
    }
    assert_true(alice->closed);
    assert_null(person_of(alice));
    assert_int_equal(engine_stats(world.engine)->signal_malformed, 20);
}

/* Members that we do not know, or do not need, change nothing. */
static void test_ignored(void **state)
{
    (void)state;
    struct client *alice = client_join("alice");
    Livekit__SignalRequest r = request_of(REQ(TRICKLE));
    Livekit__TrickleRequest trickle = LIVEKIT__TRICKLE_REQUEST__INIT;
    Livekit__SubscriptionPermission permission = LIVEKIT__SUBSCRIPTION_PERMISSION__INIT;

    client_forget(alice);
    r.trickle = &trickle;
    client_send(alice, &r);
    r = request_of(REQ(SUBSCRIPTION_PERMISSION));
    r.subscription_permission = &permission;
    client_send(alice, &r);
    /* simulate (13), update_layers (10), and one of the future */
    const struct span unknown[] = {SPAN_LITERAL("\x6a\x02\x08\x01"), SPAN_LITERAL("\x52\x00"),
                                   SPAN_LITERAL("\xd2\x0f\x01x"), SPAN_LITERAL("")};
    for (size_t i = 0; i < sizeof unknown / sizeof unknown[0]; i++)
        engine_on_message(world.engine, world.now_us, alice->session, unknown[i]);
    run_ms(100);
    assert_null(alice->first);
    assert_false(alice->closed);
    assert_int_equal(engine_stats(world.engine)->signal_malformed, 0);
}

static void test_unsupported(void **state)
{
    (void)state;
    struct client *alice = client_join("alice");
    Livekit__SignalRequest r = request_of(REQ(PUBLISH_DATA_TRACK_REQUEST));
    Livekit__PublishDataTrackRequest publish = LIVEKIT__PUBLISH_DATA_TRACK_REQUEST__INIT;
    Livekit__UnpublishDataTrackRequest unpublish = LIVEKIT__UNPUBLISH_DATA_TRACK_REQUEST__INIT;
    Livekit__StoreDataBlobRequest store = LIVEKIT__STORE_DATA_BLOB_REQUEST__INIT;
    Livekit__GetDataBlobRequest get = LIVEKIT__GET_DATA_BLOB_REQUEST__INIT;

    publish.pub_handle = 3;
    r.publish_data_track_request = &publish;
    client_send(alice, &r);
    turn();
    const Livekit__RequestResponse *a =
        client_last(alice, RESP(REQUEST_RESPONSE))->request_response;
    assert_int_equal(a->reason, LIVEKIT__REQUEST_RESPONSE__REASON__UNSUPPORTED_TYPE);
    assert_int_equal(a->request_case, LIVEKIT__REQUEST_RESPONSE__REQUEST_PUBLISH_DATA_TRACK);
    assert_int_equal(a->publish_data_track->pub_handle, 3);
    r = request_of(REQ(UNPUBLISH_DATA_TRACK_REQUEST));
    unpublish.pub_handle = 4;
    r.unpublish_data_track_request = &unpublish;
    client_send(alice, &r);
    turn();
    a = client_last(alice, RESP(REQUEST_RESPONSE))->request_response;
    assert_int_equal(a->unpublish_data_track->pub_handle, 4);
    r = request_of(REQ(STORE_DATA_BLOB_REQUEST));
    store.request_id = 5;
    r.store_data_blob_request = &store;
    client_send(alice, &r);
    turn();
    assert_int_equal(client_last(alice, RESP(REQUEST_RESPONSE))->request_response->request_id, 5);
    r = request_of(REQ(GET_DATA_BLOB_REQUEST));
    get.request_id = 6;
    r.get_data_blob_request = &get;
    client_send(alice, &r);
    turn();
    assert_int_equal(client_last(alice, RESP(REQUEST_RESPONSE))->request_response->request_id, 6);
}

static void sync(struct client *c, const char *published, Livekit__UpdateSubscription *subscription)
{
    Livekit__SignalRequest r = request_of(REQ(SYNC_STATE));
    Livekit__SyncState state = LIVEKIT__SYNC_STATE__INIT;
    Livekit__TrackPublishedResponse track = LIVEKIT__TRACK_PUBLISHED_RESPONSE__INIT;
    Livekit__TrackPublishedResponse *tracks[] = {&track};
    Livekit__TrackInfo info = LIVEKIT__TRACK_INFO__INIT;

    r.sync_state = &state;
    track.track = &info;
    info.sid = (char *)(uintptr_t)published;
    state.publish_tracks = tracks;
    state.n_publish_tracks = published ? 1 : 0;
    state.subscription = subscription;
    client_send(c, &r);
    run_ms(100);
}

static void test_sync_state(void **state)
{
    (void)state;
    struct client *alice = client_join("alice"), *bob = client_join("bob");
    Livekit__UpdateSubscription without = LIVEKIT__UPDATE_SUBSCRIPTION__INIT;

    client_publish_audio(alice, "mic");
    char *sid = client_last(alice, RESP(TRACK_PUBLISHED))->track_published->track->sid;
    without.track_sids = &sid;
    without.n_track_sids = 1;
    assert_false(list_empty(&person_of(bob)->downtracks));
    sync(bob, NULL, &without);
    assert_true(list_empty(&person_of(bob)->downtracks));
    sync(alice, sid, NULL);
    assert_false(alice->closed);
    sync(alice, "TR_unknown", NULL);
    assert_true(alice->closed);
    assert_int_equal(client_last(alice, RESP(LEAVE))->leave->action,
                     LIVEKIT__LEAVE_REQUEST__ACTION__RECONNECT);
}

static void test_refresh(void **state)
{
    (void)state;
    struct client *alice = client_join("alice");

    for (int i = 0; i < 16; i++) {
        run_ms(19000);
        send_simple(alice, REQ(PING));
    }
    assert_int_equal(alice->refreshed, 2);
    assert_string_equal(alice->token->identity, "alice");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        WORLD_TEST(test_pings),           WORLD_TEST(test_leave),
        WORLD_TEST(test_close),           WORLD_TEST(test_silence),
        WORLD_TEST(test_never_active),    WORLD_TEST(test_no_answer),
        WORLD_TEST(test_transport_fails), WORLD_TEST(test_transport_closed),
        WORLD_TEST(test_malformed),       WORLD_TEST(test_ignored),
        WORLD_TEST(test_unsupported),     WORLD_TEST(test_sync_state),
        WORLD_TEST(test_refresh),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
