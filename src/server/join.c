/* SPDX-License-Identifier: Apache-2.0 */
/* Connect requests. The token decides who and where; the query only adds what describes the client.
 */
#include "server/join.h"

#include <jansson.h>
#include <stdlib.h>
#include <strings.h>

#include "base/encode.h"
#include "base/limits.h"
#include "server/query.h"
#include "wire/signal.h"

#define TEXT_MAX 64

const char *join_token(struct span query, const char *authorization, struct arena *a)
{
    if (authorization && strncasecmp(authorization, "Bearer ", 7) == 0)
        return authorization + 7;
    return query_text(query, "access_token", TOKEN_BYTES_MAX, a);
}

static bool refuse(struct join_refusal *r, unsigned status, const char *text)
{
    *r = (struct join_refusal){status, text};
    return false;
}

/* Attributes of the query (base64url of a JSON object) go over those of the token. */
static bool merge_attributes(struct span query, struct grant *g, struct arena *a,
                             struct join_refusal *refusal)
{
    char *text = query_text(query, "attributes", LIMIT_ATTRIBUTES * 4 / 3 + 4, a);
    size_t size = 0, total = 0;
    const char *key;
    json_t *v;

    if (!text || !text[0])
        return true;
    if (!g->permission.can_update_metadata)
        return refuse(refusal, 401, "attributes need canUpdateOwnMetadata");
    uint8_t *bytes = arena_alloc(a, strlen(text) + 4);
    json_t *object = NULL;
    if (base64url_decode(span_of_str(text), bytes, strlen(text) + 4, &size))
        object = json_loadb((const char *)bytes, size, JSON_REJECT_DUPLICATES, NULL);
    bool good = json_is_object(object);
    json_object_foreach(object, key, v)
    {
        total += strlen(key) + json_string_length(v);
        good = good && json_is_string(v) && total <= LIMIT_ATTRIBUTES;
        if (good)
            grant_set_attribute(g, key, json_string_value(v));
    }
    json_decref(object);
    return good ||
           refuse(refusal, 400, "attributes: expected base64url of a JSON object of strings");
}

static void copy_text(char **to, struct span query, const char *name, struct arena *a)
{
    str_set(to, query_text(query, name, TEXT_MAX, a));
}

/* "CAP_A,CAP_B": the names we know. */
static void read_capabilities(struct span query, struct grant *g, struct arena *a)
{
    static const struct {
        const char *name;
        int value;
    } known[] = {{"CAP_PACKET_TRAILER", LIVEKIT__CLIENT_INFO__CAPABILITY__CAP_PACKET_TRAILER},
                 {"CAP_COMPRESSION_DEFLATE_RAW",
                  LIVEKIT__CLIENT_INFO__CAPABILITY__CAP_COMPRESSION_DEFLATE_RAW}};
    const char *list = query_text(query, "capabilities", 512, a);

    for (size_t i = 0; list && i < sizeof known / sizeof known[0]; i++)
        if (strstr(list, known[i].name))
            g->capabilities[g->capability_count++] = known[i].value;
}

static void read_client(struct span query, struct grant *g, struct arena *a)
{
    g->auto_subscribe = query_flag(query, "auto_subscribe", true);
    g->adaptive_stream = query_flag(query, "adaptive_stream", false);
    g->reconnect = query_flag(query, "reconnect", false);
    g->protocol = query_number(query, "protocol");
    g->client_protocol = query_number(query, "client_protocol");
    copy_text(&g->reconnect_sid, query, "sid", a);
    copy_text(&g->sdk, query, "sdk", a);
    copy_text(&g->version, query, "version", a);
    copy_text(&g->os, query, "os", a);
    copy_text(&g->browser, query, "browser", a);
    copy_text(&g->device_model, query, "device_model", a);
    read_capabilities(query, g, a);
}

static bool check_grant(const struct claims *c, struct join_refusal *refusal)
{
    if (!c->room_join)
        return refuse(refusal, 401, "the token does not allow joining: video.roomJoin is missing");
    if (!c->grant->room || !c->grant->room[0])
        return refuse(refusal, 400, "the token names no room: video.room is missing");
    if (!c->grant->identity || !c->grant->identity[0])
        return refuse(refusal, 400, "the token names no identity: sub is missing");
    return true;
}

bool join_read(const struct token_keys *keys, int64_t unix_s, struct span query,
               const char *authorization, struct claims *out, struct join_refusal *refusal)
{
    struct arena a;
    bool good = false;

    arena_init(&a);
    const char *token = join_token(query, authorization, &a);
    enum token_verdict v =
        token ? token_verify(keys, span_of_str(token), unix_s, out) : TOKEN_MALFORMED;
    if (!token) {
        refuse(refusal, 401, "no token: give access_token, or the header Authorization: Bearer");
    } else if (v != TOKEN_OK) {
        refuse(refusal, 401, token_verdict_text(v));
    } else {
        good = check_grant(out, refusal) && merge_attributes(query, out->grant, &a, refusal);
        if (good)
            read_client(query, out->grant, &a);
        else
            claims_fini(out);
    }
    arena_fini(&a);
    return good;
}
