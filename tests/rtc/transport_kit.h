/* SPDX-License-Identifier: Apache-2.0 */
/* A server's and a client's transport joined by a network of lists, in virtual time. */
#ifndef TESTS_RTC_TRANSPORT_KIT_H
#define TESTS_RTC_TRANSPORT_KIT_H

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

static inline struct datagram *copy(struct span bytes)
{
    struct datagram *d = xcalloc(1, sizeof *d + bytes.size);
    d->size = bytes.size;
    memcpy(d->bytes, bytes.data, bytes.size);
    return d;
}

static inline void on_sctp(void *arg, uint64_t id, struct span packet)
{
    (void)arg;
    struct datagram *d = copy(packet);
    d->to.port = (uint16_t)id;
    *net.sctp_last = d;
    net.sctp_last = &d->next;
}

static inline void on_send(void *arg, const struct addr *to, struct span datagram)
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

static inline enum transport_packet give(struct end *e, const struct addr *from, struct span bytes)
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

static inline void mail_sctp(void)
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
static inline void deliver(void)
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

static inline void pass_ms(unsigned ms)
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

static inline void end_init(struct end *e, enum dtls_role role, struct addr addr)
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

static inline void ends_init(void)
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

static inline void ends_fini(void)
{
    transport_free(net.server.transport);
    net.server.transport = NULL;
    transport_free(net.client.transport);
    net.client.transport = NULL;
    deliver();
}

static inline bool describe(struct end *to, const struct end *from, const uint8_t fingerprint[32])
{
    const struct ice *ice = transport_ice(from->transport);
    return transport_set_remote(to->transport, ice->local.ufrag, ice->local.pwd, fingerprint);
}

static inline void signal_all(void)
{
    assert_true(describe(&net.server, &net.client, dtls_context_fingerprint(client_ctx)));
    assert_true(describe(&net.client, &net.server, dtls_context_fingerprint(server_ctx)));
}

static inline bool both(enum transport_state state)
{
    return transport_state(net.server.transport) == state &&
           transport_state(net.client.transport) == state;
}

static inline void connect_ends(void)
{
    ends_init();
    signal_all();
    transport_connect(net.client.transport, net.now_us, &net.server.addr);
    pass_ms(20);
    assert_true(both(TRANSPORT_CONNECTED));
}

/* Media. */

#define HEADER 12

static inline struct span seal_rtp(struct end *from, uint16_t seq, uint8_t *out)
{
    const uint8_t header[HEADER] = {0x80, 96, (uint8_t)(seq >> 8), (uint8_t)seq, 0, 0, 0, 1, 0, 0,
                                    0,    9};
    memcpy(out, header, HEADER);
    size_t size =
        srtp_seal_rtp(transport_srtp(from->transport), out, HEADER, SPAN_LITERAL("a picture"), seq);
    return span_of(out, size);
}

static inline void assert_rtp_passes(struct end *from, struct end *to, uint16_t seq)
{
    uint8_t bytes[200];
    struct span sealed = seal_rtp(from, seq, bytes);
    assert_true(addr_equal(transport_remote(from->transport), &to->addr));
    assert_int_equal(give(to, &from->addr, sealed), TRANSPORT_RTP);
    assert_int_equal(to->index, 65536 + seq);
    assert_int_equal(to->packet.size, HEADER + 9);
    assert_memory_equal(to->packet.data + HEADER, "a picture", 9);
}

static inline void assert_media_passes(void)
{
    static uint16_t seq;
    seq++;
    assert_rtp_passes(&net.client, &net.server, seq);
    assert_rtp_passes(&net.server, &net.client, seq);
}

static inline void assert_dropped(struct end *e, const struct addr *from, struct span bytes,
                                  enum drop why)
{
    assert_int_equal(give(e, from, bytes), TRANSPORT_DROPPED);
    assert_int_equal(e->drop, why);
}

#endif
