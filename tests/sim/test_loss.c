/* SPDX-License-Identifier: Apache-2.0 */
/* Networks that lose, reorder and repeat: what viewers get all the same, and what it costs. Round
 * trips between a client and the server are 60 ms. */
#include "fixture.h"

#define DURATION (60 * SECOND)

static const struct path good = {.delay_us = 30 * MILLISECOND};
static const struct path lossy = {.loss = 5 * PERCENT, .delay_us = 30 * MILLISECOND};

/* A publisher and two viewers. */
struct trio {
    struct seat *anna, *bert, *cleo;
    struct source *voice, *camera, *screen;
};

static struct seat *join(const char *identity, bool no_rtx)
{
    struct seat_plan plan = {.room = "room", .identity = identity, .no_rtx = no_rtx};
    struct seat *s = seat_join_as(world, &plan);

    seat_set_path(s, true, &good);
    seat_set_path(s, false, &good);
    return s;
}

/* They meet; then the network becomes what it is to be. */
static struct trio meet(bool no_rtx, const struct path *up_of_anna, const struct path *down_of_bert)
{
    struct source_config voice = seat_voice(30), camera = seat_camera(), screen = seat_screen();
    struct trio t = {.anna = join("anna", no_rtx), .bert = join("bert", no_rtx)};

    t.cleo = join("cleo", no_rtx);
    world_pass(world, SECOND);
    t.voice = seat_publish(t.anna, &voice);
    t.camera = seat_publish(t.anna, &camera);
    t.screen = seat_publish(t.anna, &screen);
    world_pass(world, 3 * SECOND); /* round trips are known */
    seat_set_path(t.anna, true, up_of_anna);
    seat_set_path(t.bert, false, down_of_bert);
    world_pass(world, DURATION);
    seat_set_path(t.anna, true, &good);
    seat_set_path(t.bert, false, &good);
    world_pass(world, SECOND);
    return t;
}

/* At least 99.9 % of what was sent came, and no packet of it by much later than a player waits. */
static void expect_repaired(const struct sink *k, const struct source *s)
{
    uint32_t sent = s->layers[s->config.layers - 1].number;

    expect_orderly(k, sent * 9 / 10);
    assert_true(sink_share(k) >= 0.999);
    assert_in_range((k->stats.unique + k->stats.lost) * 1000, sent * 985, sent * 1000);
    assert_in_range(k->stats.slow * 1000, 0, 2 * k->stats.unique);
    assert_in_range(k->stats.recovered * 100, 4 * sent, 13 * sent);
    assert_int_equal(k->stats.switches, 0);
}

/* 5 % of what was sent is missing. */
static void expect_gaps(const struct sink *k, uint32_t sent)
{
    expect_orderly(k, sent * 93 / 100);
    assert_in_range(k->stats.unique, sent * 93 / 100, sent * 97 / 100);
}

static void expect_all(const struct sink *k, const struct source *s)
{
    expect_flawless(k, s->layers[s->config.layers - 1].number * 985 / 1000);
    assert_int_equal(k->stats.recovered, 0);
}

/* Retransmissions are not more than `most` percent of the losses, the second losses of repeats
 * included, and nobody needs key frames. */
static void expect_thrift(const struct trio *t, unsigned most)
{
    uint64_t lost = t->anna->up.lost[NETWORK_RTP], resent = 0, keyframes = 0;

    for (unsigned i = 0; i < 3; i++) {
        resent += t->camera->layers[i].resent + t->screen->layers[i].resent;
        keyframes += t->camera->layers[i].keyframes + t->screen->layers[i].keyframes;
    }
    assert_in_range(resent * 100, 0, lost * most);
    assert_in_range(keyframes, 0, 12);
}

static void test_uplink(void **state)
{
    (void)state;
    struct trio t = meet(false, &lossy, &good);
    struct sink *k = seat_sink(t.bert, t.camera);
    expect_repaired(k, t.camera);
    expect_repaired(seat_sink(t.cleo, t.camera), t.camera);
    expect_repaired(seat_sink(t.bert, t.screen), t.screen);
    expect_gaps(seat_sink(t.bert, t.voice), t.voice->layers[0].number);
    assert_in_range(k->stats.duplicates, 0, 5);
    assert_int_equal(t.bert->peer->stats.dropped, 0); /* no number was sent twice */
    expect_thrift(&t, 115);
}

static void test_downlink(void **state)
{
    (void)state;
    struct trio t = meet(false, &good, &lossy);
    expect_repaired(seat_sink(t.bert, t.camera), t.camera);
    expect_repaired(seat_sink(t.bert, t.screen), t.screen);
    expect_repaired(seat_sink(t.bert, t.voice), t.voice);
    /* Video's repairs have a stream of their own, audio's have not. */
    assert_int_equal(seat_sink(t.bert, t.camera)->stats.repeats,
                     seat_sink(t.bert, t.camera)->stats.recovered);
    assert_int_equal(seat_sink(t.bert, t.voice)->stats.repeats, 0);
    /* It costs neither the publisher nor the other viewer anything. */
    expect_all(seat_sink(t.cleo, t.camera), t.camera);
    expect_all(seat_sink(t.cleo, t.voice), t.voice);
    assert_int_equal(t.camera->layers[2].resent, 0);
    expect_thrift(&t, 115);
}

static void test_both(void **state)
{
    (void)state;
    struct trio t = meet(false, &lossy, &lossy);
    expect_repaired(seat_sink(t.bert, t.camera), t.camera);
    expect_repaired(seat_sink(t.bert, t.screen), t.screen);
    expect_repaired(seat_sink(t.cleo, t.camera), t.camera);
    expect_thrift(&t, 115);
}

/* Without a stream for them, retransmissions come in the stream itself. */
static void test_both_without_rtx(void **state)
{
    (void)state;
    struct trio t = meet(true, &lossy, &lossy);
    assert_int_equal(seat_sink(t.bert, t.camera)->rtx_payload_type, 0);
    assert_int_equal(seat_sink(t.bert, t.camera)->stats.repeats, 0);
    expect_repaired(seat_sink(t.bert, t.camera), t.camera);
    expect_repaired(seat_sink(t.bert, t.screen), t.screen);
    expect_repaired(seat_sink(t.cleo, t.camera), t.camera);
    /* Nothing tells how long a publisher who views nobody takes to answer. */
    expect_thrift(&t, 170);
}

static void test_ten_percent(void **state)
{
    struct path worse = {.loss = 10 * PERCENT, .delay_us = 30 * MILLISECOND};

    (void)state;
    struct trio t = meet(false, &worse, &worse);
    struct sink *k = seat_sink(t.bert, t.camera);
    expect_orderly(k, t.camera->layers[2].number * 9 / 10);
    assert_true(sink_share(k) >= 0.995);
    assert_in_range(k->stats.slow * 1000, 0, k->stats.unique * 5);
}

/* A viewer that asks for nothing again gets what is left, and key frames at most every second. */
static void test_without_nack(void **state)
{
    struct source_config camera = seat_camera();
    struct seat_plan plan = {.room = "room", .identity = "bert", .no_nack = true};

    (void)state;
    struct seat *a = seat_join(world, "room", "anna"), *b = seat_join_as(world, &plan);
    world_pass(world, SECOND);
    struct source *s = seat_publish(a, &camera);
    world_pass(world, SECOND);
    uint32_t keyframes = s->layers[2].keyframes;
    seat_set_path(b, false, &lossy);
    world_pass(world, DURATION);
    struct sink *k = seat_sink(b, s);
    expect_gaps(k, s->layers[2].number);
    assert_int_equal(k->stats.recovered, 0);
    assert_int_equal(k->stats.nacks, 0);
    assert_in_range(s->layers[2].keyframes - keyframes, 30, 61);
    assert_int_equal(s->layers[0].keyframes + s->layers[1].keyframes, 2);
}

/* Late packets find their place; what was asked for meanwhile is not forwarded twice. */
static void test_reordering(void **state)
{
    struct path shuffled = {
        .reorder = 10 * PERCENT, .delay_us = 30 * MILLISECOND, .reorder_us = 25 * MILLISECOND};

    (void)state;
    struct trio t = meet(false, &shuffled, &good);
    struct sink *k = seat_sink(t.bert, t.camera);
    expect_flawless(k, t.camera->layers[2].number * 985 / 1000);
    expect_flawless(seat_sink(t.bert, t.voice), t.voice->layers[0].number * 985 / 1000);
    assert_int_equal(k->stats.slow, 0);
    assert_int_equal(t.bert->peer->stats.dropped, 0);
    assert_in_range(t.camera->layers[2].keyframes, 1, 3);
}

static void test_duplicates(void **state)
{
    struct path doubled = {.repeat = 10 * PERCENT, .delay_us = 30 * MILLISECOND};
    const struct engine_stats *stats = engine_stats(world->engine);

    (void)state;
    struct trio t = meet(false, &doubled, &good);
    expect_all(seat_sink(t.bert, t.camera), t.camera);
    expect_all(seat_sink(t.bert, t.voice), t.voice);
    assert_int_equal(t.bert->peer->stats.dropped, 0);
    assert_in_range(stats->drops[DROP_REPLAY], t.anna->up.sent[NETWORK_RTP] * 9 / 100,
                    t.anna->up.sent[NETWORK_RTP] * 11 / 100);
}

/* Everything at once, both ways, for everybody. */
static void test_bad_day(void **state)
{
    struct path awful = {.loss = 5 * PERCENT,
                         .repeat = 3 * PERCENT,
                         .reorder = 5 * PERCENT,
                         .delay_us = 30 * MILLISECOND,
                         .reorder_us = 20 * MILLISECOND};

    (void)state;
    struct trio t = meet(false, &awful, &awful);
    struct sink *k = seat_sink(t.bert, t.camera);
    expect_orderly(k, t.camera->layers[2].number * 98 / 100);
    assert_true(sink_share(k) >= 0.999);
}

/* Nothing gets through for a while. */
static void outage(int64_t us, uint64_t frames_lost)
{
    struct path dead = {.loss = 1000000, .delay_us = 30 * MILLISECOND};
    struct trio t = meet(false, &good, &good);
    struct sink *k = seat_sink(t.bert, t.camera), *other = seat_sink(t.cleo, t.camera);

    uint64_t frames = k->stats.frames;
    seat_set_path(t.bert, false, &dead);
    world_pass(world, us);
    seat_set_path(t.bert, false, &good);
    world_pass(world, 10 * SECOND);
    expect_orderly(k, 0);
    assert_in_range(k->stats.frames - frames, (uint64_t)((10 * SECOND + us) / 40000) - frames_lost,
                    UINT32_MAX);
    expect_all(other, t.camera);
    expect_flow(k, SECOND, 99);
}

/* What was missed is still in the history. */
static void test_short_outage(void **state)
{
    (void)state;
    outage(400 * MILLISECOND, 2);
}

/* Too much for the history: the stream goes on at a key frame. */
static void test_long_outage(void **state)
{
    (void)state;
    outage(5 * SECOND, 125 + 60);
}

int main(void)
{
    const struct CMUnitTest cases[] = {
        SIMULATION(test_uplink),      SIMULATION(test_downlink),
        SIMULATION(test_both),        SIMULATION(test_both_without_rtx),
        SIMULATION(test_ten_percent), SIMULATION(test_without_nack),
        SIMULATION(test_reordering),  SIMULATION(test_duplicates),
        SIMULATION(test_bad_day),     SIMULATION(test_short_outage),
        SIMULATION(test_long_outage),
    };
    return SIMULATE(cases);
}
