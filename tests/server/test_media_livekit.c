/* SPDX-License-Identifier: Apache-2.0 */
/* The media plane over HTTP, to a server that is played: which method is called, with which token,
 * and what its answers mean. */
#include "server/media_livekit.h"

#include "base/log.h"
#include "wire/signal.h"

#include "sink.h"

#define KEY "APIlivekit"
#define SECRET "a secret of thirty-two characters"

static struct sink sink;
static struct token_keys keys;
static struct media_livekit plane;

static int setup(void **state)
{
    (void)state;
    log_set_level(LOG_ERROR);
    sink_start(&sink);
    keys = (struct token_keys){.count = 0};
    token_keys_add(&keys, KEY, SECRET);
    media_livekit_init(&plane, sink.url, &keys);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    media_livekit_fini(&plane);
    token_keys_fini(&keys);
    sink_stop(&sink);
    return 0;
}

/* The n-th request went to this method with a good token, whose claims are the caller's. */
static struct span expect(unsigned n, const char *path, struct claims *claims)
{
    const struct sink_request *q = sink_await(&sink, n);
    static const char bearer[] = "Bearer ";

    assert_string_equal(q->method, "POST");
    assert_string_equal(q->path, path);
    assert_string_equal(q->content_type, "application/protobuf");
    assert_memory_equal(q->authorization, bearer, strlen(bearer));
    assert_int_equal(token_verify(&keys, span_of_str(q->authorization + strlen(bearer)),
                                  clock_unix_ms() / 1000, claims),
                     TOKEN_OK);
    assert_false(claims->room_join);
    return span_of(q->body, q->body_size);
}

static void calls_with_what_the_call_needs(void **state)
{
    (void)state;
    struct claims claims;
    struct arena a;

    arena_init(&a);
    assert_int_equal(media_remove(&plane.plane, "room", "bob"), 0);
    struct span body = expect(0, "/twirp/livekit.RoomService/RemoveParticipant", &claims);
    assert_true(claims.room_admin && !claims.room_create && !claims.room_list);
    assert_string_equal(claims.grant->room, "room");
    claims_fini(&claims);
    const Livekit__RoomParticipantIdentity *q =
        (void *)signal_parse(&livekit__room_participant_identity__descriptor, body, &a);
    assert_string_equal(q->room, "room");
    assert_string_equal(q->identity, "bob");
    assert_int_equal(media_end_room(&plane.plane, "room"), 0);
    expect(1, "/twirp/livekit.RoomService/DeleteRoom", &claims);
    assert_true(!claims.room_admin && claims.room_create && !claims.room_list);
    claims_fini(&claims);
    arena_fini(&a);
}

static void answer_with(const ProtobufCMessage *m)
{
    struct arena a;

    arena_init(&a);
    sink_answer(&sink, 200, signal_pack(m, &a));
    arena_fini(&a);
}

static void brings_answers(void **state)
{
    (void)state;
    Livekit__ListParticipantsResponse all = LIVEKIT__LIST_PARTICIPANTS_RESPONSE__INIT;
    Livekit__ParticipantInfo bob = LIVEKIT__PARTICIPANT_INFO__INIT, *list[] = {&bob};
    struct media_person *people;
    unsigned count;
    struct arena a;

    arena_init(&a);
    bob.identity = (char *)(uintptr_t) "bob";
    all.participants = list;
    all.n_participants = 1;
    answer_with(&all.base);
    assert_int_equal(media_people(&plane.plane, &a, "room", &people, &count), 0);
    assert_int_equal(count, 1);
    assert_string_equal(people[0].identity, "bob");
    sink_answer(&sink, 200, span_of_str("\x0a\xff no protobuf"));
    assert_int_equal(media_people(&plane.plane, &a, "room", &people, &count), -EBUSY);
    arena_fini(&a);
}

static void tells_a_live_room_its_settings(void **state)
{
    (void)state;
    Livekit__ListRoomsResponse none = LIVEKIT__LIST_ROOMS_RESPONSE__INIT;
    Livekit__Room room = LIVEKIT__ROOM__INIT, *list[] = {&room};
    const struct room_row row = {
        .name = "room", .mode = ROOM_STANDARD, .max_participants = 7, .settings = {.e2ee = true}};
    struct claims claims;
    struct arena a;

    /* None is made of it that is not there. */
    arena_init(&a);
    answer_with(&none.base);
    assert_int_equal(media_update_room(&plane.plane, &row), 0);
    struct span body = expect(0, "/twirp/livekit.RoomService/ListRooms", &claims);
    assert_true(claims.room_list && !claims.room_create && !claims.room_admin);
    claims_fini(&claims);
    const Livekit__ListRoomsRequest *asked =
        (void *)signal_parse(&livekit__list_rooms_request__descriptor, body, &a);
    assert_int_equal(asked->n_names, 1);
    assert_string_equal(asked->names[0], "room");
    assert_int_equal(sink_count(&sink), 1);
    none.rooms = list;
    none.n_rooms = 1;
    answer_with(&none.base);
    assert_int_equal(media_update_room(&plane.plane, &row), 0);
    expect(3, "/twirp/livekit.RoomService/UpdateRoomMetadata", &claims);
    assert_true(claims.room_admin);
    claims_fini(&claims);
    body = expect(2, "/twirp/livekit.RoomService/CreateRoom", &claims);
    claims_fini(&claims);
    const Livekit__CreateRoomRequest *q =
        (void *)signal_parse(&livekit__create_room_request__descriptor, body, &a);
    assert_string_equal(q->name, "room");
    assert_int_equal(q->max_participants, 7);
    assert_non_null(strstr(q->metadata, "\"e2ee\":true"));
    arena_fini(&a);
}

static void knows_what_errors_mean(void **state)
{
    (void)state;
    static const struct {
        unsigned status;
        const char *body;
        int error;
    } cases[] = {
        {404, "{\"code\":\"not_found\",\"msg\":\"x\"}", -ENOENT},
        {503, "{\"code\":\"unavailable\",\"msg\":\"x\"}", -EBUSY},
        {500, "{\"code\":\"internal\",\"msg\":\"x\"}", -EBUSY},
        {401, "{\"code\":\"unauthenticated\",\"msg\":\"x\"}", -EINVAL},
        {412, "{\"code\":\"failed_precondition\",\"msg\":\"x\"}", -EINVAL},
        {404, "{\"code\":\"bad_route\",\"msg\":\"x\"}", -EINVAL},
        {502, "<html>Bad gateway", -EBUSY},
        {404, "", -EBUSY},
        {307, "", -EBUSY},
    };

    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        sink_answer(&sink, cases[i].status, span_of_str(cases[i].body));
        int error = media_remove(&plane.plane, "room", "bob");
        if (error != cases[i].error)
            fail_msg("%u %s: %d", cases[i].status, cases[i].body, error);
    }
}

/* A server that has no such room says that nobody answers. */
static void asks_whether_the_room_is_there(void **state)
{
    (void)state;
    Livekit__ListRoomsResponse none = LIVEKIT__LIST_ROOMS_RESPONSE__INIT;
    static const struct media_audience all;
    struct claims claims;

    answer_with(&none.base);
    assert_int_equal(media_notify(&plane.plane, "room", &all, "{}"), -ENOENT);
    expect(0, "/twirp/livekit.RoomService/ListRooms", &claims);
    claims_fini(&claims);
    sink_answer_once(&sink, 503, span_of_str("{\"code\":\"unavailable\",\"msg\":\"x\"}"));
    assert_int_equal(media_remove(&plane.plane, "room", "bob"), -ENOENT);
    expect(2, "/twirp/livekit.RoomService/ListRooms", &claims);
    claims_fini(&claims);
}

static void does_not_wait_for_one_that_is_silent(void **state)
{
    (void)state;
    sink_answer(&sink, 0, span_of(NULL, 0));
    plane.timeout_ms = 50;
    assert_int_equal(media_remove(&plane.plane, "room", "bob"), -EBUSY);
    assert_int_equal(sink_count(&sink), 1);
    assert_true(plane.pause_until_us > 0);
    plane.pause_until_us = INT64_MAX;
    assert_int_equal(media_remove(&plane.plane, "room", "bob"), -EBUSY);
    assert_int_equal(sink_count(&sink), 1);
    plane.pause_until_us = 0;
    plane.timeout_ms = 0;
    sink_answer(&sink, 200, span_of(NULL, 0));
    assert_int_equal(media_remove(&plane.plane, "room", "bob"), 0);
    assert_int_equal(plane.pause_until_us, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(calls_with_what_the_call_needs, setup, teardown),
        cmocka_unit_test_setup_teardown(brings_answers, setup, teardown),
        cmocka_unit_test_setup_teardown(tells_a_live_room_its_settings, setup, teardown),
        cmocka_unit_test_setup_teardown(knows_what_errors_mean, setup, teardown),
        cmocka_unit_test_setup_teardown(asks_whether_the_room_is_there, setup, teardown),
        cmocka_unit_test_setup_teardown(does_not_wait_for_one_that_is_silent, setup, teardown),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
