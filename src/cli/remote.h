/* SPDX-License-Identifier: Apache-2.0 */
/* The server API of a server that runs on this machine, for subcommands. */
#ifndef CLI_REMOTE_H
#define CLI_REMOTE_H

#include "server/config.h"
#include "server/token.h"

struct remote {
    struct config config; /* where the server listens, and its data directory */
    struct token_keys keys;
};

/* Reads configuration and API key as `bedrud run` does. 0, or an exit code and a message. */
int remote_open(struct remote *r, int argc, char **argv, struct str *message);
void remote_close(struct remote *r);
/* Calls a method ("bedrud.Rooms/Info") with a token of these claims, which gets a life of a minute.
 * Request and answer are protobuf. 0, or an exit code and a message. */
int remote_call(const struct remote *r, struct claims *claims, const char *method,
                struct span request, struct str *answer, struct str *message);

#endif
