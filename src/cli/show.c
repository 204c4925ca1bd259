/* SPDX-License-Identifier: Apache-2.0 */
/* JSON as tables. Widths are counted in characters of UTF-8. */
#include "cli/show.h"

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/mem.h"

#define COLUMNS_MAX 12

void show_json(const struct str *json)
{
    fwrite(json->text, 1, json->size, stdout);
    putchar('\n');
}

void show_plain(struct str *out, const char *text)
{
    const unsigned char *at = (const unsigned char *)text;

    str_append(out, "");
    for (; *at; at++) {
        /* C1 controls are two bytes in UTF-8. */
        bool c1 = at[0] == 0xc2 && at[1] >= 0x80 && at[1] < 0xa0;
        str_append_char(out, *at < 0x20 || *at == 0x7f || c1 ? '?' : (char)*at);
        at += c1;
    }
}

void show_quote(struct str *out, const char *text)
{
    str_append_char(out, '"');
    for (; *text; text++) {
        unsigned char c = (unsigned char)*text;
        if (c == '"' || c == '\\')
            str_printf(out, "\\%c", c);
        else if (c < 0x20)
            str_printf(out, "\\u%04x", c);
        else
            str_append_char(out, (char)c);
    }
    str_append_char(out, '"');
}

/* ---- values ---- */

static const json_t *member(const json_t *object, const char *path)
{
    const char *dot = strchr(path, '.');
    char name[64];

    if (!dot)
        return json_object_get(object, path);
    snprintf(name, sizeof name, "%.*s", (int)(dot - path), path);
    return member(json_object_get(object, name), dot + 1);
}

static void write_value(struct str *out, const json_t *v)
{
    size_t i;
    const json_t *one;

    str_append(out, "");
    if (json_is_string(v))
        show_plain(out, json_string_value(v));
    else if (json_is_boolean(v))
        str_append(out, json_is_true(v) ? "true" : "false");
    else if (json_is_integer(v))
        str_printf(out, "%lld", (long long)json_integer_value(v));
    json_array_foreach(v, i, one)
    {
        str_append(out, i ? "," : "");
        write_value(out, one);
    }
    if (out->size == 0)
        str_append(out, "-");
}

static size_t width(const char *text)
{
    size_t n = 0;

    for (; *text; text++)
        n += ((unsigned char)*text & 0xc0) != 0x80;
    return n;
}

/* ---- tables ---- */

static void print_cell(const char *text, size_t wide, bool last)
{
    fputs(text, stdout);
    if (last)
        return;
    for (size_t n = width(text); n < wide + 2; n++)
        putchar(' ');
}

static void measure(const json_t *array, const struct show_column *columns, unsigned count,
                    size_t widths[COLUMNS_MAX])
{
    const json_t *row;
    struct str cell;
    size_t i;

    str_init(&cell);
    for (unsigned c = 0; c < count; c++)
        widths[c] = width(columns[c].title);
    json_array_foreach(array, i, row)
    {
        for (unsigned c = 0; c < count; c++) {
            str_clear(&cell);
            write_value(&cell, member(row, columns[c].member));
            size_t wide = width(cell.text);
            widths[c] = wide > widths[c] ? wide : widths[c];
        }
    }
    str_fini(&cell);
}

static void print_table(const json_t *array, const struct show_column *columns, unsigned count)
{
    size_t widths[COLUMNS_MAX], i;
    const json_t *row;
    struct str cell;

    measure(array, columns, count, widths);
    for (unsigned c = 0; c < count; c++)
        print_cell(columns[c].title, widths[c], c + 1 == count);
    putchar('\n');
    str_init(&cell);
    json_array_foreach(array, i, row)
    {
        for (unsigned c = 0; c < count; c++) {
            str_clear(&cell);
            write_value(&cell, member(row, columns[c].member));
            print_cell(cell.text, widths[c], c + 1 == count);
        }
        putchar('\n');
    }
    str_fini(&cell);
}

static json_t *load(const struct str *json)
{
    return json_loadb(json->text ? json->text : "", json->size, JSON_DECODE_ANY, NULL);
}

bool show_table(const struct str *json, const char *list, const struct show_column *columns,
                unsigned count)
{
    json_t *whole = load(json);
    const json_t *array = list ? member(whole, list) : whole;
    bool good = json_is_array(array) && count <= COLUMNS_MAX;

    if (good)
        print_table(array, columns, count);
    json_decref(whole);
    return good;
}

bool show_object(const struct str *json, const struct show_column *columns, unsigned count)
{
    json_t *object = load(json);
    size_t wide = 0;
    struct str cell;

    str_init(&cell);
    for (unsigned c = 0; c < count; c++)
        wide = width(columns[c].title) > wide ? width(columns[c].title) : wide;
    for (unsigned c = 0; json_is_object(object) && c < count; c++) {
        str_clear(&cell);
        write_value(&cell, member(object, columns[c].member));
        print_cell(columns[c].title, wide, false);
        puts(cell.text);
    }
    bool good = json_is_object(object);
    str_fini(&cell);
    json_decref(object);
    return good;
}

/* ---- picking ---- */

static const json_t *pick(const json_t *array, const char *key, const char *value)
{
    const json_t *row;
    size_t i;

    json_array_foreach(array, i, row)
    {
        const char *text = json_string_value(member(row, key));
        if (text && strcmp(text, value) == 0)
            return row;
    }
    return NULL;
}

char *show_find(const struct str *json, const char *list, const char *key, const char *value,
                const char *want)
{
    json_t *whole = load(json);
    const json_t *row = pick(list ? member(whole, list) : whole, key, value);
    const char *text = json_string_value(member(row, want));
    char *copy = text ? xstrdup(text) : NULL;

    json_decref(whole);
    return copy;
}

bool show_pick(const struct str *json, const char *list, const char *key, const char *value,
               struct str *out)
{
    json_t *whole = load(json);
    const json_t *row = pick(list ? member(whole, list) : whole, key, value);
    char *text = row ? json_dumps(row, JSON_COMPACT) : NULL;

    bool found = text != NULL;

    if (text)
        str_append(out, text);
    free(text);
    json_decref(whole);
    return found;
}

char *show_get(const struct str *json, const char *name)
{
    json_t *object = load(json);
    const char *text = json_string_value(member(object, name));
    char *copy = text ? xstrdup(text) : NULL;

    json_decref(object);
    return copy;
}
