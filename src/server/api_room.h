/* SPDX-License-Identifier: Apache-2.0 */
/* Rooms in answers: their JSON, who is what in them, what they may do there, and the token with
 * which they come in. API threads. */
#ifndef SERVER_API_ROOM_H
#define SERVER_API_ROOM_H

#include "server/api.h"
#include "store/members.h"
#include "store/rooms.h"

#define API_ROOM_NAME_SIZE 13

/* Lower case letters, digits and single dashes between them, 3 to 63. */
bool api_room_name_fits(const char *name);
/* In small letters, as names are kept; in the arena. */
const char *api_room_lower(struct api_call *c, const char *text);
/* "abc-defg-hij" */
void api_room_make_name(char out[API_ROOM_NAME_SIZE]);

struct json_t *api_room_settings_json(const struct room_settings *s);
struct json_t *api_room_json(const struct room_row *r);

enum api_role { API_ROLE_PARTICIPANT, API_ROLE_MODERATOR, API_ROLE_OWNER };

/* A superadmin is as good as an owner. */
enum api_role api_room_role(const struct room_row *r, const struct user *u, const struct member *m);
/* Whether they may enter a room that is private or asks for approval: by their role, or since they
 * were approved. */
bool api_room_knows(const struct room_row *r, const struct user *u, const struct member *m);
/* The room of the call's first parameter, when the caller has at least this role there; false with
 * an answer. */
bool api_room_enter(struct api_call *c, enum api_role least, struct room_row *r);
struct permission api_room_permission(const struct room_row *r, enum api_role role,
                                      const struct member *m);
/* What clients show beside a name, as it stands in a participant's metadata. The caller frees. */
char *api_room_metadata(const struct user *u, enum api_role role, const struct member *m);
/* A LiveKit token for this room, in the arena. */
const char *api_room_token(struct api_call *c, const struct room_row *r, const struct user *u,
                           const struct member *m);
/* Where that token is good: "wss://host/livekit". */
const char *api_room_host(struct api_call *c);

#endif
