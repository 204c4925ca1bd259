/* SPDX-License-Identifier: Apache-2.0 */
/* Access and refresh tokens. */
#include "server/api_token.h"

#include <jansson.h>
#include <stdlib.h>

#include "base/encode.h"
#include "base/limits.h"
#include "server/api_json.h"
#include "server/jwt.h"

#define ISSUER "bedrud"
#define ACCESS_AUDIENCE "bedrud"
#define REFRESH_AUDIENCE "bedrud-refresh"
#define GUEST_AUDIENCE "bedrud-guest"

struct purpose {
    const char *name, *audience;
    int64_t life_ms;
};

static const struct purpose access_purpose = {"access", ACCESS_AUDIENCE, LIMIT_ACCESS_LIFE_MS};
static const struct purpose refresh_purpose = {"refresh", REFRESH_AUDIENCE, LIMIT_REFRESH_LIFE_MS};

static const struct purpose guest_purpose = {"guest", GUEST_AUDIENCE, LIMIT_GUEST_LIFE_MS};

/* ---- writing ---- */

static json_t *claims_for(const struct purpose *p, const char *session, int64_t now_ms)
{
    json_t *claims = json_object();

    api_json_text(claims, "iss", ISSUER);
    json_object_set_new(claims, "aud", json_pack("[s]", p->audience));
    api_json_text(claims, "purpose", p->name);
    api_json_text(claims, "sid", session);
    api_json_int(claims, "iat", now_ms / 1000);
    api_json_int(claims, "exp", (now_ms + p->life_ms) / 1000);
    return claims;
}

static const char *seal(const uint8_t secret[API_SECRET_SIZE], json_t *claims, struct arena *a)
{
    char *text = json_dumps(claims, JSON_COMPACT);
    char *token = jwt_seal(span_of_str(text), span_of(secret, API_SECRET_SIZE));
    const char *copy = arena_strdup(a, span_of_str(token));

    free(text);
    mem_wipe(token, strlen(token));
    free(token);
    json_decref(claims);
    return copy;
}

json_t *api_token_accesses(unsigned accesses)
{
    static const struct {
        unsigned bit;
        const char *name;
    } names[] = {{ACCESS_SUPERADMIN, "superadmin"},
                 {ACCESS_ADMIN, "admin"},
                 {ACCESS_MODERATOR, "moderator"},
                 {ACCESS_USER, "user"},
                 {ACCESS_GUEST, "guest"}};
    json_t *list = json_array();

    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
        if (accesses & names[i].bit)
            json_array_append_new(list, json_string(names[i].name));
    return list;
}

const char *api_token_access(const uint8_t secret[API_SECRET_SIZE], const struct user *user,
                             const char *session, int64_t now_ms, struct arena *a)
{
    json_t *claims = claims_for(&access_purpose, session, now_ms);

    api_json_text(claims, "sub", user->id);
    /* Not read here; some clients show them without asking for them. */
    api_json_text(claims, "userId", user->id);
    api_json_text(claims, "email", user->email);
    api_json_text(claims, "name", user->name);
    api_json_text(claims, "provider", user->provider);
    json_object_set_new(claims, "accesses", api_token_accesses(user->accesses));
    return seal(secret, claims, a);
}

const char *api_token_refresh(const uint8_t secret[API_SECRET_SIZE], const char *session,
                              int64_t generation, int64_t now_ms, struct arena *a)
{
    json_t *claims = claims_for(&refresh_purpose, session, now_ms);

    api_json_int(claims, "gen", generation);
    return seal(secret, claims, a);
}

const char *api_token_guest(const uint8_t secret[API_SECRET_SIZE], const char *user, int64_t now_ms,
                            struct arena *a)
{
    return seal(secret, claims_for(&guest_purpose, user, now_ms), a);
}

/* ---- reading ---- */

static json_t *decode(struct span part)
{
    size_t capacity = part.size * 3 / 4 + 3, size = 0;
    uint8_t *bytes = xmalloc(capacity);
    json_t *json = NULL;

    if (base64url_decode(part, bytes, capacity, &size))
        json = json_loadb((const char *)bytes, size, JSON_REJECT_DUPLICATES, NULL);
    free(bytes);
    return json;
}

static bool says(const json_t *object, const char *name, const char *value)
{
    const char *text = json_string_value(json_object_get(object, name));

    return text && strcmp(text, value) == 0;
}

static bool for_purpose(const json_t *claims, const struct purpose *p, int64_t now_ms)
{
    const json_t *audience = json_array_get(json_object_get(claims, "aud"), 0),
                 *expires = json_object_get(claims, "exp");

    return says(claims, "iss", ISSUER) && says(claims, "purpose", p->name) &&
           json_is_string(audience) && strcmp(json_string_value(audience), p->audience) == 0 &&
           json_is_integer(expires) && json_integer_value(expires) > now_ms / 1000;
}

/* The claims of a token with our signature for this purpose; NULL. */
static json_t *open_token(const uint8_t secret[API_SECRET_SIZE], struct span token,
                          const struct purpose *p, int64_t now_ms)
{
    struct jwt parts;

    if (!jwt_split(token, LIMIT_API_TOKEN, &parts) ||
        !jwt_signed_with(&parts, span_of(secret, API_SECRET_SIZE)))
        return NULL;
    json_t *claims = decode(parts.payload);
    if (for_purpose(claims, p, now_ms))
        return claims;
    json_decref(claims);
    return NULL;
}

static const char *take_text(const json_t *claims, const char *name, struct arena *a)
{
    const char *text = json_string_value(json_object_get(claims, name));

    return text ? arena_strdup(a, span_of_str(text)) : "";
}

bool api_token_read(const uint8_t secret[API_SECRET_SIZE], struct span token, int64_t now_ms,
                    struct arena *a, struct api_access *out)
{
    json_t *claims = open_token(secret, token, &access_purpose, now_ms);

    if (!claims)
        return false;
    out->user = take_text(claims, "sub", a);
    out->session = take_text(claims, "sid", a);
    json_decref(claims);
    return out->user[0] && out->session[0];
}

bool api_token_read_refresh(const uint8_t secret[API_SECRET_SIZE], struct span token,
                            int64_t now_ms, struct arena *a, struct api_refresh *out)
{
    json_t *claims = open_token(secret, token, &refresh_purpose, now_ms);

    if (!claims)
        return false;
    out->session = take_text(claims, "sid", a);
    out->generation = json_integer_value(json_object_get(claims, "gen"));
    json_decref(claims);
    return out->session[0] && out->generation > 0;
}

const char *api_token_read_guest(const uint8_t secret[API_SECRET_SIZE], struct span token,
                                 int64_t now_ms, struct arena *a)
{
    json_t *claims = open_token(secret, token, &guest_purpose, now_ms);
    const char *user = claims ? take_text(claims, "sid", a) : "";

    json_decref(claims);
    return user[0] ? user : NULL;
}
