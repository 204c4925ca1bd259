/* SPDX-License-Identifier: Apache-2.0 */
/* The lobby of rooms that take people in by approval: who asks waits there until a moderator, who
 * is told, says yes or no. API threads. */
#ifndef SERVER_API_LOBBY_H
#define SERVER_API_LOBBY_H

#include "server/api.h"
#include "store/rooms.h"

/* c->user, whom the store knows, is not let in yet: answers 403 with a ticket, by which guests who
 * keep no cookies are recognised when they ask again. */
void api_lobby_wait(struct api_call *c, const struct room_row *r);

#endif
