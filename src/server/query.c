/* SPDX-License-Identifier: Apache-2.0 */
/* Query strings, read where they lie. */
#include "server/query.h"

#include "base/encode.h"
#include "base/str.h"

bool query_find(struct span query, const char *name, struct span *value)
{
    size_t size = strlen(name);

    while (query.size) {
        const uint8_t *end = memchr(query.data, '&', query.size);
        struct span pair = end ? span_first(query, (size_t)(end - query.data)) : query;
        if (pair.size >= size && memcmp(pair.data, name, size) == 0 &&
            (pair.size == size || pair.data[size] == '=')) {
            *value = span_from(pair, size + 1);
            return true;
        }
        query = end ? span_from(query, pair.size + 1) : span_of(NULL, 0);
    }
    return false;
}

char *query_text(struct span query, const char *name, size_t limit, struct arena *a)
{
    struct span raw;
    struct str text;
    char *out = NULL;

    if (!query_find(query, name, &raw))
        return NULL;
    str_init(&text);
    if (percent_decode(raw, true, &text) && text.size <= limit && utf8_valid(str_span(&text)))
        out = arena_strdup(a, str_span(&text));
    str_fini(&text);
    return out;
}

bool query_flag(struct span query, const char *name, bool absent)
{
    struct span v;

    if (!query_find(query, name, &v))
        return absent;
    if (span_equal(v, SPAN_LITERAL("1")) || span_equal(v, SPAN_LITERAL("true")))
        return true;
    if (span_equal(v, SPAN_LITERAL("0")) || span_equal(v, SPAN_LITERAL("false")))
        return false;
    return absent;
}

int query_number(struct span query, const char *name)
{
    struct span v;
    int n = 0;

    if (!query_find(query, name, &v) || v.size > 9)
        return 0;
    for (size_t i = 0; i < v.size; i++) {
        if (v.data[i] < '0' || v.data[i] > '9')
            return 0;
        n = n * 10 + (v.data[i] - '0');
    }
    return n;
}
