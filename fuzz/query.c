/* SPDX-License-Identifier: Apache-2.0 */
/* Query strings of connect requests: no crash, and what is found lies in the input. */
#include "server/query.h"

#include <assert.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const char *const names[] = {"a", "access_token", "attributes", "sid", ""};
    struct span query = span_of(data, size), value;
    struct arena a;

    arena_init(&a);
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        if (query_find(query, names[i], &value) && value.size)
            assert(value.data >= data && value.data + value.size <= data + size);
        const char *text = query_text(query, names[i], 64, &a);
        assert(!text || strlen(text) <= 64);
        (void)query_flag(query, names[i], true);
        int n = query_number(query, names[i]);
        assert(n >= 0 && n <= 999999999);
    }
    arena_fini(&a);
    return 0;
}
