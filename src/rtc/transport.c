/* SPDX-License-Identifier: Apache-2.0 */
/* One peer connection below SDP: hands each datagram to ICE, DTLS or SRTP, and derives one state
 * from theirs. Owned by a person, on its room's worker. Objects that cost memory are made when the
 * peer has earned them: SRTP and SCTP after the DTLS handshake, the handshake itself after an
 * authentic check. */
#include "rtc/transport.h"

#include "base/mem.h"
#include "wire/rtp.h"

#include <assert.h>
#include <stdlib.h>

#define STUN_MESSAGE_MAX 600 /* the longest check: a username of 273 bytes */
#define RTCP_COMPOUND_MAX 1300
#define FLUSH_PACE_US 20000LL

struct transport {
    struct transport_host host;
    uint64_t id;
    void *owner;
    struct ice ice;
    struct dtls *dtls;
    struct srtp *srtp;
    struct channels *channels;
    /* Addresses that passed a check, newest first. */
    struct addr checked[LIMIT_ADDRS_PER_TRANSPORT];
    struct addr
        dtls_from; /* the last one DTLS came from: replies go there until an address is selected */
    unsigned checked_count;
    enum transport_state state;
    enum dtls_role role;
    uint8_t fingerprint[32];
    bool has_fingerprint, has_dtls_from;
    bool fixed; /* keys were set by hand: no ICE, no consent */
};

static void on_dtls_send(void *arg, struct span datagram)
{
    struct transport *t = arg;
    if (t->ice.selected)
        t->host.send(t->host.arg, &t->ice.remote, datagram);
    else if (t->has_dtls_from)
        t->host.send(t->host.arg, &t->dtls_from, datagram);
}

static void on_dtls_data(void *arg, struct span record)
{
    struct transport *t = arg;
    channels_on_packet(t->channels, record);
}

struct transport *transport_new(const struct transport_host *host, uint64_t id, enum dtls_role role)
{
    struct transport *t = xcalloc(1, sizeof *t);
    t->host = *host;
    t->id = id;
    t->role = role;
    ice_init(&t->ice, role == DTLS_SERVER ? ICE_LITE : ICE_CONTROLLING);
    t->dtls = dtls_new(host->dtls, role, (struct dtls_sink){on_dtls_send, on_dtls_data, t});
    t->channels = channels_new(id, role == DTLS_SERVER);
    return t;
}

void transport_free(struct transport *t)
{
    if (!t)
        return;
    channels_free(t->channels);
    srtp_free(t->srtp);
    dtls_free(t->dtls);
    mem_wipe(t, sizeof *t);
    free(t);
}

uint64_t transport_id(const struct transport *t)
{
    return t->id;
}

void transport_set_owner(struct transport *t, void *owner)
{
    t->owner = owner;
}

void *transport_owner(const struct transport *t)
{
    return t->owner;
}

const struct ice *transport_ice(const struct transport *t)
{
    return &t->ice;
}

enum transport_state transport_state(const struct transport *t)
{
    return t->state;
}

const struct addr *transport_remote(const struct transport *t)
{
    return &t->ice.remote;
}

struct srtp *transport_srtp(struct transport *t)
{
    return t->srtp;
}

struct channels *transport_channels(struct transport *t)
{
    return t->channels;
}

static bool is_over(const struct transport *t)
{
    return t->state == TRANSPORT_FAILED || t->state == TRANSPORT_CLOSED;
}

static void take_keys(struct transport *t)
{
    enum srtp_profile profile;
    struct srtp_keys send, receive;
    if (t->srtp || !dtls_export_srtp(t->dtls, &profile, &send, &receive))
        return;
    t->srtp = srtp_new(profile, &send, &receive, t->host.cipher);
    mem_wipe(&send, sizeof send);
    mem_wipe(&receive, sizeof receive);
}

/* What the parts have come to. A peer that agreed on no SRTP profile has data channels only. */
static void update_state(struct transport *t)
{
    if (is_over(t) || t->fixed)
        return;
    switch (dtls_state(t->dtls)) {
    case DTLS_NEW:
    case DTLS_HANDSHAKE:
        break;
    case DTLS_CONNECTED:
        take_keys(t);
        if (t->state == TRANSPORT_NEW && t->ice.selected) {
            t->state = TRANSPORT_CONNECTED;
            channels_flush(t->channels);
        }
        break;
    case DTLS_FAILED:
        t->state = TRANSPORT_FAILED;
        break;
    case DTLS_CLOSED:
        t->state = TRANSPORT_CLOSED;
        break;
    }
}

bool transport_set_remote(struct transport *t, const char *ufrag, const char *pwd,
                          const uint8_t fingerprint[32])
{
    if (strlen(ufrag) > ICE_REMOTE_MAX || strlen(pwd) > ICE_REMOTE_MAX)
        return false;
    if (fingerprint && t->has_fingerprint &&
        memcmp(t->fingerprint, fingerprint, sizeof t->fingerprint) != 0)
        return false;
    ice_set_remote(&t->ice, ufrag, pwd);
    if (fingerprint && !t->has_fingerprint) {
        memcpy(t->fingerprint, fingerprint, sizeof t->fingerprint);
        t->has_fingerprint = true;
        dtls_set_fingerprint(t->dtls, fingerprint);
        update_state(t);
    }
    return true;
}

void transport_restart_ice(struct transport *t)
{
    ice_restart(&t->ice);
}

void transport_connect(struct transport *t, int64_t now_us, const struct addr *candidate)
{
    ice_set_candidate(&t->ice, candidate, now_us);
}

/* Addresses that passed a check. */

static bool is_checked(const struct transport *t, const struct addr *a)
{
    if (t->ice.selected && addr_equal(&t->ice.remote, a))
        return true;
    for (unsigned i = 0; i < t->checked_count; i++)
        if (addr_equal(&t->checked[i], a))
            return true;
    return false;
}

static void note_checked(struct transport *t, const struct addr *a)
{
    if (is_checked(t, a))
        return;
    if (t->checked_count < LIMIT_ADDRS_PER_TRANSPORT)
        t->checked_count++;
    memmove(t->checked + 1, t->checked, (t->checked_count - 1) * sizeof t->checked[0]);
    t->checked[0] = *a;
}

/* Packets. */

static enum drop on_stun(struct transport *t, int64_t now_us, const struct packet *p)
{
    uint8_t buffer[STUN_MESSAGE_MAX];
    struct writer reply = writer_of(buffer, sizeof buffer);
    enum ice_verdict verdict =
        ice_on_stun(&t->ice, now_us, &p->from, span_of(p->data, p->size), &reply);
    if (verdict == ICE_IGNORED)
        return DROP_ICE_AUTH;
    note_checked(t, &p->from);
    if (writer_size(&reply) && !reply.bad)
        t->host.send(t->host.arg, &p->from, writer_span(&reply));
    if (verdict == ICE_SELECTED) {
        if (t->role == DTLS_CLIENT)
            dtls_start(t->dtls, now_us);
        update_state(t);
    }
    return DROP_NONE;
}

static enum drop on_dtls(struct transport *t, int64_t now_us, const struct packet *p)
{
    if (t->fixed || !is_checked(t, &p->from))
        return DROP_NOT_FOR_US;
    t->dtls_from = p->from;
    t->has_dtls_from = true;
    dtls_on_packet(t->dtls, now_us, span_of(p->data, p->size));
    update_state(t);
    return DROP_NONE;
}

static enum drop drop_of(enum srtp_verdict verdict)
{
    switch (verdict) {
    case SRTP_OK:
        return DROP_NONE;
    case SRTP_MALFORMED:
        return DROP_MALFORMED;
    case SRTP_AUTH:
        return DROP_AUTH;
    case SRTP_REPLAY:
        return DROP_REPLAY;
    case SRTP_TOO_MANY_STREAMS:
        return DROP_TOO_MANY_STREAMS;
    }
    return DROP_MALFORMED;
}

static enum drop on_media(struct transport *t, struct packet *p, bool rtcp, int64_t *index)
{
    if (!t->srtp || t->state != TRANSPORT_CONNECTED)
        return DROP_NO_KEYS;
    size_t size = p->size;
    enum srtp_verdict verdict = rtcp ? srtp_open_rtcp(t->srtp, p->data, &size)
                                     : srtp_open_rtp(t->srtp, p->data, &size, index);
    if (verdict == SRTP_OK)
        p->size = (uint32_t)size;
    return drop_of(verdict);
}

enum transport_packet transport_on_packet(struct transport *t, int64_t now_us, struct packet *p,
                                          int64_t *index, enum drop *drop)
{
    enum transport_packet kind = TRANSPORT_HANDLED;
    *index = 0;
    *drop = DROP_NOT_FOR_US;
    if (is_over(t))
        return TRANSPORT_DROPPED;
    switch (datagram_kind(span_of(p->data, p->size))) {
    case DATAGRAM_STUN:
        *drop = t->fixed ? DROP_NOT_FOR_US : on_stun(t, now_us, p);
        break;
    case DATAGRAM_DTLS:
        *drop = on_dtls(t, now_us, p);
        break;
    case DATAGRAM_RTP:
        kind = TRANSPORT_RTP;
        *drop = on_media(t, p, false, index);
        break;
    case DATAGRAM_RTCP:
        kind = TRANSPORT_RTCP;
        *drop = on_media(t, p, true, index);
        break;
    case DATAGRAM_OTHER:
        *drop = DROP_MALFORMED;
        break;
    }
    return *drop == DROP_NONE ? kind : TRANSPORT_DROPPED;
}

/* Time. */

static int64_t earlier(int64_t a, int64_t b)
{
    return a < b ? a : b;
}

static int64_t check_on_time(struct transport *t, int64_t now_us)
{
    uint8_t buffer[STUN_MESSAGE_MAX];
    struct writer check = writer_of(buffer, sizeof buffer);
    int64_t next = ice_on_time(&t->ice, now_us, &check);
    if (writer_size(&check) && !check.bad)
        t->host.send(t->host.arg, &t->ice.candidate, writer_span(&check));
    return next;
}

int64_t transport_on_time(struct transport *t, int64_t now_us)
{
    if (is_over(t) || t->fixed)
        return TIME_NEVER;
    int64_t next = TIME_NEVER;
    if (t->ice.selected) {
        next = t->ice.last_heard_us + LIMIT_ICE_SILENCE_US;
        if (now_us >= next) {
            t->state = TRANSPORT_FAILED;
            return TIME_NEVER;
        }
    }
    next = earlier(next, check_on_time(t, now_us));
    next = earlier(next, dtls_on_time(t->dtls, now_us));
    update_state(t);
    if (is_over(t))
        return TIME_NEVER;
    if (t->state == TRANSPORT_CONNECTED && channels_queued(t->channels)) {
        channels_flush(t->channels);
        if (channels_queued(t->channels))
            next = earlier(next, now_us + FLUSH_PACE_US);
    }
    return next;
}

void transport_send_sctp(struct transport *t, struct span packet)
{
    if (!is_over(t))
        dtls_write(t->dtls, packet);
}

void transport_send_rtcp(struct transport *t, struct span compound)
{
    uint8_t buffer[RTCP_COMPOUND_MAX + SRTP_TRAILER_MAX];
    assert(compound.size <= RTCP_COMPOUND_MAX);
    if (!t->srtp || t->state != TRANSPORT_CONNECTED || compound.size == 0)
        return;
    memcpy(buffer, compound.data, compound.size);
    size_t size = srtp_seal_rtcp(t->srtp, buffer, compound.size);
    t->host.send(t->host.arg, &t->ice.remote, span_of(buffer, size));
}

void transport_set_keys(struct transport *t, const struct addr *remote, enum srtp_profile profile,
                        const struct srtp_keys *send, const struct srtp_keys *receive)
{
    srtp_free(t->srtp);
    t->srtp = srtp_new(profile, send, receive, t->host.cipher);
    t->ice.remote = *remote;
    t->ice.selected = true;
    t->fixed = true;
    t->state = TRANSPORT_CONNECTED;
}

void transport_close(struct transport *t)
{
    if (is_over(t))
        return;
    dtls_close(t->dtls);
    t->state = TRANSPORT_CLOSED;
}
