/* SPDX-License-Identifier: Apache-2.0 */
/* Back-pressure on those who send reliable data faster than others take it: when too much of theirs
 * waits in others' queues they are held, their packets are left in SCTP's buffer, and their client
 * pauses by itself. Who keeps a sender held for too long is disconnected. One sender's burst is no
 * reason to lose a reader, nor one dead reader a reason to stop the others. */
#ifndef ROOM_PRESSURE_H
#define ROOM_PRESSURE_H

#include "room/person.h"

void pressure_init(struct person *p);
/* The person has sent to others: whether to hold them from now on. */
void pressure_on_sent(struct person *p, int64_t now_us);
/* The person leaves: nothing is held any more, and no timer fires. */
void pressure_end(struct person *p);

#endif
