/* SPDX-License-Identifier: Apache-2.0 */
/* RTCP: sender and receiver reports (RFC 3550 6.4), NACK (RFC 4585 6.2.1), PLI (6.3.1), FIR (RFC
 * 5104 4.3.1), REMB (draft-alvestrand-rmcat-remb-03), SDES, BYE. Transport-wide feedback is in
 * twcc.h. */
#ifndef WIRE_RTCP_H
#define WIRE_RTCP_H

#include "base/reader.h"
#include "base/writer.h"

enum rtcp_type {
    RTCP_SR = 200,
    RTCP_RR = 201,
    RTCP_SDES = 202,
    RTCP_BYE = 203,
    RTCP_RTPFB = 205, /* format 1 NACK, 15 transport-cc */
    RTCP_PSFB = 206   /* format 1 PLI, 4 FIR, 15 REMB */
};

#define RTCP_FMT_NACK 1
#define RTCP_FMT_TWCC 15
#define RTCP_FMT_PLI 1
#define RTCP_FMT_FIR 4
#define RTCP_FMT_REMB 15

/* One packet of a compound. */
struct rtcp {
    uint8_t type, count; /* count: report count or feedback format */
    struct span body;    /* after the 4-byte header, without padding */
    struct span whole;
};

/* Next packet of a compound; false at the end and on malformed bytes (then *bad is set, what came
 * before stands). */
bool rtcp_next(struct reader *compound, struct rtcp *out, bool *bad);

struct rtcp_sr {
    uint32_t ssrc;
    uint64_t ntp; /* 32.32 fixed point, seconds since 1900 */
    uint32_t rtp_timestamp, packets, octets;
};

struct rtcp_block {
    uint32_t ssrc;
    uint8_t fraction_lost; /* /256 since the last report */
    int32_t lost;          /* cumulative, 24 bits */
    uint32_t highest_seq;  /* extended */
    uint32_t jitter;       /* RTP clock units */
    uint32_t last_sr;      /* middle 32 bits of its NTP time */
    uint32_t delay;        /* since then, 1/65536 s */
};

bool rtcp_parse_sr(const struct rtcp *p, struct rtcp_sr *out) __attribute__((warn_unused_result));
/* The i-th report block of an SR or RR; false beyond the last. */
bool rtcp_parse_block(const struct rtcp *p, unsigned i, struct rtcp_block *out);
/* Feedback packets: sender and media SSRC. */
bool rtcp_parse_feedback(const struct rtcp *p, uint32_t *sender, uint32_t *media);
/* Lost sequence numbers of a NACK: start with *cursor = 0; false at the end. */
bool rtcp_next_nack(const struct rtcp *p, unsigned *cursor, uint16_t *seq);
/* Entries of a FIR: start with *cursor = 0. */
bool rtcp_next_fir(const struct rtcp *p, unsigned *cursor, uint32_t *ssrc, uint8_t *seq);
bool rtcp_parse_remb(const struct rtcp *p, uint64_t *bitrate_bps)
    __attribute__((warn_unused_result));

void rtcp_write_sr(struct writer *w, const struct rtcp_sr *sr, const struct rtcp_block *blocks,
                   unsigned count);
void rtcp_write_rr(struct writer *w, uint32_t ssrc, const struct rtcp_block *blocks,
                   unsigned count);
/* One chunk with a CNAME. */
void rtcp_write_sdes(struct writer *w, uint32_t ssrc, struct span cname);
/* seqs ascending on the circle; folded into (pid, blp) pairs. Nothing is written when there are
 * none. */
void rtcp_write_nack(struct writer *w, uint32_t sender, uint32_t media, const uint16_t *seqs,
                     unsigned count);
void rtcp_write_pli(struct writer *w, uint32_t sender, uint32_t media);
void rtcp_write_fir(struct writer *w, uint32_t sender, uint32_t media, uint8_t seq);
void rtcp_write_remb(struct writer *w, uint32_t sender, uint64_t bitrate_bps, const uint32_t *ssrcs,
                     unsigned count);
void rtcp_write_bye(struct writer *w, uint32_t ssrc);

#endif
