/* SPDX-License-Identifier: Apache-2.0 */
/* The media engine: a worker's rooms as plain functions over memory. No socket, clock, thread or
 * global; time is an argument. The server, the simulator and the fuzzer drive it by the same few
 * calls and drain its outbox. One thread. */
#ifndef ROOM_ENGINE_H
#define ROOM_ENGINE_H

#include "room/grant.h"
#include "room/outbox.h"
#include "rtc/transport.h"

struct engine_config {
    struct dtls_context *dtls;
    const struct cipher_ops *cipher;
    struct addr candidates[8]; /* ip, port and local of our host candidates */
    unsigned candidate_count;
    uint16_t id_prefix;  /* distinct per engine in the process: transport ids are (prefix << 48) +
                            counter */
    const char *version; /* of our own, for debug_info */
    const char *node_id; /* "ND_..." */
    int64_t unix_ms_offset; /* wall clock ms minus now_us / 1000 */
    void (*drain)(void *arg, struct outbox *o);
    void *drain_arg;
};

struct engine;

struct engine *engine_new(const struct engine_config *config);
void engine_free(struct engine *e);
struct outbox *engine_outbox(struct engine *e);
struct packet_pool *engine_pool(struct engine *e);

/* A datagram; p->from and p->received_us are set. The engine takes references of its own. */
void engine_on_packet(struct engine *e, int64_t now_us, struct packet *p);
/* A signal connection was opened by somebody whose token said `grant` (copied). */
void engine_on_open(struct engine *e, int64_t now_us, uint64_t session, const struct grant *grant);
/* One SignalRequest. Malformed ones are counted and dropped; too many close the session. */
void engine_on_message(struct engine *e, int64_t now_us, uint64_t session, struct span bytes);
/* The signal connection is gone without our doing. */
void engine_on_close(struct engine *e, int64_t now_us, uint64_t session);
/* Flushes media received since the last call to all viewers, runs what is due. Returns the next
 * deadline. */
int64_t engine_on_time(struct engine *e, int64_t now_us);

/* An SCTP packet to be sent (assoc_emit), by transport id. Unknown ids are dropped. */
void engine_on_sctp(struct engine *e, int64_t now_us, uint64_t transport_id, struct span packet);

enum engine_request {
    ENGINE_CREATE_ROOM,
    ENGINE_LIST_ROOMS,
    ENGINE_DELETE_ROOM,
    ENGINE_LIST_PARTICIPANTS,
    ENGINE_GET_PARTICIPANT,
    ENGINE_REMOVE_PARTICIPANT,
    ENGINE_MUTE_TRACK,
    ENGINE_UPDATE_PARTICIPANT,
    ENGINE_UPDATE_SUBSCRIPTIONS,
    ENGINE_SEND_DATA,
    ENGINE_UPDATE_ROOM_METADATA,
    ENGINE_ROOMS,         /* bedrud.Rooms */
    ENGINE_REFUSE_SERVICE /* RoomsRequest: always an error, which depends on the room's encryption
                           */
};

/* A call of the server API, already authorised: `body` is the request's protobuf. Exactly one
 * OUTBOX_REPLY with this id follows. */
void engine_on_request(struct engine *e, int64_t now_us, uint64_t id, enum engine_request what,
                       struct span body);
/* Tells everybody to reconnect elsewhere (leave RECONNECT, SERVER_SHUTDOWN) and closes. */
void engine_shutdown(struct engine *e, int64_t now_us);

struct engine_stats {
    uint64_t packets_in, packets_out, drops[DROP_COUNT], signal_malformed;
    uint64_t refused_clear_tracks, refused_clear_data, refused_short_frames, refused_forged_data;
    uint64_t refused_key_indexes;
    uint32_t rooms, people, transports;
};

const struct engine_stats *engine_stats(struct engine *e);

#ifdef BEDRUD_MEDIA_TAP
/* Test builds only: sees every clear RTP packet as the engine holds it after SRTP. */
void engine_set_tap(struct engine *e, void (*tap)(void *arg, struct span rtp), void *arg);
#endif

#endif
