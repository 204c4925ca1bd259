/* SPDX-License-Identifier: Apache-2.0 */
/* The state is one flag, when it was set, and a timer that looks again while it is. */
#include "room/pressure.h"

#include "room/signalling.h"

#define LOOK_US 20000
/* Below this a sender goes on: enough is left for readers to be busy until more has come. */
#define ENOUGH (LIMIT_DATA_WAITING / 4 * 3)

static size_t queued_for(const struct person *p)
{
    return p->signal->receiving
               ? channels_queued(transport_channels(p->connections[SUBSCRIBER].transport))
               : 0;
}

static void drop_slowest(const struct person *sender, int64_t now_us)
{
    struct person *slowest = NULL;
    size_t most = 0;

    list_each(node, &sender->room->people)
    {
        struct person *p = list_entry(node, struct person, in_room);
        size_t queued = p == sender ? 0 : queued_for(p);
        if (queued > most) {
            most = queued;
            slowest = p;
        }
    }
    if (slowest)
        person_too_slow(slowest, now_us);
}

static void look(struct timer *t, int64_t now_us)
{
    struct person_signal *s = list_entry(t, struct person_signal, hold_timer);
    struct person *p = s->person;

    if (p->credit->bytes <= ENOUGH) {
        p->held = false;
        engine_deliver(p->engine, now_us, p->connections[PUBLISHER].transport);
        return;
    }
    if (now_us - s->held_us >= LIMIT_HOLD_US) {
        drop_slowest(p, now_us);
        s->held_us = now_us;
    }
    engine_timer_set(p->engine, t, now_us + LOOK_US);
}

void pressure_init(struct person *p)
{
    p->credit = credit_new();
    p->signal->hold_timer.fire = look;
}

void pressure_on_sent(struct person *p, int64_t now_us)
{
    if (p->held || p->leaving || p->credit->bytes <= LIMIT_DATA_WAITING)
        return;
    p->held = true;
    p->signal->held_us = now_us;
    engine_timer_set(p->engine, &p->signal->hold_timer, now_us + LOOK_US);
}

void pressure_end(struct person *p)
{
    p->held = false;
    engine_timer_cancel(p->engine, &p->signal->hold_timer);
}
