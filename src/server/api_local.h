/* SPDX-License-Identifier: Apache-2.0 */
/* The API without a server: the operator's call, made in this process on a connection of the
 * caller's. The same routes and handlers as by HTTP, so a subcommand does the same whether a server
 * runs or not; no room is live. May block. */
#ifndef SERVER_API_LOCAL_H
#define SERVER_API_LOCAL_H

#include "server/api.h"

struct api_local {
    const char *method, *target; /* "/admin/users?limit=5": what follows /api */
    struct span body;            /* JSON; empty: none */
};

/* The status; the answer's body is appended to *reply. `config` needs secret and operator_token. */
unsigned api_local(const struct api_config *config, struct db *db, const struct api_local *q,
                   struct str *reply);

#endif
