/* SPDX-License-Identifier: Apache-2.0 */
/* The server API over HTTP, on several workers: calls reach the room wherever it lives, and errors
 * have Twirp's codes. */
#include "server/calls.h"

#include "site.h"

#define SERVICE "/twirp/livekit.RoomService/"

static struct site site;

static int setup(void **state)
{
    (void)state;
    site_start(&site, 2);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    site_stop(&site);
    return 0;
}

/* Calls with an administrator's token for `room`. */
static struct peer *call(const char *method, const char *room, const char *type, struct span body,
                         unsigned status)
{
    char *token = site_token(&site, room, "api", true);
    struct str headers, target;
    struct peer *p;

    str_init(&headers);
    str_init(&target);
    str_printf(&target, "%s%s", strchr(method, '/') ? "/twirp/" : SERVICE, method);
    str_printf(&headers, "Authorization: Bearer %s\r\nContent-Type: %s\r\n", token, type);
    unsigned got = site_ask(site.port, &(struct ask){"POST", target.text, headers.text, body}, &p);
    if (got != status)
        fail_msg("%s: %u: %s", method, got, (const char *)p->body);
    assert_true(site_has_header(p, "access-control-allow-origin: *"));
    str_fini(&target);
    str_fini(&headers);
    free(token);
    return p;
}

static void call_json(const char *method, const char *room, const char *body, unsigned status,
                      const char *contains)
{
    struct peer *p = call(method, room, "application/json", span_of_str(body), status);

    assert_true(site_has_header(p, "content-type: application/json"));
    if (contains && !strstr((const char *)p->body, contains))
        fail_msg("%s: no %s in %s", method, contains, (const char *)p->body);
    peer_free(p);
}

static void makes_lists_and_ends_rooms(void **state)
{
    (void)state;
    static const char *const rooms[] = {"one", "two", "three", "four"};

    for (size_t i = 0; i < 4; i++) {
        char body[64], name[32];
        snprintf(body, sizeof body, "{\"name\":\"%s\",\"maxParticipants\":5}", rooms[i]);
        snprintf(name, sizeof name, "\"name\":\"%s\"", rooms[i]);
        call_json("CreateRoom", rooms[i], body, 200, name);
    }
    for (size_t i = 0; i < 4; i++)
        call_json("ListRooms", "", "{}", 200, rooms[i]);
    call_json("ListParticipants", "two", "{\"room\":\"two\"}", 200, "{");
    call_json("UpdateRoomMetadata", "two", "{\"room\":\"two\",\"metadata\":\"hello\"}", 200,
              "hello");
    for (size_t i = 0; i < 4; i++) {
        char body[64];
        snprintf(body, sizeof body, "{\"room\":\"%s\"}", rooms[i]);
        call_json("DeleteRoom", rooms[i], body, 200, NULL);
    }
    call_json("ListRooms", "", "{}", 200, "{");
    call_json("ListParticipants", "two", "{\"room\":\"two\"}", 404, "not_found");
    call_json("DeleteRoom", "two", "{\"room\":\"two\"}", 404, "not_found");
}

static void reaches_people(void **state)
{
    (void)state;
    struct peer *alice = site_join(&site, "/rtc", "people", "alice", "");
    struct arena a;

    arena_init(&a);
    assert_non_null(site_await(alice, &a, LIVEKIT__SIGNAL_RESPONSE__MESSAGE_JOIN));
    call_json("ListParticipants", "people", "{\"room\":\"people\"}", 200, "\"alice\"");
    call_json("GetParticipant", "people", "{\"room\":\"people\",\"identity\":\"alice\"}", 200,
              "\"alice\"");
    call_json("GetParticipant", "people", "{\"room\":\"people\",\"identity\":\"bob\"}", 404,
              "not_found");
    call_json(
        "MutePublishedTrack", "people",
        "{\"room\":\"people\",\"identity\":\"alice\",\"trackSid\":\"TR_none\",\"muted\":true}", 404,
        "not_found");
    call_json("UpdateParticipant", "people",
              "{\"room\":\"people\",\"identity\":\"alice\",\"metadata\":\"set\"}", 200, "\"set\"");
    call_json("SendData", "people", "{\"room\":\"people\",\"data\":\"aGk=\",\"kind\":\"RELIABLE\"}",
              200, NULL);
    call_json("RemoveParticipant", "people", "{\"room\":\"people\",\"identity\":\"alice\"}", 200,
              NULL);
    const Livekit__SignalResponse *r =
        site_await(alice, &a, LIVEKIT__SIGNAL_RESPONSE__MESSAGE_LEAVE);
    assert_non_null(r);
    assert_int_equal(r->leave->reason, LIVEKIT__DISCONNECT_REASON__PARTICIPANT_REMOVED);
    arena_fini(&a);
    peer_free(alice);
}

static void speaks_protobuf(void **state)
{
    (void)state;
    Livekit__CreateRoomRequest request = LIVEKIT__CREATE_ROOM_REQUEST__INIT;
    struct arena a;

    request.name = (char *)(uintptr_t) "binary";
    request.metadata = (char *)(uintptr_t) "{\"e2ee\": true}";
    arena_init(&a);
    struct peer *p =
        call("CreateRoom", "binary", "application/protobuf", signal_pack(&request.base, &a), 200);
    assert_true(site_has_header(p, "content-type: application/protobuf"));
    const Livekit__Room *room =
        (const void *)signal_parse(&livekit__room__descriptor, span_of(p->body, p->body_size), &a);
    assert_non_null(room);
    assert_string_equal(room->name, "binary");
    peer_free(p);
    arena_fini(&a);
    call_json("DeleteRoom", "binary", "{\"room\":\"binary\"}", 200, NULL);
}

static void refuses_with_codes(void **state)
{
    (void)state;
    static const struct {
        const char *method, *room, *body;
        unsigned status;
        const char *code;
    } cases[] = {
        {"CreateRoom", "r", "{\"name\":", 400, "malformed"},
        {"CreateRoom", "r", "", 400, "malformed"},
        {"CreateRoom", "r", "[]", 400, "malformed"},
        {"CreateRoom", "r", "{\"name\":\"\"}", 400, "invalid_argument"},
        {"CreateRoom", "r", "{\"name\":5}", 400, "malformed"},
        {"CreateRoom", "r", "{\"name\":\"x\xff\"}", 400, "malformed"},
        {"ListParticipants", "r", "{\"room\":\"another\"}", 401, "unauthenticated"},
        {"ListParticipants", "r", "{\"room\":\"r\"}", 404, "not_found"},
        {"Frobnicate", "r", "{}", 404, "bad_route"},
        {"", "r", "{}", 404, "bad_route"},
    };

    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
        call_json(cases[i].method, cases[i].room, cases[i].body, cases[i].status, cases[i].code);
    struct peer *p = call("CreateRoom", "r", "text/plain", SPAN_LITERAL("{}"), 404);
    assert_non_null(strstr((const char *)p->body, "bad_route"));
    peer_free(p);
    p = call("CreateRoom", "r", "application/protobuf", SPAN_LITERAL("\x0a\x50x"), 400);
    assert_non_null(strstr((const char *)p->body, "malformed"));
    peer_free(p);
}

/* Recording, calling in and agents: an encrypted room is no place for them, others have none. */
static void has_no_recorders(void **state)
{
    (void)state;
    static const char *const methods[] = {
        "livekit.Egress/StartRoomCompositeEgress", "livekit.Egress/StartTrackEgress",
        "livekit.Ingress/CreateIngress", "livekit.SIP/CreateSIPParticipant"};

    call_json("CreateRoom", "sealed", "{\"name\":\"sealed\",\"metadata\":\"{\\\"e2ee\\\":true}\"}",
              200, NULL);
    call_json("CreateRoom", "open", "{\"name\":\"open\"}", 200, NULL);
    for (size_t i = 0; i < sizeof methods / sizeof methods[0]; i++) {
        call_json(methods[i], "sealed", "{\"room_name\":\"sealed\"}", 403,
                  "\"meta\":{\"code\":\"e2ee_room\"}");
        call_json(methods[i], "open", "{\"room_name\":\"open\"}", 501, "\"unimplemented\"");
        call_json(methods[i], "open", "{\"room_name\":\"nowhere\"}", 501, "\"unimplemented\"");
    }
    call_json("livekit.AgentDispatchService/CreateDispatch", "sealed", "{\"room\":\"sealed\"}", 403,
              "\"code\":\"permission_denied\"");
    call_json("livekit.SIP/CreateSIPInboundTrunk", "sealed", "{}", 501, "unimplemented");
    call_json("livekit.Egress/ListEgress", "sealed", "{}", 501, "unimplemented");
    call_json("bedrud.Rooms/Info", "sealed", "{\"room\":\"sealed\"}", 200, "\"e2ee\":true");
    call_json("bedrud.Rooms/Info", "nowhere", "{\"room\":\"nowhere\"}", 404, "not_found");
    call_json("bedrud.Rooms/List", "", "{}", 200, "\"open\"");
    call_json("bedrud.Rooms/List", "", "{}", 200, "\"sealed\"");
    call_json("DeleteRoom", "sealed", "{\"room\":\"sealed\"}", 200, NULL);
    call_json("DeleteRoom", "open", "{\"room\":\"open\"}", 200, NULL);
}

static void refuses_strangers(void **state)
{
    (void)state;
    static const char *const headers[] = {
        "Content-Type: application/json\r\n",
        "Content-Type: application/json\r\nAuthorization: Bearer\r\n",
        "Content-Type: application/json\r\nAuthorization: Basic eDp5\r\n",
        "Content-Type: application/json\r\nAuthorization: Bearer a.b.c\r\n",
        "Content-Type: application/json\r\nAuthorization: Bearer eyJhbGciOiJub25lIn0.e30.\r\n"};

    for (size_t i = 0; i < sizeof headers / sizeof headers[0]; i++) {
        struct peer *p;
        struct ask a = {"POST", SERVICE "CreateRoom", headers[i], SPAN_LITERAL("{\"name\":\"x\"}")};
        assert_int_equal(site_ask(site.port, &a, &p), 401);
        assert_non_null(strstr((const char *)p->body, "unauthenticated"));
        peer_free(p);
    }
    call_json("ListRooms", "", "{}", 200, NULL);
}

/* The length alone is enough to refuse it; nothing is read. */
static void refuses_a_body_too_large(void **state)
{
    (void)state;
    struct peer *p = peer_connect(site.port, NULL);

    put_text(p,
             "POST " SERVICE "CreateRoom HTTP/1.1\r\nHost: x\r\nContent-Length: 1048577\r\n\r\n");
    assert_int_equal(reply_read(p, false), 413);
    peer_free(p);
    call_json("ListRooms", "", "{}", 200, NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(makes_lists_and_ends_rooms),
        cmocka_unit_test(reaches_people),
        cmocka_unit_test(speaks_protobuf),
        cmocka_unit_test(refuses_with_codes),
        cmocka_unit_test(has_no_recorders),
        cmocka_unit_test(refuses_strangers),
        cmocka_unit_test(refuses_a_body_too_large),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
