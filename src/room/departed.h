/* SPDX-License-Identifier: Apache-2.0 */
/* Who left a room lately. A client that resumes may not have heard of them: their update went to a
 * signal connection that was gone, or dead without anybody knowing. Bounded by LIMIT_DEPARTED and
 * LIMIT_DEPARTED_US, the oldest go first. Owned by the room. */
#ifndef ROOM_DEPARTED_H
#define ROOM_DEPARTED_H

#include "room/person.h"

struct departed;

struct departed *departed_new(void);
void departed_free(struct departed *d);
/* Remembers one who has just left. */
void departed_keep(struct departed *d, int64_t now_us, const struct person *p);
/* Writes those who left at since_us or later, oldest first, to `out`, which has LIMIT_DEPARTED
 * places; how many. They borrow texts of `d`, and are in the arena. */
size_t departed_list(const struct departed *d, int64_t since_us, Livekit__ParticipantInfo **out,
                     struct arena *a);

#endif
