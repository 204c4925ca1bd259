/* SPDX-License-Identifier: Apache-2.0 */
/* The way in: who gets a token, that it is good for what it should be, and that the meeting which
 * opens is the one that was made. */
#include "api_kit.h"

#include "store/members.h"
#include "store/rooms.h"

#define ASK(path, token, body)                                                                     \
    (&(struct question){"POST", "/api/room/" path, (token), (body), NULL})

struct place {
    char id[64], name[64];
};

static void create(const struct person *p, const char *body, struct place *out)
{
    json_t *room = api_ask(ASK("create", p->access, body), 200, NULL);

    snprintf(out->id, sizeof out->id, "%s", api_get(room, "id"));
    snprintf(out->name, sizeof out->name, "%s", api_get(room, "name"));
    json_decref(room);
}

static json_t *join(const struct person *p, const char *name, unsigned status, const char *code)
{
    char body[128];

    snprintf(body, sizeof body, "{\"roomName\":\"%s\"}", name);
    return api_ask(ASK("join", p->access, body), status, code);
}

static void expect_join(const struct person *p, const char *name, unsigned status, const char *code)
{
    json_decref(join(p, name, status, code));
}

static void brings_people_into_the_meeting(void **state)
{
    (void)state;
    const Livekit__SignalResponse *joined;
    struct person ada, bob;
    struct place room;
    struct arena a;

    arena_init(&a);
    api_register("ada", &ada);
    api_guest("Bob", &bob);
    create(&ada, "{\"maxParticipants\":9,\"settings\":{\"e2ee\":true,\"allowVideo\":false}}",
           &room);
    json_t *answer = join(&bob, room.name, 200, NULL);
    assert_string_equal(api_get(answer, "id"), room.id);
    assert_string_equal(api_get(answer, "livekitHost"), api_host());
    assert_true(json_is_true(json_object_get(json_object_get(answer, "settings"), "e2ee")));
    assert_true(json_is_null(json_object_get(answer, "activeRecordingId")));
    assert_true(json_is_string(json_object_get(answer, "adminId")));
    assert_true(json_is_string(json_object_get(answer, "expiresAt")));
    struct peer *p = api_enter(answer, &a, &joined);
    json_decref(answer);
    assert_string_equal(joined->join->room->name, room.name);
    assert_non_null(strstr(joined->join->room->metadata, "\"e2ee\":true"));
    assert_int_equal(joined->join->room->max_participants, 9);
    const Livekit__ParticipantInfo *me = joined->join->participant;
    assert_string_equal(me->identity, bob.id);
    assert_string_equal(me->name, "Bob");
    assert_string_equal(me->metadata, "{\"accesses\":[\"guest\"]}");
    /* No camera, as the room says. */
    assert_true(me->permission->can_publish);
    assert_int_equal(me->permission->n_can_publish_sources, 3);
    for (size_t i = 0; i < 3; i++)
        assert_int_not_equal(me->permission->can_publish_sources[i], LIVEKIT__TRACK_SOURCE__CAMERA);
    peer_free(p);
    /* The owner may do everything. */
    answer = join(&ada, room.name, 200, NULL);
    p = api_enter(answer, &a, &joined);
    json_decref(answer);
    assert_int_equal(joined->join->participant->permission->n_can_publish_sources, 0);
    assert_non_null(strstr(joined->join->participant->metadata, "\"moderator\""));
    peer_free(p);
    arena_fini(&a);
}

static void set(const struct place *room, const struct person *p, enum member_flag flag)
{
    struct db *db = api_db();

    assert_int_equal(members_set(db, room->id, p->id, flag, true, 1), 0);
    db_close(db);
}

static void refuses_with_the_documented_texts(void **state)
{
    (void)state;
    struct person owner, ada, guest;
    struct place open, closed, lobby;

    api_register("boss", &owner); /* a superadmin would get in everywhere */
    api_register("owner", &owner);
    api_register("ada", &ada);
    api_guest("Jo", &guest);
    create(&owner, "{}", &open);
    create(&owner, "{\"isPublic\":false}", &closed);
    create(&owner, "{\"settings\":{\"requireApproval\":true}}", &lobby);
    expect_join(&ada, "none-such", 404, "room_not_found");
    expect_join(&ada, "", 404, "room_not_found");
    json_t *answer = join(&ada, closed.name, 403, "private");
    assert_string_equal(api_get(answer, "error"), "This room is private");
    json_decref(answer);
    answer = join(&guest, lobby.name, 403, "approval_pending");
    assert_string_equal(api_get(answer, "error"), "This room requires approval to join");
    json_decref(answer);
    expect_join(&owner, closed.name, 200, NULL);
    expect_join(&owner, lobby.name, 200, NULL);
    set(&closed, &ada, MEMBER_APPROVED);
    set(&lobby, &guest, MEMBER_APPROVED);
    expect_join(&ada, closed.name, 200, NULL);
    expect_join(&guest, lobby.name, 200, NULL);
    set(&lobby, &ada, MEMBER_MODERATOR);
    expect_join(&ada, lobby.name, 200, NULL);
    set(&open, &ada, MEMBER_BANNED);
    answer = join(&ada, open.name, 403, "banned");
    assert_string_equal(api_get(answer, "error"), "you are banned from this room");
    json_decref(answer);
    struct db *db = api_db();
    assert_int_equal(rooms_archive(db, open.id, 5), 0);
    db_close(db);
    expect_join(&guest, open.name, 410, "room_closed");
    answer = join(&owner, open.name, 200, NULL);
    assert_string_equal(api_get(answer, "status"), "archived_owned");
    assert_string_equal(api_get(answer, "name"), open.name);
    assert_null(json_object_get(answer, "token"));
    json_decref(answer);
}

static void keeps_the_last_seat(void **state)
{
    (void)state;
    const Livekit__SignalResponse *joined;
    struct person ada, bob;
    struct place room;
    struct arena a;

    arena_init(&a);
    api_register("ada", &ada);
    api_register("bob", &bob);
    create(&ada, "{\"maxParticipants\":1}", &room);
    json_t *answer = join(&bob, room.name, 200, NULL);
    struct peer *p = api_enter(answer, &a, &joined);
    json_decref(answer);
    answer = join(&ada, room.name, 403, "room_full");
    assert_string_equal(api_get(answer, "error"), "room is full");
    json_decref(answer);
    /* Whoever has the seat can ask again. */
    expect_join(&bob, room.name, 200, NULL);
    peer_free(p);
    arena_fini(&a);
}

static void gives_fresh_tokens_to_those_alone(void **state)
{
    (void)state;
    struct person boss, owner, ada;
    struct place open, closed;
    struct claims claims;
    char body[128];

    api_register("boss", &boss);
    api_register("owner", &owner);
    api_register("ada", &ada);
    create(&owner, "{}", &open);
    create(&owner, "{\"isPublic\":false}", &closed);
    snprintf(body, sizeof body, "{\"roomName\":\"%s\"}", open.name);
    json_t *answer = api_ask(ASK("refresh-token", ada.access, body), 200, NULL);
    api_read_token(answer, &claims);
    assert_string_equal(claims.grant->room, open.name);
    assert_string_equal(claims.grant->identity, ada.id);
    assert_int_equal(claims.entry, api_media == API_HERE);
    assert_string_equal(claims.room_id, api_media == API_HERE ? open.id : "");
    assert_false(claims.room_admin || claims.room_create || claims.room_list);
    claims_fini(&claims);
    json_decref(answer);
    set(&open, &ada, MEMBER_BANNED);
    api_expect(ASK("refresh-token", ada.access, body), 403, "banned");
    struct db *db = api_db();
    assert_int_equal(rooms_archive(db, open.id, 5), 0);
    db_close(db);
    api_expect(ASK("refresh-token", owner.access, body), 410, "room_closed");
    snprintf(body, sizeof body, "{\"roomName\":\"%s\"}", closed.name);
    api_expect(ASK("refresh-token", ada.access, body), 403, "private");
}

/* ---- without an account ---- */

/* The guest's cookie in an answer, if it has one. */
static bool take_cookie(const struct peer *p, char *out)
{
    static const char name[] = "bedrud_guest_id=";
    char head[sizeof p->head];

    memcpy(head, p->head, sizeof head);
    const char *at = strstr(head, name);
    if (at && out)
        snprintf(out, 1024, "%.*s", (int)strcspn(at + strlen(name), ";"), at + strlen(name));
    return at != NULL;
}

static json_t *guest_join(const char *room, const char *cookie, unsigned status, const char *code,
                          char *new_cookie)
{
    char body[128], header[1100];
    struct peer *peer;
    json_t *answer;

    snprintf(body, sizeof body, "{\"roomName\":\"%s\",\"guestName\":\"Jo <b>\"}", room);
    snprintf(header, sizeof header, "Cookie: bedrud_guest_id=%s\r\n", cookie);
    unsigned got = api_put(&(struct question){"POST", "/api/room/guest-join", NULL, body, header},
                           &answer, &peer);
    const char *got_code = json_string_value(json_object_get(answer, "code"));
    if (got != status || (code && strcmp(code, got_code ? got_code : "") != 0))
        fail_msg("%u %s", got, got_code ? got_code : "");
    assert_int_equal(take_cookie(peer, new_cookie), status == 200);
    peer_free(peer);
    return answer;
}

static void takes_guests_by_link(void **state)
{
    (void)state;
    const Livekit__SignalResponse *joined;
    struct person owner, guest;
    struct place room, closed;
    char cookie[1024], id[64];
    struct arena a;

    arena_init(&a);
    api_register("owner", &owner);
    create(&owner, "{\"settings\":{\"e2ee\":true}}", &room);
    create(&owner, "{\"isPublic\":false}", &closed);
    json_t *answer = guest_join(room.name, "", 200, NULL, cookie);
    /* What guests must know, and the tokens in each place that clients look at. */
    assert_true(json_is_true(json_object_get(json_object_get(answer, "settings"), "e2ee")));
    assert_string_equal(api_get(answer, "tokens.accessToken"), api_get(answer, "accessToken"));
    assert_string_equal(api_get(answer, "name"), room.name);
    snprintf(guest.access, sizeof guest.access, "%s", api_get(answer, "accessToken"));
    struct peer *p = api_enter(answer, &a, &joined);
    snprintf(id, sizeof id, "%s", joined->join->participant->identity);
    assert_string_equal(joined->join->participant->name, "Jo b");
    assert_non_null(strstr(joined->join->room->metadata, "\"e2ee\":true"));
    peer_free(p);
    json_decref(answer);
    json_t *me =
        api_ask(&(struct question){"GET", "/api/auth/me", guest.access, NULL, NULL}, 200, NULL);
    assert_string_equal(api_get(me, "id"), id);
    assert_string_equal(api_get(me, "provider"), "guest");
    json_decref(me);
    json_decref(guest_join(closed.name, "", 403, "private", NULL));
    json_decref(guest_join("none-such", "", 404, "room_not_found", NULL));
    /* The same person comes back, and a ban with them. */
    answer = guest_join(room.name, cookie, 200, NULL, NULL);
    p = api_enter(answer, &a, &joined);
    assert_string_equal(joined->join->participant->identity, id);
    peer_free(p);
    json_decref(answer);
    snprintf(guest.id, sizeof guest.id, "%s", id);
    set(&room, &guest, MEMBER_BANNED);
    json_decref(guest_join(room.name, cookie, 403, "banned", NULL));
    /* A cookie that nobody signed is none. */
    cookie[20] ^= 1;
    json_decref(guest_join(room.name, cookie, 200, NULL, NULL));
    json_decref(guest_join(room.name, guest.access, 200, NULL, NULL));
    arena_fini(&a);
}

static void tells_what_one_needs_to_know(void **state)
{
    (void)state;
    const Livekit__SignalResponse *joined;
    struct person owner;
    struct place room, closed;
    struct peer *inside_peer = NULL;
    char path[128];
    struct arena a;

    arena_init(&a);
    api_register("owner", &owner);
    create(&owner, "{\"maxParticipants\":2,\"settings\":{\"e2ee\":true}}", &room);
    create(&owner, "{\"isPublic\":false}", &closed);
    snprintf(path, sizeof path, "/api/room/check/%s", room.name);
    const struct question q = {"GET", path, NULL, NULL, NULL};
    for (unsigned inside = 0; inside < 2; inside++) {
        json_t *answer = api_ask(&q, 200, NULL);
        assert_true(json_is_true(json_object_get(answer, "exists")));
        assert_true(json_is_true(json_object_get(answer, "e2ee")));
        assert_string_equal(api_get(answer, "id"), room.id);
        assert_int_equal(json_integer_value(json_object_get(answer, "count")), inside);
        json_decref(answer);
        answer = join(&owner, room.name, 200, NULL);
        if (!inside)
            inside_peer = api_enter(answer, &a, &joined);
        json_decref(answer);
    }
    peer_free(inside_peer);
    snprintf(path, sizeof path, "/api/room/check/%s", closed.name);
    api_expect(&q, 403, "private");
    snprintf(path, sizeof path, "/api/room/check/none-such");
    api_expect(&q, 404, "room_not_found");
    arena_fini(&a);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(brings_people_into_the_meeting),
        cmocka_unit_test(refuses_with_the_documented_texts),
        cmocka_unit_test(keeps_the_last_seat),
        cmocka_unit_test(gives_fresh_tokens_to_those_alone),
        cmocka_unit_test(takes_guests_by_link),
        cmocka_unit_test(tells_what_one_needs_to_know),
    };

    static const char *const only_here[] = {NULL};

    return API_MAIN_ANYWHERE(tests, only_here);
}
