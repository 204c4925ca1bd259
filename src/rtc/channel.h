/* SPDX-License-Identifier: Apache-2.0 */
/* Data channels of one transport (RFC 8831, RFC 8832): opening by either side, messages by label, a
 * bounded queue for what SCTP cannot take yet. Identified by label, never by stream number. */
#ifndef RTC_CHANNEL_H
#define RTC_CHANNEL_H

#include "base/limits.h"
#include "rtc/assoc.h"

enum channel_label { CHANNEL_RELIABLE, CHANNEL_LOSSY, CHANNEL_DATA_TRACK, CHANNEL_OTHER };

struct channel_message {
    enum channel_label label; /* CHANNEL_OTHER: a channel that an application opened itself */
    bool text;
    struct span bytes;
};

struct channels;

/* dtls_server decides the parity of the stream numbers we open (RFC 8832 6). */
struct channels *channels_new(uint64_t id, bool dtls_server);
void channels_free(struct channels *c);
/* Asks for `_reliable` (ordered), `_lossy` or `_data_track` (unordered, no retransmission) to be
 * opened once SCTP is up. */
void channels_open(struct channels *c, enum channel_label label);
bool channels_is_open(const struct channels *c, enum channel_label label);
void channels_on_packet(struct channels *c, struct span sctp_packet);
/* The next message; false when there is none. Valid until the next call. */
bool channels_next(struct channels *c, struct channel_message *out);

enum channel_sent { CHANNEL_SENT, CHANNEL_QUEUED, CHANNEL_DROPPED, CHANNEL_TOO_SLOW };

/* Lossy data is dropped when the buffer is full; reliable data is queued to LIMIT_RELIABLE_BACKLOG,
 * then the reader is CHANNEL_TOO_SLOW and is to be disconnected. Before the channel is open
 * reliable data is queued, lossy dropped. */
enum channel_sent channels_send(struct channels *c, enum channel_label label, struct span bytes);
/* What one sender's messages take in the queues of others. Belongs to all of them together. */
struct credit {
    size_t bytes;
    unsigned owners;
};

struct credit *credit_new(void);
void credit_release(struct credit *c);
/* The same; what is queued counts in `credit` while it waits. */
enum channel_sent channels_send_for(struct channels *c, enum channel_label label, struct span bytes,
                                    struct credit *credit);
/* Hands queued bytes to SCTP as far as it takes them; call it when DTLS is up (SCTP starts then at
 * the earliest), after packets, and every 20 ms while something is queued. */
void channels_flush(struct channels *c);
size_t channels_queued(const struct channels *c);
/* Bytes of messages that the peer acknowledged, or that were given up; to be compared with an
 * earlier value. */
int64_t channels_acknowledged(const struct channels *c);
bool channels_lost(const struct channels *c);

#endif
