/* SPDX-License-Identifier: Apache-2.0 */
/* An IP address and port, without any socket type. IPv4 is kept in IPv6-mapped form
 * (::ffff:a.b.c.d). */
#ifndef BASE_ADDR_H
#define BASE_ADDR_H

#include "base/span.h"

#define ADDR_TEXT_MAX 64

struct addr {
    uint8_t ip[16];
    uint16_t port; /* host order */
    uint16_t
        local; /* which of our sockets it was seen on or is to be sent from; part of equality */
};

bool addr_is_v4(const struct addr *a);
bool addr_is_loopback(const struct addr *a);
bool addr_is_any(const struct addr *a);
/* Whether it can be an address of somebody else on the internet: not this machine, a private or a
 * shared network, a group, a document, or a way to IPv4 in disguise (IANA's special-purpose address
 * registries). */
bool addr_is_public(const struct addr *a);
bool addr_equal(const struct addr *a, const struct addr *b);
struct addr addr_v4(uint8_t a, uint8_t b, uint8_t c, uint8_t d, uint16_t port);
/* "1.2.3.4" or "::1", no port, no brackets, no zone. False when it is no address. */
bool addr_parse_ip(const char *text, struct addr *out);
/* "1.2.3.4:80", "[::1]:80". */
bool addr_parse(const char *text, struct addr *out);
/* The IP alone; with_port adds ":80" and brackets where needed. Returns buffer. */
const char *addr_format(const struct addr *a, bool with_port, char buffer[ADDR_TEXT_MAX]);
/* The address as map key: ip, port, local, without padding. */
struct span addr_key(const struct addr *a);

#endif
