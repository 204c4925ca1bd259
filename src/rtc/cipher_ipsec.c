/* SPDX-License-Identifier: Apache-2.0 */
/* The cipher table over libipsec-mb (x86-64). One manager per process, made at the first use and
 * shared by all threads: the direct GCM calls and the counter-mode burst keep nothing in it but a
 * status word that is always 0. HMAC-SHA1 is OpenSSL's: the library's is made for 16 messages at
 * once, and one alone costs four times as much. */
#include "rtc/cipher_impl.h"

#ifndef BEDRUD_IPSEC_MB

const struct cipher_ops *cipher_ipsec(void)
{
    return NULL;
}

#else

#define NO_COMPAT_IMB_API_053 /* its old names collide with others' */

#include <assert.h>
#include <intel-ipsec-mb.h>
#include <stdalign.h>
#include <stdatomic.h>
#include <stdlib.h>

#include "base/mem.h"

#define GCM_TAG 16
#define LINE 64 /* a cache line, on which the library wants key data */

struct ipsec {
    struct cipher head;
    bool wide; /* 256-bit key */
    alignas(LINE) union {
        struct gcm_key_data gcm;
        uint8_t ctr[16 * 15]; /* round keys */
    } key;
};

static IMB_MGR *manager_new(void)
{
    const uint64_t needed = IMB_FEATURE_AESNI | IMB_FEATURE_PCLMULQDQ;
    IMB_MGR *m = alloc_mb_mgr(0);
    assert(m);
    init_mb_mgr_auto(m, NULL);
    bool untested =
        (m->features & IMB_FEATURE_SELF_TEST) && !(m->features & IMB_FEATURE_SELF_TEST_PASS);
    if (imb_get_errno(m) == 0 && (m->features & needed) == needed && !untested)
        return m;
    free_mb_mgr(m);
    return NULL;
}

/* NULL when this CPU lacks the instructions. Two threads may both make one at first; one of them is
 * kept. */
static IMB_MGR *manager(void)
{
    static _Atomic(IMB_MGR *) shared;
    static atomic_bool unfit;

    IMB_MGR *have = atomic_load_explicit(&shared, memory_order_acquire);
    if (have || atomic_load_explicit(&unfit, memory_order_relaxed))
        return have;
    IMB_MGR *mine = manager_new();
    if (!mine) {
        atomic_store(&unfit, true);
        return NULL;
    }
    if (atomic_compare_exchange_strong(&shared, &have, mine))
        return mine;
    free_mb_mgr(mine);
    return have;
}

static struct ipsec *ipsec_new(enum cipher_kind kind, struct span key)
{
    assert(key.size == 16 || key.size == 32);
    struct ipsec *x = aligned_alloc(LINE, sizeof *x);
    assert(x);
    x->head.kind = kind;
    x->wide = key.size == 32;
    return x;
}

static struct ipsec *context(struct cipher *c, enum cipher_kind kind)
{
    assert(c->kind == kind);
    return (struct ipsec *)(void *)c;
}

static struct cipher *gcm_new(struct span key)
{
    struct ipsec *x = ipsec_new(CIPHER_IPSEC_GCM, key);
    IMB_MGR *m = manager();
    if (x->wide)
        IMB_AES256_GCM_PRE(m, key.data, &x->key.gcm);
    else
        IMB_AES128_GCM_PRE(m, key.data, &x->key.gcm);
    return &x->head;
}

static void gcm_seal(struct cipher *c, const uint8_t iv[12], struct span aad, struct span in,
                     uint8_t *out)
{
    const struct ipsec *x = context(c, CIPHER_IPSEC_GCM);
    IMB_MGR *m = manager();
    struct gcm_context_data scratch;
    uint8_t *tag = out + in.size;
    if (x->wide)
        IMB_AES256_GCM_ENC(m, &x->key.gcm, &scratch, out, in.data, in.size, iv, aad.data, aad.size,
                           tag, GCM_TAG);
    else
        IMB_AES128_GCM_ENC(m, &x->key.gcm, &scratch, out, in.data, in.size, iv, aad.data, aad.size,
                           tag, GCM_TAG);
}

static bool gcm_open(struct cipher *c, const uint8_t iv[12], struct span aad, struct span in,
                     uint8_t *out)
{
    if (in.size < GCM_TAG)
        return false;
    const struct ipsec *x = context(c, CIPHER_IPSEC_GCM);
    IMB_MGR *m = manager();
    struct gcm_context_data scratch;
    size_t size = in.size - GCM_TAG;
    uint8_t tag[GCM_TAG];
    if (x->wide)
        IMB_AES256_GCM_DEC(m, &x->key.gcm, &scratch, out, in.data, size, iv, aad.data, aad.size,
                           tag, GCM_TAG);
    else
        IMB_AES128_GCM_DEC(m, &x->key.gcm, &scratch, out, in.data, size, iv, aad.data, aad.size,
                           tag, GCM_TAG);
    return mem_equal_ct(tag, in.data + size, GCM_TAG);
}

static struct cipher *ctr_new(struct span key)
{
    struct ipsec *x = ipsec_new(CIPHER_IPSEC_CTR, key);
    IMB_MGR *m = manager();
    alignas(LINE) uint8_t backwards[sizeof x->key.ctr]; /* of no use in counter mode */
    if (x->wide)
        IMB_AES_KEYEXP_256(m, key.data, x->key.ctr, backwards);
    else
        IMB_AES_KEYEXP_128(m, key.data, x->key.ctr, backwards);
    mem_wipe(backwards, sizeof backwards);
    return &x->head;
}

static void ctr_xor(struct cipher *c, const uint8_t iv[16], struct span in, uint8_t *out)
{
    if (in.size == 0)
        return;
    const struct ipsec *x = context(c, CIPHER_IPSEC_CTR);
    IMB_KEY_SIZE_BYTES key_size = x->wide ? IMB_KEY_256_BYTES : IMB_KEY_128_BYTES;
    IMB_JOB job = {
        .enc_keys = x->key.ctr,
        .dec_keys = x->key.ctr,
        .key_len_in_bytes = (uint64_t)key_size,
        .src = in.data,
        .dst = out,
        .msg_len_to_cipher_in_bytes = in.size,
        .iv = iv,
        .iv_len_in_bytes = 16,
        .cipher_mode = IMB_CIPHER_CNTR,
        .cipher_direction = IMB_DIR_ENCRYPT,
    };
    uint32_t done = IMB_SUBMIT_CIPHER_BURST_NOCHECK(manager(), &job, 1, IMB_CIPHER_CNTR,
                                                    IMB_DIR_ENCRYPT, key_size);
    assert(done == 1 && job.status == IMB_STATUS_COMPLETED);
}

static void ipsec_free(struct cipher *c)
{
    if (!c || c->kind == CIPHER_EVP_HMAC) {
        cipher_evp_free(c);
        return;
    }
    mem_wipe(c, sizeof(struct ipsec));
    free(c);
}

const struct cipher_ops *cipher_ipsec(void)
{
    static const struct cipher_ops ops = {
        .name = "ipsec-mb",
        .gcm_new = gcm_new,
        .gcm_seal = gcm_seal,
        .gcm_open = gcm_open,
        .ctr_new = ctr_new,
        .ctr_xor = ctr_xor,
        .hmac_new = cipher_evp_hmac_new,
        .hmac = cipher_evp_hmac,
        .free = ipsec_free,
    };
    return manager() ? &ops : NULL;
}

#endif
