/* SPDX-License-Identifier: Apache-2.0 */
/* Whole meetings over a network without faults: joining, publishing, watching, leaving. */
#include "fixture.h"

static void test_two_people(void **state)
{
    (void)state;
    struct seat *a, *b;
    fixture_two(&a, &b);
    assert_true(a->peer->links[PEER_SUBSCRIBER].connected);

    struct source_config voice = seat_voice(30), camera = seat_camera();
    struct source *voice_a = seat_publish(a, &voice), *camera_a = seat_publish(a, &camera);
    struct source *voice_b = seat_publish(b, &voice);
    world_pass(world, 10 * SECOND);
    expect_flawless(seat_sink(b, voice_a), 490);
    expect_flawless(seat_sink(a, voice_b), 490);
    expect_flawless(seat_sink(b, camera_a), 980);
    assert_int_equal(seat_sink(b, camera_a)->layer, 2);
    assert_int_equal(seat_sink(b, camera_a)->stats.frames,
                     seat_sink(b, camera_a)->stats.unique / 4);
    assert_null(seat_sink(a, voice_a));
    assert_int_equal(b->peer->stats.unknown_ssrc, 0);
    assert_in_range(a->peer->stats.transport_feedback, 80, 250);
}

#define PEOPLE 5

/* Everybody sees everybody, whoever came first. */
static void test_five_people(void **state)
{
    static const char *const names[PEOPLE] = {"anna", "bert", "cleo", "dora", "emil"};
    struct source *voices[PEOPLE], *cameras[PEOPLE];
    struct seat *seats[PEOPLE];
    struct source_config voice = seat_voice(30), camera = seat_camera();

    (void)state;
    for (unsigned i = 0; i < PEOPLE; i++) {
        seats[i] = seat_join(world, "room", names[i]);
        voices[i] = seat_publish(seats[i], &voice);
        cameras[i] = seat_publish(seats[i], &camera);
        world_pass(world, 300 * MILLISECOND);
    }
    world_pass(world, 10 * SECOND);
    for (unsigned i = 0; i < PEOPLE; i++) {
        assert_int_equal(seats[i]->heard.people, PEOPLE);
        for (unsigned k = 0; k < PEOPLE; k++) {
            assert_int_equal(seat_state_of(seats[i], names[k]), ACTIVE);
            expect_tracks(seats[i], names[k], 2);
            if (i == k)
                continue;
            expect_flawless(seat_sink(seats[i], voices[k]), 490);
            /* Whoever comes a moment after another waits for the next key frame, at most a second.
             */
            expect_flawless(seat_sink(seats[i], cameras[k]), 920);
            assert_int_equal(seat_sink(seats[i], cameras[k])->layer, 2);
        }
        assert_int_equal(seats[i]->peer->sink_count, 2 * (PEOPLE - 1));
        assert_int_equal(seats[i]->peer->stats.unknown_ssrc, 0);
    }
}

/* Rooms on one engine know nothing of each other. */
static void test_two_rooms(void **state)
{
    struct source_config voice = seat_voice(30);

    (void)state;
    struct seat *a = seat_join(world, "one", "anna"), *b = seat_join(world, "one", "bert");
    struct seat *c = seat_join(world, "two", "anna"), *d = seat_join(world, "two", "dora");
    struct source *of_a = seat_publish(a, &voice), *of_c = seat_publish(c, &voice);
    seat_say(a, 100);
    world_pass(world, 5 * SECOND);
    expect_flawless(seat_sink(b, of_a), 230);
    expect_flawless(seat_sink(d, of_c), 230);
    assert_null(seat_sink(d, of_a));
    assert_null(seat_sink(b, of_c));
    expect_talk(b, a, 0, 1);
    assert_null(heard_talk(&d->heard, "anna", false));
    assert_int_equal(seat_state_of(b, "dora"), -1);
}

/* Media starts with a key frame that was asked for, within two round trips of being subscribed. */
static void test_late_joiner(void **state)
{
    struct source_config camera = seat_camera(), voice = seat_voice(30);

    (void)state;
    struct seat *a = seat_join(world, "room", "anna");
    struct source *camera_a = seat_publish(a, &camera), *voice_a = seat_publish(a, &voice);
    world_pass(world, 20 * SECOND);
    uint32_t before = camera_a->layers[2].keyframes;
    uint64_t asked = a->peer->stats.plis_received;
    struct seat *b = seat_join(world, "room", "bert");
    int64_t joined_us = world->now_us;
    world_pass(world, SECOND);
    struct sink *k = seat_sink(b, camera_a);
    expect_flawless(k, 70);
    expect_flawless(seat_sink(b, voice_a), 30);
    assert_int_equal(k->layer, 2);
    assert_int_equal(k->last.body.frame - k->stats.frames + 1 > 400, true);
    assert_in_range(camera_a->layers[2].keyframes, before + 1, before + 2);
    assert_in_range(a->peer->stats.plis_received, asked + 1, asked + 4);
    assert_in_range(k->first_us - joined_us, 0, 300 * MILLISECOND);
    assert_in_range(k->first_us - b->peer->links[PEER_SUBSCRIBER].connected_us, 0,
                    100 * MILLISECOND);
}

static void test_leaving(void **state)
{
    struct seat *a, *b;
    struct source_config voice = seat_voice(30);

    (void)state;
    fixture_two(&a, &b);
    seat_publish(a, &voice);
    struct source *voice_b = seat_publish(b, &voice);
    world_pass(world, 2 * SECOND);
    expect_flow(seat_sink(a, voice_b), SECOND, 49);
    seat_leave(b);
    assert_int_equal(seat_state_of(a, "bert"), DISCONNECTED);
    expect_tracks(a, "bert", 0);
    assert_int_equal(heard_of(&a->heard, "bert")->reason,
                     LIVEKIT__DISCONNECT_REASON__CLIENT_INITIATED);
    expect_silence(seat_sink(a, voice_b), 6 * SECOND);
    assert_int_equal(a->heard.people, 1);
    assert_false(seat_sink(a, voice_b)->active);

    seat_join_again(b);
    voice_b = seat_publish(b, &voice);
    world_pass(world, 6 * SECOND);
    assert_int_equal(seat_state_of(a, "bert"), ACTIVE);
    expect_flawless(seat_sink(a, voice_b), 280);
    assert_int_equal(a->heard.people, 2);
}

/* The newcomer takes the place of the one with the same name, who is told why. */
static void test_duplicate_identity(void **state)
{
    struct seat *a, *b;
    struct source_config voice = seat_voice(30);

    (void)state;
    fixture_two(&a, &b);
    struct source *first = seat_publish(b, &voice);
    world_pass(world, 2 * SECOND);
    struct seat *c = seat_join(world, "room", "bert");
    struct source *second = seat_publish(c, &voice);
    assert_true(b->peer->left && b->closed);
    assert_int_equal(b->peer->leave_action, DISCONNECT);
    assert_int_equal(b->peer->leave_reason, LIVEKIT__DISCONNECT_REASON__DUPLICATE_IDENTITY);
    world_pass(world, 2 * SECOND);
    assert_string_not_equal(b->peer->sid, c->peer->sid);
    assert_string_equal(heard_of(&a->heard, "bert")->sid, c->peer->sid);
    expect_tracks(a, "bert", 1);
    expect_flow(seat_sink(a, second), SECOND, 49);
    expect_silence(seat_sink(a, first), SECOND);
    assert_int_equal(a->heard.people, 2);
}

static void hide(struct grant *g)
{
    g->permission.hidden = true;
}

/* Nobody learns of a hidden participant, who sees and hears everything. */
static void test_hidden(void **state)
{
    struct seat *a, *b;
    struct source_config voice = seat_voice(30);

    (void)state;
    fixture_two(&a, &b);
    struct source *voice_a = seat_publish(a, &voice);
    struct seat *h = seat_join_as(
        world, &(struct seat_plan){.room = "room", .identity = "holly", .grant = hide});
    struct source *voice_h = seat_publish(h, &voice);
    world_pass(world, 2 * SECOND);
    seat_say(a, 50);
    seat_say(h, 50);
    world_pass(world, 8 * SECOND);
    assert_int_equal(seat_state_of(h, "anna"), ACTIVE);
    expect_flawless(seat_sink(h, voice_a), 400);
    expect_talk(h, a, 0, 1);
    assert_int_equal(seat_state_of(a, "holly"), -1);
    assert_int_equal(seat_state_of(b, "holly"), -1);
    assert_null(seat_sink(a, voice_h));
    assert_null(heard_talk(&a->heard, "holly", false));
    assert_int_equal(a->heard.people, 2);
    seat_leave(h);
    world_pass(world, SECOND);
    assert_int_equal(seat_state_of(a, "holly"), -1);
}

static void limit_to_two(struct grant *g)
{
    g->max_participants = 2;
}

static void test_max_participants(void **state)
{
    struct seat_plan plan = {.room = "room", .identity = "anna", .grant = limit_to_two};

    (void)state;
    struct seat *a = seat_join_as(world, &plan), *b = seat_join(world, "room", "bert");
    struct seat *c = seat_join(world, "room", "cleo");
    assert_true(c->peer->left && c->closed && !c->peer->joined);
    assert_int_equal(c->peer->leave_action, DISCONNECT);
    assert_int_equal(c->peer->leave_reason, LIVEKIT__DISCONNECT_REASON__JOIN_FAILURE);
    world_pass(world, SECOND);
    assert_int_equal(seat_state_of(a, "cleo"), -1);
    assert_int_equal(seat_state_of(a, "bert"), ACTIVE);
    seat_leave(b);
    seat_join_again(c);
    world_pass(world, SECOND);
    assert_int_equal(seat_state_of(a, "cleo"), ACTIVE);
}

/* The loudest is told of within a second, and silence too. */
static void test_speakers(void **state)
{
    struct seat *a, *b;
    struct source_config loud = seat_voice(20), quiet = seat_voice(127);

    (void)state;
    fixture_two(&a, &b);
    struct source *voice_a = seat_publish(a, &loud);
    seat_publish(b, &quiet);
    world_pass(world, 2 * SECOND);
    assert_string_equal(b->heard.loudest, a->peer->sid);
    assert_string_equal(a->heard.loudest, a->peer->sid);
    peer_mute(a->peer, voice_a, true);
    world_pass(world, 2 * SECOND);
    assert_string_equal(b->heard.loudest, "");
}

int main(void)
{
    const struct CMUnitTest cases[] = {
        SIMULATION(test_two_people), SIMULATION(test_five_people),
        SIMULATION(test_two_rooms),  SIMULATION(test_late_joiner),
        SIMULATION(test_leaving),    SIMULATION(test_duplicate_identity),
        SIMULATION(test_hidden),     SIMULATION(test_max_participants),
        SIMULATION(test_speakers),
    };
    return SIMULATE(cases);
}
