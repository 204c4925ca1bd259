/* SPDX-License-Identifier: Apache-2.0 */
/* Messages on their way at one instant, in order: SCTP packets and signalling. */
#ifndef SIM_MAILBAG_H
#define SIM_MAILBAG_H

#include "base/span.h"

enum mail_kind { MAIL_SCTP, MAIL_REQUEST, MAIL_RESPONSE, MAIL_CLOSE };

struct mail {
    struct mail *next;
    enum mail_kind kind;
    uint64_t id; /* of the transport, or the session */
    size_t size;
    uint8_t bytes[];
};

struct mailbag {
    struct mail *first, **last;
};

void mailbag_init(struct mailbag *b);
void mailbag_fini(struct mailbag *b);
void mailbag_put(struct mailbag *b, enum mail_kind kind, uint64_t id, struct span bytes);
/* The oldest, NULL: none. The taker frees it. */
struct mail *mailbag_take(struct mailbag *b);

#endif
