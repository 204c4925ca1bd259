/* SPDX-License-Identifier: Apache-2.0 */
/* The worker's turn: take mail, receive a batch, let the engine handle each and then flush, send,
 * sleep until mail, a datagram or the deadline. Nothing here is shared with another thread but the
 * mailboxes. */
#include "server/worker.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/log.h"
#include "base/mem.h"
#include "net/loop.h"
#include "net/thread.h"
#include "net/udp.h"
#include "server/messages.h"
#ifdef BEDRUD_MEDIA_TAP
#include "server/tap.h"
#endif

struct worker {
    struct worker_config config;
    struct udp *udp;
    struct engine *engine;
    struct mailbox *mailbox;
    struct thread *thread;
    bool stopping;
#ifdef BEDRUD_MEDIA_TAP
    struct tap *tap;
#endif
};

struct mailbox *worker_mailbox(const struct worker *w)
{
    return w->mailbox;
}

int64_t worker_cpu_ns(const struct worker *w)
{
    return thread_cpu_ns(w->thread);
}

void worker_emit_sctp(void *arg, uint64_t id, struct span packet)
{
    const struct worker_table *table = arg;
    uint64_t index = id >> 48;

    if (index < table->count)
        message_post(table->workers[index]->mailbox, message_new(MESSAGE_SCTP, id, packet));
}

/* The engine's drain: sends what the arena holds. */
static void drain(void *arg, struct outbox *o)
{
    struct worker *w = arg;
    unsigned lost = udp_send(w->udp, o->arena, o->runs, o->run_count);

    if (lost)
        log_limited(LOG_WARN, 3, "datagrams_not_sent", LOG_NUM("worker", w->config.index),
                    LOG_NUM("count", lost));
}

static void post_items(struct worker *w)
{
    struct outbox_item *i;

    while ((i = outbox_take(engine_outbox(w->engine))) != NULL) {
        struct message *m = message_new(MESSAGE_ITEM, i->session, span_of(NULL, 0));
        m->worker = w->config.index;
        m->item = i;
        message_post(w->config.control, m);
    }
}

static void post_note(struct worker *w, enum message_kind kind, struct span room)
{
    struct message *m = message_new(kind, 0, room);

    m->worker = w->config.index;
    message_post(w->config.control, m);
}

static void handle(struct worker *w, int64_t now_us, const struct message *m)
{
    struct engine *e = w->engine;
    struct span bytes = span_of(m->bytes, m->size);

    switch (m->kind) {
    case MESSAGE_OPEN:
        engine_on_open(e, now_us, m->id, m->grant);
        post_items(w);
        post_note(w, MESSAGE_PLACED, span_of_str(m->grant->room));
        break;
    case MESSAGE_SIGNAL:
        engine_on_message(e, now_us, m->id, bytes);
        break;
    case MESSAGE_CLOSE:
        engine_on_close(e, now_us, m->id);
        break;
    case MESSAGE_REQUEST:
        engine_on_request(e, now_us, m->id, m->request, bytes);
        post_items(w);
        if (m->grant)
            post_note(w, MESSAGE_PLACED, span_of_str(m->grant->room));
        break;
    case MESSAGE_SCTP:
        engine_on_sctp(e, now_us, m->id, bytes);
        break;
    case MESSAGE_SHUTDOWN:
        engine_shutdown(e, now_us);
        post_items(w);
        post_note(w, MESSAGE_DONE, span_of(NULL, 0));
        break;
    case MESSAGE_STOP:
        w->stopping = true;
        break;
    case MESSAGE_ITEM:
    case MESSAGE_PLACED:
    case MESSAGE_DONE:
    case MESSAGE_STORED:
        break; /* not for a worker */
    }
}

static void take_mail(struct worker *w)
{
    struct mail *chain = mailbox_take(w->mailbox);
    int64_t now_us = chain ? clock_now_us() : 0;
    struct message *m;

    while ((m = message_next(&chain)) != NULL) {
        handle(w, now_us, m);
        message_free(m);
    }
}

static unsigned receive(struct worker *w)
{
    struct packet *batch[UDP_BATCH];
    unsigned n = udp_receive(w->udp, engine_pool(w->engine), batch);
    int64_t now_us = n ? clock_now_us() : 0;

    for (unsigned i = 0; i < n; i++) {
        batch[i]->received_us = now_us;
        engine_on_packet(w->engine, now_us, batch[i]);
        packet_unref(batch[i]);
    }
    return n;
}

static void run(void *arg)
{
    struct worker *w = arg;
    struct outbox *o = engine_outbox(w->engine);
    int fds[2] = {mailbox_fd(w->mailbox), udp_fd(w->udp)};

    while (!w->stopping) {
        take_mail(w);
        unsigned received = receive(w);
        int64_t next_us = engine_on_time(w->engine, clock_now_us());
        if (o->run_count) {
            drain(w, o);
            outbox_sent(o);
        }
        post_items(w);
        /* Behind a full batch there is more; whatever else came meanwhile ends the wait at once. */
        if (received < UDP_BATCH && !w->stopping)
            thread_wait(fds, 2, next_us);
    }
}

static void dispose(struct mail *mail)
{
    message_free((struct message *)(void *)mail);
}

#ifdef BEDRUD_MEDIA_TAP
static void open_tap(struct worker *w)
{
    const char *path = secure_getenv("BEDRUD_MEDIA_TAP_FILE");

    w->tap = path ? tap_new(path) : NULL;
    if (w->tap)
        engine_set_tap(w->engine, tap_packet, w->tap);
}
#endif

struct worker *worker_new(const struct worker_config *config, int *error, unsigned *failed)
{
    char name[16];
    struct udp *udp = udp_new(config->addrs, config->addr_count, error, failed);

    if (!udp)
        return NULL;
    struct worker *w = xcalloc(1, sizeof *w);
    w->config = *config;
    w->udp = udp;
    w->mailbox = mailbox_new();
    struct engine_config e = {.dtls = config->dtls,
                              .cipher = config->cipher,
                              .candidate_count = config->addr_count,
                              .id_prefix = (uint16_t)config->index,
                              .version = BEDRUD_VERSION,
                              .node_id = config->node_id,
                              .unix_ms_offset = clock_unix_ms() - clock_now_us() / 1000,
                              .drain = drain,
                              .drain_arg = w};
    for (unsigned i = 0; i < config->addr_count; i++) {
        e.candidates[i] = config->addrs[i];
        e.candidates[i].port = udp_port(udp);
        e.candidates[i].local = (uint16_t)i;
    }
    w->engine = engine_new(&e);
#ifdef BEDRUD_MEDIA_TAP
    open_tap(w);
#endif
    snprintf(name, sizeof name, "worker-%u", config->index);
    w->thread = thread_start(name, run, w);
    return w;
}

void worker_free(struct worker *w)
{
    if (!w)
        return;
    message_post(w->mailbox, message_new(MESSAGE_STOP, 0, span_of(NULL, 0)));
    thread_join(w->thread);
    udp_free(w->udp); /* it holds packets of the engine's pool */
    engine_free(w->engine);
#ifdef BEDRUD_MEDIA_TAP
    tap_free(w->tap);
#endif
    mailbox_free(w->mailbox, dispose);
    free(w);
}
