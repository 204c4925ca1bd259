/* SPDX-License-Identifier: Apache-2.0 */
/* Passwords. */
#include "server/auth.h"

#include <sodium.h>

#include "base/limits.h"

/* Of a password that nobody knows, for accounts that nobody has. */
static char decoy[crypto_pwhash_STRBYTES];

static bool make(char out[crypto_pwhash_STRBYTES], const char *password)
{
    return crypto_pwhash_str_alg(out, password, strlen(password), LIMIT_PASSWORD_PASSES,
                                 LIMIT_PASSWORD_MEMORY, crypto_pwhash_ALG_ARGON2ID13) == 0;
}

bool auth_init(void)
{
    char password[33], bytes[16];

    if (sodium_init() < 0)
        return false;
    randombytes_buf(bytes, sizeof bytes);
    sodium_bin2hex(password, sizeof password, (const unsigned char *)bytes, sizeof bytes);
    return decoy[0] || make(decoy, password);
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
