/* SPDX-License-Identifier: Apache-2.0 */
/* For tests of the API: its meetings are carried by another bedrud, a process of its own, or by
 * livekit-server. */
#ifndef TESTS_SERVER_ELSEWHERE_H
#define TESTS_SERVER_ELSEWHERE_H

#include "net/udp.h"

#include "site.h"

#include <fcntl.h>
#include <sys/wait.h>

#define ELSEWHERE_KEY "APIelsewhere"
#define ELSEWHERE_SECRET "a secret of thirty-two characters"
#define ELSEWHERE_WAIT_US 20000000
#define ELSEWHERE_LOOK_US 10000

struct elsewhere {
    pid_t pid;
    uint16_t port;
    char url[64], folder[64], log[96];
};

/* A port that is held, and that a server can listen on all the same. */
static inline uint16_t elsewhere_reserve(int *fd)
{
    struct sockaddr_in at = {.sin_family = AF_INET};
    socklen_t size = sizeof at;
    int yes = 1;

    at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    *fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    setsockopt(*fd, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
    assert_int_equal(bind(*fd, (struct sockaddr *)(void *)&at, sizeof at), 0);
    assert_int_equal(getsockname(*fd, (struct sockaddr *)(void *)&at, &size), 0);
    return ntohs(at.sin_port);
}

static inline uint16_t elsewhere_media_port(void)
{
    struct addr a = addr_v4(127, 0, 0, 1, 0);
    unsigned failed;
    int error;
    struct udp *u = udp_new(&a, 1, &error, &failed);

    assert_non_null(u);
    uint16_t port = udp_port(u);
    udp_free(u);
    return port;
}

/* Another bedrud. */
static inline void elsewhere_exec(const struct elsewhere *e, const char *hook)
{
    char listen[32], media[8];
    const char *program = getenv("BEDRUD_BINARY");

    setenv("BEDRUD_API_KEY", ELSEWHERE_KEY, 1);
    setenv("BEDRUD_API_SECRET", ELSEWHERE_SECRET, 1);
    snprintf(listen, sizeof listen, "127.0.0.1:%u", e->port);
    snprintf(media, sizeof media, "%u", elsewhere_media_port());
    execl(program, program, "run", "--listen", listen, "--media-ip", "127.0.0.1", "--media-port",
          media, "--workers", "1", "--data-dir", e->folder, "--webhook-urls", hook, NULL);
    _exit(127);
}

/* livekit-server, by its configuration. */
static inline void elsewhere_exec_livekit(const struct elsewhere *e, const char *hook)
{
    char config[1024];

    snprintf(config, sizeof config,
             "{\"port\":%u,\"bind_addresses\":[\"127.0.0.1\"],\"rtc\":{\"udp_port\":%u,"
             "\"tcp_port\":0,\"node_ip\":\"127.0.0.1\",\"enable_loopback_candidate\":true},"
             "\"keys\":{\"%s\":\"%s\"},\"webhook\":{\"api_key\":\"%s\",\"urls\":[\"%s\"]}}",
             e->port, elsewhere_media_port(), ELSEWHERE_KEY, ELSEWHERE_SECRET, ELSEWHERE_KEY, hook);
    execlp("livekit-server", "livekit-server", "--config-body", config, NULL);
    _exit(127);
}

static inline bool elsewhere_answers(uint16_t port)
{
    struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons(port)};
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

    to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    bool good = connect(fd, (struct sockaddr *)(void *)&to, sizeof to) == 0;
    close(fd);
    return good;
}

/* `hook` is where its webhooks go. */
static inline void elsewhere_start(struct elsewhere *e, bool livekit, const char *hook)
{
    int64_t end_us = clock_now_us() + ELSEWHERE_WAIT_US;
    int held;

    e->port = elsewhere_reserve(&held);
    snprintf(e->url, sizeof e->url, "http://127.0.0.1:%u", e->port);
    snprintf(e->folder, sizeof e->folder, "/tmp/bedrud-test-elsewhere-XXXXXX");
    assert_non_null(mkdtemp(e->folder));
    snprintf(e->log, sizeof e->log, "%s/log", e->folder);
    e->pid = fork();
    if (e->pid == 0) {
        int fd = open(e->log, O_CREAT | O_WRONLY | O_CLOEXEC, 0600);
        dup2(fd, STDOUT_FILENO);
        dup2(fd, STDERR_FILENO);
        (livekit ? elsewhere_exec_livekit : elsewhere_exec)(e, hook);
    }
    while (!elsewhere_answers(e->port)) {
        if (clock_now_us() > end_us || waitpid(e->pid, NULL, WNOHANG) != 0)
            fail_msg("no server at %s; %s says why", e->url, e->log);
        thread_wait(NULL, 0, clock_now_us() + ELSEWHERE_LOOK_US);
    }
    close(held);
}

static inline void elsewhere_stop(struct elsewhere *e)
{
    int status = 0;

    kill(e->pid, SIGTERM);
    waitpid(e->pid, &status, 0);
    nftw(e->folder, site_unlink, 16, FTW_DEPTH | FTW_PHYS);
    /* A sanitizer would have ended it otherwise. */
    assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 0);
}

/* The site's meetings are there from now on; it listens on a port that is known before. */
static inline void elsewhere_connect(struct elsewhere *e, struct site *s, bool livekit)
{
    char hook[96];
    int held;

    s->config.listen.port = elsewhere_reserve(&held);
    snprintf(hook, sizeof hook, "http://127.0.0.1:%u/api/livekit/webhook", s->config.listen.port);
    elsewhere_start(e, livekit, hook);
    str_set(&s->config.livekit_url, e->url);
    str_set(&s->config.livekit_key, ELSEWHERE_KEY);
    str_set(&s->config.livekit_secret, ELSEWHERE_SECRET);
    site_run_it(s);
    close(held);
}

#endif
