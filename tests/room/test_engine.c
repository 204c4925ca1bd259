/* SPDX-License-Identifier: Apache-2.0 */
/* The engine's face: whose datagram it is, what strangers cost, addresses, timers, counters, the
 * end. */
#include "media.h"
#include "room/signalling.h"

static const struct addr stranger = {
    .ip = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 203, 0, 113, 9}, .port = 999};

static void give(const struct addr *from, struct span bytes)
{
    struct packet *p = packet_new(engine_pool(world.engine));

    p->from = *from;
    p->size = (uint32_t)bytes.size;
    p->received_us = world.now_us;
    memcpy(p->data, bytes.data, bytes.size);
    engine_on_packet(world.engine, world.now_us, p);
    packet_unref(p);
}

/* Datagrams that the engine wants sent; they are forgotten. */
static unsigned answers(void)
{
    struct outbox *o = engine_outbox(world.engine);
    unsigned n = 0;

    for (uint32_t i = 0; i < o->run_count; i++)
        n += o->runs[i].segments;
    outbox_sent(o);
    return n;
}

/* A connectivity check for a local ufrag. */
static struct span check(const char *ufrag, const char *password, bool nominate, uint8_t *out)
{
    static uint8_t transaction[12];
    struct writer w = writer_of(out, PACKET_CAPACITY);
    char username[100];

    transaction[0]++;
    snprintf(username, sizeof username, "%s:them", ufrag);
    stun_write_check(&w, &(struct stun_check){.transaction = span_of(transaction, 12),
                                              .username = span_of_str(username),
                                              .password = span_of_str(password),
                                              .priority = 1,
                                              .controlling = true,
                                              .use_candidate = nominate});
    return writer_span(&w);
}

static struct connection *connection_of(const struct client *c, enum side side)
{
    return &person_of(c)->connections[side];
}

static void give_check(const struct client *c, const struct addr *from, bool nominate)
{
    uint8_t bytes[PACKET_CAPACITY];
    struct transport *t = connection_of(c, SUBSCRIBER)->transport;
    struct ice_credentials local = transport_ice(t)->local;

    give(from, check(local.ufrag, local.pwd, nominate, bytes));
}

/* ---- strangers ---- */

static void test_strangers(void **state)
{
    (void)state;
    struct client *alice = client_join("alice");
    const struct ice *ice = transport_ice(connection_of(alice, SUBSCRIBER)->transport);
    static const uint8_t rtp[40] = {0x80, 96}, rtcp[40] = {0x80, 200}, dtls[40] = {22, 254, 253};
    uint8_t bytes[PACKET_CAPACITY];
    size_t known = world.engine->by_addr.count;
    uint64_t in = engine_stats(world.engine)->packets_in;

    outbox_sent(engine_outbox(world.engine));
    give(&stranger, span_of(rtp, sizeof rtp));
    give(&stranger, span_of(rtcp, sizeof rtcp));
    give(&stranger, span_of(dtls, sizeof dtls));
    give(&stranger, span_of(rtp, 0));
    give(&stranger, check("nobody", "password", true, bytes));
    give(&stranger, span_of(bytes, 7));
    assert_int_equal(drops(DROP_NOT_FOR_US), 6);
    assert_int_equal(drops(DROP_ICE_AUTH), 0);
    for (unsigned i = 0; i < 500; i++) {
        struct addr from = stranger;
        from.port = (uint16_t)(1000 + i);
        give(&from, check(ice->local.ufrag, "not the password, which has 32", true, bytes));
    }
    assert_int_equal(drops(DROP_ICE_AUTH), 500);
    assert_int_equal(answers(), 0);
    assert_int_equal(world.engine->by_addr.count, known);
    assert_int_equal(engine_stats(world.engine)->packets_in, in + 506);
    assert_int_equal(packet_pool_in_use(engine_pool(world.engine)), 0);
}

/* Who can only replay what an authentic client sent gets nowhere either. */
static void test_username_forms(void **state)
{
    (void)state;
    struct client *alice = client_join("alice");
    struct ice_credentials local =
        transport_ice(connection_of(alice, SUBSCRIBER)->transport)->local;
    uint8_t bytes[PACKET_CAPACITY];
    char prefix[8], longer[40];

    snprintf(prefix, sizeof prefix, "%.5s", local.ufrag);
    snprintf(longer, sizeof longer, "%sx", local.ufrag);
    give(&stranger, check(prefix, local.pwd, true, bytes));
    give(&stranger, check(longer, local.pwd, true, bytes));
    give(&stranger, check("", local.pwd, true, bytes));
    assert_int_equal(drops(DROP_NOT_FOR_US), 3);
    assert_null(map_get(&world.engine->by_addr, addr_key(&stranger)));
    give(&stranger, check(local.ufrag, local.pwd, false, bytes));
    assert_non_null(map_get(&world.engine->by_addr, addr_key(&stranger)));
}

static void test_flood(void **state)
{
    (void)state;
    struct client *alice = client_join("alice");

    world.now_us += 2000000;
    outbox_sent(engine_outbox(world.engine));
    for (unsigned i = 0; i < LIMIT_STUN_PER_TRANSPORT_PER_S + 50; i++)
        give_check(alice, &alice->addrs[SUBSCRIBER], false);
    assert_int_equal(answers(), LIMIT_STUN_PER_TRANSPORT_PER_S);
    world.now_us += 1000000;
    give_check(alice, &alice->addrs[SUBSCRIBER], false);
    assert_int_equal(answers(), 1);
}

/* ---- addresses ---- */

static void test_addresses_are_bounded(void **state)
{
    (void)state;
    struct client *alice = client_join("alice");
    const struct addr *selected = &alice->addrs[SUBSCRIBER];
    struct map *by_addr = &world.engine->by_addr;
    struct addr from = stranger;
    size_t before = by_addr->count;

    for (unsigned i = 0; i < 5 * LIMIT_ADDRS_PER_TRANSPORT; i++) {
        from.port = (uint16_t)(1000 + i);
        give_check(alice, &from, false);
        assert_ptr_equal(map_get(by_addr, addr_key(&from)),
                         connection_of(alice, SUBSCRIBER)->transport);
        assert_non_null(map_get(by_addr, addr_key(selected)));
    }
    assert_int_equal(by_addr->count, before + LIMIT_ADDRS_PER_TRANSPORT - 1);
    assert_true(
        addr_equal(transport_remote(connection_of(alice, SUBSCRIBER)->transport), selected));
    from.port = 1000;
    assert_null(map_get(by_addr, addr_key(&from)));
}

/* Two people behind one address, one after the other: the last authentic check decides. */
static void test_address_changes_hands(void **state)
{
    (void)state;
    struct client *alice = client_join("alice"), *bob = client_join("bob");
    struct map *by_addr = &world.engine->by_addr;
    struct addr from = stranger;

    for (unsigned i = 0; i < 2 * LIMIT_ADDRS_PER_TRANSPORT; i++) {
        give_check(bob, &alice->addrs[SUBSCRIBER], false);
        assert_ptr_equal(map_get(by_addr, addr_key(&alice->addrs[SUBSCRIBER])),
                         connection_of(bob, SUBSCRIBER)->transport);
        give_check(alice, &alice->addrs[SUBSCRIBER], false);
    }
    for (unsigned i = 0; i < 2 * LIMIT_ADDRS_PER_TRANSPORT; i++) {
        from.port = (uint16_t)(1000 + i);
        give_check(alice, &from, false);
        assert_ptr_equal(map_get(by_addr, addr_key(&alice->addrs[SUBSCRIBER])),
                         connection_of(alice, SUBSCRIBER)->transport);
    }
    person_end(person_of(bob), world.now_us, 0, 0);
    assert_ptr_equal(map_get(by_addr, addr_key(&alice->addrs[SUBSCRIBER])),
                     connection_of(alice, SUBSCRIBER)->transport);
}

/* The same client from a new place: silent until a check is authentic, then both ways. */
static void test_moving(void **state)
{
    (void)state;
    struct client *alice = client_join("alice"), *bob = client_join("bob");

    publish_microphone(alice);
    run_ms(100);
    struct lens mic = microphone_lens(alice, 1);
    lens_send(&mic, false);
    turn();
    assert_int_equal(drop_rtp(bob), 1);
    uint64_t refused = drops(DROP_NOT_FOR_US);
    alice->addrs[PUBLISHER] = addr_v4(203, 0, 113, 1, 5000);
    lens_send(&mic, false);
    turn();
    assert_int_equal(drop_rtp(bob), 0);
    assert_int_equal(drops(DROP_NOT_FOR_US), refused + 1);
    run_ms(2500); /* the client checks every two seconds */
    lens_send(&mic, false);
    turn();
    assert_int_equal(drop_rtp(bob), 1);
    bob->addrs[SUBSCRIBER] = addr_v4(203, 0, 113, 2, 5001);
    run_ms(2500);
    lens_send(&mic, false);
    turn();
    assert_int_equal(drop_rtp(bob), 1);
    assert_true(addr_equal(transport_remote(connection_of(bob, SUBSCRIBER)->transport),
                           &bob->addrs[SUBSCRIBER]));
}

/* ---- credentials ---- */

static void resume(struct client *c)
{
    c->grant->reconnect = true;
    client_open(c);
    transport_restart_ice(c->transports[SUBSCRIBER]);
    run_ms(3000);
}

/* After a restart the old name leads to the transport until the new one is nominated, and nowhere
 * after that; least of all when the transport is gone. */
static void test_old_credentials(void **state)
{
    (void)state;
    struct client *alice = client_join("alice");
    size_t names = world.engine->by_ufrag.count;
    struct ice_credentials old = transport_ice(connection_of(alice, SUBSCRIBER)->transport)->local;
    uint8_t bytes[PACKET_CAPACITY];

    alice->grant->reconnect = true;
    alice->mute_answers = true;
    client_open(alice);
    give(&stranger, check(old.ufrag, old.pwd, false, bytes));
    assert_non_null(map_get(&world.engine->by_addr, addr_key(&stranger)));
    assert_int_equal(world.engine->by_ufrag.count, names + 1);
    give_check(alice, &alice->addrs[SUBSCRIBER], true);
    assert_int_equal(world.engine->by_ufrag.count, names);
    uint64_t refused = drops(DROP_NOT_FOR_US);
    give(&stranger, check(old.ufrag, old.pwd, false, bytes));
    assert_int_equal(drops(DROP_NOT_FOR_US), refused + 1);
    person_end(person_of(alice), world.now_us, 0, 0);
    turn();
    assert_int_equal(world.engine->by_ufrag.count, 0);
    assert_int_equal(world.engine->by_addr.count, 0);
    give(&stranger, check(old.ufrag, old.pwd, false, bytes));
    assert_int_equal(drops(DROP_NOT_FOR_US), refused + 2);
}

static void test_many_restarts(void **state)
{
    (void)state;
    struct client *alice = client_join("alice");
    size_t names = world.engine->by_ufrag.count;

    for (unsigned i = 0; i < 5; i++) {
        resume(alice);
        assert_false(alice->closed);
        assert_int_equal(world.engine->by_ufrag.count, names);
    }
    /* Never answered: what was in use stays in use. */
    alice->mute_answers = true;
    for (unsigned i = 0; i < 5; i++) {
        client_open(alice);
        assert_int_equal(world.engine->by_ufrag.count, names + 1);
    }
}

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
    uint64_t a = transport_id(connection_of(alice, SUBSCRIBER)->transport);
    uint64_t b = transport_id(connection_of(bob, SUBSCRIBER)->transport);

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
        WORLD_TEST(test_strangers),
        WORLD_TEST(test_username_forms),
        WORLD_TEST(test_flood),
        WORLD_TEST(test_addresses_are_bounded),
        WORLD_TEST(test_address_changes_hands),
        WORLD_TEST(test_moving),
        WORLD_TEST(test_old_credentials),
        WORLD_TEST(test_many_restarts),
        WORLD_TEST(test_timers),
        WORLD_TEST(test_deadlines_lie_ahead),
        WORLD_TEST(test_unknown_sessions),
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
