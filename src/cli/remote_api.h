/* SPDX-License-Identifier: Apache-2.0 */
/* The API for subcommands, as the operator: asked of the server that runs on the data directory,
 * or, when none does, done in this process on the store. */
#ifndef CLI_REMOTE_API_H
#define CLI_REMOTE_API_H

#include "server/api_local.h"
#include "server/config.h"

struct remote_api {
    struct config config;
    bool running;
    struct str url, cert; /* of the server that runs */
    struct api_config api;
    struct db *db; /* when none runs */
};

/* `argv` is what `bedrud run` would take. 0, or an exit code and a message. remote_api_close
 * follows in any case. */
int remote_api_open(struct remote_api *r, int argc, char **argv, struct str *message);
void remote_api_close(struct remote_api *r);
/* 0 with the JSON of the answer, or 1 and a message. */
int remote_api_ask(struct remote_api *r, const struct api_local *q, struct str *answer,
                   struct str *message);

#endif
