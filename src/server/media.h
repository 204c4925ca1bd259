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
/* Tells a live room its settings. One that is not live is opened when somebody comes, and has them
 * then. */
int media_update_room(struct media_plane *m, const struct room_row *r);
int media_end_room(struct media_plane *m, const char *room);
/* People inside; 0 of a room that is not live. */
int media_count(struct media_plane *m, const char *room, unsigned *people);

struct media_person {
    const char *identity, *name;
    bool hidden;
};

/* In the arena; none of a room that is not live. */
int media_people(struct media_plane *m, struct arena *a, const char *room,
                 struct media_person **list, unsigned *count);
int media_remove(struct media_plane *m, const char *room, const char *identity);
/* What somebody inside may do from now on. */
int media_permit(struct media_plane *m, const char *room, const char *identity,
                 const struct permission *p);
/* A notice of the server, JSON on the topic "system", to all. */
int media_notify(struct media_plane *m, const char *room, const char *json);

#endif
