/* SPDX-License-Identifier: Apache-2.0 */
/* The end-to-end encryption format of LiveKit's SDKs, over OpenSSL: just enough to check vectors in
 * C. A frame is clear bytes | AES-GCM ciphertext | tag (16) | IV (12) | 0C | key index with the
 * clear bytes as additional data; behind them H.264 and H.265 are escaped. All pure, no key is
 * kept. */
#ifndef TESTS_VECTORS_E2EE_H
#define TESTS_VECTORS_E2EE_H

#include "base/mem.h"
#include "base/span.h"

enum { E2EE_TAG = 16, E2EE_IV = 12, E2EE_TRAILER = E2EE_TAG + E2EE_IV + 2 };

enum e2ee_kind { E2EE_AUDIO, E2EE_KEY, E2EE_DELTA };

/* E2EE_NAL is H.264, H.265 and whatever nobody named: told apart by their bytes. */
enum e2ee_codec { E2EE_VP8, E2EE_VP9, E2EE_NAL, E2EE_AV1 };

struct e2ee_shape {
    enum e2ee_kind kind;
    enum e2ee_codec codec;
};

/* PBKDF2 (100,000 rounds) or HKDF (128 zero bytes of info), both with SHA-256; `size` bytes of key.
 */
bool e2ee_pbkdf2(struct span material, struct span salt, uint8_t *key, size_t size);
bool e2ee_hkdf(struct span material, struct span salt, uint8_t *key, size_t size);

/* Ciphertext and tag; `out` holds plain.size + E2EE_TAG bytes. The key has 16 or 32 bytes, the
 * IV 12. */
bool e2ee_gcm_seal(struct span key, const uint8_t *iv, struct span aad, struct span plain,
                   uint8_t *out);
/* False when the tag does not fit. `out` holds sealed.size - E2EE_TAG bytes. */
bool e2ee_gcm_open(struct span key, const uint8_t *iv, struct span aad, struct span sealed,
                   uint8_t *out);

/* The encrypted frame, from the arena; false for AV1 and for a frame without all its clear bytes.
 */
bool e2ee_frame_seal(struct e2ee_shape shape, struct span key, uint8_t key_index, const uint8_t *iv,
                     struct span plain, struct arena *a, struct span *out);

/* A frame taken apart; the bytes are the frame's or the arena's. */
struct e2ee_parts {
    struct span head, body;
    const uint8_t *iv;
    uint8_t key_index;
};

bool e2ee_frame_read(struct e2ee_shape shape, struct span frame, struct arena *a,
                     struct e2ee_parts *out);
bool e2ee_frame_open(const struct e2ee_parts *parts, struct span key, struct arena *a,
                     struct span *out);

#endif
