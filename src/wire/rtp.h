/* SPDX-License-Identifier: Apache-2.0 */
/* RTP header (RFC 3550 5.1) and first-byte demultiplexing (RFC 7983, RFC 5761). */
#ifndef WIRE_RTP_H
#define WIRE_RTP_H

#include "base/writer.h"

#define RTP_HEADER_MIN 12

enum datagram_kind { DATAGRAM_OTHER, DATAGRAM_STUN, DATAGRAM_DTLS, DATAGRAM_RTP, DATAGRAM_RTCP };

/* By the first byte, and the second for RTCP against RTP (packet types 192..223, RFC 5761 4). */
enum datagram_kind datagram_kind(struct span datagram);

struct rtp {
    bool marker;
    uint8_t payload_type;
    uint16_t seq;
    uint32_t timestamp, ssrc;
    uint16_t extension_profile; /* 0xBEDE: one-byte, 0x100x: two-byte (RFC 8285); 0: none */
    struct span extension;      /* the elements, without profile and length */
    struct span payload;        /* without padding */
    uint8_t padding;            /* bytes, 0..255 */
    uint16_t header_size;       /* fixed part, CSRCs and extension */
};

/* Parses a clear packet. Wrong version, truncated CSRCs, extension or padding fail. */
bool rtp_parse(struct span packet, struct rtp *out) __attribute__((warn_unused_result));
/* The header of a packet whose payload may still be encrypted: padding is not looked at, payload is
 * the rest. */
bool rtp_parse_header(struct span packet, struct rtp *out) __attribute__((warn_unused_result));
/* Fixed header without CSRCs (padding > 0 sets the P bit; the bytes are the caller's) and, when
 * extension is not empty, profile, length and elements padded to 4 bytes. */
void rtp_write_header(struct writer *w, const struct rtp *header);

#endif
