/* SPDX-License-Identifier: Apache-2.0 */
/* The OpenSSL table: published vectors, and HMAC against the one-shot function of base/hash. */
#include <openssl/crypto.h>
#include <stdlib.h>

#include "base/hash.h"
#include "rtc/cipher_impl.h"

#include "cipher_vectors.h"

static size_t allocations; /* by OpenSSL */

static void *counted_malloc(size_t size, const char *file, int line)
{
    (void)file, (void)line;
    allocations++;
    return malloc(size);
}

static void *counted_realloc(void *p, size_t size, const char *file, int line)
{
    (void)file, (void)line;
    allocations++;
    return realloc(p, size);
}

static void counted_free(void *p, const char *file, int line)
{
    (void)file, (void)line;
    free(p);
}

static void meets_the_vectors(void **state)
{
    (void)state;
    check_vectors(cipher_evp());
}

static void hmac_equals_the_one_shot_function(void **state)
{
    (void)state;
    uint8_t key[64], message[300], expected[SHA1_SIZE], out[20];
    for (size_t i = 0; i < sizeof message; i++)
        message[i] = (uint8_t)(i * 7);
    for (size_t size = 0; size <= sizeof key; size++) {
        memset(key, (int)size, sizeof key);
        struct cipher *c = cipher_evp_hmac_new(span_of(key, size));
        hash_hmac_sha1(span_of(key, size), span_of(message, sizeof message), expected);
        cipher_evp_hmac(c, span_of(message, size), span_of(message + size, sizeof message - size),
                        out);
        assert_memory_equal(out, expected, sizeof out);
        cipher_evp_free(c);
    }
}

static void one_context_serves_both_directions_in_turn(void **state)
{
    (void)state;
    static const uint8_t key[16] = {1}, iv[12] = {2}, text[5] = "hello";
    const struct cipher_ops *ops = cipher_evp();
    struct cipher *c = ops->gcm_new(span_of(key, sizeof key));
    for (int i = 0; i < 3; i++) {
        uint8_t packet[sizeof text + CIPHER_TAG_MAX];
        ops->gcm_seal(c, iv, SPAN_LITERAL("a"), span_of(text, sizeof text), packet);
        assert_true(
            ops->gcm_open(c, iv, SPAN_LITERAL("a"), span_of(packet, sizeof packet), packet));
        assert_memory_equal(packet, text, sizeof text);
    }
    ops->free(c);
}

static void packets_cost_no_allocation(void **state)
{
    (void)state;
    static const uint8_t key[20] = {1}, iv[16] = {2};
    const struct cipher_ops *ops = cipher_evp();
    struct cipher *gcm = ops->gcm_new(span_of(key, 16)), *ctr = ops->ctr_new(span_of(key, 16));
    struct cipher *hmac = ops->hmac_new(span_of(key, 20));
    uint8_t packet[1200 + CIPHER_TAG_MAX] = {0}, mac[20];
    size_t before = allocations;
    assert_true(before > 0);
    for (int i = 0; i < 10; i++) {
        ops->gcm_seal(gcm, iv, SPAN_LITERAL("header"), span_of(packet, 1200), packet);
        assert_true(
            ops->gcm_open(gcm, iv, SPAN_LITERAL("header"), span_of(packet, sizeof packet), packet));
        ops->ctr_xor(ctr, iv, span_of(packet, 1200), packet);
        ops->hmac(hmac, span_of(packet, 1200), SPAN_LITERAL("roc"), mac);
    }
    assert_int_equal(allocations, before);
    ops->free(gcm);
    ops->free(ctr);
    ops->free(hmac);
}

int main(void)
{
    if (CRYPTO_set_mem_functions(counted_malloc, counted_realloc, counted_free) != 1)
        return 1;
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(meets_the_vectors),
        cmocka_unit_test(hmac_equals_the_one_shot_function),
        cmocka_unit_test(packets_cost_no_allocation),
        cmocka_unit_test(one_context_serves_both_directions_in_turn),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
