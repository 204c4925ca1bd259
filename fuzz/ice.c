/* SPDX-License-Identifier: Apache-2.0 */
/* A STUN message at an ICE agent whose credentials the corpus knows; the first byte says which role
 * the agent has. What is ignored must have changed nothing and get no reply; what is not must have
 * been answered by an authentic success. */
#include <assert.h>

#include "rtc/ice.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define NOW_US 5000000LL

static void agent(struct ice *ice, enum ice_role role)
{
    ice_init(ice, role);
    ice->local = (struct ice_credentials){"localufrag123456", "localpasswordlocalpassword123456"};
    ice->previous =
        (struct ice_credentials){"previousufrag123", "previouspasswordpreviouspass1234"};
    ice->tie_breaker = 1;
    ice_set_remote(ice, "remoteufrag", "remotepasswordremotepassword");
    if (role == ICE_LITE)
        return;
    struct addr candidate = addr_v4(192, 0, 2, 1, 7882);
    ice_set_candidate(ice, &candidate, NOW_US);
    memset(ice->transaction, 7, sizeof ice->transaction);
    ice->checks_sent = 1;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size == 0)
        return 0;
    struct ice ice, before;
    uint8_t buffer[600];
    struct addr from = addr_v4(192, 0, 2, 1, 7882);
    struct writer reply = writer_of(buffer, sizeof buffer);
    memset(&ice, 0, sizeof ice);
    agent(&ice, data[0] & 1 ? ICE_CONTROLLING : ICE_LITE);
    memcpy(&before, &ice, sizeof ice);
    enum ice_verdict verdict =
        ice_on_stun(&ice, NOW_US, &from, span_of(data + 1, size - 1), &reply);
    assert(!reply.bad);
    if (verdict == ICE_IGNORED) {
        assert(memcmp(&before, &ice, sizeof ice) == 0 && writer_size(&reply) == 0);
        return 0;
    }
    assert(ice.last_heard_us == NOW_US);
    assert(verdict != ICE_SELECTED || (ice.selected && addr_equal(&ice.remote, &from)));
    if (writer_size(&reply) == 0) {
        assert(ice.role == ICE_CONTROLLING && ice.nominated);
        return 0;
    }
    struct stun m;
    struct span bytes = writer_span(&reply);
    assert(stun_parse(bytes, &m) && m.class_ == STUN_SUCCESS);
    assert(stun_authentic(bytes, &m, span_of_str(ice.local.pwd)) ||
           stun_authentic(bytes, &m, span_of_str(before.previous.pwd)));
    return 0;
}
