/* SPDX-License-Identifier: Apache-2.0 */
/* Rooms as they are made and listed: field by field, and every way to be refused. */
#include "api_kit.h"

#include "base/limits.h"
#include "store/settings.h"

#define CREATE(token, body) (&(struct question){"POST", "/api/room/create", (token), (body), NULL})

static bool setting(const json_t *room, const char *name)
{
    const json_t *v = json_object_get(json_object_get(room, "settings"), name);

    assert_true(json_is_boolean(v));
    return json_is_true(v);
}

/* What every client reads; iOS wants adminId and expiresAt. */
static void check_room(const json_t *room)
{
    static const char *const texts[] = {"id",        "name",      "createdBy",
                                        "adminId",   "mode",      "expiresAt",
                                        "createdAt", "updatedAt", "lastActivityAt"};
    static const char *const flags[] = {"allowChat",        "allowVideo", "allowAudio",
                                        "requireApproval",  "e2ee",       "isPersistent",
                                        "recordingsAllowed"};

    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++)
        assert_true(json_is_string(json_object_get(room, texts[i])));
    for (size_t i = 0; i < sizeof flags / sizeof flags[0]; i++)
        (void)setting(room, flags[i]);
    assert_true(json_is_true(json_object_get(room, "isActive")));
    assert_true(json_is_boolean(json_object_get(room, "isPublic")));
    assert_true(json_is_integer(json_object_get(room, "maxParticipants")));
    assert_null(json_object_get(room, "deletedAt"));
}

static void makes_rooms(void **state)
{
    (void)state;
    struct person boss, user;

    api_register("boss", &boss);
    api_register("user", &user);
    /* What is left out is allowed; and there is a name. */
    json_t *room = api_ask(CREATE(user.access, "{}"), 200, NULL);
    check_room(room);
    assert_int_equal(strlen(api_get(room, "name")), 12);
    assert_string_equal(api_get(room, "mode"), "standard");
    assert_string_equal(api_get(room, "createdBy"), user.id);
    assert_true(setting(room, "allowChat") && setting(room, "allowVideo") &&
                setting(room, "allowAudio"));
    assert_false(setting(room, "e2ee") || setting(room, "requireApproval") ||
                 setting(room, "isPersistent"));
    assert_true(json_is_true(json_object_get(room, "isPublic")));
    assert_memory_equal(api_get(room, "livekitHost"), "ws://x/livekit", 14);
    json_decref(room);
    /* As asked for, but that persistent rooms are the superadmin's. */
    room = api_ask(CREATE(user.access,
                          "{\"name\":\"Our-Kitchen\",\"maxParticipants\":5,\"isPublic\":false,"
                          "\"mode\":\"webinar\",\"settings\":{\"allowChat\":false,\"allowVideo\":"
                          "false,\"allowAudio\":false,\"requireApproval\":true,\"e2ee\":true,"
                          "\"isPersistent\":true}}"),
                   200, NULL);
    check_room(room);
    assert_string_equal(api_get(room, "name"), "our-kitchen");
    assert_string_equal(api_get(room, "mode"), "webinar");
    assert_int_equal(json_integer_value(json_object_get(room, "maxParticipants")), 5);
    assert_false(json_is_true(json_object_get(room, "isPublic")));
    assert_true(setting(room, "e2ee") && setting(room, "requireApproval"));
    assert_false(setting(room, "allowChat") || setting(room, "allowVideo") ||
                 setting(room, "allowAudio") || setting(room, "isPersistent"));
    json_decref(room);
    room = api_ask(CREATE(boss.access, "{\"settings\":{\"isPersistent\":true}}"), 200, NULL);
    assert_true(setting(room, "isPersistent"));
    json_decref(room);
}

static void refuses_rooms(void **state)
{
    (void)state;
    static const struct {
        const char *body;
        unsigned status;
        const char *code;
    } cases[] = {{"{\"name\":\"ab\"}", 400, "invalid_name"},
                 {"{\"name\":\"a b c\"}", 400, "invalid_name"},
                 {"{\"name\":5}", 400, "invalid_field"},
                 {"{\"mode\":\"party\"}", 400, "invalid_mode"},
                 {"{\"maxParticipants\":1001}", 400, "too_many_participants"},
                 {"{\"maxParticipants\":\"5\"}", 400, "invalid_field"},
                 {"{\"settings\":{\"e2ee\":\"yes\"}}", 400, "invalid_field"},
                 {"{\"name\":\"TAKEN\"}", 409, "name_taken"},
                 {"{\"maxParticipants\":-3}", 200, NULL}};
    struct person user, guest;

    api_register("user", &user);
    api_guest("Jo", &guest);
    api_expect(CREATE(user.access, "{\"name\":\"taken\"}"), 200, NULL);
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
        api_expect(CREATE(user.access, cases[i].body), cases[i].status, cases[i].code);
    api_expect(CREATE(guest.access, "{}"), 403, "guest");
    struct db *db = api_db();
    for (unsigned i = 0; i < settings_table_size; i++)
        if (strcmp(settings_table[i].name, "maxRoomsPerUser") == 0)
            assert_int_equal(settings_write(db, &settings_table[i], "3"), 0);
    db_close(db);
    api_expect(CREATE(user.access, "{}"), 200, NULL);
    api_expect(CREATE(user.access, "{}"), 403, "too_many_rooms");
}

static void lists_rooms(void **state)
{
    (void)state;
    struct person ada, bob;
    const json_t *one;
    size_t i;

    api_register("ada", &ada);
    api_register("bob", &bob);
    api_expect(CREATE(ada.access, "{\"name\":\"first\"}"), 200, NULL);
    api_expect(CREATE(bob.access, "{\"name\":\"second\",\"settings\":{\"e2ee\":true}}"), 200, NULL);
    api_expect(
        &(struct question){"POST", "/api/room/join", ada.access, "{\"roomName\":\"second\"}", NULL},
        200, NULL);
    json_t *rooms =
        api_ask(&(struct question){"GET", "/api/room/list", ada.access, NULL, NULL}, 200, NULL);
    assert_int_equal(json_array_size(rooms), 2);
    json_array_foreach(rooms, i, one)
    {
        check_room(one);
        assert_int_equal(setting(one, "e2ee"), strcmp(api_get(one, "name"), "second") == 0);
    }
    json_decref(rooms);
    rooms = api_ask(&(struct question){"GET", "/api/room/list", bob.access, NULL, NULL}, 200, NULL);
    assert_int_equal(json_array_size(rooms), 1);
    json_decref(rooms);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(makes_rooms),
        cmocka_unit_test(refuses_rooms),
        cmocka_unit_test(lists_rooms),
    };

    return API_MAIN(tests);
}
