/* SPDX-License-Identifier: Apache-2.0 */
/* DTLS 1.2 for SRTP keys and data channels (RFC 6347, RFC 5764, RFC 8261). One certificate per
 * process, the peer's is known by its fingerprint from SDP. Pure: datagrams in, datagrams out
 * through a callback, retransmission by the caller's clock. After the handshake OpenSSL's object is
 * let go where the cipher suite allows it: the record layer of what follows (AES-GCM) is ours
 * (dtls_record.h). */
#ifndef RTC_DTLS_H
#define RTC_DTLS_H

#include "rtc/srtp.h"

struct dtls_context; /* certificate, private key, OpenSSL context; shared by all transports,
                        read-only after new */

struct dtls_context *dtls_context_new(void);
void dtls_context_free(struct dtls_context *ctx);
/* SHA-256 of our certificate, for SDP. */
const uint8_t *dtls_context_fingerprint(const struct dtls_context *ctx);

enum dtls_role { DTLS_SERVER, DTLS_CLIENT };
enum dtls_state { DTLS_NEW, DTLS_HANDSHAKE, DTLS_CONNECTED, DTLS_FAILED, DTLS_CLOSED };

struct dtls_sink {
    void (*send)(void *arg, struct span datagram);
    /* One decrypted application record (an SCTP packet). */
    void (*data)(void *arg, struct span record);
    void *arg;
};

struct dtls;

struct dtls *dtls_new(struct dtls_context *ctx, enum dtls_role role, struct dtls_sink sink);
void dtls_free(struct dtls *d);
/* SHA-256 that the peer's certificate must have. Until it is set the handshake goes on but never
 * reaches CONNECTED. */
void dtls_set_fingerprint(struct dtls *d, const uint8_t sha256[32]);
/* A client's first flight. */
void dtls_start(struct dtls *d, int64_t now_us);
void dtls_on_packet(struct dtls *d, int64_t now_us, struct span datagram);
/* Resends the last flight when it is due (1 s, doubling, at most 60 s; fails after 10 times). */
int64_t dtls_on_time(struct dtls *d, int64_t now_us); /* next deadline */
enum dtls_state dtls_state(const struct dtls *d);
/* One application record; dropped unless CONNECTED. data.size <= 1,400. */
void dtls_write(struct dtls *d, struct span data);
/* close_notify. */
void dtls_close(struct dtls *d);
/* Once CONNECTED: the negotiated profile and keys by direction; false when no profile was agreed
 * on. */
bool dtls_export_srtp(const struct dtls *d, enum srtp_profile *profile, struct srtp_keys *send,
                      struct srtp_keys *receive);

#endif
