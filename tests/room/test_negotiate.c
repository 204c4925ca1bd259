/* SPDX-License-Identifier: Apache-2.0 */
/* Credentials, fingerprints and candidates of both connections. */
#include "harness.h"

static const struct ice *ice_of(const struct client *c, enum side side)
{
    return transport_ice(person_of(c)->connections[side].transport);
}

static void test_connections(void **state)
{
    (void)state;
    struct client *alice = client_join("alice");

    assert_null(person_of(alice)->connections[PUBLISHER].transport);
    client_offer(alice, "");
    run_ms(200);
    assert_int_equal(person_of(alice)->connections[PUBLISHER].state, TRANSPORT_CONNECTED);
    assert_int_equal(person_of(alice)->connections[SUBSCRIBER].state, TRANSPORT_CONNECTED);
    assert_string_not_equal(ice_of(alice, PUBLISHER)->local.ufrag,
                            ice_of(alice, SUBSCRIBER)->local.ufrag);
    struct channels *ours = transport_channels(person_of(alice)->connections[SUBSCRIBER].transport);
    assert_true(channels_is_open(ours, CHANNEL_RELIABLE));
    assert_true(channels_is_open(ours, CHANNEL_LOSSY));
    assert_true(channels_is_open(ours, CHANNEL_DATA_TRACK));
}

/* Our credentials change when the client's do, and only then. */
static void test_restart(void **state)
{
    (void)state;
    struct client *alice = client_join("alice");
    char ufrag[64];

    client_offer(alice, "");
    run_ms(200);
    snprintf(ufrag, sizeof ufrag, "%s", ice_of(alice, PUBLISHER)->local.ufrag);
    client_offer(alice, "");
    run_ms(100);
    assert_string_equal(ice_of(alice, PUBLISHER)->local.ufrag, ufrag);
    transport_restart_ice(alice->transports[PUBLISHER]);
    client_offer(alice, "");
    run_ms(200);
    assert_string_not_equal(ice_of(alice, PUBLISHER)->local.ufrag, ufrag);
    assert_int_equal(person_of(alice)->connections[PUBLISHER].state, TRANSPORT_CONNECTED);
    assert_int_equal(client_count(alice, RESP(ANSWER)), 3);
}

static void send_offer(struct client *c, const char *fingerprint, const char *credentials)
{
    struct str text;

    str_init(&text);
    str_append(&text, "v=0\r\n");
    str_append(&text, credentials);
    if (fingerprint)
        str_printf(&text, "a=fingerprint:sha-256 %s\r\n", fingerprint);
    str_append(&text, "m=application 9 UDP/DTLS/SCTP webrtc-datachannel\r\na=mid:0\r\n");
    client_send_sdp(c, true, text.text, 1);
    str_fini(&text);
    turn();
}

#define BYTES8 "00:11:22:33:44:55:66:77"
#define PRINT BYTES8 ":" BYTES8 ":" BYTES8 ":" BYTES8
#define CREDENTIALS "a=ice-ufrag:abcd\r\na=ice-pwd:0123456789012345678901\r\n"

static void test_other_fingerprint(void **state)
{
    (void)state;
    struct client *alice = client_join("alice");

    client_offer(alice, "");
    run_ms(100);
    send_offer(alice, PRINT, CREDENTIALS);
    assert_int_equal(client_last(alice, RESP(LEAVE))->leave->action,
                     LIVEKIT__LEAVE_REQUEST__ACTION__RECONNECT);
    assert_true(alice->closed);
}

static void test_incomplete(void **state)
{
    (void)state;
    static const struct {
        const char *fingerprint, *credentials;
    } cases[] = {{NULL, CREDENTIALS},
                 {PRINT, "a=ice-ufrag:abcd\r\n"},
                 {PRINT, "a=ice-pwd:0123456789012345678901\r\n"}};

    for (unsigned i = 0; i < 3; i++) {
        char name[2] = {(char)('a' + i), 0};
        struct client *c = client_join(name);
        send_offer(c, cases[i].fingerprint, cases[i].credentials);
        assert_int_equal(client_count(c, RESP(ANSWER)), 0);
        assert_true(c->closed);
    }
}

static void test_candidates(void **state)
{
    (void)state;
    struct client *alice = client_join("alice");
    const char *sdp = client_last(alice, RESP(OFFER))->offer->sdp;

    world.engine->config.candidates[1] = addr_v4(10, 1, 2, 3, 7882);
    world.engine->config.candidate_count = 2;
    assert_non_null(strstr(sdp, "a=candidate:1 1 udp 2130706431 192.0.2.1 7882 typ host"));
    const struct client *bob = client_join("bob");
    sdp = client_last(bob, RESP(OFFER))->offer->sdp;
    assert_non_null(strstr(sdp, "a=candidate:2 1 udp 2130706175 10.1.2.3 7882 typ host"));
    assert_non_null(strstr(sdp, "a=max-message-size:65535"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        WORLD_TEST(test_connections),       WORLD_TEST(test_restart),
        WORLD_TEST(test_other_fingerprint), WORLD_TEST(test_incomplete),
        WORLD_TEST(test_candidates),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
