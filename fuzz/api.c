/* SPDX-License-Identifier: Apache-2.0 */
/* The API's door: the input's first line is a method and a path, the second a list as of
 * X-Forwarded-For, the rest a body. What is taken must keep the promises of its parsers. */
#include "base/encode.h"
#include "base/limits.h"
#include "server/api_json.h"
#include "server/api_match.h"
#include "server/proxy.h"

#include <assert.h>
#include <jansson.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct span take_line(struct span *rest)
{
    const uint8_t *end = rest->size ? memchr(rest->data, '\n', rest->size) : NULL;
    struct span line = end ? span_first(*rest, (size_t)(end - rest->data)) : *rest;

    *rest = span_from(*rest, line.size + 1);
    return line;
}

static void try_route(struct span line)
{
    char method[8] = "";
    const uint8_t *space = line.size ? memchr(line.data, ' ', line.size) : NULL;
    size_t n = space ? (size_t)(space - line.data) : 0;
    const struct api_route *route = NULL;
    const char *params[API_PARAMS] = {NULL};
    struct arena a;

    if (n >= sizeof method)
        return;
    memcpy(method, line.data, n);
    arena_init(&a);
    if (api_match(method, span_from(line, n + 1), &a, &route, params) == API_MATCHED) {
        assert(strcmp(route->method, method) == 0);
        for (unsigned i = 0; i < API_PARAMS; i++)
            assert(!params[i] ||
                   (strlen(params[i]) <= LIMIT_API_PARAM && utf8_valid(span_of_str(params[i]))));
    }
    arena_fini(&a);
}

static void try_proxy(struct span line)
{
    struct proxy_nets nets = {.count = 0};
    struct addr peer = addr_v4(10, 0, 0, 1, 9);
    struct arena a;

    arena_init(&a);
    const char *text = arena_strdup(&a, line);
    struct addr client = proxy_client(&nets, &peer, text);
    assert(memcmp(client.ip, peer.ip, sizeof peer.ip) == 0); /* nobody is trusted */
    assert(proxy_parse("10.0.0.0/8,fd00::/8", &nets));
    client = proxy_client(&nets, &peer, text);
    assert(client.port == 0);
    (void)proxy_parse(text, &nets);
    arena_fini(&a);
}

static void try_body(struct span body)
{
    const char *fault;
    json_t *json = api_json_parse(body, &fault), *again;

    if (!json)
        return;
    char *text = json_dumps(json, JSON_COMPACT);
    assert(text);
    again = api_json_parse(span_of_str(text), &fault);
    assert(again && json_equal(json, again));
    (void)api_json_get(json, "name");
    json_decref(again);
    free(text);
    json_decref(json);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct span rest = span_of(data, size);

    try_route(take_line(&rest));
    try_proxy(take_line(&rest));
    try_body(rest);
    return 0;
}
