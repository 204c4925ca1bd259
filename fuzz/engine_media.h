/* SPDX-License-Identifier: Apache-2.0 */
/* Steps of the engine's fuzz target that send media and RTCP, sealed as a client would; and how a
 * step reads its parameters. */
#ifndef FUZZ_ENGINE_MEDIA_H
#define FUZZ_ENGINE_MEDIA_H

#include "engine_cast.h"

static unsigned digit(struct reader *r)
{
    return reader_u8(r) & 15;
}

static struct client *client_of(struct reader *r)
{
    return &cast.clients[digit(r) % CLIENTS];
}

static enum side side_of(struct reader *r)
{
    return (enum side)(digit(r) & 1);
}

/* Up to 255 bytes as they are. */
static struct span raw_of(struct reader *r)
{
    size_t size = reader_u8(r);

    return reader_take(r, size < reader_left(r) ? size : reader_left(r));
}

/* ---- media ---- */

static void write_extensions(struct writer *w, unsigned mid, unsigned flags, unsigned number)
{
    static const char *const rids[] = {"q", "h", "f", "x"};
    uint8_t level = (uint8_t)(number * 8), seq[2] = {0, (uint8_t)number};
    char text[4];

    snprintf(text, sizeof text, "%u", mid);
    if (mid)
        rtpext_write(w, 4, span_of_str(text));
    if (flags & 4)
        rtpext_write(w, 10, span_of_str(rids[flags & 3]));
    else if (flags & 8)
        rtpext_write(w, 11, span_of_str(rids[flags & 3]));
    rtpext_write(w, 1, span_of(&level, 1));
    rtpext_write(w, 3, span_of(seq, 2));
}

/* The numbers of a stream go on, with a gap, back, or far ahead. */
static int64_t index_of(struct client *c, unsigned ssrc, unsigned jump)
{
    static const int64_t jumps[16] = {0,  0,  0,  0,    1,   2,   3,   40,
                                      -1, -2, -3, -200, 300, 511, 512, 2000};
    int64_t *next = &c->next_index[ssrc], index = *next + jumps[jump];

    if (index < 0)
        index = 0;
    if (index >= *next)
        *next = index + 1;
    return index;
}

/* A VP8 packet of a frame, H.264's first NAL unit, Opus, or bytes as they come. */
static size_t write_payload(struct reader *r, unsigned kind, unsigned number, uint8_t *out)
{
    static const uint8_t key[] = {0x90, 0xc0, 0x81, 0,    5, 0x10, 0, 0,
                                  0x9d, 0x01, 0x2a, 0x80, 2, 0x68, 1};
    static const uint8_t delta[] = {0x90, 0xc0, 0x81, 0, 5, 0x11}, idr[] = {0x65, 1, 2};
    struct span head = kind < 4   ? span_of(key, sizeof key)
                       : kind < 8 ? span_of(delta, sizeof delta)
                       : kind < 9 ? span_of(idr, sizeof idr)
                                  : raw_of(r);
    size_t rest = kind & 1 ? 40u + number : 0;

    if (head.size)
        memcpy(out, head.data, head.size);
    if (kind < 8) {
        out[0] = kind & 2 ? 0x80 : 0x90;
        out[3] = out[4] = (uint8_t)number;
    }
    memset(out + head.size, 0x55, rest);
    return head.size + rest;
}

/* who, ssrc, payload type, mid, extension flags, jump, kind of payload, number. */
static void step_media(struct reader *r)
{
    static const uint8_t types[] = {96, 97, 111, 102, 103, 96, 96, 0};
    struct client *c = client_of(r);
    unsigned ssrc = digit(r), type = digit(r), mid = digit(r), flags = digit(r), jump = digit(r);
    unsigned kind = digit(r), number = digit(r);
    uint8_t extensions[64], packet[1500] = {0}, payload[600];
    struct writer ext = writer_of(extensions, sizeof extensions);
    struct writer w = writer_of(packet, sizeof packet);
    struct srtp *srtp = srtp_of(c, PUBLISHER);

    if (!srtp)
        return;
    write_extensions(&ext, mid, flags, number);
    size_t size = write_payload(r, kind, number, payload);
    int64_t index = index_of(c, ssrc, jump);
    bool padded = type & 8 && size > 0;
    if (padded)
        payload[size - 1] = (uint8_t)(number + 1);
    rtp_write_header(&w, &(struct rtp){.marker = number & 1,
                                       .payload_type = types[type & 7],
                                       .seq = (uint16_t)index,
                                       .timestamp = (uint32_t)index * 3000,
                                       .ssrc = ssrc,
                                       .padding = padded,
                                       .extension_profile = 0xbede,
                                       .extension = writer_span(&ext)});
    size = srtp_seal_rtp(srtp, packet, writer_size(&w), span_of(payload, size), index);
    give(&c->links[PUBLISHER].addr, span_of(packet, size));
}

/* The same packet many times over, at the next numbers: bursts that overflow. */
static void step_burst(struct reader *r)
{
    struct reader from = *r;
    unsigned count = 16u * (digit(&from) + 1);

    for (unsigned i = 0; i < count; i++) {
        *r = from;
        step_media(r);
    }
}

/* ---- RTCP ---- */

static struct downtrack *view_of(const struct client *c, unsigned n)
{
    const struct person *p = person_of(c);

    if (p)
        list_each(node, &p->downtracks) if (n-- == 0) return list_entry(node, struct downtrack,
                                                                        in_viewer);
    return NULL;
}

/* The middle of the NTP time `ago_us` ago, as a report repeats it. */
static uint32_t ntp_middle(int64_t ago_us)
{
    int64_t us = engine_unix_ms(cast.engine, 0) * 1000 + cast.now_us - ago_us;

    return (uint32_t)((us / 1000000 + 2208988800) << 16 | ((us % 1000000) << 16) / 1000000);
}

static void write_report(struct writer *w, unsigned kind, uint32_t ssrc, unsigned number)
{
    struct rtcp_block block = {.ssrc = ssrc,
                               .fraction_lost = (uint8_t)number,
                               .last_sr = number ? ntp_middle((int64_t)number * 20000) : 0};
    struct rtcp_sr sr = {.ssrc = ssrc, .ntp = (uint64_t)number << 32, .rtp_timestamp = number};
    uint16_t seqs[40];

    switch (kind) {
    case 0:
        rtcp_write_pli(w, 1, ssrc);
        break;
    case 1:
        rtcp_write_fir(w, 1, ssrc, (uint8_t)number);
        break;
    case 2:
        rtcp_write_rr(w, 1, &block, 1);
        break;
    case 3:
        rtcp_write_bye(w, ssrc);
        break;
    case 4:
        for (unsigned i = 0; i < 40; i++)
            seqs[i] = (uint16_t)(number + i);
        rtcp_write_nack(w, 1, ssrc, seqs, 40);
        break;
    default:
        rtcp_write_sr(w, &sr, &block, 1);
    }
}

/* who, side, kind, stream, number. A NACK's numbers are taken from what was sent. */
static void step_rtcp(struct reader *r)
{
    struct client *c = client_of(r);
    enum side side = side_of(r);
    unsigned kind = digit(r) % 8, stream = digit(r), number = digit(r);
    uint8_t bytes[1300];
    struct writer w = writer_of(bytes, sizeof bytes - SRTP_TRAILER_MAX);
    struct srtp *srtp = srtp_of(c, side);
    const struct downtrack *d = view_of(c, stream);
    uint32_t ssrc = side == SUBSCRIBER && d ? d->ssrc : stream;

    if (kind == 4 && d)
        number = (unsigned)(d->forward.out_newest - 40 - 8 * number) & 0xffff;
    if (kind < 6)
        write_report(&w, kind, ssrc, number);
    else
        writer_bytes(&w, raw_of(r));
    if (!srtp || writer_size(&w) < 8)
        return;
    size_t size = srtp_seal_rtcp(srtp, bytes, writer_size(&w));
    give(&c->links[side].addr, span_of(bytes, size));
}

#endif
