/* SPDX-License-Identifier: Apache-2.0 */
/* For tests of the server layer: a whole server on free ports, its control thread beside the test,
 * and clients that ask and join. */
#ifndef TESTS_SERVER_SITE_H
#define TESTS_SERVER_SITE_H

#include "base/limits.h"
#include "net/loop.h"
#include "net/thread.h"
#include "server/control.h"
#include "wire/signal.h"

#include "../net/web_peer.h"
#include "../temp.h"
#include "kit.h"

#include <ftw.h>
#include <signal.h>
#include <stdio.h>

struct site {
    struct config config;
    char folder[TEMP_SIZE]; /* the data directory */
    struct token_keys keys;
    struct control *control;
    struct thread *thread;
    uint16_t port;
};

static inline void site_run(void *arg)
{
    control_run(arg);
}

static inline void site_configure(struct site *s, unsigned workers)
{
    *s = (struct site){0};
    addr_parse("127.0.0.1:0", &s->config.listen);
    s->config.media_ips[0] = addr_v4(127, 0, 0, 1, 0);
    s->config.media_ip_count = 1;
    s->config.workers = workers;
    assert_non_null(mkdtemp(temp_path(s->folder, "site")));
    str_set(&s->config.data_dir, s->folder);
    s->config.database = xcalloc(1, 96);
    snprintf(s->config.database, 96, "%s/bedrud.db", s->folder);
    token_keys_add(&s->keys, KIT_KEY, KIT_SECRET);
    log_set_level(LOG_ERROR);
}

/* With the configuration as it is. */
static inline void site_run_it(struct site *s)
{
    struct str message;

    str_init(&message);
    s->control = control_new(&s->config, &s->keys, &message);
    if (!s->control)
        fail_msg("%s", message.text);
    str_fini(&message);
    s->port = control_port(s->control);
    s->thread = thread_start("control", site_run, s->control);
}

static inline void site_start(struct site *s, unsigned workers)
{
    site_configure(s, workers);
    site_run_it(s);
}

static inline int site_unlink(const char *path, const struct stat *st, int kind, struct FTW *w)
{
    (void)st;
    (void)kind;
    (void)w;
    return remove(path);
}

static inline void site_clear(struct site *s)
{
    nftw(s->folder, site_unlink, 16, FTW_DEPTH | FTW_PHYS);
    config_fini(&s->config);
    token_keys_fini(&s->keys);
}

/* As an operator stops it; its data stay. */
static inline void site_halt(struct site *s)
{
    kill(getpid(), SIGTERM);
    thread_join(s->thread);
    control_free(s->control);
}

static inline void site_stop(struct site *s)
{
    site_halt(s);
    site_clear(s);
}

static inline char *site_token(const struct site *s, const char *room, const char *identity,
                               bool admin)
{
    return kit_token(&s->keys, room, identity, admin, clock_unix_ms() / 1000 + 600);
}

/* ---- HTTP ---- */

struct ask {
    const char *method, *target;
    const char *headers; /* whole lines; NULL: none; "Host: " for another than localhost */
    struct span body;
};

/* The answer's status; the peer holds head and body, and is the caller's. */
static inline unsigned site_ask(uint16_t port, const struct ask *a, struct peer **out)
{
    struct peer *p = peer_connect(port, NULL);
    struct str text;
    const char *headers = a->headers ? a->headers : "",
               *host = strstr(headers, "Host: ") ? "" : "Host: localhost\r\n";

    str_init(&text);
    str_printf(&text, "%s %s HTTP/1.1\r\n%sContent-Length: %zu\r\n%s\r\n", a->method, a->target,
               host, a->body.size, headers);
    str_append_span(&text, a->body);
    put(p, str_span(&text));
    str_fini(&text);
    *out = p;
    return reply_read(p, strcmp(a->method, "HEAD") == 0);
}

static inline bool site_has_header(const struct peer *p, const char *line)
{
    return strcasestr(p->head, line) != NULL;
}

/* ---- signalling ---- */

static const char site_upgrade[] =
    "Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n"
    "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n";

/* Asks for a WebSocket; the status is 101 when it stands. */
static inline unsigned site_open(uint16_t port, const char *target, struct peer **out)
{
    return site_ask(port, &(struct ask){.method = "GET", .target = target, .headers = site_upgrade},
                    out);
}

/* A WebSocket at `path` for this person; `query` is added to the token's ("" or "&a=b"). */
static inline struct peer *site_join(const struct site *s, const char *path, const char *room,
                                     const char *identity, const char *query)
{
    char *token = site_token(s, room, identity, false);
    struct peer *p;
    struct str target;

    str_init(&target);
    str_printf(&target, "%s?access_token=%s&auto_subscribe=1&sdk=js&protocol=16%s", path, token,
               query);
    assert_int_equal(site_open(s->port, target.text, &p), 101);
    str_fini(&target);
    free(token);
    return p;
}

/* Reads one frame of the server; the opcode. The payload is cut off at `capacity`. */
static inline unsigned site_frame(struct peer *p, uint8_t *out, size_t capacity, size_t *size)
{
    uint8_t header[10];

    get(p, header, 2);
    assert_int_equal(header[0] & 0xf0, 0x80);
    assert_int_equal(header[1] & 0x80, 0);
    *size = header[1];
    if (header[1] == 126) {
        get(p, header + 2, 2);
        *size = (size_t)header[2] << 8 | header[3];
    } else if (header[1] == 127) {
        get(p, header + 2, 8);
        *size = (size_t)header[7] << 16 | (size_t)header[8] << 8 | header[9];
    }
    assert_true(*size <= capacity);
    get(p, out, *size);
    return header[0] & 0x0f;
}

/* The next message; NULL when the server closes the WebSocket, whose code is then in *code. */
static inline Livekit__SignalResponse *site_next(struct peer *p, struct arena *a, unsigned *code)
{
    uint8_t *bytes = arena_alloc(a, LIMIT_SIGNAL_MESSAGE);
    size_t size;
    unsigned opcode;

    while ((opcode = site_frame(p, bytes, LIMIT_SIGNAL_MESSAGE, &size)) == WEB_OPCODE_PING)
        continue;
    if (opcode == WEB_OPCODE_CLOSE) {
        *code = size >= 2 ? (unsigned)bytes[0] << 8 | bytes[1] : 0;
        return NULL;
    }
    assert_int_equal(opcode, WEB_OPCODE_BINARY);
    Livekit__SignalResponse *r = signal_response_parse(span_of(bytes, size), a);
    assert_non_null(r);
    return r;
}

/* The next message of this kind, past others; NULL when the WebSocket is closed before. */
static inline Livekit__SignalResponse *site_await(struct peer *p, struct arena *a,
                                                  Livekit__SignalResponse__MessageCase kind)
{
    Livekit__SignalResponse *r;
    unsigned code;

    while ((r = site_next(p, a, &code)) != NULL && r->message_case != kind)
        continue;
    return r;
}

/* The code with which the server closes the WebSocket, past messages. */
static inline unsigned site_await_close(struct peer *p)
{
    struct arena a;
    unsigned code = 0;

    arena_init(&a);
    while (site_next(p, &a, &code) != NULL)
        continue;
    arena_fini(&a);
    return code;
}

static inline void site_say(struct peer *p, const Livekit__SignalRequest *request)
{
    struct arena a;

    arena_init(&a);
    frame_put(p, 0x80 | WEB_OPCODE_BINARY, signal_pack(&request->base, &a));
    arena_fini(&a);
}

/* Whether the session answers; its pong shows that all said before was handled. */
static inline void site_ping(struct peer *p, int64_t stamp)
{
    Livekit__SignalRequest request = LIVEKIT__SIGNAL_REQUEST__INIT;
    Livekit__Ping ping = LIVEKIT__PING__INIT;
    struct arena a;

    ping.timestamp = stamp;
    request.message_case = LIVEKIT__SIGNAL_REQUEST__MESSAGE_PING_REQ;
    request.ping_req = &ping;
    site_say(p, &request);
    arena_init(&a);
    Livekit__SignalResponse *r = site_await(p, &a, LIVEKIT__SIGNAL_RESPONSE__MESSAGE_PONG_RESP);
    assert_non_null(r);
    assert_int_equal(r->pong_resp->last_ping_timestamp, stamp);
    arena_fini(&a);
}

#endif
