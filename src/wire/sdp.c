/* SPDX-License-Identifier: Apache-2.0 */
/* Reads session descriptions: cuts the text into sections and lines and looks the attributes up in
 * a table. Every value is a span into the text, so the text must live as long as the result.
 * Writing is in sdp_write.c. Owns nothing. */
#include "wire/sdp.h"

#include <strings.h>

struct parse {
    struct sdp *sdp;
    struct sdp_media *media;      /* NULL before the first section */
    enum sdp_direction direction; /* what a section has that says none */
    struct span simulcast;        /* the list behind "send" of this section */
    bool bundle_only;
};

/* ---- pieces of text ---- */

/* Up to the next separator, which is skipped; several in a row count as one. Empty at the end. */
static struct span take_token(struct span *rest, uint8_t separator)
{
    size_t start = 0;
    while (start < rest->size && rest->data[start] == separator)
        start++;
    size_t end = start;
    while (end < rest->size && rest->data[end] != separator)
        end++;
    struct span token = span_first(span_from(*rest, start), end - start);
    *rest = span_from(*rest, end);
    return token;
}

/* The next line without its CR LF or LF; false at the end of the text. */
static bool take_line(struct span *rest, struct span *line)
{
    if (rest->size == 0)
        return false;
    const uint8_t *lf = memchr(rest->data, '\n', rest->size);
    size_t size = lf ? (size_t)(lf - rest->data) : rest->size;
    *line = span_first(*rest, size);
    *rest = span_from(*rest, lf ? size + 1 : size);
    if (line->size > 0 && line->data[line->size - 1] == '\r')
        line->size--;
    return true;
}

static bool starts_with(struct span s, const char *prefix)
{
    return span_equal(span_first(s, strlen(prefix)), span_of_str(prefix));
}

static bool equals(struct span s, const char *text)
{
    return span_equal(s, span_of_str(text));
}

static bool equals_case(struct span s, const char *text)
{
    return s.size == strlen(text) && strncasecmp((const char *)s.data, text, s.size) == 0;
}

static struct span trim(struct span s)
{
    while (s.size > 0 && s.data[0] == ' ')
        s = span_from(s, 1);
    while (s.size > 0 && s.data[s.size - 1] == ' ')
        s.size--;
    return s;
}

/* Decimal digits only, at most `max`. */
static bool parse_number(struct span s, uint64_t max, uint64_t *out)
{
    uint64_t value = 0;

    if (s.size == 0 || s.size > 19)
        return false;
    for (size_t i = 0; i < s.size; i++) {
        if (s.data[i] < '0' || s.data[i] > '9')
            return false;
        value = value * 10 + (uint64_t)(s.data[i] - '0');
    }
    *out = value;
    return value <= max;
}

/* A token of RFC 8866 9, loosely: visible ASCII. These come back in what we write. */
static bool is_word(struct span s)
{
    for (size_t i = 0; i < s.size; i++)
        if (s.data[i] <= ' ' || s.data[i] >= 0x7f)
            return false;
    return s.size > 0;
}

static int hex_digit(uint8_t c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    c |= 0x20;
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* ---- attributes of the session and of every section ---- */

static bool on_ufrag(struct parse *p, struct span value)
{
    if (p->sdp->ice_ufrag.size == 0)
        p->sdp->ice_ufrag = value;
    return value.size <= LIMIT_SDP_ICE_TEXT && is_word(value);
}

static bool on_pwd(struct parse *p, struct span value)
{
    if (p->sdp->ice_pwd.size == 0)
        p->sdp->ice_pwd = value;
    return value.size <= LIMIT_SDP_ICE_TEXT && is_word(value);
}

static bool on_ice_lite(struct parse *p, struct span value)
{
    (void)value;
    p->sdp->ice_lite = true;
    return true;
}

/* RFC 8122 5: "sha-256 AB:CD:..."; other digests are passed over. */
static bool on_fingerprint(struct parse *p, struct span value)
{
    struct span hash = take_token(&value, ' '), hex = trim(value);
    uint8_t digest[sizeof p->sdp->fingerprint];

    if (!equals_case(hash, "sha-256") || p->sdp->has_fingerprint)
        return true;
    if (hex.size != 3 * sizeof digest - 1)
        return false;
    for (size_t i = 0; i < sizeof digest; i++) {
        int high = hex_digit(hex.data[3 * i]), low = hex_digit(hex.data[3 * i + 1]);
        if (high < 0 || low < 0 || (i + 1 < sizeof digest && hex.data[3 * i + 2] != ':'))
            return false;
        digest[i] = (uint8_t)(high << 4 | low);
    }
    memcpy(p->sdp->fingerprint, digest, sizeof digest);
    p->sdp->has_fingerprint = true;
    return true;
}

static bool on_setup(struct parse *p, struct span value)
{
    enum sdp_setup setup = equals(value, "actpass")   ? SDP_ACTPASS
                           : equals(value, "active")  ? SDP_ACTIVE
                           : equals(value, "passive") ? SDP_PASSIVE
                                                      : SDP_SETUP_NONE;
    if (p->sdp->setup == SDP_SETUP_NONE)
        p->sdp->setup = setup;
    return true;
}

static bool is_direction(struct span name, enum sdp_direction *out)
{
    static const char *const names[] = {"sendrecv", "sendonly", "recvonly", "inactive"};

    for (unsigned i = 0; i < 4; i++)
        if (equals(name, names[i])) {
            *out = (enum sdp_direction)i;
            return true;
        }
    return false;
}

/* ---- attributes of a section ---- */

static struct sdp_codec *codec_of(struct sdp_media *m, uint64_t payload_type)
{
    for (unsigned i = 0; i < m->codec_count; i++)
        if (m->codecs[i].payload_type == payload_type)
            return &m->codecs[i];
    return NULL;
}

static bool on_mid(struct parse *p, struct span value)
{
    p->media->mid = value;
    return value.size <= LIMIT_SDP_MID && is_word(value);
}

static bool on_msid(struct parse *p, struct span value)
{
    struct span first = take_token(&value, ' '), second = take_token(&value, ' ');
    struct sdp_media *m = p->media;

    if (m->track_id.size > 0)
        return true;
    m->track_id = second.size > 0 ? second : first;
    if (second.size > 0 && !equals(first, "-"))
        m->stream_id = first;
    return true;
}

static bool on_rtpmap(struct parse *p, struct span value)
{
    struct span type = take_token(&value, ' '), name = take_token(&value, '/');
    struct span clock = take_token(&value, '/'), channels = trim(take_token(&value, '/'));
    uint64_t pt = 0, hz = 0, count = 0;

    if (!parse_number(type, 127, &pt) || !parse_number(trim(clock), UINT32_MAX, &hz))
        return false;
    if (channels.size > 0 && !parse_number(channels, 255, &count))
        return false;
    struct sdp_codec *codec = codec_of(p->media, pt);
    if (!codec)
        return true;
    codec->name = trim(name);
    codec->clock_rate = (uint32_t)hz;
    codec->channels = (uint8_t)count;
    return true;
}

static bool on_fmtp(struct parse *p, struct span value)
{
    struct span type = take_token(&value, ' ');
    uint64_t pt = 0;

    if (!parse_number(type, 127, &pt))
        return false;
    struct sdp_codec *codec = codec_of(p->media, pt);
    if (codec)
        codec->fmtp = trim(value);
    return true;
}

static void add_feedback(struct sdp_codec *codec, struct span feedback)
{
    codec->nack |= equals(feedback, "nack");
    codec->nack_pli |= equals(feedback, "nack pli");
    codec->ccm_fir |= equals(feedback, "ccm fir");
    codec->goog_remb |= equals(feedback, "goog-remb");
    codec->transport_cc |= equals(feedback, "transport-cc");
}

static bool on_rtcp_fb(struct parse *p, struct span value)
{
    struct span type = take_token(&value, ' '), feedback = trim(value);
    struct sdp_media *m = p->media;
    uint64_t pt = 0;

    if (equals(type, "*")) {
        for (unsigned i = 0; i < m->codec_count; i++)
            add_feedback(&m->codecs[i], feedback);
        return true;
    }
    if (!parse_number(type, 127, &pt))
        return false;
    struct sdp_codec *codec = codec_of(m, pt);
    if (codec)
        add_feedback(codec, feedback);
    return true;
}

/* RFC 8285 5: "9/sendonly uri attributes". Ids beyond a byte belong to offers of more than one use
 * for an id. */
static bool on_extmap(struct parse *p, struct span value)
{
    struct span id_text = take_token(&value, ' '), uri = take_token(&value, ' ');
    struct sdp_media *m = p->media;
    uint64_t id = 0;

    if (!parse_number(take_token(&id_text, '/'), 4351, &id) || id == 0 || !is_word(uri))
        return false;
    if (id > UINT8_MAX)
        return true;
    if (m->extension_count == LIMIT_SDP_EXTENSIONS)
        return false;
    m->extensions[m->extension_count++] = (struct sdp_extension){(uint8_t)id, uri};
    return true;
}

/* Whether the send list of a=simulcast ("q;~h,x;f", RFC 8853 5.1) has this rid with a tilde. */
static bool is_paused(struct span list, struct span rid)
{
    for (;;) {
        struct span alternatives = take_token(&list, ';');
        if (alternatives.size == 0)
            return false;
        while (alternatives.size > 0) {
            struct span one = take_token(&alternatives, ',');
            if (starts_with(one, "~") && span_equal(span_from(one, 1), rid))
                return true;
        }
    }
}

static bool on_rid(struct parse *p, struct span value)
{
    struct span rid = take_token(&value, ' '), direction = take_token(&value, ' ');
    struct sdp_media *m = p->media;

    if (!equals(direction, "send") || is_paused(p->simulcast, rid))
        return true;
    if (m->rid_count == LIMIT_LAYERS || rid.size > LIMIT_SDP_MID || !is_word(rid))
        return false;
    for (unsigned i = 0; i < m->rid_count; i++)
        if (span_equal(m->rids[i], rid))
            return false;
    m->rids[m->rid_count++] = rid;
    return true;
}

static bool add_ssrc(struct sdp_media *m, uint32_t ssrc)
{
    for (unsigned i = 0; i < m->ssrc_count; i++)
        if (m->ssrcs[i] == ssrc)
            return true;
    if (m->ssrc_count == LIMIT_SDP_SSRCS)
        return false;
    m->ssrcs[m->ssrc_count++] = ssrc;
    return true;
}

static bool on_ssrc(struct parse *p, struct span value)
{
    uint64_t ssrc = 0;

    return parse_number(take_token(&value, ' '), UINT32_MAX, &ssrc) &&
           add_ssrc(p->media, (uint32_t)ssrc);
}

static bool on_ssrc_group(struct parse *p, struct span value)
{
    struct sdp_media *m = p->media;
    uint64_t media = 0, rtx = 0;

    if (!equals(take_token(&value, ' '), "FID") || m->fid[0] != 0)
        return true;
    if (!parse_number(take_token(&value, ' '), UINT32_MAX, &media) ||
        !parse_number(take_token(&value, ' '), UINT32_MAX, &rtx))
        return false;
    m->fid[0] = (uint32_t)media;
    m->fid[1] = (uint32_t)rtx;
    return true;
}

static bool on_sctp_port(struct parse *p, struct span value)
{
    uint64_t port = 0;

    if (!parse_number(trim(value), UINT16_MAX, &port))
        return false;
    p->media->sctp_port = (uint16_t)port;
    return true;
}

static bool on_max_message_size(struct parse *p, struct span value)
{
    uint64_t size = 0;

    if (!parse_number(trim(value), UINT64_MAX, &size))
        return false;
    p->media->max_message_size = size > UINT32_MAX ? UINT32_MAX : (uint32_t)size;
    return true;
}

static bool on_bundle_only(struct parse *p, struct span value)
{
    (void)value;
    p->bundle_only = true;
    return true;
}

static const struct attribute {
    const char *name;
    bool (*on)(struct parse *p, struct span value);
    bool in_session;
} attributes[] = {
    {"ice-ufrag", on_ufrag, true},
    {"ice-pwd", on_pwd, true},
    {"ice-lite", on_ice_lite, true},
    {"fingerprint", on_fingerprint, true},
    {"setup", on_setup, true},
    {"mid", on_mid, false},
    {"msid", on_msid, false},
    {"rtpmap", on_rtpmap, false},
    {"fmtp", on_fmtp, false},
    {"rtcp-fb", on_rtcp_fb, false},
    {"extmap", on_extmap, false},
    {"rid", on_rid, false},
    {"ssrc", on_ssrc, false},
    {"ssrc-group", on_ssrc_group, false},
    {"sctp-port", on_sctp_port, false},
    {"max-message-size", on_max_message_size, false},
    {"bundle-only", on_bundle_only, false},
};

/* Cuts "a=name:value"; false for any other line. */
static bool attribute_parse(struct span line, struct span *name, struct span *value)
{
    if (!starts_with(line, "a="))
        return false;
    *value = span_from(line, 2);
    const uint8_t *colon = value->size ? memchr(value->data, ':', value->size) : NULL;
    size_t size = colon ? (size_t)(colon - value->data) : value->size;
    *name = trim(span_first(*value, size));
    *value = trim(span_from(*value, size + 1));
    return true;
}

static bool on_line(struct parse *p, struct span line)
{
    struct span name, value;

    if (!attribute_parse(line, &name, &value) ||
        is_direction(name, p->media ? &p->media->direction : &p->direction))
        return true;
    for (size_t i = 0; i < sizeof attributes / sizeof attributes[0]; i++)
        if (equals(name, attributes[i].name))
            return (!p->media && !attributes[i].in_session) || attributes[i].on(p, value);
    return true;
}

/* ---- sections ---- */

static bool add_payload_types(struct sdp_media *m, struct span list)
{
    for (;;) {
        struct span text = take_token(&list, ' ');
        uint64_t pt = 0;
        if (text.size == 0)
            return true;
        if (!parse_number(text, 127, &pt))
            return false;
        if (codec_of(m, pt))
            continue;
        if (m->codec_count == LIMIT_SDP_CODECS)
            return false;
        m->codecs[m->codec_count++].payload_type = (uint8_t)pt;
    }
}

/* "m=video 9 UDP/TLS/RTP/SAVPF 96 97", without the "m=". */
static bool media_line_parse(struct span line, struct sdp_media *m)
{
    struct span kind = take_token(&line, ' '), port_text = take_token(&line, ' ');
    uint64_t port = 0;

    m->kind = equals(kind, "audio")         ? SDP_AUDIO
              : equals(kind, "video")       ? SDP_VIDEO
              : equals(kind, "application") ? SDP_APPLICATION
                                            : SDP_OTHER;
    m->protocol = take_token(&line, ' ');
    if (!parse_number(take_token(&port_text, '/'), UINT16_MAX, &port) || m->protocol.size == 0)
        return false;
    m->port = (uint16_t)port;
    return (m->kind != SDP_AUDIO && m->kind != SDP_VIDEO) || add_payload_types(m, line);
}

/* The a=rid lines need the list of a=simulcast, which comes after them. */
static struct span find_simulcast_send(struct span section)
{
    struct span line, name, value;

    while (take_line(&section, &line)) {
        if (!attribute_parse(line, &name, &value) || !equals(name, "simulcast"))
            continue;
        while (value.size > 0)
            if (equals(take_token(&value, ' '), "send"))
                return take_token(&value, ' ');
    }
    return span_of(NULL, 0);
}

static bool lines_parse(struct parse *p, struct span lines)
{
    struct span line;

    while (take_line(&lines, &line))
        if (!on_line(p, line))
            return false;
    return true;
}

/* A section's text begins with its m= line. */
static bool section_parse(struct parse *p, struct span section)
{
    struct sdp_media *m = &p->sdp->media[p->sdp->media_count];
    struct span line;

    if (!take_line(&section, &line) || !media_line_parse(span_from(line, 2), m))
        return false;
    m->direction = p->direction;
    p->media = m;
    p->simulcast = find_simulcast_send(section);
    p->bundle_only = false;
    if (!lines_parse(p, section))
        return false;
    /* Firefox offers bundled sections with port 0 (RFC 9143 6). */
    if (p->bundle_only && m->port == 0)
        m->port = 9;
    for (unsigned i = 0; i < p->sdp->media_count; i++)
        if (m->mid.size > 0 && span_equal(p->sdp->media[i].mid, m->mid))
            return false;
    p->sdp->media_count++;
    return true;
}

/* All lines before the next m= line, beginning with the first line whatever it is. */
static struct span take_section(struct span *rest)
{
    struct span start = *rest, line;
    size_t size = 0;

    while (take_line(rest, &line)) {
        size = start.size - rest->size;
        if (starts_with(*rest, "m="))
            break;
    }
    return span_first(start, size);
}

bool sdp_parse(struct span text, struct arena *a, struct sdp *out)
{
    *out = (struct sdp){0};
    if (text.size == 0 || !starts_with(text, "v=0") || memchr(text.data, 0, text.size))
        return false;

    struct parse p = {.sdp = out, .direction = SDP_SENDRECV};
    struct span rest = text, session = take_section(&rest), count_from = rest;
    size_t count = 0;
    while (take_section(&count_from).size > 0)
        if (++count > LIMIT_SDP_SECTIONS)
            return false;
    if (count > 0)
        out->media = arena_alloc(a, count * sizeof *out->media);
    if (!lines_parse(&p, session))
        return false;
    while (rest.size > 0)
        if (!section_parse(&p, take_section(&rest)))
            return false;
    return true;
}

/* ---- looking up ---- */

struct span sdp_fmtp_value(struct span fmtp, const char *name)
{
    while (fmtp.size > 0) {
        struct span value = trim(take_token(&fmtp, ';'));
        struct span key = take_token(&value, '=');
        if (equals_case(trim(key), name) && value.size > 0)
            return trim(span_from(value, 1));
    }
    return span_of(NULL, 0);
}

/* RFC 6184 8.1: no profile means baseline, no packetization-mode means 0. */
static bool h264_matches(const struct sdp_codec *c, int mode)
{
    struct span profile = span_first(sdp_fmtp_value(c->fmtp, "profile-level-id"), 4);
    struct span mode_text = sdp_fmtp_value(c->fmtp, "packetization-mode");
    uint64_t offered = 0;

    if (mode_text.size > 0 && !parse_number(mode_text, 2, &offered))
        return false;
    if (mode >= 0 && (uint64_t)mode != offered)
        return false;
    return profile.size == 0 || equals_case(profile, "42e0") || equals_case(profile, "4200") ||
           equals_case(profile, "4d00");
}

const struct sdp_codec *sdp_find_codec(const struct sdp_media *m, enum codec codec, int h264_mode)
{
    for (unsigned i = 0; i < m->codec_count; i++) {
        const struct sdp_codec *c = &m->codecs[i];
        if (codec_by_name(c->name) != codec)
            continue;
        if (codec != CODEC_H264 || h264_matches(c, h264_mode))
            return c;
    }
    return NULL;
}

const struct sdp_codec *sdp_find_rtx(const struct sdp_media *m, uint8_t payload_type)
{
    for (unsigned i = 0; i < m->codec_count; i++) {
        const struct sdp_codec *c = &m->codecs[i];
        uint64_t apt = 0;
        if (equals_case(c->name, "rtx") &&
            parse_number(sdp_fmtp_value(c->fmtp, "apt"), 127, &apt) && apt == payload_type)
            return c;
    }
    return NULL;
}
