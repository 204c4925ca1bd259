/* SPDX-License-Identifier: Apache-2.0 */
/* The libipsec-mb table: published vectors, and equality with OpenSSL's for every size of payload.
 * Its assembly is out of the sanitizers' sight, so buffers end at a page that cannot be touched. */
#include <sys/mman.h>

#include "base/random.h"
#include "rtc/cipher_impl.h"

#include "cipher_vectors.h"

#define PAGE 4096
#define SIZE_MAX_TESTED 1500

struct guarded {
    uint8_t *map;
};

static struct guarded guarded_new(void)
{
    uint8_t *map = mmap(NULL, 2 * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    assert_ptr_not_equal(map, MAP_FAILED);
    assert_int_equal(mprotect(map + PAGE, PAGE, PROT_NONE), 0);
    return (struct guarded){map};
}

static void guarded_free(struct guarded g)
{
    assert_int_equal(munmap(g.map, 2 * PAGE), 0);
}

/* `size` bytes that end where the forbidden page starts. */
static uint8_t *guarded_last(struct guarded g, size_t size)
{
    return g.map + PAGE - size;
}

static void fill(struct random *r, uint8_t *out, size_t size)
{
    for (size_t i = 0; i < size; i++)
        out[i] = (uint8_t)random_next(r);
}

static const struct cipher_ops *ipsec_or_skip(void)
{
    if (!cipher_ipsec())
        skip();
    return cipher_ipsec();
}

static void meets_the_vectors(void **state)
{
    (void)state;
    check_vectors(ipsec_or_skip());
}

static void gcm_equals_evp(size_t key_size)
{
    const struct cipher_ops *ipsec = ipsec_or_skip(), *evp = cipher_evp();
    struct random r;
    random_seed(&r, 7);
    struct guarded in = guarded_new(), out = guarded_new(), head = guarded_new();
    uint8_t key[32], iv[12], expected[SIZE_MAX_TESTED + CIPHER_TAG_MAX];
    fill(&r, key, sizeof key);
    struct cipher *a = ipsec->gcm_new(span_of(key, key_size));
    struct cipher *b = evp->gcm_new(span_of(key, key_size));
    for (size_t size = 0; size <= SIZE_MAX_TESTED; size++) {
        struct span text = span_of(guarded_last(in, size), size);
        size_t sealed_size = size + CIPHER_TAG_MAX, aad_size = 12 + size % 9 * 4;
        struct span aad = span_of(guarded_last(head, aad_size), aad_size);
        uint8_t *sealed = guarded_last(out, sealed_size);
        fill(&r, iv, sizeof iv);
        fill(&r, guarded_last(in, size), size);
        fill(&r, guarded_last(head, aad_size), aad_size);
        evp->gcm_seal(b, iv, aad, text, expected);
        ipsec->gcm_seal(a, iv, aad, text, sealed);
        assert_memory_equal(sealed, expected, sealed_size);
        assert_true(ipsec->gcm_open(a, iv, aad, span_of(sealed, sealed_size), sealed));
        assert_memory_equal(sealed, text.data, size);
        expected[random_below(&r, (uint32_t)sealed_size)] ^= 0x10;
        assert_false(ipsec->gcm_open(a, iv, aad, span_of(expected, sealed_size), sealed));
    }
    ipsec->free(a);
    evp->free(b);
    guarded_free(in);
    guarded_free(out);
    guarded_free(head);
}

static void gcm_128_equals_evp(void **state)
{
    (void)state;
    gcm_equals_evp(16);
}

static void gcm_256_equals_evp(void **state)
{
    (void)state;
    gcm_equals_evp(32);
}

static void ctr_equals_evp(void **state)
{
    (void)state;
    const struct cipher_ops *ipsec = ipsec_or_skip(), *evp = cipher_evp();
    struct random r;
    random_seed(&r, 8);
    struct guarded in = guarded_new();
    uint8_t key[32], iv[16], expected[SIZE_MAX_TESTED];
    fill(&r, key, sizeof key);
    for (size_t key_size = 16; key_size <= 32; key_size += 16) {
        struct cipher *a = ipsec->ctr_new(span_of(key, key_size));
        struct cipher *b = evp->ctr_new(span_of(key, key_size));
        for (size_t size = 0; size <= SIZE_MAX_TESTED; size++) {
            uint8_t *text = guarded_last(in, size);
            fill(&r, iv, sizeof iv);
            if (size % 3 == 0)
                memset(iv + 8, 0xff, 6);
            iv[14] = iv[15] = 0;
            fill(&r, text, size);
            evp->ctr_xor(b, iv, span_of(text, size), expected);
            ipsec->ctr_xor(a, iv, span_of(text, size), text);
            assert_memory_equal(text, expected, size);
        }
        ipsec->free(a);
        evp->free(b);
    }
    guarded_free(in);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(meets_the_vectors),
        cmocka_unit_test(gcm_128_equals_evp),
        cmocka_unit_test(gcm_256_equals_evp),
        cmocka_unit_test(ctr_equals_evp),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
