/* SPDX-License-Identifier: Apache-2.0 */
/* A session description from a client. Every value that was read must lie inside the text, and the
 * answer that mirrors it must be a description again, with the same sections: nothing of a client's
 * can break out of its line. */
#include <assert.h>

#include "wire/sdp.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct span whole;

static void check_inside(struct span s)
{
    assert(s.size <= whole.size);
    assert(s.size == 0 || (s.data >= whole.data && s.data + s.size <= whole.data + whole.size));
}

static void check_media(const struct sdp_media *m)
{
    check_inside(m->mid);
    check_inside(m->protocol);
    check_inside(m->stream_id);
    check_inside(m->track_id);
    for (unsigned i = 0; i < m->codec_count; i++) {
        check_inside(m->codecs[i].name);
        check_inside(sdp_fmtp_value(m->codecs[i].fmtp, "apt"));
        assert(m->codecs[i].payload_type < 128);
        const struct sdp_codec *rtx = sdp_find_rtx(m, m->codecs[i].payload_type);
        assert(!rtx || (rtx >= m->codecs && rtx < m->codecs + m->codec_count));
    }
    for (unsigned i = 0; i < m->extension_count; i++)
        check_inside(m->extensions[i].uri);
    for (unsigned i = 0; i < m->rid_count; i++)
        check_inside(m->rids[i]);
}

static void add_codec(const struct sdp_media *m, enum codec kind, struct sdp_out_media *out,
                      struct arena *a)
{
    const struct sdp_codec *found = sdp_find_codec(m, kind, -1);
    struct sdp_out_codec *codec = arena_alloc(a, sizeof *codec);

    if (!found)
        return;
    const struct sdp_codec *rtx = sdp_find_rtx(m, found->payload_type);
    *codec = (struct sdp_out_codec){.payload_type = found->payload_type,
                                    .codec = kind,
                                    .nack = found->nack,
                                    .pli = found->nack_pli};
    if (rtx && rtx != found)
        codec->rtx_payload_type = rtx->payload_type;
    out->codecs = codec;
    out->codec_count = 1;
}

static struct sdp_out_media mirror(const struct sdp_media *m, struct arena *a)
{
    struct sdp_out_media out = {.kind = m->kind, .direction = SDP_RECVONLY};
    const char **rids = arena_alloc(a, LIMIT_LAYERS * sizeof *rids);
    uint8_t *unused = arena_alloc(a, LIMIT_SDP_CODECS);

    out.mid = arena_strdup(a, m->mid);
    add_codec(m, m->kind == SDP_AUDIO ? CODEC_OPUS : CODEC_VP8, &out, a);
    out.extensions = m->extensions;
    out.extension_count = m->extension_count;
    for (unsigned i = 0; i < m->rid_count; i++)
        rids[i] = arena_strdup(a, m->rids[i]);
    out.rids = rids;
    out.rid_count = m->rid_count;
    for (unsigned i = 0; i < m->codec_count && out.codec_count == 0; i++)
        unused[out.unused_payload_type_count++] = m->codecs[i].payload_type;
    out.unused_payload_types = unused;
    return out;
}

static void answer(const struct sdp *offer, struct arena *a)
{
    struct sdp_out_media *media = arena_alloc(a, (offer->media_count + 1) * sizeof *media);
    struct sdp_out out = {.ice_ufrag = "abcd",
                          .ice_pwd = "abcdefghijklmnopqrstuv",
                          .setup = SDP_PASSIVE,
                          .media = media,
                          .media_count = offer->media_count};
    struct sdp again;
    struct str text;

    for (unsigned i = 0; i < offer->media_count; i++) {
        if (offer->media[i].mid.size == 0)
            return; /* such an offer is not answered */
        media[i] = mirror(&offer->media[i], a);
    }
    str_init(&text);
    sdp_write(&text, &out);
    bool ok = sdp_parse(str_span(&text), a, &again);
    assert(ok && again.media_count == offer->media_count);
    assert(offer->media_count == 0 || again.media[0].kind == SDP_OTHER ||
           again.setup == SDP_PASSIVE);
    for (unsigned i = 0; i < again.media_count; i++) {
        const struct sdp_media *was = &offer->media[i], *is = &again.media[i];
        assert(is->kind == was->kind && span_equal(is->mid, was->mid));
        assert(was->kind == SDP_APPLICATION || was->kind == SDP_OTHER ||
               is->extension_count == was->extension_count);
    }
    str_fini(&text);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena a;
    struct sdp sdp;

    arena_init(&a);
    whole = span_of(data, size);
    if (sdp_parse(whole, &a, &sdp)) {
        check_inside(sdp.ice_ufrag);
        check_inside(sdp.ice_pwd);
        for (unsigned i = 0; i < sdp.media_count; i++)
            check_media(&sdp.media[i]);
        answer(&sdp, &a);
    }
    arena_fini(&a);
    return 0;
}
