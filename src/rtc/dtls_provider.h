/* SPDX-License-Identifier: Apache-2.0 */
/* What of OpenSSL the handshakes use: of its default provider the few algorithms that DTLS 1.2 with
 * our suites can ask for. OpenSSL 3.0 goes through every algorithm that there is, for every
 * certificate that it reads, which takes a third of a handshake; and what is not there cannot be
 * negotiated. */
#ifndef RTC_DTLS_PROVIDER_H
#define RTC_DTLS_PROVIDER_H

#include <openssl/types.h>

/* The library context of the process, made at the first call, which one thread makes, and kept.
 * NULL, OpenSSL's own, when there is no making one. */
OSSL_LIB_CTX *dtls_provider_context(void);

#endif
