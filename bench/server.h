/* SPDX-License-Identifier: Apache-2.0 */
/* The server under test: `bedrud run` as a child process on free ports of the loopback interface,
 * with a data folder of its own. */
#ifndef BENCH_SERVER_H
#define BENCH_SERVER_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#define SERVER_KEY "devkey" /* of --dev */
#define SERVER_SECRET "secret"

struct server {
    const char *binary;
    char folder[64];
    pid_t pid;
    int output; /* its stdout */
    uint16_t port;
    int64_t start_us; /* from fork to its word that it listens */
};

/* However the program ends from now on, the server and its folder go with it. To be called before
 * there are threads, which would take the signals. */
void server_guard(struct server *s);
/* Ends the program when the server does not come up. A second start uses the folder again. */
void server_start(struct server *s, const char *binary);
/* SIGTERM, and waits for the end. */
void server_stop(struct server *s);
/* Stops it if it runs, and removes the folder. */
void server_remove(struct server *s);
/* Processor time of the whole process so far. */
int64_t server_cpu_ns(const struct server *s);
/* A field of /proc/PID/status in KB, such as VmRSS; 0 when there is none. */
long server_status_kb(const struct server *s, const char *field);

#endif
