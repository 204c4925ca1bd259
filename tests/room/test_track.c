/* SPDX-License-Identifier: Apache-2.0 */
/* Tracks and the downtracks that carry them: what is announced of them, which layer a viewer is
 * aimed at, how a key frame is pursued, how they end. */
#include "pair.h"

/* ---- what is announced ---- */

static void test_info(void **state)
{
    (void)state;
    Livekit__AddTrackRequest r = LIVEKIT__ADD_TRACK_REQUEST__INIT;
    Livekit__VideoLayer low = LIVEKIT__VIDEO_LAYER__INIT, high = low, *layers[] = {&low, &high};
    char cid[] = "my cid", name[] = "my name";

    high.quality = LIVEKIT__VIDEO_QUALITY__HIGH;
    r.cid = cid;
    r.name = name;
    r.type = LIVEKIT__TRACK_TYPE__VIDEO;
    r.source = LIVEKIT__TRACK_SOURCE__SCREEN_SHARE;
    r.width = 1280;
    r.height = 720;
    r.muted = true;
    r.layers = layers;
    r.n_layers = 2;
    r.encryption = SEALED;
    struct track *t = track_new(person_of(alice), &r);
    /* The request is gone when its turn is over. */
    memset(cid, 'x', sizeof cid - 1);
    memset(name, 'x', sizeof name - 1);
    high.quality = LIVEKIT__VIDEO_QUALITY__OFF;
    const Livekit__TrackInfo *i = t->info;
    assert_memory_equal(i->sid, "TR_", 3);
    assert_int_equal(strlen(i->sid), SID_SIZE);
    assert_string_equal(t->cid, "my cid");
    assert_string_equal(i->name, "my name");
    assert_string_equal(i->mime_type, "video/VP8");
    assert_string_equal(i->stream, "screen");
    assert_true(i->muted && t->muted && t->encrypted && i->simulcast && i->disable_red);
    assert_int_equal(i->width, 1280);
    assert_int_equal(i->height, 720);
    assert_int_equal(i->encryption, SEALED);
    assert_int_equal(i->source, LIVEKIT__TRACK_SOURCE__SCREEN_SHARE);
    assert_int_equal(i->n_layers, 2);
    assert_int_equal(i->layers[1]->quality, LIVEKIT__VIDEO_QUALITY__HIGH);
    assert_int_equal(i->n_codecs, 1);
    assert_string_equal(i->codecs[0]->mime_type, "video/VP8");
    assert_string_equal(i->codecs[0]->cid, "my cid");
    assert_int_equal(i->codecs[0]->n_layers, 2);
    assert_false(t->announced || t->bound);
    assert_int_equal(person_of(alice)->track_count, 1);
    track_free(t);
    assert_int_equal(person_of(alice)->track_count, 0);
}

static void test_streams(void **state)
{
    (void)state;
    static const struct {
        Livekit__TrackSource source;
        const char *stream;
    } cases[] = {{LIVEKIT__TRACK_SOURCE__CAMERA, "camera"},
                 {LIVEKIT__TRACK_SOURCE__MICROPHONE, "camera"},
                 {LIVEKIT__TRACK_SOURCE__SCREEN_SHARE, "screen"},
                 {LIVEKIT__TRACK_SOURCE__SCREEN_SHARE_AUDIO, "screen"},
                 {LIVEKIT__TRACK_SOURCE__UNKNOWN, "unknown"}};
    Livekit__AddTrackRequest r = LIVEKIT__ADD_TRACK_REQUEST__INIT;

    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        r.source = cases[i].source;
        struct track *t = track_new(person_of(alice), &r);
        assert_string_equal(t->info->stream, cases[i].stream);
        track_free(t);
    }
    r.stream = (char *)(uintptr_t) "mine";
    struct track *t = track_new(person_of(alice), &r);
    assert_string_equal(t->info->stream, "mine");
    track_free(t);
}

static void test_codecs(void **state)
{
    (void)state;
    static const struct {
        bool video;
        const char *asked; /* NULL: nothing */
        enum codec codec;
    } cases[] = {{false, NULL, CODEC_OPUS}, {false, "h264", CODEC_OPUS}, {true, NULL, CODEC_VP8},
                 {true, "vp8", CODEC_VP8},  {true, "H264", CODEC_H264},  {true, "av1", CODEC_VP8},
                 {true, "opus", CODEC_VP8}, {true, "", CODEC_VP8}};

    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        Livekit__AddTrackRequest r = LIVEKIT__ADD_TRACK_REQUEST__INIT;
        Livekit__SimulcastCodec codec = LIVEKIT__SIMULCAST_CODEC__INIT, *list[] = {&codec};
        r.type = cases[i].video ? LIVEKIT__TRACK_TYPE__VIDEO : LIVEKIT__TRACK_TYPE__AUDIO;
        codec.codec = (char *)(uintptr_t)cases[i].asked;
        r.simulcast_codecs = list;
        r.n_simulcast_codecs = cases[i].asked != NULL;
        struct track *t = track_new(person_of(alice), &r);
        assert_int_equal(t->codec, cases[i].codec);
        track_free(t);
    }
}

/* ---- which layer ---- */

static struct track *track_with_layers(const int *qualities, unsigned count)
{
    Livekit__AddTrackRequest r = LIVEKIT__ADD_TRACK_REQUEST__INIT;
    Livekit__VideoLayer layers[5], *list[5];

    for (unsigned i = 0; i < count; i++) {
        livekit__video_layer__init(&layers[i]);
        layers[i].quality = (Livekit__VideoQuality)qualities[i];
        layers[i].width = 320u << qualities[i];
        layers[i].height = 180u << qualities[i];
        list[i] = &layers[i];
    }
    r.type = LIVEKIT__TRACK_TYPE__VIDEO;
    r.layers = list;
    r.n_layers = count;
    struct track *t = track_new(person_of(alice), &r);
    t->layer_count = count < 1 ? 3 : count < LIMIT_LAYERS ? count : LIMIT_LAYERS;
    return t;
}

static void test_layer_of_quality(void **state)
{
    (void)state;
    static const struct {
        int qualities[5];
        unsigned count;
        unsigned layers[5]; /* of qualities -1 to 3 */
    } cases[] = {{{0}, 0, {0, 0, 1, 2, 2}},
                 {{0, 1, 2}, 3, {0, 0, 1, 2, 2}},
                 {{2, 1, 0}, 3, {0, 0, 1, 2, 2}},
                 {{0, 2}, 2, {0, 0, 0, 1, 1}},
                 {{2, 1}, 2, {0, 0, 0, 1, 1}},
                 {{2}, 1, {0, 0, 0, 0, 0}},
                 {{1, 0, 2, 2, 2}, 5, {0, 0, 1, 2, 2}}};

    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct track *t = track_with_layers(cases[i].qualities, cases[i].count);
        for (int q = -1; q <= 3; q++)
            if (track_layer_of_quality(t, q) != cases[i].layers[q + 1])
                fail_msg("case %zu, quality %d: %u", i, q, track_layer_of_quality(t, q));
        track_free(t);
    }
}

static void test_layer_of_size(void **state)
{
    (void)state;
    static const struct {
        uint32_t width, height;
        unsigned layer;
    } cases[] = {{1, 1, 0},     {320, 180, 0}, {320, 181, 1},  {321, 1, 1},
                 {640, 360, 1}, {641, 360, 2}, {1280, 720, 2}, {UINT32_MAX, UINT32_MAX, 2}};
    struct track *t = track_with_layers((const int[]){2, 0, 1}, 3);

    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
        assert_int_equal(track_layer_of_size(t, cases[i].width, cases[i].height), cases[i].layer);
    track_free(t);
    t = track_with_layers(NULL, 0);
    assert_int_equal(track_layer_of_size(t, 1, 1), 2);
    track_free(t);
}

/* ---- aiming ---- */

/* The highest that flows and is not above what is wanted, else the lowest that flows. */
static void test_aim(void **state)
{
    (void)state;
    struct track *t = publish_simulcast(alice);
    struct downtrack *d = view_of(bob);

    assert_true(d->live);
    assert_int_equal(d->wanted, 2);
    for (unsigned flowing = 1; flowing < 8; flowing++) {
        for (unsigned i = 0; i < 3; i++)
            t->layers[i].flowing = flowing >> i & 1;
        for (unsigned wanted = 0; wanted < 3; wanted++) {
            unsigned below = flowing & ((2u << wanted) - 1), best = 0;
            while (below >> 1 >> best)
                best++;
            while (!below && !(flowing >> best & 1))
                best++;
            d->wanted = (uint8_t)wanted;
            downtrack_aim(d, world.now_us);
            assert_int_equal(d->forward.target, best);
        }
    }
    /* Nothing flows: it stays where it is. */
    for (unsigned i = 0; i < 3; i++)
        t->layers[i].flowing = false;
    forward_set_target(&d->forward, 1);
    downtrack_aim(d, world.now_us);
    assert_int_equal(d->forward.target, 1);
    forward_set_target(&d->forward, LIMIT_LAYERS);
    downtrack_aim(d, world.now_us);
    assert_int_equal(d->forward.target, 0);
    d->disabled = true;
    downtrack_aim(d, world.now_us);
    assert_int_equal(d->forward.target, LIMIT_LAYERS);
}

static void test_stop_and_start(void **state)
{
    (void)state;
    publish_microphone(alice);
    struct downtrack *d = view_of(bob);
    struct lens mic = microphone_lens(alice, 1);

    lens_send(&mic, false);
    turn();
    assert_int_equal(drop_rtp(bob), 1);
    downtrack_stop(d);
    lens_send(&mic, false);
    turn();
    assert_int_equal(drop_rtp(bob), 0);
    downtrack_aim(d, world.now_us);
    assert_int_equal(d->forward.target, LIMIT_LAYERS);
    downtrack_start(d, world.now_us);
    lens_send(&mic, false);
    turn();
    assert_int_equal(drop_rtp(bob), 1);
    d->disabled = true;
    downtrack_aim(d, world.now_us);
    lens_send(&mic, false);
    turn();
    assert_int_equal(drop_rtp(bob), 0);
}

/* What a viewer missed meanwhile is missing to its decoder. */
static void test_start_at_a_keyframe(void **state)
{
    (void)state;
    publish_camera(alice);
    struct lens cam = camera_lens(alice, NULL, 7);

    lens_send(&cam, true);
    turn();
    downtrack_stop(view_of(bob));
    lens_send(&cam, false);
    turn();
    downtrack_start(view_of(bob), world.now_us);
    drop_rtp(bob);
    lens_send(&cam, false);
    turn();
    assert_int_equal(drop_rtp(bob), 0);
    assert_int_equal(count_plis(alice, 7), 1);
    lens_send(&cam, true);
    turn();
    assert_int_equal(drop_rtp(bob), 1);
}

/* ---- key frames ---- */

/* What a publisher begins with is a key frame: to ask for another would double the cost. */
static void test_first_keyframe(void **state)
{
    (void)state;
    publish_simulcast(alice);
    struct lens low = camera_lens(alice, "q", 1), high = camera_lens(alice, "f", 3);

    lens_send(&low, true);
    turn();
    lens_send(&high, true);
    turn();
    run_ms(1500);
    assert_int_equal(count_rtcp(alice, PUBLISHER, RTCP_PSFB, RTCP_FMT_PLI), 0);
    assert_int_equal(drop_rtp(bob), 2);
    /* One that begins in the middle is asked, from the same turn on. */
    struct lens middle = camera_lens(alice, "h", 2);
    view_of(bob)->wanted = 1;
    lens_send(&middle, false);
    turn();
    assert_int_equal(count_plis(alice, 2), 1);
    assert_int_equal(drop_rtp(bob), 0);
}

/* Layer 0 may be asked twice a second, and is until the key frame comes. */
static void test_pursuit(void **state)
{
    (void)state;
    struct track *t = publish_camera(alice);
    struct lens cam = camera_lens(alice, NULL, 7);

    lens_send(&cam, false);
    turn();
    for (unsigned i = 0; i < 200; i++) {
        if (i % 10 == 0)
            lens_send(&cam, false);
        run_ms(10);
    }
    /* At 0, 600, 1200 and 1800 ms: every 200 ms, no sooner than 500 ms. */
    assert_int_equal(count_plis(alice, 7), 4);
    assert_int_equal(drop_rtp(bob), 0);
    lens_send(&cam, true);
    run_ms(1000);
    assert_int_equal(count_plis(alice, 7), 4);
    assert_int_equal(drop_rtp(bob), 1);
    assert_int_equal(view_of(bob)->keyframe_timer.node.index, 0);
    assert_true(t->layers[0].flowing);
}

/* A slow viewer asks after two round trips, but at least once a second. */
static void test_pursuit_by_round_trip(void **state)
{
    (void)state;
    static const struct {
        int64_t rtt_us, retry_us;
    } cases[] = {{0, 200000}, {50000, 200000}, {300000, 600000}, {5000000, 1000000}};

    publish_camera(alice);
    struct lens cam = camera_lens(alice, NULL, 7);
    lens_send(&cam, false);
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        person_of(bob)->connections[SUBSCRIBER].rtt_us = cases[i].rtt_us;
        downtrack_aim(view_of(bob), world.now_us);
        turn();
        assert_int_equal(view_of(bob)->keyframe_timer.node.key_us,
                         world.now_us + cases[i].retry_us);
    }
}

/* A camera that is off is not asked again and again. */
static void test_pursuit_rests(void **state)
{
    (void)state;
    struct track *t = publish_camera(alice);
    struct lens cam = camera_lens(alice, NULL, 7);

    run_ms(1000);
    assert_int_equal(view_of(bob)->keyframe_timer.node.index, 0);
    lens_send(&cam, true);
    turn();
    run_ms(4000);
    assert_false(t->layers[0].flowing);
    forget_rtcp(alice);
    struct client *carol = client_join("carol");
    run_ms(5000);
    assert_int_equal(count_plis(alice, 7), 1);
    lens_send(&cam, false);
    turn();
    assert_int_equal(count_plis(alice, 7), 2);
    lens_send(&cam, true);
    turn();
    assert_int_equal(drop_rtp(carol), 1);
    assert_int_equal(drop_rtp(bob), 3);
}

/* ---- ending ---- */

static void test_track_free(void **state)
{
    (void)state;
    struct track *t = publish_simulcast(alice);
    struct lens low = camera_lens(alice, "q", 1), high = camera_lens(alice, "f", 3);
    struct downtrack *d = view_of(bob);

    lens_send(&low, true);
    lens_send(&high, true);
    turn();
    lens_lose(&high);
    lens_send(&high, false);
    assert_int_equal(person_of(alice)->stream_count, 2);
    assert_true(t->nack_timer.node.index > 0);
    assert_false(list_empty(&world.engine->dirty));
    track_free(t);
    assert_int_equal(person_of(alice)->stream_count, 0);
    assert_null(person_of(alice)->sections[1].track);
    assert_true(list_empty(&world.engine->dirty));
    assert_true(list_empty(&person_of(alice)->tracks));
    assert_int_equal(packet_pool_in_use(engine_pool(world.engine)), 0);
    assert_null(d->track);
    assert_false(d->live);
    assert_int_equal(d->keyframe_timer.node.index, 0);
    downtrack_aim(d, world.now_us);
    assert_int_equal(d->forward.target, LIMIT_LAYERS);
    uint64_t refused = drops(DROP_NOT_FOR_US);
    lens_send(&high, true);
    assert_int_equal(drops(DROP_NOT_FOR_US), refused + 1);
    subscribe_drop(d);
    assert_null(view_of(bob));
}

static int compare(const void *a, const void *b)
{
    uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;

    return x < y ? -1 : x > y;
}

/* One key seals all that a viewer ever gets. */
static void test_ssrcs(void **state)
{
    (void)state;
    static uint32_t all[200000];
    struct track *t = publish_camera(alice);
    struct person *viewer = person_of(bob);

    for (unsigned i = 0; i < sizeof all / sizeof all[0]; i += 2) {
        struct downtrack *d = downtrack_new(t, viewer, 1);
        all[i] = d->ssrc;
        all[i + 1] = d->rtx_ssrc;
        downtrack_free(d);
    }
    qsort(all, sizeof all / sizeof all[0], sizeof all[0], compare);
    for (unsigned i = 1; i < sizeof all / sizeof all[0]; i++)
        assert_true(all[i] != all[i - 1]);
    /* 0 is none. */
    struct downtrack *d = downtrack_new(t, viewer, 1);
    uint32_t step = d->rtx_ssrc - d->ssrc;
    downtrack_free(d);
    viewer->last_ssrc = 0 - step;
    d = downtrack_new(t, viewer, 1);
    assert_int_equal(d->ssrc, step);
    downtrack_free(d);
}

static void test_downtrack_free(void **state)
{
    (void)state;
    struct track *t = publish_camera(alice);
    struct lens cam = camera_lens(alice, NULL, 7);
    struct client *carol = client_join("carol");

    lens_send(&cam, false);
    turn();
    assert_true(view_of(bob)->keyframe_timer.node.index > 0);
    subscribe_drop(view_of(bob));
    assert_null(view_of(bob));
    assert_ptr_equal(list_entry(t->viewers.next, struct downtrack, in_track), view_of(carol));
    assert_ptr_equal(t->viewers.next->next, &t->viewers);
    drop_rtp(carol);
    lens_send(&cam, true);
    turn();
    assert_int_equal(drop_rtp(bob), 0);
    assert_int_equal(drop_rtp(carol), 1);
    /* Each viewer's stream has a name and numbers of its own. */
    struct downtrack *a = downtrack_new(t, person_of(bob), 1), *b = view_of(carol);
    assert_int_not_equal(a->ssrc, b->ssrc);
    assert_int_not_equal(a->ssrc, a->rtx_ssrc);
    assert_int_not_equal(a->rtx_ssrc, 0);
    assert_false(a->live);
    assert_int_equal(a->wanted, 0);
    downtrack_free(a);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        PAIR_TEST(test_info),
        PAIR_TEST(test_streams),
        PAIR_TEST(test_codecs),
        PAIR_TEST(test_layer_of_quality),
        PAIR_TEST(test_layer_of_size),
        PAIR_TEST(test_aim),
        PAIR_TEST(test_stop_and_start),
        PAIR_TEST(test_start_at_a_keyframe),
        PAIR_TEST(test_first_keyframe),
        PAIR_TEST(test_pursuit),
        PAIR_TEST(test_pursuit_by_round_trip),
        PAIR_TEST(test_pursuit_rests),
        PAIR_TEST(test_track_free),
        PAIR_TEST(test_downtrack_free),
        PAIR_TEST(test_ssrcs),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
