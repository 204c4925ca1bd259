/* SPDX-License-Identifier: Apache-2.0 */
/* Superadmins and rooms that are not theirs: found, looked into, changed, suspended, removed. */
#include "house.h"

static json_t *ask(const struct house *h, const char *method, const char *what, const char *body,
                   unsigned status, const char *code)
{
    char path[256];

    snprintf(path, sizeof path, "/api/admin/rooms%s", what);
    return api_ask(&(struct question){method, path, h->people[ROLE_BOSS].access, body, NULL},
                   status, code);
}

static void expect(const struct house *h, const char *method, const char *what, const char *body,
                   unsigned status, const char *code)
{
    json_decref(ask(h, method, what, body, status, code));
}

/* "/<id><rest>" */
static const char *of(const struct house *h, const char *rest)
{
    static char path[192];

    snprintf(path, sizeof path, "/%s%s", h->id, rest);
    return path;
}

static void check_list(const struct house *h, const char *query, const char *names, int total)
{
    json_t *answer = ask(h, "GET", query, NULL, 200, NULL);
    char got[128] = "";
    const json_t *one;
    size_t i;

    json_array_foreach(json_object_get(answer, "rooms"), i, one)
    {
        size_t used = strlen(got);
        snprintf(got + used, sizeof got - used, "%s%s", i ? " " : "", api_get(one, "name"));
    }
    if (strcmp(got, names) != 0)
        fail_msg("%s: %s instead of %s", query, got, names);
    assert_int_equal(json_integer_value(json_object_get(answer, "total")), total);
    json_decref(answer);
}

static void lists_rooms(void **state)
{
    (void)state;
    struct house h;
    struct arena a;

    arena_init(&a);
    house_build(&h, "{\"name\":\"hall\",\"settings\":{\"e2ee\":true}}");
    api_expect(&(struct question){"POST", "/api/room/create", h.people[ROLE_USER].access,
                                  "{\"name\":\"annex\",\"isPublic\":false}", NULL},
               200, NULL);
    struct peer *p = house_enter(&h, &h.target, &a, NULL);
    check_list(&h, "?sort=name&order=asc", "annex hall", 2);
    check_list(&h, "?sort=name&order=desc&limit=1&page=2", "annex", 2);
    check_list(&h, "?q=HA", "hall", 1);
    check_list(&h, "?owner=user%40", "annex", 1);
    check_list(&h, "?visibility=public", "hall", 1);
    check_list(&h, "?visibility=private", "annex", 1);
    check_list(&h, "?status=archived", "", 0);
    json_t *answer = ask(&h, "GET", "?q=hall", NULL, 200, NULL);
    const json_t *hall = json_array_get(json_object_get(answer, "rooms"), 0);
    assert_int_equal(json_integer_value(json_object_get(hall, "participantsCount")), 1);
    assert_string_equal(api_get(hall, "ownerName"), "owner");
    assert_string_equal(api_get(hall, "ownerEmail"), "owner@example.org");
    assert_true(json_is_true(json_object_get(json_object_get(hall, "settings"), "e2ee")));
    json_decref(answer);
    peer_free(p);
    arena_fini(&a);
}

static void looks_inside(void **state)
{
    (void)state;
    static const char *const paths[] = {"", "/participants"};
    struct house h;
    struct arena a;

    arena_init(&a);
    house_build(&h, "{}");
    struct peer *p = house_enter(&h, &h.target, &a, NULL);
    for (size_t i = 0; i < 2; i++) {
        json_t *answer = ask(&h, "GET", of(&h, paths[i]), NULL, 200, NULL);
        const json_t *people = json_object_get(answer, "participants"),
                     *one = json_array_get(people, 0);
        assert_string_equal(api_get(answer, "room.id"), h.id);
        assert_int_equal(json_array_size(people), 1);
        assert_string_equal(api_get(one, "identity"), h.target.id);
        assert_string_equal(api_get(one, "name"), "target");
        assert_memory_equal(api_get(one, "sid"), "PA_", 3);
        assert_true(json_is_string(json_object_get(one, "state")));
        assert_true(json_is_false(json_object_get(one, "isPublisher")));
        assert_true(json_is_array(json_object_get(one, "tracks")));
        json_decref(answer);
    }
    expect(&h, "GET", "/none", NULL, 404, "room_not_found");
    peer_free(p);
    arena_fini(&a);
}

static void puts_people_out(void **state)
{
    (void)state;
    struct house h;
    struct arena a;
    char what[128];

    arena_init(&a);
    house_build(&h, "{}");
    struct peer *p = house_enter(&h, &h.target, &a, NULL);
    snprintf(what, sizeof what, "/participants/%s/mute", h.target.id);
    expect(&h, "POST", of(&h, what), NULL, 200, NULL);
    snprintf(what, sizeof what, "/participants/%s/kick", h.target.id);
    expect(&h, "POST", of(&h, what), NULL, 200, NULL);
    assert_non_null(site_await(p, &a, LIVEKIT__SIGNAL_RESPONSE__MESSAGE_LEAVE));
    peer_free(p);
    expect(&h, "POST", of(&h, "/participants/nobody/kick"), NULL, 404, "participant_not_found");
    arena_fini(&a);
}

static void changes_settings(void **state)
{
    (void)state;
    struct house h;

    house_build(&h, "{\"settings\":{\"e2ee\":true}}");
    json_t *room =
        ask(&h, "PUT", of(&h, ""),
            "{\"maxParticipants\":7,\"settings\":{\"allowChat\":false,\"e2ee\":false}}", 200, NULL);
    const json_t *settings = json_object_get(room, "settings");
    assert_int_equal(json_integer_value(json_object_get(room, "maxParticipants")), 7);
    assert_true(json_is_false(json_object_get(settings, "allowChat")));
    assert_true(json_is_true(json_object_get(settings, "allowVideo")));
    /* Sticky here too. */
    assert_true(json_is_true(json_object_get(settings, "e2ee")));
    json_decref(room);
    expect(&h, "PUT", of(&h, ""), "{\"maxParticipants\":1001}", 400, "too_many_participants");
    expect(&h, "PUT", "/none", "{}", 404, "room_not_found");
}

static void archive_as(const struct house *h, enum role role, unsigned status, const char *code)
{
    char path[128];

    snprintf(path, sizeof path, "/api/room/%s", h->id);
    api_expect(&(struct question){"DELETE", path, h->people[role].access, NULL, NULL}, status,
               code);
}

static void archive(const struct house *h)
{
    archive_as(h, ROLE_OWNER, 202, NULL);
}

static void suspends(void **state)
{
    (void)state;
    struct house h;
    struct arena a;

    arena_init(&a);
    house_build(&h, "{\"name\":\"hall\"}");
    const struct person *owner = &h.people[ROLE_OWNER];
    struct peer *p = house_enter(&h, &h.target, &a, NULL);
    json_t *before = house_join(&h, owner, 200, NULL);
    for (int again = 0; again < 2; again++)
        expect(&h, "POST", of(&h, "/suspend"), NULL, 202, NULL);
    assert_non_null(site_await(p, &a, LIVEKIT__SIGNAL_RESPONSE__MESSAGE_LEAVE));
    peer_free(p);
    assert_int_equal(house_knock(api_get(before, "token")), 410);
    /* Its owner neither gets in nor around it. */
    json_decref(house_join(&h, owner, 410, "room_closed"));
    api_expect(
        &(struct question){"POST", "/api/room/create", owner->access, "{\"name\":\"hall\"}", NULL},
        409, "name_taken");
    archive_as(&h, ROLE_OWNER, 403, "suspended");
    check_list(&h, "?status=suspended", "hall", 1);
    for (int again = 0; again < 2; again++)
        expect(&h, "POST", of(&h, "/reactivate"), NULL, 200, NULL);
    json_decref(house_join(&h, owner, 200, NULL));
    assert_int_equal(house_knock(api_get(before, "token")), 200);
    json_decref(before);
    /* What is archived is so for ever. */
    archive(&h);
    expect(&h, "POST", of(&h, "/reactivate"), NULL, 410, "room_closed");
    expect(&h, "POST", of(&h, "/suspend"), NULL, 410, "room_closed");
    expect(&h, "POST", "/none/suspend", NULL, 404, "room_not_found");
    expect(&h, "POST", "/none/reactivate", NULL, 404, "room_not_found");
    arena_fini(&a);
}

static void archives_what_is_suspended(void **state)
{
    (void)state;
    struct house h;

    house_build(&h, "{\"name\":\"hall\"}");
    expect(&h, "POST", of(&h, "/suspend"), NULL, 202, NULL);
    archive_as(&h, ROLE_OWNER, 403, "suspended");
    archive_as(&h, ROLE_BOSS, 202, NULL);
    check_list(&h, "?status=suspended", "", 0);
}

static void removes(void **state)
{
    (void)state;
    struct house h, second;
    struct arena a;

    arena_init(&a);
    house_build(&h, "{\"name\":\"hall\"}");
    const struct person *owner = &h.people[ROLE_OWNER];
    struct peer *p = house_enter(&h, &h.target, &a, NULL);
    json_t *before = house_join(&h, owner, 200, NULL);
    expect(&h, "DELETE", of(&h, ""), NULL, 202, NULL);
    assert_non_null(site_await(p, &a, LIVEKIT__SIGNAL_RESPONSE__MESSAGE_LEAVE));
    peer_free(p);
    assert_int_equal(house_knock(api_get(before, "token")), 410);
    json_decref(before);
    json_decref(house_join(&h, owner, 404, "room_not_found"));
    expect(&h, "DELETE", of(&h, ""), NULL, 404, "room_not_found");
    /* One that was archived goes without those who meet under its name today. */
    second = h;
    for (int i = 0; i < 2; i++) {
        json_t *room = api_ask(&(struct question){"POST", "/api/room/create", owner->access,
                                                  "{\"name\":\"hall\"}", NULL},
                               200, NULL);
        struct house *here = i ? &second : &h;
        snprintf(here->id, sizeof here->id, "%s", api_get(room, "id"));
        json_decref(room);
        if (i == 0)
            archive(&h);
    }
    p = house_enter(&second, &h.target, &a, NULL);
    expect(&h, "DELETE", of(&h, ""), NULL, 202, NULL);
    site_ping(p, 5);
    peer_free(p);
    arena_fini(&a);
}

static void is_written_down(void **state)
{
    (void)state;
    static const char *const actions[] = {"room.delete", "room.settings", "room.reactivate",
                                          "room.suspend"};
    struct house h;

    house_build(&h, "{}");
    expect(&h, "POST", of(&h, "/suspend"), NULL, 202, NULL);
    expect(&h, "POST", of(&h, "/reactivate"), NULL, 200, NULL);
    expect(&h, "PUT", of(&h, ""), "{}", 200, NULL);
    expect(&h, "DELETE", of(&h, ""), NULL, 202, NULL);
    json_t *log = api_ask(
        &(struct question){"GET", "/api/admin/audit", h.people[ROLE_BOSS].access, NULL, NULL}, 200,
        NULL);
    for (size_t i = 0; i < 4; i++) {
        const json_t *one = json_array_get(json_object_get(log, "entries"), i);
        assert_string_equal(api_get(one, "action"), actions[i]);
        assert_string_equal(api_get(one, "target"), h.id);
        assert_string_equal(api_get(one, "actorId"), h.people[ROLE_BOSS].id);
    }
    json_decref(log);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(lists_rooms),     cmocka_unit_test(looks_inside),
        cmocka_unit_test(puts_people_out), cmocka_unit_test(changes_settings),
        cmocka_unit_test(suspends),        cmocka_unit_test(archives_what_is_suspended),
        cmocka_unit_test(removes),         cmocka_unit_test(is_written_down),
    };

    return API_MAIN(tests);
}
