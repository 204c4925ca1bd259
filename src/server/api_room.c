/* SPDX-License-Identifier: Apache-2.0 */
/* Rooms in answers. What a person may do is worked out here and nowhere else, for the token and for
 * whoever is inside already. */
#include "server/api_room.h"

#include <errno.h>
#include <jansson.h>
#include <stdlib.h>

#include "base/random.h"
#include "server/api_json.h"
#include "server/api_token.h"
#include "wire/signal.h"

#define NAME_LEAST 3
#define NAME_MOST 63
#define TOKEN_LIFE_S (2 * 60 * 60) /* the media plane gives fresh ones to those inside */

bool api_room_name_fits(const char *name)
{
    size_t size = strlen(name);

    if (size < NAME_LEAST || size > NAME_MOST || name[0] == '-' || name[size - 1] == '-' ||
        strstr(name, "--"))
        return false;
    return strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789-") == size;
}

const char *api_room_lower(struct api_call *c, const char *text)
{
    char *out = arena_strdup(&c->arena, span_of_str(text));

    for (char *at = out; *at; at++)
        if (*at >= 'A' && *at <= 'Z')
            *at = (char)(*at - 'A' + 'a');
    return out;
}

void api_room_make_name(char out[API_ROOM_NAME_SIZE])
{
    char text[64];

    /* random_text draws evenly from 62 symbols; 52 of them are letters, each small one twice. */
    for (unsigned n = 0; n < API_ROOM_NAME_SIZE - 1;) {
        random_text(text, sizeof text - 1);
        for (const char *at = text; *at && n < API_ROOM_NAME_SIZE - 1; at++) {
            char letter = (char)(*at | 0x20);
            if (letter < 'a' || letter > 'z')
                continue;
            if (n == 3 || n == 8)
                out[n++] = '-';
            out[n++] = letter;
        }
    }
    out[API_ROOM_NAME_SIZE - 1] = 0;
}

/* ---- JSON ---- */

json_t *api_room_settings_json(const struct room_settings *s)
{
    json_t *out = json_object();

    api_json_bool(out, "allowChat", s->allow_chat);
    api_json_bool(out, "allowVideo", s->allow_video);
    api_json_bool(out, "allowAudio", s->allow_audio);
    api_json_bool(out, "requireApproval", s->require_approval);
    api_json_bool(out, "e2ee", s->e2ee);
    api_json_bool(out, "isPersistent", s->is_persistent);
    api_json_bool(out, "recordingsAllowed", s->recordings_allowed);
    return out;
}

json_t *api_room_json(const struct room_row *r)
{
    json_t *out = json_object();

    api_json_text(out, "id", r->id);
    api_json_text(out, "name", r->name);
    api_json_text(out, "createdBy", r->created_by);
    api_json_text(out, "adminId", r->admin_id);
    api_json_text(out, "mode", r->mode);
    api_json_bool(out, "isActive", r->is_active);
    api_json_bool(out, "isPublic", r->is_public);
    api_json_int(out, "maxParticipants", r->max_participants);
    json_object_set_new(out, "settings", api_room_settings_json(&r->settings));
    api_json_time(out, "expiresAt", r->expires_ms);
    api_json_time(out, "lastActivityAt", r->last_activity_ms);
    api_json_time(out, "createdAt", r->created_ms);
    api_json_time(out, "updatedAt", r->updated_ms);
    /* Some clients hide rooms that have the member at all. */
    if (r->deleted_ms)
        api_json_time(out, "deletedAt", r->deleted_ms);
    return out;
}

/* ---- who may what ---- */

enum api_role api_room_role(const struct room_row *r, const struct user *u, const struct member *m)
{
    if (strcmp(u->id, r->created_by) == 0 || strcmp(u->id, r->admin_id) == 0 ||
        u->accesses & ACCESS_SUPERADMIN)
        return API_ROLE_OWNER;
    return m->is_moderator && !m->is_banned ? API_ROLE_MODERATOR : API_ROLE_PARTICIPANT;
}

bool api_room_knows(const struct room_row *r, const struct user *u, const struct member *m)
{
    return m->is_approved || api_room_role(r, u, m) != API_ROLE_PARTICIPANT;
}

bool api_room_enter(struct api_call *c, enum api_role least, struct room_row *r)
{
    struct member m;
    int error = rooms_find(c->db, &c->arena, c->params[0], r);

    if (!error && r->deleted_ms)
        error = -ENOENT;
    if (!error)
        error = members_find(c->db, &c->arena, r->id, c->user.id, &m);
    if (!error && api_room_role(r, &c->user, &m) >= least)
        return true;
    if (error == -ENOENT)
        api_fail(c, 404, "room_not_found", "Room not found");
    else if (error)
        api_fail_store(c, error);
    else
        api_fail(c, 403, "forbidden",
                 least == API_ROLE_OWNER ? "Only the owner of the room can do this"
                                         : "Only moderators of the room can do this");
    return false;
}

static uint32_t bit(int source)
{
    return (uint32_t)1 << source;
}

static uint32_t sources(const struct room_settings *s)
{
    uint32_t bits = bit(LIVEKIT__TRACK_SOURCE__SCREEN_SHARE);

    if (s->allow_video && s->allow_audio)
        return 0; /* all */
    if (s->allow_video)
        bits |= bit(LIVEKIT__TRACK_SOURCE__CAMERA);
    if (s->allow_audio)
        bits |=
            bit(LIVEKIT__TRACK_SOURCE__MICROPHONE) | bit(LIVEKIT__TRACK_SOURCE__SCREEN_SHARE_AUDIO);
    return bits;
}

struct permission api_room_permission(const struct room_row *r, enum api_role role,
                                      const struct member *m)
{
    struct permission p = {.can_subscribe = true,
                           .can_publish = true,
                           .can_publish_data = true,
                           .can_update_metadata = true};
    bool audience = strcmp(r->mode, ROOM_STANDARD) != 0 && !m->is_on_stage;

    if (role >= API_ROLE_MODERATOR)
        return p;
    p.can_publish = !audience;
    p.can_publish_data = r->settings.allow_chat && !m->is_chat_blocked &&
                         !(audience && strcmp(r->mode, ROOM_BROADCAST) == 0);
    if (p.can_publish)
        p.sources = sources(&r->settings);
    return p;
}

char *api_room_metadata(const struct user *u, enum api_role role, const struct member *m)
{
    unsigned accesses = u->accesses | (role >= API_ROLE_MODERATOR ? ACCESS_MODERATOR : 0);
    json_t *out = json_pack("{s:o}", "accesses", api_token_accesses(accesses));

    if (m->is_chat_blocked)
        api_json_bool(out, "chatBlocked", true);
    char *text = json_dumps(out, JSON_COMPACT);
    json_decref(out);
    return text;
}

/* What our own server asks the store about when somebody comes, another must be told: what the room
 * is to be, by the token; and that they were let in again, by us, when its webhook tells of them.
 */
static void prepare_elsewhere(struct api_call *c, const struct room_row *r, const struct member *m,
                              struct grant *g)
{
    media_describe_room(r, &c->arena, g);
    /* When this fails they are removed, and ask again. */
    members_admit(c->db, r->id, m->user_id, m->entry);
}

const char *api_room_token(struct api_call *c, const struct room_row *r, const struct user *u,
                           const struct member *m)
{
    enum api_role role = api_room_role(r, u, m);
    struct grant g = {.room = arena_strdup(&c->arena, span_of_str(r->name)),
                      .identity = arena_strdup(&c->arena, span_of_str(u->id)),
                      .name = arena_strdup(&c->arena, span_of_str(u->name)),
                      .metadata = api_room_metadata(u, role, m),
                      .permission = api_room_permission(r, role, m),
                      .expires_unix_s = c->now_ms / 1000 + TOKEN_LIFE_S};
    struct claims claims = {.grant = &g, .room_join = true, .entry = m->entry + 1};

    if (c->config->livekit_url) {
        prepare_elsewhere(c, r, m, &g);
        claims.entry = 0; /* it has no store to look that up in */
    }
    snprintf(claims.room_id, sizeof claims.room_id, "%s", r->id);
    char *token = token_sign(c->config->keys, &claims);
    const char *copy = arena_strdup(&c->arena, span_of_str(token));

    free(g.metadata);
    free(token);
    return copy;
}

const char *api_room_host(struct api_call *c)
{
    const char *url = c->config->public_url, *media_url = c->config->livekit_url,
               *host = c->host ? c->host : "localhost";

    if (media_url)
        return arena_printf(&c->arena, "ws%s", media_url + strlen("http"));
    if (url)
        return arena_printf(&c->arena, "ws%s/livekit", url + strlen("http"));
    return arena_printf(&c->arena, "%s://%s/livekit", c->secure ? "wss" : "ws", host);
}
