/* SPDX-License-Identifier: Apache-2.0 */
/* The JSON mapping. A member of a message is found by its descriptor's offset, as protobuf-c itself
 * does; map fields are repeated messages whose type is called ...Entry. */
#include "server/protojson.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/encode.h"

/* Deeper than any message of the API. */
#define DEPTH_MAX 12

typedef ProtobufCFieldDescriptor Field;

static void *member(const ProtobufCMessage *m, unsigned offset)
{
    return (char *)(uintptr_t)m + offset;
}

static bool is_map(const Field *f)
{
    const ProtobufCMessageDescriptor *d = f->descriptor;

    if (f->type != PROTOBUF_C_TYPE_MESSAGE || f->label != PROTOBUF_C_LABEL_REPEATED)
        return false;
    size_t size = strlen(d->short_name);
    return d->n_fields == 2 && size > 5 && strcmp(d->short_name + size - 5, "Entry") == 0;
}

static size_t element_size(ProtobufCType type)
{
    switch (type) {
    case PROTOBUF_C_TYPE_INT32:
    case PROTOBUF_C_TYPE_SINT32:
    case PROTOBUF_C_TYPE_SFIXED32:
    case PROTOBUF_C_TYPE_UINT32:
    case PROTOBUF_C_TYPE_FIXED32:
    case PROTOBUF_C_TYPE_ENUM:
    case PROTOBUF_C_TYPE_FLOAT:
        return 4;
    case PROTOBUF_C_TYPE_INT64:
    case PROTOBUF_C_TYPE_SINT64:
    case PROTOBUF_C_TYPE_SFIXED64:
    case PROTOBUF_C_TYPE_UINT64:
    case PROTOBUF_C_TYPE_FIXED64:
    case PROTOBUF_C_TYPE_DOUBLE:
        return 8;
    case PROTOBUF_C_TYPE_BOOL:
        return sizeof(protobuf_c_boolean);
    case PROTOBUF_C_TYPE_STRING:
    case PROTOBUF_C_TYPE_MESSAGE:
        return sizeof(void *);
    case PROTOBUF_C_TYPE_BYTES:
        return sizeof(ProtobufCBinaryData);
    }
    return 0;
}

/* ---- writing ---- */

static json_t *write_bytes(const ProtobufCBinaryData *b)
{
    char *text = xmalloc(BASE64_SIZE(b->len));

    base64_encode(span_of(b->data, b->len), text);
    json_t *json = json_string(text);
    free(text);
    return json;
}

static json_t *write_enum(const Field *f, int value)
{
    const ProtobufCEnumValue *v = protobuf_c_enum_descriptor_get_value(f->descriptor, value);

    return v ? json_string(v->name) : json_integer(value);
}

static json_t *write_long(bool is_signed, const void *at)
{
    char text[24];
    int64_t s;
    uint64_t u;

    memcpy(&s, at, sizeof s);
    memcpy(&u, at, sizeof u);
    if (is_signed)
        snprintf(text, sizeof text, "%lld", (long long)s);
    else
        snprintf(text, sizeof text, "%llu", (unsigned long long)u);
    return json_string(text);
}

static json_t *write_message(const ProtobufCMessage *message, bool camel);

static json_t *write_value(const Field *f, const void *at, bool camel)
{
    switch (f->type) {
    case PROTOBUF_C_TYPE_INT32:
    case PROTOBUF_C_TYPE_SINT32:
    case PROTOBUF_C_TYPE_SFIXED32:
        return json_integer(*(const int32_t *)at);
    case PROTOBUF_C_TYPE_UINT32:
    case PROTOBUF_C_TYPE_FIXED32:
        return json_integer(*(const uint32_t *)at);
    case PROTOBUF_C_TYPE_INT64:
    case PROTOBUF_C_TYPE_SINT64:
    case PROTOBUF_C_TYPE_SFIXED64:
        return write_long(true, at);
    case PROTOBUF_C_TYPE_UINT64:
    case PROTOBUF_C_TYPE_FIXED64:
        return write_long(false, at);
    case PROTOBUF_C_TYPE_FLOAT:
        return json_real((double)*(const float *)at);
    case PROTOBUF_C_TYPE_DOUBLE:
        return json_real(*(const double *)at);
    case PROTOBUF_C_TYPE_BOOL:
        return json_boolean(*(const protobuf_c_boolean *)at);
    case PROTOBUF_C_TYPE_ENUM:
        return write_enum(f, *(const int *)at);
    case PROTOBUF_C_TYPE_STRING:
        return json_string(*(char *const *)at ? *(char *const *)at : "");
    case PROTOBUF_C_TYPE_BYTES:
        return write_bytes(at);
    case PROTOBUF_C_TYPE_MESSAGE:
        return write_message(*(ProtobufCMessage *const *)at, camel);
    }
    return json_null();
}

/* "num_participants" or "numParticipants". */
static void set(json_t *object, const Field *f, bool camel, json_t *value)
{
    char name[64];
    size_t n = 0;

    for (const char *at = f->name; *at && n < sizeof name - 1; at++) {
        bool joint = camel && *at == '_' && at[1] >= 'a' && at[1] <= 'z';
        name[n++] = joint ? (char)(*++at - 'a' + 'A') : *at;
    }
    name[n] = 0;
    json_object_set_new(object, name, value);
}

static void write_map(json_t *object, const Field *f, ProtobufCMessage *const *entries, size_t n,
                      bool camel)
{
    const ProtobufCMessageDescriptor *d = f->descriptor;
    json_t *map = json_object();

    for (size_t i = 0; i < n; i++) {
        const char *key = *(char *const *)member(entries[i], d->fields[0].offset);
        json_object_set_new(
            map, key ? key : "",
            write_value(&d->fields[1], member(entries[i], d->fields[1].offset), camel));
    }
    set(object, f, camel, map);
}

static void write_repeated(json_t *object, const ProtobufCMessage *m, const Field *f, bool camel)
{
    size_t n = *(const size_t *)member(m, f->quantifier_offset), size = element_size(f->type);
    const char *elements = *(char *const *)member(m, f->offset);

    if (n == 0)
        return;
    if (is_map(f)) {
        write_map(object, f, (ProtobufCMessage *const *)(const void *)elements, n, camel);
        return;
    }
    json_t *array = json_array();
    for (size_t i = 0; i < n; i++)
        json_array_append_new(array, write_value(f, elements + i * size, camel));
    set(object, f, camel, array);
}

/* Whether a singular field is worth writing: set in its oneof, or not its type's default. */
static bool is_set(const ProtobufCMessage *m, const Field *f)
{
    static const uint8_t zeroes[sizeof(ProtobufCBinaryData)];
    const void *at = member(m, f->offset);

    if (f->flags & PROTOBUF_C_FIELD_FLAG_ONEOF)
        return *(const uint32_t *)member(m, f->quantifier_offset) == f->id;
    if (f->type == PROTOBUF_C_TYPE_STRING)
        return *(char *const *)at && **(char *const *)at;
    if (f->type == PROTOBUF_C_TYPE_BYTES)
        return ((const ProtobufCBinaryData *)at)->len > 0;
    return memcmp(at, zeroes, element_size(f->type)) != 0;
}

static json_t *write_message(const ProtobufCMessage *message, bool camel)
{
    json_t *object = json_object();

    for (unsigned i = 0; i < message->descriptor->n_fields; i++) {
        const Field *f = &message->descriptor->fields[i];
        if (f->label == PROTOBUF_C_LABEL_REPEATED)
            write_repeated(object, message, f, camel);
        else if (is_set(message, f))
            set(object, f, camel, write_value(f, member(message, f->offset), camel));
    }
    return object;
}

json_t *protojson_write(const ProtobufCMessage *message)
{
    return write_message(message, false);
}

json_t *protojson_write_camel(const ProtobufCMessage *message)
{
    return write_message(message, true);
}

/* ---- reading ---- */

struct reading {
    struct arena *arena;
    struct str *error;
    unsigned depth;
};

static bool wrong(struct reading *r, const Field *f, const char *expected)
{
    if (r->error->size == 0)
        str_printf(r->error, "%s: expected %s", f->name, expected);
    return false;
}

/* Numbers may come as numbers or as strings of digits. */
static bool read_integer(struct reading *r, const Field *f, const json_t *v, int64_t *out)
{
    const char *text = json_string_value(v);
    char *end = NULL;

    if (json_is_integer(v)) {
        *out = json_integer_value(v);
        return true;
    }
    if (text && text[0])
        *out = strtoll(text, &end, 10);
    return (end && *end == 0) || wrong(r, f, "a whole number");
}

static bool read_enum(struct reading *r, const Field *f, const json_t *v, void *at)
{
    const char *text = json_string_value(v);
    const ProtobufCEnumValue *named =
        text ? protobuf_c_enum_descriptor_get_value_by_name(f->descriptor, text) : NULL;
    int64_t n = named ? named->value : 0;

    if (!named && !(json_is_integer(v) && read_integer(r, f, v, &n)))
        return wrong(r, f, "a name of the enumeration");
    *(int *)at = (int)n;
    return true;
}

static bool read_bytes(struct reading *r, const Field *f, const json_t *v, void *at)
{
    struct span text = span_of(json_string_value(v), json_string_length(v));
    ProtobufCBinaryData *out = at;

    if (!json_is_string(v))
        return wrong(r, f, "base64");
    out->data = arena_alloc(r->arena, text.size + 3);
    if (!base64_decode(text, out->data, text.size + 3, &out->len) &&
        !base64url_decode(text, out->data, text.size + 3, &out->len))
        return wrong(r, f, "base64");
    return true;
}

static ProtobufCMessage *read_message(struct reading *r, const ProtobufCMessageDescriptor *type,
                                      const json_t *json);

static bool read_number(struct reading *r, const Field *f, const json_t *v, void *at)
{
    bool wide = element_size(f->type) == 8;
    bool is_unsigned = f->type == PROTOBUF_C_TYPE_UINT32 || f->type == PROTOBUF_C_TYPE_FIXED32 ||
                       f->type == PROTOBUF_C_TYPE_UINT64 || f->type == PROTOBUF_C_TYPE_FIXED64;
    int64_t n;

    if (!read_integer(r, f, v, &n))
        return false;
    if (is_unsigned && n < 0)
        return wrong(r, f, "a number that is not negative");
    if (!wide && (n > (is_unsigned ? (int64_t)UINT32_MAX : INT32_MAX) || n < INT32_MIN))
        return wrong(r, f, "a number of 32 bits");
    if (wide) {
        memcpy(at, &n, sizeof n);
    } else {
        uint32_t narrow = (uint32_t)n;
        memcpy(at, &narrow, sizeof narrow);
    }
    return true;
}

static bool read_value(struct reading *r, const Field *f, const json_t *v, void *at)
{
    switch (f->type) {
    case PROTOBUF_C_TYPE_STRING:
        if (!json_is_string(v) || strlen(json_string_value(v)) != json_string_length(v))
            return wrong(r, f, "a string");
        *(char **)at = arena_strdup(r->arena, span_of_str(json_string_value(v)));
        return true;
    case PROTOBUF_C_TYPE_BOOL:
        if (!json_is_boolean(v))
            return wrong(r, f, "true or false");
        *(protobuf_c_boolean *)at = json_is_true(v);
        return true;
    case PROTOBUF_C_TYPE_ENUM:
        return read_enum(r, f, v, at);
    case PROTOBUF_C_TYPE_BYTES:
        return read_bytes(r, f, v, at);
    case PROTOBUF_C_TYPE_FLOAT:
        *(float *)at = (float)json_number_value(v);
        return json_is_number(v) || wrong(r, f, "a number");
    case PROTOBUF_C_TYPE_DOUBLE:
        *(double *)at = json_number_value(v);
        return json_is_number(v) || wrong(r, f, "a number");
    case PROTOBUF_C_TYPE_MESSAGE:
        *(ProtobufCMessage **)at = read_message(r, f->descriptor, v);
        return *(ProtobufCMessage **)at || wrong(r, f, "an object");
    case PROTOBUF_C_TYPE_INT32:
    case PROTOBUF_C_TYPE_SINT32:
    case PROTOBUF_C_TYPE_SFIXED32:
    case PROTOBUF_C_TYPE_UINT32:
    case PROTOBUF_C_TYPE_FIXED32:
    case PROTOBUF_C_TYPE_INT64:
    case PROTOBUF_C_TYPE_SINT64:
    case PROTOBUF_C_TYPE_SFIXED64:
    case PROTOBUF_C_TYPE_UINT64:
    case PROTOBUF_C_TYPE_FIXED64:
        return read_number(r, f, v, at);
    }
    return false;
}

static bool read_map(struct reading *r, const Field *f, json_t *object, ProtobufCMessage *m)
{
    const ProtobufCMessageDescriptor *d = f->descriptor;
    ProtobufCMessage **entries;
    const char *key;
    size_t n = 0;
    json_t *v;

    if (!json_is_object(object))
        return wrong(r, f, "an object");
    entries = arena_alloc(r->arena, (json_object_size(object) + 1) * sizeof(void *));
    json_object_foreach(object, key, v)
    {
        ProtobufCMessage *e = arena_alloc(r->arena, d->sizeof_message);
        d->message_init(e);
        *(char **)member(e, d->fields[0].offset) = arena_strdup(r->arena, span_of_str(key));
        if (!read_value(r, &d->fields[1], v, member(e, d->fields[1].offset)))
            return false;
        entries[n++] = e;
    }
    *(ProtobufCMessage ***)member(m, f->offset) = entries;
    *(size_t *)member(m, f->quantifier_offset) = n;
    return true;
}

static bool read_repeated(struct reading *r, const Field *f, json_t *array, ProtobufCMessage *m)
{
    size_t size = element_size(f->type), n = json_array_size(array);

    if (is_map(f))
        return read_map(r, f, array, m);
    if (!json_is_array(array))
        return wrong(r, f, "a list");
    char *elements = arena_alloc(r->arena, (n + 1) * size);
    for (size_t i = 0; i < n; i++)
        if (!read_value(r, f, json_array_get(array, i), elements + i * size))
            return false;
    *(void **)member(m, f->offset) = elements;
    *(size_t *)member(m, f->quantifier_offset) = n;
    return true;
}

/* The field that a member's name means, in snake_case as declared or in camelCase. */
static const Field *find_field(const ProtobufCMessageDescriptor *type, const char *name)
{
    for (unsigned i = 0; i < type->n_fields; i++) {
        const char *a = type->fields[i].name, *b = name;
        while (*a && *b) {
            if (*a == '_' && a[1] >= 'a' && *b == a[1] - 'a' + 'A')
                a++;
            else if (*a != *b)
                break;
            a++, b++;
        }
        if (!*a && !*b)
            return &type->fields[i];
    }
    return NULL;
}

static bool read_member(struct reading *r, ProtobufCMessage *m, const char *name, json_t *v)
{
    const Field *f = find_field(m->descriptor, name);

    if (!f || json_is_null(v))
        return true;
    if (f->label == PROTOBUF_C_LABEL_REPEATED)
        return read_repeated(r, f, v, m);
    if (!read_value(r, f, v, member(m, f->offset)))
        return false;
    if (f->flags & PROTOBUF_C_FIELD_FLAG_ONEOF)
        *(uint32_t *)member(m, f->quantifier_offset) = f->id;
    return true;
}

static ProtobufCMessage *read_message(struct reading *r, const ProtobufCMessageDescriptor *type,
                                      const json_t *json)
{
    ProtobufCMessage *m = arena_alloc(r->arena, type->sizeof_message);
    const char *name;
    bool good = json_is_object(json) && ++r->depth <= DEPTH_MAX;
    json_t *v;

    type->message_init(m);
    if (good) {
        json_object_foreach((json_t *)(uintptr_t)json, name, v)
        {
            good = good && read_member(r, m, name, v);
        }
        r->depth--;
    }
    return good ? m : NULL;
}

ProtobufCMessage *protojson_read(const ProtobufCMessageDescriptor *type, const json_t *json,
                                 struct arena *a, struct str *error)
{
    struct reading r = {.arena = a, .error = error};
    ProtobufCMessage *m = read_message(&r, type, json);

    if (!m && error->size == 0)
        str_append(error, "expected a JSON object");
    return m;
}
