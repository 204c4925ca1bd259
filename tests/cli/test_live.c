/* SPDX-License-Identifier: Apache-2.0 */
/* A look into the rooms that are live, as text and as JSON. */
#include "serving.h"

#include "server/secrets.h"

#include <jansson.h>

static struct server server;
static char address[64];

static int begin(void **state)
{
    setup(state);
    serve(&server, NULL);
    snprintf(address, sizeof address, "127.0.0.1:%u", server.port);
    return 0;
}

static int finish(void **state)
{
    assert_int_equal(end(&server, SIGTERM), 0);
    server_fini(&server);
    return teardown(state);
}

/* With the server's own address and folder behind these arguments. */
static int room(const char *what, const char *name, const char *more, struct str *out,
                struct str *err)
{
    const char *args[12] = {"room", what};
    unsigned n = 2;

    args[n++] = name ? name : "--live";
    args[n++] = "--data-dir";
    args[n++] = folder;
    args[n++] = "--listen";
    args[n++] = address;
    args[n] = more;
    return child_run(args, out, err);
}

static json_t *room_json(const char *what, const char *name)
{
    struct str out, err;
    int code = room(what, name, "--json", &out, &err);

    if (code != 0)
        fail_msg("%s", err.text);
    assert_int_equal(err.size, 0);
    json_t *json = json_loads(out.text, JSON_REJECT_DUPLICATES, NULL);
    if (!json)
        fail_msg("%s", out.text);
    str_fini(&out);
    str_fini(&err);
    return json;
}

static void expect_failure(const char *what, const char *name, const char *more, int code,
                           const char *says)
{
    struct str out, err;
    int got = room(what, name, more, &out, &err);

    if (got != code || !strstr(err.text, says))
        fail_msg("%d: %s", got, err.text);
    assert_int_equal(out.size, 0);
    str_fini(&out);
    str_fini(&err);
}

/* ---- what there is to be told ---- */

static void make_encrypted(const struct token_keys *keys)
{
    char *token = kit_token(keys, "sealed", "api", true, clock_unix_ms() / 1000 + 60);
    struct str headers;
    struct peer *p;

    str_init(&headers);
    str_printf(&headers, "Authorization: Bearer %s\r\nContent-Type: application/json\r\n", token);
    assert_int_equal(
        site_ask(server.port,
                 &(struct ask){
                     "POST", "/twirp/livekit.RoomService/CreateRoom", headers.text,
                     SPAN_LITERAL("{\"name\":\"sealed\",\"metadata\":\"{\\\"e2ee\\\":true}\"}")},
                 &p),
        200);
    peer_free(p);
    str_fini(&headers);
    free(token);
}

static struct peer *join(const struct token_keys *keys, const char *name, const char *identity)
{
    char *token = kit_token(keys, name, identity, false, clock_unix_ms() / 1000 + 60);
    struct str target;
    struct peer *p;
    struct arena a;

    str_init(&target);
    str_printf(&target, "/rtc?access_token=%s", token);
    assert_int_equal(site_open(server.port, target.text, &p), 101);
    arena_init(&a);
    assert_non_null(site_await(p, &a, LIVEKIT__SIGNAL_RESPONSE__MESSAGE_JOIN));
    arena_fini(&a);
    str_fini(&target);
    free(token);
    return p;
}

/* Asks to publish in clear, and waits for the refusal. */
static void publish_clear(struct peer *p)
{
    Livekit__SignalRequest r = LIVEKIT__SIGNAL_REQUEST__INIT;
    Livekit__AddTrackRequest add = LIVEKIT__ADD_TRACK_REQUEST__INIT;
    struct arena a;

    r.message_case = LIVEKIT__SIGNAL_REQUEST__MESSAGE_ADD_TRACK;
    r.add_track = &add;
    add.cid = (char *)(uintptr_t) "mic";
    add.source = LIVEKIT__TRACK_SOURCE__MICROPHONE;
    site_say(p, &r);
    arena_init(&a);
    assert_non_null(site_await(p, &a, LIVEKIT__SIGNAL_RESPONSE__MESSAGE_REQUEST_RESPONSE));
    arena_fini(&a);
}

static void tells_of_rooms(void **state)
{
    (void)state;
    struct config config = {.data_dir = folder};
    struct token_keys keys = {0};
    struct str out, err;

    assert_int_equal(room("list", NULL, NULL, &out, &err), 0);
    assert_string_equal(out.text, "There are no rooms.\n");
    str_fini(&out);
    str_fini(&err);
    str_init(&err);
    assert_int_equal(secrets_open(&config, &keys, &err), 0);
    str_fini(&err);
    make_encrypted(&keys);
    struct peer *anna = join(&keys, "sealed", "an\x1b[2Jna"), *bert = join(&keys, "open", "bert");
    publish_clear(anna);

    json_t *list = room_json("list", NULL), *rooms = json_object_get(list, "rooms");
    assert_int_equal(json_array_size(rooms), 2);
    for (size_t i = 0; i < 2; i++) {
        const json_t *one = json_array_get(rooms, i);
        bool sealed = strcmp(json_string_value(json_object_get(one, "name")), "sealed") == 0;
        assert_int_equal(json_is_true(json_object_get(one, "e2ee")), sealed);
        assert_int_equal(json_integer_value(json_object_get(one, "people")), 1);
        assert_null(json_object_get(one, "participants"));
    }
    json_decref(list);

    json_t *whole = room_json("info", "sealed"), *info = json_object_get(whole, "live"),
           *refused = json_object_get(info, "refused");
    assert_int_equal(json_integer_value(json_object_get(refused, "clear_tracks")), 1);
    assert_true(json_is_integer(json_object_get(refused, "clear_data")));
    assert_true(json_is_integer(json_object_get(refused, "short_frames")));
    const json_t *person = json_array_get(json_object_get(info, "participants"), 0);
    assert_string_equal(json_string_value(json_object_get(person, "identity")), "an\x1b[2Jna");
    assert_int_equal(json_array_size(json_object_get(person, "tracks")), 0);
    assert_true(json_is_null(json_object_get(whole, "stored")));
    json_decref(whole);

    assert_int_equal(room("list", NULL, NULL, &out, &err), 0);
    assert_non_null(strstr(out.text, "sealed "));
    assert_non_null(strstr(out.text, "on               1\n"));
    str_fini(&out);
    str_fini(&err);
    assert_int_equal(room("info", "sealed", NULL, &out, &err), 0);
    assert_non_null(
        strstr(out.text, "encryption   on\nrefused      1 clear tracks, 0 clear packets"));
    assert_non_null(strstr(out.text, "an?[2Jna, "));
    str_fini(&out);
    str_fini(&err);
    expect_failure("info", "another", NULL, 1, "there is no room another");
    peer_free(anna);
    peer_free(bert);
    token_keys_fini(&keys);
}

static void says_what_is_wrong(void **state)
{
    (void)state;
    const struct child_case cases[] = {
        {{"room", "list", "--live", "--listen", "nowhere", NULL}, 2, NULL, "listen"},
        {{"room", "list", "--live", "--data-dir", folder, "--listen=127.0.0.1:1", NULL},
         1,
         NULL,
         "no answer from http://127.0.0.1:1: "},
    };
    char *other = child_folder();
    struct str out, err;

    child_check(cases, sizeof cases / sizeof cases[0]);
    assert_int_equal(child_run((const char *[]){"room", "list", "--live", "--listen", address,
                                                "--data-dir", other, NULL},
                               &out, &err),
                     1);
    assert_non_null(strstr(err.text, other));
    assert_non_null(strstr(err.text, "--data-dir"));
    str_fini(&out);
    str_fini(&err);
    child_folder_remove(other);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(tells_of_rooms, begin, finish),
        cmocka_unit_test_setup_teardown(says_what_is_wrong, begin, finish),
    };
    return child_take_path(argc, argv) ? cmocka_run_group_tests(tests, NULL, NULL) : 2;
}
