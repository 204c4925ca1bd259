/* SPDX-License-Identifier: Apache-2.0 */
/* A published track as a client's encoder and packetizer make it: Opus packets, or VP8 frames of
 * several packets in one or three layers; key frames when asked for, retransmissions from its own
 * memory. Pure: makes clear packets. */
#ifndef PEER_SOURCE_H
#define PEER_SOURCE_H

#include "base/limits.h"
#include "base/random.h"
#include "body.h"
#include "wire/rtcp.h"
#include "wire/rtpext.h"

#define SOURCE_MEMORY 1024
#define SOURCE_TEXT 32

/* Header extension ids as this client offers them. */
enum {
    PEER_EXT_AUDIO_LEVEL = 1,
    PEER_EXT_TRANSPORT_CC = 3,
    PEER_EXT_MID = 4,
    PEER_EXT_RID = 10,
    PEER_EXT_REPAIRED_RID = 11
};

/* The retransmissions of a video type are the next. */
enum { PEER_PT_OPUS = 111, PEER_PT_VP8 = 96, PEER_PT_H264 = 102 };

struct source_config {
    enum codec codec;
    int kind;            /* Livekit__TrackSource */
    unsigned layers;     /* 1, or 3 for simulcast q, h, f */
    unsigned packets;    /* a frame */
    unsigned size_bytes; /* of a payload; layers below the top have half and a quarter */
    bool uneven;         /* as libwebrtc cuts a frame: its first packets may have one byte less */
    int64_t interval_us; /* between frames */
    uint16_t first_seq;
    uint32_t first_timestamp; /* 0: random ones, another in each layer */
    uint16_t first_picture;   /* the same */
    uint8_t level;            /* audio, -dBov */
    int encryption;           /* Livekit__Encryption__Type */
};

/* What was sent under a number, enough to make it again. */
struct source_record {
    int64_t seq;
    uint32_t timestamp;
    uint16_t size;
    bool marker;
    struct body body;
};

struct source_layer {
    char rid[4];
    uint32_t ssrc, rtx_ssrc, timestamp_base;
    int64_t next_seq, rtx_next;
    uint32_t number, frame;
    uint16_t picture_id;
    uint8_t tl0;
    bool stopped; /* the encoder leaves this layer out */
    bool keyframe_wanted;
    unsigned left; /* packets of the present frame still to be given out */
    bool keyframe; /* the present frame is one */
    uint32_t timestamp;
    struct source_record memory[SOURCE_MEMORY];
    uint32_t packets, octets, keyframes, plis, resent, not_found;
};

struct source {
    struct source_config config;
    char cid[SOURCE_TEXT], sid[SOURCE_TEXT], mid[8];
    uint32_t tag;
    bool active;  /* offered and wanted */
    bool flowing; /* answered: packets may go out */
    bool muted;
    int64_t start_us, next_us;
    struct source_layer layers[LIMIT_LAYERS];
};

/* A clear packet: header, extensions, payload. */
struct source_packet {
    uint8_t bytes[RTP_HEADER_MIN + 64 + 2 + BODY_SIZE_MAX + 64];
    size_t header_size, size;
    int64_t index; /* unwrapped sequence number of its stream */
    uint32_t ssrc;
    bool rtx;
    struct body body;
};

void source_init(struct source *s, const struct source_config *config, uint32_t tag,
                 struct random *random);
/* The next packet due; false when there is none. transport_seq is written and counted up. */
bool source_next(struct source *s, int64_t now_us, uint16_t *transport_seq,
                 struct source_packet *out);
int64_t source_next_deadline(const struct source *s);
/* The layer with this media SSRC, NULL: not ours. */
struct source_layer *source_layer_of(struct source *s, uint32_t ssrc);
/* Retransmission of a number, in a stream of its own (RFC 4588) when out->rtx says so; false when
 * it is not remembered. */
bool source_again(struct source *s, struct source_layer *l, uint16_t seq, uint16_t *transport_seq,
                  struct source_packet *out);
/* A frame of `size` bytes that says nothing, in between those that do; not remembered. */
void source_runt(struct source *s, struct source_layer *l, size_t size, uint16_t *transport_seq,
                 struct source_packet *out);
/* Sender reports of all layers for this instant. */
void source_write_reports(const struct source *s, int64_t now_us, uint64_t ntp, struct writer *w);

#endif
