/* SPDX-License-Identifier: Apache-2.0 */
/* The commands of `bedrud invite`. */
#ifndef CLI_INVITE_H
#define CLI_INVITE_H

#include "cli/command.h"

extern const struct command invite_commands[];

#endif
