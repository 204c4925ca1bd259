/* SPDX-License-Identifier: Apache-2.0 */
/* Data channels of two ends in one process, joined by a queue of SCTP packets. Time is the test's.
 */
#include "rtc/channel.h"

#include "base/mem.h"
#include "wire/dcep.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <sys/time.h>

#include <cmocka.h>

static int64_t clock_us = 1000000000;

/* Takes the C library's place for usrsctp. */
int gettimeofday(struct timeval *restrict now, void *restrict zone)
{
    (void)zone;
    now->tv_sec = clock_us / 1000000;
    now->tv_usec = clock_us % 1000000;
    return 0;
}

struct mail {
    struct mail *next;
    uint64_t from;
    size_t size;
    uint8_t bytes[];
};

static struct {
    struct mail *first, **last;
    unsigned sent;
    bool blocked;
} post = {.last = &post.first};

static void on_emit(void *arg, uint64_t id, struct span packet)
{
    (void)arg;
    post.sent++;
    if (post.blocked)
        return;
    struct mail *m = xmalloc(sizeof *m + packet.size);
    m->next = NULL;
    m->from = id;
    m->size = packet.size;
    memcpy(m->bytes, packet.data, packet.size);
    *post.last = m;
    post.last = &m->next;
}

struct pair {
    struct channels *server, *client;
    uint64_t id_server, id_client;
};

static struct mail *take(void)
{
    struct mail *m = post.first;
    if (m)
        post.first = m->next;
    if (!post.first)
        post.last = &post.first;
    return m;
}

static void deliver(struct pair *p)
{
    struct mail *m;
    for (unsigned n = 0; n < 10000 && (m = take()); n++) {
        struct span packet = span_of(m->bytes, m->size);
        if (m->from == p->id_server && p->client)
            channels_on_packet(p->client, packet);
        else if (m->from == p->id_client && p->server)
            channels_on_packet(p->server, packet);
        free(m);
    }
}

static void pass_ms(struct pair *p, unsigned ms)
{
    for (unsigned at = 0; at < ms; at += 10) {
        deliver(p);
        clock_us += 10000;
        assoc_global_on_time(10);
    }
    deliver(p);
}

static void pair_init(struct pair *p)
{
    static uint64_t last_id = 100;
    p->id_server = ++last_id;
    p->id_client = ++last_id;
    p->server = channels_new(p->id_server, true);
    p->client = channels_new(p->id_client, false);
}

static void pair_fini(struct pair *p)
{
    channels_free(p->server);
    channels_free(p->client);
    p->server = p->client = NULL;
    deliver(p);
}

/* Nothing for the application to read; what there is for the channels themselves is done. */
static void settle(struct pair *p)
{
    struct channel_message m;
    for (int i = 0; i < 4; i++) {
        deliver(p);
        assert_false(channels_next(p->server, &m));
        assert_false(channels_next(p->client, &m));
    }
}

/* DTLS is up at both ends. */
static void connect_ends(struct pair *p)
{
    channels_flush(p->server);
    channels_flush(p->client);
    settle(p);
}

static void assert_gets(struct pair *p, struct channels *to, enum channel_label label,
                        struct span bytes)
{
    struct channel_message m;
    pass_ms(p, 50);
    assert_true(channels_next(to, &m));
    assert_int_equal(m.label, label);
    assert_true(span_equal(m.bytes, bytes));
}

static void test_nothing_wanted_costs_nothing(void **state)
{
    (void)state;
    struct pair p;
    pair_init(&p);
    unsigned sent = post.sent;
    connect_ends(&p);
    assert_int_equal(post.sent, sent);
    assert_false(channels_lost(p.server));
    pair_fini(&p);
}

static void test_opened_by_the_client(void **state)
{
    (void)state;
    struct pair p;
    pair_init(&p);
    channels_open(p.client, CHANNEL_LOSSY);
    channels_open(p.client, CHANNEL_RELIABLE);
    channels_open(p.client, CHANNEL_DATA_TRACK);
    assert_false(channels_is_open(p.client, CHANNEL_RELIABLE));
    connect_ends(&p);
    for (unsigned label = 0; label < CHANNEL_OTHER; label++) {
        assert_true(channels_is_open(p.client, (enum channel_label)label));
        assert_true(channels_is_open(p.server, (enum channel_label)label));
        /* Both directions of one channel. */
        assert_int_equal(channels_send(p.client, (enum channel_label)label, SPAN_LITERAL("up")),
                         CHANNEL_SENT);
        assert_gets(&p, p.server, (enum channel_label)label, SPAN_LITERAL("up"));
        assert_int_equal(channels_send(p.server, (enum channel_label)label, SPAN_LITERAL("down")),
                         CHANNEL_SENT);
        assert_gets(&p, p.client, (enum channel_label)label, SPAN_LITERAL("down"));
    }
    pair_fini(&p);
}

static void test_opened_by_both(void **state)
{
    (void)state;
    struct pair p;
    pair_init(&p);
    channels_open(p.client, CHANNEL_RELIABLE);
    channels_open(p.server, CHANNEL_RELIABLE);
    connect_ends(&p);
    channels_open(p.server, CHANNEL_LOSSY); /* later on, at once */
    settle(&p);
    assert_true(channels_is_open(p.server, CHANNEL_LOSSY));
    assert_true(channels_is_open(p.client, CHANNEL_LOSSY));
    assert_int_equal(channels_send(p.client, CHANNEL_RELIABLE, SPAN_LITERAL("a")), CHANNEL_SENT);
    assert_gets(&p, p.server, CHANNEL_RELIABLE, SPAN_LITERAL("a"));
    assert_int_equal(channels_send(p.server, CHANNEL_RELIABLE, SPAN_LITERAL("b")), CHANNEL_SENT);
    assert_gets(&p, p.client, CHANNEL_RELIABLE, SPAN_LITERAL("b"));
    pair_fini(&p);
}

static void test_sizes(void **state)
{
    (void)state;
    static const size_t sizes[] = {0, 1, 1200, 15000, LIMIT_DATA_MESSAGE};
    static uint8_t bytes[LIMIT_DATA_MESSAGE + 1];
    struct pair p;
    pair_init(&p);
    channels_open(p.client, CHANNEL_RELIABLE);
    connect_ends(&p);
    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
        memset(bytes, (int)i + 1, sizes[i]);
        struct channels *from = i % 2 ? p.server : p.client;
        assert_int_equal(channels_send(from, CHANNEL_RELIABLE, span_of(bytes, sizes[i])),
                         CHANNEL_SENT);
        pass_ms(&p, 100);
        assert_gets(&p, i % 2 ? p.client : p.server, CHANNEL_RELIABLE, span_of(bytes, sizes[i]));
    }
    assert_int_equal(channels_send(p.client, CHANNEL_RELIABLE, span_of(bytes, sizeof bytes)),
                     CHANNEL_DROPPED);
    settle(&p);
    pair_fini(&p);
}

static void test_before_it_is_open(void **state)
{
    (void)state;
    struct pair p;
    pair_init(&p);
    assert_int_equal(channels_send(p.server, CHANNEL_RELIABLE, SPAN_LITERAL("1")), CHANNEL_QUEUED);
    assert_int_equal(channels_send(p.server, CHANNEL_RELIABLE, SPAN_LITERAL("")), CHANNEL_QUEUED);
    assert_int_equal(channels_send(p.server, CHANNEL_LOSSY, SPAN_LITERAL("x")), CHANNEL_DROPPED);
    assert_int_equal(channels_send(p.server, CHANNEL_OTHER, SPAN_LITERAL("x")), CHANNEL_DROPPED);
    assert_true(channels_queued(p.server) > 0);
    channels_open(p.client, CHANNEL_RELIABLE);
    channels_flush(p.client);
    struct channel_message m;
    pass_ms(&p, 50);
    assert_false(channels_next(p.server, &m)); /* the OPEN: what was queued goes out */
    assert_int_equal(channels_queued(p.server), 0);
    assert_gets(&p, p.client, CHANNEL_RELIABLE, SPAN_LITERAL("1"));
    assert_gets(&p, p.client, CHANNEL_RELIABLE, SPAN_LITERAL(""));
    pair_fini(&p);
}

static void test_slow_reader(void **state)
{
    (void)state;
    static uint8_t bytes[16000];
    struct pair p;
    pair_init(&p);
    channels_open(p.server, CHANNEL_RELIABLE);
    channels_open(p.server, CHANNEL_LOSSY);
    connect_ends(&p);
    post.blocked = true;
    enum channel_sent result;
    unsigned accepted = 0, direct = 0, got = 0;
    while ((result = channels_send(p.server, CHANNEL_RELIABLE, span_of(bytes, sizeof bytes))) <
           CHANNEL_DROPPED) {
        accepted++;
        direct += result == CHANNEL_SENT;
    }
    assert_int_equal(result, CHANNEL_TOO_SLOW);
    assert_in_range(direct, 8, 20);
    assert_in_range(channels_queued(p.server), LIMIT_RELIABLE_BACKLOG - 20000,
                    LIMIT_RELIABLE_BACKLOG);
    assert_int_equal(channels_send(p.server, CHANNEL_LOSSY, SPAN_LITERAL("x")), CHANNEL_DROPPED);
    /* The reader is back: everything arrives. */
    post.blocked = false;
    for (int i = 0; i < 2000 && got < accepted; i++) {
        struct channel_message m;
        pass_ms(&p, 20);
        channels_flush(p.server);
        while (channels_next(p.client, &m)) {
            got += m.label == CHANNEL_RELIABLE && m.bytes.size == sizeof bytes;
        }
        assert_false(channels_next(p.server, &m));
    }
    assert_int_equal(got, accepted);
    assert_int_equal(channels_queued(p.server), 0);
    pair_fini(&p);
}

static void test_loss_of_the_peer(void **state)
{
    (void)state;
    struct pair p;
    pair_init(&p);
    channels_open(p.client, CHANNEL_RELIABLE);
    connect_ends(&p);
    assert_false(channels_lost(p.server));
    channels_free(p.client);
    p.client = NULL;
    deliver(&p);
    assert_true(channels_lost(p.server));
    pair_fini(&p);
}

/* A peer that speaks SCTP by itself. */

struct raw {
    struct channels *server;
    struct assoc *peer;
    uint64_t id_server, id_peer;
};

static void raw_deliver(struct raw *r)
{
    struct mail *m;
    while ((m = take())) {
        if (m->from == r->id_server && r->peer)
            assoc_on_packet(r->peer, span_of(m->bytes, m->size));
        else if (m->from == r->id_peer && r->server)
            channels_on_packet(r->server, span_of(m->bytes, m->size));
        free(m);
    }
}

static void raw_init(struct raw *r)
{
    static uint64_t last_id = 1000;
    r->id_server = ++last_id;
    r->id_peer = ++last_id;
    r->server = channels_new(r->id_server, true);
    channels_flush(r->server);
    r->peer = assoc_new(r->id_peer);
    assert_non_null(r->peer);
    raw_deliver(r);
    assert_true(assoc_up(r->peer));
}

static void raw_fini(struct raw *r)
{
    channels_free(r->server);
    assoc_free(r->peer);
    r->server = NULL;
    r->peer = NULL;
    raw_deliver(r);
}

static void raw_send(struct raw *r, uint16_t stream, uint32_t ppid, struct span bytes)
{
    struct assoc_send how = {.stream = stream, .ppid = ppid, .max_retransmits = -1};
    assert_int_equal(assoc_send(r->peer, &how, bytes), 0);
    raw_deliver(r);
}

static void raw_open(struct raw *r, uint16_t stream, const char *label)
{
    uint8_t buffer[128];
    struct writer w = writer_of(buffer, sizeof buffer);
    dcep_write_open(&w, &(struct dcep_open){.label = span_of_str(label)});
    raw_send(r, stream, SCTP_PPID_DCEP, writer_span(&w));
}

static bool raw_gets_ack(struct raw *r, uint16_t stream)
{
    struct assoc_message m;
    raw_deliver(r);
    return assoc_next_message(r->peer, &m) && m.stream == stream && m.ppid == SCTP_PPID_DCEP &&
           dcep_is_ack(m.bytes);
}

static void test_payload_protocols(void **state)
{
    (void)state;
    static const struct {
        uint32_t ppid;
        bool delivered, text, empty;
    } cases[] = {
        {SCTP_PPID_STRING, true, true, false},
        {SCTP_PPID_BINARY, true, false, false},
        {SCTP_PPID_STRING_EMPTY, true, true, true},
        {SCTP_PPID_BINARY_EMPTY, true, false, true},
        {0, false, false, false},
        {52, false, false, false},
        {54, false, false, false},
    };
    struct raw r;
    struct channel_message m;
    raw_init(&r);
    raw_open(&r, 4, "chat");
    assert_false(channels_next(r.server, &m));
    assert_true(raw_gets_ack(&r, 4));
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        raw_send(&r, 4, cases[i].ppid, SPAN_LITERAL("z"));
        assert_int_equal(channels_next(r.server, &m), cases[i].delivered);
        if (cases[i].delivered) {
            assert_int_equal(m.label, CHANNEL_OTHER);
            assert_int_equal(m.text, cases[i].text);
            assert_int_equal(m.bytes.size, cases[i].empty ? 0 : 1);
            assert_false(channels_next(r.server, &m));
        }
    }
    /* A stream that was never opened. */
    raw_send(&r, 6, SCTP_PPID_BINARY, SPAN_LITERAL("z"));
    assert_false(channels_next(r.server, &m));
    raw_fini(&r);
}

static void test_hostile_opens(void **state)
{
    (void)state;
    struct raw r;
    struct channel_message m;
    raw_init(&r);
    raw_send(&r, 0, SCTP_PPID_DCEP, SPAN_LITERAL("\3"));
    raw_send(&r, 0, SCTP_PPID_DCEP, SPAN_LITERAL("\2")); /* an ACK of nothing */
    raw_send(&r, 0, SCTP_PPID_DCEP, SPAN_LITERAL("\xff rubbish"));
    assert_false(channels_next(r.server, &m));
    assert_false(channels_is_open(r.server, CHANNEL_RELIABLE));
    /* Every stream, and each twice. */
    unsigned acks = 0;
    for (unsigned n = 0; n < 2 * ASSOC_STREAMS; n++) {
        raw_open(&r, (uint16_t)(n % ASSOC_STREAMS), n == 3 ? "_reliable" : "x");
        assert_false(channels_next(r.server, &m));
        acks += raw_gets_ack(&r, (uint16_t)(n % ASSOC_STREAMS));
    }
    assert_int_equal(acks, 2 * LIMIT_DATA_CHANNELS);
    /* No room for ours: it is refused, not confused with another. */
    channels_open(r.server, CHANNEL_LOSSY);
    channels_flush(r.server);
    assert_false(channels_is_open(r.server, CHANNEL_LOSSY));
    raw_fini(&r);
}

static void test_closed_by_the_peer(void **state)
{
    (void)state;
    struct raw r;
    struct channel_message m;
    struct assoc_message answer;
    raw_init(&r);
    raw_open(&r, 2, "_reliable");
    assert_false(channels_next(r.server, &m));
    assert_true(raw_gets_ack(&r, 2));
    assert_true(channels_is_open(r.server, CHANNEL_RELIABLE));
    assoc_close_stream(r.peer, 2);
    raw_deliver(&r);
    assert_false(channels_next(r.server, &m));
    assert_false(channels_is_open(r.server, CHANNEL_RELIABLE));
    raw_deliver(&r);
    assert_true(assoc_next_message(r.peer, &answer));
    assert_true(answer.closed && answer.stream == 2);
    /* And opened anew. */
    raw_open(&r, 2, "_lossy");
    assert_false(channels_next(r.server, &m));
    assert_true(raw_gets_ack(&r, 2));
    assert_true(channels_is_open(r.server, CHANNEL_LOSSY));
    raw_fini(&r);
}

static int setup(void **state)
{
    (void)state;
    assoc_global_init(on_emit, NULL);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    assoc_global_fini();
    struct mail *m;
    while ((m = take()))
        free(m);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_nothing_wanted_costs_nothing),
        cmocka_unit_test(test_opened_by_the_client),
        cmocka_unit_test(test_opened_by_both),
        cmocka_unit_test(test_sizes),
        cmocka_unit_test(test_before_it_is_open),
        cmocka_unit_test(test_slow_reader),
        cmocka_unit_test(test_loss_of_the_peer),
        cmocka_unit_test(test_payload_protocols),
        cmocka_unit_test(test_hostile_opens),
        cmocka_unit_test(test_closed_by_the_peer),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
