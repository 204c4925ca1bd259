/* SPDX-License-Identifier: Apache-2.0 */
/* Data packets as client libraries handle them: reliable ones are numbered and kept for a while, so
 * that a resume can send again what the server did not hear; what was heard before is skipped. */
#include <assert.h>
#include <stdio.h>
#include <stdlib.h>

#include "peer.h"

/* Bytes that are kept. A browser keeps what its channel has not sent yet, which is less. */
#define KEPT_BYTES (1024 * 1024)

struct peer_kept {
    struct peer_kept *next;
    uint32_t sequence;
    size_t size;
    uint8_t bytes[];
};

static void drop_first(struct peer_data *d)
{
    struct peer_kept *k = d->first;

    d->first = k->next;
    if (!d->first)
        d->last = &d->first;
    d->kept_bytes -= k->size;
    free(k);
}

void packets_fini(struct peer_data *d)
{
    while (d->first)
        drop_first(d);
}

static void keep(struct peer_data *d, struct span bytes)
{
    struct peer_kept *k = xmalloc(sizeof *k + bytes.size);

    k->next = NULL;
    k->sequence = d->sequence;
    k->size = bytes.size;
    memcpy(k->bytes, bytes.data, bytes.size);
    *d->last = k;
    d->last = &k->next;
    d->kept_bytes += k->size;
    while (d->kept_bytes > KEPT_BYTES)
        drop_first(d);
}

/* ---- sending ---- */

static struct span pack(const struct peer_packet *packet, uint32_t sequence, struct arena *a)
{
    Livekit__DataPacket out = LIVEKIT__DATA_PACKET__INIT;
    Livekit__UserPacket user = LIVEKIT__USER_PACKET__INIT;
    Livekit__EncryptedPacket encrypted = LIVEKIT__ENCRYPTED_PACKET__INIT;
    ProtobufCBinaryData payload = {packet->payload.size,
                                   (uint8_t *)(uintptr_t)packet->payload.data};
    char *to[1] = {(char *)(uintptr_t)packet->to};

    out.kind =
        packet->lossy ? LIVEKIT__DATA_PACKET__KIND__LOSSY : LIVEKIT__DATA_PACKET__KIND__RELIABLE;
    out.sequence = sequence;
    out.destination_identities = to;
    out.n_destination_identities = packet->to ? 1 : 0;
    if (packet->encrypted) {
        out.value_case = LIVEKIT__DATA_PACKET__VALUE_ENCRYPTED_PACKET;
        out.encrypted_packet = &encrypted;
        encrypted.encrypted_value = payload;
    } else {
        out.value_case = LIVEKIT__DATA_PACKET__VALUE_USER;
        out.user = &user;
        user.payload = payload;
    }
    return signal_pack(&out.base, a);
}

enum channel_sent packets_send(struct peer *p, int64_t now_us, const struct peer_packet *packet)
{
    enum channel_label label = packet->lossy ? CHANNEL_LOSSY : CHANNEL_RELIABLE;
    struct arena a;

    if (p->offer_id == 0)
        peer_open_data(p, now_us);
    arena_init(&a);
    struct span bytes = pack(packet, packet->lossy ? 0 : ++p->data.sequence, &a);
    if (!packet->lossy)
        keep(&p->data, bytes);
    enum channel_sent sent = peer_send_data(p, now_us, label, bytes);
    arena_fini(&a);
    return sent;
}

void packets_send_again(struct peer *p, uint32_t last_heard)
{
    struct peer_data *d = &p->data;

    while (d->first && d->first->sequence <= last_heard)
        drop_first(d);
    for (const struct peer_kept *k = d->first; k; k = k->next) {
        d->sent_again++;
        enum channel_sent sent =
            peer_send_data(p, p->now_us, CHANNEL_RELIABLE, span_of(k->bytes, k->size));
        assert(sent == CHANNEL_SENT || sent == CHANNEL_QUEUED);
    }
}

/* ---- receiving ---- */

struct span packets_payload(const Livekit__DataPacket *packet)
{
    if (packet->value_case == LIVEKIT__DATA_PACKET__VALUE_USER)
        return span_of(packet->user->payload.data, packet->user->payload.len);
    if (packet->value_case == LIVEKIT__DATA_PACKET__VALUE_ENCRYPTED_PACKET)
        return span_of(packet->encrypted_packet->encrypted_value.data,
                       packet->encrypted_packet->encrypted_value.len);
    return span_of(NULL, 0);
}

/* Whether the packet is a new one of its sender. */
static bool is_news(struct peer_data *d, const Livekit__DataPacket *packet)
{
    unsigned i = 0;

    if (packet->sequence == 0 || !packet->participant_sid[0])
        return true;
    while (i < d->heard_count && strcmp(d->heard[i].sid, packet->participant_sid) != 0)
        i++;
    assert(i < PEER_SENDERS);
    if (i == d->heard_count) {
        snprintf(d->heard[i].sid, sizeof d->heard[i].sid, "%s", packet->participant_sid);
        d->heard_count++;
    } else if (packet->sequence <= d->heard[i].sequence) {
        return false;
    }
    d->heard[i].sequence = packet->sequence;
    return true;
}

void packets_on_message(struct peer *p, const struct channel_message *m)
{
    struct arena a;

    arena_init(&a);
    const Livekit__DataPacket *packet = (const Livekit__DataPacket *)(const void *)signal_parse(
        &livekit__data_packet__descriptor, m->bytes, &a);
    assert(packet);
    if (m->label != CHANNEL_RELIABLE || is_news(&p->data, packet)) {
        p->data.taken++;
        p->config.host.packet(p->config.host.arg, packet, m->label == CHANNEL_RELIABLE);
    } else {
        p->data.skipped++;
    }
    arena_fini(&a);
}
