/* SPDX-License-Identifier: Apache-2.0 */
/* How subcommands find the server that runs on a data directory: it holds a lock on the file
 * `running` in it, which the kernel takes back whichever way it ends, and says there where it
 * listens. */
#ifndef SERVER_RUNNING_H
#define SERVER_RUNNING_H

#include "base/str.h"

/* Takes the lock and writes the address ("http://127.0.0.1:8090") and the certificate's file (NULL:
 * none). The descriptor, -EWOULDBLOCK when another server holds it, or another -errno. */
int running_begin(const char *data_dir, const char *url, const char *cert);
void running_end(int fd);
/* Whether a server runs on this directory; `url` is empty when it has not yet said where, `cert`
 * when it serves clear text. */
bool running_find(const char *data_dir, struct str *url, struct str *cert);

#endif
