/* SPDX-License-Identifier: Apache-2.0 */
/* The floor: what forwarding costs when nothing but the unavoidable is done. One socket receives
 * the frames of a publisher (6 packets of 1,200 bytes of payload, or 1), opens them, and for each
 * of N viewers writes headers, seals under the viewer's key and sends the frame in one UDP_SEGMENT
 * run. A forked process publishes the next frame once it has drained the last one from its N
 * sockets (with and without UDP_GRO; without, the kernel takes runs apart at the sender's expense),
 * and opens a sample. Counted: user + system time of the forwarding process, over packets the other
 * one received. Two cores: one each. */
#include <arpa/inet.h>
#include <netinet/udp.h>
#include <sched.h>
#include <stdalign.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "rtc/srtp.h"

#define FRAME 6 /* packets at most */
#define HEADER 12
#define PAYLOAD 1200
#define SEALED (HEADER + PAYLOAD + 16)
#define VIEWERS_MAX 500
#define ROUNDS 5
#define PACKETS 150000 /* sent in a round, and the most frames */
#define FRAMES_MAX 3000
#define PUBLISHER_SSRC 0x1000u
#define VIEWER_SSRC 0x2000u
/* Datagrams sealed before they are sent: some 80 KB, which stay in the second-level cache. */
#define BATCH 66

struct plan {
    unsigned viewers, run /* packets a frame */, frames, warm_up;
    bool gro; /* the viewers' sockets take runs whole: nothing is taken apart on the way */
    const struct cipher_ops *ops;
};

/* Sockets and addresses, made before the fork. */
struct field {
    int worker, publisher, sinks[VIEWERS_MAX];
    struct sockaddr_in worker_addr, sink_addrs[VIEWERS_MAX];
};

/* What the other process tells at the end. */
struct report {
    uint64_t received, opened, wrong;
};

struct batch {
    struct mmsghdr messages[BATCH];
    struct iovec parts[BATCH];
    alignas(struct cmsghdr) uint8_t controls[BATCH][CMSG_SPACE(sizeof(uint16_t))];
    unsigned count;
    size_t used; /* of the arena */
    uint8_t arena[BATCH * SEALED];
};

static _Noreturn void fail(const char *what)
{
    perror(what);
    _exit(1);
}

static struct srtp_keys keys_of(unsigned who)
{
    struct srtp_keys k = {.key = {1}, .salt = {2}};
    memcpy(k.key + 4, &who, sizeof who);
    return k;
}

static struct srtp *session(const struct plan *p, unsigned who)
{
    struct srtp_keys k = keys_of(who);
    return srtp_new(SRTP_AEAD_AES_128_GCM, &k, &k, p->ops);
}

static int bound_socket(struct sockaddr_in *addr, int type)
{
    int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC | type, 0), size = 4 << 20;
    socklen_t length = sizeof *addr;
    *addr = (struct sockaddr_in){.sin_family = AF_INET, .sin_addr = {htonl(INADDR_LOOPBACK)}};
    if (fd < 0 || bind(fd, (struct sockaddr *)addr, sizeof *addr) < 0 ||
        getsockname(fd, (struct sockaddr *)addr, &length) < 0)
        fail("socket");
    if (setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &size, sizeof size) < 0 ||
        setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &size, sizeof size) < 0)
        fail("buffer size");
    return fd;
}

static void pin(int wanted)
{
    cpu_set_t set;
    CPU_ZERO(&set);
    CPU_SET((size_t)wanted, &set);
    if (sysconf(_SC_NPROCESSORS_ONLN) > 1 && sched_setaffinity(0, sizeof set, &set) < 0)
        fail("sched_setaffinity");
}

static void put_header(uint8_t *out, uint32_t ssrc, int64_t index)
{
    uint32_t fields[3] = {htonl(0x80600000u | (uint32_t)(index & 0xffff)),
                          htonl((uint32_t)(index * 500)), htonl(ssrc)};
    memcpy(out, fields, HEADER);
}

/* One datagram, or a run of several. `to` must last until the flush. */
static void add_message(struct batch *b, const uint8_t *data, size_t size, struct sockaddr_in *to)
{
    struct msghdr *m = &b->messages[b->count].msg_hdr;
    b->parts[b->count] = (struct iovec){(void *)(uintptr_t)data, size};
    *m = (struct msghdr){
        .msg_name = to, .msg_namelen = sizeof *to, .msg_iov = &b->parts[b->count], .msg_iovlen = 1};
    if (size > SEALED) {
        const uint16_t segment = SEALED;
        m->msg_control = b->controls[b->count];
        m->msg_controllen = sizeof b->controls[b->count];
        struct cmsghdr *c = CMSG_FIRSTHDR(m);
        c->cmsg_level = SOL_UDP;
        c->cmsg_type = UDP_SEGMENT;
        c->cmsg_len = CMSG_LEN(sizeof segment);
        memcpy(CMSG_DATA(c), &segment, sizeof segment);
    }
    b->count++;
}

static void flush(struct batch *b, int fd)
{
    for (unsigned sent = 0; sent < b->count;) {
        int n = sendmmsg(fd, b->messages + sent, b->count - sent, 0);
        if (n <= 0)
            fail("sendmmsg");
        sent += (unsigned)n;
    }
    b->count = 0;
    b->used = 0;
}

/* The other process: publisher and viewers */

static void publish(const struct plan *p, struct srtp *s, const struct field *f, unsigned frame)
{
    static struct batch b;
    struct sockaddr_in to = f->worker_addr;
    for (unsigned i = 0; i < p->run; i++) {
        int64_t index = (int64_t)frame * p->run + i;
        uint8_t *out = b.arena + i * SEALED;
        put_header(out, PUBLISHER_SSRC, index);
        memset(out + HEADER, (int)(index & 0xff), PAYLOAD);
        srtp_seal_rtp(s, out, HEADER, span_of(out + HEADER, PAYLOAD), index);
    }
    add_message(&b, b.arena, p->run * SEALED, &to);
    flush(&b, f->publisher);
}

/* Whether it is what the publisher sent in this place. */
static bool genuine(struct srtp *s, uint8_t *packet, size_t size, unsigned viewer)
{
    int64_t index;
    uint8_t header[HEADER];
    if (size != SEALED || srtp_open_rtp(s, packet, &size, &index) != SRTP_OK)
        return false;
    put_header(header, VIEWER_SSRC + viewer, index - 65536);
    if (memcmp(packet, header, HEADER) != 0)
        return false;
    for (size_t i = HEADER; i < size; i++)
        if (packet[i] != (uint8_t)index)
            return false;
    return size == HEADER + PAYLOAD;
}

static void drain_one(int fd, unsigned viewer, struct srtp *sample, struct report *r)
{
    static uint8_t buffers[FRAME][FRAME * SEALED + 1];
    struct iovec parts[FRAME];
    struct mmsghdr messages[FRAME];
    memset(messages, 0, sizeof messages);
    for (unsigned i = 0; i < FRAME; i++) {
        parts[i] = (struct iovec){buffers[i], sizeof buffers[i]};
        messages[i].msg_hdr = (struct msghdr){.msg_iov = &parts[i], .msg_iovlen = 1};
    }
    int n = recvmmsg(fd, messages, FRAME, MSG_DONTWAIT, NULL);
    for (int i = 0; i < n; i++) {
        size_t count = messages[i].msg_len / SEALED;
        r->received += count;
        r->wrong += messages[i].msg_len % SEALED != 0;
        for (size_t k = 0; sample && k < count; k++) {
            r->opened++;
            r->wrong += !genuine(sample, buffers[i] + k * SEALED, SEALED, viewer);
        }
    }
}

/* Until all of the first `frames` frames came, or nothing for a second. */
static void drain_frames(const struct plan *p, const struct field *f, int epoll, unsigned frames,
                         struct report *r)
{
    static struct srtp *sessions[VIEWERS_MAX];
    unsigned sampled = frames % p->viewers;
    uint64_t until = (uint64_t)frames * p->run * p->viewers;
    struct epoll_event events[64];
    if (!sessions[sampled])
        sessions[sampled] = session(p, VIEWER_SSRC + sampled);
    while (r->received < until) {
        int n = epoll_wait(epoll, events, 64, 1000);
        if (n <= 0)
            return;
        for (int i = 0; i < n; i++) {
            unsigned v = events[i].data.u32;
            drain_one(f->sinks[v], v, v == sampled ? sessions[v] : NULL, r);
        }
    }
}

static _Noreturn void other_process(const struct plan *p, const struct field *f, int report_to)
{
    struct report r = {0, 0, 0};
    int epoll = epoll_create1(EPOLL_CLOEXEC);
    pin(1);
    close(f->worker);
    for (unsigned v = 0; v < p->viewers; v++) {
        struct epoll_event e = {.events = EPOLLIN, .data = {.u32 = v}};
        if (epoll_ctl(epoll, EPOLL_CTL_ADD, f->sinks[v], &e) < 0)
            fail("epoll");
    }
    struct srtp *publisher = session(p, PUBLISHER_SSRC);
    for (unsigned frame = 0; frame < p->frames; frame++) {
        publish(p, publisher, f, frame);
        drain_frames(p, f, epoll, frame + 1, &r);
    }
    if (write(report_to, &r, sizeof r) != sizeof r)
        fail("report");
    _exit(0);
}

/* The process under test */

/* One frame, opened in place; the indices in *indices. */
static void receive_frame(const struct plan *p, int fd, struct srtp *s,
                          uint8_t packets[FRAME][SEALED + 100], int64_t indices[FRAME])
{
    struct iovec parts[FRAME];
    struct mmsghdr messages[FRAME];
    memset(messages, 0, sizeof messages);
    for (unsigned i = 0; i < FRAME; i++) {
        parts[i] = (struct iovec){packets[i], SEALED + 100};
        messages[i].msg_hdr = (struct msghdr){.msg_iov = &parts[i], .msg_iovlen = 1};
    }
    for (unsigned got = 0; got < p->run;) {
        int n = recvmmsg(fd, messages + got, p->run - got, 0, NULL);
        if (n <= 0)
            fail("recvmmsg");
        got += (unsigned)n;
    }
    for (unsigned i = 0; i < p->run; i++) {
        size_t size = messages[i].msg_len;
        if (srtp_open_rtp(s, packets[i], &size, &indices[i]) != SRTP_OK || size != HEADER + PAYLOAD)
            fail("a published packet does not open");
    }
}

static void forward_frame(const struct plan *p, struct field *f, struct srtp *const *sessions,
                          uint8_t packets[FRAME][SEALED + 100], const int64_t indices[FRAME])
{
    static struct batch b;
    for (unsigned v = 0; v < p->viewers; v++) {
        uint8_t *first = b.arena + b.used;
        for (unsigned i = 0; i < p->run; i++) {
            uint8_t *out = b.arena + b.used;
            int64_t index = indices[i] - 65536;
            put_header(out, VIEWER_SSRC + v, index);
            srtp_seal_rtp(sessions[v], out, HEADER, span_of(packets[i] + HEADER, PAYLOAD), index);
            b.used += SEALED;
        }
        add_message(&b, first, p->run * SEALED, &f->sink_addrs[v]);
        if (b.used == sizeof b.arena)
            flush(&b, f->worker);
    }
    flush(&b, f->worker);
}

static int64_t cpu_ns(void)
{
    struct timespec t;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return (int64_t)t.tv_sec * 1000000000 + t.tv_nsec;
}

/* CPU spent after the warm-up. */
static int64_t forward_all(const struct plan *p, struct field *f)
{
    static struct srtp *sessions[VIEWERS_MAX];
    static uint8_t packets[FRAME][SEALED + 100];
    int64_t indices[FRAME], before = 0;
    struct srtp *publisher = session(p, PUBLISHER_SSRC);
    for (unsigned v = 0; v < p->viewers; v++)
        sessions[v] = session(p, VIEWER_SSRC + v);
    for (unsigned frame = 0; frame < p->frames; frame++) {
        if (frame == p->warm_up)
            before = cpu_ns();
        receive_frame(p, f->worker, publisher, packets, indices);
        forward_frame(p, f, sessions, packets, indices);
    }
    int64_t spent = cpu_ns() - before;
    for (unsigned v = 0; v < p->viewers; v++)
        srtp_free(sessions[v]);
    srtp_free(publisher);
    return spent;
}

/* Nanoseconds per packet that the other process received; *lost: the share that it did not. */
static double measure(const struct plan *p, double *lost)
{
    struct field f;
    int report_pipe[2];
    struct sockaddr_in ignored;
    struct timeval patience = {.tv_sec = 5};
    f.worker = bound_socket(&f.worker_addr, 0);
    f.publisher = bound_socket(&ignored, 0);
    const int gro = p->gro;
    for (unsigned v = 0; v < p->viewers; v++) {
        f.sinks[v] = bound_socket(&f.sink_addrs[v], SOCK_NONBLOCK);
        if (setsockopt(f.sinks[v], SOL_UDP, UDP_GRO, &gro, sizeof gro) < 0)
            fail("UDP_GRO");
    }
    if (setsockopt(f.worker, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience) < 0 ||
        pipe(report_pipe) < 0)
        fail("setup");

    pid_t child = fork();
    if (child < 0)
        fail("fork");
    if (child == 0)
        other_process(p, &f, report_pipe[1]);
    close(f.publisher);
    close(report_pipe[1]);
    for (unsigned v = 0; v < p->viewers; v++)
        close(f.sinks[v]);
    pin(0);
    double spent = (double)forward_all(p, &f);
    struct report r = {0, 0, 0};
    if (read(report_pipe[0], &r, sizeof r) != sizeof r || waitpid(child, NULL, 0) != child)
        fail("the other process ended early");
    close(report_pipe[0]);
    close(f.worker);
    if (r.wrong > 0 || r.opened == 0) {
        fprintf(stderr, "floor: %lu of %lu sampled packets are wrong\n", (unsigned long)r.wrong,
                (unsigned long)r.opened);
        _exit(1);
    }
    double sent = (double)p->frames * p->run * p->viewers, share = (double)r.received / sent;
    *lost = 1 - share;
    return spent / ((double)(p->frames - p->warm_up) * p->run * p->viewers * share);
}

static int ascending(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static void report_case(unsigned viewers, unsigned run, bool gro, const struct cipher_ops *ops,
                        int rounds)
{
    unsigned frames = PACKETS / (run * viewers);
    struct plan p = {.viewers = viewers, .run = run, .gro = gro, .ops = ops};
    p.frames = frames < FRAMES_MAX ? frames : FRAMES_MAX;
    p.warm_up = p.frames / 10;
    double ns[ROUNDS], lost = 0, most_lost = 0;
    for (int i = 0; i < rounds; i++) {
        ns[i] = measure(&p, &lost);
        most_lost = lost > most_lost ? lost : most_lost;
    }
    qsort(ns, (size_t)rounds, sizeof *ns, ascending);
    printf("floor n=%u run=%u cipher=%s ns_per_packet=%.0f min=%.0f max=%.0f lost=%.4f gro=%s\n",
           viewers, run, ops->name, ns[rounds / 2], ns[0], ns[rounds - 1], most_lost,
           gro ? "on" : "off");
    fflush(stdout);
}

static int report_one(char **argv)
{
    long n = strtol(argv[1], NULL, 10), run = strtol(argv[2], NULL, 10);
    const struct cipher_ops *ops = cipher_by_name(argv[3]);
    bool gro = strcmp(argv[4], "on") == 0;
    if (n < 1 || n > VIEWERS_MAX || (run != 1 && run != FRAME) || !ops) {
        fprintf(stderr, "usage: floor [viewers(1..%d) run(1|%d) cipher gro(on|off)]\n", VIEWERS_MAX,
                FRAME);
        return 2;
    }
    report_case((unsigned)n, (unsigned)run, gro, ops, 1);
    return 0;
}

/* Without arguments everything, else one round of one case. */
int main(int argc, char **argv)
{
    static const unsigned viewers[] = {1, 20, 100, 500};
    static const char *const ciphers[] = {"ipsec-mb", "evp"};
    if (argc == 5)
        return report_one(argv);
    for (size_t c = 0; c < sizeof ciphers / sizeof *ciphers; c++) {
        const struct cipher_ops *ops = cipher_by_name(ciphers[c]);
        for (size_t v = 0; ops && v < sizeof viewers / sizeof *viewers; v++) {
            report_case(viewers[v], 1, false, ops, ROUNDS);
            report_case(viewers[v], FRAME, false, ops, ROUNDS);
            report_case(viewers[v], FRAME, true, ops, ROUNDS);
        }
    }
    return 0;
}
