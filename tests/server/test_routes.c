/* SPDX-License-Identifier: Apache-2.0 */
/* Where paths lead, who gets in, and that every origin may read the answers of the endpoints. */
#include "server/routes.h"

#include "base/encode.h"

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

enum { PLAIN, WITH_TOKEN, UPGRADE, UPGRADE_WITH_TOKEN };

static const struct {
    const char *method, *target;
    int how;
    unsigned status;
    bool cors;
    const char *body; /* NULL: any */
} cases[] = {
    {"GET", "/rtc/v1", PLAIN, 404, true, NULL},
    {"GET", "/rtc/v1", UPGRADE_WITH_TOKEN, 404, true, NULL},
    {"GET", "/rtc/v1/validate", WITH_TOKEN, 404, true, NULL},
    {"GET", "/livekit/rtc/v1", UPGRADE_WITH_TOKEN, 404, true, NULL},
    {"GET", "/rtc?join_request=abc", UPGRADE_WITH_TOKEN, 404, true, NULL},
    {"GET", "/rtc", WITH_TOKEN, 404, true, NULL},
    {"GET", "/rtc", UPGRADE, 401, true, NULL},
    {"GET", "/rtc/validate", PLAIN, 401, true, NULL},
    {"GET", "/rtc/validate", WITH_TOKEN, 200, true, "success"},
    {"GET", "//rtc/validate", WITH_TOKEN, 200, true, "success"},
    {"GET", "/livekit/rtc/validate", WITH_TOKEN, 200, true, "success"},
    {"GET", "/livekit//rtc/validate", WITH_TOKEN, 200, true, "success"},
    {"GET", "/livekit", PLAIN, 404, true, NULL},
    {"GET", "/livekit/none", PLAIN, 404, true, NULL},
    {"GET", "/rtcx", PLAIN, 404, true, NULL},
    {"OPTIONS", "/rtc/validate", PLAIN, 204, true, ""},
    {"OPTIONS", "/livekit/rtc/v1", PLAIN, 204, true, ""},
    {"OPTIONS", "/twirp/livekit.RoomService/CreateRoom", PLAIN, 204, true, ""},
    {"GET", "/twirp/livekit.RoomService/CreateRoom", PLAIN, 404, true, NULL},
    {"POST", "/livekit/twirp/livekit.RoomService/CreateRoom", PLAIN, 404, true, NULL},
    {"GET", "/none", PLAIN, 404, true, NULL},
    {"GET", "/../etc/passwd", PLAIN, 404, true, NULL},
    {"DELETE", "/", PLAIN, 405, true, NULL},
    {"GET", "/", PLAIN, 200, false, NULL},
};

static void leads_where_it_should(void **state)
{
    (void)state;
    char *token = site_token(&site, "r", "i", false);

    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct str headers;
        struct peer *p;
        str_init(&headers);
        if (cases[i].how == WITH_TOKEN || cases[i].how == UPGRADE_WITH_TOKEN)
            str_printf(&headers, "Authorization: Bearer %s\r\n", token);
        if (cases[i].how == UPGRADE || cases[i].how == UPGRADE_WITH_TOKEN)
            str_append(&headers, site_upgrade);
        unsigned status = site_ask(
            site.port, &(struct ask){cases[i].method, cases[i].target, headers.text, {0}}, &p);
        if (status != cases[i].status)
            fail_msg("%s %s: %u", cases[i].method, cases[i].target, status);
        if (cases[i].cors)
            assert_true(site_has_header(p, "access-control-allow-origin: *"));
        if (cases[i].body)
            assert_string_equal((const char *)p->body, cases[i].body);
        str_fini(&headers);
        peer_free(p);
    }
    free(token);
}

/* Asks /rtc/validate and, with an upgrade, /rtc: both say the same to this token. */
static void refuse_token(const char *token, unsigned status, const char *why)
{
    static const char *const paths[] = {"/rtc/validate", "/rtc"};

    for (unsigned i = 0; i < 2; i++) {
        struct str target;
        struct peer *p;
        str_init(&target);
        str_printf(&target, "%s?access_token=%s", paths[i], token);
        unsigned got = site_ask(
            site.port, &(struct ask){"GET", target.text, i ? site_upgrade : NULL, {0}}, &p);
        if (got != status)
            fail_msg("%s: %u", why, got);
        assert_true(site_has_header(p, "access-control-allow-origin: *"));
        assert_null(strstr((const char *)p->body, "eyJ"));
        str_fini(&target);
        peer_free(p);
    }
}

static char *signed_by(const char *id, const char *secret, int64_t expires_in_s)
{
    struct token_keys keys = {0};

    token_keys_add(&keys, id, secret);
    char *token = kit_token(&keys, "r", "i", false, clock_unix_ms() / 1000 + expires_in_s);
    token_keys_fini(&keys);
    return token;
}

static void refuses_forged_tokens(void **state)
{
    (void)state;
    static const struct {
        const char *id, *secret;
        int64_t life_s;
        const char *why;
    } forged[] = {{KIT_KEY, "guessed", 600, "another secret"},
                  {"nobody", KIT_SECRET, 600, "an unknown key"},
                  {KIT_KEY, KIT_SECRET, -600, "expired"}};

    for (size_t i = 0; i < sizeof forged / sizeof forged[0]; i++) {
        char *token = signed_by(forged[i].id, forged[i].secret, forged[i].life_s);
        refuse_token(token, 401, forged[i].why);
        free(token);
    }
    char *good = site_token(&site, "r", "i", false), *body = strchr(good, '.');
    char text[64];
    struct str none;
    str_init(&none);
    base64url_encode(SPAN_LITERAL("{\"alg\":\"none\",\"typ\":\"JWT\"}"), text);
    str_printf(&none, "%s%s", text, body);
    refuse_token(none.text, 401, "algorithm none under a signature");
    *strrchr(none.text, '.') = 0;
    refuse_token(none.text, 401, "two parts");
    str_append_char(&none, '.');
    body[5] = body[5] == 'A' ? 'B' : 'A';
    refuse_token(good, 401, "a changed payload");
    refuse_token("", 401, "nothing");
    refuse_token("%00%ff", 401, "no text");
    str_fini(&none);
    free(good);
}

static void refuses_tokens_that_name_nobody(void **state)
{
    (void)state;
    char *nowhere = site_token(&site, "", "i", false), *nobody = site_token(&site, "r", "", false);

    refuse_token(nowhere, 400, "no room");
    refuse_token(nobody, 400, "no identity");
    free(nowhere);
    free(nobody);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(leads_where_it_should),
        cmocka_unit_test(refuses_forged_tokens),
        cmocka_unit_test(refuses_tokens_that_name_nobody),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
