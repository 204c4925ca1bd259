/* SPDX-License-Identifier: Apache-2.0 */
/* A worker by itself: what mail it answers with what mail, in which order, and how it ends. */
#include "server/worker.h"

#include "base/mem.h"
#include "net/loop.h"
#include "net/thread.h"
#include "net/udp.h"
#include "rtc/assoc.h"
#include "server/messages.h"
#include "wire/signal.h"

#include <errno.h>
#include <stdlib.h>

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#define WAIT_US 10000000

struct fixture {
    struct dtls_context *dtls;
    struct mailbox *control;
    struct worker *worker;
    struct addr addr;
    struct mail *taken;
};

static struct worker *start(const struct fixture *f, int *error, unsigned *failed)
{
    struct worker_config config = {.index = 3,
                                   .dtls = f->dtls,
                                   .cipher = cipher_best(),
                                   .addrs = &f->addr,
                                   .addr_count = 1,
                                   .node_id = "ND_test",
                                   .control = f->control};

    return worker_new(&config, error, failed);
}

static int setup(void **state)
{
    struct fixture *f = xcalloc(1, sizeof *f);
    int error = 0;
    unsigned failed;

    f->dtls = dtls_context_new();
    f->control = mailbox_new();
    f->addr = addr_v4(127, 0, 0, 1, 0);
    f->worker = start(f, &error, &failed);
    *state = f;
    return f->worker ? 0 : -1;
}

static void dispose(struct mail *mail)
{
    message_free((struct message *)(void *)mail);
}

static int teardown(void **state)
{
    struct fixture *f = *state;
    struct message *m;

    worker_free(f->worker);
    while ((m = message_next(&f->taken)) != NULL)
        message_free(m);
    mailbox_free(f->control, dispose);
    dtls_context_free(f->dtls);
    free(f);
    return 0;
}

/* The next mail to the control thread. */
static struct message *next(struct fixture *f)
{
    int fd = mailbox_fd(f->control);
    int64_t end_us = clock_now_us() + WAIT_US;

    while (!f->taken && clock_now_us() < end_us) {
        f->taken = mailbox_take(f->control);
        if (!f->taken)
            thread_wait(&fd, 1, end_us);
    }
    struct message *m = message_next(&f->taken);
    assert_non_null(m);
    assert_int_equal(m->worker, 3);
    return m;
}

/* The next item of this kind, past others. */
static struct message *next_item(struct fixture *f, enum outbox_kind kind)
{
    for (;;) {
        struct message *m = next(f);
        if (m->kind == MESSAGE_ITEM && m->item->kind == kind)
            return m;
        message_free(m);
    }
}

static void post_open(struct fixture *f, uint64_t session, const char *room, const char *identity)
{
    struct message *m = message_new(MESSAGE_OPEN, session, span_of(NULL, 0));

    m->grant = xcalloc(1, sizeof *m->grant);
    m->grant->room = xstrdup(room);
    m->grant->identity = xstrdup(identity);
    m->grant->auto_subscribe = true;
    m->grant->protocol = 16;
    m->grant->permission.can_subscribe = true;
    m->grant->expires_unix_s = clock_unix_ms() / 1000 + 600;
    message_post(worker_mailbox(f->worker), m);
}

static void post_request(struct fixture *f, uint64_t id, enum engine_request what)
{
    struct message *m = message_new(MESSAGE_REQUEST, id, span_of(NULL, 0));

    m->request = what;
    message_post(worker_mailbox(f->worker), m);
}

/* The control thread's directory depends on this order: the room's start, then PLACED. */
static void says_where_a_room_is(void **state)
{
    struct fixture *f = *state;
    bool started = false, joined = false;
    struct message *m;

    post_open(f, 77, "r", "alice");
    while ((m = next(f))->kind != MESSAGE_PLACED) {
        assert_int_equal(m->kind, MESSAGE_ITEM);
        if (m->item->kind == OUTBOX_EVENT && strcmp(m->item->event, "room_started") == 0)
            started = strcmp(m->item->room, "r") == 0;
        else if (m->item->kind == OUTBOX_SIGNAL)
            joined = m->item->session == 77;
        message_free(m);
    }
    assert_true(started);
    assert_true(joined);
    assert_string_equal((const char *)m->bytes, "r");
    message_free(m);
}

static void answers_requests(void **state)
{
    struct fixture *f = *state;
    struct arena a;

    post_open(f, 1, "r", "alice");
    post_request(f, 900, ENGINE_LIST_ROOMS);
    struct message *m = next_item(f, OUTBOX_REPLY);
    assert_int_equal(m->item->session, 900);
    assert_null(m->item->error);
    arena_init(&a);
    const Livekit__ListRoomsResponse *r = (const void *)signal_parse(
        &livekit__list_rooms_response__descriptor, span_of(m->item->bytes, m->item->size), &a);
    assert_non_null(r);
    assert_int_equal(r->n_rooms, 1);
    assert_string_equal(r->rooms[0]->name, "r");
    arena_fini(&a);
    message_free(m);
}

static void hears_a_session(void **state)
{
    struct fixture *f = *state;
    Livekit__SignalRequest request = LIVEKIT__SIGNAL_REQUEST__INIT;
    struct arena a;
    bool answered = false;

    request.message_case = LIVEKIT__SIGNAL_REQUEST__MESSAGE_PING;
    request.ping = 5;
    post_open(f, 1, "r", "alice");
    arena_init(&a);
    message_post(worker_mailbox(f->worker),
                 message_new(MESSAGE_SIGNAL, 1, signal_pack(&request.base, &a)));
    while (!answered) {
        struct message *m = next_item(f, OUTBOX_SIGNAL);
        const Livekit__SignalResponse *r =
            signal_response_parse(span_of(m->item->bytes, m->item->size), &a);
        assert_non_null(r);
        answered = r->message_case == LIVEKIT__SIGNAL_RESPONSE__MESSAGE_PONG;
        message_free(m);
    }
    arena_fini(&a);
}

static void drops_mail_to_nobody(void **state)
{
    struct fixture *f = *state;
    struct worker_table table = {.workers = {f->worker}, .count = 1};

    message_post(worker_mailbox(f->worker), message_new(MESSAGE_SIGNAL, 5, SPAN_LITERAL("x")));
    message_post(worker_mailbox(f->worker), message_new(MESSAGE_CLOSE, 5, span_of(NULL, 0)));
    worker_emit_sctp(&table, 12, SPAN_LITERAL("no such transport"));
    worker_emit_sctp(&table, UINT64_C(9) << 48, SPAN_LITERAL("no such worker"));
    post_request(f, 901, ENGINE_LIST_ROOMS);
    struct message *m = next_item(f, OUTBOX_REPLY);
    assert_int_equal(m->item->session, 901);
    message_free(m);
}

static void tells_everybody_before_it_is_done(void **state)
{
    struct fixture *f = *state;
    unsigned closed = 0;
    struct message *m;

    post_open(f, 1, "r", "alice");
    post_open(f, 2, "s", "bob");
    message_post(worker_mailbox(f->worker), message_new(MESSAGE_SHUTDOWN, 0, span_of(NULL, 0)));
    while ((m = next(f))->kind != MESSAGE_DONE) {
        closed += m->kind == MESSAGE_ITEM && m->item->kind == OUTBOX_CLOSE;
        message_free(m);
    }
    message_free(m);
    assert_int_equal(closed, 2);
}

static void says_which_address_is_busy(void **state)
{
    struct fixture *f = *state;
    struct addr addrs[2] = {addr_v4(127, 0, 0, 2, 0), addr_v4(127, 0, 0, 1, 0)};
    int error = 0;
    unsigned failed = 9;
    struct udp *holder = udp_new(&addrs[1], 1, &error, &failed);

    assert_non_null(holder);
    addrs[0].port = addrs[1].port = udp_port(holder);
    struct worker_config config = {.dtls = f->dtls,
                                   .cipher = cipher_best(),
                                   .addrs = addrs,
                                   .addr_count = 2,
                                   .node_id = "ND_test",
                                   .control = f->control};
    assert_null(worker_new(&config, &error, &failed));
    assert_int_equal(error, -EADDRINUSE);
    assert_int_equal(failed, 1);
    udp_free(holder);
}

static struct worker_table nobody;

static int setup_group(void **state)
{
    (void)state;
    assoc_global_init(worker_emit_sctp, &nobody);
    return 0;
}

static int teardown_group(void **state)
{
    (void)state;
    assoc_global_fini();
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(says_where_a_room_is, setup, teardown),
        cmocka_unit_test_setup_teardown(answers_requests, setup, teardown),
        cmocka_unit_test_setup_teardown(hears_a_session, setup, teardown),
        cmocka_unit_test_setup_teardown(drops_mail_to_nobody, setup, teardown),
        cmocka_unit_test_setup_teardown(tells_everybody_before_it_is_done, setup, teardown),
        cmocka_unit_test_setup_teardown(says_which_address_is_busy, setup, teardown),
    };
    return cmocka_run_group_tests(tests, setup_group, teardown_group);
}
