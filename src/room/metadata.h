/* SPDX-License-Identifier: Apache-2.0 */
/* What stands in a participant's metadata beside what they say of themselves: `accesses`, which
 * clients take for their role, and `chatBlocked`. These members are the server's. */
#ifndef ROOM_METADATA_H
#define ROOM_METADATA_H

#include "base/span.h"

/* The client's text `wanted`: as it is when it says of the server's members what `kept` says, else
 * without them and with those of `kept`. NULL when it is refused: an object that cannot be read,
 * since clients might read it, or no object where something is to be kept. The caller frees. */
char *metadata_merge(struct span wanted, struct span kept);

#endif
