/* SPDX-License-Identifier: Apache-2.0 */
/* Data packets: from a sender's channel to the channels of those they are for, routed without being
 * understood (livekit-wire.md 4.3). SCTP carries a reliable packet over a resume by itself; what is
 * kept serves those who are not connected yet, and clients that say they missed something. */
#include <stdlib.h>

#include "room/evil.h"
#include "room/pressure.h"
#include "room/rules.h"
#include "room/signalling.h"

/* What was sent this long ago has arrived or is lost: a client that does not know it gets it again.
 */
#define IN_FLIGHT_US 1000000
/* What we add to a packet beside identity and sid. */
#define REWRITE_SPACE 16

struct packet_out {
    const struct person *sender; /* NULL: the server */
    struct span bytes;
    bool reliable;
    bool addressed;
    uint32_t sequence;
};

/* ---- delivering ---- */

/* credit: of who sent it, NULL when nobody of the room did. */
static void deliver(struct person *to, enum channel_label label, struct span bytes,
                    struct credit *credit, int64_t now_us)
{
    struct connection *c = &to->connections[SUBSCRIBER];

    switch (channels_send_for(transport_channels(c->transport), label, bytes, credit)) {
    case CHANNEL_SENT:
    case CHANNEL_DROPPED:
        break;
    case CHANNEL_QUEUED:
        engine_timer_set(to->engine, &c->timer, now_us);
        break;
    case CHANNEL_TOO_SLOW:
        person_too_slow(to, now_us);
        break;
    }
}

static bool is_for(const struct person *p, bool addressed, struct span bytes)
{
    return !addressed ||
           data_route_addresses(bytes, span_of_str(p->grant->identity), span_of_str(p->sid));
}

static void route(struct room *r, const struct packet_out *packet, int64_t now_us)
{
    enum channel_label label = packet->reliable ? CHANNEL_RELIABLE : CHANNEL_LOSSY;

    if (packet->reliable) {
        struct kept k = {
            .at_us = now_us, .sequence = packet->sequence, .addressed = packet->addressed};
        if (packet->sender)
            memcpy(k.sender, packet->sender->sid, sizeof k.sender);
        replay_keep(r->replay, &k, packet->bytes);
    }
    list_each(node, &r->people)
    {
        struct person *p = list_entry(node, struct person, in_room);
        if (p != packet->sender && p->signal->receiving &&
            is_for(p, packet->addressed, packet->bytes))
            deliver(p, label, packet->bytes, packet->sender ? packet->sender->credit : NULL,
                    now_us);
    }
}

/* ---- from clients ---- */

static void refuse_clear(struct person *p)
{
    p->engine->stats.refused_clear_data++;
    p->room->refused_clear_data++;
    p->clear_data_refused++;
    if ((p->clear_data_refused & (p->clear_data_refused - 1)) == 0)
        engine_event(p->engine, "clear_data_refused", p->room->name, p->grant->identity, p->sid);
}

/* A duplicate comes when a client sends again what it thinks was lost over a resume. */
static bool is_fresh(struct person *p, const struct data_route *info)
{
    if (info->sequence == 0)
        return true;
    if (info->sequence <= p->last_sequence)
        return false;
    p->last_sequence = info->sequence;
    return true;
}

static bool may_pass(struct person *p, const struct data_route *info, bool reliable)
{
    switch (rules_data(p->room->e2ee, info)) {
    case RULES_DATA_CLEAR:
        refuse_clear(p);
        return false;
    case RULES_DATA_FORGED:
        p->engine->stats.refused_forged_data++;
        return false;
    case RULES_DATA_KEY_INDEX:
        p->engine->stats.refused_key_indexes++;
        return false;
    case RULES_DATA_OK:
        break;
    }
    return !reliable || is_fresh(p, info);
}

/* A message of a channel that an application opened by itself, as a user packet. */
static struct span wrap_other(struct span bytes, struct arena *a)
{
    Livekit__DataPacket packet;
    Livekit__UserPacket user;

    livekit__data_packet__init(&packet);
    livekit__user_packet__init(&user);
    packet.value_case = LIVEKIT__DATA_PACKET__VALUE_USER;
    packet.user = &user;
    user.payload = (ProtobufCBinaryData){bytes.size, (uint8_t *)(uintptr_t)bytes.data};
    return signal_pack(&packet.base, a);
}

static void forward(struct person *p, const struct channel_message *m, struct arena *a,
                    int64_t now_us)
{
    bool other = m->label == CHANNEL_OTHER;
    struct span packet = other ? wrap_other(m->bytes, a) : m->bytes;
    struct packet_out out = {.sender = p, .reliable = m->label != CHANNEL_LOSSY};
    struct data_route info;

    if (!data_route_parse(packet, &info)) {
        p->engine->stats.signal_malformed++;
        return;
    }
    if (!info.has_value || !may_pass(p, &info, out.reliable))
        return;
    tell_before(p); /* a client drops what comes from nobody it knows */
    bool hidden = person_is_hidden(p);
    const struct person *as = evil_speaker(p);
    struct span identity = span_of_str(hidden ? "" : as->grant->identity);
    struct span sid = span_of_str(hidden || other ? "" : as->sid);
    uint8_t *bytes = arena_alloc(a, packet.size + identity.size + sid.size + REWRITE_SPACE);
    out.bytes = span_of(bytes, data_route_rewrite(packet, !out.reliable, identity, sid, bytes));
    out.addressed = info.destination_identity_count + info.destination_sid_count > 0;
    out.sequence = info.sequence;
    if (!out.bytes.size || evil_withholds(p, out.bytes))
        return;
    route(p->room, &out, now_us);
    out.sequence = 0;
    if (evil_data(p, a, &out.bytes))
        route(p->room, &out, now_us);
    pressure_on_sent(p, now_us);
}

void data_on_message(struct person *p, int64_t now_us, enum side side,
                     const struct channel_message *m)
{
    struct arena a;

    if (p->leaving || side != PUBLISHER || m->label == CHANNEL_DATA_TRACK ||
        !p->grant->permission.can_publish_data || m->bytes.size > LIMIT_DATA_MESSAGE)
        return;
    arena_init(&a);
    forward(p, m, &a, now_us);
    arena_fini(&a);
}

/* ---- from the server ---- */

static struct span pack_user(Livekit__SendDataRequest *request, struct arena *a)
{
    Livekit__DataPacket packet;
    Livekit__UserPacket user;

    livekit__data_packet__init(&packet);
    livekit__user_packet__init(&user);
    packet.kind = request->kind;
    packet.value_case = LIVEKIT__DATA_PACKET__VALUE_USER;
    packet.user = &user;
    packet.destination_identities = request->destination_identities;
    packet.n_destination_identities = request->n_destination_identities;
    user.payload = request->data;
    user.nonce = request->nonce;
    user.destination_sids = request->destination_sids;
    user.n_destination_sids = request->n_destination_sids;
    if (request->_topic_case == LIVEKIT__SEND_DATA_REQUEST___TOPIC_TOPIC) {
        user._topic_case = LIVEKIT__USER_PACKET___TOPIC_TOPIC;
        user.topic = request->topic;
    }
    return signal_pack(&packet.base, a);
}

bool data_send(struct room *r, int64_t now_us, Livekit__SendDataRequest *request)
{
    struct arena a;

    arena_init(&a);
    struct packet_out out = {
        .bytes = pack_user(request, &a),
        .reliable = request->kind == LIVEKIT__DATA_PACKET__KIND__RELIABLE,
        .addressed = request->n_destination_identities + request->n_destination_sids > 0};
    bool fits = out.bytes.size <= LIMIT_DATA_MESSAGE;
    if (fits)
        route(r, &out, now_us);
    arena_fini(&a);
    return fits;
}

void data_send_notice(struct person *to, const char *json)
{
    Livekit__SendDataRequest request;
    char topic[] = NOTICE_TOPIC, *sids[] = {to->sid};

    livekit__send_data_request__init(&request);
    request.data = (ProtobufCBinaryData){strlen(json), (uint8_t *)(uintptr_t)json};
    request._topic_case = LIVEKIT__SEND_DATA_REQUEST___TOPIC_TOPIC;
    request.topic = topic;
    request.destination_sids = sids;
    request.n_destination_sids = 1;
    data_send(to->room, to->engine->now_us, &request);
}

/* ---- what was missed ---- */

static uint32_t last_known(const struct kept *k, Livekit__DataChannelReceiveState *const *states,
                           size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (strcmp(states[i]->publisher_sid, k->sender) == 0)
            return states[i]->last_seq;
    return 0;
}

static bool is_missed(const struct person *p, const struct kept *k,
                      Livekit__DataChannelReceiveState *const *states, size_t count)
{
    return strcmp(k->sender, p->sid) != 0 && k->sequence > last_known(k, states, count) &&
           is_for(p, k->addressed, span_of(k->bytes, k->size));
}

void data_catch_up(struct person *p, int64_t now_us)
{
    struct person_signal *s = p->signal;
    const struct kept *k = replay_from(p->room->replay, s->replay_from);

    s->receiving = true;
    for (; k && !p->leaving; k = k->next)
        if (strcmp(k->sender, p->sid) != 0 && is_for(p, k->addressed, span_of(k->bytes, k->size)))
            deliver(p, CHANNEL_RELIABLE, span_of(k->bytes, k->size), NULL, now_us);
}

void data_replay(struct person *p, int64_t now_us, Livekit__DataChannelReceiveState *const *states,
                 size_t count)
{
    const struct kept *first = replay_from(p->room->replay, p->signal->replay_from), *k;
    bool lost = false;

    if (!p->signal->receiving)
        return;
    for (k = first; k && !lost; k = k->next)
        lost = now_us - k->at_us > IN_FLIGHT_US && is_missed(p, k, states, count);
    for (k = first; k && lost && !p->leaving; k = k->next)
        if (is_missed(p, k, states, count))
            deliver(p, CHANNEL_RELIABLE, span_of(k->bytes, k->size), NULL, now_us);
}
