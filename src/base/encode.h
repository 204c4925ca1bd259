/* SPDX-License-Identifier: Apache-2.0 */
/* Text encodings of bytes: hex and base64 (RFC 4648), percent-decoding (RFC 3986). Decoders are
 * strict. */
#ifndef BASE_ENCODE_H
#define BASE_ENCODE_H

#include "base/span.h"
#include "base/str.h"

/* out takes 2 × size + 1 characters. */
void hex_encode(struct span in, char *out);
bool hex_decode(struct span text, uint8_t *out, size_t capacity, size_t *size);

#define BASE64_SIZE(n) (((n) + 2) / 3 * 4 + 1)
/* Standard alphabet with padding; out takes BASE64_SIZE(size). */
void base64_encode(struct span in, char *out);
/* URL-safe alphabet without padding. */
void base64url_encode(struct span in, char *out);
/* Standard alphabet, padded. False on any other length, character or non-zero trailing bits. */
bool base64_decode(struct span text, uint8_t *out, size_t capacity, size_t *size);
/* URL-safe alphabet; padding may be there or not. Strict otherwise. */
bool base64url_decode(struct span text, uint8_t *out, size_t capacity, size_t *size);
/* %XX and, when plus_is_space, '+'. False on a broken escape or a NUL, encoded or not. Appends to
 * out. */
bool percent_decode(struct span text, bool plus_is_space, struct str *out);
/* Whether the bytes are well-formed UTF-8 without NUL. */
bool utf8_valid(struct span text);

#endif
