/* SPDX-License-Identifier: Apache-2.0 */
/* One participant: signalling session, two peer connections, what they publish and what they view.
 */
#ifndef ROOM_PERSON_H
#define ROOM_PERSON_H

#include "room/track.h"
#include "rtc/feedback.h"
#include "wire/rtpext.h"

enum side { PUBLISHER, SUBSCRIBER }; /* as Livekit__SignalTarget */

/* An m-line of the publisher connection, as the last offer had it. */
struct section {
    char mid[MID_MAX + 1];
    enum sdp_kind kind;
    bool active;      /* the client sends here */
    enum codec codec; /* accepted */
    uint8_t payload_type, rtx_payload_type;
    char *cid;           /* track id of its msid */
    struct track *track; /* NULL: none bound (yet) */
    bool parked;         /* sent before its AddTrackRequest: to be bound when that comes */
    char rids[LIMIT_LAYERS][RID_MAX + 1]; /* as offered; sorted low to high in the track's layers */
    unsigned rid_count;
    uint32_t ssrc, rtx_ssrc; /* declared by a=ssrc; 0: told by header extensions */
};

/* An m-line of the subscriber connection; index = mid. 0 is the application section. */
struct slot {
    enum sdp_kind kind;
    struct downtrack *downtrack; /* NULL: inactive, may be used again for the same kind */
    uint32_t offered_ssrc;       /* of the downtrack in the last offer, 0: none */
    bool idle;     /* answered while inactive: a client sees a track that comes next as a new one */
    bool rejected; /* by the client: never used again */
};

/* Which layer an SSRC belongs to. */
struct stream {
    uint32_t ssrc;
    bool rtx;
    struct layer *layer;
};

/* One peer connection. Owner of its transport; what engine_transport_new is given as owner. */
struct connection {
    struct person *person;
    enum side side;
    struct transport *transport; /* NULL: not made yet */
    enum transport_state state;  /* last seen */
    struct rtpext_map extensions;
    uint32_t ssrc;                                /* ours, for RTCP and the like */
    int64_t rtt_us;                               /* from report blocks, or repairs; 0: unknown */
    struct timer timer;                           /* the transport's */
    struct addr addrs[LIMIT_ADDRS_PER_TRANSPORT]; /* in engine.by_addr */
    unsigned addr_count, addr_next;
    char ufrags[2][ICE_UFRAG_SIZE + 1]; /* in engine.by_ufrag: the present, the one before */
};

struct person {
    struct list in_room; /* room.people */
    struct list in_news; /* room.news */
    struct room *room;
    struct engine *engine;
    struct grant *grant;
    char sid[SID_SIZE + 1];
    uint64_t session; /* 0: no signal connection now */
    int state;        /* Livekit__ParticipantInfo__State */
    uint32_t version;
    int64_t joined_unix_ms;
    bool was_active, leaving;
    int disconnect_reason;

    struct connection connections[2]; /* by enum side */

    /* publishing */
    struct list tracks; /* track.in_person */
    unsigned track_count;
    struct section *sections;
    unsigned section_count;
    struct stream *streams; /* at most LIMIT_STREAMS_PER_PERSON */
    unsigned stream_count, stream_capacity;
    struct feedback *feedback;   /* NULL before the first packet that takes part in it */
    struct timer report_timer;   /* RR to the publisher */
    struct timer feedback_timer; /* transport-wide feedback to it */
    uint32_t offer_id;

    /* viewing */
    struct list downtracks; /* downtrack.in_viewer */
    struct slot *slots;
    unsigned slot_count;
    bool offer_pending; /* our offer is unanswered */
    bool offer_wanted;  /* something changed since */
    uint32_t subscriber_offer_id;
    uint32_t last_ssrc;    /* of those given to downtracks; where they begin is random */
    struct timer sr_timer; /* SR to the viewer */

    /* data */
    uint32_t last_sequence; /* of reliable packets received from this session */
    uint32_t clear_data_refused;
    struct credit *credit; /* of the data they sent that waits for others */
    bool held;             /* no more is read from them for now: pressure.c */

    /* signalling's own book-keeping (signalling.h) */
    struct person_signal *signal;
#ifdef BEDRUD_EVIL
    uint8_t *evil_data; /* the packet that is replayed, or kept back */
    size_t evil_data_size;
#endif
};

#endif
