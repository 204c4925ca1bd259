/* SPDX-License-Identifier: Apache-2.0 */
/* A worker's media sockets. Owns them, the epoll set over them, and up to UDP_BATCH packets that
 * wait, taken from the worker's pool beforehand, to be received into. Everything a call needs lies
 * in struct udp: no allocation per datagram. Belongs to one worker thread. */
#include "net/udp.h"

#include "base/mem.h"
#include "net/loop.h"

#include <assert.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/udp.h>
#include <poll.h>
#include <stdalign.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#define SOCKET_BUFFER_BYTES (4 * 1024 * 1024)
#define PORT_TRIES 16
#define SEND_WAIT_US 2000
/* What the kernel takes in one UDP_SEGMENT call: 64 datagrams, and one IP packet's length with room
 * for headers. */
#define SEGMENTS_MAX 64
#define SEGMENTED_BYTES_MAX 65000

union udp_name {
    struct sockaddr any;
    struct sockaddr_in v4;
    struct sockaddr_in6 v6;
};

/* UDP_SEGMENT's control message. */
struct udp_control {
    alignas(struct cmsghdr) char bytes[CMSG_SPACE(sizeof(uint16_t))];
};

struct udp_socket {
    int fd;
    bool v4, segments;
};

struct udp {
    int epoll;
    unsigned count, turn; /* turn: the socket that is read first next time */
    uint16_t port;
    struct udp_socket sockets[UDP_SOCKETS_MAX];
    /* Receiving: the slots from first_spare on hold a packet each. */
    unsigned first_spare;
    struct packet *spare[UDP_BATCH];
    struct mmsghdr in[UDP_BATCH];
    struct iovec in_bytes[UDP_BATCH];
    union udp_name in_names[UDP_BATCH];
    /* Sending: one batch of messages and, for each, which run it is of. */
    unsigned out_count;
    struct mmsghdr out[UDP_BATCH];
    struct iovec out_bytes[UDP_BATCH];
    union udp_name out_names[UDP_BATCH];
    struct udp_control out_control[UDP_BATCH];
    unsigned out_run[UDP_BATCH];
};

/* Where udp_send stands. */
struct send_state {
    const uint8_t *arena;
    const struct send_run *runs;
    unsigned count;
    unsigned run;    /* the next to put in a message */
    uint32_t offset; /* of it, bytes that are in messages already */
    int64_t
        waited_until; /* when waiting for full buffers ends for this call; 0: none was full yet */
    bool run_by_run;  /* this run goes datagram by datagram: its path takes no segmentation of that
                         size */
    unsigned given_up;
};

static socklen_t name_of(const struct addr *a, bool v4, union udp_name *out)
{
    *out = (union udp_name){0};
    if (v4) {
        out->v4.sin_family = AF_INET;
        out->v4.sin_port = htons(a->port);
        memcpy(&out->v4.sin_addr, a->ip + 12, 4);
        return sizeof(out->v4);
    }
    out->v6.sin6_family = AF_INET6;
    out->v6.sin6_port = htons(a->port);
    memcpy(&out->v6.sin6_addr, a->ip, 16);
    return sizeof(out->v6);
}

static void addr_of(const union udp_name *name, uint16_t local, struct addr *out)
{
    if (name->any.sa_family == AF_INET) {
        const uint8_t *ip = (const uint8_t *)&name->v4.sin_addr;
        *out = addr_v4(ip[0], ip[1], ip[2], ip[3], ntohs(name->v4.sin_port));
    } else {
        memcpy(out->ip, &name->v6.sin6_addr, 16);
        out->port = ntohs(name->v6.sin6_port);
    }
    out->local = local;
}

static void set_option(int fd, int level, int option, int value)
{
    /* Best effort: a socket without it works, only less well. */
    (void)setsockopt(fd, level, option, &value, sizeof(value));
}

/* The bound socket, or -errno. */
static int socket_bind(const struct addr *a, uint16_t port)
{
    bool v4 = addr_is_v4(a);
    int fd = socket(v4 ? AF_INET : AF_INET6, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (fd < 0)
        return -errno;
    set_option(fd, SOL_SOCKET, SO_RCVBUF, SOCKET_BUFFER_BYTES);
    set_option(fd, SOL_SOCKET, SO_SNDBUF, SOCKET_BUFFER_BYTES);
    /* Beyond the system's bound, where we are privileged. */
    set_option(fd, SOL_SOCKET, SO_RCVBUFFORCE, SOCKET_BUFFER_BYTES);
    set_option(fd, SOL_SOCKET, SO_SNDBUFFORCE, SOCKET_BUFFER_BYTES);
    /* Path MTUs told by ICMP are not believed: anyone could shrink them below our datagrams. */
    if (v4) {
        set_option(fd, IPPROTO_IP, IP_MTU_DISCOVER, IP_PMTUDISC_OMIT);
    } else {
        set_option(fd, IPPROTO_IPV6, IPV6_MTU_DISCOVER, IPV6_PMTUDISC_OMIT);
        set_option(fd, IPPROTO_IPV6, IPV6_V6ONLY, 1);
    }
    struct addr at = *a;
    at.port = port;
    union udp_name name;
    socklen_t size = name_of(&at, v4, &name);
    if (bind(fd, &name.any, size) < 0) {
        int error = -errno;
        close(fd);
        return error;
    }
    return fd;
}

static void sockets_close(struct udp *u)
{
    for (unsigned i = 0; i < u->count; i++)
        close(u->sockets[i].fd);
    u->count = 0;
}

static uint16_t bound_port(int fd)
{
    union udp_name name = {0};
    socklen_t size = sizeof(name);
    if (getsockname(fd, &name.any, &size) < 0)
        return 0;
    return ntohs(name.any.sa_family == AF_INET ? name.v4.sin_port : name.v6.sin6_port);
}

/* One try to have all addresses on one port. */
static int sockets_open(struct udp *u, const struct addr *addrs, unsigned count, unsigned *failed)
{
    uint16_t port = addrs[0].port;
    for (unsigned i = 0; i < count; i++) {
        *failed = i;
        int fd = socket_bind(&addrs[i], port);
        if (fd < 0) {
            sockets_close(u);
            return fd;
        }
        u->sockets[u->count++] = (struct udp_socket){fd, addr_is_v4(&addrs[i]), true};
        if (port == 0)
            port = bound_port(fd);
        struct epoll_event event = {.events = EPOLLIN, .data.u32 = i};
        if (epoll_ctl(u->epoll, EPOLL_CTL_ADD, fd, &event) < 0) {
            int error = -errno;
            sockets_close(u);
            return error;
        }
    }
    u->port = port;
    return 0;
}

static void headers_prepare(struct udp *u)
{
    u->first_spare = UDP_BATCH;
    for (unsigned i = 0; i < UDP_BATCH; i++) {
        u->in[i].msg_hdr.msg_iov = &u->in_bytes[i];
        u->in[i].msg_hdr.msg_iovlen = 1;
        u->in[i].msg_hdr.msg_name = &u->in_names[i];
        u->out[i].msg_hdr.msg_iov = &u->out_bytes[i];
        u->out[i].msg_hdr.msg_iovlen = 1;
        u->out[i].msg_hdr.msg_name = &u->out_names[i];
        struct cmsghdr *c = (struct cmsghdr *)(void *)u->out_control[i].bytes;
        c->cmsg_level = SOL_UDP;
        c->cmsg_type = UDP_SEGMENT;
        c->cmsg_len = CMSG_LEN(sizeof(uint16_t));
    }
}

struct udp *udp_new(const struct addr *addrs, unsigned count, int *error, unsigned *failed)
{
    assert(count > 0 && count <= UDP_SOCKETS_MAX);
    struct udp *u = xcalloc(1, sizeof(*u));
    *failed = 0;
    u->epoll = epoll_create1(EPOLL_CLOEXEC);
    if (u->epoll < 0) {
        *error = -errno;
        free(u);
        return NULL;
    }
    /* A port the kernel picked for the first address may be taken on another one: then a new one.
     */
    int result = -EADDRINUSE;
    for (unsigned i = 0; i < PORT_TRIES && result == -EADDRINUSE; i++) {
        result = sockets_open(u, addrs, count, failed);
        if (addrs[0].port != 0 || *failed == 0)
            break;
    }
    if (result < 0) {
        *error = result;
        close(u->epoll);
        free(u);
        return NULL;
    }
    headers_prepare(u);
    return u;
}

void udp_free(struct udp *u)
{
    if (!u)
        return;
    for (unsigned i = u->first_spare; i < UDP_BATCH; i++)
        packet_unref(u->spare[i]);
    sockets_close(u);
    close(u->epoll);
    free(u);
}

uint16_t udp_port(const struct udp *u)
{
    return u->port;
}

int udp_fd(const struct udp *u)
{
    return u->count == 1 ? u->sockets[0].fd : u->epoll;
}

bool udp_segments(const struct udp *u)
{
    for (unsigned i = 0; i < u->count; i++)
        if (!u->sockets[i].segments)
            return false;
    return true;
}

/* Fills the empty slots, as far as the pool has packets. */
static void spares_fetch(struct udp *u, struct packet_pool *pool)
{
    while (u->first_spare > 0) {
        struct packet *p = packet_new(pool);
        if (!p)
            return;
        unsigned i = --u->first_spare;
        u->spare[i] = p;
        u->in_bytes[i] = (struct iovec){p->data, PACKET_CAPACITY};
        u->in[i].msg_hdr.msg_namelen = sizeof(union udp_name);
    }
}

/* Moves datagram i out of its slot to the caller, or shows that it is not worth it. */
static bool slot_valid(const struct udp *u, unsigned i)
{
    /* Nobody can be answered on port 0. */
    const union udp_name *name = &u->in_names[i];
    bool port = name->any.sa_family == AF_INET ? name->v4.sin_port != 0 : name->v6.sin6_port != 0;
    return port && !(u->in[i].msg_hdr.msg_flags & MSG_TRUNC);
}

static unsigned socket_receive(struct udp *u, unsigned socket, unsigned room, struct packet **out)
{
    unsigned slots = UDP_BATCH - u->first_spare;
    if (slots > room)
        slots = room;
    int n;
    /* An error left by an earlier datagram (ICMP) is reported once; the datagrams behind it are
     * still there. */
    unsigned tries = 0;
    do {
        n = recvmmsg(u->sockets[socket].fd, &u->in[u->first_spare], slots, MSG_DONTWAIT, NULL);
    } while (n < 0 && errno != EAGAIN && ++tries < 4);
    unsigned got = 0;
    for (int k = 0; k < n; k++) {
        unsigned i = u->first_spare++;
        struct packet *p = u->spare[i];
        if (!slot_valid(u, i)) {
            packet_unref(p);
            continue;
        }
        p->size = u->in[i].msg_len;
        addr_of(&u->in_names[i], (uint16_t)socket, &p->from);
        out[got++] = p;
    }
    return got;
}

/* With no packet left to receive into, what waits is thrown away, or the descriptor would stay
 * readable for ever. */
static void sockets_discard(const struct udp *u)
{
    for (unsigned s = 0; s < u->count; s++)
        for (unsigned i = 0; i < UDP_BATCH; i++)
            if (recv(u->sockets[s].fd, NULL, 0, MSG_DONTWAIT | MSG_TRUNC) < 0)
                break;
}

unsigned udp_receive(struct udp *u, struct packet_pool *pool, struct packet **out)
{
    spares_fetch(u, pool);
    if (u->first_spare == UDP_BATCH) {
        sockets_discard(u);
        return 0;
    }
    if (u->count == 1)
        return socket_receive(u, 0, UDP_BATCH, out);
    struct epoll_event events[UDP_SOCKETS_MAX];
    int n = epoll_wait(u->epoll, events, UDP_SOCKETS_MAX, 0);
    bool ready[UDP_SOCKETS_MAX] = {false};
    for (int i = 0; i < n; i++)
        ready[events[i].data.u32] = true;
    unsigned got = 0;
    unsigned first = u->turn++ % u->count; /* a busy socket may not starve the others */
    for (unsigned i = 0; i < u->count && got < UDP_BATCH && u->first_spare < UDP_BATCH; i++) {
        unsigned s = (first + i) % u->count;
        if (ready[s])
            got += socket_receive(u, s, UDP_BATCH - got, out + got);
    }
    return got;
}

static unsigned run_datagrams(const struct send_run *run, uint32_t from)
{
    return (run->size_bytes - from + run->segment_bytes - 1) / run->segment_bytes;
}

/* Leaves the rest of run `i` from `from` on, and the runs behind it that go to the same receiver.
 */
static void run_give_up(struct send_state *s, unsigned i, uint32_t from)
{
    s->given_up += run_datagrams(&s->runs[i], from);
    s->run = i + 1;
    s->offset = 0;
    s->run_by_run = false;
    while (s->run < s->count && addr_equal(&s->runs[s->run].to, &s->runs[i].to))
        s->given_up += run_datagrams(&s->runs[s->run++], 0);
}

/* Puts the next piece of the current run into message `m`; moves on. */
static void message_fill(struct udp *u, const struct udp_socket *sock, struct send_state *s,
                         unsigned m)
{
    const struct send_run *run = &s->runs[s->run];
    uint32_t left = run->size_bytes - s->offset, size = left;
    bool segment = sock->segments && !s->run_by_run;
    uint32_t most = 1;
    if (segment) {
        most = SEGMENTED_BYTES_MAX / run->segment_bytes;
        most = most > SEGMENTS_MAX ? SEGMENTS_MAX : most ? most : 1;
    }
    if (size > most * run->segment_bytes)
        size = most * run->segment_bytes;
    struct msghdr *h = &u->out[m].msg_hdr;
    /* sendmsg(2) does not write through the pointer, which is not const for readv's sake. */
    u->out_bytes[m].iov_base = (void *)(uintptr_t)(s->arena + run->offset + s->offset);
    u->out_bytes[m].iov_len = size;
    h->msg_namelen = name_of(&run->to, sock->v4, &u->out_names[m]);
    h->msg_control = NULL;
    h->msg_controllen = 0;
    if (size > run->segment_bytes) {
        h->msg_control = u->out_control[m].bytes;
        h->msg_controllen = sizeof(u->out_control[m].bytes);
        memcpy(CMSG_DATA((struct cmsghdr *)h->msg_control), &run->segment_bytes, sizeof(uint16_t));
    }
    u->out_run[m] = s->run;
    s->offset += size;
    if (s->offset == run->size_bytes) {
        s->run++;
        s->offset = 0;
        s->run_by_run = false;
    }
}

/* Fills messages with what comes next for one socket. */
static struct udp_socket *batch_fill(struct udp *u, struct send_state *s)
{
    struct udp_socket *sock = NULL;
    u->out_count = 0;
    while (s->run < s->count && u->out_count < UDP_BATCH) {
        const struct send_run *run = &s->runs[s->run];
        assert(run->to.local < u->count && run->segment_bytes > 0);
        struct udp_socket *its = &u->sockets[run->to.local];
        if (run->size_bytes == 0 || run->to.port == 0 || addr_is_v4(&run->to) != its->v4) {
            run_give_up(s, s->run, 0);
            continue;
        }
        if (sock && sock != its)
            break;
        sock = its;
        message_fill(u, sock, s, u->out_count++);
    }
    return sock;
}

/* Waits until the socket takes more; false when the time of this call is used up. */
static bool send_wait(const struct udp_socket *sock, struct send_state *s)
{
    int64_t now_us = clock_now_us();
    if (s->waited_until == 0)
        s->waited_until = now_us + SEND_WAIT_US;
    if (now_us >= s->waited_until)
        return false;
    struct pollfd p = {.fd = sock->fd, .events = POLLOUT};
    struct timespec left = {0, (long)(s->waited_until - now_us) * 1000};
    return ppoll(&p, 1, &left, NULL) > 0;
}

/* Message m was refused: says how to go on, by moving the state back to it. True: it is worth
 * sending again as is. */
static bool send_refused(struct udp *u, struct udp_socket *sock, struct send_state *s, unsigned m,
                         int error)
{
    unsigned run = u->out_run[m];
    const uint8_t *bytes = u->out_bytes[m].iov_base;
    uint32_t from = (uint32_t)(bytes - s->arena) - s->runs[run].offset;
    bool segmented = u->out[m].msg_hdr.msg_controllen > 0;
    if (error == EINTR || error == ECONNREFUSED)
        return true;
    if (error == EAGAIN && send_wait(sock, s))
        return true;
    if (segmented && error != EAGAIN && error != ENOBUFS) {
        if (error == EINVAL || error == EIO || error == EOPNOTSUPP || error == ENOPROTOOPT)
            sock->segments = false;
        s->run = run;
        s->offset = from;
        s->run_by_run = true;
        return false;
    }
    run_give_up(s, run, from);
    return false;
}

/* Sends the batch; what could not be sent is given up or, with the state moved back to it, filled
 * anew. */
static void batch_send(struct udp *u, struct udp_socket *sock, struct send_state *s)
{
    unsigned sent = 0, again = 0;
    while (sent < u->out_count) {
        int n = sendmmsg(sock->fd, &u->out[sent], u->out_count - sent, MSG_DONTWAIT | MSG_NOSIGNAL);
        if (n > 0) {
            sent += (unsigned)n;
            again = 0;
            continue;
        }
        int error = n < 0 ? errno : EAGAIN;
        if (error != EAGAIN && ++again > 8)
            error = EHOSTUNREACH;
        if (!send_refused(u, sock, s, sent, error))
            return;
    }
}

unsigned udp_send(struct udp *u, const uint8_t *arena, const struct send_run *runs, unsigned count)
{
    struct send_state s = {.arena = arena, .runs = runs, .count = count};
    while (s.run < s.count) {
        struct udp_socket *sock = batch_fill(u, &s);
        if (sock)
            batch_send(u, sock, &s);
    }
    return s.given_up;
}
