/* SPDX-License-Identifier: Apache-2.0 */
/* Becoming somebody, as each client does it: answers field by field, and every way to be refused.
 */
#include "api_kit.h"

#include "store/invites.h"
#include "store/sessions.h"
#include "store/settings.h"

#define POST(path, body) (&(struct question){"POST", "/api/auth/" path, NULL, (body), NULL})
#define POST_AS(path, token, body)                                                                 \
    (&(struct question){"POST", "/api/auth/" path, (token), (body), NULL})

static void set(const char *name, const char *value)
{
    struct db *db = api_db();

    for (unsigned i = 0; i < settings_table_size; i++)
        if (strcmp(settings_table[i].name, name) == 0)
            assert_int_equal(settings_write(db, &settings_table[i], value), 0);
    db_close(db);
}

static bool has_access(const json_t *user, const char *name)
{
    const json_t *list = json_object_get(user, "accesses"), *one;
    size_t i;

    json_array_foreach(list, i, one)
    {
        if (strcmp(json_string_value(one), name) == 0)
            return true;
    }
    return false;
}

/* What the web reads (tokens), what iOS reads (beside it), and the user. */
static void check_answer(const json_t *answer, const char *provider)
{
    const json_t *user = json_object_get(answer, "user");

    assert_string_equal(api_get(answer, "tokens.accessToken"), api_get(answer, "accessToken"));
    assert_string_equal(api_get(answer, "tokens.refreshToken"), api_get(answer, "refreshToken"));
    static const char *const texts[] = {"id",        "email",     "name",     "provider",
                                        "avatarUrl", "createdAt", "updatedAt"};
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++)
        assert_true(json_is_string(json_object_get(user, texts[i])));
    assert_true(json_is_true(json_object_get(user, "isActive")));
    assert_true(json_is_boolean(json_object_get(user, "isAdmin")));
    assert_true(json_is_null(json_object_get(user, "emailVerifiedAt")));
    assert_string_equal(api_get(answer, "user.provider"), provider);
    assert_null(json_object_get(user, "password"));
}

/* ---- registration ---- */

static void registers(void **state)
{
    (void)state;
    struct peer *p;
    json_t *answer;

    /* Names in any case, as the desktop sends some of them. */
    assert_int_equal(api_put(POST("register", "{\"EMAIL\":\" Zoe@Example.ORG \",\"password\":"
                                              "\"0123456789ab\",\"Name\":\"Zo\xc3\xab <b>x\"}"),
                             &answer, &p),
                     200);
    check_answer(answer, "local");
    assert_string_equal(api_get(answer, "user.email"), "zoe@example.org");
    assert_string_equal(api_get(answer, "user.name"), "Zo\xc3\xab bx");
    assert_true(site_has_header(p, "set-cookie: access_token="));
    assert_true(site_has_header(p, "set-cookie: refresh_token="));
    assert_true(site_has_header(p, "; HttpOnly; SameSite=Lax"));
    assert_false(site_has_header(p, "; Secure"));
    json_decref(answer);
    peer_free(p);
}

static void refuses_registrations(void **state)
{
    (void)state;
    static const struct {
        const char *body;
        unsigned status;
        const char *code;
    } cases[] = {
        {"{}", 400, "invalid_email"},
        {"{\"email\":\"a\",\"password\":\"0123456789ab\",\"name\":\"Al\"}", 400, "invalid_email"},
        {"{\"email\":\"@b\",\"password\":\"0123456789ab\",\"name\":\"Al\"}", 400, "invalid_email"},
        {"{\"email\":\"a@\",\"password\":\"0123456789ab\",\"name\":\"Al\"}", 400, "invalid_email"},
        {"{\"email\":\"a@b@c\",\"password\":\"0123456789ab\",\"name\":\"Al\"}", 400,
         "invalid_email"},
        {"{\"email\":\"a b@c.d\",\"password\":\"0123456789ab\",\"name\":\"Al\"}", 400,
         "invalid_email"},
        {"{\"email\":\"a@b.c\",\"password\":\"0123456789a\",\"name\":\"Al\"}", 400,
         "invalid_password"},
        {"{\"email\":\"a@b.c\",\"name\":\"Al\"}", 400, "invalid_password"},
        {"{\"email\":\"a@b.c\",\"password\":\"0123456789ab\",\"name\":\"A\"}", 400, "invalid_name"},
        {"{\"email\":\"a@b.c\",\"password\":\"0123456789ab\",\"name\":\" <> A\"}", 400,
         "invalid_name"},
        {"{\"email\":\"a@b.c\",\"password\":\"0123456789ab\",\"name\":\"Al\",\"inviteToken\":"
         "\"none\"}",
         403, "invite_invalid"},
        {"{\"email\":\"user@example.org\",\"password\":\"0123456789ab\",\"name\":\"Al\"}", 400,
         "not_registered"},
    };
    struct person p;

    api_register("user", &p);
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
        api_expect(POST("register", cases[i].body), cases[i].status, cases[i].code);
    set("registrationEnabled", "false");
    api_expect(POST("register", "{\"email\":\"new@b.c\",\"password\":\"0123456789ab\",\"name\":"
                                "\"Al\"}"),
               403, "registration_disabled");
}

static void add_invite(const char *token, const char *email, int64_t expires_ms)
{
    struct db *db = api_db();
    struct invite i = {
        .id = token, .token = token, .email = email, .created_by = "", .expires_ms = expires_ms};

    assert_int_equal(invites_add(db, &i), 0);
    db_close(db);
}

static void takes_invitations(void **state)
{
    (void)state;
    int64_t later = clock_unix_ms() + 3600000;
    struct person p;

    api_register("boss", &p);
    set("tokenRegistrationOnly", "true");
    add_invite("good", "", later);
    add_invite("bound", "b@b.c", later);
    add_invite("old", "", 5);
#define WITH(email, token)                                                                         \
    POST("register", "{\"email\":\"" email "\",\"password\":\"0123456789ab\",\"name\":\"Al\","     \
                     "\"inviteToken\":\"" token "\"}")
    api_expect(WITH("a@b.c", ""), 403, "invite_required");
    api_expect(WITH("a@b.c", "old"), 403, "invite_invalid");
    api_expect(WITH("a@b.c", "bound"), 403, "invite_invalid");
    /* A registration that fails uses nothing up. */
    api_expect(WITH("boss@example.org", "good"), 400, "not_registered");
    api_expect(WITH("a@b.c", "good"), 200, NULL);
    api_expect(WITH("c@b.c", "good"), 409, "invite_used");
    api_expect(WITH("B@b.c", "bound"), 200, NULL);
}

/* ---- who owns the server ---- */

static bool registered_as_owner(const char *name, const char *headers, const char *code)
{
    char body[256];
    json_t *answer;

    snprintf(body, sizeof body,
             "{\"email\":\"%s@b.c\",\"password\":\"0123456789ab\",\"name\":\"%s\",\"setupCode\":"
             "\"%s\"}",
             name, name, code);
    assert_int_equal(api_put(&(struct question){"POST", "/api/auth/register", NULL, body, headers},
                             &answer, NULL),
                     200);
    bool owner = has_access(json_object_get(answer, "user"), "superadmin");
    assert_int_equal(json_is_true(json_object_get(json_object_get(answer, "user"), "isAdmin")),
                     owner);
    assert_true(has_access(json_object_get(answer, "user"), "user"));
    json_decref(answer);
    return owner;
}

/* As if the server were fresh again. */
static void remove_accounts(void)
{
    struct db *db = api_db();

    assert_int_equal(db_exec(db, "DELETE FROM users WHERE provider = $1", db_text("local")), 0);
    db_close(db);
}

static void belongs_to_the_first_on_this_machine(void **state)
{
    (void)state;
    struct person guest;

    api_guest("guest", &guest); /* does not count */
    assert_true(registered_as_owner("first", NULL, ""));
    assert_false(registered_as_owner("second", NULL, ""));
    assert_false(registered_as_owner("third", NULL, control_setup_code(api_site.control)));
}

/* What came by a proxy came from anywhere. */
static void belongs_to_whoever_has_the_code(void **state)
{
    (void)state;
    static const char *const by_proxy[] = {"X-Forwarded-For: 127.0.0.1\r\n",
                                           "Forwarded: for=127.0.0.1\r\n", "Via: 1.1 proxy\r\n"};
    char name[16];

    for (int i = 0; i < 3; i++) {
        snprintf(name, sizeof name, "by%d", i);
        assert_false(registered_as_owner(name, by_proxy[i], ""));
    }
    /* Not the first any more. */
    assert_false(registered_as_owner("late", NULL, ""));
    assert_false(registered_as_owner("wrong", NULL, "012345678901234567890123"));
    assert_true(registered_as_owner("knows", by_proxy[0], control_setup_code(api_site.control)));
    assert_false(registered_as_owner("also", NULL, control_setup_code(api_site.control)));
}

/* Every other name may be somebody's who made it lead here, and whose page asks. */
static void belongs_to_nobody_under_another_name(void **state)
{
    (void)state;
    static const char *const strange[] = {
        "Host: evil.example\r\n",
        "Host: localhost.evil.example\r\n",
        "Host: localhost:80:80\r\n",
        "Host: localhost80\r\n",
        "Host: 127.0.0.1.evil.example:7070\r\n",
        "Host: localhost\r\nOrigin: http://evil.example\r\n",
        "Host: localhost\r\nOrigin: http://localhost.evil.example\r\n",
        "Host: localhost\r\nOrigin: null\r\n",
    };

    for (size_t i = 0; i < sizeof strange / sizeof strange[0]; i++) {
        assert_false(registered_as_owner("one", strange[i], ""));
        remove_accounts();
    }
    assert_true(registered_as_owner("one", strange[0], control_setup_code(api_site.control)));
}

static void belongs_to_the_first_at_home(void **state)
{
    (void)state;
    static const char *const home[] = {
        "Host: LocalHost\r\n",
        "Host: 127.0.0.1:7070\r\n",
        "Host: [::1]:7070\r\nOrigin: http://[::1]:7070\r\n",
        "Host: localhost:7070\r\nOrigin: http://127.0.0.1:5173\r\n",
    };

    for (size_t i = 0; i < sizeof home / sizeof home[0]; i++) {
        assert_true(registered_as_owner("one", home[i], ""));
        remove_accounts();
    }
}

static void asks_for_the_code_when_it_is_public(void **state)
{
    (void)state;
    site_halt(&api_site);
    str_set(&api_site.config.public_url, "https://meet.example.org");
    site_run_it(&api_site);
    assert_false(registered_as_owner("first", NULL, ""));
    assert_true(registered_as_owner("second", NULL, control_setup_code(api_site.control)));
    site_halt(&api_site);
    site_run_it(&api_site);
    assert_string_equal(control_setup_code(api_site.control), "");
}

struct racer {
    unsigned index;
    bool owner;
};

static void race_to_own(void *arg)
{
    struct racer *r = arg;
    char name[16];

    snprintf(name, sizeof name, "racer%u", r->index);
    r->owner = registered_as_owner(name, NULL, "");
}

static void has_one_owner_of_many(void **state)
{
    (void)state;
    struct racer racers[6];
    struct thread *threads[6];
    unsigned owners = 0;

    for (unsigned i = 0; i < 6; i++) {
        racers[i] = (struct racer){.index = i};
        threads[i] = thread_start("racer", race_to_own, &racers[i]);
    }
    for (unsigned i = 0; i < 6; i++) {
        thread_join(threads[i]);
        owners += racers[i].owner;
    }
    assert_int_equal(owners, 1);
}

/* ---- login ---- */

static void logs_in(void **state)
{
    (void)state;
    struct person p;

    api_register("user", &p);
    json_t *answer = api_ask(POST("login", "{\"email\":\"USER@example.org\",\"password\":"
                                           "\"" API_PASSWORD "\"}"),
                             200, NULL);
    check_answer(answer, "local");
    assert_string_equal(api_get(answer, "user.id"), p.id);
    json_decref(answer);
    static const char *const bad[] = {
        "{\"email\":\"user@example.org\",\"password\":\"" API_PASSWORD "x\"}",
        "{\"email\":\"user@example.org\",\"password\":\"\"}",
        "{\"email\":\"user@example.org\"}",
        "{\"email\":\"none@example.org\",\"password\":\"" API_PASSWORD "\"}",
        "{\"email\":\"none\",\"password\":\"" API_PASSWORD "\"}",
        "{}"};
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        answer = api_ask(POST("login", bad[i]), 401, "invalid_credentials");
        assert_string_equal(api_get(answer, "error"), "Invalid credentials");
        json_decref(answer);
    }
    struct db *db = api_db();
    assert_int_equal(users_set_active(db, p.id, false, 1), 0);
    db_close(db);
    api_expect(POST("login", "{\"email\":\"user@example.org\",\"password\":\"" API_PASSWORD "\"}"),
               403, "deactivated");
}

static void takes_guests(void **state)
{
    (void)state;
    json_t *answer = api_ask(POST("guest-login", "{\"name\":\"Jo \"}"), 200, NULL);

    check_answer(answer, "guest");
    assert_string_equal(api_get(answer, "user.name"), "Jo");
    assert_true(has_access(json_object_get(answer, "user"), "guest"));
    assert_int_equal(json_array_size(json_object_get(json_object_get(answer, "user"), "accesses")),
                     1);
    const char *email = api_get(answer, "user.email");
    assert_memory_equal(email, "guest_", 6);
    assert_non_null(strstr(email, "@bedrud.guest"));
    json_decref(answer);
    api_expect(POST("guest-login", "{\"name\":\"J\"}"), 400, "invalid_name");
    api_expect(POST("guest-login", "{\"name\":\"012345678901234567890123456789012345678901234567890"
                                   "\"}"),
               400, "invalid_name");
    /* Nobody logs in as a guest that is there already. */
    api_expect(POST("login", "{\"email\":\"guest_x@bedrud.guest\",\"password\":\"\"}"), 401,
               "invalid_credentials");
}

/* ---- refresh ---- */

static json_t *refresh(const char *token, unsigned status, const char *code)
{
    char body[2100];

    snprintf(body, sizeof body, "{\"refresh_token\":\"%s\"}", token);
    return api_ask(POST("refresh", body), status, code);
}

static void me(const char *token, unsigned status)
{
    api_expect(&(struct question){"GET", "/api/auth/me", token, NULL, NULL}, status, NULL);
}

static void rotates_tokens(void **state)
{
    (void)state;
    struct person p;

    api_register("user", &p);
    json_t *answer = refresh(p.refresh, 200, NULL);
    /* All the spellings that clients read. */
    assert_string_equal(api_get(answer, "access_token"), api_get(answer, "accessToken"));
    assert_string_equal(api_get(answer, "refresh_token"), api_get(answer, "refreshToken"));
    assert_string_equal(api_get(answer, "tokens.refreshToken"), api_get(answer, "refreshToken"));
    assert_string_not_equal(api_get(answer, "refreshToken"), p.refresh);
    me(api_get(answer, "access_token"), 200);
    /* Another tab comes a moment later with the old one: it is told, and nobody is logged out. */
    json_decref(refresh(p.refresh, 409, "already_rotated"));
    json_t *again = refresh(api_get(answer, "refresh_token"), 200, NULL);
    me(api_get(again, "access_token"), 200);
    /* One from two rotations ago is a copy: the family ends. */
    json_decref(refresh(p.refresh, 401, "invalid_token"));
    me(api_get(again, "access_token"), 401);
    json_decref(refresh(api_get(again, "refresh_token"), 401, "invalid_token"));
    json_decref(again);
    json_decref(answer);
    /* Other devices are not touched. */
    struct person other;
    api_login("user", &other);
    me(other.access, 200);
}

static void refreshes_from_where_clients_keep_it(void **state)
{
    (void)state;
    struct person p;
    char text[2200];
    json_t *answer;

    api_register("user", &p);
    snprintf(text, sizeof text, "Cookie: refresh_token=%s\r\n", p.refresh);
    answer = api_ask(&(struct question){"POST", "/api/auth/refresh", NULL, "{}", text}, 200, NULL);
    snprintf(text, sizeof text, "{\"refreshToken\":\"%s\"}", api_get(answer, "refresh_token"));
    json_decref(answer);
    api_expect(POST("refresh", text), 200, NULL);
    api_expect(POST("refresh", NULL), 400, "no_token");
    api_expect(POST("refresh", "{\"refresh_token\":\"\"}"), 400, "no_token");
    json_decref(refresh(p.access, 401, "invalid_token"));
    json_decref(refresh("a.b.c", 401, "invalid_token"));
}

static void does_not_refresh_who_is_switched_off(void **state)
{
    (void)state;
    struct person p;

    api_register("user", &p);
    struct db *db = api_db();
    assert_int_equal(users_set_active(db, p.id, false, 1), 0);
    json_decref(refresh(p.refresh, 403, "deactivated"));
    me(p.access, 403);
    /* When the account is switched on again, its old sessions are gone. */
    assert_int_equal(users_set_active(db, p.id, true, 1), 0);
    json_decref(refresh(p.refresh, 401, "invalid_token"));
    me(p.access, 401);
    db_close(db);
}

static void logs_out_at_once(void **state)
{
    (void)state;
    struct person p, other;
    struct peer *peer;
    json_t *answer;

    api_register("user", &p);
    api_login("user", &other);
    assert_int_equal(api_put(POST_AS("logout", p.access, NULL), &answer, &peer), 200);
    assert_true(site_has_header(peer, "set-cookie: access_token=; "));
    assert_true(site_has_header(peer, "set-cookie: refresh_token=; "));
    assert_true(site_has_header(peer, "Max-Age=0"));
    json_decref(answer);
    peer_free(peer);
    me(p.access, 401);
    json_decref(refresh(p.refresh, 401, "invalid_token"));
    me(other.access, 200);
}

static void outlives_a_restart(void **state)
{
    (void)state;
    struct person p;

    api_register("user", &p);
    site_halt(&api_site);
    site_run_it(&api_site);
    me(p.access, 200);
    json_decref(refresh(p.refresh, 200, NULL));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(registers),
        cmocka_unit_test(refuses_registrations),
        cmocka_unit_test(takes_invitations),
        cmocka_unit_test(belongs_to_the_first_on_this_machine),
        cmocka_unit_test(belongs_to_whoever_has_the_code),
        cmocka_unit_test(belongs_to_nobody_under_another_name),
        cmocka_unit_test(belongs_to_the_first_at_home),
        cmocka_unit_test(asks_for_the_code_when_it_is_public),
        cmocka_unit_test(has_one_owner_of_many),
        cmocka_unit_test(logs_in),
        cmocka_unit_test(takes_guests),
        cmocka_unit_test(rotates_tokens),
        cmocka_unit_test(refreshes_from_where_clients_keep_it),
        cmocka_unit_test(does_not_refresh_who_is_switched_off),
        cmocka_unit_test(logs_out_at_once),
        cmocka_unit_test(outlives_a_restart),
    };

    return API_MAIN(tests);
}
