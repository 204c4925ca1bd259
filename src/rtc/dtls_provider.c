/* SPDX-License-Identifier: Apache-2.0 */
/* A provider in front of OpenSSL's default one: passes every question on, and leaves out of the
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

/* The default provider, in a library context of its own, and what is left of two of its lists. */
static struct {
    OSSL_PROVIDER *provider;
    OSSL_ALGORITHM keys[ALGORITHMS_MAX + 1], decoders[ALGORITHMS_MAX + 1];
} source;

/* ---- what is left ---- */

/* An algorithm's names stand in one string, "EC:id-ecPublicKey:1.2.840.10045.2.1". */
static bool is_named(const OSSL_ALGORITHM *a, const char *name)
{
    size_t size = strlen(name);
    return strncmp(a->algorithm_names, name, size) == 0 &&
           (a->algorithm_names[size] == ':' || a->algorithm_names[size] == '\0');
}

static bool is_key_of_use(const OSSL_ALGORITHM *a)
{
    return is_named(a, "EC") || is_named(a, "RSA") || is_named(a, "X25519");
}

/* For the public key in a certificate. */
static bool is_decoder_of_use(const OSSL_ALGORITHM *a)
{
    return (is_named(a, "EC") || is_named(a, "RSA")) &&
           strstr(a->property_definition, "input=der") &&
           strstr(a->property_definition, "structure=SubjectPublicKeyInfo");
}

static bool copy_some(OSSL_ALGORITHM *out, int operation, bool (*is_of_use)(const OSSL_ALGORITHM *))
{
    int no_cache = 0;
    unsigned n = 0;
    const OSSL_ALGORITHM *all =
        OSSL_PROVIDER_query_operation(source.provider, operation, &no_cache);
    for (; all && all->algorithm_names; all++)
        if (is_of_use(all) && n < ALGORITHMS_MAX)
            out[n++] = *all;
    return n > 0;
}

/* ---- the provider ---- */

/* `context` is the default provider's everywhere: its algorithms are handed out as they are. */
static const OSSL_ALGORITHM *query(void *context, int operation, int *no_cache)
{
    (void)context;
    if (operation == OSSL_OP_KEYMGMT || operation == OSSL_OP_DECODER) {
        *no_cache = 0;
        return operation == OSSL_OP_KEYMGMT ? source.keys : source.decoders;
    }
    return OSSL_PROVIDER_query_operation(source.provider, operation, no_cache);
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
    return source.provider && copy_some(source.keys, OSSL_OP_KEYMGMT, is_key_of_use) &&
           copy_some(source.decoders, OSSL_OP_DECODER, is_decoder_of_use);
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
