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
    run_ms((unsigned)(LIMIT_HOLD_US / 1000));
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
        TEST(test_burst),
        TEST(test_dead_reader),
        TEST(test_held_one_leaves),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
