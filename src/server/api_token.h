/* SPDX-License-Identifier: Apache-2.0 */
/* The API's own tokens. An access token names a user and a session, a refresh token a session and
 * its generation; each says what it is for in two claims, and neither is taken for the other, or
 * for a LiveKit token, whose secret is another. Safe on every thread. */
#ifndef SERVER_API_TOKEN_H
#define SERVER_API_TOKEN_H

#include "base/mem.h"
#include "store/users.h"

#define API_SECRET_SIZE 32

struct api_access {
    const char *user, *session; /* ids, in the arena */
};

struct api_refresh {
    const char *session;
    int64_t generation;
};

/* In the arena. */
const char *api_token_access(const uint8_t secret[API_SECRET_SIZE], const struct user *user,
                             const char *session, int64_t now_ms, struct arena *a);
const char *api_token_refresh(const uint8_t secret[API_SECRET_SIZE], const char *session,
                              int64_t generation, int64_t now_ms, struct arena *a);
/* Names a guest who comes back, so that they are the same person as before. */
const char *api_token_guest(const uint8_t secret[API_SECRET_SIZE], const char *user, int64_t now_ms,
                            struct arena *a);
/* The user's id in the arena; NULL when it is no such token, or not any more. */
const char *api_token_read_guest(const uint8_t secret[API_SECRET_SIZE], struct span token,
                                 int64_t now_ms, struct arena *a);
/* False when it is none, or not any more. */
bool api_token_read(const uint8_t secret[API_SECRET_SIZE], struct span token, int64_t now_ms,
                    struct arena *a, struct api_access *out);
bool api_token_read_refresh(const uint8_t secret[API_SECRET_SIZE], struct span token,
                            int64_t now_ms, struct arena *a, struct api_refresh *out);
/* The names of the bits, as clients know them: a JSON array. */
struct json_t *api_token_accesses(unsigned accesses);

#endif
