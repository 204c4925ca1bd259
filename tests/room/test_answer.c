/* SPDX-License-Identifier: Apache-2.0 */
/* Answers to publishers' offers: section by section, tracks in either order. */
#include "harness.h"

#define CLEAR LIVEKIT__ENCRYPTION__TYPE__NONE
#define INACTIVE_AUDIO                                                                             \
    "m=audio 9 UDP/TLS/RTP/SAVPF 111\r\na=mid:1\r\na=inactive\r\na=rtpmap:111 opus/48000/2\r\n"

static struct arena arena;
static struct sdp sdp;

static const struct sdp_media *answered(const struct client *c, unsigned index)
{
    arena_fini(&arena);
    const Livekit__SessionDescription *d = client_last(c, RESP(ANSWER))->answer;

    assert_string_equal(d->type, "answer");
    assert_int_equal(d->id, c->offer_id);
    assert_true(sdp_parse(span_of_str(d->sdp), &arena, &sdp));
    assert_true(index < sdp.media_count);
    return &sdp.media[index];
}

static void assert_text(struct span s, const char *text)
{
    assert_true(span_equal(s, span_of_str(text)));
}

static const char *answer_text(const struct client *c)
{
    return client_last(c, RESP(ANSWER))->answer->sdp;
}

static void test_data_only(void **state)
{
    (void)state;
    struct client *alice = client_join("alice");

    client_offer(alice, "");
    run_ms(200);
    assert_int_equal(answered(alice, 0)->kind, SDP_APPLICATION);
    assert_int_equal(sdp.media_count, 1);
    assert_int_equal(sdp.setup, SDP_PASSIVE);
    assert_true(sdp.ice_lite);
    assert_non_null(strstr(answer_text(alice), " 192.0.2.1 7882 typ host"));
    assert_non_null(strstr(answer_text(alice), "a=end-of-candidates"));
    assert_int_equal(person_of(alice)->connections[PUBLISHER].state, TRANSPORT_CONNECTED);
}

static void test_audio(void **state)
{
    (void)state;
    struct client *alice = client_join("alice");

    client_publish_audio(alice, "mic");
    const struct sdp_media *m = answered(alice, 1);
    assert_text(m->mid, "1");
    assert_int_equal(m->direction, SDP_RECVONLY);
    assert_int_equal(m->port, 9);
    assert_int_equal(m->codec_count, 1);
    assert_int_equal(m->codecs[0].payload_type, 111);
    assert_text(m->codecs[0].fmtp, "minptime=10;useinbandfec=1;usedtx=1");
    assert_true(m->codecs[0].transport_cc);
    assert_false(m->codecs[0].nack);
    assert_int_equal(m->extension_count, 2);
    const struct person *p = person_of(alice);
    assert_int_equal(p->connections[PUBLISHER].extensions.ids[EXT_AUDIO_LEVEL], 1);
    assert_int_equal(p->connections[PUBLISHER].extensions.ids[EXT_MID], 4);
    const Livekit__ParticipantInfo *self = client_sees(alice, "alice");
    assert_int_equal(self->n_tracks, 1);
    assert_true(self->is_publisher);
    assert_string_equal(self->tracks[0]->mime_type, "audio/opus");
    assert_string_equal(self->tracks[0]->mid, "1");
}

static void add_stereo(struct client *c)
{
    Livekit__SignalRequest r = request_of(REQ(ADD_TRACK));
    Livekit__AddTrackRequest add = LIVEKIT__ADD_TRACK_REQUEST__INIT;
    Livekit__AudioTrackFeature features[] = {LIVEKIT__AUDIO_TRACK_FEATURE__TF_STEREO,
                                             LIVEKIT__AUDIO_TRACK_FEATURE__TF_NO_DTX};

    r.add_track = &add;
    add.cid = (char *)(uintptr_t) "music";
    add.source = LIVEKIT__TRACK_SOURCE__MICROPHONE;
    add.audio_features = features;
    add.n_audio_features = 2;
    client_send(c, &r);
}

static void test_stereo(void **state)
{
    (void)state;
    struct client *alice = client_join("alice");
    const struct client *bob = client_join("bob");

    add_stereo(alice);
    client_offer(alice, AUDIO_SECTION("1", "music"));
    run_ms(200);
    assert_text(answered(alice, 1)->codecs[0].fmtp,
                "minptime=10;useinbandfec=1;stereo=1;maxaveragebitrate=510000");
    assert_non_null(strstr(client_last(bob, RESP(OFFER))->offer->sdp, "sprop-stereo=1;stereo=1"));
}

static void add_with_codec(struct client *c, const char *cid, const char *codec)
{
    Livekit__SignalRequest r = request_of(REQ(ADD_TRACK));
    Livekit__AddTrackRequest add = LIVEKIT__ADD_TRACK_REQUEST__INIT;
    Livekit__SimulcastCodec simulcast = LIVEKIT__SIMULCAST_CODEC__INIT, *list[] = {&simulcast};

    r.add_track = &add;
    add.cid = (char *)(uintptr_t)cid;
    add.type = LIVEKIT__TRACK_TYPE__VIDEO;
    add.source = LIVEKIT__TRACK_SOURCE__CAMERA;
    simulcast.codec = (char *)(uintptr_t)codec;
    add.simulcast_codecs = list;
    add.n_simulcast_codecs = 1;
    client_send(c, &r);
}

/* The request decides, then what is offered; never H.264 from who cannot send it. */
static void test_video_codecs(void **state)
{
    (void)state;
    static const struct {
        const char *codec, *browser, *os;
        uint8_t type, rtx;
        const char *mime;
    } cases[] = {{"vp8", "", "", 96, 97, "video/VP8"},
                 {"h264", "", "", 102, 103, "video/H264"},
                 {"h264", "Firefox", "Linux", 96, 97, "video/VP8"},
                 {"vp9", "", "", 96, 97, "video/VP8"}};

    for (unsigned i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        char name[2] = {(char)('a' + i), 0};
        struct client *c = client_new(name);
        str_set(&c->grant->browser, cases[i].browser);
        str_set(&c->grant->os, cases[i].os);
        client_open(c);
        add_with_codec(c, "cam", cases[i].codec);
        client_offer(c, VIDEO_SECTION("1", "cam"));
        run_ms(100);
        const struct sdp_media *m = answered(c, 1);
        assert_int_equal(m->codecs[0].payload_type, cases[i].type);
        assert_true(m->codecs[0].nack && m->codecs[0].nack_pli && m->codecs[0].ccm_fir);
        assert_non_null(sdp_find_rtx(m, cases[i].type));
        assert_int_equal(sdp_find_rtx(m, cases[i].type)->payload_type, cases[i].rtx);
        assert_int_equal(m->codec_count, 2);
        assert_string_equal(client_sees(c, name)->tracks[0]->mime_type, cases[i].mime);
    }
}

static void test_simulcast(void **state)
{
    (void)state;
    struct client *alice = client_join("alice");

    client_add(alice, "cam", true, CLEAR);
    client_offer(alice, VIDEO_SECTION("1", "cam") "a=rid:f send\r\na=rid:h send\r\na=rid:q send\r\n"
                                                  "a=simulcast:send f;h;q\r\n");
    run_ms(100);
    assert_non_null(strstr(answer_text(alice), "a=simulcast:recv f;h;q\r\n"));
    assert_non_null(strstr(answer_text(alice), "a=rid:h recv\r\n"));
    const struct track *t = person_of(alice)->sections[1].track;
    assert_int_equal(t->layer_count, 3);
    assert_string_equal(t->layers[0].rid, "q");
    assert_string_equal(t->layers[2].rid, "f");
}

/* Sections that only receive, as some clients offer on every connection, and kinds that nobody
 * knows. */
static void test_other_sections(void **state)
{
    (void)state;
    struct client *alice = client_join("alice");

    client_offer(alice, "m=audio 9 UDP/TLS/RTP/SAVPF 0 8\r\na=mid:7\r\na=recvonly\r\n"
                        "m=video 9 UDP/TLS/RTP/SAVPF 96\r\na=mid:8\r\na=recvonly\r\n"
                        "a=rtpmap:96 VP8/90000\r\n"
                        "m=text 9 UDP/TLS/RTP/SAVPF 98\r\na=mid:9\r\n"
                        "m=video 9 UDP/TLS/RTP/SAVPF 45\r\na=mid:10\r\na=sendonly\r\n"
                        "a=rtpmap:45 AV1/90000\r\n");
    run_ms(100);
    for (unsigned i = 1; i <= 4; i++)
        assert_int_equal(answered(alice, i)->direction, SDP_INACTIVE);
    assert_text(answered(alice, 1)->mid, "7");
    assert_int_equal(answered(alice, 1)->port, 9);
    assert_int_equal(answered(alice, 2)->port, 9);
    assert_int_equal(answered(alice, 3)->port, 0);
    assert_int_equal(answered(alice, 4)->port, 9);
}

/* RED would put several frames into a packet, and an encrypted one can be put into none. */
static void test_no_red(void **state)
{
    (void)state;
    struct client *alice = client_join("alice");

    client_add(alice, "mic", false, LIVEKIT__ENCRYPTION__TYPE__GCM);
    client_offer(alice, "m=audio 9 UDP/TLS/RTP/SAVPF 63 111\r\na=mid:1\r\na=sendonly\r\n"
                        "a=msid:s mic\r\na=rtpmap:63 red/48000/2\r\na=fmtp:63 111/111\r\n"
                        "a=rtpmap:111 opus/48000/2\r\n");
    run_ms(100);
    assert_int_equal(answered(alice, 1)->direction, SDP_RECVONLY);
    assert_int_equal(answered(alice, 1)->codec_count, 1);
    assert_int_equal(answered(alice, 1)->codecs[0].payload_type, 111);
    assert_null(strstr(answer_text(alice), "red/"));
    assert_true(client_last(alice, RESP(TRACK_PUBLISHED))->track_published->track->disable_red);
}

static void test_offer_before_request(void **state)
{
    (void)state;
    struct client *alice = client_join("alice"), *bob = client_join("bob");

    client_offer(alice, AUDIO_SECTION("1", "mic") VIDEO_SECTION("2", "cam"));
    run_ms(100);
    assert_int_equal(answered(alice, 1)->direction, SDP_RECVONLY);
    assert_null(client_sees(bob, "alice"));
    client_add(alice, "cam", true, CLEAR);
    run_ms(100);
    assert_int_equal(client_sees(bob, "alice")->n_tracks, 1);
    assert_string_equal(client_sees(bob, "alice")->tracks[0]->mid, "2");
    client_add(alice, "mic", false, CLEAR);
    run_ms(100);
    assert_int_equal(client_sees(bob, "alice")->n_tracks, 2);
}

/* Ids that a browser rewrote: the first that waits for a section of this kind. */
static void test_rewritten_id(void **state)
{
    (void)state;
    struct client *alice = client_join("alice");

    client_add(alice, "cam", true, CLEAR);
    client_add(alice, "mic", false, CLEAR);
    client_offer(alice, AUDIO_SECTION("1", "another") VIDEO_SECTION("2", "cam"));
    run_ms(100);
    const struct person *p = person_of(alice);
    assert_string_equal(p->sections[1].track->cid, "mic");
    assert_string_equal(p->sections[2].track->cid, "cam");
}

static void test_unpublish(void **state)
{
    (void)state;
    struct client *alice = client_join("alice"), *bob = client_join("bob");

    client_publish_audio(alice, "mic");
    assert_int_equal(client_sees(bob, "alice")->n_tracks, 1);
    client_offer(alice, INACTIVE_AUDIO);
    run_ms(100);
    assert_int_equal(answered(alice, 1)->direction, SDP_INACTIVE);
    assert_int_equal(client_sees(bob, "alice")->n_tracks, 0);
    assert_int_equal(client_count(alice, RESP(TRACK_UNPUBLISHED)), 0);
    assert_true(list_empty(&person_of(bob)->downtracks));
    assert_int_equal(count_events("track_unpublished"), 1);
    /* The same microphone again, in the same section. */
    client_publish_audio(alice, "mic");
    assert_int_equal(client_sees(bob, "alice")->n_tracks, 1);
}

/* Unpublished and published anew before an offer told of the first. */
static void test_replaced(void **state)
{
    (void)state;
    struct client *alice = client_join("alice"), *bob = client_join("bob");
    char first[32];

    client_publish_audio(alice, "mic");
    snprintf(first, sizeof first, "%s", client_sees(bob, "alice")->tracks[0]->sid);
    client_publish_audio(alice, "mic");
    assert_int_equal(client_sees(bob, "alice")->n_tracks, 1);
    assert_string_not_equal(client_sees(bob, "alice")->tracks[0]->sid, first);
}

static void test_missing_section(void **state)
{
    (void)state;
    struct client *alice = client_join("alice");

    client_publish_audio(alice, "mic");
    client_offer(alice, "");
    run_ms(100);
    assert_int_equal(person_of(alice)->track_count, 0);
}

/* Sections move in memory when more come: what points to them must follow. */
static void test_many_sections(void **state)
{
    (void)state;
    struct client *alice = client_join("alice");
    struct str sections;

    client_publish_audio(alice, "mic");
    str_init(&sections);
    str_append(&sections, AUDIO_SECTION("1", "mic"));
    for (unsigned i = 2; i < 40; i++)
        str_printf(&sections,
                   "m=audio 9 UDP/TLS/RTP/SAVPF 111\r\na=mid:%u\r\na=inactive\r\n"
                   "a=rtpmap:111 opus/48000/2\r\n",
                   i);
    client_offer(alice, sections.text);
    str_fini(&sections);
    run_ms(100);
    client_add(alice, "cam", true, CLEAR);
    client_forget(alice);
    client_join("bob");
    const struct client *carol = client_join("carol");
    const Livekit__JoinResponse *j = client_last(carol, RESP(JOIN))->join;
    assert_string_equal(j->other_participants[0]->tracks[0]->mid, "1");
}

static void test_malformed(void **state)
{
    (void)state;
    struct client *alice = client_join("alice");
    static const char *const texts[] = {"", "nonsense", "v=0\r\n",
                                        "v=0\r\nm=audio 9 UDP/TLS/RTP/SAVPF 111\r\n"};

    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++)
        client_send_sdp(alice, true, texts[i], 9);
    run_ms(100);
    assert_int_equal(client_count(alice, RESP(ANSWER)), 0);
    assert_int_equal(engine_stats(world.engine)->signal_malformed, 4);
    assert_false(alice->closed);
}

/* More sections than before, so that they move, while one ends its track: what is told of the
 * others is still theirs. */
static void test_sections_move(void **state)
{
    (void)state;
    struct client *alice = client_join("alice"), *bob = client_join("bob");

    client_add(alice, "a", false, CLEAR);
    client_add(alice, "b", false, CLEAR);
    client_offer(alice, AUDIO_SECTION("1", "a") AUDIO_SECTION("2", "b"));
    run_ms(200);
    assert_int_equal(client_sees(bob, "alice")->n_tracks, 2);
    client_forget(bob);
    client_offer(alice, AUDIO_SECTION("8", "a") AUDIO_SECTION("2", "b") AUDIO_SECTION("3", "c")
                            AUDIO_SECTION("4", "d") AUDIO_SECTION("5", "e"));
    run_ms(100);
    assert_true(client_count(bob, RESP(UPDATE)) > 0);
    for (const struct message *m = bob->first; m; m = m->next) {
        if (m->response->message_case != RESP(UPDATE))
            continue;
        const Livekit__ParticipantInfo *info = m->response->update->participants[0];
        assert_int_equal(info->n_tracks, 1);
        assert_string_equal(info->tracks[0]->mid, "2");
    }
}

static int finish(void **state)
{
    arena_fini(&arena);
    return world_fini(state);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, world_init, finish)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_data_only),
        TEST(test_audio),
        TEST(test_stereo),
        TEST(test_video_codecs),
        TEST(test_simulcast),
        TEST(test_other_sections),
        TEST(test_offer_before_request),
        WORLD_TEST(test_no_red),
        TEST(test_rewritten_id),
        TEST(test_unpublish),
        TEST(test_replaced),
        TEST(test_missing_section),
        TEST(test_many_sections),
        TEST(test_sections_move),
        TEST(test_malformed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
