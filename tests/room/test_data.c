/* SPDX-License-Identifier: Apache-2.0 */
/* Data packets over real channels: who gets what, in which form, once and in order. */
#include "harness.h"
#include "room/signalling.h"

static struct arena arena;

/* A user packet; `to` may be NULL. */
static struct span user_packet(uint32_t sequence, const char *text, const char *to)
{
    Livekit__DataPacket p = LIVEKIT__DATA_PACKET__INIT;
    Livekit__UserPacket user = LIVEKIT__USER_PACKET__INIT;
    char *list[] = {(char *)(uintptr_t)to};

    p.value_case = LIVEKIT__DATA_PACKET__VALUE_USER;
    p.user = &user;
    p.sequence = sequence;
    p.participant_identity = (char *)(uintptr_t) "forged";
    p.participant_sid = (char *)(uintptr_t) "PA_forged";
    p.destination_identities = list;
    p.n_destination_identities = to ? 1 : 0;
    user.payload = (ProtobufCBinaryData){strlen(text), (uint8_t *)(uintptr_t)text};
    return signal_pack(&p.base, &arena);
}

static void send_data(struct client *c, enum channel_label label, struct span bytes)
{
    channels_send(transport_channels(c->transports[PUBLISHER]), label, bytes);
}

static const Livekit__DataPacket *received(const struct client *c, unsigned index)
{
    const struct parcel *p = c->data.first;

    while (p && index-- > 0)
        p = p->next;
    assert_non_null(p);
    return (const Livekit__DataPacket *)(const void *)signal_parse(
        &livekit__data_packet__descriptor, span_of(p->bytes, p->size), &arena);
}

static void assert_payload(const Livekit__DataPacket *p, const char *text)
{
    assert_int_equal(p->value_case, LIVEKIT__DATA_PACKET__VALUE_USER);
    assert_int_equal(p->user->payload.len, strlen(text));
    assert_memory_equal(p->user->payload.data, text, strlen(text));
}

/* Joined, with open channels upstream. */
static struct client *sender(const char *identity)
{
    struct client *c = client_join(identity);

    client_offer(c, "");
    run_ms(300);
    return c;
}

static void test_to_everybody(void **state)
{
    (void)state;
    struct client *alice = sender("alice"), *bob = client_join("bob"),
                  *carol = client_join("carol");

    send_data(alice, CHANNEL_RELIABLE, user_packet(1, "hello", NULL));
    send_data(alice, CHANNEL_LOSSY, user_packet(0, "fast", NULL));
    run_ms(100);
    assert_int_equal(alice->data.count, 0);
    assert_int_equal(carol->data.count, 2);
    assert_int_equal(bob->data.count, 2);
    unsigned lossy = bob->data.first->label == CHANNEL_LOSSY ? 0 : 1;
    const Livekit__DataPacket *p = received(bob, 1 - lossy);
    assert_payload(p, "hello");
    assert_int_equal(p->kind, LIVEKIT__DATA_PACKET__KIND__RELIABLE);
    assert_string_equal(p->participant_identity, "alice");
    assert_string_equal(p->participant_sid, person_of(alice)->sid);
    assert_int_equal(p->sequence, 1);
    assert_payload(received(bob, lossy), "fast");
    assert_int_equal(received(bob, lossy)->kind, LIVEKIT__DATA_PACKET__KIND__LOSSY);
}

/* In a crowded room people hear of newcomers a little later, but not later than from them. */
static void test_from_newcomer(void **state)
{
    (void)state;
    struct client *alice = client_join("alice");
    char identity[16];
    bool sent = false;

    for (unsigned i = 0; i < 22; i++) {
        snprintf(identity, sizeof identity, "guest-%u", i);
        client_open(client_new(identity));
    }
    run_ms(500);
    client_open(client_new("first"));
    struct client *newest = client_new("newest");
    client_open(newest);
    client_offer(newest, "");
    assert_null(client_sees(alice, "newest"));
    for (unsigned i = 0; i < 9 && !alice->data.first; i++) {
        if (!sent &&
            channels_is_open(transport_channels(newest->transports[PUBLISHER]), CHANNEL_RELIABLE)) {
            assert_null(client_sees(alice, "newest"));
            send_data(newest, CHANNEL_RELIABLE, user_packet(1, "hello", NULL));
            sent = true;
        }
        run_ms(10);
    }
    assert_payload(received(alice, 0), "hello");
    assert_non_null(client_sees(alice, "newest"));
}

static void test_addressed(void **state)
{
    (void)state;
    struct client *alice = sender("alice"), *bob = client_join("bob"),
                  *carol = client_join("carol");

    send_data(alice, CHANNEL_RELIABLE, user_packet(1, "to carol", "carol"));
    send_data(alice, CHANNEL_LOSSY, user_packet(0, "to carol", "carol"));
    send_data(alice, CHANNEL_RELIABLE, user_packet(2, "to nobody", "nobody"));
    run_ms(100);
    assert_int_equal(bob->data.count, 0);
    assert_int_equal(carol->data.count, 2);
}

static void test_duplicates(void **state)
{
    (void)state;
    struct client *alice = sender("alice"), *bob = client_join("bob");
    static const uint32_t sent[] = {1, 2, 2, 1, 3, 0, 0, 5, 4};

    for (size_t i = 0; i < sizeof sent / sizeof sent[0]; i++)
        send_data(alice, CHANNEL_RELIABLE, user_packet(sent[i], "x", NULL));
    run_ms(100);
    assert_int_equal(bob->data.count, 6);
    assert_int_equal(received(bob, 0)->sequence, 1);
    assert_int_equal(received(bob, 2)->sequence, 3);
    assert_int_equal(received(bob, 5)->sequence, 5);
    assert_int_equal(person_of(alice)->last_sequence, 5);
}

static void test_not_allowed(void **state)
{
    (void)state;
    struct client *alice = sender("alice"), *bob = client_join("bob");

    person_of(alice)->grant->permission.can_publish_data = false;
    send_data(alice, CHANNEL_RELIABLE, user_packet(1, "x", NULL));
    run_ms(100);
    assert_int_equal(bob->data.count, 0);
    assert_int_equal(person_of(alice)->last_sequence, 0);
}

static void test_malformed(void **state)
{
    (void)state;
    struct client *alice = sender("alice"), *bob = client_join("bob");

    send_data(alice, CHANNEL_RELIABLE, SPAN_LITERAL("\xff\xff\xff"));
    send_data(alice, CHANNEL_RELIABLE, SPAN_LITERAL("\x80\x01\x05")); /* a sequence, no value */
    run_ms(100);
    assert_int_equal(bob->data.count, 0);
    assert_int_equal(engine_stats(world.engine)->signal_malformed, 1);
}

static void test_hidden(void **state)
{
    (void)state;
    struct client *ghost = client_new("ghost"), *bob = client_join("bob");

    ghost->grant->permission.hidden = true;
    client_open(ghost);
    client_offer(ghost, "");
    run_ms(300);
    send_data(ghost, CHANNEL_RELIABLE, user_packet(1, "boo", NULL));
    run_ms(100);
    assert_string_equal(received(bob, 0)->participant_identity, "");
    assert_string_equal(received(bob, 0)->participant_sid, "");
}

/* A channel with another name: its messages are user packets. The transport's side of it is tested
 * with the channels; here the message comes as they hand it over. */
static void test_other_channel(void **state)
{
    (void)state;
    struct client *alice = sender("alice"), *bob = client_join("bob");
    const struct channel_message m = {.label = CHANNEL_OTHER, .bytes = SPAN_LITERAL("raw")};

    data_on_message(person_of(alice), world.now_us, PUBLISHER, &m);
    data_on_message(person_of(alice), world.now_us, SUBSCRIBER, &m);
    run_ms(100);
    assert_int_equal(bob->data.count, 1);
    assert_int_equal(bob->data.first->label, CHANNEL_RELIABLE);
    assert_payload(received(bob, 0), "raw");
    assert_string_equal(received(bob, 0)->participant_sid, "");
    assert_int_equal(received(bob, 0)->user->_topic_case, LIVEKIT__USER_PACKET___TOPIC__NOT_SET);
}

static struct span sealed_under(uint32_t sequence, uint32_t key_index)
{
    Livekit__DataPacket p = LIVEKIT__DATA_PACKET__INIT;
    Livekit__EncryptedPacket sealed = LIVEKIT__ENCRYPTED_PACKET__INIT;

    p.value_case = LIVEKIT__DATA_PACKET__VALUE_ENCRYPTED_PACKET;
    p.encrypted_packet = &sealed;
    p.sequence = sequence;
    sealed.key_index = key_index;
    sealed.encrypted_value = (ProtobufCBinaryData){4, (uint8_t *)(uintptr_t) "\1\2\3\4"};
    return signal_pack(&p.base, &arena);
}

static struct span sealed_packet(uint32_t sequence)
{
    return sealed_under(sequence, 0);
}

/* Native clients do not survive a key index beyond their ring. */
static void test_key_index(void **state)
{
    (void)state;
    struct client *alice = sender("alice"), *bob = client_join("bob");

    send_data(alice, CHANNEL_RELIABLE, sealed_under(1, 16));
    send_data(alice, CHANNEL_LOSSY, sealed_under(0, UINT32_MAX));
    send_data(alice, CHANNEL_RELIABLE, sealed_under(2, 15));
    run_ms(100);
    assert_int_equal(bob->data.count, 1);
    assert_int_equal(received(bob, 0)->encrypted_packet->key_index, 15);
    assert_int_equal(engine_stats(world.engine)->refused_key_indexes, 2);
}

/* Nobody can speak as the server does. */
static void test_forged_notice(void **state)
{
    (void)state;
    struct client *alice = sender("alice"), *bob = client_join("bob");
    Livekit__DataPacket p = LIVEKIT__DATA_PACKET__INIT;
    Livekit__UserPacket user = LIVEKIT__USER_PACKET__INIT;

    p.value_case = LIVEKIT__DATA_PACKET__VALUE_USER;
    p.user = &user;
    p.sequence = 1;
    user.payload = (ProtobufCBinaryData){2, (uint8_t *)(uintptr_t) "{}"};
    user._topic_case = LIVEKIT__USER_PACKET___TOPIC_TOPIC;
    user.topic = (char *)(uintptr_t) "system";
    send_data(alice, CHANNEL_RELIABLE, signal_pack(&p.base, &arena));
    send_data(alice, CHANNEL_LOSSY, signal_pack(&p.base, &arena));
    user.topic = (char *)(uintptr_t) "systems";
    send_data(alice, CHANNEL_RELIABLE, signal_pack(&p.base, &arena));
    run_ms(100);
    assert_int_equal(bob->data.count, 1);
    assert_string_equal(received(bob, 0)->user->topic, "systems");
    assert_int_equal(engine_stats(world.engine)->refused_forged_data, 2);
}

/* A notice waits for its person, and is nobody else's. */
static void test_notice_waits(void **state)
{
    (void)state;
    struct client *bob = client_join("bob"), *alice = client_new("alice");

    client_open(alice);
    data_send_notice(person_of(alice), "{\"type\":\"system\"}");
    assert_int_equal(alice->data.count, 0);
    run_ms(300);
    assert_int_equal(alice->data.count, 1);
    assert_payload(received(alice, 0), "{\"type\":\"system\"}");
    assert_string_equal(received(alice, 0)->user->topic, "system");
    assert_string_equal(received(alice, 0)->participant_identity, "");
    assert_int_equal(bob->data.count, 0);
}

static void test_encrypted_room(void **state)
{
    (void)state;
    struct client *alice = sender("alice"), *bob = client_join("bob");

    the_room()->e2ee = true;
    send_data(alice, CHANNEL_RELIABLE, user_packet(1, "clear", NULL));
    send_data(alice, CHANNEL_LOSSY, user_packet(0, "clear", NULL));
    send_data(alice, CHANNEL_RELIABLE, sealed_packet(2));
    run_ms(100);
    assert_int_equal(bob->data.count, 1);
    const Livekit__DataPacket *p = received(bob, 0);
    assert_int_equal(p->value_case, LIVEKIT__DATA_PACKET__VALUE_ENCRYPTED_PACKET);
    assert_memory_equal(p->encrypted_packet->encrypted_value.data, "\1\2\3\4", 4);
    assert_string_equal(p->participant_identity, "alice");
    assert_int_equal(person_of(alice)->clear_data_refused, 2);
    assert_int_equal(the_room()->refused_clear_data, 2);
    assert_int_equal(engine_stats(world.engine)->refused_clear_data, 2);
    assert_int_equal(count_events("clear_data_refused"), 2);
}

/* Said after they joined and before their connection was up. */
static void test_joining(void **state)
{
    (void)state;
    struct client *alice = sender("alice"), *bob = client_new("bob");

    send_data(alice, CHANNEL_RELIABLE, user_packet(1, "too early", NULL));
    run_ms(100);
    bob->lost = true;
    client_open(bob);
    send_data(alice, CHANNEL_RELIABLE, user_packet(2, "in time", NULL));
    send_data(alice, CHANNEL_RELIABLE, user_packet(3, "not for you", "carol"));
    send_data(alice, CHANNEL_LOSSY, user_packet(0, "gone", NULL));
    run_ms(500);
    bob->lost = false;
    run_ms(3000);
    assert_true(person_of(bob)->was_active);
    assert_int_equal(bob->data.count, 1);
    assert_payload(received(bob, 0), "in time");
}

static void resume(struct client *c)
{
    c->grant->reconnect = true;
    str_set(&c->grant->reconnect_sid, person_of(c)->sid);
    client_open(c);
}

static void send_states(struct client *c, const char *sid, uint32_t last)
{
    Livekit__SignalRequest r = request_of(REQ(SYNC_STATE));
    Livekit__SyncState sync = LIVEKIT__SYNC_STATE__INIT;
    Livekit__DataChannelReceiveState one = LIVEKIT__DATA_CHANNEL_RECEIVE_STATE__INIT;
    Livekit__DataChannelReceiveState *list[] = {&one};

    r.sync_state = &sync;
    one.publisher_sid = (char *)(uintptr_t)sid;
    one.last_seq = last;
    sync.datachannel_receive_states = list;
    sync.n_datachannel_receive_states = 1;
    client_send(c, &r);
}

/* Both ends lose their connections for a while; the sender sends again what was not confirmed. */
static void test_resume(void **state)
{
    (void)state;
    struct client *alice = sender("alice"), *bob = client_join("bob");

    for (uint32_t i = 1; i <= 128; i++) {
        if (i == 20) {
            engine_on_close(world.engine, world.now_us, alice->session);
            alice->lost = true;
        }
        if (i == 40) {
            alice->lost = false;
            resume(alice);
            const uint32_t known = client_last(alice, RESP(RECONNECT))->reconnect->last_message_seq;
            assert_in_range(known, 1, 19);
            for (uint32_t again = known + 1; again < 40; again++)
                send_data(alice, CHANNEL_RELIABLE, user_packet(again, "x", NULL));
            engine_on_close(world.engine, world.now_us, bob->session);
            bob->lost = true;
        }
        if (i == 80) {
            bob->lost = false;
            resume(bob);
            send_states(bob, person_of(alice)->sid, received(bob, bob->data.count - 1)->sequence);
        }
        send_data(alice, CHANNEL_RELIABLE, user_packet(i, "x", NULL));
        run_ms(10);
    }
    run_ms(8000);
    assert_int_equal(bob->data.count, 128);
    for (uint32_t i = 0; i < 128; i++)
        assert_int_equal(received(bob, i)->sequence, i + 1);
}

/* A client that says it never got what surely arrived gets it again, from there. */
static void test_replay(void **state)
{
    (void)state;
    struct client *alice = sender("alice"), *bob = client_join("bob");

    for (uint32_t i = 1; i <= 5; i++)
        send_data(alice, CHANNEL_RELIABLE, user_packet(i, "x", NULL));
    send_data(alice, CHANNEL_RELIABLE, user_packet(6, "x", "carol"));
    run_ms(1200);
    send_states(bob, person_of(alice)->sid, 5);
    run_ms(100);
    assert_int_equal(bob->data.count, 5);
    send_states(bob, person_of(alice)->sid, 3);
    run_ms(100);
    assert_int_equal(bob->data.count, 7);
    assert_int_equal(received(bob, 5)->sequence, 4);
    assert_int_equal(received(bob, 6)->sequence, 5);
    /* What was sent just now is on its way. */
    send_data(alice, CHANNEL_RELIABLE, user_packet(7, "x", NULL));
    run_ms(5);
    send_states(bob, person_of(alice)->sid, 5);
    run_ms(100);
    assert_int_equal(bob->data.count, 8);
}

static void test_slow_reader(void **state)
{
    (void)state;
    struct client *alice = sender("alice"), *bob = client_join("bob"),
                  *carol = client_join("carol");
    static char text[60001];

    memset(text, 'x', sizeof text - 1);
    bob->lost = true;
    for (uint32_t i = 1; i <= 60; i++) {
        send_data(alice, CHANNEL_RELIABLE, user_packet(i, text, NULL));
        run_ms(50);
    }
    run_ms((unsigned)(LIMIT_READER_STALL_US / 1000) + 2000);
    assert_null(person_of(bob));
    assert_int_equal(count_events("too_slow"), 1);
    assert_int_equal(carol->data.count, 60);
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
        TEST(test_to_everybody),  TEST(test_addressed),      TEST(test_duplicates),
        TEST(test_not_allowed),   TEST(test_malformed),      TEST(test_hidden),
        TEST(test_other_channel), TEST(test_encrypted_room), TEST(test_forged_notice),
        TEST(test_key_index),     TEST(test_notice_waits),   TEST(test_joining),
        TEST(test_resume),        TEST(test_replay),         TEST(test_slow_reader),
        TEST(test_from_newcomer),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
