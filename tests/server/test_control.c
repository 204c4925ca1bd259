/* SPDX-License-Identifier: Apache-2.0 */
/* Beginning and end of a server: ports in use, certificates that do not fit, and that clients are
 * told when it goes. */
#include "server/control.h"

#include "../net/tls_kit.h"
#include "site.h"

#define LATEST_END_US 6000000

/* A socket that holds a port; its number in *port. */
static int hold_port(int type, uint16_t *port)
{
    struct sockaddr_in at = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t size = sizeof at;
    int fd = socket(AF_INET, type | SOCK_CLOEXEC, 0);

    assert_int_equal(bind(fd, (struct sockaddr *)(void *)&at, sizeof at), 0);
    if (type == SOCK_STREAM)
        assert_int_equal(listen(fd, 1), 0);
    assert_int_equal(getsockname(fd, (struct sockaddr *)(void *)&at, &size), 0);
    *port = ntohs(at.sin_port);
    return fd;
}

/* control_new fails, and says all of this. */
static void expect_failure(struct site *s, const char *const *parts)
{
    struct str message;

    str_init(&message);
    assert_null(control_new(&s->config, &s->keys, &message));
    for (; *parts; parts++)
        if (!strstr(message.text, *parts))
            fail_msg("no %s in: %s", *parts, message.text);
    str_fini(&message);
    site_clear(s);
}

static void names_a_busy_listen_port(void **state)
{
    (void)state;
    struct site s;
    char text[32];

    site_configure(&s, 1);
    int fd = hold_port(SOCK_STREAM, &s.config.listen.port);
    snprintf(text, sizeof text, "127.0.0.1:%u", s.config.listen.port);
    expect_failure(&s, (const char *[]){"listen: ", text, "in use", "--listen", NULL});
    close(fd);
}

static void names_a_busy_media_port(void **state)
{
    (void)state;
    struct site s;
    char text[32];

    site_configure(&s, 1);
    int fd = hold_port(SOCK_DGRAM, &s.config.media_port);
    snprintf(text, sizeof text, "127.0.0.1:%u", s.config.media_port);
    expect_failure(&s, (const char *[]){"media_port: ", text, "in use", "--media-port", NULL});
    close(fd);
}

static void names_a_certificate_that_does_not_fit(void **state)
{
    (void)state;
    struct tls_kit *one = tls_kit_new(), *other = tls_kit_new();
    struct site s;

    assert_non_null(one);
    assert_non_null(other);
    site_configure(&s, 1);
    str_set(&s.config.tls_cert, one->cert_file);
    str_set(&s.config.tls_key, other->key_file);
    expect_failure(&s, (const char *[]){"tls_cert", "tls_key", one->cert_file, NULL});
    tls_kit_free(one);
    tls_kit_free(other);
}

static void serves_tls(void **state)
{
    (void)state;
    struct tls_kit *kit = tls_kit_new();
    struct site s;
    struct str message;

    assert_non_null(kit);
    site_configure(&s, 1);
    str_set(&s.config.tls_cert, kit->cert_file);
    str_set(&s.config.tls_key, kit->key_file);
    str_init(&message);
    s.control = control_new(&s.config, &s.keys, &message);
    assert_non_null(s.control);
    str_fini(&message);
    s.thread = thread_start("control", site_run, s.control);
    struct peer *p = peer_connect(control_port(s.control), kit->client);
    put_text(p, "GET /rtc/validate HTTP/1.1\r\nHost: x\r\n\r\n");
    assert_int_equal(reply_read(p, false), 401);
    peer_free(p);
    site_stop(&s);
    tls_kit_free(kit);
}

static void ends_at_once_when_empty(void **state)
{
    (void)state;
    struct site s;

    site_start(&s, 2);
    int64_t began_us = clock_now_us();
    site_stop(&s);
    assert_true(clock_now_us() - began_us < 2000000);
}

/* Everybody is told to come back, also those who never listen, and then it ends in time. */
static void tells_clients_when_it_goes(void **state)
{
    (void)state;
    struct site s;
    struct peer *people[4];
    struct arena a;

    site_start(&s, 2);
    arena_init(&a);
    for (unsigned i = 0; i < 4; i++) {
        people[i] = site_join(&s, "/rtc", i % 2 ? "odd" : "even", i < 2 ? "alice" : "bob", "");
        assert_non_null(site_await(people[i], &a, LIVEKIT__SIGNAL_RESPONSE__MESSAGE_JOIN));
    }
    struct peer *silent = peer_connect(s.port, NULL);
    int64_t began_us = clock_now_us();
    kill(getpid(), SIGTERM);
    for (unsigned i = 0; i < 4; i++) {
        const Livekit__SignalResponse *r =
            site_await(people[i], &a, LIVEKIT__SIGNAL_RESPONSE__MESSAGE_LEAVE);
        assert_non_null(r);
        assert_int_equal(r->leave->action, LIVEKIT__LEAVE_REQUEST__ACTION__RECONNECT);
        assert_int_equal(r->leave->reason, LIVEKIT__DISCONNECT_REASON__SERVER_SHUTDOWN);
        assert_int_equal(site_await_close(people[i]), 1000);
    }
    thread_join(s.thread);
    assert_true(clock_now_us() - began_us < LATEST_END_US);
    for (unsigned i = 0; i < 4; i++)
        peer_free(people[i]);
    peer_free(silent);
    control_free(s.control);
    site_clear(&s);
    arena_fini(&a);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(names_a_busy_listen_port),
        cmocka_unit_test(names_a_busy_media_port),
        cmocka_unit_test(names_a_certificate_that_does_not_fit),
        cmocka_unit_test(serves_tls),
        cmocka_unit_test(ends_at_once_when_empty),
        cmocka_unit_test(tells_clients_when_it_goes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
