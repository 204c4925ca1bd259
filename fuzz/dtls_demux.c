/* SPDX-License-Identifier: Apache-2.0 */
/* A datagram as DTLS meets it: told apart by its first byte, split into records, given to a server
 * that awaits a client and to one whose handshake is over. The records must be the datagram's own
 * bytes, in order; and nothing that anybody makes up without the keys may change a finished
 * connection. */
#include <assert.h>
#include <stdlib.h>

#include "base/writer.h"
#include "rtc/dtls.h"
#include "rtc/dtls_flight.h"
#include "rtc/dtls_record.h"
#include "wire/rtp.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define NOW_US 1000000LL
#define QUEUE_MAX 16

struct end {
    struct dtls *dtls;
    struct end *peer; /* NULL: what is sent is lost */
    uint8_t queue[QUEUE_MAX][1500];
    size_t sizes[QUEUE_MAX], count;
};

static void on_send(void *arg, struct span datagram)
{
    struct end *e = arg;
    assert(datagram.size > 0 && datagram.size <= sizeof e->queue[0]);
    if (!e->peer)
        return;
    assert(e->peer->count < QUEUE_MAX);
    memcpy(e->peer->queue[e->peer->count], datagram.data, datagram.size);
    e->peer->sizes[e->peer->count++] = datagram.size;
}

static void on_data(void *arg, struct span record)
{
    (void)arg;
    (void)record;
    abort(); /* nobody but the fuzzer speaks */
}

static void end_init(struct end *e, struct dtls_context *ctx, enum dtls_role role)
{
    e->dtls = dtls_new(ctx, role, (struct dtls_sink){on_send, on_data, e});
    dtls_set_fingerprint(e->dtls, dtls_context_fingerprint(ctx));
}

static void deliver(struct end *e)
{
    for (size_t i = 0; i < e->count; i++)
        dtls_on_packet(e->dtls, NOW_US, span_of(e->queue[i], e->sizes[i]));
    e->count = 0;
}

static struct dtls_context *context(void)
{
    static struct dtls_context *ctx;
    if (!ctx)
        ctx = dtls_context_new();
    assert(ctx);
    return ctx;
}

/* A server in the state after a handshake; the same for all inputs, since none may change it. */
static struct end *finished_server(void)
{
    static struct end server, client;
    if (server.dtls)
        return &server;
    end_init(&server, context(), DTLS_SERVER);
    end_init(&client, context(), DTLS_CLIENT);
    server.peer = &client;
    client.peer = &server;
    dtls_start(client.dtls, NOW_US);
    for (int flight = 0; flight < 4; flight++) {
        deliver(&server);
        deliver(&client);
    }
    assert(dtls_state(server.dtls) == DTLS_CONNECTED);
    dtls_free(client.dtls);
    server.peer = NULL;
    return &server;
}

static void check_records(struct span datagram)
{
    struct span rest = datagram;
    struct dtls_record r;
    struct dtls_flight *f = dtls_flight_new();
    uint16_t message_seq;
    while (dtls_record_next(&rest, &r)) {
        uint8_t header[DTLS_RECORD_HEADER];
        struct writer w = writer_of(header, sizeof header);
        writer_u8(&w, r.type);
        writer_u16(&w, r.version);
        writer_u64(&w, (uint64_t)r.epoch << 48 | r.seq);
        writer_u16(&w, (uint16_t)r.body.size);
        assert(memcmp(header, r.body.data - DTLS_RECORD_HEADER, sizeof header) == 0);
        assert(r.body.data + r.body.size == datagram.data + datagram.size - rest.size);
        assert(!dtls_record_message_seq(&r, &message_seq) || r.type == DTLS_HANDSHAKE_MESSAGE);
    }
    assert(!dtls_flight_repeated(f, datagram)); /* nothing was answered yet */
    dtls_flight_add(f, datagram);
    dtls_flight_free(f);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct span datagram = span_of(data, size);
    bool is_dtls = datagram_kind(datagram) == DATAGRAM_DTLS;
    if (is_dtls || size >= DTLS_RECORD_HEADER)
        assert(is_dtls == (data[0] >= 20 && data[0] <= 63)); /* RFC 7983 7 */
    check_records(datagram);
    dtls_on_packet(finished_server()->dtls, NOW_US, datagram);
    assert(dtls_state(finished_server()->dtls) == DTLS_CONNECTED);
    if (!is_dtls)
        return 0;
    struct end fresh = {.peer = NULL};
    end_init(&fresh, context(), DTLS_SERVER);
    dtls_on_packet(fresh.dtls, NOW_US, datagram);
    assert(dtls_state(fresh.dtls) != DTLS_CONNECTED);
    dtls_free(fresh.dtls);
    return 0;
}
