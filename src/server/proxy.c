/* SPDX-License-Identifier: Apache-2.0 */
/* Trusted proxies. */
#include "server/proxy.h"

#include <stdio.h>
#include <stdlib.h>

#define V4_BITS 96 /* before an IPv4 address in its IPv6 form */

static bool parse_net(struct span text, struct proxy_net *out)
{
    char copy[ADDR_TEXT_MAX];
    struct addr a;

    if (text.size == 0 || text.size >= sizeof copy)
        return false;
    memcpy(copy, text.data, text.size);
    copy[text.size] = 0;
    char *slash = strchr(copy, '/'), *end;
    if (slash)
        *slash = 0;
    if (!addr_parse_ip(copy, &a))
        return false;
    unsigned most = addr_is_v4(&a) ? 32 : 128;
    memcpy(out->ip, a.ip, sizeof out->ip);
    out->bits = 128;
    if (!slash)
        return true;
    if (slash[1] < '0' || slash[1] > '9')
        return false;
    unsigned long bits = strtoul(slash + 1, &end, 10);
    out->bits = (unsigned)bits + 128 - most;
    return *end == 0 && bits <= most;
}

bool proxy_parse(const char *text, struct proxy_nets *out)
{
    struct span rest = span_of_str(text);

    out->count = 0;
    while (rest.size) {
        const uint8_t *comma = memchr(rest.data, ',', rest.size);
        struct span one = comma ? span_first(rest, (size_t)(comma - rest.data)) : rest;
        if (out->count == PROXY_NETS_MAX || !parse_net(one, &out->nets[out->count]))
            return false;
        out->count++;
        rest = span_from(rest, one.size + 1);
    }
    return out->count > 0;
}

static bool contains(const struct proxy_net *n, const struct addr *a)
{
    unsigned whole = n->bits / 8, left = n->bits % 8;

    if (memcmp(n->ip, a->ip, whole) != 0)
        return false;
    return left == 0 || ((n->ip[whole] ^ a->ip[whole]) & 0xff << (8 - left) & 0xff) == 0;
}

bool proxy_trusts(const struct proxy_nets *n, const struct addr *peer)
{
    for (unsigned i = 0; i < n->count; i++)
        if (contains(&n->nets[i], peer))
            return true;
    return false;
}

/* The last entry of a list, which is cut off from it. */
static bool take_last(struct span *list, struct addr *out)
{
    char copy[ADDR_TEXT_MAX];
    size_t at = list->size;

    while (at > 0 && list->data[at - 1] != ',')
        at--;
    struct span one = span_from(*list, at);
    *list = span_first(*list, at ? at - 1 : 0);
    while (one.size && *one.data == ' ')
        one = span_from(one, 1);
    while (one.size && one.data[one.size - 1] == ' ')
        one.size--;
    if (one.size == 0 || one.size >= sizeof copy)
        return false;
    memcpy(copy, one.data, one.size);
    copy[one.size] = 0;
    return addr_parse_ip(copy, out) || addr_parse(copy, out);
}

struct addr proxy_client(const struct proxy_nets *n, const struct addr *peer,
                         const char *forwarded_for)
{
    struct span list = span_of_str(forwarded_for);
    struct addr client = *peer, next;

    while (proxy_trusts(n, &client) && list.size && take_last(&list, &next)) {
        client = next;
        client.local = peer->local;
    }
    client.port = 0;
    return client;
}
