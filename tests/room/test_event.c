/* SPDX-License-Identifier: Apache-2.0 */
/* What others are told by webhooks: each event once, in order, with what it is about. */
#include "pair.h"

#define EVENTS_MAX 16

struct told {
    struct arena arena;
    Livekit__WebhookEvent *list[EVENTS_MAX];
    unsigned count;
};

/* All that was told since the last time. */
static void take_told(struct told *t)
{
    struct parcel *p;

    t->count = 0;
    arena_init(&t->arena);
    while ((p = parcel_take(&world.told)) != NULL) {
        assert_true(t->count < EVENTS_MAX);
        t->list[t->count] = (void *)signal_parse(&livekit__webhook_event__descriptor,
                                                 span_of(p->bytes, p->size), &t->arena);
        assert_non_null(t->list[t->count++]);
        free(p);
    }
}

static const Livekit__WebhookEvent *expect(const struct told *t, unsigned i, const char *name)
{
    assert_true(i < t->count);
    const Livekit__WebhookEvent *w = t->list[i];
    assert_string_equal(w->event, name);
    assert_string_equal(w->room->name, "meeting");
    assert_memory_equal(w->room->sid, "RM_", 3);
    assert_string_equal(w->id, "");
    assert_true(w->created_at > 0);
    return w;
}

static void test_comings(void **state)
{
    (void)state;
    struct told t;

    take_told(&t);
    assert_int_equal(t.count, 3);
    const Livekit__WebhookEvent *w = expect(&t, 0, "room_started");
    assert_null(w->participant);
    assert_true(w->room->creation_time > 0);
    assert_int_equal(w->room->num_participants, 0);
    w = expect(&t, 1, "participant_joined");
    assert_string_equal(w->participant->identity, "alice");
    assert_string_equal(w->participant->sid, person_of(alice)->sid);
    assert_int_equal(w->participant->state, LIVEKIT__PARTICIPANT_INFO__STATE__ACTIVE);
    assert_int_equal(w->room->num_participants, 1);
    assert_non_null(w->participant->permission);
    w = expect(&t, 2, "participant_joined");
    assert_string_equal(w->participant->identity, "bob");
    assert_int_equal(w->room->num_participants, 2);
    arena_fini(&t.arena);
}

static void test_tracks(void **state)
{
    (void)state;
    struct told t;

    parcels_clear(&world.told);
    const struct track *camera = publish_camera(alice);
    char sid[32];
    snprintf(sid, sizeof sid, "%s", camera->sid);
    take_told(&t);
    assert_int_equal(t.count, 1);
    const Livekit__WebhookEvent *w = expect(&t, 0, "track_published");
    assert_string_equal(w->participant->identity, "alice");
    assert_null(w->participant->permission);
    assert_string_equal(w->track->sid, sid);
    assert_int_equal(w->track->type, LIVEKIT__TRACK_TYPE__VIDEO);
    arena_fini(&t.arena);
    /* What ends with somebody ends before them, and the room last. */
    room_end(the_room(), world.now_us, LIVEKIT__DISCONNECT_REASON__ROOM_DELETED);
    settle();
    take_told(&t);
    assert_int_equal(t.count, 4);
    w = expect(&t, 0, "track_unpublished");
    assert_string_equal(w->track->sid, sid);
    w = expect(&t, 1, "participant_left");
    assert_string_equal(w->participant->identity, "alice");
    assert_int_equal(w->participant->state, LIVEKIT__PARTICIPANT_INFO__STATE__DISCONNECTED);
    assert_int_equal(w->participant->disconnect_reason, LIVEKIT__DISCONNECT_REASON__ROOM_DELETED);
    w = expect(&t, 2, "participant_left");
    assert_string_equal(w->participant->identity, "bob");
    assert_int_equal(w->room->num_participants, 0);
    expect(&t, 3, "room_finished");
    arena_fini(&t.arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        PAIR_TEST(test_comings),
        PAIR_TEST(test_tracks),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
