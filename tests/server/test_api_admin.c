/* SPDX-License-Identifier: Apache-2.0 */
/* The server's settings and numbers, as superadmins see and change them. */
#include "house.h"

#include "store/settings.h"

#define SETTINGS(method, body)                                                                     \
    (&(struct question){(method), "/api/admin/settings", boss.access, (body), NULL})

static void check_settings(json_t *got, const char *name, int64_t rooms, bool registration)
{
    assert_int_equal(json_object_size(got), settings_table_size);
    assert_string_equal(api_get(got, "serverName"), name);
    assert_int_equal(json_integer_value(json_object_get(got, "maxRoomsPerUser")), rooms);
    assert_int_equal(json_is_true(json_object_get(got, "registrationEnabled")), registration);
    json_decref(got);
}

static void changes_settings(void **state)
{
    (void)state;
    struct person boss;

    api_register("boss", &boss);
    check_settings(api_ask(SETTINGS("GET", NULL), 200, NULL), "Bedrud", 100, true);
    check_settings(api_ask(SETTINGS("PUT", "{\"SERVERNAME\":\"Our house\",\"maxRoomsPerUser\":2,"
                                           "\"what\":\"ever\",\"guestLoginEnabled\":null}"),
                           200, NULL),
                   "Our house", 2, true);
    check_settings(api_ask(SETTINGS("PUT", "{\"registrationEnabled\":false}"), 200, NULL),
                   "Our house", 2, false);
    /* It holds from the next call on. */
    api_expect(&(struct question){"POST", "/api/auth/register", NULL,
                                  "{\"email\":\"a@b.c\",\"password\":\"" API_PASSWORD
                                  "\",\"name\":\"Ada\"}",
                                  NULL},
               403, "registration_disabled");
    check_settings(api_ask(SETTINGS("GET", NULL), 200, NULL), "Our house", 2, false);
    json_t *log =
        api_ask(&(struct question){"GET", "/api/admin/audit", boss.access, NULL, NULL}, 200, NULL);
    const json_t *newest = json_array_get(json_object_get(log, "entries"), 0);
    assert_int_equal(json_integer_value(json_object_get(log, "total")), 3);
    assert_string_equal(api_get(newest, "action"), "settings.change");
    assert_string_equal(api_get(newest, "target"), "registrationEnabled");
    assert_string_equal(api_get(newest, "detail"), "false");
    json_decref(log);
}

/* Either all of it holds, or nothing. */
static void refuses_settings(void **state)
{
    (void)state;
    static const char *const wrong[] = {
        "{\"serverName\":\"New\",\"maxRoomsPerUser\":\"2\"}",
        "{\"serverName\":\"New\",\"maxRoomsPerUser\":-1}",
        "{\"serverName\":\"New\",\"maxRoomsPerUser\":100001}",
        "{\"serverName\":\"New\",\"maxParticipantsLimit\":0}",
        "{\"serverName\":\"New\",\"maxRoomsPerUser\":1.5}",
        "{\"serverName\":\"New\",\"registrationEnabled\":\"true\"}",
        "{\"serverName\":\"New\",\"registrationEnabled\":1}",
        "{\"serverName\":\"\"}",
        "{\"serverName\":5}",
        "{\"serverName\":\"a\\u0007\"}",
        "{\"serverName\":\"0123456789012345678901234567890123456789012345678901234567890123456\"}"};
    struct person boss;

    api_register("boss", &boss);
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++)
        api_expect(SETTINGS("PUT", wrong[i]), 400, "invalid_field");
    check_settings(api_ask(SETTINGS("GET", NULL), 200, NULL), "Bedrud", 100, true);
}

static int64_t number(const struct person *boss, const char *path, const char *name)
{
    json_t *answer = api_ask(&(struct question){"GET", path, boss->access, NULL, NULL}, 200, NULL);
    const json_t *value = json_object_get(answer, name);

    assert_true(json_is_integer(value));
    int64_t n = json_integer_value(value);
    json_decref(answer);
    return n;
}

static void counts(void **state)
{
    (void)state;
    struct house h;
    struct arena a;

    arena_init(&a);
    house_build(&h, "{\"name\":\"hall\"}");
    const struct person *boss = &h.people[ROLE_BOSS];
    assert_int_equal(number(boss, "/api/admin/online-count", "count"), 0);
    assert_int_equal(number(boss, "/api/admin/livekit/stats", "activeRooms"), 0);
    struct peer *one = house_enter(&h, &h.people[ROLE_USER], &a, NULL),
                *two = house_enter(&h, &h.target, &a, NULL);
    assert_int_equal(number(boss, "/api/admin/online-count", "count"), 2);
    json_t *live = api_ask(
        &(struct question){"GET", "/api/admin/livekit/stats", boss->access, NULL, NULL}, 200, NULL);
    const json_t *room = json_array_get(json_object_get(live, "rooms"), 0);
    assert_string_equal(api_get(room, "name"), "hall");
    assert_int_equal(json_integer_value(json_object_get(room, "numParticipants")), 2);
    assert_int_equal(json_integer_value(json_object_get(room, "numPublishers")), 0);
    assert_true(json_integer_value(json_object_get(room, "creationTime")) > KIT_NOW / 2);
    assert_int_equal(json_integer_value(json_object_get(live, "totalParticipants")), 2);
    json_decref(live);
    assert_int_equal(number(boss, "/api/admin/stats", "users"), 6);
    assert_int_equal(number(boss, "/api/admin/stats", "superadmins"), 1);
    assert_int_equal(number(boss, "/api/admin/stats", "activeRooms"), 1);
    assert_int_equal(number(boss, "/api/admin/stats", "archivedRooms"), 0);
    assert_int_equal(number(boss, "/api/admin/stats", "meetings"), 1);
    assert_int_equal(number(boss, "/api/admin/stats", "online"), 2);
    peer_free(one);
    peer_free(two);
    arena_fini(&a);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(changes_settings),
                                       cmocka_unit_test(refuses_settings),
                                       cmocka_unit_test(counts)};

    return API_MAIN(tests);
}
