/* SPDX-License-Identifier: Apache-2.0 */
/* The commands of `bedrud room`. */
#ifndef CLI_ROOM_H
#define CLI_ROOM_H

#include "cli/command.h"

extern const struct command room_commands[];

#endif
