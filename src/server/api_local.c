/* SPDX-License-Identifier: Apache-2.0 */
/* A call that never was a request. */
#include "server/api_local.h"

#include <errno.h>

#include "net/loop.h"
#include "server/api_match.h"

/* Without a server nobody is in any room. */
static int nobody_is_there(struct media_plane *m, enum engine_request what, const char *room,
                           struct span request, struct str *reply)
{
    (void)m;
    (void)what;
    (void)request;
    (void)reply;
    return room ? -ENOENT : 0;
}

static struct span copy(struct api_call *c, struct span bytes)
{
    return bytes.size ? span_of(arena_strdup(&c->arena, bytes), bytes.size) : span_of(NULL, 0);
}

static void match_and_run(struct api_call *c, const struct api_local *q, struct db *db)
{
    struct span target = span_of_str(q->target);
    size_t size = strcspn(q->target, "?");

    c->query = copy(c, span_from(target, size + (size < target.size)));
    switch (api_match(q->method, span_first(target, size), &c->arena, &c->route, c->params)) {
    case API_MATCHED:
        api_run(c, db);
        break;
    case API_NO_METHOD:
        api_fail(c, 405, "no_method", "this route has no such method");
        break;
    case API_NO_ROUTE:
        api_fail(c, 404, "no_route", "no such route");
        break;
    }
}

unsigned api_local(const struct api_config *config, struct db *db, const struct api_local *q,
                   struct str *reply)
{
    struct media_plane nobody = {.call = nobody_is_there};
    struct api_config here = *config;
    struct api_call *c = api_call_new();

    here.media[0] = &nobody;
    c->config = &here;
    c->now_ms = clock_unix_ms();
    c->local = true;
    c->authorization = here.operator_token;
    c->body = copy(c, q->body);
    match_and_run(c, q, db);
    unsigned status = c->status;
    str_append_span(reply, str_span(&c->reply));
    api_call_free(c);
    mem_wipe(&here, sizeof here);
    return status;
}
