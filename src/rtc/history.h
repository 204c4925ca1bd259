/* SPDX-License-Identifier: Apache-2.0 */
/* The last packets of one published layer, shared by all its viewers: where retransmissions come
 * from. A ring by unwrapped sequence number that holds a reference to each packet. */
#ifndef RTC_HISTORY_H
#define RTC_HISTORY_H

#include "rtc/media.h"

struct history {
    struct media *ring; /* packet NULL: empty place */
    uint32_t size;      /* a power of two */
    int64_t newest;     /* highest seq put in; -1: none */
};

/* Places: 512 for video (about 0.7 s of a 5 Mbit/s layer), 64 for audio. Allocated at the first
 * put. */
void history_init(struct history *h, uint32_t size);
void history_fini(struct history *h);
/* Takes a reference of its own on m->packet. Older than the ring: not kept. Returns the stored
 * entry, NULL if not kept. */
struct media *history_put(struct history *h, const struct media *m);
/* NULL when never received or overwritten. */
const struct media *history_get(const struct history *h, int64_t seq);
/* Lets go of packets older than age_us; call now and then so that a silent stream holds nothing. */
void history_expire(struct history *h, int64_t now_us, int64_t age_us);

#endif
