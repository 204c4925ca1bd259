/* SPDX-License-Identifier: Apache-2.0 */
/* Signal connections of a whole server: what a client gets first, and that nothing it says harms
 * another. */
#include "server/session.h"

#include "base/writer.h"

#include "site.h"

static struct site site;

static int setup(void **state)
{
    (void)state;
    site_start(&site, 2);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    site_stop(&site);
    return 0;
}

/* Joins at /rtc and reads past the JoinResponse. */
static struct peer *join(const char *room, const char *identity)
{
    struct peer *p = site_join(&site, "/rtc", room, identity, "");
    struct arena a;

    arena_init(&a);
    assert_non_null(site_await(p, &a, LIVEKIT__SIGNAL_RESPONSE__MESSAGE_JOIN));
    arena_fini(&a);
    return p;
}

static void begins_with_join(void **state)
{
    (void)state;
    static const char *const paths[] = {"/rtc", "/livekit/rtc", "//rtc", "/rtc/"};

    for (size_t i = 0; i < sizeof paths / sizeof paths[0]; i++) {
        struct peer *p = site_join(&site, paths[i], "first", "alice", "");
        struct arena a;
        unsigned code;
        arena_init(&a);
        const Livekit__SignalResponse *r = site_next(p, &a, &code);
        assert_non_null(r);
        assert_int_equal(r->message_case, LIVEKIT__SIGNAL_RESPONSE__MESSAGE_JOIN);
        assert_string_equal(r->join->room->name, "first");
        assert_string_equal(r->join->participant->identity, "alice");
        assert_string_equal(r->join->server_info->version, "1.13.5");
        assert_true(r->join->ping_interval > 0);
        arena_fini(&a);
        peer_free(p);
    }
}

/* A client that comes back later shows the token it was given last. */
static void gives_fresh_tokens(void **state)
{
    (void)state;
    struct peer *p = join("fresh", "alice");
    struct claims claims;
    struct arena a;

    arena_init(&a);
    const Livekit__SignalResponse *r =
        site_await(p, &a, LIVEKIT__SIGNAL_RESPONSE__MESSAGE_REFRESH_TOKEN);
    assert_non_null(r);
    assert_int_equal(
        token_verify(&site.keys, span_of_str(r->refresh_token), clock_unix_ms() / 1000, &claims),
        TOKEN_OK);
    assert_string_equal(claims.grant->room, "fresh");
    assert_string_equal(claims.grant->identity, "alice");
    assert_true(claims.room_join && !claims.room_admin && !claims.room_create);
    assert_true(claims.grant->permission.can_publish);
    assert_true(claims.grant->expires_unix_s >= clock_unix_ms() / 1000 + 590);
    claims_fini(&claims);
    arena_fini(&a);
    peer_free(p);
}

static void answers_pings(void **state)
{
    (void)state;
    struct peer *p = join("pings", "alice");

    site_ping(p, 1);
    site_ping(p, 2);
    peer_free(p);
}

static void tells_of_others(void **state)
{
    (void)state;
    struct peer *alice = join("others", "alice"), *bob = join("others", "bob");
    struct arena a;

    arena_init(&a);
    const Livekit__SignalResponse *r =
        site_await(alice, &a, LIVEKIT__SIGNAL_RESPONSE__MESSAGE_UPDATE);
    assert_non_null(r);
    assert_string_equal(r->update->participants[0]->identity, "bob");
    arena_fini(&a);
    peer_free(alice);
    peer_free(bob);
}

/* Whatever one sends, the other's session goes on. */
static void survives_bad_messages(void **state)
{
    (void)state;
    static const struct {
        const char *bytes;
        size_t size;
    } cases[] = {{"", 0},         {"\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff", 11},
                 {"\x0a\x7f", 2}, {"\x0a\x02\x0a\x05", 4},
                 {"\x07", 1},     {"{\"ping\":1}", 10}};
    struct peer *good = join("bad", "good");

    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct peer *bad = join("bad", "bad");
        frame_put(bad, 0x82, span_of(cases[i].bytes, cases[i].size));
        frame_put(bad, 0x81, SPAN_LITERAL("{\"ping\":1}"));
        site_ping(bad, 7);
        site_ping(good, (int64_t)i);
        peer_free(bad);
    }
    peer_free(good);
}

static void closes_on_a_message_too_large(void **state)
{
    (void)state;
    struct peer *good = join("large", "good"), *bad = join("large", "bad");
    uint8_t header[14] = {0x82, 0xff};
    struct writer w = writer_of(header + 2, 12);

    writer_u32(&w, 0);
    writer_u32(&w, LIMIT_SIGNAL_MESSAGE + 1);
    put(bad, span_of(header, sizeof header));
    assert_int_equal(site_await_close(bad), 1009);
    site_ping(good, 1);
    peer_free(bad);
    peer_free(good);
}

static void the_newer_of_two_stays(void **state)
{
    (void)state;
    struct peer *older = join("twice", "alice"), *newer = join("twice", "alice");
    struct arena a;

    arena_init(&a);
    const Livekit__SignalResponse *r =
        site_await(older, &a, LIVEKIT__SIGNAL_RESPONSE__MESSAGE_LEAVE);
    assert_non_null(r);
    assert_int_equal(r->leave->reason, LIVEKIT__DISCONNECT_REASON__DUPLICATE_IDENTITY);
    assert_int_equal(site_await_close(older), 1000);
    site_ping(newer, 1);
    arena_fini(&a);
    peer_free(older);
    peer_free(newer);
}

static void an_unknown_session_joins_anew(void **state)
{
    (void)state;
    struct peer *p = site_join(&site, "/rtc", "resume", "alice", "&reconnect=1&sid=PA_unknown");
    struct arena a;
    unsigned code;

    arena_init(&a);
    const Livekit__SignalResponse *r = site_next(p, &a, &code);
    assert_non_null(r);
    assert_int_equal(r->message_case, LIVEKIT__SIGNAL_RESPONSE__MESSAGE_LEAVE);
    assert_int_equal(r->leave->action, LIVEKIT__LEAVE_REQUEST__ACTION__RECONNECT);
    arena_fini(&a);
    peer_free(p);
}

static void leaves_when_told(void **state)
{
    (void)state;
    struct peer *alice = join("leaving", "alice"), *bob = join("leaving", "bob");
    Livekit__SignalRequest request = LIVEKIT__SIGNAL_REQUEST__INIT;
    Livekit__LeaveRequest leave = LIVEKIT__LEAVE_REQUEST__INIT;
    struct arena a;
    bool gone = false;

    request.message_case = LIVEKIT__SIGNAL_REQUEST__MESSAGE_LEAVE;
    request.leave = &leave;
    site_say(bob, &request);
    arena_init(&a);
    while (!gone) {
        const Livekit__SignalResponse *r =
            site_await(alice, &a, LIVEKIT__SIGNAL_RESPONSE__MESSAGE_UPDATE);
        assert_non_null(r);
        gone = r->update->participants[0]->state == LIVEKIT__PARTICIPANT_INFO__STATE__DISCONNECTED;
    }
    arena_fini(&a);
    peer_free(alice);
    peer_free(bob);
}

/* Connections that end in the middle of something, and many of them. */
static void survives_clients_that_vanish(void **state)
{
    (void)state;
    struct peer *good = join("vanish", "good");

    for (unsigned i = 0; i < 20; i++) {
        char identity[16];
        snprintf(identity, sizeof identity, "p%u", i);
        struct peer *p = site_join(&site, "/rtc", "vanish", identity, "");
        put(p, span_of("\x82\xfe\x01\x00", i % 5));
        peer_free(p);
    }
    site_ping(good, 1);
    peer_free(good);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(begins_with_join),       cmocka_unit_test(gives_fresh_tokens),
        cmocka_unit_test(answers_pings),          cmocka_unit_test(tells_of_others),
        cmocka_unit_test(survives_bad_messages),  cmocka_unit_test(closes_on_a_message_too_large),
        cmocka_unit_test(the_newer_of_two_stays), cmocka_unit_test(an_unknown_session_joins_anew),
        cmocka_unit_test(leaves_when_told),       cmocka_unit_test(survives_clients_that_vanish),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
