/* SPDX-License-Identifier: Apache-2.0 */
/* Embedded files with their headers, and the one page that is written here: it must be there in
 * every build and needs no other file. */
#include "server/pages.h"

#include <stdio.h>

#include "base/log.h"
#include "base/str.h"
#include "room/evil.h"
#include "server/assets.h"
#include "server/http.h"

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

#define HOST_MAX 255

static const struct web_header common[] = {
    {"X-Content-Type-Options", "nosniff"},
    {"Referrer-Policy", "no-referrer"},
    {"Cross-Origin-Opener-Policy", "same-origin"},
    {"Cross-Origin-Embedder-Policy", "require-corp"},
    {"Cross-Origin-Resource-Policy", "same-origin"},
    {"Permissions-Policy", "camera=(self), microphone=(self), display-capture=(self), "
                           "screen-wake-lock=(self), autoplay=(self), fullscreen=(self), "
                           "picture-in-picture=(self), clipboard-write=(self), web-share=(self), "
                           "geolocation=(), payment=(), usb=(), serial=(), hid=(), bluetooth=(), "
                           "midi=(), browsing-topics=()"},
};

/* "host", "host:80": nothing that could begin another directive. A policy takes no IPv6 address. */
static bool is_host(const char *text)
{
    size_t size = text ? strlen(text) : 0;

    return size > 0 && size <= HOST_MAX &&
           strspn(text, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.-:") ==
               size;
}

/* Scripts are files of ours, and those inside the page that the build knows by their digests.
 * WebSockets to this server are named besides: not every browser takes 'self' for them too. */
static void write_policy(struct str *out, const struct asset *a, const char *host,
                         const char *media_url)
{
    str_append(out, "default-src 'none'; script-src 'self'");
    if (a->scripts[0])
        str_printf(out, " %s", a->scripts);
    str_append(out, "; worker-src 'self'; style-src 'self'; img-src 'self' data: blob:; "
                    "media-src 'self' blob:; font-src 'self'; manifest-src 'self'; "
                    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'; "
                    "connect-src 'self'");
    if (is_host(host))
        str_printf(out, " ws://%s wss://%s", host, host);
    if (media_url)
        str_printf(out, " %s ws%s", media_url, media_url + strlen("http"));
}

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

#ifdef BEDRUD_EVIL
/* A redirect with a fragment of its own, be it empty, makes the browser forget the link's. */
static bool strip_fragment(struct web *w, const struct web_request *q, const struct asset *a)
{
    char target[128];

    if (!evil_is(EVIL_STRIP_FRAGMENT) || q->query.size || strncmp(a->mime, "text/html", 9) != 0)
        return false;
    snprintf(target, sizeof target, "%.*s?stripped#", (int)q->path.size,
             (const char *)q->path.data);
    const struct web_header location = {"Location", target};
    web_reply(w, q->id,
              &(struct web_reply){.status = 302, .headers = &location, .header_count = 1});
    log_event(LOG_INFO, "evil", LOG_STR("detail", "strip-fragment"));
    return true;
}
#else
#define strip_fragment(w, q, a) false
#endif

static void send_asset(struct web *w, const struct web_request *q, const struct asset *a,
                       unsigned status, const char *media_url)
{
    if (strip_fragment(w, q, a))
        return;
    const char *accept = q->header(q, "accept-encoding"), *known = q->header(q, "if-none-match");
    bool br = a->brotli.size && takes(accept, "br"),
         gz = !br && a->gzip.size && takes(accept, "gzip");
    struct web_header headers[COUNT(common) + 5];
    struct str policy;
    unsigned n = COUNT(common);

    str_init(&policy);
    write_policy(&policy, a, q->header(q, "host"), media_url);
    memcpy(headers, common, sizeof common);
    headers[n++] = (struct web_header){"Content-Security-Policy", policy.text};
    headers[n++] = (struct web_header){"ETag", a->etag};
    headers[n++] = (struct web_header){"Vary", "Accept-Encoding"};
    headers[n++] = (struct web_header){
        "Cache-Control", a->immutable ? "public, max-age=31536000, immutable" : "no-store"};
    if (br || gz)
        headers[n++] = (struct web_header){"Content-Encoding", br ? "br" : "gzip"};
    bool same = status == 200 && known && strcmp(known, a->etag) == 0;
    struct span body = br ? a->brotli : gz ? a->gzip : a->identity;
    web_reply(w, q->id,
              &(struct web_reply){.status = same ? 304 : status,
                                  .content_type = a->mime,
                                  .headers = headers,
                                  .header_count = n,
                                  .body = same ? span_of(NULL, 0) : body});
    str_fini(&policy);
}

/* ---- the app ---- */

/* Addresses that the app's page answers for, with all below them; web/src/app/routes.tsx says which
 * page stands where. */
static bool is_app_path(struct span path)
{
    static const char *const roots[] = {"/m", "/c", "/auth", "/dashboard", "/account", "/e2ee"};

    for (size_t i = 0; i < COUNT(roots); i++) {
        size_t size = strlen(roots[i]);
        if (path.size >= size && memcmp(path.data, roots[i], size) == 0 &&
            (path.size == size || path.data[size] == '/'))
            return true;
    }
    return false;
}

/* Somebody looks at an address that does not exist: the app says so in their language. What only
 * misses a file wants no page. */
static bool wants_page(const struct web_request *q)
{
    const char *accept = q->header(q, "accept");

    return accept && strstr(accept, "text/html") && !memchr(q->path.data, '.', q->path.size);
}

void pages_get(struct web *w, const struct web_request *q, const char *media_url)
{
    bool get = strcmp(q->method, "GET") == 0 || strcmp(q->method, "HEAD") == 0;
    bool known = is_app_path(q->path);
    struct asset a;

    if (!get)
        http_text(w, q->id, 405, "405 method not allowed");
    else if (assets_find(q->path, &a))
        send_asset(w, q, &a, 200, media_url);
    else if ((known || wants_page(q)) && assets_find(SPAN_LITERAL("/"), &a))
        send_asset(w, q, &a, known ? 200 : 404, media_url);
    else if (span_equal(q->path, SPAN_LITERAL("/")))
        http_text(w, q->id, 200, "OK");
    else
        http_text(w, q->id, 404, "404 page not found");
}

/* ---- the altered link ---- */

static const char altered[] =
    "<!doctype html>\n"
    "<html lang=\"en\">\n"
    "<meta charset=\"utf-8\">\n"
    "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
    "<meta name=\"robots\" content=\"noindex\">\n"
    "<meta name=\"color-scheme\" content=\"light dark\">\n"
    "<title>This link was altered on its way</title>\n"
    "<h1>This link was altered on its way</h1>\n"
    "<p><strong>Its key reached the server. Treat it as exposed.</strong></p>\n"
    "<p>The key of a meeting stands behind <code>#</code>, where it never leaves your browser. "
    "Something between whoever sent you the link and you, such as a mail filter, wrote that sign "
    "in another way. This server keeps no record of the address.</p>\n"
    "<p>Ask for a new link. In a meeting that is running, the host can make a new key.</p>\n";

void pages_altered(struct web *w, const struct web_request *q)
{
    struct web_header headers[COUNT(common) + 2];

    memcpy(headers, common, sizeof common);
    headers[COUNT(common)] = (struct web_header){
        "Content-Security-Policy",
        "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"};
    headers[COUNT(common) + 1] = (struct web_header){"Cache-Control", "no-store"};
    log_limited(LOG_WARN, 10, "altered_link", LOG_STR("hint", "its key reached the server"));
    if (evil_is(EVIL_LOG_LINKS))
        log_event(LOG_INFO, "evil", LOG_STR("detail", "log-links"),
                  LOG_STR("path", (const char *)q->path.data),
                  LOG_STR("query", (const char *)q->query.data));
    web_reply(w, q->id,
              &(struct web_reply){.status = 400,
                                  .content_type = "text/html; charset=utf-8",
                                  .headers = headers,
                                  .header_count = COUNT(headers),
                                  .body = span_of(altered, sizeof altered - 1)});
}
