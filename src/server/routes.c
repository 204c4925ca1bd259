/* SPDX-License-Identifier: Apache-2.0 */
/* Routes: LiveKit's endpoints, the server API and the embedded pages. */
#include "server/routes.h"

#include "base/log.h"
#include "server/assets.h"
#include "server/http.h"
#include "server/join.h"
#include "server/query.h"

/* Scripts of our own only, the worker of frame encryption from a blob or file of ours, WebSockets
 * to ourselves. */
#define PAGE_POLICY                                                                                \
    "default-src 'none'; script-src 'self'; worker-src 'self' blob:; style-src 'self'; "           \
    "img-src 'self' data: blob:; media-src 'self' blob:; connect-src 'self' ws: wss:; "            \
    "font-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"

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
    if (r->closing) {
        http_text(r->web, q->id, 503, "the server is shutting down");
        return;
    }
    if (!read_join(r, q, unix_s, &claims))
        return;
    web_accept(r->web, q->id);
    session_open(r->sessions, q->id, &claims);
    claims_fini(&claims);
}

static void validate(struct routes *r, const struct web_request *q, int64_t unix_s)
{
    struct claims claims;

    if (!read_join(r, q, unix_s, &claims))
        return;
    claims_fini(&claims);
    http_text(r->web, q->id, 200, "success");
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

/* ---- pages ---- */

/* Whether the client takes this encoding (a plain word in Accept-Encoding, not switched off by
 * q=0). */
static bool takes(const char *accept, const char *encoding)
{
    const char *at = accept ? strstr(accept, encoding) : NULL;

    if (!at)
        return false;
    at += strlen(encoding);
    return strncmp(at, ";q=0", 4) != 0 || (at[4] == '.' && at[5] != '0');
}

static void send_asset(struct routes *r, const struct web_request *q, const struct asset *a)
{
    const char *accept = q->header(q, "accept-encoding"), *known = q->header(q, "if-none-match");
    bool br = a->brotli.size && takes(accept, "br"),
         gz = !br && a->gzip.size && takes(accept, "gzip");
    struct web_header headers[12];
    unsigned n = 0;

    headers[n++] = (struct web_header){"ETag", a->etag};
    headers[n++] = (struct web_header){"Vary", "Accept-Encoding"};
    headers[n++] = (struct web_header){
        "Cache-Control", a->immutable ? "public, max-age=31536000, immutable" : "no-store"};
    headers[n++] = (struct web_header){"X-Content-Type-Options", "nosniff"};
    headers[n++] = (struct web_header){"Referrer-Policy", "no-referrer"};
    headers[n++] = (struct web_header){"Content-Security-Policy", PAGE_POLICY};
    headers[n++] = (struct web_header){"Cross-Origin-Opener-Policy", "same-origin"};
    headers[n++] = (struct web_header){"Permissions-Policy",
                                       "camera=(self), microphone=(self), display-capture=(self), "
                                       "geolocation=(), payment=(), usb=()"};
    if (br || gz)
        headers[n++] = (struct web_header){"Content-Encoding", br ? "br" : "gzip"};
    bool same = known && strcmp(known, a->etag) == 0;
    struct span body = br ? a->brotli : gz ? a->gzip : a->identity;
    web_reply(r->web, q->id,
              &(struct web_reply){.status = same ? 304 : 200,
                                  .content_type = a->mime,
                                  .headers = headers,
                                  .header_count = n,
                                  .body = same ? span_of(NULL, 0) : body});
}

static void page(struct routes *r, const struct web_request *q)
{
    bool get = strcmp(q->method, "GET") == 0 || strcmp(q->method, "HEAD") == 0;
    struct asset a;

    if (!get)
        http_text(r->web, q->id, 405, "405 method not allowed");
    else if (assets_find(q->path, &a))
        send_asset(r, q, &a);
    else if (is(q->path, "/"))
        http_text(r->web, q->id, 200, "OK");
    else
        http_text(r->web, q->id, 404, "404 page not found");
}

void routes_request(struct routes *r, const struct web_request *q, int64_t unix_s)
{
    struct span path = q->path;

    if (starts_with(path, "/livekit/"))
        path = span_from(path, strlen("/livekit"));
    if (is(path, "/rtc") || starts_with(path, "/rtc/"))
        signalling(r, q, path, unix_s);
    else if (starts_with(path, "/twirp/") && strcmp(q->method, "OPTIONS") == 0)
        http_preflight(r->web, q->id);
    else if (starts_with(path, "/twirp/"))
        call_begin(r->calls, q, span_from(path, strlen("/twirp/")), unix_s);
    else
        page(r, q);
}
