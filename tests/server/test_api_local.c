/* SPDX-License-Identifier: Apache-2.0 */
/* The operator's calls: in this process, and by HTTP with the token of the data directory. */
#include "server/api_local.h"

#include "api_kit.h"
#include "server/secrets.h"

static char token[SECRETS_OPERATOR_SIZE];
static struct api_config config;

static void read_token(void)
{
    struct str message;

    str_init(&message);
    assert_int_equal(secrets_operator(&api_site.config, token, &message), 0);
    assert_int_equal(secrets_session(&api_site.config, config.secret, &message), 0);
    memcpy(config.operator_token, token, sizeof token);
    str_fini(&message);
}

static json_t *ask(struct db *db, const char *method, const char *target, const char *body,
                   unsigned status)
{
    struct str reply;

    str_init(&reply);
    unsigned got =
        api_local(&config, db, &(struct api_local){method, target, span_of_str(body)}, &reply);
    if (got != status)
        fail_msg("%u: %s", got, reply.text);
    json_t *json = json_loads(reply.text, JSON_REJECT_DUPLICATES, NULL);
    assert_non_null(json);
    str_fini(&reply);
    return json;
}

static void expect(struct db *db, const char *method, const char *target, const char *body,
                   unsigned status, const char *code)
{
    json_t *json = ask(db, method, target, body, status);

    assert_string_equal(api_get(json, "code"), code);
    json_decref(json);
}

static void does_what_a_server_does(void **state)
{
    (void)state;
    struct db *db = api_db();

    read_token();
    json_t *room =
        ask(db, "POST", "/room/create", "{\"name\":\"kitchen\",\"settings\":{\"e2ee\":true}}", 200);
    assert_string_equal(api_get(room, "createdBy"), API_OPERATOR);
    char *target = NULL;
    assert_true(asprintf(&target, "/room/%s/settings", api_get(room, "id")) > 0);
    json_decref(room);
    room = ask(db, "PUT", target, "{\"settings\":{\"allowChat\":false}}", 200);
    assert_true(json_is_true(json_object_get(json_object_get(room, "settings"), "e2ee")));
    assert_true(json_is_false(json_object_get(json_object_get(room, "settings"), "allowChat")));
    json_decref(room);
    free(target);
    json_decref(ask(db, "GET", "/room/archived?page=1", NULL, 200));
    expect(db, "GET", "/nowhere", NULL, 404, "no_route");
    expect(db, "PATCH", "/room/create", NULL, 405, "no_method");
    expect(db, "POST", "/room/create", "{", 400, "invalid_json");
    expect(db, "GET", "/auth/me", NULL, 403, "no_account");
    config.operator_token[0] ^= 1;
    json_t *other = ask(db, "GET", "/room/list", NULL, 200);
    json_decref(other);
    config.operator_token[0] = 0;
    expect(db, "GET", "/room/list", NULL, 401, "unauthorized");
    db_close(db);
}

static void lets_the_operator_in_from_here_only(void **state)
{
    (void)state;
    struct question q = {"GET", "/api/room/list", token, NULL, NULL};

    read_token();
    api_expect(&q, 200, NULL);
    /* Through a proxy it could come from anywhere. */
    q.headers = "X-Forwarded-For: 192.0.2.7\r\n";
    api_expect(&q, 401, "invalid_token");
    q.headers = NULL;
    q.path = "/api/auth/me";
    api_expect(&q, 403, "no_account");
    q.path = "/api/room/list";
    token[10] = token[10] == 'a' ? 'b' : 'a';
    api_expect(&q, 401, "invalid_token");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(does_what_a_server_does),
        cmocka_unit_test(lets_the_operator_in_from_here_only),
    };
    return API_MAIN(tests);
}
