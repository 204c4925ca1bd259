/* SPDX-License-Identifier: Apache-2.0 */
/* One peer connection below SDP: ICE, DTLS, SRTP and data channels of one five-tuple. Owned by a
 * person. Pure: packets and time come in, datagrams go out through the host. Both ends: the server
 * (ICE-lite, DTLS server) and a client (controlling, DTLS client) as the native client and the test
 * peer use it. */
#ifndef RTC_TRANSPORT_H
#define RTC_TRANSPORT_H

#include "base/heap.h"
#include "base/packet.h"
#include "rtc/channel.h"
#include "rtc/dtls.h"
#include "rtc/ice.h"
#include "rtc/srtp.h"

enum transport_state { TRANSPORT_NEW, TRANSPORT_CONNECTED, TRANSPORT_FAILED, TRANSPORT_CLOSED };

struct transport;

/* What a transport needs of its owner. The functions are called from within transport_* calls. */
struct transport_host {
    void *arg;
    /* A datagram (STUN, DTLS, SRTCP) to be sent now. */
    void (*send)(void *arg, const struct addr *to, struct span datagram);
    struct dtls_context *dtls;
    const struct cipher_ops *cipher;
};

/* id: unique in the process, also that of its SCTP association. */
struct transport *transport_new(const struct transport_host *host, uint64_t id,
                                enum dtls_role role);
void transport_free(struct transport *t);
uint64_t transport_id(const struct transport *t);
/* For the owner's use. */
void transport_set_owner(struct transport *t, void *owner);
void *transport_owner(const struct transport *t);

const struct ice *transport_ice(const struct transport *t);
/* From the remote description. A changed ufrag is an ICE restart of the peer: the new credentials
 * apply. False when the strings are too long or the fingerprint differs from an earlier one.
 * fingerprint may be NULL when already known. */
bool transport_set_remote(struct transport *t, const char *ufrag, const char *pwd,
                          const uint8_t fingerprint[32]);
void transport_restart_ice(struct transport *t);
/* Client role: start checking this candidate; DTLS starts when the pair is selected. */
void transport_connect(struct transport *t, int64_t now_us, const struct addr *candidate);

/* What a packet turned out to be. For RTP and RTCP the packet was decrypted in place and
 * packet->size shortened. */
enum transport_packet {
    TRANSPORT_HANDLED, /* STUN, DTLS, SCTP: consumed. States, addresses and messages may have
                          changed */
    TRANSPORT_RTP,
    TRANSPORT_RTCP,
    TRANSPORT_DROPPED /* see *drop */
};

enum drop {
    DROP_NONE,
    DROP_NOT_FOR_US,
    DROP_MALFORMED,
    DROP_ICE_AUTH,
    DROP_NO_KEYS,
    DROP_AUTH,
    DROP_REPLAY,
    DROP_TOO_MANY_STREAMS,
    DROP_COUNT
};

/* index: for RTP the unwrapped sequence number of the SRTP layer. DTLS before nomination is
 * accepted from an address that passed a check. */
enum transport_packet transport_on_packet(struct transport *t, int64_t now_us, struct packet *p,
                                          int64_t *index, enum drop *drop);
/* DTLS retransmission, ICE consent and checks, queued data. Returns the next deadline, which a
 * packet that was TRANSPORT_HANDLED and data that was queued may bring forward: call it again after
 * those. */
int64_t transport_on_time(struct transport *t, int64_t now_us);
/* An SCTP packet that usrsctp wants sent (assoc_emit), back on the owner's thread. */
void transport_send_sctp(struct transport *t, struct span packet);

enum transport_state transport_state(const struct transport *t);
/* Where media goes: valid once selected. */
const struct addr *transport_remote(const struct transport *t);
/* NULL until keys are there. */
struct srtp *transport_srtp(struct transport *t);
/* Seals a clear RTCP compound (<= 1,300 bytes) and sends it. Dropped without keys. */
void transport_send_rtcp(struct transport *t, struct span compound);
/* Data channels: made at once, usable when the state is CONNECTED. */
struct channels *transport_channels(struct transport *t);
/* Test and bench only: media without ICE and DTLS, to a fixed address with given keys. */
void transport_set_keys(struct transport *t, const struct addr *remote, enum srtp_profile profile,
                        const struct srtp_keys *send, const struct srtp_keys *receive);
/* DTLS close_notify, then nothing more is sent. */
void transport_close(struct transport *t);

#endif
