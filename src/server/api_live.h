/* SPDX-License-Identifier: Apache-2.0 */
/* The meeting that runs in a room, if one does: brought in line with the store, told, ended. The
 * store is changed first and the meeting after, so that whoever comes in between has the new rules
 * (admission.h). 0 also when there is no meeting, or the person is not in it. API threads. */
#ifndef SERVER_API_LIVE_H
#define SERVER_API_LIVE_H

#include "server/api.h"
#include "store/rooms.h"

/* What somebody inside may do, and what others read of them, becomes what the store says now. Calls
 * for the same person at the same time end with what was written last. */
int api_live_settle(struct api_call *c, const struct room_row *r, const char *identity);
/* The same for everybody. */
int api_live_settle_all(struct api_call *c, const struct room_row *r);
/* A person whose tokens the store holds for void goes at once. */
int api_live_remove(struct api_call *c, const struct room_row *r, const char *identity);
/* Somebody whose tokens the store holds for void goes from all rooms at once. */
int api_live_expel(struct api_call *c, const char *user_id);
/* What they may do in whichever rooms they are becomes what the store says now. */
int api_live_settle_everywhere(struct api_call *c, const char *user_id);
/* "participantsCount" in the JSON of each of these rooms, where the media plane answers. */
void api_live_add_counts(struct api_call *c, const struct room_row *rows, unsigned count,
                         struct json_t *rooms);
/* A notice on the topic "system", which is taken; identities NULL: to all. */
int api_live_tell(struct api_call *c, const struct room_row *r, const struct media_audience *to,
                  struct json_t *notice);
/* The meeting ends for all, who are told why: text of the message, and a word for programs or NULL.
 */
int api_live_end(struct api_call *c, const struct room_row *r, const char *text,
                 const char *reason);

#endif
