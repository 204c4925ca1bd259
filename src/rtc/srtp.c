/* SPDX-License-Identifier: Apache-2.0 */
/* SRTP and SRTCP (RFC 3711, RFC 7714). A transport owns four flows (RTP and RTCP, each way) with
 * the session keys of one master key each, and what it remembers of every stream that
 * authenticated. Worker thread only. */
#include "rtc/srtp.h"

#include <assert.h>
#include <stdlib.h>

#include "base/limits.h"
#include "base/mem.h"
#include "base/seq.h"
#include "wire/rtp.h"

#define GCM_TAG 16
#define CM_TAG 10
#define CM_AUTH_KEY 20
#define SALT_MAX 14
#define RTCP_HEADER 8
#define INDEX_WORD 4
#define ENCRYPTED 0x80000000u   /* the E flag of the SRTCP index word (RFC 3711 3.4) */
#define RTCP_PACKETS (1u << 31) /* that one key may protect */

/* Replay windows in packets; powers of two. RTP: 1,024 is 0.5 s at 20 Mbit/s, longer than a NACK is
 * of use. */
#define RTP_WINDOW 1024
#define RTCP_WINDOW 128

/* RFC 3711 4.3.2, in the order of one flow: labels 0..2 for RTP, 3..5 for RTCP. */
enum { LABEL_CIPHER, LABEL_AUTH, LABEL_SALT, LABELS };

/* One kind of packet in one direction. The keyed contexts are made with the first packet: most
 * transports are used one way, and a schedule takes 1.1 KB. */
struct flow {
    struct cipher *cipher, *auth;
    uint8_t key[CIPHER_KEY_MAX], auth_key[CM_AUTH_KEY], salt[SALT_MAX];
};

/* What is remembered of a stream; bit i of the window stands for the packets whose index is i
 * modulo its size. */
struct rtp_stream {
    int64_t newest;
    uint64_t window[RTP_WINDOW / 64];
};

struct rtcp_stream {
    int64_t newest;
    uint64_t window[RTCP_WINDOW / 64];
};

/* SSRCs by the order of their arrival, with their streams at the same place. A scan: a handful is
 * usual, the most fits in 12 cache lines, and no SSRC can be chosen to collide. */
struct ssrcs {
    uint32_t *ssrc;
    unsigned count, capacity, last;
};

struct srtp {
    const struct cipher_ops *ops;
    enum srtp_profile profile;
    bool aead;
    uint32_t rtcp_next; /* index of the next SRTCP packet to send */
    struct flow send_rtp, send_rtcp, receive_rtp, receive_rtcp;
    struct ssrcs rtp_ssrcs, rtcp_ssrcs;
    struct rtp_stream *rtp_streams;
    struct rtcp_stream *rtcp_streams;
};

static uint32_t load32(const uint8_t *p)
{
    return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3];
}

static void store32(uint8_t *p, uint32_t v)
{
    p[0] = (uint8_t)(v >> 24);
    p[1] = (uint8_t)(v >> 16);
    p[2] = (uint8_t)(v >> 8);
    p[3] = (uint8_t)v;
}

static void xor32(uint8_t *p, uint32_t v)
{
    store32(p, load32(p) ^ v);
}

/* Profiles and keys */

size_t srtp_key_size(enum srtp_profile profile)
{
    switch (profile) {
    case SRTP_NONE:
        return 0;
    case SRTP_AES128_CM_SHA1_80:
    case SRTP_AEAD_AES_128_GCM:
        return 16;
    case SRTP_AEAD_AES_256_GCM:
        return 32;
    }
    return 0;
}

size_t srtp_salt_size(enum srtp_profile profile)
{
    switch (profile) {
    case SRTP_NONE:
        return 0;
    case SRTP_AES128_CM_SHA1_80:
        return 14;
    case SRTP_AEAD_AES_128_GCM:
    case SRTP_AEAD_AES_256_GCM:
        return 12;
    }
    return 0;
}

/* The AES-CM generator (RFC 3711 4.3.3) at key derivation rate 0; a 12-byte master salt is padded
 * with zeros behind (RFC 7714 11). */
static void derive(const struct srtp *s, struct cipher *prf, const uint8_t *master_salt,
                   uint8_t label, struct span zeros, uint8_t *out)
{
    uint8_t iv[16] = {0};
    memcpy(iv, master_salt, srtp_salt_size(s->profile));
    iv[7] ^= label;
    s->ops->ctr_xor(prf, iv, zeros, out);
}

static void flow_init(const struct srtp *s, struct flow *f, const struct srtp_keys *keys,
                      uint8_t first_label)
{
    static const uint8_t zeros[CIPHER_KEY_MAX];
    size_t key_size = srtp_key_size(s->profile), salt_size = srtp_salt_size(s->profile);
    struct cipher *prf = s->ops->ctr_new(span_of(keys->key, key_size));
    derive(s, prf, keys->salt, first_label + LABEL_CIPHER, span_of(zeros, key_size), f->key);
    derive(s, prf, keys->salt, first_label + LABEL_AUTH, span_of(zeros, CM_AUTH_KEY), f->auth_key);
    derive(s, prf, keys->salt, first_label + LABEL_SALT, span_of(zeros, salt_size), f->salt);
    s->ops->free(prf);
}

/* The flow with its contexts in place. */
static const struct flow *keyed(const struct srtp *s, struct flow *f)
{
    if (f->cipher)
        return f;
    struct span key = span_of(f->key, srtp_key_size(s->profile));
    f->cipher = s->aead ? s->ops->gcm_new(key) : s->ops->ctr_new(key);
    if (!s->aead)
        f->auth = s->ops->hmac_new(span_of(f->auth_key, CM_AUTH_KEY));
    return f;
}

static void flow_fini(const struct srtp *s, struct flow *f)
{
    s->ops->free(f->cipher);
    s->ops->free(f->auth);
}

struct srtp *srtp_new(enum srtp_profile profile, const struct srtp_keys *send,
                      const struct srtp_keys *receive, const struct cipher_ops *ops)
{
    assert(srtp_key_size(profile) > 0);
    struct srtp *s = xcalloc(1, sizeof *s);
    s->ops = ops;
    s->profile = profile;
    s->aead = profile != SRTP_AES128_CM_SHA1_80;
    flow_init(s, &s->send_rtp, send, 0);
    flow_init(s, &s->send_rtcp, send, LABELS);
    flow_init(s, &s->receive_rtp, receive, 0);
    flow_init(s, &s->receive_rtcp, receive, LABELS);
    return s;
}

void srtp_free(struct srtp *s)
{
    if (!s)
        return;
    flow_fini(s, &s->send_rtp);
    flow_fini(s, &s->send_rtcp);
    flow_fini(s, &s->receive_rtp);
    flow_fini(s, &s->receive_rtcp);
    free(s->rtp_ssrcs.ssrc);
    free(s->rtcp_ssrcs.ssrc);
    free(s->rtp_streams);
    free(s->rtcp_streams);
    mem_wipe(s, sizeof *s);
    free(s);
}

size_t srtp_rtp_overhead(const struct srtp *s)
{
    return s->aead ? GCM_TAG : CM_TAG;
}

/* Initialization vectors */

/* RFC 7714 8.1: zero, SSRC, rollover counter, sequence number; and 9.1: zero, SSRC, zero, SRTCP
 * index: the same when the index is taken as one of 48 bits. */
static void gcm_iv(const struct flow *f, uint32_t ssrc, uint64_t index, uint8_t iv[12])
{
    memcpy(iv, f->salt, 12);
    xor32(iv + 2, ssrc);
    xor32(iv + 6, (uint32_t)(index >> 16));
    iv[10] ^= (uint8_t)(index >> 8);
    iv[11] ^= (uint8_t)index;
}

/* RFC 3711 4.1.1, for SRTCP with the index of 31 bits. */
static void cm_iv(const struct flow *f, uint32_t ssrc, uint64_t index, uint8_t iv[16])
{
    memcpy(iv, f->salt, 14);
    xor32(iv + 4, ssrc);
    xor32(iv + 8, (uint32_t)(index >> 16));
    iv[12] ^= (uint8_t)(index >> 8);
    iv[13] ^= (uint8_t)index;
    iv[14] = iv[15] = 0;
}

/* Streams and replay */

static bool ssrcs_find(struct ssrcs *set, uint32_t ssrc)
{
    if (set->last < set->count && set->ssrc[set->last] == ssrc)
        return true;
    for (unsigned i = 0; i < set->count; i++)
        if (set->ssrc[i] == ssrc) {
            set->last = i;
            return true;
        }
    return false;
}

/* `streams` grows along; the new stream is all zeroes, and `last` points to it. */
static void *ssrcs_add(struct ssrcs *set, uint32_t ssrc, void *streams, size_t stream_size)
{
    assert(set->count < LIMIT_SSRCS_PER_TRANSPORT);
    if (set->count == set->capacity) {
        set->capacity = set->capacity ? set->capacity * 2 : 2;
        set->ssrc = xrealloc(set->ssrc, set->capacity * sizeof *set->ssrc);
        streams = xrealloc(streams, set->capacity * stream_size);
    }
    assert(streams);
    memset((uint8_t *)streams + set->count * stream_size, 0, stream_size);
    set->last = set->count++;
    set->ssrc[set->last] = ssrc;
    return streams;
}

static bool window_seen(const uint64_t *window, int64_t size, int64_t newest, int64_t index)
{
    if (index > newest)
        return false;
    uint64_t at = (uint64_t)index % (uint64_t)size;
    return index <= newest - size || (window[at / 64] >> (at % 64) & 1);
}

static void window_mark(uint64_t *window, int64_t size, int64_t *newest, int64_t index)
{
    if (index - *newest >= size) {
        memset(window, 0, (size_t)size / 8);
        *newest = index;
    }
    while (*newest < index) {
        uint64_t at = (uint64_t)++ * newest % (uint64_t)size;
        window[at / 64] &= ~(UINT64_C(1) << (at % 64));
    }
    uint64_t at = (uint64_t)index % (uint64_t)size;
    window[at / 64] |= UINT64_C(1) << (at % 64);
}

/* RTP */

size_t srtp_seal_rtp(struct srtp *s, uint8_t *out, size_t header_size, struct span payload,
                     int64_t index)
{
    assert(header_size >= RTP_HEADER_MIN && index >= 0);
    const struct flow *f = keyed(s, &s->send_rtp);
    uint32_t ssrc = load32(out + 8);
    uint8_t iv[16];
    size_t size = header_size + payload.size;
    if (s->aead) {
        gcm_iv(f, ssrc, (uint64_t)index, iv);
        s->ops->gcm_seal(f->cipher, iv, span_of(out, header_size), payload, out + header_size);
        return size + GCM_TAG;
    }
    cm_iv(f, ssrc, (uint64_t)index, iv);
    s->ops->ctr_xor(f->cipher, iv, payload, out + header_size);
    uint8_t roc[4], mac[20];
    store32(roc, (uint32_t)(index >> 16));
    s->ops->hmac(f->auth, span_of(out, size), span_of(roc, sizeof roc), mac);
    memcpy(out + size, mac, CM_TAG);
    return size + CM_TAG;
}

/* Checks the tag and decrypts what lies behind the header; `packet` includes the tag. */
static bool open_rtp(struct srtp *s, uint8_t *packet, size_t size, size_t header_size,
                     int64_t index)
{
    const struct flow *f = keyed(s, &s->receive_rtp);
    uint32_t ssrc = load32(packet + 8);
    uint8_t iv[16];
    uint8_t *payload = packet + header_size;
    if (s->aead) {
        gcm_iv(f, ssrc, (uint64_t)index, iv);
        return s->ops->gcm_open(f->cipher, iv, span_of(packet, header_size),
                                span_of(payload, size - header_size), payload);
    }
    uint8_t roc[4], mac[20];
    store32(roc, (uint32_t)(index >> 16));
    size_t clear_size = size - CM_TAG;
    s->ops->hmac(f->auth, span_of(packet, clear_size), span_of(roc, sizeof roc), mac);
    if (!mem_equal_ct(mac, packet + clear_size, CM_TAG))
        return false;
    cm_iv(f, ssrc, (uint64_t)index, iv);
    s->ops->ctr_xor(f->cipher, iv, span_of(payload, clear_size - header_size), payload);
    return true;
}

/* RFC 3711 3.3.1. There is no rollover counter below 0: near the start the guess is the sequence
 * number itself. */
static int64_t guess_index(int64_t newest, uint16_t seq)
{
    int64_t index = seq_unwrap(newest, seq);
    return index < 0 ? seq : index;
}

enum srtp_verdict srtp_open_rtp(struct srtp *s, uint8_t *packet, size_t *size, int64_t *index)
{
    size_t tag = srtp_rtp_overhead(s);
    struct rtp header;
    if (*size < RTP_HEADER_MIN + tag || !rtp_parse_header(span_of(packet, *size - tag), &header))
        return SRTP_MALFORMED;

    struct ssrcs *set = &s->rtp_ssrcs;
    bool known = ssrcs_find(set, header.ssrc);
    if (!known && set->count == LIMIT_SSRCS_PER_TRANSPORT)
        return SRTP_TOO_MANY_STREAMS;
    struct rtp_stream *stream = known ? &s->rtp_streams[set->last] : NULL;
    int64_t guess = stream ? guess_index(stream->newest, header.seq) : header.seq;
    if (stream && window_seen(stream->window, RTP_WINDOW, stream->newest, guess))
        return SRTP_REPLAY;
    if (!open_rtp(s, packet, *size, header.header_size, guess))
        return SRTP_AUTH;

    if (!stream) {
        s->rtp_streams = ssrcs_add(set, header.ssrc, s->rtp_streams, sizeof *stream);
        stream = &s->rtp_streams[set->last];
    }
    window_mark(stream->window, RTP_WINDOW, &stream->newest, guess);
    *size -= tag;
    *index = guess + SRTP_FIRST_INDEX;
    return SRTP_OK;
}

/* RTCP */

size_t srtp_seal_rtcp(struct srtp *s, uint8_t *packet, size_t size)
{
    assert(size >= RTCP_HEADER);
    if (s->rtcp_next == RTCP_PACKETS)
        return 0;
    const struct flow *f = keyed(s, &s->send_rtcp);
    uint32_t ssrc = load32(packet + 4), index = s->rtcp_next++;
    struct span body = {packet + RTCP_HEADER, size - RTCP_HEADER};
    uint8_t iv[16];
    if (s->aead) {
        uint8_t aad[RTCP_HEADER + INDEX_WORD];
        memcpy(aad, packet, RTCP_HEADER);
        store32(aad + RTCP_HEADER, index | ENCRYPTED);
        gcm_iv(f, ssrc, index, iv);
        s->ops->gcm_seal(f->cipher, iv, span_of(aad, sizeof aad), body, packet + RTCP_HEADER);
        memcpy(packet + size + GCM_TAG, aad + RTCP_HEADER, INDEX_WORD);
        return size + GCM_TAG + INDEX_WORD;
    }
    cm_iv(f, ssrc, index, iv);
    s->ops->ctr_xor(f->cipher, iv, body, packet + RTCP_HEADER);
    store32(packet + size, index | ENCRYPTED);
    uint8_t mac[20];
    s->ops->hmac(f->auth, span_of(packet, size + INDEX_WORD), (struct span){NULL, 0}, mac);
    memcpy(packet + size + INDEX_WORD, mac, CM_TAG);
    return size + INDEX_WORD + CM_TAG;
}

/* `word` is the index word; `size` the packet's without trailer. */
static bool open_rtcp(struct srtp *s, uint8_t *packet, size_t size, uint32_t word)
{
    const struct flow *f = keyed(s, &s->receive_rtcp);
    uint32_t ssrc = load32(packet + 4), index = word & ~ENCRYPTED;
    uint8_t *body = packet + RTCP_HEADER;
    uint8_t iv[16];
    if (s->aead) {
        uint8_t aad[RTCP_HEADER + INDEX_WORD];
        memcpy(aad, packet, RTCP_HEADER);
        store32(aad + RTCP_HEADER, word);
        gcm_iv(f, ssrc, index, iv);
        return s->ops->gcm_open(f->cipher, iv, span_of(aad, sizeof aad),
                                span_of(body, size - RTCP_HEADER + GCM_TAG), body);
    }
    uint8_t mac[20];
    s->ops->hmac(f->auth, span_of(packet, size + INDEX_WORD), (struct span){NULL, 0}, mac);
    if (!mem_equal_ct(mac, packet + size + INDEX_WORD, CM_TAG))
        return false;
    cm_iv(f, ssrc, index, iv);
    s->ops->ctr_xor(f->cipher, iv, span_of(body, size - RTCP_HEADER), body);
    return true;
}

enum srtp_verdict srtp_open_rtcp(struct srtp *s, uint8_t *packet, size_t *size)
{
    size_t tag = s->aead ? GCM_TAG : CM_TAG;
    if (*size < RTCP_HEADER + INDEX_WORD + tag || packet[0] >> 6 != 2)
        return SRTP_MALFORMED;
    size_t clear_size = *size - tag - INDEX_WORD;
    uint32_t word = load32(packet + clear_size + (s->aead ? GCM_TAG : 0));
    if (!(word & ENCRYPTED)) /* the profiles of RFC 5764 and RFC 7714 always encrypt */
        return SRTP_MALFORMED;

    uint32_t ssrc = load32(packet + 4);
    struct ssrcs *set = &s->rtcp_ssrcs;
    bool known = ssrcs_find(set, ssrc);
    if (!known && set->count == LIMIT_SSRCS_PER_TRANSPORT)
        return SRTP_TOO_MANY_STREAMS;
    struct rtcp_stream *stream = known ? &s->rtcp_streams[set->last] : NULL;
    int64_t index = word & ~ENCRYPTED;
    if (stream && window_seen(stream->window, RTCP_WINDOW, stream->newest, index))
        return SRTP_REPLAY;
    if (!open_rtcp(s, packet, clear_size, word))
        return SRTP_AUTH;

    if (!stream) {
        s->rtcp_streams = ssrcs_add(set, ssrc, s->rtcp_streams, sizeof *stream);
        stream = &s->rtcp_streams[set->last];
    }
    window_mark(stream->window, RTCP_WINDOW, &stream->newest, index);
    *size = clear_size;
    return SRTP_OK;
}
