/* SPDX-License-Identifier: Apache-2.0 */
/* A published track with its layers, and the downtracks that carry it to its viewers. A track is
 * owned by its publisher (person), a downtrack by its viewer. */
#ifndef ROOM_TRACK_H
#define ROOM_TRACK_H

#include "room/state.h"
#include "rtc/forward.h"
#include "rtc/history.h"
#include "rtc/recv.h"
#include "rtc/speaker.h"
#include "wire/sdp.h"
#include "wire/signal.h"

#define SID_SIZE 15 /* "TR_" and 12 letters and digits */
#define RID_MAX 16
#define MID_MAX 32
#define TRACK_BURST 64
#define TRACK_RESENT 32
/* A layer that is silent this long is taken for stopped: five frames of the slowest camera, two
 * reports. */
#define LAYER_SILENCE_US 1500000

struct person;
struct room;

#ifdef BEDRUD_EVIL
/* Test builds only (evil.h): what is done to a layer's frames. */
struct evil_layer {
    unsigned frames;
    bool overwrote; /* the frame of this timestamp was */
    uint32_t timestamp;
    size_t kept_size; /* 0: none yet */
    uint8_t kept[1400];
};
#endif

/* One stream of a track: one quality of a simulcast, or all there is. */
struct layer {
    struct track *track;
    uint8_t index;           /* 0 lowest */
    char rid[RID_MAX + 1];   /* "" without simulcast */
    uint32_t ssrc, rtx_ssrc; /* 0: not seen yet */
    struct recv recv;        /* valid when ssrc != 0 */
    struct history history;
    int64_t
        seq_base; /* added to the SRTP index: a new SSRC continues the numbers of the one before */
    int64_t seq_first;         /* lower numbers are of the SSRC before */
    bool flowing;              /* packets came in the last LAYER_SILENCE_US */
    int64_t last_packet_us;    /* 0: never */
    int64_t keyframe_asked_us; /* last PLI or FIR sent for it */
#ifdef BEDRUD_EVIL
    struct evil_layer evil;
#endif
};

struct burst_item {
    struct media *media; /* in the layer's history */
    uint8_t layer;
};

struct track {
    struct list in_person; /* person.tracks */
    struct list in_dirty;  /* engine.dirty */
    struct person *publisher;
    char sid[SID_SIZE + 1];
    Livekit__TrackInfo *info; /* what everybody is told; from info_arena */
    struct arena info_arena;
    char *cid;
    enum codec codec;
    bool encrypted; /* info->encryption != NONE */
    bool bound;     /* has its section */
    bool announced; /* bound to a section: others know it */
    bool muted;
    bool silenced;         /* muted by the server: nothing flows until the client unmutes */
    bool was_viewed;       /* the publisher was told of a first viewer */
    unsigned section;      /* of the publisher connection; valid when announced */
    char mid[MID_MAX + 1]; /* of the section, which may move in memory */
    struct layer layers[LIMIT_LAYERS];
    unsigned layer_count;
    struct burst_item burst[TRACK_BURST]; /* received since the last flush, in order of arrival */
    unsigned burst_count;
    struct list viewers;     /* downtrack.in_track */
    struct speaker speaker;  /* audio */
    struct timer nack_timer; /* losses of any layer */
#ifdef BEDRUD_EVIL
    struct track *evil_partner; /* whose stream the viewers get */
#endif
};

struct downtrack {
    struct list in_track, in_viewer;
    struct track *track; /* NULL after the track is gone, until its section is freed */
    struct person *viewer;
    unsigned section; /* of the subscriber connection */
    uint32_t ssrc, rtx_ssrc;
    uint8_t payload_type, rtx_payload_type; /* rtx 0: not negotiated */
    struct forward forward;
    bool live;       /* answered: media may flow */
    bool disabled;   /* UpdateTrackSettings.disabled */
    uint8_t wanted;  /* highest layer asked for */
    int64_t rtx_seq; /* of the next retransmission */
    struct {
        uint16_t seq;
        int64_t at_us;
    } resent[TRACK_RESENT]; /* so that a repeated NACK does not send twice within a round trip */
    unsigned resent_next;
    uint32_t resend_credit, credited; /* packets that may be sent again; forward.packets counted */
    uint8_t fraction_lost;            /* of the viewer's last report */
    struct timer keyframe_timer;
};

/* ---- track.c: making and ending, by signalling ---- */

/* From an accepted AddTrackRequest; in person.tracks, not announced, no stream yet. */
struct track *track_new(struct person *publisher, const Livekit__AddTrackRequest *request);
/* Ends it: viewers' downtracks are detached (track NULL, not live), streams forgotten. The caller
 * tells the room. */
void track_free(struct track *t);
/* Which layer index carries this VideoQuality (livekit-wire.md 6.1); nearest lower, else lowest. */
unsigned track_layer_of_quality(const struct track *t, int quality);
/* Smallest layer whose width and height reach the request, else the highest. */
unsigned track_layer_of_size(const struct track *t, uint32_t width, uint32_t height);

/* A downtrack of `viewer` on `section`, not live yet. */
struct downtrack *downtrack_new(struct track *t, struct person *viewer, unsigned section);
void downtrack_free(struct downtrack *d);
/* Answered with these payload types: media flows from now on, a key frame is asked for when the
 * turn ends. */
void downtrack_start(struct downtrack *d, int64_t now_us);
/* Section went inactive: nothing flows. */
void downtrack_stop(struct downtrack *d);
/* The viewer's wish changed (wanted, disabled): aims the forward at the best flowing layer and asks
 * for key frames when the turn ends without one. */
void downtrack_aim(struct downtrack *d, int64_t now_us);

#endif
