/* SPDX-License-Identifier: Apache-2.0 */
/* A compound of RTCP packets. Each is read as every kind, walks end, and what was read is written
 * again: NACKs, bandwidth estimates and arrival times must come back the same. */
#include <assert.h>

#include "wire/twcc.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { NUMBERS_MAX = 4096, ARRIVALS_MAX = 1024 };

static struct rtcp parse_own(const struct writer *w)
{
    struct reader r = reader_of(writer_span(w));
    struct rtcp p;
    bool bad = false, good = rtcp_next(&r, &p, &bad);
    assert(good && !bad && reader_left(&r) == 0);
    return p;
}

static void walk_reports(const struct rtcp *p)
{
    struct rtcp_sr sr;
    struct rtcp_block b;
    unsigned n = 0;
    bool is_sr = rtcp_parse_sr(p, &sr);
    assert(!is_sr || p->body.size >= 24);
    while (rtcp_parse_block(p, n, &b)) {
        assert(b.lost >= -0x800000 && b.lost <= 0x7fffff);
        n++;
    }
    assert(n <= p->count && n * 24 <= p->body.size);
}

static void walk_nack(const struct rtcp *p)
{
    static uint16_t seqs[NUMBERS_MAX];
    static uint8_t bytes[12 + NUMBERS_MAX * 4];
    unsigned cursor = 0, count = 0, n = 0;
    uint16_t seq;
    while (rtcp_next_nack(p, &cursor, &seq)) {
        if (count < NUMBERS_MAX)
            seqs[count++] = seq;
        n++;
    }
    assert(n <= p->body.size / 4 * 17);
    if (count == 0)
        return;
    struct writer w = writer_of(bytes, sizeof(bytes));
    rtcp_write_nack(&w, 1, 2, seqs, count);
    assert(!w.bad);
    /* Repeated numbers fold into one; those that are there come in the order given. */
    struct rtcp own = parse_own(&w);
    unsigned i = 0;
    for (cursor = 0; rtcp_next_nack(&own, &cursor, &seq);) {
        bool found = false;
        for (unsigned k = 0; k < count && !found; k++)
            found = seqs[k] == seq;
        assert(found);
        i++;
    }
    assert(i > 0 && i <= count);
}

static void walk_others(const struct rtcp *p)
{
    uint8_t bytes[32], seq;
    uint32_t a, b;
    uint64_t bps, again;
    unsigned cursor = 0;
    (void)rtcp_parse_feedback(p, &a, &b);
    while (rtcp_next_fir(p, &cursor, &a, &seq))
        assert(cursor * 8 + 8 <= p->body.size);
    if (!rtcp_parse_remb(p, &bps))
        return;
    struct writer w = writer_of(bytes, sizeof(bytes));
    rtcp_write_remb(&w, 1, bps, NULL, 0);
    struct rtcp own = parse_own(&w);
    bool good = rtcp_parse_remb(&own, &again);
    assert(good && again == bps);
}

static void write_twcc(const struct twcc_arrival *arrivals, unsigned count)
{
    static uint8_t bytes[8192];
    const int64_t turn = (int64_t)64000 << 24;
    struct writer w = writer_of(bytes, sizeof(bytes));
    struct twcc t;
    struct twcc_arrival a;
    unsigned taken = twcc_write(&w, 1, 2, 3, arrivals, count);
    assert(taken == count && !w.bad);
    struct rtcp own = parse_own(&w);
    bool good = twcc_parse(&own, &t);
    assert(good && t.count == count);
    struct twcc_reader r = twcc_reader_of(&t);
    for (unsigned i = 0; i < count; i++) {
        good = twcc_next(&r, &a);
        assert(good && a.seq == arrivals[i].seq);
        assert((a.at_us == TWCC_LOST) == (arrivals[i].at_us == TWCC_LOST));
        assert(a.at_us == TWCC_LOST || (a.at_us - arrivals[i].at_us) % turn == 0);
    }
    assert(!twcc_next(&r, &a) && !r.bad);
}

static void walk_twcc(const struct rtcp *p)
{
    static struct twcc_arrival arrivals[ARRIVALS_MAX];
    struct twcc t;
    struct twcc_arrival a;
    unsigned n = 0, count = 0;
    if (!twcc_parse(p, &t))
        return;
    struct twcc_reader r = twcc_reader_of(&t);
    for (; twcc_next(&r, &a); n++) {
        assert(a.seq == (uint16_t)(t.base_seq + n));
        if (count < ARRIVALS_MAX)
            arrivals[count++] = a;
    }
    assert(n <= t.count && (r.bad || n == t.count));
    if (count > 0)
        write_twcc(arrivals, count);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct reader r = reader_of(span_of(data, size));
    struct rtcp p;
    bool bad = false;
    size_t total = 0;
    while (rtcp_next(&r, &p, &bad)) {
        total += p.whole.size;
        walk_reports(&p);
        walk_nack(&p);
        walk_others(&p);
        walk_twcc(&p);
    }
    assert(bad || total == size);
    return 0;
}
