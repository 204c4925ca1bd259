/* SPDX-License-Identifier: Apache-2.0 */
/* Transport-wide congestion control feedback (draft-holmer-rmcat-transport-wide-cc-extensions-01):
 * an RTPFB packet, format 15, that says when each transport-wide sequence number arrived. */
#ifndef WIRE_TWCC_H
#define WIRE_TWCC_H

#include "wire/rtcp.h"

/* Arrival of one sequence number; at_us = TWCC_LOST when it did not arrive. */
#define TWCC_LOST INT64_MIN

struct twcc_arrival {
    uint16_t seq;
    int64_t at_us;
};

struct twcc {
    uint32_t sender, media;
    uint16_t base_seq, count;
    int64_t reference_us; /* 24-bit counter of 64 ms */
    uint8_t feedback_count;
    struct span chunks; /* chunks and deltas */
};

bool twcc_parse(const struct rtcp *p, struct twcc *out) __attribute__((warn_unused_result));

struct twcc_reader {
    struct reader chunks, deltas;
    uint16_t seq, left, chunk, chunk_left;
    int64_t at_us;
    bool bad;
};

/* Walks the statuses; twcc_next gives one arrival a time, false at the end or when malformed (bad).
 */
struct twcc_reader twcc_reader_of(const struct twcc *t);
bool twcc_next(struct twcc_reader *r, struct twcc_arrival *out);

/* Writes feedback over arrivals (consecutive seqs, lost ones included). Returns how many were
 * taken: a gap in the seqs, a delta beyond ±8 s, a full writer or the 1,024th ends it early; after
 * 0 nothing was written. */
unsigned twcc_write(struct writer *w, uint32_t sender, uint32_t media, uint8_t feedback_count,
                    const struct twcc_arrival *arrivals, unsigned count);

#endif
