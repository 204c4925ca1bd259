/* SPDX-License-Identifier: Apache-2.0 */
/* Answers of the API on standard output: tables for people, JSON for scripts. */
#ifndef CLI_SHOW_H
#define CLI_SHOW_H

#include "base/str.h"

struct show_column {
    const char *title;
    const char *member; /* "a", or "a.b"; its type says how it is shown */
};

/* The JSON as it is, on a line. */
void show_json(const struct str *json);
/* A row for each object of the array that is the member `list` (NULL: the whole). False when there
 * is no such array. */
bool show_table(const struct str *json, const char *list, const struct show_column *columns,
                unsigned count);
/* A line for each member of the object. */
bool show_object(const struct str *json, const struct show_column *columns, unsigned count);
/* Text that may come from strangers, without what moves a terminal's cursor. Appends. */
void show_plain(struct str *out, const char *text);
/* A JSON string with its quotes. Appends. */
void show_quote(struct str *out, const char *text);
/* The text of the member `want` in the first object of the array whose member `key` is `value`; the
 * caller frees it. NULL: there is none. */
char *show_find(const struct str *json, const char *list, const char *key, const char *value,
                const char *want);
/* That object itself, as JSON; false, and nothing appended, when there is none. */
bool show_pick(const struct str *json, const char *list, const char *key, const char *value,
               struct str *out);
/* The text of a member of the object; the caller frees it. NULL: there is none. */
char *show_get(const struct str *json, const char *member);

#endif
