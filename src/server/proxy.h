/* SPDX-License-Identifier: Apache-2.0 */
/* Reverse proxies that are believed when they say for whom they ask. Pure; safe on every thread. */
#ifndef SERVER_PROXY_H
#define SERVER_PROXY_H

#include "base/addr.h"

#define PROXY_NETS_MAX 16

struct proxy_nets {
    struct proxy_net {
        uint8_t ip[16];
        unsigned bits; /* of the 128 */
    } nets[PROXY_NETS_MAX];
    unsigned count;
};

/* "10.0.0.0/8,::1": addresses or networks separated by commas. False when it is something else. */
bool proxy_parse(const char *text, struct proxy_nets *out);
bool proxy_trusts(const struct proxy_nets *n, const struct addr *peer);
/* Who asks: the peer, or, when the peer is a trusted proxy, the last address in X-Forwarded-For
 * (NULL: absent) that is none. An entry that is no address ends the search there. */
struct addr proxy_client(const struct proxy_nets *n, const struct addr *peer,
                         const char *forwarded_for);

#endif
