/* SPDX-License-Identifier: Apache-2.0 */
/* The door. In order: other origins' preflights, the route, how often its address asked, the form
 * of the body, a place in the queue. Control thread. */
#include "server/api_door.h"

#include <strings.h>

#include "base/encode.h"
#include "base/limits.h"
#include "server/api_match.h"
#include "server/proxy.h"

#define HEADERS_MAX 24

/* ---- answers ---- */

static const struct web_header common[] = {
    {"Cache-Control", "no-store"},
    {"X-Content-Type-Options", "nosniff"},
    {"Referrer-Policy", "no-referrer"},
    {"Cross-Origin-Resource-Policy", "same-origin"},
    {"X-Frame-Options", "DENY"},
    {"Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'"},
};

#define COMMON (sizeof common / sizeof common[0])

static unsigned add_cors(const struct api_door *d, const char *origin, struct web_header *out)
{
    if (!origin || !config_allows_origin(d->config, origin))
        return 0;
    out[0] = (struct web_header){"Access-Control-Allow-Origin", origin};
    out[1] = (struct web_header){"Access-Control-Allow-Credentials", "true"};
    out[2] = (struct web_header){"Vary", "Origin"};
    return 3;
}

static void send(const struct api_door *d, const struct api_call *c)
{
    struct web_header headers[HEADERS_MAX];
    unsigned n = COMMON;

    memcpy(headers, common, sizeof common);
    if (c->cache)
        headers[0].value = c->cache;
    n += add_cors(d, c->origin, headers + n);
    memcpy(headers + n, c->headers, c->header_count * sizeof c->headers[0]);
    n += c->header_count;
    if (c->secure)
        headers[n++] = (struct web_header){"Strict-Transport-Security", "max-age=31536000"};
    web_reply(d->web, c->web,
              &(struct web_reply){.status = c->status,
                                  .content_type = c->type         ? c->type
                                                  : c->reply.size ? "application/json"
                                                                  : NULL,
                                  .headers = headers,
                                  .header_count = n,
                                  .body = str_span(&c->reply)});
}

static void refuse(const struct api_door *d, struct api_call *c, unsigned status, const char *code,
                   const char *text)
{
    api_fail(c, status, code, text);
    send(d, c);
    api_call_free(c);
}

static void preflight(const struct api_door *d, struct api_call *c)
{
    if (c->origin && config_allows_origin(d->config, c->origin)) {
        api_header(c, "Access-Control-Allow-Methods", "GET, POST, PUT, DELETE");
        api_header(c, "Access-Control-Allow-Headers", "Authorization, Content-Type");
        api_header(c, "Access-Control-Max-Age", "86400");
    }
    c->status = 204;
    send(d, c);
    api_call_free(c);
}

/* ---- a request becomes a call ---- */

static const char *copy_header(struct api_call *c, const struct web_request *r, const char *name)
{
    const char *text = r->header(r, name);

    return text && utf8_valid(span_of_str(text)) ? arena_strdup(&c->arena, span_of_str(text))
                                                 : NULL;
}

static struct span copy_bytes(struct api_call *c, struct span bytes)
{
    return bytes.size ? span_of(arena_strdup(&c->arena, bytes), bytes.size) : span_of(NULL, 0);
}

/* Loopback, or the very address that we listen on. */
static bool is_here(const struct api_door *d, const struct addr *peer)
{
    return addr_is_loopback(peer) || memcmp(peer->ip, d->config->listen.ip, sizeof peer->ip) == 0;
}

/* "localhost", "127.0.0.1" or "[::1]", with or without a port. */
static bool names_this_machine(const char *host)
{
    static const char *const names[] = {"localhost", "127.0.0.1", "[::1]"};

    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        size_t size = strlen(names[i]);
        if (strncasecmp(host, names[i], size) != 0)
            continue;
        const char *port = host[size] == ':' ? host + size + 1 : host + size;
        return port[strspn(port, "0123456789")] == 0 && (host[size] == ':' || !*port);
    }
    return false;
}

/* Whether whoever asks knows this server as their own machine. A page of a name that was made to
 * lead here does not, nor do those who come by a proxy that says nothing of itself. */
static bool is_at_home(const struct web_request *r)
{
    const char *host = r->header(r, "host"), *origin = r->header(r, "origin");
    const char *named = origin ? strstr(origin, "://") : NULL;

    return host && names_this_machine(host) &&
           (!origin || (named && names_this_machine(named + strlen("://"))));
}

/* Where it comes from, as far as that can be believed. */
static void locate(const struct api_door *d, struct api_call *c, const struct web_request *r)
{
    const struct proxy_nets *proxies = &d->config->trusted_proxies;
    const char *forwarded = r->header(r, "x-forwarded-for"),
               *scheme = r->header(r, "x-forwarded-proto");
    bool trusted = proxy_trusts(proxies, &r->peer);

    c->from = proxy_client(proxies, &r->peer, forwarded);
    c->secure = d->config->tls_cert || (trusted && scheme && strcasecmp(scheme, "https") == 0) ||
                (d->config->public_url && strncmp(d->config->public_url, "https:", 6) == 0);
    c->local = is_here(d, &r->peer) && !trusted && !forwarded && !r->header(r, "forwarded") &&
               !r->header(r, "via");
    c->at_home = c->local && is_at_home(r);
}

static struct api_call *take_in(const struct api_door *d, const struct web_request *r)
{
    struct api_call *c = api_call_new();

    c->config = d->api;
    c->web = r->id;
    c->now_ms = clock_unix_ms();
    c->origin = copy_header(c, r, "origin");
    c->host = copy_header(c, r, "host");
    c->authorization = copy_header(c, r, "authorization");
    c->cookie = copy_header(c, r, "cookie");
    c->client = copy_header(c, r, "user-agent");
    c->query = copy_bytes(c, r->query);
    c->body = copy_bytes(c, r->body);
    locate(d, c, r);
    return c;
}

static bool is_json(const char *content_type)
{
    static const char *const types[] = {"application/json", "application/webhook+json"};

    for (size_t i = 0; content_type && i < sizeof types / sizeof types[0]; i++) {
        size_t size = strlen(types[i]);
        if (strncasecmp(content_type, types[i], size) == 0 &&
            (!content_type[size] || content_type[size] == ';' || content_type[size] == ' '))
            return true;
    }
    return false;
}

/* ---- the queue ---- */

static void work(struct job *j, struct db *db)
{
    api_run((struct api_call *)(void *)j, db);
}

static void finish(struct job *j)
{
    struct api_call *c = (struct api_call *)(void *)j;

    send(c->door, c);
    api_call_free(c);
}

static void abandon(struct job *j)
{
    api_call_free((struct api_call *)(void *)j);
}

static void post(struct api_door *d, struct api_call *c)
{
    c->job = (struct job){.heavy = c->route->heavy,
                          .most_before = c->route->rate == API_RATE_UPLOAD ? LIMIT_UPLOADS_WAITING
                                                                           : LIMIT_API_QUEUE,
                          .work = work,
                          .finish = finish,
                          .abandon = abandon};
    c->door = d;
    if (pool_post(d->pool, &c->job))
        return;
    api_header(c, "Retry-After", "1");
    refuse(d, c, 503, "busy", "the server is busy, try again");
}

/* ---- the checks ---- */

/* Requests of an address in a minute. A person's browser makes some tens at most; an office behind
 * one address has many people. */
static const unsigned most[API_RATE_GROUPS] = {
    [API_RATE_LOGIN] = LIMIT_RATE_LOGIN,     [API_RATE_REFRESH] = LIMIT_RATE_REFRESH,
    [API_RATE_GUEST] = LIMIT_RATE_GUEST,     [API_RATE_DEMO] = LIMIT_RATE_DEMO,
    [API_RATE_GENERAL] = LIMIT_RATE_GENERAL, [API_RATE_UPLOAD] = LIMIT_RATE_UPLOAD,
    [API_RATE_SIGNED] = LIMIT_RATE_GENERAL};

/* Seconds to wait; 0: none. */
static unsigned held_back(struct api_door *d, const struct api_call *c)
{
    enum api_rate group = c->route->rate;

    if (!d->rate || group == API_RATE_NONE || (group == API_RATE_SIGNED && c->config->livekit_url))
        return 0;
    return rate_take(d->rate, clock_now_us(), (uintptr_t)c->route, &c->from, most[group]);
}

static void refuse_method(const struct api_door *d, struct api_call *c)
{
    struct str methods;

    str_init(&methods);
    api_match_methods(c->route, &methods);
    api_header(c, "Allow", arena_strdup(&c->arena, str_span(&methods)));
    str_fini(&methods);
    refuse(d, c, 405, "no_method", "this route has no such method");
}

static void check(struct api_door *d, struct api_call *c, const struct web_request *r)
{
    unsigned seconds = held_back(d, c);

    if (seconds) {
        api_header(c, "Retry-After", arena_printf(&c->arena, "%u", seconds));
        refuse(d, c, 429, "rate_limited",
               c->route->rate == API_RATE_GUEST
                   ? "too many guest join attempts, please try again later"
                   : "too many requests, please try again later");
    } else if (c->route->rate == API_RATE_UPLOAD) {
        c->content_type = copy_header(c, r, "content-type");
        post(d, c);
    } else if (c->body.size > LIMIT_API_BODY) {
        refuse(d, c, 413, "too_large", "the body is too large");
    } else if (c->body.size && !is_json(r->header(r, "content-type"))) {
        /* Which no page of another origin can send without asking first. */
        refuse(d, c, 415, "no_json", "Content-Type must be application/json");
    } else {
        post(d, c);
    }
}

void api_door_request(struct api_door *d, const struct web_request *r, struct span path)
{
    struct api_call *c = take_in(d, r);
    const char *method = strcmp(r->method, "HEAD") == 0 ? "GET" : r->method;

    if (strcmp(method, "OPTIONS") == 0) {
        preflight(d, c);
        return;
    }
    switch (api_match(method, path, &c->arena, &c->route, c->params)) {
    case API_MATCHED:
        check(d, c, r);
        break;
    case API_NO_METHOD:
        refuse_method(d, c);
        break;
    case API_NO_ROUTE:
        refuse(d, c, 404, "no_route", "no such route");
        break;
    }
}
