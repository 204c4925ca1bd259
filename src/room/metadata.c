/* SPDX-License-Identifier: Apache-2.0 */
/* Metadata put together of two texts, member by member as they are written. */
#include "room/metadata.h"

#include "base/mem.h"
#include "base/str.h"
#include "wire/json.h"

/* In any case of their letters: not all who read them mind it. */
static bool is_servers(const struct json_member *m)
{
    return json_is_called(m, "accesses") || json_is_called(m, "chatBlocked");
}

/* Appends the members that are the server's, or (false) those that are not. False when the text is
 * no object. */
static bool append(struct str *out, struct span text, bool servers)
{
    struct json j = json_of(text);
    struct json_member m;

    while (json_next(&j, &m)) {
        if (is_servers(&m) != servers)
            continue;
        str_append(out, out->size ? ",\"" : "\"");
        str_append_span(out, m.name);
        str_append(out, "\":");
        str_append_span(out, m.value);
    }
    return json_good(&j);
}

static bool looks_like_object(struct span text)
{
    size_t n = 0;

    while (n < text.size && memchr(" \t\r\n", text.data[n], 4))
        n++;
    return n < text.size && text.data[n] == '{';
}

char *metadata_merge(struct span wanted, struct span kept)
{
    struct str members, forged, out;
    char *text = NULL;

    str_init(&members);
    str_init(&forged);
    str_init(&out);
    if (!append(&members, kept, true))
        str_clear(&members);
    bool object = looks_like_object(wanted), good = !object || append(&forged, wanted, true);
    if (good && span_equal(str_span(&members), str_span(&forged))) {
        /* As it was written: clients wait until they read what they wrote. */
        text = xstrndup((const char *)wanted.data, wanted.size);
    } else if (good && object) {
        append(&members, wanted, false);
        str_printf(&out, "{%s}", members.size ? members.text : "");
        text = str_take(&out);
    }
    str_fini(&members);
    str_fini(&forged);
    str_fini(&out);
    return text;
}
