/* SPDX-License-Identifier: Apache-2.0 */
/* Addresses as values: tests, text. Owns nothing; safe on every thread. */
#include "base/addr.h"

#include <arpa/inet.h>
#include <stdio.h>

/* addr_key hands out the struct's bytes, so there may be no padding among them. */
_Static_assert(sizeof(struct addr) == 20, "struct addr has padding");

static const uint8_t v4_prefix[12] = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};
static const uint8_t zeroes[16];

bool addr_is_v4(const struct addr *a)
{
    return memcmp(a->ip, v4_prefix, sizeof(v4_prefix)) == 0;
}

bool addr_is_loopback(const struct addr *a)
{
    if (addr_is_v4(a))
        return a->ip[12] == 127;
    return memcmp(a->ip, zeroes, 15) == 0 && a->ip[15] == 1;
}

bool addr_is_any(const struct addr *a)
{
    if (addr_is_v4(a))
        return memcmp(a->ip + 12, zeroes, 4) == 0;
    return memcmp(a->ip, zeroes, 16) == 0;
}

struct prefix {
    uint8_t ip[6];
    unsigned bits;
};

static bool is_within(const uint8_t *ip, const struct prefix *list, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        unsigned bytes = list[i].bits / 8, rest = list[i].bits % 8;
        uint8_t mask = (uint8_t)(0xff00 >> rest);
        if (memcmp(ip, list[i].ip, bytes) == 0 &&
            (!rest || ((ip[bytes] ^ list[i].ip[bytes]) & mask) == 0))
            return true;
    }
    return false;
}

bool addr_is_public(const struct addr *a)
{
    static const struct prefix v4[] = {{{0}, 8},
                                       {{10}, 8},
                                       {{100, 64}, 10},
                                       {{127}, 8},
                                       {{169, 254}, 16},
                                       {{172, 16}, 12},
                                       {{192, 0, 0}, 24},
                                       {{192, 0, 2}, 24},
                                       {{192, 88, 99}, 24},
                                       {{192, 168}, 16},
                                       {{198, 18}, 15},
                                       {{198, 51, 100}, 24},
                                       {{203, 0, 113}, 24},
                                       {{224}, 4},
                                       {{240}, 4}};
    /* 6to4 and Teredo carry IPv4 addresses, private ones too. */
    static const struct prefix v6[] = {{{0x20, 0x01, 0x00}, 23},
                                       {{0x20, 0x01, 0x0d, 0xb8}, 32},
                                       {{0x20, 0x02}, 16},
                                       {{0x3f, 0xff, 0x00}, 20}};

    if (addr_is_v4(a))
        return !is_within(a->ip + 12, v4, sizeof v4 / sizeof v4[0]);
    return (a->ip[0] & 0xe0) == 0x20 && !is_within(a->ip, v6, sizeof v6 / sizeof v6[0]);
}

bool addr_equal(const struct addr *a, const struct addr *b)
{
    return memcmp(a->ip, b->ip, sizeof(a->ip)) == 0 && a->port == b->port && a->local == b->local;
}

struct addr addr_v4(uint8_t a, uint8_t b, uint8_t c, uint8_t d, uint16_t port)
{
    return (struct addr){.ip = {[10] = 0xff, [11] = 0xff, [12] = a, [13] = b, [14] = c, [15] = d},
                         .port = port};
}

bool addr_parse_ip(const char *text, struct addr *out)
{
    uint8_t v4[4];
    if (inet_pton(AF_INET, text, v4) == 1) {
        *out = addr_v4(v4[0], v4[1], v4[2], v4[3], 0);
        return true;
    }
    struct addr a = {0};
    if (inet_pton(AF_INET6, text, a.ip) != 1)
        return false;
    *out = a;
    return true;
}

static bool parse_port(const char *text, uint16_t *port)
{
    uint32_t value = 0;
    size_t n = 0;
    for (; text[n] >= '0' && text[n] <= '9' && n < 6; n++)
        value = value * 10 + (uint32_t)(text[n] - '0');
    if (n == 0 || text[n] != '\0' || value > UINT16_MAX)
        return false;
    *port = (uint16_t)value;
    return true;
}

bool addr_parse(const char *text, struct addr *out)
{
    char ip[ADDR_TEXT_MAX];
    bool brackets = text[0] == '[';
    const char *from = text + (brackets ? 1 : 0);
    const char *to = strchr(from, brackets ? ']' : ':');
    if (!to || (size_t)(to - from) >= sizeof(ip))
        return false;
    const char *colon = to + (brackets ? 1 : 0);
    memcpy(ip, from, (size_t)(to - from));
    ip[to - from] = '\0';
    struct addr a;
    if (*colon != ':' || (strchr(ip, ':') != NULL) != brackets || !addr_parse_ip(ip, &a) ||
        !parse_port(colon + 1, &a.port))
        return false;
    *out = a;
    return true;
}

const char *addr_format(const struct addr *a, bool with_port, char buffer[ADDR_TEXT_MAX])
{
    char ip[INET6_ADDRSTRLEN] = "";
    bool v4 = addr_is_v4(a);
    inet_ntop(v4 ? AF_INET : AF_INET6, v4 ? a->ip + 12 : a->ip, ip, sizeof(ip));
    if (!with_port)
        snprintf(buffer, ADDR_TEXT_MAX, "%s", ip);
    else
        snprintf(buffer, ADDR_TEXT_MAX, v4 ? "%s:%u" : "[%s]:%u", ip, (unsigned)a->port);
    return buffer;
}

struct span addr_key(const struct addr *a)
{
    return span_of(a, sizeof(*a));
}
