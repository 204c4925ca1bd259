/* SPDX-License-Identifier: Apache-2.0 */
/* The whole of the web door over loopback: a server on a thread of its own with small routes, and
 * clients made of plain sockets. Every wait is bounded. */
#include "net/web.h"

#include "base/limits.h"
#include "base/mem.h"
#include "net/thread.h"
#include "tls_kit.h"
#include "web_server.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/wait.h>

#include <cmocka.h>

/* ---- the tests ---- */

static int setup(void **state)
{
    *state = server_start(NULL, 100, 0);
    return 0;
}

static int teardown(void **state)
{
    server_stop(*state);
    return 0;
}

static void test_keep_alive(void **state)
{
    struct peer *p = peer_new(*state, NULL);
    for (unsigned i = 0; i < 3; i++) {
        put_text(p, "POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\nhello");
        expect_reply(p, 200, "hello");
        assert_non_null(strstr(p->head, "Access-Control-Allow-Origin: *\r\n"));
        assert_null(strstr(p->head, "Server"));
    }
    put_text(p, "GET /header HTTP/1.1\r\nHost: x\r\nX-Test: seen\r\n\r\n"
                "GET /query?a=%20&b=c+d HTTP/1.1\r\nHost: x\r\n\r\n"
                "OPTIONS /method HTTP/1.1\r\nHost: x\r\n\r\n"
                "HEAD /method HTTP/1.1\r\nHost: x\r\n\r\n");
    expect_reply(p, 200, "seen");
    expect_reply(p, 200, "a=%20&b=c+d");
    expect_reply(p, 200, "OPTIONS");
    assert_int_equal(reply_read(p, true), 200);
    assert_non_null(strstr(p->head, "Content-Length: 4\r\n"));
    put_text(p, "GET /nothing HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
    expect_reply(p, 404, "no such page");
    expect_end(p);
    peer_free(p);
}

static void test_bodies(void **state)
{
    struct peer *p = peer_new(*state, NULL);
    put_text(p, "POST /echo HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n"
                "6\r\nchunk ");
    put_text(p, "\r\n5\r\nby it\r\n0\r\n\r\n");
    expect_reply(p, 200, "chunk by it");
    put_text(p, "POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: 100001\r\n\r\n");
    expect_reply(p, 413, NULL);
    /* The reply arrives although the body is still being sent. */
    peer_free(p);
    p = peer_new(*state, NULL);
    static uint8_t body[150000];
    put_text(p, "POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: 150000\r\n\r\n");
    put(p, span_of(body, sizeof(body)));
    expect_reply(p, 413, NULL);
    expect_end(p);
    peer_free(p);
}

static void test_large_url(void **state)
{
    struct peer *p = peer_new(*state, NULL);
    static char query[40000];
    for (size_t size = 30000; size <= 33000; size += 3000) {
        memset(query, 'q', size);
        put_text(p, "GET /query?");
        put(p, span_of(query, size));
        put_text(p, " HTTP/1.1\r\nHost: x\r\n\r\n");
        expect_reply(p, size == 30000 ? 200 : 431, NULL);
        if (size == 30000)
            assert_int_equal(p->body_size, size);
    }
    expect_end(p);
    peer_free(p);
}

static void test_malformed(void **state)
{
    static const char *const bad[] = {
        "\x16\x03\x01\x02",
        "hello\r\n\r\n",
        "GET / HTTP/1.1\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n",
        "GET /ws HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n",
    };
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        struct peer *p = peer_new(*state, NULL);
        put_text(p, bad[i]);
        expect_reply(p, i == 4 ? 426 : 400, NULL);
        expect_end(p);
        peer_free(p);
    }
    /* An upgrade to what we do not speak is an ordinary request. */
    struct peer *p = peer_new(*state, NULL);
    put_text(p, "GET /method HTTP/1.1\r\nHost: x\r\nConnection: Upgrade, HTTP2-Settings\r\n"
                "Upgrade: h2c\r\nHTTP2-Settings: AAMAAABkAAQAAP__\r\n\r\n");
    expect_reply(p, 200, "GET");
    put_text(p, "GET /method HTTP/1.1\r\nHost: x\r\nUpgrade: foo\r\nConnection: upgrade\r\n\r\n");
    expect_reply(p, 200, "GET");
    peer_free(p);
}

static void test_big_reply(void **state)
{
    struct server *s = *state;
    struct peer *p = peer_new(s, NULL);
    put_text(p, "GET /big HTTP/1.1\r\nHost: x\r\n\r\nGET /method HTTP/1.1\r\nHost: x\r\n\r\n");
    assert_int_equal(reply_read(p, false), 200);
    assert_int_equal(p->body_size, BIG_BYTES);
    assert_memory_equal(p->body, s->big, BIG_BYTES);
    expect_reply(p, 200, "GET");
    /* One who leaves in the middle of it harms nobody. */
    put_text(p, "GET /big HTTP/1.1\r\nHost: x\r\n\r\n");
    peer_free(p);
    p = peer_new(s, NULL);
    put_text(p, "GET /method HTTP/1.1\r\nHost: x\r\n\r\n");
    expect_reply(p, 200, "GET");
    peer_free(p);
}

static void test_deferred(void **state)
{
    struct peer *p = peer_new(*state, NULL);
    put_text(p, "GET /later HTTP/1.1\r\nHost: x\r\n\r\nGET /method HTTP/1.1\r\nHost: x\r\n\r\n");
    expect_reply(p, 200, "at last");
    expect_reply(p, 200, "GET");
    put_text(p, UPGRADE("/ws/later"));
    frame_put(p, 0x82, SPAN_LITERAL("early"));
    expect_reply(p, 101, NULL);
    expect_frame(p, 0x82, SPAN_LITERAL("early"));
    peer_free(p);
    wait_closed(*state, 1);
    /* Gone before the answer comes. */
    p = peer_new(*state, NULL);
    put_text(p, "GET /later HTTP/1.1\r\nHost: x\r\n\r\n");
    peer_free(p);
    p = peer_new(*state, NULL);
    put_text(p, "GET /drop HTTP/1.1\r\nHost: x\r\n\r\n");
    expect_end(p);
    peer_free(p);
}

static void test_upgrade_refused(void **state)
{
    struct peer *p = peer_new(*state, NULL);
    put_text(p, UPGRADE("/rtc/v1"));
    expect_reply(p, 404, "no such socket");
    assert_non_null(strstr(p->head, "Access-Control-Allow-Origin: *\r\n"));
    put_text(p, UPGRADE("/ws/401"));
    expect_reply(p, 401, "no token");
    assert_non_null(strstr(p->head, "Access-Control-Allow-Origin: *\r\n"));
    put_text(p, UPGRADE("/ws"));
    expect_reply(p, 101, NULL);
    peer_free(p);
    wait_closed(*state, 1);
}

static void test_socket(void **state)
{
    struct server *s = *state;
    struct peer *p = peer_new(s, NULL);
    /* Compression is offered by every browser and not taken. */
    put_text(p, "GET /ws HTTP/1.1\r\nHost: x\r\nConnection: keep-alive, Upgrade\r\n"
                "Upgrade: WebSocket\r\nSec-WebSocket-Extensions: permessage-deflate; "
                "client_max_window_bits\r\n" KEY "\r\n");
    expect_reply(p, 101, NULL);
    assert_null(strstr(p->head, "Extensions"));
    frame_put(p, 0x81, SPAN_LITERAL("hello"));
    expect_frame(p, 0x82, SPAN_LITERAL("hello"));
    static const size_t sizes[] = {0, 125, 126, 65535, 65536, 70000};
    static uint8_t bytes[70001];
    for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
        frame_put(p, 0x82, span_of(bytes, sizes[i]));
        expect_frame(p, 0x82, span_of(bytes, sizes[i]));
    }
    frame_put(p, 0x02, SPAN_LITERAL("one "));
    frame_put(p, 0x00, SPAN_LITERAL("two "));
    frame_put(p, 0x89, SPAN_LITERAL("ping"));
    frame_put(p, 0x80, SPAN_LITERAL("three"));
    expect_frame(p, 0x8a, SPAN_LITERAL("ping"));
    expect_frame(p, 0x82, SPAN_LITERAL("one two three"));
    frame_put(p, 0x88, SPAN_LITERAL("\x03\xe8"));
    expect_frame(p, 0x88, SPAN_LITERAL("\x03\xe8"));
    expect_end(p);
    peer_free(p);
    wait_closed(s, 1);
}

static void test_closes(void **state)
{
    struct server *s = *state;
    static uint8_t bytes[70001];
    struct peer *p = socket_open(s, NULL);
    frame_put(p, 0x81, SPAN_LITERAL("close"));
    expect_frame(p, 0x82, SPAN_LITERAL("last"));
    expect_frame(p, 0x88, SPAN_LITERAL("\x0f\xa1"));
    frame_put(p, 0x88, SPAN_LITERAL("\x0f\xa1"));
    expect_end(p);
    peer_free(p);
    p = socket_open(s, NULL);
    frame_put(p, 0x82, span_of(bytes, 70001));
    expect_frame(p, 0x88, SPAN_LITERAL("\x03\xf1"));
    expect_end(p);
    peer_free(p);
    p = socket_open(s, NULL);
    put_text(p, "\x82\x01x");
    expect_frame(p, 0x88, SPAN_LITERAL("\x03\xea"));
    expect_end(p);
    peer_free(p);
    p = socket_open(s, NULL);
    peer_free(p);
    wait_closed(s, 4);
}

static void test_too_slow(void **state)
{
    struct server *s = *state;
    struct peer *slow = socket_open(s, NULL), *other = socket_open(s, NULL);
    frame_put(slow, 0x81, SPAN_LITERAL("flood"));
    wait_closed(s, 1);
    expect_end(slow);
    frame_put(other, 0x82, SPAN_LITERAL("still here"));
    expect_frame(other, 0x82, SPAN_LITERAL("still here"));
    peer_free(slow);
    peer_free(other);
    wait_closed(s, 2);
}

/* Waits until the server counts that many connections, this one among them. */
static void expect_count(struct peer *p, const char *count)
{
    for (unsigned i = 0; i < 1000; i++) {
        put_text(p, "GET /count HTTP/1.1\r\nHost: x\r\n\r\n");
        expect_reply(p, 200, NULL);
        if (strcmp((const char *)p->body, count) == 0)
            return;
        thread_wait(NULL, 0, clock_now_us() + 5000);
    }
    fail_msg("%s connections instead of %s", (const char *)p->body, count);
}

static void caps_check(uint32_t total, uint32_t each)
{
    struct server *s = server_start(NULL, total, each);
    struct peer *first = peer_new(s, NULL), *second = peer_new(s, NULL);
    expect_count(first, "2");
    struct peer *third = peer_new(s, NULL);
    expect_end(third);
    peer_free(third);
    peer_free(second);
    expect_count(first, "1");
    third = peer_new(s, NULL);
    expect_count(third, "2");
    peer_free(third);
    peer_free(first);
    server_stop(s);
}

static void test_caps(void **state)
{
    (void)state;
    caps_check(2, 0);
    caps_check(100, 2);
}

/* A low limit of the shell is raised as far as the system allows. */
static void test_descriptors(void **state)
{
    (void)state;
    struct rlimit before, now;

    assert_int_equal(getrlimit(RLIMIT_NOFILE, &before), 0);
    now = before;
    now.rlim_cur = 100;
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &now), 0);
    struct server *s = server_start(NULL, 500, 0);
    assert_int_equal(getrlimit(RLIMIT_NOFILE, &now), 0);
    rlim_t wanted = 500 + LIMIT_WEB_DESCRIPTORS_KEPT;
    assert_int_equal(now.rlim_cur, before.rlim_max < wanted ? before.rlim_max : wanted);
    server_stop(s);
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &before), 0);
}

static void test_tls(void **state)
{
    (void)state;
    struct tls_kit *kit = tls_kit_new();
    struct server *s = server_start(kit, 100, 0);
    struct peer *p = socket_open(s, kit->client);
    frame_put(p, 0x81, SPAN_LITERAL("under TLS"));
    expect_frame(p, 0x82, SPAN_LITERAL("under TLS"));
    frame_put(p, 0x81, SPAN_LITERAL("close"));
    expect_frame(p, 0x82, SPAN_LITERAL("last"));
    expect_frame(p, 0x88, SPAN_LITERAL("\x0f\xa1"));
    expect_end(p);
    peer_free(p);
    p = peer_new(s, kit->client);
    put_text(p, "GET /later HTTP/1.1\r\nHost: x\r\n\r\nGET /big HTTP/1.1\r\nHost: x\r\n\r\n");
    expect_reply(p, 200, "at last");
    assert_int_equal(reply_read(p, false), 200);
    assert_memory_equal(p->body, s->big, BIG_BYTES);
    peer_free(p);
    /* Clear text on a TLS port. */
    p = peer_new(s, NULL);
    put_text(p, "GET / HTTP/1.1\r\nHost: x\r\n\r\n");
    uint8_t alert[64];
    while (get_some(p, alert, sizeof(alert)) > 0)
        continue;
    peer_free(p);
    wait_closed(s, 1);
    server_stop(s);
    tls_kit_free(kit);
}

static void test_many_at_once(void **state)
{
    struct server *s = *state;
    struct peer *peers[50];
    for (unsigned i = 0; i < 50; i++)
        peers[i] = socket_open(s, NULL);
    for (unsigned round = 0; round < 5; round++) {
        for (unsigned i = 0; i < 50; i++)
            frame_put(peers[i], 0x82, span_of(&i, sizeof(i)));
        for (unsigned i = 0; i < 50; i++)
            expect_frame(peers[i], 0x82, span_of(&i, sizeof(i)));
    }
    for (unsigned i = 0; i < 50; i += 2)
        peer_free(peers[i]);
    wait_closed(s, 25);
    /* The rest is still open when the server stops. */
    struct peer *p = peer_new(s, NULL);
    expect_count(p, "26");
    peer_free(p);
    for (unsigned i = 1; i < 50; i += 2)
        peer_free(peers[i]);
}

/* A process that is forked has copies of all descriptors until it runs its program: what is told
 * through them of a client that is gone goes nowhere. */
static void test_forks(void **state)
{
    struct peer *p = peer_new(*state, NULL), *other;
    int hold[2], status;
    char byte;
    put_text(p, "GET /query?a HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
    expect_reply(p, 200, "a");
    expect_end(p); /* the server waits for our end now */
    assert_int_equal(pipe(hold), 0);
    pid_t child = fork();
    if (child == 0) {
        close(hold[1]);
        _exit(read(hold[0], &byte, 1) == 0 ? 0 : 1);
    }
    assert_true(child > 0);
    close(hold[0]);
    /* The child has a copy of this end as well. */
    shutdown(p->fd, SHUT_RDWR);
    peer_free(p);
    for (unsigned i = 0; i < 50; i++) {
        other = peer_new(*state, NULL);
        put_text(other, "GET /query?b HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
        expect_reply(other, 200, "b");
        expect_end(other);
        peer_free(other);
    }
    close(hold[1]);
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_int_equal(status, 0);
}

static void test_new_errors(void **state)
{
    struct server *s = *state;
    struct loop *loop = loop_new();
    struct web_handlers handlers = {s, on_request, on_message, on_closed};
    struct web_config config = {.listen = addr_v4(127, 0, 0, 1, web_port(s->web))};
    int error = 0;
    assert_null(web_new(loop, &config, &handlers, &error));
    assert_int_equal(error, -EADDRINUSE);
    config.listen = addr_v4(192, 0, 2, 1, 0);
    assert_null(web_new(loop, &config, &handlers, &error));
    assert_int_equal(error, -EADDRNOTAVAIL);
    config.listen = addr_v4(127, 0, 0, 1, 0);
    config.tls_cert = config.tls_key = "/nonexistent";
    assert_null(web_new(loop, &config, &handlers, &error));
    assert_int_equal(error, -EKEYREJECTED);
    web_free(NULL);
    loop_free(loop);
}

int main(void)
{
#define CASE(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
    const struct CMUnitTest tests[] = {
        CASE(test_keep_alive),      CASE(test_bodies),           CASE(test_large_url),
        CASE(test_malformed),       CASE(test_big_reply),        CASE(test_deferred),
        CASE(test_upgrade_refused), CASE(test_socket),           CASE(test_closes),
        CASE(test_too_slow),        cmocka_unit_test(test_caps), cmocka_unit_test(test_descriptors),
        cmocka_unit_test(test_tls), CASE(test_many_at_once),     CASE(test_forks),
        CASE(test_new_errors),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
