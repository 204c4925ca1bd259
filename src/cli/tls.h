/* SPDX-License-Identifier: Apache-2.0 */
/* Certificates: one of one's own is made, one that is there is looked at. */
#ifndef CLI_TLS_H
#define CLI_TLS_H

#include "base/str.h"
#include "cli/command.h"

#define TLS_NAMES 16

extern const struct command tls_commands[];

struct tls_request {
    const char *names[TLS_NAMES]; /* host names and IP addresses; the first is its subject */
    unsigned count, days;
    const char *cert, *key; /* files, which must not exist */
};

/* A key (ECDSA on P-256, which all browsers take; mode 0600) and a certificate that it signs
 * itself; its SHA-256 in hex is appended. 0, or -errno with a message. */
int tls_make(const struct tls_request *r, struct str *fingerprint, struct str *message);

struct tls_facts {
    bool readable, pair; /* the key belongs to the certificate */
    bool self_signed;
    bool fits;          /* the host's name, when one was asked about */
    int64_t days_left;  /* negative: it has expired */
    bool not_yet_valid; /* by this machine's clock */
};

/* `host`: name or IP address; NULL: none is asked about. */
void tls_look(const char *cert, const char *key, const char *host, struct tls_facts *out);

#endif
