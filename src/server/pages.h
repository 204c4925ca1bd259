/* SPDX-License-Identifier: Apache-2.0 */
/* Pages and their files, with the headers that keep a key within them: nothing runs that is not
 * ours, nothing is sent but to this server, nobody is told where a reader came from. No page
 * redirects: browsers would carry a fragment, and the key in it, along. Control thread. */
#ifndef SERVER_PAGES_H
#define SERVER_PAGES_H

#include "net/web.h"

/* GET or HEAD of the embedded page or file at the request's path. `media_url`: the other server
 * that pages may speak to, since it carries the meetings ("https://host[:port]"); NULL: none. */
void pages_get(struct web *w, const struct web_request *q, const char *media_url);
/* Any request whose path or query carries a key (links.h): says that the key is exposed, and keeps
 * nothing of the request. */
void pages_altered(struct web *w, const struct web_request *q);

#endif
