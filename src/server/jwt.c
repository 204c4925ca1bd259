/* SPDX-License-Identifier: Apache-2.0 */
/* The compact form. The signature is over the bytes as they came, so it can be checked before
 * anything in them is read. */
#include "server/jwt.h"

#include <stdlib.h>

#include "base/encode.h"
#include "base/hash.h"
#include "base/mem.h"

static const char header_json[] = "{\"alg\":\"HS256\",\"typ\":\"JWT\"}";

bool jwt_split(struct span text, size_t limit, struct jwt *out)
{
    const uint8_t *dot = text.size ? memchr(text.data, '.', text.size) : NULL;

    if (!dot || text.size > limit)
        return false;
    size_t first = (size_t)(dot - text.data);
    struct span rest = span_from(text, first + 1);
    dot = rest.size ? memchr(rest.data, '.', rest.size) : NULL;
    if (!dot)
        return false;
    size_t second = (size_t)(dot - rest.data);
    out->header = span_first(text, first);
    out->payload = span_first(rest, second);
    out->signature = span_from(rest, second + 1);
    out->signed_bytes = span_first(text, first + 1 + second);
    return true;
}

bool jwt_signed_with(const struct jwt *j, struct span secret)
{
    uint8_t given[SHA256_SIZE + 3], right[SHA256_SIZE];
    size_t size = 0;

    hash_hmac_sha256(secret, j->signed_bytes, right);
    return base64url_decode(j->signature, given, sizeof given, &size) && size == SHA256_SIZE &&
           mem_equal_ct(given, right, SHA256_SIZE);
}

static void append_base64url(struct str *out, struct span bytes)
{
    char *text = xmalloc(BASE64_SIZE(bytes.size));

    base64url_encode(bytes, text);
    str_append(out, text);
    free(text);
}

char *jwt_seal(struct span payload, struct span secret)
{
    uint8_t signature[SHA256_SIZE];
    struct str out;

    str_init(&out);
    append_base64url(&out, SPAN_LITERAL(header_json));
    str_append_char(&out, '.');
    append_base64url(&out, payload);
    hash_hmac_sha256(secret, str_span(&out), signature);
    str_append_char(&out, '.');
    append_base64url(&out, span_of(signature, sizeof signature));
    return str_take(&out);
}
