/* SPDX-License-Identifier: Apache-2.0 */
/* Who is in a room: for those who think of coming in, and what those inside may know of each
 * other. Whoever is hidden in the meeting is hidden here. */
#include <errno.h>
#include <jansson.h>

#include "base/limits.h"
#include "server/api_json.h"
#include "server/api_match.h"
#include "server/api_room.h"
#include "server/query.h"

/* ---- from outside ---- */

/* Names are for those who could come in themselves. */
static bool may_look(struct api_call *c, const struct room_row *r, bool names)
{
    struct member m = {.user_id = ""};
    int error = 0;

    if (c->user.id)
        error = members_find(c->db, &c->arena, r->id, c->user.id, &m);
    if (error)
        return api_fail_store(c, error);
    bool known =
        c->user.id && (api_room_role(r, &c->user, &m) != API_ROLE_PARTICIPANT || m.is_approved);
    if (m.is_banned)
        return api_fail(c, 403, "banned", "you are banned from this room");
    if (!r->is_public && !known)
        return api_fail(c, 403, "private", "This room is private");
    if (names && !c->user.id)
        return api_fail(c, 401, "unauthorized", "Missing authorization");
    if (names && r->settings.require_approval && !known)
        return api_fail(c, 403, "approval_required", "This room requires approval to join");
    return true;
}

static int add_person(struct api_call *c, json_t *list, const struct media_person *p)
{
    json_t *one = json_object();
    struct user u;
    int error = users_find(c->db, &c->arena, p->identity, &u);

    api_json_text(one, "identity", p->identity);
    api_json_text(one, "name", p->name);
    api_json_text(one, "avatarUrl", error ? "" : u.avatar_url);
    json_array_append_new(list, one);
    return error == -ENOENT ? 0 : error;
}

/* Not more names than anybody reads; the count is of all. */
static void answer_presence(struct api_call *c, const struct media_person *people, unsigned count,
                            bool names)
{
    json_t *list = json_array();
    json_int_t visible = 0;
    int error = 0;

    for (unsigned i = 0; i < count && !error; i++) {
        if (people[i].permission.hidden)
            continue;
        if (names && visible < LIMIT_PRESENCE_NAMES)
            error = add_person(c, list, &people[i]);
        visible++;
    }
    json_t *answer = json_pack("{s:I}", "count", visible);
    if (names)
        json_object_set(answer, "participants", list);
    json_decref(list);
    if (error) {
        json_decref(answer);
        api_fail_store(c, error);
    } else {
        api_reply(c, 200, answer);
    }
}

static void presence(struct api_call *c)
{
    bool names = !query_flag(c->query, "countOnly", false);
    struct media_person *people;
    struct room_row r;
    unsigned count;
    int error = rooms_find(c->db, &c->arena, c->params[0], &r);

    if (error == -ENOENT || (!error && r.deleted_ms)) {
        api_fail(c, 404, "room_not_found", "Room not found");
        return;
    }
    if (!error && !may_look(c, &r, names))
        return;
    if (!error)
        error = media_people(c->media, &c->arena, r.name, &people, &count);
    if (error)
        api_fail_store(c, error);
    else
        answer_presence(c, people, count, names);
}

/* ---- from inside ---- */

/* One who is in the meeting, as one sees them who is there too. */
static bool meet(struct api_call *c, struct media_person *out)
{
    struct media_person me;
    struct room_row r;
    int error = rooms_find(c->db, &c->arena, c->params[0], &r);

    if (error == -ENOENT || (!error && r.deleted_ms))
        return api_fail(c, 404, "room_not_found", "Room not found");
    if (!error)
        error = media_find_person(c->media, &c->arena, r.name, c->user.id, &me);
    if (error == -ENOENT)
        return api_fail(c, 403, "not_in_meeting", "You are not in this meeting");
    if (!error)
        error = media_find_person(c->media, &c->arena, r.name, c->params[1], out);
    if (error == -ENOENT || (!error && out->permission.hidden))
        return api_fail(c, 404, "participant_not_found", "Participant not found");
    return !error || api_fail_store(c, error);
}

/* The name of a value of LiveKit's, as its server API spells it. */
static const char *name_of(const char *const *names, int count, int value)
{
    return value >= 0 && value < count ? names[value] : "UNKNOWN";
}

static json_t *track_json(const struct media_track *t)
{
    static const char *const types[] = {"AUDIO", "VIDEO", "DATA"};
    static const char *const sources[] = {"UNKNOWN", "CAMERA", "MICROPHONE", "SCREEN_SHARE",
                                          "SCREEN_SHARE_AUDIO"};
    json_t *one = json_object();

    api_json_text(one, "sid", t->sid);
    api_json_text(one, "type", name_of(types, 3, t->type));
    api_json_text(one, "source", name_of(sources, 5, t->source));
    api_json_bool(one, "muted", t->muted);
    return one;
}

static json_t *person_json(const struct media_person *p)
{
    static const char *const states[] = {"JOINING", "JOINED", "ACTIVE", "DISCONNECTED"};
    json_t *one = json_object(), *tracks = json_array();

    api_json_text(one, "identity", p->identity);
    api_json_text(one, "name", p->name);
    api_json_text(one, "state", name_of(states, 4, p->state));
    api_json_time(one, "joinedAt", p->joined_unix_ms);
    for (unsigned i = 0; i < p->track_count; i++)
        json_array_append_new(tracks, track_json(&p->tracks[i]));
    json_object_set_new(one, "tracks", tracks);
    return one;
}

static void info(struct api_call *c)
{
    struct media_person p = {.identity = ""};

    if (meet(c, &p))
        api_reply(c, 200, person_json(&p));
}

static void profile(struct api_call *c)
{
    struct media_person p = {.identity = ""};
    struct user u;

    if (!meet(c, &p))
        return;
    int error = users_find(c->db, &c->arena, p.identity, &u);
    if (error && error != -ENOENT) {
        api_fail_store(c, error);
        return;
    }
    json_t *answer = json_object();
    api_json_text(answer, "id", p.identity);
    api_json_text(answer, "name", p.name);
    api_json_text(answer, "avatarUrl", error ? "" : u.avatar_url);
    api_reply(c, 200, answer);
}

/* ---- from above ---- */

/* A room with all who are in it, the hidden ones too. */
static void show(struct api_call *c)
{
    struct media_person *people;
    struct room_row r;
    unsigned count = 0;
    int error = rooms_find(c->db, &c->arena, c->params[0], &r);

    if (error == -ENOENT) {
        api_fail(c, 404, "room_not_found", "Room not found");
        return;
    }
    if (!error && r.is_active)
        error = media_people(c->media, &c->arena, r.name, &people, &count);
    if (error) {
        api_fail_store(c, error);
        return;
    }
    json_t *all = json_array(), *room = api_room_json(&r);
    for (unsigned i = 0; i < count; i++) {
        json_t *one = person_json(&people[i]);
        api_json_text(one, "sid", people[i].sid);
        api_json_bool(one, "isPublisher", people[i].track_count > 0);
        api_json_bool(one, "hidden", people[i].permission.hidden);
        json_array_append_new(all, one);
    }
    api_json_int(room, "participantsCount", count);
    api_reply(c, 200, json_pack("{s:o,s:o}", "room", room, "participants", all));
}

const struct api_route api_presence_routes[] = {
    {"GET", "/room/:id/presence", API_MAYBE, API_RATE_GENERAL, presence, false},
    {"GET", "/room/:id/participant/:identity/info", API_SOMEBODY, API_RATE_GENERAL, info, false},
    {"GET", "/room/:id/participant/:identity/profile", API_SOMEBODY, API_RATE_GENERAL, profile,
     false},
    {"GET", "/admin/rooms/:id", API_SUPERADMIN, API_RATE_GENERAL, show, false},
    {"GET", "/admin/rooms/:id/participants", API_SUPERADMIN, API_RATE_GENERAL, show, false},
    {.method = NULL},
};
