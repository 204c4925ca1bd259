/* SPDX-License-Identifier: Apache-2.0 */
/* Passwords. */
#include "server/auth.h"

#include <sodium.h>
#include <stdio.h>

#include "base/limits.h"

#define SALT_SIZE 16
#define DIGEST_SIZE 32
#define BASE64_SIZE(bytes) (((bytes)*4 + 2) / 3 + 1) /* without padding, with the zero */

/* Of a password that nobody knows, for accounts that nobody has. */
static char decoy[crypto_pwhash_STRBYTES];

static bool make(char out[crypto_pwhash_STRBYTES], const char *password)
{
    return crypto_pwhash_str_alg(out, password, strlen(password), LIMIT_PASSWORD_PASSES,
                                 LIMIT_PASSWORD_MEMORY, crypto_pwhash_ALG_ARGON2ID13) == 0;
}

/* Random bytes in the place of a digest: nothing was hashed, and to compare with it takes as long.
 */
static bool make_decoy(void)
{
    unsigned char salt[SALT_SIZE], digest[DIGEST_SIZE];
    char salt64[BASE64_SIZE(SALT_SIZE)], digest64[BASE64_SIZE(DIGEST_SIZE)];

    randombytes_buf(salt, sizeof salt);
    randombytes_buf(digest, sizeof digest);
    sodium_bin2base64(salt64, sizeof salt64, salt, sizeof salt,
                      sodium_base64_VARIANT_ORIGINAL_NO_PADDING);
    sodium_bin2base64(digest64, sizeof digest64, digest, sizeof digest,
                      sodium_base64_VARIANT_ORIGINAL_NO_PADDING);
    snprintf(decoy, sizeof decoy, "$argon2id$v=19$m=%d,t=%d,p=1$%s$%s",
             LIMIT_PASSWORD_MEMORY / 1024, LIMIT_PASSWORD_PASSES, salt64, digest64);
    return !auth_is_dated(decoy);
}

bool auth_init(void)
{
    return sodium_init() >= 0 && (decoy[0] || make_decoy());
}

const char *auth_hash(const char *password, struct arena *a)
{
    char *out = arena_alloc(a, crypto_pwhash_STRBYTES);

    return make(out, password) ? out : NULL;
}

bool auth_verify(const char *hash, const char *password)
{
    bool known = strncmp(hash, crypto_pwhash_argon2id_STRPREFIX,
                         sizeof crypto_pwhash_argon2id_STRPREFIX - 1) == 0;
    bool right = crypto_pwhash_str_verify(known ? hash : decoy, password, strlen(password)) == 0;

    return known && right;
}

bool auth_is_dated(const char *hash)
{
    return crypto_pwhash_str_needs_rehash(hash, LIMIT_PASSWORD_PASSES, LIMIT_PASSWORD_MEMORY) != 0;
}
