/* SPDX-License-Identifier: Apache-2.0 */
/* RTP header extensions (RFC 8285): which id means what on a peer connection, reading and writing
 * of elements. */
#ifndef WIRE_RTPEXT_H
#define WIRE_RTPEXT_H

#include "wire/rtp.h"

enum rtpext {
    EXT_NONE,
    EXT_MID,          /* urn:ietf:params:rtp-hdrext:sdes:mid */
    EXT_RID,          /* ...sdes:rtp-stream-id */
    EXT_REPAIRED_RID, /* ...sdes:repaired-rtp-stream-id */
    EXT_AUDIO_LEVEL,  /* ...ssrc-audio-level (RFC 6464) */
    EXT_TRANSPORT_CC, /* transport-wide sequence number, draft-holmer-...-01 */
    EXT_ABS_SEND_TIME,
    EXT_COUNT
};

const char *rtpext_uri(enum rtpext kind);
enum rtpext rtpext_by_uri(struct span uri);

/* ids[kind] = the id negotiated on a connection, 0 = not negotiated; kinds is the inverse. Ids
 * are 1..14. */
struct rtpext_map {
    uint8_t ids[EXT_COUNT];
    uint8_t kinds[15];
};

/* False when the id is out of range or taken by another kind. A kind may have several ids to be
 * read by; the first is the one to write. */
bool rtpext_map_add(struct rtpext_map *map, enum rtpext kind, uint8_t id);

struct rtpext_values {
    struct span mid, rid, repaired_rid;
    bool has_audio_level, voice, has_transport_seq;
    uint8_t audio_level; /* -dBov, 0 loudest, 127 silence */
    uint16_t transport_seq;
};

/* Reads what the map knows, one- and two-byte forms; unknown elements are skipped, a truncated one
 * ends the reading. */
void rtpext_read(const struct rtp *packet, const struct rtpext_map *map, struct rtpext_values *out);

/* One one-byte element; data 1..16 bytes. */
void rtpext_write(struct writer *w, uint8_t id, struct span data);

#endif
