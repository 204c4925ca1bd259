/* SPDX-License-Identifier: Apache-2.0 */
/* JSON texts (RFC 8259) as far as the media server looks into them: the members of one object, each
 * as the bytes that it has in the text. Checks all of the text, builds nothing, allocates nothing.
 */
#ifndef WIRE_JSON_H
#define WIRE_JSON_H

#include "base/span.h"

struct json {
    struct span rest; /* of the text */
    bool open;        /* members may follow */
    bool first;
    bool bad;
};

struct json_member {
    struct span name;  /* as written, without its quotes */
    struct span value; /* as written, without space around it */
};

/* Begins with a text that should be an object. */
struct json json_of(struct span text);
/* The next member; false at the end and after a mistake. */
bool json_next(struct json *j, struct json_member *out);
/* After the last member: whether the text was one object and nothing else, in UTF-8 and not nested
 * deeper than LIMIT_METADATA_DEPTH. */
bool json_good(const struct json *j);
/* Whether the member has this name, of ASCII characters; escapes in it are understood. */
bool json_is_named(const struct json_member *m, const char *name);
/* The same without regard to case. */
bool json_is_called(const struct json_member *m, const char *name);

#endif
