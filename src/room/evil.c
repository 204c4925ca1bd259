/* SPDX-License-Identifier: Apache-2.0 */
/* The attacks. Media is attacked by overwriting what is about to be kept: one frame in
 * EVIL_INTERVAL becomes another, so the stream's numbers stay whole. Owns what is to be replayed.
 */
#include "room/evil.h"

#include <stdlib.h>

#include "room/signalling.h"

/* A second of audio, two of video; the first comes after half of it. */
#define EVIL_INTERVAL 50

static const char *const names[EVIL_COUNT] = {
    [EVIL_CLEAR_ROOM] = "clear-room",
    [EVIL_CLEAR_TRACKS] = "clear-tracks",
    [EVIL_INJECT_MEDIA] = "inject-media",
    [EVIL_INJECT_DATA] = "inject-data",
    [EVIL_SWAP] = "swap",
    [EVIL_REPLAY_MEDIA] = "replay-media",
    [EVIL_REPLAY_DATA] = "replay-data",
    [EVIL_REORDER_DATA] = "reorder-data",
    [EVIL_RENAME_DATA] = "rename-data",
    [EVIL_TRAILER] = "trailer",
    [EVIL_STRIP_FRAGMENT] = "strip-fragment",
    [EVIL_LOG_LINKS] = "log-links",
};

/* A VP8 key frame, 64 x 64, magenta; 20 ms of a tone in Opus. */
static const uint8_t clear_vp8[] = {
    0xd0, 0x03, 0x00, 0x9d, 0x01, 0x2a, 0x40, 0x00, 0x40, 0x00, 0x03, 0x87, 0x08, 0x85, 0x85,
    0x88, 0x99, 0x84, 0x88, 0x13, 0x02, 0x02, 0x75, 0xaa, 0x03, 0xf8, 0x03, 0xf8, 0x02, 0x07,
    0x1a, 0x4f, 0xc8, 0x2d, 0x48, 0x4c, 0x01, 0x56, 0x30, 0x00, 0xfe, 0xef, 0x9a, 0xc7, 0xfe,
    0xac, 0xfa, 0x68, 0x45, 0xfd, 0xa4, 0x7f, 0xfb, 0x4b, 0x21, 0x0a, 0xeb, 0xfe, 0x73, 0x80};
static const uint8_t clear_opus[] = {0x78, 0xa6, 0x4a, 0x58, 0x20, 0x10, 0x54, 0x56, 0x59, 0xaf,
                                     0x8b, 0x09, 0x2d, 0xef, 0x60, 0xe8, 0x44, 0xb0, 0x97, 0xdf,
                                     0xa5, 0x75, 0x35, 0x9e, 0x0e, 0x03, 0x4e, 0x09, 0x47, 0x58,
                                     0xa4, 0x7a, 0x3d, 0x2e, 0x6e, 0x22, 0x6f, 0x35, 0x41, 0xa5};

/* Chosen once, before there are threads. */
static unsigned chosen;

static bool choose_one(const char *name, size_t size)
{
    for (unsigned i = 0; i < EVIL_COUNT; i++) {
        if (strlen(names[i]) == size && memcmp(names[i], name, size) == 0) {
            chosen |= 1u << i;
            return true;
        }
    }
    return false;
}

bool evil_choose(const char *list, const char **bad)
{
    chosen = 0;
    while (list && *list) {
        size_t size = strcspn(list, ",");
        *bad = list;
        if (!choose_one(list, size))
            return false;
        list += size + (list[size] == ',');
    }
    return true;
}

bool evil_is(enum evil attack)
{
    return chosen & 1u << attack;
}

static void done(const struct person *p, enum evil attack)
{
    engine_event(p->engine, "evil", p->room->name, p->grant->identity, names[attack]);
}

/* ---- what is said ---- */

const char *evil_metadata(const char *honest)
{
    return evil_is(EVIL_CLEAR_ROOM) && honest && *honest ? "{\"e2ee\":false}" : honest;
}

Livekit__TrackInfo *evil_track_info(const struct track *t, struct arena *a)
{
    if (!evil_is(EVIL_CLEAR_TRACKS) || !t->encrypted)
        return t->info;
    Livekit__TrackInfo *lie = arena_alloc(a, sizeof *lie);
    *lie = *t->info;
    lie->encryption = LIVEKIT__ENCRYPTION__TYPE__NONE;
    return lie;
}

bool evil_forgets_e2ee(struct room *r)
{
    if (!evil_is(EVIL_CLEAR_ROOM))
        return false;
    engine_event(r->engine, "evil", r->name, NULL, names[EVIL_CLEAR_ROOM]);
    return true;
}

void evil_trailer(char *trailer, size_t size)
{
    if (evil_is(EVIL_TRAILER))
        memcpy(trailer, EVIL_TRAILER_TEXT, size);
}

/* ---- media ---- */

/* The payload behind the VP8 descriptor, which stays, becomes `frame`: one packet, one frame. */
static void overwrite(struct media *m, struct span frame, bool keyframe)
{
    size_t clear = m->frame.vp8.size;
    uint8_t *at = m->packet->data + m->payload_offset + clear;

    memcpy(at, frame.data, frame.size);
    m->payload_size = (uint16_t)(clear + frame.size);
    m->marker = true;
    m->frame.keyframe = keyframe;
}

static size_t clear_frame(enum codec codec, uint8_t *out)
{
    const uint8_t *frame = codec == CODEC_VP8 ? clear_vp8 : clear_opus;
    size_t size = codec == CODEC_VP8 ? sizeof clear_vp8 : sizeof clear_opus;

    memcpy(out, frame, size);
    if (evil_is(EVIL_TRAILER)) {
        memcpy(out + size, EVIL_TRAILER_TEXT, sizeof EVIL_TRAILER_TEXT - 1);
        size += sizeof EVIL_TRAILER_TEXT - 1;
    }
    return size;
}

static void inject(struct layer *l, struct media *m)
{
    uint8_t frame[sizeof clear_vp8 + sizeof clear_opus + sizeof EVIL_TRAILER_TEXT];
    size_t size = clear_frame(l->track->codec, frame);

    overwrite(m, span_of(frame, size), codec_is_video(l->track->codec));
    done(l->track->publisher, evil_is(EVIL_TRAILER) ? EVIL_TRAILER : EVIL_INJECT_MEDIA);
}

/* The first frame that fits into one packet is kept, and comes again in place of later ones. */
static void keep(struct layer *l, const struct media *m)
{
    struct evil_layer *evil = &l->evil;
    struct span frame = span_from(media_payload(m), m->frame.vp8.size);

    bool whole = m->marker || !codec_is_video(l->track->codec);

    if (evil->kept_size || !whole || m->frame.keyframe || frame.size > sizeof evil->kept)
        return;
    memcpy(evil->kept, frame.data, frame.size);
    evil->kept_size = frame.size;
}

static bool replay(struct layer *l, struct media *m)
{
    struct evil_layer *evil = &l->evil;

    if (!evil->kept_size)
        return false;
    overwrite(m, span_of(evil->kept, evil->kept_size), false);
    done(l->track->publisher, EVIL_REPLAY_MEDIA);
    return true;
}

static bool attack(struct layer *l, struct media *m)
{
    if (evil_is(EVIL_REPLAY_MEDIA))
        return replay(l, m);
    inject(l, m);
    return true;
}

void evil_media(struct layer *l, struct media *m, int64_t now_us)
{
    struct track *t = l->track;
    struct evil_layer *evil = &l->evil;
    bool video = codec_is_video(t->codec);

    if (!(evil_is(EVIL_INJECT_MEDIA) || evil_is(EVIL_TRAILER) || evil_is(EVIL_REPLAY_MEDIA)) ||
        !t->encrypted || t->codec == CODEC_H264 || m->payload_size == 0)
        return;
    /* The rest of a frame whose first packet became another frame. */
    if (video && evil->overwrote && m->timestamp == evil->timestamp) {
        m->payload_size = 0;
        return;
    }
    if (video && !m->frame.start)
        return;
    evil->overwrote = false;
    if (evil_is(EVIL_REPLAY_MEDIA))
        keep(l, m);
    if (m->frame.keyframe || evil->frames++ % EVIL_INTERVAL != EVIL_INTERVAL / 2)
        return;
    evil->overwrote = attack(l, m);
    evil->timestamp = m->timestamp;
    /* What was overwritten is missed by its successors. */
    relay_ask_keyframe(t, l->index, now_us);
}

/* ---- swapped streams ---- */

struct track *evil_carried(struct track *t)
{
    return t->evil_partner ? t->evil_partner : t;
}

static bool is_partner(const struct track *t, const struct track *other)
{
    return other != t && other->announced && other->encrypted && !other->evil_partner &&
           other->codec == t->codec && other->layer_count == t->layer_count;
}

/* Of somebody else rather than the publisher's own. */
static struct track *find_partner(const struct track *t)
{
    struct track *own = NULL;

    list_each(node, &t->publisher->room->people)
    {
        struct person *p = list_entry(node, struct person, in_room);
        list_each(track, &p->tracks)
        {
            struct track *other = list_entry(track, struct track, in_person);
            if (is_partner(t, other) && p != t->publisher)
                return other;
            if (is_partner(t, other))
                own = other;
        }
    }
    return own;
}

/* The viewers' numbers go on where they are, with the first packet (key frame) of the other stream.
 */
static void start_anew(struct track *t, int64_t now_us)
{
    list_each(node, &t->viewers)
    {
        struct forward *f = &list_entry(node, struct downtrack, in_track)->forward;
        f->break_count = 0;
        f->current = LIMIT_LAYERS;
    }
    for (unsigned i = 0; i < t->layer_count; i++)
        relay_ask_keyframe(t, i, now_us);
}

void evil_on_announce(struct track *t, int64_t now_us)
{
    if (evil_is(EVIL_CLEAR_TRACKS) && t->encrypted)
        done(t->publisher, EVIL_CLEAR_TRACKS);
    struct track *other = evil_is(EVIL_SWAP) && t->encrypted ? find_partner(t) : NULL;

    if (!other)
        return;
    t->evil_partner = other;
    other->evil_partner = t;
    start_anew(t, now_us);
    start_anew(other, now_us);
    done(t->publisher, EVIL_SWAP);
}

void evil_on_end(struct track *t)
{
    struct track *other = t->evil_partner;

    if (!other)
        return;
    t->evil_partner = other->evil_partner = NULL;
    start_anew(other, other->publisher->engine->now_us);
}

/* ---- data ---- */

static struct span forge(const struct person *p, struct arena *a)
{
    static const char text[] =
        "{\"type\":\"chat\",\"id\":\"evil\",\"message\":\"injected in clear\"}";
    Livekit__DataPacket packet;
    Livekit__UserPacket user;

    livekit__data_packet__init(&packet);
    livekit__user_packet__init(&user);
    packet.value_case = LIVEKIT__DATA_PACKET__VALUE_USER;
    packet.user = &user;
    packet.participant_identity = p->grant->identity;
    packet.participant_sid = (char *)(uintptr_t)p->sid;
    user.payload = (ProtobufCBinaryData){sizeof text - 1, (uint8_t *)(uintptr_t)text};
    user._topic_case = LIVEKIT__USER_PACKET___TOPIC_TOPIC;
    user.topic = arena_strdup(a, SPAN_LITERAL("chat"));
    done(p, EVIL_INJECT_DATA);
    return signal_pack(&packet.base, a);
}

/* Without its number, by which a client would know it again before it looks at the content. */
static struct span unnumbered(struct span bytes, struct arena *a)
{
    Livekit__DataPacket *packet =
        (Livekit__DataPacket *)(void *)signal_parse(&livekit__data_packet__descriptor, bytes, a);

    if (!packet)
        return span_of(NULL, 0);
    packet->sequence = 0;
    return signal_pack(&packet->base, a);
}

static void keep_data(struct person *p, struct span bytes)
{
    p->evil_data_size = bytes.size;
    p->evil_data = xmalloc(bytes.size);
    memcpy(p->evil_data, bytes.data, bytes.size);
}

static bool replay_data(struct person *p, struct arena *a, struct span *bytes)
{
    if (!p->evil_data) {
        keep_data(p, *bytes);
        return false;
    }
    *bytes = unnumbered(span_of(p->evil_data, p->evil_data_size), a);
    done(p, EVIL_REPLAY_DATA);
    return bytes->size > 0;
}

/* What was kept back comes after its successor. */
static bool release_data(struct person *p, struct arena *a, struct span *bytes)
{
    if (!p->evil_data)
        return false;
    *bytes = unnumbered(span_of(p->evil_data, p->evil_data_size), a);
    free(p->evil_data);
    p->evil_data = NULL;
    done(p, EVIL_REORDER_DATA);
    return bytes->size > 0;
}

bool evil_withholds(struct person *p, struct span bytes)
{
    if (!evil_is(EVIL_REORDER_DATA) || p->evil_data)
        return false;
    keep_data(p, bytes);
    return true;
}

/* The one who came last. */
struct person *evil_speaker(struct person *p)
{
    struct person *as = p;

    if (!evil_is(EVIL_RENAME_DATA))
        return p;
    list_each(node, &p->room->people)
    {
        struct person *other = list_entry(node, struct person, in_room);
        if (other != p)
            as = other;
    }
    if (as != p)
        done(p, EVIL_RENAME_DATA);
    return as;
}

bool evil_data(struct person *p, struct arena *a, struct span *bytes)
{
    if (evil_is(EVIL_INJECT_DATA)) {
        *bytes = forge(p, a);
        return true;
    }
    if (evil_is(EVIL_REORDER_DATA))
        return release_data(p, a, bytes);
    return evil_is(EVIL_REPLAY_DATA) && replay_data(p, a, bytes);
}

void evil_forget(struct person *p)
{
    free(p->evil_data);
}
