/* SPDX-License-Identifier: Apache-2.0 */
/* The world's clock, its network and its mail. Owns the engine and the seats. */
#include "world.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/time.h>

#include "base/heap.h"

#define START_US 1000000000
#define UNIX_OFFSET_US 1700000000000000
#define SCTP_TICK_US 10000
#define PEER_ID (0xf000ull << 48)

/* A datagram on its way. */
struct flight {
    int64_t at_us;
    uint64_t order;
    bool up;
    unsigned seat;
    enum peer_side side;
    struct addr addr; /* up: the sender's; down: the receiver's */
    size_t size;
    uint8_t bytes[];
};

enum mail_kind { MAIL_SCTP, MAIL_REQUEST, MAIL_RESPONSE };

struct mail {
    struct mail *next;
    enum mail_kind kind;
    uint64_t id; /* of the transport, or the session */
    size_t size;
    uint8_t bytes[];
};

static struct world *present; /* for usrsctp, which knows no arguments */
static struct dtls_context *server_dtls, *client_dtls;

static struct addr server_addr(void)
{
    return addr_v4(192, 0, 2, 1, 7882);
}

/* Takes the C library's place for usrsctp, which reads the clock. */
int gettimeofday(struct timeval *restrict now, void *restrict zone)
{
    int64_t now_us = present ? present->now_us : START_US;

    (void)zone;
    now->tv_sec = now_us / 1000000;
    now->tv_usec = now_us % 1000000;
    return 0;
}

/* ---- mail ---- */

static void post(struct world *w, enum mail_kind kind, uint64_t id, struct span bytes)
{
    struct mail *m = xcalloc(1, sizeof *m + bytes.size);

    m->kind = kind;
    m->id = id;
    m->size = bytes.size;
    if (bytes.size)
        memcpy(m->bytes, bytes.data, bytes.size);
    *w->mail_last = m;
    w->mail_last = &m->next;
}

static void on_emit(void *arg, uint64_t id, struct span packet)
{
    (void)arg;
    if (present)
        post(present, MAIL_SCTP, id, packet);
}

static struct seat *seat_of_session(struct world *w, uint64_t session)
{
    for (unsigned i = 0; i < w->seat_count; i++)
        if (w->seats[i]->session == session)
            return w->seats[i];
    return NULL;
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

    if (m->kind == MAIL_SCTP)
        deliver_sctp(w, m);
    else if (m->kind == MAIL_REQUEST)
        engine_on_message(w->engine, w->now_us, m->id, span_of(m->bytes, m->size));
    else if (s && s->peer)
        peer_on_signal(s->peer, w->now_us, span_of(m->bytes, m->size));
    if (s)
        s->deadline_us = w->now_us;
}

/* ---- the network ---- */

static bool before(const struct flight *a, const struct flight *b)
{
    return a->at_us != b->at_us ? a->at_us < b->at_us : a->order < b->order;
}

static void flight_push(struct world *w, struct flight *f)
{
    if (w->flight_count == w->flight_capacity) {
        w->flight_capacity = w->flight_capacity ? 2 * w->flight_capacity : 256;
        w->flights = xrealloc(w->flights, w->flight_capacity * sizeof *w->flights);
    }
    size_t at = w->flight_count++;
    for (; at > 0 && before(f, w->flights[(at - 1) / 2]); at = (at - 1) / 2)
        w->flights[at] = w->flights[(at - 1) / 2];
    w->flights[at] = f;
}

static struct flight *flight_pop(struct world *w)
{
    struct flight *first = w->flights[0], *last = w->flights[--w->flight_count];
    size_t at = 0;

    for (;;) {
        size_t child = 2 * at + 1;
        if (child >= w->flight_count)
            break;
        if (child + 1 < w->flight_count && before(w->flights[child + 1], w->flights[child]))
            child++;
        if (!before(w->flights[child], last))
            break;
        w->flights[at] = w->flights[child];
        at = child;
    }
    w->flights[at] = last;
    return first;
}

static enum world_kind kind_of(struct span datagram)
{
    switch (datagram_kind(datagram)) {
    case DATAGRAM_RTP:
        return WORLD_RTP;
    case DATAGRAM_RTCP:
        return WORLD_RTCP;
    case DATAGRAM_STUN:
        return WORLD_STUN;
    case DATAGRAM_DTLS:
    case DATAGRAM_OTHER:
        break;
    }
    return WORLD_DTLS;
}

static bool happens(struct random *random, uint32_t millionths)
{
    return random_below(random, 1000000) < millionths;
}

static void fly(struct world *w, const struct flight *like, int64_t delay_us, struct span bytes)
{
    struct flight *f = xmalloc(sizeof *f + bytes.size);

    *f = *like;
    f->at_us = w->now_us + delay_us;
    f->order = w->flight_order++;
    f->size = bytes.size;
    memcpy(f->bytes, bytes.data, bytes.size);
    flight_push(w, f);
}

static void travel(struct world *w, struct lane *lane, const struct flight *like, struct span bytes)
{
    enum world_kind kind = kind_of(bytes);
    struct random *random = &lane->random[kind];
    const struct path *p = &lane->path;
    /* Always the same number of draws. */
    bool lost = happens(random, p->loss), twice = happens(random, p->repeat),
         late = happens(random, p->reorder);

    lane->sent[kind]++;
    lane->lost[kind] += lost;
    if (lost)
        return;
    fly(w, like, p->delay_us + (late ? p->reorder_us : 0), bytes);
    if (twice)
        fly(w, like, p->delay_us + 500, bytes);
}

static void on_datagram_up(void *arg, enum peer_side side, const struct addr *to,
                           struct span datagram)
{
    struct seat *s = arg;
    struct flight like = {.up = true, .seat = s->index, .side = side, .addr = s->addrs[side]};

    assert(addr_equal(to, &(struct addr){.port = 0}) == false);
    travel(s->world, &s->up, &like, datagram);
}

static bool find_receiver(const struct world *w, const struct addr *to, struct flight *like)
{
    for (unsigned i = 0; i < w->seat_count; i++)
        for (unsigned side = 0; side < 2; side++)
            if (addr_equal(&w->seats[i]->addrs[side], to)) {
                *like = (struct flight){.seat = i, .side = (enum peer_side)side, .addr = *to};
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
            travel(w, &w->seats[like.seat]->down, &like,
                   span_of(o->arena + run->offset + at, size));
        }
    }
}

static void land(struct world *w, const struct flight *f)
{
    struct seat *s = w->seats[f->seat];

    if (f->up) {
        struct packet *p = packet_new(engine_pool(w->engine));
        assert(p && f->size <= sizeof p->data);
        p->from = f->addr;
        p->received_us = w->now_us;
        p->size = (uint32_t)f->size;
        memcpy(p->data, f->bytes, f->size);
        engine_on_packet(w->engine, w->now_us, p);
        packet_unref(p);
    } else if (s->peer && addr_equal(&s->addrs[f->side], &f->addr)) {
        struct addr from = server_addr();
        peer_on_datagram(s->peer, w->now_us, f->side, &from, span_of(f->bytes, f->size));
        s->deadline_us = w->now_us;
    }
}

/* ---- what the engine has to say besides datagrams ---- */

static void take_item(struct world *w, const struct outbox_item *i)
{
    struct seat *s = seat_of_session(w, i->session);

    switch (i->kind) {
    case OUTBOX_SIGNAL:
        post(w, MAIL_RESPONSE, i->session, span_of(i->bytes, i->size));
        break;
    case OUTBOX_CLOSE:
        if (s)
            s->closed = true;
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
        struct mail *m = w->mail;
        if (m) {
            w->mail = m->next;
            if (!w->mail)
                w->mail_last = &w->mail;
            deliver_mail(w, m);
            free(m);
        }
        while ((i = outbox_take(o)) != NULL) {
            take_item(w, i);
            outbox_item_free(i);
        }
        if (!m && !w->mail)
            return;
    }
}

static void flush(struct world *w)
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

    if (w->flight_count && w->flights[0]->at_us < next)
        next = w->flights[0]->at_us;
    for (unsigned i = 0; i < w->seat_count; i++)
        if (w->seats[i]->deadline_us < next)
            next = w->seats[i]->deadline_us;
    return next;
}

static void turn(struct world *w)
{
    if (w->now_us >= w->sctp_at_us) {
        assoc_global_on_time((unsigned)(w->sctp_tick_us / 1000));
        w->sctp_at_us = w->now_us + w->sctp_tick_us;
    }
    while (w->flight_count && w->flights[0]->at_us <= w->now_us) {
        struct flight *f = flight_pop(w);
        land(w, f);
        free(f);
    }
    settle(w);
    for (unsigned i = 0; i < w->seat_count; i++) {
        struct seat *s = w->seats[i];
        if (s->deadline_us <= w->now_us)
            s->deadline_us = s->peer ? peer_on_time(s->peer, w->now_us) : TIME_NEVER;
    }
    flush(w);
}

void world_pass(struct world *w, int64_t us)
{
    int64_t until = w->now_us + us;

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
                                   .unix_ms_offset = UNIX_OFFSET_US / 1000,
                                   .drain = on_outbox,
                                   .drain_arg = w};

    assert(!present);
    present = w;
    w->seed = seed;
    w->now_us = START_US;
    w->sctp_tick_us = SCTP_TICK_US;
    w->sctp_at_us = START_US + SCTP_TICK_US;
    w->mail_last = &w->mail;
    w->engine = engine_new(&config);
    w->engine_deadline_us = TIME_NEVER;
    return w;
}

static void free_seat(struct seat *s)
{
    peer_free(s->peer);
    free((void *)(uintptr_t)s->last_message.data);
    free(s);
}

bool world_free(struct world *w)
{
    for (unsigned i = 0; i < w->seat_count; i++)
        free_seat(w->seats[i]);
    w->seat_count = 0;
    settle(w);
    engine_free(w->engine);
    while (w->mail) {
        struct mail *m = w->mail;
        w->mail = m->next;
        free(m);
    }
    while (w->flight_count)
        free(flight_pop(w));
    free(w->flights);
    free(w);
    present = NULL;
    return true;
}

/* ---- people ---- */

static void digest(uint64_t *d, uint64_t value)
{
    *d = (*d ^ value) * 0x100000001b3u;
    *d ^= *d >> 31;
}

static void on_sent(void *arg, const struct source_packet *packet)
{
    struct seat *s = arg;
    struct world *w = s->world;

    w->media_sent++;
    digest(&w->digest, (uint64_t)w->now_us);
    digest(&w->digest, (uint64_t)packet->body.tag << 32 | packet->body.number);
    digest(&w->digest,
           (uint64_t)packet->index << 9 | (uint64_t)packet->body.layer << 1 | packet->rtx);
}

static void on_request(void *arg, struct span request)
{
    struct seat *s = arg;

    if (s->session && !s->closed)
        post(s->world, MAIL_REQUEST, s->session, request);
}

static void on_message(void *arg, enum peer_side side, const struct channel_message *message)
{
    struct seat *s = arg;
    uint8_t *copy = xmalloc(message->bytes.size ? message->bytes.size : 1);

    s->messages++;
    s->message_sides[side]++;
    memcpy(copy, message->bytes.data, message->bytes.size);
    free((void *)(uintptr_t)s->last_message.data);
    s->last_message = span_of(copy, message->bytes.size);
    for (size_t i = 0; i < message->bytes.size; i++)
        digest(&s->message_digest, copy[i]);
}

static void note_participant(struct seat *s, const Livekit__ParticipantInfo *info)
{
    unsigned i = 0;

    while (i < s->other_count && strcmp(s->others[i].identity, info->identity) != 0)
        i++;
    if (i == WORLD_SEATS)
        return;
    if (i == s->other_count)
        s->other_count++;
    snprintf(s->others[i].identity, sizeof s->others[i].identity, "%s", info->identity);
    snprintf(s->others[i].sid, sizeof s->others[i].sid, "%s", info->sid);
    s->others[i].state = (int)info->state;
    s->others[i].tracks = 0;
    for (size_t k = 0; k < info->n_tracks && k < 8; k++) {
        snprintf(s->others[i].track_sids[k], 32, "%s", info->tracks[k]->sid);
        s->others[i].track_muted[k] = info->tracks[k]->muted;
        s->others[i].tracks++;
    }
}

static void on_response(void *arg, const Livekit__SignalResponse *r)
{
    struct seat *s = arg;

    if (r->message_case == LIVEKIT__SIGNAL_RESPONSE__MESSAGE_JOIN) {
        note_participant(s, r->join->participant);
        for (size_t i = 0; i < r->join->n_other_participants; i++)
            note_participant(s, r->join->other_participants[i]);
    } else if (r->message_case == LIVEKIT__SIGNAL_RESPONSE__MESSAGE_UPDATE) {
        s->updates++;
        for (size_t i = 0; i < r->update->n_participants; i++)
            note_participant(s, r->update->participants[i]);
    } else if (r->message_case == LIVEKIT__SIGNAL_RESPONSE__MESSAGE_SPEAKERS_CHANGED) {
        s->speaker_updates++;
        s->loudest[0] = 0;
        for (size_t i = 0; i < r->speakers_changed->n_speakers; i++) {
            const Livekit__SpeakerInfo *speaker = r->speakers_changed->speakers[i];
            if (speaker->active && !s->loudest[0])
                snprintf(s->loudest, sizeof s->loudest, "%s", speaker->sid);
        }
    } else if (r->message_case == LIVEKIT__SIGNAL_RESPONSE__MESSAGE_RECONNECT) {
        s->reconnects++;
        peer_resume(s->peer, s->world->now_us);
    }
}

static void make_addrs(struct seat *s)
{
    static uint16_t next_port = 20000;
    uint8_t host = (uint8_t)(1 + s->index);

    for (unsigned i = 0; i < 2; i++)
        s->addrs[i] = addr_v4(198, 51, 100, host, next_port++);
    if (next_port > 60000)
        next_port = 20000;
}

static void seed_lane(struct lane *lane, uint64_t seed)
{
    for (unsigned i = 0; i < WORLD_KINDS; i++)
        random_seed(&lane->random[i], seed * 131 + i);
    lane->path.delay_us = 10000;
}

static struct grant grant_of(const struct seat *s)
{
    return (struct grant){
        .room = (char *)(uintptr_t)s->room,
        .identity = (char *)(uintptr_t)s->identity,
        .name = (char *)(uintptr_t)s->identity,
        .metadata = (char *)(uintptr_t) "",
        .permission = {.can_subscribe = true,
                       .can_publish = true,
                       .can_publish_data = true,
                       .can_update_metadata = true},
        .expires_unix_s = UNIX_OFFSET_US / 1000000 + 86400,
        .key_id = (char *)(uintptr_t) "devkey",
        .auto_subscribe = true,
        .protocol = 16,
        .sdk = (char *)(uintptr_t) "js",
        .version = (char *)(uintptr_t) "2.0.0",
        .os = (char *)(uintptr_t) "",
        .browser = (char *)(uintptr_t) "",
        .device_model = (char *)(uintptr_t) "",
    };
}

static void make_peer(struct seat *s)
{
    struct world *w = s->world;
    struct peer_config config = {
        .host = {.arg = s,
                 .signal = on_request,
                 .datagram = on_datagram_up,
                 .response = on_response,
                 .message = on_message,
                 .sent = on_sent},
        .dtls = client_dtls,
        .cipher = cipher_best(),
        .first_id = PEER_ID + 2 * ++w->next_peer,
        .seed = w->seed * 1000 + w->next_peer,
        .unix_us_offset = UNIX_OFFSET_US,
    };

    s->peer = peer_new(&config);
}

struct seat *world_join(struct world *w, const char *room, const char *identity,
                        void (*change)(struct grant *g))
{
    struct seat *s = xcalloc(1, sizeof *s);

    assert(w->seat_count < WORLD_SEATS);
    s->world = w;
    s->index = w->seat_count;
    snprintf(s->room, sizeof s->room, "%s", room);
    snprintf(s->identity, sizeof s->identity, "%s", identity);
    make_addrs(s);
    seed_lane(&s->up, w->seed * 100 + 2 * s->index);
    seed_lane(&s->down, w->seed * 100 + 2 * s->index + 1);
    make_peer(s);
    s->session = ++w->next_session;
    w->seats[w->seat_count++] = s;
    struct grant grant = grant_of(s);
    if (change)
        change(&grant);
    engine_on_open(w->engine, w->now_us, s->session, &grant);
    flush(w);
    return s;
}

void world_reconnect(struct seat *s)
{
    struct world *w = s->world;
    struct grant grant = grant_of(s);

    grant.reconnect = true;
    grant.reconnect_sid = s->peer->sid;
    s->session = ++w->next_session;
    s->closed = false;
    engine_on_open(w->engine, w->now_us, s->session, &grant);
    flush(w);
}

void world_cut(struct seat *s)
{
    engine_on_close(s->world->engine, s->world->now_us, s->session);
    s->session = 0;
    flush(s->world);
}

void world_move(struct seat *s)
{
    make_addrs(s);
}

void world_vanish(struct seat *s)
{
    peer_free(s->peer);
    s->peer = NULL;
    s->deadline_us = TIME_NEVER;
}

void world_set_path(struct seat *s, bool up, const struct path *path)
{
    (up ? &s->up : &s->down)->path = *path;
}

bool world_call(struct world *w, enum engine_request what, const ProtobufCMessage *body)
{
    static uint64_t id;
    struct arena a;

    arena_init(&a);
    engine_on_request(w->engine, w->now_us, ++id, what, signal_pack(body, &a));
    arena_fini(&a);
    flush(w);
    assert(w->reply_id == id);
    return !w->reply_error;
}

/* ---- looking ---- */

int world_state_of(const struct seat *s, const char *identity)
{
    for (unsigned i = 0; i < s->other_count; i++)
        if (strcmp(s->others[i].identity, identity) == 0)
            return s->others[i].state;
    return -1;
}

const char *world_track_of(const struct seat *s, const char *identity, unsigned index)
{
    for (unsigned i = 0; i < s->other_count; i++)
        if (strcmp(s->others[i].identity, identity) == 0 && index < s->others[i].tracks)
            return s->others[i].track_sids[index];
    return "";
}

struct sink *world_sink(const struct seat *viewer, const struct source *source)
{
    return peer_sink_of(viewer->peer, source->sid);
}

uint64_t world_digest(const struct world *w)
{
    uint64_t d = w->digest;

    for (unsigned i = 0; i < w->seat_count; i++)
        for (unsigned k = 0; w->seats[i]->peer && k < w->seats[i]->peer->sink_count; k++)
            digest(&d, w->seats[i]->peer->sinks[k]->digest);
    return d;
}

struct source_config world_voice(uint8_t level)
{
    return (struct source_config){.codec = CODEC_OPUS,
                                  .kind = LIVEKIT__TRACK_SOURCE__MICROPHONE,
                                  .layers = 1,
                                  .packets = 1,
                                  .size_bytes = 80,
                                  .interval_us = 20000,
                                  .first_seq = 100,
                                  .level = level};
}

struct source_config world_camera(void)
{
    return (struct source_config){.codec = CODEC_VP8,
                                  .kind = LIVEKIT__TRACK_SOURCE__CAMERA,
                                  .layers = 3,
                                  .packets = 4,
                                  .size_bytes = 600,
                                  .interval_us = 40000,
                                  .first_seq = 2000};
}

struct source_config world_screen(void)
{
    return (struct source_config){.codec = CODEC_VP8,
                                  .kind = LIVEKIT__TRACK_SOURCE__SCREEN_SHARE,
                                  .layers = 1,
                                  .packets = 6,
                                  .size_bytes = 1100,
                                  .interval_us = 100000,
                                  .first_seq = 3000};
}
