/* SPDX-License-Identifier: Apache-2.0 */
/* Writes our offers and answers. Everything that a bundled transport has once (ICE credentials,
 * set-up role) is repeated in each section, as clients expect; candidates stand in the first only.
 * Owns nothing. */
#include "wire/sdp.h"

static const char *const directions[] = {"sendrecv", "sendonly", "recvonly", "inactive"};
static const char *const setups[] = {"", "actpass", "active", "passive"};

/* A section of a kind that we do not know cannot be kept open. */
static bool is_rejected(const struct sdp_out_media *m)
{
    return m->kind == SDP_OTHER;
}

static void write_session(struct str *out, const struct sdp_out *sdp)
{
    str_printf(out, "v=0\r\no=- %llu %u IN IP4 0.0.0.0\r\ns=-\r\nt=0 0\r\n",
               (unsigned long long)sdp->session_id, sdp->version);
    str_append(out, "a=ice-lite\r\na=fingerprint:sha-256 ");
    for (size_t i = 0; i < sizeof sdp->fingerprint; i++)
        str_printf(out, i ? ":%02X" : "%02X", sdp->fingerprint[i]);
    str_append(out, "\r\na=msid-semantic: WMS *\r\na=group:BUNDLE");
    for (unsigned i = 0; i < sdp->media_count; i++)
        if (!is_rejected(&sdp->media[i]))
            str_printf(out, " %s", sdp->media[i].mid);
    str_append(out, "\r\n");
}

static void write_media_line(struct str *out, const struct sdp_out_media *m)
{
    switch (m->kind) {
    case SDP_APPLICATION:
        str_append(out, "m=application 9 UDP/DTLS/SCTP webrtc-datachannel\r\n");
        return;
    case SDP_OTHER:
        str_append(out, "m=text 0 UDP/TLS/RTP/SAVPF 0\r\n");
        return;
    case SDP_AUDIO:
        str_append(out, "m=audio 9 UDP/TLS/RTP/SAVPF");
        break;
    case SDP_VIDEO:
        str_append(out, "m=video 9 UDP/TLS/RTP/SAVPF");
        break;
    }
    for (unsigned i = 0; i < m->codec_count; i++) {
        str_printf(out, " %u", m->codecs[i].payload_type);
        if (m->codecs[i].rtx_payload_type)
            str_printf(out, " %u", m->codecs[i].rtx_payload_type);
    }
    for (unsigned i = 0; i < m->unused_payload_type_count; i++)
        str_printf(out, " %u", m->unused_payload_types[i]);
    str_append(out, "\r\n");
}

static void write_codec(struct str *out, const struct sdp_out_codec *c)
{
    const char *mime = codec_mime(c->codec), *slash = strchr(mime, '/');
    unsigned pt = c->payload_type;

    str_printf(out, "a=rtpmap:%u %s/%u%s\r\n", pt, slash ? slash + 1 : mime,
               codec_clock_rate(c->codec), c->codec == CODEC_OPUS ? "/2" : "");
    if (c->transport_cc)
        str_printf(out, "a=rtcp-fb:%u transport-cc\r\n", pt);
    if (c->remb)
        str_printf(out, "a=rtcp-fb:%u goog-remb\r\n", pt);
    if (c->fir)
        str_printf(out, "a=rtcp-fb:%u ccm fir\r\n", pt);
    if (c->nack)
        str_printf(out, "a=rtcp-fb:%u nack\r\n", pt);
    if (c->pli)
        str_printf(out, "a=rtcp-fb:%u nack pli\r\n", pt);
    if (c->fmtp && c->fmtp[0])
        str_printf(out, "a=fmtp:%u %s\r\n", pt, c->fmtp);
    if (c->rtx_payload_type)
        str_printf(out, "a=rtpmap:%u rtx/%u\r\na=fmtp:%u apt=%u\r\n", c->rtx_payload_type,
                   codec_clock_rate(c->codec), c->rtx_payload_type, pt);
}

static void write_ssrc(struct str *out, const struct sdp_out_media *m, uint32_t ssrc)
{
    str_printf(out, "a=ssrc:%u cname:%s\r\na=ssrc:%u msid:%s %s\r\n", ssrc, m->stream_id, ssrc,
               m->stream_id, m->track_id);
}

/* msid, and our ssrcs: Go clients find the track by them alone. */
static void write_source(struct str *out, const struct sdp_out_media *m)
{
    if (!m->stream_id || !m->track_id)
        return;
    str_printf(out, "a=msid:%s %s\r\n", m->stream_id, m->track_id);
    if (m->ssrc && m->rtx_ssrc)
        str_printf(out, "a=ssrc-group:FID %u %u\r\n", m->ssrc, m->rtx_ssrc);
    if (m->ssrc)
        write_ssrc(out, m, m->ssrc);
    if (m->ssrc && m->rtx_ssrc)
        write_ssrc(out, m, m->rtx_ssrc);
}

static void write_rids(struct str *out, const struct sdp_out_media *m)
{
    if (m->rid_count == 0)
        return;
    for (unsigned i = 0; i < m->rid_count; i++)
        str_printf(out, "a=rid:%s recv\r\n", m->rids[i]);
    str_append(out, "a=simulcast:recv ");
    for (unsigned i = 0; i < m->rid_count; i++)
        str_printf(out, i ? ";%s" : "%s", m->rids[i]);
    str_append(out, "\r\n");
}

static void write_rtp(struct str *out, const struct sdp_out_media *m)
{
    str_printf(out, "a=%s\r\na=rtcp-mux\r\na=rtcp-rsize\r\n", directions[m->direction]);
    for (unsigned i = 0; i < m->codec_count; i++)
        write_codec(out, &m->codecs[i]);
    for (unsigned i = 0; i < m->extension_count; i++) {
        str_printf(out, "a=extmap:%u ", m->extensions[i].id);
        str_append_span(out, m->extensions[i].uri);
        str_append(out, "\r\n");
    }
    write_rids(out, m);
    write_source(out, m);
}

static void write_candidates(struct str *out, const struct sdp_out *sdp)
{
    char ip[ADDR_TEXT_MAX];

    for (unsigned i = 0; i < sdp->candidate_count; i++) {
        const struct sdp_candidate *c = &sdp->candidates[i];
        str_printf(out, "a=candidate:%u 1 udp %u %s %u typ host\r\n", c->foundation, c->priority,
                   addr_format(&c->addr, false, ip), c->addr.port);
    }
    str_append(out, "a=end-of-candidates\r\n");
}

static void write_section(struct str *out, const struct sdp_out *sdp, unsigned index)
{
    const struct sdp_out_media *m = &sdp->media[index];

    write_media_line(out, m);
    str_printf(out, "c=IN IP4 0.0.0.0\r\na=mid:%s\r\n", m->mid);
    if (is_rejected(m)) {
        str_append(out, "a=inactive\r\n");
        return;
    }
    str_printf(out, "a=ice-ufrag:%s\r\na=ice-pwd:%s\r\n", sdp->ice_ufrag, sdp->ice_pwd);
    if (sdp->setup != SDP_SETUP_NONE)
        str_printf(out, "a=setup:%s\r\n", setups[sdp->setup]);
    if (m->kind == SDP_APPLICATION)
        str_printf(out, "a=sctp-port:5000\r\na=max-message-size:%u\r\n", sdp->max_message_size);
    else
        write_rtp(out, m);
    if (index == 0)
        write_candidates(out, sdp);
}

void sdp_write(struct str *out, const struct sdp_out *sdp)
{
    write_session(out, sdp);
    for (unsigned i = 0; i < sdp->media_count; i++)
        write_section(out, sdp, i);
}
