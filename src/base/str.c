/* SPDX-License-Identifier: Apache-2.0 */
/* The growing text buffer. Owns its memory; one thread at a time. */
#include "base/str.h"

#include "base/mem.h"

#include <stdio.h>
#include <stdlib.h>

#define STR_CAPACITY_MIN 64

void str_init(struct str *s)
{
    *s = (struct str){0};
}

void str_fini(struct str *s)
{
    free(s->text);
    str_init(s);
}

void str_clear(struct str *s)
{
    s->size = 0;
    if (s->text)
        s->text[0] = '\0';
}

/* Room for `more` bytes and the zero. */
static void str_reserve(struct str *s, size_t more)
{
    if (more >= SIZE_MAX / 2 - s->size)
        abort();
    size_t need = s->size + more + 1;
    if (need <= s->capacity)
        return;
    size_t capacity = s->capacity ? s->capacity * 2 : STR_CAPACITY_MIN;
    s->capacity = capacity < need ? need : capacity;
    s->text = xrealloc(s->text, s->capacity);
}

void str_append(struct str *s, const char *text)
{
    str_append_span(s, span_of_str(text));
}

void str_append_span(struct str *s, struct span bytes)
{
    str_reserve(s, bytes.size);
    if (bytes.size > 0)
        memcpy(s->text + s->size, bytes.data, bytes.size);
    s->size += bytes.size;
    s->text[s->size] = '\0';
}

void str_append_char(struct str *s, char c)
{
    str_reserve(s, 1);
    s->text[s->size++] = c;
    s->text[s->size] = '\0';
}

void str_printf(struct str *s, const char *format, ...)
{
    va_list args, again;
    va_start(args, format);
    va_copy(again, args);
    int n = vsnprintf(NULL, 0, format, args);
    va_end(args);
    if (n < 0)
        abort();
    str_reserve(s, (size_t)n);
    vsnprintf(s->text + s->size, (size_t)n + 1, format, again);
    va_end(again);
    s->size += (size_t)n;
}

char *str_take(struct str *s)
{
    char *text = s->text ? s->text : xstrdup("");
    str_init(s);
    return text;
}

struct span str_span(const struct str *s)
{
    return span_of(s->text, s->size);
}
