/* SPDX-License-Identifier: Apache-2.0 */
/* People: their clients' hosts, what they do to their connections, and what they were told. */
#include "seat.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/heap.h"

#define PEER_ID (0xf000ull << 48)

/* ---- what the client says ---- */

static void on_datagram(void *arg, enum peer_side side, const struct addr *to, struct span datagram)
{
    struct seat *s = arg;
    struct flight like = {.up = true, .seat = s->index, .side = side, .addr = s->addrs[side]};

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

static void on_request(void *arg, struct span request)
{
    struct seat *s = arg;

    if (s->session && !s->closed)
        world_request(s->world, s->session, request);
}

/* ---- what the client is told ---- */

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
        world_mix(&s->message_digest, copy[i]);
}

static struct other *find_other(const struct seat *s, const char *identity)
{
    for (unsigned i = 0; i < s->other_count; i++)
        if (strcmp(s->others[i].identity, identity) == 0)
            return (struct other *)(uintptr_t)&s->others[i];
    return NULL;
}

static void note_participant(struct seat *s, const Livekit__ParticipantInfo *info)
{
    struct other *o = find_other(s, info->identity);

    if (!o && s->other_count == WORLD_SEATS)
        return;
    if (!o)
        o = &s->others[s->other_count++];
    snprintf(o->identity, sizeof o->identity, "%s", info->identity);
    snprintf(o->sid, sizeof o->sid, "%s", info->sid);
    o->state = (int)info->state;
    o->tracks = 0;
    for (size_t k = 0; k < info->n_tracks && k < 8; k++) {
        snprintf(o->track_sids[k], sizeof o->track_sids[k], "%s", info->tracks[k]->sid);
        o->track_muted[k] = info->tracks[k]->muted;
        o->tracks++;
    }
}

static void on_speakers(struct seat *s, const Livekit__SpeakersChanged *changed)
{
    s->speaker_updates++;
    s->loudest[0] = 0;
    for (size_t i = 0; i < changed->n_speakers; i++) {
        const Livekit__SpeakerInfo *speaker = changed->speakers[i];
        if (speaker->active && !s->loudest[0])
            snprintf(s->loudest, sizeof s->loudest, "%s", speaker->sid);
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
        on_speakers(s, r->speakers_changed);
    } else if (r->message_case == LIVEKIT__SIGNAL_RESPONSE__MESSAGE_RECONNECT) {
        s->reconnects++;
        peer_resume(s->peer, s->world->now_us);
    }
}

/* ---- coming and going ---- */

static void make_addrs(struct seat *s)
{
    for (unsigned i = 0; i < 2; i++)
        s->addrs[i] = addr_v4(198, 51, 100, (uint8_t)(1 + s->index), s->world->next_port++);
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
        .expires_unix_s = WORLD_UNIX_OFFSET_US / 1000000 + 86400,
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
                 .datagram = on_datagram,
                 .response = on_response,
                 .message = on_message,
                 .sent = on_sent},
        .dtls = world_client_dtls(),
        .cipher = cipher_best(),
        .first_id = PEER_ID + 2 * ++w->next_peer,
        .seed = w->seed * 1000 + w->next_peer,
        .unix_us_offset = WORLD_UNIX_OFFSET_US,
    };

    s->peer = peer_new(&config);
}

struct seat *seat_join(struct world *w, const char *room, const char *identity,
                       void (*change)(struct grant *g))
{
    struct seat *s = xcalloc(1, sizeof *s);

    assert(w->seat_count < WORLD_SEATS);
    s->world = w;
    s->index = w->seat_count;
    snprintf(s->room, sizeof s->room, "%s", room);
    snprintf(s->identity, sizeof s->identity, "%s", identity);
    make_addrs(s);
    lane_init(&s->up, w->seed * 100 + 2 * s->index);
    lane_init(&s->down, w->seed * 100 + 2 * s->index + 1);
    make_peer(s);
    s->session = ++w->next_session;
    w->seats[w->seat_count++] = s;
    struct grant grant = grant_of(s);
    if (change)
        change(&grant);
    engine_on_open(w->engine, w->now_us, s->session, &grant);
    world_flush(w);
    return s;
}

void seat_free(struct seat *s)
{
    peer_free(s->peer);
    free((void *)(uintptr_t)s->last_message.data);
    free(s);
}

void seat_reconnect(struct seat *s)
{
    struct world *w = s->world;
    struct grant grant = grant_of(s);

    grant.reconnect = true;
    grant.reconnect_sid = s->peer->sid;
    s->session = ++w->next_session;
    s->closed = false;
    engine_on_open(w->engine, w->now_us, s->session, &grant);
    world_flush(w);
}

void seat_cut(struct seat *s)
{
    engine_on_close(s->world->engine, s->world->now_us, s->session);
    s->session = 0;
    world_flush(s->world);
}

void seat_move(struct seat *s)
{
    make_addrs(s);
}

void seat_vanish(struct seat *s)
{
    peer_free(s->peer);
    s->peer = NULL;
    s->deadline_us = TIME_NEVER;
}

void seat_set_path(struct seat *s, bool up, const struct path *path)
{
    (up ? &s->up : &s->down)->path = *path;
}

/* ---- looking ---- */

int seat_state_of(const struct seat *s, const char *identity)
{
    const struct other *o = find_other(s, identity);

    return o ? o->state : -1;
}

const char *seat_track_of(const struct seat *s, const char *identity, unsigned index)
{
    const struct other *o = find_other(s, identity);

    return o && index < o->tracks ? o->track_sids[index] : "";
}

struct sink *seat_sink(const struct seat *viewer, const struct source *source)
{
    return peer_sink_of(viewer->peer, source->sid);
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
