/* SPDX-License-Identifier: Apache-2.0 */
/* Rooms of one's own: made, listed, changed, archived. The store is changed first and the meeting
 * told after, so that whoever comes in between has the new rules. */
#include <errno.h>
#include <jansson.h>

#include "base/limits.h"
#include "base/random.h"
#include "server/api_audit.h"
#include "server/api_json.h"
#include "server/api_live.h"
#include "server/api_match.h"
#include "server/api_room.h"
#include "server/tasks.h"
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

/* A room that was suspended keeps its name, or its owner would just make it again. */
static int find_suspended(struct api_call *c, const char *name)
{
    struct room_row r;
    int error = rooms_find_name(c->db, &c->arena, name, &r);

    if (error == -ENOENT || (!error && (r.is_active || r.deleted_ms)))
        return 0;
    return error ? error : -EEXIST;
}

static int add_room(struct api_call *c, struct room_row *r, bool named)
{
    int error = named ? find_suspended(c, r->name) : 0;

    if (error)
        return error;
    error = -EEXIST;

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

/* Whoever wants to know of new rooms. When it cannot be noted, the room is there all the same. */
static void tell_of_new_room(struct api_call *c, const struct room_row *r)
{
    const struct webhook_event e = {"room.created", r->id, r->name, c->user.id};

    if (webhook_tell(c->db, &e, c->now_ms) == 0 && c->config->tasks)
        tasks_wake(c->config->tasks);
}

static void finish_new_room(struct api_call *c, const struct room_row *r)
{
    json_t *answer = api_room_json(r);

    tell_of_new_room(c, r);
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
        finish_new_room(c, &r);
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
    api_live_add_counts(c, rows, count, all);
    api_reply(c, 200, all);
}

static void archived(struct api_call *c)
{
    struct api_page page = api_page(c);
    struct room_row *rows = arena_alloc(&c->arena, page.part.limit * sizeof *rows);
    unsigned count = 0;
    int64_t total;
    int error = rooms_count_archived(c->db, c->user.id, &total);

    if (!error)
        error = rooms_list_archived(c->db, &c->arena, c->user.id, page.part, rows, &count);
    if (error) {
        api_fail_store(c, error);
        return;
    }
    json_t *all = json_array();
    for (unsigned i = 0; i < count; i++) {
        json_t *one = api_room_json(&rows[i]);
        api_json_int(one, "recordingCount", 0);
        json_array_append_new(all, one);
    }
    api_reply_page(c, "rooms", all, &page, total);
}

/* ---- changing ---- */

struct change {
    struct api_call *call;
    struct room_row before, room;
    int64_t most; /* people that this server allows in a room */
};

/* Owners only: of others nobody learns more than that they are none. */
static int find_own(struct api_call *c, struct room_row *r)
{
    const struct member nobody = {.user_id = c->user.id};
    int error = rooms_find(c->db, &c->arena, c->params[0], r);

    if (!error && r->deleted_ms)
        error = -ENOENT;
    if (!error && api_room_role(r, &c->user, &nobody) != API_ROLE_OWNER)
        error = -EACCES;
    return error;
}

static void fail_own(struct api_call *c, int error)
{
    if (error == -ENOENT)
        api_fail(c, 404, "room_not_found", "Room not found");
    else if (error == -EACCES)
        api_fail(c, 403, "forbidden", "Only the owner of the room can do this");
    else
        api_fail_store(c, error);
}

/* The settings come within "settings" or, from some clients, by themselves. */
static void read_change(struct api_call *c, struct room_row *r)
{
    const json_t *inner = api_json_get(c->json, "settings"), *object = inner ? inner : c->json;

    r->is_public = api_flag(c, c->json, "isPublic", r->is_public);
    r->max_participants = api_number(c, c->json, "maxParticipants", r->max_participants);
    if (r->max_participants < 0)
        r->max_participants = 0;
    read_settings(c, object, &r->settings);
    /* Nothing but these very words takes the encryption off. */
    if (api_flag(c, c->json, "disableE2ee", false) || api_flag(c, object, "disableE2ee", false))
        r->settings.e2ee = false;
}

static int change(struct db *db, void *arg)
{
    struct change *ch = arg;
    struct api_call *c = ch->call;
    int error = find_own(c, &ch->before);

    if (error)
        return error;
    ch->room = ch->before;
    read_change(c, &ch->room);
    if (c->wrong_field || ch->room.max_participants > ch->most)
        return -ERANGE;
    ch->room.updated_ms = c->now_ms;
    error = rooms_set(db, &ch->room, c->now_ms);
    bool opened = ch->before.settings.e2ee && !ch->room.settings.e2ee;
    return error ? error : api_audit(c, "room.settings", ch->room.id, opened ? "e2ee off" : "");
}

/* The store has it; now the meeting that is running, if one is. */
static int apply_live(const struct change *ch)
{
    struct api_call *c = ch->call;

    if (ch->before.settings.e2ee && !ch->room.settings.e2ee)
        return api_live_end(c, &ch->room,
                            "This room is no longer end-to-end encrypted. The meeting ended so "
                            "that all decide anew.",
                            "e2ee_disabled");
    int error = media_update_room(c->media, &ch->room);
    return error ? error : api_live_settle_all(c, &ch->room);
}

static void set_settings(struct api_call *c)
{
    struct change ch = {.call = c};
    struct settings s;
    int error = settings_read(c->db, &c->arena, &s);

    ch.most = s.max_participants_limit;
    if (!error)
        error = db_transact(c->db, change, &ch);
    if (error == -ERANGE) {
        if (!api_refused(c))
            api_fail(c, 400, "too_many_participants",
                     "maxParticipants is over this server's limit");
        return;
    }
    if (error) {
        fail_own(c, error);
        return;
    }
    error = apply_live(&ch);
    if (error)
        api_fail_store(c, error); /* to be asked for again, which does no harm */
    else
        api_reply(c, 200, api_room_json(&ch.room));
}

struct archiving {
    struct api_call *call;
    struct room_row *room;
};

static int archive_own(struct db *db, void *arg)
{
    const struct archiving *a = arg;
    int error = find_own(a->call, a->room);

    /* Archived, its name would be free, and its owner could make it again. */
    if (!error && !a->room->is_active && !(a->call->user.accesses & ACCESS_SUPERADMIN))
        error = -EPERM;
    if (!error)
        error = rooms_archive(db, a->room->id, a->call->now_ms);
    return error ? error : api_audit(a->call, "room.archive", a->room->id, a->room->name);
}

static void archive(struct api_call *c)
{
    struct room_row r;
    int error = db_transact(c->db, archive_own, &(struct archiving){c, &r});

    if (error == -EPERM) {
        api_fail(c, 403, "suspended", "This room is suspended");
        return;
    }
    if (error) {
        fail_own(c, error);
        return;
    }
    error = api_live_end(c, &r, "This room was closed.", NULL);
    if (error)
        api_fail_store(c, error);
    else
        api_reply(c, 202, json_pack("{s:s}", "message", "Room archived"));
}

const struct api_route api_rooms_routes[] = {
    {"POST", "/room/create", API_ACCOUNT, API_RATE_GENERAL, create, false},
    {"GET", "/room/list", API_ACCOUNT, API_RATE_GENERAL, list, false},
    {"GET", "/room/archived", API_ACCOUNT, API_RATE_GENERAL, archived, false},
    {"PUT", "/room/:id/settings", API_ACCOUNT, API_RATE_GENERAL, set_settings, false},
    {"DELETE", "/room/:id", API_ACCOUNT, API_RATE_GENERAL, archive, false},
    {"PUT", "/admin/rooms/:id", API_SUPERADMIN, API_RATE_GENERAL, set_settings, false},
    {.method = NULL},
};
