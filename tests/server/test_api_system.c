/* SPDX-License-Identifier: Apache-2.0 */
/* What a client asks first, and what it hears when the database is gone. */
#include "api_kit.h"

#include "store/settings.h"

static void is_healthy(void **state)
{
    (void)state;
    static const char *const paths[] = {"/api/health", "/health"};

    for (int i = 0; i < 2; i++) {
        json_t *json = api_ask(&(struct question){"GET", paths[i], NULL, NULL, NULL}, 200, NULL);
        assert_string_equal(api_get(json, "status"), "healthy");
        assert_string_equal(api_get(json, "version"), BEDRUD_VERSION);
        json_int_t now = json_integer_value(json_object_get(json, "time"));
        assert_true(now > 1700000000 && now < 100000000000);
        json_decref(json);
    }
}

static void is_ready(void **state)
{
    (void)state;
    json_t *json = api_ask(&(struct question){"GET", "/api/ready", NULL, NULL, NULL}, 200, NULL);

    assert_string_equal(api_get(json, "status"), "ready");
    json_decref(json);
    api_expect(&(struct question){"GET", "/ready", NULL, NULL, NULL}, 200, NULL);
}

/* Health says that the process lives, readiness that it can work. */
static void is_not_ready_without_a_database(void **state)
{
    (void)state;
    struct peer *p;
    json_t *json;

    if (!api_on_postgres)
        return;
    cluster_kill(&api_cluster);
    /* What serves the connections dies a moment later. */
    unsigned status = 200;
    for (int i = 0; i < 400 && status == 200; i++) {
        status = api_put(&(struct question){"GET", "/api/ready", NULL, NULL, NULL}, &json, &p);
        if (status != 200) {
            assert_true(site_has_header(p, "retry-after: "));
            assert_string_equal(api_get(json, "status"), "not_ready");
        }
        json_decref(json);
        peer_free(p);
    }
    assert_int_equal(status, 503);
    api_expect(&(struct question){"GET", "/api/health", NULL, NULL, NULL}, 200, NULL);
    api_expect(
        &(struct question){"POST", "/api/auth/guest-login", NULL, "{\"name\":\"Gast\"}", NULL}, 503,
        "database_unavailable");
    cluster_run(&api_cluster);
    for (int i = 0; i < 400 && status != 200; i++) {
        status = api_put(&(struct question){"GET", "/api/ready", NULL, NULL, NULL}, &json, NULL);
        json_decref(json);
        usleep(20000);
    }
    assert_int_equal(status, 200);
}

static void tells_what_it_offers(void **state)
{
    (void)state;
    static const char *const names[] = {
        "registrationEnabled",      "tokenRegistrationOnly", "guestLoginEnabled", "passkeysEnabled",
        "requireEmailVerification", "recordingsEnabled",     "rnnoiseEnabled",    "krispEnabled"};
    const struct question q = {"GET", "/api/auth/settings", NULL, NULL, NULL};
    json_t *json = api_ask(&q, 200, NULL);

    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
        assert_true(json_is_boolean(json_object_get(json, names[i])));
    assert_true(json_is_true(json_object_get(json, "guestLoginEnabled")));
    assert_string_equal(api_get(json, "serverName"), "Bedrud");
    assert_int_equal(json_integer_value(json_object_get(json, "chatMaxMessageCount")), 10000);
    assert_int_equal(json_array_size(json_object_get(json, "oauthProviders")), 0);
    assert_true(json_is_false(json_object_get(json_object_get(json, "webxdc"), "enabled")));
    json_decref(json);
    /* And what has been changed meanwhile. */
    struct db *db = api_db();
    for (unsigned i = 0; i < settings_table_size; i++)
        if (strcmp(settings_table[i].name, "guestLoginEnabled") == 0)
            assert_int_equal(settings_write(db, &settings_table[i], "false"), 0);
    db_close(db);
    json = api_ask(&q, 200, NULL);
    assert_true(json_is_false(json_object_get(json, "guestLoginEnabled")));
    json_decref(json);
    api_expect(
        &(struct question){"POST", "/api/auth/guest-login", NULL, "{\"name\":\"Gast\"}", NULL}, 403,
        "guests_disabled");
}

static void tells_its_version(void **state)
{
    (void)state;
    json_t *json = api_ask(&(struct question){"GET", "/api/version", NULL, NULL, NULL}, 200, NULL);

    assert_string_equal(api_get(json, "version"), BEDRUD_VERSION);
    json_decref(json);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(is_healthy),
        cmocka_unit_test(is_ready),
        cmocka_unit_test(is_not_ready_without_a_database),
        cmocka_unit_test(tells_what_it_offers),
        cmocka_unit_test(tells_its_version),
    };

    return API_MAIN(tests);
}
