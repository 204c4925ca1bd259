/* SPDX-License-Identifier: Apache-2.0 */
/* The tasks' thread: what happens is sent in order, again when it was not taken, and after a
 * restart. */
#include "server/tasks.h"

#include "base/limits.h"
#include "base/log.h"
#include "room/outbox.h"
#include "server/messages.h"
#include "store/webhooks.h"
#include "wire/signal.h"

#include <stdlib.h>

#include "../store/kit.h"
#include "sink.h"

static const uint8_t secret[32] = "x";
static struct sink sink;
static struct token_keys keys;
static struct proxy_nets loopback;
static struct mailbox *control;

/* Sends LiveKit's webhooks to the sink. */
static struct tasks *start(const struct kit *k, const struct proxy_nets *nets, const char *urls)
{
    const struct tasks_config config = {
        .database = k->where, .webhooks = {&keys, urls, nets, secret}, .control = control};
    struct str message;

    str_init(&message);
    struct tasks *t = tasks_new(&config, &message);
    if (!t)
        fail_msg("%s", message.text);
    str_fini(&message);
    return t;
}

static void happen(struct tasks *t, const char *event)
{
    Livekit__WebhookEvent w = LIVEKIT__WEBHOOK_EVENT__INIT;
    Livekit__Room room = LIVEKIT__ROOM__INIT;
    struct outbox o;
    struct arena a;

    arena_init(&a);
    w.event = (char *)(uintptr_t)event;
    w.room = &room;
    room.name = (char *)(uintptr_t) "kitchen";
    outbox_init(&o, NULL, NULL);
    outbox_put(&o, OUTBOX_EVENT, 0, signal_pack(&w.base, &a));
    struct outbox_item *item = outbox_take(&o);
    assert_true(tasks_event(t, item));
    outbox_fini(&o);
    arena_fini(&a);
}

/* Waits until the thread says that it has stored that many. */
static void await_stored(struct tasks *t, unsigned count)
{
    int fd = mailbox_fd(control);

    while (count) {
        struct mail *chain = mailbox_take(control);
        struct message *m;
        if (!chain)
            thread_wait(&fd, 1, clock_now_us() + SINK_WAIT_S * 1000000LL);
        while ((m = message_next(&chain)) != NULL) {
            assert_int_equal(m->kind, MESSAGE_STORED);
            assert_true(m->id <= count);
            count -= (unsigned)m->id;
            tasks_stored(t, m->id);
            message_free(m);
        }
    }
}

static void expect(unsigned n, const char *event)
{
    const struct sink_request *q = sink_await(&sink, n);

    assert_string_equal(q->content_type, "application/webhook+json");
    if (!strstr((const char *)q->body, event))
        fail_msg("%s is not %s", (const char *)q->body, event);
    assert_int_equal(token_verify_body(&keys, span_of_str(q->authorization), clock_unix_ms() / 1000,
                                       span_of(q->body, q->body_size)),
                     TOKEN_OK);
}

static void dispose(struct mail *m)
{
    message_free((struct message *)(void *)m);
}

static void begin(void)
{
    sink_start(&sink);
    control = mailbox_new();
}

static void end(void)
{
    mailbox_free(control, dispose);
    sink_stop(&sink);
}

static void sends_what_happens_in_order(void **state)
{
    begin();
    struct tasks *t = start(*state, &loopback, sink.url);

    happen(t, "room_started");
    happen(t, "participant_joined");
    happen(t, "track_published");
    await_stored(t, 3);
    expect(0, "room_started");
    expect(1, "participant_joined");
    expect(2, "track_published");
    tasks_free(t);
    end();
}

/* The time of what failed, so that nobody has to wait for the next attempt. */
static void hasten(struct kit *k)
{
    assert_int_equal(db_script(k->db, "UPDATE jobs SET run_at = 0"), 0);
}

static int64_t attempts(struct kit *k)
{
    struct db_query *q =
        db_query(k->db, "SELECT coalesce(max(attempts), 0) FROM jobs WHERE id > $1", db_int(0));

    assert_true(db_step(q));
    int64_t n = db_column_int(q, 0);
    assert_int_equal(db_end(q), 0);
    return n;
}

static void await_attempts(struct kit *k, int64_t wanted)
{
    int64_t end_us = clock_now_us() + SINK_WAIT_S * 1000000LL;

    while (attempts(k) < wanted) {
        assert_true(clock_now_us() < end_us);
        thread_wait(NULL, 0, clock_now_us() + 2000);
    }
}

static void sends_again_what_was_not_taken(void **state)
{
    struct kit *k = *state;

    begin();
    sink_answer(&sink, 500, span_of(NULL, 0));
    struct tasks *t = start(k, &loopback, sink.url);
    happen(t, "room_started");
    happen(t, "room_finished");
    await_stored(t, 2);
    expect(0, "room_started");
    await_attempts(k, 1);
    /* A redirect is no taking. */
    sink_redirect(&sink, "http://127.0.0.1:1/");
    hasten(k);
    tasks_wake(t);
    expect(1, "room_started");
    await_attempts(k, 2);
    /* Nor does a restart lose it. */
    tasks_free(t);
    sink_answer(&sink, 204, span_of(NULL, 0));
    hasten(k);
    t = start(k, &loopback, sink.url);
    expect(2, "room_started");
    expect(3, "room_finished");
    assert_string_equal((const char *)sink_await(&sink, 0)->body,
                        (const char *)sink_await(&sink, 2)->body);
    tasks_free(t);
    end();
}

static void gives_up_what_is_too_old(void **state)
{
    struct kit *k = *state;
    const struct job_row old = {.kind = "livekit",
                                .lane = "http://127.0.0.1:1/",
                                .subject = "old",
                                .payload = "{}",
                                .run_ms = 0,
                                .created_ms = 1};

    begin();
    assert_int_equal(jobs_add(k->db, &old, 9), 0);
    assert_int_equal(jobs_add(k->db, &old, 9), 0);
    struct tasks *t = start(k, &loopback, sink.url);
    happen(t, "room_started"); /* in another lane */
    await_stored(t, 1);
    expect(0, "room_started");
    int64_t end_us = clock_now_us() + SINK_WAIT_S * 1000000LL;
    unsigned left = 1;
    while (left) {
        struct job_row list[4];
        assert_true(clock_now_us() < end_us);
        assert_int_equal(jobs_due(k->db, &k->arena, INT64_MAX, 4, list, &left), 0);
        thread_wait(NULL, 0, clock_now_us() + 2000);
    }
    tasks_free(t);
    end();
}

static void reaches_private_networks_only_when_named(void **state)
{
    struct kit *k = *state;
    static const struct proxy_nets none;
    struct webhook_row w = {
        .id = "hook", .events = "", .created_by = "ada", .is_active = true, .created_ms = 1};

    begin();
    w.url = sink.url;
    assert_int_equal(webhooks_add(k->db, &w, 9), 0);
    struct tasks *t = start(k, &none, NULL);
    assert_int_equal(webhook_ping(k->db, "hook", clock_unix_ms()), 0);
    tasks_wake(t);
    await_attempts(k, 1);
    assert_int_equal(sink_count(&sink), 0);
    tasks_free(t);
    hasten(k);
    t = start(k, &loopback, NULL);
    const struct sink_request *q = sink_await(&sink, 0);
    assert_string_equal(q->event, "ping");
    assert_memory_equal(q->signature, "sha256=", 7);
    tasks_free(t);
    end();
}

static void takes_no_more_than_can_wait(void **state)
{
    begin();
    struct tasks *t = start(*state, &loopback, sink.url);
    struct outbox_item *none = NULL;

    happen(t, "room_started");
    await_stored(t, 1);
    tasks_stored(t, (uint64_t) - (int64_t)LIMIT_EVENTS_WAITING);
    assert_false(tasks_event(t, none));
    tasks_stored(t, LIMIT_EVENTS_WAITING);
    happen(t, "room_finished");
    await_stored(t, 1);
    tasks_free(t);
    end();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sends_what_happens_in_order),
        cmocka_unit_test(sends_again_what_was_not_taken),
        cmocka_unit_test(gives_up_what_is_too_old),
        cmocka_unit_test(reaches_private_networks_only_when_named),
        cmocka_unit_test(takes_no_more_than_can_wait),
    };

    token_keys_add(&keys, "APIkey", "a secret of thirty-two characters");
    assert_true(proxy_parse("127.0.0.1", &loopback));
    int failed = KIT_MAIN(tests);
    token_keys_fini(&keys);
    return failed;
}
