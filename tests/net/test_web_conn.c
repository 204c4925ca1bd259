/* SPDX-License-Identifier: Apache-2.0 */
/* One connection without sockets and in a time of its own: requests, answers now and later,
 * WebSocket messages in all cuts, broken frames, and every deadline. */
#include "net/web_conn.h"

#include "base/limits.h"
#include "conn_kit.h"

#define OK "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"

static void test_requests_in_all_cuts(void **state)
{
    struct fixture *f = *state;
    static const char text[] = "GET /a HTTP/1.1\r\nHost: x\r\n\r\n"
                               "\r\nPOST /b HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\n\r\nabc"
                               "POST /c HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n"
                               "2\r\nde\r\n1\r\nf\r\n0\r\n\r\n"
                               "POST /d HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n";
    for (size_t cut = 1; cut < sizeof(text); cut++) {
        for (size_t at = 0; at < sizeof(text) - 1; at += cut)
            feed_bytes(f, span_first(span_of(text + at, sizeof(text) - 1 - at), cut));
        expect_seen(f, "GET/a|POST/b|body=abc|POST/c|body=def|POST/d|");
        expect_output(f, SPAN_LITERAL(OK OK OK OK));
        assert_int_equal(web_conn_held(f->conn), 0);
    }
    assert_int_equal(web_conn_state(f->conn), WEB_CONN_LIVE);
}

static void test_answer_later(void **state)
{
    struct fixture *f = *state;
    f->later = true;
    assert_true(web_conn_wants_input(f->conn));
    feed(f, "GET /a HTTP/1.1\r\nHost: x\r\n\r\nGET /b HTTP/1.1\r\nHost: x\r\n\r\n");
    assert_false(web_conn_wants_input(f->conn));
    expect_seen(f, "GET/a|");
    f->now_us += 3600 * SECOND; /* the owner takes its time */
    web_conn_on_time(f->conn, f->now_us);
    assert_int_equal(web_conn_state(f->conn), WEB_CONN_LIVE);
    struct web_reply reply = {200, NULL, NULL, 0, SPAN_LITERAL("ok")};
    web_conn_reply(f->conn, f->now_us, &reply);
    web_conn_reply(f->conn, f->now_us, &reply); /* nobody asked twice */
    web_conn_on_input(f->conn, f->now_us, span_of(NULL, 0));
    /* The second is not begun while the first answer is on its way. */
    expect_seen(f, "");
    assert_false(web_conn_wants_input(f->conn));
    drain(f);
    expect_seen(f, "GET/b|");
    expect_output(f, SPAN_LITERAL(OK));
    web_conn_close(f->conn, f->now_us, 1000);
    assert_int_equal(web_conn_state(f->conn), WEB_CONN_DEAD);
}

static void test_upgrade_answered_later(void **state)
{
    struct fixture *f = *state;
    f->later = true;
    feed(f, UPGRADE "\r\n");
    /* A frame that came too early waits. */
    frame(f, 0x81, SPAN_LITERAL("early"));
    expect_seen(f, "GET/ws|");
    web_conn_accept(f->conn, f->now_us);
    web_conn_on_input(f->conn, f->now_us, span_of(NULL, 0));
    expect_seen(f, "text=early|");
    assert_true(web_conn_open(f->conn));
}

struct refusal_case {
    const char *text;
    unsigned status;
    bool seen;
};

static const struct refusal_case refusal_cases[] = {
    {"rubbish\r\n\r\n", 400, false},
    {"GET / HTTP/1.1\r\n\r\n", 400, false},
    {"\x16\x03\x01\x02", 400, false}, /* TLS on a clear port */
    {"BREW / HTTP/1.1\r\nHost: x\r\n\r\n", 501, false},
    {"GET / HTTP/3.0\r\nHost: x\r\n\r\n", 505, false},
    {"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 1001\r\n\r\n", 413, false},
    {"POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n3e9\r\n", 413, false},
    {"POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n", 400, false},
    {UPGRADE "Content-Length: 1\r\n\r\n", 400, false},
    {"GET /ws HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
     "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: short\r\n\r\n",
     400, false},
    {"GET /ws HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
     "Sec-WebSocket-Version: 13\r\n\r\n",
     400, false},
    {"GET /ws HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
     "Sec-WebSocket-Version: 8\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n",
     426, false},
    {"GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n", 200, true},
    {"GET / HTTP/1.0\r\nHost: x\r\n\r\n", 200, true},
};

static void test_refusals(void **state)
{
    for (size_t i = 0; i < sizeof(refusal_cases) / sizeof(refusal_cases[0]); i++) {
        struct fixture *f = *state;
        feed(f, refusal_cases[i].text);
        expect_status(f, refusal_cases[i].status);
        assert_int_equal(f->requests, refusal_cases[i].seen);
        /* Lingers, throws away what comes, and ends. */
        assert_int_equal(web_conn_state(f->conn), WEB_CONN_LINGER);
        assert_true(web_conn_wants_input(f->conn));
        feed(f, "GET /never HTTP/1.1\r\nHost: x\r\n\r\n");
        assert_int_equal(f->requests, refusal_cases[i].seen);
        assert_int_equal(web_conn_held(f->conn), 0);
        if (i % 2)
            web_conn_on_end(f->conn);
        else
            web_conn_on_time(f->conn, f->now_us + LIMIT_WEB_LINGER_US);
        assert_int_equal(web_conn_state(f->conn), WEB_CONN_DEAD);
        teardown(state);
        setup(state);
    }
}

static void test_head_size(void **state)
{
    struct fixture *f = *state;
    char text[2200];
    for (int over = 0; over < 2; over++) {
        static const char before[] = "GET /", after[] = " HTTP/1.1\r\nHost: x\r\n\r\n";
        size_t size = 2000 + (size_t)over;
        memset(text, 'a', size);
        memcpy(text, before, sizeof(before) - 1);
        memcpy(text + size - (sizeof(after) - 1), after, sizeof(after) - 1);
        feed_bytes(f, span_of(text, size));
        expect_status(f, over ? 431 : 200);
    }
    teardown(state);
    setup(state);
    f = *state;
    /* Without an end it is refused as soon as it is too long. */
    memset(text, 'a', sizeof(text));
    feed_bytes(f, span_of(text, 2001));
    expect_status(f, 431);
}

static void test_continue(void **state)
{
    struct fixture *f = *state;
    feed(f, "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\nExpect: 100-continue\r\n\r\n");
    expect_output(f, SPAN_LITERAL("HTTP/1.1 100 Continue\r\n\r\n"));
    feed(f, "abc");
    expect_output(f, SPAN_LITERAL(OK));
    feed(f, "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 1001\r\nExpect: 100-continue\r\n\r\n");
    expect_status(f, 413);
}

static void test_upgrade_refused(void **state)
{
    struct fixture *f = *state;
    feed(f, "GET /rtc/v1 HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
            "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n");
    expect_output(f,
                  SPAN_LITERAL("HTTP/1.1 404 Not Found\r\nContent-Type: text/plain\r\n"
                               "Access-Control-Allow-Origin: *\r\nContent-Length: 4\r\n\r\ngone"));
    /* The connection is as good as before. */
    feed(f, "GET /a HTTP/1.1\r\nHost: x\r\n\r\n");
    expect_output(f, SPAN_LITERAL(OK));
}

static void test_accept_needs_an_upgrade(void **state)
{
    struct fixture *f = *state;
    f->later = true;
    feed(f, "GET /a HTTP/1.1\r\nHost: x\r\n\r\n");
    web_conn_accept(f->conn, f->now_us);
    assert_false(web_conn_open(f->conn));
    assert_int_equal(web_conn_output(f->conn).size, 0);
}

static void test_messages(void **state)
{
    struct fixture *f = *state;
    open_socket(f);
    frame(f, 0x81, SPAN_LITERAL("hello"));
    frame(f, 0x82, SPAN_LITERAL("\xff\x01"));
    frame(f, 0x82, span_of(NULL, 0));
    expect_seen(f, "text=hello|binary=\xff\x01|binary=|");
    frame(f, 0x82, SPAN_LITERAL("echo"));
    expect_output(f, SPAN_LITERAL("\x82\x04"
                                  "echo"));
    /* In three fragments, a ping between them. */
    web_buffer_clear(&f->seen);
    frame(f, 0x01, SPAN_LITERAL("a\xc3"));
    frame(f, 0x00, SPAN_LITERAL("\xa9"));
    frame(f, 0x89, SPAN_LITERAL("p"));
    expect_output(f, SPAN_LITERAL("\x8a\x01p"));
    frame(f, 0x8a, SPAN_LITERAL("q"));
    frame(f, 0x80, SPAN_LITERAL("b"));
    expect_seen(f, "text=a\xc3\xa9"
                   "b|");
    expect_output(f, span_of(NULL, 0));
    assert_int_equal(web_conn_held(f->conn), 0);
}

static void test_frames_bytewise(void **state)
{
    struct fixture *f = *state;
    open_socket(f);
    static const uint8_t bytes[] = "\x01\x82\0\0\0\0ab\x80\x83\0\0\0\0cde\x82\x81\0\0\0\0f";
    for (size_t i = 0; i < sizeof(bytes) - 1; i++)
        feed_bytes(f, span_of(bytes + i, 1));
    expect_seen(f, "text=abcde|binary=f|");
}

struct close_case {
    const char *bytes; /* with a mask of zeroes */
    size_t size;
    unsigned code; /* of our close frame; 0: none in it */
};

#define FRAMES(s) s, sizeof(s) - 1

static const struct close_case close_cases[] = {
    {FRAMES("\x88\x82\0\0\0\0\x03\xe8"), 1000},
    {FRAMES("\x88\x85\0\0\0\0\x0f\xa1"
            "bye"),
     4001},
    {FRAMES("\x88\x80\0\0\0\0"), 0},
    {FRAMES("\x88\x81\0\0\0\0\x03"), 1002},
    {FRAMES("\x88\x82\0\0\0\0\x03\xed"), 1002}, /* 1005 */
    {FRAMES("\x88\x83\0\0\0\0\x03\xe8\xff"), 1007},
    {FRAMES("\x82\x01x"), 1002},         /* unmasked */
    {FRAMES("\xc2\x81\0\0\0\0x"), 1002}, /* compressed */
    {FRAMES("\x83\x80\0\0\0\0"), 1002},
    {FRAMES("\x80\x81\0\0\0\0x"), 1002}, /* nothing to continue */
    {FRAMES("\x01\x81\0\0\0\0x\x01\x81\0\0\0\0y"), 1002},
    {FRAMES("\x81\x81\0\0\0\0\xff"), 1007},
    {FRAMES("\x01\x81\0\0\0\0\xc3\x80\x81\0\0\0\0x"), 1007},
    {FRAMES("\x82\xfe\x03\xe9\0\0\0\0"), 1009}, /* 1,001 bytes */
    {FRAMES("\x02\x81\0\0\0\0x\x80\xfe\x03\xe8\0\0\0\0"), 1009},
    {FRAMES("\x82\xff\x7f\xff\xff\xff\xff\xff\xff\xff\0\0\0\0"), 1009},
    {FRAMES("\x82\x85\0\0\0\0"
            "close"),
     4001},
};

static void test_closes(void **state)
{
    for (size_t i = 0; i < sizeof(close_cases) / sizeof(close_cases[0]); i++) {
        struct fixture *f = *state;
        open_socket(f);
        const struct close_case *c = &close_cases[i];
        feed_bytes(f, span_of(c->bytes, c->size));
        const uint8_t expected[4] = {0x88, c->code ? 2 : 0, (uint8_t)(c->code >> 8),
                                     (uint8_t)c->code};
        expect_output(f, span_of(expected, c->code ? 4 : 2));
        assert_false(web_conn_open(f->conn));
        assert_int_equal(web_conn_state(f->conn), WEB_CONN_LINGER);
        unsigned messages = f->messages;
        frame(f, 0x82, SPAN_LITERAL("late"));
        web_conn_send(f->conn, f->now_us, SPAN_LITERAL("late"));
        web_conn_close(f->conn, f->now_us, 1000);
        assert_int_equal(f->messages, messages);
        assert_int_equal(web_conn_output(f->conn).size, 0);
        web_conn_on_end(f->conn);
        assert_int_equal(web_conn_state(f->conn), WEB_CONN_DEAD);
        teardown(state);
        setup(state);
    }
}

static void test_largest_message(void **state)
{
    struct fixture *f = *state;
    open_socket(f);
    uint8_t bytes[1000];
    memset(bytes, 'x', sizeof(bytes));
    frame(f, 0x82, span_of(bytes, 1000));
    frame(f, 0x02, span_of(bytes, 999));
    frame(f, 0x80, span_of(bytes, 1));
    assert_int_equal(f->messages, 2);
    assert_true(web_conn_open(f->conn));
}

static void test_too_slow(void **state)
{
    struct fixture *f = *state;
    open_socket(f);
    frame(f, 0x82, SPAN_LITERAL("flood"));
    assert_int_equal(web_conn_state(f->conn), WEB_CONN_DEAD);
    assert_int_equal(web_conn_output(f->conn).size, 0);
    /* Pings that nobody reads the answers to come to the same end. */
    teardown(state);
    setup(state);
    f = *state;
    open_socket(f);
    uint8_t ping[6 + 125] = {0x89, 0xfd};
    for (unsigned i = 0; i < 50; i++)
        web_conn_on_input(f->conn, f->now_us, span_of(ping, sizeof(ping)));
    assert_int_equal(web_conn_state(f->conn), WEB_CONN_DEAD);
}

static void step(struct fixture *f, int64_t us)
{
    f->now_us += us;
    web_conn_on_time(f->conn, f->now_us);
}

static void test_head_deadline(void **state)
{
    struct fixture *f = *state;
    step(f, LIMIT_HTTP_HEAD_US - SECOND);
    assert_int_equal(web_conn_state(f->conn), WEB_CONN_LIVE);
    feed(f, "\r\n"); /* no beginning */
    step(f, SECOND);
    assert_int_equal(web_conn_state(f->conn), WEB_CONN_DEAD);
    /* A byte now and then does not prolong it. */
    teardown(state);
    setup(state);
    f = *state;
    static const char text[] = "GET /aaaaaaaaaaaaaaaaaaaaaa";
    for (size_t i = 0; i < 11; i++) {
        feed_bytes(f, span_of(text + i, 1));
        step(f, i < 10 ? SECOND - 1 : 10);
        assert_int_equal(web_buffer_size(&f->output), 0);
    }
    drain(f);
    expect_status(f, 408);
    assert_int_equal(web_conn_state(f->conn), WEB_CONN_LINGER);
}

static void test_body_deadline(void **state)
{
    struct fixture *f = *state;
    feed(f, "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 900\r\n\r\n");
    for (unsigned i = 0; i < 119; i++) {
        step(f, SECOND);
        feed(f, "x");
    }
    assert_int_equal(web_conn_state(f->conn), WEB_CONN_LIVE);
    step(f, SECOND);
    drain(f);
    expect_status(f, 408);
    assert_int_equal(f->requests, 0);
}

static void test_idle_deadline(void **state)
{
    struct fixture *f = *state;
    feed(f, "GET /a HTTP/1.1\r\nHost: x\r\n\r\n");
    step(f, LIMIT_HTTP_IDLE_US - 1);
    assert_int_equal(web_conn_state(f->conn), WEB_CONN_LIVE);
    step(f, 1);
    assert_int_equal(web_conn_state(f->conn), WEB_CONN_DEAD);
}

static void test_stuck_output(void **state)
{
    struct fixture *f = *state;
    web_conn_on_input(f->conn, f->now_us, SPAN_LITERAL("GET /a HTTP/1.1\r\nHost: x\r\n\r\n"));
    step(f, LIMIT_WEB_STUCK_US - 1);
    web_conn_on_sent(f->conn, f->now_us, 1);
    step(f, LIMIT_WEB_STUCK_US - 1);
    assert_int_equal(web_conn_state(f->conn), WEB_CONN_LIVE);
    step(f, 1);
    assert_int_equal(web_conn_state(f->conn), WEB_CONN_DEAD);
}

static void test_pings_and_silence(void **state)
{
    struct fixture *f = *state;
    open_socket(f);
    /* One that answers lives on. */
    for (unsigned i = 0; i < 5; i++) {
        step(f, LIMIT_WEB_PING_US - 1);
        drain(f);
        expect_output(f, span_of(NULL, 0));
        step(f, 1);
        drain(f);
        expect_output(f, SPAN_LITERAL("\x89\0"));
        frame(f, 0x8a, span_of(NULL, 0));
    }
    /* Then it falls silent: two more pings. */
    int64_t silent_us = 0;
    while (silent_us < LIMIT_WEB_SILENCE_US) {
        assert_true(web_conn_open(f->conn));
        step(f, SECOND / 2);
        silent_us += SECOND / 2;
        drain(f);
    }
    expect_output(f, SPAN_LITERAL("\x89\0\x89\0"));
    assert_int_equal(web_conn_state(f->conn), WEB_CONN_DEAD);
}

static void test_end_of_input(void **state)
{
    struct fixture *f = *state;
    /* Half-closed behind its request: it gets the answer. */
    web_conn_on_input(f->conn, f->now_us, SPAN_LITERAL("GET /a HTTP/1.1\r\nHost: x\r\n\r\n"));
    web_conn_on_end(f->conn);
    assert_int_equal(web_conn_state(f->conn), WEB_CONN_LIVE);
    assert_false(web_conn_wants_input(f->conn));
    drain(f);
    expect_output(f, SPAN_LITERAL(OK));
    assert_int_equal(web_conn_state(f->conn), WEB_CONN_DEAD);
    static const char *const cut[] = {
        "", "GET", "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\n\r\nab", UPGRADE "\r\n"};
    for (size_t i = 0; i < sizeof(cut) / sizeof(cut[0]); i++) {
        teardown(state);
        setup(state);
        f = *state;
        feed(f, cut[i]);
        web_conn_on_end(f->conn);
        assert_int_equal(web_conn_state(f->conn), WEB_CONN_DEAD);
    }
}

int main(void)
{
#define CASE(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
    const struct CMUnitTest tests[] = {
        CASE(test_requests_in_all_cuts),
        CASE(test_answer_later),
        CASE(test_upgrade_answered_later),
        CASE(test_refusals),
        CASE(test_head_size),
        CASE(test_continue),
        CASE(test_upgrade_refused),
        CASE(test_accept_needs_an_upgrade),
        CASE(test_messages),
        CASE(test_frames_bytewise),
        CASE(test_closes),
        CASE(test_largest_message),
        CASE(test_too_slow),
        CASE(test_head_deadline),
        CASE(test_body_deadline),
        CASE(test_idle_deadline),
        CASE(test_stuck_output),
        CASE(test_pings_and_silence),
        CASE(test_end_of_input),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
