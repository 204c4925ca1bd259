/* SPDX-License-Identifier: Apache-2.0 */
/* The flights of a DTLS handshake (RFC 6347 4.2.4): the datagrams that we sent last, to be sent
 * again as they are, and how far the peer has come, to tell when it repeats itself. */
#ifndef RTC_DTLS_FLIGHT_H
#define RTC_DTLS_FLIGHT_H

#include "base/span.h"

#define DTLS_FLIGHT_DATAGRAMS 16
#define DTLS_DATAGRAM_MAX 1600 /* larger ones are no DTLS that we send or would have asked for */

struct dtls_flight {
    uint8_t *bytes; /* of all datagrams, one behind the other */
    size_t size_bytes;
    uint16_t sizes[DTLS_FLIGHT_DATAGRAMS];
    uint16_t seen_seq, answered_seq; /* message_seq of the peer's handshake messages */
    uint8_t count;
    bool over;     /* what is sent next begins a new flight */
    bool answered; /* our flight answers the peer's one up to answered_seq */
    /* The first record of epoch 1 that was not sent yet: sequence number, and explicit nonce. */
    uint64_t next_seq, next_nonce;
};

struct dtls_flight *dtls_flight_new(void);
void dtls_flight_free(struct dtls_flight *f);
/* A datagram of ours. The first one after `over` was set throws the flight before away. */
void dtls_flight_add(struct dtls_flight *f, struct span datagram);
/* The next datagram of the flight; start with *cursor = 0. False at the end. */
bool dtls_flight_next(const struct dtls_flight *f, size_t *cursor, struct span *out);
/* A datagram of the peer's: whether it repeats what our last flight answers, so that ours was lost.
 */
bool dtls_flight_repeated(struct dtls_flight *f, struct span datagram);

#endif
