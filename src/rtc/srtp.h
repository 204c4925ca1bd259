/* SPDX-License-Identifier: Apache-2.0 */
/* SRTP and SRTCP of one transport, both directions (RFC 3711, RFC 7714). Sending takes the 48-bit
 * packet index from the caller, who knows the unwrapped sequence number; receiving keeps a rollover
 * counter and a replay window per SSRC, changed only after the tag was found right. */
#ifndef RTC_SRTP_H
#define RTC_SRTP_H

#include "rtc/cipher.h"

#define SRTP_TRAILER_MAX 20    /* tag, and for SRTCP the index word: 16 + 4 */
#define SRTP_FIRST_INDEX 65536 /* added to what srtp_open_rtp reports */

enum srtp_verdict { SRTP_OK, SRTP_MALFORMED, SRTP_AUTH, SRTP_REPLAY, SRTP_TOO_MANY_STREAMS };

struct srtp;

/* Sizes of master key and salt of a profile. */
size_t srtp_key_size(enum srtp_profile profile);
size_t srtp_salt_size(enum srtp_profile profile);

struct srtp_keys {
    uint8_t key[32], salt[14];
};

/* Copies the keys. `profile` is not SRTP_NONE. Keyed contexts (1.1 KB each) are made when a
 * direction is first used. */
struct srtp *srtp_new(enum srtp_profile profile, const struct srtp_keys *send,
                      const struct srtp_keys *receive, const struct cipher_ops *ops);
void srtp_free(struct srtp *s);
/* Bytes that srtp_seal_rtp adds after the payload. */
size_t srtp_rtp_overhead(const struct srtp *s);

/* `out` holds header_size bytes of RTP header (with extensions), already written; the payload is
 * encrypted from where it lies to behind them, the tag follows. index = unwrapped sequence number
 * (its low 16 bits are those in the header),
 * >= 0, and never used twice with one SSRC and another payload). Returns the size of the packet.
 * payload.data may lie in out at header_size. */
size_t srtp_seal_rtp(struct srtp *s, uint8_t *out, size_t header_size, struct span payload,
                     int64_t index);
/* Decrypts in place; *size becomes the size of the clear packet, *index the unwrapped sequence
 * number (first packet of a stream: SRTP_FIRST_INDEX + seq, so that earlier ones stay positive).
 * Unless SRTP_OK, nothing is remembered of the packet, and its bytes are not to be read. Replay
 * window: 1,024 packets. */
enum srtp_verdict srtp_open_rtp(struct srtp *s, uint8_t *packet, size_t *size, int64_t *index);

/* Clear compound of `size` >= 8 bytes in a buffer with SRTP_TRAILER_MAX bytes of room. Returns the
 * new size, or 0 when the key has protected its 2^31 packets (nothing may be sent). */
size_t srtp_seal_rtcp(struct srtp *s, uint8_t *packet, size_t size);
/* Decrypts in place; *size becomes the size of the clear compound. An unencrypted one is
 * SRTP_MALFORMED. */
enum srtp_verdict srtp_open_rtcp(struct srtp *s, uint8_t *packet, size_t *size);

#endif
