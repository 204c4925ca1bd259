/* SPDX-License-Identifier: Apache-2.0 */
/* What forwarding costs in the server: the same work as in floor.c, done by a whole worker (its
 * thread, sockets, mail, engine, timers and reports) for people who joined it by signalling, ICE,
 * DTLS and SCTP. A publisher sends a frame of 6 packets (run=6), or a single packet (run=1), once
 * all viewers have the one before; so that nothing is ever gathered that a frame does not bring
 * along. Counted: processor time of the worker's thread, over packets that arrived; of one viewer a
 * frame each packet is opened and compared with what was published. Two cores: one each. */
#include <arpa/inet.h>
#include <netinet/udp.h>
#include <sched.h>
#include <stdalign.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/mem.h"
#include "crowd.h"
#include "net/loop.h"
#include "rtc/assoc.h"
#include "server/messages.h"
#include "server/worker.h"

#define FRAME 6
#define PAYLOAD 1200
#define SEALED (12 + PAYLOAD + 16)
#define SEALED_MIN (SEALED - 1)     /* see source_config.uneven */
#define PUBLISHED_MAX (SEALED + 64) /* with header extensions */
#define VIEWERS_MAX 500
#define PACKETS 150000
#define FRAMES_MAX 3000
/* A busy machine stretches a run, whose people send no consent checks; the server waits 15 s. */
#define MEASURE_US 3000000
#define WARM_UP_US 300000
#define FRAME_US 33333
#define JOIN_WAIT_US 60000000
#define FLOW_TRIES 250
#define FLOW_WAIT_MS 20
#define LOSS_WAIT_MS 1000

/* A viewer's packets, judged. */
struct judge {
    bool started;
    int64_t offset; /* sequence number minus the published packet's number */
    int64_t newest; /* published packet's number */
};

struct test {
    unsigned viewers, run;
    const struct cipher_ops *cipher;
    bool gro;
    struct dtls_context *dtls;
    struct mailbox *control;
    struct watch mail;
    struct worker_table workers;
    struct crowd *crowd; /* member 0 publishes, the others view */
    struct source *source;
    struct addr server;
    int64_t media_us; /* the publisher's clock */
    int epoll;        /* over the viewers' sockets */
    struct judge judges[VIEWERS_MAX];
    uint64_t received, reads, opened, wrong;
};

static _Noreturn void fail(const char *what)
{
    fprintf(stderr, "forward: %s\n", what);
    exit(1);
}

static void pin(int wanted)
{
    cpu_set_t set;
    CPU_ZERO(&set);
    CPU_SET((size_t)wanted, &set);
    if (sysconf(_SC_NPROCESSORS_ONLN) > 1 && sched_setaffinity(0, sizeof set, &set) < 0)
        fail("cannot choose the processor");
}

/* ---- the worker and those who join it ---- */

/* A session's number is its member's place plus one. */
static void send_request(struct member *m, struct span request)
{
    const struct test *t = m->owner;

    message_post(worker_mailbox(t->workers.workers[0]),
                 message_new(MESSAGE_SIGNAL, m->index + 1, request));
}

static void take_mail(void *arg)
{
    struct test *t = arg;
    struct mail *chain = mailbox_take(t->control);
    struct message *m;

    while ((m = message_next(&chain)) != NULL) {
        if (m->kind == MESSAGE_ITEM && m->item->kind == OUTBOX_CLOSE)
            fail("the worker closed a session");
        if (m->kind == MESSAGE_ITEM && m->item->kind == OUTBOX_SIGNAL) {
            struct member *who = crowd_member(t->crowd, (unsigned)m->item->session - 1);
            crowd_hear(who, span_of(m->item->bytes, m->item->size));
        }
        message_free(m);
    }
}

static void start_worker(struct test *t)
{
    struct addr addr = addr_v4(127, 0, 0, 1, 0);
    int error = 0;
    unsigned failed;

    t->dtls = dtls_context_new();
    t->control = mailbox_new();
    t->workers.workers[0] = worker_new(&(struct worker_config){.dtls = t->dtls,
                                                               .cipher = t->cipher,
                                                               .addrs = &addr,
                                                               .addr_count = 1,
                                                               .node_id = "ND_bench",
                                                               .control = t->control},
                                       &error, &failed);
    if (!t->workers.workers[0])
        fail("no worker");
    t->workers.count = 1;
    t->mail = (struct watch){mailbox_fd(t->control), take_mail, t};
    crowd_watch(t->crowd, &t->mail);
}

/* Viewers are hidden: nobody needs to be told of 500 others. */
static void join(struct test *t, bool publisher)
{
    struct member *m = crowd_add(t->crowd, send_request, t);
    struct message *open = message_new(MESSAGE_OPEN, m->index + 1, span_of(NULL, 0));
    struct grant *g = open->grant = xcalloc(1, sizeof *g);
    char identity[32];

    snprintf(identity, sizeof identity, "person-%u", m->index);
    g->room = xstrdup("bench");
    g->identity = xstrdup(identity);
    g->auto_subscribe = true;
    g->protocol = 16;
    g->expires_unix_s = clock_unix_ms() / 1000 + 3600;
    g->permission =
        (struct permission){.can_subscribe = true, .can_publish = publisher, .hidden = !publisher};
    message_post(worker_mailbox(t->workers.workers[0]), open);
}

static bool is_joined(void *arg)
{
    const struct test *t = arg;

    return crowd_member(t->crowd, 0)->peer->joined;
}

/* Everybody connected, the track published and offered to every viewer. */
static bool is_ready(void *arg)
{
    const struct test *t = arg;

    if (!crowd_member(t->crowd, 0)->peer->links[PEER_PUBLISHER].connected || !t->source->flowing)
        return false;
    for (unsigned i = 1; i <= t->viewers; i++) {
        const struct peer *p = crowd_member(t->crowd, i)->peer;
        if (!p->links[PEER_SUBSCRIBER].connected || p->sink_count == 0 || !p->sinks[0]->active)
            return false;
    }
    return true;
}

static void gather(struct test *t)
{
    struct source_config camera = {.codec = CODEC_VP8,
                                   .kind = LIVEKIT__TRACK_SOURCE__CAMERA,
                                   .layers = 1,
                                   .packets = t->run,
                                   .size_bytes = PAYLOAD,
                                   .uneven = t->run > 1,
                                   .interval_us = FRAME_US,
                                   .first_seq = 1000};

    pin(0); /* inherited by the worker */
    t->crowd = crowd_new(1 + t->viewers, worker_emit_sctp, &t->workers);
    start_worker(t);
    pin(1);
    join(t, true);
    if (!crowd_run(t->crowd, JOIN_WAIT_US, is_joined, t))
        fail("the publisher could not join");
    t->source = peer_publish(crowd_member(t->crowd, 0)->peer, clock_now_us(), &camera);
    t->source->muted = true; /* frames are made by publish() alone */
    for (unsigned i = 0; i < t->viewers; i++)
        join(t, false);
    if (!crowd_run(t->crowd, JOIN_WAIT_US, is_ready, t))
        fail("not everybody could join");
}

static void disperse(struct test *t)
{
    crowd_unwatch(t->crowd, &t->mail);
    worker_free(t->workers.workers[0]);
    t->workers.count = 0;
    crowd_free(t->crowd);
    for (struct mail *chain = mailbox_take(t->control); chain;)
        message_free(message_next(&chain));
    mailbox_free(t->control, NULL);
    dtls_context_free(t->dtls);
    close(t->epoll);
}

/* ---- the publisher ---- */

static void send_run(int fd, const struct addr *to, uint8_t *bytes, size_t size, size_t segment)
{
    struct sockaddr_in name = {.sin_family = AF_INET, .sin_port = htons(to->port)};
    struct iovec part = {bytes, size};
    alignas(struct cmsghdr) uint8_t control[CMSG_SPACE(sizeof(uint16_t))] = {0};
    struct msghdr m = {
        .msg_name = &name, .msg_namelen = sizeof name, .msg_iov = &part, .msg_iovlen = 1};
    const uint16_t segment_size = (uint16_t)segment;

    memcpy(&name.sin_addr, to->ip + 12, 4);
    if (size > segment) {
        m.msg_control = control;
        m.msg_controllen = sizeof control;
        struct cmsghdr *c = CMSG_FIRSTHDR(&m);
        c->cmsg_level = SOL_UDP;
        c->cmsg_type = UDP_SEGMENT;
        c->cmsg_len = CMSG_LEN(sizeof segment_size);
        memcpy(CMSG_DATA(c), &segment_size, sizeof segment_size);
    }
    if (sendmsg(fd, &m, 0) < 0)
        fail("the publisher cannot send");
}

/* The next frame, sealed and sent; packets of one size in one run. */
static void publish(struct test *t)
{
    struct member *m = crowd_member(t->crowd, 0);
    struct transport *transport = m->peer->links[PEER_PUBLISHER].transport;
    const struct addr *to = transport_remote(transport);
    int fd = m->links[PEER_PUBLISHER].watch.fd;
    static uint8_t run[FRAME * PUBLISHED_MAX];
    static struct source_packet packet;
    size_t used = 0, segment = 0;

    t->media_us += FRAME_US;
    t->source->muted = false;
    t->source->next_us = t->media_us;
    while (source_next(t->source, t->media_us, &m->peer->transport_seq, &packet)) {
        struct span payload =
            span_of(packet.bytes + packet.header_size, packet.size - packet.header_size);
        size_t size = srtp_seal_rtp(transport_srtp(transport), packet.bytes, packet.header_size,
                                    payload, packet.index);
        if (used && size != segment) {
            send_run(fd, to, run, used, segment);
            used = 0;
        }
        if (used + size > sizeof run)
            fail("the frame is too large");
        memcpy(run + used, packet.bytes, size);
        segment = size;
        used += size;
    }
    t->source->muted = true;
    send_run(fd, to, run, used, segment);
    /* Reports and feedback to it are not of interest, but must not pile up. */
    while (recv(fd, run, sizeof run, MSG_DONTWAIT) > 0)
        continue;
}

/* ---- the viewers ---- */

/* Whether it is what was published under its number, and comes in order. */
static bool is_genuine(struct test *t, unsigned viewer, uint8_t *bytes, size_t size)
{
    const struct peer *p = crowd_member(t->crowd, 1 + viewer)->peer;
    const struct source_layer *l = &t->source->layers[0];
    struct judge *j = &t->judges[viewer];
    struct rtp rtp;
    struct body body;
    int64_t index;

    if (srtp_open_rtp(transport_srtp(p->links[PEER_SUBSCRIBER].transport), bytes, &size, &index) !=
            SRTP_OK ||
        !rtp_parse(span_of(bytes, size), &rtp) || rtp.ssrc != p->sinks[0]->ssrc ||
        !body_read(rtp.payload, CODEC_VP8, &body))
        return false;
    if (!j->started)
        *j = (struct judge){true, index - body.number, -1};
    bool next = body.number > j->newest && body.number < l->number;
    j->newest = body.number;
    return next && body.tag == t->source->tag && index - body.number == j->offset &&
           rtp.payload.size <= PAYLOAD && rtp.payload.size + 1 >= PAYLOAD;
}

/* The size of the datagrams in a message: UDP_GRO tells it when there are several. */
static size_t segment_of(struct mmsghdr *m)
{
    int segment = 0;

    for (struct cmsghdr *c = CMSG_FIRSTHDR(&m->msg_hdr); c; c = CMSG_NXTHDR(&m->msg_hdr, c))
        if (c->cmsg_level == SOL_UDP && c->cmsg_type == UDP_GRO)
            memcpy(&segment, CMSG_DATA(c), sizeof segment);
    return segment > 0 ? (size_t)segment : m->msg_len;
}

static void look_at_message(struct test *t, unsigned viewer, bool sampled, struct mmsghdr *m)
{
    uint8_t *bytes = m->msg_hdr.msg_iov->iov_base;
    size_t size = m->msg_len, segment = segment_of(m);

    if (datagram_kind(span_of(bytes, size)) != DATAGRAM_RTP)
        return; /* a report */
    t->reads++;
    for (; size >= SEALED_MIN; bytes += segment, size -= segment) {
        if (segment > size)
            segment = size;
        t->received++;
        t->opened += sampled;
        t->wrong += sampled && !is_genuine(t, viewer, bytes, segment);
    }
}

static void drain_one(struct test *t, unsigned viewer, bool sampled)
{
    static uint8_t buffers[FRAME][2 * FRAME * SEALED];
    alignas(struct cmsghdr) static uint8_t controls[FRAME][CMSG_SPACE(sizeof(int))];
    struct iovec parts[FRAME];
    struct mmsghdr messages[FRAME];

    for (unsigned i = 0; i < FRAME; i++) {
        parts[i] = (struct iovec){buffers[i], sizeof buffers[i]};
        messages[i] = (struct mmsghdr){.msg_hdr = {.msg_iov = &parts[i],
                                                   .msg_iovlen = 1,
                                                   .msg_control = controls[i],
                                                   .msg_controllen = sizeof controls[i]}};
    }
    int fd = crowd_member(t->crowd, 1 + viewer)->links[PEER_SUBSCRIBER].watch.fd;
    int n = recvmmsg(fd, messages, FRAME, MSG_DONTWAIT, NULL);
    for (int i = 0; i < n; i++)
        look_at_message(t, viewer, sampled, &messages[i]);
}

/* Until `until` packets came altogether, or nothing for a while. */
static bool drain(struct test *t, uint64_t until, unsigned sampled, int wait_ms)
{
    struct epoll_event events[64];

    while (t->received < until) {
        int n = epoll_wait(t->epoll, events, 64, wait_ms);
        if (n <= 0)
            return false;
        for (int i = 0; i < n; i++)
            drain_one(t, events[i].data.u32, events[i].data.u32 == sampled);
    }
    return true;
}

static void watch_viewers(struct test *t)
{
    const int gro = t->gro;

    t->epoll = epoll_create1(EPOLL_CLOEXEC);
    for (unsigned v = 0; v < t->viewers; v++) {
        int fd = crowd_member(t->crowd, 1 + v)->links[PEER_SUBSCRIBER].watch.fd;
        struct epoll_event e = {.events = EPOLLIN, .data = {.u32 = v}};
        if (setsockopt(fd, SOL_UDP, UDP_GRO, &gro, sizeof gro) < 0 ||
            epoll_ctl(t->epoll, EPOLL_CTL_ADD, fd, &e) < 0)
            fail("cannot watch the viewers");
    }
}

/* ---- the measurement ---- */

/* Frames that begin with a key frame, until one reaches everybody: all have answered their offer
 * by then. */
static void let_flow(struct test *t)
{
    t->media_us = clock_now_us();
    for (unsigned i = 0; i < FLOW_TRIES; i++) {
        uint64_t before = t->received;
        t->source->layers[0].keyframe_wanted = true;
        publish(t);
        if (drain(t, before + (uint64_t)t->run * t->viewers, t->viewers, FLOW_WAIT_MS)) {
            drain(t, UINT64_MAX, t->viewers, LOSS_WAIT_MS); /* what is left of earlier ones */
            return;
        }
    }
    fail("media does not flow to everybody");
}

/* What the worker had used, and the viewers had got, when the warm-up ended. */
struct mark {
    int64_t cpu_ns, at_us;
    unsigned frame;
};

static void report(const struct test *t, const struct mark *from, const struct mark *to)
{
    double spent_ns = (double)(to->cpu_ns - from->cpu_ns);
    double sent = (double)(to->frame - from->frame) * t->run * t->viewers;

    if (t->wrong || t->opened == 0 || t->received == 0) {
        fprintf(stderr, "forward: %lu of %lu sampled packets are wrong\n", (unsigned long)t->wrong,
                (unsigned long)t->opened);
        exit(1);
    }
    printf("forward n=%u run=%u cipher=%s ns_per_packet=%.0f lost=%.4f gro=%s per_read=%.2f "
           "busy=%.2f\n",
           t->viewers, t->run, t->cipher->name, spent_ns / (double)t->received,
           1 - (double)t->received / sent, t->gro ? "on" : "off",
           (double)t->received / (double)t->reads,
           spent_ns / 1000 / (double)(to->at_us - from->at_us));
}

static struct mark mark(const struct test *t, unsigned frame)
{
    return (struct mark){worker_cpu_ns(t->workers.workers[0]), clock_now_us(), frame};
}

static void measure(struct test *t)
{
    unsigned frames = PACKETS / (t->run * t->viewers), i;
    struct mark begin = mark(t, 0), warm = begin, end = begin;

    if (frames > FRAMES_MAX)
        frames = FRAMES_MAX;
    for (i = 0; i < frames && end.at_us - begin.at_us < MEASURE_US; i++) {
        if (warm.frame == 0 && (i >= frames / 10 || end.at_us - begin.at_us > WARM_UP_US)) {
            t->received = t->reads = 0;
            warm = mark(t, i);
        }
        publish(t);
        drain(t, t->received + (uint64_t)t->run * t->viewers, i % t->viewers, LOSS_WAIT_MS);
        end = mark(t, i + 1);
    }
    report(t, &warm, &end);
}

int main(int argc, char **argv)
{
    static struct test t;

    if (argc == 5) {
        t.viewers = (unsigned)strtoul(argv[1], NULL, 10);
        t.run = (unsigned)strtoul(argv[2], NULL, 10);
        t.cipher = cipher_by_name(argv[3]);
        t.gro = strcmp(argv[4], "on") == 0;
    }
    if (t.viewers < 1 || t.viewers > VIEWERS_MAX || (t.run != 1 && t.run != FRAME) || !t.cipher) {
        fprintf(stderr, "usage: forward VIEWERS(1..%d) RUN(1|%d) CIPHER GRO(on|off)\n", VIEWERS_MAX,
                FRAME);
        return 2;
    }
    gather(&t);
    watch_viewers(&t);
    let_flow(&t);
    measure(&t);
    disperse(&t);
    return 0;
}
