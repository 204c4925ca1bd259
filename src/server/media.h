/* SPDX-License-Identifier: Apache-2.0 */
/* How the API speaks to the media plane, wherever it is: RoomService's calls, and whoever answers
 * them. On API threads; each call waits for its answer. 0, -ENOENT when the room, the person or the
 * track is not there now, -EINVAL when it cannot be done, -EBUSY when there is no answer. */
#ifndef SERVER_MEDIA_H
#define SERVER_MEDIA_H

#include "base/mem.h"
#include "room/engine.h"
#include "store/rooms.h"

struct media_plane {
    /* One call of RoomService, as protobuf; `room` NULL: it concerns none. Appends to *reply. */
    int (*call)(struct media_plane *m, enum engine_request what, const char *room,
                struct span request, struct str *reply);
};

/* The settings of a room as a CreateRoomRequest, which opens it or changes it when it is live. */
struct span media_pack_room(const struct room_row *r, struct arena *a);
/* The same in a grant, whose token then makes the room like that. */
void media_describe_room(const struct room_row *r, struct arena *a, struct grant *g);
/* Tells a live room its settings. One that is not live is opened when somebody comes, and has them
 * then. */
int media_update_room(struct media_plane *m, const struct room_row *r);
int media_end_room(struct media_plane *m, const char *room);
/* People inside; 0 of a room that is not live. */
int media_count(struct media_plane *m, const char *room, unsigned *people);

struct media_track {
    const char *sid;
    int type, source; /* Livekit__TrackType, Livekit__TrackSource */
    bool muted;
};

struct media_room {
    const char *name;
    unsigned people, publishers;
    int64_t created_unix_ms;
};

/* The live rooms among these names, in the arena; none of none. */
int media_rooms(struct media_plane *m, struct arena *a, const char *const *names, unsigned n,
                struct media_room **list, unsigned *count);
/* All live rooms. */
int media_all_rooms(struct media_plane *m, struct arena *a, struct media_room **list,
                    unsigned *count);

struct media_person {
    const char *sid, *identity, *name, *metadata;
    int state; /* Livekit__ParticipantInfo__State */
    int64_t joined_unix_ms;
    struct permission permission;
    struct media_track *tracks;
    unsigned track_count;
};

/* In the arena; none of a room that is not live. */
int media_people(struct media_plane *m, struct arena *a, const char *room,
                 struct media_person **list, unsigned *count);
/* One of them; -ENOENT. */
int media_find_person(struct media_plane *m, struct arena *a, const char *room,
                      const char *identity, struct media_person *out);
int media_remove(struct media_plane *m, const char *room, const char *identity);
/* What somebody inside may do, and what others read of them, from now on; metadata "" stays. */
int media_update_person(struct media_plane *m, const char *room, const char *identity,
                        const struct permission *p, const char *metadata);
int media_mute(struct media_plane *m, const char *room, const char *identity, const char *track);

/* Who is told. */
struct media_audience {
    const char *const *identities;
    unsigned count; /* 0: all */
};

/* A notice of the server, JSON on the topic "system". */
int media_notify(struct media_plane *m, const char *room, const struct media_audience *to,
                 const char *json);

#endif
