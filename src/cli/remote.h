/* SPDX-License-Identifier: Apache-2.0 */
/* The server that runs on this machine, asked over HTTP by subcommands. */
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
#define REMOTE_ABSENT 3 /* the server says that there is no such thing; with a message too */
/* Calls a method ("bedrud.Rooms/Info") with a token of these claims, which gets a life of a minute.
 * Request and answer are protobuf. 0, or an exit code and a message. */
int remote_call(const struct remote *r, struct claims *claims, const char *method,
                struct span request, struct str *answer, struct str *message);

/* Where a server of this configuration is reached from its own machine. */
void remote_url(const struct config *c, uint16_t port, struct str *url);

struct remote_request {
    const char *method, *url;
    const char *cert;         /* the one that is trusted; NULL or "": none */
    const char *token;        /* NULL: none */
    const char *content_type; /* NULL: there is no body */
    struct span body;
};

/* The status, with the body; 0 and a message when there was no answer. No proxy is asked. */
long remote_http(const struct remote_request *q, struct str *answer, struct str *message);

#endif
