/* SPDX-License-Identifier: Apache-2.0 */
/* What stands in a participant's metadata beside what they say of themselves: `accesses`, which
 * clients take for their role, and `chatBlocked`. These members are the server's. */
#ifndef ROOM_METADATA_H
#define ROOM_METADATA_H

#include "base/span.h"

/* The client's text `wanted` with the server's members as they are in `kept`, and no others of
 * these names. NULL when `wanted` is refused: an object that cannot be read, since clients might
 * read it, or no object where something is to be kept. The caller frees. */
char *metadata_merge(struct span wanted, struct span kept);

#endif
