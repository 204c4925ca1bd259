/* SPDX-License-Identifier: Apache-2.0 */
/* The engine's face: timers, sessions, requests, counters, the end. */
#include "media.h"
#include "room/signalling.h"

/* ---- timers ---- */

static struct fired {
    struct timer timer;
    unsigned count;
    int64_t at_us, again_us;
} fired[3];

static void on_fire(struct timer *t, int64_t now_us)
{
    struct fired *f = list_entry(t, struct fired, timer);

    assert_int_equal(t->node.index, 0);
    f->count++;
    f->at_us = now_us;
    if (f->again_us)
        engine_timer_set(world.engine, t, f->again_us);
    f->again_us = 0;
}

static void test_timers(void **state)
{
    (void)state;
    struct engine *e = world.engine;
    int64_t now = world.now_us;

    memset(fired, 0, sizeof fired);
    for (unsigned i = 0; i < 3; i++)
        fired[i].timer.fire = on_fire;
    assert_int_equal(engine_on_time(e, now), TIME_NEVER);
    engine_timer_set(e, &fired[0].timer, now + 300);
    engine_timer_set(e, &fired[1].timer, now + 100);
    engine_timer_set(e, &fired[2].timer, now + 200);
    assert_int_equal(engine_on_time(e, now), now + 100);
    engine_timer_cancel(e, &fired[2].timer);
    assert_int_equal(engine_on_time(e, now + 99), now + 100);
    assert_int_equal(engine_on_time(e, now + 100), now + 300);
    assert_int_equal(fired[1].count, 1);
    /* A deadline that is over already is met in the same turn, one that moved when it comes. */
    fired[0].again_us = now - 5;
    engine_timer_set(e, &fired[1].timer, now + 500);
    engine_timer_set(e, &fired[1].timer, now + 400);
    assert_int_equal(engine_on_time(e, now + 350), now + 400);
    assert_int_equal(fired[0].count, 2);
    assert_int_equal(fired[0].at_us, now + 350);
    assert_int_equal(engine_on_time(e, now + 400), TIME_NEVER);
    engine_timer_set(e, &fired[1].timer, TIME_NEVER);
    engine_timer_cancel(e, &fired[1].timer);
    assert_int_equal(engine_on_time(e, now + 1000), TIME_NEVER);
    assert_int_equal(fired[0].count + fired[1].count + fired[2].count, 4);
}

/* Whatever is going on, the deadline that is told lies ahead, so that the worker may sleep. */
static void test_deadlines_lie_ahead(void **state)
{
    (void)state;
    struct client *alice = client_join("alice");

    client_join("bob");
    publish_camera(alice);
    struct lens cam = camera_lens(alice, NULL, 7);
    for (unsigned i = 0; i < 400; i++) {
        if (i % 5)
            lens_send(&cam, i % 50 == 1);
        else
            lens_lose(&cam);
        int64_t next = engine_on_time(world.engine, world.now_us);
        assert_true(next > world.now_us && next < world.now_us + 1000000);
        run_ms(STEP_MS);
    }
}

/* ---- signalling ---- */

static void test_unknown_sessions(void **state)
{
    (void)state;
    struct client *alice = client_join("alice");
    uint64_t malformed = engine_stats(world.engine)->signal_malformed;

    engine_on_message(world.engine, world.now_us, 999, SPAN_LITERAL("\xff"));
    engine_on_message(world.engine, world.now_us, 0, SPAN_LITERAL("\xff"));
    engine_on_close(world.engine, world.now_us, 999);
    engine_on_close(world.engine, world.now_us, 0);
    engine_on_sctp(world.engine, world.now_us, 999, SPAN_LITERAL("packet"));
    assert_int_equal(engine_stats(world.engine)->signal_malformed, malformed);
    engine_on_message(world.engine, world.now_us, alice->session, SPAN_LITERAL("\xff"));
    assert_int_equal(engine_stats(world.engine)->signal_malformed, malformed + 1);
    engine_signal(world.engine, 0, SPAN_LITERAL("for nobody"));
    assert_null(outbox_take(engine_outbox(world.engine)));
    assert_false(alice->closed);
}

/* Each call is answered once, whatever it asks for. */
static void test_requests(void **state)
{
    (void)state;
    static const char *const bodies[] = {"", "\xff", "\x0a\x07meeting",
                                         "\x0a\x07meeting\x12\x05\x61lice"}; /* "alice" */

    client_join("alice");
    for (unsigned what = ENGINE_CREATE_ROOM; what <= ENGINE_UPDATE_ROOM_METADATA; what++)
        for (unsigned i = 0; i < sizeof bodies / sizeof bodies[0]; i++) {
            uint64_t id = 1000 + 10 * what + i;
            unsigned replies = 0;
            engine_on_request(world.engine, world.now_us, id, (enum engine_request)what,
                              span_of_str(bodies[i]));
            struct outbox_item *item;
            while ((item = outbox_take(engine_outbox(world.engine))) != NULL) {
                if (item->kind == OUTBOX_REPLY) {
                    assert_int_equal(item->session, id);
                    assert_true(i != 1 || strcmp(item->error, "malformed") == 0);
                    replies++;
                }
                outbox_item_free(item);
            }
            assert_int_equal(replies, 1);
        }
}

static void test_events(void **state)
{
    (void)state;
    char name[400];

    memset(name, 'n', sizeof name);
    name[sizeof name - 1] = 0;
    engine_event(world.engine, "something", name, NULL, name);
    struct outbox_item *i = outbox_take(engine_outbox(world.engine));
    assert_int_equal(i->kind, OUTBOX_EVENT);
    assert_string_equal(i->event, "something");
    assert_int_equal(strlen(i->room), LIMIT_ROOM_NAME);
    assert_string_equal(i->identity, "");
    assert_int_equal(strlen(i->detail), sizeof i->detail - 1);
    outbox_item_free(i);
}

/* ---- what media costs and leaves ---- */

static void test_drops(void **state)
{
    (void)state;
    struct client *alice = client_join("alice"), *bob = client_join("bob");
    uint8_t bytes[PACKET_CAPACITY];

    publish_camera(alice);
    struct lens cam = camera_lens(alice, NULL, 7);
    struct shot s = lens_next(&cam, true, bytes);
    shot_send(alice, &s);
    shot_send(alice, &s);
    assert_int_equal(drops(DROP_REPLAY), 1);
    s = lens_next(&cam, false, bytes);
    shot_seal(alice, &s)->bytes[20] ^= 1;
    settle();
    assert_int_equal(drops(DROP_AUTH), 1);
    shot_seal(alice, &s)->size = 20;
    settle();
    assert_int_equal(drops(DROP_MALFORMED), 1);
    shot_send(alice, &s);
    s = lens_next(&cam, false, bytes);
    /* Media on the connection where we send. */
    struct parcel *p = shot_seal(alice, &s);
    p->from = bob->addrs[SUBSCRIBER];
    settle();
    assert_int_equal(drops(DROP_AUTH), 2);
    turn();
    assert_int_equal(drop_rtp(bob), 2);
    s.ssrc = 8;
    uint64_t refused = drops(DROP_NOT_FOR_US);
    shot_seal_on(alice, SUBSCRIBER, &s);
    turn();
    assert_int_equal(person_of(alice)->stream_count, 1);
    assert_int_equal(drops(DROP_NOT_FOR_US), refused);
    assert_int_equal(drop_rtp(bob), 0);
}

static void test_stats(void **state)
{
    (void)state;
    const struct engine_stats *s = engine_stats(world.engine);
    assert_int_equal(s->rooms + s->transports + s->packets_in + s->packets_out, 0);
    struct client *alice = client_join("alice"), *bob = client_join("bob");
    struct client *carol = client_new("carol");

    carol->grant->room[0] = 'M';
    client_open(carol);
    run_ms(100);
    publish_camera(alice);
    s = engine_stats(world.engine);
    assert_int_equal(s->rooms, 2);
    assert_int_equal(s->transports, 4);
    assert_int_equal(s->people, 3);
    assert_true(s->packets_in > 0 && s->packets_out > 0);
    struct lens cam = camera_lens(alice, NULL, 7);
    uint64_t in = s->packets_in, out = s->packets_out;
    lens_send(&cam, true);
    turn();
    s = engine_stats(world.engine);
    assert_int_equal(s->packets_in, in + 1);
    assert_int_equal(s->packets_out, out + drop_rtp(bob));
    assert_int_equal(packet_pool_in_use(engine_pool(world.engine)), 1);
    person_end(person_of(alice), world.now_us, 0, 0);
    turn();
    assert_int_equal(packet_pool_in_use(engine_pool(world.engine)), 0);
    assert_int_equal(engine_stats(world.engine)->transports, 2);
}

static void test_transport_ids(void **state)
{
    (void)state;
    struct client *alice = client_join("alice"), *bob = client_join("bob");
    uint64_t a = transport_id(person_of(alice)->connections[SUBSCRIBER].transport);
    uint64_t b = transport_id(person_of(bob)->connections[SUBSCRIBER].transport);

    assert_int_equal(a >> 48, ENGINE_PREFIX);
    assert_int_equal(b >> 48, ENGINE_PREFIX);
    assert_int_not_equal(a, b);
}

static void test_wall_clock(void **state)
{
    (void)state;
    assert_int_equal(engine_unix_ms(world.engine, 5999), 1700000000005);
}

/* ---- the end ---- */

static void test_shutdown(void **state)
{
    (void)state;
    struct client *alice = client_join("alice"), *carol = client_new("carol");

    carol->grant->room[0] = 'M';
    client_open(carol);
    run_ms(100);
    engine_shutdown(world.engine, world.now_us);
    settle();
    struct client *both[] = {alice, carol};
    for (unsigned i = 0; i < 2; i++) {
        const Livekit__LeaveRequest *leave = client_last(both[i], RESP(LEAVE))->leave;
        assert_int_equal(leave->action, LIVEKIT__LEAVE_REQUEST__ACTION__RECONNECT);
        assert_int_equal(leave->reason, LIVEKIT__DISCONNECT_REASON__SERVER_SHUTDOWN);
        assert_true(leave->can_reconnect);
        assert_true(both[i]->closed);
        assert_int_equal(client_count(both[i], RESP(LEAVE)), 1);
    }
    assert_int_equal(world.engine->sessions.count, 0);
    engine_shutdown(world.engine, world.now_us);
    settle();
    assert_int_equal(client_count(alice, RESP(LEAVE)), 1);
}

/* In the middle of everything: what is kept, queued and due goes with it. */
static void test_end(void **state)
{
    (void)state;
    struct client *alice = client_join("alice"), *bob = client_join("bob");

    publish_simulcast(alice);
    struct lens low = camera_lens(alice, "q", 1), high = camera_lens(alice, "f", 3);
    lens_send(&low, true);
    lens_send(&high, true);
    turn();
    lens_lose(&high);
    lens_send(&high, false);
    bob->mute_answers = true;
    publish_microphone(bob);
    client_open(client_new("carol"));
    engine_free(NULL);
    /* The rest is done, and checked for leaks, when the test ends. */
    assert_true(packet_pool_in_use(engine_pool(world.engine)) > 0);
}

#ifdef BEDRUD_MEDIA_TAP
static unsigned tapped;

static void on_tap(void *arg, struct span rtp)
{
    struct rtp header;

    assert_ptr_equal(arg, &tapped);
    assert_true(rtp_parse(rtp, &header));
    assert_int_equal(header.ssrc, 7);
    assert_int_equal(header.payload.size, VP8_DESCRIPTOR + 100);
    tapped++;
}

static void test_tap(void **state)
{
    (void)state;
    struct client *alice = client_join("alice");

    publish_camera(alice);
    struct lens cam = camera_lens(alice, NULL, 7);
    engine_set_tap(world.engine, on_tap, &tapped);
    lens_send(&cam, true);
    assert_int_equal(tapped, 1);
}
#endif

int main(void)
{
    const struct CMUnitTest tests[] = {
        WORLD_TEST(test_timers),
        WORLD_TEST(test_deadlines_lie_ahead),
        WORLD_TEST(test_unknown_sessions),
        WORLD_TEST(test_requests),
        WORLD_TEST(test_events),
        WORLD_TEST(test_drops),
        WORLD_TEST(test_stats),
        WORLD_TEST(test_transport_ids),
        WORLD_TEST(test_wall_clock),
        WORLD_TEST(test_shutdown),
        WORLD_TEST(test_end),
#ifdef BEDRUD_MEDIA_TAP
        WORLD_TEST(test_tap),
#endif
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
