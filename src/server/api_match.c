/* SPDX-License-Identifier: Apache-2.0 */
/* Finding a route: segment by segment, in the table's order. */
#include "server/api_match.h"

#include "base/encode.h"
#include "base/limits.h"

/* clang-format off */
static const struct api_route *const tables[] = {
    api_system_routes,
    api_auth_routes,
    api_account_routes,
    api_rooms_routes,
    api_join_routes,
    api_moderation_routes,
    api_lobby_routes,
    api_presence_routes,
    api_demo_routes,
    api_absent_routes,
    api_admin_routes,
    api_admin_invites_routes,
    api_admin_rooms_routes,
    api_admin_users_routes,
    api_audit_routes,
    api_livekit_routes,
    api_webhooks_routes,
    api_upload_routes,
};
/* clang-format on */

#define TABLES (sizeof tables / sizeof tables[0])

const struct api_route *api_match_nth(unsigned n)
{
    for (size_t t = 0; t < TABLES; t++)
        for (const struct api_route *r = tables[t]; r->method; r++)
            if (n-- == 0)
                return r;
    return NULL;
}

/* The next segment of a path, without its slash. */
static struct span take_segment(struct span *path)
{
    struct span rest = span_from(*path, 1);
    const uint8_t *slash = rest.size ? memchr(rest.data, '/', rest.size) : NULL;
    struct span segment = slash ? span_first(rest, (size_t)(slash - rest.data)) : rest;

    *path = span_from(rest, segment.size);
    return segment;
}

static bool fits(const struct api_route *r, struct span path, struct span params[API_PARAMS])
{
    struct span pattern = span_of_str(r->path);
    unsigned n = 0;

    while (pattern.size && path.size) {
        struct span wanted = take_segment(&pattern), given = take_segment(&path);
        if (given.size && wanted.size && wanted.data[0] == ':')
            params[n++] = given;
        else if (!span_equal(wanted, given))
            return false;
    }
    return pattern.size == 0 && path.size == 0;
}

static const char *decode(struct span raw, struct arena *a)
{
    struct str text;
    const char *copy = NULL;

    str_init(&text);
    if (raw.size <= 3 * LIMIT_API_PARAM && percent_decode(raw, false, &text) &&
        text.size <= LIMIT_API_PARAM && utf8_valid(str_span(&text)))
        copy = arena_strdup(a, str_span(&text));
    str_fini(&text);
    return copy;
}

static bool decode_all(const struct span raw[API_PARAMS], struct arena *a,
                       const char *params[API_PARAMS])
{
    for (unsigned i = 0; i < API_PARAMS; i++)
        if (raw[i].size && !(params[i] = decode(raw[i], a)))
            return false;
    return true;
}

enum api_match api_match(const char *method, struct span path, struct arena *a,
                         const struct api_route **route, const char *params[API_PARAMS])
{
    enum api_match result = API_NO_ROUTE;
    const struct api_route *r;

    for (unsigned i = 0; (r = api_match_nth(i)) != NULL; i++) {
        struct span raw[API_PARAMS] = {{NULL, 0}};
        if (!fits(r, path, raw))
            continue;
        *route = r;
        result = API_NO_METHOD;
        if (strcmp(r->method, method) == 0)
            return decode_all(raw, a, params) ? API_MATCHED : API_NO_ROUTE;
    }
    return result;
}

void api_match_methods(const struct api_route *route, struct str *out)
{
    const struct api_route *r;

    for (unsigned i = 0; (r = api_match_nth(i)) != NULL; i++)
        if (strcmp(r->path, route->path) == 0)
            str_printf(out, "%s%s", out->size ? ", " : "", r->method);
}
