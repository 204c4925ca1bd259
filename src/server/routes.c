/* SPDX-License-Identifier: Apache-2.0 */
/* Routes: LiveKit's endpoints, the server API and the embedded pages. */
#include "server/routes.h"

#include <stdio.h>

#include "base/log.h"
#include "server/http.h"
#include "server/join.h"
#include "server/links.h"
#include "server/pages.h"
#include "server/query.h"
#include "server/twirp.h"

static bool starts_with(struct span path, const char *prefix)
{
    size_t size = strlen(prefix);

    return path.size >= size && memcmp(path.data, prefix, size) == 0;
}

static bool is(struct span path, const char *whole)
{
    return span_equal(path, span_of_str(whole));
}

/* ---- signalling ---- */

static bool read_join(struct routes *r, const struct web_request *q, int64_t unix_s,
                      struct claims *claims)
{
    struct join_refusal refusal;

    if (join_read(r->keys, unix_s, q->query, q->header(q, "authorization"), claims, &refusal))
        return true;
    log_limited(LOG_WARN, 10, "join_refused", LOG_NUM("status", refusal.status),
                LOG_STR("reason", refusal.text));
    http_text(r->web, q->id, refusal.status, refusal.text);
    return false;
}

static void rtc(struct routes *r, const struct web_request *q, int64_t unix_s)
{
    struct claims claims;
    struct span ignored;

    if (!q->upgrade || query_find(q->query, "join_request", &ignored)) {
        http_text(r->web, q->id, 404, "404 page not found");
        return;
    }
    if (read_join(r, q, unix_s, &claims))
        session_ask(r->sessions, q->id, &claims, false);
}

static void validate(struct routes *r, const struct web_request *q, int64_t unix_s)
{
    struct claims claims;

    if (read_join(r, q, unix_s, &claims))
        session_ask(r->sessions, q->id, &claims, true);
}

/* Paths under /rtc, after an optional /livekit. */
static void signalling(struct routes *r, const struct web_request *q, struct span path,
                       int64_t unix_s)
{
    if (strcmp(q->method, "OPTIONS") == 0)
        http_preflight(r->web, q->id);
    else if (is(path, "/rtc") || is(path, "/rtc/"))
        rtc(r, q, unix_s);
    else if (is(path, "/rtc/validate"))
        validate(r, q, unix_s);
    else
        http_text(r->web, q->id, 404, "404 page not found");
}

/* Paths that are the other server's when it carries the meetings. */
static bool is_elsewhere(const struct routes *r, struct span path)
{
    return r->media_url &&
           (is(path, "/rtc") || starts_with(path, "/rtc/") || starts_with(path, "/twirp/"));
}

/* In the words of whoever asks: subcommands show this one's msg. */
static void elsewhere(const struct routes *r, const struct web_request *q, struct span path)
{
    static const char text[] = "the meetings of this server are carried by another";
    struct twirp_error error = {.code = "bad_route"};
    struct str body;

    if (!starts_with(path, "/twirp/")) {
        http_text(r->web, q->id, 404, text);
        return;
    }
    snprintf(error.text, sizeof error.text, "%s: %s", text, r->media_url);
    str_init(&body);
    twirp_write_error(&body, &error);
    http_reply(r->web, q->id, 404, "application/json", str_span(&body));
    str_fini(&body);
}

void routes_request(struct routes *r, const struct web_request *q, int64_t unix_s)
{
    struct span path = q->path;

    if (links_carry_key(q->path, q->query)) {
        pages_altered(r->web, q);
        return;
    }
    if (starts_with(path, "/livekit/"))
        path = span_from(path, strlen("/livekit"));
    if (is_elsewhere(r, path))
        elsewhere(r, q, path);
    else if (is(path, "/rtc") || starts_with(path, "/rtc/"))
        signalling(r, q, path, unix_s);
    else if (starts_with(path, "/twirp/") && strcmp(q->method, "OPTIONS") == 0)
        http_preflight(r->web, q->id);
    else if (starts_with(path, "/twirp/"))
        call_begin(r->calls, q, span_from(path, strlen("/twirp/")), unix_s);
    else if (is(path, "/api/docs") || is(path, "/api/docs.css") || is(path, "/api/openapi.yaml"))
        pages_get(r->web, q, r->media_url);
    else if (starts_with(path, "/api/"))
        api_door_request(r->api, q, span_from(path, strlen("/api")));
    else if (is(path, "/health") || starts_with(path, "/uploads/") || is(path, "/ready"))
        api_door_request(r->api, q, path);
    else
        pages_get(r->web, q, r->media_url);
}
