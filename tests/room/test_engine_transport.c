/* SPDX-License-Identifier: Apache-2.0 */
/* Whose datagram it is: what strangers cost, addresses that change, credentials from before a
 * restart. */
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
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
