/* SPDX-License-Identifier: Apache-2.0 */
/* What is allowed: pure predicates over a permission, a room's encryption and a request. Nothing is
 * changed here. */
#ifndef ROOM_RULES_H
#define ROOM_RULES_H

#include "room/grant.h"
#include "wire/codec.h"
#include "wire/signal.h"

enum rules_verdict {
    RULES_OK,
    RULES_NOT_ALLOWED, /* permission or source; or a backup codec, which we never ask for */
    RULES_CLEAR_TRACK, /* a track without encryption in an encrypted room */
    RULES_LIMIT_EXCEEDED,
    RULES_UNSUPPORTED_TYPE,
    RULES_INVALID_REQUEST
};

enum rules_data {
    RULES_DATA_OK,
    RULES_DATA_CLEAR,    /* not encrypted, in an encrypted room */
    RULES_DATA_FORGED,   /* looks like a notice of the server */
    RULES_DATA_KEY_INDEX /* under a key index that would end native clients */
};

/* What decides on an AddTrackRequest. */
struct rules_publish {
    const struct permission *permission;
    bool e2ee;
    unsigned tracks, pending; /* that the person has, and how many of them wait for their section */
};

enum rules_verdict rules_add_track(const struct rules_publish *p,
                                   const Livekit__AddTrackRequest *request);
bool rules_may_publish_source(const struct permission *p, int source);
/* New texts of a participant, NULL or "" for unchanged: whether they fit the limits. */
bool rules_texts_fit(const char *name, const char *metadata);
/* Whether the grant's attributes fit with these changes applied. */
bool rules_attributes_fit(const struct grant *g,
                          Livekit__UpdateParticipantMetadata__AttributesEntry *const *changes,
                          size_t count);
/* Whether a client may be let send this codec: browsers known to break H.264 are not. */
bool rules_may_send_codec(const struct grant *g, enum codec codec);
/* Whether a participant's data packet may pass. */
enum rules_data rules_data(bool e2ee, const struct data_route *route);
/* Whether a room's metadata is a JSON object (RFC 8259) with "e2ee": true at its top level. */
bool rules_metadata_is_e2ee(struct span metadata);
/* A permission as a request has it; the hidden flag stays what it was at joining. */
struct permission rules_permission(const Livekit__ParticipantPermission *p,
                                   const struct permission *before);

#endif
