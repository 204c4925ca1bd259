/* SPDX-License-Identifier: Apache-2.0 */
/* Pictures as lists of blocks, of which the known and harmless are copied. */
#include "wire/image.h"

#include "base/reader.h"

static bool fits(const struct image *i)
{
    return i->width > 0 && i->height > 0;
}

/* The larger of both in each direction. */
static void grow(struct image *i, uint32_t width, uint32_t height)
{
    i->width = width > i->width ? width : i->width;
    i->height = height > i->height ? height : i->height;
}

/* ---- PNG (W3C Recommendation, third edition) ---- */

#define PNG_MARK SPAN_LITERAL("\x89PNG\r\n\x1a\n")
#define FOUR(a, b, c, d)                                                                           \
    ((uint32_t)(a) << 24 | (uint32_t)(b) << 16 | (uint32_t)(c) << 8 | (uint32_t)(d))

/* What is needed to show it, animations included. */
static bool png_keeps(uint32_t type)
{
    static const uint32_t kept[] = {
        FOUR('I', 'H', 'D', 'R'), FOUR('P', 'L', 'T', 'E'), FOUR('I', 'D', 'A', 'T'),
        FOUR('I', 'E', 'N', 'D'), FOUR('t', 'R', 'N', 'S'), FOUR('g', 'A', 'M', 'A'),
        FOUR('c', 'H', 'R', 'M'), FOUR('s', 'R', 'G', 'B'), FOUR('b', 'K', 'G', 'D'),
        FOUR('a', 'c', 'T', 'L'), FOUR('f', 'c', 'T', 'L'), FOUR('f', 'd', 'A', 'T')};

    for (size_t i = 0; i < sizeof kept / sizeof kept[0]; i++)
        if (type == kept[i])
            return true;
    return false;
}

static bool png_clean(struct span in, struct writer *w, struct image *out)
{
    struct reader r = reader_of(span_from(in, PNG_MARK.size));
    bool first = true;

    out->kind = IMAGE_PNG;
    writer_bytes(w, PNG_MARK);
    while (!r.bad) {
        struct span whole = span_of(r.at, reader_left(&r));
        uint32_t size = reader_u32(&r), type = reader_u32(&r);
        struct span body = reader_take(&r, size);
        (void)reader_u32(&r); /* its checksum goes with it */
        if (r.bad || first != (type == FOUR('I', 'H', 'D', 'R')))
            return false;
        if (first && body.size == 13) {
            struct reader head = reader_of(body);
            uint32_t width = reader_u32(&head);
            grow(out, width, reader_u32(&head));
        }
        first = false;
        if (png_keeps(type))
            writer_bytes(w, span_first(whole, (size_t)size + 12));
        if (type == FOUR('I', 'E', 'N', 'D'))
            return fits(out);
    }
    return false;
}

/* ---- JPEG (ITU-T T.81) ---- */

#define ORIENTATION 0x0112
#define EXIF SPAN_LITERAL("Exif\0\0")

/* The picture's orientation, 1 to 8, from the first directory of its Exif (CIPA DC-008); 0: not
 * said. */
static unsigned exif_orientation(struct span body)
{
    struct span tiff = span_from(body, EXIF.size);
    bool little = tiff.size > 8 && tiff.data[0] == 'I';
    if (tiff.size < 14)
        return 0;
#define U16(at)                                                                                    \
    (little ? tiff.data[at] | tiff.data[(at) + 1] << 8 : tiff.data[at] << 8 | tiff.data[(at) + 1])
    size_t at =
        little ? (size_t)U16(4) | (size_t)U16(6) << 16 : (size_t)U16(4) << 16 | (size_t)U16(6);
    if (at > tiff.size - 2)
        return 0;
    size_t count = (size_t)U16(at);
    for (at += 2; count > 0 && at + 12 <= tiff.size; at += 12, count--)
        if (U16(at) == ORIENTATION && U16(at + 2) == 3)
            return (unsigned)U16(at + 8) <= 8 ? (unsigned)U16(at + 8) : 0;
#undef U16
    return 0;
}

/* An Exif block that says this and nothing else. */
static void write_orientation(struct writer *w, unsigned orientation)
{
    writer_u16(w, 0xffe1);
    writer_u16(w, 2 + 6 + 8 + 2 + 12 + 4);
    writer_bytes(w, EXIF);
    writer_bytes(w, SPAN_LITERAL("MM\0\x2a\0\0\0\x08"));
    writer_u16(w, 1);
    writer_u16(w, ORIENTATION);
    writer_u16(w, 3); /* a short */
    writer_u32(w, 1);
    writer_u16(w, (uint16_t)orientation);
    writer_u16(w, 0);
    writer_u32(w, 0); /* no further directory */
}

static bool is_frame(uint8_t marker)
{
    return marker >= 0xc0 && marker <= 0xcf && marker != 0xc4 && marker != 0xc8 && marker != 0xcc;
}

/* JFIF's version and density, and Adobe's colour transform, are needed; the rest of the application
 * blocks and comments is not. */
static bool jpeg_keeps(uint8_t marker, struct span body)
{
    if (marker == 0xe0)
        return body.size >= 5 && memcmp(body.data, "JFIF", 5) == 0 && body.size == 14;
    if (marker == 0xee)
        return body.size == 12 && memcmp(body.data, "Adobe", 5) == 0;
    return marker < 0xe0 || (marker > 0xef && marker != 0xfe);
}

/* Entropy-coded bytes, up to the next marker that is no part of them. */
static struct span take_scan(struct reader *r)
{
    const uint8_t *begin = r->at;
    size_t left = reader_left(r), i = 0;

    while (i + 1 < left && !(begin[i] == 0xff && begin[i + 1] != 0 && begin[i + 1] != 0xff &&
                             !(begin[i + 1] >= 0xd0 && begin[i + 1] <= 0xd7)))
        i++;
    return reader_take(r, i);
}

/* One segment; false when it is damaged. */
static bool jpeg_segment(struct reader *r, uint8_t marker, struct writer *w, struct image *out,
                         unsigned *orientation)
{
    uint16_t size = reader_u16(r);
    struct span body = size >= 2 ? reader_take(r, size - 2u) : span_of(NULL, 0);

    if (r->bad || size < 2)
        return false;
    if (is_frame(marker) && body.size >= 5)
        grow(out, (uint32_t)body.data[3] << 8 | body.data[4],
             (uint32_t)body.data[1] << 8 | body.data[2]);
    if (marker == 0xe1 && !*orientation && body.size > EXIF.size &&
        memcmp(body.data, EXIF.data, EXIF.size) == 0) {
        *orientation = exif_orientation(body);
        if (*orientation > 1)
            write_orientation(w, *orientation);
    }
    if (!jpeg_keeps(marker, body))
        return true;
    writer_u16(w, (uint16_t)(0xff00 | marker));
    writer_u16(w, size);
    writer_bytes(w, body);
    if (marker == 0xda)
        writer_bytes(w, take_scan(r));
    return true;
}

static bool jpeg_clean(struct span in, struct writer *w, struct image *out)
{
    struct reader r = reader_of(span_from(in, 2));
    unsigned orientation = 0;

    out->kind = IMAGE_JPEG;
    writer_u16(w, 0xffd8);
    while (!r.bad) {
        if (reader_u8(&r) != 0xff)
            return false;
        uint8_t marker = reader_u8(&r);
        while (marker == 0xff) /* fill bytes */
            marker = reader_u8(&r);
        if (marker == 0xd9) {
            writer_u16(w, 0xffd9);
            return fits(out);
        }
        if (marker < 0xc0 || (marker >= 0xd0 && marker <= 0xd8) ||
            !jpeg_segment(&r, marker, w, out, &orientation))
            return false;
    }
    return false;
}

/* ---- GIF (89a) ---- */

static uint32_t little16(struct reader *r)
{
    uint32_t low = reader_u8(r);

    return low | (uint32_t)reader_u8(r) << 8;
}

static void pass_colours(struct reader *r, uint8_t flags)
{
    if (flags & 0x80)
        (void)reader_take(r, (size_t)3 << ((flags & 7) + 1));
}

static void pass_blocks(struct reader *r)
{
    while (!r->bad && r->at < r->end && *r->at)
        (void)reader_take(r, (size_t)1 + *r->at);
    (void)reader_u8(r);
}

/* Behind its label. Timing and transparency are kept, and how often an animation runs. */
static bool gif_keeps_extension(struct reader *r)
{
    uint8_t label = reader_u8(r);
    bool loop = reader_left(r) >= 12 && memcmp(r->at, "\x0bNETSCAPE2.0", 12) == 0;

    pass_blocks(r);
    return label == 0xf9 || (label == 0xff && loop);
}

static void gif_image(struct reader *r, struct image *out)
{
    uint32_t left = little16(r), top = little16(r), width = little16(r), height = little16(r);

    grow(out, left + width, top + height);
    pass_colours(r, reader_u8(r));
    (void)reader_u8(r);
    pass_blocks(r);
}

static bool gif_clean(struct span in, struct writer *w, struct image *out)
{
    struct reader r = reader_of(span_from(in, 6));
    uint32_t width = little16(&r), height = little16(&r);
    uint8_t flags = reader_u8(&r);

    out->kind = IMAGE_GIF;
    grow(out, width, height);
    (void)reader_u16(&r);
    pass_colours(&r, flags);
    if (r.bad)
        return false;
    writer_bytes(w, span_of(in.data, (size_t)(r.at - in.data)));
    while (!r.bad) {
        const uint8_t *begin = r.at;
        uint8_t kind = reader_u8(&r);
        bool keep = kind == 0x2c || kind == 0x3b;
        if (kind == 0x2c)
            gif_image(&r, out);
        else if (kind == 0x21)
            keep = gif_keeps_extension(&r);
        else if (kind != 0x3b)
            return false;
        if (keep && !r.bad)
            writer_bytes(w, span_of(begin, (size_t)(r.at - begin)));
        if (kind == 0x3b && !r.bad)
            return fits(out);
    }
    return false;
}

/* ---- WebP (RFC 9649) ---- */

static uint32_t little24(const uint8_t *at)
{
    return at[0] | (uint32_t)at[1] << 8 | (uint32_t)at[2] << 16;
}

static uint32_t little32(struct reader *r)
{
    uint32_t low = little16(r);

    return low | little16(r) << 16;
}

static void put_little32(struct writer *w, uint32_t n)
{
    writer_u8(w, (uint8_t)n);
    writer_u8(w, (uint8_t)(n >> 8));
    writer_u8(w, (uint8_t)(n >> 16));
    writer_u8(w, (uint8_t)(n >> 24));
}

static void webp_size(uint32_t type, struct span body, struct image *out)
{
    if (type == FOUR('V', 'P', '8', 'X') && body.size >= 10)
        grow(out, little24(body.data + 4) + 1, little24(body.data + 7) + 1);
    else if (type == FOUR('V', 'P', '8', ' ') && body.size >= 10)
        grow(out, (body.data[6] | (uint32_t)body.data[7] << 8) & 0x3fff,
             (body.data[8] | (uint32_t)body.data[9] << 8) & 0x3fff);
    else if (type == FOUR('V', 'P', '8', 'L') && body.size >= 5)
        grow(out, (little24(body.data + 1) & 0x3fff) + 1,
             (little24(body.data + 2) >> 6 & 0x3fff) + 1);
}

static bool webp_keeps(uint32_t type)
{
    return type == FOUR('V', 'P', '8', 'X') || type == FOUR('V', 'P', '8', ' ') ||
           type == FOUR('V', 'P', '8', 'L') || type == FOUR('A', 'L', 'P', 'H') ||
           type == FOUR('A', 'N', 'I', 'M') || type == FOUR('A', 'N', 'M', 'F');
}

/* A chunk with its padding. The flags of what is left out (profile, Exif, XMP) are cleared. */
static void webp_put(struct writer *w, uint32_t type, struct span body)
{
    writer_u32(w, type);
    put_little32(w, (uint32_t)body.size);
    if (type == FOUR('V', 'P', '8', 'X') && body.size > 0) {
        writer_u8(w, body.data[0] & (uint8_t)~0x2cu);
        writer_bytes(w, span_from(body, 1));
    } else {
        writer_bytes(w, body);
    }
    if (body.size & 1)
        writer_u8(w, 0);
}

static bool webp_clean(struct span in, struct writer *w, struct image *out)
{
    struct reader r = reader_of(span_from(in, 4));
    uint32_t size = little32(&r);

    out->kind = IMAGE_WEBP;
    if (size < 4 || size > in.size - 8)
        return false;
    r = reader_of(span_first(span_from(in, 12), size - 4));
    writer_bytes(w, SPAN_LITERAL("RIFF"));
    size_t length_at = writer_size(w);
    put_little32(w, 0);
    writer_bytes(w, SPAN_LITERAL("WEBP"));
    while (!r.bad && reader_left(&r) > 0) {
        uint32_t type = reader_u32(&r), chunk = little32(&r);
        struct span body = reader_take(&r, chunk);
        if (chunk & 1 && reader_left(&r) > 0)
            (void)reader_u8(&r);
        if (r.bad)
            return false;
        webp_size(type, body, out);
        if (webp_keeps(type))
            webp_put(w, type, body);
    }
    if (r.bad || w->bad)
        return false;
    struct writer length = writer_of(w->start + length_at, 4);
    put_little32(&length, (uint32_t)(writer_size(w) - length_at - 4));
    return fits(out);
}

/* ---- all ---- */

static bool begins(struct span in, const char *mark, size_t at, size_t size)
{
    return in.size >= at + size && memcmp(in.data + at, mark, size) == 0;
}

bool image_clean(struct span in, struct writer *w, struct image *out)
{
    bool good = false;

    *out = (struct image){0};
    if (begins(in, (const char *)PNG_MARK.data, 0, 8))
        good = png_clean(in, w, out);
    else if (begins(in, "\xff\xd8\xff", 0, 3))
        good = jpeg_clean(in, w, out);
    else if (begins(in, "GIF87a", 0, 6) || begins(in, "GIF89a", 0, 6))
        good = gif_clean(in, w, out);
    else if (begins(in, "RIFF", 0, 4) && begins(in, "WEBP", 8, 4))
        good = webp_clean(in, w, out);
    return good && !w->bad;
}
