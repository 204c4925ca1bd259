/* SPDX-License-Identifier: Apache-2.0 */
/* The receiving end of one forwarded track, and the judge of it: every payload is checked against
 * what was sent, and the packets in order against each other (numbers, frames, timestamps, picture
 * ids, layer switches). Asks for what is missing and for key frames as a client does. Shares no
 * code with the server's reception. */
#ifndef PEER_SINK_H
#define PEER_SINK_H

#include "body.h"
#include "wire/rtcp.h"
#include "wire/rtp.h"

#define SINK_RING 2048
/* Numbers behind the highest, and time, after which a loss is final. */
#define SINK_REACH 600
#define SINK_PATIENCE_US 1000000
#define SINK_NACKS 64
/* A network that was away this long may have swallowed any number of packets. */
#define SINK_SILENCE_US 1000000
/* What a player does not notice yet. */
#define SINK_SLOW_US 200000

struct sink_slot {
    int64_t seq; /* -1: empty */
    bool arrived, marker;
    uint32_t timestamp;
    struct body body;
    int64_t due_us;    /* of the next NACK while it did not arrive */
    int64_t missed_us; /* since when it is known to be missing */
    unsigned tries;
};

struct sink_stats {
    uint64_t packets, duplicates, unique, recovered;
    uint64_t repeats;  /* of unique: in the retransmission stream */
    uint64_t slow;     /* of unique: later than SINK_SLOW_US after the one that came next */
    uint64_t bad;      /* payloads that nobody sent */
    uint64_t disorder; /* breaks of the stream's rules */
    uint64_t lost;     /* given up */
    uint64_t blind;    /* 1: the first packet that came did not begin a key frame */
    uint64_t frames;   /* complete, from a key frame on without a hole */
    uint64_t keyframes, switches, jumps;
    uint64_t nacks, plis;
    const char *first_disorder;
};

struct sink {
    char track_sid[32], mid[16];
    enum codec codec;
    uint32_t ssrc, rtx_ssrc;
    uint8_t payload_type, rtx_payload_type;
    bool no_nack;
    bool active; /* its track was in the last offer */
    bool started;
    int64_t first, highest, next; /* unwrapped; next: first not judged yet */
    uint32_t first_timestamp;
    struct sink_slot ring[SINK_RING];
    struct sink_slot last; /* the last one judged */
    bool has_last, hole, broken;
    unsigned missing;
    int64_t first_us, last_us, pli_us, keyframe_us; /* of arrival; of our last PLI */
    uint32_t tag;
    uint8_t layer;
    uint64_t digest; /* of all that arrived and when, random numbers left out */
    struct sink_stats stats;
    /* reports */
    uint32_t last_sr_mid;
    int64_t last_sr_us;
    int64_t expected_prior, received_prior;
};

/* Packets of the media stream and of its retransmissions. */
void sink_on_rtp(struct sink *s, int64_t now_us, const struct rtp *p, int64_t index);
void sink_on_rtx(struct sink *s, int64_t now_us, const struct rtp *p);
void sink_on_sr(struct sink *s, int64_t now_us, const struct rtcp_sr *sr);
/* NACK and PLI that are due, as RTCP. */
void sink_write_feedback(struct sink *s, int64_t now_us, uint32_t sender, struct writer *w);
int64_t sink_next_deadline(const struct sink *s);
void sink_report(struct sink *s, int64_t now_us, struct rtcp_block *out);
/* Adds the counts of one to another's. */
void sink_add_stats(struct sink_stats *to, const struct sink_stats *from);
/* Packets that arrived over packets that should have; 1 before the first. */
double sink_share(const struct sink *s);

#endif
