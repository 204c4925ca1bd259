/* SPDX-License-Identifier: Apache-2.0 */
/* What a participant says about themselves (name, metadata, attributes) and what they may do,
 * changed by themselves or by the server API. */
#include <stdlib.h>

#include "room/metadata.h"
#include "room/rules.h"
#include "room/signalling.h"

void profile_set(struct person *p, const char *name, const char *metadata,
                 Livekit__UpdateParticipantMetadata__AttributesEntry *const *attributes,
                 size_t count)
{
    if (name && name[0])
        str_set(&p->grant->name, name);
    if (metadata && metadata[0])
        str_set(&p->grant->metadata, metadata);
    for (size_t i = 0; i < count; i++)
        grant_set_attribute(p->grant, attributes[i]->key, attributes[i]->value);
}

/* What a participant says of themselves; the server's part of the metadata stays. */
static bool set_own(struct person *p, const Livekit__UpdateParticipantMetadata *m)
{
    const char *before = p->grant->metadata;
    bool changed = m->metadata && m->metadata[0];
    char *merged = changed
                       ? metadata_merge(span_of_str(m->metadata), span_of_str(before ? before : ""))
                       : NULL;

    if (changed && !merged)
        return false;
    profile_set(p, m->name, merged, m->attributes, m->n_attributes);
    free(merged);
    return true;
}

void profile_on_update(struct person *p, Livekit__UpdateParticipantMetadata *m)
{
    Livekit__RequestResponse response;

    livekit__request_response__init(&response);
    response.request_id = m->request_id;
    if (!p->grant->permission.can_update_metadata) {
        response.request_case = LIVEKIT__REQUEST_RESPONSE__REQUEST_UPDATE_METADATA;
        response.update_metadata = m;
        tell_request(p, &response, LIVEKIT__REQUEST_RESPONSE__REASON__NOT_ALLOWED,
                     "no permission to update own metadata");
        return;
    }
    if (!rules_texts_fit(m->name, m->metadata) ||
        !rules_attributes_fit(p->grant, m->attributes, m->n_attributes)) {
        tell_request(p, &response, LIVEKIT__REQUEST_RESPONSE__REASON__LIMIT_EXCEEDED,
                     "name, metadata or attributes are too large");
        return;
    }
    if (!set_own(p, m)) {
        tell_request(p, &response, LIVEKIT__REQUEST_RESPONSE__REASON__INVALID_REQUEST,
                     "metadata must be a JSON object here");
        return;
    }
    tell_changed(p, true);
    tell_request(p, &response, LIVEKIT__REQUEST_RESPONSE__REASON__OK, "");
}

void profile_set_permission(struct person *p, const struct permission *permission, int64_t now_us)
{
    p->grant->permission = *permission;
    publish_end_forbidden(p, now_us);
    subscribe_review(p);
}
