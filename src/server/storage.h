/* SPDX-License-Identifier: Apache-2.0 */
/* The store at the start of the server: opened, checked after a crash, brought to this program's
 * schema. */
#ifndef SERVER_STORAGE_H
#define SERVER_STORAGE_H

#include "server/config.h"

struct storage_facts {
    bool has_superadmin;
};

/* 0, or -errno with a message for the operator. Blocks. */
int storage_prepare(const struct config *config, struct storage_facts *facts, struct str *message);

#endif
