/* SPDX-License-Identifier: Apache-2.0 */
/* Meetings at another media server: what it is told, by tokens and calls, and what its webhooks
 * bring about. The server is played; tests of the API run against real ones (api_kit.h). */
#include "api_kit.h"

#include "sink.h"

#include "store/members.h"
#include "store/rooms.h"
#include "store/users.h"

#define KEY "APIlivekit"
#define SECRET "a secret of thirty-two characters"
#define NOT_FOUND "{\"code\":\"not_found\",\"msg\":\"no\"}"

static struct sink sink;
static struct token_keys keys;

static int setup(void **state)
{
    (void)state;
    sink_start(&sink);
    keys = (struct token_keys){.count = 0};
    token_keys_add(&keys, KEY, SECRET);
    site_configure(&api_site, 1);
    str_set(&api_site.config.livekit_url, sink.url);
    str_set(&api_site.config.livekit_key, KEY);
    str_set(&api_site.config.livekit_secret, SECRET);
    site_run_it(&api_site);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    site_stop(&api_site);
    token_keys_fini(&keys);
    sink_stop(&sink);
    return 0;
}

/* ---- webhooks as the server sends them ---- */

static void send_signed(const struct token_keys *with, const char *body, const char *signed_body,
                        int64_t at_s, unsigned status)
{
    char *token = token_sign_body(with, at_s, span_of_str(signed_body));
    struct str headers;
    struct peer *p;

    str_init(&headers);
    str_printf(&headers, "Authorization: %s\r\nContent-Type: application/webhook+json\r\n", token);
    unsigned got = site_ask(
        api_site.port,
        &(struct ask){"POST", "/api/livekit/webhook", headers.text, span_of_str(body)}, &p);
    if (got != status)
        fail_msg("%s: %u %s", body, got, (const char *)p->body);
    if (status == 200)
        assert_string_equal((const char *)p->body, "{\"ok\":true}");
    peer_free(p);
    str_fini(&headers);
    free(token);
}

static void send_event(const char *event, const char *room, const char *identity, unsigned status)
{
    char body[512];

    snprintf(body, sizeof body,
             "{\"event\":\"%s\",\"room\":{\"sid\":\"RM_1\",\"name\":\"%s\"},\"participant\":"
             "{\"sid\":\"PA_1\",\"identity\":\"%s\",\"state\":\"ACTIVE\"},\"id\":\"EV_1\","
             "\"createdAt\":\"1800000000\"}",
             event, room, identity);
    send_signed(&keys, body, body, clock_unix_ms() / 1000, status);
}

/* The methods that the server was called by since the last look, with commas between them. */
static const char *calls(unsigned *seen)
{
    static char text[512];

    text[0] = 0;
    for (unsigned n = sink_count(&sink); *seen < n; (*seen)++) {
        const char *path = sink_await(&sink, *seen)->path;
        size_t used = strlen(text);
        snprintf(text + used, sizeof text - used, "%s%s", used ? "," : "", strrchr(path, '/') + 1);
    }
    return text;
}

struct place {
    struct person owner, bob;
    char id[64], name[64];
};

static void build(struct place *p, const char *body)
{
    api_register("owner", &p->owner);
    api_register("bob", &p->bob);
    json_t *room = api_ask(
        &(struct question){"POST", "/api/room/create", p->owner.access, body, NULL}, 200, NULL);
    snprintf(p->id, sizeof p->id, "%s", api_get(room, "id"));
    snprintf(p->name, sizeof p->name, "%s", api_get(room, "name"));
    json_decref(room);
}

static json_t *join(const struct place *p)
{
    char body[128];

    snprintf(body, sizeof body, "{\"roomName\":\"%s\"}", p->name);
    return api_ask(&(struct question){"POST", "/api/room/join", p->bob.access, body, NULL}, 200,
                   NULL);
}

static void believes_what_is_signed(void **state)
{
    (void)state;
    static const char body[] = "{\"event\":\"room_finished\",\"room\":{\"name\":\"x\"}}";
    struct token_keys strange = {.count = 0};
    int64_t now_s = clock_unix_ms() / 1000;
    unsigned seen = 0;

    send_signed(&keys, body, body, now_s, 200);
    send_signed(&keys, body, "{}", now_s, 401);
    send_signed(&keys, body, body, now_s - TOKEN_BODY_LIFE_S - TOKEN_LEEWAY_S - 5, 401);
    token_keys_add(&strange, KEY, "another secret of 32 characters!");
    send_signed(&strange, body, body, now_s, 401);
    token_keys_fini(&strange);
    /* The key of our own server API is another. */
    send_signed(&api_site.keys, body, body, now_s, 401);
    api_expect(&(struct question){"POST", "/api/livekit/webhook", NULL, body, NULL}, 401,
               "bad_signature");
    /* Nor is it read before. */
    api_expect(&(struct question){"POST", "/api/livekit/webhook", NULL, "{", NULL}, 401,
               "bad_signature");
    send_signed(&keys, "[]", "[]", now_s, 400);
    send_signed(&keys, "{", "{", now_s, 400);
    assert_string_equal(calls(&seen), "");
}

static void tells_by_token_what_the_room_is(void **state)
{
    (void)state;
    struct claims claims;
    struct place p;
    char host[96];

    build(&p, "{\"maxParticipants\":0,\"settings\":{\"e2ee\":true}}");
    json_t *answer = join(&p);
    snprintf(host, sizeof host, "ws%s", sink.url + strlen("http"));
    assert_string_equal(api_get(answer, "livekitHost"), host);
    assert_int_equal(
        token_verify(&keys, span_of_str(api_get(answer, "token")), clock_unix_ms() / 1000, &claims),
        TOKEN_OK);
    assert_string_equal(claims.grant->room, p.name);
    assert_string_equal(claims.grant->identity, p.bob.id);
    assert_non_null(strstr(claims.grant->room_metadata, "\"e2ee\":true"));
    assert_int_equal(claims.grant->max_participants, 1000000);
    /* Which would ask another bedrud to look it up in its own store. */
    assert_int_equal(claims.entry, 0);
    claims_fini(&claims);
    json_decref(answer);
}

static void gives_a_room_its_settings_when_it_begins(void **state)
{
    (void)state;
    Livekit__ListRoomsResponse list = LIVEKIT__LIST_ROOMS_RESPONSE__INIT;
    Livekit__Room room = LIVEKIT__ROOM__INIT, *rooms[] = {&room};
    struct place p;
    struct arena a;
    unsigned seen = 0;

    arena_init(&a);
    build(&p, "{}");
    list.rooms = rooms;
    list.n_rooms = 1;
    sink_answer(&sink, 200, signal_pack(&list.base, &a));
    send_event("room_started", p.name, "", 200);
    assert_string_equal(calls(&seen), "ListRooms,CreateRoom,UpdateRoomMetadata");
    /* Others' rooms are theirs. */
    send_event("room_started", "unknown", "", 200);
    assert_string_equal(calls(&seen), "");
    /* One that is over does not begin again. */
    struct db *db = api_db();
    assert_int_equal(rooms_archive(db, p.id, 5), 0);
    db_close(db);
    send_event("room_started", p.name, "", 200);
    assert_string_equal(calls(&seen), "DeleteRoom");
    send_event("participant_joined", p.name, p.bob.id, 200);
    assert_string_equal(calls(&seen), "DeleteRoom");
    arena_fini(&a);
}

static void removes_again_whoever_was_removed(void **state)
{
    (void)state;
    struct place p;
    struct db *db = api_db();
    unsigned seen = 0;

    build(&p, "{}");
    sink_answer(&sink, 404, span_of_str(NOT_FOUND)); /* gone again when they are looked for */
    json_decref(join(&p));
    send_event("participant_joined", p.name, p.bob.id, 200);
    assert_string_equal(calls(&seen), "GetParticipant");
    assert_int_equal(members_put_out(db, p.id, p.bob.id, 5), 0);
    send_event("participant_joined", p.name, p.bob.id, 200);
    assert_string_equal(calls(&seen), "RemoveParticipant");
    /* With a token that was given after that, they may stay. */
    json_decref(join(&p));
    send_event("participant_joined", p.name, p.bob.id, 200);
    assert_string_equal(calls(&seen), "GetParticipant");
    assert_int_equal(members_ban(db, p.id, p.bob.id, 5), 0);
    send_event("participant_joined", p.name, p.bob.id, 200);
    assert_string_equal(calls(&seen), "RemoveParticipant");
    db_close(db);
}

/* A token of the room before brings somebody into the next of its name, for a moment. */
static void removes_whom_this_room_does_not_know(void **state)
{
    (void)state;
    struct place p;
    struct db *db = api_db();
    unsigned seen = 0;
    char body[128];

    build(&p, "{}");
    sink_answer(&sink, 404, span_of_str(NOT_FOUND));
    json_decref(join(&p));
    assert_int_equal(rooms_archive(db, p.id, 5), 0);
    db_close(db);
    snprintf(body, sizeof body, "{\"name\":\"%s\"}", p.name);
    api_expect(&(struct question){"POST", "/api/room/create", p.owner.access, body, NULL}, 200,
               NULL);
    send_event("participant_joined", p.name, p.bob.id, 200);
    assert_string_equal(calls(&seen), "RemoveParticipant");
    json_decref(join(&p));
    send_event("participant_joined", p.name, p.bob.id, 200);
    assert_string_equal(calls(&seen), "GetParticipant");
}

static void knows_whose_accounts_are_gone(void **state)
{
    (void)state;
    struct place p;
    struct db *db = api_db();
    unsigned seen = 0;

    build(&p, "{}");
    sink_answer(&sink, 404, span_of_str(NOT_FOUND));
    assert_int_equal(users_set_active(db, p.bob.id, false, 5), 0);
    send_event("participant_joined", p.name, p.bob.id, 200);
    assert_string_equal(calls(&seen), "RemoveParticipant");
    send_event("participant_joined", p.name, "12345678-1234-4234-8234-123456789abc", 200);
    assert_string_equal(calls(&seen), "RemoveParticipant");
    /* Whom the holder of the server's API key sent. */
    send_event("participant_joined", p.name, "recorder", 200);
    assert_string_equal(calls(&seen), "");
    db_close(db);
}

/* The server sends it again, so nothing is lost. */
static void asks_for_it_again_when_it_cannot(void **state)
{
    (void)state;
    struct place p;

    build(&p, "{}");
    json_decref(join(&p));
    sink_answer(&sink, 503, span_of(NULL, 0));
    send_event("participant_joined", p.name, p.bob.id, 503);
}

static void leaves_meetings_to_the_other(void **state)
{
    (void)state;
    static const char *const paths[] = {"/rtc", "/rtc/validate", "/livekit/rtc",
                                        "/twirp/livekit.RoomService/ListRooms"};
    struct peer *p;
    char policy[160];

    for (size_t i = 0; i < sizeof paths / sizeof paths[0]; i++) {
        assert_int_equal(site_ask(api_site.port, &(struct ask){"GET", paths[i], NULL, {0}}, &p),
                         404);
        assert_non_null(
            strstr((const char *)p->body, "the meetings of this server are carried by another"));
        peer_free(p);
    }
    /* Pages may speak to it. */
    snprintf(policy, sizeof policy, " %s ws%s", sink.url, sink.url + strlen("http"));
    site_ask(api_site.port, &(struct ask){"GET", "/", NULL, {0}}, &p);
    if (strcasestr(p->head, "content-security-policy"))
        assert_non_null(strstr(p->head, policy));
    peer_free(p);
}

static int setup_own(void **state)
{
    return api_setup(state);
}

static void is_not_there_without_it(void **state)
{
    (void)state;
    api_expect(&(struct question){"POST", "/api/livekit/webhook", NULL, "{}", NULL}, 404,
               "no_media_server");
}

#define ELSEWHERE(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        ELSEWHERE(believes_what_is_signed),
        ELSEWHERE(tells_by_token_what_the_room_is),
        ELSEWHERE(gives_a_room_its_settings_when_it_begins),
        ELSEWHERE(removes_again_whoever_was_removed),
        ELSEWHERE(removes_whom_this_room_does_not_know),
        ELSEWHERE(knows_whose_accounts_are_gone),
        ELSEWHERE(asks_for_it_again_when_it_cannot),
        ELSEWHERE(leaves_meetings_to_the_other),
        cmocka_unit_test_setup_teardown(is_not_there_without_it, setup_own, api_teardown),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
