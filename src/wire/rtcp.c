/* SPDX-License-Identifier: Apache-2.0 */
/* RTCP packets: walk a compound, read and write each kind. Owns nothing; pure. */
#include "wire/rtcp.h"

#define BLOCK_BYTES 24
#define SR_INFO_BYTES 24 /* sender SSRC and sender info */
#define FEEDBACK_BYTES 8 /* sender and media SSRC */
#define NACK_PAIR_BYTES 4
#define FIR_ENTRY_BYTES 8
#define COUNT_MAX 31 /* five bits */
#define LOST_MAX 0x7fffff
#define REMB_ID 0x52454d42u /* "REMB" */
#define SDES_CNAME 1

/* ---- reading ---- */

bool rtcp_next(struct reader *compound, struct rtcp *out, bool *bad)
{
    if (reader_left(compound) == 0)
        return false;
    const uint8_t *start = compound->at;
    uint8_t first = reader_u8(compound);
    out->type = reader_u8(compound);
    out->count = first & 0x1f;
    out->body = reader_take(compound, reader_u16(compound) * (size_t)4);
    if (compound->bad || first >> 6 != 2) {
        *bad = true;
        return false;
    }
    out->whole = span_of(start, 4 + out->body.size);
    if (!(first & 0x20))
        return true;
    /* Only the last packet of a compound may be padded (RFC 3550 6.4.1). Transport-wide feedback is
     * padded by less than four bytes, so the count need not be a multiple of four. */
    uint8_t padding = out->body.size ? out->body.data[out->body.size - 1] : 0;
    if (padding == 0 || padding > out->body.size || reader_left(compound) > 0) {
        *bad = true;
        return false;
    }
    out->body.size -= padding;
    return true;
}

bool rtcp_parse_sr(const struct rtcp *p, struct rtcp_sr *out)
{
    struct reader r = reader_of(p->body);
    out->ssrc = reader_u32(&r);
    out->ntp = reader_u64(&r);
    out->rtp_timestamp = reader_u32(&r);
    out->packets = reader_u32(&r);
    out->octets = reader_u32(&r);
    return p->type == RTCP_SR && !r.bad;
}

bool rtcp_parse_block(const struct rtcp *p, unsigned i, struct rtcp_block *out)
{
    size_t before = p->type == RTCP_SR ? SR_INFO_BYTES : 4;
    if ((p->type != RTCP_SR && p->type != RTCP_RR) || i >= p->count)
        return false;
    struct reader r = reader_of(span_from(p->body, before + (size_t)i * BLOCK_BYTES));
    out->ssrc = reader_u32(&r);
    out->fraction_lost = reader_u8(&r);
    uint32_t lost = reader_u24(&r);
    out->lost = (int32_t)lost - (lost > LOST_MAX ? 0x1000000 : 0);
    out->highest_seq = reader_u32(&r);
    out->jitter = reader_u32(&r);
    out->last_sr = reader_u32(&r);
    out->delay = reader_u32(&r);
    return !r.bad;
}

bool rtcp_parse_feedback(const struct rtcp *p, uint32_t *sender, uint32_t *media)
{
    struct reader r = reader_of(p->body);
    *sender = reader_u32(&r);
    *media = reader_u32(&r);
    return (p->type == RTCP_RTPFB || p->type == RTCP_PSFB) && !r.bad;
}

bool rtcp_next_nack(const struct rtcp *p, unsigned *cursor, uint16_t *seq)
{
    if (p->type != RTCP_RTPFB || p->count != RTCP_FMT_NACK)
        return false;
    struct span pairs = span_from(p->body, FEEDBACK_BYTES);
    /* Seventeen steps a pair: the packet id, then the bits of the mask after it. */
    for (;;) {
        struct reader r = reader_of(span_from(pairs, (size_t)(*cursor / 17) * NACK_PAIR_BYTES));
        uint16_t first = reader_u16(&r), mask = reader_u16(&r);
        if (r.bad)
            return false;
        unsigned step = (*cursor)++ % 17;
        if (step > 0 && !(mask >> (step - 1) & 1))
            continue;
        *seq = (uint16_t)(first + step);
        return true;
    }
}

bool rtcp_next_fir(const struct rtcp *p, unsigned *cursor, uint32_t *ssrc, uint8_t *seq)
{
    if (p->type != RTCP_PSFB || p->count != RTCP_FMT_FIR)
        return false;
    struct reader r =
        reader_of(span_from(p->body, FEEDBACK_BYTES + (size_t)*cursor * FIR_ENTRY_BYTES));
    *ssrc = reader_u32(&r);
    *seq = reader_u8(&r);
    reader_u24(&r);
    if (r.bad)
        return false;
    (*cursor)++;
    return true;
}

bool rtcp_parse_remb(const struct rtcp *p, uint64_t *bitrate_bps)
{
    struct reader r = reader_of(span_from(p->body, FEEDBACK_BYTES));
    uint32_t id = reader_u32(&r);
    uint8_t ssrcs = reader_u8(&r);
    uint32_t bits = reader_u24(&r);
    reader_take(&r, ssrcs * (size_t)4);
    if (p->type != RTCP_PSFB || p->count != RTCP_FMT_REMB || r.bad || id != REMB_ID)
        return false;
    uint64_t mantissa = bits & 0x3ffff;
    unsigned exponent = bits >> 18;
    if (mantissa > UINT64_MAX >> exponent)
        return false;
    *bitrate_bps = mantissa << exponent;
    return true;
}

/* ---- writing ---- */

/* Returns where the packet starts, for finish. */
static size_t begin(struct writer *w, uint8_t type, unsigned count)
{
    size_t start = writer_size(w);
    if (count > COUNT_MAX)
        w->bad = true;
    writer_u8(w, (uint8_t)(0x80 | count));
    writer_u8(w, type);
    writer_u16(w, 0);
    return start;
}

static void finish(struct writer *w, size_t start)
{
    size_t words = (writer_size(w) - start) / 4;
    if (words == 0 || words - 1 > UINT16_MAX)
        w->bad = true;
    writer_patch_u16(w, start + 2, (uint16_t)(words - 1));
}

static size_t begin_feedback(struct writer *w, uint8_t type, uint8_t format, uint32_t sender,
                             uint32_t media)
{
    size_t start = begin(w, type, format);
    writer_u32(w, sender);
    writer_u32(w, media);
    return start;
}

static void write_blocks(struct writer *w, const struct rtcp_block *blocks, unsigned count)
{
    for (unsigned i = 0; i < count && !w->bad; i++) {
        const struct rtcp_block *b = &blocks[i];
        int32_t lost = b->lost > LOST_MAX ? LOST_MAX : b->lost;
        if (lost < -LOST_MAX - 1)
            lost = -LOST_MAX - 1;
        writer_u32(w, b->ssrc);
        writer_u8(w, b->fraction_lost);
        writer_u24(w, (uint32_t)lost & 0xffffff);
        writer_u32(w, b->highest_seq);
        writer_u32(w, b->jitter);
        writer_u32(w, b->last_sr);
        writer_u32(w, b->delay);
    }
}

void rtcp_write_sr(struct writer *w, const struct rtcp_sr *sr, const struct rtcp_block *blocks,
                   unsigned count)
{
    size_t start = begin(w, RTCP_SR, count);
    writer_u32(w, sr->ssrc);
    writer_u64(w, sr->ntp);
    writer_u32(w, sr->rtp_timestamp);
    writer_u32(w, sr->packets);
    writer_u32(w, sr->octets);
    write_blocks(w, blocks, count);
    finish(w, start);
}

void rtcp_write_rr(struct writer *w, uint32_t ssrc, const struct rtcp_block *blocks, unsigned count)
{
    size_t start = begin(w, RTCP_RR, count);
    writer_u32(w, ssrc);
    write_blocks(w, blocks, count);
    finish(w, start);
}

void rtcp_write_sdes(struct writer *w, uint32_t ssrc, struct span cname)
{
    size_t start = begin(w, RTCP_SDES, 1);
    if (cname.size > UINT8_MAX)
        w->bad = true;
    writer_u32(w, ssrc);
    writer_u8(w, SDES_CNAME);
    writer_u8(w, (uint8_t)cname.size);
    writer_bytes(w, cname);
    /* One zero at least ends the chunk, more fill its last word. */
    writer_zeroes(w, 4 - (2 + cname.size) % 4);
    finish(w, start);
}

void rtcp_write_nack(struct writer *w, uint32_t sender, uint32_t media, const uint16_t *seqs,
                     unsigned count)
{
    if (count == 0)
        return;
    size_t start = begin_feedback(w, RTCP_RTPFB, RTCP_FMT_NACK, sender, media);
    for (unsigned i = 0; i < count && !w->bad;) {
        uint16_t first = seqs[i++], mask = 0;
        for (; i < count; i++) {
            uint16_t distance = (uint16_t)(seqs[i] - first);
            if (distance > 16)
                break;
            if (distance > 0)
                mask = (uint16_t)(mask | 1u << (distance - 1));
        }
        writer_u16(w, first);
        writer_u16(w, mask);
    }
    finish(w, start);
}

void rtcp_write_pli(struct writer *w, uint32_t sender, uint32_t media)
{
    finish(w, begin_feedback(w, RTCP_PSFB, RTCP_FMT_PLI, sender, media));
}

void rtcp_write_fir(struct writer *w, uint32_t sender, uint32_t media, uint8_t seq)
{
    /* The media SSRC of the header is unused: the entry names the stream (RFC 5104 4.3.1.2). */
    size_t start = begin_feedback(w, RTCP_PSFB, RTCP_FMT_FIR, sender, 0);
    writer_u32(w, media);
    writer_u8(w, seq);
    writer_u24(w, 0);
    finish(w, start);
}

void rtcp_write_remb(struct writer *w, uint32_t sender, uint64_t bitrate_bps, const uint32_t *ssrcs,
                     unsigned count)
{
    size_t start = begin_feedback(w, RTCP_PSFB, RTCP_FMT_REMB, sender, 0);
    uint32_t exponent = 0;
    for (; bitrate_bps > 0x3ffff; bitrate_bps >>= 1)
        exponent++;
    if (count > UINT8_MAX)
        w->bad = true;
    writer_u32(w, REMB_ID);
    writer_u8(w, (uint8_t)count);
    writer_u24(w, exponent << 18 | (uint32_t)bitrate_bps);
    for (unsigned i = 0; i < count && !w->bad; i++)
        writer_u32(w, ssrcs[i]);
    finish(w, start);
}

void rtcp_write_bye(struct writer *w, uint32_t ssrc)
{
    size_t start = begin(w, RTCP_BYE, 1);
    writer_u32(w, ssrc);
    finish(w, start);
}
