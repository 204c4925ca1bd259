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

/* Makes room for a new highest number. What falls out of the window unreported is given up. */
static void advance(struct feedback *f, int64_t seq)
{
    while (f->newest < seq)
        *place(f, ++f->newest) = TWCC_LOST;
    if (f->base <= seq - FEEDBACK_WINDOW)
        f->base = seq - FEEDBACK_WINDOW + 1;
}

void feedback_on_packet(struct feedback *f, int64_t now_us, uint16_t transport_seq, uint32_t ssrc)
{
    int64_t seq = f->newest < 0 ? 65536 + transport_seq : seq_unwrap(f->newest, transport_seq);

    /* So far back that the sender must have started anew. */
    if (f->newest >= 0 && seq <= f->newest - 2 * FEEDBACK_WINDOW)
        seq += 65536;
    if (seq <= f->newest - FEEDBACK_WINDOW)
        return;
    f->media_ssrc = ssrc;
    if (f->newest < 0 || seq >= f->newest + FEEDBACK_WINDOW)
        start_at(f, seq);
    else if (seq > f->newest)
        advance(f, seq);
    int64_t *arrival = place(f, seq);
    if (*arrival != TWCC_LOST)
        return;
    *arrival = now_us;
    /* Reported as lost already: reported again, with all that came since. */
    if (seq < f->base)
        f->base = seq;
    if (f->due_us == TIME_NEVER)
        f->due_us = now_us + FEEDBACK_INTERVAL_US;
    if (f->newest - f->base >= FEEDBACK_WINDOW / 2 && f->due_us > now_us)
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
    f->base += taken;
    f->count = (uint8_t)(f->count + (taken > 0));
    f->due_us = f->base <= f->newest && taken ? now_us : TIME_NEVER;
    return taken > 0;
}
