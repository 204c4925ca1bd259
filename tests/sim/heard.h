/* SPDX-License-Identifier: Apache-2.0 */
/* What a client was told: who is in the room with which tracks, who speaks, what was refused, and
 * the numbered packets of data that others sent it. Belongs to a seat. */
#ifndef SIM_HEARD_H
#define SIM_HEARD_H

#include "wire/signal.h"

#define HEARD_OTHERS 16
#define HEARD_TRACKS 24
#define HEARD_TALKS 64

/* A track of somebody else. */
struct heard_track {
    char sid[32];
    int source; /* Livekit__TrackSource */
    bool muted;
};

/* Somebody, the client itself too. */
struct other {
    char identity[64], sid[32];
    int state, reason; /* Livekit__ParticipantInfo__State, Livekit__DisconnectReason */
    bool may_publish;
    struct heard_track tracks[HEARD_TRACKS];
    unsigned track_count;
    bool listed; /* in the list that was told last */
};

/* Numbered packets of one session of somebody, reliable and lossy ones apart. */
struct talk {
    char sid[32], identity[64];
    bool lossy;
    unsigned count, disorder; /* disorder: a damaged one, one twice; a reliable one out of turn */
    uint32_t first, next;     /* next: after the highest number */
    uint64_t seen;            /* bit i: next - 1 - i came */
};

struct heard {
    char room_sid[32], room_metadata[128];
    unsigned people; /* as the room says */
    unsigned updates, speaker_updates, reconnects;
    bool resumed; /* the next update is the whole list */
    struct other others[HEARD_OTHERS];
    unsigned other_count;
    char loudest[32];        /* sid, "" when nobody speaks */
    int quality;             /* the own, Livekit__ConnectionQuality; -1: not told */
    unsigned codec_refusals; /* tracks that the client cannot take */
    unsigned refusals;
    int refusal; /* reason of the last, Livekit__RequestResponse__Reason */
    struct talk talks[HEARD_TALKS];
    unsigned talk_count;
    unsigned notices; /* packets of the server's */
    char notice[256]; /* the last one's text */
};

void heard_init(struct heard *h);
/* The client is a new one, which heard nothing. */
void heard_anew(struct heard *h);
void heard_response(struct heard *h, const char *own_sid, const Livekit__SignalResponse *r);
void heard_packet(struct heard *h, const Livekit__DataPacket *packet, bool reliable);
/* A payload that says its number. */
void heard_write(uint8_t *out, size_t size, uint32_t number);

/* NULL: never heard of. */
const struct other *heard_of(const struct heard *h, const char *identity);
/* What came from somebody's last session, NULL: nothing. */
const struct talk *heard_talk(const struct heard *h, const char *identity, bool lossy);

#endif
