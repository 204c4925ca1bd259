/* SPDX-License-Identifier: Apache-2.0 */
/* The table of RoomService's calls, who may make them, and their two encodings. */
#include "server/twirp.h"

#include <assert.h>
#include <errno.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <strings.h>

#include "server/protojson.h"

enum need { NEED_NOTHING, NEED_CREATE, NEED_LIST, NEED_ADMIN };

struct twirp_method {
    const char *name; /* service and method */
    enum engine_request request;
    enum need need;
    const char *room_field; /* NULL: concerns no single room */
    const ProtobufCMessageDescriptor *in, *out;
};

static const struct twirp_method methods[] = {
    {"livekit.RoomService/CreateRoom", ENGINE_CREATE_ROOM, NEED_CREATE, "name",
     &livekit__create_room_request__descriptor, &livekit__room__descriptor},
    {"livekit.RoomService/ListRooms", ENGINE_LIST_ROOMS, NEED_LIST, NULL,
     &livekit__list_rooms_request__descriptor, &livekit__list_rooms_response__descriptor},
    {"livekit.RoomService/DeleteRoom", ENGINE_DELETE_ROOM, NEED_CREATE, "room",
     &livekit__delete_room_request__descriptor, &livekit__delete_room_response__descriptor},
    {"livekit.RoomService/ListParticipants", ENGINE_LIST_PARTICIPANTS, NEED_ADMIN, "room",
     &livekit__list_participants_request__descriptor,
     &livekit__list_participants_response__descriptor},
    {"livekit.RoomService/GetParticipant", ENGINE_GET_PARTICIPANT, NEED_ADMIN, "room",
     &livekit__room_participant_identity__descriptor, &livekit__participant_info__descriptor},
    {"livekit.RoomService/RemoveParticipant", ENGINE_REMOVE_PARTICIPANT, NEED_ADMIN, "room",
     &livekit__room_participant_identity__descriptor,
     &livekit__remove_participant_response__descriptor},
    {"livekit.RoomService/MutePublishedTrack", ENGINE_MUTE_TRACK, NEED_ADMIN, "room",
     &livekit__mute_room_track_request__descriptor, &livekit__mute_room_track_response__descriptor},
    {"livekit.RoomService/UpdateParticipant", ENGINE_UPDATE_PARTICIPANT, NEED_ADMIN, "room",
     &livekit__update_participant_request__descriptor, &livekit__participant_info__descriptor},
    {"livekit.RoomService/UpdateSubscriptions", ENGINE_UPDATE_SUBSCRIPTIONS, NEED_ADMIN, "room",
     &livekit__update_subscriptions_request__descriptor,
     &livekit__update_subscriptions_response__descriptor},
    {"livekit.RoomService/SendData", ENGINE_SEND_DATA, NEED_ADMIN, "room",
     &livekit__send_data_request__descriptor, &livekit__send_data_response__descriptor},
    {"livekit.RoomService/UpdateRoomMetadata", ENGINE_UPDATE_ROOM_METADATA, NEED_ADMIN, "room",
     &livekit__update_room_metadata_request__descriptor, &livekit__room__descriptor},
    {"bedrud.Rooms/List", ENGINE_ROOMS, NEED_LIST, NULL, &bedrud__rooms_request__descriptor,
     &bedrud__rooms_response__descriptor},
    {"bedrud.Rooms/Info", ENGINE_ROOMS, NEED_ADMIN, "room", &bedrud__rooms_request__descriptor,
     &bedrud__rooms_response__descriptor},
};

/* LiveKit's services that this server does not have, by the beginning of their methods' names; the
 * first that fits counts. Of their requests only the room is read. */
static const struct twirp_method absent[] = {
    {"livekit.Egress/", ENGINE_REFUSE_SERVICE, NEED_NOTHING, "room_name",
     &bedrud__egress_request__descriptor, NULL},
    {"livekit.Ingress/CreateIngress", ENGINE_REFUSE_SERVICE, NEED_NOTHING, "room_name",
     &bedrud__ingress_request__descriptor, NULL},
    {"livekit.Ingress/UpdateIngress", ENGINE_REFUSE_SERVICE, NEED_NOTHING, "room_name",
     &bedrud__ingress_request__descriptor, NULL},
    {"livekit.SIP/CreateSIPParticipant", ENGINE_REFUSE_SERVICE, NEED_NOTHING, "room_name",
     &bedrud__sip_participant_request__descriptor, NULL},
    {"livekit.SIP/TransferSIPParticipant", ENGINE_REFUSE_SERVICE, NEED_NOTHING, "room_name",
     &bedrud__sip_transfer_request__descriptor, NULL},
    {"livekit.AgentDispatchService/", ENGINE_REFUSE_SERVICE, NEED_NOTHING, "room",
     &bedrud__agent_dispatch_request__descriptor, NULL},
    {"livekit.Ingress/", ENGINE_REFUSE_SERVICE, NEED_NOTHING, NULL,
     &bedrud__rooms_request__descriptor, NULL},
    {"livekit.SIP/", ENGINE_REFUSE_SERVICE, NEED_NOTHING, NULL, &bedrud__rooms_request__descriptor,
     NULL},
    {"livekit.RoomService/ForwardParticipant", ENGINE_REFUSE_SERVICE, NEED_NOTHING, "room",
     &bedrud__rooms_request__descriptor, NULL},
    {"livekit.RoomService/MoveParticipant", ENGINE_REFUSE_SERVICE, NEED_NOTHING, "room",
     &bedrud__rooms_request__descriptor, NULL},
};

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

static bool fail(struct twirp_error *error, const char *code, const char *text)
{
    error->code = code;
    snprintf(error->text, sizeof error->text, "%s", text);
    return false;
}

static const struct twirp_method *find_method(struct span path)
{
    for (size_t i = 0; i < COUNT(methods); i++)
        if (span_equal(path, span_of_str(methods[i].name)))
            return &methods[i];
    for (size_t i = 0; i < COUNT(absent); i++) {
        struct span prefix = span_of_str(absent[i].name);
        if (span_equal(span_first(path, prefix.size), prefix))
            return &absent[i];
    }
    return NULL;
}

static bool read_encoding(const char *content_type, bool *json)
{
    size_t size = content_type ? strcspn(content_type, "; ") : 0;

    *json = size == 16 && strncasecmp(content_type, "application/json", size) == 0;
    return *json || (size == 20 && strncasecmp(content_type, "application/protobuf", size) == 0);
}

static bool allowed(const struct claims *c, const struct twirp_method *m, const char *room)
{
    switch (m->need) {
    case NEED_NOTHING:
        return true;
    case NEED_CREATE:
        return c->room_create;
    case NEED_LIST:
        return c->room_list;
    case NEED_ADMIN:
        return c->room_admin && c->grant->room && room && strcmp(c->grant->room, room) == 0;
    }
    return false;
}

static ProtobufCMessage *read_body(const struct twirp_method *m, bool json, struct span body,
                                   struct arena *a, struct twirp_error *error)
{
    struct str detail;
    ProtobufCMessage *message = NULL;

    if (!json) {
        message = signal_parse(m->in, body, a);
        if (!message)
            fail(error, "malformed", "the body is no such protobuf message");
        return message;
    }
    str_init(&detail);
    json_error_t where;
    json_t *root = json_loadb((const char *)body.data, body.size, JSON_REJECT_DUPLICATES, &where);
    if (root)
        message = protojson_read(m->in, root, a, &detail);
    if (!root)
        fail(error, "malformed", "the body is no JSON");
    else if (!message)
        fail(error, "malformed", detail.text ? detail.text : "the body does not fit the request");
    json_decref(root);
    str_fini(&detail);
    return message;
}

static const char *room_of(const struct twirp_method *m, const ProtobufCMessage *message)
{
    const ProtobufCFieldDescriptor *f =
        m->room_field ? protobuf_c_message_descriptor_get_field_by_name(m->in, m->room_field)
                      : NULL;
    const char *text = NULL;

    if (f)
        memcpy(&text, (const char *)message + f->offset, sizeof text);
    return text;
}

static bool authenticate(const struct token_keys *keys, int64_t unix_s, const char *authorization,
                         struct claims *claims, struct twirp_error *error)
{
    if (!authorization || strncasecmp(authorization, "Bearer ", 7) != 0)
        return fail(error, "unauthenticated", "the header Authorization: Bearer is missing");
    enum token_verdict v = token_verify(keys, span_of_str(authorization + 7), unix_s, claims);
    return v == TOKEN_OK || fail(error, "unauthenticated", token_verdict_text(v));
}

static void fill_call(struct twirp_call *out, const struct twirp_method *m, const char *room,
                      struct span packed)
{
    out->method = m;
    out->request = m->request;
    out->room = room ? xstrdup(room) : NULL;
    out->body = xmalloc(packed.size + 1);
    out->body_size = packed.size;
    if (packed.size)
        memcpy(out->body, packed.data, packed.size);
}

/* What the engine is asked about a service that is not there. */
static ProtobufCMessage *about_room(const char *room, struct arena *a)
{
    Bedrud__RoomsRequest *q = arena_alloc(a, sizeof *q);

    bedrud__rooms_request__init(q);
    q->room = arena_strdup(a, span_of_str(room));
    return &q->base;
}

/* The token is good: what the body asks for, and whether the token's grants allow it. */
static bool read_call(const struct claims *claims, const struct twirp_method *m,
                      const struct twirp_request *r, struct twirp_call *out,
                      struct twirp_error *error)
{
    struct arena a;

    arena_init(&a);
    ProtobufCMessage *message = read_body(m, out->json, r->body, &a, error);
    const char *room = message ? room_of(m, message) : NULL;
    bool good = message != NULL, refused = m->request == ENGINE_REFUSE_SERVICE;
    bool named = room && room[0] && strlen(room) <= LIMIT_ROOM_NAME;
    if (good && !allowed(claims, m, room))
        good = fail(error, "unauthenticated", "permissions denied: the token lacks the grant");
    else if (good && refused && !named)
        good = fail(error, "unimplemented", TWIRP_NO_SERVICE);
    else if (good && m->room_field && !named)
        good = fail(error, "invalid_argument", "the room's name must have 1 to 256 bytes");
    if (good && refused)
        message = about_room(room, &a);
    if (good)
        fill_call(out, m, room, signal_pack(message, &a));
    arena_fini(&a);
    return good;
}

bool twirp_read(const struct token_keys *keys, int64_t unix_s, const struct twirp_request *r,
                struct twirp_call *out, struct twirp_error *error)
{
    const struct twirp_method *m = find_method(r->path);
    struct claims claims;

    *out = (struct twirp_call){0};
    *error = (struct twirp_error){0};
    if (!m)
        return fail(error, "bad_route", "no such method");
    if (!read_encoding(r->content_type, &out->json))
        return fail(error, "bad_route",
                    "Content-Type must be application/json or application/protobuf");
    if (!authenticate(keys, unix_s, r->authorization, &claims, error))
        return false;
    bool good = read_call(&claims, m, r, out, error);
    claims_fini(&claims);
    return good;
}

void twirp_call_fini(struct twirp_call *c)
{
    free(c->room);
    free(c->body);
    *c = (struct twirp_call){0};
}

/* ---- the other side of it ---- */

static const struct twirp_method *method_of(enum engine_request what)
{
    for (size_t i = 0; i < COUNT(methods); i++)
        if (methods[i].request == what)
            return &methods[i];
    return NULL;
}

const char *twirp_path(enum engine_request what, struct claims *claims)
{
    const struct twirp_method *m = method_of(what);

    assert(m);
    claims->room_create = m->need == NEED_CREATE;
    claims->room_list = m->need == NEED_LIST;
    claims->room_admin = m->need == NEED_ADMIN;
    return m->name;
}

int twirp_errno(const char *code)
{
    static const struct {
        const char *code;
        int error;
    } table[] = {{"not_found", -ENOENT},
                 {"unavailable", -EBUSY},
                 {"internal", -EBUSY},
                 {"resource_exhausted", -EBUSY},
                 {"deadline_exceeded", -EBUSY}};

    for (size_t i = 0; code && i < COUNT(table); i++)
        if (strcmp(table[i].code, code) == 0)
            return table[i].error;
    return code ? -EINVAL : 0;
}

int twirp_read_errno(struct span body)
{
    json_t *root = json_loadb((const char *)body.data, body.size, 0, NULL);
    const char *code = json_string_value(json_object_get(root, "code"));
    /* What answers in no such words is something before the server, or no server of that kind. */
    int error = code ? twirp_errno(code) : -EBUSY;

    json_decref(root);
    return error;
}

unsigned twirp_status(const char *code)
{
    static const struct {
        const char *code;
        unsigned status;
    } table[] = {
        {"unauthenticated", 401}, {"permission_denied", 403},   {"not_found", 404},
        {"bad_route", 404},       {"invalid_argument", 400},    {"malformed", 400},
        {"already_exists", 409},  {"failed_precondition", 412}, {"resource_exhausted", 429},
        {"unimplemented", 501},   {"unavailable", 503}};

    for (size_t i = 0; i < sizeof table / sizeof table[0]; i++)
        if (strcmp(table[i].code, code) == 0)
            return table[i].status;
    return 500;
}

static void append_json(struct str *out, json_t *json)
{
    char *text = json_dumps(json, JSON_COMPACT);

    str_append(out, text ? text : "{}");
    free(text);
    json_decref(json);
}

void twirp_write_error(struct str *out, const struct twirp_error *error)
{
    json_t *json = json_object();

    json_object_set_new(json, "code", json_string(error->code));
    json_object_set_new(json, "msg", json_string(error->text));
    if (error->meta)
        json_object_set_new(json, "meta", json_pack("{s:s}", "code", error->meta));
    append_json(out, json);
}

void twirp_write_response(struct str *out, const struct twirp_call *c, struct span protobuf)
{
    struct arena a;

    if (!c->json) {
        str_append_span(out, protobuf);
        return;
    }
    arena_init(&a);
    const ProtobufCMessage *m = signal_parse(c->method->out, protobuf, &a);
    append_json(out, m ? protojson_write(m) : json_object());
    arena_fini(&a);
}
