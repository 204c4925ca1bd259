/* SPDX-License-Identifier: Apache-2.0 */
/* Transport-wide feedback: walk the statuses of a packet, write a packet over arrivals. Owns
 * nothing; pure. */
#include "wire/twcc.h"

#define TICK_US 250
#define REFERENCE_US 64000
#define REFERENCE_TICKS (REFERENCE_US / TICK_US)
#define HEADER_BYTES 20 /* RTCP header, SSRCs, base, count, reference, feedback count */

/* Statuses of one packet that we write: a datagram has room for about as many one-byte deltas. */
#define WRITE_MAX 1024

enum { SYMBOL_LOST, SYMBOL_SMALL, SYMBOL_LARGE, SYMBOL_RESERVED };

/* Statuses a chunk can hold. Bit 15: vector (else run length, 13 bits); bit 14: two-bit symbols. */
#define RUN_MAX 0x1fff
#define VECTOR1_SYMBOLS 14
#define VECTOR2_SYMBOLS 7

/* ---- reading ---- */

static uint16_t chunk_symbols(uint16_t chunk)
{
    if (!(chunk & 0x8000))
        return chunk & RUN_MAX;
    return chunk & 0x4000 ? VECTOR2_SYMBOLS : VECTOR1_SYMBOLS;
}

/* The symbol of a chunk of which `left` are still to come. */
static unsigned chunk_symbol(uint16_t chunk, unsigned left)
{
    if (!(chunk & 0x8000))
        return chunk >> 13 & 3;
    if (chunk & 0x4000)
        return chunk >> (2 * (left - 1)) & 3;
    return chunk >> (left - 1) & 1;
}

bool twcc_parse(const struct rtcp *p, struct twcc *out)
{
    struct reader r = reader_of(p->body);
    out->sender = reader_u32(&r);
    out->media = reader_u32(&r);
    out->base_seq = reader_u16(&r);
    out->count = reader_u16(&r);
    out->reference_us = (int64_t)reader_u24(&r) * REFERENCE_US;
    out->feedback_count = reader_u8(&r);
    out->chunks = reader_rest(&r);
    return p->type == RTCP_RTPFB && p->count == RTCP_FMT_TWCC && !r.bad && out->count > 0;
}

struct twcc_reader twcc_reader_of(const struct twcc *t)
{
    /* The deltas start behind the chunk that covers the last status. */
    struct reader scan = reader_of(t->chunks);
    uint32_t covered = 0;
    while (covered < t->count && !scan.bad)
        covered += chunk_symbols(reader_u16(&scan));
    size_t size = t->chunks.size - reader_left(&scan);
    return (struct twcc_reader){
        .chunks = reader_of(span_first(t->chunks, size)),
        .deltas = reader_of(span_from(t->chunks, size)),
        .seq = t->base_seq,
        .left = t->count,
        .at_us = t->reference_us,
        .bad = scan.bad,
    };
}

bool twcc_next(struct twcc_reader *r, struct twcc_arrival *out)
{
    if (r->bad || r->left == 0)
        return false;
    /* A run of no symbols is allowed, if odd; the scan has seen that enough chunks follow. */
    while (r->chunk_left == 0) {
        r->chunk = reader_u16(&r->chunks);
        r->chunk_left = chunk_symbols(r->chunk);
    }
    unsigned symbol = chunk_symbol(r->chunk, r->chunk_left--);
    int64_t delta = 0;
    if (symbol == SYMBOL_SMALL)
        delta = reader_u8(&r->deltas);
    else if (symbol == SYMBOL_LARGE)
        delta = (int16_t)reader_u16(&r->deltas);
    if (symbol == SYMBOL_RESERVED || r->deltas.bad) {
        r->bad = true;
        return false;
    }
    r->at_us += delta * TICK_US;
    r->left--;
    *out = (struct twcc_arrival){r->seq++, symbol == SYMBOL_LOST ? TWCC_LOST : r->at_us};
    return true;
}

/* ---- writing ---- */

struct plan {
    unsigned count;
    int64_t reference; /* in 64 ms */
    uint8_t symbols[WRITE_MAX];
    int16_t deltas[WRITE_MAX];
};

static int64_t divide_down(int64_t a, int64_t b)
{
    return a / b - (a % b < 0);
}

/* Every chunk but the last covers seven statuses or more, so this is enough room for any mixture.
 */
static size_t bytes_needed(unsigned count, size_t delta_bytes)
{
    size_t bytes = HEADER_BYTES + (count + VECTOR2_SYMBOLS - 1) / VECTOR2_SYMBOLS * 2 + delta_bytes;
    return (bytes + 3) / 4 * 4;
}

/* Decides how many arrivals go in, and the symbol and delta of each. */
static void plan_packet(struct plan *plan, const struct twcc_arrival *arrivals, unsigned count,
                        size_t room)
{
    int64_t last = 0;
    bool any = false;
    size_t delta_bytes = 0;
    plan->count = 0;
    plan->reference = 0;
    for (unsigned i = 0; i < count && i < WRITE_MAX; i++) {
        const struct twcc_arrival *a = &arrivals[i];
        unsigned symbol = SYMBOL_LOST;
        int64_t delta = 0;
        if (a->seq != (uint16_t)(arrivals[0].seq + i))
            return;
        if (a->at_us != TWCC_LOST) {
            int64_t ticks = divide_down(a->at_us, TICK_US);
            if (!any) {
                plan->reference = divide_down(ticks, REFERENCE_TICKS);
                last = plan->reference * REFERENCE_TICKS;
            }
            any = true;
            delta = ticks - last;
            if (delta < INT16_MIN || delta > INT16_MAX)
                return;
            symbol = delta >= 0 && delta <= UINT8_MAX ? SYMBOL_SMALL : SYMBOL_LARGE;
            last = ticks;
        }
        delta_bytes += symbol; /* none, one or two bytes */
        if (bytes_needed(i + 1, delta_bytes) > room)
            return;
        plan->symbols[i] = (uint8_t)symbol;
        plan->deltas[i] = (int16_t)delta;
        plan->count = i + 1;
    }
}

/* Writes the chunk that covers most from `i` on, and returns where the next one starts. */
static unsigned write_chunk(struct writer *w, const struct plan *plan, unsigned i)
{
    unsigned run = i, small = i, vector = 0;
    while (run < plan->count && plan->symbols[run] == plan->symbols[i])
        run++;
    while (small < plan->count && small - i < VECTOR1_SYMBOLS &&
           plan->symbols[small] != SYMBOL_LARGE)
        small++;
    if (run == plan->count || run - i >= VECTOR1_SYMBOLS ||
        (run - i >= VECTOR2_SYMBOLS && run >= small)) {
        writer_u16(w, (uint16_t)((unsigned)plan->symbols[i] << 13 | (run - i)));
        return run;
    }
    bool one_bit = small - i == VECTOR1_SYMBOLS || small == plan->count;
    unsigned width = one_bit ? 1 : 2, size = one_bit ? VECTOR1_SYMBOLS : VECTOR2_SYMBOLS;
    for (unsigned n = 0; n < size; n++)
        vector = vector << width | (i + n < plan->count ? plan->symbols[i + n] : SYMBOL_LOST);
    writer_u16(w, (uint16_t)((one_bit ? 0x8000u : 0xc000u) | vector));
    return i + size < plan->count ? i + size : plan->count;
}

unsigned twcc_write(struct writer *w, uint32_t sender, uint32_t media, uint8_t feedback_count,
                    const struct twcc_arrival *arrivals, unsigned count)
{
    struct plan plan;
    plan_packet(&plan, arrivals, count, w->bad ? 0 : (size_t)(w->end - w->at));
    if (plan.count == 0)
        return 0;
    size_t start = writer_size(w);
    writer_u8(w, 0x80 | RTCP_FMT_TWCC);
    writer_u8(w, RTCP_RTPFB);
    writer_u16(w, 0);
    writer_u32(w, sender);
    writer_u32(w, media);
    writer_u16(w, arrivals[0].seq);
    writer_u16(w, (uint16_t)plan.count);
    writer_u24(w, (uint32_t)plan.reference & 0xffffff);
    writer_u8(w, feedback_count);
    for (unsigned i = 0; i < plan.count;)
        i = write_chunk(w, &plan, i);
    for (unsigned i = 0; i < plan.count; i++) {
        if (plan.symbols[i] == SYMBOL_SMALL)
            writer_u8(w, (uint8_t)plan.deltas[i]);
        else if (plan.symbols[i] == SYMBOL_LARGE)
            writer_u16(w, (uint16_t)plan.deltas[i]);
    }
    /* Padding is announced, so that its zeroes cannot be taken for deltas; its last byte says how
     * long it is. */
    size_t padding = (4 - (writer_size(w) - start) % 4) % 4;
    if (padding > 0) {
        writer_zeroes(w, padding - 1);
        writer_u8(w, (uint8_t)padding);
        w->start[start] |= 0x20;
    }
    writer_patch_u16(w, start + 2, (uint16_t)((writer_size(w) - start) / 4 - 1));
    return plan.count;
}
