/* SPDX-License-Identifier: Apache-2.0 */
/* The start of a payload; the first byte chooses the codec. A key frame starts a frame, a patched
 * VP8 descriptor has the same shape and the new numbers. */
#include <assert.h>
#include <stdlib.h>

#include "base/mem.h"
#include "wire/codec.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void patch(struct span payload, const struct vp8_descriptor *d)
{
    struct vp8_descriptor again;
    uint8_t *copy = xmalloc(d->size);
    memcpy(copy, payload.data, d->size);
    vp8_descriptor_patch(copy, d, 0x5a5a, 0xa5);
    bool good = vp8_descriptor_parse(span_of(copy, d->size), &again);
    assert(good && again.size == d->size && again.start == d->start);
    assert(again.tid == d->tid && again.keyidx == d->keyidx);
    assert(!d->has_tl0 || again.tl0 == 0xa5);
    if (d->has_picture_id)
        assert(again.picture_id == (d->picture_id_long ? 0x5a5a : 0x5a));
    free(copy);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const enum codec codecs[] = {CODEC_VP8, CODEC_H264, CODEC_OPUS, CODEC_NONE};
    struct frame_info f;
    if (size == 0)
        return 0;
    enum codec codec = codecs[data[0] % 4];
    struct span payload = span_of(data + 1, size - 1);
    (void)codec_by_name(payload);
    bool good = codec_frame_info(codec, payload, &f);
    assert(good || !(f.start || f.keyframe));
    assert(f.start || !f.keyframe);
    if (good && codec == CODEC_VP8) {
        assert(f.vp8.size < payload.size);
        patch(payload, &f.vp8);
    }
    return 0;
}
