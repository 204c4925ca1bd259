/* SPDX-License-Identifier: Apache-2.0 */
/* The command `bedrud doctor`. */
#ifndef CLI_DOCTOR_H
#define CLI_DOCTOR_H

#include "cli/command.h"

extern const struct command doctor_commands[];

#endif
