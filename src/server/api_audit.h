/* SPDX-License-Identifier: Apache-2.0 */
/* Who changed what. API threads. */
#ifndef SERVER_API_AUDIT_H
#define SERVER_API_AUDIT_H

#include "server/api.h"

/* Notes that whoever calls did `action` ("room.kick") to `target` (an id), with `detail` ("" or a
 * few words without secrets). Within a transaction a part of it, and best called there: what was
 * changed is then noted, and nothing else is. */
int api_audit(struct api_call *c, const char *action, const char *target, const char *detail);

#endif
