/* SPDX-License-Identifier: Apache-2.0 */
/* The data directory (made 0700) and what is made in it at the first start (files 0600): the API
 * key with its secret, the secret of sessions, and the operator's token. */
#ifndef SERVER_SECRETS_H
#define SERVER_SECRETS_H

#include "base/str.h"
#include "server/config.h"
#include "server/token.h"

/* Makes the directory when it is missing, reads or makes the API key, and fills `keys` with it, or
 * with the configured one, and with devkey/secret when config->dev. 0 or -errno with a message. */
int secrets_open(const struct config *config, struct token_keys *keys, struct str *message);

#define SECRETS_SESSION_SIZE 32
/* Reads or makes the secret that signs the API's own tokens; without it all are logged out. The
 * directory is there. */
int secrets_session(const struct config *config, uint8_t out[SECRETS_SESSION_SIZE],
                    struct str *message);

#define SECRETS_OPERATOR_SIZE (2 * SECRETS_SESSION_SIZE + 1)
/* Reads or makes the token with which subcommands on this machine use the API as superadmin:
 * whoever can read the data directory owns the server anyway. */
int secrets_operator(const struct config *config, char out[SECRETS_OPERATOR_SIZE],
                     struct str *message);

#endif
