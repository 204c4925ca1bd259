/* SPDX-License-Identifier: Apache-2.0 */
/* STUN binding requests and responses as ICE uses them (RFC 8489, RFC 8445). */
#ifndef WIRE_STUN_H
#define WIRE_STUN_H

#include "base/addr.h"
#include "base/writer.h"

enum stun_class { STUN_REQUEST, STUN_INDICATION, STUN_SUCCESS, STUN_ERROR };

struct stun {
    enum stun_class class_;
    uint16_t method;            /* 1 = Binding */
    struct span transaction;    /* 12 bytes */
    struct span username;       /* "receiver:sender" in checks */
    struct span integrity_part; /* what MESSAGE-INTEGRITY covers; empty when it is absent */
    struct span integrity;      /* its 20 bytes */
    bool has_fingerprint;       /* and it is right: a wrong one fails the parse */
    bool use_candidate;
    bool controlling, controlled;
    uint64_t tie_breaker;
    uint32_t priority;
    uint16_t error_code; /* 0: none */
    struct addr mapped;  /* XOR-MAPPED-ADDRESS; port 0: absent */
};

/* First two bits 00, magic cookie, length a multiple of 4 that fills the datagram. The cheap look
 * before any parse. */
bool stun_is(struct span datagram);
/* Attributes after MESSAGE-INTEGRITY (other than FINGERPRINT) are not read (RFC 8489 14.5). Unknown
 * ones are skipped, of known ones the first counts. False when a known one is malformed or the
 * datagram exceeds PACKET_CAPACITY. */
bool stun_parse(struct span datagram, struct stun *out) __attribute__((warn_unused_result));
/* Short-term credentials (RFC 8489 9.1); `password` is the receiver's ICE password for requests,
 * constant-time. */
bool stun_authentic(struct span datagram, const struct stun *m, struct span password);

/* Binding success with XOR-MAPPED-ADDRESS, MESSAGE-INTEGRITY, FINGERPRINT. */
void stun_write_success(struct writer *w, struct span transaction, const struct addr *mapped,
                        struct span password);
/* Error response; integrity when password is not empty. Reason phrase by code (400, 401, 487). */
void stun_write_error(struct writer *w, struct span transaction, uint16_t code,
                      struct span password);

struct stun_check {
    struct span transaction, username, password;
    uint32_t priority;
    uint64_t tie_breaker;
    bool controlling, use_candidate;
};

/* A connectivity check (Binding request) as a full ICE agent sends it. */
void stun_write_check(struct writer *w, const struct stun_check *check);

#endif
