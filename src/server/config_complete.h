/* SPDX-License-Identifier: Apache-2.0 */
/* The last step of config_load, when every value by itself was good. */
#ifndef SERVER_CONFIG_COMPLETE_H
#define SERVER_CONFIG_COMPLETE_H

#include "server/config.h"

/* False with a message when the values do not go together. */
bool config_complete(struct config *c, struct str *message);

#endif
