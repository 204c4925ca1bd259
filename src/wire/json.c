/* SPDX-License-Identifier: Apache-2.0 */
/* A scanner for one JSON object. Owns nothing. */
#include "wire/json.h"

#include "base/encode.h"
#include "base/limits.h"

static int peek(const struct json *j)
{
    return j->rest.size ? j->rest.data[0] : -1;
}

static int take(struct json *j)
{
    int c = peek(j);

    if (c < 0)
        j->bad = true;
    else
        j->rest = span_from(j->rest, 1);
    return c;
}

static void skip_space(struct json *j)
{
    while (peek(j) == ' ' || peek(j) == '\t' || peek(j) == '\n' || peek(j) == '\r')
        take(j);
}

static bool is_hex(int c)
{
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
}

static int hex_value(int c)
{
    return c <= '9' ? c - '0' : (c | 0x20) - 'a' + 10;
}

/* What stands behind a backslash: the character when it is ASCII, else '?', which no name that
 * anybody looks for has. */
static int take_escape(struct json *j)
{
    int c = take(j), code = 0;

    if (c != 'u') {
        if (c < 0 || !strchr("\"\\/bfnrt", c))
            j->bad = true;
        return c == '"' || c == '\\' || c == '/' ? c : '?';
    }
    for (unsigned i = 0; i < 4; i++) {
        int digit = take(j);
        if (!is_hex(digit)) {
            j->bad = true;
            return '?';
        }
        code = code << 4 | hex_value(digit);
    }
    return code < 0x80 ? code : '?';
}

/* A string whose opening quote was taken, and what is between its quotes. */
static struct span take_string(struct json *j)
{
    struct span begin = j->rest;

    for (;;) {
        int c = take(j);
        if (c < 0x20)
            j->bad = true;
        if (c == '\\')
            take_escape(j);
        if (j->bad)
            return span_of(NULL, 0);
        if (c == '"')
            return span_first(begin, begin.size - j->rest.size - 1);
    }
}

static unsigned take_digits(struct json *j)
{
    unsigned n = 0;

    for (; peek(j) >= '0' && peek(j) <= '9'; n++)
        take(j);
    return n;
}

static void take_number(struct json *j)
{
    if (peek(j) == '-')
        take(j);
    bool zero = peek(j) == '0';
    unsigned digits = take_digits(j);
    if (digits == 0 || (zero && digits > 1))
        j->bad = true;
    if (peek(j) == '.') {
        take(j);
        j->bad |= take_digits(j) == 0;
    }
    if (peek(j) == 'e' || peek(j) == 'E') {
        take(j);
        if (peek(j) == '+' || peek(j) == '-')
            take(j);
        j->bad |= take_digits(j) == 0;
    }
}

/* A string, number or literal. */
static void take_scalar(struct json *j)
{
    static const char *const words[] = {"true", "false", "null"};

    if (peek(j) == '"') {
        take(j);
        take_string(j);
        return;
    }
    for (unsigned i = 0; i < 3; i++) {
        struct span word = span_of_str(words[i]);
        if (span_equal(span_first(j->rest, word.size), word)) {
            j->rest = span_from(j->rest, word.size);
            return;
        }
    }
    take_number(j);
}

/* A member's name and the colon behind it. */
static struct span take_name(struct json *j)
{
    j->bad |= take(j) != '"';
    struct span name = j->bad ? span_of(NULL, 0) : take_string(j);
    skip_space(j);
    j->bad |= take(j) != ':';
    skip_space(j);
    return name;
}

static void take_value(struct json *j, unsigned depth);

/* Members or elements up to the closing bracket; the opening one was taken. */
static void take_all(struct json *j, bool object, unsigned depth)
{
    int close = object ? '}' : ']';

    skip_space(j);
    if (peek(j) == close) {
        take(j);
        return;
    }
    while (!j->bad) {
        skip_space(j);
        if (object)
            take_name(j);
        if (!j->bad)
            take_value(j, depth);
        skip_space(j);
        int c = take(j);
        if (c == close)
            return;
        j->bad |= c != ',';
    }
}

/* Recursion is bounded by the depth. */
static void take_value(struct json *j, unsigned depth)
{
    skip_space(j);
    int c = peek(j);
    if (c != '{' && c != '[') {
        take_scalar(j);
        return;
    }
    take(j);
    if (depth == LIMIT_METADATA_DEPTH)
        j->bad = true;
    else
        take_all(j, c == '{', depth + 1);
}

struct json json_of(struct span text)
{
    struct json j = {.rest = text, .first = true, .open = true, .bad = !utf8_valid(text)};

    skip_space(&j);
    j.bad |= take(&j) != '{';
    return j;
}

/* The bracket that closes the object. */
static bool close_object(struct json *j)
{
    j->open = false;
    skip_space(j);
    j->bad |= j->rest.size > 0;
    return false;
}

bool json_next(struct json *j, struct json_member *out)
{
    if (j->bad || !j->open)
        return false;
    skip_space(j);
    if (!j->first || peek(j) == '}') {
        int c = take(j);
        if (c == '}')
            return close_object(j);
        j->bad |= c != ',';
        skip_space(j);
    }
    j->first = false;
    out->name = take_name(j);
    struct span begin = j->rest;
    if (!j->bad)
        take_value(j, 1);
    out->value = span_first(begin, begin.size - j->rest.size);
    return !j->bad;
}

bool json_good(const struct json *j)
{
    return !j->bad && !j->open;
}

/* ---- names ---- */

static int lower(int c)
{
    return c >= 'A' && c <= 'Z' ? c - 'A' + 'a' : c;
}

static bool matches(struct span written, const char *name, bool any_case)
{
    struct json j = {.rest = written};

    for (; j.rest.size; name++) {
        int c = take(&j);
        if (c == '\\')
            c = take_escape(&j);
        if (!*name || (any_case ? lower(c) != lower(*name) : c != *name))
            return false;
    }
    return !*name;
}

bool json_is_named(const struct json_member *m, const char *name)
{
    return matches(m->name, name, false);
}

bool json_is_called(const struct json_member *m, const char *name)
{
    return matches(m->name, name, true);
}
