/* SPDX-License-Identifier: Apache-2.0 */
/* A world for meetings: an engine, the people at their seats, and a network between them. Time is a
 * number: an hour passes as fast as the packets of an hour can be handled. One thread; one world at
 * a time, since SCTP knows one process only. */
#ifndef SIM_WORLD_H
#define SIM_WORLD_H

#include "mailbag.h"
#include "network.h"
#include "room/engine.h"
#include "wire/signal.h"

#define WORLD_SEATS 16
#define WORLD_FIRST_PORT 20000
#define WORLD_START_US 1000000000
/* Unix time minus the world's. */
#define WORLD_UNIX_OFFSET_US 1700000000000000

struct seat;

struct world {
    int64_t now_us;
    struct engine *engine;
    int64_t engine_deadline_us;
    struct seat *seats[WORLD_SEATS];
    unsigned seat_count;
    uint64_t seed, next_session, next_peer, next_call;
    uint16_t next_port;
    int64_t sctp_at_us;
    struct network network;
    struct mailbag mail; /* SCTP and signalling, delivered before anything else */
    uint64_t digest;     /* of all media sent by people */
    uint64_t media_sent;
    /* the last reply to a request */
    uint64_t reply_id;
    const char *reply_error;
    uint8_t reply[4096];
    size_t reply_size;
    unsigned events;
};

/* Once per process. */
void world_global_init(void);
void world_global_fini(void);

struct world *world_new(uint64_t seed);
/* Ends everything. */
void world_free(struct world *w);

void world_pass(struct world *w, int64_t us);
/* A server API call; true when it succeeded. The reply is in w. */
bool world_call(struct world *w, enum engine_request what, const ProtobufCMessage *body);
/* What the engine holds of people and their connections, and of packets. */
unsigned world_held(const struct world *w);
/* All that arrived at everybody, in its order, and what was sent: equal in two runs of one seed. */
uint64_t world_digest(const struct world *w);

/* ---- for seats ---- */

/* The DTLS identity of all clients. */
struct dtls_context *world_client_dtls(void);
/* A SignalRequest on its way to the engine. */
void world_request(struct seat *s, struct span request);
/* Lets the engine's answer to something that was just done go out. */
void world_flush(struct world *w);
/* Mixes a value into a digest. */
void world_mix(uint64_t *digest, uint64_t value);

#endif
