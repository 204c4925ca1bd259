/* SPDX-License-Identifier: Apache-2.0 */
/* Who may call what: every route with every kind of caller, in one table, and what a call's fields
 * and cookies may be. */
#include "server/api.h"

#include "server/api_match.h"
#include "server/api_token.h"
#include "server/secrets.h"
#include "store/users.h"

#include "api_kit.h"

enum caller { NOBODY, GUEST, USER, SUPERADMIN, OFF, EXPIRED, FORGED, REFRESH, MEDIA, CALLERS };

static const char *const caller_names[] = {"nobody",  "guest",  "user",    "superadmin",   "off",
                                           "expired", "forged", "refresh", "a media token"};

/* What the gate says to each; 0: it lets them pass. */
static const unsigned gate[][CALLERS] = {
    [API_ANYBODY] = {0, 0, 0, 0, 0, 0, 0, 0, 0},
    [API_MAYBE] = {0, 0, 0, 0, 403, 401, 401, 401, 401},
    [API_SOMEBODY] = {401, 0, 0, 0, 403, 401, 401, 401, 401},
    [API_ACCOUNT] = {401, 403, 0, 0, 403, 401, 401, 401, 401},
    [API_SUPERADMIN] = {401, 403, 403, 0, 403, 401, 401, 401, 401},
};

/* The table that must hold for today's routes, written by hand beside the one in the code. */
static const struct {
    const char *method, *path;
    enum api_need need;
} expected[] = {
    {"GET", "/health", API_ANYBODY},
    {"GET", "/ready", API_ANYBODY},
    {"GET", "/version", API_ANYBODY},
    {"GET", "/auth/settings", API_ANYBODY},
    {"POST", "/auth/register", API_ANYBODY},
    {"POST", "/auth/login", API_ANYBODY},
    {"POST", "/auth/guest-login", API_ANYBODY},
    {"POST", "/auth/refresh", API_ANYBODY},
    {"POST", "/auth/logout", API_SOMEBODY},
    {"GET", "/auth/me", API_SOMEBODY},
    {"PUT", "/auth/me", API_SOMEBODY},
    {"PUT", "/auth/password", API_ACCOUNT},
    {"GET", "/auth/preferences", API_SOMEBODY},
    {"PUT", "/auth/preferences", API_SOMEBODY},
    {"GET", "/auth/sessions", API_SOMEBODY},
    {"DELETE", "/auth/sessions", API_SOMEBODY},
    {"DELETE", "/auth/sessions/:id", API_SOMEBODY},
    {"POST", "/room/create", API_ACCOUNT},
    {"GET", "/room/list", API_ACCOUNT},
    {"POST", "/room/join", API_SOMEBODY},
    {"POST", "/room/refresh-token", API_SOMEBODY},
    {"GET", "/room/archived", API_ACCOUNT},
    {"PUT", "/room/:id/settings", API_ACCOUNT},
    {"DELETE", "/room/:id", API_ACCOUNT},
    {"POST", "/room/guest-join", API_ANYBODY},
    {"GET", "/room/check/:roomName", API_ANYBODY},
    {"POST", "/room/:id/kick/:identity", API_SOMEBODY},
    {"POST", "/room/:id/ban/:identity", API_SOMEBODY},
    {"POST", "/room/:id/unban/:identity", API_SOMEBODY},
    {"POST", "/room/:id/mute/:identity", API_SOMEBODY},
    {"POST", "/room/:id/video/:identity/off", API_SOMEBODY},
    {"POST", "/room/:id/screenshare/:identity/stop", API_SOMEBODY},
    {"POST", "/room/:id/promote/:identity", API_SOMEBODY},
    {"POST", "/room/:id/demote/:identity", API_SOMEBODY},
    {"POST", "/room/:id/chat/:identity/block", API_SOMEBODY},
    {"POST", "/room/:id/chat/:identity/unblock", API_SOMEBODY},
    {"POST", "/room/:id/stage/:identity/bring", API_SOMEBODY},
    {"POST", "/room/:id/stage/:identity/remove", API_SOMEBODY},
    {"POST", "/room/:id/deafen/:identity", API_SOMEBODY},
    {"POST", "/room/:id/undeafen/:identity", API_SOMEBODY},
    {"POST", "/room/:id/ask/:identity/:action", API_SOMEBODY},
    {"POST", "/room/:id/spotlight/:identity", API_SOMEBODY},
    {"POST", "/room/:id/end", API_SOMEBODY},
    {"GET", "/room/:id/bans", API_SOMEBODY},
    {"GET", "/room/:id/lobby", API_SOMEBODY},
    {"GET", "/room/:id/presence", API_MAYBE},
    {"GET", "/room/:id/participant/:identity/info", API_SOMEBODY},
    {"GET", "/room/:id/participant/:identity/profile", API_SOMEBODY},
    {"POST", "/room/demo", API_ANYBODY},
    {"POST", "/room/:id/recording/:action", API_SOMEBODY},
    {"POST", "/rooms/:id/recording/:action", API_SOMEBODY},
    {"POST", "/room/:id/egress/:action", API_SOMEBODY},
    {"POST", "/room/:id/transcription/:action", API_SOMEBODY},
    {"POST", "/room/:id/sip/:action", API_SOMEBODY},
    {"POST", "/room/:id/lobby/:identity/admit", API_SOMEBODY},
    {"POST", "/room/:id/lobby/:identity/deny", API_SOMEBODY},
    {"GET", "/admin/audit", API_SUPERADMIN},
    {"GET", "/admin/settings", API_SUPERADMIN},
    {"PUT", "/admin/settings", API_SUPERADMIN},
    {"GET", "/admin/online-count", API_SUPERADMIN},
    {"GET", "/admin/livekit/stats", API_SUPERADMIN},
    {"GET", "/admin/stats", API_SUPERADMIN},
    {"GET", "/admin/invite-tokens", API_SUPERADMIN},
    {"POST", "/admin/invite-tokens", API_SUPERADMIN},
    {"DELETE", "/admin/invite-tokens/:id", API_SUPERADMIN},
    {"GET", "/admin/rooms", API_SUPERADMIN},
    {"GET", "/admin/rooms/:id", API_SUPERADMIN},
    {"PUT", "/admin/rooms/:id", API_SUPERADMIN},
    {"DELETE", "/admin/rooms/:id", API_SUPERADMIN},
    {"POST", "/admin/rooms/:id/suspend", API_SUPERADMIN},
    {"POST", "/admin/rooms/:id/reactivate", API_SUPERADMIN},
    {"GET", "/admin/rooms/:id/participants", API_SUPERADMIN},
    {"POST", "/admin/rooms/:id/participants/:identity/kick", API_SUPERADMIN},
    {"POST", "/admin/rooms/:id/participants/:identity/mute", API_SUPERADMIN},
    {"GET", "/admin/users", API_SUPERADMIN},
    {"POST", "/admin/users", API_SUPERADMIN},
    {"GET", "/admin/users/:id", API_SUPERADMIN},
    {"PUT", "/admin/users/:id/status", API_SUPERADMIN},
    {"PUT", "/admin/users/:id/accesses", API_SUPERADMIN},
    {"PUT", "/admin/users/:id/password", API_SUPERADMIN},
    {"POST", "/admin/users/:id/force-logout", API_SUPERADMIN},
    {"POST", "/auth/me/avatar", API_ACCOUNT},
    {"DELETE", "/auth/me/avatar", API_ACCOUNT},
    {"POST", "/room/:id/chat/upload", API_SOMEBODY},
    {"GET", "/uploads/chat/:room/:user/:file", API_SOMEBODY},
    {"GET", "/uploads/avatars/:file", API_ANYBODY},
    {"POST", "/livekit/webhook", API_ANYBODY},
    {"GET", "/admin/webhooks", API_SUPERADMIN},
    {"POST", "/admin/webhooks", API_SUPERADMIN},
    {"GET", "/admin/webhooks/:id", API_SUPERADMIN},
    {"PUT", "/admin/webhooks/:id", API_SUPERADMIN},
    {"DELETE", "/admin/webhooks/:id", API_SUPERADMIN},
    {"POST", "/admin/webhooks/:id/rotate-secret", API_SUPERADMIN},
    {"POST", "/admin/webhooks/:id/test", API_SUPERADMIN},
};

#define EXPECTED (sizeof expected / sizeof expected[0])

static void every_route_is_in_the_table(void **state)
{
    (void)state;
    const struct api_route *r;

    for (unsigned n = 0; (r = api_match_nth(n)) != NULL; n++) {
        size_t i = 0;
        while (i < EXPECTED && (strcmp(expected[i].method, r->method) != 0 ||
                                strcmp(expected[i].path, r->path) != 0))
            i++;
        if (i == EXPECTED)
            fail_msg("%s %s is not in the test's table", r->method, r->path);
        assert_int_equal(r->need, expected[i].need);
    }
}

static void switch_off(const char *id)
{
    struct db *db = api_db();

    assert_int_equal(users_set_active(db, id, false, 1), 0);
    db_close(db);
}

static void read_secret(uint8_t out[API_SECRET_SIZE])
{
    struct str message;

    str_init(&message);
    assert_int_equal(secrets_session(&api_site.config, out, &message), 0);
    str_fini(&message);
}

/* A good session's token with a time that is over, and one of another secret. */
static void make_bad_tokens(const struct person *p, struct arena *a, const char **expired,
                            const char **forged)
{
    const struct user u = {
        .id = p->id, .email = "", .name = "", .provider = "", .accesses = ACCESS_SUPERADMIN};
    uint8_t secret[API_SECRET_SIZE];
    struct api_access access;
    int64_t now_ms = clock_unix_ms();

    read_secret(secret);
    assert_true(api_token_read(secret, span_of_str(p->access), now_ms, a, &access));
    *expired = api_token_access(secret, &u, access.session, now_ms - 7200000, a);
    secret[0] ^= 1;
    *forged = api_token_access(secret, &u, access.session, now_ms, a);
}

static void make_callers(struct arena *a, const char *tokens[CALLERS])
{
    struct person *p = arena_alloc(a, 4 * sizeof *p);

    api_register("boss", &p[0]);
    api_register("user", &p[1]);
    api_register("off", &p[2]);
    api_guest("guest", &p[3]);
    switch_off(p[2].id);
    tokens[NOBODY] = NULL;
    tokens[SUPERADMIN] = p[0].access;
    tokens[USER] = p[1].access;
    tokens[OFF] = p[2].access;
    tokens[GUEST] = p[3].access;
    tokens[REFRESH] = p[0].refresh;
    make_bad_tokens(&p[0], a, &tokens[EXPIRED], &tokens[FORGED]);
    char *media = site_token(&api_site, "room", p[0].id, true);
    tokens[MEDIA] = arena_strdup(a, span_of_str(media));
    free(media);
}

/* Logging out, or ending sessions, would change what the next line of the table means. */
static bool ends_sessions(const char *method, const char *path)
{
    return strcmp(path, "/auth/logout") == 0 || strcmp(method, "DELETE") == 0;
}

static void lets_pass_whom_it_should(void **state)
{
    (void)state;
    const char *tokens[CALLERS];
    struct arena a;

    arena_init(&a);
    make_callers(&a, tokens);
    for (size_t i = 0; i < EXPECTED; i++) {
        char path[128];
        snprintf(path, sizeof path, "/api%s", expected[i].path);
        bool get = strcmp(expected[i].method, "GET") == 0;
        for (int who = 0; who < CALLERS; who++) {
            unsigned wanted = gate[expected[i].need][who];
            if (wanted == 0 && ends_sessions(expected[i].method, expected[i].path))
                continue;
            json_t *json;
            struct question q = {expected[i].method, path, tokens[who], get ? NULL : "{}", NULL};
            unsigned got = api_put(&q, &json, NULL);
            const char *code = json_string_value(json_object_get(json, "code"));
            bool stopped = code && (strcmp(code, "unauthorized") == 0 ||
                                    (strcmp(code, "invalid_token") == 0 && !get) ||
                                    strcmp(code, "guest") == 0 || strcmp(code, "forbidden") == 0 ||
                                    strcmp(code, "deactivated") == 0);
            if (wanted ? got != wanted : stopped || got >= 500)
                fail_msg("%s %s as %s: %u %s", q.method, q.path, caller_names[who], got,
                         code ? code : "");
            json_decref(json);
        }
    }
    arena_fini(&a);
}

static void reads_tokens_as_clients_send_them(void **state)
{
    (void)state;
    static const struct {
        const char *before, *after, *method;
        unsigned status;
    } cases[] = {
        {"Authorization: Bearer ", "", "GET", 200},
        {"Authorization: bearer ", "", "GET", 200},
        {"Authorization: ", "", "GET", 200},
        {"Cookie: other=1; access_token=", "; more=2", "GET", 200},
        {"Cookie: xaccess_token=", "", "GET", 401},
        {"Cookie: refresh_token=", "", "GET", 401},
        {"Authorization: Bearer\r\nCookie: access_token=", "", "GET", 401},
        {"Authorization: Basic ", "", "GET", 401},
        /* Pages of others make a browser send cookies, but no header. */
        {"Cookie: access_token=", "", "PUT", 401},
        {"Authorization: Bearer ", "", "PUT", 200},
    };
    struct person p;
    struct str header;

    api_register("boss", &p);
    str_init(&header);
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        bool put = strcmp(cases[i].method, "PUT") == 0;
        json_t *json;
        str_clear(&header);
        str_printf(&header, "%s%s%s\r\n", cases[i].before, p.access, cases[i].after);
        unsigned got = api_put(&(struct question){cases[i].method, "/api/auth/me", NULL,
                                                  put ? "{\"name\":\"New\"}" : NULL, header.text},
                               &json, NULL);
        if (got != cases[i].status)
            fail_msg("%s: %u", cases[i].before, got);
        json_decref(json);
    }
    str_fini(&header);
}

static void says_which_field_is_wrong(void **state)
{
    (void)state;
    static const struct {
        const char *body, *code, *text;
    } cases[] = {
        {"{\"email\":1}", "invalid_field", "email must be a text"},
        {"{\"email\":\"a@b.c\",\"password\":[]}", "invalid_field", "password must be a text"},
        {"{\"email\":\"a\\u0007\"}", "invalid_field", "email must have no control characters"},
        {"[]", "invalid_json", "the body must be a JSON object in UTF-8"},
        {"{\"email\":\"a\",\"EMAIL\":\"b\"}", "invalid_json", NULL},
    };

    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        json_t *json =
            api_ask(&(struct question){"POST", "/api/auth/login", NULL, cases[i].body, NULL}, 400,
                    cases[i].code);
        if (cases[i].text)
            assert_string_equal(api_get(json, "error"), cases[i].text);
        json_decref(json);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_route_is_in_the_table),
        cmocka_unit_test(lets_pass_whom_it_should),
        cmocka_unit_test(reads_tokens_as_clients_send_them),
        cmocka_unit_test(says_which_field_is_wrong),
    };

    return API_MAIN(tests);
}
