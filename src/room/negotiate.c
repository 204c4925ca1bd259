/* SPDX-License-Identifier: Apache-2.0 */
/* What answers and offers have in common: the connection under them, the client's transport values,
 * ours around the sections. The publisher's side goes on in answer.c, the subscriber's in offer.c.
 */
#include <stdlib.h>

#include "base/random.h"
#include "room/signalling.h"

/* RFC 8445 5.1.2.1: host candidates, the first address preferred. */
#define HOST_PREFERENCE 126u
#define LOCAL_PREFERENCE 65535u
#define COMPONENT_PREFERENCE 255u

void connection_open(struct person *p, enum side side)
{
    struct connection *c = &p->connections[side];
    uint64_t id = 0;

    random_bytes(&id, sizeof id);
    p->signal->sdp_id[side] = id >> 2; /* clients read it as a signed number */
    c->person = p;
    c->side = side;
    c->ssrc = random_u32() | 1;
    c->state = TRANSPORT_NEW;
    c->transport = engine_transport_new(p->engine, c);
    if (side == PUBLISHER)
        return;
    struct channels *channels = transport_channels(c->transport);
    channels_open(channels, CHANNEL_RELIABLE);
    channels_open(channels, CHANNEL_LOSSY);
    channels_open(channels, CHANNEL_DATA_TRACK);
    p->last_ssrc = random_u32();
    p->slots = xcalloc(1, sizeof *p->slots);
    p->slots[0].kind = SDP_APPLICATION;
    p->slot_count = 1;
}

void connection_close(struct person *p, enum side side)
{
    struct connection *c = &p->connections[side];

    if (!c->transport)
        return;
    report_stop(p, side);
    transport_close(c->transport);
    engine_transport_free(p->engine, c->transport);
    c->transport = NULL;
    c->state = TRANSPORT_CLOSED;
}

bool connection_set_remote(struct connection *c, const struct sdp *sdp, struct arena *a)
{
    const struct ice *ice = transport_ice(c->transport);
    bool known = ice->has_remote;

    if (sdp->ice_ufrag.size == 0 || sdp->ice_pwd.size == 0 || (!known && !sdp->has_fingerprint))
        return false;
    /* Our credentials change with theirs, but in answers only: an offer of ours that restarts has
     * done so itself. */
    if (c->side == PUBLISHER && known &&
        !span_equal(sdp->ice_ufrag, span_of_str(ice->remote_ufrag)))
        engine_transport_restart(c->person->engine, c->transport);
    return transport_set_remote(c->transport, arena_strdup(a, sdp->ice_ufrag),
                                arena_strdup(a, sdp->ice_pwd),
                                sdp->has_fingerprint ? sdp->fingerprint : NULL);
}

char *negotiate_write(struct connection *c, struct sdp_out_media *media, unsigned count,
                      struct arena *a)
{
    const struct engine *e = c->person->engine;
    const struct ice *ice = transport_ice(c->transport);
    struct person_signal *s = c->person->signal;
    struct sdp_candidate candidates[sizeof e->config.candidates / sizeof e->config.candidates[0]];
    struct str text;

    for (unsigned i = 0; i < e->config.candidate_count; i++)
        candidates[i] = (struct sdp_candidate){
            .addr = e->config.candidates[i],
            .priority = HOST_PREFERENCE << 24 | (LOCAL_PREFERENCE - i) << 8 | COMPONENT_PREFERENCE,
            .foundation = i + 1};
    struct sdp_out out = {.session_id = s->sdp_id[c->side],
                          .version = ++s->sdp_version[c->side],
                          .ice_ufrag = ice->local.ufrag,
                          .ice_pwd = ice->local.pwd,
                          .setup = c->side == PUBLISHER ? SDP_PASSIVE : SDP_ACTPASS,
                          .candidates = candidates,
                          .candidate_count = e->config.candidate_count,
                          .max_message_size = LIMIT_DATA_MESSAGE,
                          .media = media,
                          .media_count = count};
    memcpy(out.fingerprint, dtls_context_fingerprint(e->config.dtls), sizeof out.fingerprint);
    str_init(&text);
    sdp_write(&text, &out);
    char *copy = arena_strdup(a, str_span(&text));
    str_fini(&text);
    return copy;
}
