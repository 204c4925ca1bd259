/* SPDX-License-Identifier: Apache-2.0 */
/* Access tokens. The input is tried as it is, and as a payload under a right signature, so that the
 * claims' parser is reached. */
#include "server/token.h"
#include "base/encode.h"
#include "base/hash.h"
#include "base/mem.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct token_keys keys;

static void try(struct span jwt)
{
    struct claims c;

    if (token_verify(&keys, jwt, 1800000000, &c) == TOKEN_OK) {
        char *again = token_sign(&keys, &c);
        free(again);
        claims_fini(&c);
    }
}

static void try_as_payload(struct span payload)
{
    static const char header[] = "{\"alg\":\"HS256\"}";
    char *text = xmalloc(BASE64_SIZE(payload.size));
    char part[BASE64_SIZE(sizeof header)], mac_text[BASE64_SIZE(SHA256_SIZE)];
    uint8_t mac[SHA256_SIZE];
    struct str s;

    base64url_encode(payload, text);
    base64url_encode(SPAN_LITERAL(header), part);
    str_init(&s);
    str_printf(&s, "%s.%s", part, text);
    hash_hmac_sha256(SPAN_LITERAL("secret"), str_span(&s), mac);
    base64url_encode(span_of(mac, sizeof mac), mac_text);
    str_printf(&s, ".%s", mac_text);
    try(str_span(&s));
    str_fini(&s);
    free(text);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (keys.count == 0)
        token_keys_add(&keys, "devkey", "secret");
    try(span_of(data, size));
    try_as_payload(span_of(data, size));
    return 0;
}
