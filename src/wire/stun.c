/* SPDX-License-Identifier: Apache-2.0 */
/* STUN messages: parse, authenticate, write. Owns nothing; pure. */
#include "wire/stun.h"

#include "base/hash.h"
#include "base/limits.h"
#include "base/mem.h"
#include "base/reader.h"

#define STUN_HEADER 20
#define STUN_TRANSACTION 12
#define STUN_COOKIE 0x2112a442u
#define STUN_BINDING 1
#define FINGERPRINT_XOR 0x5354554eu

/* Bytes of the attributes with their headers. */
#define INTEGRITY_BYTES (4 + SHA1_SIZE)
#define FINGERPRINT_BYTES (4 + 4)

enum {
    ATTR_USERNAME = 0x0006,
    ATTR_INTEGRITY = 0x0008,
    ATTR_ERROR_CODE = 0x0009,
    ATTR_XOR_MAPPED = 0x0020,
    ATTR_PRIORITY = 0x0024,
    ATTR_USE_CANDIDATE = 0x0025,
    ATTR_FINGERPRINT = 0x8028,
    ATTR_CONTROLLED = 0x8029,
    ATTR_CONTROLLING = 0x802a
};

bool stun_is(struct span datagram)
{
    struct reader r = reader_of(datagram);
    uint16_t type = reader_u16(&r), length = reader_u16(&r);
    uint32_t cookie = reader_u32(&r);
    return !r.bad && type < 0x4000 && cookie == STUN_COOKIE && length % 4 == 0 &&
           datagram.size == STUN_HEADER + (size_t)length;
}

/* The first `size` bytes of the message with a header that says it ends `end` bytes after the
 * start: what integrity and fingerprint are computed over. The message itself stays as it is. */
static struct span with_length(struct span message, size_t end, uint8_t *copy)
{
    memcpy(copy, message.data, message.size);
    copy[2] = (uint8_t)((end - STUN_HEADER) >> 8);
    copy[3] = (uint8_t)(end - STUN_HEADER);
    return span_of(copy, message.size);
}

static bool parse_mapped(struct span value, struct span transaction, struct addr *out)
{
    struct reader r = reader_of(value);
    uint8_t mask[16] = {0x21, 0x12, 0xa4, 0x42};
    memcpy(mask + 4, transaction.data, STUN_TRANSACTION);
    reader_u8(&r);
    uint8_t family = reader_u8(&r);
    uint16_t port = reader_u16(&r) ^ (uint16_t)(STUN_COOKIE >> 16);
    struct span ip = reader_rest(&r);
    struct addr a = {0};
    if (family == 1 && ip.size == 4)
        a = addr_v4(ip.data[0] ^ mask[0], ip.data[1] ^ mask[1], ip.data[2] ^ mask[2],
                    ip.data[3] ^ mask[3], port);
    else if (family != 2 || ip.size != 16)
        return false;
    for (size_t i = 0; family == 2 && i < 16; i++)
        a.ip[i] = ip.data[i] ^ mask[i];
    a.port = port;
    *out = a;
    return true;
}

static bool parse_error(struct span value, uint16_t *code)
{
    struct reader r = reader_of(value);
    reader_u16(&r);
    uint8_t class_ = reader_u8(&r) & 7, number = reader_u8(&r);
    if (r.bad || class_ < 3 || class_ > 6 || number > 99)
        return false;
    *code = (uint16_t)(class_ * 100 + number);
    return true;
}

static bool parse_role(struct stun *out, struct span value, bool controlling)
{
    struct reader r = reader_of(value);
    uint64_t tie_breaker = reader_u64(&r);
    if (value.size != 8 || out->controlling || out->controlled)
        return false;
    out->controlling = controlling;
    out->controlled = !controlling;
    out->tie_breaker = tie_breaker;
    return true;
}

/* Attributes of which a second one is ignored (RFC 8489 14). */
static bool parse_attribute(struct stun *out, uint16_t type, struct span value)
{
    struct reader r = reader_of(value);
    switch (type) {
    case ATTR_USERNAME:
        if (out->username.size == 0)
            out->username = value;
        return true;
    case ATTR_PRIORITY:
        if (out->priority == 0)
            out->priority = reader_u32(&r);
        return value.size == 4;
    case ATTR_USE_CANDIDATE:
        out->use_candidate = true;
        return value.size == 0;
    case ATTR_CONTROLLING:
    case ATTR_CONTROLLED:
        return parse_role(out, value, type == ATTR_CONTROLLING);
    case ATTR_XOR_MAPPED:
        return out->mapped.port != 0 || parse_mapped(value, out->transaction, &out->mapped);
    case ATTR_ERROR_CODE:
        return out->error_code != 0 || parse_error(value, &out->error_code);
    default:
        return true;
    }
}

static bool fingerprint_right(struct span datagram, size_t offset, struct span value)
{
    uint8_t copy[PACKET_CAPACITY];
    struct reader r = reader_of(value);
    uint32_t said = reader_u32(&r);
    /* It is the last attribute, so the header already counts it. */
    if (value.size != 4 || offset + FINGERPRINT_BYTES != datagram.size)
        return false;
    struct span part = with_length(span_first(datagram, offset), datagram.size, copy);
    return said == (hash_crc32(part) ^ FINGERPRINT_XOR);
}

static bool parse_attributes(struct span datagram, struct stun *out)
{
    struct reader r = reader_of(span_from(datagram, STUN_HEADER));
    while (reader_left(&r) > 0) {
        size_t offset = datagram.size - reader_left(&r);
        uint16_t type = reader_u16(&r), length = reader_u16(&r);
        struct span value = reader_take(&r, length);
        reader_take(&r, (4 - length % 4u) % 4);
        if (r.bad)
            return false;
        if (type == ATTR_FINGERPRINT) {
            if (!fingerprint_right(datagram, offset, value))
                return false;
            out->has_fingerprint = true;
        } else if (out->integrity.size > 0) {
            continue;
        } else if (type == ATTR_INTEGRITY) {
            if (value.size != SHA1_SIZE)
                return false;
            out->integrity_part = span_first(datagram, offset);
            out->integrity = value;
        } else if (!parse_attribute(out, type, value)) {
            return false;
        }
    }
    return true;
}

bool stun_parse(struct span datagram, struct stun *out)
{
    *out = (struct stun){0};
    /* The size is capped because integrity and fingerprint need a copy with another length in its
     * header. */
    if (datagram.size > PACKET_CAPACITY || !stun_is(datagram))
        return false;
    unsigned type = (unsigned)datagram.data[0] << 8 | datagram.data[1];
    /* The class sits in bits 4 and 8, the method around them (RFC 8489 5). */
    out->class_ = (enum stun_class)((type >> 4 & 1) | (type >> 7 & 2));
    out->method = (uint16_t)((type & 0x0f) | (type >> 1 & 0x70) | (type >> 2 & 0xf80));
    out->transaction = span_of(datagram.data + 8, STUN_TRANSACTION);
    return parse_attributes(datagram, out);
}

bool stun_authentic(struct span datagram, const struct stun *m, struct span password)
{
    uint8_t copy[PACKET_CAPACITY], tag[SHA1_SIZE];
    size_t size = m->integrity_part.size;
    if (m->integrity.size != SHA1_SIZE || size < STUN_HEADER || datagram.size > sizeof(copy) ||
        size + INTEGRITY_BYTES > datagram.size)
        return false;
    hash_hmac_sha1(password, with_length(span_first(datagram, size), size + INTEGRITY_BYTES, copy),
                   tag);
    return mem_equal_ct(tag, m->integrity.data, SHA1_SIZE);
}

/* ---- writing ---- */

/* A message begins where the writer stands; returns that place. */
static size_t begin(struct writer *w, enum stun_class class_, struct span transaction)
{
    size_t start = writer_size(w);
    unsigned bits = (unsigned)class_;
    if (transaction.size != STUN_TRANSACTION)
        w->bad = true;
    writer_u16(w, (uint16_t)(STUN_BINDING | (bits & 1) << 4 | (bits & 2) << 7));
    writer_u16(w, 0);
    writer_u32(w, STUN_COOKIE);
    writer_bytes(w, transaction);
    return start;
}

static void attribute(struct writer *w, uint16_t type, struct span value)
{
    if (value.size > UINT16_MAX)
        w->bad = true;
    writer_u16(w, type);
    writer_u16(w, (uint16_t)value.size);
    writer_bytes(w, value);
    writer_zeroes(w, (4 - value.size % 4) % 4);
}

static void attribute_u32(struct writer *w, uint16_t type, uint32_t value)
{
    writer_u16(w, type);
    writer_u16(w, 4);
    writer_u32(w, value);
}

/* Integrity, when there is a password, then fingerprint; each counts itself in the header's length
 * beforehand. */
static void finish(struct writer *w, size_t start, struct span password)
{
    size_t size = writer_size(w) - start;
    if (password.size > 0) {
        uint8_t tag[SHA1_SIZE];
        writer_patch_u16(w, start + 2, (uint16_t)(size + INTEGRITY_BYTES - STUN_HEADER));
        if (w->bad)
            return;
        hash_hmac_sha1(password, span_of(w->start + start, size), tag);
        attribute(w, ATTR_INTEGRITY, span_of(tag, sizeof(tag)));
        size += INTEGRITY_BYTES;
    }
    writer_patch_u16(w, start + 2, (uint16_t)(size + FINGERPRINT_BYTES - STUN_HEADER));
    if (w->bad)
        return;
    uint32_t crc = hash_crc32(span_of(w->start + start, size));
    attribute_u32(w, ATTR_FINGERPRINT, crc ^ FINGERPRINT_XOR);
}

void stun_write_success(struct writer *w, struct span transaction, const struct addr *mapped,
                        struct span password)
{
    size_t start = begin(w, STUN_SUCCESS, transaction);
    if (w->bad)
        return;
    uint8_t mask[16] = {0x21, 0x12, 0xa4, 0x42};
    memcpy(mask + 4, transaction.data, STUN_TRANSACTION);
    bool v4 = addr_is_v4(mapped);
    const uint8_t *ip = v4 ? mapped->ip + 12 : mapped->ip;
    size_t size = v4 ? 4 : 16;
    writer_u16(w, ATTR_XOR_MAPPED);
    writer_u16(w, (uint16_t)(4 + size));
    writer_u8(w, 0);
    writer_u8(w, v4 ? 1 : 2);
    writer_u16(w, mapped->port ^ (uint16_t)(STUN_COOKIE >> 16));
    for (size_t i = 0; i < size; i++)
        writer_u8(w, ip[i] ^ mask[i]);
    finish(w, start, password);
}

static const char *reason(uint16_t code)
{
    switch (code) {
    case 400:
        return "Bad Request";
    case 401:
        return "Unauthenticated";
    case 487:
        return "Role Conflict";
    default:
        return "";
    }
}

void stun_write_error(struct writer *w, struct span transaction, uint16_t code,
                      struct span password)
{
    size_t start = begin(w, STUN_ERROR, transaction);
    struct span text = span_of_str(reason(code));
    writer_u16(w, ATTR_ERROR_CODE);
    writer_u16(w, (uint16_t)(4 + text.size));
    writer_u16(w, 0);
    writer_u8(w, (uint8_t)(code / 100));
    writer_u8(w, (uint8_t)(code % 100));
    writer_bytes(w, text);
    writer_zeroes(w, (4 - text.size % 4) % 4);
    finish(w, start, password);
}

void stun_write_check(struct writer *w, const struct stun_check *check)
{
    size_t start = begin(w, STUN_REQUEST, check->transaction);
    attribute(w, ATTR_USERNAME, check->username);
    attribute_u32(w, ATTR_PRIORITY, check->priority);
    writer_u16(w, check->controlling ? ATTR_CONTROLLING : ATTR_CONTROLLED);
    writer_u16(w, 8);
    writer_u64(w, check->tie_breaker);
    if (check->use_candidate)
        attribute(w, ATTR_USE_CANDIDATE, span_of(NULL, 0));
    finish(w, start, check->password);
}
