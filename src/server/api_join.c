/* SPDX-License-Identifier: Apache-2.0 */
/* The way into a room: who is let in, and with which token. The room's own door asks the same
 * questions again (admission.h), since things change between here and there. */
#include <errno.h>
#include <jansson.h>

#include "base/limits.h"
#include "server/api_json.h"
#include "server/api_match.h"
#include "server/api_room.h"

struct visit {
    struct room_row room;
    struct member member;
};

/* ---- who is let in ---- */

static bool refuse(struct api_call *c, const char *code, const char *text)
{
    api_fail(c, 403, code, text);
    return false;
}

/* Whoever is inside already does not count against themselves. */
static bool has_seat(struct api_call *c, const struct room_row *r)
{
    struct media_person *people;
    unsigned count, others = 0;

    if (r->max_participants == 0)
        return true;
    int error = media_people(c->media, &c->arena, r->name, &people, &count);
    if (error) {
        api_fail_store(c, error);
        return false;
    }
    for (unsigned i = 0; i < count; i++)
        others += strcmp(people[i].identity, c->user.id) != 0;
    return others < r->max_participants || refuse(c, "room_full", "room is full");
}

static bool let_in(struct api_call *c, const struct visit *v)
{
    const struct room_row *r = &v->room;
    bool known =
        api_room_role(r, &c->user, &v->member) != API_ROLE_PARTICIPANT || v->member.is_approved;

    if (v->member.is_banned)
        return refuse(c, "banned", "you are banned from this room");
    if (!r->is_public && !known)
        return refuse(c, "private", "This room is private");
    if (r->settings.require_approval && !known)
        return refuse(c, "approval_required", "This room requires approval to join");
    return has_seat(c, r);
}

/* Whoever made a room that is over may make it again, as it was. */
static void answer_archived(struct api_call *c, const struct room_row *r, bool offer)
{
    if (offer && strcmp(r->created_by, c->user.id) == 0)
        api_reply(c, 200,
                  json_pack("{s:s,s:s,s:s,s:o}", "status", "archived_owned", "name", r->name,
                            "mode", r->mode, "settings", api_room_settings_json(&r->settings)));
    else
        api_fail(c, 410, "room_closed", "room is no longer active");
}

/* The room that the body names, with who asks in it; false with an answer when it is not open to
 * them. `offer`: its creator is offered to make it again when it is over. */
static bool visit(struct api_call *c, struct visit *v, bool offer)
{
    const char *name = api_text(c, c->json, "roomName", LIMIT_ROOM_NAME);

    if (api_refused(c))
        return false;
    int error = rooms_find_name(c->db, &c->arena, api_room_lower(c, name), &v->room);
    if (error == -ENOENT) {
        api_fail(c, 404, "room_not_found", "Room not found");
        return false;
    }
    if (!error)
        error = members_find(c->db, &c->arena, v->room.id, c->user.id, &v->member);
    if (error) {
        api_fail_store(c, error);
        return false;
    }
    if (!v->room.is_active) {
        answer_archived(c, &v->room, offer);
        return false;
    }
    return let_in(c, v);
}

/* ---- answers ---- */

static void join(struct api_call *c)
{
    struct visit v;

    if (!visit(c, &v, true))
        return;
    int error = members_add(c->db, v.room.id, c->user.id, c->now_ms);
    if (!error)
        error = rooms_touch(c->db, &v.room, c->now_ms, c->now_ms + LIMIT_ROOM_LIFE_MS);
    if (error) {
        api_fail_store(c, error);
        return;
    }
    json_t *answer = api_room_json(&v.room);
    api_json_text(answer, "token", api_room_token(c, &v.room, &c->user, &v.member));
    api_json_text(answer, "livekitHost", api_room_host(c));
    json_object_set_new(answer, "activeRecordingId", json_null());
    api_reply(c, 200, answer);
}

static void refresh_token(struct api_call *c)
{
    struct visit v;

    if (visit(c, &v, false))
        api_reply(c, 200,
                  json_pack("{s:s}", "token", api_room_token(c, &v.room, &c->user, &v.member)));
}

const struct api_route api_join_routes[] = {
    {"POST", "/room/join", API_SOMEBODY, API_RATE_GENERAL, join, false},
    {"POST", "/room/refresh-token", API_SOMEBODY, API_RATE_GENERAL, refresh_token, false},
    {.method = NULL},
};
