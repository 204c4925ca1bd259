/* SPDX-License-Identifier: Apache-2.0 */
/* Every subcommand there is, as tables, for help and completion. */
#ifndef CLI_CATALOG_H
#define CLI_CATALOG_H

#include "cli/command.h"

/* The n-th of all commands; NULL behind the last. Those of a group follow each other. */
const struct command *catalog_nth(unsigned n);

extern const struct command completion_commands[];

#endif
