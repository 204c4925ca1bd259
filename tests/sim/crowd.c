/* SPDX-License-Identifier: Apache-2.0 */
/* Random members of a meeting. Every decision comes from the crowd's seed. */
#include "crowd.h"

#include "base/heap.h"

#define SECOND 1000000LL
/* Members look about in steps of this length, and one in ACTION_EVERY steps does something. */
#define STEP_US 250000
#define ACTION_EVERY 16

static const char *const names[CROWD] = {"anna", "bert", "cleo", "dora", "emil"};

static uint32_t below(struct crowd *c, uint32_t bound)
{
    return random_below(&c->random, bound);
}

/* Few packets, so that an hour takes seconds. */
static struct source_config config_of(unsigned which)
{
    struct source_config voice = seat_voice(30), camera = seat_camera();

    voice.interval_us = 60000;
    camera.interval_us = 200000;
    camera.packets = 2;
    return which ? camera : voice;
}

void crowd_init(struct crowd *c, struct world *w, uint64_t seed)
{
    *c = (struct crowd){.world = w};
    random_seed(&c->random, seed);
    for (unsigned i = 0; i < CROWD; i++)
        c->members[i] = (struct member){.away = true};
}

static void join(struct crowd *c, unsigned i)
{
    struct member *m = &c->members[i];

    if (m->seat)
        seat_join_again(m->seat);
    else
        m->seat = seat_join(c->world, "room", names[i]);
    m->away = m->cut = false;
    for (unsigned k = 0; k < 2; k++) {
        struct source_config config = config_of(k);
        m->sources[k] = seat_publish(m->seat, &config);
    }
    c->joins++;
}

/* ---- what they do ---- */

static void leave(struct crowd *c, struct member *m)
{
    bool vanish = below(c, 3) == 0;

    if (vanish)
        seat_vanish(m->seat);
    else
        seat_leave(m->seat);
    m->away = true;
    m->back_us = c->world->now_us + below(c, 30) * SECOND;
    c->leaves += !vanish;
    c->vanishings += vanish;
}

static void cut(struct crowd *c, struct member *m)
{
    if (below(c, 2))
        seat_cut(m->seat);
    else
        seat_lose(m->seat);
    m->cut = true;
    m->back_us = c->world->now_us + below(c, 4000) * 1000;
}

static void change_network(struct crowd *c, struct member *m)
{
    m->seat->signal_us = below(c, 150) * 1000;
    for (unsigned way = 0; way < 2; way++) {
        struct path path = {.loss = below(c, 2) * below(c, 50000),
                            .repeat = below(c, 2) * 5000,
                            .reorder = below(c, 2) * 20000,
                            .delay_us = 5000 + below(c, 60) * 1000,
                            .reorder_us = 20000};
        if (below(c, 20) == 0)
            path.loss = 1000000; /* until the next change */
        seat_set_path(m->seat, way, &path);
    }
}

static void mute(struct crowd *c, struct member *m)
{
    struct source *s = m->sources[below(c, 2)];

    if (!s->active || (!s->muted && below(c, 2)))
        return;
    peer_mute(m->seat->peer, s, !s->muted);
    c->mutes++;
}

static void publish(struct crowd *c, struct member *m)
{
    struct source *s = m->sources[below(c, 2)];

    if (s->active && below(c, 2)) {
        peer_unpublish(m->seat->peer, c->world->now_us, s);
        c->unpublished++;
    } else if (!s->active && s->sid[0]) { /* else it is being published */
        peer_publish_again(m->seat->peer, c->world->now_us, s, NULL);
    }
}

static void look(struct crowd *c, struct member *m)
{
    struct peer *p = m->seat->peer;
    const struct other *o = &m->seat->heard.others[below(c, CROWD)];

    if (o >= m->seat->heard.others + m->seat->heard.other_count || o->track_count == 0)
        return;
    const char *sid = o->tracks[below(c, o->track_count)].sid;
    if (below(c, 6) == 0)
        peer_subscribe(p, sid, below(c, 3) != 0);
    else
        peer_set_track(p, sid, below(c, 8) == 0, (int)below(c, 3), 0, 0);
    c->looks++;
}

static void say(struct crowd *c, struct member *m)
{
    struct peer_packet how = {.lossy = below(c, 2)};

    for (unsigned n = 1 + below(c, 5); n > 0; n--, c->said++)
        seat_say_as(m->seat, 20 + below(c, 3000), &how);
}

static void act(struct crowd *c, struct member *m)
{
    c->actions++;
    switch (below(c, 24)) {
    case 0:
        leave(c, m);
        break;
    case 1:
    case 2:
        cut(c, m);
        break;
    case 3:
        seat_move(m->seat);
        c->moves++;
        break;
    case 4:
    case 5:
        change_network(c, m);
        break;
    case 6:
    case 7:
    case 8:
        mute(c, m);
        break;
    case 9:
    case 10:
        publish(c, m);
        break;
    case 11:
    case 12:
        say(c, m);
        break;
    default:
        look(c, m);
        break;
    }
}

/* ---- time ---- */

static void come_back(struct crowd *c, struct member *m)
{
    m->cut = false;
    seat_reconnect(m->seat);
    c->resumes++;
}

static void step(struct crowd *c, unsigned i)
{
    struct member *m = &c->members[i];
    bool due = c->world->now_us >= m->back_us;

    if (m->away && due) {
        join(c, i);
    } else if (!m->away && m->seat->peer->left) { /* the server had enough */
        c->dismissed++;
        join(c, i);
    } else if (m->cut && due) {
        come_back(c, m);
    } else if (!m->away && !m->cut && m->seat->closed) {
        come_back(c, m);
    } else if (!m->away && below(c, ACTION_EVERY) == 0) {
        act(c, m);
    }
}

void crowd_meet(struct crowd *c, int64_t us)
{
    for (int64_t end_us = c->world->now_us + us; c->world->now_us < end_us;) {
        for (unsigned i = 0; i < CROWD; i++)
            step(c, i);
        world_pass(c->world, STEP_US);
    }
}

static void restore(struct member *m)
{
    struct peer *p = m->seat->peer;

    for (unsigned k = 0; k < 2; k++) {
        struct source *s = m->sources[k];
        if (s->active && s->muted)
            peer_mute(p, s, false);
        else if (!s->active && s->sid[0])
            peer_publish_again(p, m->seat->world->now_us, s, NULL);
    }
    for (unsigned i = 0; i < p->wish_count; i++) {
        char sid[sizeof p->wishes[i].sid];
        memcpy(sid, p->wishes[i].sid, sizeof sid);
        peer_subscribe(p, sid, true);
        peer_set_track(p, sid, false, LIVEKIT__VIDEO_QUALITY__HIGH, 0, 0);
    }
}

void crowd_calm(struct crowd *c)
{
    struct path good = {.delay_us = 10000};

    for (unsigned i = 0; i < CROWD; i++) {
        struct member *m = &c->members[i];
        if (m->away || m->seat->peer->left)
            join(c, i);
        else if (m->cut || m->seat->closed)
            come_back(c, m);
        m->seat->signal_us = 0;
        seat_set_path(m->seat, true, &good);
        seat_set_path(m->seat, false, &good);
    }
    world_pass(c->world, 20 * SECOND); /* lost datagrams of SCTP are sent again at last */
    for (unsigned i = 0; i < CROWD; i++) {
        if (c->members[i].seat->peer->left)
            join(c, i);
        restore(&c->members[i]);
    }
    world_pass(c->world, 5 * SECOND);
}

struct sink_stats crowd_stats(const struct crowd *c)
{
    struct sink_stats sum = {0};

    for (unsigned i = 0; i < CROWD; i++) {
        struct sink_stats one = seat_stats(c->members[i].seat);
        sink_add_stats(&sum, &one);
    }
    return sum;
}

void crowd_leave(struct crowd *c)
{
    for (unsigned i = 0; i < CROWD; i++) {
        struct member *m = &c->members[i];
        if (m->seat && m->seat->peer && !m->seat->peer->left)
            seat_leave(m->seat);
        if (m->seat)
            seat_vanish(m->seat);
        m->away = true;
        m->back_us = 0;
    }
}
