/* SPDX-License-Identifier: Apache-2.0 */
/* The door to LiveKit's signalling messages: plain structs made by protobuf-c from
 * proto/livekit.proto (names `Livekit__SignalRequest` and so on), packed and unpacked here with
 * bounds and an arena. No other file of this layer or above calls protobuf-c, except the JSON
 * mapping of the server API. */
#ifndef WIRE_SIGNAL_H
#define WIRE_SIGNAL_H

#include "base/mem.h"
#include "bedrud.pb-c.h"
#include "livekit.pb-c.h"

/* NULL when malformed, over LIMIT_SIGNAL_MESSAGE, repeated beyond bounds, or with a string that is
 * not UTF-8. Lives as long as the arena. */
Livekit__SignalRequest *signal_request_parse(struct span bytes, struct arena *a);
Livekit__SignalResponse *signal_response_parse(struct span bytes, struct arena *a);
/* Any message by its descriptor, e.g. &livekit__room__descriptor. */
ProtobufCMessage *signal_parse(const ProtobufCMessageDescriptor *type, struct span bytes,
                               struct arena *a);
/* Serialised into the arena. */
struct span signal_pack(const ProtobufCMessage *message, struct arena *a);

/* ---- data packets: routed, not understood (livekit-wire.md 4.3) ---- */

/* What the server says to clients as data: participants cannot. */
#define NOTICE_TOPIC "system"

struct data_route {
    bool is_encrypted; /* value is encrypted_packet, and no clear value stands beside it */
    bool is_user;      /* value is user */
    bool is_notice;    /* ... on the topic of the server's own words */
    bool has_value;
    uint32_t sequence;  /* 0: none */
    uint64_t key_index; /* of an encrypted packet; the highest where several are named */
    unsigned destination_identity_count, destination_sid_count;
};

/* Looks only at the fields that route a DataPacket. False when the protobuf is malformed. */
bool data_route_parse(struct span packet, struct data_route *out)
    __attribute__((warn_unused_result));
/* Whether identity or sid is among the destinations (outer field 5, or user's 6 and 3). Call only
 * when a count is > 0. */
bool data_route_addresses(struct span packet, struct span identity, struct span sid);
/* The packet without fields 1, 4 and 17, then fresh ones: kind (when lossy), identity, sid. Empty
 * strings leave a field out. out must hold packet.size + identity.size + sid.size + 16. Returns the
 * size; 0 for a packet that data_route_parse refuses. */
size_t data_route_rewrite(struct span packet, bool lossy, struct span identity, struct span sid,
                          uint8_t *out);

#endif
