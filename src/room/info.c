/* SPDX-License-Identifier: Apache-2.0 */
/* Builds the messages that describe a room and its people (livekit-wire.md 3.5, 3.6). Owns nothing.
 */
#include "room/info.h"

#include "room/evil.h"
#include "room/signalling.h"

/* protobuf-c's strings are not const, but are only read. */
static char *borrow(const char *text)
{
    return (char *)(uintptr_t)(text ? text : "");
}

Livekit__Room *info_room(const struct room *r, struct arena *a)
{
    Livekit__Room *out = arena_alloc(a, sizeof *out);

    livekit__room__init(out);
    out->sid = borrow(r->sid);
    out->name = borrow(r->name);
    out->metadata = borrow(evil_metadata(r->metadata));
    out->empty_timeout = r->empty_timeout_s;
    out->departure_timeout = r->departure_timeout_s;
    out->max_participants = r->max_participants;
    out->creation_time = r->created_unix_ms / 1000;
    out->creation_time_ms = r->created_unix_ms;
    out->num_participants = room_count_visible(r);
    out->num_publishers = room_count_publishers(r);
    return out;
}

static Livekit__ParticipantPermission *info_permission(const struct permission *p, struct arena *a)
{
    Livekit__ParticipantPermission *out = arena_alloc(a, sizeof *out);

    livekit__participant_permission__init(out);
    out->can_subscribe = p->can_subscribe;
    out->can_publish = p->can_publish;
    out->can_publish_data = p->can_publish_data;
    out->can_update_metadata = p->can_update_metadata;
    out->hidden = p->hidden;
    out->can_publish_sources = arena_alloc(a, 32 * sizeof *out->can_publish_sources);
    for (int source = 0; source < 32; source++)
        if (p->sources & (uint32_t)1 << source)
            out->can_publish_sources[out->n_can_publish_sources++] = (Livekit__TrackSource)source;
    return out;
}

static void add_attributes(Livekit__ParticipantInfo *out, const struct grant *g, struct arena *a)
{
    out->attributes = arena_alloc(a, g->attribute_count * sizeof(void *));
    for (unsigned i = 0; i < g->attribute_count; i++) {
        Livekit__ParticipantInfo__AttributesEntry *entry = arena_alloc(a, sizeof *entry);
        livekit__participant_info__attributes_entry__init(entry);
        entry->key = borrow(g->attributes[i].key);
        entry->value = borrow(g->attributes[i].value);
        out->attributes[out->n_attributes++] = entry;
    }
}

static void add_tracks(Livekit__ParticipantInfo *out, const struct person *p, struct arena *a)
{
    out->tracks = arena_alloc(a, p->track_count * sizeof(void *));
    list_each(node, &p->tracks)
    {
        const struct track *t = list_entry(node, struct track, in_person);
        if (t->announced)
            out->tracks[out->n_tracks++] = evil_track_info(t, a);
    }
}

static void add_capabilities(Livekit__ParticipantInfo *out, const struct grant *g, struct arena *a)
{
    out->capabilities = arena_alloc(a, sizeof g->capabilities / sizeof g->capabilities[0] *
                                           sizeof *out->capabilities);
    for (unsigned i = 0; i < g->capability_count; i++)
        out->capabilities[out->n_capabilities++] =
            (Livekit__ClientInfo__Capability)g->capabilities[i];
}

Livekit__ParticipantInfo *info_person(const struct person *p, struct arena *a)
{
    Livekit__ParticipantInfo *out = arena_alloc(a, sizeof *out);

    livekit__participant_info__init(out);
    out->sid = borrow(p->sid);
    out->identity = borrow(p->grant->identity);
    out->name = borrow(p->grant->name);
    out->metadata = borrow(p->grant->metadata);
    out->state = (Livekit__ParticipantInfo__State)p->state;
    out->version = p->version;
    out->joined_at = p->joined_unix_ms / 1000;
    out->joined_at_ms = p->joined_unix_ms;
    out->kind = (Livekit__ParticipantInfo__Kind)p->grant->kind;
    out->client_protocol = p->grant->client_protocol;
    out->disconnect_reason = (Livekit__DisconnectReason)p->disconnect_reason;
    out->permission = info_permission(&p->grant->permission, a);
    add_tracks(out, p, a);
    out->is_publisher = out->n_tracks > 0;
    add_attributes(out, p->grant, a);
    add_capabilities(out, p->grant, a);
    return out;
}

Livekit__ServerInfo *info_server(const struct engine *e, struct arena *a)
{
    Livekit__ServerInfo *out = arena_alloc(a, sizeof *out);

    livekit__server_info__init(out);
    out->version = borrow(INFO_SERVER_VERSION);
    out->protocol = INFO_PROTOCOL;
    out->node_id = borrow(e->config.node_id);
    out->debug_info = arena_printf(a, "bedrud %s", e->config.version ? e->config.version : "");
    return out;
}

Livekit__ParticipantInfo **info_people(const struct room *r, const struct person *except,
                                       size_t *count, struct arena *a)
{
    Livekit__ParticipantInfo **out = arena_alloc(a, (r->people_count + 1) * sizeof(void *));

    *count = 0;
    list_each(node, &r->people)
    {
        const struct person *p = list_entry(node, struct person, in_room);
        if (p != except && !person_is_hidden(p))
            out[(*count)++] = info_person(p, a);
    }
    return out;
}
