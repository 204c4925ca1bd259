/* SPDX-License-Identifier: Apache-2.0 */
/* A growing text buffer, always zero-terminated once something was appended. Owns its memory. */
#ifndef BASE_STR_H
#define BASE_STR_H

#include "base/span.h"
#include <stdarg.h>

struct str {
    char *text;
    size_t size, capacity;
};

void str_init(struct str *s);
void str_fini(struct str *s);
void str_clear(struct str *s);
void str_append(struct str *s, const char *text);
void str_append_span(struct str *s, struct span bytes);
void str_append_char(struct str *s, char c);
void str_printf(struct str *s, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* Hands the text over to the caller, who frees it; "" when nothing was appended. */
char *str_take(struct str *s);
struct span str_span(const struct str *s);

#endif
