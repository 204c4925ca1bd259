/* SPDX-License-Identifier: Apache-2.0 */
/* A server's and a client's transport joined by a network of lists, in virtual time: how they
 * connect with loss and disorder, what they refuse, media and data both ways, restarts, new
 * addresses, silence. */
#include "rtc/transport.h"

#include "base/mem.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <sys/time.h>

#include <cmocka.h>

#define STEP_US 10000
#define NONE (-1)

struct datagram {
    struct datagram *next;
    struct addr from, to;
    size_t size;
    uint8_t bytes[];
};

struct end {
    struct transport *transport;
    struct addr addr;
    uint64_t id;
    enum transport_packet last; /* of the last packet that was RTP, RTCP or dropped */
    enum drop drop;
    int64_t index;
    struct packet packet;
};

/* All there is outside the transports. */
static struct {
    int64_t now_us;
    struct datagram *first, **last; /* on their way */
    struct datagram *sctp,
        **sctp_last; /* mail of usrsctp's: `size` bytes for the transport with id to.port */
    struct end server, client;
    int sent, lose;
    unsigned dtls_handshake; /* datagrams of it */
    bool reverse, silent;
} net;

static struct dtls_context *server_ctx, *client_ctx;

/* Takes the C library's place for usrsctp. */
int gettimeofday(struct timeval *restrict now, void *restrict zone)
{
    (void)zone;
    now->tv_sec = net.now_us / 1000000;
    now->tv_usec = net.now_us % 1000000;
    return 0;
}

static struct datagram *copy(struct span bytes)
{
    struct datagram *d = xcalloc(1, sizeof *d + bytes.size);
    d->size = bytes.size;
    memcpy(d->bytes, bytes.data, bytes.size);
    return d;
}

static void on_sctp(void *arg, uint64_t id, struct span packet)
{
    (void)arg;
    struct datagram *d = copy(packet);
    d->to.port = (uint16_t)id;
    *net.sctp_last = d;
    net.sctp_last = &d->next;
}

static void on_send(void *arg, const struct addr *to, struct span datagram)
{
    const struct end *from = arg;
    assert_true(datagram.size > 0 && datagram.size <= 1300);
    net.dtls_handshake += datagram.data[0] == 22;
    if (net.silent || net.sent++ == net.lose)
        return;
    struct datagram *d = copy(datagram);
    d->from = from->addr;
    d->to = *to;
    if (net.reverse) {
        d->next = net.first;
        net.first = d;
        if (!d->next)
            net.last = &d->next;
    } else {
        *net.last = d;
        net.last = &d->next;
    }
}

static enum transport_packet give(struct end *e, const struct addr *from, struct span bytes)
{
    struct packet *p = &e->packet;
    assert_true(bytes.size <= sizeof p->data);
    p->from = *from;
    p->size = (uint32_t)bytes.size;
    memcpy(p->data, bytes.data, bytes.size);
    enum drop drop;
    int64_t index;
    enum transport_packet kind = transport_on_packet(e->transport, net.now_us, p, &index, &drop);
    assert_int_equal(kind == TRANSPORT_DROPPED, drop != DROP_NONE);
    if (kind != TRANSPORT_HANDLED) {
        e->last = kind;
        e->drop = drop;
        e->index = index;
    }
    return kind;
}

static void mail_sctp(void)
{
    while (net.sctp) {
        struct datagram *d = net.sctp;
        net.sctp = d->next;
        if (!net.sctp)
            net.sctp_last = &net.sctp;
        if (d->to.port == net.server.id && net.server.transport)
            transport_send_sctp(net.server.transport, span_of(d->bytes, d->size));
        else if (d->to.port == net.client.id && net.client.transport)
            transport_send_sctp(net.client.transport, span_of(d->bytes, d->size));
        free(d);
    }
}

/* Until nothing is on its way. */
static void deliver(void)
{
    for (int i = 0; i < 100000; i++) {
        mail_sctp();
        struct datagram *d = net.first;
        if (!d)
            return;
        net.first = d->next;
        if (!net.first)
            net.last = &net.first;
        if (addr_equal(&d->to, &net.server.addr) && net.server.transport)
            give(&net.server, &d->from, span_of(d->bytes, d->size));
        else if (addr_equal(&d->to, &net.client.addr) && net.client.transport)
            give(&net.client, &d->from, span_of(d->bytes, d->size));
        free(d);
    }
    fail_msg("the network does not come to rest");
}

static void pass_ms(unsigned ms)
{
    for (unsigned at = 0; at < ms; at += STEP_US / 1000) {
        int64_t a = transport_on_time(net.server.transport, net.now_us);
        int64_t b = transport_on_time(net.client.transport, net.now_us);
        assert_true(a > net.now_us && b > net.now_us);
        deliver();
        net.now_us += STEP_US;
        assoc_global_on_time(STEP_US / 1000);
    }
}

static void end_init(struct end *e, enum dtls_role role, struct addr addr)
{
    static uint64_t last_id;
    struct transport_host host = {
        .arg = e,
        .send = on_send,
        .dtls = role == DTLS_SERVER ? server_ctx : client_ctx,
        .cipher = cipher_best(),
    };
    *e = (struct end){.addr = addr, .id = ++last_id};
    e->transport = transport_new(&host, e->id, role);
    assert_int_equal(transport_id(e->transport), e->id);
    transport_set_owner(e->transport, e);
    assert_ptr_equal(transport_owner(e->transport), e);
}

static void ends_init(void)
{
    net.now_us = 1000000000;
    net.last = &net.first;
    net.sctp_last = &net.sctp;
    net.lose = NONE;
    net.sent = 0;
    net.dtls_handshake = 0;
    net.reverse = net.silent = false;
    end_init(&net.server, DTLS_SERVER, addr_v4(192, 0, 2, 1, 7882));
    end_init(&net.client, DTLS_CLIENT, addr_v4(198, 51, 100, 7, 40000));
}

static void ends_fini(void)
{
    transport_free(net.server.transport);
    net.server.transport = NULL;
    transport_free(net.client.transport);
    net.client.transport = NULL;
    deliver();
}

static bool describe(struct end *to, const struct end *from, const uint8_t fingerprint[32])
{
    const struct ice *ice = transport_ice(from->transport);
    return transport_set_remote(to->transport, ice->local.ufrag, ice->local.pwd, fingerprint);
}

static void signal_all(void)
{
    assert_true(describe(&net.server, &net.client, dtls_context_fingerprint(client_ctx)));
    assert_true(describe(&net.client, &net.server, dtls_context_fingerprint(server_ctx)));
}

static bool both(enum transport_state state)
{
    return transport_state(net.server.transport) == state &&
           transport_state(net.client.transport) == state;
}

static void connect_ends(void)
{
    ends_init();
    signal_all();
    transport_connect(net.client.transport, net.now_us, &net.server.addr);
    pass_ms(20);
    assert_true(both(TRANSPORT_CONNECTED));
}

/* Media. */

#define HEADER 12

static struct span seal_rtp(struct end *from, uint16_t seq, uint8_t *out)
{
    const uint8_t header[HEADER] = {0x80, 96, (uint8_t)(seq >> 8), (uint8_t)seq, 0, 0, 0, 1, 0, 0,
                                    0,    9};
    memcpy(out, header, HEADER);
    size_t size =
        srtp_seal_rtp(transport_srtp(from->transport), out, HEADER, SPAN_LITERAL("a picture"), seq);
    return span_of(out, size);
}

static void assert_rtp_passes(struct end *from, struct end *to, uint16_t seq)
{
    uint8_t bytes[200];
    struct span sealed = seal_rtp(from, seq, bytes);
    assert_true(addr_equal(transport_remote(from->transport), &to->addr));
    assert_int_equal(give(to, &from->addr, sealed), TRANSPORT_RTP);
    assert_int_equal(to->index, 65536 + seq);
    assert_int_equal(to->packet.size, HEADER + 9);
    assert_memory_equal(to->packet.data + HEADER, "a picture", 9);
}

static void assert_media_passes(void)
{
    static uint16_t seq;
    seq++;
    assert_rtp_passes(&net.client, &net.server, seq);
    assert_rtp_passes(&net.server, &net.client, seq);
}

static void assert_dropped(struct end *e, const struct addr *from, struct span bytes, enum drop why)
{
    assert_int_equal(give(e, from, bytes), TRANSPORT_DROPPED);
    assert_int_equal(e->drop, why);
}

static void test_connect(void **state)
{
    (void)state;
    ends_init();
    assert_true(both(TRANSPORT_NEW));
    assert_null(transport_srtp(net.server.transport));
    assert_true(transport_on_time(net.server.transport, net.now_us) == TIME_NEVER);
    signal_all();
    transport_connect(net.client.transport, net.now_us, &net.server.addr);
    pass_ms(20);
    assert_true(both(TRANSPORT_CONNECTED));
    assert_true(addr_equal(transport_remote(net.server.transport), &net.client.addr));
    assert_media_passes();
    ends_fini();
}

static void test_checks_come_before_the_answer(void **state)
{
    (void)state;
    ends_init();
    assert_true(describe(&net.client, &net.server, dtls_context_fingerprint(server_ctx)));
    transport_connect(net.client.transport, net.now_us, &net.server.addr);
    pass_ms(300);
    assert_int_equal(transport_state(net.server.transport), TRANSPORT_NEW);
    assert_null(transport_srtp(net.server.transport));
    assert_true(describe(&net.server, &net.client, dtls_context_fingerprint(client_ctx)));
    assert_true(both(TRANSPORT_CONNECTED));
    assert_media_passes();
    ends_fini();
}

static void test_each_datagram_lost_once(void **state)
{
    (void)state;
    for (int lose = 0, sent = 0; lose <= sent; lose++) {
        ends_init();
        net.lose = lose;
        signal_all();
        transport_connect(net.client.transport, net.now_us, &net.server.addr);
        pass_ms(20);
        if (!both(TRANSPORT_CONNECTED))
            pass_ms(3000);
        assert_true(both(TRANSPORT_CONNECTED));
        sent = net.sent;
        assert_media_passes();
        ends_fini();
    }
}

static void test_disorder(void **state)
{
    (void)state;
    ends_init();
    net.reverse = true;
    signal_all();
    transport_connect(net.client.transport, net.now_us, &net.server.addr);
    pass_ms(3000);
    assert_true(both(TRANSPORT_CONNECTED));
    net.reverse = false;
    assert_media_passes();
    ends_fini();
}

static void test_wrong_fingerprint(void **state)
{
    (void)state;
    ends_init();
    assert_true(describe(&net.server, &net.client, dtls_context_fingerprint(server_ctx)));
    assert_true(describe(&net.client, &net.server, dtls_context_fingerprint(server_ctx)));
    transport_connect(net.client.transport, net.now_us, &net.server.addr);
    pass_ms(100);
    assert_true(both(TRANSPORT_FAILED));
    assert_null(transport_srtp(net.server.transport));
    assert_true(transport_on_time(net.server.transport, net.now_us) == TIME_NEVER);
    uint8_t rtp[40] = {0x80, 96};
    assert_dropped(&net.server, &net.client.addr, span_of(rtp, sizeof rtp), DROP_NOT_FOR_US);
    transport_free(net.server.transport);
    transport_free(net.client.transport);
    net.server.transport = net.client.transport = NULL;
    deliver();
}

static void test_remote_descriptions(void **state)
{
    (void)state;
    char long_text[ICE_REMOTE_MAX + 2];
    memset(long_text, 'a', sizeof long_text - 1);
    long_text[sizeof long_text - 1] = '\0';
    ends_init();
    struct transport *t = net.server.transport;
    assert_false(transport_set_remote(t, long_text, "pwd", NULL));
    assert_false(transport_set_remote(t, "ufrag", long_text, NULL));
    assert_true(transport_set_remote(t, long_text + 1, long_text + 1, NULL));
    assert_true(transport_set_remote(t, "u", "p", dtls_context_fingerprint(client_ctx)));
    assert_true(transport_set_remote(t, "u2", "p2", NULL));
    assert_string_equal(transport_ice(t)->remote_ufrag, "u2");
    assert_false(transport_set_remote(t, "u3", "p3", dtls_context_fingerprint(server_ctx)));
    assert_string_equal(transport_ice(t)->remote_ufrag, "u2");
    ends_fini();
}

static void test_media_is_judged(void **state)
{
    (void)state;
    uint8_t bytes[200];
    connect_ends();
    struct span sealed = seal_rtp(&net.client, 500, bytes);
    assert_int_equal(give(&net.server, &net.client.addr, sealed), TRANSPORT_RTP);
    assert_dropped(&net.server, &net.client.addr, sealed, DROP_REPLAY);
    sealed = seal_rtp(&net.client, 501, bytes);
    bytes[HEADER] ^= 1;
    assert_dropped(&net.server, &net.client.addr, sealed, DROP_AUTH);
    bytes[HEADER] ^= 1;
    assert_int_equal(give(&net.server, &net.client.addr, sealed), TRANSPORT_RTP);
    assert_dropped(&net.server, &net.client.addr, span_first(sealed, HEADER + 3), DROP_MALFORMED);
    assert_dropped(&net.server, &net.client.addr, SPAN_LITERAL("\xff what is this"),
                   DROP_MALFORMED);
    ends_fini();
    ends_init();
    uint8_t rtp[40] = {0x80, 96};
    assert_dropped(&net.server, &net.client.addr, span_of(rtp, sizeof rtp), DROP_NO_KEYS);
    rtp[1] = 200;
    assert_dropped(&net.server, &net.client.addr, span_of(rtp, sizeof rtp), DROP_NO_KEYS);
    ends_fini();
}

static void test_rtcp(void **state)
{
    (void)state;
    static const uint8_t report[] = {0x80, 201, 0, 1, 0, 0, 0, 5};
    ends_init();
    transport_send_rtcp(net.server.transport,
                        span_of(report, sizeof report)); /* no keys: nothing */
    assert_int_equal(net.sent, 0);
    ends_fini();
    connect_ends();
    struct end *from[] = {&net.server, &net.client}, *to[] = {&net.client, &net.server};
    for (int i = 0; i < 2; i++) {
        to[i]->last = TRANSPORT_DROPPED;
        transport_send_rtcp(from[i]->transport, span_of(report, sizeof report));
        deliver();
        assert_int_equal(to[i]->last, TRANSPORT_RTCP);
        assert_true(span_equal(span_of(to[i]->packet.data, to[i]->packet.size),
                               span_of(report, sizeof report)));
    }
    ends_fini();
}

/* A message passes in each direction. */
static void assert_message_passes(struct end *from, struct end *to, struct span bytes)
{
    struct channel_message m;
    bool got = false;
    assert_int_equal(channels_send(transport_channels(from->transport), CHANNEL_RELIABLE, bytes),
                     CHANNEL_SENT);
    for (int i = 0; i < 100 && !got; i++) {
        pass_ms(10);
        got = channels_next(transport_channels(to->transport), &m);
        if (got) {
            assert_int_equal(m.label, CHANNEL_RELIABLE);
            assert_true(span_equal(m.bytes, bytes));
        }
        assert_false(channels_next(transport_channels(from->transport), &m));
    }
    assert_true(got);
}

static void open_channels(void)
{
    struct channel_message m;
    channels_open(transport_channels(net.client.transport), CHANNEL_RELIABLE);
    for (int i = 0; i < 20; i++) {
        pass_ms(10);
        assert_false(channels_next(transport_channels(net.server.transport), &m));
        assert_false(channels_next(transport_channels(net.client.transport), &m));
    }
    assert_true(channels_is_open(transport_channels(net.server.transport), CHANNEL_RELIABLE));
    assert_true(channels_is_open(transport_channels(net.client.transport), CHANNEL_RELIABLE));
}

static void test_data(void **state)
{
    (void)state;
    static const size_t sizes[] = {1, 100, 1200, 20000, LIMIT_DATA_MESSAGE};
    static uint8_t bytes[LIMIT_DATA_MESSAGE];
    connect_ends();
    open_channels();
    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
        for (size_t n = 0; n < sizes[i]; n++)
            bytes[n] = (uint8_t)(n * 13 + i);
        assert_message_passes(&net.client, &net.server, span_of(bytes, sizes[i]));
        assert_message_passes(&net.server, &net.client, span_of(bytes, sizes[i]));
    }
    assert_media_passes();
    ends_fini();
}

static void test_queued_data_is_flushed_in_time(void **state)
{
    (void)state;
    static uint8_t bytes[60000];
    connect_ends();
    open_channels();
    struct channels *sender = transport_channels(net.server.transport);
    unsigned sent = 0, got = 0;
    while (channels_send(sender, CHANNEL_RELIABLE, span_of(bytes, sizeof bytes)) == CHANNEL_SENT)
        sent++;
    sent++; /* the last one was queued */
    assert_true(channels_queued(sender) > 0);
    int64_t next = transport_on_time(net.server.transport, net.now_us);
    assert_in_range(next - net.now_us, 1, 20000);
    for (int i = 0; i < 200; i++) {
        struct channel_message m;
        pass_ms(10);
        while (channels_next(transport_channels(net.client.transport), &m))
            got++;
    }
    assert_int_equal(got, sent);
    assert_true(transport_on_time(net.server.transport, net.now_us) - net.now_us > 20000);
    ends_fini();
}

static void test_ice_restart_keeps_the_session(void **state)
{
    (void)state;
    connect_ends();
    open_channels();
    unsigned handshake = net.dtls_handshake;
    char old_ufrag[ICE_UFRAG_SIZE + 1];
    memcpy(old_ufrag, transport_ice(net.server.transport)->local.ufrag, sizeof old_ufrag);
    transport_restart_ice(net.client.transport);
    transport_restart_ice(net.server.transport);
    assert_string_not_equal(transport_ice(net.server.transport)->local.ufrag, old_ufrag);
    assert_media_passes(); /* meanwhile */
    assert_true(describe(&net.server, &net.client, NULL));
    assert_true(describe(&net.client, &net.server, NULL));
    net.client.addr = addr_v4(203, 0, 113, 5, 50000);
    pass_ms(100);
    assert_int_equal(transport_ice(net.server.transport)->previous.ufrag[0], 0);
    assert_true(both(TRANSPORT_CONNECTED));
    assert_int_equal(net.dtls_handshake, handshake);
    assert_media_passes();
    assert_message_passes(&net.server, &net.client, SPAN_LITERAL("still here"));
    pass_ms(20000);
    assert_true(both(TRANSPORT_CONNECTED));
    ends_fini();
}

static void test_new_address(void **state)
{
    (void)state;
    connect_ends();
    open_channels();
    net.client.addr = addr_v4(203, 0, 113, 5, 50000);
    pass_ms(3000); /* until the next keepalive */
    assert_true(addr_equal(transport_remote(net.server.transport), &net.client.addr));
    assert_media_passes();
    assert_message_passes(&net.server, &net.client, SPAN_LITERAL("found you"));
    ends_fini();
}

static void test_silence(void **state)
{
    (void)state;
    connect_ends();
    pass_ms(60000);
    assert_true(both(TRANSPORT_CONNECTED));
    net.silent = true;
    pass_ms(LIMIT_ICE_SILENCE_US / 1000 - 2500);
    assert_true(both(TRANSPORT_CONNECTED));
    pass_ms(3000);
    assert_true(both(TRANSPORT_FAILED));
    uint8_t bytes[200] = {0x80, 96};
    assert_dropped(&net.server, &net.client.addr, span_of(bytes, 60), DROP_NOT_FOR_US);
    ends_fini();
}

static void test_close(void **state)
{
    (void)state;
    connect_ends();
    transport_close(net.client.transport);
    assert_int_equal(transport_state(net.client.transport), TRANSPORT_CLOSED);
    deliver();
    assert_true(both(TRANSPORT_CLOSED));
    int sent = net.sent;
    pass_ms(5000);
    transport_close(net.server.transport);
    assert_int_equal(net.sent, sent);
    ends_fini();
}

static void test_strangers(void **state)
{
    (void)state;
    struct addr stranger = addr_v4(203, 0, 113, 99, 9);
    static const uint8_t dtls[] = {22, 0xfe, 0xfd, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 1};
    ends_init();
    signal_all();
    assert_dropped(&net.server, &stranger, span_of(dtls, sizeof dtls), DROP_NOT_FOR_US);
    /* A check with a wrong password. */
    uint8_t buffer[300], transaction[12] = {1};
    char name[64];
    struct writer w = writer_of(buffer, sizeof buffer), username = writer_of(name, sizeof name);
    writer_bytes(&username, span_of_str(transport_ice(net.server.transport)->local.ufrag));
    writer_bytes(&username, SPAN_LITERAL(":x"));
    struct stun_check check = {.transaction = span_of(transaction, sizeof transaction),
                               .username = writer_span(&username),
                               .password = SPAN_LITERAL("a guess"),
                               .controlling = true,
                               .use_candidate = true};
    stun_write_check(&w, &check);
    assert_dropped(&net.server, &stranger, writer_span(&w), DROP_ICE_AUTH);
    assert_dropped(&net.server, &stranger, span_of(dtls, sizeof dtls), DROP_NOT_FOR_US);
    assert_int_equal(net.sent, 0);
    ends_fini();
}

/* A client that starts DTLS on an address it has checked, and nominates afterwards. */

static struct span write_check(struct writer *w, bool nominate)
{
    static const uint8_t transaction[12] = {2};
    static char name[64];
    struct writer username = writer_of(name, sizeof name);
    const struct ice *ice = transport_ice(net.server.transport);
    writer_bytes(&username, span_of_str(ice->local.ufrag));
    writer_bytes(&username, SPAN_LITERAL(":x"));
    stun_write_check(w,
                     &(struct stun_check){.transaction = span_of(transaction, sizeof transaction),
                                          .username = writer_span(&username),
                                          .password = span_of_str(ice->local.pwd),
                                          .controlling = true,
                                          .use_candidate = nominate});
    return writer_span(w);
}

static void on_early_send(void *arg, struct span datagram)
{
    (void)arg;
    struct datagram *d = copy(datagram);
    *net.sctp_last = d; /* any list will do */
    net.sctp_last = &d->next;
}

static void on_early_data(void *arg, struct span record)
{
    (void)arg;
    (void)record;
}

/* What the early client sent, to the server; what the server sent to `address`, to the early
 * client. */
static void carry(struct dtls *early, const struct addr *address)
{
    while (net.sctp || net.first) {
        bool up = net.sctp != NULL;
        struct datagram *d = up ? net.sctp : net.first;
        *(up ? &net.sctp : &net.first) = d->next;
        if (!net.sctp)
            net.sctp_last = &net.sctp;
        if (!net.first)
            net.last = &net.first;
        if (up)
            assert_int_equal(give(&net.server, address, span_of(d->bytes, d->size)),
                             TRANSPORT_HANDLED);
        else if (addr_equal(&d->to, address))
            dtls_on_packet(early, net.now_us, span_of(d->bytes, d->size));
        free(d);
    }
}

static void test_dtls_before_nomination(void **state)
{
    (void)state;
    uint8_t buffer[300];
    ends_init();
    signal_all();
    struct addr address = addr_v4(203, 0, 113, 8, 8);
    struct writer w = writer_of(buffer, sizeof buffer);
    assert_int_equal(give(&net.server, &address, write_check(&w, false)), TRANSPORT_HANDLED);
    struct dtls *early =
        dtls_new(client_ctx, DTLS_CLIENT, (struct dtls_sink){on_early_send, on_early_data, NULL});
    dtls_set_fingerprint(early, dtls_context_fingerprint(server_ctx));
    dtls_start(early, net.now_us);
    carry(early, &address);
    assert_int_equal(dtls_state(early), DTLS_CONNECTED);
    assert_int_equal(transport_state(net.server.transport), TRANSPORT_NEW);
    w = writer_of(buffer, sizeof buffer);
    assert_int_equal(give(&net.server, &address, write_check(&w, true)), TRANSPORT_HANDLED);
    assert_int_equal(transport_state(net.server.transport), TRANSPORT_CONNECTED);
    assert_true(addr_equal(transport_remote(net.server.transport), &address));
    dtls_free(early);
    ends_fini();
}

static void test_fixed_keys(void **state)
{
    (void)state;
    struct srtp_keys up = {.key = {1}, .salt = {2}}, down = {.key = {3}, .salt = {4}};
    ends_init();
    transport_set_keys(net.server.transport, &net.client.addr, SRTP_AES128_CM_SHA1_80, &down, &up);
    transport_set_keys(net.client.transport, &net.server.addr, SRTP_AES128_CM_SHA1_80, &up, &down);
    assert_true(both(TRANSPORT_CONNECTED));
    assert_media_passes();
    assert_true(transport_on_time(net.server.transport, net.now_us + LIMIT_ICE_SILENCE_US * 2) ==
                TIME_NEVER);
    assert_true(both(TRANSPORT_CONNECTED));
    ends_fini();
}

static int setup(void **state)
{
    (void)state;
    net.now_us = 1000000000;
    net.sctp_last = &net.sctp;
    server_ctx = dtls_context_new();
    client_ctx = dtls_context_new();
    assoc_global_init(on_sctp, NULL);
    return server_ctx && client_ctx ? 0 : -1;
}

static int teardown(void **state)
{
    (void)state;
    assoc_global_fini();
    mail_sctp();
    dtls_context_free(server_ctx);
    dtls_context_free(client_ctx);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_connect),
        cmocka_unit_test(test_checks_come_before_the_answer),
        cmocka_unit_test(test_each_datagram_lost_once),
        cmocka_unit_test(test_disorder),
        cmocka_unit_test(test_wrong_fingerprint),
        cmocka_unit_test(test_remote_descriptions),
        cmocka_unit_test(test_media_is_judged),
        cmocka_unit_test(test_rtcp),
        cmocka_unit_test(test_data),
        cmocka_unit_test(test_queued_data_is_flushed_in_time),
        cmocka_unit_test(test_ice_restart_keeps_the_session),
        cmocka_unit_test(test_new_address),
        cmocka_unit_test(test_silence),
        cmocka_unit_test(test_close),
        cmocka_unit_test(test_strangers),
        cmocka_unit_test(test_dtls_before_nomination),
        cmocka_unit_test(test_fixed_keys),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
