/* SPDX-License-Identifier: Apache-2.0 */
/* Streams in clear text and under TLS, over a pair of sockets, with a TLS client of the test's own.
 */
#include "net/web_stream.h"

#include "tls_kit.h"

#include <errno.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

#define LARGE (1 << 20)

static void pair_open(int fds[2])
{
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, fds), 0);
}

static void test_clear(void **state)
{
    (void)state;
    int fds[2];
    pair_open(fds);
    struct web_stream s;
    uint8_t bytes[16];
    web_stream_open(&s, fds[0], NULL);
    assert_int_equal(web_stream_read(&s, bytes, sizeof(bytes)), -EAGAIN);
    assert_int_equal(web_stream_write(&s, SPAN_LITERAL("hello")), 5);
    assert_int_equal(recv(fds[1], bytes, sizeof(bytes), 0), 5);
    assert_int_equal(send(fds[1], "abc", 3, 0), 3);
    assert_int_equal(web_stream_read(&s, bytes, 2), 2);
    assert_int_equal(web_stream_read(&s, bytes, 2), 1);
    assert_false(web_stream_pending(&s));
    web_stream_shutdown(&s);
    assert_int_equal(recv(fds[1], bytes, sizeof(bytes), 0), 0);
    close(fds[1]);
    assert_int_equal(web_stream_read(&s, bytes, sizeof(bytes)), 0);
    /* No SIGPIPE ends us. */
    assert_int_equal(web_stream_write(&s, SPAN_LITERAL("x")), -EPIPE);
    web_stream_close(&s);
}

static void test_clear_full(void **state)
{
    (void)state;
    int fds[2];
    pair_open(fds);
    struct web_stream s;
    web_stream_open(&s, fds[0], NULL);
    static const uint8_t bytes[LARGE];
    int64_t n = 0;
    for (unsigned i = 0; i < 1000 && n >= 0; i++)
        n = web_stream_write(&s, span_of(bytes, sizeof(bytes)));
    assert_int_equal(n, -EAGAIN);
    web_stream_close(&s);
    close(fds[1]);
}

/* Lets both sides go on until the client is through with its handshake, or cannot. */
static int handshake(struct web_stream *s, SSL *client)
{
    uint8_t bytes[16];
    for (unsigned i = 0; i < 20; i++) {
        int n = SSL_connect(client);
        if (n == 1)
            return 1;
        if (SSL_get_error(client, n) != SSL_ERROR_WANT_READ)
            return 0;
        int64_t m = web_stream_read(s, bytes, sizeof(bytes));
        if (m != -EAGAIN)
            return 0;
    }
    return 0;
}

static void test_tls(void **state)
{
    const struct tls_kit *kit = *state;
    int fds[2];
    pair_open(fds);
    struct web_tls *tls = web_tls_new(kit->cert_file, kit->key_file);
    assert_non_null(tls);
    struct web_stream s;
    web_stream_open(&s, fds[0], tls);
    SSL *client = SSL_new(kit->client);
    static const uint8_t offered[] = "\x02h2\x08http/1.1";
    SSL_set_alpn_protos(client, offered, sizeof(offered) - 1);
    SSL_set_fd(client, fds[1]);
    assert_int_equal(handshake(&s, client), 1);
    const unsigned char *chosen;
    unsigned chosen_size;
    SSL_get0_alpn_selected(client, &chosen, &chosen_size);
    assert_int_equal(chosen_size, 8);
    assert_memory_equal(chosen, "http/1.1", 8);
    /* A record that is read in two parts: the rest is pending. */
    uint8_t bytes[16];
    assert_int_equal(SSL_write(client, "hello", 5), 5);
    assert_int_equal(web_stream_read(&s, bytes, 2), 2);
    assert_true(web_stream_pending(&s));
    assert_int_equal(web_stream_read(&s, bytes, sizeof(bytes)), 3);
    assert_false(web_stream_pending(&s));
    assert_int_equal(web_stream_read(&s, bytes, sizeof(bytes)), -EAGAIN);
    assert_int_equal(web_stream_write(&s, SPAN_LITERAL("world")), 5);
    assert_int_equal(SSL_read(client, bytes, sizeof(bytes)), 5);
    assert_memory_equal(bytes, "world", 5);
    web_stream_shutdown(&s);
    assert_int_equal(SSL_read(client, bytes, sizeof(bytes)), 0);
    assert_int_equal(SSL_get_shutdown(client), SSL_RECEIVED_SHUTDOWN);
    SSL_shutdown(client);
    assert_int_equal(web_stream_read(&s, bytes, sizeof(bytes)), 0);
    SSL_free(client);
    close(fds[1]);
    web_stream_close(&s);
    web_tls_free(tls);
    web_tls_free(NULL);
}

/* Much at once, moved in memory between the tries, arrives whole. */
static void test_tls_large(void **state)
{
    const struct tls_kit *kit = *state;
    int fds[2];
    pair_open(fds);
    struct web_tls *tls = web_tls_new(kit->cert_file, kit->key_file);
    struct web_stream s;
    web_stream_open(&s, fds[0], tls);
    SSL *client = SSL_new(kit->client);
    SSL_set_fd(client, fds[1]);
    assert_int_equal(handshake(&s, client), 1);
    static uint8_t sent[2][LARGE], got[LARGE];
    for (size_t i = 0; i < LARGE; i++)
        sent[0][i] = sent[1][i] = (uint8_t)(i * 7 + (i >> 9));
    size_t in = 0, out = 0, waits = 0;
    for (unsigned round = 0; out < LARGE && round < 100000; round++) {
        int64_t n = -EAGAIN;
        if (in < LARGE)
            n = web_stream_write(&s, span_of(sent[round % 2] + in, LARGE - in));
        if (n > 0)
            in += (size_t)n;
        else
            waits++;
        if (n > 0)
            continue;
        assert_int_equal(n, -EAGAIN);
        int m = SSL_read(client, got + out, (int)(LARGE - out));
        out += m > 0 ? (size_t)m : 0;
    }
    assert_int_equal(out, LARGE);
    assert_true(waits > 1);
    assert_memory_equal(got, sent[0], LARGE);
    SSL_free(client);
    close(fds[1]);
    web_stream_close(&s);
    web_tls_free(tls);
}

static void test_tls_rubbish(void **state)
{
    const struct tls_kit *kit = *state;
    int fds[2];
    pair_open(fds);
    struct web_tls *tls = web_tls_new(kit->cert_file, kit->key_file);
    struct web_stream s;
    uint8_t bytes[16];
    web_stream_open(&s, fds[0], tls);
    assert_int_equal(send(fds[1], "GET / HTTP/1.1\r\n\r\n", 18, 0), 18);
    assert_int_equal(web_stream_read(&s, bytes, sizeof(bytes)), -EPROTO);
    web_stream_shutdown(&s);
    web_stream_close(&s);
    close(fds[1]);
    /* Cut off in the middle of nothing. */
    pair_open(fds);
    web_stream_open(&s, fds[0], tls);
    close(fds[1]);
    assert_true(web_stream_read(&s, bytes, sizeof(bytes)) < 0);
    web_stream_close(&s);
    web_tls_free(tls);
}

static void test_tls_files(void **state)
{
    const struct tls_kit *kit = *state;
    assert_null(web_tls_new("/nonexistent", kit->key_file));
    assert_null(web_tls_new(kit->cert_file, "/nonexistent"));
    assert_null(web_tls_new(kit->key_file, kit->key_file));
}

static int setup(void **state)
{
    /* As the loop does. */
    signal(SIGPIPE, SIG_IGN);
    *state = tls_kit_new();
    return *state ? 0 : -1;
}

static int teardown(void **state)
{
    tls_kit_free(*state);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_clear),       cmocka_unit_test(test_clear_full),
        cmocka_unit_test(test_tls),         cmocka_unit_test(test_tls_large),
        cmocka_unit_test(test_tls_rubbish), cmocka_unit_test(test_tls_files),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
