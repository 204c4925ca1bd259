/* SPDX-License-Identifier: Apache-2.0 */
/* Passwords: argon2id hashes (libsodium). Each takes tens of milliseconds and
 * LIMIT_PASSWORD_MEMORY, so only heavy routes come here. API threads. */
#ifndef SERVER_AUTH_H
#define SERVER_AUTH_H

#include "base/mem.h"

/* Once, before threads start. False when libsodium cannot be used. */
bool auth_init(void);
/* A hash that names its parameters, in the arena; NULL when there is no memory for it. */
const char *auth_hash(const char *password, struct arena *a);
/* Takes as long for a hash that is "" or broken as for a good one: nobody learns by the clock
 * whether an account exists. */
bool auth_verify(const char *hash, const char *password);
/* Whether a hash was made with other parameters than today's. */
bool auth_is_dated(const char *hash);

#endif
