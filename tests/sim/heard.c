/* SPDX-License-Identifier: Apache-2.0 */
/* A client's notebook. Reads the server's messages as the client libraries do. */
#include "heard.h"

#include <assert.h>
#include <stdio.h>

#include "peer/peer.h"

#define NUMBER_SIZE 4

void heard_init(struct heard *h)
{
    *h = (struct heard){.quality = -1};
}

void heard_anew(struct heard *h)
{
    h->other_count = 0;
    h->talk_count = 0;
    h->loudest[0] = 0;
    h->quality = -1;
    h->resumed = false;
}

/* ---- people ---- */

static struct other *find_other(const struct heard *h, const char *identity)
{
    for (unsigned i = 0; i < h->other_count; i++)
        if (strcmp(h->others[i].identity, identity) == 0)
            return (struct other *)(uintptr_t)&h->others[i];
    return NULL;
}

const struct other *heard_of(const struct heard *h, const char *identity)
{
    return find_other(h, identity);
}

static void note_tracks(struct other *o, const Livekit__ParticipantInfo *info)
{
    for (size_t i = 0; i < info->n_tracks; i++) {
        assert(o->track_count < HEARD_TRACKS);
        struct heard_track *t = &o->tracks[o->track_count++];
        snprintf(t->sid, sizeof t->sid, "%s", info->tracks[i]->sid);
        t->source = (int)info->tracks[i]->source;
        t->muted = info->tracks[i]->muted;
    }
}

static void note_participant(struct heard *h, const Livekit__ParticipantInfo *info)
{
    bool gone = info->state == LIVEKIT__PARTICIPANT_INFO__STATE__DISCONNECTED;
    struct other *o = find_other(h, info->identity);

    /* The end of an earlier session of somebody who came back is no news. */
    if (o && gone && strcmp(o->sid, info->sid) != 0)
        return;
    if (!o) {
        assert(h->other_count < HEARD_OTHERS);
        o = &h->others[h->other_count++];
    }
    snprintf(o->identity, sizeof o->identity, "%s", info->identity);
    snprintf(o->sid, sizeof o->sid, "%s", info->sid);
    o->state = (int)info->state;
    o->reason = (int)info->disconnect_reason;
    o->may_publish = info->permission && info->permission->can_publish;
    o->listed = true;
    o->track_count = 0;
    if (!gone)
        note_tracks(o, info);
}

/* After a resume the first list is complete: who is missing has left. */
static void note_update(struct heard *h, const Livekit__ParticipantUpdate *update)
{
    h->updates++;
    for (unsigned i = 0; i < h->other_count; i++)
        h->others[i].listed = false;
    for (size_t i = 0; i < update->n_participants; i++)
        note_participant(h, update->participants[i]);
    for (unsigned i = 0; h->resumed && i < h->other_count; i++) {
        struct other *o = &h->others[i];
        if (o->listed)
            continue;
        o->state = LIVEKIT__PARTICIPANT_INFO__STATE__DISCONNECTED;
        o->track_count = 0;
    }
    h->resumed = false;
}

static void note_room(struct heard *h, const Livekit__Room *room)
{
    snprintf(h->room_sid, sizeof h->room_sid, "%s", room->sid);
    snprintf(h->room_metadata, sizeof h->room_metadata, "%s", room->metadata);
    h->people = room->num_participants;
}

static void note_speakers(struct heard *h, const Livekit__SpeakersChanged *changed)
{
    h->speaker_updates++;
    for (size_t i = 0; i < changed->n_speakers; i++) {
        const Livekit__SpeakerInfo *speaker = changed->speakers[i];
        if (speaker->active)
            snprintf(h->loudest, sizeof h->loudest, "%s", speaker->sid);
        else if (strcmp(h->loudest, speaker->sid) == 0)
            h->loudest[0] = 0;
    }
}

static void note_quality(struct heard *h, const char *own_sid,
                         const Livekit__ConnectionQualityUpdate *update)
{
    for (size_t i = 0; i < update->n_updates; i++)
        if (strcmp(update->updates[i]->participant_sid, own_sid) == 0)
            h->quality = (int)update->updates[i]->quality;
}

void heard_response(struct heard *h, const char *own_sid, const Livekit__SignalResponse *r)
{
    if (r->message_case == LIVEKIT__SIGNAL_RESPONSE__MESSAGE_JOIN) {
        note_room(h, r->join->room);
        note_participant(h, r->join->participant);
        for (size_t i = 0; i < r->join->n_other_participants; i++)
            note_participant(h, r->join->other_participants[i]);
    } else if (r->message_case == LIVEKIT__SIGNAL_RESPONSE__MESSAGE_UPDATE) {
        note_update(h, r->update);
    } else if (r->message_case == LIVEKIT__SIGNAL_RESPONSE__MESSAGE_ROOM_UPDATE) {
        note_room(h, r->room_update->room);
    } else if (r->message_case == LIVEKIT__SIGNAL_RESPONSE__MESSAGE_SPEAKERS_CHANGED) {
        note_speakers(h, r->speakers_changed);
    } else if (r->message_case == LIVEKIT__SIGNAL_RESPONSE__MESSAGE_CONNECTION_QUALITY) {
        note_quality(h, own_sid, r->connection_quality);
    } else if (r->message_case == LIVEKIT__SIGNAL_RESPONSE__MESSAGE_SUBSCRIPTION_RESPONSE) {
        h->codec_refusals +=
            r->subscription_response->err == LIVEKIT__SUBSCRIPTION_ERROR__SE_CODEC_UNSUPPORTED;
    } else if (r->message_case == LIVEKIT__SIGNAL_RESPONSE__MESSAGE_REQUEST_RESPONSE) {
        h->refusals++;
        h->refusal = (int)r->request_response->reason;
    } else if (r->message_case == LIVEKIT__SIGNAL_RESPONSE__MESSAGE_RECONNECT) {
        h->reconnects++;
        h->resumed = true;
    }
}

/* ---- data ---- */

void heard_write(uint8_t *out, size_t size, uint32_t number)
{
    assert(size >= NUMBER_SIZE);
    for (size_t i = 0; i < NUMBER_SIZE; i++)
        out[i] = (uint8_t)(number >> (8 * i));
    for (size_t i = NUMBER_SIZE; i < size; i++)
        out[i] = (uint8_t)(number * 31 + i);
}

static bool read_number(struct span payload, uint32_t *number)
{
    *number = 0;
    if (payload.size < NUMBER_SIZE)
        return false;
    for (size_t i = 0; i < NUMBER_SIZE; i++)
        *number |= (uint32_t)payload.data[i] << (8 * i);
    for (size_t i = NUMBER_SIZE; i < payload.size; i++)
        if (payload.data[i] != (uint8_t)(*number * 31 + i))
            return false;
    return true;
}

static struct talk *find_talk(struct heard *h, const Livekit__DataPacket *packet, bool lossy)
{
    for (unsigned i = 0; i < h->talk_count; i++)
        if (h->talks[i].lossy == lossy && strcmp(h->talks[i].sid, packet->participant_sid) == 0)
            return &h->talks[i];
    assert(h->talk_count < HEARD_TALKS);
    struct talk *t = &h->talks[h->talk_count++];
    *t = (struct talk){.lossy = lossy};
    snprintf(t->sid, sizeof t->sid, "%s", packet->participant_sid);
    snprintf(t->identity, sizeof t->identity, "%s", packet->participant_identity);
    return t;
}

/* Lossy packets overtake each other; false: this one came before, or is hopelessly late. */
static bool note_number(struct talk *t, uint32_t number)
{
    uint32_t ahead = number - t->next + 1, behind = t->next - 1 - number;

    if (number >= t->next) {
        t->seen = (ahead < 64 ? t->seen << ahead : 0) | 1;
        t->next = number + 1;
        return true;
    }
    if (behind >= 64 || t->seen >> behind & 1)
        return false;
    t->seen |= 1ull << behind;
    return true;
}

void heard_packet(struct heard *h, const Livekit__DataPacket *packet, bool reliable)
{
    struct span payload = packets_payload(packet);
    uint32_t number;

    if (!packet->participant_sid[0]) {
        h->notices++;
        snprintf(h->notice, sizeof h->notice, "%.*s", (int)payload.size, payload.data);
        return;
    }
    struct talk *t = find_talk(h, packet, !reliable);
    bool good = read_number(payload, &number);
    if (t->count == 0)
        t->first = t->next = number;
    if (!good || (reliable && number != t->next) || !note_number(t, number))
        t->disorder++;
    t->count++;
}

const struct talk *heard_talk(const struct heard *h, const char *identity, bool lossy)
{
    for (unsigned i = h->talk_count; i-- > 0;)
        if (h->talks[i].lossy == lossy && strcmp(h->talks[i].identity, identity) == 0)
            return &h->talks[i];
    return NULL;
}
