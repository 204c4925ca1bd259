/* SPDX-License-Identifier: Apache-2.0 */
/* Connection quality: every 5 s, to whom something changed, of themselves and of those they view
 * (livekit-wire.md 7.5). Measured as loss on the way to us and from us; never LOST, which would
 * make the client reconnect. */
#include "base/hash.h"
#include "room/signalling.h"

/* Shares of packets lost. Above 2 % people notice, above 8 % they complain. */
#define LOSS_GOOD 0.02
#define LOSS_POOR 0.08

static double upstream_loss(const struct person *p)
{
    double worst = 0;

    list_each(node, &p->tracks)
    {
        const struct track *t = list_entry(node, struct track, in_person);
        for (unsigned i = 0; i < t->layer_count; i++) {
            double loss = t->layers[i].flowing ? recv_loss(&t->layers[i].recv) : 0;
            worst = loss > worst ? loss : worst;
        }
    }
    return worst;
}

static double downstream_loss(const struct person *p)
{
    double worst = 0;

    list_each(node, &p->downtracks)
    {
        const struct downtrack *d = list_entry(node, struct downtrack, in_viewer);
        double loss = d->live ? (double)d->fraction_lost / 256.0 : 0;
        worst = loss > worst ? loss : worst;
    }
    return worst;
}

static Livekit__ConnectionQuality quality_of(const struct person *p)
{
    double up = upstream_loss(p), down = downstream_loss(p), loss = up > down ? up : down;

    if (loss > LOSS_POOR)
        return LIVEKIT__CONNECTION_QUALITY__POOR;
    return loss > LOSS_GOOD ? LIVEKIT__CONNECTION_QUALITY__GOOD
                            : LIVEKIT__CONNECTION_QUALITY__EXCELLENT;
}

static float score_of(Livekit__ConnectionQuality quality)
{
    if (quality == LIVEKIT__CONNECTION_QUALITY__POOR)
        return 2.0F;
    return quality == LIVEKIT__CONNECTION_QUALITY__GOOD ? 3.5F : 5.0F;
}

static bool views(const struct person *viewer, const struct person *publisher)
{
    list_each(node, &viewer->downtracks)
    {
        const struct downtrack *d = list_entry(node, struct downtrack, in_viewer);
        if (d->track && d->track->publisher == publisher)
            return true;
    }
    return false;
}

static void add(Livekit__ConnectionQualityUpdate *update, struct person *about, struct arena *a)
{
    Livekit__ConnectionQualityInfo *info = arena_alloc(a, sizeof *info);

    livekit__connection_quality_info__init(info);
    info->participant_sid = about->sid;
    info->quality = quality_of(about);
    info->score = score_of(info->quality);
    update->updates[update->n_updates++] = info;
}

/* The whole list goes out when anything in it changed. */
static void tell_quality(struct person *to, struct arena *a)
{
    static const uint64_t key[2] = {0, 0};
    Livekit__SignalResponse response;
    Livekit__ConnectionQualityUpdate update;

    livekit__signal_response__init(&response);
    livekit__connection_quality_update__init(&update);
    response.message_case = LIVEKIT__SIGNAL_RESPONSE__MESSAGE_CONNECTION_QUALITY;
    response.connection_quality = &update;
    update.updates = arena_alloc(a, to->room->people_count * sizeof(void *));
    add(&update, to, a);
    list_each(node, &to->room->people)
    {
        struct person *p = list_entry(node, struct person, in_room);
        if (p != to && views(to, p))
            add(&update, p, a);
    }
    uint64_t hash = hash_sip(key, signal_pack(&update.base, a));
    if (hash == to->signal->quality_told || !to->session)
        return;
    to->signal->quality_told = hash;
    tell(to, &response);
}

void quality_update(struct room *r)
{
    struct arena a;

    arena_init(&a);
    list_each(node, &r->people)
    {
        struct person *p = list_entry(node, struct person, in_room);
        if (p->was_active)
            tell_quality(p, &a);
    }
    arena_fini(&a);
}
