/* SPDX-License-Identifier: Apache-2.0 */
/* SCTP associations over usrsctp. An association is an AF_CONN socket whose address is the
 * association's id, never a pointer: usrsctp may want a packet sent after its association is gone.
 * No callback of usrsctp's but the one for output is used, since timers run on another thread than
 * the owner: messages and states are asked for. */
#include "rtc/assoc.h"

#include "base/limits.h"
#include "base/mem.h"

#include <errno.h>
#include <stdlib.h>
#include <usrsctp.h>

#define PORT 5000
/* Payload of a packet: with DTLS, UDP and IPv6 around it a datagram stays below 1,280 bytes. */
#define PATH_MTU 1200
#define COMMON_HEADER 12           /* usrsctp does not count it in an AF_CONN path's MTU */
#define SOCKET_BUFFER (256 * 1024) /* four of the largest messages */
#define BUFFER_STEP 4096
#define FINISH_ATTEMPTS 200
#define RTO_MAX_MS 3000
#define TRIES 30 /* more than a minute */

/* SCTP_GET_SNDBUF_USE of the BSDs: usrsctp has it, its public header does not name it. */
#define GET_SNDBUF_USE 0x1101
struct buffer_use {
    uint32_t assoc_id, send_bytes, receive_bytes;
};

struct assoc {
    struct socket *socket;
    uint64_t id;
    uint8_t *buffer; /* the message being put together, or handed out last */
    size_t size, capacity;
    uint64_t oversized; /* messages dropped */
    uint32_t ppid;
    uint16_t stream;
    uint16_t closed_by_peer; /* bit n: stream n, to be told to the owner */
    uint16_t closing;        /* bit n: stream n, to be reset when usrsctp takes it */
    bool handed_out, skipping;
};

static struct {
    assoc_emit *emit;
    void *arg;
} process;

static void *address_of(uint64_t id)
{
    return (void *)(uintptr_t)id;
}

static int on_output(void *address, void *packet, size_t size, uint8_t tos, uint8_t set_df)
{
    (void)tos;
    (void)set_df;
    process.emit(process.arg, (uint64_t)(uintptr_t)address, span_of(packet, size));
    return 0;
}

void assoc_global_init(assoc_emit *emit, void *arg)
{
    process.emit = emit;
    process.arg = arg;
    usrsctp_init_nothreads(0, on_output, NULL);
    usrsctp_sysctl_set_sctp_ecn_enable(0);
    usrsctp_sysctl_set_sctp_asconf_enable(0);
    usrsctp_sysctl_set_sctp_auto_asconf(0);
    usrsctp_sysctl_set_sctp_auth_enable(0);
    usrsctp_sysctl_set_sctp_nrsack_enable(0);
    usrsctp_sysctl_set_sctp_pktdrop_enable(0);
    usrsctp_sysctl_set_sctp_pr_enable(1);
    usrsctp_sysctl_set_sctp_blackhole(2);   /* no answer to packets of no association */
    usrsctp_tunable_set_sctp_pcbtblsize(1); /* associations of a socket, hashed: there is one */
    usrsctp_sysctl_set_sctp_nr_outgoing_streams_default(ASSOC_STREAMS);
    usrsctp_sysctl_set_sctp_nr_incoming_streams_default(ASSOC_STREAMS);
    usrsctp_sysctl_set_sctp_rto_min_default(200);
    usrsctp_sysctl_set_sctp_rto_initial_default(500);
    /* As browsers: whoever could not be reached for a while soon is again, and that a peer is gone
     * is ICE's finding. */
    usrsctp_sysctl_set_sctp_rto_max_default(RTO_MAX_MS);
    usrsctp_sysctl_set_sctp_init_rto_max_default(RTO_MAX_MS);
    usrsctp_sysctl_set_sctp_assoc_rtx_max_default(TRIES);
    usrsctp_sysctl_set_sctp_path_rtx_max_default(TRIES);
    usrsctp_sysctl_set_sctp_init_rtx_max_default(TRIES);
    usrsctp_sysctl_set_sctp_delayed_sack_time_default(20);
    usrsctp_sysctl_set_sctp_initial_cwnd(10); /* RFC 6928, as browsers */
}

void assoc_global_fini(void)
{
    /* Closed sockets are let go by timers of usrsctp's. */
    for (int i = 0; i < FINISH_ATTEMPTS && usrsctp_finish() != 0; i++)
        usrsctp_handle_timers(10);
}

void assoc_global_on_time(unsigned elapsed_ms)
{
    usrsctp_handle_timers(elapsed_ms);
}

static bool set(struct socket *s, int level, int option, const void *value, size_t size)
{
    return usrsctp_setsockopt(s, level, option, value, (socklen_t)size) == 0;
}

static bool configure(struct socket *s)
{
    struct linger abort_on_close = {.l_onoff = 1, .l_linger = 0};
    struct sctp_initmsg init = {.sinit_num_ostreams = ASSOC_STREAMS,
                                .sinit_max_instreams = ASSOC_STREAMS};
    struct sctp_assoc_value resets = {.assoc_value = SCTP_ENABLE_RESET_STREAM_REQ};
    struct sctp_event event = {.se_type = SCTP_STREAM_RESET_EVENT, .se_on = 1};
    int on = 1, buffer = SOCKET_BUFFER;
    return usrsctp_set_non_blocking(s, 1) == 0 &&
           set(s, SOL_SOCKET, SO_LINGER, &abort_on_close, sizeof abort_on_close) &&
           set(s, SOL_SOCKET, SO_SNDBUF, &buffer, sizeof buffer) &&
           set(s, SOL_SOCKET, SO_RCVBUF, &buffer, sizeof buffer) &&
           set(s, IPPROTO_SCTP, SCTP_NODELAY, &on, sizeof on) &&
           set(s, IPPROTO_SCTP, SCTP_RECVRCVINFO, &on, sizeof on) &&
           set(s, IPPROTO_SCTP, SCTP_ENABLE_STREAM_RESET, &resets, sizeof resets) &&
           set(s, IPPROTO_SCTP, SCTP_EVENT, &event, sizeof event) &&
           set(s, IPPROTO_SCTP, SCTP_INITMSG, &init, sizeof init);
}

static bool start(struct socket *s, uint64_t id)
{
    struct sockaddr_conn address = {
        .sconn_family = AF_CONN, .sconn_port = htons(PORT), .sconn_addr = address_of(id)};
    struct sctp_paddrparams path = {.spp_flags = SPP_PMTUD_DISABLE,
                                    .spp_pathmtu = PATH_MTU - COMMON_HEADER};
    memcpy(&path.spp_address, &address, sizeof address);
    struct sockaddr *generic = (struct sockaddr *)(void *)&address;
    if (usrsctp_bind(s, generic, sizeof address) != 0)
        return false;
    if (usrsctp_connect(s, generic, sizeof address) != 0 && errno != EINPROGRESS)
        return false;
    return set(s, IPPROTO_SCTP, SCTP_PEER_ADDR_PARAMS, &path, sizeof path);
}

struct assoc *assoc_new(uint64_t id)
{
    usrsctp_register_address(address_of(id));
    struct socket *s = usrsctp_socket(AF_CONN, SOCK_STREAM, IPPROTO_SCTP, NULL, NULL, 0, NULL);
    if (!s || !configure(s) || !start(s, id)) {
        if (s)
            usrsctp_close(s);
        usrsctp_deregister_address(address_of(id));
        return NULL;
    }
    struct assoc *a = xcalloc(1, sizeof *a);
    a->socket = s;
    a->id = id;
    return a;
}

void assoc_free(struct assoc *a)
{
    if (!a)
        return;
    usrsctp_close(a->socket);
    usrsctp_deregister_address(address_of(a->id));
    free(a->buffer);
    free(a);
}

void assoc_on_packet(struct assoc *a, struct span packet)
{
    usrsctp_conninput(address_of(a->id), packet.data, packet.size, 0);
}

static bool status_of(const struct assoc *a, struct sctp_status *status)
{
    socklen_t size = sizeof *status;
    memset(status, 0, sizeof *status);
    return usrsctp_getsockopt(a->socket, IPPROTO_SCTP, SCTP_STATUS, status, &size) == 0;
}

bool assoc_up(const struct assoc *a)
{
    struct sctp_status status;
    return status_of(a, &status) && status.sstat_state == SCTP_ESTABLISHED;
}

bool assoc_lost(const struct assoc *a)
{
    struct sctp_status status;
    if (!status_of(a, &status))
        return true;
    return status.sstat_state != SCTP_COOKIE_WAIT && status.sstat_state != SCTP_COOKIE_ECHOED &&
           status.sstat_state != SCTP_ESTABLISHED;
}

/* Whether there is anything to read; the buffer is not touched before. */
static bool is_readable(const struct assoc *a)
{
    return (usrsctp_get_events(a->socket) & SCTP_EVENT_READ) != 0;
}

static void forget_message(struct assoc *a)
{
    a->size = 0;
    a->handed_out = false;
}

static void make_room(struct assoc *a)
{
    if (a->size < a->capacity)
        return;
    a->capacity = a->capacity ? a->capacity * 4 : BUFFER_STEP;
    if (a->capacity > LIMIT_DATA_MESSAGE + 1)
        a->capacity = LIMIT_DATA_MESSAGE + 1; /* one more, to see that a message is too long */
    a->buffer = xrealloc(a->buffer, a->capacity);
}

/* The only event asked for is read in line with the messages: the peer resets streams. No list
 * means all of them. */
static void on_event(struct assoc *a, struct span bytes)
{
    struct sctp_stream_reset_event event;
    if (bytes.size < sizeof event)
        return;
    memcpy(&event, bytes.data, sizeof event);
    if (event.strreset_type != SCTP_STREAM_RESET_EVENT ||
        !(event.strreset_flags & SCTP_STREAM_RESET_INCOMING_SSN) ||
        event.strreset_flags & (SCTP_STREAM_RESET_DENIED | SCTP_STREAM_RESET_FAILED))
        return;
    struct span list = span_from(bytes, sizeof event);
    if (list.size == 0)
        a->closed_by_peer = UINT16_MAX;
    for (; list.size >= sizeof(uint16_t); list = span_from(list, sizeof(uint16_t))) {
        uint16_t stream;
        memcpy(&stream, list.data, sizeof stream);
        if (stream < ASSOC_STREAMS)
            a->closed_by_peer |= (uint16_t)(1u << stream);
    }
}

static uint16_t lowest_bit(uint16_t bits)
{
    uint16_t n = 0;
    while (!(bits >> n & 1))
        n++;
    return n;
}

/* usrsctp has one reset under way at a time; what it refuses now is tried again. */
static void reset_streams(struct assoc *a)
{
    while (a->closing) {
        uint16_t stream = lowest_bit(a->closing);
        _Alignas(struct sctp_reset_streams)
            uint8_t bytes[sizeof(struct sctp_reset_streams) + sizeof stream];
        struct sctp_reset_streams request = {.srs_flags = SCTP_STREAM_RESET_OUTGOING,
                                             .srs_number_streams = 1};
        memcpy(bytes, &request, sizeof request);
        memcpy(bytes + sizeof request, &stream, sizeof stream);
        if (!set(a->socket, IPPROTO_SCTP, SCTP_RESET_STREAMS, bytes, sizeof bytes))
            return;
        a->closing &= (uint16_t) ~(1u << stream);
    }
}

void assoc_close_stream(struct assoc *a, uint16_t stream)
{
    if (stream >= ASSOC_STREAMS)
        return;
    a->closing |= (uint16_t)(1u << stream);
    reset_streams(a);
}

/* Reads one piece of a message. Returns whether there was one; *complete tells that it was the
 * last. */
static bool read_piece(struct assoc *a, bool *complete)
{
    struct sctp_rcvinfo info;
    socklen_t info_size = sizeof info, from_size = 0;
    unsigned info_type = 0;
    int flags = 0;
    memset(&info, 0, sizeof info);
    make_room(a);
    ssize_t got = usrsctp_recvv(a->socket, a->buffer + a->size, a->capacity - a->size, NULL,
                                &from_size, &info, &info_size, &info_type, &flags);
    if (got <= 0)
        return false;
    if (flags & MSG_NOTIFICATION) {
        on_event(a, span_of(a->buffer + a->size, (size_t)got));
        *complete = false;
        return true;
    }
    *complete = (flags & MSG_EOR) != 0;
    a->size += (size_t)got;
    if (info_type == SCTP_RECVV_RCVINFO) {
        a->stream = info.rcv_sid;
        a->ppid = ntohl(info.rcv_ppid);
    }
    if (a->size > LIMIT_DATA_MESSAGE) {
        a->skipping = true;
        a->size = 0;
    }
    return true;
}

bool assoc_next_message(struct assoc *a, struct assoc_message *out)
{
    bool complete;
    if (a->handed_out)
        forget_message(a);
    reset_streams(a);
    while (a->closed_by_peer || (is_readable(a) && read_piece(a, &complete))) {
        if (a->closed_by_peer) {
            *out = (struct assoc_message){.closed = true, .stream = lowest_bit(a->closed_by_peer)};
            a->closed_by_peer &= (uint16_t) ~(1u << out->stream);
            return true;
        }
        if (!complete)
            continue;
        if (a->skipping) {
            a->skipping = false;
            a->oversized++;
            forget_message(a);
            continue;
        }
        a->handed_out = true;
        *out = (struct assoc_message){
            .stream = a->stream, .ppid = a->ppid, .bytes = span_of(a->buffer, a->size)};
        return true;
    }
    if (a->size == 0) { /* at rest an association holds no buffer */
        free(a->buffer);
        a->buffer = NULL;
        a->capacity = 0;
    }
    return false;
}

int assoc_send(struct assoc *a, const struct assoc_send *how, struct span bytes)
{
    struct sctp_sendv_spa spa = {
        .sendv_flags = SCTP_SEND_SNDINFO_VALID,
        .sendv_sndinfo = {.snd_sid = how->stream,
                          .snd_flags = how->unordered ? SCTP_UNORDERED : 0,
                          .snd_ppid = htonl(how->ppid)},
    };
    if (how->max_retransmits >= 0) {
        spa.sendv_flags |= SCTP_SEND_PRINFO_VALID;
        spa.sendv_prinfo.pr_policy = SCTP_PR_SCTP_RTX;
        spa.sendv_prinfo.pr_value = (uint32_t)how->max_retransmits;
    }
    if (usrsctp_sendv(a->socket, bytes.data, bytes.size, NULL, 0, &spa, sizeof spa, SCTP_SENDV_SPA,
                      0) >= 0)
        return 0;
    return errno == EWOULDBLOCK ? -EAGAIN : -errno;
}

size_t assoc_buffered(const struct assoc *a)
{
    struct buffer_use use = {0};
    socklen_t size = sizeof use;
    if (usrsctp_getsockopt(a->socket, IPPROTO_SCTP, GET_SNDBUF_USE, &use, &size) != 0)
        return 0;
    return use.send_bytes;
}
