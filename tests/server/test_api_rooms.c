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
    assert_string_equal(api_get(room, "livekitHost"), api_host());
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

/* ---- changing ---- */

struct place {
    char id[64], name[64];
};

static void create(const struct person *p, const char *body, struct place *out)
{
    json_t *room = api_ask(CREATE(p->access, body), 200, NULL);

    snprintf(out->id, sizeof out->id, "%s", api_get(room, "id"));
    snprintf(out->name, sizeof out->name, "%s", api_get(room, "name"));
    json_decref(room);
}

static json_t *change(const struct person *p, const struct place *room, const char *body,
                      unsigned status, const char *code)
{
    char path[128];

    snprintf(path, sizeof path, "/api/room/%s/settings", room->id);
    return api_ask(&(struct question){"PUT", path, p->access, body, NULL}, status, code);
}

static void changes_settings(void **state)
{
    (void)state;
    struct person boss, owner, other;
    struct place room;

    api_register("boss", &boss);
    api_register("owner", &owner);
    api_register("other", &other);
    create(&owner, "{\"maxParticipants\":5}", &room);
    /* As the web sends them. What is left out stays. */
    json_t *r = change(
        &owner, &room,
        "{\"isPublic\":false,\"maxParticipants\":7,\"settings\":{\"allowChat\":false}}", 200, NULL);
    check_room(r);
    assert_false(json_is_true(json_object_get(r, "isPublic")));
    assert_int_equal(json_integer_value(json_object_get(r, "maxParticipants")), 7);
    assert_false(setting(r, "allowChat"));
    assert_true(setting(r, "allowVideo"));
    json_decref(r);
    /* As iOS sends them. */
    r = change(&owner, &room, "{\"allowChat\":true,\"allowVideo\":false,\"isPersistent\":true}",
               200, NULL);
    assert_true(setting(r, "allowChat"));
    assert_false(setting(r, "allowVideo") || setting(r, "isPersistent"));
    assert_int_equal(json_integer_value(json_object_get(r, "maxParticipants")), 7);
    json_decref(r);
    json_decref(change(&boss, &room, "{\"isPersistent\":true}", 200, NULL));
    json_decref(change(&other, &room, "{}", 403, "forbidden"));
    json_decref(change(&owner, &room, "{\"maxParticipants\":1001}", 400, "too_many_participants"));
    json_decref(change(&owner, &room, "{\"settings\":{\"e2ee\":1}}", 400, "invalid_field"));
    struct place none = {"none", ""};
    json_decref(change(&owner, &none, "{}", 404, "room_not_found"));
    r = change(&owner, &room, "{}", 200, NULL);
    assert_true(setting(r, "isPersistent"));
    json_decref(r);
}

/* Clients that do not know encryption send false without meaning it. */
static void keeps_the_encryption_on(void **state)
{
    (void)state;
    static const struct {
        const char *body;
        bool e2ee;
    } steps[] = {{"{\"settings\":{\"e2ee\":true}}", true},
                 {"{\"settings\":{\"e2ee\":false}}", true},
                 {"{\"e2ee\":false,\"allowChat\":true}", true},
                 {"{\"disableE2ee\":false}", true},
                 {"{\"settings\":{\"disableE2ee\":true}}", false},
                 {"{\"e2ee\":true}", true},
                 {"{\"disableE2ee\":true,\"settings\":{}}", false},
                 {"{}", false}};
    struct person owner;
    struct place room;

    api_register("owner", &owner);
    create(&owner, "{}", &room);
    for (size_t i = 0; i < sizeof steps / sizeof steps[0]; i++) {
        json_t *r = change(&owner, &room, steps[i].body, 200, NULL);
        if (setting(r, "e2ee") != steps[i].e2ee)
            fail_msg("%s", steps[i].body);
        json_decref(r);
    }
}

static struct peer *enter(const struct person *p, const struct place *room, struct arena *a)
{
    const Livekit__SignalResponse *joined;
    char body[128];

    snprintf(body, sizeof body, "{\"roomName\":\"%s\"}", room->name);
    json_t *answer =
        api_ask(&(struct question){"POST", "/api/room/join", p->access, body, NULL}, 200, NULL);
    struct peer *peer = api_enter(answer, a, &joined);
    json_decref(answer);
    return peer;
}

static void reaches_those_inside(void **state)
{
    (void)state;
    struct person owner, guest;
    struct place room;
    const Livekit__SignalResponse *r;
    struct arena a;

    arena_init(&a);
    api_register("owner", &owner);
    api_guest("Jo", &guest);
    create(&owner, "{}", &room);
    struct peer *p = enter(&guest, &room, &a);
    json_t *rooms =
        api_ask(&(struct question){"GET", "/api/room/list", owner.access, NULL, NULL}, 200, NULL);
    if (api_media != API_LIVEKIT) /* which counts them a moment later */
        assert_int_equal(
            json_integer_value(json_object_get(json_array_get(rooms, 0), "participantsCount")), 1);
    json_decref(rooms);
    json_decref(change(&owner, &room, "{\"settings\":{\"allowVideo\":false,\"allowChat\":false}}",
                       200, NULL));
    const Livekit__ParticipantPermission *now = NULL;
    while (!now && (r = site_await(p, &a, LIVEKIT__SIGNAL_RESPONSE__MESSAGE_UPDATE)) != NULL)
        for (size_t i = 0; i < r->update->n_participants; i++)
            if (strcmp(r->update->participants[i]->identity, guest.id) == 0 &&
                r->update->participants[i]->permission->n_can_publish_sources)
                now = r->update->participants[i]->permission;
    assert_non_null(now);
    assert_false(now->can_publish_data);
    assert_int_equal(now->n_can_publish_sources, 3);
    /* Encryption goes on in the meeting that runs. */
    json_decref(change(&owner, &room, "{\"e2ee\":true}", 200, NULL));
    bool told = false;
    while (!told && (r = site_await(p, &a, LIVEKIT__SIGNAL_RESPONSE__MESSAGE_ROOM_UPDATE)) != NULL)
        told = strstr(r->room_update->room->metadata, "\"e2ee\":true") != NULL;
    assert_true(told);
    peer_free(p);
    /* And off: the meeting ends, and the next one is another. */
    p = enter(&guest, &room, &a);
    json_decref(change(&owner, &room, "{\"disableE2ee\":true}", 200, NULL));
    r = site_await(p, &a, LIVEKIT__SIGNAL_RESPONSE__MESSAGE_LEAVE);
    assert_non_null(r);
    assert_int_equal(r->leave->reason, LIVEKIT__DISCONNECT_REASON__ROOM_DELETED);
    peer_free(p);
    arena_fini(&a);
}

static void archives_rooms(void **state)
{
    (void)state;
    struct person boss, owner, guest, other;
    struct place room;
    char path[128], body[128];
    struct arena a;

    arena_init(&a);
    api_register("boss", &boss);
    api_register("owner", &owner);
    api_register("other", &other);
    api_guest("Jo", &guest);
    create(&owner, "{\"settings\":{\"e2ee\":true}}", &room);
    struct peer *p = enter(&guest, &room, &a);
    snprintf(path, sizeof path, "/api/room/%s", room.id);
    api_expect(&(struct question){"DELETE", path, other.access, NULL, NULL}, 403, "forbidden");
    api_expect(&(struct question){"DELETE", path, owner.access, NULL, NULL}, 202, NULL);
    const Livekit__SignalResponse *r = site_await(p, &a, LIVEKIT__SIGNAL_RESPONSE__MESSAGE_LEAVE);
    assert_non_null(r);
    assert_int_equal(r->leave->reason, LIVEKIT__DISCONNECT_REASON__ROOM_DELETED);
    peer_free(p);
    api_expect(&(struct question){"DELETE", path, owner.access, NULL, NULL}, 404, "room_not_found");
    json_decref(change(&owner, &room, "{}", 404, "room_not_found"));
    snprintf(body, sizeof body, "{\"roomName\":\"%s\"}", room.name);
    api_expect(&(struct question){"POST", "/api/room/join", guest.access, body, NULL}, 410,
               "room_closed");
    json_t *all = api_ask(
        &(struct question){"GET", "/api/room/archived?page=1&limit=5", owner.access, NULL, NULL},
        200, NULL);
    assert_int_equal(json_integer_value(json_object_get(all, "total")), 1);
    assert_int_equal(json_integer_value(json_object_get(all, "limit")), 5);
    const json_t *one = json_array_get(json_object_get(all, "rooms"), 0);
    assert_string_equal(api_get(one, "name"), room.name);
    assert_true(json_is_string(json_object_get(one, "deletedAt")));
    json_decref(all);
    /* Made again with the settings of before: the encryption is among them. */
    all =
        api_ask(&(struct question){"POST", "/api/room/join", owner.access, body, NULL}, 200, NULL);
    assert_string_equal(api_get(all, "status"), "archived_owned");
    assert_true(setting(all, "e2ee"));
    json_decref(all);
    arena_fini(&a);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(makes_rooms),
        cmocka_unit_test(refuses_rooms),
        cmocka_unit_test(lists_rooms),
        cmocka_unit_test(changes_settings),
        cmocka_unit_test(keeps_the_encryption_on),
        cmocka_unit_test(reaches_those_inside),
        cmocka_unit_test(archives_rooms),
    };

    static const char *const only_here[] = {NULL};

    return API_MAIN_ANYWHERE(tests, only_here);
}
