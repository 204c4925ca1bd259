/* SPDX-License-Identifier: Apache-2.0 */
/* SRTP and SRTCP from the network. The first byte picks profile, table and kind; the second how
 * many bytes of the rest are the packet's clear text, which is then sealed by the other end, with
 * the remaining bytes as damage to it: (position, bits) pairs. An undamaged packet must open to its
 * clear text once, a damaged one never. */
#include <assert.h>

#include "base/limits.h"
#include "rtc/srtp.h"
#include "wire/rtp.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct ends {
    struct srtp *here, *there;
};

static struct ends ends_new(uint8_t choice)
{
    static const enum srtp_profile profiles[] = {SRTP_AES128_CM_SHA1_80, SRTP_AEAD_AES_128_GCM,
                                                 SRTP_AEAD_AES_256_GCM};
    static const struct srtp_keys a = {.key = {1, 2, 3}, .salt = {4}};
    static const struct srtp_keys b = {.key = {5, 6, 7}, .salt = {8}};
    const struct cipher_ops *ops = choice & 0x40 ? cipher_best() : cipher_by_name("evp");
    enum srtp_profile profile = profiles[choice % 3];
    return (struct ends){srtp_new(profile, &a, &b, ops), srtp_new(profile, &b, &a, ops)};
}

/* Anything at all, twice. Nothing may open: `s` receives with keys that nothing was ever sealed
 * with. (The fuzzer sees what memcmp compares, hence genuine packets of the other direction.) */
static void open_raw(struct srtp *s, struct span in)
{
    uint8_t packet[PACKET_CAPACITY];
    int64_t index;
    for (int i = 0; i < 2; i++) {
        size_t size = in.size;
        memcpy(packet, in.data, in.size);
        assert(srtp_open_rtp(s, packet, &size, &index) != SRTP_OK);
        size = in.size;
        memcpy(packet, in.data, in.size);
        assert(srtp_open_rtcp(s, packet, &size) != SRTP_OK);
    }
}

/* True when any bit changed. */
static bool damage(uint8_t *packet, size_t size, struct span edits)
{
    uint8_t before[PACKET_CAPACITY];
    memcpy(before, packet, size);
    for (size_t i = 0; i + 1 < edits.size; i += 2)
        packet[edits.data[i] * 5u % size] ^= edits.data[i + 1];
    return memcmp(before, packet, size) != 0;
}

static void seal_and_open_rtp(struct ends e, struct span clear, struct span edits)
{
    struct rtp header;
    if (!rtp_parse_header(clear, &header))
        return;
    uint8_t packet[PACKET_CAPACITY];
    memcpy(packet, clear.data, header.header_size);
    size_t size = srtp_seal_rtp(e.there, packet, header.header_size,
                                span_from(clear, header.header_size), header.seq);
    assert(size == clear.size + srtp_rtp_overhead(e.there));
    bool damaged = damage(packet, size, edits);
    int64_t index = 0;
    enum srtp_verdict verdict = srtp_open_rtp(e.here, packet, &size, &index);
    assert(damaged ? verdict != SRTP_OK : verdict == SRTP_OK);
    if (damaged)
        return;
    assert(size == clear.size && memcmp(packet, clear.data, size) == 0);
    assert(index == 65536 + header.seq);
}

static void seal_and_open_rtcp(struct ends e, struct span clear, struct span edits)
{
    if (clear.size < 8 || clear.data[0] >> 6 != 2)
        return;
    uint8_t packet[PACKET_CAPACITY];
    memcpy(packet, clear.data, clear.size);
    size_t size = srtp_seal_rtcp(e.there, packet, clear.size);
    assert(size <= clear.size + SRTP_TRAILER_MAX);
    bool damaged = damage(packet, size, edits);
    enum srtp_verdict verdict = srtp_open_rtcp(e.here, packet, &size);
    assert(damaged ? verdict != SRTP_OK : verdict == SRTP_OK);
    assert(damaged || (size == clear.size && memcmp(packet, clear.data, size) == 0));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size < 2 || size > PACKET_CAPACITY - SRTP_TRAILER_MAX)
        return 0;
    uint8_t choice = data[0];
    struct span rest = {data + 2, size - 2};
    struct span clear = span_first(rest, data[1]), edits = span_from(rest, data[1]);
    struct ends e = ends_new(choice);
    open_raw(e.there, rest);
    if (choice & 0x80)
        seal_and_open_rtcp(e, clear, edits);
    else
        seal_and_open_rtp(e, clear, edits);
    srtp_free(e.here);
    srtp_free(e.there);
    return 0;
}
