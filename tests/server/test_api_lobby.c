/* SPDX-License-Identifier: Apache-2.0 */
/* Rooms that take people in by approval: who waits, who decides, who gets in and who does not. */
#include "house.h"

#define BY_APPROVAL "{\"settings\":{\"requireApproval\":true}}"

static void asks_for_the_right_role(void **state)
{
    (void)state;
    static const unsigned wanted[ROLES] = {403, 403, 403, 403, 200, 200, 200};
    struct house h;
    char what[192];

    house_build(&h, BY_APPROVAL);
    for (int role = 0; role < ROLES; role++) {
        const struct person *p = &h.people[role];
        const char *code = wanted[role] == 403 ? "forbidden" : NULL;
        json_decref(house_join(&h, &h.target, 403, "approval_pending"));
        json_decref(house_ask(&h, "GET", p, "lobby", wanted[role], code));
        snprintf(what, sizeof what, "lobby/%s/admit", h.target.id);
        json_decref(house_ask(&h, "POST", p, what, wanted[role], code));
        house_set(&h, &h.target, MEMBER_APPROVED, false);
        json_decref(house_join(&h, &h.target, 403, "approval_pending"));
        snprintf(what, sizeof what, "lobby/%s/deny", h.target.id);
        json_decref(house_ask(&h, "POST", p, what, wanted[role], code));
        struct db *db = api_db();
        assert_int_equal(db_exec(db, "DELETE FROM room_lobby WHERE room_id = $1", db_text(h.id)),
                         0);
        db_close(db);
    }
    snprintf(what, sizeof what, "lobby/%s/admit", h.target.id);
    json_decref(house_ask(&h, "POST", &h.people[ROLE_OWNER], what, 404, "not_waiting"));
    snprintf(what, sizeof what, "lobby/%s/deny", h.target.id);
    json_decref(house_ask(&h, "POST", &h.people[ROLE_OWNER], what, 404, "not_waiting"));
}

static void lets_people_in(void **state)
{
    (void)state;
    struct house h;
    struct arena a;
    char body[128];

    arena_init(&a);
    house_build(&h, BY_APPROVAL);
    json_t *answer = house_join(&h, &h.target, 403, "approval_pending");
    assert_string_equal(api_get(answer, "error"), "This room requires approval to join");
    assert_string_equal(api_get(answer, "id"), h.id);
    assert_true(strlen(api_get(answer, "ticket")) > 100);
    assert_null(json_object_get(answer, "token"));
    json_decref(answer);
    json_decref(house_join(&h, &h.people[ROLE_USER], 403, "approval_pending"));
    /* Nor by the other way to a token. */
    snprintf(body, sizeof body, "{\"roomName\":\"%s\"}", h.name);
    const struct question refresh = {"POST", "/api/room/refresh-token", h.target.access, body,
                                     NULL};
    api_expect(&refresh, 403, "approval_required");
    json_t *all = house_ask(&h, "GET", &h.people[ROLE_MODERATOR], "lobby", 200, NULL);
    const json_t *waiting = json_object_get(all, "waiting");
    assert_int_equal(json_array_size(waiting), 2);
    assert_string_equal(api_get(json_array_get(waiting, 0), "identity"), h.target.id);
    assert_string_equal(api_get(json_array_get(waiting, 0), "name"), "target");
    assert_true(json_is_string(json_object_get(json_array_get(waiting, 0), "askedAt")));
    json_decref(all);
    house_do(&h, &h.people[ROLE_MODERATOR], "lobby", &h.target, "/admit");
    house_do(&h, &h.people[ROLE_MODERATOR], "lobby", &h.people[ROLE_USER], "/deny");
    struct peer *p = house_enter(&h, &h.target, &a, NULL);
    api_expect(&refresh, 200, NULL);
    answer = house_join(&h, &h.people[ROLE_USER], 403, "approval_denied");
    assert_null(json_object_get(answer, "ticket"));
    json_decref(answer);
    /* Whoever is kicked has to ask again. */
    house_do(&h, &h.people[ROLE_MODERATOR], "kick", &h.target, "");
    json_decref(house_join(&h, &h.target, 403, "approval_pending"));
    /* And who is banned does not wait. */
    house_do(&h, &h.people[ROLE_MODERATOR], "ban", &h.target, "");
    json_decref(house_join(&h, &h.target, 403, "banned"));
    peer_free(p);
    arena_fini(&a);
}

static json_t *guest_join(const struct house *h, const char *ticket, unsigned status,
                          const char *code)
{
    struct str body;

    str_init(&body);
    str_printf(&body, "{\"roomName\":\"%s\",\"guestName\":\"Jo\",\"ticket\":\"%s\"}", h->name,
               ticket);
    json_t *answer = api_ask(
        &(struct question){"POST", "/api/room/guest-join", NULL, body.text, NULL}, status, code);
    str_fini(&body);
    return answer;
}

static void takes_guests_by_their_ticket(void **state)
{
    (void)state;
    const Livekit__SignalResponse *joined;
    struct house h;
    struct arena a;
    char what[192], path[128];

    arena_init(&a);
    house_build(&h, "{\"isPublic\":false,\"settings\":{\"requireApproval\":true}}");
    json_t *first = guest_join(&h, "", 403, "approval_pending");
    const char *ticket = api_get(first, "ticket");
    json_decref(guest_join(&h, ticket, 403, "approval_pending"));
    json_t *all = house_ask(&h, "GET", &h.people[ROLE_OWNER], "lobby", 200, NULL);
    const json_t *waiting = json_object_get(all, "waiting");
    assert_int_equal(json_array_size(waiting), 1); /* the same guest both times */
    const char *identity = api_get(json_array_get(waiting, 0), "identity");
    snprintf(what, sizeof what, "lobby/%s/admit", identity);
    json_decref(house_ask(&h, "POST", &h.people[ROLE_OWNER], what, 200, NULL));
    json_t *answer = guest_join(&h, ticket, 200, NULL);
    struct peer *p = api_enter(answer, &a, &joined);
    assert_string_equal(joined->join->participant->identity, identity);
    assert_string_equal(joined->join->participant->name, "Jo");
    peer_free(p);
    json_decref(answer);
    /* A ticket that nobody signed is none, and an account's is no guest's. */
    json_decref(guest_join(&h, "x.y.z", 403, "approval_pending"));
    answer = house_join(&h, &h.people[ROLE_USER], 403, "approval_pending");
    json_decref(guest_join(&h, api_get(answer, "ticket"), 403, "approval_pending"));
    json_decref(answer);
    json_decref(all);
    json_decref(first);
    /* What one has to know before. */
    snprintf(path, sizeof path, "/api/room/check/%s", h.name);
    answer = api_ask(&(struct question){"GET", path, NULL, NULL, NULL}, 200, NULL);
    assert_true(json_is_true(json_object_get(answer, "requireApproval")));
    json_decref(answer);
    arena_fini(&a);
}

static void has_places_for_so_many(void **state)
{
    (void)state;
    struct house h;
    json_t *json;
    struct peer *p;
    char body[128];

    house_build(&h, BY_APPROVAL);
    for (int i = 0; i < LIMIT_LOBBY; i++)
        json_decref(guest_join(&h, "", 403, "approval_pending"));
    snprintf(body, sizeof body, "{\"roomName\":\"%s\"}", h.name);
    assert_int_equal(
        api_put(&(struct question){"POST", "/api/room/join", h.target.access, body, NULL}, &json,
                &p),
        429);
    assert_string_equal(api_get(json, "code"), "lobby_full");
    assert_true(site_has_header(p, "retry-after: 60"));
    peer_free(p);
    json_decref(json);
    /* Strangers who find no place leave nothing behind. */
    struct db *db = api_db();
    int64_t before, after;
    for (int i = 0; i < 2; i++) {
        struct db_query *q = db_query(db, "SELECT count(*) FROM users WHERE id <> $1", db_text(""));
        assert_true(db_step(q));
        *(i ? &after : &before) = db_column_int(q, 0);
        assert_int_equal(db_end(q), 0);
        if (i == 0)
            json_decref(guest_join(&h, "", 429, "lobby_full"));
    }
    assert_int_equal(after, before);
    db_close(db);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(asks_for_the_right_role),
        cmocka_unit_test(lets_people_in),
        cmocka_unit_test(takes_guests_by_their_ticket),
        cmocka_unit_test(has_places_for_so_many),
    };

    return API_MAIN(tests);
}
