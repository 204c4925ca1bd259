/* SPDX-License-Identifier: Apache-2.0 */
/* Session descriptions of real clients, section by section; then the lines that browsers differ in,
 * one case each; then what must be refused. */
#include "wire/sdp.h"

#include "vectors.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#define SESSION "v=0\r\no=- 1 1 IN IP4 0.0.0.0\r\ns=-\r\nt=0 0\r\n"
#define VIDEO SESSION "m=video 9 UDP/TLS/RTP/SAVPF 96 97\r\n"
#define HASH                                                                                       \
    "00:01:02:03:04:05:06:07:08:09:0a:0b:0C:0D:0E:0F:10:11:12:13:14:15:16:17:18:19:1A:1B:1C:1D:"   \
    "1E:"                                                                                          \
    "1F"

static void assert_span(struct span got, const char *want)
{
    if (!span_equal(got, span_of_str(want)))
        fail_msg("\"%.*s\" is not \"%s\"", (int)got.size, (const char *)got.data, want);
}

static void parse_file(const char *name, struct arena *a, struct sdp *out)
{
    arena_init(a);
    if (!sdp_parse(vector_read("sdp", name, a), a, out))
        fail_msg("%s refused", name);
}

static bool parse_text(const char *text, struct arena *a, struct sdp *out)
{
    arena_init(a);
    return sdp_parse(span_of_str(text), a, out);
}

/* ---- whole descriptions ---- */

static void test_chrome_simulcast(void **state)
{
    (void)state;
    struct arena a;
    struct sdp sdp;
    parse_file("chrome-offer-simulcast.sdp", &a, &sdp);

    assert_int_equal(sdp.media_count, 3);
    assert_span(sdp.ice_ufrag, "ifDU");
    assert_span(sdp.ice_pwd, "993P4YC8far3Eiftb61xdNTL");
    assert_true(sdp.has_fingerprint);
    assert_int_equal(sdp.fingerprint[0], 0x78);
    assert_int_equal(sdp.fingerprint[31], 0x1a);
    assert_int_equal(sdp.setup, SDP_ACTPASS);
    assert_false(sdp.ice_lite);

    const struct sdp_media *data = &sdp.media[0], *audio = &sdp.media[1], *video = &sdp.media[2];
    assert_int_equal(data->kind, SDP_APPLICATION);
    assert_int_equal(data->port, 39536);
    assert_int_equal(data->sctp_port, 5000);
    assert_int_equal(data->max_message_size, 262144);
    assert_int_equal(data->codec_count, 0);

    assert_int_equal(audio->kind, SDP_AUDIO);
    assert_span(audio->mid, "1");
    assert_int_equal(audio->direction, SDP_SENDONLY);
    assert_span(audio->stream_id, "2d46f647-3f77-460d-9313-6a15659886db");
    assert_span(audio->track_id, "53b9585e-d291-4302-a2cd-917cfe7b4527");
    assert_int_equal(audio->codec_count, 8);
    const struct sdp_codec *opus = sdp_find_codec(audio, CODEC_OPUS, -1);
    assert_ptr_equal(opus, &audio->codecs[0]);
    assert_int_equal(opus->payload_type, 111);
    assert_int_equal(opus->clock_rate, 48000);
    assert_int_equal(opus->channels, 2);
    assert_true(opus->transport_cc);
    assert_false(opus->nack);
    assert_span(sdp_fmtp_value(opus->fmtp, "stereo"), "1");
    assert_int_equal(audio->ssrc_count, 1);
    assert_int_equal(audio->ssrcs[0], 663058768);
    assert_int_equal(audio->extension_count, 2);
    assert_int_equal(audio->extensions[1].id, 4);
    assert_span(audio->extensions[1].uri, "urn:ietf:params:rtp-hdrext:sdes:mid");

    assert_int_equal(video->codec_count, 23);
    const struct sdp_codec *vp8 = sdp_find_codec(video, CODEC_VP8, -1);
    assert_int_equal(vp8->payload_type, 96);
    assert_true(vp8->nack && vp8->nack_pli && vp8->ccm_fir && vp8->goog_remb && vp8->transport_cc);
    assert_int_equal(sdp_find_rtx(video, 96)->payload_type, 97);
    assert_int_equal(sdp_find_codec(video, CODEC_H264, 1)->payload_type, 102);
    assert_int_equal(sdp_find_codec(video, CODEC_H264, 0)->payload_type, 104);
    assert_int_equal(sdp_find_codec(video, CODEC_H264, -1)->payload_type, 102);
    assert_int_equal(sdp_find_rtx(video, 104)->payload_type, 107);
    assert_null(sdp_find_rtx(video, 120));
    assert_int_equal(video->rid_count, 3);
    assert_span(video->rids[0], "q");
    assert_span(video->rids[1], "h");
    assert_span(video->rids[2], "f");
    assert_int_equal(video->ssrc_count, 0);
    assert_int_equal(video->extension_count, 13);
    arena_fini(&a);
}

static void test_firefox(void **state)
{
    (void)state;
    struct arena a;
    struct sdp sdp;
    parse_file("firefox-offer.sdp", &a, &sdp);

    assert_int_equal(sdp.media_count, 3);
    assert_true(sdp.has_fingerprint);
    assert_int_equal(sdp.fingerprint[31], 0x1f);
    assert_span(sdp.ice_ufrag, "f1ref0x0");
    const struct sdp_media *audio = &sdp.media[0], *video = &sdp.media[1], *data = &sdp.media[2];
    assert_span(audio->mid, "7");
    assert_span(audio->track_id, "{track-a}");
    assert_int_equal(audio->extensions[1].id, 2);
    assert_span(audio->extensions[1].uri, "urn:ietf:params:rtp-hdrext:csrc-audio-level");
    assert_int_equal(audio->codecs[1].channels, 1);

    assert_int_equal(video->port, 9);
    assert_int_equal(video->extensions[3].id, 9);
    assert_span(video->extensions[3].uri, "urn:ietf:params:rtp-hdrext:sdes:rtp-stream-id");
    assert_int_equal(sdp_find_codec(video, CODEC_H264, 0)->payload_type, 97);
    assert_int_equal(sdp_find_codec(video, CODEC_H264, 1)->payload_type, 126);
    assert_int_equal(video->rid_count, 2);
    assert_span(video->rids[0], "q");
    assert_span(video->rids[1], "f");
    assert_int_equal(video->ssrc_count, 2);
    assert_int_equal(video->fid[0], 2222222222);
    assert_int_equal(video->fid[1], 3333333333);
    assert_int_equal(data->max_message_size, 1073741823);
    arena_fini(&a);
}

static const struct summary {
    const char *file;
    unsigned sections;
    enum sdp_setup setup;
    enum sdp_direction last_direction;
    unsigned last_rids, last_codecs, last_ssrcs;
    const char *last_stream, *last_track;
} summaries[] = {
    {"chrome-offer-data.sdp", 1, SDP_ACTPASS, SDP_SENDRECV, 0, 0, 0, "", ""},
    {"chrome-offer-audio.sdp", 2, SDP_ACTPASS, SDP_SENDONLY, 0, 8, 1,
     "2d46f647-3f77-460d-9313-6a15659886db", "53b9585e-d291-4302-a2cd-917cfe7b4527"},
    {"chrome-offer-unpublished.sdp", 3, SDP_ACTPASS, SDP_INACTIVE, 3, 23, 0,
     "955da5e2-53d7-4b46-91e1-f5fc57426ea2", "da41af57-07b2-41c6-b82a-b2bad2638e6f"},
    {"chrome-offer-ice-restart.sdp", 1, SDP_ACTPASS, SDP_SENDRECV, 0, 0, 0, "", ""},
    {"chrome-answer.sdp", 3, SDP_ACTIVE, SDP_RECVONLY, 0, 16, 0, "", ""},
    {"chrome-answer-inactive.sdp", 3, SDP_ACTIVE, SDP_INACTIVE, 0, 16, 0, "", ""},
    {"node-offer-audio.sdp", 2, SDP_ACTPASS, SDP_SENDONLY, 0, 8, 1, "",
     "b9882ed5-9205-48bf-a0c5-62b60f800f48"},
    {"node-offer-video.sdp", 3, SDP_ACTPASS, SDP_SENDONLY, 0, 1, 1, "",
     "de29e7ce-db79-4281-9d23-9f2a802e3563"},
    {"node-answer.sdp", 3, SDP_ACTIVE, SDP_RECVONLY, 0, 16, 0, "", ""},
    {"server-offer.sdp", 3, SDP_ACTPASS, SDP_SENDRECV, 0, 18, 2,
     "PA_HChYSDveK2ct|TR_VCmYxtkToZ53Av", "TR_VCmYxtkToZ53Av"},
    {"server-answer-simulcast.sdp", 3, SDP_ACTIVE, SDP_RECVONLY, 0, 14, 0, "", ""},
};

static void test_summaries(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof summaries / sizeof summaries[0]; i++) {
        const struct summary *want = &summaries[i];
        struct arena a;
        struct sdp sdp;
        parse_file(want->file, &a, &sdp);
        const struct sdp_media *last = &sdp.media[sdp.media_count - 1];
        if (sdp.media_count != want->sections || sdp.setup != want->setup || !sdp.has_fingerprint ||
            sdp.ice_ufrag.size < 4 || last->direction != want->last_direction ||
            last->rid_count != want->last_rids || last->codec_count != want->last_codecs ||
            last->ssrc_count != want->last_ssrcs)
            fail_msg("%s: %u sections, setup %d, direction %d, %u rids, %u codecs, %u ssrcs",
                     want->file, sdp.media_count, (int)sdp.setup, (int)last->direction,
                     last->rid_count, last->codec_count, last->ssrc_count);
        assert_span(last->stream_id, want->last_stream);
        assert_span(last->track_id, want->last_track);
        arena_fini(&a);
    }
}

/* Cut anywhere: no read beyond the end, and every value lies in the text. */
static void test_truncations(void **state)
{
    (void)state;
    struct arena a;
    arena_init(&a);
    struct span whole = vector_read("sdp", "firefox-offer.sdp", &a);
    for (size_t size = 0; size < whole.size; size++) {
        struct arena scratch;
        struct sdp sdp;
        uint8_t *exact = xmalloc(size ? size : 1);
        memcpy(exact, whole.data, size);
        arena_init(&scratch);
        if (sdp_parse(span_of(exact, size), &scratch, &sdp))
            for (unsigned i = 0; i < sdp.media_count; i++)
                if (sdp.media[i].mid.size > 0)
                    assert_in_range((uintptr_t)sdp.media[i].mid.data, (uintptr_t)exact,
                                    (uintptr_t)exact + size);
        arena_fini(&scratch);
        free(exact);
    }
    arena_fini(&a);
}

/* ---- single lines ---- */

static void test_msid(void **state)
{
    (void)state;
    static const struct {
        const char *text, *stream, *track;
    } cases[] = {
        {VIDEO "a=msid:s t\r\n", "s", "t"},
        {VIDEO "a=msid:- t\r\n", "", "t"},
        {VIDEO "a=msid:t\r\n", "", "t"},
        {VIDEO "a=msid:s t\r\na=msid:u v\r\n", "s", "t"},
        {VIDEO "a=msid: s  t \r\n", "s", "t"},
        {VIDEO, "", ""},
        {VIDEO "a=msid:PA_a|TR_b TR_b\n", "PA_a|TR_b", "TR_b"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct arena a;
        struct sdp sdp;
        assert_true(parse_text(cases[i].text, &a, &sdp));
        assert_span(sdp.media[0].stream_id, cases[i].stream);
        assert_span(sdp.media[0].track_id, cases[i].track);
        arena_fini(&a);
    }
}

static void test_rids(void **state)
{
    (void)state;
    static const struct {
        const char *lines, *joined;
    } cases[] = {
        {"", ""},
        {"a=rid:f send\r\na=rid:h send\r\na=rid:q send\r\na=simulcast:send f;h;q\r\n", "fhq"},
        {"a=rid:q send\r\na=rid:h send pt=96\r\na=simulcast:send q;h\r\n", "qh"},
        {"a=rid:q send\r\na=rid:h send\r\na=rid:f send\r\na=simulcast:send q;~h;~f\r\n", "q"},
        {"a=simulcast:send ~q;h\r\na=rid:q send\r\na=rid:h send\r\n", "h"},
        {"a=rid:q send\r\na=rid:h send\r\na=simulcast:send q,~h\r\n", "q"},
        {"a=rid:q send\r\na=rid:h recv\r\na=simulcast:recv h send q\r\n", "q"},
        {"a=rid:q recv\r\na=simulcast:recv ~q\r\n", ""},
        {"a=rid:a send\r\na=rid:b send\r\na=rid:c send\r\na=rid:d send\r\na=simulcast:send "
         "a;b;c;~d\r\n",
         "abc"},
        {"a=rid:x send\r\n", "x"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct arena a;
        struct sdp sdp;
        struct str text, joined;
        str_init(&text);
        str_init(&joined);
        arena_init(&a);
        str_printf(&text, "%s%s", VIDEO, cases[i].lines);
        assert_true(sdp_parse(str_span(&text), &a, &sdp));
        for (unsigned k = 0; k < sdp.media[0].rid_count; k++)
            str_append_span(&joined, sdp.media[0].rids[k]);
        assert_span(str_span(&joined), cases[i].joined);
        str_fini(&text);
        str_fini(&joined);
        arena_fini(&a);
    }
}

static void test_directions(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        enum sdp_direction direction;
        uint16_t port;
    } cases[] = {
        {VIDEO, SDP_SENDRECV, 9},
        {VIDEO "a=sendonly\r\n", SDP_SENDONLY, 9},
        {VIDEO "a=recvonly", SDP_RECVONLY, 9},
        {VIDEO "a=inactive\n", SDP_INACTIVE, 9},
        {SESSION "a=recvonly\r\nm=audio 9 RTP/AVP 0\r\n", SDP_RECVONLY, 9},
        {SESSION "a=recvonly\r\nm=audio 9 RTP/AVP 0\r\na=sendonly\r\n", SDP_SENDONLY, 9},
        {SESSION "m=audio 0 RTP/AVP 0\r\n", SDP_SENDRECV, 0},
        {SESSION "m=audio 0 RTP/AVP 0\r\na=bundle-only\r\n", SDP_SENDRECV, 9},
        {SESSION "m=audio 49170/2 RTP/AVP 0\r\n", SDP_SENDRECV, 49170},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct arena a;
        struct sdp sdp;
        assert_true(parse_text(cases[i].text, &a, &sdp));
        assert_int_equal(sdp.media_count, 1);
        assert_int_equal(sdp.media[0].direction, cases[i].direction);
        assert_int_equal(sdp.media[0].port, cases[i].port);
        arena_fini(&a);
    }
}

/* The first to say a thing says it for the transport, be it the session or a section. */
static void test_transport_lines(void **state)
{
    (void)state;
    static const char *const texts[] = {
        SESSION "a=ice-ufrag:abcd\r\na=ice-pwd:pwpwpwpw\r\na=fingerprint:sha-256 " HASH
                "\r\na=setup:passive\r\na=ice-lite\r\nm=audio 9 RTP/AVP 0\r\n",
        SESSION "a=ice-lite\r\nm=audio 9 RTP/AVP 0\r\na=ice-ufrag:abcd\r\na=ice-pwd:pwpwpwpw\r\n"
                "a=fingerprint:SHA-256 " HASH "\r\na=setup:passive\r\nm=video 9 RTP/AVP 96\r\n"
                "a=ice-ufrag:zzzz\r\na=ice-pwd:zzzzzzzz\r\na=setup:active\r\n",
        SESSION "a=ice-lite\na=fingerprint:sha-1 00:01\na=fingerprint:sha-256 " HASH
                "\na=setup:passive\na=ice-ufrag:abcd\na=ice-pwd:pwpwpwpw\n",
    };
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        struct arena a;
        struct sdp sdp;
        assert_true(parse_text(texts[i], &a, &sdp));
        assert_span(sdp.ice_ufrag, "abcd");
        assert_span(sdp.ice_pwd, "pwpwpwpw");
        assert_true(sdp.ice_lite && sdp.has_fingerprint);
        assert_int_equal(sdp.setup, SDP_PASSIVE);
        for (unsigned k = 0; k < 32; k++)
            assert_int_equal(sdp.fingerprint[k], k);
        arena_fini(&a);
    }
}

static void test_h264(void **state)
{
    (void)state;
    static const struct {
        const char *fmtp;
        bool mode0, mode1;
    } cases[] = {
        {"profile-level-id=42e01f;packetization-mode=1", false, true},
        {"profile-level-id=42E01F; packetization-mode=0", true, false},
        {"profile-level-id=42001f", true, false},
        {"packetization-mode=1;profile-level-id=4d0032", false, true},
        {"profile-level-id=640032;packetization-mode=1", false, false},
        {"profile-level-id=f4001f;packetization-mode=0", false, false},
        {"profile-level-id=42c01f", false, false},
        {"profile-level-id=42", false, false},
        {"packetization-mode=1", false, true},
        {"packetization-mode=9", false, false},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct arena a;
        struct sdp sdp;
        arena_init(&a);
        char *text =
            arena_printf(&a, "%sa=rtpmap:96 H264/90000\r\na=fmtp:96 %s\r\n", VIDEO, cases[i].fmtp);
        assert_true(sdp_parse(span_of_str(text), &a, &sdp));
        const struct sdp_media *m = &sdp.media[0];
        if ((sdp_find_codec(m, CODEC_H264, 0) != NULL) != cases[i].mode0 ||
            (sdp_find_codec(m, CODEC_H264, 1) != NULL) != cases[i].mode1 ||
            (sdp_find_codec(m, CODEC_H264, -1) != NULL) != (cases[i].mode0 || cases[i].mode1))
            fail_msg("%s", cases[i].fmtp);
        arena_fini(&a);
    }
}

static void test_fmtp_value(void **state)
{
    (void)state;
    static const struct {
        const char *fmtp, *name, *value;
    } cases[] = {
        {"apt=96", "apt", "96"},
        {"apt=96;rtx-time=3000", "rtx-time", "3000"},
        {"a=1; apt = 96 ", "apt", "96"},
        {"xapt=1;apt=2", "apt", "2"},
        {"APT=96", "apt", "96"},
        {"apt", "apt", ""},
        {"apt=", "apt", ""},
        {"", "apt", ""},
        {"111/111", "apt", ""},
        {"a=b=c", "a", "b=c"},
        {";;apt=1", "apt", "1"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
        assert_span(sdp_fmtp_value(span_of_str(cases[i].fmtp), cases[i].name), cases[i].value);
}

static void test_feedback_for_all(void **state)
{
    (void)state;
    struct arena a;
    struct sdp sdp;
    assert_true(parse_text(VIDEO "a=rtcp-fb:* nack\r\na=rtcp-fb:97 nack pli\r\n"
                                 "a=rtcp-fb:96 nack sli\r\na=rtcp-fb:50 ccm fir\r\n",
                           &a, &sdp));
    const struct sdp_codec *c = sdp.media[0].codecs;
    assert_true(c[0].nack && c[1].nack && c[1].nack_pli);
    assert_false(c[0].nack_pli || c[0].ccm_fir || c[1].ccm_fir);
    arena_fini(&a);
}

/* ---- refusals ---- */

static void test_refused(void **state)
{
    (void)state;
    static const char *const texts[] = {
        "",
        "x",
        "m=audio 9 RTP/AVP 0\r\n",
        "o=- 1 1 IN IP4 0.0.0.0\r\nv=0\r\n",
        SESSION "m=\r\n",
        SESSION "m=audio\r\n",
        SESSION "m=audio 9\r\n",
        SESSION "m=audio x RTP/AVP 0\r\n",
        SESSION "m=audio 65536 RTP/AVP 0\r\n",
        SESSION "m=audio -1 RTP/AVP 0\r\n",
        SESSION "m=audio 9 RTP/AVP 128\r\n",
        SESSION "m=audio 9 RTP/AVP opus\r\n",
        SESSION "m=audio 9 RTP/AVP 0\r\na=mid:0\r\nm=audio 9 RTP/AVP 0\r\na=mid:0\r\n",
        VIDEO "a=mid:\r\n",
        VIDEO "a=mid:a b\r\n",
        VIDEO "a=mid:a\rb\r\n",
        VIDEO "a=mid:\xc3\xa4\r\n",
        VIDEO "a=mid:01234567890123456789012345678901234567890123456789012345678901234\r\n",
        VIDEO "a=rtpmap:96\r\n",
        VIDEO "a=rtpmap:96 VP8\r\n",
        VIDEO "a=rtpmap:x VP8/90000\r\n",
        VIDEO "a=rtpmap:96 VP8/99999999999\r\n",
        VIDEO "a=rtpmap:96 opus/48000/256\r\n",
        VIDEO "a=fmtp:\r\n",
        VIDEO "a=fmtp:999 x\r\n",
        VIDEO "a=rtcp-fb:x nack\r\n",
        VIDEO "a=extmap:0 urn:x\r\n",
        VIDEO "a=extmap:1\r\n",
        VIDEO "a=extmap:9999 urn:x\r\n",
        VIDEO "a=ssrc:\r\n",
        VIDEO "a=ssrc:4294967296 cname:x\r\n",
        VIDEO "a=ssrc-group:FID 1\r\n",
        VIDEO "a=sctp-port:65536\r\n",
        VIDEO "a=max-message-size:x\r\n",
        VIDEO "a=rid:q send\r\na=rid:q send\r\n",
        VIDEO "a=rid:1 send\r\na=rid:2 send\r\na=rid:3 send\r\na=rid:4 send\r\n",
        VIDEO "a=ice-ufrag:\r\n",
        VIDEO "a=ice-pwd:a b\r\n",
        VIDEO "a=fingerprint:sha-256 00:01\r\n",
        SESSION "a=fingerprint:sha-256 " HASH "0\r\n",
        SESSION "a=fingerprint:sha-256 G" HASH "\r\n",
    };
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        struct arena a;
        struct sdp sdp;
        if (parse_text(texts[i], &a, &sdp))
            fail_msg("accepted: %s", texts[i]);
        arena_fini(&a);
    }

    static const char zero[] = VIDEO "a=mid:a\0b\r\n";
    struct arena a;
    struct sdp sdp;
    arena_init(&a);
    assert_false(sdp_parse(span_of(zero, sizeof zero - 1), &a, &sdp));
    arena_fini(&a);
}

/* `head`, then `count` lines made of the format and a number from 0. */
static bool parse_many(const char *head, const char *format, unsigned count)
{
    struct arena a;
    struct sdp sdp;
    struct str text;

    arena_init(&a);
    str_init(&text);
    str_append(&text, head);
    for (unsigned i = 0; i < count; i++) {
        const char *number = strchr(format, '#');
        str_append_span(&text, span_of(format, (size_t)(number - format)));
        str_printf(&text, "%u%s", i, number + 1);
    }
    bool ok = sdp_parse(str_span(&text), &a, &sdp);
    str_fini(&text);
    arena_fini(&a);
    return ok;
}

static void test_limits(void **state)
{
    (void)state;
    static const struct {
        const char *head, *format;
        unsigned limit;
    } cases[] = {
        {SESSION, "m=audio 9 RTP/AVP 0\r\na=mid:#\r\n", LIMIT_SDP_SECTIONS},
        {VIDEO, "a=extmap:1 urn:#\r\n", LIMIT_SDP_EXTENSIONS},
        {VIDEO, "a=ssrc:# cname:x\r\n", LIMIT_SDP_SSRCS},
        {SESSION "m=video 9 RTP/AVP", " #", LIMIT_SDP_CODECS},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        assert_true(parse_many(cases[i].head, cases[i].format, cases[i].limit));
        assert_false(parse_many(cases[i].head, cases[i].format, cases[i].limit + 1));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_chrome_simulcast),
        cmocka_unit_test(test_firefox),
        cmocka_unit_test(test_summaries),
        cmocka_unit_test(test_truncations),
        cmocka_unit_test(test_msid),
        cmocka_unit_test(test_rids),
        cmocka_unit_test(test_directions),
        cmocka_unit_test(test_transport_lines),
        cmocka_unit_test(test_h264),
        cmocka_unit_test(test_fmtp_value),
        cmocka_unit_test(test_feedback_for_all),
        cmocka_unit_test(test_refused),
        cmocka_unit_test(test_limits),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
