/* SPDX-License-Identifier: Apache-2.0 */
/* A connected socket, in clear text or under TLS (server side, 1.2 and later, ALPN http/1.1). Never
 * blocks. */
#ifndef NET_WEB_STREAM_H
#define NET_WEB_STREAM_H

#include "base/span.h"

struct web_tls;

/* Certificate chain and key from PEM files; NULL when they cannot be read or do not fit each other.
 */
struct web_tls *web_tls_new(const char *cert_file, const char *key_file);
void web_tls_free(struct web_tls *t);

struct web_stream {
    int fd;
    void *ssl;        /* NULL: clear text */
    bool wants_write; /* reading goes on when the socket becomes writeable (in a TLS handshake) */
};

/* Takes the descriptor. tls: NULL for clear text; the handshake happens within the first reads. */
void web_stream_open(struct web_stream *s, int fd, struct web_tls *tls);
void web_stream_close(struct web_stream *s);
/* Bytes read or written; 0 of a read: the peer's end. -EAGAIN: later. Other -errno: the connection
 * is broken. */
int64_t web_stream_read(struct web_stream *s, uint8_t *out, size_t capacity);
int64_t web_stream_write(struct web_stream *s, struct span bytes);
/* Whether bytes can be read that the descriptor does not show any more. */
bool web_stream_pending(const struct web_stream *s);
/* Ends our sending side. */
void web_stream_shutdown(struct web_stream *s);

#endif
