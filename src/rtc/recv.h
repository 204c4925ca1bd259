/* SPDX-License-Identifier: Apache-2.0 */
/* Reception of one RTP stream (one SSRC): duplicates, losses and the NACKs for them, jitter,
 * reports (RFC 3550 A.3, A.8; RFC 4585). Knows numbers only, holds no packet. */
#ifndef RTC_RECV_H
#define RTC_RECV_H

#include "wire/rtcp.h"

#define RECV_NACK_MAX 128 /* losses tracked at once */
#define RECV_NACK_TRIES 10
#define RECV_GAP_MAX 1024 /* a larger jump is a new start, not a loss */

struct recv_missing {
    int64_t seq;
    int64_t due_us;
    uint8_t tries;
};

struct recv {
    uint32_t ssrc, clock_rate;
    bool nack, started;
    int64_t first, highest; /* unwrapped */
    uint64_t packets, bytes, duplicates, recovered;
    struct recv_missing missing[RECV_NACK_MAX];
    unsigned missing_count;
    int64_t probe_seq, probe_us;      /* a number asked for and when first; 0: none */
    uint64_t seen[RECV_GAP_MAX / 64]; /* which of the last 1,024 arrived */
    /* jitter */
    uint32_t jitter_q4; /* RTP units × 16 */
    int64_t last_transit;
    /* reports */
    uint64_t expected_prior, received_prior;
    double loss; /* of the last report interval, 0..1 */
    uint32_t last_sr_mid;
    int64_t last_sr_us;
    struct rtcp_sr last_sr;
    bool has_sr;
};

enum recv_verdict { RECV_NEW, RECV_LATE, RECV_DUPLICATE };

void recv_init(struct recv *r, uint32_t ssrc, uint32_t clock_rate, bool nack);
/* `seq` is unwrapped. RECV_LATE: behind the highest and not seen before (reordered, or repaired).
 */
enum recv_verdict recv_on_packet(struct recv *r, int64_t now_us, int64_t seq, uint32_t timestamp,
                                 size_t size);
/* Losses whose NACK is due now, as 16-bit numbers in ascending order; sets when they are due again
 * (rtt_us, at least 20 ms, growing). First due 10 ms after the gap was seen, since reordering is
 * common. */
unsigned recv_due_nacks(struct recv *r, int64_t now_us, int64_t rtt_us, uint16_t *out,
                        unsigned capacity);
/* A retransmission came, to be called before recv_on_packet: whether it tells how long a round trip
 * takes. */
bool recv_on_repair(struct recv *r, int64_t now_us, int64_t seq, int64_t *round_trip_us);
int64_t recv_next_deadline(const struct recv *r); /* TIME_NEVER when nothing is missing */
void recv_on_sr(struct recv *r, int64_t now_us, const struct rtcp_sr *sr);
/* The report block for now; resets the interval. */
void recv_report(struct recv *r, int64_t now_us, struct rtcp_block *out);
/* Share of packets lost in the last report interval, 0..1, for connection quality. */
double recv_loss(const struct recv *r);

#endif
