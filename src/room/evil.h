/* SPDX-License-Identifier: Apache-2.0 */
/* The hostile server of the tests: lies and attacks that an end-to-end encrypted client must refuse
 * (docs/e2ee.md). It exists in test builds only (meson option evil, which no release takes); in
 * every other build the hooks below are nothing, and the compiler leaves nothing of them.
 *
 * Each attack that is carried out leaves an event "evil" with its name. */
#ifndef ROOM_EVIL_H
#define ROOM_EVIL_H

#include "room/room.h"

enum evil {
    EVIL_CLEAR_ROOM,     /* "clear-room": an encrypted room is said, and treated, to be clear */
    EVIL_CLEAR_TRACKS,   /* "clear-tracks": TrackInfo says that encrypted tracks are clear */
    EVIL_INJECT_MEDIA,   /* "inject-media": clear frames among the encrypted ones */
    EVIL_INJECT_DATA,    /* "inject-data": clear user packets in a participant's name */
    EVIL_SWAP,           /* "swap": viewers of a track get another one's stream */
    EVIL_REPLAY_MEDIA,   /* "replay-media": an old encrypted frame, again and again */
    EVIL_REPLAY_DATA,    /* "replay-data": an old encrypted packet after each new one */
    EVIL_REORDER_DATA,   /* "reorder-data": every other packet comes after the one behind it */
    EVIL_RENAME_DATA,    /* "rename-data": packets are delivered as those of somebody else */
    EVIL_TRAILER,        /* "trailer": a SIF trailer known to all, clear frames that end with it */
    EVIL_STRIP_FRAGMENT, /* "strip-fragment": pages redirect so that the browser loses the key */
    EVIL_LOG_LINKS,      /* "log-links": requests with a key in them are logged whole */
    EVIL_COUNT
};

#ifdef BEDRUD_EVIL

#define EVIL_TRAILER_TEXT "bedrudEvilTrailerbedrudEvilTrailerbedrudEvil"

/* The attacks to carry out: names with commas between them; NULL or "" for none. Before any thread
 * starts. False when there is an unknown name: *bad is where it begins. */
bool evil_choose(const char *names, const char **bad);
bool evil_is(enum evil attack);

/* What others are told of a room's metadata and of a track. */
const char *evil_metadata(const char *honest);
Livekit__TrackInfo *evil_track_info(const struct track *t, struct arena *a);
/* A room was asked to be encrypted. Whether that is ignored. */
bool evil_forgets_e2ee(struct room *r);
/* Overwrites the trailer of a JoinResponse. */
void evil_trailer(char *trailer, size_t size);
/* A packet is about to be kept and forwarded. */
void evil_media(struct layer *l, struct media *m, int64_t now_us);
/* Whose packets the viewers of a track get; the same the other way round. */
struct track *evil_carried(struct track *t);
void evil_on_announce(struct track *t, int64_t now_us);
void evil_on_end(struct track *t);
/* As whose packets those of p are delivered. */
struct person *evil_speaker(struct person *p);
/* A packet of p is about to be forwarded: whether it is kept back. */
bool evil_withholds(struct person *p, struct span bytes);
/* A packet of p was forwarded: whether another is to follow it, which is written over *bytes. */
bool evil_data(struct person *p, struct arena *a, struct span *bytes);
void evil_forget(struct person *p);

#else

#define evil_is(attack) false
#define evil_metadata(honest) (honest)
#define evil_track_info(t, a) ((t)->info)
#define evil_forgets_e2ee(r) false
#define evil_trailer(trailer, size) ((void)0)
#define evil_media(l, m, now_us) ((void)0)
#define evil_carried(t) (t)
#define evil_on_announce(t, now_us) ((void)0)
#define evil_on_end(t) ((void)0)
#define evil_speaker(p) (p)
#define evil_withholds(p, bytes) false
#define evil_data(p, a, bytes) false
#define evil_forget(p) ((void)0)

#endif

#endif
