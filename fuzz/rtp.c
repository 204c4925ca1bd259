/* SPDX-License-Identifier: Apache-2.0 */
/* An RTP packet and its header extensions. The parts make up the packet, a header written again
 * reads the same, and elements lie within the extension. */
#include <assert.h>
#include <stdlib.h>

#include "base/mem.h"
#include "wire/rtpext.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void within(struct span part, struct span whole)
{
    if (part.size == 0)
        return;
    assert(part.data >= whole.data && part.size <= whole.size);
    assert((size_t)(part.data - whole.data) <= whole.size - part.size);
}

static void read_extensions(const struct rtp *h)
{
    struct rtpext_map map = {0};
    struct rtpext_values v;
    for (uint8_t id = 1; id < 15; id++)
        (void)rtpext_map_add(&map, (enum rtpext)(1 + (id - 1) % (EXT_COUNT - 1)), id);
    rtpext_read(h, &map, &v);
    within(v.mid, h->extension);
    within(v.rid, h->extension);
    within(v.repaired_rid, h->extension);
    assert(v.audio_level <= 127);
}

static void write_again(const struct rtp *h)
{
    size_t capacity = 12 + 4 + h->extension.size;
    uint8_t *bytes = xmalloc(capacity);
    struct writer w = writer_of(bytes, capacity);
    struct rtp again;
    rtp_write_header(&w, h);
    assert(!w.bad);
    bool good = rtp_parse_header(writer_span(&w), &again);
    assert(good && again.payload.size == 0);
    assert(again.marker == h->marker && again.payload_type == h->payload_type);
    assert(again.seq == h->seq && again.timestamp == h->timestamp && again.ssrc == h->ssrc);
    assert(span_equal(again.extension, h->extension));
    assert(h->extension.size == 0 || again.extension_profile == h->extension_profile);
    free(bytes);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct span in = span_of(data, size);
    struct rtp clear, header;
    (void)datagram_kind(in);
    bool good = rtp_parse_header(in, &header);
    bool good_clear = rtp_parse(in, &clear);
    assert(good || !good_clear);
    if (!good)
        return 0;
    assert(header.header_size + header.payload.size == size);
    within(header.extension, in);
    within(header.payload, in);
    if (good_clear) {
        assert(clear.header_size + clear.payload.size + clear.padding == size);
        within(clear.payload, in);
    }
    read_extensions(&header);
    write_again(&header);
    return 0;
}
