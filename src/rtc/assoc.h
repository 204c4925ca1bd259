/* SPDX-License-Identifier: Apache-2.0 */
/* SCTP over DTLS (RFC 8831, RFC 8261) by usrsctp, the only file that sees it. usrsctp keeps global
 * state and timers: a packet it wants sent may come on any thread, so it is handed out with the
 * association's id through one process-wide function, which mails it to the owner. Messages
 * received are queued inside and fetched by the owner after each packet, so user code never runs
 * inside usrsctp. An association belongs to one thread. */
#ifndef RTC_ASSOC_H
#define RTC_ASSOC_H

#include "base/span.h"

#define ASSOC_STREAMS 16

/* Called on any thread, also from within assoc_* calls. `id` is the association's. Must not call
 * back. */
typedef void assoc_emit(void *arg, uint64_t id, struct span packet);

/* Once per process, before the first association, and after the last. Starts no threads. */
void assoc_global_init(assoc_emit *emit, void *arg);
void assoc_global_fini(void);
/* Runs usrsctp's timers; one thread calls it every 10 ms or so with the time since the last call.
 */
void assoc_global_on_time(unsigned elapsed_ms);

struct assoc;

struct assoc_message {
    bool closed; /* the peer closed this stream (RFC 8831 6.7), and there is nothing else to read
                    here */
    uint16_t stream;
    uint32_t ppid;
    struct span bytes; /* complete, <= LIMIT_DATA_MESSAGE; valid until the next assoc_* call on this
                          association */
};

/* Port 5000 on both sides; both sides connect. NULL when usrsctp refuses. id is unique in the
 * process, never 0. */
struct assoc *assoc_new(uint64_t id);
void assoc_free(struct assoc *a);
void assoc_on_packet(struct assoc *a, struct span packet);
/* Whether the association is established. */
bool assoc_up(const struct assoc *a);
/* Whether it failed or was ended by the peer. */
bool assoc_lost(const struct assoc *a);
/* The next complete message; false when there is none. Larger ones than LIMIT_DATA_MESSAGE are
 * dropped and counted. */
bool assoc_next_message(struct assoc *a, struct assoc_message *out);

struct assoc_send {
    uint16_t stream;
    uint32_t ppid;
    bool unordered;
    int max_retransmits; /* -1: reliable */
};

/* 0, -EAGAIN when the send buffer is full, another -errno when it cannot be sent. */
int assoc_send(struct assoc *a, const struct assoc_send *how, struct span bytes);
/* Closes our direction of a stream: what was sent before still arrives, then the number is free
 * again. */
void assoc_close_stream(struct assoc *a, uint16_t stream);
/* Bytes handed over and not yet acknowledged. */
size_t assoc_buffered(const struct assoc *a);

#endif
