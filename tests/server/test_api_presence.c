/* SPDX-License-Identifier: Apache-2.0 */
/* Who may know who is in a room. */
#include "house.h"

#define ANYBODY ROLES /* without a token */

static json_t *ask(const struct house *h, int role, const char *what, unsigned status,
                   const char *code)
{
    return house_ask(h, "GET", role == ANYBODY ? NULL : &h->people[role], what, status, code);
}

static void tells_those_who_could_come(void **state)
{
    (void)state;
    /* Rooms: public, private, by approval. */
    static const char *const rooms[] = {"{}", "{\"isPublic\":false}",
                                        "{\"settings\":{\"requireApproval\":true}}"};
    static const unsigned names[3][ROLES + 1] = {{200, 200, 200, 403, 200, 200, 200, 401},
                                                 {403, 403, 403, 403, 200, 200, 200, 403},
                                                 {403, 403, 403, 403, 200, 200, 200, 401}},
                                           counts[3][ROLES + 1] = {
                                               {200, 200, 200, 403, 200, 200, 200, 200},
                                               {403, 403, 403, 403, 200, 200, 200, 403},
                                               {200, 200, 200, 403, 200, 200, 200, 200}};

    for (int i = 0; i < 3; i++) {
        struct house h;
        if (i) {
            api_teardown(NULL);
            api_setup(NULL);
        }
        house_build(&h, rooms[i]);
        for (int role = 0; role <= ROLES; role++) {
            json_t *answer = ask(&h, role, "presence", names[i][role], NULL);
            if (names[i][role] == 200)
                assert_int_equal(json_array_size(json_object_get(answer, "participants")), 0);
            json_decref(answer);
            answer = ask(&h, role, "presence?countOnly=1", counts[i][role], NULL);
            assert_null(json_object_get(answer, "participants"));
            if (counts[i][role] == 200)
                assert_int_equal(json_integer_value(json_object_get(answer, "count")), 0);
            json_decref(answer);
        }
    }
}

static void tells_who_is_there(void **state)
{
    (void)state;
    struct house h;
    struct arena a;

    arena_init(&a);
    house_build(&h, "{}");
    struct peer *p = house_enter(&h, &h.target, &a, NULL);
    /* With a token of the API key's holder, whom the store does not know; and one who is hidden. */
    struct peer *q = site_join(&api_site, "/rtc", h.name, "bot", "");
    assert_non_null(site_await(q, &a, LIVEKIT__SIGNAL_RESPONSE__MESSAGE_JOIN));
    struct grant g = {.room = h.name,
                      .identity = (char *)(uintptr_t) "ghost",
                      .expires_unix_s = clock_unix_ms() / 1000 + 600,
                      .permission = {.can_subscribe = true, .hidden = true}};
    char *token = token_sign(&api_site.keys, &(struct claims){.grant = &g, .room_join = true});
    json_t *way = json_pack("{s:s}", "token", token);
    const Livekit__SignalResponse *joined;
    struct peer *ghost = api_enter(way, &a, &joined);
    json_decref(way);
    free(token);
    json_t *answer = ask(&h, ROLE_USER, "presence", 200, NULL);
    const json_t *list = json_object_get(answer, "participants");
    assert_int_equal(json_array_size(list), 2);
    assert_int_equal(json_integer_value(json_object_get(answer, "count")), 2);
    assert_string_equal(api_get(json_array_get(list, 0), "identity"), h.target.id);
    assert_string_equal(api_get(json_array_get(list, 0), "name"), "target");
    assert_string_equal(api_get(json_array_get(list, 0), "avatarUrl"), "");
    assert_string_equal(api_get(json_array_get(list, 1), "identity"), "bot");
    json_decref(answer);
    answer = ask(&h, ANYBODY, "presence?countOnly=1", 200, NULL);
    assert_int_equal(json_integer_value(json_object_get(answer, "count")), 2);
    json_decref(answer);
    struct house none = {.id = "none-such"};
    json_decref(house_ask(&none, "GET", NULL, "presence?countOnly=1", 404, "room_not_found"));
    peer_free(ghost);
    peer_free(q);
    peer_free(p);
    arena_fini(&a);
}

static void tells_those_inside_of_each_other(void **state)
{
    (void)state;
    struct house h, none = {.id = "none-such"};
    struct arena a;
    char what[192];

    arena_init(&a);
    house_build(&h, "{}");
    const struct person *user = &h.people[ROLE_USER];
    snprintf(what, sizeof what, "participant/%s/info", h.target.id);
    /* Even the owner has to be there. */
    json_decref(house_ask(&h, "GET", &h.people[ROLE_OWNER], what, 403, "not_in_meeting"));
    struct peer *q = house_enter(&h, user, &a, NULL);
    json_decref(house_ask(&h, "GET", user, what, 404, "participant_not_found"));
    struct peer *p = house_enter(&h, &h.target, &a, NULL);
    json_t *answer = house_ask(&h, "GET", user, what, 200, NULL);
    assert_string_equal(api_get(answer, "identity"), h.target.id);
    assert_string_equal(api_get(answer, "name"), "target");
    assert_string_equal(api_get(answer, "state"), "JOINED");
    assert_true(json_is_string(json_object_get(answer, "joinedAt")));
    assert_true(json_is_array(json_object_get(answer, "tracks")));
    json_decref(answer);
    snprintf(what, sizeof what, "participant/%s/profile", h.target.id);
    json_decref(house_ask(&h, "GET", &h.people[ROLE_OWNER], what, 403, "not_in_meeting"));
    answer = house_ask(&h, "GET", user, what, 200, NULL);
    assert_string_equal(api_get(answer, "id"), h.target.id);
    assert_string_equal(api_get(answer, "name"), "target");
    assert_string_equal(api_get(answer, "avatarUrl"), "");
    assert_null(json_object_get(answer, "email"));
    json_decref(answer);
    json_decref(house_ask(&none, "GET", user, what, 404, "room_not_found"));
    peer_free(p);
    peer_free(q);
    arena_fini(&a);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(tells_those_who_could_come),
        cmocka_unit_test(tells_who_is_there),
        cmocka_unit_test(tells_those_inside_of_each_other),
    };

    static const char *const only_here[] = {"tells_who_is_there", NULL};

    return API_MAIN_ANYWHERE(tests, only_here);
}
