/* SPDX-License-Identifier: Apache-2.0 */
/* Rewriting for one viewer, over seeded random streams: three layers of VP8 with losses, repairs,
 * reordering, duplicates and padding, while the wanted layer changes and stops. What must hold of
 * every number that goes out. */
#include "rtc/forward.h"

#include "base/mem.h"
#include "base/random.h"
#include "base/seq.h"
#include "rtc/recv.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

#define SEEDS 60
#define FRAMES 500
#define PACKETS_MAX (FRAMES * LIMIT_LAYERS * 8)
#define FRAME_US 33333
#define FRAME_TICKS 3000
#define SETTLED 150 /* a slot this far behind the newest is looked at */

/* One packet of a layer as the publisher made it. */
struct source {
    struct media media;
    unsigned frame;
    bool padding, in_order;
};

struct arrival {
    int64_t at_us;
    unsigned order; /* keeps the sort stable */
    unsigned source;
    uint8_t layer;
};

struct sending {
    bool set;
    uint8_t layer;
    unsigned frame;
    int64_t seq;
    struct forward_out out;
};

struct run {
    struct random random;
    uint16_t id_mask;
    struct source *sources[LIMIT_LAYERS];
    unsigned source_count[LIMIT_LAYERS];
    int64_t first_seq[LIMIT_LAYERS];
    struct arrival *arrivals;
    unsigned arrival_count;
    struct recv recv[LIMIT_LAYERS];
    struct forward forward;
    int64_t first_out, checked_to;
    struct sending *sent; /* by outgoing number from first_out on */
    struct sending *frames[LIMIT_LAYERS];
    unsigned sent_count, again_count, gap_count;
};

static bool chance(struct run *r, unsigned percent)
{
    return random_below(&r->random, 100) < percent;
}

static void arrive(struct run *r, uint8_t layer, unsigned source, int64_t at_us)
{
    assert_true(r->arrival_count < 2 * PACKETS_MAX);
    r->arrivals[r->arrival_count] = (struct arrival){
        .at_us = at_us, .order = r->arrival_count, .source = source, .layer = layer};
    r->arrival_count++;
}

/* The beginning of a key frame comes in time or never: what overtakes it is not this test's matter.
 */
static void send_over_network(struct run *r, uint8_t layer, unsigned index, int64_t at_us)
{
    struct source *s = &r->sources[layer][index];
    int64_t late_us = 0;

    if (chance(r, 4)) {
        if (s->media.frame.keyframe || chance(r, 40))
            return;
        late_us = 60000 + random_below(&r->random, 300000);
    } else if (!s->media.frame.keyframe && chance(r, 6)) {
        late_us = 1 + random_below(&r->random, 2000);
    }
    s->in_order = late_us == 0;
    arrive(r, layer, index, at_us + late_us);
    if (chance(r, 2))
        arrive(r, layer, index, at_us + late_us + random_below(&r->random, 100000));
}

static void make_frame(struct run *r, uint8_t layer, unsigned frame, uint32_t timestamp,
                       unsigned id)
{
    bool key = chance(r, 8);
    unsigned media = 1 + random_below(&r->random, 6), total = media + chance(r, 5) * 2;

    for (unsigned k = 0; k < total; k++) {
        unsigned index = r->source_count[layer]++;
        struct source *s = &r->sources[layer][index];
        *s = (struct source){.frame = frame, .padding = k >= media};
        s->media = (struct media){.seq = r->first_seq[layer] + index,
                                  .timestamp = timestamp + frame * FRAME_TICKS,
                                  .payload_size = s->padding ? 0 : 1000,
                                  .marker = k + 1 == media};
        s->media.frame.start = k == 0;
        s->media.frame.keyframe = k == 0 && key;
        s->media.frame.vp8 =
            (struct vp8_descriptor){.has_picture_id = true,
                                    .picture_id_long = r->id_mask == 0x7fff,
                                    .has_tl0 = true,
                                    .picture_id = (uint16_t)((id + frame) & r->id_mask),
                                    .tl0 = (uint8_t)(id + frame)};
        send_over_network(r, layer, index, (int64_t)frame * FRAME_US + layer * 7000 + k * 500);
    }
}

static int by_time(const void *a, const void *b)
{
    const struct arrival *x = a, *y = b;

    if (x->at_us != y->at_us)
        return x->at_us < y->at_us ? -1 : 1;
    return x->order < y->order ? -1 : 1;
}

static void run_new(struct run *r, uint64_t seed)
{
    *r = (struct run){0};
    random_seed(&r->random, seed);
    r->id_mask = chance(r, 50) ? 0x7fff : 0x7f;
    r->arrivals = xcalloc(2 * PACKETS_MAX, sizeof *r->arrivals);
    r->sent = xcalloc(PACKETS_MAX, sizeof *r->sent);
    for (uint8_t layer = 0; layer < LIMIT_LAYERS; layer++) {
        r->sources[layer] = xcalloc(FRAMES * 8, sizeof *r->sources[layer]);
        r->frames[layer] = xcalloc(FRAMES, sizeof *r->frames[layer]);
        r->first_seq[layer] = 64000 + random_below(&r->random, 3000);
        recv_init(&r->recv[layer], layer + 1, 90000, true);
        uint32_t timestamp = (uint32_t)random_next(&r->random);
        unsigned id = random_below(&r->random, 0x8000);
        for (unsigned frame = 0; frame < FRAMES; frame++)
            make_frame(r, layer, frame, timestamp, id);
    }
    qsort(r->arrivals, r->arrival_count, sizeof *r->arrivals, by_time);
    r->first_out = r->checked_to = 64000 + random_below(&r->random, 1536);
    forward_init(&r->forward, CODEC_VP8, (uint16_t)r->first_out, (uint32_t)random_next(&r->random));
}

static void run_free(struct run *r)
{
    for (unsigned layer = 0; layer < LIMIT_LAYERS; layer++) {
        free(r->sources[layer]);
        free(r->frames[layer]);
    }
    free(r->arrivals);
    free(r->sent);
}

static void assert_same(const struct forward_out *a, const struct forward_out *b)
{
    assert_int_equal(a->seq, b->seq);
    assert_int_equal(a->timestamp, b->timestamp);
    assert_int_equal(a->marker, b->marker);
    assert_int_equal(a->patch_vp8, b->patch_vp8);
    assert_int_equal(a->picture_id, b->picture_id);
    assert_int_equal(a->tl0, b->tl0);
}

static int64_t oldest_known(const struct forward *f)
{
    int64_t oldest = INT64_MAX;

    for (unsigned i = 0; i < f->break_count; i++)
        if (f->breaks[i].out_from < oldest)
            oldest = f->breaks[i].out_from;
    return oldest;
}

/* Each number once, each frame one time and one picture. */
static void on_sent(struct run *r, const struct source *s, uint8_t layer,
                    const struct forward_out *out)
{
    struct sending now = {true, layer, s->frame, s->media.seq, *out};

    assert_in_range(out->seq, r->first_out, r->first_out + PACKETS_MAX - 1);
    struct sending *slot = &r->sent[out->seq - r->first_out];
    assert_false(slot->set);
    *slot = now;
    struct sending *frame = &r->frames[layer][s->frame];
    if (frame->set) {
        assert_int_equal(frame->out.timestamp, out->timestamp);
        assert_int_equal(frame->out.picture_id, out->picture_id);
        assert_int_equal(frame->out.tl0, out->tl0);
    }
    *frame = now;
    r->sent_count++;
}

/* A viewer asks for any of the last numbers again. */
static void ask_again(struct run *r)
{
    struct forward *f = &r->forward;
    int64_t asked = f->out_newest - random_below(&r->random, 300);
    uint8_t layer;
    int64_t seq;
    struct forward_out out;

    if (asked < r->first_out)
        return;
    bool found = forward_find(f, (uint16_t)asked, &layer, &seq);
    assert_int_equal(found, asked >= oldest_known(f));
    const struct sending *s = &r->sent[asked - r->first_out];
    if (!found || !s->set)
        return;
    assert_int_equal(layer, s->layer);
    assert_int_equal(seq, s->seq);
    const struct media *m = &r->sources[layer][seq - r->first_seq[layer]].media;
    assert_true(forward_again(f, m, layer, (uint16_t)asked, &out));
    assert_same(&out, &s->out);
    r->again_count++;
}

/* A number that nothing went out with belongs to a packet that was lost or came late. */
static void check_gaps(struct run *r)
{
    struct forward *f = &r->forward;
    uint8_t layer;
    int64_t seq;

    for (; r->checked_to < f->out_newest - SETTLED; r->checked_to++) {
        if (r->sent[r->checked_to - r->first_out].set || r->checked_to < oldest_known(f))
            continue;
        assert_true(forward_find(f, (uint16_t)r->checked_to, &layer, &seq));
        assert_false(r->sources[layer][seq - r->first_seq[layer]].in_order);
        r->gap_count++;
    }
}

/* Neighbours on the wire: the same picture at the same time, or the next one later. */
static void check_neighbours(const struct run *r)
{
    for (int64_t i = 0; i < r->forward.out_newest - r->first_out; i++) {
        const struct sending *a = &r->sent[i], *b = &r->sent[i + 1];
        if (!a->set || !b->set)
            continue;
        bool same = a->layer == b->layer && a->frame == b->frame;
        unsigned step = same ? 0 : 1;
        assert_int_equal(b->out.picture_id, (a->out.picture_id + step) & r->id_mask);
        assert_int_equal(b->out.tl0, (uint8_t)(a->out.tl0 + step));
        if (same)
            assert_int_equal(a->out.timestamp, b->out.timestamp);
        else
            assert_true(timestamp_newer(b->out.timestamp, a->out.timestamp));
    }
}

static void on_arrival(struct run *r, const struct arrival *a)
{
    struct forward *f = &r->forward;
    const struct source *s = &r->sources[a->layer][a->source];
    int64_t delta = random_below(&r->random, 2 * FRAME_TICKS);
    struct forward_out out;

    if (recv_on_packet(&r->recv[a->layer], a->at_us, s->media.seq, s->media.timestamp, 1000) ==
        RECV_DUPLICATE)
        return;
    if (s->padding) {
        forward_skip(f, &s->media, a->layer);
        return;
    }
    /* The difference to layer 0 is not known to the test; it takes any that moves time on. */
    delta += f->timestamp_offset + s->media.timestamp - f->last_timestamp - FRAME_TICKS;
    if (forward_push(f, a->at_us, &s->media, a->layer, chance(r, 50) ? &delta : NULL, &out) ==
        FORWARD_SEND)
        on_sent(r, s, a->layer, &out);
    else
        assert_true(a->layer != f->current || !s->in_order);
}

static void holds_for_any_stream(void **state)
{
    (void)state;
    unsigned sent = 0, again = 0, gaps = 0;
    for (uint64_t seed = 1; seed <= SEEDS; seed++) {
        struct run r;
        run_new(&r, seed);
        forward_set_target(&r.forward, 0);
        for (unsigned i = 0; i < r.arrival_count; i++) {
            if (random_below(&r.random, 150) == 0)
                forward_set_target(&r.forward, (uint8_t)random_below(&r.random, LIMIT_LAYERS + 1));
            on_arrival(&r, &r.arrivals[i]);
            ask_again(&r);
            check_gaps(&r);
        }
        check_neighbours(&r);
        sent += r.sent_count;
        again += r.again_count;
        gaps += r.gap_count;
        run_free(&r);
    }
    /* The streams are such that there was something to see. */
    assert_true(sent > SEEDS * 500);
    assert_true(again > SEEDS * 500);
    assert_true(gaps > SEEDS);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(holds_for_any_stream),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
