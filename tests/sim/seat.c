/* SPDX-License-Identifier: Apache-2.0 */
/* People: their clients' hosts, what they do to their connections, and what became of them. */
#include "seat.h"

#include <assert.h>
#include <stdlib.h>

#include "base/heap.h"

#define PEER_ID (0xf000ull << 48)

static const struct path normal = {.delay_us = 10000};

/* ---- what the client says ---- */

static void on_datagram(void *arg, enum peer_side side, const struct addr *to, struct span datagram)
{
    struct seat *s = arg;
    struct flight like = {
        .kind = FLIGHT_UP, .seat = s->index, .side = side, .addr = s->addrs[side]};

    assert(to->port != 0);
    network_send(&s->world->network, s->world->now_us, &s->up, &like, datagram);
}

static void on_sent(void *arg, const struct source_packet *packet)
{
    struct seat *s = arg;
    struct world *w = s->world;

    w->media_sent++;
    world_mix(&w->digest, (uint64_t)w->now_us);
    world_mix(&w->digest, (uint64_t)packet->body.tag << 32 | packet->body.number);
    world_mix(&w->digest,
              (uint64_t)packet->index << 9 | (uint64_t)packet->body.layer << 1 | packet->rtx);
}

/* What a client does not say once it is back: pings, and descriptions, which it makes anew. */
static bool is_of_the_moment(struct span request)
{
    struct arena a;

    arena_init(&a);
    const Livekit__SignalRequest *r = signal_request_parse(request, &a);
    assert(r);
    bool result = r->message_case == LIVEKIT__SIGNAL_REQUEST__MESSAGE_OFFER ||
                  r->message_case == LIVEKIT__SIGNAL_REQUEST__MESSAGE_ANSWER ||
                  r->message_case == LIVEKIT__SIGNAL_REQUEST__MESSAGE_LEAVE ||
                  r->message_case == LIVEKIT__SIGNAL_REQUEST__MESSAGE_PING_REQ;
    arena_fini(&a);
    return result;
}

static void on_request(void *arg, struct span request)
{
    struct seat *s = arg;

    if (s->session && !s->closed)
        world_request(s, request);
    else if (!s->session && !is_of_the_moment(request))
        mailbag_put(&s->held, MAIL_REQUEST, 0, request);
}

/* ---- what the client is told ---- */

static void on_packet(void *arg, const Livekit__DataPacket *packet, bool reliable)
{
    heard_packet(&((struct seat *)arg)->heard, packet, reliable);
}

static void on_response(void *arg, const Livekit__SignalResponse *r)
{
    struct seat *s = arg;
    struct mail *m;

    heard_response(&s->heard, s->peer->sid, r);
    if (r->message_case != LIVEKIT__SIGNAL_RESPONSE__MESSAGE_RECONNECT)
        return;
    peer_resume(s->peer, s->world->now_us);
    while ((m = mailbag_take(&s->held)) != NULL) {
        world_request(s, span_of(m->bytes, m->size));
        free(m);
    }
}

/* ---- coming and going ---- */

static void make_addrs(struct seat *s)
{
    for (unsigned i = 0; i < 2; i++)
        s->addrs[i] = addr_v4(198, 51, 100, (uint8_t)(1 + s->index), s->world->next_port++);
    if (s->world->next_port > 60000)
        s->world->next_port = WORLD_FIRST_PORT;
}

static char *borrow(const char *text)
{
    return (char *)(uintptr_t)text;
}

static struct grant grant_of(const struct seat *s)
{
    struct grant g = {
        .room = borrow(s->plan.room),
        .identity = borrow(s->plan.identity),
        .name = borrow(s->plan.identity),
        .metadata = borrow(""),
        .permission = {.can_subscribe = true,
                       .can_publish = true,
                       .can_publish_data = true,
                       .can_update_metadata = true},
        .expires_unix_s = WORLD_UNIX_OFFSET_US / 1000000 + 86400,
        .key_id = borrow("devkey"),
        .auto_subscribe = true,
        .protocol = 16,
        .sdk = borrow("js"),
        .version = borrow("2.0.0"),
        .os = borrow(""),
        .browser = borrow(""),
        .device_model = borrow(""),
    };

    if (s->plan.grant)
        s->plan.grant(&g);
    return g;
}

static void make_peer(struct seat *s)
{
    struct world *w = s->world;
    struct peer_config config = {
        .host = {.arg = s,
                 .signal = on_request,
                 .datagram = on_datagram,
                 .response = on_response,
                 .packet = on_packet,
                 .sent = on_sent},
        .dtls = world_client_dtls(),
        .cipher = cipher_best(),
        .first_id = PEER_ID + 2 * ++w->next_peer,
        .seed = w->seed * 1000 + w->next_peer,
        .unix_us_offset = WORLD_UNIX_OFFSET_US,
        .no_rtx = s->plan.no_rtx,
        .no_nack = s->plan.no_nack,
        .no_h264 = s->plan.no_h264,
    };

    s->peer = peer_new(&config);
    lane_seed(&s->up, config.seed * 2);
    lane_seed(&s->down, config.seed * 2 + 1);
}

static void open_session(struct seat *s, const char *reconnect_sid)
{
    struct world *w = s->world;
    struct grant grant = grant_of(s);

    grant.reconnect = reconnect_sid != NULL;
    grant.reconnect_sid = borrow(reconnect_sid);
    s->session = ++w->next_session;
    s->closed = false;
    s->signal_last_us[0] = s->signal_last_us[1] = 0;
    engine_on_open(w->engine, w->now_us, s->session, &grant);
    world_flush(w);
}

struct seat *seat_join_as(struct world *w, const struct seat_plan *plan)
{
    struct seat *s = xcalloc(1, sizeof *s);

    assert(w->seat_count < WORLD_SEATS);
    s->world = w;
    s->plan = *plan;
    s->index = w->seat_count;
    mailbag_init(&s->held);
    heard_init(&s->heard);
    make_addrs(s);
    seat_set_path(s, true, &normal);
    seat_set_path(s, false, &normal);
    make_peer(s);
    w->seats[w->seat_count++] = s;
    open_session(s, NULL);
    return s;
}

struct seat *seat_join(struct world *w, const char *room, const char *identity)
{
    return seat_join_as(w, &(struct seat_plan){.room = room, .identity = identity});
}

/* The client ends; what it received is counted on. */
static void drop_peer(struct seat *s)
{
    struct peer *p = s->peer;

    if (!p)
        return;
    s->past = seat_stats(s);
    s->past_digest = seat_digest(s);
    s->unknown_ssrc += p->stats.unknown_ssrc;
    s->skipped += p->data.skipped;
    peer_free(p);
    s->peer = NULL;
    s->deadline_us = TIME_NEVER;
    mailbag_fini(&s->held);
}

void seat_join_again(struct seat *s)
{
    if (s->session && !s->closed)
        engine_on_close(s->world->engine, s->world->now_us, s->session);
    drop_peer(s);
    heard_anew(&s->heard);
    s->said[0] = s->said[1] = 0;
    make_addrs(s);
    make_peer(s);
    open_session(s, NULL);
    s->deadline_us = s->world->now_us;
}

void seat_leave(struct seat *s)
{
    peer_leave(s->peer);
    world_flush(s->world);
}

void seat_free(struct seat *s)
{
    drop_peer(s);
    mailbag_fini(&s->held);
    free(s);
}

void seat_cut(struct seat *s)
{
    if (s->session && !s->closed)
        engine_on_close(s->world->engine, s->world->now_us, s->session);
    s->session = 0;
    world_flush(s->world);
}

void seat_lose(struct seat *s)
{
    s->session = 0;
}

void seat_reconnect(struct seat *s)
{
    char sid[sizeof s->peer->sid];

    memcpy(sid, s->peer->sid, sizeof sid);
    open_session(s, sid);
}

void seat_move(struct seat *s)
{
    make_addrs(s);
}

void seat_vanish(struct seat *s)
{
    drop_peer(s);
}

void seat_set_path(struct seat *s, bool up, const struct path *path)
{
    (up ? &s->up : &s->down)->path = *path;
}

/* ---- what the client does ---- */

struct source *seat_publish(struct seat *s, const struct source_config *config)
{
    struct source *source = peer_publish(s->peer, s->world->now_us, config);

    world_flush(s->world);
    return source;
}

enum channel_sent seat_say_as(struct seat *s, size_t size, const struct peer_packet *how)
{
    struct peer_packet packet = *how;
    uint8_t *payload = xmalloc(size);

    heard_write(payload, size, s->said[packet.lossy]++);
    packet.payload = span_of(payload, size);
    enum channel_sent sent = packets_send(s->peer, s->world->now_us, &packet);
    free(payload);
    s->deadline_us = s->world->now_us;
    return sent;
}

enum channel_sent seat_say(struct seat *s, size_t size)
{
    return seat_say_as(s, size, &(struct peer_packet){.lossy = false});
}

/* ---- looking ---- */

int seat_state_of(const struct seat *s, const char *identity)
{
    const struct other *o = heard_of(&s->heard, identity);

    return o ? o->state : -1;
}

struct sink *seat_sink(const struct seat *viewer, const struct source *source)
{
    return peer_sink_of(viewer->peer, source->sid);
}

struct sink_stats seat_stats(const struct seat *s)
{
    struct sink_stats sum = s->past;
    const struct peer *p = s->peer;

    if (!p)
        return sum;
    sink_add_stats(&sum, &p->gone);
    for (unsigned i = 0; i < p->sink_count; i++)
        sink_add_stats(&sum, &p->sinks[i]->stats);
    return sum;
}

uint64_t seat_digest(const struct seat *s)
{
    uint64_t d = s->past_digest;
    const struct peer *p = s->peer;

    if (!p)
        return d;
    world_mix(&d, p->gone_digest);
    for (unsigned i = 0; i < p->sink_count; i++)
        world_mix(&d, p->sinks[i]->digest);
    return d;
}

/* ---- what people send ---- */

struct source_config seat_voice(uint8_t level)
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

struct source_config seat_camera(void)
{
    return (struct source_config){.codec = CODEC_VP8,
                                  .kind = LIVEKIT__TRACK_SOURCE__CAMERA,
                                  .layers = 3,
                                  .packets = 4,
                                  .size_bytes = 600,
                                  .interval_us = 40000,
                                  .first_seq = 2000};
}

struct source_config seat_screen(void)
{
    return (struct source_config){.codec = CODEC_VP8,
                                  .kind = LIVEKIT__TRACK_SOURCE__SCREEN_SHARE,
                                  .layers = 1,
                                  .packets = 6,
                                  .size_bytes = 1100,
                                  .interval_us = 100000,
                                  .first_seq = 3000};
}
