/* SPDX-License-Identifier: Apache-2.0 */
/* Answers that every route gives alike: the open CORS of the signalling and server API endpoints
 * (livekit-wire.md 1.1), and the headers of pages. */
#ifndef SERVER_HTTP_H
#define SERVER_HTTP_H

#include "net/web.h"

/* With Access-Control-Allow-Origin: *. */
void http_reply(struct web *w, web_id id, unsigned status, const char *content_type,
                struct span body);
/* The same with a text. */
void http_text(struct web *w, web_id id, unsigned status, const char *text);
/* Answer to a preflight request. */
void http_preflight(struct web *w, web_id id);

#endif
