/* SPDX-License-Identifier: Apache-2.0 */
/* The API with 10,000 accounts and as many rooms in SQLite: processor time of the server and time
 * until the answer, for calls of one client after another on a kept connection. A user joins their
 * own room or one that they were in, so both reading and writing are as on a usual morning.
 * usage: api BINARY health|join|list COUNT, or api BINARY memory COUNT (join, list and health in
 * turn; resident memory after a tenth, and after all) */
#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/limits.h"
#include "base/random.h"
#include "net/loop.h"
#include "server.h"
#include "server/api_token.h"
#include "server/secrets.h"
#include "store/migrate.h"
#include "store/rooms.h"
#include "store/sessions.h"

#define PEOPLE 10000u
#define BATCH 1000u
#define TOKEN_MOST 1024
#define ANSWER_MOST (512 * 1024)

static struct server server;
static struct random dice;
static char tokens[PEOPLE][TOKEN_MOST];

static _Noreturn void fail(const char *what)
{
    fprintf(stderr, "api: %s\n", what);
    exit(1);
}

/* ---- people and rooms ---- */

static void add_one(struct db *db, unsigned n, int64_t now_ms, const uint8_t *secret)
{
    char id[32], email[64], room[32], session[32];
    struct arena a;

    snprintf(id, sizeof id, "user-%u", n);
    snprintf(email, sizeof email, "user%u@example.org", n);
    snprintf(room, sizeof room, "room-%u", n);
    snprintf(session, sizeof session, "session-%u", n);
    struct user u = {.id = id,
                     .email = email,
                     .provider = "local",
                     .name = "Somebody",
                     .avatar_url = "",
                     .password = "",
                     .accesses = ACCESS_USER,
                     .is_active = true,
                     .created_ms = now_ms,
                     .updated_ms = now_ms};
    struct session_row s = {.id = session,
                            .user_id = id,
                            .client = "",
                            .created_ms = now_ms,
                            .expires_ms = now_ms + LIMIT_REFRESH_LIFE_MS};
    struct room_row r = {.id = room,
                         .name = room,
                         .created_by = id,
                         .admin_id = id,
                         .mode = ROOM_STANDARD,
                         .is_public = true,
                         .settings = {.allow_chat = true, .allow_video = true, .allow_audio = true},
                         .expires_ms = now_ms + LIMIT_ROOM_LIFE_MS,
                         .created_ms = now_ms};
    if (users_add(db, &u) || sessions_add(db, &s) || rooms_add(db, &r))
        fail("cannot fill the database");
    arena_init(&a);
    const char *token = api_token_access(secret, &u, session, now_ms, &a);
    snprintf(tokens[n], sizeof tokens[n], "%s", token);
    arena_fini(&a);
}

struct batch {
    unsigned first;
    const uint8_t *secret;
};

static int add_batch(struct db *db, void *arg)
{
    const struct batch *b = arg;

    for (unsigned n = b->first; n < b->first + BATCH; n++)
        add_one(db, n, clock_unix_ms(), b->secret);
    return 0;
}

/* The server has made its folder by a first start. */
static void fill(void)
{
    struct config config = {.data_dir = server.folder};
    uint8_t secret[SECRETS_SESSION_SIZE];
    struct str message, path;
    struct db *db;

    str_init(&message);
    str_init(&path);
    str_printf(&path, "%s/bedrud.db", server.folder);
    if (secrets_session(&config, secret, &message) || db_open(path.text, &db, &message))
        fail(message.text);
    for (unsigned first = 0; first < PEOPLE; first += BATCH)
        if (db_transact(db, add_batch, &(struct batch){first, secret}))
            fail("cannot fill the database");
    db_close(db);
    str_fini(&path);
    str_fini(&message);
}

/* ---- calls ---- */

static int dial(void)
{
    struct sockaddr_in to = {.sin_family = AF_INET,
                             .sin_port = htons(server.port),
                             .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

    if (fd < 0 || connect(fd, (const struct sockaddr *)&to, sizeof to) < 0)
        fail("cannot connect");
    return fd;
}

/* Reads one answer, whose status must be 200. */
static void await(int fd)
{
    static char answer[ANSWER_MOST];
    size_t got = 0, whole = sizeof answer - 1;

    while (got < whole) {
        ssize_t n = read(fd, answer + got, sizeof answer - 1 - got);
        if (n <= 0)
            fail("the server hung up");
        got += (size_t)n;
        answer[got] = 0;
        const char *end = strstr(answer, "\r\n\r\n"), *size = strcasestr(answer, "content-length:");
        if (end && size)
            whole = (size_t)(end - answer) + 4 + strtoul(size + 15, NULL, 10);
    }
    if (strncmp(answer, "HTTP/1.1 200 ", 13) != 0)
        fail(answer);
}

static void call(int fd, const char *kind)
{
    char request[TOKEN_MOST + 512], body[64] = "";
    unsigned n = random_below(&dice, PEOPLE);
    bool health = strcmp(kind, "health") == 0, join = strcmp(kind, "join") == 0;

    if (join)
        snprintf(body, sizeof body, "{\"roomName\":\"room-%u\"}", n);
    int size = snprintf(request, sizeof request,
                        "%s /api/%s HTTP/1.1\r\nHost: x\r\n%s%s%s%sContent-Length: %zu\r\n\r\n%s",
                        join ? "POST" : "GET",
                        health ? "health"
                        : join ? "room/join"
                               : "room/list",
                        health ? "" : "Authorization: Bearer ", health ? "" : tokens[n],
                        health ? "" : "\r\n", join ? "Content-Type: application/json\r\n" : "",
                        strlen(body), body);
    if (write(fd, request, (size_t)size) != size)
        fail("cannot write");
    await(fd);
}

/* ---- measurements ---- */

static int ascending(const void *a, const void *b)
{
    int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;

    return (x > y) - (x < y);
}

static void measure_calls(const char *kind, unsigned count)
{
    int64_t *took_us = xcalloc(count, sizeof *took_us);
    int fd = dial();

    for (unsigned i = 0; i < count / 10; i++)
        call(fd, kind);
    int64_t cpu_ns = server_cpu_ns(&server), begun_us = clock_now_us();
    for (unsigned i = 0; i < count; i++) {
        int64_t start_us = clock_now_us();
        call(fd, kind);
        took_us[i] = clock_now_us() - start_us;
    }
    double us = (double)(server_cpu_ns(&server) - cpu_ns) / 1000 / count;
    qsort(took_us, count, sizeof *took_us, ascending);
    printf("%s cpu_us=%.1f per_core_s=%.0f per_s=%.0f p50_us=%lld p99_us=%lld\n", kind, us,
           1e6 / us, count * 1e6 / (double)(clock_now_us() - begun_us),
           (long long)took_us[count / 2], (long long)took_us[(size_t)count * 99 / 100]);
    close(fd);
    free(took_us);
}

static void measure_memory(unsigned count)
{
    static const char *const kinds[] = {"join", "list", "health"};
    int fd = dial();
    long early_kb = 0;

    for (unsigned i = 0; i < count; i++) {
        call(fd, kinds[i % 3]);
        if (i == count / 10)
            early_kb = server_status_kb(&server, "VmRSS");
    }
    printf("memory requests=%u early_kb=%ld late_kb=%ld\n", count, early_kb,
           server_status_kb(&server, "VmRSS"));
    close(fd);
}

int main(int argc, char **argv)
{
    unsigned count = argc == 4 ? (unsigned)strtoul(argv[3], NULL, 10) : 0;

    if (count < 100) {
        fputs("usage: api BINARY health|join|list|memory COUNT(100..)\n", stderr);
        return 2;
    }
    random_seed(&dice, 1);
    setenv("BEDRUD_RATE_LIMITS", "false", 1);
    server_guard(&server);
    server_start(&server, argv[1]);
    server_stop(&server);
    fill();
    server_start(&server, argv[1]);
    if (strcmp(argv[2], "memory") == 0)
        measure_memory(count);
    else
        measure_calls(argv[2], count);
    server_remove(&server);
    return 0;
}
