/* SPDX-License-Identifier: Apache-2.0 */
/* The cipher table over OpenSSL: works on every CPU. Ciphers are fetched once per process and
 * shared by all threads; contexts belong to their creator. HMAC keeps the two SHA-1 states after
 * the key's blocks and copies them per message: EVP's HMAC allocates on every restart, and this one
 * never does. */

/* The SHA_CTX functions, which copy by value, are not declared otherwise. */
#define OPENSSL_API_COMPAT 0x10100000L

#include <assert.h>
#include <openssl/evp.h>
#include <openssl/sha.h>
#include <stdatomic.h>
#include <stdlib.h>

#include "base/mem.h"
#include "rtc/cipher_impl.h"

#define GCM_TAG 16
#define HMAC_BLOCK 64

struct evp {
    struct cipher head;
    EVP_CIPHER_CTX *ctx;
};

struct evp_hmac {
    struct cipher head;
    SHA_CTX inner, outer;
};

enum { AES128_GCM, AES256_GCM, AES128_CTR, AES256_CTR };

/* Two threads may both fetch at first; one of the results is kept. */
static const EVP_CIPHER *fetched(int which)
{
    static _Atomic(EVP_CIPHER *) ciphers[4];
    static const char *const names[] = {"AES-128-GCM", "AES-256-GCM", "AES-128-CTR", "AES-256-CTR"};

    EVP_CIPHER *have = atomic_load_explicit(&ciphers[which], memory_order_acquire);
    if (have)
        return have;
    EVP_CIPHER *mine = EVP_CIPHER_fetch(NULL, names[which], NULL);
    assert(mine);
    if (atomic_compare_exchange_strong(&ciphers[which], &have, mine))
        return mine;
    EVP_CIPHER_free(mine);
    return have;
}

static struct cipher *evp_new(const EVP_CIPHER *cipher, struct span key)
{
    struct evp *e = xmalloc(sizeof *e);
    e->head.kind = CIPHER_EVP;
    e->ctx = EVP_CIPHER_CTX_new();
    assert(e->ctx);
    int ok = EVP_EncryptInit_ex2(e->ctx, cipher, key.data, NULL, NULL);
    assert(ok == 1);
    return &e->head;
}

static EVP_CIPHER_CTX *context(struct cipher *c)
{
    assert(c->kind == CIPHER_EVP);
    return ((struct evp *)(void *)c)->ctx;
}

static struct cipher *gcm_new(struct span key)
{
    assert(key.size == 16 || key.size == 32);
    return evp_new(fetched(key.size == 16 ? AES128_GCM : AES256_GCM), key);
}

static void gcm_seal(struct cipher *c, const uint8_t iv[12], struct span aad, struct span in,
                     uint8_t *out)
{
    EVP_CIPHER_CTX *ctx = context(c);
    int n = 0, ok = EVP_EncryptInit_ex2(ctx, NULL, NULL, iv, NULL);
    if (aad.size > 0)
        ok &= EVP_EncryptUpdate(ctx, NULL, &n, aad.data, (int)aad.size);
    if (in.size > 0)
        ok &= EVP_EncryptUpdate(ctx, out, &n, in.data, (int)in.size);
    ok &= EVP_EncryptFinal_ex(ctx, out + in.size, &n);
    ok &= EVP_CIPHER_CTX_ctrl(ctx, EVP_CTRL_AEAD_GET_TAG, GCM_TAG, out + in.size);
    assert(ok == 1);
}

static bool gcm_open(struct cipher *c, const uint8_t iv[12], struct span aad, struct span in,
                     uint8_t *out)
{
    if (in.size < GCM_TAG)
        return false;
    EVP_CIPHER_CTX *ctx = context(c);
    struct span text = span_first(in, in.size - GCM_TAG);
    uint8_t tag[GCM_TAG];
    memcpy(tag, in.data + text.size, GCM_TAG);

    int n = 0, ok = EVP_DecryptInit_ex2(ctx, NULL, NULL, iv, NULL);
    ok &= EVP_CIPHER_CTX_ctrl(ctx, EVP_CTRL_AEAD_SET_TAG, GCM_TAG, tag);
    if (aad.size > 0)
        ok &= EVP_DecryptUpdate(ctx, NULL, &n, aad.data, (int)aad.size);
    if (text.size > 0)
        ok &= EVP_DecryptUpdate(ctx, out, &n, text.data, (int)text.size);
    assert(ok == 1);
    uint8_t none[GCM_TAG];
    return EVP_DecryptFinal_ex(ctx, none, &n) == 1;
}

static struct cipher *ctr_new(struct span key)
{
    assert(key.size == 16 || key.size == 32);
    return evp_new(fetched(key.size == 16 ? AES128_CTR : AES256_CTR), key);
}

static void ctr_xor(struct cipher *c, const uint8_t iv[16], struct span in, uint8_t *out)
{
    if (in.size == 0)
        return;
    EVP_CIPHER_CTX *ctx = context(c);
    int n = 0, ok = EVP_EncryptInit_ex2(ctx, NULL, NULL, iv, NULL);
    ok &= EVP_EncryptUpdate(ctx, out, &n, in.data, (int)in.size);
    assert(ok == 1);
}

/* The state of SHA-1 after the key's block (RFC 2104). */
static void absorb_key(SHA_CTX *sha, struct span key, uint8_t pad)
{
    uint8_t block[HMAC_BLOCK];
    memset(block, pad, sizeof block);
    for (size_t i = 0; i < key.size; i++)
        block[i] ^= key.data[i];
    SHA1_Init(sha);
    SHA1_Update(sha, block, sizeof block);
    mem_wipe(block, sizeof block);
}

struct cipher *cipher_evp_hmac_new(struct span key)
{
    assert(key.size <= HMAC_BLOCK);
    struct evp_hmac *h = xmalloc(sizeof *h);
    h->head.kind = CIPHER_EVP_HMAC;
    absorb_key(&h->inner, key, 0x36);
    absorb_key(&h->outer, key, 0x5c);
    return &h->head;
}

void cipher_evp_hmac(struct cipher *c, struct span a, struct span b, uint8_t out[20])
{
    assert(c->kind == CIPHER_EVP_HMAC);
    const struct evp_hmac *h = (const struct evp_hmac *)(const void *)c;
    SHA_CTX sha = h->inner;
    SHA1_Update(&sha, a.data, a.size);
    SHA1_Update(&sha, b.data, b.size);
    SHA1_Final(out, &sha);
    sha = h->outer;
    SHA1_Update(&sha, out, SHA_DIGEST_LENGTH);
    SHA1_Final(out, &sha);
}

void cipher_evp_free(struct cipher *c)
{
    if (!c)
        return;
    if (c->kind == CIPHER_EVP) {
        EVP_CIPHER_CTX_free(context(c)); /* wipes its key schedule */
        free(c);
        return;
    }
    assert(c->kind == CIPHER_EVP_HMAC);
    mem_wipe(c, sizeof(struct evp_hmac));
    free(c);
}

const struct cipher_ops *cipher_evp(void)
{
    static const struct cipher_ops ops = {
        .name = "evp",
        .gcm_new = gcm_new,
        .gcm_seal = gcm_seal,
        .gcm_open = gcm_open,
        .ctr_new = ctr_new,
        .ctr_xor = ctr_xor,
        .hmac_new = cipher_evp_hmac_new,
        .hmac = cipher_evp_hmac,
        .free = cipher_evp_free,
    };
    return &ops;
}
