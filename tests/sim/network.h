/* SPDX-License-Identifier: Apache-2.0 */
/* Ways between people and the server that lose, delay, repeat and reorder datagrams by a seed, and
 * the datagrams under way on them. Time comes in. */
#ifndef SIM_NETWORK_H
#define SIM_NETWORK_H

#include "base/addr.h"
#include "base/random.h"

/* DTLS: handshakes. DATA: what DTLS carries. */
enum network_kind {
    NETWORK_RTP,
    NETWORK_RTCP,
    NETWORK_STUN,
    NETWORK_DTLS,
    NETWORK_DATA,
    NETWORK_KINDS
};

/* One direction of a way. Probabilities in millionths. */
struct path {
    uint32_t loss, repeat, reorder;
    int64_t delay_us;
    int64_t reorder_us; /* how much later a reordered datagram comes */
    unsigned spared;    /* kinds that nothing befalls: bits 1 << enum network_kind */
};

/* A direction with a random sequence of its own for each kind of datagram: what happens to media
 * does not hang on how many handshake messages there were. */
struct lane {
    struct path path;
    struct random random[NETWORK_KINDS];
    uint64_t sent[NETWORK_KINDS], lost[NETWORK_KINDS];
};

/* What flies: datagrams, and messages of a signal connection, which arrive all and in order. */
enum flight_kind { FLIGHT_UP, FLIGHT_DOWN, FLIGHT_REQUEST, FLIGHT_RESPONSE, FLIGHT_CLOSE };

/* Something on its way, with what the world wants to know of it when it arrives. */
struct flight {
    int64_t at_us;
    uint64_t order;
    enum flight_kind kind;
    unsigned seat, side; /* of a datagram; side: enum peer_side */
    struct addr addr;    /* up: the sender's; down: the receiver's */
    uint64_t session;    /* of a message */
    size_t size;
    uint8_t bytes[];
};

struct network {
    struct flight **flights; /* a heap: the next to arrive first */
    size_t count, capacity;
    uint64_t order;
};

/* What happens from now on; the path stays as it is. */
void lane_seed(struct lane *l, uint64_t seed);

void network_fini(struct network *n);
/* Sends a datagram: it gets lost, or arrives once or twice. `like` says whose it is. */
void network_send(struct network *n, int64_t now_us, struct lane *lane, const struct flight *like,
                  struct span bytes);
/* Something that arrives for certain. */
void network_post(struct network *n, int64_t at_us, const struct flight *like, struct span bytes);
/* When the next one arrives. */
int64_t network_next(const struct network *n);
/* One that has arrived, NULL: none. The taker frees it. */
struct flight *network_take(struct network *n, int64_t now_us);

#endif
