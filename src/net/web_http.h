/* SPDX-License-Identifier: Apache-2.0 */
/* HTTP/1.1 messages of the server's side (RFC 9112): request heads, chunked bodies, replies. Pure.
 */
#ifndef NET_WEB_HTTP_H
#define NET_WEB_HTTP_H

#include "base/limits.h"
#include "net/web.h"
#include "net/web_buffer.h"

struct web_http_head {
    const char *method;
    struct span path, query;
    uint64_t content_length; /* 0 when it was not given */
    bool http_1_1, keep_alive, chunked, expects_continue;
    bool upgrade; /* to a WebSocket */
    unsigned header_count;
    struct web_header headers[LIMIT_HTTP_HEADERS]; /* names in lower case */
};

/* Where the head ends, behind its empty line; 0: not yet. `from`: what was searched before in vain.
 */
size_t web_http_head_end(struct span in, size_t from);
/* Parses a whole head, with its empty line, in place: text is changed and `out` points into it. 0,
 * or the status to refuse it with: 400, 431 (too many headers), 501 (method, transfer coding), 505.
 * Strict where leniency would let two readers disagree on where a message ends: bare CR or LF,
 * folded lines, blanks around names, lengths given twice. */
unsigned web_http_head_parse(char *text, size_t size, struct web_http_head *out);
/* The first header of that name, or NULL. */
const char *web_http_header(const struct web_http_head *head, const char *lower_case_name);

/* A chunked body on its way. A zeroed struct is at the start. */
struct web_http_chunks {
    enum {
        WEB_CHUNK_SIZE,
        WEB_CHUNK_EXTENSION,
        WEB_CHUNK_DATA,
        WEB_CHUNK_DATA_END,
        WEB_CHUNK_TRAILER,
        WEB_CHUNK_DONE
    } state;
    uint64_t left;   /* of the chunk */
    unsigned digits; /* of its size */
    unsigned line;   /* bytes of the trailer line */
    unsigned extra;  /* bytes of extensions and trailers of the whole body */
    bool cr;         /* the last byte was a CR */
};

/* Decodes what `in` holds, appends it to out and says in *used how much of `in` was used. 0: more
 * is to come (state is not DONE) or it is complete; 400: malformed; 413: out would hold more than
 * `limit` bytes. */
unsigned web_http_chunks_read(struct web_http_chunks *c, struct span in, size_t limit,
                              struct web_buffer *out, size_t *used);

/* What may be left out of a reply. */
struct web_http_form {
    bool head_only; /* the request was HEAD */
    bool keep_alive, http_1_1;
};

/* Appends a whole reply. Headers whose name or value could break the head are left out. */
void web_http_reply_write(const struct web_reply *reply, struct web_http_form form,
                          struct web_buffer *out);
const char *web_http_reason(unsigned status);

#endif
