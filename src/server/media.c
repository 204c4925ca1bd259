/* SPDX-License-Identifier: Apache-2.0 */
/* RoomService's calls as functions. */
#include "server/media.h"

#include <errno.h>

#include "base/limits.h"
#include "wire/signal.h"

#define UNBOUNDED 1000000 /* people: RoomService takes 0 for "as it is" */

/* Everybody reads there what the rules of the room are. */
static char *metadata(const struct room_row *r, struct arena *a)
{
    return arena_printf(a, "{\"e2ee\":%s,\"mode\":\"%s\"}", r->settings.e2ee ? "true" : "false",
                        r->mode);
}

void media_describe_room(const struct room_row *r, struct arena *a, struct grant *g)
{
    g->max_participants = r->max_participants > 0 && r->max_participants < UNBOUNDED
                              ? (uint32_t)r->max_participants
                              : UNBOUNDED;
    g->room_metadata = metadata(r, a);
}

struct span media_pack_room(const struct room_row *r, struct arena *a)
{
    Livekit__CreateRoomRequest q = LIVEKIT__CREATE_ROOM_REQUEST__INIT;
    struct grant g = {.room = NULL};

    media_describe_room(r, a, &g);
    q.name = arena_strdup(a, span_of_str(r->name));
    q.max_participants = g.max_participants;
    q.metadata = g.room_metadata;
    return signal_pack(&q.base, a);
}

int media_update_room(struct media_plane *m, const struct room_row *r)
{
    struct arena a;
    struct str reply;

    arena_init(&a);
    str_init(&reply);
    int error = m->call(m, ENGINE_CREATE_ROOM, r->name, media_pack_room(r, &a), &reply);
    str_fini(&reply);
    arena_fini(&a);
    return error == -ENOENT ? 0 : error;
}

/* A call whose answer says nothing more. */
static int call(struct media_plane *m, enum engine_request what, const char *room,
                const ProtobufCMessage *request)
{
    struct arena a;
    struct str reply;

    arena_init(&a);
    str_init(&reply);
    int error = m->call(m, what, room, signal_pack(request, &a), &reply);
    str_fini(&reply);
    arena_fini(&a);
    return error;
}

static char *text(const char *s)
{
    return (char *)(uintptr_t)s; /* protobuf-c's structs are not const; packing only reads */
}

int media_end_room(struct media_plane *m, const char *room)
{
    Livekit__DeleteRoomRequest q = LIVEKIT__DELETE_ROOM_REQUEST__INIT;

    q.room = text(room);
    return call(m, ENGINE_DELETE_ROOM, room, &q.base);
}

/* ---- people ---- */

static struct permission permission_of(const Livekit__ParticipantPermission *p)
{
    struct permission out = {0};

    if (!p)
        return out;
    out.can_subscribe = p->can_subscribe;
    out.can_publish = p->can_publish;
    out.can_publish_data = p->can_publish_data;
    out.can_update_metadata = p->can_update_metadata;
    out.hidden = p->hidden;
    for (size_t i = 0; i < p->n_can_publish_sources; i++)
        if ((unsigned)p->can_publish_sources[i] < 32)
            out.sources |= 1u << (unsigned)p->can_publish_sources[i];
    return out;
}

static struct media_person person_of(const Livekit__ParticipantInfo *p, struct arena *a)
{
    struct media_person out = {.sid = p->sid,
                               .identity = p->identity,
                               .name = p->name,
                               .metadata = p->metadata,
                               .state = (int)p->state,
                               .joined_unix_ms =
                                   p->joined_at_ms ? p->joined_at_ms : p->joined_at * 1000,
                               .permission = permission_of(p->permission)};

    out.tracks = arena_alloc(a, p->n_tracks * sizeof *out.tracks);
    for (size_t i = 0; i < p->n_tracks; i++)
        out.tracks[out.track_count++] = (struct media_track){.sid = p->tracks[i]->sid,
                                                             .type = (int)p->tracks[i]->type,
                                                             .source = (int)p->tracks[i]->source,
                                                             .muted = p->tracks[i]->muted};
    return out;
}

/* The answer to a call, in the arena. */
static int ask(struct media_plane *m, struct arena *a, enum engine_request what,
               const ProtobufCMessage *request, const char *room, struct span *answer)
{
    struct str reply;

    str_init(&reply);
    int error = m->call(m, what, room, signal_pack(request, a), &reply);
    *answer = span_of(arena_strdup(a, str_span(&reply)), reply.size);
    str_fini(&reply);
    return error;
}

int media_people(struct media_plane *m, struct arena *a, const char *room,
                 struct media_person **list, unsigned *count)
{
    Livekit__ListParticipantsRequest q = LIVEKIT__LIST_PARTICIPANTS_REQUEST__INIT;
    struct span answer;

    *list = NULL;
    *count = 0;
    q.room = text(room);
    int error = ask(m, a, ENGINE_LIST_PARTICIPANTS, &q.base, room, &answer);
    if (error)
        return error == -ENOENT ? 0 : error;
    const Livekit__ListParticipantsResponse *all =
        (const void *)signal_parse(&livekit__list_participants_response__descriptor, answer, a);
    if (!all)
        return -EBUSY;
    *list = arena_alloc(a, all->n_participants * sizeof **list);
    for (size_t i = 0; i < all->n_participants; i++)
        (*list)[(*count)++] = person_of(all->participants[i], a);
    return 0;
}

int media_find_person(struct media_plane *m, struct arena *a, const char *room,
                      const char *identity, struct media_person *out)
{
    Livekit__RoomParticipantIdentity q = LIVEKIT__ROOM_PARTICIPANT_IDENTITY__INIT;
    struct span answer;

    q.room = text(room);
    q.identity = text(identity);
    int error = ask(m, a, ENGINE_GET_PARTICIPANT, &q.base, room, &answer);
    if (error)
        return error;
    const Livekit__ParticipantInfo *info =
        (const void *)signal_parse(&livekit__participant_info__descriptor, answer, a);
    if (!info)
        return -EBUSY;
    *out = person_of(info, a);
    return 0;
}

int media_count(struct media_plane *m, const char *room, unsigned *people)
{
    struct media_person *list;
    struct arena a;

    arena_init(&a);
    int error = media_people(m, &a, room, &list, people);
    arena_fini(&a);
    return error;
}

/* RoomService takes no names for all. */
static int list_rooms(struct media_plane *m, struct arena *a, const Livekit__ListRoomsRequest *q,
                      struct media_room **list, unsigned *count)
{
    Livekit__ListRoomsResponse *all = NULL;
    struct str reply;

    *list = NULL;
    *count = 0;
    str_init(&reply);
    int error = m->call(m, ENGINE_LIST_ROOMS, NULL, signal_pack(&q->base, a), &reply);
    if (!error)
        all = (void *)signal_parse(&livekit__list_rooms_response__descriptor, str_span(&reply), a);
    str_fini(&reply);
    if (error || !all)
        return error ? error : -EBUSY;
    *list = arena_alloc(a, all->n_rooms * sizeof **list);
    for (size_t i = 0; i < all->n_rooms; i++)
        (*list)[(*count)++] =
            (struct media_room){.name = all->rooms[i]->name,
                                .people = all->rooms[i]->num_participants,
                                .publishers = all->rooms[i]->num_publishers,
                                .created_unix_ms = all->rooms[i]->creation_time * 1000};
    return 0;
}

int media_rooms(struct media_plane *m, struct arena *a, const char *const *names, unsigned n,
                struct media_room **list, unsigned *count)
{
    Livekit__ListRoomsRequest q = LIVEKIT__LIST_ROOMS_REQUEST__INIT;

    *list = NULL;
    *count = 0;
    q.n_names = n;
    q.names = (char **)(uintptr_t)names;
    return n ? list_rooms(m, a, &q, list, count) : 0;
}

int media_all_rooms(struct media_plane *m, struct arena *a, struct media_room **list,
                    unsigned *count)
{
    Livekit__ListRoomsRequest q = LIVEKIT__LIST_ROOMS_REQUEST__INIT;

    return list_rooms(m, a, &q, list, count);
}

int media_remove(struct media_plane *m, const char *room, const char *identity)
{
    Livekit__RoomParticipantIdentity q = LIVEKIT__ROOM_PARTICIPANT_IDENTITY__INIT;

    q.room = text(room);
    q.identity = text(identity);
    return call(m, ENGINE_REMOVE_PARTICIPANT, room, &q.base);
}

int media_update_person(struct media_plane *m, const char *room, const char *identity,
                        const struct permission *p, const char *metadata)
{
    Livekit__UpdateParticipantRequest q = LIVEKIT__UPDATE_PARTICIPANT_REQUEST__INIT;
    Livekit__ParticipantPermission permission = LIVEKIT__PARTICIPANT_PERMISSION__INIT;
    Livekit__TrackSource sources[8];

    permission.can_subscribe = p->can_subscribe;
    permission.can_publish = p->can_publish;
    permission.can_publish_data = p->can_publish_data;
    permission.can_update_metadata = p->can_update_metadata;
    permission.hidden = p->hidden;
    permission.can_publish_sources = sources;
    for (unsigned source = 0; source < 8; source++)
        if (p->sources & 1u << source)
            sources[permission.n_can_publish_sources++] = (Livekit__TrackSource)source;
    q.room = text(room);
    q.identity = text(identity);
    q.permission = &permission;
    q.metadata = text(metadata);
    return call(m, ENGINE_UPDATE_PARTICIPANT, room, &q.base);
}

int media_mute(struct media_plane *m, const char *room, const char *identity, const char *track)
{
    Livekit__MuteRoomTrackRequest q = LIVEKIT__MUTE_ROOM_TRACK_REQUEST__INIT;

    q.room = text(room);
    q.identity = text(identity);
    q.track_sid = text(track);
    q.muted = true;
    return call(m, ENGINE_MUTE_TRACK, room, &q.base);
}

int media_notify(struct media_plane *m, const char *room, const struct media_audience *to,
                 const char *json)
{
    Livekit__SendDataRequest q = LIVEKIT__SEND_DATA_REQUEST__INIT;

    q.room = text(room);
    q.data = (ProtobufCBinaryData){strlen(json), (uint8_t *)(uintptr_t)json};
    q.kind = LIVEKIT__DATA_PACKET__KIND__RELIABLE;
    q._topic_case = LIVEKIT__SEND_DATA_REQUEST___TOPIC_TOPIC;
    q.topic = text(NOTICE_TOPIC);
    q.destination_identities = (char **)(uintptr_t)to->identities;
    q.n_destination_identities = to->count;
    return call(m, ENGINE_SEND_DATA, room, &q.base);
}
