/* SPDX-License-Identifier: Apache-2.0 */
/* DTLS 1.2 records of epoch 1 under AES-GCM. Owned by a dtls object, on its worker's thread. */
#include "rtc/dtls_record.h"

#include "base/mem.h"
#include "base/reader.h"
#include "base/writer.h"

#include <assert.h>

#define SEQ_MAX ((1ULL << 48) - 1)
#define NONCE_EXPLICIT 8
#define WINDOW 64

bool dtls_record_next(struct span *rest, struct dtls_record *out)
{
    struct reader r = reader_of(*rest);
    out->type = reader_u8(&r);
    out->version = reader_u16(&r);
    out->epoch = reader_u16(&r);
    out->seq = (uint64_t)reader_u16(&r) << 32;
    out->seq |= reader_u32(&r);
    out->body = reader_take(&r, reader_u16(&r));
    if (r.bad)
        return false;
    *rest = reader_rest(&r);
    return true;
}

bool dtls_record_message_seq(const struct dtls_record *record, uint16_t *out)
{
    if (record->type != DTLS_HANDSHAKE_MESSAGE || record->epoch != 0)
        return false;
    struct reader r = reader_of(record->body);
    reader_take(&r, 4); /* msg_type, length */
    *out = reader_u16(&r);
    return !r.bad;
}

void dtls_record_init(struct dtls_record_layer *l, const struct cipher_ops *ops,
                      const struct dtls_record_keys *keys)
{
    *l = (struct dtls_record_layer){.ops = ops, .keys = *keys};
}

static void let_go(struct dtls_record_layer *l)
{
    l->ops->free(l->sealing);
    l->ops->free(l->opening);
    l->sealing = l->opening = NULL;
}

void dtls_record_fini(struct dtls_record_layer *l)
{
    if (l->ops)
        let_go(l);
    mem_wipe(l, sizeof *l);
}

bool dtls_record_rest(struct dtls_record_layer *l)
{
    if (!l->used && (l->sealing || l->opening))
        let_go(l);
    l->used = false;
    return l->sealing || l->opening;
}

static void write_nonce(uint8_t iv[12], const uint8_t salt[4], struct span explicit_part)
{
    memcpy(iv, salt, 4);
    memcpy(iv + 4, explicit_part.data, NONCE_EXPLICIT);
}

/* Additional data: the 64-bit sequence number, type, version and the clear length (RFC
 * 5246 6.2.3.3). */
static void write_aad(uint8_t aad[13], const struct dtls_record *r, size_t clear_size)
{
    struct writer w = writer_of(aad, 13);
    writer_u64(&w, (uint64_t)r->epoch << 48 | r->seq);
    writer_u8(&w, r->type);
    writer_u16(&w, r->version);
    writer_u16(&w, (uint16_t)clear_size);
}

size_t dtls_record_seal(struct dtls_record_layer *l, enum dtls_content type, struct span data,
                        uint8_t *out)
{
    if (l->keys.next_seq > SEQ_MAX)
        return 0;
    if (!l->sealing)
        l->sealing = l->ops->gcm_new(span_of(l->keys.write_key, l->keys.key_size));
    struct dtls_record r = {
        .type = (uint8_t)type, .version = DTLS_VERSION_1_2, .epoch = 1, .seq = l->keys.next_seq};
    struct writer w = writer_of(out, DTLS_RECORD_HEADER + NONCE_EXPLICIT);
    writer_u8(&w, r.type);
    writer_u16(&w, r.version);
    writer_u64(&w, (uint64_t)r.epoch << 48 | r.seq);
    writer_u16(&w, (uint16_t)(NONCE_EXPLICIT + data.size + CIPHER_TAG_MAX));
    writer_u64(&w, l->keys.next_nonce);
    assert(!w.bad);
    uint8_t iv[12], aad[13];
    write_nonce(iv, l->keys.write_salt, span_of(out + DTLS_RECORD_HEADER, NONCE_EXPLICIT));
    write_aad(aad, &r, data.size);
    l->ops->gcm_seal(l->sealing, iv, span_of(aad, sizeof aad), data,
                     out + DTLS_RECORD_HEADER + NONCE_EXPLICIT);
    l->keys.next_seq++;
    l->keys.next_nonce++;
    l->used = true;
    return DTLS_RECORD_OVERHEAD + data.size;
}

static bool is_replay(const struct dtls_record_layer *l, uint64_t seq)
{
    if (l->received_mask == 0 || seq > l->received_top)
        return false;
    uint64_t age = l->received_top - seq;
    return age >= WINDOW || (l->received_mask >> age & 1) != 0;
}

static void note_received(struct dtls_record_layer *l, uint64_t seq)
{
    if (l->received_mask == 0) {
        l->received_top = seq;
        l->received_mask = 1;
    } else if (seq > l->received_top) {
        uint64_t step = seq - l->received_top;
        l->received_mask = step >= WINDOW ? 1 : l->received_mask << step | 1;
        l->received_top = seq;
    } else {
        l->received_mask |= 1ULL << (l->received_top - seq);
    }
}

bool dtls_record_open(struct dtls_record_layer *l, const struct dtls_record *r, uint8_t *out,
                      size_t *size)
{
    if (r->epoch != 1 || r->version != DTLS_VERSION_1_2 ||
        r->body.size < NONCE_EXPLICIT + CIPHER_TAG_MAX || is_replay(l, r->seq))
        return false;
    if (!l->opening)
        l->opening = l->ops->gcm_new(span_of(l->keys.read_key, l->keys.key_size));
    size_t clear_size = r->body.size - NONCE_EXPLICIT - CIPHER_TAG_MAX;
    uint8_t iv[12], aad[13];
    write_nonce(iv, l->keys.read_salt, r->body);
    write_aad(aad, r, clear_size);
    l->used = true;
    if (!l->ops->gcm_open(l->opening, iv, span_of(aad, sizeof aad),
                          span_from(r->body, NONCE_EXPLICIT), out))
        return false;
    note_received(l, r->seq);
    *size = clear_size;
    return true;
}
