/* SPDX-License-Identifier: Apache-2.0 */
/* A provider in front of OpenSSL's default one: passes questions on, and leaves out of the
 * answers what handshakes have no use for. Process-wide, read-only once it was made. */
#include "rtc/dtls_provider.h"

#include <openssl/core.h>
#include <openssl/core_dispatch.h>
#include <openssl/crypto.h>
#include <openssl/provider.h>
#include <stdbool.h>
#include <string.h>

#define ALGORITHMS_MAX 8
#define NAME "bedrud"

/* What is left of an operation's algorithms: those of these names, and for encoders and decoders of
 * the form in which a certificate holds its key. Operations that are not listed have none. */
struct choice {
    int operation;
    const char *names[ALGORITHMS_MAX];
    const char *form;
};

static const struct choice choices[] = {
    {OSSL_OP_DIGEST, {"SHA1", "SHA2-224", "SHA2-256", "SHA2-384", "SHA2-512"}, NULL},
    {OSSL_OP_CIPHER, {"AES-128-GCM", "AES-256-GCM"}, NULL},
    {OSSL_OP_MAC, {"HMAC"}, NULL},
    {OSSL_OP_KDF, {"TLS1-PRF"}, NULL},
    {OSSL_OP_RAND, {"CTR-DRBG", "SEED-SRC"}, NULL},
    {OSSL_OP_KEYMGMT, {"EC", "RSA", "X25519"}, NULL},
    {OSSL_OP_KEYEXCH, {"ECDH", "X25519"}, NULL},
    {OSSL_OP_SIGNATURE, {"ECDSA", "RSA"}, NULL},
    {OSSL_OP_ENCODER, {"EC"}, "output=der"},
    {OSSL_OP_DECODER, {"EC", "RSA"}, "input=der"},
};

#define CHOICES (sizeof choices / sizeof choices[0])

/* The default provider, in a library context of its own, and what is left of its lists. */
static struct {
    OSSL_PROVIDER *provider;
    OSSL_ALGORITHM left[CHOICES][ALGORITHMS_MAX + 1];
} source;

/* ---- what is left ---- */

/* An algorithm's names stand in one string, "EC:id-ecPublicKey:1.2.840.10045.2.1". */
static bool is_named(const OSSL_ALGORITHM *a, const char *name)
{
    size_t size = strlen(name);
    return strncmp(a->algorithm_names, name, size) == 0 &&
           (a->algorithm_names[size] == ':' || a->algorithm_names[size] == '\0');
}

static bool is_chosen(const struct choice *c, const OSSL_ALGORITHM *a)
{
    if (c->form && (!strstr(a->property_definition, c->form) ||
                    !strstr(a->property_definition, "structure=SubjectPublicKeyInfo")))
        return false;
    for (unsigned i = 0; i < ALGORITHMS_MAX && c->names[i]; i++)
        if (is_named(a, c->names[i]))
            return true;
    return false;
}

static bool copy_some(const struct choice *c, OSSL_ALGORITHM *out)
{
    int no_cache = 0;
    unsigned n = 0;
    const OSSL_ALGORITHM *all =
        OSSL_PROVIDER_query_operation(source.provider, c->operation, &no_cache);
    for (; all && all->algorithm_names; all++)
        if (n < ALGORITHMS_MAX && is_chosen(c, all))
            out[n++] = *all;
    return n > 0;
}

/* ---- the provider ---- */

/* `context` is the default provider's everywhere: its algorithms are handed out as they are. */
static const OSSL_ALGORITHM *query(void *context, int operation, int *no_cache)
{
    (void)context;
    *no_cache = 0;
    for (size_t i = 0; i < CHOICES; i++)
        if (choices[i].operation == operation)
            return source.left[i];
    return NULL;
}

static int get_capabilities(void *context, const char *capability, OSSL_CALLBACK *callback,
                            void *arg)
{
    (void)context;
    return OSSL_PROVIDER_get_capabilities(source.provider, capability, callback, arg);
}

static int init(const OSSL_CORE_HANDLE *handle, const OSSL_DISPATCH *in, const OSSL_DISPATCH **out,
                void **context)
{
    static const OSSL_DISPATCH functions[] = {
        {OSSL_FUNC_PROVIDER_QUERY_OPERATION, (void (*)(void))query},
        {OSSL_FUNC_PROVIDER_GET_CAPABILITIES, (void (*)(void))get_capabilities},
        {0, NULL}};
    (void)handle;
    (void)in;
    *out = functions;
    *context = OSSL_PROVIDER_get0_provider_ctx(source.provider);
    return 1;
}

static bool open_source(void)
{
    OSSL_LIB_CTX *whole = OSSL_LIB_CTX_new();
    source.provider = whole ? OSSL_PROVIDER_load(whole, "default") : NULL;
    for (size_t i = 0; source.provider && i < CHOICES; i++)
        if (!copy_some(&choices[i], source.left[i]))
            return false;
    return source.provider;
}

OSSL_LIB_CTX *dtls_provider_context(void)
{
    static OSSL_LIB_CTX *narrow;
    if (narrow || source.provider || !open_source())
        return narrow;
    OSSL_LIB_CTX *made = OSSL_LIB_CTX_new();
    if (made && OSSL_PROVIDER_add_builtin(made, NAME, init) && OSSL_PROVIDER_load(made, NAME))
        narrow = made;
    else
        OSSL_LIB_CTX_free(made);
    return narrow;
}
