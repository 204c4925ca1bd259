/* SPDX-License-Identifier: Apache-2.0 */
/* Beginning and end of a server: ports in use, certificates that do not fit, and that clients are
 * told when it goes. */
#include "server/control.h"

#include "store/rooms.h"

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

/* The certificate that a new connection is shown. */
static X509 *shown_certificate(const struct site *s, struct tls_kit *kit)
{
    struct peer *p = peer_connect(s->port, kit->client);

    put_text(p, "GET /rtc/validate HTTP/1.1\r\nHost: x\r\n\r\n");
    assert_int_equal(reply_read(p, false), 401);
    X509 *cert = SSL_get1_peer_certificate(p->ssl);
    assert_non_null(cert);
    peer_free(p);
    return cert;
}

static bool shows(const struct site *s, struct tls_kit *kit, const char *cert_file)
{
    X509 *shown = shown_certificate(s, kit), *wanted = NULL;
    FILE *f = fopen(cert_file, "r");

    assert_non_null(PEM_read_X509(f, &wanted, NULL, NULL));
    fclose(f);
    bool same = X509_cmp(shown, wanted) == 0;
    X509_free(shown);
    X509_free(wanted);
    return same;
}

/* The signal is taken on another thread: asked for until it has come. */
static void await_certificate(const struct site *s, struct tls_kit *kit, const char *cert_file)
{
    int64_t until_us = clock_now_us() + 10000000;

    while (!shows(s, kit, cert_file))
        assert_true(clock_now_us() < until_us);
}

static void renews_the_certificate(void **state)
{
    (void)state;
    struct tls_kit *kit = tls_kit_new(), *next = tls_kit_new();
    char old_cert[128];
    struct site s;

    site_configure(&s, 1);
    str_set(&s.config.tls_cert, kit->cert_file);
    str_set(&s.config.tls_key, kit->key_file);
    site_run_it(&s);
    struct peer *standing = peer_connect(s.port, kit->client);
    assert_true(shows(&s, kit, kit->cert_file));
    /* A certificate without its key changes nothing; what follows shows that it was looked at. */
    snprintf(old_cert, sizeof old_cert, "%s.old", kit->cert_file);
    assert_int_equal(rename(kit->cert_file, old_cert), 0);
    assert_int_equal(rename(next->cert_file, kit->cert_file), 0);
    kill(getpid(), SIGHUP);
    usleep(20000);
    assert_true(shows(&s, kit, old_cert));
    assert_int_equal(rename(next->key_file, kit->key_file), 0);
    kill(getpid(), SIGHUP);
    await_certificate(&s, kit, kit->cert_file);
    /* Whoever is connected stays so. */
    put_text(standing, "GET /rtc/validate HTTP/1.1\r\nHost: x\r\n\r\n");
    assert_int_equal(reply_read(standing, false), 401);
    peer_free(standing);
    site_stop(&s);
    unlink(old_cert);
    tls_kit_free(kit);
    tls_kit_free(next);
}

static bool room_is_active(struct db *db)
{
    struct arena a;
    struct room_row r;

    arena_init(&a);
    assert_int_equal(rooms_find(db, &a, "over", &r), 0);
    arena_fini(&a);
    return r.is_active;
}

/* The first round of housekeeping is made at the start. */
static void keeps_house(void **state)
{
    (void)state;
    struct room_row over = {.id = "over",
                            .name = "over",
                            .created_by = "",
                            .admin_id = "",
                            .mode = ROOM_STANDARD,
                            .expires_ms = 5,
                            .created_ms = 1};
    struct str message;
    struct db *db;
    struct site s;

    site_start(&s, 1);
    str_init(&message);
    assert_int_equal(db_open(s.config.database, &db, &message), 0);
    str_fini(&message);
    site_halt(&s);
    assert_int_equal(rooms_add(db, &over), 0);
    site_run_it(&s);
    int64_t until_us = clock_now_us() + 10000000;
    while (room_is_active(db) && clock_now_us() < until_us)
        usleep(2000);
    assert_false(room_is_active(db));
    db_close(db);
    site_stop(&s);
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
        cmocka_unit_test(renews_the_certificate),
        cmocka_unit_test(keeps_house),
        cmocka_unit_test(ends_at_once_when_empty),
        cmocka_unit_test(tells_clients_when_it_goes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
