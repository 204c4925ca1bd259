/* SPDX-License-Identifier: Apache-2.0 */
/* Starts, measures and ends the server under test. Owns the child process and its folder. */
#include "server.h"

#include <ftw.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "net/loop.h"
#include "net/udp.h"

#define START_WAIT_US 20000000
#define GREETING "listens on http://127.0.0.1:"

static _Noreturn void fail(const char *what)
{
    perror(what);
    exit(1);
}

/* ---- what is left when the program ends ---- */

static struct server *running;
/* Held by whoever removes; the program may end in two places at once. */
static pthread_mutex_t removing = PTHREAD_MUTEX_INITIALIZER;

static int remove_entry(const char *path, const struct stat *st, int kind, struct FTW *at)
{
    (void)st;
    (void)kind;
    (void)at;
    return remove(path);
}

static void remove_all(struct server *s)
{
    server_stop(s);
    if (s->folder[0])
        nftw(s->folder, remove_entry, 8, FTW_DEPTH | FTW_PHYS);
    s->folder[0] = '\0';
}

static void remove_running(void)
{
    if (running)
        server_remove(running);
}

static void *await_signal(void *signals)
{
    int number;

    sigwait(signals, &number);
    pthread_mutex_lock(&removing);
    remove_all(running);
    _exit(1); /* the other thread, when it is ending too, waits for the lock until then */
}

void server_guard(struct server *s)
{
    static sigset_t signals;
    pthread_t thread;

    running = s;
    atexit(remove_running);
    sigemptyset(&signals);
    sigaddset(&signals, SIGINT);
    sigaddset(&signals, SIGTERM);
    sigaddset(&signals, SIGHUP);
    pthread_sigmask(SIG_BLOCK, &signals, NULL);
    if (pthread_create(&thread, NULL, await_signal, &signals) == 0)
        pthread_detach(thread);
}

/* ---- starting ---- */

/* A port that was free a moment ago, and the one behind it with luck: a taken one ends the server,
 * and the measurement, with a message. */
static uint16_t free_udp_port(void)
{
    struct addr a = addr_v4(127, 0, 0, 1, 0);
    unsigned failed;
    int error;
    struct udp *u = udp_new(&a, 1, &error, &failed);

    if (!u)
        fail("no free port");
    uint16_t port = udp_port(u);
    udp_free(u);
    return port;
}

/* Its port, once it has said that it listens; 0 when it ends before. */
static uint16_t await_greeting(int output)
{
    char text[4096] = "";
    size_t have = 0;
    ssize_t n;

    while (have + 1 < sizeof text && (n = read(output, text + have, sizeof text - 1 - have)) > 0) {
        have += (size_t)n;
        text[have] = '\0';
        const char *at = strstr(text, GREETING);
        if (at && strchr(at, '\n'))
            return (uint16_t)strtoul(at + strlen(GREETING), NULL, 10);
    }
    return 0;
}

static _Noreturn void become(const struct server *s, const char *media_port, int output)
{
    char *argv[] = {(char *)(uintptr_t)s->binary,      (char *)(uintptr_t) "run",
                    (char *)(uintptr_t) "--dev",       (char *)(uintptr_t) "--listen",
                    (char *)(uintptr_t) "127.0.0.1:0", (char *)(uintptr_t) "--media-ip",
                    (char *)(uintptr_t) "127.0.0.1",   (char *)(uintptr_t) "--log",
                    (char *)(uintptr_t) "warn",        (char *)(uintptr_t) "--data-dir",
                    (char *)(uintptr_t)s->folder,      (char *)(uintptr_t) "--media-port",
                    (char *)(uintptr_t)media_port,     NULL};

    sigset_t none;

    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
    prctl(PR_SET_PDEATHSIG, SIGTERM); /* should the program be killed */
    dup2(output, STDOUT_FILENO);
    execv(s->binary, argv);
    _exit(127);
}

void server_start(struct server *s, const char *binary)
{
    char media_port[8];
    int pipe_fds[2];

    s->binary = binary;
    if (!s->folder[0]) {
        const char *parent = getenv("TMPDIR");
        snprintf(s->folder, sizeof s->folder, "%.36s/bedrud-bench-XXXXXX",
                 parent ? parent : "/tmp");
        if (!mkdtemp(s->folder))
            fail("mkdtemp");
    }
    snprintf(media_port, sizeof media_port, "%u", free_udp_port());
    if (pipe(pipe_fds) < 0)
        fail("pipe");
    int64_t before_us = clock_now_us();
    s->pid = fork();
    if (s->pid < 0)
        fail("fork");
    if (s->pid == 0)
        become(s, media_port, pipe_fds[1]);
    close(pipe_fds[1]);
    s->output = pipe_fds[0];
    s->port = await_greeting(s->output);
    s->start_us = clock_now_us() - before_us;
    if (!s->port) {
        fprintf(stderr, "%s does not start\n", binary);
        server_remove(s);
        exit(1);
    }
}

void server_stop(struct server *s)
{
    if (s->pid <= 0)
        return;
    kill(s->pid, SIGTERM);
    waitpid(s->pid, NULL, 0); /* it drains for 5 s at most */
    close(s->output);
    s->pid = 0;
}

void server_remove(struct server *s)
{
    pthread_mutex_lock(&removing);
    remove_all(s);
    pthread_mutex_unlock(&removing);
}

int64_t server_cpu_ns(const struct server *s)
{
    clockid_t clock;
    struct timespec used = {0, 0};

    if (clock_getcpuclockid(s->pid, &clock) != 0 || clock_gettime(clock, &used) != 0)
        fail("processor time");
    return (int64_t)used.tv_sec * 1000000000 + used.tv_nsec;
}

long server_status_kb(const struct server *s, const char *field)
{
    char path[64], line[256];
    size_t length = strlen(field);
    long kb = 0;

    snprintf(path, sizeof path, "/proc/%d/status", (int)s->pid);
    FILE *f = fopen(path, "re");
    while (f && fgets(line, sizeof line, f))
        if (strncmp(line, field, length) == 0 && line[length] == ':')
            kb = strtol(line + length + 1, NULL, 10);
    if (f)
        fclose(f);
    return kb;
}
