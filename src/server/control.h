/* SPDX-License-Identifier: Apache-2.0 */
/* The server: the control thread with its listener, the workers, and what lies between them. */
#ifndef SERVER_CONTROL_H
#define SERVER_CONTROL_H

#include "server/config.h"
#include "server/token.h"

struct control;

/* Opens the store, binds everything and starts the threads. `config` and `keys` must outlive it.
 * NULL with a message that names the address and the way out. */
struct control *control_new(const struct config *config, const struct token_keys *keys,
                            struct str *message);
/* Runs on the calling thread until SIGTERM or SIGINT, then lets the clients go: they are told to
 * reconnect, and have up to 5 s to leave. */
void control_run(struct control *c);
void control_free(struct control *c);
/* What makes the first superadmin of this server: shown to whoever started it. "" when there is
 * one. */
const char *control_setup_code(const struct control *c);
/* Whether the first account made on this machine becomes one without that code. */
bool control_setup_is_local(const struct control *c);
uint16_t control_port(const struct control *c);

#endif
