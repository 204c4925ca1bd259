/* SPDX-License-Identifier: Apache-2.0 */
/* People over real sockets: participants of tests/peer, each of their peer connections with a UDP
 * socket of its own on the loopback interface, all run by one loop on the caller's thread. How
 * their signalling travels is the caller's business. */
#ifndef BENCH_CROWD_H
#define BENCH_CROWD_H

#include "base/heap.h"
#include "peer/peer.h"

struct crowd;

/* A descriptor and what to do when it can be read. */
struct watch {
    int fd;
    void (*ready)(void *arg);
    void *arg;
};

struct member_link {
    struct member *member;
    enum peer_side side;
    struct watch watch; /* its socket */
};

struct member {
    struct crowd *crowd;
    struct peer *peer;
    unsigned index; /* its place in the crowd */
    struct heap_node due;
    struct member_link links[2]; /* by enum peer_side */
    void (*signal)(struct member *m, struct span request);
    void *owner;
};

/* Also makes the process ready for SCTP: one crowd a process. `emit` gets the SCTP packets of
 * associations that are not of this crowd; NULL: there are none. */
struct crowd *crowd_new(unsigned capacity, assoc_emit *emit, void *emit_arg);
/* With everybody in it. */
void crowd_free(struct crowd *c);
/* A newcomer whose requests go to `signal`. */
struct member *crowd_add(struct crowd *c, void (*signal)(struct member *m, struct span request),
                         void *owner);
/* Ends it without a word to the server; its place is free again. */
void crowd_remove(struct member *m);
struct member *crowd_member(const struct crowd *c, unsigned index);
/* The server says something. */
void crowd_hear(struct member *m, struct span response);
void crowd_watch(struct crowd *c, const struct watch *w);
void crowd_unwatch(struct crowd *c, const struct watch *w);
/* Runs everybody until `there` says so (true) or `wait_us` have passed (false). `there` may be
 * NULL. */
bool crowd_run(struct crowd *c, int64_t wait_us, bool (*there)(void *arg), void *arg);

#endif
