/* SPDX-License-Identifier: Apache-2.0 */
/* A person's place in the world: the client, its addresses, its ways to the server, and what it was
 * told. Belongs to the world. */
#ifndef SIM_SEAT_H
#define SIM_SEAT_H

#include "peer/peer.h"
#include "world.h"

/* Somebody as a seat was told of them. */
struct other {
    char identity[64], sid[32];
    int state;
    unsigned tracks;
    char track_sids[8][32];
    bool track_muted[8];
};

struct seat {
    struct world *world;
    unsigned index;
    struct peer *peer; /* NULL: vanished */
    uint64_t session;
    bool closed; /* the server closed the signal connection */
    char room[64], identity[64];
    struct addr addrs[2]; /* by enum peer_side */
    struct lane up, down;
    int64_t deadline_us;
    /* what was heard */
    unsigned updates, speaker_updates, refreshes, reconnects;
    struct other others[WORLD_SEATS];
    unsigned other_count;
    char loudest[32]; /* sid, "" when nobody speaks */
    unsigned messages, message_sides[2];
    uint64_t message_digest;
    struct span last_message; /* owned */
};

/* Somebody opens a signal connection. `change`, where given, may alter the grant. */
struct seat *seat_join(struct world *w, const char *room, const char *identity,
                       void (*change)(struct grant *g));
void seat_free(struct seat *s);
/* The same person's client comes back on a new signal connection (reconnect=1). */
void seat_reconnect(struct seat *s);
/* The signal connection breaks. */
void seat_cut(struct seat *s);
/* The client's addresses change. */
void seat_move(struct seat *s);
/* The client is gone without a word. */
void seat_vanish(struct seat *s);
void seat_set_path(struct seat *s, bool up, const struct path *path);

/* ---- looking ---- */

/* How the seat sees somebody: -1 unknown, else Livekit__ParticipantInfo__State. */
int seat_state_of(const struct seat *s, const char *identity);
/* The nth published track's sid of somebody, as the seat was told; "" when there is none. */
const char *seat_track_of(const struct seat *s, const char *identity, unsigned index);
/* Sink of the source at the seat, or NULL. */
struct sink *seat_sink(const struct seat *viewer, const struct source *source);

/* ---- what people send ---- */

struct source_config seat_voice(uint8_t level);
struct source_config seat_camera(void); /* three layers, 25 frames a second */
struct source_config seat_screen(void); /* one layer, 10 frames a second */

#endif
