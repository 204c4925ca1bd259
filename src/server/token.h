/* SPDX-License-Identifier: Apache-2.0 */
/* LiveKit access tokens: JWT in compact form, HS256 and nothing else (RFC 7519, RFC 7515;
 * livekit-wire.md 2). The secret is found by the `iss` claim. Safe on every thread once the keys
 * are set. */
#ifndef SERVER_TOKEN_H
#define SERVER_TOKEN_H

#include "base/random.h"
#include "room/grant.h"

#define TOKEN_KEYS_MAX 8
/* A join URL carries at most this much token; real ones have 400 to 2,000 bytes. */
#define TOKEN_BYTES_MAX (16 * 1024)
/* exp and nbf are taken with this much leeway, as livekit-server does. */
#define TOKEN_LEEWAY_S 60
#define TOKEN_BODY_LIFE_S 300

struct token_key {
    char *id, *secret;
};

struct token_keys {
    struct token_key keys[TOKEN_KEYS_MAX];
    unsigned count;
};

/* False when there is no place left. Copies. */
bool token_keys_add(struct token_keys *k, const char *id, const char *secret);
void token_keys_fini(struct token_keys *k);

enum token_verdict {
    TOKEN_OK,
    TOKEN_MALFORMED,
    TOKEN_ALGORITHM,   /* not HS256 */
    TOKEN_UNKNOWN_KEY, /* iss */
    TOKEN_SIGNATURE,
    TOKEN_EXPIRED,
    TOKEN_NOT_YET
};

/* What to tell the caller; never contains anything of the token. */
const char *token_verdict_text(enum token_verdict v);

struct claims {
    struct grant *grant; /* identity "" when there is no sub */
    bool room_join, room_admin, room_create, room_list;
    /* Of struct member, plus one, in tokens that the API made: the room's door looks at it. 0:
     * whoever holds the API key made it. */
    int64_t entry;
    /* The id of the room, beside entry: another room may have the name by now. */
    char room_id[RANDOM_UUID_SIZE];
};

void claims_fini(struct claims *c);

/* Fills *out only on TOKEN_OK. */
enum token_verdict token_verify(const struct token_keys *keys, struct span jwt, int64_t unix_s,
                                struct claims *out);
/* Signs with the key named by grant->key_id, or the first. exp is grant->expires_unix_s. The caller
 * frees; NULL when there is no such key. */
char *token_sign(const struct token_keys *keys, const struct claims *claims);

/* Of a webhook, whose body the token stands for by its digest. TOKEN_SIGNATURE when it is
 * another body. A token of this kind lets nobody in anywhere. */
enum token_verdict token_verify_body(const struct token_keys *keys, struct span jwt, int64_t unix_s,
                                     struct span body);
/* By the first key, good for TOKEN_BODY_LIFE_S; the caller frees. NULL when there is no key. */
char *token_sign_body(const struct token_keys *keys, int64_t unix_s, struct span body);

#endif
