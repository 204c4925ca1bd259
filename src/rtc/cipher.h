/* SPDX-License-Identifier: Apache-2.0 */
/* The ciphers SRTP needs, behind one table that is picked at start by CPU: libipsec-mb on x86-64,
 * OpenSSL EVP anywhere. Keyed contexts: the key schedule is made once per transport and direction
 * (about 1.1 KB each), never per packet. Only the _new operations allocate. */
#ifndef RTC_CIPHER_H
#define RTC_CIPHER_H

#include "base/span.h"

/* IANA DTLS-SRTP protection profiles (RFC 5764, RFC 7714). */
enum srtp_profile {
    SRTP_NONE = 0,
    SRTP_AES128_CM_SHA1_80 = 0x0001,
    SRTP_AEAD_AES_128_GCM = 0x0007,
    SRTP_AEAD_AES_256_GCM = 0x0008
};

#define CIPHER_TAG_MAX 16
#define CIPHER_KEY_MAX 32

struct cipher; /* one keyed context, one direction; not for two threads at once */

struct cipher_ops {
    const char *name; /* "ipsec-mb", "evp" */
    /* AEAD: key of 16 or 32 bytes. */
    struct cipher *(*gcm_new)(struct span key);
    /* Ciphertext of in.size bytes to out (may equal in.data), then a 16-byte tag after it. */
    void (*gcm_seal)(struct cipher *c, const uint8_t iv[12], struct span aad, struct span in,
                     uint8_t *out);
    /* `in` is ciphertext and tag; clear text to out (may equal in.data). False: not authentic, out
     * was overwritten and is not to be read. */
    bool (*gcm_open)(struct cipher *c, const uint8_t iv[12], struct span aad, struct span in,
                     uint8_t *out);
    /* AES-CM: key of 16 or 32 bytes (the latter only derives keys, RFC 6188). The last two bytes of
     * the IV are 0 and count at most 2^16 blocks (RFC 3711 4.1.1); out may equal in.data. */
    struct cipher *(*ctr_new)(struct span key);
    void (*ctr_xor)(struct cipher *c, const uint8_t iv[16], struct span in, uint8_t *out);
    /* HMAC-SHA1 with a key of at most 64 bytes (SRTP's has 20); over `a` then `b`. */
    struct cipher *(*hmac_new)(struct span key);
    void (*hmac)(struct cipher *c, struct span a, struct span b, uint8_t out[20]);
    void (*free)(struct cipher *c); /* NULL is harmless; wipes the key */
};

/* The fastest that this CPU runs; the same for the life of the process. */
const struct cipher_ops *cipher_best(void);
/* By name, for tests and benchmarks: NULL when not built in or the CPU lacks it. */
const struct cipher_ops *cipher_by_name(const char *name);

#endif
