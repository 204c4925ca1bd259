/* SPDX-License-Identifier: Apache-2.0 */
/* Participants' metadata: what the server says and, after a zero, what the client wants. What comes
 * out says of the server's members what the server said, and merges into itself. */
#include "room/metadata.h"

#include <assert.h>
#include <stdlib.h>

#include "base/mem.h"
#include "wire/json.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static bool is_servers(const struct json_member *m)
{
    return json_is_called(m, "accesses") || json_is_called(m, "chatBlocked");
}

/* The server's members; the text may be no object. */
static unsigned count(struct span text, bool *object)
{
    struct json j = json_of(text);
    struct json_member m;
    unsigned n = 0;

    while (json_next(&j, &m))
        n += is_servers(&m);
    *object = json_good(&j);
    return *object ? n : 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const uint8_t *zero = size ? memchr(data, 0, size) : NULL;
    struct span kept = span_of(data, zero ? (size_t)(zero - data) : size);
    char *wanted = zero ? xstrndup((const char *)zero + 1, size - kept.size - 1) : xstrdup("");
    bool kept_is_object, object;
    unsigned servers = count(kept, &kept_is_object);
    char *merged = metadata_merge(span_of_str(wanted), kept);

    if (merged) {
        assert(count(span_of_str(merged), &object) == servers);
        assert(object || servers == 0);
        char *again = metadata_merge(span_of_str(merged), kept);
        assert(again);
        assert(count(span_of_str(again), &object) == servers);
        free(again);
    }
    free(merged);
    free(wanted);
    return 0;
}
