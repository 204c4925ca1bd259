/* SPDX-License-Identifier: Apache-2.0 */
/* The rooms in which somebody is now: who they are, what they send, how it is encrypted, and what
 * an encrypted room did not take. */
#ifndef CLI_LIVE_H
#define CLI_LIVE_H

#include "base/str.h"

struct live {
    const char *room; /* NULL: all, without their people */
    struct str *json; /* takes the answer as JSON; NULL: it is printed as text */
};

/* `argv` is what `bedrud run` would take. 0, or an exit code and a message; REMOTE_ABSENT when
 * there is no such room. */
int live_show(const struct live *q, int argc, char **argv, struct str *message);

#endif
