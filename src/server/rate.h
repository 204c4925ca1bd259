/* SPDX-License-Identifier: Apache-2.0 */
/* How often an address may ask: a count for each route and address, in windows of a minute. The
 * memory is fixed; where more addresses ask than have a place, the quietest is forgotten. Time is
 * an argument. One thread. */
#ifndef SERVER_RATE_H
#define SERVER_RATE_H

#include "base/addr.h"

#define RATE_WINDOW_US (60 * 1000000LL)

struct rate;

struct rate *rate_new(void);
void rate_free(struct rate *r);
/* Counts one more of `what`, any number that names a route, from this address, of IPv6 from its
 * /64. 0 when it is one of the first `most` of its window, else the seconds until the next one. */
unsigned rate_take(struct rate *r, int64_t now_us, uint64_t what, const struct addr *from,
                   unsigned most);

#endif
