/* SPDX-License-Identifier: Apache-2.0 */
/* An HTTP and WebSocket client for tests, made of a plain blocking socket whose every wait is
 * bounded. */
#ifndef TESTS_NET_WEB_PEER_H
#define TESTS_NET_WEB_PEER_H

#include "base/mem.h"
#include "base/span.h"
#include "net/web_frame.h"

#include <errno.h>
#include <netinet/in.h>
#include <openssl/ssl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

#define PEER_WAIT_S 10

struct peer {
    int fd;
    SSL *ssl;
    size_t have;
    uint8_t bytes[1024]; /* read, not yet used */
    char head[8192];
    uint8_t *body;
    size_t body_size;
};

static inline struct peer *peer_connect(uint16_t port, SSL_CTX *tls)
{
    struct peer *p = xcalloc(1, sizeof(*p));
    struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons(port)};
    to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    struct timeval bound = {PEER_WAIT_S, 0};
    p->fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    setsockopt(p->fd, SOL_SOCKET, SO_RCVTIMEO, &bound, sizeof(bound));
    setsockopt(p->fd, SOL_SOCKET, SO_SNDTIMEO, &bound, sizeof(bound));
    assert_int_equal(connect(p->fd, (struct sockaddr *)(void *)&to, sizeof(to)), 0);
    if (tls) {
        p->ssl = SSL_new(tls);
        SSL_set_fd(p->ssl, p->fd);
        assert_int_equal(SSL_connect(p->ssl), 1);
    }
    return p;
}

static inline void peer_free(struct peer *p)
{
    SSL_free(p->ssl);
    close(p->fd);
    free(p->body);
    free(p);
}

static inline void put(struct peer *p, struct span bytes)
{
    while (bytes.size > 0) {
        ssize_t n = p->ssl ? SSL_write(p->ssl, bytes.data, (int)bytes.size)
                           : send(p->fd, bytes.data, bytes.size, MSG_NOSIGNAL);
        assert_true(n > 0);
        bytes = span_from(bytes, (size_t)n);
    }
}

static inline void put_text(struct peer *p, const char *text)
{
    put(p, span_of_str(text));
}

/* Bytes read; 0 when the server ended the connection. Fails when nothing came for too long. */
static inline size_t get_some(struct peer *p, uint8_t *out, size_t size)
{
    if (p->have > 0) {
        size_t n = p->have < size ? p->have : size;
        memcpy(out, p->bytes, n);
        p->have -= n;
        memmove(p->bytes, p->bytes + n, p->have);
        return n;
    }
    ssize_t n = p->ssl ? SSL_read(p->ssl, out, (int)size) : recv(p->fd, out, size, 0);
    if (n < 0 && errno != ECONNRESET)
        fail_msg("nothing came: errno %d", errno);
    return n > 0 ? (size_t)n : 0;
}

static inline void get(struct peer *p, uint8_t *out, size_t size)
{
    while (size > 0) {
        size_t n = get_some(p, out, size);
        if (n == 0)
            fail_msg("ended, with %zu bytes to come", size);
        out += n;
        size -= n;
    }
}

static inline void expect_end(struct peer *p)
{
    uint8_t byte;
    assert_int_equal(get_some(p, &byte, 1), 0);
}

/* Reads a reply; returns its status. */
static inline unsigned reply_read(struct peer *p, bool bodiless)
{
    size_t n = 0;
    while (n < 4 || memcmp(p->head + n - 4, "\r\n\r\n", 4) != 0) {
        assert_true(n + 1 < sizeof(p->head));
        get(p, (uint8_t *)p->head + n, 1);
        n++;
    }
    p->head[n] = '\0';
    const char *length = strstr(p->head, "Content-Length: ");
    p->body_size = length && !bodiless ? strtoul(length + 16, NULL, 10) : 0;
    free(p->body);
    p->body = xcalloc(1, p->body_size + 1);
    get(p, p->body, p->body_size);
    assert_memory_equal(p->head, "HTTP/1.1 ", 9);
    return (unsigned)strtoul(p->head + 9, NULL, 10);
}

static inline void expect_reply(struct peer *p, unsigned status, const char *body)
{
    unsigned got = reply_read(p, false);
    if (got != status)
        fail_msg("%u instead of %u: %s", got, status, p->head);
    if (body)
        assert_string_equal((const char *)p->body, body);
}

static inline void frame_put(struct peer *p, unsigned first, struct span payload)
{
    static const uint8_t mask[4] = {9, 8, 7, 6};
    uint8_t *bytes = xmalloc(payload.size + 14);
    size_t n = web_frame_write(WEB_OPCODE_BINARY, payload.size, bytes);
    bytes[0] = (uint8_t)first;
    bytes[1] |= 0x80;
    memcpy(bytes + n, mask, 4);
    if (payload.size > 0)
        memcpy(bytes + n + 4, payload.data, payload.size);
    web_frame_mask(bytes + n + 4, payload.size, mask);
    put(p, span_of(bytes, n + 4 + payload.size));
    free(bytes);
}

static inline void expect_frame(struct peer *p, unsigned first, struct span payload)
{
    uint8_t header[10];
    get(p, header, 2);
    assert_int_equal(header[0], first);
    size_t size = header[1];
    if (size == 126) {
        get(p, header + 2, 2);
        size = (size_t)header[2] << 8 | header[3];
    } else if (size == 127) {
        get(p, header + 2, 8);
        size = (size_t)header[7] << 16 | (size_t)header[8] << 8 | header[9];
    }
    assert_int_equal(size, payload.size);
    uint8_t *bytes = xmalloc(size);
    get(p, bytes, size);
    if (size > 0)
        assert_memory_equal(bytes, payload.data, size);
    free(bytes);
}

#endif
