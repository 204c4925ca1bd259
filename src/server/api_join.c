/* SPDX-License-Identifier: Apache-2.0 */
/* The way into a room: who is let in, and with which token. The room's own door asks the same
 * questions again (admission.h), since things change between here and there. */
#include <errno.h>
#include <jansson.h>

#include "base/limits.h"
#include "base/random.h"
#include "server/api_json.h"
#include "server/api_lobby.h"
#include "server/api_match.h"
#include "server/api_room.h"
#include "server/api_session.h"
#include "server/api_token.h"
#include "store/settings.h"

#define GUEST_COOKIE "bedrud_guest_id"

struct visit {
    struct room_row room;
    struct member member;
    bool waits; /* for a moderator's word */
};

/* ---- who is let in ---- */

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
    return others < r->max_participants || api_fail(c, 403, "room_full", "room is full");
}

static bool let_in(struct api_call *c, struct visit *v)
{
    const struct room_row *r = &v->room;
    bool known = api_room_knows(r, &c->user, &v->member);

    if (v->member.is_banned)
        return api_fail(c, 403, "banned", "you are banned from this room");
    v->waits = r->settings.require_approval && !known;
    if (v->waits)
        return true;
    if (!r->is_public && !known)
        return api_fail(c, 403, "private", "This room is private");
    return has_seat(c, r);
}

/* Whoever made a room that is over may make it again, as it was. */
static void answer_archived(struct api_call *c, const struct room_row *r, bool offer)
{
    if (offer && r->deleted_ms && strcmp(r->created_by, c->user.id) == 0)
        api_reply(c, 200,
                  json_pack("{s:s,s:s,s:s,s:o}", "status", "archived_owned", "name", r->name,
                            "mode", r->mode, "settings", api_room_settings_json(&r->settings)));
    else
        api_fail(c, 410, "room_closed", "room is no longer active");
}

/* The room of that name, with who asks in it; false with an answer when it is not open to
 * them. `offer`: its creator is offered to make it again when it is over. */
static bool visit(struct api_call *c, const char *name, struct visit *v, bool offer)
{
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

/* The room and the way into it. */
static json_t *visit_json(struct api_call *c, const struct visit *v)
{
    json_t *answer = api_room_json(&v->room);

    api_json_text(answer, "token", api_room_token(c, &v->room, &c->user, &v->member));
    api_json_text(answer, "livekitHost", api_room_host(c));
    json_object_set_new(answer, "activeRecordingId", json_null());
    return answer;
}

static int note_visit(struct api_call *c, const struct visit *v)
{
    int error = members_add(c->db, v->room.id, c->user.id, c->now_ms);

    return error ? error : rooms_touch(c->db, &v->room, c->now_ms, c->now_ms + LIMIT_ROOM_LIFE_MS);
}

static void join(struct api_call *c)
{
    const char *name = api_text(c, c->json, "roomName", LIMIT_ROOM_NAME);
    struct visit v;

    if (api_refused(c) || !visit(c, name, &v, true))
        return;
    if (v.waits) {
        api_lobby_wait(c, &v.room);
        return;
    }
    int error = note_visit(c, &v);
    if (error)
        api_fail_store(c, error);
    else
        api_reply(c, 200, visit_json(c, &v));
}

static void refresh_token(struct api_call *c)
{
    const char *name = api_text(c, c->json, "roomName", LIMIT_ROOM_NAME);
    struct visit v;

    if (api_refused(c) || !visit(c, name, &v, false))
        return;
    if (v.waits) {
        api_fail(c, 403, "approval_required", "This room requires approval to join");
        return;
    }
    int error = note_visit(c, &v); /* a token that no row stands for could not be ended */
    if (error)
        api_fail_store(c, error);
    else
        api_reply(c, 200,
                  json_pack("{s:s}", "token", api_room_token(c, &v.room, &c->user, &v.member)));
}

/* ---- without an account ---- */

/* A guest who was here before is found by their cookie, so that a ban holds as long as that does,
 * or by the ticket with which they wait. A new one is not stored before they are let in, or wait.
 */
static int recognise(struct api_call *c, const char *name, const char *ticket, bool *known)
{
    const char *cookie = ticket[0] ? ticket : api_cookie(c, GUEST_COOKIE), *id = NULL;
    char new_id[RANDOM_UUID_SIZE];
    int error = -ENOENT;

    if (cookie)
        id = api_token_read_guest(c->config->secret, span_of_str(cookie), c->now_ms, &c->arena);
    if (id)
        error = users_find(c->db, &c->arena, id, &c->user);
    *known = !error && c->user.accesses == ACCESS_GUEST;
    if (*known) {
        c->user.name = name;
        return 0;
    }
    if (error && error != -ENOENT)
        return error;
    random_uuid(new_id);
    id = arena_strdup(&c->arena, span_of_str(new_id));
    c->user = (struct user){.id = id,
                            .email = arena_printf(&c->arena, "guest_%s@bedrud.guest", id),
                            .provider = "guest",
                            .name = name,
                            .avatar_url = "",
                            .password = "",
                            .accesses = ACCESS_GUEST,
                            .is_active = true,
                            .created_ms = c->now_ms,
                            .updated_ms = c->now_ms};
    return 0;
}

static int keep_guest(struct db *db, const struct user *u, bool known, int64_t now_ms)
{
    return known ? users_set_profile(db, u->id, u->name, u->email, now_ms) : users_add(db, u);
}

static void give_cookie(struct api_call *c)
{
    api_session_cookie(c, GUEST_COOKIE,
                       api_token_guest(c->config->secret, c->user.id, c->now_ms, &c->arena),
                       LIMIT_GUEST_LIFE_MS);
}

static void let_guest_wait(struct api_call *c, const struct visit *v, bool known)
{
    int error = keep_guest(c->db, &c->user, known, c->now_ms);

    if (error) {
        api_fail_store(c, error);
        return;
    }
    give_cookie(c);
    api_lobby_wait(c, &v->room);
    /* No place: nobody to be remembered. */
    if (c->status == 429 && !known)
        (void)users_remove(c->db, c->user.id);
}

struct guest_visit {
    struct api_call *call;
    const struct visit *visit;
    bool known;
    const char *session;
};

static int take_guest_in(struct db *db, void *arg)
{
    struct guest_visit *g = arg;
    struct api_call *c = g->call;
    const struct user *u = &c->user;
    int error = keep_guest(db, u, g->known, c->now_ms);

    if (!error)
        error = api_session_add(c, u, &g->session);
    return error ? error : note_visit(c, g->visit);
}

static void let_guest_in(struct api_call *c, const struct visit *v, bool known)
{
    struct guest_visit g = {c, v, known, NULL};
    int error = db_transact(c->db, take_guest_in, &g);

    if (error) {
        api_fail_store(c, error);
        return;
    }
    json_t *answer = visit_json(c, v);
    api_session_tokens(c, answer, &c->user, g.session, 1);
    give_cookie(c);
    api_reply(c, 200, answer);
}

static void guest_join(struct api_call *c)
{
    const char *room = api_text(c, c->json, "roomName", LIMIT_ROOM_NAME),
               *name = api_text(c, c->json, "guestName", 1024),
               *ticket = api_text(c, c->json, "ticket", LIMIT_API_TOKEN);
    struct settings s;
    struct visit v;
    bool known;
    int error;

    if (api_refused(c))
        return;
    name = api_session_name(c, name, 1, 50);
    error = settings_read(c->db, &c->arena, &s);
    if (!error && name)
        error = recognise(c, name, ticket, &known);
    if (error)
        api_fail_store(c, error);
    else if (!s.guest_login_enabled)
        api_fail(c, 403, "guests_disabled", "Guest access is disabled");
    else if (!name)
        api_fail(c, 400, "invalid_name", "The name must have 1 to 50 characters");
    else if (!c->user.is_active)
        api_fail(c, 403, "deactivated", "Account is deactivated");
    else if (visit(c, room, &v, false) && v.waits)
        let_guest_wait(c, &v, known);
    else if (!c->status)
        let_guest_in(c, &v, known);
}

/* What somebody needs to know before they come, and nothing of who is there. */
static void check(struct api_call *c)
{
    struct visit v;
    unsigned count;

    c->user = (struct user){.id = ""};
    if (!visit(c, c->params[0], &v, false))
        return;
    int error = media_count(c->media, v.room.name, &count);
    if (error) {
        api_fail_store(c, error);
        return;
    }
    json_t *answer = json_object();
    api_json_bool(answer, "exists", true);
    api_json_text(answer, "id", v.room.id);
    api_json_text(answer, "name", v.room.name);
    api_json_text(answer, "mode", v.room.mode);
    api_json_bool(answer, "e2ee", v.room.settings.e2ee);
    api_json_bool(answer, "requireApproval", v.room.settings.require_approval);
    api_json_int(answer, "count", count);
    api_json_int(answer, "maxParticipants", v.room.max_participants);
    api_reply(c, 200, answer);
}

const struct api_route api_join_routes[] = {
    {"POST", "/room/join", API_SOMEBODY, API_RATE_GENERAL, join, false},
    {"POST", "/room/refresh-token", API_SOMEBODY, API_RATE_GENERAL, refresh_token, false},
    {"POST", "/room/guest-join", API_ANYBODY, API_RATE_GUEST, guest_join, false},
    {"GET", "/room/check/:roomName", API_ANYBODY, API_RATE_GUEST, check, false},
    {.method = NULL},
};
