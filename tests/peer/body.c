/* SPDX-License-Identifier: Apache-2.0 */
/* Payloads that say what they are. After what the codec wants in front: tag, layer, flags, packet,
 * frame and size, a hash of these, and bytes derived from the hash. Owns nothing. */
#include "body.h"

#include <assert.h>

#include "base/reader.h"
#include "base/writer.h"

#define FLAG_START 1
#define FLAG_KEYFRAME 2
#define FIELDS_SIZE 16

/* Bit mixer with full avalanche (an invertible map on 64 bits). */
static uint64_t mix(uint64_t x)
{
    x += 0x9e3779b97f4a7c15u;
    x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9u;
    x = (x ^ (x >> 27)) * 0x94d049bb133111ebu;
    return x ^ (x >> 31);
}

static uint64_t hash(const uint8_t *fields)
{
    uint64_t words[2];

    memcpy(words, fields, sizeof words);
    return mix(mix(words[0]) ^ words[1]);
}

static void fill(uint8_t *out, size_t size, uint64_t seed)
{
    for (size_t at = 0; at < size; at += 8) {
        uint64_t word = mix(seed + at);
        memcpy(out + at, &word, size - at < 8 ? size - at : 8);
    }
}

/* RFC 7741 4.2 with 15 bits of picture id, TL0PICIDX, TID and KEYIDX; then the frame tag on a
 * frame's first packet. */
static void write_vp8(struct writer *w, const struct body *b)
{
    writer_u8(w, b->start ? 0x90 : 0x80);
    writer_u8(w, 0xf0);
    writer_u16(w, (uint16_t)(0x8000 | b->picture_id));
    writer_u8(w, b->tl0);
    writer_u8(w, 0);
    if (b->start && b->keyframe)
        writer_bytes(w, SPAN_LITERAL("\x10\x02\x00\x9d\x01\x2a\x80\x02\x68\x01"));
    else if (b->start)
        writer_bytes(w, SPAN_LITERAL("\x11\x02\x00"));
}

/* RFC 6184 5.8: a fragment of a coded slice, of an IDR picture or not. */
static void write_h264(struct writer *w, const struct body *b)
{
    writer_u8(w, 0x7c);
    writer_u8(w, (uint8_t)((b->start ? 0x80 : 0) | (b->keyframe ? 5 : 1)));
}

void body_write(uint8_t *out, size_t size, const struct body *b)
{
    assert(size >= BODY_SIZE_MIN && size <= BODY_SIZE_MAX);
    struct writer w = writer_of(out, size);

    if (b->codec == CODEC_VP8)
        write_vp8(&w, b);
    else if (b->codec == CODEC_H264)
        write_h264(&w, b);
    else
        writer_u8(&w, 0x78); /* Opus: 20 ms, fullband */
    const uint8_t *fields = w.at;
    writer_u32(&w, b->tag);
    writer_u8(&w, b->layer);
    writer_u8(&w, (uint8_t)((b->start ? FLAG_START : 0) | (b->keyframe ? FLAG_KEYFRAME : 0)));
    writer_u32(&w, b->number);
    writer_u32(&w, b->frame);
    writer_u16(&w, (uint16_t)size);
    assert(!w.bad && w.at == fields + FIELDS_SIZE);
    fill(w.at, size - writer_size(&w), hash(fields));
}

/* What the codec has in front; *at: where our fields begin. */
static bool read_front(struct span payload, struct body *out, size_t *at)
{
    struct frame_info info;

    if (!codec_frame_info(out->codec, payload, &info))
        return false;
    out->picture_id = info.vp8.picture_id;
    out->tl0 = info.vp8.tl0;
    out->start = info.start;
    out->keyframe = info.keyframe;
    if (out->codec == CODEC_VP8)
        *at = info.vp8.size + (info.keyframe ? 10u : info.start ? 3u : 0u);
    else
        *at = out->codec == CODEC_H264 ? 2 : 1;
    return true;
}

bool body_read(struct span payload, enum codec codec, struct body *out)
{
    uint8_t expected[BODY_SIZE_MAX];
    size_t at;

    *out = (struct body){.codec = codec};
    if (payload.size < BODY_SIZE_MIN || payload.size > BODY_SIZE_MAX ||
        !read_front(payload, out, &at) || at + FIELDS_SIZE > payload.size)
        return false;
    const uint8_t *fields = payload.data + at;
    struct reader r = reader_of(span_of(fields, FIELDS_SIZE));
    out->tag = reader_u32(&r);
    out->layer = reader_u8(&r);
    uint8_t flags = reader_u8(&r);
    bool start = flags & FLAG_START, keyframe = flags & FLAG_KEYFRAME;
    out->number = reader_u32(&r);
    out->frame = reader_u32(&r);
    uint16_t size = reader_u16(&r);
    if (size != payload.size ||
        (codec_is_video(codec) && (start != out->start || (start && keyframe != out->keyframe))))
        return false;
    out->start = start;
    out->keyframe = keyframe;
    at += FIELDS_SIZE;
    fill(expected, payload.size - at, hash(fields));
    return memcmp(payload.data + at, expected, payload.size - at) == 0;
}
