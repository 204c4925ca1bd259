/* SPDX-License-Identifier: Apache-2.0 */
/* The client's side of a WebSocket (RFC 6455), as little as a signal connection needs: requests
 * go out in masked binary frames, whole messages come in. Owns the member and the connection. */
#include "dial.h"

#include <arpa/inet.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/mem.h"
#include "base/reader.h"
#include "base/str.h"
#include "base/writer.h"
#include "net/loop.h"
#include "net/web_frame.h"
#include "server.h"
#include "server/token.h"

#define HEADER_MAX 14
#define MASKED 0x80
#define FINAL 0x80

struct dial {
    struct member *member;
    struct watch watch;
    int64_t begun_us;
    bool open; /* the upgrade was answered */
    uint8_t *in;
    size_t size, capacity;
};

static _Noreturn void fail(const char *what, const char *detail)
{
    fprintf(stderr, "dial: %s%s\n", what, detail);
    exit(1);
}

static void put(const struct dial *d, struct span bytes)
{
    while (bytes.size > 0) {
        ssize_t n = send(d->watch.fd, bytes.data, bytes.size, MSG_NOSIGNAL);
        if (n <= 0)
            fail("the server took no more", "");
        bytes = span_from(bytes, (size_t)n);
    }
}

/* With a mask of zeroes, which leaves the payload as it is (5.3). */
static void put_frame(const struct dial *d, enum web_opcode opcode, struct span payload)
{
    uint8_t header[HEADER_MAX];
    struct writer w = writer_of(header, sizeof header);

    writer_u8(&w, (uint8_t)(FINAL | opcode));
    if (payload.size < 126) {
        writer_u8(&w, (uint8_t)(MASKED | payload.size));
    } else if (payload.size <= UINT16_MAX) {
        writer_u8(&w, MASKED | 126);
        writer_u16(&w, (uint16_t)payload.size);
    } else {
        writer_u8(&w, MASKED | 127);
        writer_u64(&w, payload.size);
    }
    writer_u32(&w, 0);
    put(d, writer_span(&w));
    put(d, payload);
}

static void send_request(struct member *m, struct span request)
{
    put_frame(m->owner, WEB_OPCODE_BINARY, request);
}

/* ---- what comes in ---- */

/* The answer to the upgrade; its length, 0: not there yet. */
static size_t take_head(struct dial *d)
{
    const uint8_t *end = memmem(d->in, d->size, "\r\n\r\n", 4);
    char line[64];

    if (!end)
        return 0;
    snprintf(line, sizeof line, "%.*s", 32, (const char *)d->in);
    if (!strstr(line, " 101 "))
        fail("no WebSocket: ", line);
    d->open = true;
    return (size_t)(end - d->in) + 4;
}

/* One frame of the server; its length, 0: not there yet. */
static size_t take_frame(struct dial *d, size_t from)
{
    struct reader r = reader_of(span_of(d->in + from, d->size - from));
    unsigned opcode = reader_u8(&r) & 0x0f;
    uint64_t size = reader_u8(&r);

    if (size == 126)
        size = reader_u16(&r);
    else if (size == 127)
        size = reader_u64(&r);
    struct span payload = reader_take(&r, size);
    if (r.bad)
        return 0;
    if (opcode == WEB_OPCODE_BINARY)
        crowd_hear(d->member, payload);
    else if (opcode == WEB_OPCODE_PING)
        put_frame(d, WEB_OPCODE_PONG, payload);
    else if (opcode == WEB_OPCODE_CLOSE)
        fail("the server closed the connection", "");
    return (size_t)(payload.data - (d->in + from)) + payload.size;
}

static void on_readable(void *arg)
{
    struct dial *d = arg;
    size_t used = 0, step;

    if (d->capacity - d->size < 16384) {
        d->capacity = d->capacity ? 2 * d->capacity : 32768;
        d->in = xrealloc(d->in, d->capacity);
    }
    ssize_t n = recv(d->watch.fd, d->in + d->size, d->capacity - d->size, MSG_DONTWAIT);
    if (n == 0)
        fail("the server is gone", "");
    if (n < 0)
        return;
    d->size += (size_t)n;
    while (used < d->size && (step = d->open ? take_frame(d, used) : take_head(d)) > 0)
        used += step;
    d->size -= used;
    memmove(d->in, d->in + used, d->size);
}

/* ---- beginning and end ---- */

static char *token(const char *room, const char *identity)
{
    struct token_keys keys = {0};
    struct grant g = {.room = (char *)(uintptr_t)room,
                      .identity = (char *)(uintptr_t)identity,
                      .expires_unix_s = clock_unix_ms() / 1000 + 3600};
    struct claims c = {.grant = &g, .room_join = true};

    g.permission =
        (struct permission){.can_subscribe = true, .can_publish = true, .can_publish_data = true};
    token_keys_add(&keys, SERVER_KEY, SERVER_SECRET);
    char *text = token_sign(&keys, &c);
    token_keys_fini(&keys);
    return text;
}

static int connect_to(uint16_t port)
{
    struct sockaddr_in to = {
        .sin_family = AF_INET, .sin_port = htons(port), .sin_addr = {htonl(INADDR_LOOPBACK)}};
    const int on = 1;
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

    if (fd < 0 || setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on) < 0 ||
        connect(fd, (struct sockaddr *)&to, sizeof to) < 0)
        fail("cannot connect", "");
    return fd;
}

struct dial *dial_open(struct crowd *c, uint16_t port, const char *room, const char *identity)
{
    struct dial *d = xcalloc(1, sizeof *d);
    char *access = token(room, identity);
    struct str ask;

    str_init(&ask);
    str_printf(&ask,
               "GET /rtc?access_token=%s&auto_subscribe=1&sdk=js&version=2.15.0&protocol=16 "
               "HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
               "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n",
               access);
    d->member = crowd_add(c, send_request, d);
    d->begun_us = clock_now_us();
    d->watch = (struct watch){connect_to(port), on_readable, d};
    crowd_watch(c, &d->watch);
    put(d, str_span(&ask));
    str_fini(&ask);
    free(access);
    return d;
}

struct member *dial_member(const struct dial *d)
{
    return d->member;
}

int64_t dial_begun_us(const struct dial *d)
{
    return d->begun_us;
}

void dial_ping(struct dial *d)
{
    Livekit__SignalRequest r = LIVEKIT__SIGNAL_REQUEST__INIT;
    Livekit__Ping ping = LIVEKIT__PING__INIT;

    ping.timestamp = clock_unix_ms();
    r.message_case = LIVEKIT__SIGNAL_REQUEST__MESSAGE_PING_REQ;
    r.ping_req = &ping;
    peer_request(d->member->peer, &r);
}

void dial_close(struct dial *d)
{
    peer_leave(d->member->peer);
    crowd_unwatch(d->member->crowd, &d->watch);
    close(d->watch.fd);
    crowd_remove(d->member);
    free(d->in);
    free(d);
}
