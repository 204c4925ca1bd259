/* SPDX-License-Identifier: Apache-2.0 */
/* What the SRTP tests share: both ends of a transport under every profile and cipher table, and
 * packets to send. */
#ifndef TESTS_RTC_SRTP_KIT_H
#define TESTS_RTC_SRTP_KIT_H

#include "base/limits.h"
#include "rtc/srtp.h"

#include "cipher_vectors.h"

#define ROOM PACKET_CAPACITY

struct ends {
    struct srtp *here, *there;
};

static inline struct srtp_keys test_keys(uint8_t seed)
{
    struct srtp_keys k;
    for (size_t i = 0; i < sizeof k.key; i++)
        k.key[i] = (uint8_t)(seed + i * 11);
    for (size_t i = 0; i < sizeof k.salt; i++)
        k.salt[i] = (uint8_t)(seed * 3 + i * 5);
    return k;
}

static inline struct ends ends_new(enum srtp_profile profile, const struct cipher_ops *ops)
{
    struct srtp_keys a = test_keys(1), b = test_keys(100);
    return (struct ends){srtp_new(profile, &a, &b, ops), srtp_new(profile, &b, &a, ops)};
}

static inline void ends_free(struct ends e)
{
    srtp_free(e.here);
    srtp_free(e.there);
}

static inline void each_variant(void (*test)(enum srtp_profile, const struct cipher_ops *))
{
    static const enum srtp_profile profiles[] = {SRTP_AES128_CM_SHA1_80, SRTP_AEAD_AES_128_GCM,
                                                 SRTP_AEAD_AES_256_GCM};
    static const char *const names[] = {"evp", "ipsec-mb"};
    for (size_t n = 0; n < sizeof names / sizeof *names; n++)
        for (size_t p = 0; p < sizeof profiles / sizeof *profiles; p++)
            if (cipher_by_name(names[n]))
                test(profiles[p], cipher_by_name(names[n]));
}

static inline void put32(uint8_t *p, uint32_t v)
{
    p[0] = (uint8_t)(v >> 24);
    p[1] = (uint8_t)(v >> 16);
    p[2] = (uint8_t)(v >> 8);
    p[3] = (uint8_t)v;
}

/* An RTP header: bit 0 of `shape` adds two CSRCs, bit 1 an extension of two words. Returns its
 * size. */
static inline size_t put_header(uint8_t *out, uint32_t ssrc, int64_t index, unsigned shape)
{
    size_t size = 12;
    out[0] = (uint8_t)(0x80 | (shape & 1 ? 2 : 0) | (shape & 2 ? 0x10 : 0));
    out[1] = 96;
    out[2] = (uint8_t)(index >> 8);
    out[3] = (uint8_t)index;
    put32(out + 4, (uint32_t)(index * 3000));
    put32(out + 8, ssrc);
    if (shape & 1) {
        put32(out + size, 0x11111111);
        put32(out + size + 4, 0x22222222);
        size += 8;
    }
    if (shape & 2) {
        put32(out + size, 0xbede0002);
        put32(out + size + 4, 0x10aa21bb);
        put32(out + size + 8, 0xcc000000);
        size += 12;
    }
    return size;
}

/* A clear packet; the payload is a function of the index. Returns the whole size. */
static inline size_t put_rtp(uint8_t *out, uint32_t ssrc, int64_t index, size_t *header_size)
{
    *header_size = put_header(out, ssrc, index, (unsigned)(index & 3));
    size_t payload = (size_t)(index * 37 % 1200);
    for (size_t i = 0; i < payload; i++)
        out[*header_size + i] = (uint8_t)((size_t)index + i);
    return *header_size + payload;
}

static inline size_t sealed_rtp(struct srtp *s, uint8_t *out, uint32_t ssrc, int64_t index)
{
    size_t header_size, size = put_rtp(out, ssrc, index, &header_size);
    return srtp_seal_rtp(s, out, header_size, span_of(out + header_size, size - header_size),
                         index);
}

/* A receiver report of `words` words behind the first two; not all are meaningful, none is read. */
static inline size_t put_rtcp(uint8_t *out, uint32_t ssrc, size_t words)
{
    put32(out, 0x81c90000 | (uint32_t)(words + 1));
    put32(out + 4, ssrc);
    for (size_t i = 0; i < words; i++)
        put32(out + 8 + 4 * i, (uint32_t)(i * 0x01020304));
    return 8 + 4 * words;
}

static inline enum srtp_verdict opened(struct srtp *s, const uint8_t *packet, size_t size,
                                       int64_t *index)
{
    uint8_t copy[ROOM];
    memcpy(copy, packet, size);
    return srtp_open_rtp(s, copy, &size, index);
}

static inline enum srtp_verdict opened_rtcp(struct srtp *s, const uint8_t *packet, size_t size)
{
    uint8_t copy[ROOM];
    memcpy(copy, packet, size);
    return srtp_open_rtcp(s, copy, &size);
}

#endif
