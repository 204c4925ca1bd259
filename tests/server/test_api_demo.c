/* SPDX-License-Identifier: Apache-2.0 */
/* Demo rooms: made by anybody, for a while, within bounds, and owned by nobody. */
#include "house.h"

#include "store/settings.h"

static const struct question demo = {"POST", "/api/room/demo", NULL, "{}", NULL};

static json_t *guest_join(const char *name, unsigned status, const char *code)
{
    char body[128];

    snprintf(body, sizeof body, "{\"roomName\":\"%s\",\"guestName\":\"Jo\"}", name);
    return api_ask(&(struct question){"POST", "/api/room/guest-join", NULL, body, NULL}, status,
                   code);
}

static void is_made_by_anybody(void **state)
{
    (void)state;
    const Livekit__SignalResponse *joined;
    struct person user;
    struct peer *inside[LIMIT_DEMO_PEOPLE];
    struct room_row r;
    char path[128];
    struct arena a;

    arena_init(&a);
    api_register("user", &user);
    api_register("other", &user); /* no superadmin */
    json_t *room = api_ask(&demo, 200, NULL);
    const json_t *settings = json_object_get(room, "settings");
    assert_true(json_is_true(json_object_get(settings, "e2ee")));
    assert_true(json_is_true(json_object_get(room, "isPublic")));
    assert_int_equal(json_integer_value(json_object_get(room, "maxParticipants")), 6);
    assert_string_equal(api_get(room, "livekitHost"), "ws://localhost/livekit");
    struct db *db = api_db();
    assert_int_equal(rooms_find(db, &a, api_get(room, "id"), &r), 0);
    int64_t left_ms = r.expires_ms - clock_unix_ms();
    assert_true(left_ms > LIMIT_DEMO_LIFE_MS - 600000 && left_ms <= LIMIT_DEMO_LIFE_MS);
    for (int i = 0; i < LIMIT_DEMO_PEOPLE; i++) {
        json_t *answer = guest_join(api_get(room, "name"), 200, NULL);
        inside[i] = api_enter(answer, &a, &joined);
        assert_non_null(strstr(joined->join->room->metadata, "\"e2ee\":true"));
        json_decref(answer);
    }
    json_decref(guest_join(api_get(room, "name"), 403, "room_full"));
    /* Joining does not make it last. */
    int64_t expires_ms = r.expires_ms;
    assert_int_equal(rooms_touch(db, &r, r.created_ms + 3600000, r.created_ms + 99999999), 0);
    assert_int_equal(rooms_find(db, &a, r.id, &r), 0);
    assert_int_equal(r.expires_ms, expires_ms);
    db_close(db);
    /* It is nobody's. */
    snprintf(path, sizeof path, "/api/room/%s/settings", r.id);
    api_expect(&(struct question){"PUT", path, user.access, "{\"disableE2ee\":true}", NULL}, 403,
               "forbidden");
    for (int i = 0; i < LIMIT_DEMO_PEOPLE; i++)
        peer_free(inside[i]);
    json_decref(room);
    arena_fini(&a);
}

static void is_bounded(void **state)
{
    (void)state;
    for (int i = 0; i < LIMIT_DEMO_ROOMS; i++)
        api_expect(&demo, 200, NULL);
    api_expect(&demo, 503, "too_many_demos");
    struct db *db = api_db();
    for (unsigned i = 0; i < settings_table_size; i++)
        if (strcmp(settings_table[i].name, "guestLoginEnabled") == 0)
            assert_int_equal(settings_write(db, &settings_table[i], "false"), 0);
    db_close(db);
    api_expect(&demo, 403, "guests_disabled");
}

static void is_made_now_and_then(void **state)
{
    (void)state;
    json_t *json;
    struct peer *p;

    api_teardown(NULL);
    site_configure(&api_site, 1);
    api_site.config.rate_limits = true;
    site_run_it(&api_site);
    for (int i = 0; i < LIMIT_RATE_DEMO; i++)
        api_expect(&demo, 200, NULL);
    /* A minute may have ended in between, but not two. */
    unsigned status = 200;
    for (int i = 0; i < 2 * LIMIT_RATE_DEMO && status == 200; i++) {
        status = api_put(&demo, &json, &p);
        json_decref(json);
        peer_free(p);
    }
    assert_int_equal(status, 429);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(is_made_by_anybody),
        cmocka_unit_test(is_bounded),
        cmocka_unit_test(is_made_now_and_then),
    };

    return API_MAIN(tests);
}
