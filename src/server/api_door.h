/* SPDX-License-Identifier: Apache-2.0 */
/* The API's door: takes a request in on the control thread, refuses there what can be refused
 * without the store, hands the rest to the pool and answers when it comes back. */
#ifndef SERVER_API_DOOR_H
#define SERVER_API_DOOR_H

#include "server/api.h"
#include "server/config.h"
#include "server/rate.h"

struct api_door {
    struct web *web;
    struct pool *pool;
    struct rate *rate; /* NULL: nobody is held back */
    const struct api_config *api;
    const struct config *config;
};

/* `path` is what follows "/api". Always answered, now or later. */
void api_door_request(struct api_door *d, const struct web_request *r, struct span path);

#endif
