/* SPDX-License-Identifier: Apache-2.0 */
/* Common answers. */
#include "server/http.h"

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

void http_reply(struct web *w, web_id id, unsigned status, const char *content_type,
                struct span body)
{
    static const struct web_header headers[] = {{"Access-Control-Allow-Origin", "*"},
                                                {"Cache-Control", "no-store"},
                                                {"X-Content-Type-Options", "nosniff"}};

    web_reply(w, id,
              &(struct web_reply){.status = status,
                                  .content_type = content_type,
                                  .headers = headers,
                                  .header_count = COUNT(headers),
                                  .body = body});
}

void http_text(struct web *w, web_id id, unsigned status, const char *text)
{
    http_reply(w, id, status, "text/plain; charset=utf-8", span_of_str(text));
}

void http_preflight(struct web *w, web_id id)
{
    static const struct web_header headers[] = {
        {"Access-Control-Allow-Origin", "*"},
        {"Access-Control-Allow-Headers", "*"},
        {"Access-Control-Allow-Methods", "GET,POST,OPTIONS"},
        {"Access-Control-Max-Age", "86400"}};

    web_reply(
        w, id,
        &(struct web_reply){.status = 204, .headers = headers, .header_count = COUNT(headers)});
}
