/* SPDX-License-Identifier: Apache-2.0 */
/* Signalling messages through protobuf-c, and the routing fields of data packets by hand.
 * protobuf-c decodes into an arena under a budget that grows with the message, so that neither
 * empty repeated elements nor merged duplicates can make a small message large; its nesting is that
 * of the schema, which is not recursive (unknown fields are not entered). Owns nothing. Any thread.
 */
#include "wire/signal.h"

#include "base/encode.h"
#include "base/limits.h"
#include "base/reader.h"
#include "base/writer.h"

#include <assert.h>

/* ---- messages ---- */

struct budget {
    struct arena *arena;
    size_t left_bytes;
};

static void *budget_alloc(void *data, size_t size)
{
    struct budget *b = data;

    if (size > b->left_bytes)
        return NULL;
    b->left_bytes -= size;
    return arena_alloc(b->arena, size);
}

static void budget_free(void *data, void *pointer)
{
    /* The arena frees everything at once. */
    (void)data;
    (void)pointer;
}

static bool content_valid(const ProtobufCMessage *message);

/* The value at `index` of a field whose values begin at `values`. */
static bool value_valid(const ProtobufCFieldDescriptor *field, const void *values, size_t index)
{
    if (field->type == PROTOBUF_C_TYPE_STRING) {
        const char *const *strings = values;
        return !strings[index] || utf8_valid(span_of_str(strings[index]));
    }
    const ProtobufCMessage *const *messages = values;
    return !messages[index] || content_valid(messages[index]);
}

static bool field_valid(const ProtobufCMessage *message, const ProtobufCFieldDescriptor *field)
{
    const uint8_t *base = (const uint8_t *)message;
    const void *member = base + field->offset, *quantifier = base + field->quantifier_offset;

    if (field->type != PROTOBUF_C_TYPE_STRING && field->type != PROTOBUF_C_TYPE_MESSAGE)
        return true;
    if (field->flags & PROTOBUF_C_FIELD_FLAG_ONEOF && *(const uint32_t *)quantifier != field->id)
        return true;
    if (field->label != PROTOBUF_C_LABEL_REPEATED)
        return value_valid(field, member, 0);

    size_t count = *(const size_t *)quantifier;
    const void *values = *(const void *const *)member;
    for (size_t i = 0; i < count; i++)
        if (!value_valid(field, values, i))
            return false;
    return true;
}

/* Clients end their connection over a string that is not UTF-8, so none may pass from one person to
 * another. protobuf-c also lets a field number 0 through when its tag is padded. */
static bool content_valid(const ProtobufCMessage *message)
{
    const ProtobufCMessageDescriptor *type = message->descriptor;

    for (unsigned i = 0; i < type->n_fields; i++)
        if (!field_valid(message, &type->fields[i]))
            return false;
    for (unsigned i = 0; i < message->n_unknown_fields; i++)
        if (message->unknown_fields[i].tag == 0)
            return false;
    return true;
}

ProtobufCMessage *signal_parse(const ProtobufCMessageDescriptor *type, struct span bytes,
                               struct arena *a)
{
    if (bytes.size > LIMIT_SIGNAL_MESSAGE)
        return NULL;

    struct budget budget = {a, bytes.size * LIMIT_SIGNAL_GROWTH + LIMIT_SIGNAL_GROWTH_BASE};
    ProtobufCAllocator allocator = {budget_alloc, budget_free, &budget};
    ProtobufCMessage *message = protobuf_c_message_unpack(type, &allocator, bytes.size, bytes.data);
    return message && content_valid(message) ? message : NULL;
}

Livekit__SignalRequest *signal_request_parse(struct span bytes, struct arena *a)
{
    return (Livekit__SignalRequest *)signal_parse(&livekit__signal_request__descriptor, bytes, a);
}

Livekit__SignalResponse *signal_response_parse(struct span bytes, struct arena *a)
{
    return (Livekit__SignalResponse *)signal_parse(&livekit__signal_response__descriptor, bytes, a);
}

struct span signal_pack(const ProtobufCMessage *message, struct arena *a)
{
    size_t size = protobuf_c_message_get_packed_size(message);
    uint8_t *bytes = arena_alloc(a, size ? size : 1);
    size_t written = protobuf_c_message_pack(message, bytes);

    assert(written == size);
    return span_of(bytes, size);
}

/* ---- data packets ---- */

enum { WIRE_VARINT = 0, WIRE_FIXED64 = 1, WIRE_BYTES = 2, WIRE_FIXED32 = 5 };

/* Field numbers of DataPacket. */
enum {
    PACKET_KIND = 1,
    PACKET_USER = 2,
    PACKET_SPEAKER = 3,
    PACKET_IDENTITY = 4,
    PACKET_DESTINATIONS = 5,
    PACKET_FIRST_OTHER_VALUE = 6, /* SIP tones ... */
    PACKET_LAST_OTHER_VALUE = 15, /* ... to the stream trailer */
    PACKET_SEQUENCE = 16,
    PACKET_SID = 17,
    PACKET_ENCRYPTED = 18
};

/* Field numbers of UserPacket. */
enum { USER_DESTINATION_SIDS = 3, USER_TOPIC = 4, USER_DESTINATIONS = 6 };

/* Field number of EncryptedPacket. */
enum { ENCRYPTED_KEY_INDEX = 3 };

struct field {
    uint32_t number;
    unsigned type;
    uint64_t varint;   /* of WIRE_VARINT */
    struct span bytes; /* of WIRE_BYTES */
    struct span whole; /* with its tag */
};

static uint64_t read_varint(struct reader *r)
{
    uint64_t value = 0;

    for (unsigned shift = 0; shift < 64; shift += 7) {
        uint8_t byte = reader_u8(r);
        if (shift == 63 && byte > 1)
            break;
        value |= (uint64_t)(byte & 0x7f) << shift;
        if (!(byte & 0x80))
            return value;
    }
    r->bad = true;
    return 0;
}

/* Reads the next field; false at the end, and when malformed (then r is bad). */
static bool next_field(struct reader *r, struct field *f)
{
    struct reader start = *r;
    size_t before = reader_left(r);

    if (r->bad || before == 0)
        return false;
    uint64_t tag = read_varint(r), size = 0;
    *f = (struct field){.number = (uint32_t)(tag >> 3), .type = (unsigned)(tag & 7)};
    switch (f->type) {
    case WIRE_VARINT:
        f->varint = read_varint(r);
        break;
    case WIRE_FIXED64:
        reader_take(r, 8);
        break;
    case WIRE_BYTES:
        size = read_varint(r);
        if (size > reader_left(r))
            r->bad = true;
        else
            f->bytes = reader_take(r, (size_t)size);
        break;
    case WIRE_FIXED32:
        reader_take(r, 4);
        break;
    default: /* groups are not part of proto3 */
        r->bad = true;
    }
    if (tag > UINT32_MAX || f->number == 0)
        r->bad = true;
    if (r->bad)
        return false;
    f->whole = reader_take(&start, before - reader_left(r));
    return true;
}

static bool read_user(struct span user, struct data_route *out)
{
    struct reader r = reader_of(user);
    struct field f;

    while (next_field(&r, &f)) {
        if (f.type == WIRE_BYTES && f.number == USER_DESTINATION_SIDS)
            out->destination_sid_count++;
        if (f.type == WIRE_BYTES && f.number == USER_DESTINATIONS)
            out->destination_identity_count++;
        if (f.type == WIRE_BYTES && f.number == USER_TOPIC)
            out->is_notice |= span_equal(f.bytes, SPAN_LITERAL(NOTICE_TOPIC));
    }
    return !r.bad;
}

static bool read_encrypted(struct span encrypted, struct data_route *out)
{
    struct reader r = reader_of(encrypted);
    struct field f;

    while (next_field(&r, &f)) {
        if (f.type == WIRE_VARINT && f.number == ENCRYPTED_KEY_INDEX && f.varint > out->key_index)
            out->key_index = f.varint;
    }
    return !r.bad;
}

static bool is_value(const struct field *f)
{
    return f->type == WIRE_BYTES &&
           (f->number == PACKET_USER || f->number == PACKET_SPEAKER ||
            f->number == PACKET_ENCRYPTED ||
            (f->number >= PACKET_FIRST_OTHER_VALUE && f->number <= PACKET_LAST_OTHER_VALUE));
}

bool data_route_parse(struct span packet, struct data_route *out)
{
    struct reader r = reader_of(packet);
    struct field f;
    bool clear = false, encrypted = false;

    *out = (struct data_route){0};
    while (next_field(&r, &f)) {
        if (f.type == WIRE_VARINT && f.number == PACKET_SEQUENCE)
            out->sequence = (uint32_t)f.varint;
        if (f.type == WIRE_BYTES && f.number == PACKET_DESTINATIONS)
            out->destination_identity_count++;
        if (!is_value(&f))
            continue;
        out->has_value = true;
        out->is_user = f.number == PACKET_USER;
        if (f.number == PACKET_ENCRYPTED)
            encrypted = true;
        else
            clear = true;
        if (out->is_user && !read_user(f.bytes, out))
            return false;
        if (f.number == PACKET_ENCRYPTED && !read_encrypted(f.bytes, out))
            return false;
    }
    /* A packet with a clear value beside the encrypted one is not an encrypted packet. */
    out->is_encrypted = encrypted && !clear;
    return !r.bad;
}

static bool user_addresses(struct span user, struct span identity, struct span sid)
{
    struct reader r = reader_of(user);
    struct field f;

    while (next_field(&r, &f)) {
        if (f.type != WIRE_BYTES)
            continue;
        if (f.number == USER_DESTINATIONS && span_equal(f.bytes, identity))
            return true;
        if (f.number == USER_DESTINATION_SIDS && span_equal(f.bytes, sid))
            return true;
    }
    return false;
}

bool data_route_addresses(struct span packet, struct span identity, struct span sid)
{
    struct reader r = reader_of(packet);
    struct field f;

    while (next_field(&r, &f)) {
        if (f.type != WIRE_BYTES)
            continue;
        if (f.number == PACKET_DESTINATIONS && span_equal(f.bytes, identity))
            return true;
        if (f.number == PACKET_USER && user_addresses(f.bytes, identity, sid))
            return true;
    }
    return false;
}

static void write_varint(struct writer *w, uint64_t value)
{
    for (; value > 0x7f; value >>= 7)
        writer_u8(w, (uint8_t)(value | 0x80));
    writer_u8(w, (uint8_t)value);
}

static void write_string(struct writer *w, unsigned number, struct span text)
{
    if (text.size == 0)
        return;
    write_varint(w, number << 3 | WIRE_BYTES);
    write_varint(w, text.size);
    writer_bytes(w, text);
}

size_t data_route_rewrite(struct span packet, bool lossy, struct span identity, struct span sid,
                          uint8_t *out)
{
    struct writer w = writer_of(out, packet.size + identity.size + sid.size + 16);
    struct reader r = reader_of(packet);
    struct field f;

    while (next_field(&r, &f))
        if (f.number != PACKET_KIND && f.number != PACKET_IDENTITY && f.number != PACKET_SID)
            writer_bytes(&w, f.whole);
    if (r.bad)
        return 0;
    if (lossy) {
        writer_u8(&w, PACKET_KIND << 3 | WIRE_VARINT);
        writer_u8(&w, LIVEKIT__DATA_PACKET__KIND__LOSSY);
    }
    write_string(&w, PACKET_IDENTITY, identity);
    write_string(&w, PACKET_SID, sid);
    assert(!w.bad);
    return writer_size(&w);
}
