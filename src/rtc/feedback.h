/* SPDX-License-Identifier: Apache-2.0 */
/* Transport-wide feedback to one publisher: arrivals by transport-wide sequence number, written as
 * RTCP every 50 to 100 ms (draft-holmer-rmcat-transport-wide-cc-extensions-01). */
#ifndef RTC_FEEDBACK_H
#define RTC_FEEDBACK_H

#include "wire/twcc.h"

#define FEEDBACK_WINDOW 512 /* arrivals between two feedbacks; power of two */
#define FEEDBACK_INTERVAL_US 80000

struct feedback {
    int64_t arrivals[FEEDBACK_WINDOW]; /* by unwrapped number modulo; TWCC_LOST */
    int64_t base, newest; /* unwrapped: first not yet reported, highest seen; -1 none */
    int64_t due_us;
    uint8_t count;
    uint32_t media_ssrc;
};

void feedback_init(struct feedback *f);
void feedback_on_packet(struct feedback *f, int64_t now_us, uint16_t transport_seq, uint32_t ssrc);
int64_t feedback_next_deadline(const struct feedback *f);
/* Writes one feedback packet when due (or half the window is full). False: nothing due. */
bool feedback_write(struct feedback *f, int64_t now_us, uint32_t sender_ssrc, struct writer *w);

#endif
