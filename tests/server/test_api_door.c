/* SPDX-License-Identifier: Apache-2.0 */
/* The door: routes, methods, forms, other origins, and how often one may ask. */
#include "server/api_door.h"

#include "base/limits.h"

#include "api_kit.h"

static int setup(void **state)
{
    (void)state;
    site_configure(&api_site, 1);
    str_set(&api_site.config.cors_origins, "https://app.example.org,http://localhost:7070");
    assert_true(proxy_parse("127.0.0.1", &api_site.config.trusted_proxies));
    api_site.config.rate_limits = true;
    site_run_it(&api_site);
    return 0;
}

static void refuses_what_is_no_call(void **state)
{
    (void)state;
    static const struct {
        const char *method, *path, *body, *headers;
        unsigned status;
        const char *code;
    } cases[] = {
        {"GET", "/api/", NULL, NULL, 404, "no_route"},
        {"GET", "/api/none", NULL, NULL, 404, "no_route"},
        {"PUT", "/api/health", NULL, NULL, 405, "no_method"},
        {"POST", "/api/auth/login", "{", NULL, 400, "invalid_json"},
        {"POST", "/api/auth/login", NULL, NULL, 401, "invalid_credentials"},
        {"POST", "/api/livekit/webhook", "{", NULL, 404, "no_media_server"},
    };

    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
        api_expect(&(struct question){cases[i].method, cases[i].path, NULL, cases[i].body,
                                      cases[i].headers},
                   cases[i].status, cases[i].code);
}

/* A form of another site can be sent without asking, but not as JSON. */
static void takes_json_only(void **state)
{
    (void)state;
    static const struct {
        const char *type;
        unsigned status;
    } cases[] = {{"text/plain", 415},        {"application/x-www-form-urlencoded", 415},
                 {"application/jsonx", 415}, {NULL, 415},
                 {"application/json", 401},  {"Application/JSON; charset=utf-8", 401}};

    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        char header[128] = "";
        struct peer *p;
        if (cases[i].type)
            snprintf(header, sizeof header, "Content-Type: %s\r\n", cases[i].type);
        unsigned got = site_ask(
            api_site.port,
            &(struct ask){"POST", "/api/auth/login", header, SPAN_LITERAL("{\"email\":\"a@b.c\"}")},
            &p);
        if (got != cases[i].status)
            fail_msg("%s: %u", cases[i].type ? cases[i].type : "none", got);
        peer_free(p);
    }
}

static void bounds_the_body(void **state)
{
    (void)state;
    struct str body;

    str_init(&body);
    str_append(&body, "{\"email\":\"");
    while (body.size <= LIMIT_API_BODY)
        str_append(&body, "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa");
    str_append(&body, "\"}");
    api_expect(&(struct question){"POST", "/api/auth/login", NULL, body.text, NULL}, 413,
               "too_large");
    str_fini(&body);
}

static void names_the_methods(void **state)
{
    (void)state;
    struct peer *p;
    json_t *json;

    assert_int_equal(
        api_put(&(struct question){"PATCH", "/api/auth/me", NULL, NULL, NULL}, &json, &p), 405);
    assert_true(site_has_header(p, "allow: GET, PUT"));
    json_decref(json);
    peer_free(p);
}

static void answers_head(void **state)
{
    (void)state;
    struct peer *p;

    assert_int_equal(
        site_ask(api_site.port, &(struct ask){"HEAD", "/api/health", NULL, {NULL, 0}}, &p), 200);
    peer_free(p);
}

static void lets_in_the_origins_it_knows(void **state)
{
    (void)state;
    static const struct {
        const char *origin;
        bool known;
    } cases[] = {{"https://app.example.org", true},
                 {"http://localhost:7070", true},
                 {"https://app.example.org.evil", false},
                 {"https://app.example", false},
                 {"http://app.example.org", false},
                 {"null", false},
                 {"*", false}};
    static const char *const methods[] = {"GET", "OPTIONS"};

    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
        for (size_t m = 0; m < 2; m++) {
            char header[128], wanted[128];
            struct peer *p;
            snprintf(header, sizeof header, "Origin: %s\r\n", cases[i].origin);
            snprintf(wanted, sizeof wanted, "access-control-allow-origin: %s\r\n", cases[i].origin);
            unsigned status = site_ask(
                api_site.port, &(struct ask){methods[m], "/api/health", header, {NULL, 0}}, &p);
            assert_int_equal(status, m ? 204 : 200);
            assert_int_equal(site_has_header(p, wanted), cases[i].known);
            assert_int_equal(site_has_header(p, "access-control-allow-origin"), cases[i].known);
            assert_int_equal(site_has_header(p, "access-control-allow-credentials: true"),
                             cases[i].known);
            if (m)
                assert_int_equal(
                    site_has_header(p, "access-control-allow-headers: Authorization, Content-Type"),
                    cases[i].known);
            peer_free(p);
        }
}

static void says_what_a_browser_may_do_with_it(void **state)
{
    (void)state;
    static const char *const wanted[] = {
        "content-security-policy: default-src 'none'; frame-ancestors 'none'",
        "referrer-policy: no-referrer", "x-frame-options: DENY",
        "cross-origin-resource-policy: same-origin"};
    static const char *const paths[] = {"/api/health", "/api/none", "/api/auth/me"};

    for (size_t i = 0; i < 3; i++) {
        struct peer *p;
        json_t *json;
        api_put(&(struct question){"GET", paths[i], NULL, NULL, NULL}, &json, &p);
        for (size_t k = 0; k < sizeof wanted / sizeof wanted[0]; k++)
            assert_true(site_has_header(p, wanted[k]));
        assert_false(site_has_header(p, "strict-transport-security"));
        json_decref(json);
        peer_free(p);
    }
}

/* Cookies are for TLS when the proxy before us has it. */
static void believes_a_trusted_proxy(void **state)
{
    (void)state;
    struct peer *p;
    json_t *json;

    for (int https = 0; https < 2; https++) {
        assert_int_equal(
            api_put(&(struct question){"POST", "/api/auth/guest-login", NULL, "{\"name\":\"Gast\"}",
                                       https ? "X-Forwarded-Proto: https\r\n" : NULL},
                    &json, &p),
            200);
        assert_int_equal(site_has_header(p, "; Secure"), https);
        assert_int_equal(site_has_header(p, "strict-transport-security"), https);
        json_decref(json);
        peer_free(p);
    }
}

static unsigned guess(const char *from, struct peer **p)
{
    char header[64];
    json_t *json;

    snprintf(header, sizeof header, "X-Forwarded-For: %s\r\n", from);
    unsigned status =
        api_put(&(struct question){"POST", "/api/auth/guest-login", NULL, "{\"name\":1}", header},
                &json, p);
    json_decref(json);
    return status;
}

static void holds_back_who_asks_too_often(void **state)
{
    (void)state;
    struct peer *p;
    unsigned refused = 0;

    /* Two windows may share these; the sum of both is still beyond one. */
    for (int i = 0; i < 2 * LIMIT_RATE_GUEST + 1; i++) {
        unsigned status = guess("5.6.7.8", &p);
        assert_true(status == 400 || status == 429);
        if (status == 429) {
            assert_true(site_has_header(p, "retry-after: "));
            refused++;
        }
        peer_free(p);
    }
    assert_true(refused > 0);
    /* Nobody else suffers. */
    assert_int_equal(guess("5.6.7.9", &p), 400);
    peer_free(p);
    api_expect(
        &(struct question){"GET", "/api/version", NULL, NULL, "X-Forwarded-For: 5.6.7.8\r\n"}, 200,
        NULL);
}

/* What asks the database, or would verify, is held back as everything is. */
static void holds_back_from_what_machines_ask(void **state)
{
    (void)state;
    static const char *const questions[][2] = {{"GET", "/api/ready"},
                                               {"POST", "/api/livekit/webhook"}};
    const char *from = "X-Forwarded-For: 5.6.7.10\r\n";

    for (size_t q = 0; q < 2; q++) {
        unsigned refused = 0;
        for (int i = 0; i < 2 * LIMIT_RATE_GENERAL + 1 && !refused; i++) {
            json_t *json;
            refused =
                api_put(&(struct question){questions[q][0], questions[q][1], NULL, NULL, from},
                        &json, NULL) == 429;
            json_decref(json);
        }
        assert_true(refused);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(refuses_what_is_no_call),
        cmocka_unit_test(takes_json_only),
        cmocka_unit_test(bounds_the_body),
        cmocka_unit_test(names_the_methods),
        cmocka_unit_test(answers_head),
        cmocka_unit_test(lets_in_the_origins_it_knows),
        cmocka_unit_test(says_what_a_browser_may_do_with_it),
        cmocka_unit_test(believes_a_trusted_proxy),
        cmocka_unit_test(holds_back_who_asks_too_often),
        cmocka_unit_test(holds_back_from_what_machines_ask),
    };

    return cmocka_run_group_tests(tests, setup, api_teardown);
}
