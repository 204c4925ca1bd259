/* SPDX-License-Identifier: Apache-2.0 */
/* A world for meetings: an engine, people, and a network between them that loses, delays, repeats
 * and reorders datagrams by a seed. Time is a number: an hour passes as fast as the packets of an
 * hour can be handled. One thread. */
#ifndef SIM_WORLD_H
#define SIM_WORLD_H

#include "peer/peer.h"
#include "room/engine.h"

#define WORLD_SEATS 16

/* One way between a person and the server. Probabilities in millionths. */
struct path {
    uint32_t loss, repeat, reorder;
    int64_t delay_us;
    int64_t reorder_us; /* how much later a reordered datagram comes */
};

enum world_kind { WORLD_RTP, WORLD_RTCP, WORLD_STUN, WORLD_DTLS, WORLD_KINDS };

/* A direction with a random sequence of its own for each kind of datagram: what happens to media
 * does not hang on how many handshake messages there were. */
struct lane {
    struct path path;
    struct random random[WORLD_KINDS];
    uint64_t sent[WORLD_KINDS], lost[WORLD_KINDS];
};

struct world;

/* A person's place: the client, its addresses, its ways. */
struct seat {
    struct world *world;
    unsigned index;
    struct peer *peer;
    uint64_t session;
    bool closed; /* the server closed the signal connection */
    char room[64], identity[64];
    struct addr addrs[2];
    struct lane up, down;
    int64_t deadline_us;
    /* what was heard */
    unsigned updates, speaker_updates, refreshes, reconnects, tracks_seen;
    struct {
        char identity[64], sid[32];
        int state;
        unsigned tracks;
        char track_sids[8][32];
        bool track_muted[8];
    } others[WORLD_SEATS];
    unsigned other_count;
    char loudest[32]; /* sid, "" when nobody speaks */
    unsigned messages, message_sides[2];
    uint64_t message_digest;
    struct span last_message; /* owned */
};

struct world {
    int64_t now_us;
    struct engine *engine;
    int64_t engine_deadline_us;
    struct seat *seats[WORLD_SEATS];
    unsigned seat_count;
    uint64_t seed, next_session, next_peer;
    int64_t sctp_tick_us, sctp_at_us;
    struct flight **flights; /* a heap */
    size_t flight_count, flight_capacity;
    uint64_t flight_order;
    struct mail *mail, **mail_last; /* SCTP and signalling, delivered before anything else */
    uint64_t digest;                /* of all media sent by people */
    uint64_t media_sent;
    /* the last reply to a request */
    uint64_t reply_id;
    const char *reply_error;
    uint8_t reply[4096];
    size_t reply_size;
    unsigned events;
};

/* Once per process. */
void world_global_init(void);
void world_global_fini(void);

struct world *world_new(uint64_t seed);
/* Ends everything; true when the engine gave everything back. */
bool world_free(struct world *w);

/* Somebody opens a signal connection. `change`, where given, may alter the grant. */
struct seat *world_join(struct world *w, const char *room, const char *identity,
                        void (*change)(struct grant *g));
/* The same person's client comes back on a new signal connection (reconnect=1). */
void world_reconnect(struct seat *s);
/* The signal connection breaks. */
void world_cut(struct seat *s);
/* The client's addresses change. */
void world_move(struct seat *s);
/* Their client is gone without a word. */
void world_vanish(struct seat *s);
void world_set_path(struct seat *s, bool up, const struct path *path);
void world_pass(struct world *w, int64_t us);
/* A server API call; true when it succeeded. The reply is in w. */
bool world_call(struct world *w, enum engine_request what, const ProtobufCMessage *body);

/* ---- looking ---- */

/* How the seat sees somebody: -1 unknown, else Livekit__ParticipantInfo__State. */
int world_state_of(const struct seat *s, const char *identity);
/* The nth published track's sid of somebody, as the seat was told; "" when there is none. */
const char *world_track_of(const struct seat *s, const char *identity, unsigned index);
/* Sink of the source at the seat, or NULL. */
struct sink *world_sink(const struct seat *viewer, const struct source *source);
/* All that arrived at everybody, in its order, and what was sent: equal in two runs of one seed. */
uint64_t world_digest(const struct world *w);

/* ---- what people send ---- */

struct source_config world_voice(uint8_t level);
struct source_config world_camera(void); /* three layers, 25 frames a second */
struct source_config world_screen(void); /* one layer, 10 frames a second */

#endif
