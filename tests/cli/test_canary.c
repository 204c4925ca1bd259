/* SPDX-License-Identifier: Apache-2.0 */
/* A key that reaches the server in a link that was altered on its way is never written down, at no
 * log level, whatever else is wrong with the request. In a build with the hostile server the same
 * search is tried on a server that does write it down. */
#include "serving.h"

#define CANARY "Qm9yZWQtY2FuYXJ5LUtFWS0wMTIzNDU2Nzg5YWJjZGU"
/* Shorter pieces may occur by chance. */
#define PIECE 8

#define TAIL " HTTP/1.1\r\nHost: x\r\n"

static const char *const requests[] = {
    "GET /m/room%23key=" CANARY TAIL "\r\n",
    "GET /m/room#key=" CANARY TAIL "\r\n",
    "GET /m/room%2523KEY%253D" CANARY TAIL "\r\n",
    "GET /m/room?key=" CANARY TAIL "\r\n",
    "GET /rtc?access_token=x&key=" CANARY TAIL "\r\n",
    "POST /twirp/livekit.RoomService/ListRooms?key=" CANARY TAIL "Content-Length: 2\r\n\r\n{}",
    /* Nobody can tell that these are keys. */
    "GET /m/room/" CANARY TAIL "\r\n",
    "GET /m/room?k=" CANARY TAIL "\r\n",
    "GET /rtc?access_token=" CANARY TAIL "\r\n",
    "GET /rtc/validate?access_token=" CANARY "." CANARY "." CANARY TAIL "\r\n",
    "GET /test" TAIL "Referer: http://x/m/room%23key=" CANARY "\r\n\r\n",
    "POST /twirp/livekit.RoomService/" CANARY TAIL
    "Content-Type: application/json\r\nContent-Length: 2\r\n\r\n{}",
    "POST /twirp/livekit.RoomService/ListRooms" TAIL "Authorization: Bearer " CANARY
    "\r\nContent-Type: application/json\r\nContent-Length: 2\r\n\r\n{}",
    "GET /api/room/" CANARY TAIL "\r\n",
    "GET /api/room/join?next=%2Fm%2Froom%23key%3D" CANARY TAIL "\r\n",
    "GET /health?k=" CANARY TAIL "\r\n",
    "GET /api/auth/me" TAIL "Authorization: Bearer " CANARY "\r\nCookie: access_token=" CANARY
    "\r\n\r\n",
    "POST /api/auth/login" TAIL "Content-Type: application/json\r\nContent-Length: 72\r\n\r\n"
    "{\"email\":\"" CANARY "\",\"password\":\"x\"}  ",
    /* Refused before anybody looks at the path. */
    "GET /m/room%23key=" CANARY "\r\n\r\n",
    "GET /m/room #key=" CANARY TAIL "\r\n",
    "GET m/room%23key=" CANARY TAIL "\r\n",
    "GET /m/room%23key=" CANARY " HTTP/9.9\r\nHost: x\r\n\r\n",
    "GET /m/room%23key=" CANARY " HTTP/1.1\r\n\r\n",
    "GET /m/room%23key=" CANARY TAIL "Host: y\r\n\r\n",
    "GET /m/room%23key=" CANARY TAIL "bad header\r\n\r\n",
    "GET /m/\x01%23key=" CANARY TAIL "\r\n",
    "BREW /m/room%23key=" CANARY TAIL "\r\n",
    "POST /m/room%23key=" CANARY TAIL "Content-Length: 999999999\r\n\r\n",
    "POST /m/room%23key=" CANARY TAIL "Transfer-Encoding: chunked\r\n\r\nzz\r\n",
    "POST /m/room%23key=" CANARY TAIL "Transfer-Encoding: gzip\r\n\r\n",
    "GET /m/room%23key=" CANARY TAIL "Connection: Upgrade\r\nUpgrade: websocket\r\n\r\n",
    "\x16\x03\x01 /m/room%23key=" CANARY "\r\n\r\n",
    /* Cut off. */
    "GET /m/room%23key=" CANARY,
    "GET /m/room%23key=" CANARY TAIL,
};

/* Says it, ends its side, and reads until the server ends too. */
static void say(uint16_t port, struct span bytes)
{
    struct peer *p = peer_connect(port, NULL);
    uint8_t answer[4096];
    size_t n;

    put(p, bytes);
    shutdown(p->fd, SHUT_WR);
    while ((n = get_some(p, answer, sizeof answer - 1)) > 0) {
        answer[n] = 0;
        assert_null(strstr((const char *)answer, CANARY));
    }
    peer_free(p);
}

/* 431, and a head that has no end. */
static void say_too_much(uint16_t port)
{
    struct str text;

    str_init(&text);
    str_append(&text, "GET /m/");
    for (unsigned i = 0; i < 1000; i++)
        str_append(&text, "room%23key=" CANARY);
    say(port, str_span(&text));
    str_append(&text, TAIL "\r\n");
    say(port, str_span(&text));
    str_fini(&text);
}

static void say_all(uint16_t port)
{
    for (size_t i = 0; i < sizeof requests / sizeof requests[0]; i++)
        say(port, span_of_str(requests[i]));
    say_too_much(port);
}

/* The longest piece of the canary, from PIECE on, that stands in the text. */
static size_t find_canary(const char *text)
{
    char piece[sizeof CANARY];

    for (size_t size = sizeof CANARY - 1; size >= PIECE; size--)
        for (size_t at = 0; at + size < sizeof CANARY; at++) {
            snprintf(piece, size + 1, "%s", &CANARY[at]);
            if (strstr(text, piece))
                return size;
        }
    return 0;
}

static void serve_and_say(struct server *s)
{
    serve(s, NULL);
    say_all(s->port);
    assert_int_equal(end(s, SIGTERM), 0);
    child_text(s->child.out, &s->out);
    assert_non_null(strstr(s->err.text, "altered_link"));
}

static void keeps_keys_out_of_the_log(void **state)
{
    (void)state;
    struct server s;

    serve_and_say(&s);
    assert_int_equal(find_canary(s.out.text), 0);
    if (find_canary(s.err.text))
        fail_msg("%s", s.err.text);
    server_fini(&s);
}

#ifdef BEDRUD_EVIL
/* The search finds what is there. */
static void catches_a_leak(void **state)
{
    (void)state;
    struct server s;

    setenv("BEDRUD_EVIL", "log-links", 1);
    serve_and_say(&s);
    unsetenv("BEDRUD_EVIL");
    assert_int_equal(find_canary(s.err.text), sizeof CANARY - 1);
    server_fini(&s);
}

static void strips_the_fragment(void **state)
{
    (void)state;
    struct server s;
    struct peer *p;

    setenv("BEDRUD_EVIL", "strip-fragment", 1);
    serve(&s, NULL);
    unsetenv("BEDRUD_EVIL");
    unsigned status = site_ask(s.port, &(struct ask){"GET", "/test", NULL, {0}}, &p);
    if (status == 404) /* built without pages */
        print_message("there is no page to redirect\n");
    assert_true(status == 302 || status == 404);
    if (status == 404) {
        peer_free(p);
        assert_int_equal(end(&s, SIGTERM), 0);
        server_fini(&s);
        return;
    }
    assert_true(site_has_header(p, "location: /test?stripped#\r\n"));
    peer_free(p);
    assert_int_equal(site_ask(s.port, &(struct ask){"GET", "/test?stripped", NULL, {0}}, &p), 200);
    peer_free(p);
    assert_int_equal(end(&s, SIGTERM), 0);
    assert_non_null(strstr(s.err.text, "strip-fragment"));
    server_fini(&s);
}
#endif

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(keeps_keys_out_of_the_log, setup, teardown),
#ifdef BEDRUD_EVIL
        cmocka_unit_test_setup_teardown(catches_a_leak, setup, teardown),
        cmocka_unit_test_setup_teardown(strips_the_fragment, setup, teardown),
#endif
    };
    return child_take_path(argc, argv) ? cmocka_run_group_tests(tests, NULL, NULL) : 2;
}
