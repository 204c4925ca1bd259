/* SPDX-License-Identifier: Apache-2.0 */
/* Transports: how two of them connect with loss and disorder, what they refuse, media and data both
 * ways, restarts, new addresses, silence. */
#include "transport_kit.h"

static void test_connect(void **state)
{
    (void)state;
    ends_init();
    assert_true(both(TRANSPORT_NEW));
    assert_null(transport_srtp(net.server.transport));
    assert_true(transport_on_time(net.server.transport, net.now_us) == TIME_NEVER);
    signal_all();
    transport_connect(net.client.transport, net.now_us, &net.server.addr);
    pass_ms(20);
    assert_true(both(TRANSPORT_CONNECTED));
    assert_true(addr_equal(transport_remote(net.server.transport), &net.client.addr));
    assert_media_passes();
    ends_fini();
}

static void test_checks_come_before_the_answer(void **state)
{
    (void)state;
    ends_init();
    assert_true(describe(&net.client, &net.server, dtls_context_fingerprint(server_ctx)));
    transport_connect(net.client.transport, net.now_us, &net.server.addr);
    pass_ms(300);
    assert_int_equal(transport_state(net.server.transport), TRANSPORT_NEW);
    assert_null(transport_srtp(net.server.transport));
    assert_true(describe(&net.server, &net.client, dtls_context_fingerprint(client_ctx)));
    assert_true(both(TRANSPORT_CONNECTED));
    assert_media_passes();
    ends_fini();
}

static void test_each_datagram_lost_once(void **state)
{
    (void)state;
    for (int lose = 0, sent = 0; lose <= sent; lose++) {
        ends_init();
        net.lose = lose;
        signal_all();
        transport_connect(net.client.transport, net.now_us, &net.server.addr);
        pass_ms(20);
        if (!both(TRANSPORT_CONNECTED))
            pass_ms(3000);
        assert_true(both(TRANSPORT_CONNECTED));
        sent = net.sent;
        assert_media_passes();
        ends_fini();
    }
}

static void test_disorder(void **state)
{
    (void)state;
    ends_init();
    net.reverse = true;
    signal_all();
    transport_connect(net.client.transport, net.now_us, &net.server.addr);
    pass_ms(3000);
    assert_true(both(TRANSPORT_CONNECTED));
    net.reverse = false;
    assert_media_passes();
    ends_fini();
}

static void test_wrong_fingerprint(void **state)
{
    (void)state;
    ends_init();
    assert_true(describe(&net.server, &net.client, dtls_context_fingerprint(server_ctx)));
    assert_true(describe(&net.client, &net.server, dtls_context_fingerprint(server_ctx)));
    transport_connect(net.client.transport, net.now_us, &net.server.addr);
    pass_ms(100);
    assert_true(both(TRANSPORT_FAILED));
    assert_null(transport_srtp(net.server.transport));
    assert_true(transport_on_time(net.server.transport, net.now_us) == TIME_NEVER);
    uint8_t rtp[40] = {0x80, 96};
    assert_dropped(&net.server, &net.client.addr, span_of(rtp, sizeof rtp), DROP_NOT_FOR_US);
    transport_free(net.server.transport);
    transport_free(net.client.transport);
    net.server.transport = net.client.transport = NULL;
    deliver();
}

static void test_remote_descriptions(void **state)
{
    (void)state;
    char long_text[ICE_REMOTE_MAX + 2];
    memset(long_text, 'a', sizeof long_text - 1);
    long_text[sizeof long_text - 1] = '\0';
    ends_init();
    struct transport *t = net.server.transport;
    assert_false(transport_set_remote(t, long_text, "pwd", NULL));
    assert_false(transport_set_remote(t, "ufrag", long_text, NULL));
    assert_true(transport_set_remote(t, long_text + 1, long_text + 1, NULL));
    assert_true(transport_set_remote(t, "u", "p", dtls_context_fingerprint(client_ctx)));
    assert_true(transport_set_remote(t, "u2", "p2", NULL));
    assert_string_equal(transport_ice(t)->remote_ufrag, "u2");
    assert_false(transport_set_remote(t, "u3", "p3", dtls_context_fingerprint(server_ctx)));
    assert_string_equal(transport_ice(t)->remote_ufrag, "u2");
    ends_fini();
}

static void test_media_is_judged(void **state)
{
    (void)state;
    uint8_t bytes[200];
    connect_ends();
    struct span sealed = seal_rtp(&net.client, 500, bytes);
    assert_int_equal(give(&net.server, &net.client.addr, sealed), TRANSPORT_RTP);
    assert_dropped(&net.server, &net.client.addr, sealed, DROP_REPLAY);
    sealed = seal_rtp(&net.client, 501, bytes);
    bytes[HEADER] ^= 1;
    assert_dropped(&net.server, &net.client.addr, sealed, DROP_AUTH);
    bytes[HEADER] ^= 1;
    assert_int_equal(give(&net.server, &net.client.addr, sealed), TRANSPORT_RTP);
    assert_dropped(&net.server, &net.client.addr, span_first(sealed, HEADER + 3), DROP_MALFORMED);
    assert_dropped(&net.server, &net.client.addr, SPAN_LITERAL("\xff what is this"),
                   DROP_MALFORMED);
    ends_fini();
    ends_init();
    uint8_t rtp[40] = {0x80, 96};
    assert_dropped(&net.server, &net.client.addr, span_of(rtp, sizeof rtp), DROP_NO_KEYS);
    rtp[1] = 200;
    assert_dropped(&net.server, &net.client.addr, span_of(rtp, sizeof rtp), DROP_NO_KEYS);
    ends_fini();
}

static void test_rtcp(void **state)
{
    (void)state;
    static const uint8_t report[] = {0x80, 201, 0, 1, 0, 0, 0, 5};
    ends_init();
    transport_send_rtcp(net.server.transport,
                        span_of(report, sizeof report)); /* no keys: nothing */
    assert_int_equal(net.sent, 0);
    ends_fini();
    connect_ends();
    struct end *from[] = {&net.server, &net.client}, *to[] = {&net.client, &net.server};
    for (int i = 0; i < 2; i++) {
        to[i]->last = TRANSPORT_DROPPED;
        transport_send_rtcp(from[i]->transport, span_of(report, sizeof report));
        deliver();
        assert_int_equal(to[i]->last, TRANSPORT_RTCP);
        assert_true(span_equal(span_of(to[i]->packet.data, to[i]->packet.size),
                               span_of(report, sizeof report)));
    }
    ends_fini();
}

/* A message passes in each direction. */
static void assert_message_passes(struct end *from, struct end *to, struct span bytes)
{
    struct channel_message m;
    bool got = false;
    assert_int_equal(channels_send(transport_channels(from->transport), CHANNEL_RELIABLE, bytes),
                     CHANNEL_SENT);
    for (int i = 0; i < 100 && !got; i++) {
        pass_ms(10);
        got = channels_next(transport_channels(to->transport), &m);
        if (got) {
            assert_int_equal(m.label, CHANNEL_RELIABLE);
            assert_true(span_equal(m.bytes, bytes));
        }
        assert_false(channels_next(transport_channels(from->transport), &m));
    }
    assert_true(got);
}

static void open_channels(void)
{
    struct channel_message m;
    channels_open(transport_channels(net.client.transport), CHANNEL_RELIABLE);
    for (int i = 0; i < 20; i++) {
        pass_ms(10);
        assert_false(channels_next(transport_channels(net.server.transport), &m));
        assert_false(channels_next(transport_channels(net.client.transport), &m));
    }
    assert_true(channels_is_open(transport_channels(net.server.transport), CHANNEL_RELIABLE));
    assert_true(channels_is_open(transport_channels(net.client.transport), CHANNEL_RELIABLE));
}

static void test_data(void **state)
{
    (void)state;
    static const size_t sizes[] = {1, 100, 1200, 20000, LIMIT_DATA_MESSAGE};
    static uint8_t bytes[LIMIT_DATA_MESSAGE];
    connect_ends();
    open_channels();
    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
        for (size_t n = 0; n < sizes[i]; n++)
            bytes[n] = (uint8_t)(n * 13 + i);
        assert_message_passes(&net.client, &net.server, span_of(bytes, sizes[i]));
        assert_message_passes(&net.server, &net.client, span_of(bytes, sizes[i]));
    }
    assert_media_passes();
    ends_fini();
}

static void test_queued_data_is_flushed_in_time(void **state)
{
    (void)state;
    static uint8_t bytes[60000];
    connect_ends();
    open_channels();
    struct channels *sender = transport_channels(net.server.transport);
    unsigned sent = 0, got = 0;
    while (channels_send(sender, CHANNEL_RELIABLE, span_of(bytes, sizeof bytes)) == CHANNEL_SENT)
        sent++;
    sent++; /* the last one was queued */
    assert_true(channels_queued(sender) > 0);
    int64_t next = transport_on_time(net.server.transport, net.now_us);
    assert_in_range(next - net.now_us, 1, 20000);
    for (int i = 0; i < 200; i++) {
        struct channel_message m;
        pass_ms(10);
        while (channels_next(transport_channels(net.client.transport), &m))
            got++;
    }
    assert_int_equal(got, sent);
    assert_true(transport_on_time(net.server.transport, net.now_us) - net.now_us > 20000);
    ends_fini();
}

static void test_ice_restart_keeps_the_session(void **state)
{
    (void)state;
    connect_ends();
    open_channels();
    unsigned handshake = net.dtls_handshake;
    char old_ufrag[ICE_UFRAG_SIZE + 1];
    memcpy(old_ufrag, transport_ice(net.server.transport)->local.ufrag, sizeof old_ufrag);
    transport_restart_ice(net.client.transport);
    transport_restart_ice(net.server.transport);
    assert_string_not_equal(transport_ice(net.server.transport)->local.ufrag, old_ufrag);
    assert_media_passes(); /* meanwhile */
    assert_true(describe(&net.server, &net.client, NULL));
    assert_true(describe(&net.client, &net.server, NULL));
    net.client.addr = addr_v4(203, 0, 113, 5, 50000);
    pass_ms(100);
    assert_int_equal(transport_ice(net.server.transport)->previous.ufrag[0], 0);
    assert_true(both(TRANSPORT_CONNECTED));
    assert_int_equal(net.dtls_handshake, handshake);
    assert_media_passes();
    assert_message_passes(&net.server, &net.client, SPAN_LITERAL("still here"));
    pass_ms(20000);
    assert_true(both(TRANSPORT_CONNECTED));
    ends_fini();
}

static void test_new_address(void **state)
{
    (void)state;
    connect_ends();
    open_channels();
    net.client.addr = addr_v4(203, 0, 113, 5, 50000);
    pass_ms(3000); /* until the next keepalive */
    assert_true(addr_equal(transport_remote(net.server.transport), &net.client.addr));
    assert_media_passes();
    assert_message_passes(&net.server, &net.client, SPAN_LITERAL("found you"));
    ends_fini();
}

static void test_silence(void **state)
{
    (void)state;
    connect_ends();
    pass_ms(60000);
    assert_true(both(TRANSPORT_CONNECTED));
    net.silent = true;
    pass_ms(LIMIT_ICE_SILENCE_US / 1000 - 2500);
    assert_true(both(TRANSPORT_CONNECTED));
    pass_ms(3000);
    assert_true(both(TRANSPORT_FAILED));
    uint8_t bytes[200] = {0x80, 96};
    assert_dropped(&net.server, &net.client.addr, span_of(bytes, 60), DROP_NOT_FOR_US);
    ends_fini();
}

static void test_close(void **state)
{
    (void)state;
    connect_ends();
    transport_close(net.client.transport);
    assert_int_equal(transport_state(net.client.transport), TRANSPORT_CLOSED);
    deliver();
    assert_true(both(TRANSPORT_CLOSED));
    int sent = net.sent;
    pass_ms(5000);
    transport_close(net.server.transport);
    assert_int_equal(net.sent, sent);
    ends_fini();
}

static void test_strangers(void **state)
{
    (void)state;
    struct addr stranger = addr_v4(203, 0, 113, 99, 9);
    static const uint8_t dtls[] = {22, 0xfe, 0xfd, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 1};
    ends_init();
    signal_all();
    assert_dropped(&net.server, &stranger, span_of(dtls, sizeof dtls), DROP_NOT_FOR_US);
    /* A check with a wrong password. */
    uint8_t buffer[300], transaction[12] = {1};
    char name[64];
    struct writer w = writer_of(buffer, sizeof buffer), username = writer_of(name, sizeof name);
    writer_bytes(&username, span_of_str(transport_ice(net.server.transport)->local.ufrag));
    writer_bytes(&username, SPAN_LITERAL(":x"));
    struct stun_check check = {.transaction = span_of(transaction, sizeof transaction),
                               .username = writer_span(&username),
                               .password = SPAN_LITERAL("a guess"),
                               .controlling = true,
                               .use_candidate = true};
    stun_write_check(&w, &check);
    assert_dropped(&net.server, &stranger, writer_span(&w), DROP_ICE_AUTH);
    assert_dropped(&net.server, &stranger, span_of(dtls, sizeof dtls), DROP_NOT_FOR_US);
    assert_int_equal(net.sent, 0);
    ends_fini();
}

/* A client that starts DTLS on an address it has checked, and nominates afterwards. */

static struct span write_check(struct writer *w, bool nominate)
{
    static const uint8_t transaction[12] = {2};
    static char name[64];
    struct writer username = writer_of(name, sizeof name);
    const struct ice *ice = transport_ice(net.server.transport);
    writer_bytes(&username, span_of_str(ice->local.ufrag));
    writer_bytes(&username, SPAN_LITERAL(":x"));
    stun_write_check(w,
                     &(struct stun_check){.transaction = span_of(transaction, sizeof transaction),
                                          .username = writer_span(&username),
                                          .password = span_of_str(ice->local.pwd),
                                          .controlling = true,
                                          .use_candidate = nominate});
    return writer_span(w);
}

static void on_early_send(void *arg, struct span datagram)
{
    (void)arg;
    struct datagram *d = copy(datagram);
    *net.sctp_last = d; /* any list will do */
    net.sctp_last = &d->next;
}

static void on_early_data(void *arg, struct span record)
{
    (void)arg;
    (void)record;
}

/* What the early client sent, to the server; what the server sent to `address`, to the early
 * client. */
static void carry(struct dtls *early, const struct addr *address)
{
    while (net.sctp || net.first) {
        bool up = net.sctp != NULL;
        struct datagram *d = up ? net.sctp : net.first;
        *(up ? &net.sctp : &net.first) = d->next;
        if (!net.sctp)
            net.sctp_last = &net.sctp;
        if (!net.first)
            net.last = &net.first;
        if (up)
            assert_int_equal(give(&net.server, address, span_of(d->bytes, d->size)),
                             TRANSPORT_HANDLED);
        else if (addr_equal(&d->to, address))
            dtls_on_packet(early, net.now_us, span_of(d->bytes, d->size));
        free(d);
    }
}

static void test_dtls_before_nomination(void **state)
{
    (void)state;
    uint8_t buffer[300];
    ends_init();
    signal_all();
    struct addr address = addr_v4(203, 0, 113, 8, 8);
    struct writer w = writer_of(buffer, sizeof buffer);
    assert_int_equal(give(&net.server, &address, write_check(&w, false)), TRANSPORT_HANDLED);
    struct dtls *early =
        dtls_new(client_ctx, DTLS_CLIENT, (struct dtls_sink){on_early_send, on_early_data, NULL});
    dtls_set_fingerprint(early, dtls_context_fingerprint(server_ctx));
    dtls_start(early, net.now_us);
    carry(early, &address);
    assert_int_equal(dtls_state(early), DTLS_CONNECTED);
    assert_int_equal(transport_state(net.server.transport), TRANSPORT_NEW);
    w = writer_of(buffer, sizeof buffer);
    assert_int_equal(give(&net.server, &address, write_check(&w, true)), TRANSPORT_HANDLED);
    assert_int_equal(transport_state(net.server.transport), TRANSPORT_CONNECTED);
    assert_true(addr_equal(transport_remote(net.server.transport), &address));
    dtls_free(early);
    ends_fini();
}

static void test_fixed_keys(void **state)
{
    (void)state;
    struct srtp_keys up = {.key = {1}, .salt = {2}}, down = {.key = {3}, .salt = {4}};
    ends_init();
    transport_set_keys(net.server.transport, &net.client.addr, SRTP_AES128_CM_SHA1_80, &down, &up);
    transport_set_keys(net.client.transport, &net.server.addr, SRTP_AES128_CM_SHA1_80, &up, &down);
    assert_true(both(TRANSPORT_CONNECTED));
    assert_media_passes();
    static const uint8_t hello[] = {22, 0xfe, 0xfd, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 1};
    assert_dropped(&net.server, &net.client.addr, span_of(hello, sizeof hello), DROP_NOT_FOR_US);
    assert_true(transport_on_time(net.server.transport, net.now_us + LIMIT_ICE_SILENCE_US * 2) ==
                TIME_NEVER);
    assert_true(both(TRANSPORT_CONNECTED));
    ends_fini();
}

static int setup(void **state)
{
    (void)state;
    net.now_us = 1000000000;
    net.sctp_last = &net.sctp;
    server_ctx = dtls_context_new();
    client_ctx = dtls_context_new();
    assoc_global_init(on_sctp, NULL);
    return server_ctx && client_ctx ? 0 : -1;
}

static int teardown(void **state)
{
    (void)state;
    assoc_global_fini();
    mail_sctp();
    dtls_context_free(server_ctx);
    dtls_context_free(client_ctx);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_connect),
        cmocka_unit_test(test_checks_come_before_the_answer),
        cmocka_unit_test(test_each_datagram_lost_once),
        cmocka_unit_test(test_disorder),
        cmocka_unit_test(test_wrong_fingerprint),
        cmocka_unit_test(test_remote_descriptions),
        cmocka_unit_test(test_media_is_judged),
        cmocka_unit_test(test_rtcp),
        cmocka_unit_test(test_data),
        cmocka_unit_test(test_queued_data_is_flushed_in_time),
        cmocka_unit_test(test_ice_restart_keeps_the_session),
        cmocka_unit_test(test_new_address),
        cmocka_unit_test(test_silence),
        cmocka_unit_test(test_close),
        cmocka_unit_test(test_strangers),
        cmocka_unit_test(test_dtls_before_nomination),
        cmocka_unit_test(test_fixed_keys),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
