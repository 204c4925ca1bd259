/* SPDX-License-Identifier: Apache-2.0 */
/* For tests of the API: a server to ask, answers as JSON, accounts to ask with. */
#ifndef TESTS_SERVER_API_KIT_H
#define TESTS_SERVER_API_KIT_H

#include "elsewhere.h"
#include "site.h"

#include "../store/cluster.h"

#include <jansson.h>

#define API_PASSWORD "correct horse 9"

static struct site api_site;
static struct cluster api_cluster;
static bool api_on_postgres;
/* Where the meetings are, if not in the site. */
static enum { API_HERE, API_ELSEWHERE, API_LIVEKIT } api_media;
static struct elsewhere api_elsewhere;

struct question {
    const char *method, *path; /* with /api */
    const char *token;         /* NULL: none */
    const char *body;          /* JSON; NULL: none */
    const char *headers;       /* whole lines; NULL: none */
};

/* The status; the JSON of the answer, NULL when it has none, is the caller's, and so is the peer
 * when one is asked for. */
static inline unsigned api_put(const struct question *q, json_t **json, struct peer **out)
{
    struct str headers;
    struct peer *p;

    str_init(&headers);
    if (q->token)
        str_printf(&headers, "Authorization: Bearer %s\r\n", q->token);
    if (q->body)
        str_append(&headers, "Content-Type: application/json\r\n");
    str_append(&headers, q->headers ? q->headers : "");
    unsigned status = site_ask(
        api_site.port, &(struct ask){q->method, q->path, headers.text, span_of_str(q->body)}, &p);
    str_fini(&headers);
    assert_true(site_has_header(p, "x-content-type-options: nosniff"));
    assert_true(site_has_header(p, "cache-control: no-store"));
    *json = json_loadb((const char *)p->body, p->body_size, JSON_REJECT_DUPLICATES, NULL);
    if (out)
        *out = p;
    else
        peer_free(p);
    return status;
}

/* Asks and expects this status and, of an error, this code. */
static inline json_t *api_ask(const struct question *q, unsigned status, const char *code)
{
    json_t *json;
    unsigned got = api_put(q, &json, NULL);
    const char *got_code = json_string_value(json_object_get(json, "code"));

    if (got != status || (code && (!got_code || strcmp(code, got_code) != 0)))
        fail_msg("%s %s: %u %s instead of %u %s", q->method, q->path, got, got_code ? got_code : "",
                 status, code ? code : "");
    /* Whatever goes wrong, there is a text and a code. */
    if (got >= 400) {
        assert_non_null(got_code);
        assert_true(json_is_string(json_object_get(json, "error")));
    }
    return json;
}

static inline void api_expect(const struct question *q, unsigned status, const char *code)
{
    json_decref(api_ask(q, status, code));
}

/* "a.b" of an object; fails when it is no text. */
static inline const char *api_get(const json_t *json, const char *path)
{
    char name[64];

    for (;;) {
        size_t size = strcspn(path, ".");
        snprintf(name, sizeof name, "%.*s", (int)size, path);
        json = json_object_get(json, name);
        if (!path[size])
            break;
        path += size + 1;
    }
    if (!json_is_string(json))
        fail_msg("no %s", path);
    return json_string_value(json);
}

/* ---- accounts ---- */

struct person {
    char id[64], access[2048], refresh[2048];
};

static inline void api_take_person(const json_t *answer, struct person *out)
{
    snprintf(out->id, sizeof out->id, "%s", api_get(answer, "user.id"));
    snprintf(out->access, sizeof out->access, "%s", api_get(answer, "tokens.accessToken"));
    snprintf(out->refresh, sizeof out->refresh, "%s", api_get(answer, "tokens.refreshToken"));
}

static inline void api_register(const char *name, struct person *out)
{
    char body[256];

    snprintf(body, sizeof body,
             "{\"email\":\"%s@example.org\",\"password\":\"" API_PASSWORD "\",\"name\":\"%s\"}",
             name, name);
    json_t *answer =
        api_ask(&(struct question){"POST", "/api/auth/register", NULL, body, NULL}, 200, NULL);
    api_take_person(answer, out);
    json_decref(answer);
}

static inline void api_login(const char *name, struct person *out)
{
    char body[256];

    snprintf(body, sizeof body, "{\"email\":\"%s@example.org\",\"password\":\"" API_PASSWORD "\"}",
             name);
    json_t *answer =
        api_ask(&(struct question){"POST", "/api/auth/login", NULL, body, NULL}, 200, NULL);
    api_take_person(answer, out);
    json_decref(answer);
}

static inline void api_guest(const char *name, struct person *out)
{
    char body[128];

    snprintf(body, sizeof body, "{\"name\":\"%s\"}", name);
    json_t *answer =
        api_ask(&(struct question){"POST", "/api/auth/guest-login", NULL, body, NULL}, 200, NULL);
    api_take_person(answer, out);
    json_decref(answer);
}

/* The host that clients are told. */
static inline const char *api_host(void)
{
    static char host[64];

    if (api_media == API_HERE)
        return "ws://localhost/livekit";
    snprintf(host, sizeof host, "ws%s", api_elsewhere.url + strlen("http"));
    return host;
}

/* A token of an answer is good there; the claims are the caller's. */
static inline void api_read_token(const json_t *answer, struct claims *claims)
{
    struct token_keys elsewhere = {.count = 0};

    token_keys_add(&elsewhere, ELSEWHERE_KEY, ELSEWHERE_SECRET);
    assert_int_equal(token_verify(api_media == API_HERE ? &api_site.keys : &elsewhere,
                                  span_of_str(api_get(answer, "token")), clock_unix_ms() / 1000,
                                  claims),
                     TOKEN_OK);
    token_keys_fini(&elsewhere);
}

/* Comes in with the token of an answer; the peer holds the seat. */
static inline struct peer *api_enter(const json_t *answer, struct arena *a,
                                     const Livekit__SignalResponse **joined)
{
    struct str target;
    struct peer *p;

    str_init(&target);
    str_printf(&target, "%s/rtc?access_token=%s&auto_subscribe=1&protocol=16",
               api_media == API_HERE ? "/livekit" : "", api_get(answer, "token"));
    assert_int_equal(
        site_open(api_media == API_HERE ? api_site.port : api_elsewhere.port, target.text, &p),
        101);
    str_fini(&target);
    *joined = site_await(p, a, LIVEKIT__SIGNAL_RESPONSE__MESSAGE_JOIN);
    assert_non_null(*joined);
    return p;
}

/* Straight to the database, for what the API cannot do. */
static inline struct db *api_db(void)
{
    struct str message;
    struct db *db = NULL;

    str_init(&message);
    if (db_open(api_site.config.database, &db, &message) != 0)
        fail_msg("%s", message.text);
    str_fini(&message);
    return db;
}

/* ---- servers ---- */

/* A server that holds nobody back, with a new database of the round's kind. */
static inline int api_setup(void **state)
{
    (void)state;
    site_configure(&api_site, 1);
    if (api_on_postgres) {
        free(api_site.config.database);
        api_site.config.database = cluster_database(&api_cluster);
    }
    if (api_media == API_HERE)
        site_run_it(&api_site);
    else
        elsewhere_connect(&api_elsewhere, &api_site, api_media == API_LIVEKIT);
    return 0;
}

static inline int api_teardown(void **state)
{
    (void)state;
    site_stop(&api_site);
    if (api_media != API_HERE)
        elsewhere_stop(&api_elsewhere);
    return 0;
}

#define API_TESTS_MAX 40

static inline int api_round(const struct CMUnitTest *tests, size_t count, const char *name)
{
    struct CMUnitTest round[API_TESTS_MAX];
    char names[API_TESTS_MAX][96];

    assert_true(count <= API_TESTS_MAX);
    for (size_t i = 0; i < count; i++) {
        snprintf(names[i], sizeof names[i], "%s, %s", tests[i].name, name);
        round[i] = (struct CMUnitTest){.name = names[i],
                                       .test_func = tests[i].test_func,
                                       .setup_func = api_setup,
                                       .teardown_func = api_teardown};
    }
    return _cmocka_run_group_tests(name, round, count, NULL, NULL);
}

/* Each test on a server of its own; on both databases where PostgreSQL is installed. */
static inline int api_main(const struct CMUnitTest *tests, size_t count)
{
    int failed = api_round(tests, count, "SQLite");

    cluster_find(&api_cluster);
    if (!api_cluster.bin[0])
        return failed;
    cluster_start(&api_cluster);
    api_on_postgres = true;
    failed += api_round(tests, count, "PostgreSQL");
    cluster_stop(&api_cluster);
    return failed;
}

/* Whether the name stands in the list, which ends with NULL. */
static inline bool api_is_named(const char *name, const char *const *list)
{
    while (*list && strcmp(*list, name) != 0)
        list++;
    return *list != NULL;
}

/* The same tests, but those that need our own server's door, with the meetings at another bedrud,
 * and at livekit-server where it is installed. */
static inline int api_main_anywhere(const struct CMUnitTest *tests, size_t count,
                                    const char *const *only_here)
{
    struct CMUnitTest some[API_TESTS_MAX];
    size_t n = 0;
    int failed = api_main(tests, count);

    for (size_t i = 0; i < count; i++)
        if (!api_is_named(tests[i].name, only_here))
            some[n++] = tests[i];
    api_on_postgres = false;
    api_media = API_ELSEWHERE;
    failed += api_round(some, n, "at another bedrud");
    if (system("livekit-server --version >/dev/null 2>&1") == 0) {
        api_media = API_LIVEKIT;
        failed += api_round(some, n, "at livekit-server");
    }
    return failed;
}

#define API_MAIN_ANYWHERE(tests, only_here)                                                        \
    api_main_anywhere((tests), sizeof(tests) / sizeof((tests)[0]), (only_here))
#define API_MAIN(tests) api_main((tests), sizeof(tests) / sizeof((tests)[0]))

#endif
