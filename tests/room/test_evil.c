/* SPDX-License-Identifier: Apache-2.0 */
/* The hostile server's lies and its attacks on data are really carried out, each only when it was
 * chosen. (Those on media are in tests/sim/test_evil.c.) */
#include "room/evil.h"

#include "harness.h"
#include "room/signalling.h"

#define GCM LIVEKIT__ENCRYPTION__TYPE__GCM

static int begin(void **state)
{
    const char *bad = NULL;

    assert_true(evil_choose(*state, &bad));
    return world_init(state);
}

static void encrypt_room(void)
{
    Livekit__CreateRoomRequest q = LIVEKIT__CREATE_ROOM_REQUEST__INIT;
    struct arena a;

    arena_init(&a);
    q.name = (char *)(uintptr_t) "meeting";
    q.metadata = (char *)(uintptr_t) "{\"e2ee\":true}";
    assert_non_null(call(ENGINE_CREATE_ROOM, &q.base, &livekit__room__descriptor, &a));
    arena_fini(&a);
}

static const char *metadata_told(const struct client *c)
{
    return client_last(c, RESP(JOIN))->join->room->metadata;
}

static void test_names(void **state)
{
    (void)state;
    const char *bad = NULL;

    assert_true(evil_choose("swap,clear-room", &bad));
    assert_true(evil_is(EVIL_SWAP) && evil_is(EVIL_CLEAR_ROOM));
    assert_false(evil_is(EVIL_TRAILER));
    assert_true(evil_choose(NULL, &bad) && evil_choose("", &bad));
    assert_false(evil_is(EVIL_SWAP));
    assert_false(evil_choose("swap,sw,trailer", &bad));
    assert_string_equal(bad, "sw,trailer");
    assert_false(evil_choose("Swap", &bad));
}

/* Nothing chosen: an honest server. */
static void test_honest(void **state)
{
    (void)state;
    encrypt_room();
    struct client *alice = client_join("alice"), *bob = client_join("bob");
    const ProtobufCBinaryData *mine = &client_last(alice, RESP(JOIN))->join->sif_trailer,
                              *other = &client_last(bob, RESP(JOIN))->join->sif_trailer;

    assert_string_equal(metadata_told(bob), "{\"e2ee\":true}");
    assert_true(the_room()->e2ee);
    assert_int_equal(mine->len, other->len);
    assert_memory_not_equal(mine->data, other->data, mine->len);
    client_add(alice, "mic", false, GCM);
    client_offer(alice, AUDIO_SECTION("1", "mic"));
    run_ms(200);
    assert_int_equal(client_sees(bob, "alice")->tracks[0]->encryption, GCM);
    assert_int_equal(count_events("evil"), 0);
}

static void test_clear_room(void **state)
{
    (void)state;
    encrypt_room();
    struct client *alice = client_join("alice");

    assert_string_equal(metadata_told(alice), "{\"e2ee\":false}");
    client_add(alice, "mic", false, LIVEKIT__ENCRYPTION__TYPE__NONE);
    run_ms(50);
    /* It would also take what is clear. */
    assert_int_equal(client_count(alice, RESP(TRACK_PUBLISHED)), 1);
    assert_int_not_equal(count_events("evil"), 0); /* each time it is asked for */
}

static void test_clear_tracks(void **state)
{
    (void)state;
    encrypt_room();
    struct client *alice = client_join("alice"), *bob = client_join("bob");

    client_add(alice, "mic", false, GCM);
    client_offer(alice, AUDIO_SECTION("1", "mic"));
    run_ms(200);
    assert_int_equal(client_sees(bob, "alice")->tracks[0]->encryption,
                     LIVEKIT__ENCRYPTION__TYPE__NONE);
    struct client *cleo = client_join("cleo");
    assert_int_equal(
        client_last(cleo, RESP(JOIN))->join->other_participants[0]->tracks[0]->encryption,
        LIVEKIT__ENCRYPTION__TYPE__NONE);
    assert_int_equal(count_events("evil"), 1);
}

static void test_trailer(void **state)
{
    (void)state;
    struct client *alice = client_join("alice"), *bob = client_join("bob");

    for (unsigned i = 0; i < 2; i++) {
        const ProtobufCBinaryData *t = &client_last(i ? alice : bob, RESP(JOIN))->join->sif_trailer;
        assert_int_equal(t->len, sizeof EVIL_TRAILER_TEXT - 1);
        assert_memory_equal(t->data, EVIL_TRAILER_TEXT, t->len);
    }
}

/* ---- data ---- */

static void send_sealed(struct client *c, uint32_t sequence, const char *sealed)
{
    Livekit__DataPacket p = LIVEKIT__DATA_PACKET__INIT;
    Livekit__EncryptedPacket e = LIVEKIT__ENCRYPTED_PACKET__INIT;
    struct arena a;

    p.value_case = LIVEKIT__DATA_PACKET__VALUE_ENCRYPTED_PACKET;
    p.encrypted_packet = &e;
    p.sequence = sequence;
    e.encryption_type = GCM;
    e.encrypted_value = (ProtobufCBinaryData){strlen(sealed), (uint8_t *)(uintptr_t)sealed};
    arena_init(&a);
    assert_int_equal(channels_send(transport_channels(c->transports[PUBLISHER]), CHANNEL_RELIABLE,
                                   signal_pack(&p.base, &a)),
                     CHANNEL_SENT);
    arena_fini(&a);
    run_ms(50);
}

/* The nth message that arrived. */
static const Livekit__DataPacket *received(const struct client *c, unsigned nth, struct arena *a)
{
    const struct parcel *p = c->data.first;

    for (; p && nth > 0; nth--)
        p = p->next;
    assert_non_null(p);
    const ProtobufCMessage *m =
        signal_parse(&livekit__data_packet__descriptor, span_of(p->bytes, p->size), a);
    assert_non_null(m);
    return (const Livekit__DataPacket *)(const void *)m;
}

static struct client *talk(struct client **to)
{
    encrypt_room();
    struct client *alice = client_join("alice");

    *to = client_join("bob");
    client_offer(alice, "");
    run_ms(400);
    return alice;
}

static void test_injected_data(void **state)
{
    (void)state;
    struct client *bob, *alice = talk(&bob);
    struct arena a;

    send_sealed(alice, 1, "one");
    arena_init(&a);
    assert_int_equal(bob->data.count, 2);
    const Livekit__DataPacket *forged = received(bob, 1, &a);
    assert_int_equal(forged->value_case, LIVEKIT__DATA_PACKET__VALUE_USER);
    assert_string_equal(forged->participant_identity, "alice");
    assert_string_equal(forged->participant_sid, person_of(alice)->sid);
    assert_string_equal(forged->user->topic, "chat");
    assert_int_equal(alice->data.count, 0);
    assert_int_equal(count_events("evil"), 1);
    arena_fini(&a);
}

static void test_replayed_data(void **state)
{
    (void)state;
    struct client *bob, *alice = talk(&bob);
    struct arena a;

    send_sealed(alice, 1, "one");
    assert_int_equal(bob->data.count, 1);
    send_sealed(alice, 2, "two");
    arena_init(&a);
    assert_int_equal(bob->data.count, 3);
    const Livekit__DataPacket *again = received(bob, 2, &a);
    assert_int_equal(again->value_case, LIVEKIT__DATA_PACKET__VALUE_ENCRYPTED_PACKET);
    assert_memory_equal(again->encrypted_packet->encrypted_value.data, "one", 3);
    assert_string_equal(again->participant_identity, "alice");
    assert_int_equal(again->sequence, 0);
    assert_int_equal(count_events("evil"), 1);
    arena_fini(&a);
}

static void assert_sealed(const struct client *c, unsigned nth, const char *sealed,
                          const char *from)
{
    struct arena a;

    arena_init(&a);
    const Livekit__DataPacket *p = received(c, nth, &a);
    assert_int_equal(p->value_case, LIVEKIT__DATA_PACKET__VALUE_ENCRYPTED_PACKET);
    assert_memory_equal(p->encrypted_packet->encrypted_value.data, sealed, strlen(sealed));
    assert_string_equal(p->participant_identity, from);
    arena_fini(&a);
}

static void test_reordered_data(void **state)
{
    (void)state;
    struct client *bob, *alice = talk(&bob);

    send_sealed(alice, 1, "one");
    assert_int_equal(bob->data.count, 0);
    send_sealed(alice, 2, "two");
    assert_int_equal(bob->data.count, 2);
    assert_sealed(bob, 0, "two", "alice");
    assert_sealed(bob, 1, "one", "alice");
    send_sealed(alice, 3, "three");
    assert_int_equal(bob->data.count, 2);
    assert_int_equal(count_events("evil"), 1);
}

static void test_renamed_data(void **state)
{
    (void)state;
    struct client *bob, *alice = talk(&bob);

    client_join("cleo");
    send_sealed(alice, 1, "one");
    assert_int_equal(bob->data.count, 1);
    assert_sealed(bob, 0, "one", "cleo");
    assert_int_equal(count_events("evil"), 1);
}

#define ATTACK(f, names)                                                                           \
    {                                                                                              \
#f, f, begin, world_fini, (void *)(uintptr_t)(names)                                       \
    }

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_names),
        ATTACK(test_honest, ""),
        ATTACK(test_clear_room, "clear-room"),
        ATTACK(test_clear_tracks, "clear-tracks"),
        ATTACK(test_trailer, "trailer"),
        ATTACK(test_injected_data, "inject-data"),
        ATTACK(test_replayed_data, "replay-data"),
        ATTACK(test_reordered_data, "reorder-data"),
        ATTACK(test_renamed_data, "rename-data"),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
