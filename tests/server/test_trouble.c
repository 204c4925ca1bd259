/* SPDX-License-Identifier: Apache-2.0 */
/* A whole server in trouble: its database locked by another program, its disk full, people who come
 * to the last seats at once, and a room that is deleted under those who join it. Meetings go on,
 * who asks is told when to come back, and nothing is half. */
#include "api_kit.h"

#include "store/members.h"
#include "store/rooms.h"

#include <pthread.h>
#include <sys/resource.h>
#include <sys/stat.h>

#define CROWD 6

static struct person owner;

static void make_room(const char *name, const char *more)
{
    char body[160];

    snprintf(body, sizeof body, "{\"name\":\"%s\"%s}", name, more);
    api_expect(&(struct question){"POST", "/api/room/create", owner.access, body, NULL}, 200, NULL);
}

/* Somebody in the kitchen, who is asked for signs of life. */
static struct peer *enter_kitchen(struct arena *a)
{
    const Livekit__SignalResponse *joined;
    json_t *answer = api_ask(&(struct question){"POST", "/api/room/join", owner.access,
                                                "{\"roomName\":\"kitchen\"}", NULL},
                             200, NULL);
    struct peer *p = api_enter(answer, a, &joined);

    json_decref(answer);
    return p;
}

static struct peer *ask_for_room(const char *name)
{
    struct peer *p = peer_connect(api_site.port, NULL);
    struct str text;
    char body[64];

    snprintf(body, sizeof body, "{\"name\":\"%s\"}", name);
    str_init(&text);
    str_printf(&text,
               "POST /api/room/create HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer %s\r\n"
               "Content-Type: application/json\r\nContent-Length: %zu\r\n\r\n%s",
               owner.access, strlen(body), body);
    put(p, str_span(&text));
    str_fini(&text);
    return p;
}

static void expect_come_back(struct peer *p, const char *code)
{
    assert_int_equal(reply_read(p, false), 503);
    assert_true(site_has_header(p, "retry-after: "));
    assert_non_null(memmem(p->body, p->body_size, code, strlen(code)));
    peer_free(p);
}

static void verify(struct db *db)
{
    struct str message;

    str_init(&message);
    if (db_verify(db, &message) != 0)
        fail_msg("%s", message.size ? message.text : "cannot be verified");
    str_fini(&message);
}

/* ---- the database ---- */

/* SQLite alone: with PostgreSQL others do not lock the whole. */
static void goes_on_while_the_database_is_locked(void **state)
{
    (void)state;
    struct arena a;

    if (api_on_postgres)
        skip();
    arena_init(&a);
    api_register("ada", &owner);
    make_room("kitchen", "");
    struct peer *inside = enter_kitchen(&a);
    struct db *other = api_db();
    assert_int_equal(db_script(other, "BEGIN IMMEDIATE"), 0);
    struct peer *waiting = ask_for_room("hall");
    site_ping(inside, 1);
    /* What only reads is answered. */
    api_expect(&(struct question){"GET", "/api/auth/me", owner.access, NULL, NULL}, 200, NULL);
    expect_come_back(waiting, "database_unavailable");
    site_ping(inside, 2);
    assert_int_equal(db_script(other, "COMMIT"), 0);
    make_room("hall", "");
    verify(other);
    db_close(other);
    peer_free(inside);
    arena_fini(&a);
}

static void limit_files(rlim_t most)
{
    struct rlimit limit;

    assert_int_equal(getrlimit(RLIMIT_FSIZE, &limit), 0);
    limit.rlim_cur = most < limit.rlim_max ? most : limit.rlim_max;
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &limit), 0);
}

/* No file may grow beyond the size that the log has: a disk that is full, for this process. */
static void goes_on_while_the_disk_is_full(void **state)
{
    (void)state;
    struct arena a;
    struct stat st;
    char log[160], name[16];
    unsigned made = 0, refused = 0;

    if (api_on_postgres)
        skip();
    arena_init(&a);
    api_register("ada", &owner);
    make_room("kitchen", "");
    struct peer *inside = enter_kitchen(&a);
    snprintf(log, sizeof log, "%s-wal", api_site.config.database);
    assert_int_equal(stat(log, &st), 0);
    limit_files((rlim_t)st.st_size);
    for (unsigned i = 0; i < 8 && !refused; i++) {
        snprintf(name, sizeof name, "hall-%u", i);
        struct peer *p = ask_for_room(name);
        unsigned status = reply_read(p, false);
        made += status == 200;
        refused += status == 503 && site_has_header(p, "retry-after: ") &&
                   memmem(p->body, p->body_size, "storage_full", 12);
        assert_true(status == 200 || status == 503);
        peer_free(p);
    }
    site_ping(inside, 1);
    api_expect(&(struct question){"GET", "/api/auth/me", owner.access, NULL, NULL}, 200, NULL);
    limit_files(RLIM_INFINITY);
    assert_int_equal(refused, 1);
    /* As soon as there is room it goes on, with what was acknowledged. */
    make_room("later", "");
    json_t *rooms =
        api_ask(&(struct question){"GET", "/api/room/list", owner.access, NULL, NULL}, 200, NULL);
    assert_int_equal(json_array_size(rooms), made + 2);
    json_decref(rooms);
    struct db *db = api_db();
    verify(db);
    db_close(db);
    peer_free(inside);
    arena_fini(&a);
}

/* ---- crowds ---- */

/* Checks nothing by itself, since it is on a thread of its own. */
struct comer {
    pthread_t thread;
    pthread_barrier_t *start;
    char token[2048];
    struct peer *peer; /* NULL: not inside */
};

static void *come(void *arg)
{
    struct comer *c = arg;
    struct str target;
    struct peer *p;

    str_init(&target);
    str_printf(&target, "/livekit/rtc?access_token=%s&auto_subscribe=1&protocol=16", c->token);
    pthread_barrier_wait(c->start);
    unsigned status = site_open(api_site.port, target.text, &p);
    str_fini(&target);
    if (status == 101)
        c->peer = p;
    else
        peer_free(p);
    return NULL;
}

/* A token each, taken before any of them is inside. */
static void gather(struct comer crowd[CROWD], pthread_barrier_t *start)
{
    for (unsigned i = 0; i < CROWD; i++) {
        json_t *answer =
            api_ask(&(struct question){"POST", "/api/room/guest-join", NULL,
                                       "{\"roomName\":\"kitchen\",\"guestName\":\"Guest\"}", NULL},
                    200, NULL);
        crowd[i] = (struct comer){.start = start};
        snprintf(crowd[i].token, sizeof crowd[i].token, "%s", api_get(answer, "token"));
        json_decref(answer);
    }
}

/* Whether this one got a seat: the first message says so. */
static bool is_inside(struct comer *c)
{
    struct arena a;

    if (!c->peer)
        return false;
    arena_init(&a);
    bool inside = site_await(c->peer, &a, LIVEKIT__SIGNAL_RESPONSE__MESSAGE_JOIN) != NULL;
    arena_fini(&a);
    return inside;
}

static void gives_the_last_seats_once(void **state)
{
    (void)state;
    struct comer crowd[CROWD];
    pthread_barrier_t start;
    unsigned inside = 0;

    api_register("ada", &owner);
    make_room("kitchen", ",\"maxParticipants\":2");
    pthread_barrier_init(&start, NULL, CROWD);
    gather(crowd, &start);
    for (unsigned i = 0; i < CROWD; i++)
        assert_int_equal(pthread_create(&crowd[i].thread, NULL, come, &crowd[i]), 0);
    for (unsigned i = 0; i < CROWD; i++)
        pthread_join(crowd[i].thread, NULL);
    for (unsigned i = 0; i < CROWD; i++)
        inside += is_inside(&crowd[i]);
    assert_int_equal(inside, 2);
    api_expect(&(struct question){"POST", "/api/room/guest-join", NULL,
                                  "{\"roomName\":\"kitchen\",\"guestName\":\"Late\"}", NULL},
               403, "room_full");
    for (unsigned i = 0; i < CROWD; i++)
        if (crowd[i].peer)
            peer_free(crowd[i].peer);
    pthread_barrier_destroy(&start);
}

/* Whoever comes while a room is deleted is not let in, or is put out: nobody stays behind. */
static void leaves_nobody_in_a_deleted_room(void **state)
{
    (void)state;
    struct comer crowd[CROWD];
    pthread_barrier_t start;
    char target[128];

    api_register("ada", &owner);
    json_t *room = api_ask(&(struct question){"POST", "/api/room/create", owner.access,
                                              "{\"name\":\"kitchen\"}", NULL},
                           200, NULL);
    snprintf(target, sizeof target, "/api/room/%s", api_get(room, "id"));
    json_decref(room);
    pthread_barrier_init(&start, NULL, CROWD + 1);
    gather(crowd, &start);
    for (unsigned i = 0; i < CROWD; i++)
        assert_int_equal(pthread_create(&crowd[i].thread, NULL, come, &crowd[i]), 0);
    pthread_barrier_wait(&start);
    api_expect(&(struct question){"DELETE", target, owner.access, NULL, NULL}, 202, NULL);
    for (unsigned i = 0; i < CROWD; i++)
        pthread_join(crowd[i].thread, NULL);
    for (unsigned i = 0; i < CROWD; i++) {
        if (!crowd[i].peer)
            continue;
        assert_true(site_await_close(crowd[i].peer) != 0);
        peer_free(crowd[i].peer);
    }
    api_expect(&(struct question){"POST", "/api/room/join", owner.access,
                                  "{\"roomName\":\"kitchen\"}", NULL},
               200, NULL); /* archived_owned: may be made again */
    pthread_barrier_destroy(&start);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(goes_on_while_the_database_is_locked),
        cmocka_unit_test(goes_on_while_the_disk_is_full),
        cmocka_unit_test(gives_the_last_seats_once),
        cmocka_unit_test(leaves_nobody_in_a_deleted_room),
    };
    return API_MAIN(tests);
}
