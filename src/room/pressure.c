/* SPDX-License-Identifier: Apache-2.0 */
/* The state is one flag, a timer that looks again while it is set, and for each reader what had
 * been acknowledged when. */
#include "room/pressure.h"

#include "room/signalling.h"

#define LOOK_US 20000
/* A reader's time begins anew when nobody looked for this long: nobody was held, or this thread had
 * no processor time itself. */
#define UNWATCHED_US 1000000
/* Below this a sender goes on: enough is left for readers to be busy until more has come. */
#define ENOUGH (LIMIT_DATA_WAITING / 4 * 3)

static const struct channels *channels_to(const struct person *p)
{
    return transport_channels(p->connections[SUBSCRIBER].transport);
}

static size_t queued_for(const struct person *p)
{
    return p->signal->receiving ? channels_queued(channels_to(p)) : 0;
}

/* Several senders fill one reader's queue that each of them alone would not fill. */
static bool is_reader_crowded(const struct person *sender)
{
    list_each(node, &sender->room->people)
    {
        const struct person *p = list_entry(node, struct person, in_room);
        if (p != sender && queued_for(p) > LIMIT_READER_CROWDED)
            return true;
    }
    return false;
}

static bool is_too_much(const struct person *sender, size_t bytes)
{
    size_t waiting = sender->credit->bytes;
    return waiting > bytes || (waiting > 0 && is_reader_crowded(sender));
}

static bool is_stalled(struct person *reader, int64_t now_us)
{
    struct person_signal *s = reader->signal;
    int64_t bytes = channels_acknowledged(channels_to(reader));

    if (now_us - s->watched_us > UNWATCHED_US || bytes - s->moved_bytes >= LIMIT_READER_STEP) {
        s->moved_us = now_us;
        s->moved_bytes = bytes;
    }
    s->watched_us = now_us;
    return now_us - s->moved_us >= LIMIT_READER_STALL_US;
}

/* Of the readers that take nothing, the one for which most waits. */
static struct person *stalled_reader(const struct person *sender, int64_t now_us)
{
    struct person *found = NULL;

    list_each(node, &sender->room->people)
    {
        struct person *p = list_entry(node, struct person, in_room);
        if (p != sender && queued_for(p) > 0 && is_stalled(p, now_us) &&
            (!found || queued_for(p) > queued_for(found)))
            found = p;
    }
    return found;
}

static void look(struct timer *t, int64_t now_us)
{
    struct person_signal *s = list_entry(t, struct person_signal, hold_timer);
    struct person *p = s->person;

    if (!is_too_much(p, ENOUGH)) {
        p->held = false;
        engine_deliver(p->engine, now_us, p->connections[PUBLISHER].transport);
        return;
    }
    struct person *stalled = stalled_reader(p, now_us);
    if (stalled)
        person_too_slow(stalled, now_us);
    engine_timer_set(p->engine, t, now_us + LOOK_US);
}

void pressure_init(struct person *p)
{
    p->credit = credit_new();
    p->signal->hold_timer.fire = look;
    p->signal->watched_us = -UNWATCHED_US;
}

void pressure_on_sent(struct person *p, int64_t now_us)
{
    if (p->held || p->leaving || !is_too_much(p, LIMIT_DATA_WAITING))
        return;
    p->held = true;
    engine_timer_set(p->engine, &p->signal->hold_timer, now_us + LOOK_US);
}

void pressure_end(struct person *p)
{
    p->held = false;
    engine_timer_cancel(p->engine, &p->signal->hold_timer);
}
