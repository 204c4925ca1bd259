/* SPDX-License-Identifier: Apache-2.0 */
/* Invitations from the first to the last: made, listed, used once, revoked. */
#include "api_kit.h"

static json_t *ask(const struct person *who, const char *method, const char *what, const char *body,
                   unsigned status, const char *code)
{
    char path[192];

    snprintf(path, sizeof path, "/api/admin/invite-tokens%s", what);
    return api_ask(&(struct question){method, path, who->access, body, NULL}, status, code);
}

static void sign_up(const char *name, const char *token, unsigned status, const char *code)
{
    char body[256];

    snprintf(body, sizeof body,
             "{\"email\":\"%s@example.org\",\"password\":\"" API_PASSWORD
             "\",\"name\":\"%s\",\"inviteToken\":\"%s\"}",
             name, name, token);
    api_expect(&(struct question){"POST", "/api/auth/register", NULL, body, NULL}, status, code);
}

struct ticket {
    char id[64], token[64];
};

static void invite(const struct person *boss, const char *body, struct ticket *out)
{
    json_t *made = ask(boss, "POST", "", body, 201, NULL);

    snprintf(out->id, sizeof out->id, "%s", api_get(made, "id"));
    snprintf(out->token, sizeof out->token, "%s", api_get(made, "token"));
    assert_int_equal(strlen(out->token), 32);
    assert_string_equal(api_get(made, "createdBy"), boss->id);
    assert_true(json_is_false(json_object_get(made, "used")));
    assert_true(json_is_null(json_object_get(made, "usedAt")));
    assert_true(json_is_string(json_object_get(made, "expiresAt")));
    json_decref(made);
}

static void lets_the_invited_in(void **state)
{
    (void)state;
    struct ticket open, bound, revoked;
    struct person boss;
    char path[80];

    api_register("boss", &boss);
    api_expect(&(struct question){"PUT", "/api/admin/settings", boss.access,
                                  "{\"tokenRegistrationOnly\":true}", NULL},
               200, NULL);
    sign_up("ada", "", 403, "invite_required");
    invite(&boss, "{}", &open);
    invite(&boss, "{\"email\":\"Bob@example.org\",\"expiresInHours\":1}", &bound);
    invite(&boss, "{\"expiresInHours\":720}", &revoked);
    snprintf(path, sizeof path, "/%s", revoked.id);
    json_decref(ask(&boss, "DELETE", path, NULL, 200, NULL));
    json_decref(ask(&boss, "DELETE", path, NULL, 404, "invite_not_found"));
    sign_up("ada", revoked.token, 403, "invite_invalid");
    sign_up("ada", bound.token, 403, "invite_invalid");
    sign_up("ada", open.token, 200, NULL);
    sign_up("eve", open.token, 409, "invite_used");
    sign_up("bob", bound.token, 200, NULL);
    json_t *list = ask(&boss, "GET", "", NULL, 200, NULL);
    const json_t *one;
    size_t i;
    assert_int_equal(json_integer_value(json_object_get(list, "total")), 2);
    json_array_foreach(json_object_get(list, "tokens"), i, one)
    {
        assert_true(json_is_true(json_object_get(one, "used")));
        assert_true(json_is_string(json_object_get(one, "usedAt")));
    }
    json_decref(list);
}

static void refuses_what_does_not_fit(void **state)
{
    (void)state;
    static const struct {
        const char *body, *code;
    } cases[] = {{"{\"email\":\"nobody\"}", "invalid_email"},
                 {"{\"email\":5}", "invalid_field"},
                 {"{\"expiresInHours\":0}", "invalid_field"},
                 {"{\"expiresInHours\":721}", "invalid_field"},
                 {"{\"expiresInHours\":9223372036854775807}", "invalid_field"},
                 {"{\"expiresInHours\":\"1\"}", "invalid_field"}};
    struct person boss;

    api_register("boss", &boss);
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
        json_decref(ask(&boss, "POST", "", cases[i].body, 400, cases[i].code));
}

/* An address and no token: whoever reads the log can invite nobody. */
static void is_written_down(void **state)
{
    (void)state;
    static const char *const actions[] = {"invite.revoke", "invite.create"};
    struct ticket t;
    struct person boss;
    char path[80];

    api_register("boss", &boss);
    invite(&boss, "{\"email\":\"bob@example.org\"}", &t);
    snprintf(path, sizeof path, "/%s", t.id);
    json_decref(ask(&boss, "DELETE", path, NULL, 200, NULL));
    json_t *log =
        api_ask(&(struct question){"GET", "/api/admin/audit", boss.access, NULL, NULL}, 200, NULL);
    for (size_t i = 0; i < 2; i++) {
        const json_t *one = json_array_get(json_object_get(log, "entries"), i);
        assert_string_equal(api_get(one, "action"), actions[i]);
        assert_string_equal(api_get(one, "target"), t.id);
    }
    char *text = json_dumps(log, 0);
    assert_null(strstr(text, t.token));
    free(text);
    json_decref(log);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(lets_the_invited_in),
                                       cmocka_unit_test(refuses_what_does_not_fit),
                                       cmocka_unit_test(is_written_down)};

    return API_MAIN(tests);
}
