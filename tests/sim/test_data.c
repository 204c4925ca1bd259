/* SPDX-License-Identifier: Apache-2.0 */
/* Data packets: reliable ones come once and in order, whatever happens to connections; a reader who
 * is slow costs nobody else. */
#include "fixture.h"

#define MESSAGES 128
#define MESSAGE_BYTES 4096

static const struct path good = {.delay_us = 10 * MILLISECOND};
static const struct path dead = {.loss = 1000000, .delay_us = 10 * MILLISECOND};

static void set_paths(struct seat *s, const struct path *path)
{
    seat_set_path(s, true, path);
    seat_set_path(s, false, path);
}

struct trio {
    struct seat *anna, *bert, *cleo;
};

static struct trio trio(void)
{
    struct trio t;

    fixture_two(&t.anna, &t.bert);
    t.cleo = seat_join(world, "room", "cleo");
    world_pass(world, SECOND);
    return t;
}

/* ---- over resumes ---- */

/* One who is away for a while: from then, until then; the network too. */
struct absence {
    struct seat *who;
    int64_t from_us, until_us;
    bool network;
};

static void live(const struct absence *a, int64_t at_us)
{
    if (!a->who)
        return;
    if (at_us == a->from_us) {
        seat_cut(a->who);
        if (a->network)
            set_paths(a->who, &dead);
    } else if (at_us == a->until_us) {
        set_paths(a->who, &good);
        seat_reconnect(a->who);
    }
}

/* A message every 10 ms from anna, and as many from bert when both speak. */
static void talk(const struct trio *t, const struct absence *x, const struct absence *y, bool both)
{
    for (int64_t at_us = 0; at_us < 5 * SECOND; at_us += 10 * MILLISECOND) {
        live(x, at_us);
        live(y, at_us);
        if (at_us < MESSAGES * 10 * MILLISECOND) {
            seat_say(t->anna, MESSAGE_BYTES);
            if (both)
                seat_say(t->bert, MESSAGE_BYTES);
        }
        world_pass(world, 10 * MILLISECOND);
    }
    world_pass(world, 10 * SECOND);
    expect_talk(t->bert, t->anna, 0, MESSAGES);
    expect_talk(t->cleo, t->anna, 0, MESSAGES);
    if (both) {
        expect_talk(t->anna, t->bert, 0, MESSAGES);
        expect_talk(t->cleo, t->bert, 0, MESSAGES);
    }
    assert_null(heard_talk(&t->anna->heard, "anna", false));
    assert_false(t->anna->peer->left || t->bert->peer->left || t->cleo->peer->left);
    assert_int_equal(t->cleo->peer->data.skipped, 0);
}

static void test_no_resume(void **state)
{
    struct trio t = trio();
    struct absence none = {NULL, 0, 0, false};

    (void)state;
    talk(&t, &none, &none, true);
    assert_int_equal(t.bert->peer->data.skipped, 0);
}

static void test_sender_resumes(void **state)
{
    (void)state;
    for (unsigned network = 0; network < 2; network++) {
        struct trio t = trio();
        struct absence a = {t.anna, 100 * MILLISECOND, 200 * MILLISECOND, network};
        struct absence none = {NULL, 0, 0, false};
        talk(&t, &a, &none, false);
        /* What the server had not heard was said again, and what it had heard not forwarded. */
        assert_in_range(t.anna->peer->data.sent_again, network ? 10 : 1, network ? 25 : 5);
        assert_int_equal(t.bert->peer->data.skipped, 0);
        fixture_end(state);
        fixture_begin(state);
    }
}

static void test_receiver_resumes(void **state)
{
    (void)state;
    for (unsigned network = 0; network < 2; network++) {
        struct trio t = trio();
        struct absence b = {t.bert, 100 * MILLISECOND, 400 * MILLISECOND, network};
        struct absence none = {NULL, 0, 0, false};
        talk(&t, &none, &b, false);
        fixture_end(state);
        fixture_begin(state);
    }
}

static void test_both_resume(void **state)
{
    static const struct {
        int64_t from_a, until_a, from_b, until_b;
    } cases[] = {
        {0, 200, 0, 400},       {100, 200, 100, 400}, {100, 600, 300, 400},
        {100, 1200, 900, 4000}, {0, 3000, 0, 10},
    };

    (void)state;
    for (unsigned i = 0; i < 2 * sizeof cases / sizeof cases[0]; i++) {
        struct trio t = trio();
        bool network = i & 1;
        struct absence a = {t.anna, cases[i / 2].from_a * 1000, cases[i / 2].until_a * 1000,
                            network};
        struct absence b = {t.bert, cases[i / 2].from_b * 1000, cases[i / 2].until_b * 1000,
                            network};
        talk(&t, &a, &b, true);
        fixture_end(state);
        fixture_begin(state);
    }
}

/* On networks that lose a tenth of everything. */
static void test_loss(void **state)
{
    struct path awful = {.loss = 10 * PERCENT, .delay_us = 30 * MILLISECOND};
    struct trio t = trio();

    (void)state;
    set_paths(t.anna, &awful);
    set_paths(t.bert, &awful);
    for (unsigned i = 0; i < MESSAGES; i++) {
        seat_say(t.anna, MESSAGE_BYTES);
        seat_say(t.bert, MESSAGE_BYTES);
        world_pass(world, 100 * MILLISECOND);
    }
    world_pass(world, 60 * SECOND);
    expect_talk(t.bert, t.anna, 0, MESSAGES);
    expect_talk(t.cleo, t.anna, 0, MESSAGES);
    expect_talk(t.anna, t.bert, 0, MESSAGES);
}

/* ---- to whom ---- */

static void test_addressed(void **state)
{
    struct trio t = trio();

    (void)state;
    for (unsigned i = 0; i < 10; i++)
        seat_say_as(t.anna, 100, &(struct peer_packet){.to = "bert"});
    seat_say_as(t.anna, 100, &(struct peer_packet){.to = "nobody"});
    world_pass(world, 2 * SECOND);
    expect_talk(t.bert, t.anna, 0, 10);
    assert_null(heard_talk(&t.cleo->heard, "anna", false));
    assert_null(heard_talk(&t.anna->heard, "anna", false));
}

static void forbid_data(struct grant *g)
{
    g->permission.can_publish_data = false;
}

static void test_not_allowed(void **state)
{
    struct trio t = trio();
    struct seat_plan plan = {.room = "room", .identity = "mute", .grant = forbid_data};
    struct seat *m = seat_join_as(world, &plan);

    (void)state;
    world_pass(world, SECOND);
    seat_say(m, 100);
    seat_say_as(m, 100, &(struct peer_packet){.lossy = true});
    seat_say(t.anna, 100);
    world_pass(world, 2 * SECOND);
    assert_null(heard_talk(&t.bert->heard, "mute", false));
    assert_null(heard_talk(&t.bert->heard, "mute", true));
    expect_talk(m, t.anna, 0, 1);
}

/* Up to what our description says; one that is longer is refused by the client itself. */
static void test_sizes(void **state)
{
    static const size_t sizes[] = {4, 1000, 1200, 1300, 16384, 40000, 65000};
    struct trio t = trio();

    (void)state;
    for (unsigned i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
        enum channel_sent sent = seat_say(t.anna, sizes[i]);
        assert_true(sent == CHANNEL_SENT || sent == CHANNEL_QUEUED);
    }
    world_pass(world, 2 * SECOND);
    expect_talk(t.bert, t.anna, 0, sizeof sizes / sizeof sizes[0]);
    assert_int_equal(seat_say(t.anna, 70000), CHANNEL_DROPPED);
}

/* What was said before somebody came is not theirs; what was said while they connected is. */
static void test_while_connecting(void **state)
{
    struct path far = {.delay_us = 200 * MILLISECOND};
    struct trio t = trio();

    (void)state;
    for (unsigned i = 0; i < 5; i++)
        seat_say(t.anna, 100);
    world_pass(world, SECOND);
    struct seat *d = seat_join(world, "room", "dora");
    set_paths(d, &far);
    for (unsigned i = 0; i < 30; i++) {
        seat_say(t.anna, 100);
        world_pass(world, 50 * MILLISECOND);
    }
    world_pass(world, 5 * SECOND);
    expect_talk(t.bert, t.anna, 0, 35);
    expect_talk(d, t.anna, 5, 30);
}

/* Lossy packets may be missing, but none comes twice or after a later one. */
static void test_lossy(void **state)
{
    struct path lossy = {.loss = 5 * PERCENT, .delay_us = 10 * MILLISECOND};
    struct trio t = trio();

    (void)state;
    seat_say_as(t.anna, 100, &(struct peer_packet){.lossy = true});
    world_pass(world, SECOND); /* the channel is open: the first went nowhere */
    set_paths(t.anna, &lossy);
    for (unsigned i = 0; i < 1000; i++) {
        seat_say_as(t.anna, 200, &(struct peer_packet){.lossy = true});
        world_pass(world, 20 * MILLISECOND);
    }
    const struct talk *heard = heard_talk(&t.bert->heard, "anna", true);
    assert_non_null(heard);
    assert_in_range(heard->count, 900, 990);
    assert_int_equal(heard->disorder, 0);
    assert_null(heard_talk(&t.bert->heard, "anna", false));
}

/* ---- slow readers ---- */

/* Data does not get through to somebody, media does. */
static const struct path stuck = {.loss = 1000000,
                                  .delay_us = 10 * MILLISECOND,
                                  .spared =
                                      1u << NETWORK_RTP | 1u << NETWORK_RTCP | 1u << NETWORK_STUN};

static unsigned count_of(const struct seat *viewer, const struct seat *speaker)
{
    const struct talk *t = heard_talk(&viewer->heard, speaker->plan.identity, false);

    return t ? t->count : 0;
}

/* Who takes nothing any more holds those who send much for a while, and is then let go of. Nobody
 * else's words wait, and no media. */
static void test_too_slow(void **state)
{
    struct source_config camera = seat_camera();
    struct trio t = trio();
    unsigned said = 0, heard = 0;
    int64_t heard_us = world->now_us, silence_us = 0;

    (void)state;
    struct source *s = seat_publish(t.anna, &camera);
    seat_say(t.cleo, 10);
    world_pass(world, 2 * SECOND);
    seat_set_path(t.bert, false, &stuck);
    while (!t.bert->peer->left && said < 2000) {
        assert_int_not_equal(seat_say(t.anna, MESSAGE_BYTES), CHANNEL_TOO_SLOW);
        said++;
        seat_say(t.cleo, 10);
        world_pass(world, 20 * MILLISECOND);
        if (count_of(t.cleo, t.anna) != heard || said == 1)
            heard_us = world->now_us;
        heard = count_of(t.cleo, t.anna);
        if (world->now_us - heard_us > silence_us)
            silence_us = world->now_us - heard_us;
        assert_in_range(count_of(t.anna, t.cleo) + 3, said, said + 5);
    }
    assert_in_range(silence_us, LIMIT_READER_STALL_US - SECOND, LIMIT_READER_STALL_US + SECOND);
    assert_in_range(said * 20 * MILLISECOND, LIMIT_READER_STALL_US, 2 * LIMIT_READER_STALL_US);
    assert_true(t.bert->closed);
    assert_int_equal(t.bert->peer->leave_action, RECONNECT);
    assert_int_equal(seat_state_of(t.cleo, "bert"), DISCONNECTED);
    expect_flawless(seat_sink(t.bert, s), 900);
    expect_flawless(seat_sink(t.cleo, s), 900);
    world_pass(world, 2 * SECOND);
    expect_talk(t.cleo, t.anna, 0, said);

    /* They come back, and hear what is said from then on. */
    seat_set_path(t.bert, false, &good);
    seat_join_again(t.bert);
    world_pass(world, SECOND);
    seat_say(t.anna, 100);
    world_pass(world, SECOND);
    expect_talk(t.bert, t.anna, said, 1);
}

/* A reader who is only slow loses nothing: senders wait. */
static void test_slow_line(void **state)
{
    struct path slow = {.loss = 3 * PERCENT, .delay_us = 40 * MILLISECOND};
    struct trio t = trio();
    unsigned said;

    (void)state;
    seat_set_path(t.bert, false, &slow);
    for (said = 0; said * MESSAGE_BYTES < 3 * 1024 * 1024; said++) {
        assert_int_not_equal(seat_say(t.anna, MESSAGE_BYTES), CHANNEL_TOO_SLOW);
        world_pass(world, 15 * MILLISECOND);
    }
    assert_in_range(count_of(t.bert, t.anna), 1, said * 2 / 3);
    world_pass(world, 60 * SECOND);
    expect_talk(t.bert, t.anna, 0, said);
    expect_talk(t.cleo, t.anna, 0, said);
    assert_false(t.bert->peer->left);
}

/* Nor does one to whom so little gets through that senders are held for much longer than a dead
 * reader would hold them. */
static void test_starved(void **state)
{
    struct path bad = stuck;
    struct trio t = trio();
    unsigned said, waited_s = 0;

    (void)state;
    bad.loss = 30 * PERCENT;
    seat_set_path(t.bert, false, &bad);
    for (said = 0; said < 600; said++) {
        assert_int_not_equal(seat_say(t.anna, MESSAGE_BYTES), CHANNEL_TOO_SLOW);
        world_pass(world, 5 * MILLISECOND);
    }
    while (count_of(t.bert, t.anna) < said && waited_s < 600 && !t.bert->peer->left) {
        world_pass(world, SECOND);
        waited_s++;
    }
    assert_false(t.bert->peer->left);
    assert_in_range(waited_s * SECOND, 3 * LIMIT_READER_STALL_US, 600 * SECOND);
    expect_talk(t.bert, t.anna, 0, said);
    expect_talk(t.cleo, t.anna, 0, said);
}

/* What comes while somebody's line is dead for a few seconds is kept for them. */
static void test_slow_for_a_while(void **state)
{
    struct trio t = trio();
    unsigned said;

    (void)state;
    seat_set_path(t.bert, false, &stuck);
    for (said = 0; said * MESSAGE_BYTES < LIMIT_DATA_WAITING; said++) {
        seat_say(t.anna, MESSAGE_BYTES);
        world_pass(world, 10 * MILLISECOND);
    }
    assert_null(heard_talk(&t.bert->heard, "anna", false));
    seat_set_path(t.bert, false, &good);
    world_pass(world, 30 * SECOND);
    expect_talk(t.bert, t.anna, 0, said);
    expect_talk(t.cleo, t.anna, 0, said);
    assert_false(t.bert->peer->left);
}

int main(void)
{
    const struct CMUnitTest cases[] = {
        SIMULATION(test_no_resume),
        SIMULATION(test_sender_resumes),
        SIMULATION(test_receiver_resumes),
        SIMULATION(test_both_resume),
        SIMULATION(test_loss),
        SIMULATION(test_addressed),
        SIMULATION(test_not_allowed),
        SIMULATION(test_sizes),
        SIMULATION(test_while_connecting),
        SIMULATION(test_lossy),
        SIMULATION(test_too_slow),
        SIMULATION(test_slow_line),
        SIMULATION(test_starved),
        SIMULATION(test_slow_for_a_while),
    };
    return SIMULATE(cases);
}
