/* SPDX-License-Identifier: Apache-2.0 */
/* What a verified join token and the connect query say about the person who opens a signal
 * connection. Plain data, owned by whoever made it (grant_copy, grant_free); the room layer trusts
 * it. */
#ifndef ROOM_GRANT_H
#define ROOM_GRANT_H

#include "base/span.h"

struct permission {
    bool can_subscribe, can_publish, can_publish_data, can_update_metadata, hidden;
    uint32_t sources; /* bit per Livekit__TrackSource that may be published; 0: all */
};

struct attribute {
    char *key, *value;
};

struct grant {
    char *room, *identity, *name, *metadata;
    struct attribute *attributes;
    unsigned attribute_count;
    int kind; /* Livekit__ParticipantInfo__Kind */
    struct permission permission;
    /* room settings carried by the token, used when this join creates the room; 0: defaults */
    uint32_t max_participants, empty_timeout_s, departure_timeout_s;
    char *room_metadata;
    int64_t expires_unix_s;
    char *key_id; /* iss: which API key signs the refreshed token */
    /* connect query */
    bool auto_subscribe, adaptive_stream, reconnect;
    char *reconnect_sid;
    int protocol, client_protocol;
    char *sdk, *version, *os, *browser, *device_model;
    int capabilities[8];
    unsigned capability_count;
};

struct grant *grant_copy(const struct grant *g);
void grant_free(struct grant *g);
/* Sets an attribute; an empty value deletes it. */
void grant_set_attribute(struct grant *g, const char *key, const char *value);

#endif
