/* SPDX-License-Identifier: Apache-2.0 */
/* What tests of TLS need: a fresh certificate and key in files of their own, and a client context
 * that accepts it. */
#ifndef TESTS_NET_TLS_KIT_H
#define TESTS_NET_TLS_KIT_H

#include "base/mem.h"

#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

struct tls_kit {
    char folder[64];
    char cert_file[96], key_file[96];
    SSL_CTX *client;
};

static inline X509 *tls_kit_certificate(EVP_PKEY *key)
{
    X509 *cert = X509_new();
    X509_set_version(cert, 2);
    ASN1_INTEGER_set(X509_get_serialNumber(cert), 1);
    X509_gmtime_adj(X509_getm_notBefore(cert), -3600);
    X509_gmtime_adj(X509_getm_notAfter(cert), 3600);
    X509_NAME *name = X509_get_subject_name(cert);
    X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC, (const unsigned char *)"localhost", -1, -1,
                               0);
    X509_set_issuer_name(cert, name);
    X509_set_pubkey(cert, key);
    X509_sign(cert, key, EVP_sha256());
    return cert;
}

static inline void tls_kit_free(struct tls_kit *k)
{
    if (!k)
        return;
    unlink(k->cert_file);
    unlink(k->key_file);
    rmdir(k->folder);
    SSL_CTX_free(k->client);
    free(k);
}

static inline struct tls_kit *tls_kit_new(void)
{
    struct tls_kit *k = xcalloc(1, sizeof(*k));
    const char *parent = getenv("TMPDIR");
    snprintf(k->folder, sizeof(k->folder), "%.40s/tls-kit-XXXXXX", parent ? parent : "/tmp");
    EVP_PKEY *key = EVP_EC_gen("P-256");
    X509 *cert = tls_kit_certificate(key);
    bool ok = mkdtemp(k->folder) != NULL;
    snprintf(k->cert_file, sizeof(k->cert_file), "%s/cert.pem", k->folder);
    snprintf(k->key_file, sizeof(k->key_file), "%s/key.pem", k->folder);
    FILE *f = ok ? fopen(k->cert_file, "w") : NULL;
    ok = f && PEM_write_X509(f, cert) == 1;
    if (f)
        fclose(f);
    f = ok ? fopen(k->key_file, "w") : NULL;
    ok = f && PEM_write_PrivateKey(f, key, NULL, NULL, 0, NULL, NULL) == 1;
    if (f)
        fclose(f);
    X509_free(cert);
    EVP_PKEY_free(key);
    k->client = SSL_CTX_new(TLS_client_method());
    SSL_CTX_set_verify(k->client, SSL_VERIFY_NONE, NULL);
    SSL_CTX_set_mode(k->client, SSL_MODE_AUTO_RETRY);
    if (ok)
        return k;
    tls_kit_free(k);
    return NULL;
}

#endif
