/* SPDX-License-Identifier: Apache-2.0 */
/* Who views what, and in which quality. */
#include "harness.h"
#include "room/signalling.h"

#define CLEAR LIVEKIT__ENCRYPTION__TYPE__NONE

static unsigned views(const struct client *c)
{
    unsigned n = 0;

    list_each(node, &person_of(c)->downtracks) n +=
        list_entry(node, struct downtrack, in_viewer)->live;
    return n;
}

static struct downtrack *view_of(const struct client *c, const char *sid)
{
    return subscribe_find(person_of(c), sid);
}

static void subscribe(struct client *c, const char *sid, bool yes, bool by_participant)
{
    Livekit__SignalRequest r = request_of(REQ(SUBSCRIPTION));
    Livekit__UpdateSubscription u = LIVEKIT__UPDATE_SUBSCRIPTION__INIT;
    Livekit__ParticipantTracks tracks = LIVEKIT__PARTICIPANT_TRACKS__INIT, *list[] = {&tracks};
    char *sids[] = {(char *)(uintptr_t)sid};

    r.subscription = &u;
    u.subscribe = yes;
    if (by_participant) {
        tracks.track_sids = sids;
        tracks.n_track_sids = 1;
        u.participant_tracks = list;
        u.n_participant_tracks = 1;
    } else {
        u.track_sids = sids;
        u.n_track_sids = 1;
    }
    client_send(c, &r);
    run_ms(100);
}

static const char *own_sid(const struct client *c, unsigned section)
{
    return person_of(c)->sections[section].track->sid;
}

static void test_on_and_off(void **state)
{
    (void)state;
    struct client *alice = client_join("alice"), *bob = client_join("bob");

    client_publish_audio(alice, "mic");
    assert_int_equal(views(bob), 1);
    assert_int_equal(views(alice), 0);
    subscribe(bob, own_sid(alice, 1), false, false);
    assert_int_equal(views(bob), 0);
    subscribe(bob, own_sid(alice, 1), true, true);
    assert_int_equal(views(bob), 1);
    subscribe(bob, own_sid(alice, 1), false, true);
    assert_int_equal(views(bob), 0);
    assert_int_equal(client_count(alice, RESP(TRACK_SUBSCRIBED)), 1);
}

static void test_not_automatic(void **state)
{
    (void)state;
    struct client *alice = client_join("alice"), *bob = client_new("bob");

    bob->grant->auto_subscribe = false;
    client_open(bob);
    run_ms(100);
    client_publish_audio(alice, "mic");
    assert_int_equal(views(bob), 0);
    subscribe(bob, own_sid(alice, 1), true, false);
    assert_int_equal(views(bob), 1);
}

/* A wish for a track that is not there yet, and one that must not outlive its track. */
static void test_wishes(void **state)
{
    (void)state;
    struct client *alice = client_join("alice"), *bob = client_join("bob");
    char *too_long = xcalloc(1, 100);
    char sid[16];

    client_add(alice, "mic", false, CLEAR);
    turn();
    subscribe(bob, client_last(alice, RESP(TRACK_PUBLISHED))->track_published->track->sid, false,
              false);
    client_offer(alice, AUDIO_SECTION("1", "mic"));
    run_ms(100);
    assert_int_equal(views(bob), 0);
    assert_int_equal(person_of(bob)->signal->wishes.count, 1);
    client_offer(alice, "");
    run_ms(100);
    assert_int_equal(person_of(bob)->signal->wishes.count, 0);
    memset(too_long, 'x', 99);
    subscribe_wish(person_of(bob), too_long, true);
    subscribe_wish(person_of(bob), "", true);
    assert_int_equal(person_of(bob)->signal->wishes.count, 0);
    for (int i = 0; i < LIMIT_WISHES + 5; i++) {
        snprintf(sid, sizeof sid, "TR_%d", i);
        subscribe_wish(person_of(bob), sid, true);
    }
    assert_int_equal(person_of(bob)->signal->wishes.count, LIMIT_WISHES);
    subscribe_wish(person_of(bob), "TR_1", false);
    assert_ptr_equal(map_get(&person_of(bob)->signal->wishes, SPAN_LITERAL("TR_1")), WISH_NO);
    free(too_long);
}

static void test_hidden_publisher(void **state)
{
    (void)state;
    struct client *ghost = client_new("ghost"), *bob = client_join("bob");

    ghost->grant->permission.hidden = true;
    client_open(ghost);
    run_ms(100);
    client_publish_audio(ghost, "mic");
    assert_int_equal(views(bob), 0);
}

static void set(struct client *c, Livekit__UpdateTrackSettings *u, const char *sid)
{
    Livekit__SignalRequest r = request_of(REQ(TRACK_SETTING));
    char *sids[] = {(char *)(uintptr_t)sid, (char *)(uintptr_t) "TR_unknown"};

    r.track_setting = u;
    u->track_sids = sids;
    u->n_track_sids = 2;
    client_send(c, &r);
    turn();
}

static void add_simulcast(struct client *c)
{
    Livekit__SignalRequest r = request_of(REQ(ADD_TRACK));
    Livekit__AddTrackRequest add = LIVEKIT__ADD_TRACK_REQUEST__INIT;
    Livekit__VideoLayer layers[3], *list[3];

    for (unsigned i = 0; i < 3; i++) {
        livekit__video_layer__init(&layers[i]);
        layers[i].quality = (Livekit__VideoQuality)i;
        layers[i].width = 320u << i;
        layers[i].height = 180u << i;
        list[2 - i] = &layers[i]; /* highest first, as some SDKs do */
    }
    r.add_track = &add;
    add.cid = (char *)(uintptr_t) "cam";
    add.type = LIVEKIT__TRACK_TYPE__VIDEO;
    add.layers = list;
    add.n_layers = 3;
    client_send(c, &r);
    client_offer(c, VIDEO_SECTION("1", "cam") "a=rid:q send\r\na=rid:h send\r\na=rid:f send\r\n"
                                              "a=simulcast:send q;h;f\r\n");
    run_ms(100);
}

static void test_settings(void **state)
{
    (void)state;
    static const struct {
        uint32_t width, height;
        int quality;
        uint8_t wanted;
    } cases[] = {{0, 0, 0, 0},     {0, 0, 1, 1},      {0, 0, 2, 2},
                 {0, 0, 3, 2},     {320, 180, 2, 0},  {321, 180, 0, 1},
                 {640, 360, 0, 1}, {1280, 720, 0, 2}, {9999, 9, 0, 2}};
    struct client *alice = client_join("alice"), *bob = client_join("bob");

    add_simulcast(alice);
    const char *sid = own_sid(alice, 1);
    assert_int_equal(view_of(bob, sid)->wanted, 2);
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        Livekit__UpdateTrackSettings u = LIVEKIT__UPDATE_TRACK_SETTINGS__INIT;
        u.width = cases[i].width;
        u.height = cases[i].height;
        u.quality = (Livekit__VideoQuality)cases[i].quality;
        set(bob, &u, sid);
        if (view_of(bob, sid)->wanted != cases[i].wanted)
            fail_msg("case %zu: %u", i, view_of(bob, sid)->wanted);
    }
    Livekit__UpdateTrackSettings off = LIVEKIT__UPDATE_TRACK_SETTINGS__INIT;
    off.disabled = true;
    set(bob, &off, sid);
    assert_true(view_of(bob, sid)->disabled);
    assert_int_equal(view_of(bob, sid)->forward.target, LIMIT_LAYERS);
    off.disabled = false;
    set(bob, &off, sid);
    assert_false(view_of(bob, sid)->disabled);
    assert_int_equal(view_of(bob, sid)->forward.target, 0);
    subscribe_disable(person_of(bob), sid, world.now_us);
    assert_true(view_of(bob, sid)->disabled);
}

static void test_adaptive(void **state)
{
    (void)state;
    struct client *alice = client_join("alice"), *bob = client_new("bob");

    bob->grant->adaptive_stream = true;
    client_open(bob);
    run_ms(100);
    add_simulcast(alice);
    assert_int_equal(view_of(bob, own_sid(alice, 1))->wanted, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        WORLD_TEST(test_on_and_off), WORLD_TEST(test_not_automatic),
        WORLD_TEST(test_wishes),     WORLD_TEST(test_hidden_publisher),
        WORLD_TEST(test_settings),   WORLD_TEST(test_adaptive),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
