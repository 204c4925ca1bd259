/* SPDX-License-Identifier: Apache-2.0 */
/* RoomService: what an authorised server asks of a room (livekit-wire.md 8.1). Each call gets
 * exactly one reply, a message or a Twirp error code with a text. */
#include "room/info.h"
#include "room/rules.h"
#include "room/signalling.h"

/* One call. */
struct call {
    struct engine *engine;
    struct arena arena;
    uint64_t id;
    int64_t now_us;
    const ProtobufCMessage *reply; /* one of these two is set by the handler */
    const char *error, *text, *meta;
};

typedef void handler(struct call *c, void *request);

static void fail(struct call *c, const char *code, const char *text)
{
    c->error = code;
    c->text = text;
}

/* What nobody may do who has no key (docs/e2ee.md). */
static void fail_e2ee(struct call *c, const char *text)
{
    fail(c, "permission_denied", text);
    c->meta = "e2ee_room";
}

static struct room *find_room(struct call *c, const char *name)
{
    struct room *r = room_find(c->engine, name);

    if (r && !room_is_ending(r))
        return r;
    fail(c, "not_found", "requested room does not exist");
    return NULL;
}

static struct person *find_person(struct call *c, const char *room, const char *identity)
{
    struct room *r = find_room(c, room);
    struct person *p = r ? map_get(&r->by_identity, span_of_str(identity)) : NULL;

    if (r && !p)
        fail(c, "not_found", "participant does not exist");
    return p;
}

/* ---- rooms ---- */

static void reply_room(struct call *c, const struct room *r)
{
    c->reply = &info_room(r, &c->arena)->base;
}

static bool metadata_fits(struct call *c, const char *metadata)
{
    if (strlen(metadata) <= LIMIT_METADATA)
        return true;
    fail(c, "invalid_argument", "metadata is too long");
    return false;
}

static void create_room(struct call *c, void *request)
{
    Livekit__CreateRoomRequest *q = request;
    size_t size = strlen(q->name);

    if (size == 0 || size > LIMIT_ROOM_NAME) {
        fail(c, "invalid_argument", "name is missing or too long");
        return;
    }
    if (!metadata_fits(c, q->metadata))
        return;
    bool e2ee = rules_metadata_is_e2ee(span_of_str(q->metadata));
    if (q->egress || q->n_agents) {
        if (e2ee)
            fail_e2ee(c, "an end-to-end encrypted room has no recorders and agents");
        else
            fail(c, "unimplemented", "this server has no recorders and agents");
        return;
    }
    struct room *r = room_find(c->engine, q->name);
    if (r && room_is_ending(r)) {
        room_end(r, c->now_us, r->end_reason);
        r = NULL;
    }
    if (!r) {
        struct grant settings = {.room = q->name,
                                 .max_participants = q->max_participants,
                                 .empty_timeout_s = q->empty_timeout,
                                 .departure_timeout_s = q->departure_timeout,
                                 .room_metadata = q->metadata};
        r = room_new(c->engine, c->now_us, &settings);
    } else if (q->max_participants) {
        r->max_participants = q->max_participants;
    }
    if (e2ee)
        room_set_e2ee(r, q->metadata, c->now_us);
    reply_room(c, r);
}

static bool is_named(const Livekit__ListRoomsRequest *q, const char *name)
{
    for (size_t i = 0; i < q->n_names; i++)
        if (strcmp(q->names[i], name) == 0)
            return true;
    return q->n_names == 0;
}

static void list_rooms(struct call *c, void *request)
{
    Livekit__ListRoomsResponse *reply = arena_alloc(&c->arena, sizeof *reply);
    size_t cursor = 0;
    struct room *r;

    livekit__list_rooms_response__init(reply);
    reply->rooms = arena_alloc(&c->arena, c->engine->rooms.count * sizeof(void *));
    while ((r = map_next(&c->engine->rooms, &cursor, NULL)) != NULL)
        if (is_named(request, r->name) && !room_is_ending(r))
            reply->rooms[reply->n_rooms++] = info_room(r, &c->arena);
    c->reply = &reply->base;
}

static void delete_room(struct call *c, void *request)
{
    const Livekit__DeleteRoomRequest *q = request;
    struct room *r = find_room(c, q->room);

    if (!r)
        return;
    room_end_politely(r, c->now_us, LIVEKIT__DISCONNECT_REASON__ROOM_DELETED);
    Livekit__DeleteRoomResponse *reply = arena_alloc(&c->arena, sizeof *reply);
    livekit__delete_room_response__init(reply);
    c->reply = &reply->base;
}

static void update_room_metadata(struct call *c, void *request)
{
    const Livekit__UpdateRoomMetadataRequest *q = request;
    struct room *r = find_room(c, q->room);

    if (!r || !metadata_fits(c, q->metadata))
        return;
    bool e2ee = rules_metadata_is_e2ee(span_of_str(q->metadata));
    /* Clients read the flag there: it would tell them something else than the rules are. */
    if (r->e2ee && !e2ee) {
        fail_e2ee(c, "the room is end-to-end encrypted: its metadata keeps \"e2ee\": true");
        return;
    }
    if (e2ee && !r->e2ee) {
        room_set_e2ee(r, q->metadata, c->now_us);
    } else {
        str_set(&r->metadata, q->metadata);
        tell_room(r);
    }
    reply_room(c, r);
}

/* ---- participants ---- */

static void list_participants(struct call *c, void *request)
{
    const Livekit__ListParticipantsRequest *q = request;
    struct room *r = find_room(c, q->room);

    if (!r)
        return;
    Livekit__ListParticipantsResponse *reply = arena_alloc(&c->arena, sizeof *reply);
    livekit__list_participants_response__init(reply);
    reply->participants = arena_alloc(&c->arena, r->people_count * sizeof(void *));
    list_each(node, &r->people) reply->participants[reply->n_participants++] =
        info_person(list_entry(node, struct person, in_room), &c->arena);
    c->reply = &reply->base;
}

static void get_participant(struct call *c, void *request)
{
    const Livekit__RoomParticipantIdentity *q = request;
    const struct person *p = find_person(c, q->room, q->identity);

    if (p)
        c->reply = &info_person(p, &c->arena)->base;
}

static void remove_participant(struct call *c, void *request)
{
    const Livekit__RoomParticipantIdentity *q = request;
    struct person *p = find_person(c, q->room, q->identity);

    if (!p)
        return;
    person_end(p, c->now_us, LIVEKIT__LEAVE_REQUEST__ACTION__DISCONNECT,
               LIVEKIT__DISCONNECT_REASON__PARTICIPANT_REMOVED);
    Livekit__RemoveParticipantResponse *reply = arena_alloc(&c->arena, sizeof *reply);
    livekit__remove_participant_response__init(reply);
    c->reply = &reply->base;
}

static void tell_mute(struct track *t)
{
    Livekit__SignalResponse response;
    Livekit__MuteTrackRequest mute;

    livekit__signal_response__init(&response);
    livekit__mute_track_request__init(&mute);
    response.message_case = LIVEKIT__SIGNAL_RESPONSE__MESSAGE_MUTE;
    response.mute = &mute;
    mute.sid = t->sid;
    mute.muted = t->muted;
    tell(t->publisher, &response);
}

static void mute_track(struct call *c, void *request)
{
    const Livekit__MuteRoomTrackRequest *q = request;
    struct person *p = find_person(c, q->room, q->identity);
    struct track *t = p ? publish_find(p, q->track_sid) : NULL;

    if (p && !t)
        fail(c, "not_found", "track does not exist");
    else if (t && t->muted && !q->muted)
        fail(c, "failed_precondition", "remote unmute is not enabled");
    if (c->error)
        return;
    t->silenced = q->muted;
    if (publish_set_muted(t, q->muted, c->now_us)) {
        tell_mute(t);
        tell_changed(p, true);
    }
    Livekit__MuteRoomTrackResponse *reply = arena_alloc(&c->arena, sizeof *reply);
    livekit__mute_room_track_response__init(reply);
    reply->track = t->info;
    c->reply = &reply->base;
}

/* The request's map entries are of another generated type with the same content. */
static Livekit__UpdateParticipantMetadata__AttributesEntry **
copy_entries(struct call *c, const Livekit__UpdateParticipantRequest *q)
{
    Livekit__UpdateParticipantMetadata__AttributesEntry **out =
        arena_alloc(&c->arena, q->n_attributes * sizeof *out);

    for (size_t i = 0; i < q->n_attributes; i++) {
        out[i] = arena_alloc(&c->arena, sizeof *out[i]);
        livekit__update_participant_metadata__attributes_entry__init(out[i]);
        out[i]->key = q->attributes[i]->key;
        out[i]->value = q->attributes[i]->value;
    }
    return out;
}

static void update_participant(struct call *c, void *request)
{
    const Livekit__UpdateParticipantRequest *q = request;
    struct person *p = find_person(c, q->room, q->identity);

    if (!p)
        return;
    Livekit__UpdateParticipantMetadata__AttributesEntry **entries = copy_entries(c, q);
    if (!rules_texts_fit(q->name, q->metadata) ||
        !rules_attributes_fit(p->grant, entries, q->n_attributes)) {
        fail(c, "invalid_argument", "name, metadata or attributes are too large");
        return;
    }
    profile_set(p, q->name, q->metadata, entries, q->n_attributes);
    if (q->permission) {
        struct permission permission = rules_permission(q->permission, &p->grant->permission);
        profile_set_permission(p, &permission, c->now_us);
    }
    tell_changed(p, true);
    tell_refresh(p, c->now_us);
    c->reply = &info_person(p, &c->arena)->base;
}

static void update_subscriptions(struct call *c, void *request)
{
    const Livekit__UpdateSubscriptionsRequest *q = request;
    struct person *p = find_person(c, q->room, q->identity);
    Livekit__UpdateSubscription update;

    if (!p)
        return;
    livekit__update_subscription__init(&update);
    update.track_sids = q->track_sids;
    update.n_track_sids = q->n_track_sids;
    update.participant_tracks = q->participant_tracks;
    update.n_participant_tracks = q->n_participant_tracks;
    update.subscribe = q->subscribe;
    subscribe_on_update(p, &update);
    Livekit__UpdateSubscriptionsResponse *reply = arena_alloc(&c->arena, sizeof *reply);
    livekit__update_subscriptions_response__init(reply);
    c->reply = &reply->base;
}

static void send_data(struct call *c, void *request)
{
    Livekit__SendDataRequest *q = request;
    struct room *r = find_room(c, q->room);
    bool notice = q->_topic_case == LIVEKIT__SEND_DATA_REQUEST___TOPIC_TOPIC &&
                  strcmp(q->topic, NOTICE_TOPIC) == 0;

    if (!r)
        return;
    /* The server's own words can only be notices: everything else is encrypted by people. */
    if (r->e2ee && !notice) {
        fail_e2ee(c, "in an end-to-end encrypted room a server sends on the topic \"system\" only");
        return;
    }
    if (!data_send(r, c->now_us, q)) {
        fail(c, "invalid_argument", "data is too large");
        return;
    }
    if (notice && !q->n_destination_identities && !q->n_destination_sids)
        r->noticed_us = c->now_us;
    Livekit__SendDataResponse *reply = arena_alloc(&c->arena, sizeof *reply);
    livekit__send_data_response__init(reply);
    c->reply = &reply->base;
}

/* ---- bedrud.Rooms, and services that are not there ---- */

static Bedrud__RoomState *state_of(struct call *c, const struct room *r, bool people)
{
    Bedrud__RoomState *s = arena_alloc(&c->arena, sizeof *s);

    bedrud__room_state__init(s);
    s->room = info_room(r, &c->arena);
    s->e2ee = r->e2ee;
    s->refused_clear_tracks = r->refused_clear_tracks;
    s->refused_clear_data = r->refused_clear_data;
    s->refused_short_frames = r->refused_short_frames;
    if (!people)
        return s;
    s->participants = arena_alloc(&c->arena, r->people_count * sizeof(void *));
    list_each(node, &r->people) s->participants[s->n_participants++] =
        info_person(list_entry(node, struct person, in_room), &c->arena);
    return s;
}

static void list_states(struct call *c, void *request)
{
    const Bedrud__RoomsRequest *q = request;
    struct map *all = &c->engine->rooms;
    bool one = q->room[0] != 0;
    struct room *r = one ? find_room(c, q->room) : NULL;
    size_t cursor = 0;

    if (one && !r)
        return;
    Bedrud__RoomsResponse *reply = arena_alloc(&c->arena, sizeof *reply);
    bedrud__rooms_response__init(reply);
    reply->rooms = arena_alloc(&c->arena, (all->count + 1) * sizeof(void *));
    if (one)
        reply->rooms[reply->n_rooms++] = state_of(c, r, true);
    else
        while ((r = map_next(all, &cursor, NULL)) != NULL)
            if (!room_is_ending(r))
                reply->rooms[reply->n_rooms++] = state_of(c, r, false);
    c->reply = &reply->base;
}

static void refuse_service(struct call *c, void *request)
{
    const Bedrud__RoomsRequest *q = request;
    const struct room *r = room_find(c->engine, q->room);

    if (r && r->e2ee)
        fail_e2ee(c, "the room is end-to-end encrypted: nothing at the server hears or sees it");
    else
        fail(c, "unimplemented", "this server does not have that service");
}

/* ---- the table ---- */

static const struct {
    const ProtobufCMessageDescriptor *type;
    handler *handle;
} calls[] = {
    [ENGINE_CREATE_ROOM] = {&livekit__create_room_request__descriptor, create_room},
    [ENGINE_LIST_ROOMS] = {&livekit__list_rooms_request__descriptor, list_rooms},
    [ENGINE_DELETE_ROOM] = {&livekit__delete_room_request__descriptor, delete_room},
    [ENGINE_LIST_PARTICIPANTS] = {&livekit__list_participants_request__descriptor,
                                  list_participants},
    [ENGINE_GET_PARTICIPANT] = {&livekit__room_participant_identity__descriptor, get_participant},
    [ENGINE_REMOVE_PARTICIPANT] = {&livekit__room_participant_identity__descriptor,
                                   remove_participant},
    [ENGINE_MUTE_TRACK] = {&livekit__mute_room_track_request__descriptor, mute_track},
    [ENGINE_UPDATE_PARTICIPANT] = {&livekit__update_participant_request__descriptor,
                                   update_participant},
    [ENGINE_UPDATE_SUBSCRIPTIONS] = {&livekit__update_subscriptions_request__descriptor,
                                     update_subscriptions},
    [ENGINE_SEND_DATA] = {&livekit__send_data_request__descriptor, send_data},
    [ENGINE_UPDATE_ROOM_METADATA] = {&livekit__update_room_metadata_request__descriptor,
                                     update_room_metadata},
    [ENGINE_ROOMS] = {&bedrud__rooms_request__descriptor, list_states},
    [ENGINE_REFUSE_SERVICE] = {&bedrud__rooms_request__descriptor, refuse_service},
};

void request_handle(struct engine *e, int64_t now_us, uint64_t id, enum engine_request what,
                    struct span body)
{
    struct call c = {.engine = e, .id = id, .now_us = now_us};

    arena_init(&c.arena);
    void *request = signal_parse(calls[what].type, body, &c.arena);
    if (request)
        calls[what].handle(&c, request);
    else
        fail(&c, "malformed", "the request cannot be read");
    struct span bytes = c.error ? span_of_str(c.text) : signal_pack(c.reply, &c.arena);
    struct outbox_item *reply = outbox_put(&e->outbox, OUTBOX_REPLY, id, bytes);
    reply->error = c.error;
    reply->error_meta = c.meta;
    arena_fini(&c.arena);
}
