/* SPDX-License-Identifier: Apache-2.0 */
/* ICE of one transport: the lite side that answers checks, and the controlling side that makes them
 * towards one known candidate. Owned by a transport, on its worker's thread. */
#include "rtc/ice.h"

#include "base/heap.h"
#include "base/limits.h"
#include "base/mem.h"
#include "base/random.h"

#include <assert.h>

#define CHECK_PACE_US 50000LL  /* RFC 8445 14.2: Ta */
#define KEEPALIVE_US 2000000LL /* well below the consent timeout (RFC 7675) */
#define RATE_WINDOW_US 1000000LL
#define PRIORITY_PEER_REFLEXIVE ((110u << 24) | (65535u << 8) | 255u) /* RFC 8445 5.1.2.1 */
#define METHOD_BINDING 1

static void make_credentials(struct ice_credentials *c)
{
    random_text(c->ufrag, ICE_UFRAG_SIZE);
    random_text(c->pwd, ICE_PWD_SIZE);
}

void ice_init(struct ice *ice, enum ice_role role)
{
    *ice = (struct ice){.role = role};
    make_credentials(&ice->local);
    random_bytes(&ice->tie_breaker, sizeof ice->tie_breaker);
}

static void new_transaction(struct ice *ice)
{
    random_bytes(ice->transaction, sizeof ice->transaction);
}

/* The next check starts anew, at once. */
static void check_again(struct ice *ice, int64_t now_us)
{
    new_transaction(ice);
    ice->nominated = false;
    ice->checks_sent = 0;
    ice->next_check_us = now_us;
}

void ice_set_remote(struct ice *ice, const char *ufrag, const char *pwd)
{
    size_t ufrag_size = strlen(ufrag), pwd_size = strlen(pwd);
    assert(ufrag_size <= ICE_REMOTE_MAX && pwd_size <= ICE_REMOTE_MAX);
    bool changed = strcmp(ice->remote_ufrag, ufrag) != 0 || strcmp(ice->remote_pwd, pwd) != 0;
    memcpy(ice->remote_ufrag, ufrag, ufrag_size + 1);
    memcpy(ice->remote_pwd, pwd, pwd_size + 1);
    ice->has_remote = true;
    if (changed && ice->has_candidate)
        check_again(ice, 0);
}

void ice_restart(struct ice *ice)
{
    /* When the last restart was never completed, the credentials in use are still the older ones:
     * keep those. */
    if (!ice->previous.ufrag[0])
        ice->previous = ice->local;
    make_credentials(&ice->local);
    if (ice->has_candidate)
        check_again(ice, 0);
}

/* The password that goes with the first half of USERNAME (RFC 8445 7.2.2); NULL when it is not
 * ours. */
static const char *password_of(const struct ice *ice, struct span username)
{
    const uint8_t *colon = username.size ? memchr(username.data, ':', username.size) : NULL;
    if (!colon)
        return NULL;
    struct span receiver = span_first(username, (size_t)(colon - username.data));
    if (span_equal(receiver, span_of_str(ice->local.ufrag)))
        return ice->local.pwd;
    if (ice->previous.ufrag[0] && span_equal(receiver, span_of_str(ice->previous.ufrag)))
        return ice->previous.pwd;
    return NULL;
}

static bool may_reply(struct ice *ice, int64_t now_us)
{
    if (now_us - ice->window_start_us >= RATE_WINDOW_US) {
        ice->window_start_us = now_us;
        ice->replies_in_window = 0;
    }
    return ice->replies_in_window++ < LIMIT_STUN_PER_TRANSPORT_PER_S;
}

static enum ice_verdict select_remote(struct ice *ice, const struct addr *remote)
{
    if (ice->selected && addr_equal(&ice->remote, remote))
        return ICE_CHECKED;
    ice->selected = true;
    ice->remote = *remote;
    return ICE_SELECTED;
}

struct arrival {
    int64_t now_us;
    const struct addr *from;
    struct span datagram;
};

static enum ice_verdict on_request(struct ice *ice, const struct arrival *in, const struct stun *m,
                                   struct writer *reply)
{
    const char *pwd = password_of(ice, m->username);
    if (!pwd || !stun_authentic(in->datagram, m, span_of_str(pwd)))
        return ICE_IGNORED;
    ice->last_heard_us = in->now_us;
    if (may_reply(ice, in->now_us))
        stun_write_success(reply, m->transaction, in->from, span_of_str(pwd));
    if (ice->role != ICE_LITE || !m->use_candidate)
        return ICE_CHECKED;
    if (pwd == ice->local.pwd)
        mem_wipe(&ice->previous, sizeof ice->previous);
    return select_remote(ice, in->from);
}

static enum ice_verdict on_success(struct ice *ice, const struct arrival *in, const struct stun *m)
{
    if (ice->role != ICE_CONTROLLING || !ice->has_remote || ice->checks_sent == 0)
        return ICE_IGNORED;
    if (!span_equal(m->transaction, span_of(ice->transaction, sizeof ice->transaction)))
        return ICE_IGNORED;
    if (!addr_equal(in->from, &ice->candidate) ||
        !stun_authentic(in->datagram, m, span_of_str(ice->remote_pwd)))
        return ICE_IGNORED;
    ice->last_heard_us = in->now_us;
    if (!ice->nominated) {
        ice->nominated = true;
        ice->next_check_us = in->now_us + KEEPALIVE_US;
        mem_wipe(&ice->previous, sizeof ice->previous);
    }
    return select_remote(ice, &ice->candidate);
}

enum ice_verdict ice_on_stun(struct ice *ice, int64_t now_us, const struct addr *from,
                             struct span datagram, struct writer *reply)
{
    struct arrival in = {now_us, from, datagram};
    struct stun m;
    if (!stun_parse(datagram, &m) || m.method != METHOD_BINDING || m.integrity.size == 0)
        return ICE_IGNORED;
    switch (m.class_) {
    case STUN_REQUEST:
        return on_request(ice, &in, &m, reply);
    case STUN_SUCCESS:
        return on_success(ice, &in, &m);
    case STUN_INDICATION:
    case STUN_ERROR:
        return ICE_IGNORED;
    }
    return ICE_IGNORED;
}

void ice_set_candidate(struct ice *ice, const struct addr *candidate, int64_t now_us)
{
    assert(ice->role == ICE_CONTROLLING);
    ice->candidate = *candidate;
    ice->has_candidate = true;
    check_again(ice, now_us);
}

static void write_check(const struct ice *ice, struct writer *check)
{
    char username[ICE_REMOTE_MAX + 1 + ICE_UFRAG_SIZE];
    struct writer name = writer_of(username, sizeof username);
    writer_bytes(&name, span_of_str(ice->remote_ufrag));
    writer_u8(&name, ':');
    writer_bytes(&name, span_of_str(ice->local.ufrag));
    stun_write_check(check, &(struct stun_check){
                                .transaction = span_of(ice->transaction, sizeof ice->transaction),
                                .username = writer_span(&name),
                                .password = span_of_str(ice->remote_pwd),
                                .priority = PRIORITY_PEER_REFLEXIVE,
                                .tie_breaker = ice->tie_breaker,
                                .controlling = true,
                                .use_candidate = true,
                            });
}

int64_t ice_on_time(struct ice *ice, int64_t now_us, struct writer *check)
{
    if (ice->role != ICE_CONTROLLING || !ice->has_candidate || !ice->has_remote)
        return TIME_NEVER;
    if (now_us < ice->next_check_us)
        return ice->next_check_us;
    /* Until the first answer it is one check, sent again and again (RFC 8489 6.2.1), so that a late
     * answer counts. */
    if (ice->nominated)
        new_transaction(ice);
    write_check(ice, check);
    ice->checks_sent++;
    ice->next_check_us = now_us + (ice->nominated ? KEEPALIVE_US : CHECK_PACE_US);
    return ice->next_check_us;
}
