/* SPDX-License-Identifier: Apache-2.0 */
/* The narrowed provider: what a handshake needs is there and works, what it has no use for is not.
 */
#include "rtc/dtls_provider.h"

#include <openssl/evp.h>
#include <openssl/kdf.h>
#include <openssl/x509.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static bool has_key_type(OSSL_LIB_CTX *context, const char *name)
{
    EVP_KEYMGMT *found = EVP_KEYMGMT_fetch(context, name, NULL);
    EVP_KEYMGMT_free(found);
    return found != NULL;
}

static bool has_cipher(OSSL_LIB_CTX *context, const char *name)
{
    EVP_CIPHER *found = EVP_CIPHER_fetch(context, name, NULL);
    EVP_CIPHER_free(found);
    return found != NULL;
}

static bool has_digest(OSSL_LIB_CTX *context, const char *name)
{
    EVP_MD *found = EVP_MD_fetch(context, name, NULL);
    EVP_MD_free(found);
    return found != NULL;
}

static bool has_kdf(OSSL_LIB_CTX *context, const char *name)
{
    EVP_KDF *found = EVP_KDF_fetch(context, name, NULL);
    EVP_KDF_free(found);
    return found != NULL;
}

static void test_contents(void **state)
{
    (void)state;
    OSSL_LIB_CTX *context = dtls_provider_context();
    assert_non_null(context);
    assert_ptr_equal(dtls_provider_context(), context);
    assert_true(has_key_type(context, "EC"));
    assert_true(has_key_type(context, "RSA"));
    assert_true(has_key_type(context, "X25519"));
    assert_true(has_cipher(context, "AES-128-GCM"));
    assert_true(has_cipher(context, "AES-256-GCM"));
    assert_true(has_digest(context, "SHA2-256"));
    assert_true(has_digest(context, "SHA2-384"));
    assert_true(has_kdf(context, "TLS1-PRF"));
    const char *const others[] = {"ED25519", "ED448", "X448", "DSA", "DH", "RSA-PSS", "SM2"};
    for (size_t i = 0; i < sizeof others / sizeof others[0]; i++) {
        assert_true(has_key_type(NULL, others[i]));
        assert_false(has_key_type(context, others[i]));
    }
    assert_false(has_cipher(context, "AES-128-CBC"));
    assert_false(has_digest(context, "SHA3-256"));
    assert_false(has_kdf(context, "PBKDF2"));
    assert_true(has_cipher(NULL, "AES-128-CBC") && has_digest(NULL, "SHA3-256"));
    assert_true(has_kdf(NULL, "PBKDF2"));
}

/* A certificate as a peer might send it, made with all of OpenSSL. */
static int certificate(EVP_PKEY *key, const EVP_MD *digest, uint8_t **der)
{
    X509 *cert = X509_new();
    X509_gmtime_adj(X509_getm_notBefore(cert), 0);
    X509_gmtime_adj(X509_getm_notAfter(cert), 3600);
    assert_int_equal(X509_set_pubkey(cert, key), 1);
    assert_true(X509_sign(cert, key, digest) > 0);
    *der = NULL;
    int size = i2d_X509(cert, der);
    assert_true(size > 0);
    X509_free(cert);
    return size;
}

/* Whether the narrowed context finds a key in the certificate, with which its signature is right.
 */
static bool reads_certificate(EVP_PKEY *key, const EVP_MD *digest)
{
    uint8_t *der;
    int size = certificate(key, digest, &der);
    const uint8_t *at = der;
    X509 *cert = X509_new_ex(dtls_provider_context(), NULL);
    assert_non_null(d2i_X509(&cert, &at, size));
    EVP_PKEY *found = X509_get0_pubkey(cert);
    bool good = found && X509_verify(cert, found) == 1;
    X509_free(cert);
    OPENSSL_free(der);
    EVP_PKEY_free(key);
    return good;
}

static void test_certificates(void **state)
{
    (void)state;
    assert_true(reads_certificate(EVP_EC_gen("P-256"), EVP_sha256()));
    assert_true(reads_certificate(EVP_EC_gen("P-384"), EVP_sha384()));
    assert_true(reads_certificate(EVP_RSA_gen(2048), EVP_sha256()));
    assert_false(reads_certificate(EVP_PKEY_Q_keygen(NULL, NULL, "ED25519"), NULL));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_contents),
        cmocka_unit_test(test_certificates),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
