/* SPDX-License-Identifier: Apache-2.0 */
/* The API's JSON: what comes from outside is an object within bounds, whose names are matched
 * without regard to case, since clients differ in their spelling. Names that are not asked for do
 * not matter; null is as good as absent. Safe on every thread. */
#ifndef SERVER_API_JSON_H
#define SERVER_API_JSON_H

#include "base/span.h"

struct json_t;

/* NULL with a reason in *fault when it is no JSON object, not UTF-8, too deep, has too many members
 * or one of them twice. The caller owns the object. */
struct json_t *api_json_parse(struct span bytes, const char **fault);
/* The member of that name; NULL when there is none, or null. */
struct json_t *api_json_get(const struct json_t *object, const char *name);

/* ---- what goes out ---- */

void api_json_text(struct json_t *object, const char *name, const char *value);
void api_json_bool(struct json_t *object, const char *name, bool value);
void api_json_int(struct json_t *object, const char *name, int64_t value);
/* A time as RFC 3339 has it; null for 0. */
void api_json_time(struct json_t *object, const char *name, int64_t unix_ms);

#endif
