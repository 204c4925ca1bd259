/* SPDX-License-Identifier: Apache-2.0 */
/* What follows from other values: combinations that are refused, and defaults that depend on the
 * machine. */
#include "server/config_complete.h"

#include <ifaddrs.h>
#include <netinet/in.h>
#include <unistd.h>

#include "base/mem.h"

/* All addresses of the interfaces that are up, without loopback and link-local ones. */
static void addrs_of_interfaces(struct config *c)
{
    struct ifaddrs *all, *i;

    if (getifaddrs(&all) != 0)
        return;
    for (i = all; i && c->media_ip_count < CONFIG_MEDIA_IPS; i = i->ifa_next) {
        struct addr a = {.local = (uint16_t)c->media_ip_count};
        if (!i->ifa_addr)
            continue;
        if (i->ifa_addr->sa_family == AF_INET) {
            const struct sockaddr_in *v4 = (const void *)i->ifa_addr;
            uint8_t ip[4];
            memcpy(ip, &v4->sin_addr, sizeof ip);
            a = addr_v4(ip[0], ip[1], ip[2], ip[3], 0);
            a.local = (uint16_t)c->media_ip_count;
        } else if (i->ifa_addr->sa_family == AF_INET6) {
            const struct sockaddr_in6 *v6 = (const void *)i->ifa_addr;
            memcpy(a.ip, &v6->sin6_addr, sizeof a.ip);
            if (a.ip[0] == 0xfe && (a.ip[1] & 0xc0) == 0x80)
                continue;
        } else {
            continue;
        }
        if (!addr_is_loopback(&a))
            c->media_ips[c->media_ip_count++] = a;
    }
    freeifaddrs(all);
}

bool config_complete(struct config *c, struct str *message)
{
    long cores = sysconf(_SC_NPROCESSORS_ONLN);

    if (c->dev && !addr_is_loopback(&c->listen)) {
        str_append(message, "dev: refused, since listen is not a loopback address and everybody "
                            "knows devkey's secret; leave --dev out, or listen on 127.0.0.1");
        return false;
    }
    if (!c->tls_cert != !c->tls_key) {
        str_append(message, "tls_cert and tls_key: give both or none");
        return false;
    }
    if (!c->api_key != !c->api_secret) {
        str_append(message, "api_key and api_secret: give both or none");
        return false;
    }
    if (!c->livekit_url != !c->livekit_key || !c->livekit_url != !c->livekit_secret) {
        str_append(message, "livekit_url, livekit_key and livekit_secret: give all three or none");
        return false;
    }
    if (c->livekit_url && c->webhook_urls) {
        str_append(message, "webhook_urls: with livekit_url, that server sends such webhooks");
        return false;
    }
    if (!c->database) {
        struct str path;
        str_init(&path);
        str_printf(&path, "%s/bedrud.db", c->data_dir);
        c->database = str_take(&path);
    }
    if (c->workers == 0)
        c->workers = cores < 1                    ? 1
                     : cores > CONFIG_WORKERS_MAX ? CONFIG_WORKERS_MAX
                                                  : (unsigned)cores;
    if (c->media_port + c->workers - 1 > 65535) {
        str_append(message, "media_port: too high for that many workers, each takes a port");
        return false;
    }
    if (c->media_ip_count == 0 && addr_is_any(&c->listen))
        addrs_of_interfaces(c);
    if (c->media_ip_count == 0) {
        c->media_ips[0] = addr_is_any(&c->listen) ? addr_v4(127, 0, 0, 1, 0) : c->listen;
        c->media_ips[0].port = 0;
        c->media_ip_count = 1;
    }
    return true;
}
