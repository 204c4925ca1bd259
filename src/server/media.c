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

struct span media_pack_room(const struct room_row *r, struct arena *a)
{
    Livekit__CreateRoomRequest q = LIVEKIT__CREATE_ROOM_REQUEST__INIT;

    q.name = arena_strdup(a, span_of_str(r->name));
    q.max_participants = r->max_participants > 0 && r->max_participants < UNBOUNDED
                             ? (uint32_t)r->max_participants
                             : UNBOUNDED;
    q.metadata = metadata(r, a);
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

int media_people(struct media_plane *m, struct arena *a, const char *room,
                 struct media_person **list, unsigned *count)
{
    Livekit__ListParticipantsRequest q = LIVEKIT__LIST_PARTICIPANTS_REQUEST__INIT;
    Livekit__ListParticipantsResponse *all = NULL;
    struct str reply;

    *list = NULL;
    *count = 0;
    str_init(&reply);
    q.room = text(room);
    int error = m->call(m, ENGINE_LIST_PARTICIPANTS, room, signal_pack(&q.base, a), &reply);
    if (!error)
        all = (void *)signal_parse(&livekit__list_participants_response__descriptor,
                                   str_span(&reply), a);
    str_fini(&reply);
    if (error || !all)
        return error == -ENOENT ? 0 : error ? error : -EBUSY;
    *list = arena_alloc(a, all->n_participants * sizeof **list);
    for (size_t i = 0; i < all->n_participants; i++) {
        const Livekit__ParticipantInfo *p = all->participants[i];
        (*list)[(*count)++] =
            (struct media_person){.identity = p->identity,
                                  .name = p->name,
                                  .hidden = p->permission && p->permission->hidden};
    }
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

int media_remove(struct media_plane *m, const char *room, const char *identity)
{
    Livekit__RoomParticipantIdentity q = LIVEKIT__ROOM_PARTICIPANT_IDENTITY__INIT;

    q.room = text(room);
    q.identity = text(identity);
    return call(m, ENGINE_REMOVE_PARTICIPANT, room, &q.base);
}

int media_permit(struct media_plane *m, const char *room, const char *identity,
                 const struct permission *p)
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
    return call(m, ENGINE_UPDATE_PARTICIPANT, room, &q.base);
}

int media_notify(struct media_plane *m, const char *room, const char *json)
{
    Livekit__SendDataRequest q = LIVEKIT__SEND_DATA_REQUEST__INIT;

    q.room = text(room);
    q.data = (ProtobufCBinaryData){strlen(json), (uint8_t *)(uintptr_t)json};
    q.kind = LIVEKIT__DATA_PACKET__KIND__RELIABLE;
    q._topic_case = LIVEKIT__SEND_DATA_REQUEST___TOPIC_TOPIC;
    q.topic = text(NOTICE_TOPIC);
    return call(m, ENGINE_SEND_DATA, room, &q.base);
}
