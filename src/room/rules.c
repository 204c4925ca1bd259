/* SPDX-License-Identifier: Apache-2.0 */
/* The rules of a room. Its settings reach the engine as metadata text, in which only whether the
 * room is encrypted is looked for. Owns nothing. */
#include "room/rules.h"

#include <strings.h>

#include "base/limits.h"
#include "wire/json.h"

/* ---- publishing ---- */

bool rules_may_publish_source(const struct permission *p, int source)
{
    if (!p->can_publish)
        return false;
    return p->sources == 0 ||
           (source >= 0 && source < 32 && (p->sources & (uint32_t)1 << source) != 0);
}

static size_t length(const char *text)
{
    return text ? strlen(text) : 0;
}

/* Everything here comes back to everybody in TrackInfo, with each change of the participant. */
static bool is_well_formed(const Livekit__AddTrackRequest *r)
{
    if (length(r->cid) == 0 || length(r->cid) > LIMIT_CID || length(r->name) > LIMIT_TRACK_NAME ||
        length(r->stream) > LIMIT_TRACK_NAME)
        return false;
    for (size_t i = 0; i < r->n_layers; i++)
        if (length(r->layers[i]->rid) > LIMIT_SDP_MID)
            return false;
    return r->n_layers <= LIMIT_TRACK_LISTS && r->n_simulcast_codecs <= LIMIT_TRACK_LISTS &&
           r->n_audio_features <= LIMIT_TRACK_LISTS &&
           r->n_packet_trailer_features <= LIMIT_TRACK_LISTS;
}

enum rules_verdict rules_add_track(const struct rules_publish *p,
                                   const Livekit__AddTrackRequest *request)
{
    if (!rules_may_publish_source(p->permission, (int)request->source) || length(request->sid) > 0)
        return RULES_NOT_ALLOWED;
    if (request->type != LIVEKIT__TRACK_TYPE__AUDIO && request->type != LIVEKIT__TRACK_TYPE__VIDEO)
        return RULES_UNSUPPORTED_TYPE;
    if (!is_well_formed(request))
        return RULES_INVALID_REQUEST;
    if (p->e2ee && request->encryption == LIVEKIT__ENCRYPTION__TYPE__NONE)
        return RULES_CLEAR_TRACK;
    if (p->tracks >= LIMIT_TRACKS_PER_PERSON || p->pending >= LIMIT_PENDING_TRACKS)
        return RULES_LIMIT_EXCEEDED;
    return RULES_OK;
}

static bool says(const char *text, const char *word)
{
    return text && strcasecmp(text, word) == 0;
}

/* Firefox on Linux and on Android offers H.264 that it cannot send well (sdk-expectations: Tracks).
 */
bool rules_may_send_codec(const struct grant *g, enum codec codec)
{
    if (codec != CODEC_H264 || !says(g->browser, "firefox"))
        return true;
    return !says(g->os, "linux") && !says(g->os, "android");
}

/* ---- texts ---- */

bool rules_texts_fit(const char *name, const char *metadata)
{
    return length(name) <= LIMIT_NAME && length(metadata) <= LIMIT_METADATA;
}

static bool is_changed(const char *key,
                       Livekit__UpdateParticipantMetadata__AttributesEntry *const *changes,
                       size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (strcmp(changes[i]->key, key) == 0)
            return true;
    return false;
}

bool rules_attributes_fit(const struct grant *g,
                          Livekit__UpdateParticipantMetadata__AttributesEntry *const *changes,
                          size_t count)
{
    size_t total = 0;

    /* Each change may look at each attribute. */
    if (count > LIMIT_ATTRIBUTE_COUNT || g->attribute_count + count > LIMIT_ATTRIBUTE_COUNT)
        return false;
    for (size_t i = 0; i < count; i++) {
        if (length(changes[i]->value) > 0)
            total += length(changes[i]->key) + length(changes[i]->value);
    }
    for (unsigned i = 0; i < g->attribute_count; i++)
        if (!is_changed(g->attributes[i].key, changes, count))
            total += strlen(g->attributes[i].key) + strlen(g->attributes[i].value);
    return total <= LIMIT_ATTRIBUTES;
}

struct permission rules_permission(const Livekit__ParticipantPermission *p,
                                   const struct permission *before)
{
    struct permission out = {.can_subscribe = p->can_subscribe,
                             .can_publish = p->can_publish,
                             .can_publish_data = p->can_publish_data,
                             .can_update_metadata = p->can_update_metadata,
                             .hidden = before->hidden};

    for (size_t i = 0; i < p->n_can_publish_sources; i++)
        if ((int)p->can_publish_sources[i] >= 0 && (int)p->can_publish_sources[i] < 32)
            out.sources |= (uint32_t)1 << p->can_publish_sources[i];
    return out;
}

/* ---- data ---- */

enum rules_data rules_data(bool e2ee, const struct data_route *route)
{
    if (e2ee && !route->is_encrypted)
        return RULES_DATA_CLEAR;
    if (route->key_index >= LIMIT_KEY_INDEXES)
        return RULES_DATA_KEY_INDEX;
    return route->is_notice ? RULES_DATA_FORGED : RULES_DATA_OK;
}

/* ---- a room's metadata ---- */

bool rules_metadata_is_e2ee(struct span metadata)
{
    struct json j = json_of(metadata);
    struct json_member m;
    bool found = false;

    while (json_next(&j, &m))
        found |= json_is_named(&m, "e2ee") && span_equal(m.value, SPAN_LITERAL("true"));
    return found && json_good(&j);
}
