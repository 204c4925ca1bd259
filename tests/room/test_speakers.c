/* SPDX-License-Identifier: Apache-2.0 */
/* Speaker updates: deltas, to those who hear. Levels are fed as ingest does. */
#include "harness.h"
#include "room/signalling.h"

#define CLEAR LIVEKIT__ENCRYPTION__TYPE__NONE

/* `ms` of 20 ms packets at this level (-dBov). */
static void speak(const struct client *c, uint8_t level, unsigned ms)
{
    for (unsigned at = 0; at < ms; at += 20) {
        speaker_on_level(&person_of(c)->sections[1].track->speaker, level);
        run_ms(20);
    }
}

static void test_deltas(void **state)
{
    (void)state;
    struct client *alice = client_join("alice"), *bob = client_join("bob"),
                  *deaf = client_new("deaf");

    deaf->grant->auto_subscribe = false;
    client_open(deaf);
    client_publish_audio(alice, "mic");
    assert_int_equal(client_count(bob, RESP(SPEAKERS_CHANGED)), 0);
    speak(alice, 10, 1000);
    const Livekit__SpeakersChanged *s = client_last(bob, RESP(SPEAKERS_CHANGED))->speakers_changed;
    assert_int_equal(s->n_speakers, 1);
    assert_string_equal(s->speakers[0]->sid, person_of(alice)->sid);
    assert_true(s->speakers[0]->active);
    assert_true(s->speakers[0]->level > 0 && s->speakers[0]->level <= 1);
    assert_true(client_count(alice, RESP(SPEAKERS_CHANGED)) > 0);
    assert_int_equal(client_count(deaf, RESP(SPEAKERS_CHANGED)), 0);
    speak(alice, 10, 4000);
    unsigned steady = client_count(bob, RESP(SPEAKERS_CHANGED));
    speak(alice, 10, 1000);
    assert_int_equal(client_count(bob, RESP(SPEAKERS_CHANGED)), steady);
    speak(alice, 127, 4000);
    s = client_last(bob, RESP(SPEAKERS_CHANGED))->speakers_changed;
    assert_false(s->speakers[0]->active);
    assert_true(s->speakers[0]->level < 0.001F);
}

/* The end of speech is told even when the track went first. */
static void test_unpublished(void **state)
{
    (void)state;
    struct client *alice = client_join("alice"), *bob = client_join("bob");

    client_publish_audio(alice, "mic");
    speak(alice, 10, 1000);
    client_offer(alice, "");
    run_ms(1000);
    const Livekit__SpeakersChanged *s = client_last(bob, RESP(SPEAKERS_CHANGED))->speakers_changed;
    assert_false(s->speakers[0]->active);
    assert_false(speakers_wanted(the_room()));
    assert_true(the_room()->speakers_due_us == TIME_NEVER);
}

static void test_hidden(void **state)
{
    (void)state;
    struct client *ghost = client_new("ghost"), *bob = client_join("bob");

    ghost->grant->permission.hidden = true;
    client_open(ghost);
    run_ms(100);
    client_publish_audio(ghost, "mic");
    speak(ghost, 10, 1000);
    assert_int_equal(client_count(bob, RESP(SPEAKERS_CHANGED)), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        WORLD_TEST(test_deltas),
        WORLD_TEST(test_unpublished),
        WORLD_TEST(test_hidden),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
