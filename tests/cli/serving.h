/* SPDX-License-Identifier: Apache-2.0 */
/* For tests of a server that runs as a child process, in a folder of the test's own. */
#ifndef TESTS_CLI_SERVING_H
#define TESTS_CLI_SERVING_H

#include "child.h"

#include "net/udp.h"

#include "../server/site.h"

static char *folder;

static inline int setup(void **state)
{
    (void)state;
    folder = child_folder();
    return 0;
}

static inline int teardown(void **state)
{
    (void)state;
    child_folder_remove(folder);
    return 0;
}

struct server {
    struct child child;
    struct str out, err;
    uint16_t port;
    char token[1024]; /* the first of the two that it prints */
};

static inline uint16_t free_udp_port(void)
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

/* Starts a server with one more argument and waits until it has printed its address. */
static inline void serve(struct server *s, const char *more)
{
    char media[8];

    snprintf(media, sizeof media, "%u", free_udp_port());
    child_start(&s->child, (const char *[]){"run", "--listen", "127.0.0.1:0", "--media-port", media,
                                            "--workers", "1", "--data-dir", folder, "--log",
                                            "debug", more, NULL});
    str_init(&s->out);
    str_init(&s->err);
    child_await(&s->child, s->child.out, "\n  http://127.0.0.1:", &s->out);
    const char *at = strstr(s->out.text, "listens on http://127.0.0.1:");
    assert_non_null(at);
    s->port = (uint16_t)strtoul(at + strlen("listens on http://127.0.0.1:"), NULL, 10);
    at = strstr(s->out.text, "/test#token=");
    assert_non_null(at);
    at += strlen("/test#token=");
    snprintf(s->token, sizeof s->token, "%.*s", (int)strcspn(at, "\n"), at);
}

/* Ends it; its log is in s->err. */
static inline int end(struct server *s, int signal)
{
    kill(s->child.pid, signal);
    int code = child_wait(&s->child);
    child_text(s->child.err, &s->err);
    child_free(&s->child);
    return code;
}

static inline void server_fini(struct server *s)
{
    str_fini(&s->out);
    str_fini(&s->err);
}

#endif
