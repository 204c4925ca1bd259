/* SPDX-License-Identifier: Apache-2.0 */
/* Arrivals of one publisher's packets between two feedbacks. */
#include "rtc/feedback.h"

#include "base/heap.h"
#include "base/seq.h"

void feedback_init(struct feedback *f)
{
    *f = (struct feedback){.base = -1, .newest = -1, .due_us = TIME_NEVER};
    for (unsigned i = 0; i < FEEDBACK_WINDOW; i++)
        f->arrivals[i] = TWCC_LOST;
}

static int64_t *place(struct feedback *f, int64_t seq)
{
    return &f->arrivals[(uint64_t)seq % FEEDBACK_WINDOW];
}

static void start_at(struct feedback *f, int64_t seq)
{
    for (unsigned i = 0; i < FEEDBACK_WINDOW; i++)
        f->arrivals[i] = TWCC_LOST;
    f->base = seq;
    f->newest = seq;
}

void feedback_on_packet(struct feedback *f, int64_t now_us, uint16_t transport_seq, uint32_t ssrc)
{
    int64_t seq = f->newest < 0 ? 65536 + transport_seq : seq_unwrap(f->newest, transport_seq);

    f->media_ssrc = ssrc;
    if (f->newest < 0 || seq - f->base >= FEEDBACK_WINDOW) {
        /* Too far ahead of what was reported: what lies between is given up. */
        start_at(f, seq);
    } else if (seq < f->base) {
        return; /* reported as lost already */
    } else if (seq > f->newest) {
        f->newest = seq;
    }
    if (*place(f, seq) == TWCC_LOST)
        *place(f, seq) = now_us;
    if (f->due_us == TIME_NEVER)
        f->due_us = now_us + FEEDBACK_INTERVAL_US;
    if (f->newest - f->base >= FEEDBACK_WINDOW / 2)
        f->due_us = now_us;
}

int64_t feedback_next_deadline(const struct feedback *f)
{
    return f->due_us;
}

bool feedback_write(struct feedback *f, int64_t now_us, uint32_t sender_ssrc, struct writer *w)
{
    struct twcc_arrival arrivals[FEEDBACK_WINDOW];
    unsigned n = 0;

    if (f->newest < f->base || f->base < 0 || now_us < f->due_us)
        return false;
    for (int64_t s = f->base; s <= f->newest; s++)
        arrivals[n++] = (struct twcc_arrival){.seq = (uint16_t)s, .at_us = *place(f, s)};
    unsigned taken = twcc_write(w, sender_ssrc, f->media_ssrc, f->count, arrivals, n);
    for (unsigned i = 0; i < taken; i++)
        *place(f, f->base + i) = TWCC_LOST;
    f->base += taken;
    f->count = (uint8_t)(f->count + (taken > 0));
    f->due_us = f->base <= f->newest && taken ? now_us : TIME_NEVER;
    return taken > 0;
}
