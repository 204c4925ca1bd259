/* SPDX-License-Identifier: Apache-2.0 */
/* The common answers over a real connection: status, type, body, and headers that let every origin
 * in. */
#include "server/http.h"

#include "base/str.h"
#include "net/thread.h"

#include "../net/web_peer.h"

#include <stdatomic.h>

struct fixture {
    struct loop *loop;
    struct web *web;
    struct thread *thread;
    atomic_bool stop;
};

static void on_request(void *arg, const struct web_request *r)
{
    struct fixture *f = arg;

    if (strcmp(r->method, "OPTIONS") == 0)
        http_preflight(f->web, r->id);
    else if (span_equal(r->path, SPAN_LITERAL("/bytes")))
        http_reply(f->web, r->id, 200, "application/protobuf", SPAN_LITERAL("\x0a\0b"));
    else
        http_text(f->web, r->id, 404, "nothing here");
}

static void on_message(void *arg, web_id id, struct span bytes, bool text)
{
    (void)arg, (void)id, (void)bytes, (void)text;
}

static void on_closed(void *arg, web_id id)
{
    (void)arg, (void)id;
}

static void look(void *arg)
{
    struct fixture *f = arg;

    if (atomic_load(&f->stop))
        loop_stop(f->loop);
}

static void run(void *arg)
{
    loop_run(((struct fixture *)arg)->loop);
}

static int setup(void **state)
{
    struct fixture *f = xcalloc(1, sizeof *f);
    struct web_config config = {.listen = addr_v4(127, 0, 0, 1, 0),
                                .max_body_bytes = 1000,
                                .max_message_bytes = 1000,
                                .max_header_bytes = 2000,
                                .max_connections = 10,
                                .max_queue_bytes = 10000};
    struct web_handlers handlers = {f, on_request, on_message, on_closed};
    int error = 0;

    f->loop = loop_new();
    f->web = web_new(f->loop, &config, &handlers, &error);
    assert_non_null(f->web);
    loop_every(f->loop, 5, look, f);
    f->thread = thread_start("http", run, f);
    *state = f;
    return 0;
}

static int teardown(void **state)
{
    struct fixture *f = *state;

    atomic_store(&f->stop, true);
    thread_join(f->thread);
    web_free(f->web);
    loop_free(f->loop);
    free(f);
    return 0;
}

static struct peer *ask(struct fixture *f, const char *request, unsigned status)
{
    struct peer *p = peer_connect(web_port(f->web), NULL);

    put_text(p, request);
    assert_int_equal(reply_read(p, false), status);
    assert_non_null(strstr(p->head, "Access-Control-Allow-Origin: *\r\n"));
    return p;
}

static void answers_with_text(void **state)
{
    struct peer *p = ask(*state, "GET /a HTTP/1.1\r\nHost: x\r\n\r\n", 404);

    assert_string_equal((const char *)p->body, "nothing here");
    assert_non_null(strstr(p->head, "Content-Type: text/plain; charset=utf-8\r\n"));
    assert_non_null(strstr(p->head, "Cache-Control: no-store\r\n"));
    assert_non_null(strstr(p->head, "X-Content-Type-Options: nosniff\r\n"));
    peer_free(p);
}

static void answers_with_bytes(void **state)
{
    struct peer *p = ask(*state, "POST /bytes HTTP/1.1\r\nHost: x\r\n\r\n", 200);

    assert_int_equal(p->body_size, 3);
    assert_memory_equal(p->body, "\x0a\0b", 3);
    assert_non_null(strstr(p->head, "Content-Type: application/protobuf\r\n"));
    peer_free(p);
}

static void lets_preflights_through(void **state)
{
    struct peer *p =
        ask(*state, "OPTIONS /bytes HTTP/1.1\r\nHost: x\r\nOrigin: http://o\r\n\r\n", 204);

    assert_non_null(strstr(p->head, "Access-Control-Allow-Headers: *\r\n"));
    assert_non_null(strstr(p->head, "Access-Control-Allow-Methods: GET,POST,OPTIONS\r\n"));
    peer_free(p);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(answers_with_text),
        cmocka_unit_test(answers_with_bytes),
        cmocka_unit_test(lets_preflights_through),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
