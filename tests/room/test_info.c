/* SPDX-License-Identifier: Apache-2.0 */
/* What is told about a room and its people. */
#include "harness.h"
#include "room/info.h"

static void test_person(void **state)
{
    (void)state;
    struct client *alice = client_new("alice");
    struct grant *g = alice->grant;
    struct arena a;

    str_set(&g->name, "Alice");
    str_set(&g->metadata, "m");
    grant_set_attribute(g, "k", "v");
    g->kind = LIVEKIT__PARTICIPANT_INFO__KIND__AGENT;
    g->capabilities[0] = LIVEKIT__CLIENT_INFO__CAPABILITY__CAP_PACKET_TRAILER;
    g->capability_count = 1;
    g->permission.sources = 1u << LIVEKIT__TRACK_SOURCE__CAMERA;
    client_open(alice);
    arena_init(&a);
    const Livekit__ParticipantInfo *p = info_person(person_of(alice), &a);
    assert_string_equal(p->identity, "alice");
    assert_string_equal(p->name, "Alice");
    assert_string_equal(p->metadata, "m");
    assert_int_equal(p->kind, LIVEKIT__PARTICIPANT_INFO__KIND__AGENT);
    assert_int_equal(p->n_attributes, 1);
    assert_string_equal(p->attributes[0]->value, "v");
    assert_int_equal(p->n_capabilities, 1);
    assert_int_equal(p->capabilities[0], LIVEKIT__CLIENT_INFO__CAPABILITY__CAP_PACKET_TRAILER);
    assert_int_equal(p->permission->n_can_publish_sources, 1);
    assert_int_equal(p->permission->can_publish_sources[0], LIVEKIT__TRACK_SOURCE__CAMERA);
    assert_int_equal(p->joined_at, p->joined_at_ms / 1000);
    assert_false(p->is_publisher);
    arena_fini(&a);
}

static void test_tracks(void **state)
{
    (void)state;
    struct client *alice = client_join("alice");
    struct arena a;

    client_publish_audio(alice, "mic");
    client_add(alice, "waiting", true, LIVEKIT__ENCRYPTION__TYPE__NONE);
    arena_init(&a);
    const Livekit__ParticipantInfo *p = info_person(person_of(alice), &a);
    assert_int_equal(p->n_tracks, 1);
    assert_int_equal(p->tracks[0]->source, LIVEKIT__TRACK_SOURCE__MICROPHONE);
    assert_true(p->is_publisher);
    arena_fini(&a);
}

static void test_people(void **state)
{
    (void)state;
    struct client *alice = client_join("alice"), *ghost = client_new("ghost");
    struct arena a;
    size_t count;

    ghost->grant->permission.hidden = true;
    client_open(ghost);
    client_join("bob");
    arena_init(&a);
    Livekit__ParticipantInfo **people = info_people(the_room(), person_of(alice), &count, &a);
    assert_int_equal(count, 1);
    assert_string_equal(people[0]->identity, "bob");
    info_people(the_room(), NULL, &count, &a);
    assert_int_equal(count, 2);
    const Livekit__Room *r = info_room(the_room(), &a);
    assert_int_equal(r->num_participants, 2);
    assert_string_equal(r->metadata, "");
    assert_int_equal(r->creation_time, r->creation_time_ms / 1000);
    assert_string_equal(info_server(world.engine, &a)->version, INFO_SERVER_VERSION);
    arena_fini(&a);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        WORLD_TEST(test_person),
        WORLD_TEST(test_tracks),
        WORLD_TEST(test_people),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
