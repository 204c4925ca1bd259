/* SPDX-License-Identifier: Apache-2.0 */
/* What the simulations share: a world for each case, in which everything must have been given back
 * at the end, and statements about streams. */
#ifndef SIM_FIXTURE_H
#define SIM_FIXTURE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "seat.h"

#define MILLISECOND 1000LL
#define SECOND 1000000LL
#define PERCENT 10000u /* millionths */

#define JOINED LIVEKIT__PARTICIPANT_INFO__STATE__JOINED
#define ACTIVE LIVEKIT__PARTICIPANT_INFO__STATE__ACTIVE
#define DISCONNECTED LIVEKIT__PARTICIPANT_INFO__STATE__DISCONNECTED
#define DISCONNECT LIVEKIT__LEAVE_REQUEST__ACTION__DISCONNECT
#define RECONNECT LIVEKIT__LEAVE_REQUEST__ACTION__RECONNECT

/* The case's own. */
extern struct world *world;

int fixture_begin(void **state);
/* Everybody leaves: no stream was ever in disorder, and the engine holds nothing any more. */
int fixture_end(void **state);
#define SIMULATION(f) cmocka_unit_test_setup_teardown(f, fixture_begin, fixture_end)
/* Runs the cases; the program's result. */
#define SIMULATE(cases) (world_global_init(), fixture_close(cmocka_run_group_tests(cases, 0, 0)))
int fixture_close(int failed);

/* Two who see each other as ACTIVE. */
void fixture_two(struct seat **a, struct seat **b);
/* A stream of which at least so many packets came, none was lost and none was wrong. */
void expect_flawless(const struct sink *k, uint64_t least);
/* Nothing was wrong with what came, of which there is at least so much. */
void expect_orderly(const struct sink *k, uint64_t least);
/* Nothing comes in this time. */
void expect_silence(const struct sink *k, int64_t us);
/* At least so many packets come in this time. */
void expect_flow(const struct sink *k, int64_t us, uint64_t least);
/* The seat was told of this many tracks of somebody. */
void expect_tracks(const struct seat *s, const char *identity, unsigned count);
/* How the seat was told of a source; fails when it was not. */
const struct heard_track *fixture_track(const struct seat *s, const char *identity,
                                        const struct source *source);
/* Timestamps went on as time did. */
void expect_clock(const struct sink *k);
/* Everything somebody said from number `first` on came once and in order. */
void expect_talk(const struct seat *viewer, const struct seat *speaker, uint32_t first,
                 unsigned count);

#endif
