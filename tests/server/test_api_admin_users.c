/* SPDX-License-Identifier: Apache-2.0 */
/* Superadmins and accounts: lists, new ones, and that whoever is put out is out at once, in the API
 * and in the meeting. */
#include "house.h"

static json_t *ask(const struct person *who, const char *method, const char *what, const char *body,
                   unsigned status, const char *code)
{
    char path[256];

    snprintf(path, sizeof path, "/api/admin/users%s", what);
    return api_ask(&(struct question){method, path, who->access, body, NULL}, status, code);
}

static void expect(const struct person *who, const char *method, const char *what, const char *body,
                   unsigned status, const char *code)
{
    json_decref(ask(who, method, what, body, status, code));
}

/* "/<id><rest>" */
static const char *of(const struct person *p, const char *rest)
{
    static char path[128];

    snprintf(path, sizeof path, "/%s%s", p->id, rest);
    return path;
}

/* The names in this part of the list, in its order. */
static void check_list(const struct person *boss, const char *query, const char *names, int total)
{
    json_t *answer = ask(boss, "GET", query, NULL, 200, NULL);
    struct str got;
    const json_t *one;
    size_t i;

    str_init(&got);
    json_array_foreach(json_object_get(answer, "users"), i, one)
    {
        str_printf(&got, "%s%s", i ? " " : "", api_get(one, "name"));
        assert_null(json_object_get(one, "password"));
        assert_int_equal(json_is_true(json_object_get(one, "isAdmin")),
                         strcmp(api_get(one, "name"), "boss") == 0);
    }
    if (strcmp(got.size ? got.text : "", names) != 0)
        fail_msg("%s: %s instead of %s", query, got.text, names);
    assert_int_equal(json_integer_value(json_object_get(answer, "total")), total);
    str_fini(&got);
    json_decref(answer);
}

static void lists_people(void **state)
{
    (void)state;
    struct person boss, other, guest;

    api_register("boss", &boss);
    api_register("carl_", &other);
    api_register("ada", &other);
    api_register("bob", &other);
    api_guest("Zoe", &guest);
    expect(&boss, "PUT", of(&other, "/status"), "{\"active\":false}", 200, NULL);
    check_list(&boss, "?sort=name&order=asc", "ada bob boss carl_ Zoe", 5);
    check_list(&boss, "?sort=email&order=desc&provider=local", "carl_ boss bob ada", 4);
    check_list(&boss, "?sort=name&order=asc&limit=2&page=2", "boss carl_", 5);
    check_list(&boss, "?q=BO&sort=name&order=asc", "bob boss", 2);
    check_list(&boss, "?q=boss%40example", "boss", 1);
    /* Not signs of a pattern. */
    check_list(&boss, "?q=_&provider=local", "carl_", 1);
    check_list(&boss, "?q=%25", "", 0);
    check_list(&boss, "?q=!", "", 0);
    check_list(&boss, "?role=guest", "Zoe", 1);
    check_list(&boss, "?role=superadmin", "boss", 1);
    check_list(&boss, "?status=inactive", "bob", 1);
    check_list(&boss, "?status=active&role=user&sort=name&order=asc", "ada boss carl_", 3);
    /* What nobody knows is not looked for. */
    check_list(&boss, "?status=x&role=y&sort=z&q=%ff&limit=1&order=asc", "boss", 5);
}

static void shows_one(void **state)
{
    (void)state;
    struct person boss, ada;

    api_register("boss", &boss);
    api_register("ada", &ada);
    api_expect(
        &(struct question){"POST", "/api/room/create", ada.access, "{\"name\":\"hall\"}", NULL},
        200, NULL);
    json_t *answer = ask(&boss, "GET", of(&ada, ""), NULL, 200, NULL);
    assert_string_equal(api_get(answer, "user.email"), "ada@example.org");
    assert_string_equal(api_get(json_array_get(json_object_get(answer, "rooms"), 0), "name"),
                        "hall");
    json_decref(answer);
    expect(&boss, "GET", "/nobody", NULL, 404, "user_not_found");
}

static void makes_accounts(void **state)
{
    (void)state;
    static const struct {
        const char *body;
        unsigned status;
        const char *code;
    } cases[] = {
        {"{}", 400, "invalid_email"},
        {"{\"email\":\"a@b.c\",\"name\":\"x\",\"password\":\"" API_PASSWORD "\"}", 400,
         "invalid_name"},
        {"{\"email\":\"a@b.c\",\"name\":\"Ada\",\"password\":\"short\"}", 400, "invalid_password"},
        {"{\"email\":\"a@b.c\",\"name\":\"Ada\",\"password\":\"" API_PASSWORD
         "\",\"accesses\":[\"guest\"]}",
         400, "invalid_field"},
        {"{\"email\":\"ada@example.org\",\"name\":\"Ada\",\"password\":\"" API_PASSWORD
         "\",\"accesses\":[\"admin\"]}",
         201, NULL},
        {"{\"email\":\"ADA@example.org\",\"name\":\"Ada\",\"password\":\"" API_PASSWORD "\"}", 409,
         "email_taken"},
    };
    struct person boss, ada;

    api_register("boss", &boss);
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
        expect(&boss, "POST", "", cases[i].body, cases[i].status, cases[i].code);
    api_login("ada", &ada);
    check_list(&boss, "?role=admin", "Ada", 1);
}

static void changes_accesses(void **state)
{
    (void)state;
    static const char *const wrong[] = {"{}",
                                        "{\"accesses\":[]}",
                                        "{\"accesses\":\"admin\"}",
                                        "{\"accesses\":[1]}",
                                        "{\"accesses\":[\"king\"]}",
                                        "{\"accesses\":[\"user\",\"guest\"]}"};
    struct person boss, ada, guest;

    api_register("boss", &boss);
    api_register("ada", &ada);
    api_guest("Jo", &guest);
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++)
        expect(&boss, "PUT", of(&ada, "/accesses"), wrong[i], 400, "invalid_field");
    expect(&boss, "PUT", of(&guest, "/accesses"), "{\"accesses\":[\"user\"]}", 400, "guest");
    expect(&boss, "PUT", "/nobody/accesses", "{\"accesses\":[\"user\"]}", 404, "user_not_found");
    /* The last one cannot leave; with another there, they can, and it holds from the next call. */
    expect(&boss, "PUT", of(&boss, "/accesses"), "{\"accesses\":[\"admin\"]}", 409,
           "last_superadmin");
    expect(&boss, "PUT", of(&ada, "/accesses"), "{\"accesses\":[\"superadmin\"]}", 200, NULL);
    expect(&ada, "PUT", of(&boss, "/accesses"), "{\"accesses\":[\"admin\"]}", 200, NULL);
    expect(&boss, "GET", "", NULL, 403, "forbidden");
    expect(&ada, "PUT", of(&ada, "/status"), "{\"active\":false}", 400, "self");
    json_t *me =
        api_ask(&(struct question){"GET", "/api/auth/me", ada.access, NULL, NULL}, 200, NULL);
    assert_int_equal(json_array_size(json_object_get(me, "accesses")), 2);
    json_decref(me);
}

static void keeps_an_active_superadmin(void **state)
{
    (void)state;
    struct person boss, ada;

    api_register("boss", &boss);
    api_register("ada", &ada);
    expect(&boss, "PUT", of(&ada, "/accesses"), "{\"accesses\":[\"superadmin\"]}", 200, NULL);
    expect(&boss, "PUT", of(&ada, "/status"), "{\"active\":false}", 200, NULL);
    /* One who is switched off is no successor. */
    expect(&boss, "PUT", of(&boss, "/accesses"), "{\"accesses\":[\"user\"]}", 409,
           "last_superadmin");
    expect(&boss, "PUT", of(&ada, "/status"), "{\"active\":true}", 200, NULL);
    api_login("ada", &ada);
    expect(&ada, "PUT", of(&boss, "/status"), "{\"active\":false}", 200, NULL);
    expect(&boss, "GET", "", NULL, 403, "deactivated");
}

/* ---- out at once ---- */

/* They go before the call is answered. */
static void expect_expelled(struct peer *p, struct arena *a)
{
    const Livekit__SignalResponse *r = site_await(p, a, LIVEKIT__SIGNAL_RESPONSE__MESSAGE_LEAVE);

    assert_non_null(r);
    assert_int_equal(r->leave->reason, LIVEKIT__DISCONNECT_REASON__PARTICIPANT_REMOVED);
}

static char *join_token(const struct house *h, const struct person *p)
{
    json_t *answer = house_join(h, p, 200, NULL);
    char *token = xstrdup(api_get(answer, "token"));

    json_decref(answer);
    return token;
}

/* One act on somebody who is in a meeting, and holds a further token for another room. */
static void put_out(const struct house *h, const struct house *other, const struct person *p,
                    const char *act, const char *body)
{
    struct arena a;

    arena_init(&a);
    struct peer *seat = house_enter(h, p, &a, NULL);
    char *token = join_token(h, p), *elsewhere = join_token(other, p);
    assert_int_equal(house_knock(token), 200);
    assert_int_equal(house_knock(elsewhere), 200);
    expect(&h->people[ROLE_BOSS], strcmp(act, "/force-logout") == 0 ? "POST" : "PUT", of(p, act),
           body, 200, NULL);
    expect_expelled(seat, &a);
    assert_int_equal(house_knock(token), 403);
    assert_int_equal(house_knock(elsewhere), 403);
    peer_free(seat);
    arena_fini(&a);
    free(token);
    free(elsewhere);
}

static void refused_everywhere(const struct person *p, unsigned status, const char *code)
{
    char body[2200];

    api_expect(&(struct question){"GET", "/api/auth/me", p->access, NULL, NULL}, status, code);
    snprintf(body, sizeof body, "{\"refresh_token\":\"%s\"}", p->refresh);
    api_expect(&(struct question){"POST", "/api/auth/refresh", NULL, body, NULL}, status, code);
}

static void puts_out_at_once(void **state)
{
    (void)state;
    static const char login[] = "{\"email\":\"user@example.org\",\"password\":\"%s\"}";
    struct house h, other;
    char body[192];

    house_build(&h, "{\"name\":\"hall\"}");
    other = h;
    snprintf(other.name, sizeof other.name, "annex");
    api_expect(&(struct question){"POST", "/api/room/create", h.people[ROLE_OWNER].access,
                                  "{\"name\":\"annex\"}", NULL},
               200, NULL);
    struct person *user = &h.people[ROLE_USER];
    put_out(&h, &other, user, "/force-logout", NULL);
    refused_everywhere(user, 401, "invalid_token");
    api_login("user", user);
    put_out(&h, &other, user, "/status", "{\"active\":false}");
    refused_everywhere(user, 403, "deactivated");
    snprintf(body, sizeof body, login, API_PASSWORD);
    api_expect(&(struct question){"POST", "/api/auth/login", NULL, body, NULL}, 403, "deactivated");
    expect(&h.people[ROLE_BOSS], "PUT", of(user, "/status"), "{\"active\":true}", 200, NULL);
    refused_everywhere(user, 401, "invalid_token");
    api_login("user", user);
    put_out(&h, &other, user, "/password", "{\"password\":\"another good one\"}");
    refused_everywhere(user, 401, "invalid_token");
    api_expect(&(struct question){"POST", "/api/auth/login", NULL, body, NULL}, 401,
               "invalid_credentials");
    snprintf(body, sizeof body, login, "another good one");
    api_expect(&(struct question){"POST", "/api/auth/login", NULL, body, NULL}, 200, NULL);
    /* Nobody else had to go. */
    json_decref(house_join(&h, &h.people[ROLE_OWNER], 200, NULL));
}

static void refuses_what_does_not_fit(void **state)
{
    (void)state;
    struct person boss, guest;

    api_register("boss", &boss);
    api_guest("Jo", &guest);
    expect(&boss, "PUT", of(&guest, "/status"), "{}", 400, "invalid_field");
    expect(&boss, "PUT", of(&guest, "/status"), "{\"active\":1}", 400, "invalid_field");
    expect(&boss, "PUT", "/nobody/status", "{\"active\":false}", 404, "user_not_found");
    expect(&boss, "PUT", of(&guest, "/password"), "{\"password\":\"short\"}", 400,
           "invalid_password");
    expect(&boss, "PUT", of(&guest, "/password"), "{\"password\":\"" API_PASSWORD "\"}", 400,
           "no_password");
    expect(&boss, "PUT", "/nobody/password", "{\"password\":\"" API_PASSWORD "\"}", 404,
           "user_not_found");
    expect(&boss, "POST", "/nobody/force-logout", NULL, 404, "user_not_found");
}

/* What, to whom; a password stands nowhere. */
static void is_written_down(void **state)
{
    (void)state;
    static const char *const wanted[][2] = {
        {"user.logout", "ada@example.org"},   {"user.password", "ada@example.org"},
        {"user.activate", "ada@example.org"}, {"user.deactivate", "ada@example.org"},
        {"user.accesses", "admin user"},      {"user.create", "eve@example.org"}};
    struct person boss, ada;

    api_register("boss", &boss);
    api_register("ada", &ada);
    expect(&boss, "POST", "",
           "{\"email\":\"eve@example.org\",\"name\":\"Eve\",\"password\":\"" API_PASSWORD "\"}",
           201, NULL);
    expect(&boss, "PUT", of(&ada, "/accesses"), "{\"accesses\":[\"admin\"]}", 200, NULL);
    expect(&boss, "PUT", of(&ada, "/status"), "{\"active\":false}", 200, NULL);
    expect(&boss, "PUT", of(&ada, "/status"), "{\"active\":true}", 200, NULL);
    expect(&boss, "PUT", of(&ada, "/password"), "{\"password\":\"another good one\"}", 200, NULL);
    expect(&boss, "POST", of(&ada, "/force-logout"), NULL, 200, NULL);
    json_t *log =
        api_ask(&(struct question){"GET", "/api/admin/audit", boss.access, NULL, NULL}, 200, NULL);
    const json_t *entries = json_object_get(log, "entries");
    assert_int_equal(json_array_size(entries), 6);
    for (size_t i = 0; i < 6; i++) {
        const json_t *one = json_array_get(entries, i);
        assert_string_equal(api_get(one, "action"), wanted[i][0]);
        assert_string_equal(api_get(one, "detail"), wanted[i][1]);
        if (i < 5)
            assert_string_equal(api_get(one, "target"), ada.id);
    }
    json_decref(log);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(lists_people),
        cmocka_unit_test(shows_one),
        cmocka_unit_test(makes_accounts),
        cmocka_unit_test(changes_accesses),
        cmocka_unit_test(keeps_an_active_superadmin),
        cmocka_unit_test(puts_out_at_once),
        cmocka_unit_test(refuses_what_does_not_fit),
        cmocka_unit_test(is_written_down),
    };

    return API_MAIN(tests);
}
