/* SPDX-License-Identifier: Apache-2.0 */
/* A person's place in the world: the client, its addresses, its ways to the server, and what it was
 * told. Belongs to the world. */
#ifndef SIM_SEAT_H
#define SIM_SEAT_H

#include "heard.h"
#include "mailbag.h"
#include "peer/peer.h"
#include "world.h"

/* How somebody comes. */
struct seat_plan {
    const char *room, *identity;
    void (*grant)(struct grant *g); /* may alter the grant; NULL: everything is allowed */
    bool no_rtx, no_nack, no_h264;  /* of the client */
};

struct seat {
    struct world *world;
    unsigned index;
    struct seat_plan plan;
    struct peer *peer;         /* NULL: vanished */
    uint64_t session;          /* 0: the signal connection is cut */
    bool closed;               /* the server closed it */
    int64_t signal_us;         /* how long its messages take */
    int64_t signal_last_us[2]; /* when the last one arrives: down, up */
    struct mailbag held;       /* requests made while it is cut */
    struct addr addrs[2];      /* by enum peer_side */
    struct lane up, down;
    int64_t deadline_us;
    struct heard heard;
    unsigned refreshes;
    struct sink_stats past; /* what clients of this seat received that are gone */
    uint64_t past_digest;
    uint64_t unknown_ssrc, skipped; /* of those clients too */
    uint32_t said[2];               /* reliable and lossy packets of this session */
};

struct seat *seat_join(struct world *w, const char *room, const char *identity);
struct seat *seat_join_as(struct world *w, const struct seat_plan *plan);
/* Somebody who left, or was told to, comes again with a new client. */
void seat_join_again(struct seat *s);
void seat_leave(struct seat *s);
void seat_free(struct seat *s);

/* The signal connection breaks; what the client wants to say waits. */
void seat_cut(struct seat *s);
/* The same, but the server does not notice. */
void seat_lose(struct seat *s);
/* The same client comes back on a new one (reconnect=1). */
void seat_reconnect(struct seat *s);
/* The client's addresses change. */
void seat_move(struct seat *s);
/* The client is gone without a word. */
void seat_vanish(struct seat *s);
void seat_set_path(struct seat *s, bool up, const struct path *path);

struct source *seat_publish(struct seat *s, const struct source_config *config);
/* A numbered packet to everybody. */
enum channel_sent seat_say(struct seat *s, size_t size);
/* The same with the particulars given; the payload is made. */
enum channel_sent seat_say_as(struct seat *s, size_t size, const struct peer_packet *how);

/* ---- looking ---- */

/* How the seat sees somebody: -1 unknown, else Livekit__ParticipantInfo__State. */
int seat_state_of(const struct seat *s, const char *identity);
/* Sink of the source at the seat, or NULL. */
struct sink *seat_sink(const struct seat *viewer, const struct source *source);
/* All that clients of this seat received. */
struct sink_stats seat_stats(const struct seat *s);
uint64_t seat_digest(const struct seat *s);

/* ---- what people send ---- */

struct source_config seat_voice(uint8_t level);
struct source_config seat_camera(void); /* three layers, 25 frames a second */
struct source_config seat_screen(void); /* one layer, 10 frames a second */

#endif
