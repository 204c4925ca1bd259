/* SPDX-License-Identifier: Apache-2.0 */
/* Signalling: every recorded message comes back byte for byte, nothing hostile gets in or takes
 * memory, and data packets are routed and rewritten without being understood. */
#include "base/limits.h"
#include "wire/signal.h"

#include "vectors.h"

#include <dirent.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

static ProtobufCMessage *parse_by_name(const char *name, struct span bytes, struct arena *a)
{
    return strncmp(name, "request-", 8) == 0 ? (ProtobufCMessage *)signal_request_parse(bytes, a)
                                             : (ProtobufCMessage *)signal_response_parse(bytes, a);
}

typedef void (*vector_check)(const char *name, struct span bytes, struct arena *a);

static int is_visible(const struct dirent *entry)
{
    return entry->d_name[0] != '.';
}

static unsigned each_vector(vector_check check)
{
    struct dirent **entries;
    int count = scandir(TEST_SOURCE_DIR "/tests/vectors/signal", &entries, is_visible, alphasort);

    assert_true(count > 0);
    for (int i = 0; i < count; i++) {
        struct arena a;
        arena_init(&a);
        check(entries[i]->d_name, vector_read("signal", entries[i]->d_name, &a), &a);
        arena_fini(&a);
        free(entries[i]);
    }
    free(entries);
    return (unsigned)count;
}

static void check_round_trip(const char *name, struct span bytes, struct arena *a)
{
    ProtobufCMessage *m = parse_by_name(name, bytes, a);
    assert_non_null(m);
    assert_int_equal(m->n_unknown_fields, 0);
    struct span packed = signal_pack(m, a);
    /* An empty map value may be written out or left out; the others have one form. */
    if (strcmp(name, "request-made-metadata-delete.bin") == 0)
        bytes = signal_pack(parse_by_name(name, packed, a), a);
    assert_int_equal(packed.size, bytes.size);
    assert_memory_equal(packed.data, bytes.data, bytes.size);
}

static void test_vectors_round_trip(void **state)
{
    (void)state;
    assert_true(each_vector(check_round_trip) >= 60);
}

/* A vector is one field, so every true prefix of it cuts that field. */
static void check_truncations(const char *name, struct span bytes, struct arena *a)
{
    (void)a;
    for (size_t size = 1; size < bytes.size; size++) {
        struct arena scratch;
        arena_init(&scratch);
        uint8_t *exact = xmalloc(size); /* so that a read beyond it is seen */
        memcpy(exact, bytes.data, size);
        assert_null(parse_by_name(name, span_of(exact, size), &scratch));
        free(exact);
        arena_fini(&scratch);
    }
}

static void test_vectors_truncated(void **state)
{
    (void)state;
    assert_true(each_vector(check_truncations) >= 60);
}

static void test_request_members(void **state)
{
    (void)state;
    struct arena a;
    arena_init(&a);

    Livekit__SignalRequest *r =
        signal_request_parse(vector_read("signal", "request-chrome-add-track-2.bin", &a), &a);
    assert_int_equal(r->message_case, LIVEKIT__SIGNAL_REQUEST__MESSAGE_ADD_TRACK);
    assert_int_equal(r->add_track->type, LIVEKIT__TRACK_TYPE__VIDEO);
    assert_int_equal(r->add_track->source, LIVEKIT__TRACK_SOURCE__CAMERA);
    assert_int_equal(r->add_track->n_layers, 3);
    assert_int_equal(r->add_track->layers[2]->quality, LIVEKIT__VIDEO_QUALITY__HIGH);
    assert_int_equal(r->add_track->layers[2]->width, 1280);
    assert_string_equal(r->add_track->simulcast_codecs[0]->codec, "vp8");
    assert_string_equal(r->add_track->name, "");

    r = signal_request_parse(vector_read("signal", "request-chrome-sync-state-1.bin", &a), &a);
    assert_int_equal(r->message_case, LIVEKIT__SIGNAL_REQUEST__MESSAGE_SYNC_STATE);
    assert_string_equal(r->sync_state->answer->type, "answer");
    assert_true(r->sync_state->n_data_channels > 0);

    r = signal_request_parse(vector_read("signal", "request-made-metadata-delete.bin", &a), &a);
    assert_int_equal(r->update_metadata->n_attributes, 2);
    assert_string_equal(r->update_metadata->attributes[0]->key, "a");
    assert_string_equal(r->update_metadata->attributes[0]->value, "");
    arena_fini(&a);
}

static void test_empty_and_unknown(void **state)
{
    (void)state;
    struct arena a;
    arena_init(&a);
    static const uint8_t simulate[] = {0x6a, 0x02, 0x08, 0x01};

    Livekit__SignalRequest *r = signal_request_parse(span_of(NULL, 0), &a);
    assert_int_equal(r->message_case, LIVEKIT__SIGNAL_REQUEST__MESSAGE__NOT_SET);
    assert_int_equal(signal_pack(&r->base, &a).size, 0);
    r = signal_request_parse(span_of(simulate, sizeof simulate), &a);
    assert_int_equal(r->message_case, LIVEKIT__SIGNAL_REQUEST__MESSAGE__NOT_SET);
    arena_fini(&a);
}

static void test_join_response(void **state)
{
    (void)state;
    struct arena a;
    arena_init(&a);
    char sid[] = "PA_abc", name[] = "Zo\xc3\xab", room_sid[] = "RM_abc", key[] = "k", value[] = "v";
    uint8_t trailer[16] = {0, 1, 2};
    Livekit__ParticipantInfo__AttributesEntry entry =
        LIVEKIT__PARTICIPANT_INFO__ATTRIBUTES_ENTRY__INIT;
    Livekit__ParticipantInfo__AttributesEntry *entries[] = {&entry};
    Livekit__ParticipantInfo self = LIVEKIT__PARTICIPANT_INFO__INIT;
    Livekit__Room room = LIVEKIT__ROOM__INIT;
    Livekit__JoinResponse join = LIVEKIT__JOIN_RESPONSE__INIT;
    Livekit__SignalResponse response = LIVEKIT__SIGNAL_RESPONSE__INIT;

    entry.key = key;
    entry.value = value;
    self.sid = sid;
    self.name = name;
    self.state = LIVEKIT__PARTICIPANT_INFO__STATE__JOINED;
    self.n_attributes = 1;
    self.attributes = entries;
    room.sid = room_sid;
    room.creation_time_ms = 1795326541123;
    join.room = &room;
    join.participant = &self;
    join.sif_trailer = (ProtobufCBinaryData){sizeof trailer, trailer};
    join.ping_interval = 5;
    response.message_case = LIVEKIT__SIGNAL_RESPONSE__MESSAGE_JOIN;
    response.join = &join;

    struct span bytes = signal_pack(&response.base, &a);
    Livekit__SignalResponse *back = signal_response_parse(bytes, &a);
    assert_non_null(back);
    assert_int_equal(back->message_case, LIVEKIT__SIGNAL_RESPONSE__MESSAGE_JOIN);
    assert_string_equal(back->join->participant->name, name);
    assert_string_equal(back->join->participant->attributes[0]->value, "v");
    assert_int_equal(back->join->room->creation_time_ms, 1795326541123);
    assert_int_equal(back->join->sif_trailer.len, sizeof trailer);
    assert_memory_equal(back->join->sif_trailer.data, trailer, sizeof trailer);
    assert_int_equal(back->join->n_other_participants, 0);
    arena_fini(&a);
}

static void test_refused(void **state)
{
    (void)state;
    static const struct {
        const char *what;
        uint8_t bytes[16];
        size_t size;
    } cases[] = {
        {"length beyond the end", {0x0a, 0xff, 0xff, 0xff, 0xff, 0x0f}, 6},
        {"length of 64 bits",
         {0x0a, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01},
         11},
        {"length without its end", {0x0a, 0x80}, 2},
        {"inner length beyond the outer", {0x22, 0x03, 0x0a, 0x05, 'a', 'b', 'c', 'd', 'e'}, 9},
        {"group", {0x0b, 0x0c}, 2},
        {"field number 0", {0x02, 0x00}, 2},
        {"field number 0, padded", {0x82, 0x00, 0x00}, 3},
        {"field number 0 inside", {0x22, 0x03, 0x82, 0x00, 0x00}, 5},
        {"string that is not UTF-8", {0x22, 0x04, 0x0a, 0x02, 0xc3, 0x28}, 6},
        {"surrogate", {0x22, 0x05, 0x0a, 0x03, 0xed, 0xa0, 0x80}, 7},
        {"deeper string that is not UTF-8", {0x32, 0x05, 0x1a, 0x03, 0x12, 0x01, 0xff}, 7},
        {"map value that is not UTF-8", {0x7a, 0x05, 0x1a, 0x03, 0x12, 0x01, 0xff}, 7},
        {"truncated packed list", {0x22, 0x04, 0x8a, 0x01, 0x01, 0x80}, 6},
    };

    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct arena a;
        arena_init(&a);
        if (signal_request_parse(span_of(cases[i].bytes, cases[i].size), &a))
            fail_msg("accepted: %s", cases[i].what);
        arena_fini(&a);
    }
}

static void test_refused_by_size(void **state)
{
    (void)state;
    struct arena a;
    arena_init(&a);
    uint8_t *bytes = xcalloc(1, LIMIT_SIGNAL_MESSAGE + 1);

    /* An unknown field that fills the message exactly, then one byte more. */
    static const uint8_t head[] = {0xa2, 0x06, 0xfa, 0xff, 0x1f};
    memcpy(bytes, head, sizeof head);
    assert_non_null(signal_request_parse(span_of(bytes, LIMIT_SIGNAL_MESSAGE - 1), &a));
    bytes[2]++;
    assert_non_null(signal_request_parse(span_of(bytes, LIMIT_SIGNAL_MESSAGE), &a));
    bytes[2]++;
    assert_null(signal_request_parse(span_of(bytes, LIMIT_SIGNAL_MESSAGE + 1), &a));
    free(bytes);
    arena_fini(&a);
}

/* `count` copies of an empty message in field `number` (below 16). */
static struct span empty_elements(unsigned number, size_t count, struct arena *a)
{
    uint8_t *bytes = arena_alloc(a, 2 * count);
    for (size_t i = 0; i < count; i++)
        bytes[2 * i] = (uint8_t)(number << 3 | 2);
    return span_of(bytes, 2 * count);
}

static void test_memory_is_bounded(void **state)
{
    (void)state;
    static const struct {
        unsigned number;
        const ProtobufCMessageDescriptor *type;
    } cases[] = {
        {1, &livekit__list_participants_response__descriptor}, /* empty participants */
        {5, &livekit__join_response__descriptor},              /* empty ICE servers */
        {9, &livekit__add_track_request__descriptor},          /* empty layers */
    };

    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct arena input, a;
        arena_init(&input);
        arena_init(&a);
        assert_non_null(
            signal_parse(cases[i].type, empty_elements(cases[i].number, 100, &input), &a));
        struct span large = empty_elements(cases[i].number, LIMIT_SIGNAL_MESSAGE / 2, &input);
        assert_null(signal_parse(cases[i].type, large, &a));
        assert_true(a.total_bytes <= (LIMIT_SIGNAL_GROWTH + 1) * LIMIT_SIGNAL_MESSAGE);
        arena_fini(&a);
        arena_fini(&input);
    }
}

/* A list of the ids that rooms really have must pass at any allowed size. */
static void test_honest_lists_fit(void **state)
{
    (void)state;
    struct arena a;
    arena_init(&a);
    enum { COUNT = 30000 };
    char sid[] = "TR_AM6u4v3H7b";
    char **sids = arena_alloc(&a, COUNT * sizeof *sids);
    Livekit__UpdateSubscription subscription = LIVEKIT__UPDATE_SUBSCRIPTION__INIT;

    for (unsigned i = 0; i < COUNT; i++)
        sids[i] = sid;
    subscription.n_track_sids = COUNT;
    subscription.track_sids = sids;
    struct span bytes = signal_pack(&subscription.base, &a);
    assert_in_range(bytes.size, LIMIT_SIGNAL_MESSAGE / 2, LIMIT_SIGNAL_MESSAGE);
    Livekit__UpdateSubscription *back = (Livekit__UpdateSubscription *)signal_parse(
        &livekit__update_subscription__descriptor, bytes, &a);
    assert_non_null(back);
    assert_int_equal(back->n_track_sids, COUNT);
    arena_fini(&a);
}

static unsigned depth_of(const ProtobufCMessageDescriptor *type, unsigned above)
{
    unsigned deepest = above;

    assert_true(above <= 16);
    for (unsigned i = 0; i < type->n_fields; i++)
        if (type->fields[i].type == PROTOBUF_C_TYPE_MESSAGE) {
            unsigned depth = depth_of(type->fields[i].descriptor, above + 1);
            deepest = depth > deepest ? depth : deepest;
        }
    return deepest;
}

/* protobuf-c recurses as deep as the schema does. */
static void test_schema_is_shallow(void **state)
{
    (void)state;
    assert_in_range(depth_of(&livekit__signal_request__descriptor, 0), 2, 8);
    assert_in_range(depth_of(&livekit__signal_response__descriptor, 0), 2, 8);
}

/* ---- data packets ---- */

static const struct {
    const char *what;
    uint8_t bytes[24];
    size_t size;
    bool ok;
    struct data_route route;
} packets[] = {
    {"empty", {0}, 0, true, {0}},
    {"user", {0x12, 3, 0x12, 1, 'x'}, 5, true, {.has_value = true, .is_user = true}},
    {"sequence of two bytes",
     {0x80, 0x01, 0xac, 0x02, 0x12, 0},
     6,
     true,
     {.has_value = true, .is_user = true, .sequence = 300}},
    {"last sequence wins", {0x80, 0x01, 7, 0x80, 0x01, 9}, 6, true, {.sequence = 9}},
    {"encrypted",
     {0x92, 0x01, 2, 0x18, 1},
     5,
     true,
     {.has_value = true, .is_encrypted = true, .key_index = 1}},
    {"the highest of several key indexes",
     {0x92, 0x01, 5, 0x18, 0xff, 0x01, 0x18, 3, 0x92, 0x01, 0},
     11,
     true,
     {.has_value = true, .is_encrypted = true, .key_index = 255}},
    {"malformed encrypted packet", {0x92, 0x01, 1, 0x18}, 4, false, {0}},
    {"clear before encrypted", {0x12, 0, 0x92, 0x01, 0}, 5, true, {.has_value = true}},
    {"clear after encrypted",
     {0x92, 0x01, 0, 0x12, 0},
     5,
     true,
     {.has_value = true, .is_user = true}},
    {"notice",
     {0x12, 8, 0x22, 6, 's', 'y', 's', 't', 'e', 'm'},
     10,
     true,
     {.has_value = true, .is_user = true, .is_notice = true}},
    {"notice, by the topic of an earlier user value",
     {0x12, 8, 0x22, 6, 's', 'y', 's', 't', 'e', 'm', 0x12, 0},
     12,
     true,
     {.has_value = true, .is_user = true, .is_notice = true}},
    {"another topic",
     {0x12, 7, 0x22, 5, 's', 'y', 's', 't', 'e'},
     9,
     true,
     {.has_value = true, .is_user = true}},
    {"stream chunk", {0x72, 2, 0x10, 1}, 4, true, {.has_value = true}},
    {"outer destinations",
     {0x2a, 3, 'b', 'o', 'b', 0x2a, 1, 'c'},
     8,
     true,
     {.destination_identity_count = 2}},
    {"inner destinations",
     {0x12, 9, 0x1a, 2, 'P', 'A', 0x32, 3, 'b', 'o', 'b'},
     11,
     true,
     {.has_value = true,
      .is_user = true,
      .destination_identity_count = 1,
      .destination_sid_count = 1}},
    {"unknown fixed fields",
     {0xa1, 0x06, 1, 2, 3, 4, 5, 6, 7, 8, 0xa5, 0x06, 1, 2, 3, 4},
     16,
     true,
     {0}},
    {"value of the wrong type", {0x10, 1}, 2, true, {0}},
    {"group", {0x13, 0x14}, 2, false, {0}},
    {"field number 0", {0x00, 0x01}, 2, false, {0}},
    {"wire type 6", {0x0e}, 1, false, {0}},
    {"varint without end", {0x80, 0x01, 0xff}, 3, false, {0}},
    {"varint of 11 bytes",
     {0x80, 0x01, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01},
     13,
     false,
     {0}},
    {"tag of more than 32 bits", {0x80, 0x80, 0x80, 0x80, 0x80, 0x01, 0x01}, 7, false, {0}},
    {"length beyond the end", {0x12, 5, 0x12, 3}, 4, false, {0}},
    {"length of 64 bits",
     {0x12, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01},
     11,
     false,
     {0}},
    {"malformed user", {0x12, 2, 0x32, 9}, 4, false, {0}},
};

static void test_route_parse(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof packets / sizeof packets[0]; i++) {
        struct data_route got;
        if (data_route_parse(span_of(packets[i].bytes, packets[i].size), &got) != packets[i].ok)
            fail_msg("verdict on %s", packets[i].what);
        if (!packets[i].ok)
            continue;
        const struct data_route *want = &packets[i].route;
        if (got.is_encrypted != want->is_encrypted || got.is_user != want->is_user ||
            got.is_notice != want->is_notice || got.has_value != want->has_value ||
            got.sequence != want->sequence || got.key_index != want->key_index ||
            got.destination_identity_count != want->destination_identity_count ||
            got.destination_sid_count != want->destination_sid_count)
            fail_msg("fields of %s", packets[i].what);
    }
}

static void test_route_addresses(void **state)
{
    (void)state;
    static const uint8_t outer[] = {0x2a, 3, 'b', 'o', 'b', 0x12, 0};
    static const uint8_t inner[] = {0x12, 9, 0x1a, 2, 'P', 'A', 0x32, 3, 'b', 'o', 'b'};
    struct span bob = SPAN_LITERAL("bob"), bo = SPAN_LITERAL("bo"), pa = SPAN_LITERAL("PA");

    assert_true(data_route_addresses(span_of(outer, sizeof outer), bob, bo));
    assert_false(data_route_addresses(span_of(outer, sizeof outer), bo, bob));
    assert_true(data_route_addresses(span_of(inner, sizeof inner), bob, bo));
    assert_true(data_route_addresses(span_of(inner, sizeof inner), bo, pa));
    assert_false(data_route_addresses(span_of(inner, sizeof inner), pa, bob));
}

static void test_route_rewrite(void **state)
{
    (void)state;
    struct arena a;
    arena_init(&a);
    char forged[] = "mallory", forged_sid[] = "PA_forged", to[] = "bob";
    char *destinations[] = {to};
    uint8_t payload[] = {1, 2, 3};
    Livekit__UserPacket user = LIVEKIT__USER_PACKET__INIT;
    Livekit__DataPacket packet = LIVEKIT__DATA_PACKET__INIT;

    user.payload = (ProtobufCBinaryData){sizeof payload, payload};
    packet.kind = LIVEKIT__DATA_PACKET__KIND__LOSSY;
    packet.participant_identity = forged;
    packet.participant_sid = forged_sid;
    packet.sequence = 70000;
    packet.n_destination_identities = 1;
    packet.destination_identities = destinations;
    packet.value_case = LIVEKIT__DATA_PACKET__VALUE_USER;
    packet.user = &user;
    struct span bytes = signal_pack(&packet.base, &a);

    for (int lossy = 0; lossy < 2; lossy++) {
        struct span identity = SPAN_LITERAL("alice"), sid = SPAN_LITERAL("PA_alice");
        uint8_t *out = xmalloc(bytes.size + identity.size + sid.size + 16);
        size_t size = data_route_rewrite(bytes, lossy, identity, sid, out);
        Livekit__DataPacket *got = (Livekit__DataPacket *)signal_parse(
            &livekit__data_packet__descriptor, span_of(out, size), &a);
        assert_non_null(got);
        assert_int_equal(got->kind, lossy);
        assert_string_equal(got->participant_identity, "alice");
        assert_string_equal(got->participant_sid, "PA_alice");
        assert_int_equal(got->sequence, 70000);
        assert_string_equal(got->destination_identities[0], "bob");
        assert_memory_equal(got->user->payload.data, payload, sizeof payload);
        for (size_t i = 0; i + 7 <= size; i++)
            assert_memory_not_equal(out + i, "mallory", 7);
        free(out);
    }

    /* A hidden sender leaves no trace. */
    uint8_t *out = xmalloc(bytes.size + 16);
    size_t size = data_route_rewrite(bytes, false, span_of_str(""), span_of_str(""), out);
    Livekit__DataPacket *got = (Livekit__DataPacket *)signal_parse(
        &livekit__data_packet__descriptor, span_of(out, size), &a);
    assert_string_equal(got->participant_identity, "");
    assert_string_equal(got->participant_sid, "");
    free(out);
    arena_fini(&a);
}

/* What is refused is not rewritten, what is taken can be; the buffer is of the promised size. */
static void test_route_truncations(void **state)
{
    (void)state;
    static const uint8_t identity[300] = {'i'}, sid[300] = {'s'};

    for (size_t i = 0; i < sizeof packets / sizeof packets[0]; i++)
        for (size_t size = 0; size <= packets[i].size; size++) {
            uint8_t *in = xmalloc(size + 1),
                    *out = xmalloc(size + sizeof identity + sizeof sid + 16);
            memcpy(in, packets[i].bytes, size);
            struct data_route route;
            bool ok = data_route_parse(span_of(in, size), &route);
            size_t written =
                data_route_rewrite(span_of(in, size), true, span_of(identity, sizeof identity),
                                   span_of(sid, sizeof sid), out);
            if (ok)
                assert_true(data_route_parse(span_of(out, written), &route));
            assert_true(!ok || written > sizeof identity + sizeof sid);
            free(in);
            free(out);
        }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_vectors_round_trip), cmocka_unit_test(test_vectors_truncated),
        cmocka_unit_test(test_request_members),    cmocka_unit_test(test_empty_and_unknown),
        cmocka_unit_test(test_join_response),      cmocka_unit_test(test_refused),
        cmocka_unit_test(test_refused_by_size),    cmocka_unit_test(test_memory_is_bounded),
        cmocka_unit_test(test_honest_lists_fit),   cmocka_unit_test(test_schema_is_shallow),
        cmocka_unit_test(test_route_parse),        cmocka_unit_test(test_route_addresses),
        cmocka_unit_test(test_route_rewrite),      cmocka_unit_test(test_route_truncations),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
