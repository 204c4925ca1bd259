/* SPDX-License-Identifier: Apache-2.0 */
/* DTLS handshakes in virtual time between two of ours, with loss, repetition and reordering; and
 * between ours and an OpenSSL client, which reads the records we write after the handshake. */
#include "rtc/dtls.h"

#include "base/heap.h"
#include "base/mem.h"
#include "rtc/dtls_record.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>
#include <openssl/bio.h>
#include <openssl/ssl.h>

#define QUEUE_MAX 64
#define NONE (-1)

struct datagram {
    size_t size;
    uint8_t bytes[1600];
};

struct end {
    struct dtls *dtls;
    struct net *net;
    struct datagram inbox[QUEUE_MAX];
    size_t inbox_count;
    uint8_t data[1600]; /* the last application record */
    size_t data_size;
    unsigned records;
    struct end *peer;
};

struct net {
    int64_t now_us;
    int sent; /* datagrams so far */
    int lose; /* the one that is lost, or NONE */
    int lose_until_us;
    bool reverse, twice;
    struct end server, client;
};

static struct dtls_context *server_ctx, *client_ctx;

static void deliver_later(struct end *to, struct span datagram)
{
    assert_true(to->inbox_count < QUEUE_MAX && datagram.size <= 1500);
    struct datagram *d = &to->inbox[to->inbox_count++];
    d->size = datagram.size;
    memcpy(d->bytes, datagram.data, datagram.size);
}

static void on_send(void *arg, struct span datagram)
{
    struct end *e = arg;
    struct net *net = e->net;
    if (net->sent++ == net->lose || net->now_us < net->lose_until_us)
        return;
    deliver_later(e->peer, datagram);
    if (net->twice)
        deliver_later(e->peer, datagram);
}

static void on_data(void *arg, struct span record)
{
    struct end *e = arg;
    memcpy(e->data, record.data, record.size);
    e->data_size = record.size;
    e->records++;
}

static void end_init(struct net *net, struct end *e, struct end *peer, enum dtls_role role)
{
    e->net = net;
    e->peer = peer;
    e->dtls = dtls_new(role == DTLS_SERVER ? server_ctx : client_ctx, role,
                       (struct dtls_sink){on_send, on_data, e});
}

static struct net *net_new(void)
{
    struct net *net = xcalloc(1, sizeof *net);
    net->lose = NONE;
    net->now_us = 1000000;
    end_init(net, &net->server, &net->client, DTLS_SERVER);
    end_init(net, &net->client, &net->server, DTLS_CLIENT);
    return net;
}

static void trust(struct net *net)
{
    dtls_set_fingerprint(net->server.dtls, dtls_context_fingerprint(client_ctx));
    dtls_set_fingerprint(net->client.dtls, dtls_context_fingerprint(server_ctx));
}

static void net_free(struct net *net)
{
    dtls_free(net->server.dtls);
    dtls_free(net->client.dtls);
    free(net);
}

static bool deliver(struct end *e)
{
    if (e->inbox_count == 0)
        return false;
    size_t n = e->inbox_count;
    struct datagram *batch = xmalloc(n * sizeof *batch);
    memcpy(batch, e->inbox, n * sizeof *batch);
    e->inbox_count = 0;
    for (size_t i = 0; i < n; i++) {
        struct datagram *d = &batch[e->net->reverse ? n - 1 - i : i];
        dtls_on_packet(e->dtls, e->net->now_us, span_of(d->bytes, d->size));
    }
    free(batch);
    return true;
}

/* Until nothing is on its way; then on to the next deadline, as long as there is one before
 * `until_us`. */
static void run(struct net *net, int64_t until_us)
{
    for (int turn = 0; turn < 1000; turn++) {
        bool moved = deliver(&net->server);
        if (deliver(&net->client) || moved) {
            net->now_us += 10000;
            continue;
        }
        int64_t a = dtls_on_time(net->server.dtls, net->now_us);
        int64_t b = dtls_on_time(net->client.dtls, net->now_us);
        if (net->server.inbox_count || net->client.inbox_count)
            continue;
        int64_t next = a < b ? a : b;
        if (next > until_us)
            return;
        if (next > net->now_us)
            net->now_us = next;
    }
    fail_msg("no rest after 1000 turns");
}

static bool both_connected(const struct net *net)
{
    return dtls_state(net->server.dtls) == DTLS_CONNECTED &&
           dtls_state(net->client.dtls) == DTLS_CONNECTED;
}

static void assert_data_passes(struct net *net)
{
    static uint8_t large[1200];
    memset(large, 0x5a, sizeof large);
    unsigned before = net->server.records;
    dtls_write(net->client.dtls, SPAN_LITERAL("from the client"));
    dtls_write(net->server.dtls, span_of(large, sizeof large));
    run(net, net->now_us);
    assert_int_equal(net->server.records, before + 1);
    assert_true(span_equal(span_of(net->server.data, net->server.data_size),
                           SPAN_LITERAL("from the client")));
    assert_true(
        span_equal(span_of(net->client.data, net->client.data_size), span_of(large, sizeof large)));
}

static void test_handshake(void **state)
{
    (void)state;
    struct net *net = net_new();
    trust(net);
    assert_int_equal(dtls_state(net->client.dtls), DTLS_NEW);
    dtls_start(net->client.dtls, net->now_us);
    assert_int_equal(dtls_state(net->client.dtls), DTLS_HANDSHAKE);
    run(net, net->now_us);
    assert_true(both_connected(net));
    enum srtp_profile ps, pc;
    struct srtp_keys send_s, receive_s, send_c, receive_c;
    assert_true(dtls_export_srtp(net->server.dtls, &ps, &send_s, &receive_s));
    assert_true(dtls_export_srtp(net->client.dtls, &pc, &send_c, &receive_c));
    assert_int_equal(ps, SRTP_AEAD_AES_128_GCM);
    assert_int_equal(pc, ps);
    assert_memory_equal(&send_s, &receive_c, sizeof send_s);
    assert_memory_equal(&send_c, &receive_s, sizeof send_c);
    assert_memory_not_equal(send_s.key, receive_s.key, 16);
    assert_data_passes(net);
    /* The cipher contexts are let go after a while without records, and come back. */
    run(net, net->now_us + 60000000);
    assert_int_equal(dtls_on_time(net->server.dtls, net->now_us), TIME_NEVER);
    assert_data_passes(net);
    net_free(net);
}

static void test_each_datagram_lost_once(void **state)
{
    (void)state;
    for (int lose = 0;; lose++) {
        struct net *net = net_new();
        trust(net);
        net->lose = lose;
        dtls_start(net->client.dtls, net->now_us);
        int64_t start_us = net->now_us;
        run(net, start_us + 5000000);
        assert_true(both_connected(net));
        bool all_done = net->sent <= lose;
        net->lose = NONE;
        assert_data_passes(net);
        net_free(net);
        if (all_done) {
            assert_in_range(lose, 4, 20); /* a handshake has four flights */
            return;
        }
    }
}

static void test_disorder(void **state)
{
    (void)state;
    for (unsigned mode = 1; mode < 4; mode++) {
        struct net *net = net_new();
        trust(net);
        net->reverse = mode & 1;
        net->twice = mode & 2;
        dtls_start(net->client.dtls, net->now_us);
        run(net, net->now_us + 5000000);
        assert_true(both_connected(net));
        assert_data_passes(net); /* each record once, also when its datagram came twice */
        net_free(net);
    }
}

static void test_long_silence(void **state)
{
    (void)state;
    struct net *net = net_new();
    trust(net);
    net->lose_until_us = 30 * 1000000;
    dtls_start(net->client.dtls, net->now_us);
    run(net, 60 * 1000000);
    assert_true(both_connected(net));
    assert_data_passes(net);
    net_free(net);
}

static void test_nobody_there(void **state)
{
    (void)state;
    struct net *net = net_new();
    net->lose_until_us = INT32_MAX;
    dtls_start(net->client.dtls, net->now_us);
    run(net, INT32_MAX);
    assert_int_equal(dtls_state(net->client.dtls), DTLS_FAILED);
    assert_int_equal(net->sent % 11, 0); /* the first flight and ten times more */
    assert_int_equal(dtls_on_time(net->client.dtls, net->now_us), TIME_NEVER);
    net_free(net);
}

static void test_wrong_fingerprint(void **state)
{
    (void)state;
    for (int wrong = 0; wrong < 2; wrong++) {
        struct net *net = net_new();
        uint8_t fingerprint[32];
        struct end *deceived = wrong ? &net->client : &net->server;
        trust(net);
        memcpy(fingerprint, dtls_context_fingerprint(wrong ? server_ctx : client_ctx), 32);
        fingerprint[31] ^= 1;
        dtls_set_fingerprint(deceived->dtls, fingerprint);
        dtls_start(net->client.dtls, net->now_us);
        run(net, net->now_us + 1000000);
        assert_int_equal(dtls_state(deceived->dtls), DTLS_FAILED);
        assert_int_equal(dtls_state(deceived->peer->dtls), DTLS_FAILED); /* told by the alert */
        enum srtp_profile profile;
        struct srtp_keys keys;
        assert_false(dtls_export_srtp(deceived->dtls, &profile, &keys, &keys));
        net_free(net);
    }
}

static void test_fingerprint_comes_last(void **state)
{
    (void)state;
    struct net *net = net_new();
    dtls_set_fingerprint(net->client.dtls, dtls_context_fingerprint(server_ctx));
    dtls_start(net->client.dtls, net->now_us);
    run(net, net->now_us + 1000000);
    assert_int_equal(dtls_state(net->client.dtls), DTLS_CONNECTED);
    assert_int_equal(dtls_state(net->server.dtls), DTLS_HANDSHAKE);
    dtls_write(net->server.dtls, SPAN_LITERAL("too early"));
    dtls_write(net->client.dtls, SPAN_LITERAL("too early"));
    run(net, net->now_us);
    assert_int_equal(net->server.records + net->client.records, 0);
    dtls_set_fingerprint(net->server.dtls, dtls_context_fingerprint(client_ctx));
    assert_int_equal(dtls_state(net->server.dtls), DTLS_CONNECTED);
    assert_data_passes(net);
    net_free(net);
}

static void test_close(void **state)
{
    (void)state;
    struct net *net = net_new();
    trust(net);
    dtls_start(net->client.dtls, net->now_us);
    run(net, net->now_us);
    dtls_close(net->server.dtls);
    run(net, net->now_us);
    assert_int_equal(dtls_state(net->server.dtls), DTLS_CLOSED);
    assert_int_equal(dtls_state(net->client.dtls), DTLS_CLOSED);
    int sent = net->sent;
    dtls_write(net->client.dtls, SPAN_LITERAL("x"));
    dtls_close(net->client.dtls);
    assert_int_equal(net->sent, sent);
    net_free(net);
}

/* Strangers' bytes change nothing in a finished connection. */
static void test_forged_records(void **state)
{
    (void)state;
    struct net *net = net_new();
    trust(net);
    dtls_start(net->client.dtls, net->now_us);
    run(net, net->now_us);
    static const uint8_t forged[][20] = {
        {21, 0xfe, 0xfd, 0, 0, 0, 0, 0, 0, 0, 9, 0, 2, 2, 40}, /* fatal alert in the clear */
        {21, 0xfe, 0xfd, 0, 1, 0, 0, 0, 0, 0, 9, 0, 2, 1, 0},  /* too short for epoch 1 */
        {20, 0xfe, 0xfd, 0, 0, 0, 0, 0, 0, 0, 9, 0, 1, 1},
        {22, 0xfe, 0xfd, 0, 0, 0, 0, 0, 0, 0, 9, 0, 7, 1, 2, 3, 4, 5, 6, 7},
    };
    for (size_t i = 0; i < sizeof forged / sizeof forged[0]; i++) {
        dtls_on_packet(net->server.dtls, net->now_us, span_of(forged[i], 20));
        dtls_on_packet(net->client.dtls, net->now_us, span_of(forged[i], 20));
    }
    assert_true(both_connected(net));
    assert_data_passes(net);
    net_free(net);
}

/* The other end is OpenSSL itself. */

struct foreign {
    SSL_CTX *ctx;
    SSL *ssl;
};

static void use_certificate(SSL_CTX *ctx, bool rsa, uint8_t fingerprint[32])
{
    EVP_PKEY *key = rsa ? EVP_RSA_gen(2048) : EVP_EC_gen("P-256");
    X509 *cert = X509_new();
    ASN1_INTEGER_set(X509_get_serialNumber(cert), 7);
    X509_gmtime_adj(X509_getm_notBefore(cert), 0);
    X509_gmtime_adj(X509_getm_notAfter(cert), 3600);
    X509_set_pubkey(cert, key);
    assert_true(X509_sign(cert, key, EVP_sha256()) > 0);
    assert_int_equal(X509_digest(cert, EVP_sha256(), fingerprint, NULL), 1);
    assert_int_equal(SSL_CTX_use_certificate(ctx, cert), 1);
    assert_int_equal(SSL_CTX_use_PrivateKey(ctx, key), 1);
    X509_free(cert);
    EVP_PKEY_free(key);
}

/* What OpenSSL wrote, each record as a datagram of its own. */
static void foreign_flush(struct foreign *f, struct net *net)
{
    uint8_t bytes[8192];
    int size = BIO_read(SSL_get_wbio(f->ssl), bytes, sizeof bytes);
    struct span rest = span_of(bytes, size > 0 ? (size_t)size : 0);
    while (rest.size) {
        struct dtls_record r;
        const uint8_t *start = rest.data;
        assert_true(dtls_record_next(&rest, &r));
        dtls_on_packet(net->server.dtls, net->now_us,
                       span_of(start, DTLS_RECORD_HEADER + r.body.size));
    }
}

/* Hands the server's datagrams over, one by one. Returns the application bytes OpenSSL read last.
 */
static int foreign_read(struct foreign *f, struct net *net, void *out, int capacity)
{
    int got = 0;
    for (size_t i = 0; i < net->client.inbox_count; i++) {
        const struct datagram *d = &net->client.inbox[i];
        BIO_write(SSL_get_rbio(f->ssl), d->bytes, (int)d->size);
        int n = SSL_read(f->ssl, out, capacity);
        got = n > 0 ? n : got;
    }
    net->client.inbox_count = 0;
    return got;
}

struct foreign_case {
    const char *profiles, *ciphers;
    enum srtp_profile expected;
    bool rsa;
    long mtu;
};

static void foreign_init(struct foreign *f, const struct foreign_case *c, uint8_t fingerprint[32])
{
    f->ctx = SSL_CTX_new(DTLS_client_method());
    use_certificate(f->ctx, c->rsa, fingerprint);
    SSL_CTX_set_options(f->ctx, SSL_OP_NO_QUERY_MTU);
    if (c->ciphers)
        assert_int_equal(SSL_CTX_set_cipher_list(f->ctx, c->ciphers), 1);
    if (c->profiles)
        assert_int_equal(SSL_CTX_set_tlsext_use_srtp(f->ctx, c->profiles), 0);
    f->ssl = SSL_new(f->ctx);
    BIO *in = BIO_new(BIO_s_mem()), *out = BIO_new(BIO_s_mem());
    BIO_set_mem_eof_return(in, -1);
    BIO_set_mem_eof_return(out, -1);
    SSL_set_bio(f->ssl, in, out);
    SSL_set_mtu(f->ssl, c->mtu);
    SSL_set_connect_state(f->ssl);
}

static void foreign_talk(const struct foreign_case *c)
{
    struct net *net = net_new();
    struct foreign f;
    uint8_t fingerprint[32], got[2000];
    foreign_init(&f, c, fingerprint);
    dtls_set_fingerprint(net->server.dtls, fingerprint);
    for (int i = 0; i < 10 && !SSL_is_init_finished(f.ssl); i++) {
        SSL_do_handshake(f.ssl);
        foreign_flush(&f, net);
        foreign_read(&f, net, got, sizeof got);
        foreign_flush(&f, net);
    }
    assert_true(SSL_is_init_finished(f.ssl));
    assert_int_equal(dtls_state(net->server.dtls), DTLS_CONNECTED);
    enum srtp_profile profile = SRTP_NONE;
    struct srtp_keys send, receive;
    assert_int_equal(dtls_export_srtp(net->server.dtls, &profile, &send, &receive),
                     c->expected != SRTP_NONE);
    assert_int_equal(profile, c->expected);
    for (int round = 0; round < 100; round++) {
        assert_int_equal(SSL_write(f.ssl, "ping", 4), 4);
        foreign_flush(&f, net);
        assert_int_equal(net->server.records, round + 1);
        assert_true(
            span_equal(span_of(net->server.data, net->server.data_size), SPAN_LITERAL("ping")));
        dtls_write(net->server.dtls, SPAN_LITERAL("the answer"));
        assert_int_equal(foreign_read(&f, net, got, sizeof got), 10);
        assert_memory_equal(got, "the answer", 10);
    }
    dtls_close(net->server.dtls);
    assert_int_equal(foreign_read(&f, net, got, sizeof got), 0);
    assert_int_equal(SSL_get_shutdown(f.ssl) & SSL_RECEIVED_SHUTDOWN, SSL_RECEIVED_SHUTDOWN);
    SSL_free(f.ssl);
    SSL_CTX_free(f.ctx);
    net_free(net);
}

static void test_openssl_client(void **state)
{
    (void)state;
    static const struct foreign_case cases[] = {
        /* Browsers list AES-CM first; our order decides. */
        {"SRTP_AES128_CM_SHA1_80:SRTP_AEAD_AES_256_GCM:SRTP_AEAD_AES_128_GCM", NULL,
         SRTP_AEAD_AES_128_GCM, false, 1200},
        {"SRTP_AES128_CM_SHA1_80:SRTP_AEAD_AES_256_GCM", NULL, SRTP_AEAD_AES_256_GCM, false, 1200},
        {"SRTP_AES128_CM_SHA1_32:SRTP_AES128_CM_SHA1_80", NULL, SRTP_AES128_CM_SHA1_80, true, 1200},
        {NULL, NULL, SRTP_NONE, false, 1200},
        {"SRTP_AES128_CM_SHA1_80", "ECDHE-ECDSA-AES256-GCM-SHA384", SRTP_AES128_CM_SHA1_80, false,
         1200},
        /* A ClientHello, and an RSA certificate, in many small datagrams. */
        {"SRTP_AEAD_AES_128_GCM", NULL, SRTP_AEAD_AES_128_GCM, true, 300},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
        foreign_talk(&cases[i]);
}

static void test_no_common_cipher(void **state)
{
    (void)state;
    struct net *net = net_new();
    struct foreign f;
    uint8_t fingerprint[32];
    static const struct foreign_case weak = {NULL, "AES128-SHA", SRTP_NONE, false, 1200};
    foreign_init(&f, &weak, fingerprint);
    SSL_do_handshake(f.ssl);
    foreign_flush(&f, net);
    assert_int_equal(dtls_state(net->server.dtls), DTLS_FAILED);
    SSL_free(f.ssl);
    SSL_CTX_free(f.ctx);
    net_free(net);
}

static int setup(void **state)
{
    (void)state;
    server_ctx = dtls_context_new();
    client_ctx = dtls_context_new();
    return server_ctx && client_ctx ? 0 : -1;
}

static int teardown(void **state)
{
    (void)state;
    dtls_context_free(server_ctx);
    dtls_context_free(client_ctx);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_handshake),
        cmocka_unit_test(test_each_datagram_lost_once),
        cmocka_unit_test(test_disorder),
        cmocka_unit_test(test_long_silence),
        cmocka_unit_test(test_nobody_there),
        cmocka_unit_test(test_wrong_fingerprint),
        cmocka_unit_test(test_fingerprint_comes_last),
        cmocka_unit_test(test_close),
        cmocka_unit_test(test_forged_records),
        cmocka_unit_test(test_openssl_client),
        cmocka_unit_test(test_no_common_cipher),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
