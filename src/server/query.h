/* SPDX-License-Identifier: Apache-2.0 */
/* The query part of a URL: name=value pairs between '&', percent-encoded, '+' for a space (WHATWG
 * URL 5.1). */
#ifndef SERVER_QUERY_H
#define SERVER_QUERY_H

#include "base/mem.h"

/* The raw value of the first parameter of that name; false when there is none. Empty elements are
 * skipped. */
bool query_find(struct span query, const char *name, struct span *value);
/* The decoded value in the arena; NULL when absent, broken or longer than `limit`. */
char *query_text(struct span query, const char *name, size_t limit, struct arena *a);
/* "1" and "true" are true, "0" and "false" false, anything else and none is `absent`. */
bool query_flag(struct span query, const char *name, bool absent);
/* A number of up to nine digits, else 0. */
int query_number(struct span query, const char *name);

#endif
