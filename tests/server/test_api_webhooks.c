/* SPDX-License-Identifier: Apache-2.0 */
/* Receivers of room events: entered, changed, told, and signed for. */
#include "api_kit.h"

#include "base/encode.h"
#include "base/hash.h"

#include "sink.h"

static struct sink sink;

static int setup(void **state)
{
    (void)state;
    sink_start(&sink);
    site_configure(&api_site, 1);
    assert_true(proxy_parse("127.0.0.1", &api_site.config.webhook_nets));
    site_run_it(&api_site);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    site_stop(&api_site);
    sink_stop(&sink);
    return 0;
}

static json_t *ask(const struct person *p, const char *method, const char *path, const char *body,
                   unsigned status, const char *code)
{
    return api_ask(&(struct question){method, path, p->access, body, NULL}, status, code);
}

static json_t *create(const struct person *p, const char *url, const char *events)
{
    char body[512];

    snprintf(body, sizeof body, "{\"url\":\"%s\",\"events\":[%s]}", url, events);
    return ask(p, "POST", "/api/admin/webhooks", body, 201, NULL);
}

/* The n-th thing that was sent is this event, signed with this secret; its data is the caller's. */
static json_t *expect(unsigned n, const char *event, const char *secret)
{
    const struct sink_request *q = sink_await(&sink, n);
    char hex[2 * SHA256_SIZE + 1], wanted[128];
    uint8_t mac[SHA256_SIZE];

    assert_string_equal(q->event, event);
    assert_string_equal(q->content_type, "application/json");
    assert_true(strlen(q->timestamp) > 0);
    hash_hmac_sha256(span_of_str(secret), span_of(q->body, q->body_size), mac);
    hex_encode(span_of(mac, sizeof mac), hex);
    snprintf(wanted, sizeof wanted, "sha256=%s", hex);
    assert_string_equal(q->signature, wanted);
    json_t *body = json_loadb((const char *)q->body, q->body_size, 0, NULL);
    assert_string_equal(api_get(body, "event"), event);
    json_t *data = json_incref(json_object_get(body, "data"));
    json_decref(body);
    return data;
}

static void tells_of_rooms(void **state)
{
    (void)state;
    struct person boss;
    char secret[80], path[128];

    api_register("boss", &boss);
    json_t *hook = create(&boss, sink.url, "");
    snprintf(secret, sizeof secret, "%s", api_get(hook, "secret"));
    snprintf(path, sizeof path, "/api/admin/webhooks/%s/test", api_get(hook, "id"));
    assert_int_equal(strlen(secret), 64);
    assert_true(json_is_true(json_object_get(hook, "isActive")));
    json_decref(hook);
    json_decref(ask(&boss, "POST", path, NULL, 202, NULL));
    json_decref(expect(0, "ping", secret));
    json_t *room = ask(&boss, "POST", "/api/room/create", "{\"name\":\"kitchen\"}", 200, NULL);
    json_t *data = expect(1, "room.created", secret);
    assert_string_equal(api_get(data, "roomId"), api_get(room, "id"));
    assert_string_equal(api_get(data, "roomName"), "kitchen");
    assert_string_equal(api_get(data, "userId"), boss.id);
    json_decref(data);
    /* And of what the media plane says. */
    const Livekit__SignalResponse *joined;
    struct arena a;
    arena_init(&a);
    json_t *answer = ask(&boss, "POST", "/api/room/join", "{\"roomName\":\"kitchen\"}", 200, NULL);
    struct peer *p = api_enter(answer, &a, &joined);
    json_decref(answer);
    data = expect(2, "room.started", secret);
    assert_string_equal(api_get(data, "roomId"), api_get(room, "id"));
    json_decref(data);
    snprintf(path, sizeof path, "/api/room/%s", api_get(room, "id"));
    json_decref(ask(&boss, "DELETE", path, NULL, 202, NULL));
    json_decref(expect(3, "room.ended", secret));
    json_decref(room);
    peer_free(p);
    arena_fini(&a);
}

static void are_entered_and_changed(void **state)
{
    (void)state;
    struct person boss;
    char path[128], rotate[160], secret[80];

    api_register("boss", &boss);
    json_t *hook = create(&boss, "https://a.example/x", "\"room.created\",\"room.ended\"");
    snprintf(path, sizeof path, "/api/admin/webhooks/%s", api_get(hook, "id"));
    snprintf(rotate, sizeof rotate, "%s/rotate-secret", path);
    snprintf(secret, sizeof secret, "%s", api_get(hook, "secret"));
    json_decref(hook);
    hook = ask(&boss, "GET", path, NULL, 200, NULL);
    assert_null(json_object_get(hook, "secret"));
    assert_string_equal(api_get(hook, "url"), "https://a.example/x");
    assert_string_equal(api_get(hook, "createdBy"), boss.id);
    const json_t *events = json_object_get(hook, "events");
    assert_int_equal(json_array_size(events), 2);
    assert_string_equal(json_string_value(json_array_get(events, 1)), "room.ended");
    json_decref(hook);
    hook = ask(&boss, "PUT", path, "{\"isActive\":false,\"events\":[]}", 200, NULL);
    assert_true(json_is_false(json_object_get(hook, "isActive")));
    assert_string_equal(api_get(hook, "url"), "https://a.example/x");
    assert_int_equal(json_array_size(json_object_get(hook, "events")), 0);
    json_decref(hook);
    hook = ask(&boss, "POST", rotate, NULL, 200, NULL);
    assert_string_not_equal(api_get(hook, "secret"), secret);
    json_decref(hook);
    json_t *all = ask(&boss, "GET", "/api/admin/webhooks", NULL, 200, NULL);
    assert_int_equal(json_array_size(json_object_get(all, "webhooks")), 1);
    assert_null(json_object_get(json_array_get(json_object_get(all, "webhooks"), 0), "secret"));
    json_decref(all);
    json_decref(ask(&boss, "DELETE", path, NULL, 200, NULL));
    json_decref(ask(&boss, "DELETE", path, NULL, 404, "webhook_not_found"));
    json_decref(ask(&boss, "GET", path, NULL, 404, "webhook_not_found"));
    json_decref(ask(&boss, "PUT", path, "{}", 404, "webhook_not_found"));
    json_decref(ask(&boss, "POST", rotate, NULL, 404, "webhook_not_found"));
    json_t *log = ask(&boss, "GET", "/api/admin/audit", NULL, 200, NULL);
    char *text = json_dumps(log, 0);
    assert_non_null(strstr(text, "webhook.create"));
    assert_non_null(strstr(text, "webhook.rotate_secret"));
    assert_null(strstr(text, secret));
    free(text);
    json_decref(log);
}

static void refuses(void **state)
{
    (void)state;
    static const struct {
        const char *body, *code;
    } cases[] = {
        {"{}", "invalid_url"},
        {"{\"url\":\"ftp://a\"}", "invalid_url"},
        {"{\"url\":\"https://me:pass@a/\"}", "invalid_url"},
        {"{\"url\":5}", "invalid_field"},
        {"{\"url\":\"https://a\",\"events\":\"room.created\"}", "invalid_events"},
        {"{\"url\":\"https://a\",\"events\":[\"room.burnt\"]}", "invalid_events"},
        {"{\"url\":\"https://a\",\"events\":[\"room.created,ping\"]}", "invalid_events"},
        {"{\"url\":\"https://a\",\"events\":[1]}", "invalid_events"},
    };
    struct person boss;

    api_register("boss", &boss);
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
        json_decref(ask(&boss, "POST", "/api/admin/webhooks", cases[i].body, 400, cases[i].code));
    for (unsigned i = 0; i < LIMIT_WEBHOOKS; i++)
        json_decref(create(&boss, "https://a.example", ""));
    json_decref(ask(&boss, "POST", "/api/admin/webhooks", "{\"url\":\"https://a.example\"}", 409,
                    "too_many_webhooks"));
}

#define WITH_SINK(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_SINK(tells_of_rooms),
        WITH_SINK(are_entered_and_changed),
        WITH_SINK(refuses),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
