/* SPDX-License-Identifier: Apache-2.0 */
/* What we write, line by line as clients need it, and read back by our own parser. */
#include "wire/sdp.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static const struct sdp_out_codec opus = {
    .payload_type = 111, .codec = CODEC_OPUS, .fmtp = "minptime=10;useinbandfec=1", .nack = true};
static const struct sdp_out_codec videos[] = {
    {.payload_type = 96,
     .rtx_payload_type = 97,
     .codec = CODEC_VP8,
     .nack = true,
     .pli = true,
     .fir = true,
     .remb = true,
     .transport_cc = true},
    {.payload_type = 108,
     .rtx_payload_type = 109,
     .codec = CODEC_H264,
     .fmtp = "level-asymmetry-allowed=1;packetization-mode=1;profile-level-id=42e01f",
     .pli = true},
};
static const char *const rids[] = {"q", "h", "f"};
static const uint8_t unused[] = {45, 98};

static struct sdp_out session(const struct sdp_out_media *media, unsigned count)
{
    struct sdp_out sdp = {.session_id = 18446744073709551615u,
                          .version = 3,
                          .ice_ufrag = "ufragufrag",
                          .ice_pwd = "pwdpwdpwdpwdpwdpwdpwdpwd",
                          .setup = SDP_ACTPASS,
                          .max_message_size = 65535,
                          .media = media,
                          .media_count = count};
    for (unsigned i = 0; i < sizeof sdp.fingerprint; i++)
        sdp.fingerprint[i] = (uint8_t)(0xe0 + i);
    return sdp;
}

static const char offer_text[] =
    "v=0\r\n"
    "o=- 18446744073709551615 3 IN IP4 0.0.0.0\r\n"
    "s=-\r\n"
    "t=0 0\r\n"
    "a=ice-lite\r\n"
    "a=fingerprint:sha-256 E0:E1:E2:E3:E4:E5:E6:E7:E8:E9:EA:EB:EC:ED:EE:EF:"
    "F0:F1:F2:F3:F4:F5:F6:F7:F8:F9:FA:FB:FC:FD:FE:FF\r\n"
    "a=msid-semantic: WMS *\r\n"
    "a=group:BUNDLE 0 1\r\n"
    "m=application 9 UDP/DTLS/SCTP webrtc-datachannel\r\n"
    "c=IN IP4 0.0.0.0\r\n"
    "a=mid:0\r\n"
    "a=ice-ufrag:ufragufrag\r\n"
    "a=ice-pwd:pwdpwdpwdpwdpwdpwdpwdpwd\r\n"
    "a=setup:actpass\r\n"
    "a=sctp-port:5000\r\n"
    "a=max-message-size:65535\r\n"
    "a=candidate:1 1 udp 2130706431 192.0.2.1 7882 typ host\r\n"
    "a=end-of-candidates\r\n"
    "m=video 9 UDP/TLS/RTP/SAVPF 96 97\r\n"
    "c=IN IP4 0.0.0.0\r\n"
    "a=mid:1\r\n"
    "a=ice-ufrag:ufragufrag\r\n"
    "a=ice-pwd:pwdpwdpwdpwdpwdpwdpwdpwd\r\n"
    "a=setup:actpass\r\n"
    "a=sendonly\r\n"
    "a=rtcp-mux\r\n"
    "a=rtcp-rsize\r\n"
    "a=rtpmap:96 VP8/90000\r\n"
    "a=rtcp-fb:96 transport-cc\r\n"
    "a=rtcp-fb:96 goog-remb\r\n"
    "a=rtcp-fb:96 ccm fir\r\n"
    "a=rtcp-fb:96 nack\r\n"
    "a=rtcp-fb:96 nack pli\r\n"
    "a=rtpmap:97 rtx/90000\r\n"
    "a=fmtp:97 apt=96\r\n"
    "a=extmap:4 urn:ietf:params:rtp-hdrext:sdes:mid\r\n"
    "a=msid:PA_a|TR_b TR_b\r\n"
    "a=ssrc-group:FID 4294967295 22\r\n"
    "a=ssrc:4294967295 cname:PA_a|TR_b\r\n"
    "a=ssrc:4294967295 msid:PA_a|TR_b TR_b\r\n"
    "a=ssrc:22 cname:PA_a|TR_b\r\n"
    "a=ssrc:22 msid:PA_a|TR_b TR_b\r\n";

static void test_offer_text(void **state)
{
    (void)state;
    struct sdp_extension mid = {4, SPAN_LITERAL("urn:ietf:params:rtp-hdrext:sdes:mid")};
    struct sdp_out_media media[] = {
        {.kind = SDP_APPLICATION, .mid = "0"},
        {.kind = SDP_VIDEO,
         .mid = "1",
         .direction = SDP_SENDONLY,
         .stream_id = "PA_a|TR_b",
         .track_id = "TR_b",
         .ssrc = 4294967295u,
         .rtx_ssrc = 22,
         .codecs = videos,
         .codec_count = 1,
         .extensions = &mid,
         .extension_count = 1},
    };
    struct sdp_candidate candidates[] = {{addr_v4(192, 0, 2, 1, 7882), 2130706431, 1}};
    struct sdp_out sdp = session(media, 2);
    struct str text;
    sdp.candidates = candidates;
    sdp.candidate_count = 1;
    str_init(&text);
    sdp_write(&text, &sdp);
    assert_string_equal(text.text, offer_text);
    str_fini(&text);
}

static void assert_answer(const struct sdp *got)
{
    assert_int_equal(got->media_count, 5);
    assert_true(got->ice_lite);
    assert_int_equal(got->setup, SDP_PASSIVE);
    assert_int_equal(sdp_find_codec(&got->media[0], CODEC_OPUS, -1)->channels, 2);
    assert_int_equal(sdp_find_codec(&got->media[1], CODEC_H264, 1)->payload_type, 108);
    assert_int_equal(sdp_find_rtx(&got->media[1], 108)->payload_type, 109);
    assert_true(sdp_find_codec(&got->media[1], CODEC_H264, 1)->nack_pli);
    assert_false(sdp_find_codec(&got->media[1], CODEC_H264, 1)->nack);
    assert_int_equal(got->media[2].port, 9);
    assert_int_equal(got->media[2].direction, SDP_INACTIVE);
    assert_int_equal(got->media[2].codec_count, 2);
    assert_int_equal(got->media[2].codecs[1].payload_type, 98);
    assert_int_equal(got->media[3].port, 0);
    assert_int_equal(got->media[4].sctp_port, 5000);
}

/* An answer: rids mirrored, an unused section kept open, one of unknown kind rejected, no ssrc
 * lines. */
static void test_answer_read_back(void **state)
{
    (void)state;
    struct sdp_out_media media[] = {
        {.kind = SDP_AUDIO,
         .mid = "7",
         .direction = SDP_RECVONLY,
         .codecs = &opus,
         .codec_count = 1},
        {.kind = SDP_VIDEO,
         .mid = "8",
         .direction = SDP_RECVONLY,
         .codecs = videos,
         .codec_count = 2,
         .rids = rids,
         .rid_count = 3},
        {.kind = SDP_VIDEO,
         .mid = "9",
         .direction = SDP_INACTIVE,
         .unused_payload_types = unused,
         .unused_payload_type_count = 2},
        {.kind = SDP_OTHER, .mid = "10"},
        {.kind = SDP_APPLICATION, .mid = "data"},
    };
    struct sdp_out sdp = session(media, 5);
    struct arena a;
    struct str text;
    struct sdp got;
    arena_init(&a);
    str_init(&text);
    sdp.setup = SDP_PASSIVE;
    sdp_write(&text, &sdp);

    assert_non_null(strstr(text.text, "a=group:BUNDLE 7 8 9 data\r\n"));
    assert_non_null(strstr(text.text, "a=rid:q recv\r\na=rid:h recv\r\na=rid:f recv\r\n"
                                      "a=simulcast:recv q;h;f\r\n"));
    assert_non_null(strstr(text.text, "a=rtpmap:111 opus/48000/2\r\n"));
    assert_null(strstr(text.text, "a=ssrc"));
    assert_null(strstr(text.text, "a=msid:"));
    assert_null(strstr(strstr(text.text, "a=end-of-candidates") + 1, "a=end-of-candidates"));
    assert_null(strstr(strstr(text.text, "a=ice-lite") + 1, "a=ice-lite"));

    assert_true(sdp_parse(str_span(&text), &a, &got));
    assert_true(span_equal(got.ice_pwd, span_of_str(sdp.ice_pwd)));
    assert_memory_equal(got.fingerprint, sdp.fingerprint, 32);
    assert_answer(&got);
    str_fini(&text);
    arena_fini(&a);
}

static void test_candidates(void **state)
{
    (void)state;
    struct sdp_out_media media[] = {{.kind = SDP_APPLICATION, .mid = "0"}};
    struct sdp_candidate candidates[2] = {{addr_v4(127, 0, 0, 1, 7882), 2130706431, 1},
                                          {.priority = 2130706175, .foundation = 2}};
    struct sdp_out sdp = session(media, 1);
    struct str text;

    assert_true(addr_parse("[2001:db8::1]:443", &candidates[1].addr));
    sdp.candidates = candidates;
    sdp.candidate_count = 2;
    str_init(&text);
    sdp_write(&text, &sdp);
    assert_non_null(strstr(text.text, "a=candidate:1 1 udp 2130706431 127.0.0.1 7882 typ host\r\n"
                                      "a=candidate:2 1 udp 2130706175 2001:db8::1 443 typ host\r\n"
                                      "a=end-of-candidates\r\n"));
    str_fini(&text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_offer_text),
        cmocka_unit_test(test_answer_read_back),
        cmocka_unit_test(test_candidates),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
