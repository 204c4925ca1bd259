/* SPDX-License-Identifier: Apache-2.0 */
/* Looks for a key in the text as it is, and again after each layer of percent-encoding is taken
 * off. */
#include "server/links.h"

#include <stdlib.h>
#include <strings.h>

#include "base/limits.h"
#include "base/mem.h"

static int hex(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    if (c >= 'A' && c <= 'F')
        return c - 'A' + 10;
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* In place; what is no escape stays. Returns the new size. */
static size_t unescape(char *text, size_t size)
{
    size_t n = 0;

    for (size_t i = 0; i < size; i++) {
        if (text[i] == '%' && i + 2 < size && hex(text[i + 1]) >= 0 && hex(text[i + 2]) >= 0) {
            text[n++] = (char)(hex(text[i + 1]) << 4 | hex(text[i + 2]));
            i += 2;
        } else {
            text[n++] = text[i];
        }
    }
    return n;
}

/* A name begins at the start, and in a link that stands in a query after one of these. */
static bool begins_name(const char *text, size_t at)
{
    return at == 0 || (text[at - 1] != 0 && strchr("#?&;", text[at - 1]) != NULL);
}

static bool find(const char *text, size_t size, bool query)
{
    static const char key[] = "key=";
    size_t key_size = sizeof key - 1;

    for (size_t i = 0; i + key_size <= size; i++)
        if (strncasecmp(text + i, key, key_size) == 0 && (!query || begins_name(text, i)))
            return true;
    return false;
}

static bool carries_key(struct span text, bool query)
{
    size_t size = text.size;
    char *copy = xmalloc(size + 1);

    if (size)
        memcpy(copy, text.data, size);
    bool found = find(copy, size, query);

    for (unsigned i = 0; i < LIMIT_LINK_ENCODINGS && !found; i++) {
        size_t next = unescape(copy, size);
        if (next == size)
            break;
        size = next;
        found = find(copy, size, query);
    }
    free(copy);
    return found;
}

bool links_carry_key(struct span path, struct span query)
{
    return carries_key(path, false) || carries_key(query, true);
}
