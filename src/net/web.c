/* SPDX-License-Identifier: Apache-2.0 */
/* The listener and its connections. Owns the listening socket, an epoll set that the loop watches
 * as one descriptor, and for each connection its stream and its machine (web_conn). Calls from
 * outside only change a machine and put its connection on the dirty list; bytes move, handlers run
 * and connections end in turn(), on the control thread. */
#include "net/web.h"

#include "base/limits.h"
#include "base/list.h"
#include "base/log.h"
#include "base/map.h"
#include "base/mem.h"
#include "net/web_conn.h"
#include "net/web_stream.h"

#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#define BACKLOG 1024
#define EVENTS 64
#define ACCEPTS_PER_TURN 64
#define READ_BYTES (64 * 1024)
#define READS_PER_TURN 4
#define WRITE_BYTES (256 * 1024)
#define SWEEP_MS 500
/* A connection that holds no more than this is not what fills the memory. */
#define HELD_SMALL_BYTES (64 * 1024)

union peer_name {
    struct sockaddr any;
    struct sockaddr_in v4;
    struct sockaddr_in6 v6;
};

/* Everybody from one address. */
struct neighbour {
    uint32_t connections;
    size_t held; /* their part of web.held */
};

struct client {
    struct list all, dirty;
    web_id id;
    struct addr peer;
    struct web_conn *conn;
    struct web_stream stream;
    uint32_t events; /* that epoll watches */
    size_t held;     /* its part of web.held */
    bool broken;     /* the socket is of no use any more */
    bool shut;       /* our sending side was ended */
    bool told_open;  /* the owner knows it as a WebSocket */
};

struct web {
    struct loop *loop;
    struct web_config config;
    struct web_handlers handlers;
    struct web_tls *tls;
    int listener, epoll, ring; /* ring: an eventfd that says that there are dirty ones */
    uint16_t port;
    bool turning; /* in turn() */
    bool paused;  /* no descriptors were left: the listener is not watched until the next sweep */
    uint64_t last_id;
    struct map ids, neighbours;
    struct list clients, dirty;
    uint32_t count;
    size_t held;
    uint8_t bytes[READ_BYTES];
};

static struct span neighbour_key(const struct addr *a)
{
    /* Whoever has an IPv6 address has 2^64 of them. */
    return span_of(a->ip, addr_is_v4(a) ? sizeof(a->ip) : 8);
}

static void dirty_add(struct web *w, struct client *c)
{
    bool first = list_empty(&w->dirty);
    list_remove(&c->dirty);
    list_append(&w->dirty, &c->dirty);
    const uint64_t one = 1;
    if (first && !w->turning && write(w->ring, &one, sizeof(one)) < 0 && errno != EAGAIN)
        log_limited(LOG_ERROR, 1, "web_ring_failed", LOG_NUM("errno", errno));
}

static void client_free(struct web *w, struct client *c)
{
    struct neighbour *n = map_get(&w->neighbours, neighbour_key(&c->peer));
    if (n)
        n->held -= c->held;
    if (n && --n->connections == 0)
        free(map_remove(&w->neighbours, neighbour_key(&c->peer)));
    map_remove(&w->ids, span_of(&c->id, sizeof(c->id)));
    list_remove(&c->all);
    list_remove(&c->dirty);
    w->count--;
    w->held -= c->held;
    /* Closing is not enough while a process that was forked still has a copy: epoll would go on to
     * tell of the client that is gone. */
    epoll_ctl(w->epoll, EPOLL_CTL_DEL, c->stream.fd, NULL);
    web_stream_close(&c->stream);
    web_conn_free(c->conn);
    free(c);
}

static bool address_allowed(struct web *w, const struct addr *peer)
{
    if (w->count >= w->config.max_connections)
        return false;
    const struct neighbour *n = map_get(&w->neighbours, neighbour_key(peer));
    uint32_t most = w->config.max_connections_per_address;
    return most == 0 || !n || n->connections < most;
}

static void client_new(struct web *w, int fd, const struct addr *peer)
{
    if (!address_allowed(w, peer)) {
        char text[ADDR_TEXT_MAX];
        log_limited(LOG_WARN, 5, "web_too_many_connections",
                    LOG_STR("from", addr_format(peer, false, text)),
                    LOG_NUM("connections", w->count));
        close(fd);
        return;
    }
    struct client *c = xcalloc(1, sizeof(*c));
    c->id = ++w->last_id;
    c->peer = *peer;
    c->events = EPOLLIN;
    struct epoll_event event = {.events = c->events, .data.ptr = c};
    if (epoll_ctl(w->epoll, EPOLL_CTL_ADD, fd, &event) < 0) {
        close(fd);
        free(c);
        return;
    }
    int on = 1;
    (void)setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
    web_stream_open(&c->stream, fd, w->tls);
    c->conn = web_conn_new(&w->config, &w->handlers, c->id, peer, clock_now_us());
    list_append(&w->clients, &c->all);
    list_init(&c->dirty);
    map_put(&w->ids, span_of(&c->id, sizeof(c->id)), c);
    struct neighbour *n = map_get(&w->neighbours, neighbour_key(peer));
    if (!n) {
        n = xcalloc(1, sizeof(*n));
        map_put(&w->neighbours, neighbour_key(peer), n);
    }
    n->connections++;
    w->count++;
}

static void peer_of(const union peer_name *name, struct addr *out)
{
    *out = (struct addr){0};
    if (name->any.sa_family == AF_INET) {
        const uint8_t *ip = (const uint8_t *)&name->v4.sin_addr;
        *out = addr_v4(ip[0], ip[1], ip[2], ip[3], ntohs(name->v4.sin_port));
    } else if (name->any.sa_family == AF_INET6) {
        memcpy(out->ip, &name->v6.sin6_addr, sizeof(out->ip));
        out->port = ntohs(name->v6.sin6_port);
    }
}

static void listener_watch(struct web *w, bool watched)
{
    struct epoll_event event = {.events = watched ? EPOLLIN : 0, .data.ptr = &w->listener};
    (void)epoll_ctl(w->epoll, EPOLL_CTL_MOD, w->listener, &event);
    w->paused = !watched;
}

/* The next connection; -1 when there is none. A connection that was given up meanwhile is passed
 * over. */
static int client_accept(struct web *w, struct addr *peer)
{
    int fd;
    do {
        union peer_name name = {0};
        socklen_t size = sizeof(name);
        fd = accept4(w->listener, &name.any, &size, SOCK_NONBLOCK | SOCK_CLOEXEC);
        peer_of(&name, peer);
    } while (fd < 0 && (errno == EINTR || errno == ECONNABORTED));
    return fd;
}

static void clients_accept(struct web *w)
{
    for (unsigned i = 0; i < ACCEPTS_PER_TURN; i++) {
        struct addr peer;
        int fd = client_accept(w, &peer);
        if (fd >= 0) {
            client_new(w, fd, &peer);
            continue;
        }
        if (errno != EAGAIN) {
            /* Out of descriptors or memory: it would be told for ever. */
            log_limited(LOG_ERROR, 1, "web_accept_failed", LOG_NUM("errno", errno));
            listener_watch(w, false);
        }
        return;
    }
}

/* True when it stopped for others' sake and more may be there. */
static bool client_read(struct web *w, struct client *c, int64_t now_us)
{
    for (unsigned i = 0; i < READS_PER_TURN; i++) {
        if (!web_conn_wants_input(c->conn))
            return false;
        int64_t n = web_stream_read(&c->stream, w->bytes, sizeof(w->bytes));
        if (n == -EAGAIN)
            return false;
        if (n == 0)
            web_conn_on_end(c->conn);
        else if (n > 0)
            web_conn_on_input(c->conn, now_us, span_of(w->bytes, (size_t)n));
        else if (n != -EINTR)
            c->broken = true;
        if (c->broken)
            return false;
    }
    return true;
}

static void client_write(struct client *c, int64_t now_us)
{
    struct span out = web_conn_output(c->conn);
    while (out.size > 0 && !c->broken) {
        int64_t n = web_stream_write(&c->stream, span_first(out, WRITE_BYTES));
        if (n == -EAGAIN)
            return;
        if (n > 0)
            web_conn_on_sent(c->conn, now_us, (size_t)n);
        else if (n != -EINTR)
            c->broken = true;
        out = web_conn_output(c->conn);
    }
}

static void client_watch(struct web *w, struct client *c)
{
    uint32_t events = web_conn_wants_input(c->conn) ? EPOLLIN : 0;
    if (web_conn_output(c->conn).size > 0 || c->stream.wants_write)
        events |= EPOLLOUT;
    if (events == c->events)
        return;
    c->events = events;
    struct epoll_event event = {.events = events, .data.ptr = c};
    if (epoll_ctl(w->epoll, EPOLL_CTL_MOD, c->stream.fd, &event) < 0)
        c->broken = true;
}

/* All buffers together are bounded, and those of an address: who holds much while they are full
 * must go. */
static void client_charge(struct web *w, struct client *c)
{
    size_t held = web_conn_held(c->conn);
    if (held == c->held && held <= HELD_SMALL_BYTES)
        return;
    struct neighbour *n = map_get(&w->neighbours, neighbour_key(&c->peer));
    uint32_t most = w->config.max_held_per_address;
    w->held += held - c->held;
    n->held += held - c->held;
    c->held = held;
    bool full = w->held > LIMIT_WEB_HELD_BYTES || (most > 0 && n->held > most);
    if (!full || held <= HELD_SMALL_BYTES)
        return;
    char text[ADDR_TEXT_MAX];
    log_limited(LOG_WARN, 5, "web_buffers_full",
                LOG_STR("from", addr_format(&c->peer, false, text)), LOG_NUM("bytes", held));
    c->broken = true;
}

/* Moves a connection's bytes as far as they go. True: it is to be looked at again soon. The client
 * may be gone. */
static bool client_serve(struct web *w, struct client *c)
{
    int64_t now_us = clock_now_us();
    web_conn_on_input(c->conn, now_us, span_of(NULL, 0));
    bool again = !c->broken && client_read(w, c, now_us);
    client_write(c, now_us);
    if (web_conn_wants_input(c->conn) && web_stream_pending(&c->stream))
        again = true;
    client_charge(w, c);
    if (!c->shut && web_conn_state(c->conn) == WEB_CONN_LINGER) {
        web_stream_shutdown(&c->stream);
        c->shut = true;
    }
    client_watch(w, c);
    bool gone = c->broken || web_conn_state(c->conn) == WEB_CONN_DEAD;
    if (c->told_open && (gone || !web_conn_open(c->conn))) {
        c->told_open = false;
        w->handlers.closed(w->handlers.arg, c->id);
    }
    if (gone)
        client_free(w, c);
    return again && !gone;
}

static void dirty_serve(struct web *w)
{
    struct list later;
    list_init(&later);
    /* Handlers may make others dirty, or the same one. */
    while (!list_empty(&w->dirty)) {
        struct client *c = list_entry(w->dirty.next, struct client, dirty);
        list_remove(&c->dirty);
        if (!client_serve(w, c))
            continue;
        list_remove(&c->dirty);
        list_append(&later, &c->dirty);
    }
    w->turning = false;
    list_each(node, &later) dirty_add(w, list_entry(node, struct client, dirty));
}

static void turn(void *arg)
{
    struct web *w = arg;
    struct epoll_event events[EVENTS];
    int n = epoll_wait(w->epoll, events, EVENTS, 0);
    w->turning = true;
    for (int i = 0; i < n; i++) {
        void *source = events[i].data.ptr;
        uint64_t rings;
        if (source == &w->listener) {
            clients_accept(w);
        } else if (source == &w->ring) {
            if (read(w->ring, &rings, sizeof(rings)) < 0)
                continue;
        } else {
            struct client *c = source;
            /* With nothing to read, a hang-up would be told for ever. */
            if ((events[i].events & (EPOLLERR | EPOLLHUP)) && !web_conn_wants_input(c->conn))
                c->broken = true;
            dirty_add(w, c);
        }
    }
    dirty_serve(w);
}

static void sweep(void *arg)
{
    struct web *w = arg;
    if (w->paused)
        listener_watch(w, true);
    int64_t now_us = clock_now_us();
    w->turning = true;
    list_each(node, &w->clients)
    {
        struct client *c = list_entry(node, struct client, all);
        web_conn_on_time(c->conn, now_us);
        if (web_conn_state(c->conn) == WEB_CONN_DEAD || web_conn_output(c->conn).size > 0)
            dirty_add(w, c);
    }
    dirty_serve(w);
}

/* The bound listening socket, or -errno. */
static int listener_open(const struct addr *a, uint16_t *port)
{
    bool v4 = addr_is_v4(a);
    int fd = socket(v4 ? AF_INET : AF_INET6, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (fd < 0)
        return -errno;
    int on = 1, off = 0;
    (void)setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
    struct sockaddr_in name4 = {.sin_family = AF_INET, .sin_port = htons(a->port)};
    struct sockaddr_in6 name6 = {.sin6_family = AF_INET6, .sin6_port = htons(a->port)};
    memcpy(&name4.sin_addr, a->ip + 12, 4);
    memcpy(&name6.sin6_addr, a->ip, 16);
    struct sockaddr *name = v4 ? (struct sockaddr *)(void *)&name4 : (void *)&name6;
    socklen_t size = v4 ? sizeof(name4) : sizeof(name6);
    /* "::" serves IPv4 too. */
    if (!v4)
        (void)setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &off, sizeof(off));
    if (bind(fd, name, size) < 0 || listen(fd, BACKLOG) < 0 || getsockname(fd, name, &size) < 0) {
        int error = -errno;
        close(fd);
        return error;
    }
    *port = ntohs(v4 ? name4.sin_port : name6.sin6_port);
    return fd;
}

static bool descriptors_open(struct web *w)
{
    w->epoll = epoll_create1(EPOLL_CLOEXEC);
    w->ring = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
    struct epoll_event listening = {.events = EPOLLIN, .data.ptr = &w->listener};
    struct epoll_event ringing = {.events = EPOLLIN, .data.ptr = &w->ring};
    return w->epoll >= 0 && w->ring >= 0 &&
           epoll_ctl(w->epoll, EPOLL_CTL_ADD, w->listener, &listening) == 0 &&
           epoll_ctl(w->epoll, EPOLL_CTL_ADD, w->ring, &ringing) == 0 &&
           loop_watch(w->loop, w->epoll, turn, w);
}

/* Asks for as many descriptors as there may be connections. Where the system gives fewer, there are
 * fewer connections, and no one address gets more than half of them: else whoever opens many and
 * uses none would shut everybody out. */
static void descriptors_reserve(struct web_config *c)
{
    struct rlimit limit;
    rlim_t wanted = (rlim_t)c->max_connections + LIMIT_WEB_DESCRIPTORS_KEPT;

    if (getrlimit(RLIMIT_NOFILE, &limit) < 0 || limit.rlim_cur >= wanted)
        return;
    limit.rlim_cur = limit.rlim_max < wanted ? limit.rlim_max : wanted;
    (void)setrlimit(RLIMIT_NOFILE, &limit);
    if (getrlimit(RLIMIT_NOFILE, &limit) < 0 || limit.rlim_cur >= wanted)
        return;
    uint32_t have = (uint32_t)limit.rlim_cur;
    uint32_t kept = have / 2 < LIMIT_WEB_DESCRIPTORS_KEPT ? have / 2 : LIMIT_WEB_DESCRIPTORS_KEPT;
    c->max_connections = have - kept;
    if (c->max_connections_per_address <= c->max_connections / 2)
        return;
    c->max_connections_per_address = c->max_connections / 2;
    log_event(LOG_WARN, "web_few_descriptors", LOG_NUM("descriptors", have),
              LOG_NUM("connections", c->max_connections));
}

struct web *web_new(struct loop *loop, const struct web_config *config,
                    const struct web_handlers *handlers, int *error)
{
    struct web *w = xcalloc(1, sizeof(*w));
    w->loop = loop;
    w->config = *config;
    descriptors_reserve(&w->config);
    w->handlers = *handlers;
    w->epoll = w->ring = -1;
    map_init(&w->ids);
    map_init(&w->neighbours);
    list_init(&w->clients);
    list_init(&w->dirty);
    w->listener = listener_open(&config->listen, &w->port);
    if (w->listener < 0) {
        *error = w->listener;
        web_free(w);
        return NULL;
    }
    if (config->tls_cert) {
        w->tls = web_tls_new(config->tls_cert, config->tls_key);
        if (!w->tls) {
            *error = -EKEYREJECTED;
            web_free(w);
            return NULL;
        }
    }
    if (!descriptors_open(w)) {
        *error = -errno;
        web_free(w);
        return NULL;
    }
    loop_every(loop, SWEEP_MS, sweep, w);
    return w;
}

void web_free(struct web *w)
{
    if (!w)
        return;
    loop_forget(w->loop, w);
    list_each(node, &w->clients) client_free(w, list_entry(node, struct client, all));
    map_fini(&w->ids);
    map_fini(&w->neighbours);
    web_tls_free(w->tls);
    const int fds[] = {w->listener, w->epoll, w->ring};
    for (size_t i = 0; i < sizeof(fds) / sizeof(fds[0]); i++)
        if (fds[i] >= 0)
            close(fds[i]);
    free(w);
}

uint16_t web_port(const struct web *w)
{
    return w->port;
}

bool web_renew_certificate(struct web *w)
{
    struct web_tls *renewed =
        w->config.tls_cert ? web_tls_new(w->config.tls_cert, w->config.tls_key) : NULL;
    if (!renewed)
        return false;
    /* Connections that stand keep what they need of the old one. */
    web_tls_free(w->tls);
    w->tls = renewed;
    return true;
}

uint32_t web_connections(const struct web *w)
{
    return w->count;
}

static struct client *client_find(struct web *w, web_id id)
{
    return map_get(&w->ids, span_of(&id, sizeof(id)));
}

void web_reply(struct web *w, web_id id, const struct web_reply *reply)
{
    struct client *c = client_find(w, id);
    if (!c)
        return;
    web_conn_reply(c->conn, clock_now_us(), reply);
    dirty_add(w, c);
}

bool web_accept(struct web *w, web_id id)
{
    struct client *c = client_find(w, id);
    if (!c)
        return false;
    web_conn_accept(c->conn, clock_now_us());
    c->told_open |= web_conn_open(c->conn);
    dirty_add(w, c);
    return c->told_open;
}

void web_send(struct web *w, web_id id, struct span bytes)
{
    struct client *c = client_find(w, id);
    if (!c)
        return;
    web_conn_send(c->conn, clock_now_us(), bytes);
    dirty_add(w, c);
}

void web_close(struct web *w, web_id id, uint16_t code)
{
    struct client *c = client_find(w, id);
    if (!c)
        return;
    web_conn_close(c->conn, clock_now_us(), code);
    dirty_add(w, c);
}
