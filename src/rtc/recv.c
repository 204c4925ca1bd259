/* SPDX-License-Identifier: Apache-2.0 */
/* Reception of one stream: which numbers came, which are asked for again, and the report on it.
 * Numbers only. */
#include "rtc/recv.h"

#include "base/heap.h"

/* Reordering is common and soon over; a gap older than this is a loss. */
#define NACK_FIRST_US 10000
#define NACK_MIN_US 20000
/* A probe that was not answered in this time never will be. */
#define PROBE_MAX_US 1000000

void recv_init(struct recv *r, uint32_t ssrc, uint32_t clock_rate, bool nack)
{
    *r = (struct recv){.ssrc = ssrc, .clock_rate = clock_rate, .nack = nack};
}

/* ---- which numbers came ---- */

static bool seen(const struct recv *r, int64_t seq)
{
    uint64_t bit = (uint64_t)seq % RECV_GAP_MAX;

    return r->seen[bit / 64] >> (bit % 64) & 1;
}

static void mark(struct recv *r, int64_t seq, bool value)
{
    uint64_t bit = (uint64_t)seq % RECV_GAP_MAX;

    if (value)
        r->seen[bit / 64] |= 1ull << (bit % 64);
    else
        r->seen[bit / 64] &= ~(1ull << (bit % 64));
}

/* Everything from `from` to before `to` is missing; the newest losses push out the oldest. */
static void miss(struct recv *r, int64_t now_us, int64_t from, int64_t to)
{
    if (!r->nack)
        return;
    if (to - from > RECV_NACK_MAX)
        from = to - RECV_NACK_MAX;
    unsigned total = r->missing_count + (unsigned)(to - from);
    if (total > RECV_NACK_MAX) {
        unsigned drop = total - RECV_NACK_MAX;
        r->missing_count -= drop;
        memmove(r->missing, r->missing + drop, r->missing_count * sizeof r->missing[0]);
    }
    for (int64_t s = from; s < to; s++)
        r->missing[r->missing_count++] =
            (struct recv_missing){.seq = s, .due_us = now_us + NACK_FIRST_US};
}

static bool forget_missing(struct recv *r, int64_t seq)
{
    for (unsigned i = 0; i < r->missing_count; i++) {
        if (r->missing[i].seq != seq)
            continue;
        memmove(&r->missing[i], &r->missing[i + 1],
                (r->missing_count - i - 1) * sizeof r->missing[0]);
        r->missing_count--;
        return true;
    }
    return false;
}

/* The stream starts, or starts anew after a jump that cannot be loss. */
static void restart(struct recv *r, int64_t seq)
{
    memset(r->seen, 0, sizeof r->seen);
    r->missing_count = 0;
    r->started = true;
    r->first = r->highest = seq;
    r->expected_prior = r->received_prior = 0;
    r->packets = 0;
    r->last_transit = INT64_MIN;
}

static void advance(struct recv *r, int64_t now_us, int64_t seq)
{
    for (int64_t s = r->highest + 1; s < seq; s++)
        mark(r, s, false);
    miss(r, now_us, r->highest + 1, seq);
    r->highest = seq;
}

/* RFC 3550 A.8, in units of 1/16 of the RTP clock. */
static void update_jitter(struct recv *r, int64_t now_us, uint32_t timestamp)
{
    int64_t arrival = now_us * (int64_t)r->clock_rate / 1000000;
    int64_t transit = (int32_t)((uint32_t)arrival - timestamp);

    if (r->last_transit != INT64_MIN) {
        int64_t d = (int32_t)(uint32_t)(transit - r->last_transit);
        d = d < 0 ? -d : d;
        if (d < (int64_t)r->clock_rate * 10)
            r->jitter_q4 += (uint32_t)(d - ((r->jitter_q4 + 8) >> 4));
    }
    r->last_transit = transit;
}

enum recv_verdict recv_on_packet(struct recv *r, int64_t now_us, int64_t seq, uint32_t timestamp,
                                 size_t size)
{
    enum recv_verdict verdict = RECV_NEW;

    if (!r->started || seq - r->highest > RECV_GAP_MAX) {
        restart(r, seq);
    } else if (seq > r->highest) {
        advance(r, now_us, seq);
    } else if (r->highest - seq >= RECV_GAP_MAX || seen(r, seq)) {
        r->duplicates++;
        return RECV_DUPLICATE;
    } else {
        verdict = RECV_LATE;
        r->recovered += forget_missing(r, seq);
        if (seq < r->first)
            r->first = seq;
    }
    mark(r, seq, true);
    r->packets++;
    r->bytes += size;
    if (verdict == RECV_NEW)
        update_jitter(r, now_us, timestamp);
    return verdict;
}

/* ---- what is asked for again ---- */

unsigned recv_due_nacks(struct recv *r, int64_t now_us, int64_t rtt_us, uint16_t *out,
                        unsigned capacity)
{
    int64_t again_us = rtt_us > NACK_MIN_US ? rtt_us : NACK_MIN_US;
    unsigned n = 0, kept = 0;

    for (unsigned i = 0; i < r->missing_count; i++) {
        struct recv_missing *m = &r->missing[i];
        if (r->highest - m->seq >= RECV_GAP_MAX ||
            (m->tries == RECV_NACK_TRIES && m->due_us <= now_us))
            continue;
        if (m->due_us <= now_us && n < capacity) {
            if (m->tries == 0 && (!r->probe_us || now_us - r->probe_us > PROBE_MAX_US)) {
                r->probe_seq = m->seq;
                r->probe_us = now_us;
            }
            out[n++] = (uint16_t)m->seq;
            m->tries++;
            m->due_us = now_us + again_us * (m->tries < 4 ? m->tries : 4);
        }
        r->missing[kept++] = *m;
    }
    r->missing_count = kept;
    return n;
}

/* From the first time the number was asked for. When that request or its answer was lost it is too
 * long, and is averaged out; leaving such times out would never let the estimate grow. */
bool recv_on_repair(struct recv *r, int64_t now_us, int64_t seq, int64_t *round_trip_us)
{
    if (!r->probe_us || seq != r->probe_seq)
        return false;
    *round_trip_us = now_us - r->probe_us;
    r->probe_us = 0;
    return *round_trip_us <= PROBE_MAX_US;
}

int64_t recv_next_deadline(const struct recv *r)
{
    int64_t next = TIME_NEVER;

    for (unsigned i = 0; i < r->missing_count; i++)
        if (r->missing[i].due_us < next)
            next = r->missing[i].due_us;
    return next;
}

/* ---- reports ---- */

void recv_on_sr(struct recv *r, int64_t now_us, const struct rtcp_sr *sr)
{
    r->last_sr = *sr;
    r->last_sr_mid = (uint32_t)(sr->ntp >> 16);
    r->last_sr_us = now_us;
    r->has_sr = true;
}

void recv_report(struct recv *r, int64_t now_us, struct rtcp_block *out)
{
    uint64_t expected = r->started ? (uint64_t)(r->highest - r->first + 1) : 0;
    uint64_t due = expected - r->expected_prior, got = r->packets - r->received_prior;
    int64_t lost = (int64_t)expected - (int64_t)r->packets;

    /* The number that ends the interval came, so not all of it is lost: at most 255. */
    uint64_t fraction = due > got ? ((due - got) << 8) / due : 0;
    lost = lost > 0x7fffff ? 0x7fffff : lost < -0x800000 ? -0x800000 : lost;
    *out = (struct rtcp_block){.ssrc = r->ssrc,
                               .fraction_lost = (uint8_t)fraction,
                               .lost = (int32_t)lost,
                               .highest_seq = (uint32_t)r->highest,
                               .jitter = r->jitter_q4 >> 4};
    if (r->has_sr) {
        out->last_sr = r->last_sr_mid;
        out->delay = (uint32_t)((now_us - r->last_sr_us) * 65536 / 1000000);
    }
    r->loss = due > got ? (double)(due - got) / (double)due : 0;
    r->expected_prior = expected;
    r->received_prior = r->packets;
}

double recv_loss(const struct recv *r)
{
    return r->loss;
}
