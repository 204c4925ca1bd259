/* SPDX-License-Identifier: Apache-2.0 */
/* Rooms of one's own: made, listed, changed, archived. */
#include <errno.h>
#include <jansson.h>

#include "base/limits.h"
#include "base/random.h"
#include "server/api_json.h"
#include "server/api_match.h"
#include "server/api_room.h"
#include "store/settings.h"

/* Tries to find a name that nobody has: there are 10^14. */
#define NAME_TRIES 5

/* ---- making ---- */

static const char *mode_of(const char *text)
{
    static const char *const modes[] = {ROOM_STANDARD, ROOM_WEBINAR, ROOM_BROADCAST};

    for (size_t i = 0; i < 3; i++)
        if (strcmp(text[0] ? text : ROOM_STANDARD, modes[i]) == 0)
            return modes[i];
    return NULL;
}

/* What is left out stays as it was. */
static void read_settings(struct api_call *c, const json_t *object, struct room_settings *s)
{
    s->allow_chat = api_flag(c, object, "allowChat", s->allow_chat);
    s->allow_video = api_flag(c, object, "allowVideo", s->allow_video);
    s->allow_audio = api_flag(c, object, "allowAudio", s->allow_audio);
    s->require_approval = api_flag(c, object, "requireApproval", s->require_approval);
    s->recordings_allowed = api_flag(c, object, "recordingsAllowed", s->recordings_allowed);
    /* Once on, it stays on: some clients always say false. */
    s->e2ee |= api_flag(c, object, "e2ee", false);
    if (c->user.accesses & ACCESS_SUPERADMIN)
        s->is_persistent = api_flag(c, object, "isPersistent", s->is_persistent);
}

static int add_room(struct api_call *c, struct room_row *r, bool named)
{
    int error = -EEXIST;

    for (unsigned i = 0; error == -EEXIST && i < (named ? 1 : NAME_TRIES); i++) {
        if (!named) {
            char name[API_ROOM_NAME_SIZE];
            api_room_make_name(name);
            r->name = arena_strdup(&c->arena, span_of_str(name));
        }
        error = rooms_add(c->db, r);
    }
    return error;
}

/* False with an answer when this user may not have one more room of this size. */
static bool within_bounds(struct api_call *c, struct room_row *r)
{
    struct settings s;
    int64_t active = 0;
    int error = settings_read(c->db, &c->arena, &s);

    if (!error)
        error = rooms_count_active(c->db, c->user.id, &active);
    if (r->max_participants < 0)
        r->max_participants = 0;
    if (error)
        api_fail_store(c, error);
    else if (r->max_participants > s.max_participants_limit)
        api_fail(c, 400, "too_many_participants", "maxParticipants is over this server's limit");
    else if (s.max_rooms_per_user && active >= s.max_rooms_per_user)
        api_fail(c, 403, "too_many_rooms", "You have reached the limit of active rooms");
    else
        return true;
    return false;
}

static void answer_new_room(struct api_call *c, const struct room_row *r)
{
    json_t *answer = api_room_json(r);

    api_json_text(answer, "livekitHost", api_room_host(c));
    api_reply(c, 200, answer);
}

static void create(struct api_call *c)
{
    const char *name = api_text(c, c->json, "name", 256),
               *mode = mode_of(api_text(c, c->json, "mode", 32));
    char id[RANDOM_UUID_SIZE];
    struct room_row r = {.id = id,
                         .name = api_room_lower(c, name),
                         .created_by = c->user.id,
                         .admin_id = c->user.id,
                         .mode = mode,
                         .is_active = true,
                         .is_public = api_flag(c, c->json, "isPublic", true),
                         .max_participants = api_number(c, c->json, "maxParticipants", 0),
                         .settings = {.allow_chat = true,
                                      .allow_video = true,
                                      .allow_audio = true,
                                      .recordings_allowed = true},
                         .expires_ms = c->now_ms + LIMIT_ROOM_LIFE_MS,
                         .last_activity_ms = c->now_ms,
                         .created_ms = c->now_ms,
                         .updated_ms = c->now_ms};

    read_settings(c, api_json_get(c->json, "settings"), &r.settings);
    random_uuid(id);
    if (api_refused(c))
        return;
    if (!mode) {
        api_fail(c, 400, "invalid_mode", "mode must be standard, webinar or broadcast");
        return;
    }
    if (name[0] && !api_room_name_fits(r.name)) {
        api_fail(c, 400, "invalid_name",
                 "The name must have 3 to 63 letters, digits and single dashes");
        return;
    }
    if (!within_bounds(c, &r))
        return;
    int error = add_room(c, &r, name[0] != 0);
    if (error == -EEXIST)
        api_fail(c, 409, "name_taken", "An active room has this name");
    else if (error)
        api_fail_store(c, error);
    else
        answer_new_room(c, &r);
}

/* ---- listing ---- */

static void list(struct api_call *c)
{
    struct room_row *rows = arena_alloc(&c->arena, LIMIT_ROOM_LIST * sizeof *rows);
    unsigned count;
    int error = rooms_list(c->db, &c->arena, c->user.id, (struct db_page){0, LIMIT_ROOM_LIST}, rows,
                           &count);

    if (error) {
        api_fail_store(c, error);
        return;
    }
    json_t *all = json_array();
    for (unsigned i = 0; i < count; i++)
        json_array_append_new(all, api_room_json(&rows[i]));
    api_reply(c, 200, all);
}

const struct api_route api_rooms_routes[] = {
    {"POST", "/room/create", API_ACCOUNT, API_RATE_GENERAL, create, false},
    {"GET", "/room/list", API_ACCOUNT, API_RATE_GENERAL, list, false},
    {.method = NULL},
};
