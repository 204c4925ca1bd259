/* SPDX-License-Identifier: Apache-2.0 */
/* Protobuf messages as JSON and back (proto3 JSON mapping), by protobuf-c's descriptors: what the
 * Twirp API speaks. Reading takes camelCase and snake_case names; writing gives snake_case, enums
 * as names, 64-bit numbers as strings, bytes as base64, and leaves default values out. */
#ifndef SERVER_PROTOJSON_H
#define SERVER_PROTOJSON_H

#include <jansson.h>

#include "base/mem.h"
#include "base/str.h"
#include "wire/signal.h"

/* The new reference is the caller's. */
json_t *protojson_write(const ProtobufCMessage *message);
/* The same with names such as numParticipants, as webhooks have them. */
json_t *protojson_write_camel(const ProtobufCMessage *message);
/* A message in the arena, or NULL with an error that names the field. Unknown members are ignored.
 */
ProtobufCMessage *protojson_read(const ProtobufCMessageDescriptor *type, const json_t *json,
                                 struct arena *a, struct str *error);

#endif
