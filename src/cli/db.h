/* SPDX-License-Identifier: Apache-2.0 */
/* The commands of `bedrud db`. */
#ifndef CLI_DB_H
#define CLI_DB_H

#include "cli/command.h"

extern const struct command db_commands[];

#endif
