/* SPDX-License-Identifier: Apache-2.0 */
/* Encrypted rooms: what is clear is refused and counted, what cannot be an encrypted frame is left
 * out without a gap, and the rest goes its way as ever. */
#include "fixture.h"

#define ENCRYPTED "{\"e2ee\":true}"

static struct source_config sealed(struct source_config c)
{
    c.encryption = LIVEKIT__ENCRYPTION__TYPE__GCM;
    return c;
}

static const struct engine_stats *counters(void)
{
    return engine_stats(world->engine);
}

static void make_room(const char *metadata)
{
    Livekit__CreateRoomRequest q = LIVEKIT__CREATE_ROOM_REQUEST__INIT;

    q.name = (char *)(uintptr_t) "room";
    q.metadata = (char *)(uintptr_t)metadata;
    assert_true(world_call(world, ENGINE_CREATE_ROOM, &q.base));
}

static bool try_metadata(const char *metadata)
{
    Livekit__UpdateRoomMetadataRequest q = LIVEKIT__UPDATE_ROOM_METADATA_REQUEST__INIT;

    q.room = (char *)(uintptr_t) "room";
    q.metadata = (char *)(uintptr_t)metadata;
    return world_call(world, ENGINE_UPDATE_ROOM_METADATA, &q.base);
}

static void test_encrypted_tracks_flow(void **state)
{
    struct source_config voice = sealed(seat_voice(30)), camera = sealed(seat_camera());
    struct seat *a, *b;

    (void)state;
    make_room(ENCRYPTED);
    fixture_two(&a, &b);
    assert_string_equal(a->heard.room_metadata, ENCRYPTED);
    struct source *of_voice = seat_publish(a, &voice), *of_camera = seat_publish(a, &camera);
    world_pass(world, 5 * SECOND);
    for (int quality = 0; quality < 3; quality++) {
        peer_set_track(b->peer, of_camera->sid, false, quality, 0, 0);
        world_pass(world, 2 * SECOND);
        assert_int_equal(seat_sink(b, of_camera)->layer, quality);
    }
    expect_flawless(seat_sink(b, of_voice), 500);
    expect_flawless(seat_sink(b, of_camera), 1000);
    assert_int_equal(counters()->refused_short_frames, 0);
    assert_int_equal(counters()->refused_clear_tracks, 0);
}

/* Refused before it is offered, and when it is sent all the same. */
static void test_clear_track(void **state)
{
    struct source_config voice = seat_voice(30);
    struct seat *a, *b;

    (void)state;
    make_room(ENCRYPTED);
    fixture_two(&a, &b);
    seat_say_as(a, 10, &(struct peer_packet){.encrypted = true}); /* opens the connection */
    world_pass(world, SECOND);
    struct source *s = seat_publish(a, &voice);
    assert_int_equal(counters()->refused_clear_tracks, 1);
    assert_int_equal(a->heard.refusals, 1);
    assert_int_equal(a->heard.refusal, LIVEKIT__REQUEST_RESPONSE__REASON__NOT_ALLOWED);
    world_pass(world, SECOND);
    assert_int_equal(a->heard.notices, 1);
    assert_non_null(strstr(a->heard.notice, "not_encrypted"));
    assert_int_equal(b->heard.notices, 0);
    expect_tracks(b, "anna", 0);

    s->active = true;
    peer_negotiate(a->peer);
    world_pass(world, SECOND);
    assert_false(s->flowing); /* the answer's section is inactive */
    s->flowing = true;
    uint64_t dropped = counters()->drops[DROP_NOT_FOR_US];
    world_pass(world, 2 * SECOND);
    assert_in_range(counters()->drops[DROP_NOT_FOR_US] - dropped, 99, 110);
    assert_int_equal(b->peer->stats.media_received, 0);
    assert_int_equal(b->peer->sink_count, 0);
    expect_tracks(b, "anna", 0);
}

static void test_clear_data(void **state)
{
    struct seat *a, *b;

    (void)state;
    make_room(ENCRYPTED);
    fixture_two(&a, &b);
    for (unsigned i = 0; i < 10; i++)
        seat_say(a, 100);
    world_pass(world, SECOND);
    assert_int_equal(counters()->refused_clear_data, 10);
    assert_null(heard_talk(&b->heard, "anna", false));
    seat_say_as(a, 100, &(struct peer_packet){.lossy = true});
    seat_say_as(a, 100, &(struct peer_packet){.lossy = true, .encrypted = true});
    for (unsigned i = 0; i < 10; i++)
        seat_say_as(a, 100, &(struct peer_packet){.encrypted = true});
    world_pass(world, SECOND);
    assert_int_equal(counters()->refused_clear_data, 11);
    expect_talk(b, a, 10, 10);
    assert_int_equal(heard_talk(&b->heard, "anna", true)->count, 1);
    assert_int_equal(heard_talk(&b->heard, "anna", true)->first, 1);
}

/* A payload of this size counts as a frame, one that is a byte shorter does not. */
static void expect_threshold(struct seat *a, struct source *s, struct sink *k, size_t least)
{
    uint64_t refused = counters()->refused_short_frames, packets = k->stats.packets;

    world_pass(world, 5 * MILLISECOND); /* between two frames */
    for (size_t size = 8; size < least; size++)
        peer_send_runt(a->peer, world->now_us, s, size);
    world_pass(world, SECOND);
    assert_int_equal(counters()->refused_short_frames - refused, least - 8);
    assert_int_equal(k->stats.bad, 0);
    expect_flawless(k, packets + 10);
    assert_int_equal(k->stats.jumps, 0);
    peer_send_runt(a->peer, world->now_us, s, least);
    world_pass(world, SECOND);
    assert_int_equal(counters()->refused_short_frames - refused, least - 8);
    /* It came through, says nothing, and was asked for again. */
    assert_in_range(k->stats.bad, 1, 11);
    k->stats.bad = 0;
}

/* What is too short for trailer and clear bytes (2 of the descriptor's 6 are flags; no key frame)
 * would end native clients. */
static void test_short_frames(void **state)
{
    struct source_config voice = sealed(seat_voice(30)), screen = sealed(seat_screen());
    struct seat *a, *b;

    (void)state;
    make_room(ENCRYPTED);
    fixture_two(&a, &b);
    struct source *of_voice = seat_publish(a, &voice), *of_screen = seat_publish(a, &screen);
    world_pass(world, 2 * SECOND);
    expect_threshold(a, of_voice, seat_sink(b, of_voice), 1 + 30);
    expect_threshold(a, of_screen, seat_sink(b, of_screen), 6 + 3 + 30);
}

/* Encryption that is switched on during a meeting ends what is clear at once, then the meeting, and
 * stays on. */
static void test_switched_on(void **state)
{
    struct source_config clear = seat_voice(30), camera = sealed(seat_camera());
    struct seat *a, *b;

    (void)state;
    fixture_two(&a, &b);
    struct source *of_voice = seat_publish(a, &clear), *of_camera = seat_publish(a, &camera);
    seat_say(a, 50);
    world_pass(world, 2 * SECOND);
    expect_flawless(seat_sink(b, of_voice), 80);
    assert_true(try_metadata(ENCRYPTED));
    world_pass(world, 100 * MILLISECOND);
    assert_string_equal(b->heard.room_metadata, ENCRYPTED);
    assert_false(of_voice->active); /* its publisher was told */
    expect_tracks(b, "anna", 1);
    assert_int_equal(b->heard.notices, 1);
    assert_non_null(strstr(b->heard.notice, "e2ee_enabled"));
    expect_silence(seat_sink(b, of_voice), 200 * MILLISECOND);
    expect_flawless(seat_sink(b, of_camera), 100);
    assert_false(a->closed || b->closed);
    world_pass(world, 200 * MILLISECOND);
    assert_true(a->closed && b->closed);
    assert_int_equal(b->peer->leave_reason, LIVEKIT__DISCONNECT_REASON__ROOM_CLOSED);
    assert_false(try_metadata("{\"e2ee\":false}"));
    struct seat *c = seat_join(world, "room", "cleo");
    world_pass(world, SECOND);
    assert_string_equal(c->heard.room_metadata, ENCRYPTED);
    seat_publish(c, &clear);
    world_pass(world, SECOND);
    assert_int_equal(c->heard.refusals, 1);
    assert_int_equal(counters()->refused_clear_tracks, 1);
}

int main(void)
{
    const struct CMUnitTest cases[] = {
        SIMULATION(test_encrypted_tracks_flow),
        SIMULATION(test_clear_track),
        SIMULATION(test_clear_data),
        SIMULATION(test_short_frames),
        SIMULATION(test_switched_on),
    };
    return SIMULATE(cases);
}
