/* SPDX-License-Identifier: Apache-2.0 */
/* Datagrams. A packet comes from a pool, belongs to one worker thread and is counted by a plain
 * integer. */
#ifndef BASE_PACKET_H
#define BASE_PACKET_H

#include "base/addr.h"
#include "base/limits.h"

struct packet {
    struct packet_pool *pool;
    struct packet *next_free;
    uint32_t refs;
    uint32_t size;       /* bytes used in data */
    int64_t received_us; /* monotonic */
    struct addr from;
    uint8_t data[PACKET_CAPACITY];
};

struct packet_pool;

/* Grows in slabs up to `limit` packets, then packet_new gives NULL. */
struct packet_pool *packet_pool_new(uint32_t limit);
/* All packets must have come back. */
void packet_pool_free(struct packet_pool *pool);
uint32_t packet_pool_in_use(const struct packet_pool *pool);
/* One reference; NULL when the pool's limit is reached. */
struct packet *packet_new(struct packet_pool *pool);
struct packet *packet_ref(struct packet *p);
void packet_unref(struct packet *p);

/* A run of datagrams to one receiver, adjacent in a send arena: all of segment_bytes, but the last
 * may be shorter. What UDP_SEGMENT sends with one call. */
struct send_run {
    struct addr to;
    uint32_t offset; /* of the first datagram in the arena */
    uint32_t size_bytes;
    uint16_t segment_bytes;
    uint16_t segments;
};

#endif
