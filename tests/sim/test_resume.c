/* SPDX-License-Identifier: Apache-2.0 */
/* Connections that break and come back: signal cut and resumed with an ICE restart, addresses that
 * change, networks that are away, clients that never come back. */
#include "fixture.h"

struct scene {
    struct seat *anna, *bert;
    struct source *voice, *camera, *of_bert;
};

static struct scene scene(void)
{
    struct source_config voice = seat_voice(30), camera = seat_camera();
    struct scene s;

    fixture_two(&s.anna, &s.bert);
    s.voice = seat_publish(s.anna, &voice);
    s.camera = seat_publish(s.anna, &camera);
    s.of_bert = seat_publish(s.bert, &camera);
    world_pass(world, 2 * SECOND);
    return s;
}

static void expect_media(const struct scene *s)
{
    uint64_t before[3] = {seat_sink(s->bert, s->camera)->stats.unique,
                          seat_sink(s->bert, s->voice)->stats.unique,
                          seat_sink(s->anna, s->of_bert)->stats.unique};

    world_pass(world, 2 * SECOND);
    assert_in_range(seat_sink(s->bert, s->camera)->stats.unique - before[0], 199, 204);
    assert_in_range(seat_sink(s->bert, s->voice)->stats.unique - before[1], 99, 102);
    assert_in_range(seat_sink(s->anna, s->of_bert)->stats.unique - before[2], 199, 204);
}

/* Not a packet was lost or came twice, in either direction. */
static void expect_undisturbed(const struct scene *s)
{
    expect_media(s);
    expect_flawless(seat_sink(s->bert, s->camera), 100);
    expect_flawless(seat_sink(s->bert, s->voice), 100);
    expect_flawless(seat_sink(s->anna, s->of_bert), 100);
    assert_int_equal(s->bert->peer->stats.unknown_ssrc + s->anna->peer->stats.unknown_ssrc, 0);
}

/* The same session as before, for everybody. */
static void expect_same_session(const struct scene *s, const char *sid_of_anna)
{
    assert_false(s->anna->peer->left || s->anna->closed);
    assert_string_equal(s->anna->peer->sid, sid_of_anna);
    assert_string_equal(heard_of(&s->bert->heard, "anna")->sid, sid_of_anna);
    assert_int_equal(seat_state_of(s->bert, "anna"), ACTIVE);
    expect_tracks(s->bert, "anna", 2);
    expect_tracks(s->anna, "bert", 1);
    assert_int_equal(s->anna->peer->sink_count, 1);
    assert_int_equal(s->bert->peer->sink_count, 2);
}

static void test_signal_cut(void **state)
{
    struct scene s = scene();
    char sid[32], ufrags[2][64];

    (void)state;
    memcpy(sid, s.anna->peer->sid, sizeof sid);
    for (unsigned i = 0; i < 2; i++)
        snprintf(ufrags[i], sizeof ufrags[i], "%s", s.anna->peer->links[i].remote_ufrag);
    seat_cut(s.anna);
    expect_undisturbed(&s);
    world_pass(world, 3 * SECOND);
    seat_reconnect(s.anna);
    assert_int_equal(s.anna->heard.reconnects, 1);
    expect_undisturbed(&s);
    expect_same_session(&s, sid);
    /* ICE began anew on both connections, under the same keys. */
    for (unsigned i = 0; i < 2; i++) {
        assert_string_not_equal(s.anna->peer->links[i].remote_ufrag, ufrags[i]);
        assert_true(transport_ice(s.anna->peer->links[i].transport)->nominated);
    }
    assert_in_range(s.anna->refreshes, 2, 2);
}

static void test_both_cut(void **state)
{
    struct scene s = scene();
    char sid[32];

    (void)state;
    memcpy(sid, s.anna->peer->sid, sizeof sid);
    seat_cut(s.anna);
    world_pass(world, 500 * MILLISECOND);
    seat_cut(s.bert);
    world_pass(world, SECOND);
    seat_reconnect(s.anna);
    world_pass(world, 200 * MILLISECOND);
    seat_reconnect(s.bert);
    world_pass(world, SECOND);
    expect_undisturbed(&s);
    expect_same_session(&s, sid);
}

/* Whoever was away is told of the room as it is. */
static void test_news_of_the_meantime(void **state)
{
    struct scene s = scene();
    struct source_config voice = seat_voice(30);
    struct seat *c = seat_join(world, "room", "cleo");
    struct source *of_c = seat_publish(c, &voice);

    (void)state;
    world_pass(world, 2 * SECOND);
    expect_flawless(seat_sink(s.anna, of_c), 80);
    seat_cut(s.anna);
    world_pass(world, 500 * MILLISECOND);
    seat_leave(c);
    struct seat *d = seat_join(world, "room", "dora");
    struct source *of_d = seat_publish(d, &voice);
    peer_unpublish(s.bert->peer, world->now_us, s.of_bert);
    peer_mute(s.anna->peer, s.voice, true); /* said while nobody listens */
    world_pass(world, 2 * SECOND);
    assert_int_equal(seat_state_of(s.anna, "cleo"), ACTIVE);
    assert_false(fixture_track(s.bert, "anna", s.voice)->muted);
    seat_reconnect(s.anna);
    assert_int_equal(seat_state_of(s.anna, "cleo"), DISCONNECTED);
    assert_int_equal(seat_state_of(s.anna, "dora"), ACTIVE);
    expect_tracks(s.anna, "bert", 0);
    assert_true(fixture_track(s.bert, "anna", s.voice)->muted);
    world_pass(world, 3 * SECOND);
    assert_false(seat_sink(s.anna, of_c)->active);
    assert_false(seat_sink(s.anna, s.of_bert)->active);
    expect_flawless(seat_sink(s.anna, of_d), 140);
    assert_int_equal(s.anna->heard.people, 3);
}

static void test_never_published(void **state)
{
    struct scene s = scene();
    struct seat *c = seat_join(world, "room", "cleo");

    (void)state;
    world_pass(world, 2 * SECOND);
    seat_cut(c);
    world_pass(world, SECOND);
    seat_reconnect(c);
    world_pass(world, SECOND);
    assert_false(c->peer->left);
    expect_flawless(seat_sink(c, s.camera), 200);
    expect_flow(seat_sink(c, s.camera), SECOND, 99);
}

/* One after the other, some before the answers to the last have arrived. */
static void test_many_resumes(void **state)
{
    struct scene s = scene();
    struct random random;
    char sid[32];

    (void)state;
    random_seed(&random, 5);
    memcpy(sid, s.anna->peer->sid, sizeof sid);
    for (unsigned i = 0; i < 60; i++) {
        struct seat *who = i % 2 ? s.anna : s.bert;
        seat_cut(who);
        world_pass(world, random_below(&random, 3) * 400 * MILLISECOND);
        seat_reconnect(who);
        world_pass(world, random_below(&random, 4) * 20 * MILLISECOND);
    }
    world_pass(world, SECOND);
    assert_int_equal(s.anna->heard.reconnects, 30);
    assert_int_equal(s.bert->heard.reconnects, 30);
    expect_undisturbed(&s);
    expect_same_session(&s, sid);
}

/* A new connection before the old one is known to be gone. */
static void test_resume_without_cut(void **state)
{
    struct scene s = scene();
    char sid[32];

    (void)state;
    memcpy(sid, s.anna->peer->sid, sizeof sid);
    for (unsigned i = 0; i < 5; i++)
        seat_reconnect(s.anna);
    world_pass(world, SECOND);
    expect_undisturbed(&s);
    expect_same_session(&s, sid);
}

/* The network was away, and the client is somewhere else when it comes back. */
static void test_other_network(void **state)
{
    struct path dead = {.loss = 1000000, .delay_us = 10 * MILLISECOND};
    struct path good = {.delay_us = 10 * MILLISECOND};
    struct scene s = scene();
    char sid[32];

    (void)state;
    memcpy(sid, s.anna->peer->sid, sizeof sid);
    seat_set_path(s.anna, true, &dead);
    seat_set_path(s.anna, false, &dead);
    world_pass(world, SECOND);
    seat_cut(s.anna);
    world_pass(world, 7 * SECOND);
    seat_move(s.anna);
    seat_set_path(s.anna, true, &good);
    seat_set_path(s.anna, false, &good);
    seat_reconnect(s.anna);
    world_pass(world, 1500 * MILLISECOND); /* a key frame's throttle */
    expect_media(&s);
    expect_same_session(&s, sid);
    expect_orderly(seat_sink(s.bert, s.camera), 300);
    expect_orderly(seat_sink(s.anna, s.of_bert), 300);
}

/* Without any word on the signal connection: what a network box does to a long call. Media comes
 * back with the next check, at most two seconds later. */
static void test_address_changes(void **state)
{
    struct scene s = scene();
    char sid[32];

    (void)state;
    memcpy(sid, s.anna->peer->sid, sizeof sid);
    for (unsigned i = 0; i < 12; i++) {
        struct sink *seen = seat_sink(s.bert, s.camera), *sees = seat_sink(s.anna, s.of_bert);
        uint64_t before[2] = {seen->stats.unique, sees->stats.unique};
        seat_move(s.anna);
        world_pass(world, 5 * SECOND);
        assert_in_range(seen->stats.unique - before[0], 290, 505);
        assert_in_range(sees->stats.unique - before[1], 290, 505);
        expect_media(&s);
    }
    expect_same_session(&s, sid);
    assert_int_equal(s.anna->heard.reconnects, 0);
    expect_orderly(seat_sink(s.bert, s.camera), 6000);
    expect_orderly(seat_sink(s.anna, s.of_bert), 6000);
    assert_int_equal(engine_stats(world->engine)->drops[DROP_AUTH], 0);
}

/* ---- those who do not come back ---- */

/* Their signal connection stands open; only the silence tells. */
static void test_vanished(void **state)
{
    struct scene s = scene();

    (void)state;
    seat_vanish(s.anna);
    world_pass(world, 12 * SECOND);
    assert_int_equal(seat_state_of(s.bert, "anna"), ACTIVE);
    world_pass(world, 6 * SECOND);
    assert_int_equal(seat_state_of(s.bert, "anna"), DISCONNECTED);
    assert_int_equal(heard_of(&s.bert->heard, "anna")->reason,
                     LIVEKIT__DISCONNECT_REASON__CONNECTION_TIMEOUT);
    assert_true(s.anna->closed);
    for (unsigned i = 0; i < s.bert->peer->sink_count; i++)
        assert_false(s.bert->peer->sinks[i]->active);
    assert_int_equal(engine_stats(world->engine)->transports, 2);
    seat_join_again(s.anna);
    world_pass(world, SECOND);
    assert_int_equal(seat_state_of(s.bert, "anna"), ACTIVE);
    expect_flawless(seat_sink(s.anna, s.of_bert), 50);
}

/* The same when the connection was closed, as the kernel of a dead browser does. */
static void test_vanished_and_closed(void **state)
{
    struct scene s = scene();

    (void)state;
    seat_cut(s.anna);
    seat_vanish(s.anna);
    world_pass(world, 18 * SECOND);
    assert_int_equal(seat_state_of(s.bert, "anna"), DISCONNECTED);
    assert_int_equal(engine_stats(world->engine)->people, 1);
}

/* Signalling never comes back though media flows on: the place is kept for 30 s. */
static void test_too_late(void **state)
{
    struct scene s = scene();
    struct source_config voice = seat_voice(30);

    (void)state;
    seat_cut(s.anna);
    world_pass(world, 29 * SECOND);
    assert_int_equal(seat_state_of(s.bert, "anna"), ACTIVE);
    expect_flow(seat_sink(s.bert, s.camera), 500 * MILLISECOND, 45);
    world_pass(world, SECOND);
    assert_int_equal(seat_state_of(s.bert, "anna"), DISCONNECTED);
    seat_reconnect(s.anna);
    assert_true(s.anna->peer->left && s.anna->closed);
    assert_int_equal(s.anna->peer->leave_action, RECONNECT);
    assert_int_equal(s.anna->peer->leave_reason, LIVEKIT__DISCONNECT_REASON__STATE_MISMATCH);
    assert_int_equal(s.anna->heard.reconnects, 0);

    seat_join_again(s.anna);
    struct source *again = seat_publish(s.anna, &voice);
    world_pass(world, 2 * SECOND);
    assert_int_equal(seat_state_of(s.bert, "anna"), ACTIVE);
    expect_flawless(seat_sink(s.bert, again), 80);
}

/* Another's session cannot be taken over by its name. */
static void test_wrong_session(void **state)
{
    struct scene s = scene();
    struct seat *c = seat_join(world, "room", "cleo");

    (void)state;
    world_pass(world, SECOND);
    memcpy(c->peer->sid, s.anna->peer->sid, sizeof c->peer->sid);
    seat_reconnect(c);
    assert_true(c->peer->left);
    assert_int_equal(c->peer->leave_action, RECONNECT);
    world_pass(world, SECOND);
    assert_int_equal(seat_state_of(s.bert, "anna"), ACTIVE);
    expect_undisturbed(&s);
}

/* Who never connects is seen to come, and to go. */
static void test_half_joined(void **state)
{
    struct scene s = scene();
    struct seat *c = seat_join(world, "room", "cleo"), *d = seat_join(world, "room", "dora");

    (void)state;
    seat_vanish(c);
    seat_vanish(d);
    assert_int_equal(seat_state_of(s.anna, "cleo"), JOINED);
    world_pass(world, 2 * SECOND);
    seat_cut(d);
    assert_int_equal(seat_state_of(s.anna, "dora"), DISCONNECTED);
    world_pass(world, 26 * SECOND);
    assert_int_equal(seat_state_of(s.anna, "cleo"), JOINED);
    world_pass(world, 4 * SECOND);
    assert_int_equal(seat_state_of(s.anna, "cleo"), DISCONNECTED);
    assert_true(c->closed);
    expect_undisturbed(&s);
}

/* Who speaks but has no way for media is told after a minute that it will not work. */
static void test_no_way_for_media(void **state)
{
    struct path dead = {.loss = 1000000};
    struct scene s = scene();
    struct seat *c = seat_join(world, "room", "cleo");

    (void)state;
    seat_set_path(c, true, &dead);
    world_pass(world, 59 * SECOND);
    assert_int_equal(seat_state_of(s.anna, "cleo"), JOINED);
    world_pass(world, 2 * SECOND);
    assert_int_equal(seat_state_of(s.anna, "cleo"), DISCONNECTED);
    assert_true(c->peer->left && c->closed);
    assert_int_equal(c->peer->leave_action, DISCONNECT);
    assert_int_equal(c->peer->leave_reason, LIVEKIT__DISCONNECT_REASON__JOIN_FAILURE);
    expect_undisturbed(&s);
}

int main(void)
{
    const struct CMUnitTest cases[] = {
        SIMULATION(test_signal_cut),
        SIMULATION(test_both_cut),
        SIMULATION(test_news_of_the_meantime),
        SIMULATION(test_never_published),
        SIMULATION(test_many_resumes),
        SIMULATION(test_resume_without_cut),
        SIMULATION(test_other_network),
        SIMULATION(test_address_changes),
        SIMULATION(test_vanished),
        SIMULATION(test_vanished_and_closed),
        SIMULATION(test_too_late),
        SIMULATION(test_wrong_session),
        SIMULATION(test_half_joined),
        SIMULATION(test_no_way_for_media),
    };
    return SIMULATE(cases);
}
