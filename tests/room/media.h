/* SPDX-License-Identifier: Apache-2.0 */
/* Media for the room tests: packets that clients send on their publisher connection, and what came
 * to them, through their own SRTP. */
#ifndef TESTS_ROOM_MEDIA_H
#define TESTS_ROOM_MEDIA_H

#include "harness.h"
#include "wire/rtp.h"

#define CLEAR LIVEKIT__ENCRYPTION__TYPE__NONE
#define SEALED LIVEKIT__ENCRYPTION__TYPE__GCM

enum { PT_OPUS = 111, PT_VP8 = 96, PT_RTX = 97 };
enum { ID_LEVEL = 1, ID_TRANSPORT_SEQ = 3, ID_MID = 4, ID_RID = 10, ID_REPAIRED = 11 };

#define TRANSPORT_CC                                                                               \
    "a=extmap:3 http://www.ietf.org/id/draft-holmer-rmcat-transport-wide-cc-extensions-01\r\n"
#define CAMERA_SECTION(mid, cid)                                                                   \
    VIDEO_SECTION(mid, cid)                                                                        \
    TRANSPORT_CC "a=extmap:10 urn:ietf:params:rtp-hdrext:sdes:rtp-stream-id\r\n"                   \
                 "a=extmap:11 urn:ietf:params:rtp-hdrext:sdes:repaired-rtp-stream-id\r\n"
#define SIMULCAST_SECTION(mid, cid)                                                                \
    CAMERA_SECTION(mid, cid)                                                                       \
    "a=rid:q send\r\na=rid:h send\r\na=rid:f send\r\na=simulcast:send q;h;f\r\n"

/* ---- publishing ---- */

/* A track of one section with the mid 1; the engine's side of it. */
static inline struct track *publish(struct client *c, const char *section, bool video,
                                    Livekit__Encryption__Type encryption)
{
    client_add(c, "cid", video, encryption);
    client_offer(c, section);
    run_ms(200);
    assert_non_null(person_of(c)->sections[1].track);
    return person_of(c)->sections[1].track;
}

static inline struct track *publish_camera(struct client *c)
{
    return publish(c, CAMERA_SECTION("1", "cid"), true, CLEAR);
}

static inline struct track *publish_simulcast(struct client *c)
{
    return publish(c, SIMULCAST_SECTION("1", "cid"), true, CLEAR);
}

static inline struct track *publish_microphone(struct client *c)
{
    return publish(c, AUDIO_SECTION("1", "cid") TRANSPORT_CC, false, CLEAR);
}

/* ---- packets out ---- */

/* One RTP packet. */
struct shot {
    uint32_t ssrc, timestamp;
    int64_t index; /* unwrapped sequence number */
    uint8_t payload_type, level, padding;
    bool marker, has_level, has_transport_seq;
    uint16_t transport_seq;
    const char *mid, *rid, *repaired; /* NULL: left out */
    struct span payload;
};

static inline void shot_extensions(const struct shot *s, struct writer *w)
{
    uint8_t seq[2] = {(uint8_t)(s->transport_seq >> 8), (uint8_t)s->transport_seq};

    if (s->has_level)
        rtpext_write(w, ID_LEVEL, span_of(&s->level, 1));
    if (s->has_transport_seq)
        rtpext_write(w, ID_TRANSPORT_SEQ, span_of(seq, 2));
    if (s->mid)
        rtpext_write(w, ID_MID, span_of_str(s->mid));
    if (s->rid)
        rtpext_write(w, ID_RID, span_of_str(s->rid));
    if (s->repaired)
        rtpext_write(w, ID_REPAIRED, span_of_str(s->repaired));
}

/* Sealed by a transport of the client's, on its way to the server. */
static inline struct parcel *shot_seal_on(struct client *c, enum side side, const struct shot *s)
{
    uint8_t extensions[64], packet[PACKET_CAPACITY], payload[PACKET_CAPACITY] = {0};
    struct writer ext = writer_of(extensions, sizeof extensions);
    struct writer w = writer_of(packet, sizeof packet);
    struct srtp *srtp = transport_srtp(c->transports[side]);
    size_t size = s->payload.size + s->padding;

    assert_non_null(srtp);
    shot_extensions(s, &ext);
    rtp_write_header(&w, &(struct rtp){.marker = s->marker,
                                       .payload_type = s->payload_type,
                                       .seq = (uint16_t)s->index,
                                       .timestamp = s->timestamp,
                                       .ssrc = s->ssrc,
                                       .padding = s->padding,
                                       .extension_profile = 0xbede,
                                       .extension = writer_span(&ext)});
    if (s->payload.size)
        memcpy(payload, s->payload.data, s->payload.size);
    if (s->padding)
        payload[size - 1] = s->padding;
    size = srtp_seal_rtp(srtp, packet, writer_size(&w), span_of(payload, size), s->index);
    struct parcel *p = parcel_put(&world.net, span_of(packet, size));
    p->from = c->addrs[side];
    p->to = server_addr();
    return p;
}

static inline struct parcel *shot_seal(struct client *c, const struct shot *s)
{
    return shot_seal_on(c, PUBLISHER, s);
}

/* The server has it, and sends it on with the next turn. */
static inline void shot_send(struct client *c, const struct shot *s)
{
    shot_seal(c, s);
    settle();
}

/* A VP8 packet: descriptor of five bytes with picture id and tl0, then `size` bytes of frame. */
#define VP8_DESCRIPTOR 5

struct vp8 {
    bool start, keyframe;
    uint16_t picture;
    uint8_t tl0, fill;
    size_t size;
};

static inline struct span vp8_write(const struct vp8 *v, uint8_t *out)
{
    const uint8_t descriptor[VP8_DESCRIPTOR] = {v->start ? 0x90 : 0x80, 0xc0,
                                                (uint8_t)(0x80 | v->picture >> 8),
                                                (uint8_t)v->picture, v->tl0};
    static const uint8_t keyframe[10] = {0x10, 0, 0, 0x9d, 0x01, 0x2a, 0x80, 2, 0x68, 1};

    memcpy(out, descriptor, sizeof descriptor);
    memset(out + VP8_DESCRIPTOR, v->fill | 1, v->size);
    if (v->start && v->keyframe)
        memcpy(out + VP8_DESCRIPTOR, keyframe, sizeof keyframe);
    return span_of(out, VP8_DESCRIPTOR + v->size);
}

/* A stream of one-packet frames that counts by itself. */
struct lens {
    struct client *client;
    const char *mid, *rid;
    uint32_t ssrc, timestamp, step;
    int64_t index;
    uint16_t picture;
    uint8_t payload_type, tl0;
    size_t size; /* of the frame's bytes */
};

static inline struct lens camera_lens(struct client *c, const char *rid, uint32_t ssrc)
{
    return (struct lens){.client = c,
                         .mid = "1",
                         .rid = rid,
                         .ssrc = ssrc,
                         .timestamp = ssrc * 1000,
                         .step = 3000,
                         .index = 1000,
                         .picture = 100,
                         .payload_type = PT_VP8,
                         .tl0 = 10,
                         .size = 100};
}

static inline struct lens microphone_lens(struct client *c, uint32_t ssrc)
{
    return (struct lens){.client = c,
                         .mid = "1",
                         .ssrc = ssrc,
                         .timestamp = ssrc * 1000,
                         .step = 960,
                         .index = 2000,
                         .payload_type = PT_OPUS,
                         .size = 60};
}

/* The next frame, not sent yet. The payload lies in `out`. */
static inline struct shot lens_next(struct lens *l, bool keyframe, uint8_t *out)
{
    struct shot s = {.ssrc = l->ssrc,
                     .timestamp = l->timestamp,
                     .index = l->index,
                     .payload_type = l->payload_type,
                     .marker = true,
                     .mid = l->mid,
                     .rid = l->rid};
    struct vp8 v = {.start = true,
                    .keyframe = keyframe,
                    .picture = l->picture,
                    .tl0 = l->tl0,
                    .fill = (uint8_t)l->index,
                    .size = l->size};

    if (l->payload_type == PT_VP8) {
        s.payload = vp8_write(&v, out);
    } else {
        memset(out, (uint8_t)l->index, l->size);
        s.payload = span_of(out, l->size);
    }
    l->index++;
    l->timestamp += l->step;
    l->picture = (l->picture + 1) & 0x7fff;
    l->tl0++;
    return s;
}

static inline void lens_send(struct lens *l, bool keyframe)
{
    uint8_t bytes[PACKET_CAPACITY];
    struct shot s = lens_next(l, keyframe, bytes);

    shot_send(l->client, &s);
}

/* A frame that the network loses. */
static inline void lens_lose(struct lens *l)
{
    uint8_t bytes[PACKET_CAPACITY];

    lens_next(l, false, bytes);
}

/* RFC 4588: `original`, whose number is `seq`, in a packet of the retransmission stream. */
static inline void send_rtx(struct client *c, uint32_t ssrc, int64_t index,
                            const struct shot *original, const char *repaired)
{
    uint8_t bytes[PACKET_CAPACITY];
    struct shot s = *original;

    bytes[0] = (uint8_t)(original->index >> 8);
    bytes[1] = (uint8_t)original->index;
    memcpy(bytes + 2, original->payload.data, original->payload.size);
    s.payload = span_of(bytes, original->payload.size + 2);
    s.ssrc = ssrc;
    s.index = index;
    s.payload_type = PT_RTX;
    s.rid = NULL;
    s.repaired = repaired;
    shot_send(c, &s);
}

/* ---- packets in ---- */

/* A packet that a viewer got. */
struct got {
    struct rtp rtp;
    int64_t index;
    bool is_vp8;
    struct frame_info frame;
    uint8_t bytes[PACKET_CAPACITY];
};

static inline bool take_rtp(struct client *c, struct got *out)
{
    struct parcel *p = parcel_take(&c->rtp);

    if (!p)
        return false;
    memcpy(out->bytes, p->bytes, p->size);
    assert_true(rtp_parse(span_of(out->bytes, p->size), &out->rtp));
    out->index = p->index;
    out->is_vp8 = codec_frame_info(CODEC_VP8, out->rtp.payload, &out->frame);
    free(p);
    return true;
}

/* There must be one. */
static inline void must_take(struct client *c, struct got *out)
{
    if (!take_rtp(c, out))
        fail_msg("%s got no packet", c->grant->identity);
}

static inline unsigned drop_rtp(struct client *c)
{
    unsigned n = c->rtp.count;

    parcels_clear(&c->rtp);
    return n;
}

/* ---- RTCP ---- */

static inline void send_rtcp(struct client *c, enum side side, struct writer *w)
{
    assert_false(w->bad);
    transport_send_rtcp(c->transports[side], writer_span(w));
    settle();
}

#define ANY_FORMAT (-1)

/* The nth packet of a type in what came to this side. */
static inline bool find_rtcp(const struct client *c, enum side side, int type, int format,
                             unsigned nth, struct rtcp *out)
{
    for (const struct parcel *p = c->rtcp[side].first; p; p = p->next) {
        struct reader r = reader_of(span_of(p->bytes, p->size));
        bool bad = false;
        while (rtcp_next(&r, out, &bad))
            if (out->type == type && (format == ANY_FORMAT || out->count == format) && nth-- == 0)
                return true;
        assert_false(bad);
    }
    return false;
}

static inline unsigned count_rtcp(const struct client *c, enum side side, int type, int format)
{
    struct rtcp r;
    unsigned n = 0;

    while (find_rtcp(c, side, type, format, n, &r))
        n++;
    return n;
}

/* PLIs for an SSRC that reached the publisher. */
static inline unsigned count_plis(const struct client *c, uint32_t ssrc)
{
    uint32_t sender, media;
    struct rtcp r;
    unsigned n = 0;

    for (unsigned i = 0; find_rtcp(c, PUBLISHER, RTCP_PSFB, RTCP_FMT_PLI, i, &r); i++)
        n += rtcp_parse_feedback(&r, &sender, &media) && media == ssrc;
    return n;
}

static inline void forget_rtcp(struct client *c)
{
    parcels_clear(&c->rtcp[PUBLISHER]);
    parcels_clear(&c->rtcp[SUBSCRIBER]);
}

/* ---- the engine's side ---- */

static inline struct downtrack *view_of(const struct client *c)
{
    const struct person *p = person_of(c);

    return list_empty(&p->downtracks) ? NULL
                                      : list_entry(p->downtracks.next, struct downtrack, in_viewer);
}

static inline void nack(struct client *c, uint32_t ssrc, const uint16_t *seqs, unsigned count)
{
    uint8_t bytes[1200];
    struct writer w = writer_of(bytes, sizeof bytes);

    rtcp_write_nack(&w, 1, ssrc, seqs, count);
    send_rtcp(c, SUBSCRIBER, &w);
}

static inline void nack_one(struct client *c, int64_t index)
{
    uint16_t seq = (uint16_t)index;

    nack(c, view_of(c)->ssrc, &seq, 1);
}

static inline uint64_t drops(enum drop why)
{
    return engine_stats(world.engine)->drops[why];
}

#endif
