/* SPDX-License-Identifier: Apache-2.0 */
/* Digests. The only file of this layer that sees libcrypto. Safe on every thread. */
#ifndef BASE_HASH_H
#define BASE_HASH_H

#include "base/span.h"

#define SHA1_SIZE 20
#define SHA256_SIZE 32

void hash_sha256(struct span in, uint8_t out[SHA256_SIZE]);
void hash_hmac_sha1(struct span key, struct span in, uint8_t out[SHA1_SIZE]);
void hash_hmac_sha256(struct span key, struct span in, uint8_t out[SHA256_SIZE]);
/* CRC-32 as in ITU V.42, used by STUN FINGERPRINT (RFC 8489 14.7). */
uint32_t hash_crc32(struct span in);
/* SipHash-1-3. */
uint64_t hash_sip(const uint64_t key[2], struct span in);

#endif
