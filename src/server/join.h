/* SPDX-License-Identifier: Apache-2.0 */
/* From a connect request to a grant: the token (query or header) and the query's parameters
 * (livekit-wire.md 1.2). */
#ifndef SERVER_JOIN_H
#define SERVER_JOIN_H

#include "base/mem.h"
#include "server/token.h"

struct join_refusal {
    unsigned status;  /* 400, 401 */
    const char *text; /* a literal */
};

/* `authorization` is the header's value or NULL. Fills *out on true; else *refusal. */
bool join_read(const struct token_keys *keys, int64_t unix_s, struct span query,
               const char *authorization, struct claims *out, struct join_refusal *refusal);
/* The token of a request: "Bearer x", else parameter access_token; in the arena, NULL when there is
 * none. */
const char *join_token(struct span query, const char *authorization, struct arena *a);

#endif
