/* SPDX-License-Identifier: Apache-2.0 */
/* Reliable data packets of a room, kept for a short while for those who come or come back: bounded
 * by LIMIT_REPLAY_BYTES and LIMIT_REPLAY_US, the oldest go first. Owned by the room. */
#ifndef ROOM_REPLAY_H
#define ROOM_REPLAY_H

#include "base/span.h"

struct kept {
    struct kept *next;
    uint64_t index; /* of all packets that were ever kept, from 1 */
    int64_t at_us;
    uint32_t sequence; /* of the sender, 0: none */
    bool addressed;    /* names its receivers */
    char sender[16];   /* sid, "" for the server's own */
    size_t size;
    uint8_t bytes[]; /* as it is sent */
};

struct replay;

struct replay *replay_new(void);
void replay_free(struct replay *r);
/* The index that the next packet will have. */
uint64_t replay_next(const struct replay *r);
/* Copies `bytes` and the fields of `k` but index and next. */
void replay_keep(struct replay *r, const struct kept *k, struct span bytes);
/* The oldest kept one with at least this index, NULL when none; go on with ->next. */
const struct kept *replay_from(const struct replay *r, uint64_t index);

#endif
