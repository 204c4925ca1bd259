/* SPDX-License-Identifier: Apache-2.0 */
/* What the files behind cipher.h share. Private to src/rtc/cipher*.c. */
#ifndef RTC_CIPHER_IMPL_H
#define RTC_CIPHER_IMPL_H

#include "rtc/cipher.h"

/* Which implementation a context belongs to: a table may borrow operations of another one. */
enum cipher_kind { CIPHER_EVP, CIPHER_EVP_HMAC, CIPHER_IPSEC_GCM, CIPHER_IPSEC_CTR };

/* The first member of every context. */
struct cipher {
    enum cipher_kind kind;
};

/* Never NULL. */
const struct cipher_ops *cipher_evp(void);
/* HMAC-SHA1 and the release of EVP contexts, for tables that are faster only in the rest. */
struct cipher *cipher_evp_hmac_new(struct span key);
void cipher_evp_hmac(struct cipher *c, struct span a, struct span b, uint8_t out[20]);
void cipher_evp_free(struct cipher *c);

/* NULL when not built in or not for this CPU. */
const struct cipher_ops *cipher_ipsec(void);

#endif
