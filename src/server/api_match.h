/* SPDX-License-Identifier: Apache-2.0 */
/* The table of all routes of the API, and which of them a request means. Pure; safe on every
 * thread. */
#ifndef SERVER_API_MATCH_H
#define SERVER_API_MATCH_H

#include "server/api.h"

/* Each ends with a route without method. */
extern const struct api_route api_system_routes[];
extern const struct api_route api_auth_routes[];
extern const struct api_route api_account_routes[];
extern const struct api_route api_rooms_routes[];
extern const struct api_route api_upload_routes[];
extern const struct api_route api_join_routes[];
extern const struct api_route api_moderation_routes[];
extern const struct api_route api_lobby_routes[];
extern const struct api_route api_presence_routes[];
extern const struct api_route api_demo_routes[];
extern const struct api_route api_absent_routes[];
extern const struct api_route api_admin_routes[];
extern const struct api_route api_admin_invites_routes[];
extern const struct api_route api_admin_rooms_routes[];
extern const struct api_route api_admin_users_routes[];
extern const struct api_route api_audit_routes[];
extern const struct api_route api_livekit_routes[];
extern const struct api_route api_webhooks_routes[];

enum api_match { API_MATCHED, API_NO_ROUTE, API_NO_METHOD };

/* `path` is what follows "/api", percent-encoded. Parameters are decoded into the arena. On
 * API_NO_METHOD *route is one with the same path. */
enum api_match api_match(const char *method, struct span path, struct arena *a,
                         const struct api_route **route, const char *params[API_PARAMS]);
/* The n-th route of all; NULL behind the last. */
const struct api_route *api_match_nth(unsigned n);
/* The methods of this route's path: "GET, PUT". */
void api_match_methods(const struct api_route *route, struct str *out);

#endif
