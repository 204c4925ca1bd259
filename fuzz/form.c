/* SPDX-License-Identifier: Apache-2.0 */
/* A form: the content type up to a zero, and the body behind it. Parts follow each other within the
 * body, and none holds the boundary that ends it. */
#include <assert.h>
#include <stdlib.h>

#include "base/mem.h"
#include "wire/form.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void within(struct span part, struct span whole)
{
    if (part.size == 0)
        return;
    assert(part.data >= whole.data && part.size <= whole.size);
    assert((size_t)(part.data - whole.data) <= whole.size - part.size);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const uint8_t *zero = size ? memchr(data, 0, size) : NULL;
    if (!zero)
        return 0;
    char *type = xstrdup((const char *)data);
    struct span body = span_of(zero + 1, size - (size_t)(zero + 1 - data));
    struct form f;
    struct form_part part;
    if (form_begin(type, body, &f)) {
        size_t left = f.rest.size;
        while (form_next(&f, &part)) {
            within(part.bytes, body);
            within(part.name, body);
            within(part.filename, body);
            within(part.type, body);
            assert(f.rest.size < left);
            left = f.rest.size;
        }
    }
    free(type);
    return 0;
}
