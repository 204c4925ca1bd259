/* SPDX-License-Identifier: Apache-2.0 */
/* One's own account. */
#include "house.h"

#include "base/limits.h"

#define ASK(method, path, token, body)                                                             \
    (&(struct question){method, "/api/auth/" path, (token), (body), NULL})

static void shows_and_changes_a_profile(void **state)
{
    (void)state;
    struct person p, other, guest;

    api_register("user", &p);
    api_register("other", &other);
    api_guest("Jo", &guest);
    json_t *answer = api_ask(ASK("GET", "me", p.access, NULL), 200, NULL);
    assert_string_equal(api_get(answer, "email"), "user@example.org");
    json_decref(answer);
    answer = api_ask(ASK("PUT", "me", p.access, "{\"name\":\"New <name>\"}"), 200, NULL);
    assert_string_equal(api_get(answer, "name"), "New name");
    assert_string_equal(api_get(answer, "email"), "user@example.org");
    json_decref(answer);
    answer = api_ask(ASK("PUT", "me", p.access, "{\"email\":\"New@example.org\"}"), 200, NULL);
    assert_string_equal(api_get(answer, "name"), "New name");
    assert_string_equal(api_get(answer, "email"), "new@example.org");
    json_decref(answer);
    answer = api_ask(ASK("GET", "me", p.access, NULL), 200, NULL);
    assert_string_equal(api_get(answer, "email"), "new@example.org");
    json_decref(answer);
    api_expect(ASK("PUT", "me", p.access, "{\"email\":\"other@example.org\"}"), 409, "email_taken");
    api_expect(ASK("PUT", "me", p.access, "{\"email\":\"none\"}"), 400, "invalid_email");
    api_expect(ASK("PUT", "me", p.access, "{\"name\":\"x\"}"), 400, "invalid_name");
    api_expect(ASK("PUT", "me", p.access, "{\"name\":5}"), 400, "invalid_field");
    api_expect(ASK("PUT", "me", guest.access, "{\"name\":\"Joe\"}"), 200, NULL);
    api_expect(ASK("PUT", "me", guest.access, "{\"email\":\"me@example.org\"}"), 400,
               "email_fixed");
}

static void changes_a_password(void **state)
{
    (void)state;
    struct person p, device;

    api_register("user", &p);
    api_login("user", &device);
#define CHANGE(before, after)                                                                      \
    ASK("PUT", "password", p.access,                                                               \
        "{\"currentPassword\":\"" before "\",\"newPassword\":\"" after "\"}")
    api_expect(CHANGE("wrong password", "another good one"), 401, "invalid_credentials");
    api_expect(CHANGE("", "another good one"), 401, "invalid_credentials");
    api_expect(CHANGE(API_PASSWORD, "too short"), 400, "invalid_password");
    api_expect(ASK("GET", "me", device.access, NULL), 200, NULL);
    api_expect(CHANGE(API_PASSWORD, "another good one"), 200, NULL);
    /* Whoever had the old one is out, this device is not. */
    api_expect(ASK("GET", "me", device.access, NULL), 401, "invalid_token");
    json_t *answer = api_ask(ASK("GET", "me", p.access, NULL), 200, NULL);
    assert_true(json_is_string(json_object_get(answer, "passwordChangedAt")));
    json_decref(answer);
    api_expect(ASK("POST", "login", NULL,
                   "{\"email\":\"user@example.org\",\"password\":\"" API_PASSWORD "\"}"),
               401, "invalid_credentials");
    api_expect(ASK("POST", "login", NULL,
                   "{\"email\":\"user@example.org\",\"password\":\"another good one\"}"),
               200, NULL);
}

static void keeps_preferences(void **state)
{
    (void)state;
    struct person p;
    struct str large;

    api_register("user", &p);
    json_t *answer = api_ask(ASK("GET", "preferences", p.access, NULL), 200, NULL);
    assert_string_equal(api_get(answer, "preferencesJson"), "{}");
    json_decref(answer);
    answer = api_ask(
        ASK("PUT", "preferences", p.access, "{\"preferencesJson\":\"{\\\"mic\\\":\\\"a\\\"}\"}"),
        200, NULL);
    assert_string_equal(api_get(answer, "preferencesJson"), "{\"mic\":\"a\"}");
    json_decref(answer);
    answer = api_ask(ASK("GET", "preferences", p.access, NULL), 200, NULL);
    assert_string_equal(api_get(answer, "preferencesJson"), "{\"mic\":\"a\"}");
    json_decref(answer);
    static const char *const bad[] = {"{}", "{\"preferencesJson\":{}}",
                                      "{\"preferencesJson\":\"[]\"}",
                                      "{\"preferencesJson\":\"no json\"}"};
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        api_expect(ASK("PUT", "preferences", p.access, bad[i]), 400, "invalid_field");
    str_init(&large);
    str_append(&large, "{\"preferencesJson\":\"{\\\"a\\\":\\\"");
    while (large.size < LIMIT_PREFERENCES + 100)
        str_append(&large, "aaaaaaaaaaaaaaaa");
    str_append(&large, "\\\"}\"}");
    api_expect(ASK("PUT", "preferences", p.access, large.text), 413, "too_large");
    str_fini(&large);
}

/* The id of the session that is, or is not, the one that asks. */
static void session_id(const char *token, bool current, char out[64], size_t *count)
{
    json_t *answer = api_ask(ASK("GET", "sessions", token, NULL), 200, NULL),
           *list = json_object_get(answer, "sessions"), *one;
    size_t i;

    *count = json_array_size(list);
    json_array_foreach(list, i, one)
    {
        assert_true(json_is_string(json_object_get(one, "createdAt")));
        assert_true(json_is_string(json_object_get(one, "lastUsedAt")));
        assert_true(json_is_string(json_object_get(one, "expiresAt")));
        if (json_is_true(json_object_get(one, "current")) == current)
            snprintf(out, 64, "%s", api_get(one, "id"));
    }
    json_decref(answer);
}

static void lists_and_ends_sessions(void **state)
{
    (void)state;
    struct person p, second, third, stranger;
    char id[64], path[128];
    size_t count;

    api_register("user", &p);
    api_register("stranger", &stranger);
    api_login("user", &second);
    session_id(p.access, false, id, &count);
    assert_int_equal(count, 2);
    snprintf(path, sizeof path, "/api/auth/sessions/%s", id);
    api_expect(&(struct question){"DELETE", path, stranger.access, NULL, NULL}, 404, "not_found");
    api_expect(ASK("GET", "me", second.access, NULL), 200, NULL);
    api_expect(&(struct question){"DELETE", path, p.access, NULL, NULL}, 200, NULL);
    api_expect(ASK("GET", "me", second.access, NULL), 401, "invalid_token");
    api_expect(&(struct question){"DELETE", path, p.access, NULL, NULL}, 404, "not_found");
    api_login("user", &second);
    api_login("user", &third);
    api_expect(ASK("DELETE", "sessions", third.access, NULL), 200, NULL);
    api_expect(ASK("GET", "me", p.access, NULL), 401, NULL);
    api_expect(ASK("GET", "me", second.access, NULL), 401, NULL);
    session_id(third.access, true, id, &count);
    assert_int_equal(count, 1);
    api_expect(ASK("GET", "me", stranger.access, NULL), 200, NULL);
}

/* Somebody's lost telephone may be in a meeting, or hold a token for one that was got by
 * refreshing.
 */
static void leaves_meetings_with_the_others(void **state)
{
    (void)state;
    static const char *const acts[][3] = {{"DELETE", "sessions", NULL},
                                          {"PUT", "password",
                                           "{\"currentPassword\":\"" API_PASSWORD
                                           "\",\"newPassword\":\"another good one\"}"}};
    struct house h;

    house_build(&h, "{\"name\":\"hall\"}");
    const struct person *user = &h.people[ROLE_USER];
    for (size_t i = 0; i < 2; i++) {
        char path[64];
        struct arena a;
        arena_init(&a);
        json_t *answer = api_ask(&(struct question){"POST", "/api/room/refresh-token", user->access,
                                                    "{\"roomName\":\"hall\"}", NULL},
                                 200, NULL);
        struct peer *p = house_enter(&h, user, &a, NULL);
        assert_int_equal(house_knock(api_get(answer, "token")), 200);
        snprintf(path, sizeof path, "/api/auth/%s", acts[i][1]);
        api_expect(&(struct question){acts[i][0], path, user->access, acts[i][2], NULL}, 200, NULL);
        assert_non_null(site_await(p, &a, LIVEKIT__SIGNAL_RESPONSE__MESSAGE_LEAVE));
        assert_int_equal(house_knock(api_get(answer, "token")), 403);
        json_decref(answer);
        peer_free(p);
        /* This device may come again. */
        peer_free(house_enter(&h, user, &a, NULL));
        arena_fini(&a);
    }
}

static void voids_tokens_that_were_refreshed(void **state)
{
    (void)state;
    struct house h;

    house_build(&h, "{\"name\":\"hall\"}");
    const struct person *user = &h.people[ROLE_USER]; /* who never joined */
    json_t *answer = api_ask(&(struct question){"POST", "/api/room/refresh-token", user->access,
                                                "{\"roomName\":\"hall\"}", NULL},
                             200, NULL);
    api_expect(ASK("DELETE", "sessions", user->access, NULL), 200, NULL);
    assert_int_equal(house_knock(api_get(answer, "token")), 403);
    json_decref(answer);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(shows_and_changes_a_profile),
        cmocka_unit_test(changes_a_password),
        cmocka_unit_test(keeps_preferences),
        cmocka_unit_test(lists_and_ends_sessions),
        cmocka_unit_test(leaves_meetings_with_the_others),
        cmocka_unit_test(voids_tokens_that_were_refreshed),
    };

    return API_MAIN(tests);
}
