/* SPDX-License-Identifier: Apache-2.0 */
/* Which path leads where. Control thread. */
#ifndef SERVER_ROUTES_H
#define SERVER_ROUTES_H

#include "server/api_door.h"
#include "server/calls.h"
#include "server/session.h"

struct routes {
    struct web *web;
    struct sessions *sessions;
    struct calls *calls;
    struct api_door *api;
    const struct token_keys *keys;
    const char *media_url; /* the other server that carries the meetings; NULL: ours do */
};

void routes_request(struct routes *r, const struct web_request *request, int64_t unix_s);

#endif
