/* SPDX-License-Identifier: Apache-2.0 */
/* Offers to subscribers: what they carry, when they come, what their answers do. */
#include "harness.h"

#define CLEAR LIVEKIT__ENCRYPTION__TYPE__NONE

static struct arena arena;
static struct sdp sdp;

static const struct sdp_media *offered(const struct client *c, unsigned index)
{
    arena_fini(&arena);
    assert_true(sdp_parse(span_of_str(client_last(c, RESP(OFFER))->offer->sdp), &arena, &sdp));
    assert_true(index < sdp.media_count);
    return &sdp.media[index];
}

static void publish_both(struct client *c)
{
    client_add(c, "mic", false, CLEAR);
    client_add(c, "cam", true, CLEAR);
    client_offer(c, AUDIO_SECTION("1", "mic") VIDEO_SECTION("2", "cam"));
    run_ms(200);
}

static void test_first_offer(void **state)
{
    (void)state;
    struct client *alice = client_join("alice");

    publish_both(alice);
    struct client *bob = client_new("bob");
    client_open(bob);
    /* Everything is in the first one. */
    assert_int_equal(offered(bob, 0)->kind, SDP_APPLICATION);
    assert_int_equal(sdp.media_count, 3);
    assert_int_equal(sdp.setup, SDP_ACTPASS);
    const Livekit__SessionDescription *d = client_last(bob, RESP(OFFER))->offer;
    assert_string_equal(d->type, "offer");
    assert_int_equal(d->n_mid_to_track_id, 2);
    run_ms(200);
    assert_int_equal(client_count(bob, RESP(OFFER)), 1);
    list_each(node, &person_of(bob)->downtracks)
        assert_true(list_entry(node, struct downtrack, in_viewer)->live);
    assert_int_equal(client_count(alice, RESP(TRACK_SUBSCRIBED)), 2);
}

static void test_sections(void **state)
{
    (void)state;
    struct client *bob = client_join("bob"), *alice = client_join("alice");
    char stream[64];

    publish_both(alice);
    const struct person *p = person_of(alice);
    const struct sdp_media *a = offered(bob, 1), *v = offered(bob, 2);
    a = &sdp.media[1];
    assert_int_equal(a->direction, SDP_SENDONLY);
    assert_true(span_equal(a->mid, SPAN_LITERAL("1")));
    snprintf(stream, sizeof stream, "%s|%s", p->sid, p->sections[1].track->sid);
    assert_true(span_equal(a->stream_id, span_of_str(stream)));
    assert_true(span_equal(a->track_id, span_of_str(p->sections[1].track->sid)));
    assert_int_equal(a->codecs[0].payload_type, 111);
    assert_int_equal(a->ssrc_count, 1);
    assert_int_equal(v->codecs[0].payload_type, 96);
    assert_int_equal(sdp_find_codec(v, CODEC_H264, 1)->payload_type, 108);
    assert_int_equal(sdp_find_rtx(v, 96)->payload_type, 97);
    const struct slot *slot = &person_of(bob)->slots[2];
    assert_int_equal(v->fid[0], slot->downtrack->ssrc);
    assert_int_equal(v->fid[1], slot->downtrack->rtx_ssrc);
    assert_int_equal(slot->downtrack->payload_type, 96);
    assert_int_equal(slot->downtrack->rtx_payload_type, 97);
    assert_int_equal(a->extension_count, 1);
    assert_int_equal(a->extensions[0].id, 1);
}

/* The update that announces a track goes out before the offer that carries it, and changes of one
 * turn make one offer. */
static void test_order(void **state)
{
    (void)state;
    struct client *bob = client_join("bob"), *alice = client_join("alice");
    bool known = false;

    client_forget(bob);
    publish_both(alice);
    assert_int_equal(client_count(bob, RESP(OFFER)), 1);
    for (const struct message *m = bob->first; m; m = m->next) {
        if (m->response->message_case == RESP(UPDATE))
            known = m->response->update->participants[0]->n_tracks == 2;
        if (m->response->message_case == RESP(OFFER))
            assert_true(known);
    }
}

static void publish(struct client *c, bool mic, bool cam)
{
    struct str s;

    str_init(&s);
    str_append(&s, mic ? AUDIO_SECTION("1", "mic")
                       : "m=audio 9 UDP/TLS/RTP/SAVPF 111\r\na=mid:1\r\na=inactive\r\n"
                         "a=rtpmap:111 opus/48000/2\r\n");
    str_append(&s, cam ? VIDEO_SECTION("2", "cam")
                       : "m=video 9 UDP/TLS/RTP/SAVPF 96\r\na=mid:2\r\na=inactive\r\n"
                         "a=rtpmap:96 VP8/90000\r\n");
    client_offer(c, s.text);
    str_fini(&s);
}

/* One at a time: what happens meanwhile waits for the answer. */
static void test_one_outstanding(void **state)
{
    (void)state;
    struct client *bob = client_join("bob"), *alice = client_join("alice");

    bob->mute_answers = true;
    client_forget(bob);
    client_add(alice, "mic", false, CLEAR);
    publish(alice, true, false);
    turn();
    client_add(alice, "cam", true, CLEAR);
    publish(alice, true, true);
    run_ms(500);
    assert_int_equal(client_count(bob, RESP(OFFER)), 1);
    assert_int_equal(offered(bob, 1)->kind, SDP_AUDIO);
    assert_int_equal(sdp.media_count, 2);
    bob->mute_answers = false;
    client_answer(bob, client_last(bob, RESP(OFFER))->offer);
    run_ms(100);
    assert_int_equal(client_count(bob, RESP(OFFER)), 2);
    assert_int_equal(offered(bob, 2)->direction, SDP_SENDONLY);
}

/* A freed section is shown as inactive once before another track takes it. */
static void test_reuse(void **state)
{
    (void)state;
    struct client *bob = client_join("bob"), *alice = client_join("alice");

    publish_both(alice);
    publish(alice, false, true);
    run_ms(100);
    assert_int_equal(offered(bob, 1)->direction, SDP_INACTIVE);
    assert_int_equal(offered(bob, 2)->direction, SDP_SENDONLY);
    client_add(alice, "mic", false, CLEAR);
    publish(alice, true, true);
    run_ms(100);
    assert_int_equal(offered(bob, 1)->direction, SDP_SENDONLY);
    assert_int_equal(sdp.media_count, 3);
    /* Gone and come in one turn: a section of its own. */
    publish(alice, false, true);
    client_add(alice, "mic", false, CLEAR);
    publish(alice, true, true);
    run_ms(100);
    assert_int_equal(offered(bob, 3)->direction, SDP_SENDONLY);
    assert_int_equal(offered(bob, 1)->direction, SDP_INACTIVE);
}

/* The answer to an offer whose track is gone by then starts nothing. */
static void test_late_answer(void **state)
{
    (void)state;
    struct client *bob = client_join("bob"), *alice = client_join("alice");

    bob->mute_answers = true;
    client_add(alice, "mic", false, CLEAR);
    publish(alice, true, false);
    turn();
    publish(alice, false, false);
    client_add(alice, "mic", false, CLEAR);
    publish(alice, true, false);
    turn();
    client_answer(bob, client_last(bob, RESP(OFFER))->offer);
    list_each(node, &person_of(bob)->downtracks)
        assert_false(list_entry(node, struct downtrack, in_viewer)->live);
    bob->mute_answers = false;
    run_ms(100);
    list_each(again, &person_of(bob)->downtracks)
        assert_true(list_entry(again, struct downtrack, in_viewer)->live);
}

/* A free section was offered as such; a track took it before the answer, which is not about it. */
static void test_taken_meanwhile(void **state)
{
    (void)state;
    struct client *bob = client_join("bob"), *alice = client_join("alice");

    bob->bare = true;
    publish_both(alice);
    publish(alice, false, false);
    run_ms(100);
    bob->mute_answers = true;
    client_add(alice, "cam", true, CLEAR);
    publish(alice, false, true);
    turn();
    client_add(alice, "mic", false, CLEAR);
    publish(alice, true, true);
    turn();
    assert_non_null(person_of(bob)->slots[1].downtrack);
    bob->mute_answers = false;
    client_answer(bob, client_last(bob, RESP(OFFER))->offer);
    run_ms(100);
    assert_int_equal(client_count(bob, RESP(SUBSCRIPTION_RESPONSE)), 0);
    assert_true(person_of(bob)->slots[1].downtrack->live);
    assert_true(person_of(bob)->slots[2].downtrack->live);
}

static void test_wrong_answers(void **state)
{
    (void)state;
    struct client *bob = client_new("bob");

    bob->mute_answers = true;
    client_open(bob);
    client_send_sdp(bob, false, "nonsense", 1);
    client_send_sdp(bob, false, "v=0\r\n", 77);
    turn();
    assert_true(person_of(bob)->offer_pending);
    assert_int_equal(engine_stats(world.engine)->signal_malformed, 1);
    /* Some clients do not repeat the id. */
    Livekit__SessionDescription d = *client_last(bob, RESP(OFFER))->offer;
    d.id = 0;
    client_answer(bob, &d);
    turn();
    assert_false(person_of(bob)->offer_pending);
}

static void test_codec_unsupported(void **state)
{
    (void)state;
    struct client *bob = client_new("bob"), *alice = client_join("alice");
    Livekit__SignalRequest r = request_of(REQ(ADD_TRACK));
    Livekit__AddTrackRequest add = LIVEKIT__ADD_TRACK_REQUEST__INIT;
    Livekit__SimulcastCodec h264 = LIVEKIT__SIMULCAST_CODEC__INIT, *list[] = {&h264};

    bob->no_h264 = true;
    client_open(bob);
    run_ms(100);
    r.add_track = &add;
    add.cid = (char *)(uintptr_t) "cam";
    add.type = LIVEKIT__TRACK_TYPE__VIDEO;
    add.simulcast_codecs = list;
    add.n_simulcast_codecs = 1;
    h264.codec = (char *)(uintptr_t) "h264";
    client_send(alice, &r);
    client_add(alice, "mic", false, CLEAR);
    publish(alice, true, true);
    run_ms(200);
    const Livekit__SubscriptionResponse *refusal =
        client_last(bob, RESP(SUBSCRIPTION_RESPONSE))->subscription_response;
    assert_int_equal(refusal->err, LIVEKIT__SUBSCRIPTION_ERROR__SE_CODEC_UNSUPPORTED);
    assert_string_equal(refusal->track_sid, person_of(alice)->sections[2].track->sid);
    assert_int_equal(client_count(bob, RESP(SUBSCRIPTION_RESPONSE)), 1);
    /* The connection goes on, with what it can take. */
    const struct downtrack *d =
        list_entry(person_of(bob)->downtracks.next, struct downtrack, in_viewer);
    assert_true(d->live);
    assert_int_equal(d->track->codec, CODEC_OPUS);
    assert_true(d->in_viewer.next == &person_of(bob)->downtracks);
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
        TEST(test_first_offer),     TEST(test_sections),      TEST(test_order),
        TEST(test_one_outstanding), TEST(test_reuse),         TEST(test_late_answer),
        TEST(test_taken_meanwhile), TEST(test_wrong_answers), TEST(test_codec_unsupported),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
