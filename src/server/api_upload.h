/* SPDX-License-Identifier: Apache-2.0 */
/* Files that people send. The web door asks here which bodies may be large. Pure; safe on every
 * thread. */
#ifndef SERVER_API_UPLOAD_H
#define SERVER_API_UPLOAD_H

#include "base/span.h"

/* The largest body of a request for this path. */
uint32_t api_upload_body_most(struct span path);

#endif
