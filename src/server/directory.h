/* SPDX-License-Identifier: Apache-2.0 */
/* Which worker a room lives on. A room stays where it was placed as long as its worker has it, or
 * mail that will make it again is on its way there. Control thread only. */
#ifndef SERVER_DIRECTORY_H
#define SERVER_DIRECTORY_H

#include "base/map.h"

struct directory {
    struct map rooms; /* name -> struct place */
    unsigned workers;
    unsigned *load; /* rooms by worker */
};

void directory_init(struct directory *d, unsigned workers);
void directory_fini(struct directory *d);
/* The room's worker, placing it on the least loaded one when it has none. Mail that makes the room
 * (OPEN, CREATE) is about to be posted there: directory_placed must follow for each. */
unsigned directory_place(struct directory *d, const char *room);
/* The room's worker, or -1 when no worker has it. */
int directory_find(const struct directory *d, const char *room);
/* The worker handled one such mail. */
void directory_placed(struct directory *d, const char *room);
/* The worker says that the room lives there (room_started). */
void directory_started(struct directory *d, const char *room);
/* The worker says that it has no such room any more (room_finished). */
void directory_finished(struct directory *d, const char *room);

#endif
