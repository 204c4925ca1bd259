/* SPDX-License-Identifier: Apache-2.0 */
/* What the headers of pages promise, and the answer to links that lost their '#'. */
#include "server/pages.h"

#include "server/assets.h"

#include "site.h"

static struct site site;

static int setup(void **state)
{
    (void)state;
    site_start(&site, 1);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    site_stop(&site);
    return 0;
}

static unsigned get_with(const char *target, const char *headers, struct peer **p)
{
    return site_ask(site.port, &(struct ask){"GET", target, headers, {0}}, p);
}

/* The value of a header, in the peer's head; NULL when there is none. */
static char *header(const struct peer *p, const char *name)
{
    const char *at = strcasestr(p->head, name);

    return at ? xstrndup(at + strlen(name) + 2, strcspn(at + strlen(name) + 2, "\r")) : NULL;
}

static void assert_header(const struct peer *p, const char *name, const char *value)
{
    char *got = header(p, name);

    assert_non_null(got);
    assert_string_equal(got, value);
    free(got);
}

static void assert_closed(const struct peer *p)
{
    assert_header(p, "Referrer-Policy", "no-referrer");
    assert_header(p, "X-Content-Type-Options", "nosniff");
    assert_header(p, "Cache-Control", "no-store");
    assert_header(p, "Cross-Origin-Opener-Policy", "same-origin");
    assert_header(p, "Cross-Origin-Embedder-Policy", "require-corp");
    assert_header(p, "Cross-Origin-Resource-Policy", "same-origin");
    assert_false(site_has_header(p, "access-control-allow-origin"));
    assert_false(site_has_header(p, "location:"));
    char *policy = header(p, "Content-Security-Policy");
    assert_memory_equal(policy, "default-src 'none'; ", 20);
    assert_null(strstr(policy, "unsafe"));
    assert_null(strchr(policy, '*'));
    free(policy);
}

static void closes_the_test_page(void **state)
{
    (void)state;
    struct asset page;
    struct peer *p;

    if (!assets_find(SPAN_LITERAL("/test"), &page))
        skip();
    assert_int_equal(get_with("/test", NULL, &p), 200);
    assert_closed(p);
    char *policy = header(p, "Content-Security-Policy");
    const char *scripts = strstr(policy, "script-src 'self'");
    assert_non_null(scripts);
    scripts += strlen("script-src 'self'");
    size_t size = strlen(page.scripts);
    assert_true(size == 0 ? scripts[0] == ';'
                          : scripts[0] == ' ' && memcmp(scripts + 1, page.scripts, size) == 0 &&
                                scripts[1 + size] == ';');
    assert_non_null(strstr(policy, "worker-src 'self';"));
    assert_non_null(strstr(policy, "connect-src 'self' ws://localhost wss://localhost"));
    free(policy);
    assert_true(site_has_header(p, "permissions-policy: camera=(self), microphone=(self)"));
    assert_string_equal((const char *)p->body, (const char *)page.identity.data);
    peer_free(p);
    struct str known;
    str_init(&known);
    str_printf(&known, "If-None-Match: %s\r\n", page.etag);
    assert_int_equal(get_with("/test", known.text, &p), 304);
    assert_int_equal(p->body_size, 0);
    assert_closed(p);
    str_fini(&known);
    peer_free(p);
}

/* A host that would write into the policy is left out of it. */
static void trusts_no_host(void **state)
{
    (void)state;
    static const struct {
        const char *host, *wanted;
    } cases[] = {{"meet.example:8443", "connect-src 'self' ws://meet.example:8443 wss://"},
                 {"[::1]:80", "connect-src 'self'"},
                 {"x *", "connect-src 'self'"},
                 {"x; script-src *", "connect-src 'self'"},
                 {"evil,example", "connect-src 'self'"},
                 {"", "connect-src 'self'"}};
    struct asset page;

    if (!assets_find(SPAN_LITERAL("/test"), &page))
        skip();
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct peer *p = peer_connect(site.port, NULL);
        struct str text;
        str_init(&text);
        str_printf(&text, "GET /test HTTP/1.1\r\nHost: %s\r\n\r\n", cases[i].host);
        put(p, str_span(&text));
        str_fini(&text);
        assert_int_equal(reply_read(p, false), 200);
        char *policy = header(p, "Content-Security-Policy");
        const char *at = strstr(policy, "connect-src");
        assert_non_null(at);
        if (strstr(cases[i].wanted, "ws:"))
            assert_memory_equal(at, cases[i].wanted, strlen(cases[i].wanted));
        else
            assert_string_equal(at, cases[i].wanted);
        assert_null(strchr(policy, '*'));
        free(policy);
        peer_free(p);
    }
}

static void offers_encodings(void **state)
{
    (void)state;
    static const struct {
        const char *accept, *encoding;
    } cases[] = {{"Accept-Encoding: gzip, deflate, br\r\n", "content-encoding: br"},
                 {"Accept-Encoding: gzip, br;q=0\r\n", "content-encoding: gzip"},
                 {"Accept-Encoding: br;q=0.5\r\n", "content-encoding: br"},
                 {"Accept-Encoding: identity\r\n", NULL}};
    struct asset page;

    if (!assets_find(SPAN_LITERAL("/test"), &page))
        skip();
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct peer *p;
        assert_int_equal(get_with("/test", cases[i].accept, &p), 200);
        assert_int_equal(site_has_header(p, "content-encoding:"), cases[i].encoding != NULL);
        assert_true(!cases[i].encoding || site_has_header(p, cases[i].encoding));
        peer_free(p);
    }
}

static void answers_altered_links(void **state)
{
    (void)state;
    static const struct {
        const char *method, *target, *headers;
    } cases[] = {
        {"GET", "/m/room%23key=abcdef", NULL},
        {"GET", "/m/room#key=abcdef", NULL},
        {"GET", "/m/room%2523key=abcdef", NULL},
        {"GET", "/test%23token=x&key=abcdef", NULL},
        {"GET", "/test?key=abcdef", NULL},
        {"POST", "/api/room/join%23key=abcdef", NULL},
        {"DELETE", "/m/room%23key=abcdef", NULL},
        {"OPTIONS", "/rtc%23key=abcdef", NULL},
        {"GET", "/rtc?access_token=a&key=abcdef", site_upgrade},
        {"GET", "/livekit/rtc/validate?key=abcdef", NULL},
        {"POST", "/twirp/livekit.RoomService/ListRooms%23key=abcdef", NULL},
        {"GET", "//m//room%23Key%3Dabcdef", NULL},
    };

    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct peer *p;
        unsigned status = site_ask(
            site.port, &(struct ask){cases[i].method, cases[i].target, cases[i].headers, {0}}, &p);
        if (status != 400 || !strstr((const char *)p->body, "This link was altered on its way"))
            fail_msg("%s: %u", cases[i].target, status);
        assert_non_null(strstr((const char *)p->body, "Treat it as exposed."));
        assert_null(strstr((const char *)p->body, "abcdef"));
        assert_null(strstr(p->head, "abcdef"));
        assert_closed(p);
        assert_header(p, "Content-Type", "text/html; charset=utf-8");
        peer_free(p);
    }
}

/* A browser would carry a fragment over a redirect. */
static void never_redirects(void **state)
{
    (void)state;
    static const char *const targets[] = {"/",      "/test",   "/test/", "//test",   "/m/room",
                                          "/m/",    "/assets", "/rtc",   "/livekit", "/m",
                                          "/login", "/api",    "/twirp", "/test?",   "/test?a"};

    for (size_t i = 0; i < sizeof targets / sizeof targets[0]; i++) {
        struct peer *p;
        unsigned status = get_with(targets[i], NULL, &p);
        if (status / 100 == 3 || site_has_header(p, "location:") || site_has_header(p, "refresh:"))
            fail_msg("%s: %u", targets[i], status);
        peer_free(p);
    }
}

/* The app's page stands at the app's addresses, and says of others that they do not exist. */
static void serves_the_app(void **state)
{
    (void)state;
    static const char html[] = "Accept: text/html,application/xhtml+xml,*/*;q=0.8\r\n";
    static const struct {
        const char *target, *headers;
        unsigned status;
        bool page;
    } cases[] = {
        {"/", NULL, 200, true},
        {"/m/quiet-harbor", NULL, 200, true},
        {"/c/quiet-harbor", html, 200, true},
        {"/auth/login?next=/dashboard", NULL, 200, true},
        {"/dashboard", NULL, 200, true},
        {"/dashboard/admin/rooms", NULL, 200, true},
        {"/account", NULL, 200, true},
        {"/e2ee", NULL, 200, true},
        {"/meeting", NULL, 404, false},
        {"/meeting", html, 404, true},
        {"/dashboards", NULL, 404, false},
        {"/assets/gone-12345678.js", html, 404, false},
        {"/favicon.ico", html, 404, false},
        {"/rtc/none", html, 404, false},
        {"/api/none", html, 404, false},
    };
    struct asset page;

    if (!assets_find(SPAN_LITERAL("/"), &page))
        skip();
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct peer *p;
        unsigned status = get_with(cases[i].target, cases[i].headers, &p);
        bool same = strcmp((const char *)p->body, (const char *)page.identity.data) == 0;
        if (status != cases[i].status || same != cases[i].page)
            fail_msg("%s: %u, %s", cases[i].target, status, same ? "the app" : "not the app");
        if (same)
            assert_closed(p);
        peer_free(p);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(closes_the_test_page), cmocka_unit_test(trusts_no_host),
        cmocka_unit_test(offers_encodings),     cmocka_unit_test(answers_altered_links),
        cmocka_unit_test(never_redirects),      cmocka_unit_test(serves_the_app),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
