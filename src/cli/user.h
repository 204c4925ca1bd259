/* SPDX-License-Identifier: Apache-2.0 */
/* The commands of `bedrud user`. */
#ifndef CLI_USER_H
#define CLI_USER_H

#include "cli/command.h"

extern const struct command user_commands[];

#endif
