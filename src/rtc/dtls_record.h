/* SPDX-License-Identifier: Apache-2.0 */
/* DTLS 1.2 records (RFC 6347 4.1) and their protection by AES-GCM (RFC 5288) in epoch 1. What a
 * finished connection keeps instead of a TLS library's object. Keyed cipher contexts are made when
 * records flow and let go when they rest. */
#ifndef RTC_DTLS_RECORD_H
#define RTC_DTLS_RECORD_H

#include "rtc/cipher.h"

#define DTLS_RECORD_HEADER 13
#define DTLS_RECORD_OVERHEAD                                                                       \
    (DTLS_RECORD_HEADER + 8 + CIPHER_TAG_MAX) /* header, explicit nonce, tag */
#define DTLS_VERSION_1_2 0xfefd

enum dtls_content {
    DTLS_CHANGE_CIPHER_SPEC = 20,
    DTLS_ALERT = 21,
    DTLS_HANDSHAKE_MESSAGE = 22,
    DTLS_APPLICATION_DATA = 23
};

/* One record of a datagram, its body as it came. */
struct dtls_record {
    uint8_t type;
    uint16_t version, epoch;
    uint64_t seq; /* 48 bits */
    struct span body;
};

/* Takes the next record off the front of a datagram; false at its end or when what is left is no
 * whole record. */
bool dtls_record_next(struct span *rest, struct dtls_record *out);
/* The message_seq of the handshake message in a clear record (RFC 6347 4.2.2); false when it is
 * none. */
bool dtls_record_message_seq(const struct dtls_record *r, uint16_t *out);

struct dtls_record_keys {
    size_t key_size; /* 16 or 32 */
    uint8_t write_key[CIPHER_KEY_MAX], read_key[CIPHER_KEY_MAX];
    uint8_t write_salt[4], read_salt[4];
    uint64_t next_seq;   /* the first of epoch 1 that was not sent yet */
    uint64_t next_nonce; /* explicit part, not used yet with write_key */
};

struct dtls_record_layer {
    const struct cipher_ops *ops;
    struct cipher *sealing, *opening; /* NULL while resting */
    struct dtls_record_keys keys;
    uint64_t received_top, received_mask; /* replay window: bit n is received_top - n */
    bool used;                            /* since the last dtls_record_rest */
};

void dtls_record_init(struct dtls_record_layer *l, const struct cipher_ops *ops,
                      const struct dtls_record_keys *keys);
/* Wipes the keys. */
void dtls_record_fini(struct dtls_record_layer *l);
/* Writes one whole record of epoch 1; out takes data.size + DTLS_RECORD_OVERHEAD. Returns its size;
 * 0 when the sequence numbers are used up. */
size_t dtls_record_seal(struct dtls_record_layer *l, enum dtls_content type, struct span data,
                        uint8_t *out);
/* Opens a record of epoch 1 into out (r->body.size bytes are enough). False when it is not
 * authentic or a replay; only an authentic record moves the replay window. */
bool dtls_record_open(struct dtls_record_layer *l, const struct dtls_record *r, uint8_t *out,
                      size_t *size) __attribute__((warn_unused_result));
/* Lets the keyed contexts go unless they were used since the last call. False when there is nothing
 * left to let go. */
bool dtls_record_rest(struct dtls_record_layer *l);

#endif
