/* SPDX-License-Identifier: Apache-2.0 */
/* Reading and writing of access tokens. The signature is checked before any claim is taken from the
 * payload; the algorithm is fixed, so that a token cannot choose it. */
#include "server/token.h"

#include <jansson.h>
#include <stdlib.h>

#include "base/encode.h"
#include "base/hash.h"
#include "base/limits.h"
#include "base/mem.h"
#include "base/str.h"
#include "server/jwt.h"
#include "wire/signal.h"

bool token_keys_add(struct token_keys *k, const char *id, const char *secret)
{
    if (k->count == TOKEN_KEYS_MAX)
        return false;
    k->keys[k->count++] = (struct token_key){xstrdup(id), xstrdup(secret)};
    return true;
}

void token_keys_fini(struct token_keys *k)
{
    for (unsigned i = 0; i < k->count; i++) {
        mem_wipe(k->keys[i].secret, strlen(k->keys[i].secret));
        free(k->keys[i].secret);
        free(k->keys[i].id);
    }
    k->count = 0;
}

static const struct token_key *find_key(const struct token_keys *k, const char *id)
{
    for (unsigned i = 0; i < k->count; i++)
        if (id && strcmp(k->keys[i].id, id) == 0)
            return &k->keys[i];
    return NULL;
}

const char *token_verdict_text(enum token_verdict v)
{
    switch (v) {
    case TOKEN_OK:
        return "ok";
    case TOKEN_MALFORMED:
        return "invalid token: not a JWT with the claims of an access token";
    case TOKEN_ALGORITHM:
        return "invalid token: the algorithm must be HS256";
    case TOKEN_UNKNOWN_KEY:
        return "invalid token: its issuer is no API key of this server";
    case TOKEN_SIGNATURE:
        return "invalid token: wrong signature";
    case TOKEN_EXPIRED:
        return "invalid token: expired";
    case TOKEN_NOT_YET:
        return "invalid token: not valid yet";
    }
    return "invalid token";
}

void claims_fini(struct claims *c)
{
    grant_free(c->grant);
    *c = (struct claims){0};
}

/* ---- claims from JSON ---- */

static json_t *decode_part(struct span part)
{
    size_t capacity = part.size * 3 / 4 + 3, size = 0;
    uint8_t *bytes = xmalloc(capacity);
    json_t *json = NULL;

    if (base64url_decode(part, bytes, capacity, &size))
        json = json_loadb((const char *)bytes, size, JSON_REJECT_DUPLICATES, NULL);
    free(bytes);
    if (json && !json_is_object(json)) {
        json_decref(json);
        json = NULL;
    }
    return json;
}

/* A string member of at most `limit` bytes; NULL when absent, *bad when it is something else. */
static char *take_text(const json_t *object, const char *name, size_t limit, bool *bad)
{
    const json_t *v = json_object_get(object, name);

    if (!v || json_is_null(v))
        return NULL;
    if (!json_is_string(v) || json_string_length(v) > limit ||
        strlen(json_string_value(v)) != json_string_length(v)) {
        *bad = true;
        return NULL;
    }
    return xstrdup(json_string_value(v));
}

static bool flag(const json_t *object, const char *name, bool absent)
{
    const json_t *v = json_object_get(object, name);

    return v ? json_is_true(v) : absent;
}

static uint32_t number(const json_t *object, const char *camel, const char *snake)
{
    const json_t *v = json_object_get(object, camel);

    if (!v)
        v = json_object_get(object, snake);
    json_int_t n = json_integer_value(v);
    return n > 0 && n <= UINT32_MAX ? (uint32_t)n : 0;
}

static const struct {
    const char *name;
    int source;
} source_names[] = {
    {"camera", LIVEKIT__TRACK_SOURCE__CAMERA},
    {"microphone", LIVEKIT__TRACK_SOURCE__MICROPHONE},
    {"screen_share", LIVEKIT__TRACK_SOURCE__SCREEN_SHARE},
    {"screen_share_audio", LIVEKIT__TRACK_SOURCE__SCREEN_SHARE_AUDIO},
};

#define SOURCE_NAMES (sizeof source_names / sizeof source_names[0])

static uint32_t read_sources(const json_t *video)
{
    const json_t *list = json_object_get(video, "canPublishSources"), *v;
    uint32_t bits = 0;
    size_t i;

    json_array_foreach(list, i,
                       v) for (size_t k = 0; k < SOURCE_NAMES;
                               k++) if (json_is_string(v) &&
                                        strcmp(json_string_value(v), source_names[k].name) == 0)
        bits |= 1u << source_names[k].source;
    /* A list that names nothing we know still restricts. */
    return bits || json_array_size(list) == 0 ? bits : 1u << LIVEKIT__TRACK_SOURCE__UNKNOWN;
}

static const struct {
    const char *name;
    int kind;
} kind_names[] = {
    {"standard", LIVEKIT__PARTICIPANT_INFO__KIND__STANDARD},
    {"ingress", LIVEKIT__PARTICIPANT_INFO__KIND__INGRESS},
    {"egress", LIVEKIT__PARTICIPANT_INFO__KIND__EGRESS},
    {"sip", LIVEKIT__PARTICIPANT_INFO__KIND__SIP},
    {"agent", LIVEKIT__PARTICIPANT_INFO__KIND__AGENT},
};

#define KIND_NAMES (sizeof kind_names / sizeof kind_names[0])

static int read_kind(const json_t *payload)
{
    const char *text = json_string_value(json_object_get(payload, "kind"));

    for (size_t i = 0; text && i < KIND_NAMES; i++)
        if (strcmp(text, kind_names[i].name) == 0)
            return kind_names[i].kind;
    return LIVEKIT__PARTICIPANT_INFO__KIND__STANDARD;
}

static void read_video(const json_t *video, struct claims *out, bool *bad)
{
    struct permission *p = &out->grant->permission;

    out->room_join = flag(video, "roomJoin", false);
    out->room_admin = flag(video, "roomAdmin", false);
    out->room_create = flag(video, "roomCreate", false);
    out->room_list = flag(video, "roomList", false);
    out->grant->room = take_text(video, "room", LIMIT_ROOM_NAME, bad);
    p->can_publish = flag(video, "canPublish", true);
    p->can_subscribe = flag(video, "canSubscribe", true);
    p->can_publish_data = flag(video, "canPublishData", p->can_publish);
    p->can_update_metadata = flag(video, "canUpdateOwnMetadata", false);
    p->hidden = flag(video, "hidden", false);
    p->sources = read_sources(video);
}

static void read_attributes(json_t *payload, struct grant *g, bool *bad)
{
    json_t *object = json_object_get(payload, "attributes"), *v;
    const char *key;
    size_t total = 0;

    json_object_foreach(object, key, v)
    {
        total += strlen(key) + json_string_length(v);
        if (!json_is_string(v) || total > LIMIT_ATTRIBUTES) {
            *bad = true;
            return;
        }
        grant_set_attribute(g, key, json_string_value(v));
    }
}

/* What the API's own tokens say to the room's door. */
static void read_entry(const json_t *payload, struct claims *out, bool *bad)
{
    char *id = take_text(payload, "bedrudRoom", sizeof out->room_id - 1, bad);

    if (id)
        memcpy(out->room_id, id, strlen(id) + 1);
    free(id);
    out->entry = json_integer_value(json_object_get(payload, "bedrudEntry"));
    *bad |= out->entry < 0;
}

static bool read_claims(json_t *payload, struct claims *out)
{
    const json_t *video = json_object_get(payload, "video");
    const json_t *config = json_object_get(payload, "roomConfig");
    struct grant *g = xcalloc(1, sizeof *g);
    bool bad = !json_is_object(video) || !json_is_integer(json_object_get(payload, "exp"));

    *out = (struct claims){.grant = g};
    g->key_id = take_text(payload, "iss", LIMIT_NAME, &bad);
    g->identity = take_text(payload, "sub", LIMIT_IDENTITY, &bad);
    g->name = take_text(payload, "name", LIMIT_NAME, &bad);
    g->metadata = take_text(payload, "metadata", LIMIT_METADATA, &bad);
    read_entry(payload, out, &bad);
    g->expires_unix_s = json_integer_value(json_object_get(payload, "exp"));
    g->kind = read_kind(payload);
    g->max_participants = number(config, "maxParticipants", "max_participants");
    g->empty_timeout_s = number(config, "emptyTimeout", "empty_timeout");
    g->departure_timeout_s = number(config, "departureTimeout", "departure_timeout");
    g->room_metadata = take_text(config, "metadata", LIMIT_METADATA, &bad);
    read_video(video, out, &bad);
    read_attributes(payload, g, &bad);
    if (bad)
        claims_fini(out);
    return !bad;
}

/* ---- verification ---- */

static enum token_verdict check_time(const json_t *payload, int64_t unix_s)
{
    const json_t *nbf = json_object_get(payload, "nbf");

    if (unix_s - TOKEN_LEEWAY_S > json_integer_value(json_object_get(payload, "exp")))
        return TOKEN_EXPIRED;
    if (nbf && (!json_is_integer(nbf) || json_integer_value(nbf) > unix_s + TOKEN_LEEWAY_S))
        return TOKEN_NOT_YET;
    return TOKEN_OK;
}

static enum token_verdict check_algorithm(const struct jwt *j)
{
    json_t *header = decode_part(j->header);
    const char *alg = json_string_value(json_object_get(header, "alg"));
    enum token_verdict v = TOKEN_OK;

    if (!header)
        v = TOKEN_MALFORMED;
    else if (!alg || strcmp(alg, "HS256") != 0)
        v = TOKEN_ALGORITHM;
    else if (json_object_get(header, "crit"))
        v = TOKEN_MALFORMED; /* what we must understand and do not, RFC 7515 4.1.11 */
    json_decref(header);
    return v;
}

/* The payload is the caller's, whatever the verdict; NULL when there is none to read. */
static enum token_verdict open_token(const struct token_keys *keys, struct span jwt, int64_t unix_s,
                                     json_t **out)
{
    struct jwt parts;

    *out = NULL;
    if (!jwt_split(jwt, TOKEN_BYTES_MAX, &parts))
        return TOKEN_MALFORMED;
    enum token_verdict v = check_algorithm(&parts);
    if (v != TOKEN_OK)
        return v;
    json_t *payload = *out = decode_part(parts.payload);
    if (!payload)
        return TOKEN_MALFORMED;
    const struct token_key *key =
        find_key(keys, json_string_value(json_object_get(payload, "iss")));
    if (!key)
        v = TOKEN_UNKNOWN_KEY;
    else if (!jwt_signed_with(&parts, span_of_str(key->secret)))
        v = TOKEN_SIGNATURE;
    else if (!json_is_integer(json_object_get(payload, "exp")))
        v = TOKEN_MALFORMED;
    else
        v = check_time(payload, unix_s);
    return v;
}

enum token_verdict token_verify(const struct token_keys *keys, struct span jwt, int64_t unix_s,
                                struct claims *out)
{
    json_t *payload;
    enum token_verdict v = open_token(keys, jwt, unix_s, &payload);

    if (v == TOKEN_OK && !read_claims(payload, out))
        v = TOKEN_MALFORMED;
    json_decref(payload);
    return v;
}

/* ---- tokens that stand for a body ---- */

static void digest_text(struct span body, char out[BASE64_SIZE(SHA256_SIZE)])
{
    uint8_t digest[SHA256_SIZE];

    hash_sha256(body, digest);
    base64_encode(span_of(digest, sizeof digest), out);
}

enum token_verdict token_verify_body(const struct token_keys *keys, struct span jwt, int64_t unix_s,
                                     struct span body)
{
    char wanted[BASE64_SIZE(SHA256_SIZE)];
    json_t *payload;
    enum token_verdict v = open_token(keys, jwt, unix_s, &payload);
    const char *given = json_string_value(json_object_get(payload, "sha256"));

    digest_text(body, wanted);
    if (v == TOKEN_OK && (!given || strcmp(given, wanted) != 0))
        v = TOKEN_SIGNATURE;
    json_decref(payload);
    return v;
}

/* ---- signing ---- */

static void set_flag(json_t *object, const char *name, bool value)
{
    if (value)
        json_object_set_new(object, name, json_true());
}

static void set_text(json_t *object, const char *name, const char *value)
{
    if (value && value[0])
        json_object_set_new(object, name, json_string(value));
}

static json_t *video_json(const struct claims *c)
{
    const struct permission *p = &c->grant->permission;
    json_t *video = json_object();

    set_text(video, "room", c->grant->room);
    set_flag(video, "roomJoin", c->room_join);
    set_flag(video, "roomAdmin", c->room_admin);
    set_flag(video, "roomCreate", c->room_create);
    set_flag(video, "roomList", c->room_list);
    /* Absent means true: what was taken away must be said. */
    json_object_set_new(video, "canPublish", json_boolean(p->can_publish));
    json_object_set_new(video, "canSubscribe", json_boolean(p->can_subscribe));
    json_object_set_new(video, "canPublishData", json_boolean(p->can_publish_data));
    set_flag(video, "canUpdateOwnMetadata", p->can_update_metadata);
    set_flag(video, "hidden", p->hidden);
    if (p->sources) {
        json_t *list = json_array();
        for (size_t k = 0; k < SOURCE_NAMES; k++)
            if (p->sources & 1u << source_names[k].source)
                json_array_append_new(list, json_string(source_names[k].name));
        if (json_array_size(list) == 0)
            json_array_append_new(list, json_string("none"));
        json_object_set_new(video, "canPublishSources", list);
    }
    return video;
}

static void set_number(json_t *object, const char *name, uint32_t value)
{
    if (value)
        json_object_set_new(object, name, json_integer(value));
}

/* What the room is to be like when this token makes it. */
static void set_room(json_t *payload, const struct grant *g)
{
    json_t *config = json_object();

    set_number(config, "maxParticipants", g->max_participants);
    set_number(config, "emptyTimeout", g->empty_timeout_s);
    set_number(config, "departureTimeout", g->departure_timeout_s);
    set_text(config, "metadata", g->room_metadata);
    if (json_object_size(config))
        json_object_set(payload, "roomConfig", config);
    json_decref(config);
}

static json_t *payload_json(const struct claims *c, const char *issuer)
{
    const struct grant *g = c->grant;
    json_t *payload = json_object(), *attributes = json_object();

    set_text(payload, "iss", issuer);
    set_text(payload, "sub", g->identity);
    set_text(payload, "name", g->name);
    set_text(payload, "metadata", g->metadata);
    for (unsigned i = 0; i < g->attribute_count; i++)
        set_text(attributes, g->attributes[i].key, g->attributes[i].value);
    if (json_object_size(attributes))
        json_object_set(payload, "attributes", attributes);
    json_decref(attributes);
    for (size_t i = 1; i < KIND_NAMES; i++)
        if (kind_names[i].kind == g->kind)
            set_text(payload, "kind", kind_names[i].name);
    json_object_set_new(payload, "exp", json_integer(g->expires_unix_s));
    json_object_set_new(payload, "video", video_json(c));
    set_room(payload, g);
    if (c->entry > 0) {
        json_object_set_new(payload, "bedrudEntry", json_integer(c->entry));
        set_text(payload, "bedrudRoom", c->room_id);
    }
    return payload;
}

static char *seal(json_t *payload, const struct token_key *key)
{
    char *text = json_dumps(payload, JSON_COMPACT), *token = NULL;

    if (text)
        token = jwt_seal(span_of_str(text), span_of_str(key->secret));
    free(text);
    json_decref(payload);
    return token;
}

char *token_sign(const struct token_keys *keys, const struct claims *claims)
{
    const struct token_key *key = find_key(keys, claims->grant->key_id);

    if (!key && keys->count)
        key = &keys->keys[0];
    return key ? seal(payload_json(claims, key->id), key) : NULL;
}

char *token_sign_body(const struct token_keys *keys, int64_t unix_s, struct span body)
{
    const struct token_key *key = keys->count ? &keys->keys[0] : NULL;
    const json_int_t now = unix_s, end = unix_s + TOKEN_BODY_LIFE_S;
    char digest[BASE64_SIZE(SHA256_SIZE)];

    if (!key)
        return NULL;
    digest_text(body, digest);
    return seal(
        json_pack("{s:s,s:I,s:I,s:s}", "iss", key->id, "nbf", now, "exp", end, "sha256", digest),
        key);
}
