/* SPDX-License-Identifier: Apache-2.0 */
/* Digests by published vectors. */
#include "base/hash.h"

#include "base/encode.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static void check(const uint8_t *digest, size_t size, const char *want)
{
    char text[2 * SHA256_SIZE + 1];
    hex_encode(span_of(digest, size), text);
    assert_string_equal(text, want);
}

static void test_sha256(void **state)
{
    (void)state;
    static const struct {
        const char *text, *want; /* FIPS 180-4 examples */
    } cases[] = {
        {"", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"},
        {"abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"},
        {"abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
         "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1"},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        uint8_t out[SHA256_SIZE];
        hash_sha256(span_of_str(cases[i].text), out);
        check(out, sizeof(out), cases[i].want);
    }
}

/* RFC 2202 and RFC 4231, cases 2 and 6; the empty key and text as any tool computes them. */
static void test_hmac(void **state)
{
    (void)state;
    uint8_t long_key[131];
    memset(long_key, 0xaa, sizeof(long_key));
    const struct {
        struct span key, text;
        const char *sha1, *sha256;
    } cases[] = {
        {SPAN_LITERAL("Jefe"), SPAN_LITERAL("what do ya want for nothing?"),
         "effcdf6ae5eb2fa2d27416d5f184df9c259a7c79",
         "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"},
        {span_of(long_key, 80),
         SPAN_LITERAL("Test Using Larger Than Block-Size Key - Hash Key First"),
         "aa4ae5e15272d00e95705637ce8a3b55ed402112", NULL},
        {span_of(long_key, 131),
         SPAN_LITERAL("Test Using Larger Than Block-Size Key - Hash Key First"), NULL,
         "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54"},
        {{NULL, 0},
         {NULL, 0},
         "fbdb1d1b18aa6c08324b7d64b71fb76370690e1d",
         "b613679a0814d9ec772f95d778c35fc5ff1697c493715653c6c712144292c5ad"},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        uint8_t out[SHA256_SIZE];
        if (cases[i].sha1) {
            hash_hmac_sha1(cases[i].key, cases[i].text, out);
            check(out, SHA1_SIZE, cases[i].sha1);
        }
        if (cases[i].sha256) {
            hash_hmac_sha256(cases[i].key, cases[i].text, out);
            check(out, SHA256_SIZE, cases[i].sha256);
        }
    }
}

static void test_crc32(void **state)
{
    (void)state;
    assert_int_equal(hash_crc32(SPAN_LITERAL("123456789")), 0xcbf43926);
    assert_int_equal(hash_crc32(span_of(NULL, 0)), 0);
    uint8_t all[256];
    for (unsigned i = 0; i < 256; i++)
        all[i] = (uint8_t)i;
    assert_int_equal(hash_crc32(span_of(all, sizeof(all))), 0x29058c73);
}

/* Every input length around a word and around two: bytes 0, 1, 2..., as libcrypto's SIPHASH
 * computes them with one and three rounds. */
static void test_sip(void **state)
{
    (void)state;
    static const uint64_t want[] = {0xabac0158050fc4dc, 0xc9f49bf37d57ca93, 0x82cb9b024dc7d44d,
                                    0x8bf80ab8e7ddf7fb, 0xcf75576088d38328, 0xdef9d52f49533b67,
                                    0xc50d2b50c59f22a7, 0xd3927d989bb11140, 0x369095118d299a8e,
                                    0x25a48eb36c063de4, 0x79de85ee92ff097f, 0x70c118c1f94dc352,
                                    0x78a384b157b4d9a2, 0x306f760c1229ffa7, 0x605aa111c0f95d34,
                                    0xd320d86d2a519956, 0xcc4fdd1a7d908b66, 0x9cf2689063dbd80c};
    const uint64_t key[2] = {0x0706050403020100, 0x0f0e0d0c0b0a0908};
    uint8_t in[64];
    for (size_t n = 0; n < sizeof(want) / sizeof(want[0]); n++) {
        assert_true(hash_sip(key, span_of(in, n)) == want[n]);
        in[n] = (uint8_t)n;
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_sha256),
        cmocka_unit_test(test_hmac),
        cmocka_unit_test(test_crc32),
        cmocka_unit_test(test_sip),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
