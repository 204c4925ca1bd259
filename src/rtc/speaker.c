/* SPDX-License-Identifier: Apache-2.0 */
/* Loudness of one audio track, window by window. */
#include "rtc/speaker.h"

#include <math.h>

#define LOUD_DBOV 35     /* quieter than -35 dBov is no speech */
#define ACTIVE_SHARE 0.4 /* of the window's packets must be loud */
#define LEVEL_STEP 8.0   /* eighths */
#define SMOOTHING 2.0    /* intervals */

void speaker_init(struct speaker *s)
{
    *s = (struct speaker){0};
}

void speaker_on_level(struct speaker *s, uint8_t level)
{
    s->packets++;
    if (level <= LOUD_DBOV) {
        s->loud++;
        s->loudness_sum += 127u - level;
    }
}

bool speaker_update(struct speaker *s)
{
    bool active = s->loud > 0 && (double)s->loud >= ACTIVE_SHARE * (double)s->packets;
    double linear = 0;
    float before = s->level;
    bool was_active = s->active;

    if (active) {
        double dbov = 127.0 - (double)s->loudness_sum / (double)s->loud;
        linear = pow(10, -dbov / 20);
    }
    s->smoothed += (linear - s->smoothed) * (2.0 / (SMOOTHING + 1));
    s->active = active;
    s->level = active ? (float)(ceil(s->smoothed * LEVEL_STEP) / LEVEL_STEP) : 0.0f;
    if (!active)
        s->smoothed = 0;
    s->packets = s->loud = s->loudness_sum = 0;
    return s->active != was_active || fabsf(s->level - before) > 0.001f;
}
