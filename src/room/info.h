/* SPDX-License-Identifier: Apache-2.0 */
/* What clients and the server API are told about a room and its people: the messages' structs,
 * built in the caller's arena; they borrow texts of room and person, so pack them before anything
 * changes. */
#ifndef ROOM_INFO_H
#define ROOM_INFO_H

#include "room/room.h"

#define INFO_SERVER_VERSION "1.13.5" /* whose behaviour clients may expect */
#define INFO_PROTOCOL 17

Livekit__Room *info_room(const struct room *r, struct arena *a);
/* With the announced tracks only. */
Livekit__ParticipantInfo *info_person(const struct person *p, struct arena *a);
Livekit__ServerInfo *info_server(const struct engine *e, struct arena *a);
/* Everybody visible but `except` (may be NULL); *count tells how many. */
Livekit__ParticipantInfo **info_people(const struct room *r, const struct person *except,
                                       size_t *count, struct arena *a);

#endif
