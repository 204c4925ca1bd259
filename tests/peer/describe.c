/* SPDX-License-Identifier: Apache-2.0 */
/* Session descriptions as a browser writes them: what the peer offers and answers. */
#include <stdio.h>
#include <stdlib.h>

#include "peer.h"

static void begin(struct str *out, const struct peer *p, uint32_t version, unsigned sections)
{
    str_init(out);
    str_printf(out, "v=0\r\no=- %llu %u IN IP4 127.0.0.1\r\ns=-\r\nt=0 0\r\na=group:BUNDLE",
               (unsigned long long)(p->config.first_id & 0xffffffffu) + 1, version);
    for (unsigned i = 0; i < sections; i++)
        str_printf(out, " %u", i);
    str_append(out, "\r\na=extmap-allow-mixed\r\na=msid-semantic: WMS\r\n");
}

static void write_transport(struct str *out, const struct peer *p, enum peer_side side,
                            const char *setup)
{
    const struct ice *ice = transport_ice(p->links[side].transport);
    const uint8_t *fingerprint = dtls_context_fingerprint(p->config.dtls);

    str_printf(out,
               "c=IN IP4 0.0.0.0\r\na=rtcp:9 IN IP4 0.0.0.0\r\na=ice-ufrag:%s\r\na=ice-pwd:%s\r\n"
               "a=ice-options:trickle\r\na=fingerprint:sha-256 ",
               ice->local.ufrag, ice->local.pwd);
    for (unsigned i = 0; i < 32; i++)
        str_printf(out, i ? ":%02X" : "%02X", fingerprint[i]);
    str_printf(out, "\r\na=setup:%s\r\n", setup);
}

static void write_application(struct str *out)
{
    str_append(out, "a=sctp-port:5000\r\na=max-message-size:262144\r\n");
}

/* ---- the offer ---- */

static void write_extension(struct str *out, unsigned id, enum rtpext kind)
{
    str_printf(out, "a=extmap:%u %s\r\n", id, rtpext_uri(kind));
}

static void write_opus(struct str *out)
{
    str_append(out, "a=rtpmap:111 opus/48000/2\r\na=rtcp-fb:111 transport-cc\r\n"
                    "a=fmtp:111 minptime=10;useinbandfec=1\r\n");
}

static void write_video(struct str *out, unsigned type, const char *name, bool rtx)
{
    static const char *const feedback[] = {"goog-remb", "transport-cc", "ccm fir", "nack",
                                           "nack pli"};

    str_printf(out, "a=rtpmap:%u %s/90000\r\n", type, name);
    for (unsigned i = 0; i < sizeof feedback / sizeof feedback[0]; i++)
        str_printf(out, "a=rtcp-fb:%u %s\r\n", type, feedback[i]);
    if (rtx)
        str_printf(out, "a=rtpmap:%u rtx/90000\r\na=fmtp:%u apt=%u\r\n", type + 1, type + 1, type);
}

/* Both codecs stand in every section; which one is sent the answer decides. */
static void write_videos(struct str *out, bool rtx)
{
    write_video(out, PEER_PT_VP8, "VP8", rtx);
    write_video(out, PEER_PT_H264, "H264", rtx);
    str_printf(out,
               "a=fmtp:%u level-asymmetry-allowed=1;packetization-mode=1;profile-level-id=42e01f"
               "\r\n",
               PEER_PT_H264);
}

static void write_ssrcs(struct str *out, const struct source *s, bool rtx)
{
    const struct source_layer *l = &s->layers[0];

    rtx = rtx && codec_is_video(s->config.codec);
    if (rtx)
        str_printf(out, "a=ssrc-group:FID %u %u\r\n", l->ssrc, l->rtx_ssrc);
    str_printf(out, "a=ssrc:%u cname:peer\r\na=ssrc:%u msid:- %s\r\n", l->ssrc, l->ssrc, s->cid);
    if (rtx)
        str_printf(out, "a=ssrc:%u cname:peer\r\na=ssrc:%u msid:- %s\r\n", l->rtx_ssrc, l->rtx_ssrc,
                   s->cid);
}

static void write_layers(struct str *out, const struct source *s)
{
    for (unsigned i = 0; i < s->config.layers; i++)
        str_printf(out, "a=rid:%s send\r\n", s->layers[i].rid);
    str_append(out, "a=simulcast:send ");
    for (unsigned i = 0; i < s->config.layers; i++)
        str_printf(out, i ? ";%s" : "%s", s->layers[i].rid);
    str_append(out, "\r\n");
}

static void write_source(struct str *out, const struct peer *p, const struct source *s)
{
    bool audio = s->config.codec == CODEC_OPUS, rtx = !p->config.no_rtx;

    str_append(out, audio ? "m=audio 9 UDP/TLS/RTP/SAVPF 111\r\n"
                    : rtx ? "m=video 9 UDP/TLS/RTP/SAVPF 96 97 102 103\r\n"
                          : "m=video 9 UDP/TLS/RTP/SAVPF 96 102\r\n");
    write_transport(out, p, PEER_PUBLISHER, "actpass");
    str_printf(out, "a=mid:%s\r\n", s->mid);
    if (audio)
        write_extension(out, PEER_EXT_AUDIO_LEVEL, EXT_AUDIO_LEVEL);
    write_extension(out, PEER_EXT_TRANSPORT_CC, EXT_TRANSPORT_CC);
    write_extension(out, PEER_EXT_MID, EXT_MID);
    if (!audio) {
        write_extension(out, PEER_EXT_RID, EXT_RID);
        write_extension(out, PEER_EXT_REPAIRED_RID, EXT_REPAIRED_RID);
    }
    str_append(out, s->active ? "a=sendonly\r\n" : "a=inactive\r\n");
    if (s->active)
        str_printf(out, "a=msid:- %s\r\n", s->cid);
    str_append(out, "a=rtcp-mux\r\na=rtcp-rsize\r\n");
    if (audio)
        write_opus(out);
    else
        write_videos(out, rtx);
    if (s->active && s->config.layers == 1)
        write_ssrcs(out, s, rtx);
    if (s->active && s->config.layers > 1)
        write_layers(out, s);
}

char *describe_offer(const struct peer *p)
{
    struct str out;

    begin(&out, p, p->offer_id, 1 + p->source_count);
    str_append(&out, "m=application 9 UDP/DTLS/SCTP webrtc-datachannel\r\n");
    write_transport(&out, p, PEER_PUBLISHER, "actpass");
    str_append(&out, "a=mid:0\r\n");
    write_application(&out);
    for (unsigned i = 0; i < p->source_count; i++)
        write_source(&out, p, p->sources[i]);
    return str_take(&out);
}

/* ---- the answer ---- */

static bool takes(const struct peer *p, const struct sdp_media *m, const struct sdp_codec *c)
{
    const struct sdp_codec *h264 = p->config.no_h264 ? sdp_find_codec(m, CODEC_H264, -1) : NULL;

    if (p->config.no_rtx && span_equal(c->name, SPAN_LITERAL("rtx")))
        return false;
    return !h264 || (c != h264 && c != sdp_find_rtx(m, h264->payload_type));
}

static void write_codecs(struct str *out, const struct peer *p, const struct sdp_media *m)
{
    for (unsigned i = 0; i < m->codec_count; i++) {
        const struct sdp_codec *c = &m->codecs[i];
        if (!takes(p, m, c))
            continue;
        str_printf(out, "a=rtpmap:%u ", c->payload_type);
        str_append_span(out, c->name);
        str_printf(out, "/%u%s\r\n", c->clock_rate, c->channels == 2 ? "/2" : "");
        if (c->nack)
            str_printf(out, "a=rtcp-fb:%u nack\r\n", c->payload_type);
        if (c->nack_pli)
            str_printf(out, "a=rtcp-fb:%u nack pli\r\n", c->payload_type);
        if (c->fmtp.size) {
            str_printf(out, "a=fmtp:%u ", c->payload_type);
            str_append_span(out, c->fmtp);
            str_append(out, "\r\n");
        }
    }
}

static void write_answered(struct str *out, const struct peer *p, const struct sdp_media *m)
{
    str_append(out, m->direction == SDP_SENDONLY || m->direction == SDP_SENDRECV
                        ? "a=recvonly\r\n"
                        : "a=inactive\r\n");
    str_append(out, "a=rtcp-mux\r\na=rtcp-rsize\r\n");
    for (unsigned i = 0; i < m->extension_count; i++) {
        str_printf(out, "a=extmap:%u ", m->extensions[i].id);
        str_append_span(out, m->extensions[i].uri);
        str_append(out, "\r\n");
    }
    write_codecs(out, p, m);
}

static void write_media_line(struct str *out, const struct peer *p, const struct sdp_media *m)
{
    if (m->kind == SDP_APPLICATION) {
        str_append(out, "m=application 9 UDP/DTLS/SCTP webrtc-datachannel\r\n");
        return;
    }
    str_append(out, m->kind == SDP_AUDIO ? "m=audio" : "m=video");
    str_append(out, " 9 UDP/TLS/RTP/SAVPF");
    for (unsigned i = 0; i < m->codec_count; i++)
        if (takes(p, m, &m->codecs[i]))
            str_printf(out, " %u", m->codecs[i].payload_type);
    str_append(out, "\r\n");
}

char *describe_answer(const struct peer *p, const struct sdp *offer)
{
    struct str out;

    begin(&out, p, p->offers_received, offer->media_count);
    for (unsigned i = 0; i < offer->media_count; i++) {
        const struct sdp_media *m = &offer->media[i];
        write_media_line(&out, p, m);
        write_transport(&out, p, PEER_SUBSCRIBER, "active");
        str_append(&out, "a=mid:");
        str_append_span(&out, m->mid);
        str_append(&out, "\r\n");
        if (m->kind == SDP_APPLICATION)
            write_application(&out);
        else
            write_answered(&out, p, m);
    }
    return str_take(&out);
}

bool describe_candidate(const char *sdp, struct addr *out)
{
    char ip[46];
    unsigned port;
    const char *at = strstr(sdp, "a=candidate:");

    if (!at || sscanf(at, "%*s 1 %*[udpUDP] %*u %45s %u", ip, &port) != 2 || port > 65535 ||
        !addr_parse_ip(ip, out))
        return false;
    out->port = (uint16_t)port;
    return true;
}
