/* SPDX-License-Identifier: Apache-2.0 */
/* The world's clock and its mail: what happens next, and to whom it is handed. Owns the engine and
 * the seats. */
#include "world.h"

#include <assert.h>
#include <stdlib.h>
#include <sys/time.h>

#include "seat.h"

#define SCTP_TICK_US 10000

static struct world *present; /* for usrsctp, which knows no arguments */
static struct dtls_context *server_dtls, *client_dtls;

static struct addr server_addr(void)
{
    return addr_v4(192, 0, 2, 1, 7882);
}

/* Takes the C library's place for usrsctp, which reads the clock. */
int gettimeofday(struct timeval *restrict now, void *restrict zone)
{
    int64_t now_us = present ? present->now_us : WORLD_START_US;

    (void)zone;
    now->tv_sec = now_us / 1000000;
    now->tv_usec = now_us % 1000000;
    return 0;
}

struct dtls_context *world_client_dtls(void)
{
    return client_dtls;
}

void world_mix(uint64_t *digest, uint64_t value)
{
    *digest = (*digest ^ value) * 0x100000001b3u;
    *digest ^= *digest >> 31;
}

/* ---- mail ---- */

static void on_emit(void *arg, uint64_t id, struct span packet)
{
    (void)arg;
    if (present)
        mailbag_put(&present->mail, MAIL_SCTP, id, packet);
}

static struct seat *seat_of_session(struct world *w, uint64_t session)
{
    for (unsigned i = 0; i < w->seat_count; i++)
        if (w->seats[i]->session == session)
            return w->seats[i];
    return NULL;
}

/* A message takes the seat's time, and none overtakes another of its direction. */
static void send_message(struct seat *s, enum flight_kind kind, struct span bytes)
{
    static const enum mail_kind mail[] = {[FLIGHT_REQUEST] = MAIL_REQUEST,
                                          [FLIGHT_RESPONSE] = MAIL_RESPONSE,
                                          [FLIGHT_CLOSE] = MAIL_CLOSE};
    struct world *w = s->world;
    struct flight like = {.kind = kind, .session = s->session};
    int64_t *last_us = &s->signal_last_us[kind == FLIGHT_REQUEST];
    int64_t at_us = w->now_us + s->signal_us;

    if (at_us < *last_us)
        at_us = *last_us;
    *last_us = at_us;
    if (at_us > w->now_us)
        network_post(&w->network, at_us, &like, bytes);
    else
        mailbag_put(&w->mail, mail[kind], s->session, bytes);
}

void world_request(struct seat *s, struct span request)
{
    send_message(s, FLIGHT_REQUEST, request);
}

static void deliver_sctp(struct world *w, const struct mail *m)
{
    struct span packet = span_of(m->bytes, m->size);

    for (unsigned i = 0; i < w->seat_count; i++)
        if (w->seats[i]->peer && peer_on_sctp(w->seats[i]->peer, w->now_us, m->id, packet))
            return;
    engine_on_sctp(w->engine, w->now_us, m->id, packet);
}

static void deliver_mail(struct world *w, const struct mail *m)
{
    struct seat *s = m->kind == MAIL_SCTP ? NULL : seat_of_session(w, m->id);

    switch (m->kind) {
    case MAIL_SCTP:
        deliver_sctp(w, m);
        break;
    case MAIL_REQUEST:
        engine_on_message(w->engine, w->now_us, m->id, span_of(m->bytes, m->size));
        break;
    case MAIL_RESPONSE:
        if (s && s->peer)
            peer_on_signal(s->peer, w->now_us, span_of(m->bytes, m->size));
        break;
    case MAIL_CLOSE:
        if (s)
            s->closed = true;
        break;
    }
    if (s)
        s->deadline_us = w->now_us;
}

/* ---- datagrams ---- */

static bool find_receiver(const struct world *w, const struct addr *to, struct flight *like)
{
    for (unsigned i = 0; i < w->seat_count; i++)
        for (unsigned side = 0; side < 2; side++)
            if (addr_equal(&w->seats[i]->addrs[side], to)) {
                *like = (struct flight){.kind = FLIGHT_DOWN, .seat = i, .side = side, .addr = *to};
                return true;
            }
    return false;
}

/* The engine's drain. */
static void on_outbox(void *arg, struct outbox *o)
{
    struct world *w = arg;
    struct flight like;

    for (unsigned i = 0; i < o->run_count; i++) {
        const struct send_run *run = &o->runs[i];
        if (!find_receiver(w, &run->to, &like))
            continue; /* somebody who moved or left */
        for (uint32_t at = 0; at < run->size_bytes; at += run->segment_bytes) {
            uint32_t left = run->size_bytes - at;
            uint32_t size = left < run->segment_bytes ? left : run->segment_bytes;
            network_send(&w->network, w->now_us, &w->seats[like.seat]->down, &like,
                         span_of(o->arena + run->offset + at, size));
        }
    }
}

static void arrive_at_engine(struct world *w, const struct flight *f)
{
    struct packet *p = packet_new(engine_pool(w->engine));

    assert(p && f->size <= sizeof p->data);
    p->from = f->addr;
    p->received_us = w->now_us;
    p->size = (uint32_t)f->size;
    memcpy(p->data, f->bytes, f->size);
    engine_on_packet(w->engine, w->now_us, p);
    packet_unref(p);
}

static void arrive_at_seat(struct world *w, const struct flight *f)
{
    struct seat *s = w->seats[f->seat];
    struct addr from = server_addr();

    if (!s->peer || !addr_equal(&s->addrs[f->side], &f->addr))
        return;
    peer_on_datagram(s->peer, w->now_us, (enum peer_side)f->side, &from,
                     span_of(f->bytes, f->size));
    s->deadline_us = w->now_us;
}

static void arrive(struct world *w, const struct flight *f)
{
    struct span bytes = span_of(f->bytes, f->size);

    switch (f->kind) {
    case FLIGHT_UP:
        arrive_at_engine(w, f);
        break;
    case FLIGHT_DOWN:
        arrive_at_seat(w, f);
        break;
    case FLIGHT_REQUEST:
        mailbag_put(&w->mail, MAIL_REQUEST, f->session, bytes);
        break;
    case FLIGHT_RESPONSE:
        mailbag_put(&w->mail, MAIL_RESPONSE, f->session, bytes);
        break;
    case FLIGHT_CLOSE:
        mailbag_put(&w->mail, MAIL_CLOSE, f->session, bytes);
        break;
    }
}

/* ---- what the engine has to say besides datagrams ---- */

static void take_item(struct world *w, const struct outbox_item *i)
{
    struct seat *s = seat_of_session(w, i->session);

    switch (i->kind) {
    case OUTBOX_SIGNAL:
        if (s)
            send_message(s, FLIGHT_RESPONSE, span_of(i->bytes, i->size));
        break;
    case OUTBOX_CLOSE:
        if (s)
            send_message(s, FLIGHT_CLOSE, span_of(NULL, 0));
        break;
    case OUTBOX_REFRESH:
        if (s)
            s->refreshes++;
        break;
    case OUTBOX_REPLY:
        assert(i->size <= sizeof w->reply);
        w->reply_id = i->session;
        w->reply_error = i->error;
        w->reply_size = i->size;
        memcpy(w->reply, i->bytes, i->size);
        break;
    case OUTBOX_EVENT:
        w->events++;
        break;
    }
}

/* Until engine and people have nothing to say to each other at this instant. */
static void settle(struct world *w)
{
    struct outbox *o = engine_outbox(w->engine);

    for (;;) {
        struct outbox_item *i;
        struct mail *m = mailbag_take(&w->mail);
        if (m) {
            deliver_mail(w, m);
            free(m);
        }
        while ((i = outbox_take(o)) != NULL) {
            take_item(w, i);
            outbox_item_free(i);
        }
        if (!m && !w->mail.first)
            return;
    }
}

void world_flush(struct world *w)
{
    struct outbox *o = engine_outbox(w->engine);

    w->engine_deadline_us = engine_on_time(w->engine, w->now_us);
    settle(w);
    on_outbox(w, o);
    outbox_sent(o);
}

/* ---- time ---- */

static int64_t next_event(const struct world *w)
{
    int64_t next = w->engine_deadline_us < w->sctp_at_us ? w->engine_deadline_us : w->sctp_at_us;

    if (network_next(&w->network) < next)
        next = network_next(&w->network);
    for (unsigned i = 0; i < w->seat_count; i++)
        if (w->seats[i]->deadline_us < next)
            next = w->seats[i]->deadline_us;
    return next;
}

static void turn(struct world *w)
{
    struct flight *f;

    if (w->now_us >= w->sctp_at_us) {
        assoc_global_on_time(SCTP_TICK_US / 1000);
        w->sctp_at_us = w->now_us + SCTP_TICK_US;
    }
    while ((f = network_take(&w->network, w->now_us)) != NULL) {
        arrive(w, f);
        free(f);
    }
    settle(w);
    for (unsigned i = 0; i < w->seat_count; i++) {
        struct seat *s = w->seats[i];
        if (s->deadline_us <= w->now_us)
            s->deadline_us = s->peer ? peer_on_time(s->peer, w->now_us) : TIME_NEVER;
    }
    world_flush(w);
}

void world_pass(struct world *w, int64_t us)
{
    int64_t until = w->now_us + us;

    world_flush(w); /* what was asked for since */
    for (unsigned i = 0; i < w->seat_count; i++)
        w->seats[i]->deadline_us = w->now_us;
    for (;;) {
        int64_t next = next_event(w);
        if (next > until)
            break;
        if (next > w->now_us)
            w->now_us = next;
        turn(w);
    }
    w->now_us = until;
}

/* ---- beginning and end ---- */

void world_global_init(void)
{
    server_dtls = dtls_context_new();
    client_dtls = dtls_context_new();
    assoc_global_init(on_emit, NULL);
}

void world_global_fini(void)
{
    assoc_global_fini();
    dtls_context_free(server_dtls);
    dtls_context_free(client_dtls);
}

struct world *world_new(uint64_t seed)
{
    struct world *w = xcalloc(1, sizeof *w);
    struct engine_config config = {.dtls = server_dtls,
                                   .cipher = cipher_best(),
                                   .candidates = {server_addr()},
                                   .candidate_count = 1,
                                   .id_prefix = 1,
                                   .version = "test",
                                   .node_id = "ND_test",
                                   .unix_ms_offset = WORLD_UNIX_OFFSET_US / 1000,
                                   .drain = on_outbox,
                                   .drain_arg = w};

    assert(!present);
    present = w;
    w->seed = seed;
    w->now_us = WORLD_START_US;
    w->next_port = WORLD_FIRST_PORT;
    w->sctp_at_us = WORLD_START_US + SCTP_TICK_US;
    mailbag_init(&w->mail);
    w->engine = engine_new(&config);
    w->engine_deadline_us = TIME_NEVER;
    return w;
}

void world_free(struct world *w)
{
    for (unsigned i = 0; i < w->seat_count; i++)
        seat_free(w->seats[i]);
    w->seat_count = 0;
    settle(w);
    engine_free(w->engine);
    mailbag_fini(&w->mail);
    network_fini(&w->network);
    free(w);
    present = NULL;
}

/* ---- what tests ask ---- */

bool world_call(struct world *w, enum engine_request what, const ProtobufCMessage *body)
{
    struct arena a;

    arena_init(&a);
    engine_on_request(w->engine, w->now_us, ++w->next_call, what, signal_pack(body, &a));
    arena_fini(&a);
    world_flush(w);
    assert(w->reply_id == w->next_call);
    return !w->reply_error;
}

unsigned world_held(const struct world *w)
{
    const struct engine_stats *stats = engine_stats(w->engine);

    return stats->rooms + stats->people + stats->transports +
           packet_pool_in_use(engine_pool(w->engine));
}

uint64_t world_digest(const struct world *w)
{
    uint64_t d = w->digest;

    for (unsigned i = 0; i < w->seat_count; i++)
        world_mix(&d, seat_digest(w->seats[i]));
    return d;
}
