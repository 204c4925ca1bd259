/* SPDX-License-Identifier: Apache-2.0 */
/* The API's tokens: each is good for its purpose, in its time, under its secret, and no other. */
#include "server/api_token.h"

#include "base/limits.h"
#include "server/jwt.h"

#include <jansson.h>
#include <stdlib.h>

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#define NOW_MS 1800000000000

static const uint8_t secret[API_SECRET_SIZE] = {1, 2, 3}, other[API_SECRET_SIZE] = {1, 2, 4};
static const struct user user = {.id = "u1",
                                 .email = "a@b.c",
                                 .name = "Zoë",
                                 .provider = "local",
                                 .accesses = ACCESS_USER | ACCESS_SUPERADMIN};

static bool is_access(struct arena *a, const char *token, int64_t now_ms)
{
    struct api_access access;

    return api_token_read(secret, span_of_str(token), now_ms, a, &access);
}

static bool is_refresh(struct arena *a, const char *token, int64_t now_ms)
{
    struct api_refresh r;

    return api_token_read_refresh(secret, span_of_str(token), now_ms, a, &r);
}

static void says_who_and_for_how_long(void **state)
{
    (void)state;
    struct arena a;
    struct api_access access;
    struct api_refresh refresh;

    arena_init(&a);
    const char *token = api_token_access(secret, &user, "s1", NOW_MS, &a);
    assert_true(api_token_read(secret, span_of_str(token), NOW_MS, &a, &access));
    assert_string_equal(access.user, "u1");
    assert_string_equal(access.session, "s1");
    assert_true(is_access(&a, token, NOW_MS + LIMIT_ACCESS_LIFE_MS - 1000));
    assert_false(is_access(&a, token, NOW_MS + LIMIT_ACCESS_LIFE_MS));
    assert_false(api_token_read(other, span_of_str(token), NOW_MS, &a, &access));
    token = api_token_refresh(secret, "s1", 7, NOW_MS, &a);
    assert_true(api_token_read_refresh(secret, span_of_str(token), NOW_MS, &a, &refresh));
    assert_string_equal(refresh.session, "s1");
    assert_int_equal(refresh.generation, 7);
    assert_true(is_refresh(&a, token, NOW_MS + LIMIT_REFRESH_LIFE_MS - 1000));
    assert_false(is_refresh(&a, token, NOW_MS + LIMIT_REFRESH_LIFE_MS));
    assert_false(api_token_read_refresh(other, span_of_str(token), NOW_MS, &a, &refresh));
    arena_fini(&a);
}

static void are_not_taken_for_each_other(void **state)
{
    (void)state;
    struct arena a;

    arena_init(&a);
    const char *access = api_token_access(secret, &user, "s1", NOW_MS, &a),
               *refresh = api_token_refresh(secret, "s1", 1, NOW_MS, &a);
    assert_true(is_access(&a, access, NOW_MS));
    assert_false(is_refresh(&a, access, NOW_MS));
    assert_true(is_refresh(&a, refresh, NOW_MS));
    assert_false(is_access(&a, refresh, NOW_MS));
    const char *guest = api_token_guest(secret, "g1", NOW_MS, &a);
    assert_false(is_access(&a, guest, NOW_MS) || is_refresh(&a, guest, NOW_MS));
    assert_string_equal(api_token_read_guest(secret, span_of_str(guest), NOW_MS, &a), "g1");
    assert_null(api_token_read_guest(secret, span_of_str(access), NOW_MS, &a));
    assert_null(api_token_read_guest(secret, span_of_str(refresh), NOW_MS, &a));
    assert_null(api_token_read_guest(other, span_of_str(guest), NOW_MS, &a));
    assert_null(api_token_read_guest(secret, span_of_str(guest), NOW_MS + LIMIT_GUEST_LIFE_MS, &a));
    arena_fini(&a);
}

/* Under our own secret, but not with the claims of an access token. */
static void looks_at_every_claim(void **state)
{
    (void)state;
    static const struct {
        const char *payload;
        bool good;
    } cases[] = {
#define CLAIMS(iss, aud, purpose, sub, sid, exp)                                                   \
    "{\"iss\":" iss ",\"aud\":" aud ",\"purpose\":" purpose ",\"sub\":" sub ",\"sid\":" sid        \
    ",\"exp\":" exp "}"
        {CLAIMS("\"bedrud\"", "[\"bedrud\"]", "\"access\"", "\"u\"", "\"s\"", "1900000000"), true},
        {CLAIMS("\"other\"", "[\"bedrud\"]", "\"access\"", "\"u\"", "\"s\"", "1900000000"), false},
        {CLAIMS("\"bedrud\"", "[\"other\"]", "\"access\"", "\"u\"", "\"s\"", "1900000000"), false},
        {CLAIMS("\"bedrud\"", "[]", "\"access\"", "\"u\"", "\"s\"", "1900000000"), false},
        {CLAIMS("\"bedrud\"", "1", "\"access\"", "\"u\"", "\"s\"", "1900000000"), false},
        {CLAIMS("\"bedrud\"", "[\"bedrud\"]", "\"refresh\"", "\"u\"", "\"s\"", "1900000000"),
         false},
        {CLAIMS("\"bedrud\"", "[\"bedrud\"]", "null", "\"u\"", "\"s\"", "1900000000"), false},
        {CLAIMS("\"bedrud\"", "[\"bedrud\"]", "\"access\"", "\"\"", "\"s\"", "1900000000"), false},
        {CLAIMS("\"bedrud\"", "[\"bedrud\"]", "\"access\"", "\"u\"", "5", "1900000000"), false},
        {CLAIMS("\"bedrud\"", "[\"bedrud\"]", "\"access\"", "\"u\"", "\"s\"", "1700000000"), false},
        {CLAIMS("\"bedrud\"", "[\"bedrud\"]", "\"access\"", "\"u\"", "\"s\"", "\"1900000000\""),
         false},
        {"[]", false},
        {"{}", false},
        {"no json", false},
    };
    struct arena a;

    arena_init(&a);
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        char *token = jwt_seal(span_of_str(cases[i].payload), span_of(secret, sizeof secret));
        if (is_access(&a, token, NOW_MS) != cases[i].good)
            fail_msg("%s", cases[i].payload);
        free(token);
    }
    assert_false(is_access(&a, "", NOW_MS));
    assert_false(is_access(&a, "a.b.c", NOW_MS));
    arena_fini(&a);
}

static void names_accesses(void **state)
{
    (void)state;
    static const struct {
        unsigned bits;
        const char *text;
    } cases[] = {
        {0, "[]"},
        {ACCESS_GUEST, "[\"guest\"]"},
        {ACCESS_USER | ACCESS_SUPERADMIN, "[\"superadmin\",\"user\"]"},
        {ACCESS_USER | ACCESS_ADMIN | ACCESS_MODERATOR, "[\"admin\",\"moderator\",\"user\"]"}};

    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        json_t *list = api_token_accesses(cases[i].bits);
        char *text = json_dumps(list, JSON_COMPACT);
        assert_string_equal(text, cases[i].text);
        free(text);
        json_decref(list);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(says_who_and_for_how_long),
        cmocka_unit_test(are_not_taken_for_each_other),
        cmocka_unit_test(looks_at_every_claim),
        cmocka_unit_test(names_accesses),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
