/* SPDX-License-Identifier: Apache-2.0 */
/* JSON in bounds. The depth is looked at before the parser recurses, the names after it. */
#include "server/api_json.h"

#include <jansson.h>
#include <stdio.h>
#include <strings.h>
#include <time.h>

#include "base/encode.h"
#include "base/limits.h"

/* How deep brackets nest, outside of strings. Whether they match is the parser's business. */
static unsigned depth(struct span bytes)
{
    unsigned now = 0, most = 0;
    bool string = false;

    for (size_t i = 0; i < bytes.size; i++) {
        uint8_t c = bytes.data[i];
        if (string && c == '\\')
            i++;
        else if (c == '"')
            string = !string;
        else if (!string && (c == '{' || c == '['))
            most = ++now > most ? now : most;
        else if (!string && (c == '}' || c == ']') && now > 0)
            now--;
    }
    return most;
}

/* No object has too many members, or two that differ in case only. */
static bool names_fit(const json_t *value)
{
    const char *name, *other;
    json_t *member, *ignored;
    size_t i;

    json_array_foreach(value, i, member)
    {
        if (!names_fit(member))
            return false;
    }
    if (json_object_size(value) > LIMIT_JSON_MEMBERS)
        return false;
    json_object_foreach((json_t *)(uintptr_t)value, name, member)
    {
        if (!names_fit(member))
            return false;
        json_object_foreach((json_t *)(uintptr_t)value, other, ignored)
        {
            if (name != other && strcasecmp(name, other) == 0)
                return false;
        }
    }
    return true;
}

struct json_t *api_json_parse(struct span bytes, const char **fault)
{
    *fault = "the body must be a JSON object in UTF-8";
    if (!utf8_valid(bytes))
        return NULL;
    if (depth(bytes) > LIMIT_JSON_DEPTH) {
        *fault = "the JSON is nested too deeply";
        return NULL;
    }
    json_t *object = json_loadb((const char *)bytes.data, bytes.size, JSON_REJECT_DUPLICATES, NULL);
    if (object && json_is_object(object) && names_fit(object))
        return object;
    if (json_is_object(object))
        *fault = "the JSON has too many members, or one of them twice";
    json_decref(object);
    return NULL;
}

struct json_t *api_json_get(const struct json_t *object, const char *name)
{
    const char *key;
    json_t *value;

    json_object_foreach((json_t *)(uintptr_t)object, key, value)
    {
        if (strcasecmp(key, name) == 0)
            return json_is_null(value) ? NULL : value;
    }
    return NULL;
}

void api_json_text(struct json_t *object, const char *name, const char *value)
{
    json_object_set_new(object, name, json_string(value ? value : ""));
}

void api_json_bool(struct json_t *object, const char *name, bool value)
{
    json_object_set_new(object, name, json_boolean(value));
}

void api_json_int(struct json_t *object, const char *name, int64_t value)
{
    json_object_set_new(object, name, json_integer(value));
}

void api_json_time(struct json_t *object, const char *name, int64_t unix_ms)
{
    char text[64];
    struct tm parts;
    time_t seconds = unix_ms / 1000;

    if (unix_ms == 0) {
        json_object_set_new(object, name, json_null());
        return;
    }
    gmtime_r(&seconds, &parts);
    size_t n = strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%S", &parts);
    snprintf(text + n, sizeof text - n, ".%03dZ", (int)(unix_ms % 1000));
    api_json_text(object, name, text);
}
