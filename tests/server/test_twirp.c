/* SPDX-License-Identifier: Apache-2.0 */
/* RoomService's authorisation and encodings. */
#include "server/twirp.h"

#include "kit.h"
#include "wire/signal.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

static struct token_keys keys;
static struct str admin, guest;

static void bearer(struct str *out, bool is_admin, const char *room)
{
    char *token = kit_token(&keys, room, "api", is_admin, KIT_NOW + 60);

    str_init(out);
    str_printf(out, "Bearer %s", token);
    free(token);
}

static int setup(void **state)
{
    (void)state;
    token_keys_add(&keys, KIT_KEY, KIT_SECRET);
    bearer(&admin, true, "r");
    bearer(&guest, false, "r");
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    str_fini(&admin);
    str_fini(&guest);
    token_keys_fini(&keys);
    return 0;
}

static void answers_with_codes(void **state)
{
    (void)state;
    static const char json[] = "application/json; charset=utf-8";
    const struct {
        const char *path, *type, *authorization, *body, *code;
    } cases[] = {
        {"livekit.RoomService/CreateRoom", json, admin.text, "{\"name\":\"x\"}", NULL},
        {"livekit.RoomService/ListRooms", json, admin.text, "{}", NULL},
        {"livekit.RoomService/ListParticipants", json, admin.text, "{\"room\":\"r\"}", NULL},
        {"livekit.RoomService/ListParticipants", json, admin.text, "{\"room\":\"other\"}",
         "unauthenticated"},
        {"livekit.RoomService/ListParticipants", json, guest.text, "{\"room\":\"r\"}",
         "unauthenticated"},
        {"livekit.RoomService/CreateRoom", json, guest.text, "{\"name\":\"x\"}", "unauthenticated"},
        {"livekit.RoomService/CreateRoom", json, NULL, "{\"name\":\"x\"}", "unauthenticated"},
        {"livekit.RoomService/CreateRoom", json, NULL, "{\"name\":", "unauthenticated"},
        {"livekit.RoomService/CreateRoom", json, "Basic abc", "{\"name\":\"x\"}",
         "unauthenticated"},
        {"livekit.RoomService/CreateRoom", json, admin.text, "{}", "invalid_argument"},
        {"livekit.RoomService/CreateRoom", json, admin.text, "{\"name\":", "malformed"},
        {"livekit.RoomService/CreateRoom", json, admin.text, "{\"name\":{}}", "malformed"},
        {"livekit.RoomService/CreateRoom", "text/plain", admin.text, "{}", "bad_route"},
        {"livekit.RoomService/CreateRoom", NULL, admin.text, "{}", "bad_route"},
        {"livekit.RoomService/Frobnicate", json, admin.text, "{}", "bad_route"},
        {"livekit.Egress/ListEgress", json, admin.text, "{}", "unimplemented"},
        {"livekit.Egress/ListEgress", json, NULL, "{}", "unauthenticated"},
        {"livekit.Egress/", json, guest.text, "{}", "unimplemented"},
        {"livekit.SIP/ListSIPTrunk", json, guest.text, "{}", "unimplemented"},
        {"livekit.Ingress/ListIngress", json, guest.text, "{}", "unimplemented"},
        {"livekit.Egress", json, admin.text, "{}", "bad_route"},
        {"bedrud.Rooms/List", json, admin.text, "{}", NULL},
        {"bedrud.Rooms/List", json, guest.text, "{}", "unauthenticated"},
        {"bedrud.Rooms/Info", json, admin.text, "{\"room\":\"r\"}", NULL},
        {"bedrud.Rooms/Info", json, admin.text, "{\"room\":\"other\"}", "unauthenticated"},
        {"bedrud.Rooms/Info", json, guest.text, "{\"room\":\"r\"}", "unauthenticated"},
        {"bedrud.Rooms/Frobnicate", json, admin.text, "{}", "bad_route"},
        {"", json, admin.text, "{}", "bad_route"},
        {"livekit.RoomService/CreateRoom", "application/protobuf", admin.text, "\n\x05hello", NULL},
        {"livekit.RoomService/CreateRoom", "application/protobuf", admin.text, "\n\x50hello",
         "malformed"},
    };

    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct twirp_call call;
        struct twirp_error error;
        struct twirp_request r = {span_of_str(cases[i].path), cases[i].type, cases[i].authorization,
                                  span_of_str(cases[i].body)};
        bool good = twirp_read(&keys, KIT_NOW, &r, &call, &error);
        assert_int_equal(good, cases[i].code == NULL);
        if (cases[i].code)
            assert_string_equal(error.code, cases[i].code);
        twirp_call_fini(&call);
    }
}

/* Which room a request is about, to services that are not there. */
static void finds_the_room(void **state)
{
    (void)state;
    static const struct {
        const char *method, *json;
        struct span protobuf;
    } cases[] = {
        {"Egress/StartRoomCompositeEgress",
         "{\"room_name\":\"r1\",\"layout\":\"grid\"}",
         {(const uint8_t *)"\x0a\x02r1\x12\x04grid", 10}},
        {"Egress/StartTrackEgress", "{\"roomName\":\"r1\"}", {(const uint8_t *)"\x0a\x02r1", 4}},
        {"Ingress/CreateIngress",
         "{\"input_type\":\"WHIP_INPUT\",\"room_name\":\"r1\"}",
         {(const uint8_t *)"\x08\x01\x1a\x02r1", 6}},
        {"SIP/CreateSIPParticipant",
         "{\"sip_call_to\":\"+1\",\"room_name\":\"r1\"}",
         {(const uint8_t *)"\x12\x02+1\x1a\x02r1", 8}},
        {"SIP/TransferSIPParticipant",
         "{\"room_name\":\"r1\"}",
         {(const uint8_t *)"\x12\x02r1", 4}},
        {"AgentDispatchService/CreateDispatch",
         "{\"agent_name\":\"a\",\"room\":\"r1\"}",
         {(const uint8_t *)"\x0a\x01"
                           "a\x12\x02r1",
          7}},
        {"RoomService/ForwardParticipant", "{\"room\":\"r1\"}", {(const uint8_t *)"\x0a\x02r1", 4}},
    };

    for (size_t i = 0; i < 2 * sizeof cases / sizeof cases[0]; i++) {
        struct twirp_call call;
        struct twirp_error error;
        char path[64];
        bool json = i % 2;
        snprintf(path, sizeof path, "livekit.%s", cases[i / 2].method);
        struct twirp_request r = {span_of_str(path),
                                  json ? "application/json" : "application/protobuf", guest.text,
                                  json ? span_of_str(cases[i / 2].json) : cases[i / 2].protobuf};
        if (!twirp_read(&keys, KIT_NOW, &r, &call, &error))
            fail_msg("%s: %s", path, error.text);
        assert_int_equal(call.request, ENGINE_REFUSE_SERVICE);
        assert_string_equal(call.room, "r1");
        assert_memory_equal(call.body, "\x0a\x02r1", 4);
        assert_int_equal(call.body_size, 4);
        twirp_call_fini(&call);
    }
}

static void translates_both_ways(void **state)
{
    (void)state;
    struct twirp_call call;
    struct twirp_error error;
    struct arena a;
    struct str out;

    arena_init(&a);
    str_init(&out);
    struct twirp_request request = {SPAN_LITERAL("livekit.RoomService/CreateRoom"),
                                    "application/json", admin.text,
                                    SPAN_LITERAL("{\"name\":\"x\"}")};
    assert_true(twirp_read(&keys, KIT_NOW, &request, &call, &error));
    assert_int_equal(call.request, ENGINE_CREATE_ROOM);
    assert_string_equal(call.room, "x");
    const Livekit__CreateRoomRequest *r = (const void *)signal_parse(
        &livekit__create_room_request__descriptor, span_of(call.body, call.body_size), &a);
    assert_string_equal(r->name, "x");
    Livekit__Room room = LIVEKIT__ROOM__INIT;
    room.name = (char *)(uintptr_t) "x";
    room.max_participants = 3;
    twirp_write_response(&out, &call, signal_pack(&room.base, &a));
    assert_string_equal(out.text, "{\"name\":\"x\",\"max_participants\":3}");
    twirp_call_fini(&call);
    str_fini(&out);
    arena_fini(&a);
}

static void gives_twirps_statuses(void **state)
{
    (void)state;
    assert_int_equal(twirp_status("unauthenticated"), 401);
    assert_int_equal(twirp_status("not_found"), 404);
    assert_int_equal(twirp_status("failed_precondition"), 412);
    assert_int_equal(twirp_status("internal"), 500);
    struct str out;
    str_init(&out);
    twirp_write_error(&out, &(struct twirp_error){.code = "not_found", .text = "no \"x\""});
    assert_string_equal(out.text, "{\"code\":\"not_found\",\"msg\":\"no \\\"x\\\"\"}");
    str_clear(&out);
    twirp_write_error(&out, &(struct twirp_error){
                                .code = "permission_denied", .text = "no", .meta = "e2ee_room"});
    assert_string_equal(out.text, "{\"code\":\"permission_denied\",\"msg\":\"no\","
                                  "\"meta\":{\"code\":\"e2ee_room\"}}");
    str_fini(&out);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(answers_with_codes),
        cmocka_unit_test(finds_the_room),
        cmocka_unit_test(translates_both_ways),
        cmocka_unit_test(gives_twirps_statuses),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
