/* SPDX-License-Identifier: Apache-2.0 */
/* Who speaks: audio levels of one track (RFC 6464) turned into LiveKit's level every 400 ms
 * (livekit-wire.md 7.4). */
#ifndef RTC_SPEAKER_H
#define RTC_SPEAKER_H

#include <stdbool.h>
#include <stdint.h>

#define SPEAKER_INTERVAL_US 400000

struct speaker {
    uint32_t packets, loud; /* in this window */
    uint32_t loudness_sum;  /* of 127 - dBov of the loud ones */
    double smoothed;
    float level; /* last reported, 0..1, steps of 1/8 */
    bool active;
};

void speaker_init(struct speaker *s);
/* level: 0 loudest .. 127 silence (-dBov). */
void speaker_on_level(struct speaker *s, uint8_t level);
/* Ends the window; true when level or active changed. Active: at least 40 % of packets at -35 dBov
 * or louder. Level is 10^(-dBov/20), smoothed over two intervals, rounded up to eighths. */
bool speaker_update(struct speaker *s);

#endif
