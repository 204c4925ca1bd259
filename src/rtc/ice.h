/* SPDX-License-Identifier: Apache-2.0 */
/* ICE of one transport (RFC 8445): lite and controlled for the server, or a full controlling agent
 * towards known candidates for clients. Checks are authenticated before anything changes. A restart
 * makes new local credentials; the old ones stay good until the new pair is nominated. */
#ifndef RTC_ICE_H
#define RTC_ICE_H

#include "wire/stun.h"

#define ICE_UFRAG_SIZE 16
#define ICE_PWD_SIZE 32
#define ICE_REMOTE_MAX 256 /* RFC 8839: ufrag and pwd have at most 256 characters */

enum ice_role { ICE_LITE, ICE_CONTROLLING };

enum ice_verdict {
    ICE_IGNORED, /* not for us, or not authentic */
    ICE_CHECKED, /* authentic: the address may be trusted with replies */
    ICE_SELECTED /* authentic and the selected remote address changed */
};

struct ice_credentials {
    char ufrag[ICE_UFRAG_SIZE + 1], pwd[ICE_PWD_SIZE + 1];
};

struct ice {
    enum ice_role role;
    struct ice_credentials local, previous; /* previous.ufrag[0] == 0: none */
    char remote_ufrag[ICE_REMOTE_MAX + 1], remote_pwd[ICE_REMOTE_MAX + 1];
    bool has_remote, selected;
    struct addr remote;    /* selected: where we send */
    int64_t last_heard_us; /* last authentic check or response: consent */
    uint64_t tie_breaker;
    /* controlling: the candidate we check, and the check under way */
    struct addr candidate;
    bool has_candidate, nominated;
    uint8_t transaction[12];
    int64_t next_check_us;
    unsigned checks_sent;
    /* rate of replies */
    int64_t window_start_us;
    unsigned replies_in_window;
};

void ice_init(struct ice *ice, enum ice_role role);
void ice_set_remote(struct ice *ice, const char *ufrag, const char *pwd);
/* New local credentials. */
void ice_restart(struct ice *ice);
/* A STUN message from `from`; a reply, when one is due, is written to `reply` (size 0: none). */
enum ice_verdict ice_on_stun(struct ice *ice, int64_t now_us, const struct addr *from,
                             struct span datagram, struct writer *reply);
/* Controlling: sends to this candidate from now on. */
void ice_set_candidate(struct ice *ice, const struct addr *candidate, int64_t now_us);
/* Writes a check when one is due (controlling). Returns the next deadline. */
int64_t ice_on_time(struct ice *ice, int64_t now_us, struct writer *check);

#endif
