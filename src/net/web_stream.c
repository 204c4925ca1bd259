/* SPDX-License-Identifier: Apache-2.0 */
/* Sockets in clear text and under TLS. A stream owns its descriptor and its TLS object; the
 * certificate is shared. An idle TLS connection gives its record buffers back. Control thread. */
#include "net/web_stream.h"

#include "base/mem.h"

#include <errno.h>
#include <limits.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

struct web_tls {
    SSL_CTX *ctx;
};

static const uint8_t alpn[] = "\x08http/1.1";

static int alpn_select(SSL *ssl, const unsigned char **out, unsigned char *out_size,
                       const unsigned char *in, unsigned in_size, void *arg)
{
    (void)ssl;
    (void)arg;
    unsigned char *chosen;
    if (SSL_select_next_proto(&chosen, out_size, alpn, sizeof(alpn) - 1, in, in_size) !=
        OPENSSL_NPN_NEGOTIATED)
        return SSL_TLSEXT_ERR_NOACK; /* as if it had not asked */
    *out = chosen;
    return SSL_TLSEXT_ERR_OK;
}

struct web_tls *web_tls_new(const char *cert_file, const char *key_file)
{
    SSL_CTX *ctx = SSL_CTX_new(TLS_server_method());
    if (!ctx)
        return NULL;
    SSL_CTX_set_min_proto_version(ctx, TLS1_2_VERSION);
    SSL_CTX_set_options(ctx, SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION |
                                 SSL_OP_CIPHER_SERVER_PREFERENCE);
    SSL_CTX_set_mode(ctx, SSL_MODE_RELEASE_BUFFERS | SSL_MODE_ENABLE_PARTIAL_WRITE |
                              SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
    /* Sessions are resumed by tickets; none are kept here. */
    SSL_CTX_set_session_cache_mode(ctx, SSL_SESS_CACHE_OFF);
    SSL_CTX_set_alpn_select_cb(ctx, alpn_select, NULL);
    if (SSL_CTX_use_certificate_chain_file(ctx, cert_file) != 1 ||
        SSL_CTX_use_PrivateKey_file(ctx, key_file, SSL_FILETYPE_PEM) != 1 ||
        SSL_CTX_check_private_key(ctx) != 1) {
        SSL_CTX_free(ctx);
        ERR_clear_error();
        return NULL;
    }
    struct web_tls *t = xcalloc(1, sizeof(*t));
    t->ctx = ctx;
    return t;
}

void web_tls_free(struct web_tls *t)
{
    if (!t)
        return;
    SSL_CTX_free(t->ctx);
    free(t);
}

void web_stream_open(struct web_stream *s, int fd, struct web_tls *tls)
{
    *s = (struct web_stream){.fd = fd};
    if (!tls)
        return;
    SSL *ssl = SSL_new(tls->ctx);
    if (!ssl || SSL_set_fd(ssl, fd) != 1)
        abort(); /* out of memory, as in base/mem.c */
    SSL_set_accept_state(ssl);
    s->ssl = ssl;
}

void web_stream_close(struct web_stream *s)
{
    SSL_free(s->ssl);
    s->ssl = NULL;
    close(s->fd);
    s->fd = -1;
}

/* What a TLS call that did not succeed means. */
static int64_t tls_result(struct web_stream *s, int result)
{
    int system_error = errno;
    int error = SSL_get_error(s->ssl, result);
    ERR_clear_error();
    switch (error) {
    case SSL_ERROR_WANT_READ:
        return -EAGAIN;
    case SSL_ERROR_WANT_WRITE:
        s->wants_write = true;
        return -EAGAIN;
    case SSL_ERROR_ZERO_RETURN:
        return 0;
    case SSL_ERROR_SYSCALL:
        return system_error > 0 ? -system_error : -ECONNRESET;
    default:
        return -EPROTO;
    }
}

int64_t web_stream_read(struct web_stream *s, uint8_t *out, size_t capacity)
{
    s->wants_write = false;
    if (!s->ssl) {
        ssize_t n = recv(s->fd, out, capacity, MSG_DONTWAIT);
        return n >= 0 ? n : -errno;
    }
    ERR_clear_error();
    errno = 0;
    int n = SSL_read(s->ssl, out, capacity < INT_MAX ? (int)capacity : INT_MAX);
    return n > 0 ? n : tls_result(s, n);
}

int64_t web_stream_write(struct web_stream *s, struct span bytes)
{
    if (!s->ssl) {
        ssize_t n = send(s->fd, bytes.data, bytes.size, MSG_DONTWAIT | MSG_NOSIGNAL);
        return n >= 0 ? n : -errno;
    }
    ERR_clear_error();
    errno = 0;
    int n = SSL_write(s->ssl, bytes.data, bytes.size < INT_MAX ? (int)bytes.size : INT_MAX);
    if (n > 0)
        return n;
    int64_t result = tls_result(s, n);
    return result == 0 ? -EPIPE : result;
}

bool web_stream_pending(const struct web_stream *s)
{
    return s->ssl && SSL_pending(s->ssl) > 0;
}

void web_stream_shutdown(struct web_stream *s)
{
    if (s->ssl && SSL_is_init_finished(s->ssl)) {
        ERR_clear_error();
        (void)SSL_shutdown(s->ssl);
        ERR_clear_error();
    }
    (void)shutdown(s->fd, SHUT_WR);
}
