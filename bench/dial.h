/* SPDX-License-Identifier: Apache-2.0 */
/* A member of a crowd who joins a real server: signalling over a WebSocket at /rtc. */
#ifndef BENCH_DIAL_H
#define BENCH_DIAL_H

#include "crowd.h"

struct dial;

/* Connects and asks to join `room` as `identity` with a token signed by the key of `--dev`. Ends
 * the program when the server refuses. */
struct dial *dial_open(struct crowd *c, uint16_t port, const char *room, const char *identity);
struct member *dial_member(const struct dial *d);
/* When the TCP connection was begun. */
int64_t dial_begun_us(const struct dial *d);
/* Says that it is still there, as clients do every few seconds. */
void dial_ping(struct dial *d);
/* Leaves, and ends the connections. */
void dial_close(struct dial *d);

#endif
