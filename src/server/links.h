/* SPDX-License-Identifier: Apache-2.0 */
/* Meeting links whose '#' was lost on the way. The key of a meeting stands behind '#', which no
 * browser sends; mail filters and the like write it as %23, and then it reaches the server. Owns
 * nothing; safe on every thread. */
#ifndef SERVER_LINKS_H
#define SERVER_LINKS_H

#include "base/span.h"

/* Whether a request's path or raw query carries a key: "key=" anywhere in the path, or as a name in
 * the query or in a link within it; in any case, percent-encoded once or more often. Such a path
 * and query must never be logged. */
bool links_carry_key(struct span path, struct span query);

#endif
