/* SPDX-License-Identifier: Apache-2.0 */
/* Webhooks. A body is written once, when something happens, and stays the same however often it is
 * sent, so that a receiver knows it again by its id; it is signed anew each time. */
#include "server/webhook.h"

#include <errno.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/encode.h"
#include "base/hash.h"
#include "base/limits.h"
#include "base/log.h"
#include "base/random.h"
#include "server/api_json.h"
#include "server/api_token.h"
#include "server/protojson.h"
#include "store/rooms.h"
#include "store/webhooks.h"

#define KIND_LIVEKIT "livekit"
#define KIND_EVENT "webhook"

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

/* Names of events, and what the media plane calls them; NULL: it does not know them. */
static const struct {
    const char *name, *media;
} events[] = {{"room.created", NULL},
              {"room.started", "room_started"},
              {"room.ended", "room_finished"},
              {"participant.joined", "participant_joined"},
              {"participant.left", "participant_left"},
              {"ping", NULL}};

bool webhook_has_event(const char *name, size_t size)
{
    for (size_t i = 0; i < COUNT(events); i++)
        if (strlen(events[i].name) == size && memcmp(events[i].name, name, size) == 0)
            return true;
    return false;
}

bool webhook_url_fits(const char *text, size_t size)
{
    size_t scheme = size > 8 && memcmp(text, "https://", 8) == 0  ? 8
                    : size > 7 && memcmp(text, "http://", 7) == 0 ? 7
                                                                  : 0;

    if (!scheme || size == scheme || size > LIMIT_WEBHOOK_URL || text[scheme] == '/')
        return false;
    for (size_t i = scheme; i < size; i++)
        if (text[i] <= ' ' || text[i] >= 0x7f || strchr("\"'<>\\^`{|}@,#", text[i]))
            return false;
    return true;
}

bool webhook_is_wanted(struct db *db, const struct webhook_config *c)
{
    struct webhook_row first[1];
    struct arena a;
    unsigned count = 0;

    if (c->urls)
        return true;
    arena_init(&a);
    int error = webhooks_list(db, &a, 1, first, &count);
    arena_fini(&a);
    return error || count;
}

void webhook_secret(const uint8_t *secret, const char *id, int64_t generation,
                    char out[WEBHOOK_SECRET_SIZE])
{
    uint8_t digest[SHA256_SIZE];
    struct str text;

    str_init(&text);
    str_printf(&text, "webhook\n%s\n%lld", id, (long long)generation);
    hash_hmac_sha256(span_of(secret, API_SECRET_SIZE), str_span(&text), digest);
    hex_encode(span_of(digest, sizeof digest), out);
    mem_wipe(digest, sizeof digest);
    str_fini(&text);
}

const char *webhook_show(const char *lane, char out[WEBHOOK_SHOWN])
{
    const char *host = strstr(lane, "://");
    size_t size = host ? (size_t)(host - lane) + 3 : strlen(lane);

    if (host)
        size += strcspn(host + 3, "/?");
    snprintf(out, WEBHOOK_SHOWN, "%.*s", (int)size, lane);
    return out;
}

/* ---- into the table ---- */

/* A receiver who does not take anything for long loses what is new, and holds nobody up. */
static int add(struct db *db, struct job_row j, int64_t now_ms)
{
    char shown[WEBHOOK_SHOWN];

    j.run_ms = j.created_ms = now_ms;
    int error = jobs_add(db, &j, LIMIT_WEBHOOK_LANE);
    if (error != -EDQUOT)
        return error;
    log_limited(LOG_WARN, 2, "webhook_lost", LOG_STR("to", webhook_show(j.lane, shown)),
                LOG_STR("event", j.subject));
    return 0;
}

/* "EV_..." */
static void make_id(char out[16])
{
    memcpy(out, "EV_", 3);
    random_text(out + 3, 12);
}

static int add_livekit(struct db *db, struct arena *a, const struct webhook_config *c,
                       Livekit__WebhookEvent *w, int64_t now_ms)
{
    char id[16];
    int error = 0;

    make_id(id);
    w->id = arena_strdup(a, span_of_str(id));
    json_t *json = protojson_write_camel(&w->base);
    char *body = json_dumps(json, JSON_COMPACT);
    json_decref(json);
    for (const char *at = c->urls; at && *at && body && !error;) {
        size_t size = strcspn(at, ",");
        char *url = xstrndup(at, size);
        error = add(db,
                    (struct job_row){
                        .kind = KIND_LIVEKIT, .lane = url, .subject = w->event, .payload = body},
                    now_ms);
        free(url);
        at += size + (at[size] == ',');
    }
    free(body);
    return error;
}

static char *event_body(const struct webhook_event *e, int64_t now_ms)
{
    char id[16];
    json_t *body = json_object(), *data = json_object();

    make_id(id);
    api_json_text(body, "id", id);
    api_json_text(body, "event", e->name);
    api_json_time(body, "timestamp", now_ms);
    api_json_text(data, "roomId", e->room_id);
    api_json_text(data, "roomName", e->room_name);
    api_json_text(data, "userId", e->user_id);
    json_object_set_new(body, "data", data);
    char *text = json_dumps(body, JSON_COMPACT);
    json_decref(body);
    return text ? text : xstrdup("{}");
}

/* Whether the name stands in the list; an empty one has them all. */
static bool wants(const struct webhook_row *w, const char *name)
{
    const char *at = w->events;
    size_t wanted = strlen(name);

    while (*at) {
        size_t size = strcspn(at, ",");
        if (size == wanted && memcmp(at, name, size) == 0)
            return true;
        at += size + (at[size] == ',');
    }
    return !w->events[0];
}

static int add_event(struct db *db, const char *webhook, const struct webhook_event *e,
                     const char *body, int64_t now_ms)
{
    return add(
        db,
        (struct job_row){.kind = KIND_EVENT, .lane = webhook, .subject = e->name, .payload = body},
        now_ms);
}

int webhook_tell(struct db *db, const struct webhook_event *e, int64_t now_ms)
{
    struct webhook_row list[LIMIT_WEBHOOKS];
    struct arena a;
    unsigned count = 0;

    arena_init(&a);
    int error = webhooks_list(db, &a, LIMIT_WEBHOOKS, list, &count);
    char *body = count ? event_body(e, now_ms) : NULL;
    for (unsigned i = 0; i < count && !error; i++)
        if (list[i].is_active && wants(&list[i], e->name))
            error = add_event(db, list[i].id, e, body, now_ms);
    free(body);
    arena_fini(&a);
    return error;
}

int webhook_ping(struct db *db, const char *id, int64_t now_ms)
{
    const struct webhook_event ping = {"ping", "", "", ""};
    char *body = event_body(&ping, now_ms);
    int error = add_event(db, id, &ping, body, now_ms);

    free(body);
    return error;
}

/* Rooms that the store does not know are the API key's holder's, who has LiveKit's webhooks. */
int webhook_tell_media(struct db *db, const char *event, const char *room, const char *identity,
                       int64_t now_ms)
{
    struct webhook_event e = {.user_id = identity};
    struct room_row r;
    struct arena a;

    for (size_t i = 0; i < COUNT(events); i++)
        if (events[i].media && strcmp(events[i].media, event) == 0)
            e.name = events[i].name;
    if (!e.name)
        return 0;
    arena_init(&a);
    int error = rooms_find_name(db, &a, room, &r);
    if (!error) {
        e.room_id = r.id;
        e.room_name = r.name;
        error = webhook_tell(db, &e, now_ms);
    }
    arena_fini(&a);
    return error == -ENOENT ? 0 : error;
}

int webhook_store(struct db *db, const struct webhook_config *c, struct span event, int64_t now_ms)
{
    struct arena a;

    arena_init(&a);
    Livekit__WebhookEvent *w = (void *)signal_parse(&livekit__webhook_event__descriptor, event, &a);
    int error = w && w->room
                    ? webhook_tell_media(db, w->event, w->room->name,
                                         w->participant ? w->participant->identity : "", now_ms)
                    : 0;
    if (w && !error)
        error = add_livekit(db, &a, c, w, now_ms);
    arena_fini(&a);
    return error;
}

/* ---- out of it ---- */

static void add_header(struct webhook_letter *out, const char *line)
{
    out->headers[out->header_count++] = line;
}

static int write_livekit(struct arena *a, const struct webhook_config *c, const struct job_row *job,
                         int64_t now_ms, struct webhook_letter *out)
{
    char *token = token_sign_body(c->keys, now_ms / 1000, out->body);

    if (!token)
        return -ENOENT;
    out->url = job->lane;
    out->anywhere = true;
    add_header(out, "Content-Type: application/webhook+json");
    add_header(out, arena_printf(a, "Authorization: %s", token));
    free(token);
    return 0;
}

static int write_event(struct db *db, struct arena *a, const struct webhook_config *c,
                       const struct job_row *job, struct webhook_letter *out)
{
    char secret[WEBHOOK_SECRET_SIZE], hex[2 * SHA256_SIZE + 1];
    uint8_t mac[SHA256_SIZE];
    struct webhook_row w;
    int error = webhooks_find(db, a, job->lane, &w);

    if (error || !w.is_active)
        return error ? error : -ENOENT;
    webhook_secret(c->secret, w.id, w.generation, secret);
    hash_hmac_sha256(span_of_str(secret), out->body, mac);
    mem_wipe(secret, sizeof secret);
    hex_encode(span_of(mac, sizeof mac), hex);
    out->url = w.url;
    add_header(out, "Content-Type: application/json");
    add_header(out, arena_printf(a, "X-Bedrud-Event: %s", job->subject));
    add_header(out,
               arena_printf(a, "X-Bedrud-Timestamp: %lld", (long long)(job->created_ms / 1000)));
    add_header(out, arena_printf(a, "X-Bedrud-Signature: sha256=%s", hex));
    return 0;
}

int webhook_write(struct db *db, struct arena *a, const struct webhook_config *c,
                  const struct job_row *job, int64_t now_ms, struct webhook_letter *out)
{
    *out = (struct webhook_letter){.body = span_of_str(job->payload)};
    if (strcmp(job->kind, KIND_LIVEKIT) == 0)
        return write_livekit(a, c, job, now_ms, out);
    if (strcmp(job->kind, KIND_EVENT) == 0)
        return write_event(db, a, c, job, out);
    return -EOPNOTSUPP;
}

bool webhook_may_reach(void *arg, const struct addr *a)
{
    const struct webhook_config *c = arg;

    return addr_is_public(a) || proxy_trusts(c->nets, a);
}
