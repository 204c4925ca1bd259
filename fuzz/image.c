/* SPDX-License-Identifier: Apache-2.0 */
/* A picture: what was cleaned is no larger than it may be, is a picture of the same kind and size,
 * and has nothing left to be cleaned. */
#include <assert.h>
#include <stdlib.h>

#include "base/mem.h"
#include "wire/image.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    size_t capacity = size + IMAGE_GROWTH;
    uint8_t *first = xmalloc(capacity), *second = xmalloc(capacity + IMAGE_GROWTH);
    struct writer w = writer_of(first, capacity),
                  again = writer_of(second, capacity + IMAGE_GROWTH);
    struct image a, b;
    if (image_clean(span_of(data, size), &w, &a)) {
        struct span clean = writer_span(&w);
        assert(clean.size > 0 && a.width > 0 && a.height > 0);
        assert(image_clean(clean, &again, &b));
        assert(b.kind == a.kind && b.width == a.width && b.height == a.height);
        assert(span_equal(writer_span(&again), clean));
    }
    free(first);
    free(second);
    return 0;
}
