/* SPDX-License-Identifier: Apache-2.0 */
/* The loop of a crowd: sockets, deadlines and SCTP's timers. Owns its members. One thread. */
#include "crowd.h"

#include <arpa/inet.h>
#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/mem.h"
#include "net/loop.h"

#define EVENTS 64
#define SCTP_TICK_US 10000
#define FIRST_ID (0xf000ull << 48) /* no worker has this prefix */

struct crowd {
    int epoll;
    struct member **members; /* NULL: a free place */
    unsigned capacity;
    struct heap due;
    struct dtls_context *dtls;
    int64_t sctp_us; /* when SCTP's timers ran last */
    uint64_t joined;
    assoc_emit *emit;
    void *emit_arg;
};

static _Noreturn void fail(const char *what)
{
    perror(what);
    exit(1);
}

/* On any thread for the associations of others, on the crowd's for its own. */
static void on_emit(void *arg, uint64_t id, struct span packet)
{
    const struct crowd *c = arg;
    uint64_t index = (id - FIRST_ID) / 2;

    if (id < FIRST_ID && c->emit)
        c->emit(c->emit_arg, id, packet);
    else if (id >= FIRST_ID && index < c->capacity && c->members[index])
        peer_on_sctp(c->members[index]->peer, clock_now_us(), id, packet);
}

struct crowd *crowd_new(unsigned capacity, assoc_emit *emit, void *emit_arg)
{
    struct crowd *c = xcalloc(1, sizeof *c);

    c->capacity = capacity;
    c->members = xcalloc(capacity, sizeof *c->members);
    c->epoll = epoll_create1(EPOLL_CLOEXEC);
    c->dtls = dtls_context_new();
    if (c->epoll < 0 || !c->dtls)
        fail("crowd");
    c->emit = emit;
    c->emit_arg = emit_arg;
    c->sctp_us = clock_now_us();
    heap_init(&c->due);
    assoc_global_init(on_emit, c);
    return c;
}

void crowd_free(struct crowd *c)
{
    for (unsigned i = 0; i < c->capacity; i++)
        if (c->members[i])
            crowd_remove(c->members[i]);
    assoc_global_fini();
    heap_fini(&c->due);
    dtls_context_free(c->dtls);
    close(c->epoll);
    free(c->members);
    free(c);
}

void crowd_watch(struct crowd *c, const struct watch *w)
{
    struct epoll_event e = {.events = EPOLLIN, .data = {.ptr = (void *)(uintptr_t)w}};

    if (epoll_ctl(c->epoll, EPOLL_CTL_ADD, w->fd, &e) < 0)
        fail("epoll_ctl");
}

void crowd_unwatch(struct crowd *c, const struct watch *w)
{
    if (epoll_ctl(c->epoll, EPOLL_CTL_DEL, w->fd, NULL) < 0)
        fail("epoll_ctl");
}

struct member *crowd_member(const struct crowd *c, unsigned index)
{
    return index < c->capacity ? c->members[index] : NULL;
}

/* ---- datagrams ---- */

static void on_readable(void *arg)
{
    const struct member_link *l = arg;
    struct member *m = l->member;
    uint8_t bytes[PACKET_CAPACITY];
    struct sockaddr_in from;
    socklen_t length = sizeof from;
    ssize_t n;

    while ((n = recvfrom(l->watch.fd, bytes, sizeof bytes, MSG_DONTWAIT, (struct sockaddr *)&from,
                         &length)) > 0) {
        const uint8_t *ip = (const uint8_t *)&from.sin_addr;
        struct addr addr = addr_v4(ip[0], ip[1], ip[2], ip[3], ntohs(from.sin_port));
        peer_on_datagram(m->peer, clock_now_us(), l->side, &addr, span_of(bytes, (size_t)n));
    }
    heap_set(&m->crowd->due, &m->due, peer_on_time(m->peer, clock_now_us()));
}

static void send_datagram(void *arg, enum peer_side side, const struct addr *to,
                          struct span datagram)
{
    const struct member *m = arg;
    struct sockaddr_in name = {.sin_family = AF_INET, .sin_port = htons(to->port)};

    memcpy(&name.sin_addr, to->ip + 12, 4);
    /* What the kernel refuses is a lost datagram. */
    (void)sendto(m->links[side].watch.fd, datagram.data, datagram.size, MSG_DONTWAIT,
                 (struct sockaddr *)&name, sizeof name);
}

static int bound_socket(void)
{
    struct sockaddr_in at = {.sin_family = AF_INET, .sin_addr = {htonl(INADDR_LOOPBACK)}};
    int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0), size = 4 << 20;

    if (fd < 0 || bind(fd, (struct sockaddr *)&at, sizeof at) < 0 ||
        setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &size, sizeof size) < 0)
        fail("socket");
    return fd;
}

/* ---- people ---- */

static void send_signal(void *arg, struct span request)
{
    struct member *m = arg;

    m->signal(m, request);
}

struct member *crowd_add(struct crowd *c, void (*signal)(struct member *m, struct span request),
                         void *owner)
{
    struct member *m = xcalloc(1, sizeof *m);

    while (m->index < c->capacity && c->members[m->index])
        m->index++;
    assert(m->index < c->capacity);
    m->crowd = c;
    m->signal = signal;
    m->owner = owner;
    m->peer = peer_new(
        &(struct peer_config){.host = {.arg = m, .signal = send_signal, .datagram = send_datagram},
                              .dtls = c->dtls,
                              .cipher = cipher_best(),
                              .first_id = FIRST_ID + 2ull * m->index,
                              .seed = ++c->joined,
                              .unix_us_offset = clock_unix_ms() * 1000 - clock_now_us()});
    for (unsigned i = 0; i < 2; i++) {
        struct member_link *l = &m->links[i];
        *l = (struct member_link){m, (enum peer_side)i, {bound_socket(), on_readable, l}};
        crowd_watch(c, &l->watch);
    }
    c->members[m->index] = m;
    return m;
}

void crowd_remove(struct member *m)
{
    struct crowd *c = m->crowd;

    heap_remove(&c->due, &m->due);
    for (unsigned i = 0; i < 2; i++) {
        crowd_unwatch(c, &m->links[i].watch);
        close(m->links[i].watch.fd);
    }
    peer_free(m->peer);
    c->members[m->index] = NULL;
    free(m);
}

void crowd_hear(struct member *m, struct span response)
{
    peer_on_signal(m->peer, clock_now_us(), response);
    heap_set(&m->crowd->due, &m->due, peer_on_time(m->peer, clock_now_us()));
}

/* ---- the loop ---- */

static void run_due(struct crowd *c)
{
    int64_t now_us = clock_now_us();
    struct heap_node *first;

    while ((first = heap_first(&c->due)) != NULL && first->key_us <= now_us) {
        struct member *m = heap_entry(first, struct member, due);
        int64_t next_us = peer_on_time(m->peer, now_us);
        heap_set(&c->due, first, next_us > now_us ? next_us : now_us + 1);
    }
    if (now_us - c->sctp_us >= SCTP_TICK_US) {
        unsigned elapsed_ms = (unsigned)((now_us - c->sctp_us) / 1000);
        assoc_global_on_time(elapsed_ms);
        c->sctp_us += elapsed_ms * 1000ll;
    }
}

/* Until the next deadline; SCTP's tick is one. */
static struct timespec patience(const struct crowd *c)
{
    const struct heap_node *first = heap_first(&c->due);
    int64_t now_us = clock_now_us(), next_us = c->sctp_us + SCTP_TICK_US;

    if (first && first->key_us < next_us)
        next_us = first->key_us;
    int64_t left_us = next_us > now_us ? next_us - now_us : 0;
    return (struct timespec){.tv_nsec = (long)left_us * 1000};
}

bool crowd_run(struct crowd *c, int64_t wait_us, bool (*there)(void *arg), void *arg)
{
    int64_t end_us = clock_now_us() + wait_us;

    while (!there || !there(arg)) {
        struct epoll_event events[EVENTS];
        if (clock_now_us() >= end_us)
            return false;
        struct timespec bound = patience(c);
        int n = epoll_pwait2(c->epoll, events, EVENTS, &bound, NULL);
        for (int i = 0; i < n; i++) {
            const struct watch *w = events[i].data.ptr;
            w->ready(w->arg);
        }
        run_due(c);
    }
    return true;
}
