/* SPDX-License-Identifier: Apache-2.0 */
/* Frame starts and key frames from the clear bytes of a payload. Owns nothing; pure. */
#include "wire/codec.h"

#include "base/reader.h"

#include <strings.h>

static const char *const mimes[] = {
    [CODEC_NONE] = "",
    [CODEC_OPUS] = "audio/opus",
    [CODEC_VP8] = "video/VP8",
    [CODEC_H264] = "video/H264",
};

const char *codec_mime(enum codec c)
{
    return c <= CODEC_H264 ? mimes[c] : "";
}

static bool same_name(struct span a, const char *b)
{
    return a.size == strlen(b) && strncasecmp((const char *)a.data, b, a.size) == 0;
}

enum codec codec_by_name(struct span name)
{
    if (name.size == 0)
        return CODEC_NONE;
    for (unsigned i = CODEC_OPUS; i <= CODEC_H264; i++)
        if (same_name(name, mimes[i]) || same_name(name, strchr(mimes[i], '/') + 1))
            return (enum codec)i;
    return CODEC_NONE;
}

bool codec_is_video(enum codec c)
{
    return c == CODEC_VP8 || c == CODEC_H264;
}

uint32_t codec_clock_rate(enum codec c)
{
    if (c == CODEC_OPUS)
        return 48000;
    return codec_is_video(c) ? 90000 : 0;
}

/* ---- VP8 ---- */

/*  0 1 2 3 4 5 6 7
 * |X|R|N|S|R| PID |
 * |I|L|T|K|  RSV  |  when X
 * |M|  PictureID  |  when I; 15 bits when M
 * |   TL0PICIDX   |  when L
 * |TID|Y| KEYIDX  |  when T or K            (RFC 7741 4.2) */
bool vp8_descriptor_parse(struct span payload, struct vp8_descriptor *out)
{
    struct reader r = reader_of(payload);
    uint8_t first = reader_u8(&r);
    uint8_t extended = first & 0x80 ? reader_u8(&r) : 0;
    *out = (struct vp8_descriptor){0};
    out->non_reference = first & 0x20;
    out->start = (first & 0x10) && (first & 0x07) == 0;
    if (extended & 0x80) {
        out->has_picture_id = true;
        out->picture_id = reader_u8(&r);
        out->picture_id_long = out->picture_id & 0x80;
        if (out->picture_id_long)
            out->picture_id = (uint16_t)((out->picture_id & 0x7f) << 8 | reader_u8(&r));
    }
    if (extended & 0x40) {
        out->has_tl0 = true;
        out->tl0 = reader_u8(&r);
    }
    if (extended & 0x30) {
        uint8_t byte = reader_u8(&r);
        out->has_tid = extended & 0x20;
        out->has_keyidx = extended & 0x10;
        out->tid = out->has_tid ? byte >> 6 : 0;
        out->layer_sync = out->has_tid && (byte & 0x20);
        out->keyidx = out->has_keyidx ? byte & 0x1f : 0;
    }
    out->size = (uint8_t)(payload.size - reader_left(&r));
    return !r.bad;
}

void vp8_descriptor_patch(uint8_t *bytes, const struct vp8_descriptor *d, uint16_t picture_id,
                          uint8_t tl0)
{
    size_t at = 2;
    if (d->has_picture_id && d->picture_id_long) {
        bytes[at++] = (uint8_t)(0x80 | picture_id >> 8);
        bytes[at++] = (uint8_t)picture_id;
    } else if (d->has_picture_id) {
        bytes[at++] = picture_id & 0x7f;
    }
    if (d->has_tl0)
        bytes[at] = tl0;
}

/* The frame tag: 3 bytes, of which the lowest bit is 0 on a key frame; then start code, width,
 * height (RFC 6386 9.1). */
static bool vp8_frame_info(struct span payload, struct frame_info *out)
{
    if (!vp8_descriptor_parse(payload, &out->vp8))
        return false;
    struct span frame = span_from(payload, out->vp8.size);
    if (frame.size == 0)
        return false;
    out->start = out->vp8.start;
    if (!out->start || (frame.data[0] & 1))
        return true;
    static const uint8_t start_code[3] = {0x9d, 0x01, 0x2a};
    if (frame.size < 10 || memcmp(frame.data + 3, start_code, sizeof(start_code)) != 0)
        return false;
    out->keyframe = true;
    /* Little-endian, 14 bits each; the two above are the scaling. */
    out->width = (uint16_t)((frame.data[7] & 0x3f) << 8 | frame.data[6]);
    out->height = (uint16_t)((frame.data[9] & 0x3f) << 8 | frame.data[8]);
    return true;
}

/* ---- H.264 ---- */

enum { NAL_IDR = 5, NAL_SPS = 7, NAL_SINGLE_MAX = 23, NAL_STAP_A = 24, NAL_FU_A = 28 };

static bool starts_keyframe(uint8_t nal_type)
{
    return nal_type == NAL_IDR || nal_type == NAL_SPS;
}

/* NAL units, each behind its 16-bit size (RFC 6184 5.7.1). */
static bool stap_info(struct span units, struct frame_info *out)
{
    struct reader r = reader_of(units);
    out->start = true;
    do {
        struct span nal = reader_take(&r, reader_u16(&r));
        if (r.bad || nal.size == 0)
            return false;
        out->keyframe = out->keyframe || starts_keyframe(nal.data[0] & 0x1f);
    } while (reader_left(&r) > 0);
    return true;
}

static bool h264_frame_info(struct span payload, struct frame_info *out)
{
    /* The first bit is forbidden_zero_bit. */
    if (payload.size < 1 || payload.data[0] >> 7)
        return false;
    uint8_t type = payload.data[0] & 0x1f;
    if (type >= 1 && type <= NAL_SINGLE_MAX) {
        out->start = true;
        out->keyframe = starts_keyframe(type);
        return true;
    }
    if (type == NAL_STAP_A)
        return stap_info(span_from(payload, 1), out);
    if (type != NAL_FU_A || payload.size < 3)
        return false;
    uint8_t header = payload.data[1]; /* S, E, R, type of the fragmented unit (5.8) */
    out->start = header & 0x80;
    out->keyframe = out->start && starts_keyframe(header & 0x1f);
    return true;
}

bool codec_frame_info(enum codec c, struct span payload, struct frame_info *out)
{
    bool good = false;
    *out = (struct frame_info){0};
    switch (c) {
    case CODEC_OPUS:
        out->start = true;
        good = payload.size > 0;
        break;
    case CODEC_VP8:
        good = vp8_frame_info(payload, out);
        break;
    case CODEC_H264:
        good = h264_frame_info(payload, out);
        break;
    case CODEC_NONE:
        break;
    }
    if (!good)
        *out = (struct frame_info){0};
    return good;
}

size_t codec_clear_bytes(enum codec c, bool keyframe)
{
    if (c == CODEC_VP8)
        return keyframe ? 10 : 3;
    return c == CODEC_OPUS ? 1 : 0;
}
