/* SPDX-License-Identifier: Apache-2.0 */
/* Digests: SHA and HMAC through libcrypto, whose algorithms are fetched once for the process;
 * CRC-32 and SipHash (Aumasson and Bernstein) by hand. Safe on every thread. */
#include "base/hash.h"

#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <openssl/params.h>
#include <pthread.h>
#include <stdlib.h>

static struct {
    EVP_MD *sha256;
    EVP_MAC_CTX *hmac_sha1, *hmac_sha256; /* never keyed: templates to be copied */
} fetched;

static pthread_once_t fetch_once = PTHREAD_ONCE_INIT;

static EVP_MAC_CTX *hmac_template(EVP_MAC *mac, const char *digest)
{
    char name[16];
    strncpy(name, digest, sizeof(name) - 1);
    name[sizeof(name) - 1] = '\0';
    OSSL_PARAM params[] = {OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, name, 0),
                           OSSL_PARAM_construct_end()};
    EVP_MAC_CTX *ctx = EVP_MAC_CTX_new(mac);
    if (!ctx || EVP_MAC_CTX_set_params(ctx, params) != 1)
        abort();
    return ctx;
}

static void fetch(void)
{
    fetched.sha256 = EVP_MD_fetch(NULL, "SHA256", NULL);
    EVP_MAC *mac = EVP_MAC_fetch(NULL, "HMAC", NULL);
    if (!fetched.sha256 || !mac)
        abort();
    fetched.hmac_sha1 = hmac_template(mac, "SHA1");
    fetched.hmac_sha256 = hmac_template(mac, "SHA256");
    EVP_MAC_free(mac);
}

/* libcrypto takes NULL for "as before", so that an empty key or text still needs an address. */
static const uint8_t *non_null(struct span s)
{
    static const uint8_t none[1];
    return s.size ? s.data : none;
}

void hash_sha256(struct span in, uint8_t out[SHA256_SIZE])
{
    pthread_once(&fetch_once, fetch);
    if (EVP_Digest(non_null(in), in.size, out, NULL, fetched.sha256, NULL) != 1)
        abort();
}

static void hmac(const EVP_MAC_CTX *template, struct span key, struct span in, uint8_t *out,
                 size_t size)
{
    size_t written = 0;
    EVP_MAC_CTX *ctx = EVP_MAC_CTX_dup(template);
    if (!ctx || EVP_MAC_init(ctx, non_null(key), key.size, NULL) != 1 ||
        EVP_MAC_update(ctx, non_null(in), in.size) != 1 ||
        EVP_MAC_final(ctx, out, &written, size) != 1 || written != size)
        abort();
    EVP_MAC_CTX_free(ctx);
}

void hash_hmac_sha1(struct span key, struct span in, uint8_t out[SHA1_SIZE])
{
    pthread_once(&fetch_once, fetch);
    hmac(fetched.hmac_sha1, key, in, out, SHA1_SIZE);
}

void hash_hmac_sha256(struct span key, struct span in, uint8_t out[SHA256_SIZE])
{
    pthread_once(&fetch_once, fetch);
    hmac(fetched.hmac_sha256, key, in, out, SHA256_SIZE);
}

uint32_t hash_crc32(struct span in)
{
    /* The remainders of the sixteen nibbles: 64 bytes of table, two steps a byte. STUN messages are
     * short. */
    static const uint32_t nibble[16] = {
        0x00000000, 0x1db71064, 0x3b6e20c8, 0x26d930ac, 0x76dc4190, 0x6b6b51f4,
        0x4db26158, 0x5005713c, 0xedb88320, 0xf00f9344, 0xd6d6a3e8, 0xcb61b38c,
        0x9b64c2b0, 0x86d3d2d4, 0xa00ae278, 0xbdbdf21c,
    };
    uint32_t crc = UINT32_MAX;
    for (size_t i = 0; i < in.size; i++) {
        crc ^= in.data[i];
        crc = crc >> 4 ^ nibble[crc & 15];
        crc = crc >> 4 ^ nibble[crc & 15];
    }
    return ~crc;
}

static uint64_t rotate_left(uint64_t x, unsigned bits)
{
    return x << bits | x >> (64 - bits);
}

static void sip_round(uint64_t v[4])
{
    v[0] += v[1];
    v[1] = rotate_left(v[1], 13) ^ v[0];
    v[0] = rotate_left(v[0], 32);
    v[2] += v[3];
    v[3] = rotate_left(v[3], 16) ^ v[2];
    v[0] += v[3];
    v[3] = rotate_left(v[3], 21) ^ v[0];
    v[2] += v[1];
    v[1] = rotate_left(v[1], 17) ^ v[2];
    v[2] = rotate_left(v[2], 32);
}

static uint64_t read_le(const uint8_t *p, size_t size)
{
    uint64_t v = 0;
    for (size_t i = size; i-- > 0;)
        v = v << 8 | p[i];
    return v;
}

uint64_t hash_sip(const uint64_t key[2], struct span in)
{
    uint64_t v[4] = {key[0] ^ 0x736f6d6570736575u, key[1] ^ 0x646f72616e646f6du,
                     key[0] ^ 0x6c7967656e657261u, key[1] ^ 0x7465646279746573u};
    size_t at = 0;
    for (; in.size - at >= 8; at += 8) {
        uint64_t word = read_le(in.data + at, 8);
        v[3] ^= word;
        sip_round(v);
        v[0] ^= word;
    }
    uint64_t last = (uint64_t)in.size << 56;
    if (at < in.size)
        last |= read_le(in.data + at, in.size - at);
    v[3] ^= last;
    sip_round(v);
    v[0] ^= last;
    v[2] ^= 0xff;
    for (unsigned i = 0; i < 3; i++)
        sip_round(v);
    return v[0] ^ v[1] ^ v[2] ^ v[3];
}
