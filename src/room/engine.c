/* SPDX-License-Identifier: Apache-2.0 */
/* The engine: finds the transport a datagram belongs to, the person a message comes from and the
 * timer that is due, and hands over to the signalling plane (room.c, person.c, ...) and the media
 * plane (ingest.c, relay.c, report.c). Owns the rooms, the packet pool, the outbox and the timers.
 * On its worker's thread. */
#include "room/engine.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>

#include "room/room.h"
#include "wire/rtp.h"

/* With fewer packets left, retransmission is served less well: nothing could be received without
 * any. A look at all histories costs 1 ms, so it is not taken every turn. */
#define PACKETS_LOW (LIMIT_PACKETS / 4)
#define SHED_PAUSE_US 50000

static void host_send(void *arg, const struct addr *to, struct span datagram)
{
    struct engine *e = arg;
    uint8_t *room = outbox_reserve(&e->outbox, (uint32_t)datagram.size);

    memcpy(room, datagram.data, datagram.size);
    outbox_commit(&e->outbox, to, (uint32_t)datagram.size);
}

struct engine *engine_new(const struct engine_config *config)
{
    struct engine *e = xcalloc(1, sizeof *e);

    e->config = *config;
    outbox_init(&e->outbox, config->drain, config->drain_arg);
    e->pool = packet_pool_new(LIMIT_PACKETS);
    heap_init(&e->timers);
    map_init(&e->rooms);
    map_init(&e->sessions);
    map_init(&e->by_ufrag);
    map_init(&e->by_addr);
    map_init(&e->by_id);
    list_init(&e->dirty);
    e->host = (struct transport_host){
        .arg = e, .send = host_send, .dtls = config->dtls, .cipher = config->cipher};
    return e;
}

void engine_free(struct engine *e)
{
    if (!e)
        return;
    for (;;) {
        size_t cursor = 0;
        struct room *r = map_next(&e->rooms, &cursor, NULL);
        if (!r)
            break;
        room_free(r);
    }
    map_fini(&e->rooms);
    map_fini(&e->sessions);
    map_fini(&e->by_ufrag);
    map_fini(&e->by_addr);
    map_fini(&e->by_id);
    heap_fini(&e->timers);
    outbox_fini(&e->outbox);
    packet_pool_free(e->pool);
    free(e);
}

struct outbox *engine_outbox(struct engine *e)
{
    return &e->outbox;
}

struct packet_pool *engine_pool(struct engine *e)
{
    return e->pool;
}

/* ---- timers ---- */

void engine_timer_set(struct engine *e, struct timer *t, int64_t at_us)
{
    heap_set(&e->timers, &t->node, at_us);
}

void engine_timer_cancel(struct engine *e, struct timer *t)
{
    heap_remove(&e->timers, &t->node);
}

/* ---- transports ---- */

static struct span id_key(const uint64_t *id)
{
    return span_of(id, sizeof *id);
}

struct span engine_session_key(const uint64_t *session)
{
    return id_key(session);
}

/* Tells signalling when the state changed. The person may be gone afterwards. */
static void look_at_state(struct connection *c, int64_t now_us)
{
    enum transport_state state = transport_state(c->transport);

    if (state == c->state)
        return;
    c->state = state;
    person_on_transport(c->person, now_us, c->side, state);
}

static bool is_held(struct transport *t)
{
    const struct connection *c = transport_owner(t);

    return c->side == PUBLISHER && c->person->held;
}

static void deliver_messages(struct engine *e, int64_t now_us, uint64_t id)
{
    struct transport *t;
    struct channel_message m;

    while ((t = map_get(&e->by_id, id_key(&id))) != NULL && !is_held(t) &&
           channels_next(transport_channels(t), &m)) {
        struct connection *c = transport_owner(t);
        data_on_message(c->person, now_us, c->side, &m);
    }
}

void engine_deliver(struct engine *e, int64_t now_us, struct transport *t)
{
    if (t)
        deliver_messages(e, now_us, transport_id(t));
}

/* After anything but media: state, messages and the next deadline may have changed. */
static void after_control(struct engine *e, int64_t now_us, struct transport *t)
{
    uint64_t id = transport_id(t);
    struct connection *c = transport_owner(t);

    engine_timer_set(e, &c->timer, transport_on_time(t, now_us));
    look_at_state(c, now_us);
    deliver_messages(e, now_us, id);
}

static void connection_on_time(struct timer *t, int64_t now_us)
{
    struct connection *c = list_entry(t, struct connection, timer);
    struct engine *e = c->person->engine;

    after_control(e, now_us, c->transport);
}

static void remove_if(struct map *m, struct span key, const struct transport *t)
{
    if (key.size && map_get(m, key) == t)
        map_remove(m, key);
}

static void forget_ufrags(struct engine *e, struct transport *t)
{
    struct connection *c = transport_owner(t);

    for (unsigned i = 0; i < 2; i++) {
        remove_if(&e->by_ufrag, span_of_str(c->ufrags[i]), t);
        c->ufrags[i][0] = 0;
    }
}

static void index_ufrag(struct engine *e, struct transport *t, unsigned i, const char *ufrag)
{
    struct connection *c = transport_owner(t);

    if (!ufrag[0])
        return;
    memcpy(c->ufrags[i], ufrag, sizeof c->ufrags[i]);
    map_put(&e->by_ufrag, span_of_str(ufrag), t);
}

/* The present credentials, and after a restart those in use until then. */
static void index_ufrags(struct engine *e, struct transport *t)
{
    const struct ice *ice = transport_ice(t);

    forget_ufrags(e, t);
    index_ufrag(e, t, 0, ice->local.ufrag);
    index_ufrag(e, t, 1, ice->previous.ufrag);
}

struct transport *engine_transport_new(struct engine *e, struct connection *c)
{
    uint64_t id = ((uint64_t)e->config.id_prefix << 48) + ++e->next_transport;
    struct transport *t = transport_new(&e->host, id, DTLS_SERVER);

    transport_set_owner(t, c);
    c->timer.fire = connection_on_time;
    map_put(&e->by_id, id_key(&id), t);
    index_ufrags(e, t);
    e->stats.transports++;
    return t;
}

void engine_transport_free(struct engine *e, struct transport *t)
{
    struct connection *c = transport_owner(t);
    uint64_t id = transport_id(t);

    for (unsigned i = 0; i < c->addr_count; i++)
        remove_if(&e->by_addr, addr_key(&c->addrs[i]), t);
    c->addr_count = 0;
    forget_ufrags(e, t);
    map_remove(&e->by_id, id_key(&id));
    engine_timer_cancel(e, &c->timer);
    e->stats.transports--;
    transport_free(t);
}

void engine_transport_restart(struct engine *e, struct transport *t)
{
    transport_restart_ice(t);
    index_ufrags(e, t);
}

static bool is_indexed(const struct connection *c, const struct addr *a)
{
    for (unsigned i = 0; i < c->addr_count; i++)
        if (addr_equal(&c->addrs[i], a))
            return true;
    return false;
}

/* An address that passed a check leads to its transport from now on, and no more to another's. The
 * oldest goes when there are too many, but never the selected one. */
static void index_addr(struct engine *e, struct connection *c, const struct addr *from)
{
    if (map_put(&e->by_addr, addr_key(from), c->transport) == c->transport || is_indexed(c, from))
        return;
    if (c->addr_count < LIMIT_ADDRS_PER_TRANSPORT) {
        c->addrs[c->addr_count++] = *from;
        return;
    }
    if (addr_equal(&c->addrs[c->addr_next], transport_remote(c->transport)))
        c->addr_next = (c->addr_next + 1) % LIMIT_ADDRS_PER_TRANSPORT;
    remove_if(&e->by_addr, addr_key(&c->addrs[c->addr_next]), c->transport);
    c->addrs[c->addr_next] = *from;
    c->addr_next = (c->addr_next + 1) % LIMIT_ADDRS_PER_TRANSPORT;
}

/* An authentic check: its address is good, and when it nominated, the credentials from before a
 * restart are not any more. */
static void on_check(struct engine *e, struct connection *c, const struct addr *from)
{
    index_addr(e, c, from);
    if (strcmp(c->ufrags[1], transport_ice(c->transport)->previous.ufrag) != 0)
        index_ufrags(e, c->transport);
}

/* The transport whose local ufrag a check names (USERNAME is "ours:theirs"). */
static struct transport *transport_of_check(struct engine *e, struct span datagram)
{
    struct stun m;

    if (!stun_parse(datagram, &m) || m.username.size == 0)
        return NULL;
    const uint8_t *colon = memchr(m.username.data, ':', m.username.size);
    size_t size = colon ? (size_t)(colon - m.username.data) : m.username.size;
    return map_get(&e->by_ufrag, span_first(m.username, size));
}

void engine_on_packet(struct engine *e, int64_t now_us, struct packet *p)
{
    struct span datagram = span_of(p->data, p->size);
    bool check = datagram_kind(datagram) == DATAGRAM_STUN;
    struct transport *t =
        check ? transport_of_check(e, datagram) : map_get(&e->by_addr, addr_key(&p->from));
    enum drop drop = DROP_NOT_FOR_US;
    int64_t index = 0;

    e->now_us = now_us;
    e->stats.packets_in++;
    if (!t) {
        e->stats.drops[drop]++;
        return;
    }
    struct connection *c = transport_owner(t);
    switch (transport_on_packet(t, now_us, p, &index, &drop)) {
    case TRANSPORT_HANDLED:
        if (check)
            on_check(e, c, &p->from);
        after_control(e, now_us, t);
        break;
    case TRANSPORT_RTP:
        if (c->side == PUBLISHER)
            ingest_rtp(c->person, now_us, p, index);
        break;
    case TRANSPORT_RTCP:
        report_on_rtcp(c, now_us, span_of(p->data, p->size));
        break;
    case TRANSPORT_DROPPED:
        e->stats.drops[drop]++;
        break;
    }
}

void engine_on_sctp(struct engine *e, int64_t now_us, uint64_t transport_id, struct span packet)
{
    struct transport *t = map_get(&e->by_id, id_key(&transport_id));

    e->now_us = now_us;
    if (t)
        transport_send_sctp(t, packet);
}

/* ---- signalling ---- */

void engine_on_open(struct engine *e, int64_t now_us, uint64_t session, const struct grant *grant)
{
    e->now_us = now_us;
    room_on_open(e, now_us, session, grant);
}

void engine_on_message(struct engine *e, int64_t now_us, uint64_t session, struct span bytes)
{
    struct person *p = map_get(&e->sessions, id_key(&session));

    e->now_us = now_us;
    if (p)
        person_on_message(p, now_us, bytes);
}

void engine_on_close(struct engine *e, int64_t now_us, uint64_t session)
{
    struct person *p = map_get(&e->sessions, id_key(&session));

    e->now_us = now_us;
    if (p)
        person_on_close(p, now_us);
}

void engine_on_request(struct engine *e, int64_t now_us, uint64_t id, enum engine_request what,
                       struct span body)
{
    e->now_us = now_us;
    request_handle(e, now_us, id, what, body);
}

void engine_shutdown(struct engine *e, int64_t now_us)
{
    size_t cursor = 0;
    struct room *r;

    e->now_us = now_us;
    while ((r = map_next(&e->rooms, &cursor, NULL)) != NULL)
        room_shutdown(r, now_us);
}

/* ---- time ---- */

int64_t engine_on_time(struct engine *e, int64_t now_us)
{
    struct heap_node *first;

    e->now_us = now_us;
    relay_flush(e, now_us);
    if (packet_pool_in_use(e->pool) > LIMIT_PACKETS - PACKETS_LOW && now_us >= e->shed_us) {
        ingest_shed(e, now_us);
        e->shed_us = now_us + SHED_PAUSE_US;
    }
    while ((first = heap_first(&e->timers)) != NULL && first->key_us <= now_us) {
        struct timer *t = heap_entry(first, struct timer, node);
        heap_remove(&e->timers, first);
        t->fire(t, now_us);
    }
    return first ? first->key_us : TIME_NEVER;
}

int64_t engine_unix_ms(const struct engine *e, int64_t now_us)
{
    return now_us / 1000 + e->config.unix_ms_offset;
}

/* ---- what goes to the server ---- */

void engine_signal(struct engine *e, uint64_t session, struct span bytes)
{
    if (session)
        outbox_put(&e->outbox, OUTBOX_SIGNAL, session, bytes);
}

void engine_event(struct engine *e, const char *event, const char *room, const char *identity,
                  const char *detail)
{
    engine_event_with(e, event, room, identity, detail, span_of(NULL, 0));
}

void engine_event_with(struct engine *e, const char *event, const char *room, const char *identity,
                       const char *detail, struct span body)
{
    struct outbox_item *i = outbox_put(&e->outbox, OUTBOX_EVENT, 0, body);

    i->event = event;
    snprintf(i->room, sizeof i->room, "%s", room ? room : "");
    snprintf(i->identity, sizeof i->identity, "%s", identity ? identity : "");
    snprintf(i->detail, sizeof i->detail, "%s", detail ? detail : "");
}

const struct engine_stats *engine_stats(struct engine *e)
{
    size_t cursor = 0;
    const struct room *r;

    e->stats.packets_out = e->outbox.datagrams;
    e->stats.rooms = (uint32_t)e->rooms.count;
    e->stats.people = 0;
    while ((r = map_next(&e->rooms, &cursor, NULL)) != NULL)
        e->stats.people += r->people_count;
    return &e->stats;
}

#ifdef BEDRUD_MEDIA_TAP
void engine_set_tap(struct engine *e, void (*tap)(void *arg, struct span rtp), void *arg)
{
    e->tap = tap;
    e->tap_arg = arg;
}
#endif
