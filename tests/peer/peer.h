/* SPDX-License-Identifier: Apache-2.0 */
/* A participant as a client library makes one: speaks the signalling, offers what it publishes and
 * answers what it is offered, with a peer connection for each direction. Pure: messages, datagrams
 * and time come in, messages and datagrams go out through the host; the simulation, the fuzzer and
 * the measurements give it their own. */
#ifndef PEER_PEER_H
#define PEER_PEER_H

#include "rtc/transport.h"
#include "sink.h"
#include "source.h"
#include "wire/sdp.h"
#include "wire/signal.h"

#define PEER_SOURCES 24
#define PEER_SINKS 128 /* more than that, and the oldest of those not offered any more goes */
#define PEER_SENDERS 32

enum peer_side { PEER_PUBLISHER, PEER_SUBSCRIBER };

struct peer;

/* Functions may be NULL where nobody listens, apart from the first two. */
struct peer_host {
    void *arg;
    void (*signal)(void *arg, struct span request);
    void (*datagram)(void *arg, enum peer_side side, const struct addr *to, struct span datagram);
    void (*response)(void *arg, const Livekit__SignalResponse *response);
    /* A data channel's message as it came, and a data packet for the application: each once. */
    void (*message)(void *arg, enum peer_side side, const struct channel_message *message);
    void (*packet)(void *arg, const Livekit__DataPacket *packet, bool reliable);
    /* A media packet is about to be sent: what it is. */
    void (*sent)(void *arg, const struct source_packet *packet);
};

struct peer_config {
    struct peer_host host;
    struct dtls_context *dtls;
    const struct cipher_ops *cipher;
    uint64_t first_id; /* of the two transports: this and the next */
    uint64_t seed;
    int64_t unix_us_offset;
    bool no_rtx;  /* retransmissions of media come in its own stream */
    bool no_nack; /* what is lost stays lost */
    bool no_h264; /* as a viewer */
};

/* A peer connection. */
struct peer_link {
    struct peer *peer;
    enum peer_side side;
    struct transport *transport;
    bool remote_set, connected;
    char remote_ufrag[LIMIT_SDP_ICE_TEXT + 1];
    uint32_t ssrc; /* of our RTCP */
    int64_t deadline_us, connected_us;
};

struct peer_stats {
    uint64_t media_sent, media_received, rtcp_received, dropped, unknown_ssrc, nacks_received;
    uint64_t plis_received, transport_feedback, pongs;
};

/* What client libraries keep of reliable data: the packets sent, to send them again after a resume,
 * and the last number heard from each sender, to take nothing twice. */
struct peer_data {
    uint32_t sequence; /* of the last packet sent */
    struct peer_kept *first, **last;
    size_t kept_bytes;
    struct {
        char sid[32];
        uint32_t sequence;
    } heard[PEER_SENDERS];
    unsigned heard_count;
    uint64_t sent_again, taken, skipped; /* packets; skipped: heard before */
};

/* What the user said about a track, to be said again after a resume. */
struct peer_wish {
    char sid[32];
    bool unsubscribed, disabled;
};

struct peer {
    struct peer_config config;
    struct random random;
    struct peer_link links[2];
    bool joined, left;
    int leave_action, leave_reason; /* of the server's leave */
    char sid[32];
    struct source *sources[PEER_SOURCES];
    unsigned source_count;
    struct sink *sinks[PEER_SINKS];
    unsigned sink_count;
    struct sink_stats gone; /* the sum over sinks that were let go of */
    uint64_t gone_digest;
    struct peer_wish wishes[PEER_SINKS];
    unsigned wish_count;
    struct peer_data data;
    bool offer_pending, offer_wanted;
    uint32_t offer_id, offers_received;
    uint16_t transport_seq;
    int64_t now_us, report_us, ping_us, joined_us, first_media_us;
    struct peer_stats stats;
    struct packet packet;
};

struct peer *peer_new(const struct peer_config *config);
void peer_free(struct peer *p);

/* ---- what comes in ---- */

void peer_on_signal(struct peer *p, int64_t now_us, struct span response);
/* `from` as the server's candidate has it. */
void peer_on_datagram(struct peer *p, int64_t now_us, enum peer_side side, const struct addr *from,
                      struct span datagram);
/* From assoc_emit; false when the id is not of this peer. */
bool peer_on_sctp(struct peer *p, int64_t now_us, uint64_t id, struct span packet);
/* Sends what is due; returns the next deadline. */
int64_t peer_on_time(struct peer *p, int64_t now_us);

/* ---- what a user does ---- */

struct source *peer_publish(struct peer *p, int64_t now_us, const struct source_config *config);
void peer_unpublish(struct peer *p, int64_t now_us, struct source *s);
/* Another track of the same kind, in the section of one that was unpublished. config NULL: as it
 * was. */
void peer_publish_again(struct peer *p, int64_t now_us, struct source *s,
                        const struct source_config *config);
void peer_mute(struct peer *p, struct source *s, bool muted);
/* The publisher connection with its data channels, where nothing is published. */
void peer_open_data(struct peer *p, int64_t now_us);
/* Any bytes on the publisher connection's channel. */
enum channel_sent peer_send_data(struct peer *p, int64_t now_us, enum channel_label label,
                                 struct span packet);
/* Sends a frame too short to be one, in the source's highest layer. */
void peer_send_runt(struct peer *p, int64_t now_us, struct source *s, size_t size);
/* quality: Livekit__VideoQuality; width and height 0: not said. */
void peer_set_track(struct peer *p, const char *track_sid, bool disabled, int quality,
                    uint32_t width, uint32_t height);
void peer_subscribe(struct peer *p, const char *track_sid, bool subscribe);
void peer_leave(struct peer *p);
/* The server's reconnect came on a fresh signal connection: tells it what there is, and restarts
 * ICE. */
void peer_resume(struct peer *p, int64_t now_us);
/* Any request. */
void peer_request(struct peer *p, const Livekit__SignalRequest *request);

/* An offer of what is published now, at once or after the answer that is under way. */
void peer_negotiate(struct peer *p);
/* Sends a description, which is freed. */
void peer_describe(struct peer *p, char *sdp, bool offer, uint32_t id);

/* The newest sink of a track, NULL: never offered. */
struct sink *peer_sink_of(const struct peer *p, const char *track_sid);

/* ---- packets.c ---- */

struct peer_packet {
    bool lossy;
    bool encrypted; /* the payload stands in an encrypted_packet, else in a user packet */
    struct span payload;
    const char *to; /* identity, NULL: everybody */
};

/* Where nothing was published yet the connection is made first. */
enum channel_sent packets_send(struct peer *p, int64_t now_us, const struct peer_packet *packet);
/* The payload of either kind of packet. */
struct span packets_payload(const Livekit__DataPacket *packet);
void packets_on_message(struct peer *p, const struct channel_message *m);
/* The server has heard the packets up to this number: those after it go out again. */
void packets_send_again(struct peer *p, uint32_t last_heard);
void packets_fini(struct peer_data *d);

/* ---- describe.c ---- */

/* Our offer of what is published. */
char *describe_offer(const struct peer *p);
/* Our answer to the server's offer. */
char *describe_answer(const struct peer *p, const struct sdp *offer);
/* The first UDP host candidate of a description. */
bool describe_candidate(const char *sdp, struct addr *out);

#endif
