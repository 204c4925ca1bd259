/* SPDX-License-Identifier: Apache-2.0 */
/* A worker: a thread that owns a media port, an engine and the engine's rooms. Takes mail and
 * datagrams, gives the engine its turns and sends what the outbox holds. */
#ifndef SERVER_WORKER_H
#define SERVER_WORKER_H

#include "net/mailbox.h"
#include "room/engine.h"

struct worker;

struct worker_config {
    unsigned index;
    struct dtls_context *dtls;
    const struct cipher_ops *cipher;
    const struct addr *addrs; /* to bind: IPs with the worker's port */
    unsigned addr_count;
    const char *node_id;
    struct mailbox *control; /* where the outbox's items go */
};

/* Binds the sockets and starts the thread. NULL: *error = -errno and *failed the index of the
 * address. */
struct worker *worker_new(const struct worker_config *config, int *error, unsigned *failed);
/* Ends the thread (MESSAGE_STOP) and frees all it owned. */
void worker_free(struct worker *w);
struct mailbox *worker_mailbox(const struct worker *w);
/* Processor time that its thread has used so far. */
int64_t worker_cpu_ns(const struct worker *w);

/* assoc_emit of the process: `arg` is an array of struct worker *, indexed by the id's upper 16
 * bits. */
struct worker_table {
    struct worker *workers[64];
    unsigned count;
};

void worker_emit_sctp(void *arg, uint64_t id, struct span packet);

#endif
