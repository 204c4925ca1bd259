/* SPDX-License-Identifier: Apache-2.0 */
/* The ring of a layer's last packets. Owns one reference on each packet it holds. Worker thread. */
#include "rtc/history.h"

#include <stdlib.h>

#include "base/mem.h"

void history_init(struct history *h, uint32_t size)
{
    *h = (struct history){.size = size, .newest = -1};
}

static void let_go(struct media *m)
{
    if (m->packet)
        packet_unref(m->packet);
    m->packet = NULL;
}

void history_fini(struct history *h)
{
    for (uint32_t i = 0; h->ring && i < h->size; i++)
        let_go(&h->ring[i]);
    free(h->ring);
    h->ring = NULL;
    h->newest = -1;
}

static struct media *place(const struct history *h, int64_t seq)
{
    return &h->ring[(uint64_t)seq & (h->size - 1)];
}

struct media *history_put(struct history *h, const struct media *m)
{
    if (!h->ring)
        h->ring = xcalloc(h->size, sizeof *h->ring);
    if (m->seq < 0 || (h->newest >= 0 && m->seq <= h->newest - (int64_t)h->size))
        return NULL;
    struct media *at = place(h, m->seq);
    packet_ref(m->packet);
    let_go(at);
    *at = *m;
    if (m->seq > h->newest)
        h->newest = m->seq;
    return at;
}

const struct media *history_get(const struct history *h, int64_t seq)
{
    if (!h->ring || seq < 0)
        return NULL;
    const struct media *at = place(h, seq);
    return at->packet && at->seq == seq ? at : NULL;
}

void history_expire(struct history *h, int64_t now_us, int64_t age_us)
{
    for (uint32_t i = 0; h->ring && i < h->size; i++)
        if (h->ring[i].packet && now_us - h->ring[i].received_us > age_us)
            let_go(&h->ring[i]);
}
