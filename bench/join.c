/* SPDX-License-Identifier: Apache-2.0 */
/* What a server costs before media flows: a real `bedrud run` and clients of tests/peer that join
 * it over WebSocket and UDP on the loopback interface. Prints one line a sample; what is made of
 * them is the caller's business.
 *   start   from fork to its word that it listens
 *   empty   memory of a server that nobody has joined
 *   memory  the same with 0, 100 and 200 people who do nothing, at rest
 *   media   from the client's connect() to its first decrypted packets, one client at a time
 *   cpu     processor time for 200 people to join, 8 at a time, all connections up */
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "dial.h"
#include "net/loop.h"
#include "server.h"

#define PEOPLE 200
#define AT_ONCE 8
#define JOIN_WAIT_US 20000000
#define PING_US 5000000
/* Flights are kept for 10 s after a handshake, cipher contexts for 10 s after the last record. */
#define REST_US 15000000
#define EMPTY_REST_US 500000
#define VOICE_US 20000
#define CAMERA_US 33333
#define KEYFRAME_PAUSE_US 600000

static struct server server;
static struct crowd *crowd;
static struct dial *people[PEOPLE];

static _Noreturn void fail(const char *what)
{
    fprintf(stderr, "join: %s\n", what);
    server_remove(&server);
    exit(1);
}

/* ---- people ---- */

/* Both peer connections, and every data channel on them. */
static bool is_settled(const struct dial *d)
{
    const struct peer *p = dial_member(d)->peer;
    struct channels *up = transport_channels(p->links[PEER_PUBLISHER].transport);
    struct channels *down = transport_channels(p->links[PEER_SUBSCRIBER].transport);

    return p->links[PEER_PUBLISHER].connected && p->links[PEER_SUBSCRIBER].connected &&
           channels_is_open(up, CHANNEL_RELIABLE) && channels_is_open(up, CHANNEL_LOSSY) &&
           channels_is_open(down, CHANNEL_RELIABLE) && channels_is_open(down, CHANNEL_LOSSY);
}

static bool is_joined(void *arg)
{
    const struct dial *d = arg;

    return dial_member(d)->peer->joined;
}

/* As a browser's library does after JoinResponse says fast_publish: offers its publisher connection
 * at once. */
struct arrival {
    struct dial *dial;
    bool offered;
};

static bool arrive(struct arrival *a)
{
    const struct dial *d = a->dial;

    if (!a->offered && dial_member(d)->peer->joined) {
        peer_open_data(dial_member(d)->peer, clock_now_us());
        a->offered = true;
    }
    return is_settled(d);
}

static bool all_arrived(void *arg)
{
    struct arrival *a = arg;
    bool all = true;

    for (unsigned i = 0; i < AT_ONCE; i++)
        if (a[i].dial && !arrive(&a[i]))
            all = false;
    return all;
}

/* People `from` to `to` - 1 join, in rooms of so many. */
static void join(unsigned from, unsigned to, unsigned room_size)
{
    for (unsigned i = from; i < to; i += AT_ONCE) {
        struct arrival a[AT_ONCE] = {0};
        for (unsigned k = 0; k < AT_ONCE && i + k < to; k++) {
            char room[32], identity[32];
            snprintf(room, sizeof room, "room-%u", (i + k) / room_size);
            snprintf(identity, sizeof identity, "person-%u", i + k);
            a[k].dial = people[i + k] = dial_open(crowd, server.port, room, identity);
        }
        if (!crowd_run(crowd, JOIN_WAIT_US, all_arrived, a))
            fail("not everybody could join");
    }
}

static void leave(void)
{
    for (unsigned i = 0; i < PEOPLE; i++) {
        if (people[i])
            dial_close(people[i]);
        people[i] = NULL;
    }
}

/* Everybody stays, and answers what they are asked. */
static void stay(int64_t us)
{
    for (int64_t end_us = clock_now_us() + us, now_us; (now_us = clock_now_us()) < end_us;) {
        for (unsigned i = 0; i < PEOPLE; i++)
            if (people[i])
                dial_ping(people[i]);
        crowd_run(crowd, end_us - now_us < PING_US ? end_us - now_us : PING_US, NULL, NULL);
    }
}

/* ---- the measurements ---- */

static void measure_start(const char *binary, unsigned count)
{
    server_start(&server, binary);
    printf("first_start us=%ld\n", (long)server.start_us);
    for (unsigned i = 0; i < count; i++) {
        server_stop(&server);
        server_start(&server, binary);
        printf("start us=%ld\n", (long)server.start_us);
    }
}

static void print_memory(const char *name, unsigned count)
{
    printf("%s people=%u rss_kb=%ld anonymous_kb=%ld file_kb=%ld\n", name, count,
           server_status_kb(&server, "VmRSS"), server_status_kb(&server, "RssAnon"),
           server_status_kb(&server, "RssFile"));
    fflush(stdout);
}

static void measure_empty(const char *binary, unsigned count)
{
    for (unsigned i = 0; i < count; i++) {
        server_start(&server, binary);
        usleep(EMPTY_REST_US);
        print_memory("empty", 0);
        server_stop(&server);
    }
}

/* Bytes of an object of the kernel's, 0 when it does not tell. */
static unsigned long object_bytes(const char *cache)
{
    char line[512], name[64];
    unsigned long active, all, bytes, found = 0;
    FILE *f = fopen("/proc/slabinfo", "re");

    while (f && fgets(line, sizeof line, f))
        if (sscanf(line, "%63s %lu %lu %lu", name, &active, &all, &bytes) == 4 &&
            strcmp(name, cache) == 0)
            found = bytes;
    if (f)
        fclose(f);
    return found;
}

/* What waits or is reserved in the server's TCP sockets, and how many there are. */
static unsigned long socket_buffers(unsigned *sockets)
{
    char line[1024];
    unsigned long sum = 0, r, rb, t, tb, fwd, w, o, bl;

    *sockets = 0;
    snprintf(line, sizeof line, "ss -Htnm state established sport = :%u", server.port);
    FILE *f = popen(line, "re");
    while (f && fgets(line, sizeof line, f)) {
        const char *at = strstr(line, "skmem:(");
        if (at && sscanf(at, "skmem:(r%lu,rb%lu,t%lu,tb%lu,f%lu,w%lu,o%lu,bl%lu", &r, &rb, &t, &tb,
                         &fwd, &w, &o, &bl) == 8) {
            sum += r + t + fwd + o + bl;
            ++*sockets;
        }
    }
    if (f)
        pclose(f);
    return sum;
}

/* Of a person at rest: what a connection's socket, its file and its place in epoll are made of, and
 * its buffers. */
static void print_kernel_memory(unsigned count)
{
    static const char *const caches[] = {"TCP", "sock_inode_cache", "filp", "dentry",
                                         "eventpoll_epi"};
    unsigned long objects = 0;
    unsigned sockets;
    unsigned long buffers = socket_buffers(&sockets);

    for (size_t i = 0; i < sizeof caches / sizeof *caches; i++)
        objects += object_bytes(caches[i]);
    if (sockets)
        printf("kernel people=%u sockets=%u bytes=%lu\n", count, sockets,
               objects + buffers / sockets);
    fflush(stdout);
}

static void measure_memory(const char *binary, unsigned room_size)
{
    server_start(&server, binary);
    for (unsigned count = 0; count <= PEOPLE; count += 100) {
        if (count)
            join(count - 100, count, room_size);
        stay(count ? REST_US : EMPTY_REST_US);
        print_memory("memory", count);
        print_kernel_memory(count);
    }
    int64_t cpu_ns = server_cpu_ns(&server), start_us = clock_now_us();
    stay(PING_US);
    cpu_ns = server_cpu_ns(&server) - cpu_ns;
    printf("idle people=%d share=%.4f\n", PEOPLE,
           (double)cpu_ns / 1000 / (double)(clock_now_us() - start_us));
    leave();
}

/* The newest of a viewer's sinks of this codec that got something. */
static int64_t first_us(const struct peer *p, enum codec codec)
{
    for (unsigned i = 0; i < p->sink_count; i++)
        if (p->sinks[i]->codec == codec && p->sinks[i]->started)
            return p->sinks[i]->first_us;
    return 0;
}

static bool sees_and_hears(void *arg)
{
    const struct peer *p = dial_member(arg)->peer;

    return first_us(p, CODEC_OPUS) && first_us(p, CODEC_VP8);
}

static void publish(struct dial *d)
{
    struct source_config voice = {.codec = CODEC_OPUS,
                                  .kind = LIVEKIT__TRACK_SOURCE__MICROPHONE,
                                  .layers = 1,
                                  .packets = 1,
                                  .size_bytes = 120,
                                  .interval_us = VOICE_US,
                                  .first_seq = 100,
                                  .level = 30};
    struct source_config camera = {.codec = CODEC_VP8,
                                   .kind = LIVEKIT__TRACK_SOURCE__CAMERA,
                                   .layers = 1,
                                   .packets = 6,
                                   .size_bytes = 1200,
                                   .interval_us = CAMERA_US,
                                   .first_seq = 100};

    peer_publish(dial_member(d)->peer, clock_now_us(), &voice);
    peer_publish(dial_member(d)->peer, clock_now_us(), &camera);
}

static void measure_media(const char *binary, unsigned count)
{
    server_start(&server, binary);
    people[0] = dial_open(crowd, server.port, "room", "publisher");
    if (!crowd_run(crowd, JOIN_WAIT_US, is_joined, people[0]))
        fail("the publisher could not join");
    publish(people[0]);
    stay(1000000);
    for (unsigned i = 0; i < count; i++) {
        struct dial *d = people[1] = dial_open(crowd, server.port, "room", "viewer");
        const struct peer *p = dial_member(d)->peer;
        if (!crowd_run(crowd, JOIN_WAIT_US, sees_and_hears, d))
            fail("no media came");
        int64_t t = dial_begun_us(d);
        printf("media joined_us=%ld connected_us=%ld first_us=%ld audio_us=%ld video_us=%ld\n",
               (long)(p->joined_us - t), (long)(p->links[PEER_SUBSCRIBER].connected_us - t),
               (long)(p->first_media_us - t), (long)(first_us(p, CODEC_OPUS) - t),
               (long)(first_us(p, CODEC_VP8) - t));
        dial_close(d);
        people[1] = NULL;
        /* Past the time in which no second key frame is asked for; and so that the publisher's next
         * frame is at another distance for each viewer. */
        crowd_run(crowd, KEYFRAME_PAUSE_US + i * 7919 % CAMERA_US, NULL, NULL);
    }
    leave();
}

static void measure_cpu(const char *binary, unsigned room_size)
{
    server_start(&server, binary);
    int64_t before_ns = server_cpu_ns(&server), start_us = clock_now_us();
    join(0, PEOPLE, room_size);
    int64_t took_us = clock_now_us() - start_us;
    printf("cpu room=%u us_per_join=%.0f joins_per_s=%.0f\n", room_size,
           (double)(server_cpu_ns(&server) - before_ns) / 1000 / PEOPLE,
           PEOPLE * 1e6 / (double)took_us);
    leave();
}

int main(int argc, char **argv)
{
    static const struct {
        const char *name;
        void (*measure)(const char *binary, unsigned number);
    } kinds[] = {{"start", measure_start},
                 {"empty", measure_empty},
                 {"memory", measure_memory},
                 {"media", measure_media},
                 {"cpu", measure_cpu}};

    if (argc == 4) {
        unsigned number = (unsigned)strtoul(argv[3], NULL, 10);
        for (size_t i = 0; number > 0 && i < sizeof kinds / sizeof *kinds; i++) {
            if (strcmp(argv[2], kinds[i].name) != 0)
                continue;
            server_guard(&server);
            crowd = crowd_new(PEOPLE, NULL, NULL);
            kinds[i].measure(argv[1], number);
            server_remove(&server);
            crowd_free(crowd);
            return 0;
        }
    }
    fputs("usage: join BINARY start|empty|media COUNT, or join BINARY memory|cpu ROOM_SIZE\n",
          stderr);
    return 2;
}
