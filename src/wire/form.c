/* SPDX-License-Identifier: Apache-2.0 */
/* Forms. A part's bytes end where a line break and the boundary follow; headers that are not known
 * are passed over. */
#include "wire/form.h"

#include <strings.h>

#define HEAD_MOST 2048 /* of one part: names are short */

/* The value of a parameter such as boundary=x or name="x", behind a semicolon; empty: absent. */
static struct span parameter(struct span text, const char *name)
{
    size_t size = strlen(name);

    for (size_t i = 0; i < text.size; i++) {
        if (text.data[i] != ';')
            continue;
        size_t at = i + 1;
        while (at < text.size && (text.data[at] == ' ' || text.data[at] == '\t'))
            at++;
        struct span rest = span_from(text, at);
        if (rest.size <= size || rest.data[size] != '=' ||
            strncasecmp((const char *)rest.data, name, size) != 0)
            continue;
        rest = span_from(rest, size + 1);
        bool quoted = rest.size > 0 && rest.data[0] == '"';
        rest = span_from(rest, quoted);
        for (size_t end = 0; end <= rest.size; end++)
            if (end == rest.size ||
                (quoted ? rest.data[end] == '"' : rest.data[end] == ';' || rest.data[end] == ' '))
                return span_first(rest, end);
    }
    return span_of(NULL, 0);
}

static bool starts_with(struct span s, const char *text)
{
    size_t size = strlen(text);

    return s.size >= size && strncasecmp((const char *)s.data, text, size) == 0;
}

/* Where `what` begins; s.size when it does not come. */
static size_t find(struct span s, struct span what)
{
    const uint8_t *at = s.size && what.size ? memmem(s.data, s.size, what.data, what.size) : NULL;

    return at ? (size_t)(at - s.data) : s.size;
}

/* Behind "--boundary" at the beginning; false when it is the last one, or none. */
static bool pass_boundary(struct span *s, struct span boundary)
{
    if (s->size < boundary.size + 4 || s->data[0] != '-' || s->data[1] != '-' ||
        memcmp(s->data + 2, boundary.data, boundary.size) != 0)
        return false;
    *s = span_from(*s, boundary.size + 2);
    if (s->size < 2 || s->data[0] != '\r' || s->data[1] != '\n')
        return false;
    *s = span_from(*s, 2);
    return true;
}

bool form_begin(const char *content_type, struct span body, struct form *f)
{
    struct span type = span_of_str(content_type);

    *f = (struct form){.boundary = parameter(type, "boundary"), .rest = body};
    return starts_with(type, "multipart/form-data") && f->boundary.size > 0 &&
           f->boundary.size <= FORM_BOUNDARY_MOST && pass_boundary(&f->rest, f->boundary);
}

static void read_header(struct span line, struct form_part *out)
{
    if (starts_with(line, "content-disposition:")) {
        out->name = parameter(line, "name");
        out->filename = parameter(line, "filename");
    } else if (starts_with(line, "content-type:")) {
        line = span_from(line, strlen("content-type:"));
        while (line.size && line.data[0] == ' ')
            line = span_from(line, 1);
        out->type = line;
    }
}

static bool read_head(struct span *rest, struct form_part *out)
{
    size_t left = HEAD_MOST;

    for (;;) {
        size_t size = find(*rest, SPAN_LITERAL("\r\n"));
        if (size == rest->size || size > left)
            return false;
        left -= size;
        struct span line = span_first(*rest, size);
        *rest = span_from(*rest, size + 2);
        if (line.size == 0)
            return true;
        read_header(line, out);
    }
}

/* Line break, two dashes, boundary. */
static size_t find_end(const struct form *f)
{
    uint8_t mark[FORM_BOUNDARY_MOST + 4] = "\r\n--";

    memcpy(mark + 4, f->boundary.data, f->boundary.size);
    return find(f->rest, span_of(mark, f->boundary.size + 4));
}

bool form_next(struct form *f, struct form_part *out)
{
    *out = (struct form_part){.bytes = {NULL, 0}};
    if (f->rest.size == 0 || !read_head(&f->rest, out))
        return false;
    size_t end = find_end(f);
    if (end == f->rest.size)
        return false;
    out->bytes = span_first(f->rest, end);
    f->rest = span_from(f->rest, end + 2);
    if (!pass_boundary(&f->rest, f->boundary))
        f->rest = span_of(NULL, 0);
    return true;
}
