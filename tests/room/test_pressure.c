/* SPDX-License-Identifier: Apache-2.0 */
/* Fast senders and readers that do not keep up: who waits, who is dropped, what arrives. */
#include "harness.h"
#include "room/signalling.h"

#define SIZE 60000

static struct arena arena;

static struct span packet(uint32_t sequence, size_t size)
{
    static uint8_t bytes[SIZE];
    Livekit__DataPacket p = LIVEKIT__DATA_PACKET__INIT;
    Livekit__UserPacket user = LIVEKIT__USER_PACKET__INIT;

    p.value_case = LIVEKIT__DATA_PACKET__VALUE_USER;
    p.user = &user;
    p.sequence = sequence;
    user.payload = (ProtobufCBinaryData){size, bytes};
    return signal_pack(&p.base, &arena);
}

/* False when the client itself has too much waiting. */
static bool send_one(struct client *c, uint32_t sequence, size_t size)
{
    bool sent = channels_send(transport_channels(c->transports[PUBLISHER]), CHANNEL_RELIABLE,
                              packet(sequence, size)) <= CHANNEL_QUEUED;

    arena_fini(&arena);
    arena_init(&arena);
    return sent;
}

static struct client *sender(const char *identity)
{
    struct client *c = client_join(identity);

    client_offer(c, "");
    run_ms(300);
    return c;
}

/* The signal connection is alive. */
static void ping(struct client *c)
{
    Livekit__SignalRequest r = request_of(REQ(PING));

    r.ping = 1;
    client_send(c, &r);
}

/* As fast as it goes, while `reader` hears something only now and then: nobody is dropped, and all
 * of it arrives. */
static void test_burst(void **state)
{
    (void)state;
    struct client *alice = sender("alice"), *bob = client_join("bob");
    uint32_t sent = 0;
    bool held = false;

    for (unsigned turn = 0; turn < 6000 && bob->data.count < 100; turn++) {
        bob->lost = turn % 10 == 0;
        while (sent < 100 && send_one(alice, sent + 1, SIZE))
            sent++;
        run_ms(10);
        assert_true(channels_queued(
                        transport_channels(person_of(bob)->connections[SUBSCRIBER].transport)) <=
                    LIMIT_DATA_WAITING + 256 * 1024);
        held = held || person_of(alice)->held;
    }
    assert_true(held);
    assert_int_equal(bob->data.count, 100);
    assert_int_equal(count_events("too_slow"), 0);
    run_ms(100);
    assert_false(person_of(alice)->held);
    assert_int_equal(person_of(alice)->credit->bytes, 0);
}

/* A reader to whom little gets through is waited for, for minutes if need be. */
static void test_starved_reader(void **state)
{
    (void)state;
    struct client *alice = sender("alice"), *bob = client_join("bob");
    int64_t start_us = world.now_us;
    uint32_t sent = 0;

    bob->rationed = true;
    for (unsigned turn = 0; turn < 10000 && bob->data.count < 40; turn++) {
        bob->ration = 2;
        while (sent < 40 && send_one(alice, sent + 1, SIZE))
            sent++;
        run_ms(50);
        if (turn % 200 == 0) {
            ping(alice);
            ping(bob);
        }
        assert_non_null(person_of(bob));
    }
    assert_int_equal(bob->data.count, 40);
    assert_true(world.now_us - start_us > 4 * LIMIT_READER_STALL_US);
    assert_int_equal(count_events("too_slow"), 0);
}

/* One to whom next to nothing gets through is as good as dead. */
static void test_crawling_reader(void **state)
{
    (void)state;
    struct client *alice = sender("alice"), *bob = client_join("bob");
    uint32_t sent = 0;

    bob->rationed = true;
    for (unsigned turn = 0; turn < 40 && person_of(bob); turn++) {
        bob->ration = 1;
        while (sent < 40 && send_one(alice, sent + 1, SIZE))
            sent++;
        run_ms(1000);
    }
    assert_null(person_of(bob));
    assert_int_equal(count_events("too_slow"), 1);
    run_ms(100);
    assert_false(person_of(alice)->held);
}

/* Many readers die at once: they go one after the other within a second, and no more of them than
 * keep the sender held. */
static void test_dead_readers(void **state)
{
    (void)state;
    struct client *alice = sender("alice"), *carol = client_join("carol"), *dead[8];
    uint32_t sent = 0;
    char name[8];

    for (unsigned i = 0; i < 8; i++) {
        snprintf(name, sizeof name, "dead%u", i);
        dead[i] = client_join(name);
        dead[i]->lost = true;
    }
    for (unsigned turn = 0; turn < 300 && !person_of(alice)->held; turn++) {
        if (send_one(alice, sent + 1, SIZE))
            sent++;
        run_ms(10);
    }
    run_ms((unsigned)(LIMIT_READER_STALL_US / 1000) + 1000);
    assert_false(person_of(alice)->held);
    assert_in_range(count_events("too_slow"), 1, 7);
    assert_int_equal(carol->data.count, sent);
}

/* Three send as much as they can to one who is slow: all are held before its queue is full. */
static void test_many_senders(void **state)
{
    (void)state;
    struct client *senders[] = {sender("alice"), sender("carol"), sender("dave")};
    struct client *bob = client_join("bob");
    uint32_t sent[3] = {0};
    size_t most = 0;

    bob->rationed = true;
    for (unsigned turn = 0; turn < 400; turn++) {
        bob->ration = 8;
        for (unsigned i = 0; i < 3; i++)
            while (sent[i] < 60 && send_one(senders[i], sent[i] + 1, SIZE))
                sent[i]++;
        run_ms(20);
        assert_non_null(person_of(bob));
        size_t queued =
            channels_queued(transport_channels(person_of(bob)->connections[SUBSCRIBER].transport));
        most = queued > most ? queued : most;
    }
    assert_in_range(most, LIMIT_READER_CROWDED, LIMIT_READER_CROWDED + 4 * LIMIT_DATA_MESSAGE);
    bob->rationed = false;
    for (unsigned turn = 0; turn < 3000 && bob->data.count < 180; turn++) {
        for (unsigned i = 0; i < 3; i++)
            while (sent[i] < 60 && send_one(senders[i], sent[i] + 1, SIZE))
                sent[i]++;
        run_ms(10);
    }
    assert_int_equal(bob->data.count, 180);
    assert_int_equal(count_events("too_slow"), 0);
}

/* A dead reader holds a sender for a while and is then dropped; the others get everything, and what
 * a third sends comes through meanwhile. */
static void test_dead_reader(void **state)
{
    (void)state;
    struct client *alice = sender("alice"), *bob = client_join("bob"), *carol = sender("carol");
    uint32_t sent = 0;

    bob->lost = true;
    for (unsigned turn = 0; turn < 300 && !person_of(alice)->held; turn++) {
        if (send_one(alice, sent + 1, SIZE))
            sent++;
        run_ms(10);
    }
    assert_true(person_of(alice)->held);
    assert_non_null(person_of(bob));
    unsigned before = alice->data.count;
    assert_true(send_one(carol, 1, 10));
    run_ms(100);
    assert_int_equal(alice->data.count, before + 1);
    run_ms((unsigned)(LIMIT_READER_STALL_US / 1000));
    assert_null(person_of(bob));
    assert_int_equal(count_events("too_slow"), 1);
    run_ms(1000);
    assert_false(person_of(alice)->held);
    assert_int_equal(carol->data.count, sent);
    assert_true(send_one(alice, sent + 1, 10));
    run_ms(200);
    assert_int_equal(carol->data.count, sent + 1);
}

/* Who is held goes, with much of theirs still waiting. */
static void test_held_one_leaves(void **state)
{
    (void)state;
    struct client *alice = sender("alice"), *bob = client_join("bob");
    Livekit__SignalRequest r = request_of(REQ(LEAVE));
    Livekit__LeaveRequest leave = LIVEKIT__LEAVE_REQUEST__INIT;

    bob->lost = true;
    for (uint32_t sent = 0; sent < 300 && !person_of(alice)->held; sent++) {
        send_one(alice, sent + 1, SIZE);
        run_ms(10);
    }
    assert_true(person_of(alice)->held);
    r.leave = &leave;
    client_send(alice, &r);
    run_ms(100);
    assert_null(person_of(alice));
    bob->lost = false;
    run_ms(5000);
    assert_true(bob->data.count > 10);
    assert_non_null(person_of(bob));
}

static int start(void **state)
{
    arena_init(&arena);
    return world_init(state);
}

static int finish(void **state)
{
    arena_fini(&arena);
    return world_fini(state);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, start, finish)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_burst),           TEST(test_starved_reader), TEST(test_crawling_reader),
        TEST(test_dead_reader),     TEST(test_dead_readers),   TEST(test_many_senders),
        TEST(test_held_one_leaves),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
