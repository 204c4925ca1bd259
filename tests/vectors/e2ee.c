/* SPDX-License-Identifier: Apache-2.0 */
/* Keys, frames and packets of the end-to-end encryption, see e2ee.h. */
#include "e2ee.h"

#include <openssl/evp.h>
#include <openssl/kdf.h>

enum { ROUNDS = 100000, LARGEST = 16 << 20 };

/* ---- keys ---- */

bool e2ee_pbkdf2(struct span material, struct span salt, uint8_t *key, size_t size)
{
    return PKCS5_PBKDF2_HMAC((const char *)material.data, (int)material.size, salt.data,
                             (int)salt.size, ROUNDS, EVP_sha256(), (int)size, key) == 1;
}

bool e2ee_hkdf(struct span material, struct span salt, uint8_t *key, size_t size)
{
    static const uint8_t info[128];
    EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_id(EVP_PKEY_HKDF, NULL);
    bool good = ctx && EVP_PKEY_derive_init(ctx) == 1 &&
                EVP_PKEY_CTX_set_hkdf_md(ctx, EVP_sha256()) == 1 &&
                EVP_PKEY_CTX_set1_hkdf_salt(ctx, salt.data, (int)salt.size) == 1 &&
                EVP_PKEY_CTX_set1_hkdf_key(ctx, material.data, (int)material.size) == 1 &&
                EVP_PKEY_CTX_add1_hkdf_info(ctx, info, sizeof(info)) == 1 &&
                EVP_PKEY_derive(ctx, key, &size) == 1;
    EVP_PKEY_CTX_free(ctx);
    return good;
}

/* ---- AES-GCM ---- */

static const EVP_CIPHER *cipher_of(struct span key)
{
    return key.size == 32 ? EVP_aes_256_gcm() : EVP_aes_128_gcm();
}

bool e2ee_gcm_seal(struct span key, const uint8_t *iv, struct span aad, struct span plain,
                   uint8_t *out)
{
    EVP_CIPHER_CTX *ctx = EVP_CIPHER_CTX_new();
    int n = 0;
    bool good = ctx && EVP_EncryptInit_ex(ctx, cipher_of(key), NULL, key.data, iv) == 1;
    if (good && aad.size)
        good = EVP_EncryptUpdate(ctx, NULL, &n, aad.data, (int)aad.size) == 1;
    if (good && plain.size)
        good = EVP_EncryptUpdate(ctx, out, &n, plain.data, (int)plain.size) == 1;
    good = good && EVP_EncryptFinal_ex(ctx, out + plain.size, &n) == 1 &&
           EVP_CIPHER_CTX_ctrl(ctx, EVP_CTRL_GCM_GET_TAG, E2EE_TAG, out + plain.size) == 1;
    EVP_CIPHER_CTX_free(ctx);
    return good;
}

bool e2ee_gcm_open(struct span key, const uint8_t *iv, struct span aad, struct span sealed,
                   uint8_t *out)
{
    if (sealed.size < E2EE_TAG)
        return false;
    size_t size = sealed.size - E2EE_TAG;
    uint8_t tag[E2EE_TAG], rest[E2EE_TAG];
    memcpy(tag, sealed.data + size, E2EE_TAG);
    EVP_CIPHER_CTX *ctx = EVP_CIPHER_CTX_new();
    int n = 0;
    bool good = ctx && EVP_DecryptInit_ex(ctx, cipher_of(key), NULL, key.data, iv) == 1 &&
                EVP_CIPHER_CTX_ctrl(ctx, EVP_CTRL_GCM_SET_TAG, E2EE_TAG, tag) == 1;
    if (good && aad.size)
        good = EVP_DecryptUpdate(ctx, NULL, &n, aad.data, (int)aad.size) == 1;
    if (good && size)
        good = EVP_DecryptUpdate(ctx, out, &n, sealed.data, (int)size) == 1;
    good = good && EVP_DecryptFinal_ex(ctx, rest, &n) == 1;
    EVP_CIPHER_CTX_free(ctx);
    return good;
}

/* ---- which bytes stay clear ---- */

static bool is_start(struct span s, size_t i)
{
    return i + 2 < s.size && s.data[i] == 0 && s.data[i + 1] == 0 && s.data[i + 2] == 1;
}

static bool is_h264_slice(uint8_t header)
{
    return (header & 0x1f) == 1 || (header & 0x1f) == 5;
}

static bool is_h265_slice(uint8_t header)
{
    unsigned type = (header >> 1) & 0x3f;
    return type <= 9 || (type >= 16 && type <= 21);
}

/* Index of the header of the first slice. H.264 if any unit looks like its slices. */
static bool first_slice(struct span frame, size_t *out)
{
    bool begun = false, found = false;
    for (size_t i = 0; i + 3 < frame.size; i++) {
        if (!is_start(frame, i)) {
            if (!begun && frame.data[i] != 0)
                return false;
            continue;
        }
        begun = true;
        i += 3;
        if (i + 3 < frame.size && is_h264_slice(frame.data[i])) {
            *out = i;
            return true;
        }
        if (i + 3 < frame.size && !found && is_h265_slice(frame.data[i])) {
            *out = i;
            found = true;
        }
        i--;
    }
    return found;
}

static bool layout(struct e2ee_shape shape, struct span frame, size_t *clear, bool *escaped)
{
    size_t slice = 0;
    *escaped = false;
    *clear = shape.kind == E2EE_AUDIO ? 1 : shape.kind == E2EE_KEY ? 10 : 3;
    if (shape.kind == E2EE_AUDIO || shape.codec == E2EE_VP8)
        return true;
    if (shape.codec == E2EE_VP9) {
        *clear = 0;
    } else if (shape.codec == E2EE_NAL && first_slice(frame, &slice)) {
        *clear = slice + 2;
        *escaped = true;
    }
    return shape.codec != E2EE_AV1;
}

/* ---- H.264 and H.265 ---- */

/* With start codes of four bytes, which is what depacketizers make of them. `out` holds 4/3 of the
 * size. */
static size_t lengthen_starts(struct span head, uint8_t *out)
{
    size_t n = 0;
    for (size_t i = 0; i < head.size; i++) {
        if (is_start(head, i) && (i == 0 || head.data[i - 1] != 0))
            out[n++] = 0;
        out[n++] = head.data[i];
    }
    return n;
}

/* A 3 in front of each byte up to 3 that follows two zeros. `out` holds 3/2 of the size. */
static size_t escape(struct span in, uint8_t *out)
{
    size_t n = 0, zeros = 0;
    for (size_t i = 0; i < in.size; i++) {
        if (zeros >= 2 && in.data[i] <= 3) {
            out[n++] = 3;
            zeros = 0;
        }
        out[n++] = in.data[i];
        zeros = in.data[i] == 0 ? zeros + 1 : 0;
    }
    return n;
}

static size_t unescape(struct span in, uint8_t *out)
{
    size_t n = 0;
    for (size_t i = 0; i < in.size; i++) {
        out[n++] = in.data[i];
        if (i + 2 < in.size && in.data[i] == 0 && in.data[i + 1] == 0 && in.data[i + 2] == 3) {
            out[n++] = 0;
            i += 2;
        }
    }
    return n;
}

/* ---- frames ---- */

bool e2ee_frame_seal(struct e2ee_shape shape, struct span key, uint8_t key_index, const uint8_t *iv,
                     struct span plain, struct arena *a, struct span *out)
{
    size_t clear = 0;
    bool escaped = false;
    *out = plain;
    if (plain.size == 0)
        return true;
    if (plain.size > LARGEST || !layout(shape, plain, &clear, &escaped) || plain.size < clear)
        return false;
    uint8_t *frame = arena_alloc(a, 2 * plain.size + 2 * E2EE_TRAILER);
    uint8_t *tail = arena_alloc(a, plain.size + E2EE_TRAILER);
    struct span head = span_first(plain, clear), secret = span_from(plain, clear);
    size_t size = escaped ? lengthen_starts(head, frame) : head.size;
    if (!escaped && head.size)
        memcpy(frame, head.data, head.size);
    if (!e2ee_gcm_seal(key, iv, span_of(frame, size), secret, tail))
        return false;
    size_t tail_size = secret.size + E2EE_TAG;
    memcpy(tail + tail_size, iv, E2EE_IV);
    tail[tail_size + E2EE_IV] = E2EE_IV;
    tail[tail_size + E2EE_IV + 1] = key_index;
    tail_size += E2EE_IV + 2;
    if (escaped) {
        size += escape(span_of(tail, tail_size), frame + size);
    } else {
        memcpy(frame + size, tail, tail_size);
        size += tail_size;
    }
    *out = span_of(frame, size);
    return true;
}

bool e2ee_frame_read(struct e2ee_shape shape, struct span frame, struct arena *a,
                     struct e2ee_parts *out)
{
    size_t clear = 0;
    bool escaped = false;
    if (frame.size > LARGEST || !layout(shape, frame, &clear, &escaped) ||
        frame.size < clear + E2EE_TRAILER)
        return false;
    struct span tail = span_from(frame, clear);
    if (escaped) {
        uint8_t *plain = arena_alloc(a, tail.size);
        tail = span_of(plain, unescape(tail, plain));
    }
    if (tail.size < E2EE_TRAILER || tail.data[tail.size - 2] != E2EE_IV)
        return false;
    size_t iv_at = tail.size - 2 - E2EE_IV;
    *out = (struct e2ee_parts){span_first(frame, clear), span_first(tail, iv_at), tail.data + iv_at,
                               tail.data[tail.size - 1]};
    return true;
}

bool e2ee_frame_open(const struct e2ee_parts *parts, struct span key, struct arena *a,
                     struct span *out)
{
    size_t head = parts->head.size;
    uint8_t *plain = arena_alloc(a, head + parts->body.size);
    if (head)
        memcpy(plain, parts->head.data, head);
    *out = span_of(plain, head + parts->body.size - E2EE_TAG);
    return e2ee_gcm_open(key, parts->iv, parts->head, parts->body, plain + head);
}
