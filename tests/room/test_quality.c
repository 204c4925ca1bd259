/* SPDX-License-Identifier: Apache-2.0 */
/* Connection quality: once excellent, then only what changed. Loss is set as the reports do. */
#include "harness.h"
#include "room/signalling.h"

static const Livekit__ConnectionQualityInfo *quality_of(const struct client *c, const char *sid)
{
    const Livekit__ConnectionQualityUpdate *u =
        client_last(c, RESP(CONNECTION_QUALITY))->connection_quality;

    for (size_t i = 0; i < u->n_updates; i++)
        if (strcmp(u->updates[i]->participant_sid, sid) == 0)
            return u->updates[i];
    return NULL;
}

static void test_once(void **state)
{
    (void)state;
    struct client *alice = client_join("alice");

    run_ms(5100);
    assert_int_equal(client_count(alice, RESP(CONNECTION_QUALITY)), 1);
    const Livekit__ConnectionQualityInfo *q = quality_of(alice, person_of(alice)->sid);
    assert_int_equal(q->quality, LIVEKIT__CONNECTION_QUALITY__EXCELLENT);
    assert_true(q->score > 4.9F);
    run_ms(15000);
    assert_int_equal(client_count(alice, RESP(CONNECTION_QUALITY)), 1);
}

static void test_whom(void **state)
{
    (void)state;
    struct client *alice = client_join("alice"), *bob = client_join("bob");

    run_ms(5100);
    assert_null(quality_of(bob, person_of(alice)->sid));
    client_publish_audio(alice, "mic");
    run_ms(5100);
    assert_non_null(quality_of(bob, person_of(alice)->sid));
    assert_non_null(quality_of(bob, person_of(bob)->sid));
    assert_null(quality_of(alice, person_of(bob)->sid));
}

static void test_loss(void **state)
{
    (void)state;
    static const struct {
        uint8_t fraction;
        int quality;
    } cases[] = {{4, LIVEKIT__CONNECTION_QUALITY__EXCELLENT},
                 {10, LIVEKIT__CONNECTION_QUALITY__GOOD},
                 {40, LIVEKIT__CONNECTION_QUALITY__POOR},
                 {255, LIVEKIT__CONNECTION_QUALITY__POOR},
                 {0, LIVEKIT__CONNECTION_QUALITY__EXCELLENT}};
    struct client *alice = client_join("alice"), *bob = client_join("bob");

    client_publish_audio(alice, "mic");
    struct downtrack *d = list_entry(person_of(bob)->downtracks.next, struct downtrack, in_viewer);
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        d->fraction_lost = cases[i].fraction;
        quality_update(the_room());
        turn();
        assert_int_equal(quality_of(bob, person_of(bob)->sid)->quality, cases[i].quality);
        assert_int_equal(quality_of(bob, person_of(alice)->sid)->quality,
                         LIVEKIT__CONNECTION_QUALITY__EXCELLENT);
    }
    assert_int_equal(client_count(bob, RESP(CONNECTION_QUALITY)), 4);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        WORLD_TEST(test_once),
        WORLD_TEST(test_whom),
        WORLD_TEST(test_loss),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
