/* SPDX-License-Identifier: Apache-2.0 */
/* Back-pressure on those who send reliable data faster than others take it: when too much of theirs
 * waits in others' queues they are held, their packets are left in SCTP's buffer, and their client
 * pauses by itself. So they go as fast as the slowest reader, however slow it is, as long as it
 * acknowledges anything to speak of; a reader that does not for LIMIT_READER_STALL_US is
 * disconnected, and its queue with it. One sender's burst is no reason to lose a reader, and a dead
 * reader stops those who send much once, and for that time only; small messages go on meanwhile. */
#ifndef ROOM_PRESSURE_H
#define ROOM_PRESSURE_H

#include "room/person.h"

void pressure_init(struct person *p);
/* The person has sent to others: whether to hold them from now on. */
void pressure_on_sent(struct person *p, int64_t now_us);
/* The person leaves: nothing is held any more, and no timer fires. */
void pressure_end(struct person *p);

#endif
