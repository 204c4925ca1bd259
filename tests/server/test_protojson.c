/* SPDX-License-Identifier: Apache-2.0 */
/* The JSON mapping, both ways, and what it refuses. */
#include "server/protojson.h"

#include <stdlib.h>

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

static ProtobufCMessage *read_text(const ProtobufCMessageDescriptor *type, const char *text,
                                   struct arena *a, struct str *error)
{
    json_t *json = json_loads(text, JSON_ALLOW_NUL, NULL);
    ProtobufCMessage *m = protojson_read(type, json, a, error);

    json_decref(json);
    return m;
}

static void reads_both_spellings(void **state)
{
    (void)state;
    static const char *const texts[] = {
        "{\"name\":\"r\",\"emptyTimeout\":30,\"maxParticipants\":\"5\",\"unknown\":{\"a\":[1]}}",
        "{\"name\":\"r\",\"empty_timeout\":30,\"max_participants\":5,\"metadata\":null}"};

    for (size_t i = 0; i < 2; i++) {
        struct arena a;
        struct str error;
        arena_init(&a);
        str_init(&error);
        const Livekit__CreateRoomRequest *r = (const void *)read_text(
            &livekit__create_room_request__descriptor, texts[i], &a, &error);
        assert_non_null(r);
        assert_string_equal(r->name, "r");
        assert_int_equal(r->empty_timeout, 30);
        assert_int_equal(r->max_participants, 5);
        str_fini(&error);
        arena_fini(&a);
    }
}

static void reads_nested_and_repeated(void **state)
{
    (void)state;
    struct arena a;
    struct str error;

    arena_init(&a);
    str_init(&error);
    const Livekit__UpdateParticipantRequest *r = (const void *)read_text(
        &livekit__update_participant_request__descriptor,
        "{\"room\":\"r\",\"identity\":\"i\",\"attributes\":{\"a\":\"1\",\"b\":\"\"},"
        "\"permission\":{\"canPublish\":true,\"canPublishSources\":[\"CAMERA\",2]}}",
        &a, &error);
    assert_non_null(r);
    assert_int_equal(r->n_attributes, 2);
    assert_string_equal(r->attributes[0]->key, "a");
    assert_string_equal(r->attributes[0]->value, "1");
    assert_true(r->permission->can_publish);
    assert_int_equal(r->permission->n_can_publish_sources, 2);
    assert_int_equal(r->permission->can_publish_sources[0], LIVEKIT__TRACK_SOURCE__CAMERA);
    assert_int_equal(r->permission->can_publish_sources[1], LIVEKIT__TRACK_SOURCE__MICROPHONE);
    str_fini(&error);
    arena_fini(&a);
}

static void reads_bytes(void **state)
{
    (void)state;
    struct arena a;
    struct str error;

    arena_init(&a);
    str_init(&error);
    const Livekit__SendDataRequest *r = (const void *)read_text(
        &livekit__send_data_request__descriptor,
        "{\"room\":\"r\",\"data\":\"aGk=\",\"kind\":\"LOSSY\"}", &a, &error);
    assert_non_null(r);
    assert_int_equal(r->data.len, 2);
    assert_memory_equal(r->data.data, "hi", 2);
    assert_int_equal(r->kind, LIVEKIT__DATA_PACKET__KIND__LOSSY);
    str_fini(&error);
    arena_fini(&a);
}

static void names_the_wrong_field(void **state)
{
    (void)state;
    static const struct {
        const char *text, *error;
    } cases[] = {
        {"[]", "object"},
        {"{\"name\":7}", "name"},
        {"{\"emptyTimeout\":-1}", "empty_timeout"},
        {"{\"emptyTimeout\":4294967296}", "empty_timeout"},
        {"{\"emptyTimeout\":\"12x\"}", "empty_timeout"},
        {"{\"emptyTimeout\":1.5}", "empty_timeout"},
        {"{\"name\":\"a\\u0000b\"}", "name"},
    };

    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct arena a;
        struct str error;
        arena_init(&a);
        str_init(&error);
        assert_null(
            read_text(&livekit__create_room_request__descriptor, cases[i].text, &a, &error));
        assert_non_null(strstr(error.text, cases[i].error));
        str_fini(&error);
        arena_fini(&a);
    }
}

static void writes_what_it_reads(void **state)
{
    (void)state;
    static const char text[] =
        "{\"sid\":\"PA_1\",\"identity\":\"i\",\"state\":\"ACTIVE\",\"joined_at\":\"1700000000\","
        "\"attributes\":{\"k\":\"v\"},\"permission\":{\"can_subscribe\":true},"
        "\"tracks\":[{\"sid\":\"TR_1\",\"type\":\"VIDEO\",\"width\":640}]}";
    struct arena a;
    struct str error;

    arena_init(&a);
    str_init(&error);
    const ProtobufCMessage *m = read_text(&livekit__participant_info__descriptor, text, &a, &error);
    assert_non_null(m);
    json_t *written = protojson_write(m), *expected = json_loads(text, 0, NULL);
    assert_true(json_equal(written, expected));
    json_decref(written);
    json_decref(expected);
    str_fini(&error);
    arena_fini(&a);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reads_both_spellings), cmocka_unit_test(reads_nested_and_repeated),
        cmocka_unit_test(reads_bytes),          cmocka_unit_test(names_the_wrong_field),
        cmocka_unit_test(writes_what_it_reads),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
