/* SPDX-License-Identifier: Apache-2.0 */
/* JSON Web Tokens in compact form, HS256 and nothing else (RFC 7519, RFC 7515): their three parts
 * and their signature. What a payload means is its reader's business. Owns nothing; safe on every
 * thread. */
#ifndef SERVER_JWT_H
#define SERVER_JWT_H

#include "base/str.h"

struct jwt {
    struct span header, payload, signature; /* base64url */
    struct span signed_bytes;
};

/* False when it has not three parts, or more than `limit` bytes. */
bool jwt_split(struct span text, size_t limit, struct jwt *out);
/* Compares in constant time. */
bool jwt_signed_with(const struct jwt *j, struct span secret);
/* The token of a payload, JSON text; the caller frees. */
char *jwt_seal(struct span payload, struct span secret);

#endif
