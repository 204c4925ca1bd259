/* SPDX-License-Identifier: Apache-2.0 */
/* A live room: who is in it and its settings. Owned by the engine, one thread. */
#ifndef ROOM_ROOM_H
#define ROOM_ROOM_H

#include "room/person.h"

struct departed;
struct replay; /* data.c: reliable packets kept for those who resume */

struct room {
    struct engine *engine;
    char *name, *metadata;
    char sid[SID_SIZE + 1];
    struct map by_identity; /* identity -> struct person */
    struct list people;     /* person.in_room, in order of joining */
    unsigned people_count;
    struct list gone; /* person.in_room of those who were ended in this turn */
    struct list news; /* person.in_news of those whose arrival is to be told (tell_soon) */
    struct departed *departed;
    uint32_t max_participants, empty_timeout_s, departure_timeout_s;
    bool e2ee; /* sticky */
    bool ever_joined;
    int64_t created_unix_ms, created_us, empty_since_us;
    struct replay *replay;
    struct timer news_timer;
    int64_t news_told_us;
    struct timer timer; /* end of an empty room; speakers while somebody publishes audio */
    int64_t speakers_due_us, quality_due_us;
    int64_t
        restart_asked_us; /* who joined before is put out when all were told; TIME_NEVER: nobody */
    int64_t noticed_us;   /* when all were last sent a notice of the server */
    int64_t end_due_us;   /* the room is to end then, for this reason; TIME_NEVER: it is not */
    int end_reason;
    unsigned people_told; /* visible people in the last room_update */
    uint64_t refused_clear_tracks, refused_clear_data, refused_short_frames;
};

/* ---- signalling plane; called by engine.c ---- */

/* A signal connection opened: join, resume, or refusal. */
void room_on_open(struct engine *e, int64_t now_us, uint64_t session, const struct grant *grant);
void person_on_message(struct person *p, int64_t now_us, struct span bytes);
/* The signal connection is gone; media may go on until LIMIT_RESUME_US. */
void person_on_close(struct person *p, int64_t now_us);
/* The transport's state changed (connected, failed). */
void person_on_transport(struct person *p, int64_t now_us, enum side side,
                         enum transport_state state);
/* A data channel message arrived on this side's connection. */
void data_on_message(struct person *p, int64_t now_us, enum side side,
                     const struct channel_message *m);
/* A channel could not take any more (CHANNEL_TOO_SLOW): ends the person with a reason. */
void person_too_slow(struct person *p, int64_t now_us);
/* engine_on_request. */
void request_handle(struct engine *e, int64_t now_us, uint64_t id, enum engine_request what,
                    struct span body);
/* engine_shutdown, engine_free. */
void room_shutdown(struct room *r, int64_t now_us);
void room_free(struct room *r);

/* ---- media plane; called by signalling ---- */

/* ingest.c: a section got its track, or the track's streams are to be forgotten. */
void ingest_bind(struct person *p, struct section *s, struct track *t);
void ingest_unbind(struct person *p, struct track *t);
/* relay.c: asks the publisher for a key frame of a layer, throttled (500 ms low, 1 s others);
 * repeats on its own while a viewer waits. */
void relay_ask_keyframe(struct track *t, unsigned layer, int64_t now_us);
/* report.c: start and stop the periodic RTCP of a connection that became CONNECTED. */
void report_start(struct person *p, enum side side, int64_t now_us);
void report_stop(struct person *p, enum side side);

/* ---- inside the media plane ---- */

/* Layers of the track that fell silent stop flowing; their viewers are aimed at others. */
void ingest_look_for_silence(struct track *t, int64_t now_us);
/* The worker's packets run low: of all tracks only the newest are kept for retransmission. */
void ingest_shed(struct engine *e, int64_t now_us);
/* A packet with a transport-wide sequence number arrived. */
void report_on_arrival(struct person *p, int64_t now_us, uint16_t transport_seq, uint32_t ssrc);
/* The fire function of track.nack_timer. */
void report_nack_on_time(struct timer *timer, int64_t now_us);
/* A viewer's NACK for one outgoing number. */
void relay_resend(struct downtrack *d, uint16_t seq, int64_t now_us);

/* ---- media plane; called by engine.c ---- */

void ingest_rtp(struct person *p, int64_t now_us, struct packet *packet, int64_t srtp_index);
void report_on_rtcp(struct connection *c, int64_t now_us, struct span compound);
/* Sends a track's burst to its viewers: for all dirty tracks, viewer by viewer. */
void relay_flush(struct engine *e, int64_t now_us);

#endif
