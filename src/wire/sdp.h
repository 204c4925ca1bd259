/* SPDX-License-Identifier: Apache-2.0 */
/* Session descriptions (RFC 8866, JSEP RFC 8829) as WebRTC clients write them: only the lines an
 * SFU needs, the rest is skipped. Parsed values are spans into the text. Writing starts from the
 * same structs. */
#ifndef WIRE_SDP_H
#define WIRE_SDP_H

#include "base/addr.h"
#include "base/limits.h"
#include "base/mem.h"
#include "base/str.h"
#include "wire/codec.h"

enum sdp_kind { SDP_AUDIO, SDP_VIDEO, SDP_APPLICATION, SDP_OTHER };
enum sdp_direction { SDP_SENDRECV, SDP_SENDONLY, SDP_RECVONLY, SDP_INACTIVE };
enum sdp_setup { SDP_SETUP_NONE, SDP_ACTPASS, SDP_ACTIVE, SDP_PASSIVE };

struct sdp_codec {
    uint8_t payload_type;
    struct span name; /* "VP8", "opus", "rtx" */
    uint32_t clock_rate;
    uint8_t channels; /* 0: not said */
    struct span fmtp; /* parameters after the payload type; empty when absent */
    bool nack, nack_pli, ccm_fir, goog_remb, transport_cc;
};

struct sdp_extension {
    uint8_t id;
    struct span uri; /* a direction after the id ("9/sendonly") is dropped */
};

struct sdp_media {
    enum sdp_kind kind;
    uint16_t port; /* 0: rejected; 9 when bundle-only */
    struct span protocol, mid;
    enum sdp_direction direction;
    struct span stream_id, track_id; /* a=msid; a single token is the track id, "-" no stream */
    struct sdp_codec codecs[LIMIT_SDP_CODECS]; /* in order of the m-line */
    unsigned codec_count;
    struct sdp_extension extensions[LIMIT_SDP_EXTENSIONS];
    unsigned extension_count;
    struct span rids[LIMIT_LAYERS]; /* a=rid:x send, not paused, in order */
    unsigned rid_count;
    uint32_t ssrcs[LIMIT_SDP_SSRCS]; /* distinct, in order of appearance */
    unsigned ssrc_count;
    uint32_t fid[2]; /* first FID group: media, rtx; zero when absent */
    uint16_t sctp_port;
    uint32_t max_message_size; /* 0: not said, or any size */
};

struct sdp {
    struct span ice_ufrag, ice_pwd; /* of the session or the first section that has them */
    uint8_t fingerprint[32];        /* sha-256; has_fingerprint tells */
    bool has_fingerprint, ice_lite;
    enum sdp_setup setup;
    struct sdp_media *media; /* media_count of them, from the arena */
    unsigned media_count;
};

/* Takes CRLF and LF. False when there is no v= line, a line that we read or a section is malformed,
 * two sections share a mid, or a limit is exceeded. Mids and rids are visible ASCII of at most
 * LIMIT_SDP_MID bytes. */
bool sdp_parse(struct span text, struct arena *a, struct sdp *out)
    __attribute__((warn_unused_result));
/* The codec's entry, or NULL; H.264 only with a profile that we forward (42e0, 4200, 4d00 with
 * packetization-mode as asked: -1 any). */
const struct sdp_codec *sdp_find_codec(const struct sdp_media *m, enum codec codec, int h264_mode);
/* The rtx entry whose apt is the payload type, or NULL. */
const struct sdp_codec *sdp_find_rtx(const struct sdp_media *m, uint8_t payload_type);
/* Value of a parameter in an fmtp line ("apt" in "apt=96;x=y"); empty when absent. */
struct span sdp_fmtp_value(struct span fmtp, const char *name);

/* ---- writing ---- */

struct sdp_candidate {
    struct addr addr;
    uint32_t priority;
    uint32_t foundation;
};

struct sdp_out_codec {
    uint8_t payload_type, rtx_payload_type; /* rtx 0: none */
    enum codec codec;
    const char *fmtp; /* "" or NULL: none */
    bool nack, pli, fir, remb, transport_cc;
};

struct sdp_out_media {
    enum sdp_kind kind;
    const char *mid;
    enum sdp_direction direction;
    const char *stream_id, *track_id; /* msid; NULL: none */
    uint32_t ssrc, rtx_ssrc;          /* 0: no ssrc lines */
    const struct sdp_out_codec *codecs;
    unsigned codec_count;
    const struct sdp_extension *extensions;
    unsigned extension_count;
    const char *const *rids; /* a=rid:x recv and a=simulcast:recv */
    unsigned rid_count;
    /* payload types echoed on the m-line of a section that we do not use; at least one is needed by
     * the grammar */
    const uint8_t *unused_payload_types;
    unsigned unused_payload_type_count;
};

struct sdp_out {
    uint64_t session_id;
    uint32_t version;
    const char *ice_ufrag, *ice_pwd;
    uint8_t fingerprint[32];
    enum sdp_setup setup;
    const struct sdp_candidate *candidates;
    unsigned candidate_count;
    uint32_t max_message_size;
    const struct sdp_out_media *media;
    unsigned media_count;
};

/* ice-lite, BUNDLE over all mids, candidates and end-of-candidates on the first section, every
 * section on port 9. Only a section of SDP_OTHER is rejected (port 0, outside BUNDLE). */
void sdp_write(struct str *out, const struct sdp_out *sdp);

#endif
