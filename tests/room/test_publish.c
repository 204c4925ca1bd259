/* SPDX-License-Identifier: Apache-2.0 */
/* Adding, refusing, muting and changing tracks. */
#include "harness.h"
#include "room/signalling.h"

#define CLEAR LIVEKIT__ENCRYPTION__TYPE__NONE
#define GCM LIVEKIT__ENCRYPTION__TYPE__GCM

static const Livekit__TrackInfo *published(const struct client *c)
{
    return client_last(c, RESP(TRACK_PUBLISHED))->track_published->track;
}

static void mute(struct client *c, const char *sid, bool muted)
{
    Livekit__SignalRequest r = request_of(REQ(MUTE));
    Livekit__MuteTrackRequest m = LIVEKIT__MUTE_TRACK_REQUEST__INIT;

    r.mute = &m;
    m.sid = (char *)(uintptr_t)sid;
    m.muted = muted;
    client_send(c, &r);
    turn();
}

static void test_info(void **state)
{
    (void)state;
    struct client *alice = client_join("alice");
    Livekit__SignalRequest r = request_of(REQ(ADD_TRACK));
    Livekit__AddTrackRequest add = LIVEKIT__ADD_TRACK_REQUEST__INIT;
    Livekit__VideoLayer layer = LIVEKIT__VIDEO_LAYER__INIT, *layers[] = {&layer, &layer};
    Livekit__PacketTrailerFeature trailer = LIVEKIT__PACKET_TRAILER_FEATURE__PTF_FRAME_ID;

    r.add_track = &add;
    add.cid = (char *)(uintptr_t) "cam";
    add.name = (char *)(uintptr_t) "my camera";
    add.type = LIVEKIT__TRACK_TYPE__VIDEO;
    add.source = LIVEKIT__TRACK_SOURCE__SCREEN_SHARE;
    add.width = 1280;
    add.height = 720;
    add.muted = true;
    add.encryption = GCM;
    layer.width = 320;
    add.layers = layers;
    add.n_layers = 2;
    add.packet_trailer_features = &trailer;
    add.n_packet_trailer_features = 1;
    add.backup_codec_policy = LIVEKIT__BACKUP_CODEC_POLICY__SIMULCAST;
    client_send(alice, &r);
    turn();
    assert_string_equal(client_last(alice, RESP(TRACK_PUBLISHED))->track_published->cid, "cam");
    const Livekit__TrackInfo *t = published(alice);
    assert_memory_equal(t->sid, "TR_", 3);
    assert_string_equal(t->name, "my camera");
    assert_int_equal(t->type, LIVEKIT__TRACK_TYPE__VIDEO);
    assert_int_equal(t->source, LIVEKIT__TRACK_SOURCE__SCREEN_SHARE);
    assert_int_equal(t->width, 1280);
    assert_true(t->muted && t->simulcast);
    assert_int_equal(t->encryption, GCM);
    assert_string_equal(t->mime_type, "video/VP8");
    assert_string_equal(t->stream, "screen");
    assert_int_equal(t->n_layers, 2);
    assert_int_equal(t->layers[0]->width, 320);
    assert_int_equal(t->codecs[0]->video_layer_mode, 1);
    assert_string_equal(t->codecs[0]->cid, "cam");
    assert_int_equal(t->packet_trailer_features[0], LIVEKIT__PACKET_TRAILER_FEATURE__PTF_FRAME_ID);
    assert_int_equal(t->backup_codec_policy, LIVEKIT__BACKUP_CODEC_POLICY__SIMULCAST);
    /* Nobody hears of it before it is sent; asking again gives the same. */
    assert_false(person_is_publisher(person_of(alice)));
    client_send(alice, &r);
    turn();
    assert_int_equal(client_count(alice, RESP(TRACK_PUBLISHED)), 2);
    assert_string_equal(client_get(alice, RESP(TRACK_PUBLISHED), 0)->track_published->track->sid,
                        published(alice)->sid);
}

static void test_refused(void **state)
{
    (void)state;
    struct client *alice = client_new("alice"), *bob = client_join("bob");

    alice->grant->permission.sources = 1u << LIVEKIT__TRACK_SOURCE__MICROPHONE;
    client_open(alice);
    run_ms(100);
    client_add(alice, "cam", true, CLEAR);
    client_add(alice, "mic", false, CLEAR);
    client_offer(alice, AUDIO_SECTION("1", "mic") VIDEO_SECTION("2", "cam"));
    run_ms(100);
    const Livekit__RequestResponse *r =
        client_last(alice, RESP(REQUEST_RESPONSE))->request_response;
    assert_int_equal(r->reason, LIVEKIT__REQUEST_RESPONSE__REASON__NOT_ALLOWED);
    assert_int_equal(r->request_case, LIVEKIT__REQUEST_RESPONSE__REQUEST_ADD_TRACK);
    assert_string_equal(r->add_track->cid, "cam");
    assert_int_equal(client_sees(bob, "alice")->n_tracks, 1);
    const char *answer = client_last(alice, RESP(ANSWER))->answer->sdp;
    assert_non_null(strstr(strstr(answer, "a=mid:2"), "a=inactive"));
    assert_null(strstr(strstr(answer, "a=mid:2"), "a=recvonly"));
}

static void test_limit(void **state)
{
    (void)state;
    struct client *alice = client_join("alice");
    char cid[8];

    for (int i = 0; i < LIMIT_PENDING_TRACKS + 1; i++) {
        snprintf(cid, sizeof cid, "c%d", i);
        client_add(alice, cid, false, CLEAR);
    }
    turn();
    assert_int_equal(client_count(alice, RESP(TRACK_PUBLISHED)), LIMIT_PENDING_TRACKS);
    assert_int_equal(client_last(alice, RESP(REQUEST_RESPONSE))->request_response->reason,
                     LIVEKIT__REQUEST_RESPONSE__REASON__LIMIT_EXCEEDED);
}

static void encrypt_room(void)
{
    Livekit__CreateRoomRequest q = LIVEKIT__CREATE_ROOM_REQUEST__INIT;
    struct arena a;

    arena_init(&a);
    q.name = (char *)(uintptr_t) "meeting";
    q.metadata = (char *)(uintptr_t) "{\"e2ee\":true}";
    assert_non_null(call(ENGINE_CREATE_ROOM, &q.base, &livekit__room__descriptor, &a));
    arena_fini(&a);
}

/* In an encrypted room: refused with a word, a notice, an inactive section, and counted. */
static void test_clear_track(void **state)
{
    (void)state;
    encrypt_room();
    struct client *alice = client_join("alice"), *bob = client_join("bob");

    client_add(alice, "mic", false, CLEAR);
    client_add(alice, "cam", true, GCM);
    client_offer(alice, AUDIO_SECTION("1", "mic") VIDEO_SECTION("2", "cam"));
    run_ms(200);
    assert_int_equal(client_last(alice, RESP(REQUEST_RESPONSE))->request_response->reason,
                     LIVEKIT__REQUEST_RESPONSE__REASON__NOT_ALLOWED);
    const char *audio = strstr(client_last(alice, RESP(ANSWER))->answer->sdp, "m=audio");
    assert_true(strstr(audio, "a=inactive") < strstr(audio, "m=video"));
    assert_int_equal(client_sees(bob, "alice")->n_tracks, 1);
    assert_int_equal(client_sees(bob, "alice")->tracks[0]->encryption, GCM);
    assert_int_equal(engine_stats(world.engine)->refused_clear_tracks, 1);
    assert_int_equal(the_room()->refused_clear_tracks, 1);
    assert_int_equal(count_events("clear_track_refused"), 1);
    assert_int_equal(alice->data.count, 1);
    assert_int_equal(bob->data.count, 0);
    struct arena a;
    arena_init(&a);
    const Livekit__DataPacket *notice = (const Livekit__DataPacket *)(const void *)signal_parse(
        &livekit__data_packet__descriptor,
        span_of(alice->data.first->bytes, alice->data.first->size), &a);
    assert_string_equal(notice->participant_identity, "");
    assert_string_equal(notice->user->topic, "system");
    assert_non_null(memmem(notice->user->payload.data, notice->user->payload.len,
                           "\"event\":\"track_refused\"", 23));
    arena_fini(&a);
    /* With encryption the same microphone is welcome. */
    client_add(alice, "mic", false, GCM);
    client_offer(alice, AUDIO_SECTION("1", "mic") VIDEO_SECTION("2", "cam"));
    run_ms(100);
    assert_int_equal(client_sees(bob, "alice")->n_tracks, 2);
}

/* A section that nobody asked for is no way around the rule. */
static void test_clear_section_only(void **state)
{
    (void)state;
    encrypt_room();
    struct client *alice = client_join("alice");

    client_offer(alice, AUDIO_SECTION("1", "mic"));
    run_ms(100);
    client_add(alice, "mic", false, CLEAR);
    run_ms(100);
    assert_null(person_of(alice)->sections[1].track);
    assert_int_equal(person_of(alice)->track_count, 0);
    client_add(alice, "another", false, GCM);
    run_ms(100);
    assert_null(person_of(alice)->sections[1].track);
}

/* A track that was encrypted cannot go on clear. */
static void test_goes_clear(void **state)
{
    (void)state;
    encrypt_room();
    struct client *alice = client_join("alice"), *bob = client_join("bob");

    client_add(alice, "mic", false, GCM);
    client_offer(alice, AUDIO_SECTION("1", "mic"));
    run_ms(100);
    assert_int_equal(client_sees(bob, "alice")->n_tracks, 1);
    client_add(alice, "mic", false, CLEAR);
    run_ms(50);
    assert_int_equal(client_sees(bob, "alice")->n_tracks, 0);
    assert_int_equal(client_count(alice, RESP(TRACK_UNPUBLISHED)), 1);
    assert_null(person_of(alice)->sections[1].track);
    client_offer(alice, AUDIO_SECTION("1", "mic"));
    run_ms(100);
    const char *audio = strstr(client_last(alice, RESP(ANSWER))->answer->sdp, "m=audio");
    assert_non_null(strstr(audio, "a=inactive"));
    assert_int_equal(person_of(alice)->track_count, 0);
}

static void test_becomes_encrypted(void **state)
{
    (void)state;
    struct client *alice = client_join("alice"), *bob = client_join("bob");

    client_publish_audio(alice, "mic");
    encrypt_room();
    run_ms(100);
    assert_int_equal(client_count(alice, RESP(TRACK_UNPUBLISHED)), 1);
    assert_int_equal(client_sees(bob, "alice")->n_tracks, 0);
    assert_true(list_empty(&person_of(bob)->downtracks));
}

static void test_mute(void **state)
{
    (void)state;
    struct client *alice = client_join("alice"), *bob = client_join("bob");

    client_publish_audio(alice, "mic");
    const char *sid = published(alice)->sid;
    uint32_t version = client_sees(bob, "alice")->version;
    client_forget(bob);
    mute(alice, sid, true);
    assert_true(client_sees(bob, "alice")->tracks[0]->muted);
    assert_int_equal(client_sees(bob, "alice")->version, version + 1);
    mute(alice, sid, true);
    assert_int_equal(client_count(bob, RESP(UPDATE)), 1);
    mute(alice, sid, false);
    assert_false(client_sees(bob, "alice")->tracks[0]->muted);
    mute(alice, "TR_unknown", true);
    mute(bob, sid, true);
    assert_int_equal(client_count(bob, RESP(UPDATE)), 2);
}

/* Muted before anybody knows of it. */
static void test_mute_early(void **state)
{
    (void)state;
    struct client *alice = client_join("alice"), *bob = client_join("bob");

    client_add(alice, "mic", false, CLEAR);
    turn();
    client_forget(bob);
    mute(alice, published(alice)->sid, true);
    assert_null(client_sees(bob, "alice"));
    client_offer(alice, AUDIO_SECTION("1", "mic"));
    run_ms(100);
    assert_true(client_sees(bob, "alice")->tracks[0]->muted);
}

static void test_changes(void **state)
{
    (void)state;
    struct client *alice = client_join("alice"), *bob = client_join("bob");
    Livekit__SignalRequest r = request_of(REQ(UPDATE_AUDIO_TRACK));
    Livekit__UpdateLocalAudioTrack audio = LIVEKIT__UPDATE_LOCAL_AUDIO_TRACK__INIT;
    Livekit__UpdateLocalVideoTrack video = LIVEKIT__UPDATE_LOCAL_VIDEO_TRACK__INIT;
    Livekit__AudioTrackFeature features[17] = {LIVEKIT__AUDIO_TRACK_FEATURE__TF_NOISE_SUPPRESSION};

    client_add(alice, "mic", false, CLEAR);
    client_add(alice, "cam", true, CLEAR);
    client_offer(alice, AUDIO_SECTION("1", "mic") VIDEO_SECTION("2", "cam"));
    run_ms(100);
    r.update_audio_track = &audio;
    audio.track_sid = client_sees(bob, "alice")->tracks[0]->sid;
    audio.features = features;
    audio.n_features = 1;
    client_send(alice, &r);
    turn();
    const Livekit__TrackInfo *t = client_sees(bob, "alice")->tracks[0];
    assert_int_equal(t->n_audio_features, 1);
    assert_int_equal(t->audio_features[0], features[0]);
    audio.n_features = 17;
    client_send(alice, &r);
    turn();
    assert_int_equal(client_sees(bob, "alice")->tracks[0]->n_audio_features, 1);
    r = request_of(REQ(UPDATE_VIDEO_TRACK));
    r.update_video_track = &video;
    video.track_sid = client_sees(bob, "alice")->tracks[1]->sid;
    video.width = 640;
    video.height = 360;
    client_send(alice, &r);
    turn();
    assert_int_equal(client_sees(bob, "alice")->tracks[1]->width, 640);
    assert_int_equal(client_sees(bob, "alice")->tracks[1]->height, 360);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        WORLD_TEST(test_info),
        WORLD_TEST(test_refused),
        WORLD_TEST(test_limit),
        WORLD_TEST(test_clear_track),
        WORLD_TEST(test_clear_section_only),
        WORLD_TEST(test_becomes_encrypted),
        WORLD_TEST(test_goes_clear),
        WORLD_TEST(test_mute),
        WORLD_TEST(test_mute_early),
        WORLD_TEST(test_changes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
