/* SPDX-License-Identifier: Apache-2.0 */
/* Data channels of one transport. Owns the association, which is made when the first channel is
 * wanted or the peer's first packet comes, and the queue of reliable messages that SCTP cannot take
 * yet. On the transport's thread. */
#include "rtc/channel.h"

#include "base/mem.h"
#include "wire/dcep.h"

#include <errno.h>
#include <stdlib.h>

#define OPEN_MAX 64         /* bytes of an OPEN with one of our labels */
#define PRIORITY_NORMAL 256 /* RFC 8831 6.4 */
#define LOSSY_BACKLOG                                                                              \
    (64 * 1024) /* bytes SCTP may hold before lossy messages would only come late */

enum progress {
    UNUSED,
    WANTED,  /* ours, the OPEN is still to be sent */
    OPENING, /* ours, no ACK yet */
    OPEN
};

struct channel {
    uint16_t stream;
    uint8_t label, progress; /* enum channel_label, enum progress */
    bool ack_due, unordered;
    int32_t max_retransmits;
};

struct queued {
    struct queued *next;
    struct credit *credit; /* may be NULL */
    size_t size;
    uint8_t bytes[];
};

struct channels {
    uint64_t id;
    struct assoc *assoc;
    struct queued *first, **last;
    size_t queued_bytes;
    int64_t given_bytes; /* to SCTP */
    struct channel table[LIMIT_DATA_CHANNELS];
    bool dtls_server, started, up, failed;
};

static const char *const names[CHANNEL_OTHER] = {[CHANNEL_RELIABLE] = "_reliable",
                                                 [CHANNEL_LOSSY] = "_lossy",
                                                 [CHANNEL_DATA_TRACK] = "_data_track"};

struct channels *channels_new(uint64_t id, bool dtls_server)
{
    struct channels *c = xcalloc(1, sizeof *c);
    c->id = id;
    c->dtls_server = dtls_server;
    c->last = &c->first;
    return c;
}

struct credit *credit_new(void)
{
    struct credit *c = xcalloc(1, sizeof *c);

    c->owners = 1;
    return c;
}

void credit_release(struct credit *c)
{
    if (c && --c->owners == 0)
        free(c);
}

/* What a message costs: many empty ones are not free. */
static size_t cost_of(size_t size)
{
    return sizeof(struct queued) + size;
}

static void queue_pop(struct channels *c)
{
    struct queued *q = c->first;
    c->first = q->next;
    if (!c->first)
        c->last = &c->first;
    c->queued_bytes -= cost_of(q->size);
    if (q->credit)
        q->credit->bytes -= cost_of(q->size);
    credit_release(q->credit);
    free(q);
}

static void queue_push(struct channels *c, struct span bytes, struct credit *credit)
{
    struct queued *q = xmalloc(sizeof *q + bytes.size);
    q->next = NULL;
    q->credit = credit;
    q->size = bytes.size;
    if (bytes.size)
        memcpy(q->bytes, bytes.data, bytes.size);
    *c->last = q;
    c->last = &q->next;
    c->queued_bytes += cost_of(bytes.size);
    if (credit) {
        credit->owners++;
        credit->bytes += cost_of(bytes.size);
    }
}

void channels_free(struct channels *c)
{
    if (!c)
        return;
    assoc_free(c->assoc);
    while (c->first)
        queue_pop(c);
    free(c);
}

static struct channel *find_progress(struct channels *c, enum progress progress)
{
    for (size_t i = 0; i < LIMIT_DATA_CHANNELS; i++)
        if (c->table[i].progress == progress)
            return &c->table[i];
    return NULL;
}

/* The channel that uses a stream; one that only is wanted has none yet. */
static struct channel *find_stream(struct channels *c, uint16_t stream)
{
    for (size_t i = 0; i < LIMIT_DATA_CHANNELS; i++)
        if (c->table[i].progress >= OPENING && c->table[i].stream == stream)
            return &c->table[i];
    return NULL;
}

static const struct channel *find_open(const struct channels *c, enum channel_label label)
{
    for (size_t i = 0; i < LIMIT_DATA_CHANNELS; i++)
        if (c->table[i].progress == OPEN && c->table[i].label == label)
            return &c->table[i];
    return NULL;
}

/* RFC 8832 6: even numbers for the DTLS client's channels, odd ones for the server's. */
static bool pick_stream(struct channels *c, uint16_t *out)
{
    for (uint16_t s = c->dtls_server ? 1 : 0; s < ASSOC_STREAMS; s = (uint16_t)(s + 2)) {
        if (!find_stream(c, s)) {
            *out = s;
            return true;
        }
    }
    return false;
}

static bool send_control(struct channels *c, uint16_t stream, const struct writer *message)
{
    struct assoc_send how = {.stream = stream, .ppid = SCTP_PPID_DCEP, .max_retransmits = -1};
    return assoc_send(c->assoc, &how, writer_span(message)) == 0;
}

static void send_open(struct channels *c, struct channel *channel)
{
    uint8_t buffer[OPEN_MAX];
    struct writer w = writer_of(buffer, sizeof buffer);
    if (!pick_stream(c, &channel->stream)) {
        channel->progress = UNUSED;
        return;
    }
    dcep_write_open(
        &w, &(struct dcep_open){
                .unordered = channel->unordered,
                .reliability = channel->max_retransmits >= 0 ? DCEP_MAX_RETRANSMITS : DCEP_RELIABLE,
                .priority = PRIORITY_NORMAL,
                .label = span_of_str(names[channel->label]),
            });
    if (send_control(c, channel->stream, &w))
        channel->progress = OPENING;
}

static void send_ack(struct channels *c, struct channel *channel)
{
    uint8_t buffer[4];
    struct writer w = writer_of(buffer, sizeof buffer);
    dcep_write_ack(&w);
    channel->ack_due = !send_control(c, channel->stream, &w);
}

static void begin(struct channels *c)
{
    if (c->assoc || c->failed)
        return;
    c->assoc = assoc_new(c->id);
    c->failed = !c->assoc;
}

static bool is_up(struct channels *c)
{
    if (!c->up && c->assoc)
        c->up = assoc_up(c->assoc);
    return c->up;
}

static int send_message(struct channels *c, const struct channel *channel, struct span bytes)
{
    static const uint8_t nothing[1]; /* SCTP has no empty messages: RFC 8831 6.6 */
    struct assoc_send how = {.stream = channel->stream,
                             .ppid = bytes.size ? SCTP_PPID_BINARY : SCTP_PPID_BINARY_EMPTY,
                             .unordered = channel->unordered,
                             .max_retransmits = channel->max_retransmits};
    if (!bytes.size)
        bytes = span_of(nothing, 1);
    int error = assoc_send(c->assoc, &how, bytes);
    if (error == 0)
        c->given_bytes += (int64_t)bytes.size;
    return error;
}

void channels_flush(struct channels *c)
{
    c->started = true;
    if (find_progress(c, WANTED))
        begin(c);
    if (!is_up(c))
        return;
    for (size_t i = 0; i < LIMIT_DATA_CHANNELS; i++) {
        struct channel *channel = &c->table[i];
        if (channel->progress == WANTED)
            send_open(c, channel);
        if (channel->ack_due)
            send_ack(c, channel);
    }
    const struct channel *reliable = find_open(c, CHANNEL_RELIABLE);
    while (reliable && c->first &&
           send_message(c, reliable, span_of(c->first->bytes, c->first->size)) == 0)
        queue_pop(c);
}

void channels_open(struct channels *c, enum channel_label label)
{
    struct channel *channel = label < CHANNEL_OTHER ? find_progress(c, UNUSED) : NULL;
    if (!channel)
        return;
    bool reliable = label == CHANNEL_RELIABLE;
    *channel = (struct channel){.label = (uint8_t)label,
                                .progress = WANTED,
                                .unordered = !reliable,
                                .max_retransmits = reliable ? -1 : 0};
    if (c->started)
        channels_flush(c);
}

bool channels_is_open(const struct channels *c, enum channel_label label)
{
    return find_open(c, label) != NULL;
}

void channels_on_packet(struct channels *c, struct span sctp_packet)
{
    begin(c);
    if (!c->assoc)
        return;
    assoc_on_packet(c->assoc, sctp_packet);
    channels_flush(c);
}

static enum channel_label label_of(struct span name)
{
    for (unsigned i = 0; i < CHANNEL_OTHER; i++)
        if (span_equal(name, span_of_str(names[i])))
            return (enum channel_label)i;
    return CHANNEL_OTHER;
}

static void on_open(struct channels *c, uint16_t stream, struct span message)
{
    struct dcep_open open;
    if (stream >= ASSOC_STREAMS || !dcep_parse_open(message, &open))
        return;
    struct channel *channel = find_stream(c, stream);
    if (!channel)
        channel = find_progress(c, UNUSED);
    if (!channel || channel->progress == OPENING)
        return; /* no room, or the peer opens on a stream that we are opening */
    *channel = (struct channel){
        .stream = stream,
        .label = (uint8_t)label_of(open.label),
        .progress = OPEN,
        .unordered = open.unordered,
        /* Lifetimes become "once": what is late is of no use to such a channel. */
        .max_retransmits = open.reliability == DCEP_RELIABLE ? -1
                           : open.reliability == DCEP_MAX_RETRANSMITS
                               ? (int32_t)(open.parameter & 0xffff)
                               : 0,
    };
    send_ack(c, channel);
    channels_flush(c);
}

static void on_control(struct channels *c, const struct assoc_message *m)
{
    struct channel *channel = find_stream(c, m->stream);
    if (!dcep_is_ack(m->bytes)) {
        on_open(c, m->stream, m->bytes);
    } else if (channel && channel->progress == OPENING) {
        channel->progress = OPEN;
        channels_flush(c);
    }
}

/* RFC 8831 6.7: a channel is closed when both directions are. */
static void on_closed(struct channels *c, uint16_t stream)
{
    struct channel *channel = find_stream(c, stream);
    if (!channel)
        return;
    channel->progress = UNUSED;
    assoc_close_stream(c->assoc, stream);
}

/* Whether it is a message for the application. */
static bool read_message(struct channels *c, const struct assoc_message *m,
                         struct channel_message *out)
{
    const struct channel *channel = find_stream(c, m->stream);
    if (!channel)
        return false;
    bool empty = m->ppid == SCTP_PPID_STRING_EMPTY || m->ppid == SCTP_PPID_BINARY_EMPTY;
    bool text = m->ppid == SCTP_PPID_STRING || m->ppid == SCTP_PPID_STRING_EMPTY;
    if (!empty && !text && m->ppid != SCTP_PPID_BINARY)
        return false;
    *out = (struct channel_message){.label = (enum channel_label)channel->label,
                                    .text = text,
                                    .bytes = empty ? span_first(m->bytes, 0) : m->bytes};
    return true;
}

bool channels_next(struct channels *c, struct channel_message *out)
{
    struct assoc_message m;
    while (c->assoc && assoc_next_message(c->assoc, &m)) {
        if (m.closed)
            on_closed(c, m.stream);
        else if (m.ppid == SCTP_PPID_DCEP)
            on_control(c, &m);
        else if (read_message(c, &m, out))
            return true;
    }
    return false;
}

static enum channel_sent send_reliable(struct channels *c, struct span bytes, struct credit *credit)
{
    const struct channel *channel = find_open(c, CHANNEL_RELIABLE);
    if (channel && !c->first && send_message(c, channel, bytes) == 0)
        return CHANNEL_SENT;
    if (c->queued_bytes + cost_of(bytes.size) > LIMIT_RELIABLE_BACKLOG)
        return CHANNEL_TOO_SLOW;
    queue_push(c, bytes, credit);
    return CHANNEL_QUEUED;
}

enum channel_sent channels_send(struct channels *c, enum channel_label label, struct span bytes)
{
    return channels_send_for(c, label, bytes, NULL);
}

enum channel_sent channels_send_for(struct channels *c, enum channel_label label, struct span bytes,
                                    struct credit *credit)
{
    if (label == CHANNEL_OTHER || bytes.size > LIMIT_DATA_MESSAGE)
        return CHANNEL_DROPPED;
    if (label == CHANNEL_RELIABLE)
        return send_reliable(c, bytes, credit);
    const struct channel *channel = find_open(c, label);
    if (!channel || assoc_buffered(c->assoc) > LOSSY_BACKLOG)
        return CHANNEL_DROPPED;
    return send_message(c, channel, bytes) == 0 ? CHANNEL_SENT : CHANNEL_DROPPED;
}

size_t channels_queued(const struct channels *c)
{
    return c->queued_bytes;
}

int64_t channels_acknowledged(const struct channels *c)
{
    return c->assoc ? c->given_bytes - (int64_t)assoc_buffered(c->assoc) : 0;
}

bool channels_lost(const struct channels *c)
{
    return c->failed || (c->assoc && assoc_lost(c->assoc));
}
