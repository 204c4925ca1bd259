/* SPDX-License-Identifier: Apache-2.0 */
/* DTLS 1.2 of one transport. OpenSSL does the handshake only; then keys and last flight are taken
 * over and its object is freed. Owned by a transport, on its worker's thread; the context is shared
 * and never written after it was made. */
#include "rtc/dtls.h"

#include "base/hash.h"
#include "base/heap.h"
#include "base/mem.h"
#include "rtc/dtls_flight.h"
#include "rtc/dtls_provider.h"
#include "rtc/dtls_record.h"

#include <assert.h>
#include <openssl/core_names.h>
#include <openssl/err.h>
#include <openssl/kdf.h>
#include <openssl/params.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>
#include <stdlib.h>

#define LINK_MTU 1200
#define RECORD_MAX 1400           /* dtls_write's bound */
#define RESEND_FIRST_US 1000000LL /* RFC 6347 4.2.4.1 */
#define RESEND_MAX_US 60000000LL
#define RESENDS_MAX 10
#define RESEND_PACE_US 50000LL /* between resends that the peer's own ones cause */
#define LINGER_US 10000000LL   /* for how long the last flight of a finished handshake is kept */
#define REST_US 5000000LL      /* unused cipher contexts are let go after one to two of these */
#define PEER_CERTIFICATE_MAX 16384 /* bytes of the peer's certificate message */

#define ALERT_WARNING 1
#define ALERT_FATAL 2
#define ALERT_CLOSE_NOTIFY 0
#define ALERT_BAD_CERTIFICATE 42

struct dtls_context {
    SSL_CTX *ssl;
    BIO_METHOD *bio;
    uint8_t fingerprint[SHA256_SIZE];
};

/* Lives until the handshake is over. */
struct handshake {
    SSL *ssl;
    struct span in; /* the datagram that OpenSSL is to read; empty: none */
    int64_t resend_after_us;
};

struct dtls {
    struct dtls_context *ctx;
    struct dtls_sink sink;
    struct handshake *handshake;
    struct dtls_flight *flight; /* kept for a while after the handshake */
    int64_t deadline_us;        /* the next resend, or the end of lingering */
    int64_t last_resend_us, rest_us;
    struct dtls_record_layer records;
    struct srtp_keys send, receive;
    uint8_t expected[SHA256_SIZE], peer[SHA256_SIZE];
    enum dtls_role role;
    enum dtls_state state;
    enum srtp_profile profile;
    unsigned resends;
    bool has_expected, finished;
};

/* Datagrams: OpenSSL's writes are whole datagrams already (its own buffer gathers records up to the
 * MTU). */

static void flight_free(struct dtls *d)
{
    dtls_flight_free(d->flight);
    d->flight = NULL;
}

static void flight_resend(struct dtls *d, int64_t now_us)
{
    struct span datagram;
    for (size_t cursor = 0; dtls_flight_next(d->flight, &cursor, &datagram);)
        d->sink.send(d->sink.arg, datagram);
    d->last_resend_us = now_us;
}

static int bio_write(BIO *bio, const char *data, int size)
{
    struct dtls *d = BIO_get_data(bio);
    BIO_clear_retry_flags(bio);
    if (size <= 0)
        return size;
    struct span datagram = span_of(data, (size_t)size);
    dtls_flight_add(d->flight, datagram);
    d->sink.send(d->sink.arg, datagram);
    return size;
}

static int bio_read(BIO *bio, char *out, int capacity)
{
    struct dtls *d = BIO_get_data(bio);
    struct span in = d->handshake->in;
    BIO_clear_retry_flags(bio);
    if (in.size == 0 || capacity <= 0) {
        BIO_set_retry_read(bio);
        return -1;
    }
    struct span part = span_first(in, (size_t)capacity);
    memcpy(out, part.data, part.size);
    d->handshake->in = (struct span){NULL, 0};
    return (int)part.size;
}

static long bio_ctrl(BIO *bio, int command, long number, void *pointer)
{
    (void)bio;
    (void)number;
    (void)pointer;
    return command == BIO_CTRL_FLUSH || command == BIO_CTRL_DUP;
}

static int bio_create(BIO *bio)
{
    BIO_set_init(bio, 1);
    return 1;
}

/* The context. */

static int accept_any_certificate(X509_STORE_CTX *store, void *arg)
{
    (void)store;
    (void)arg;
    return 1; /* the fingerprint decides, once the signalling has told it */
}

static bool fill_certificate(X509 *cert, EVP_PKEY *key)
{
    unsigned char name[] = "bedrud";
    X509_NAME *subject = X509_get_subject_name(cert);
    return X509_set_version(cert, X509_VERSION_3) &&
           ASN1_INTEGER_set(X509_get_serialNumber(cert), 1) &&
           X509_gmtime_adj(X509_getm_notBefore(cert), -86400) &&
           X509_gmtime_adj(X509_getm_notAfter(cert), 10L * 365 * 86400) &&
           X509_NAME_add_entry_by_txt(subject, "CN", MBSTRING_ASC, name, -1, -1, 0) &&
           X509_set_issuer_name(cert, subject) && X509_set_pubkey(cert, key) &&
           X509_sign(cert, key, EVP_sha256()) > 0;
}

static bool use_new_certificate(struct dtls_context *ctx)
{
    EVP_PKEY *key = EVP_PKEY_Q_keygen(dtls_provider_context(), NULL, "EC", "P-256");
    X509 *cert = X509_new_ex(dtls_provider_context(), NULL);
    bool ok = key && cert && fill_certificate(cert, key) &&
              X509_digest(cert, EVP_sha256(), ctx->fingerprint, NULL) &&
              SSL_CTX_use_certificate(ctx->ssl, cert) && SSL_CTX_use_PrivateKey(ctx->ssl, key);
    X509_free(cert);
    EVP_PKEY_free(key);
    return ok;
}

static bool configure(SSL_CTX *ssl)
{
    int groups[] = {NID_X25519, NID_X9_62_prime256v1};
    SSL_CTX_set_options(ssl, SSL_OP_NO_QUERY_MTU | SSL_OP_NO_TICKET | SSL_OP_NO_RENEGOTIATION |
                                 SSL_OP_CIPHER_SERVER_PREFERENCE);
    SSL_CTX_set_mode(ssl, SSL_MODE_RELEASE_BUFFERS);
    SSL_CTX_set_session_cache_mode(ssl, SSL_SESS_CACHE_OFF);
    SSL_CTX_set_verify(ssl, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, NULL);
    SSL_CTX_set_cert_verify_callback(ssl, accept_any_certificate, NULL);
    SSL_CTX_set_max_cert_list(ssl, PEER_CERTIFICATE_MAX);
    /* RSA: as a client we may meet a server with such a certificate. Of the SRTP profiles a server
     * takes the first of its own list that the client has too. (That call, unlike its neighbours,
     * returns 0 for success.) */
    return SSL_CTX_set_min_proto_version(ssl, DTLS1_2_VERSION) &&
           SSL_CTX_set_max_proto_version(ssl, DTLS1_2_VERSION) &&
           SSL_CTX_set_cipher_list(ssl,
                                   "ECDHE-ECDSA-AES128-GCM-SHA256:ECDHE-ECDSA-AES256-GCM-SHA384:"
                                   "ECDHE-RSA-AES128-GCM-SHA256:ECDHE-RSA-AES256-GCM-SHA384") &&
           SSL_CTX_set1_groups(ssl, groups, sizeof groups / sizeof groups[0]) &&
           SSL_CTX_set_max_send_fragment(ssl, 2048) &&
           SSL_CTX_set_tlsext_use_srtp(
               ssl, "SRTP_AEAD_AES_128_GCM:SRTP_AEAD_AES_256_GCM:SRTP_AES128_CM_SHA1_80") == 0;
}

static BIO_METHOD *make_bio_method(void)
{
    BIO_METHOD *m = BIO_meth_new(BIO_get_new_index() | BIO_TYPE_SOURCE_SINK, "datagrams");
    if (m && BIO_meth_set_write(m, bio_write) && BIO_meth_set_read(m, bio_read) &&
        BIO_meth_set_ctrl(m, bio_ctrl) && BIO_meth_set_create(m, bio_create))
        return m;
    BIO_meth_free(m);
    return NULL;
}

struct dtls_context *dtls_context_new(void)
{
    struct dtls_context *ctx = xcalloc(1, sizeof *ctx);
    ctx->ssl = SSL_CTX_new_ex(dtls_provider_context(), NULL, DTLS_method());
    ctx->bio = make_bio_method();
    if (ctx->ssl && ctx->bio && configure(ctx->ssl) && use_new_certificate(ctx))
        return ctx;
    dtls_context_free(ctx);
    return NULL;
}

void dtls_context_free(struct dtls_context *ctx)
{
    if (!ctx)
        return;
    SSL_CTX_free(ctx->ssl);
    BIO_meth_free(ctx->bio);
    free(ctx);
}

const uint8_t *dtls_context_fingerprint(const struct dtls_context *ctx)
{
    return ctx->fingerprint;
}

/* One connection. */

struct dtls *dtls_new(struct dtls_context *ctx, enum dtls_role role, struct dtls_sink sink)
{
    struct dtls *d = xcalloc(1, sizeof *d);
    d->ctx = ctx;
    d->role = role;
    d->sink = sink;
    d->deadline_us = d->rest_us = TIME_NEVER;
    return d;
}

static void handshake_free(struct dtls *d)
{
    if (!d->handshake)
        return;
    SSL_free(d->handshake->ssl);
    free(d->handshake);
    d->handshake = NULL;
}

void dtls_free(struct dtls *d)
{
    if (!d)
        return;
    handshake_free(d);
    flight_free(d);
    dtls_record_fini(&d->records);
    mem_wipe(d, sizeof *d);
    free(d);
}

/* Ends everything but the object. */
static void end(struct dtls *d, enum dtls_state state)
{
    handshake_free(d);
    flight_free(d);
    dtls_record_fini(&d->records);
    d->deadline_us = d->rest_us = TIME_NEVER;
    d->state = state;
}

/* OpenSSL's own timer reads the wall clock; resending is ours. */
static unsigned int timer_out_of_reach(SSL *ssl, unsigned int timer_us)
{
    (void)ssl;
    (void)timer_us;
    return 3600u * 1000000u;
}

static bool handshake_begin(struct dtls *d)
{
    struct handshake *h = d->handshake = xcalloc(1, sizeof *h);
    d->flight = dtls_flight_new();
    h->resend_after_us = RESEND_FIRST_US;
    h->ssl = SSL_new(d->ctx->ssl);
    BIO *bio = BIO_new(d->ctx->bio);
    if (!h->ssl || !bio) {
        BIO_free(bio);
        return false;
    }
    BIO_set_data(bio, d);
    SSL_set_bio(h->ssl, bio, bio);
    SSL_set_mtu(h->ssl, LINK_MTU);
    DTLS_set_timer_cb(h->ssl, timer_out_of_reach);
    if (d->role == DTLS_SERVER)
        SSL_set_accept_state(h->ssl);
    else
        SSL_set_connect_state(h->ssl);
    d->state = DTLS_HANDSHAKE;
    return true;
}

/* Keys, once the handshake is through. */

static bool prf(const SSL *ssl, struct span seed, uint8_t *out, size_t out_size)
{
    uint8_t master[SSL_MAX_MASTER_KEY_LENGTH];
    char label[] = "key expansion", digest[32] = "";
    size_t master_size = SSL_SESSION_get_master_key(SSL_get_session(ssl), master, sizeof master);
    const EVP_MD *md = SSL_CIPHER_get_handshake_digest(SSL_get_current_cipher(ssl));
    const char *name = md ? EVP_MD_get0_name(md) : NULL;
    if (!name || strlen(name) >= sizeof digest)
        return false;
    memcpy(digest, name, strlen(name));
    uint8_t seed_copy[2 * SSL3_RANDOM_SIZE];
    assert(seed.size == sizeof seed_copy);
    memcpy(seed_copy, seed.data, seed.size);
    OSSL_PARAM params[] = {
        OSSL_PARAM_construct_utf8_string(OSSL_KDF_PARAM_DIGEST, digest, 0),
        OSSL_PARAM_construct_octet_string(OSSL_KDF_PARAM_SECRET, master, master_size),
        OSSL_PARAM_construct_octet_string(OSSL_KDF_PARAM_SEED, label, sizeof label - 1),
        OSSL_PARAM_construct_octet_string(OSSL_KDF_PARAM_SEED, seed_copy, sizeof seed_copy),
        OSSL_PARAM_construct_end(),
    };
    EVP_KDF *kdf = EVP_KDF_fetch(dtls_provider_context(), OSSL_KDF_NAME_TLS1_PRF, NULL);
    EVP_KDF_CTX *kdf_ctx = kdf ? EVP_KDF_CTX_new(kdf) : NULL;
    bool ok = kdf_ctx && EVP_KDF_derive(kdf_ctx, out, out_size, params) > 0;
    EVP_KDF_CTX_free(kdf_ctx);
    EVP_KDF_free(kdf);
    mem_wipe(master, sizeof master);
    return ok;
}

/* RFC 5246 6.3 without MAC keys: client key, server key, client salt, server salt. */
static bool derive_record_keys(struct dtls *d)
{
    const SSL *ssl = d->handshake->ssl;
    uint8_t seed[2 * SSL3_RANDOM_SIZE], block[2 * (CIPHER_KEY_MAX + 4)];
    struct dtls_record_keys keys = {.next_seq = d->flight->next_seq,
                                    .next_nonce = d->flight->next_nonce};
    SSL_get_server_random(ssl, seed, SSL3_RANDOM_SIZE);
    SSL_get_client_random(ssl, seed + SSL3_RANDOM_SIZE, SSL3_RANDOM_SIZE);
    keys.key_size = (size_t)SSL_CIPHER_get_bits(SSL_get_current_cipher(ssl), NULL) / 8;
    if (keys.key_size != 16 && keys.key_size != 32)
        return false;
    if (!prf(ssl, span_of(seed, sizeof seed), block, 2 * (keys.key_size + 4)))
        return false;
    bool server = d->role == DTLS_SERVER;
    const uint8_t *salts = block + 2 * keys.key_size;
    memcpy(server ? keys.read_key : keys.write_key, block, keys.key_size);
    memcpy(server ? keys.write_key : keys.read_key, block + keys.key_size, keys.key_size);
    memcpy(server ? keys.read_salt : keys.write_salt, salts, 4);
    memcpy(server ? keys.write_salt : keys.read_salt, salts + 4, 4);
    dtls_record_init(&d->records, cipher_best(), &keys);
    mem_wipe(block, sizeof block);
    mem_wipe(&keys, sizeof keys);
    return true;
}

/* RFC 5764 4.2: client key, server key, client salt, server salt. */
static bool derive_srtp_keys(struct dtls *d)
{
    SRTP_PROTECTION_PROFILE *p = SSL_get_selected_srtp_profile(d->handshake->ssl);
    if (!p)
        return true;
    enum srtp_profile profile = (enum srtp_profile)p->id;
    size_t key = srtp_key_size(profile), salt = srtp_salt_size(profile);
    static const char label[] = "EXTRACTOR-dtls_srtp";
    uint8_t block[2 * sizeof(struct srtp_keys)];
    struct srtp_keys client, server;
    memset(&client, 0, sizeof client);
    memset(&server, 0, sizeof server);
    if (SSL_export_keying_material(d->handshake->ssl, block, 2 * (key + salt), label,
                                   sizeof label - 1, NULL, 0, 0) != 1)
        return false;
    memcpy(client.key, block, key);
    memcpy(server.key, block + key, key);
    memcpy(client.salt, block + 2 * key, salt);
    memcpy(server.salt, block + 2 * key + salt, salt);
    d->send = d->role == DTLS_SERVER ? server : client;
    d->receive = d->role == DTLS_SERVER ? client : server;
    d->profile = profile;
    mem_wipe(block, sizeof block);
    mem_wipe(&client, sizeof client);
    mem_wipe(&server, sizeof server);
    return true;
}

static bool read_peer_fingerprint(struct dtls *d)
{
    X509 *cert = SSL_get1_peer_certificate(d->handshake->ssl);
    bool ok = cert && X509_digest(cert, EVP_sha256(), d->peer, NULL);
    X509_free(cert);
    return ok;
}

static void send_record(struct dtls *d, enum dtls_content type, struct span data)
{
    uint8_t out[RECORD_MAX + DTLS_RECORD_OVERHEAD];
    size_t size = dtls_record_seal(&d->records, type, data, out);
    if (size)
        d->sink.send(d->sink.arg, span_of(out, size));
}

static void send_alert(struct dtls *d, uint8_t level, uint8_t description)
{
    send_record(d, DTLS_ALERT, span_of((uint8_t[]){level, description}, 2));
}

/* Only who holds the certificate that the signalling named is the peer. */
static void judge_peer(struct dtls *d)
{
    if (!d->finished || !d->has_expected || d->state != DTLS_HANDSHAKE)
        return;
    if (mem_equal_ct(d->expected, d->peer, SHA256_SIZE)) {
        d->state = DTLS_CONNECTED;
        return;
    }
    send_alert(d, ALERT_FATAL, ALERT_BAD_CERTIFICATE);
    end(d, DTLS_FAILED);
}

static void finish(struct dtls *d, int64_t now_us)
{
    if (!read_peer_fingerprint(d) || !derive_record_keys(d) || !derive_srtp_keys(d)) {
        end(d, DTLS_FAILED);
        return;
    }
    d->finished = true;
    handshake_free(d);
    /* The server spoke last; the client's last flight needs no resending once the server's has
     * come. */
    if (d->role == DTLS_CLIENT)
        flight_free(d);
    d->deadline_us = d->flight ? now_us + LINGER_US : TIME_NEVER;
    judge_peer(d);
}

/* Lets OpenSSL go on. `answering`: what it sends now answers what the peer sent. */
static void drive(struct dtls *d, int64_t now_us, bool answering)
{
    struct handshake *h = d->handshake;
    struct dtls_flight *f = d->flight;
    f->over = true;
    ERR_clear_error();
    int result = SSL_do_handshake(h->ssl);
    int error = result == 1 ? SSL_ERROR_NONE : SSL_get_error(h->ssl, result);
    ERR_clear_error();
    if (!f->over) {
        f->answered = answering;
        f->answered_seq = f->seen_seq;
        h->resend_after_us = RESEND_FIRST_US;
        d->resends = 0;
        d->last_resend_us = now_us;
        d->deadline_us = now_us + h->resend_after_us;
    }
    if (result == 1)
        finish(d, now_us);
    else if (error != SSL_ERROR_WANT_READ)
        end(d, DTLS_FAILED);
}

void dtls_start(struct dtls *d, int64_t now_us)
{
    if (d->role != DTLS_CLIENT || d->state != DTLS_NEW)
        return;
    if (handshake_begin(d))
        drive(d, now_us, false);
    else
        end(d, DTLS_FAILED);
}

static void resend_for_peer(struct dtls *d, int64_t now_us)
{
    if (d->flight && now_us - d->last_resend_us >= RESEND_PACE_US)
        flight_resend(d, now_us);
}

static void on_alert(struct dtls *d, struct span alert)
{
    if (alert.size != 2)
        return;
    if (alert.data[1] == ALERT_CLOSE_NOTIFY)
        end(d, DTLS_CLOSED);
    else if (alert.data[0] == ALERT_FATAL)
        end(d, DTLS_FAILED);
}

static void on_finished_record(struct dtls *d, int64_t now_us, const struct dtls_record *r)
{
    uint8_t clear[DTLS_DATAGRAM_MAX];
    size_t size;
    if (r->type == DTLS_HANDSHAKE_MESSAGE) {
        resend_for_peer(d, now_us);
        return;
    }
    if ((r->type != DTLS_APPLICATION_DATA && r->type != DTLS_ALERT) ||
        !dtls_record_open(&d->records, r, clear, &size))
        return;
    if (r->type == DTLS_ALERT) {
        on_alert(d, span_of(clear, size));
        return;
    }
    /* Whoever sends data has our last flight. */
    flight_free(d);
    d->deadline_us = TIME_NEVER;
    if (d->state == DTLS_CONNECTED)
        d->sink.data(d->sink.arg, span_of(clear, size));
}

static void on_finished_packet(struct dtls *d, int64_t now_us, struct span datagram)
{
    struct dtls_record r;
    while (d->state < DTLS_FAILED && dtls_record_next(&datagram, &r))
        on_finished_record(d, now_us, &r);
}

void dtls_on_packet(struct dtls *d, int64_t now_us, struct span datagram)
{
    if (d->state >= DTLS_FAILED || datagram.size == 0 || datagram.size > DTLS_DATAGRAM_MAX)
        return;
    if (d->finished) {
        on_finished_packet(d, now_us, datagram);
        return;
    }
    if (!d->handshake) {
        if (d->role == DTLS_CLIENT)
            return;
        if (!handshake_begin(d)) {
            end(d, DTLS_FAILED);
            return;
        }
    }
    if (dtls_flight_repeated(d->flight, datagram))
        resend_for_peer(d, now_us);
    d->handshake->in = datagram;
    drive(d, now_us, true);
    /* Data behind the Finished in the same datagram: OpenSSL's buffer went with its object. The
     * Finished itself was just answered, which the pace of resending knows. */
    if (d->finished)
        on_finished_packet(d, now_us, datagram);
}

void dtls_set_fingerprint(struct dtls *d, const uint8_t sha256[32])
{
    memcpy(d->expected, sha256, SHA256_SIZE);
    d->has_expected = true;
    judge_peer(d);
}

static void resend_on_time(struct dtls *d, int64_t now_us)
{
    if (d->finished) {
        flight_free(d);
        d->deadline_us = TIME_NEVER;
        return;
    }
    if (d->resends == RESENDS_MAX) {
        end(d, DTLS_FAILED);
        return;
    }
    struct handshake *h = d->handshake;
    d->resends++;
    flight_resend(d, now_us);
    h->resend_after_us *= 2;
    if (h->resend_after_us > RESEND_MAX_US)
        h->resend_after_us = RESEND_MAX_US;
    d->deadline_us = now_us + h->resend_after_us;
}

int64_t dtls_on_time(struct dtls *d, int64_t now_us)
{
    if (now_us >= d->deadline_us)
        resend_on_time(d, now_us);
    if (d->rest_us == TIME_NEVER && (d->records.sealing || d->records.opening))
        d->rest_us = now_us + REST_US;
    if (now_us >= d->rest_us)
        d->rest_us = dtls_record_rest(&d->records) ? now_us + REST_US : TIME_NEVER;
    return d->deadline_us < d->rest_us ? d->deadline_us : d->rest_us;
}

enum dtls_state dtls_state(const struct dtls *d)
{
    return d->state;
}

void dtls_write(struct dtls *d, struct span data)
{
    if (d->state == DTLS_CONNECTED && data.size <= RECORD_MAX)
        send_record(d, DTLS_APPLICATION_DATA, data);
}

void dtls_close(struct dtls *d)
{
    if (d->state >= DTLS_FAILED)
        return;
    if (d->finished)
        send_alert(d, ALERT_WARNING, ALERT_CLOSE_NOTIFY);
    end(d, DTLS_CLOSED);
}

bool dtls_export_srtp(const struct dtls *d, enum srtp_profile *profile, struct srtp_keys *send,
                      struct srtp_keys *receive)
{
    if (d->state != DTLS_CONNECTED || d->profile == SRTP_NONE)
        return false;
    *profile = d->profile;
    *send = d->send;
    *receive = d->receive;
    return true;
}
