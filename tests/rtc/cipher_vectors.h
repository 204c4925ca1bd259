/* SPDX-License-Identifier: Apache-2.0 */
/* Published vectors that every cipher table has to meet: RFC 3711 B.2, RFC 7714 16 and 17, RFC
 * 2202 3. */
#ifndef TESTS_RTC_CIPHER_VECTORS_H
#define TESTS_RTC_CIPHER_VECTORS_H

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#include "base/encode.h"
#include "rtc/cipher.h"

static inline struct span unhex(const char *hex, uint8_t *out, size_t capacity)
{
    size_t size = 0;
    assert_true(hex_decode(span_of_str(hex), out, capacity, &size));
    return span_of(out, size);
}

struct gcm_vector {
    const char *key, *iv, *aad, *text, *sealed;
};

#define KEY_128 "000102030405060708090a0b0c0d0e0f"
#define KEY_256 KEY_128 "101112131415161718191a1b1c1d1e1f"
#define RTP_TEXT "47616c6c696120657374206f6d6e69732064697669736120696e207061727465732074726573"
#define RTCP_TEXT                                                                                  \
    "4e5450314e545032525450200000042a0000e9304c756e61deadbeefdeadbeefdeadbeefdeadbeefdeadbeef"

static const struct gcm_vector gcm_vectors[] = {
    /* RFC 7714 16.1.1, 16.2.1 */
    {KEY_128, "51753c6580c2726f20718414", "8040f17b8041f8d35501a0b2", RTP_TEXT,
     "f24de3a3fb34de6cacba861c9d7e4bcabe633bd50d294e6f42a5f47a51c7d19b36de3adf8833"
     "899d7f27beb16a9152cf765ee4390cce"},
    {KEY_256, "51753c6580c2726f20718414", "8040f17b8041f8d35501a0b2", RTP_TEXT,
     "32b1de78a822fe12ef9f78fa332e33aab18012389a58e2f3b50b2a0276ffae0f1ba63799b87b"
     "7aa3db36dfffd6b0f9bb7878d7a76c13"},
    /* RFC 7714 17.1, 17.3 (the nonce is the salt with SSRC 4d617273 and index 5d4) */
    {KEY_128, "517524055203726f207170bb", "81c8000d4d617273800005d4", RTCP_TEXT,
     "63e94885dcdab67ca727d7662f6b7e997ff5c0f76c06f32dc676a5f1730d6fda4ce09b4686303ded0bb9275b"
     "c84aa45896cf4d2fc5abf87245d9eade"},
    {KEY_256, "517524055203726f207170bb", "81c8000d4d617273800005d4", RTCP_TEXT,
     "d50ae4d1f5ce5d304ba297e47d470c282c3ece5dbffe0a50a2eaa5c1110555be8415f658c61de0476f1b6fad"
     "1d1eb30c4446839f57ff6f6cb26ac3be"},
};

static inline void check_gcm_vector(const struct cipher_ops *ops, const struct gcm_vector *v)
{
    uint8_t key[32], iv[12], aad[16], text[64], sealed[64], out[64];
    struct span k = unhex(v->key, key, sizeof key);
    unhex(v->iv, iv, sizeof iv);
    struct span a = unhex(v->aad, aad, sizeof aad);
    struct span t = unhex(v->text, text, sizeof text);
    struct span s = unhex(v->sealed, sealed, sizeof sealed);

    struct cipher *c = ops->gcm_new(k), *d = ops->gcm_new(k);
    ops->gcm_seal(c, iv, a, t, out);
    assert_memory_equal(out, s.data, s.size);
    assert_true(ops->gcm_open(d, iv, a, s, out));
    assert_memory_equal(out, t.data, t.size);

    for (size_t bit = 0; bit < s.size * 8; bit++) { /* a flipped bit anywhere */
        sealed[bit / 8] ^= (uint8_t)(1u << (bit % 8));
        assert_false(ops->gcm_open(d, iv, a, s, out));
        sealed[bit / 8] ^= (uint8_t)(1u << (bit % 8));
    }
    for (size_t size = 0; size < s.size; size++) /* cut off anywhere */
        assert_false(ops->gcm_open(d, iv, a, span_first(s, size), out));
    aad[0] ^= 1;
    assert_false(ops->gcm_open(d, iv, a, s, out));
    aad[0] ^= 1;
    assert_true(ops->gcm_open(d, iv, a, s, sealed)); /* in place; no trace of the failures */
    assert_memory_equal(sealed, t.data, t.size);
    ops->free(c);
    ops->free(d);
}

/* RFC 3711 B.2: the first keystream blocks, and those where the low byte of the counter overflows.
 */
static inline void check_ctr_vector(const struct cipher_ops *ops)
{
    uint8_t key[16], iv[16], expected[48], out[0xff02 * 16] = {0};
    struct cipher *c = ops->ctr_new(unhex("2b7e151628aed2a6abf7158809cf4f3c", key, sizeof key));
    unhex("f0f1f2f3f4f5f6f7f8f9fafbfcfd0000", iv, sizeof iv);
    ops->ctr_xor(c, iv, span_of(out, sizeof out), out);
    unhex("e03ead0935c95e80e166b16dd92b4eb4d23513162b02d0f72a43a2fe4a5f97ab"
          "41e95b3bb0a2e8dd477901e4fca894c0",
          expected, sizeof expected);
    assert_memory_equal(out, expected, sizeof expected);
    unhex("ec8cdf7398607cb0f2d21675ea9ea1e4362b7c3c6773516318a077d7fc5073ae"
          "6a2cc3787889374fbeb4c81b17ba6c44",
          expected, sizeof expected);
    assert_memory_equal(out + 0xfeff * 16, expected, sizeof expected);
    ops->free(c);
}

/* RFC 2202 3, test cases 1 to 3: the message is given in two parts, split everywhere. */
static inline void check_hmac_vectors(const struct cipher_ops *ops)
{
    static const struct {
        const char *key, *message, *mac;
    } cases[] = {
        {"0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b", "4869205468657265",
         "b617318655057264e28bc0b6fb378c8ef146be00"},
        {"4a656665", "7768617420646f2079612077616e7420666f72206e6f7468696e673f",
         "effcdf6ae5eb2fa2d27416d5f184df9c259a7c79"},
        {"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
         "dddddddddddddddddddddddddddddddddddddddddddddddddddd"
         "dddddddddddddddddddddddddddddddddddddddddddddddd",
         "125d7342b9ac11cd91a39af48aa17b4f63f175d3"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        uint8_t key[20], message[50], mac[20], out[20];
        struct cipher *c = ops->hmac_new(unhex(cases[i].key, key, sizeof key));
        struct span m = unhex(cases[i].message, message, sizeof message);
        unhex(cases[i].mac, mac, sizeof mac);
        for (size_t at = 0; at <= m.size; at++) {
            ops->hmac(c, span_first(m, at), span_from(m, at), out);
            assert_memory_equal(out, mac, sizeof mac);
        }
        ops->free(c);
    }
}

static inline void check_vectors(const struct cipher_ops *ops)
{
    for (size_t i = 0; i < sizeof gcm_vectors / sizeof *gcm_vectors; i++)
        check_gcm_vector(ops, &gcm_vectors[i]);
    check_ctr_vector(ops);
    check_hmac_vectors(ops);
    ops->free(NULL);
}

#endif
