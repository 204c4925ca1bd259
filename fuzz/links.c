/* SPDX-License-Identifier: Apache-2.0 */
/* Request paths and queries: a key that is found is found through one more layer of encoding. */
#include "server/links.h"

#include <assert.h>
#include <stdlib.h>

#include "base/encode.h"
#include "base/limits.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static bool found_as_it_is(struct span text)
{
    for (size_t i = 0; i + 4 <= text.size; i++)
        if (memcmp(text.data + i, "key=", 4) == 0)
            return true;
    return false;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct span text = span_of(data, size), none = span_of(NULL, 0);
    bool in_path = links_carry_key(text, none), in_query = links_carry_key(none, text);
    struct str encoded;

    /* The path's rule is the wider one. */
    assert(in_path || !in_query);
    assert(in_path || !found_as_it_is(text));
    str_init(&encoded);
    for (size_t i = 0; i < size; i++)
        str_printf(&encoded, "%%%02x", data[i]);
    if (found_as_it_is(text))
        assert(links_carry_key(str_span(&encoded), none));
    /* One layer more may be one too many, but finds nothing that was not there. */
    if (!in_path)
        assert(!links_carry_key(str_span(&encoded), none) || memchr(data, '%', size));
    str_fini(&encoded);
    return 0;
}
