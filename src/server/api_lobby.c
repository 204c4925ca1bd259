/* SPDX-License-Identifier: Apache-2.0 */
/* Lobbies. Waiting is asking again: a place is kept for some minutes, and whoever was admitted gets
 * in with the same request that made them wait. */
#include "server/api_lobby.h"

#include <errno.h>
#include <jansson.h>

#include "base/limits.h"
#include "server/api_audit.h"
#include "server/api_json.h"
#include "server/api_live.h"
#include "server/api_match.h"
#include "server/api_room.h"
#include "server/api_token.h"
#include "store/lobby.h"

/* Those who can admit are told; superadmins look by themselves. */
static int tell_moderators(struct api_call *c, const struct room_row *r, const char *event,
                           const struct lobby_row *who)
{
    struct user *moderators = arena_alloc(&c->arena, LIMIT_MEMBERS_LISTED * sizeof *moderators);
    const char **list = arena_alloc(&c->arena, (LIMIT_MEMBERS_LISTED + 2) * sizeof *list);
    struct media_audience to = {list, 0};
    unsigned count;
    int error = members_list_users(c->db, &c->arena, r->id, MEMBER_MODERATOR, moderators, &count);

    if (error)
        return error;
    list[to.count++] = r->created_by;
    list[to.count++] = r->admin_id;
    for (unsigned i = 0; i < count; i++)
        list[to.count++] = moderators[i].id;
    json_t *notice = json_pack("{s:s,s:s}", "type", "system", "event", event);
    api_json_text(notice, "actor", c->user.id);
    api_json_text(notice, "target", who->user_id);
    if (who->name)
        api_json_text(notice, "name", who->name);
    return api_live_tell(c, r, &to, notice);
}

/* ---- outside ---- */

static void answer_pending(struct api_call *c, const struct room_row *r)
{
    json_t *answer = json_pack("{s:s,s:s,s:s}", "error", "This room requires approval to join",
                               "code", "approval_pending", "status", "pending");

    api_json_text(answer, "id", r->id);
    api_json_text(answer, "name", r->name);
    api_json_text(answer, "ticket",
                  api_token_guest(c->config->secret, c->user.id, c->now_ms, &c->arena));
    api_reply(c, 403, answer);
}

void api_lobby_wait(struct api_call *c, const struct room_row *r)
{
    struct lobby_visit v = {
        .room_id = r->id, .user_id = c->user.id, .now_ms = c->now_ms, .result = LOBBY_FULL};
    const struct lobby_row me = {.user_id = c->user.id, .name = c->user.name};
    int error = lobby_ask(c->db, &v);

    if (error) {
        api_fail_store(c, error);
        return;
    }
    switch (v.result) {
    case LOBBY_NEW:
        /* They are in the list, whether or not this arrives. */
        (void)tell_moderators(c, r, "lobby_waiting", &me);
        answer_pending(c, r);
        break;
    case LOBBY_WAITING:
        answer_pending(c, r);
        break;
    case LOBBY_DENIED:
        api_fail(c, 403, "approval_denied", "Your request to join was declined");
        break;
    case LOBBY_FULL:
        api_header(c, "Retry-After", "60");
        api_fail(c, 429, "lobby_full", "Too many people are waiting for this room");
        break;
    }
}

/* ---- inside ---- */

static void list(struct api_call *c)
{
    struct lobby_row *rows = arena_alloc(&c->arena, LIMIT_LOBBY * sizeof *rows);
    struct room_row r;
    unsigned count;

    if (!api_room_enter(c, API_ROLE_MODERATOR, &r))
        return;
    int error = lobby_list(c->db, &c->arena, r.id, c->now_ms, rows, &count);
    if (error) {
        api_fail_store(c, error);
        return;
    }
    json_t *waiting = json_array();
    for (unsigned i = 0; i < count; i++) {
        json_t *one = json_object();
        api_json_text(one, "identity", rows[i].user_id);
        api_json_text(one, "name", rows[i].name);
        api_json_text(one, "avatarUrl", rows[i].avatar_url);
        api_json_time(one, "askedAt", rows[i].asked_ms);
        api_json_time(one, "seenAt", rows[i].seen_ms);
        json_array_append_new(waiting, one);
    }
    api_reply(c, 200, json_pack("{s:o}", "waiting", waiting));
}

static void decide(struct api_call *c, bool admit)
{
    const struct lobby_row who = {.user_id = c->params[1]};
    struct room_row r;

    if (!api_room_enter(c, API_ROLE_MODERATOR, &r))
        return;
    int error = admit ? lobby_admit(c->db, r.id, who.user_id, c->now_ms)
                      : lobby_deny(c->db, r.id, who.user_id, c->now_ms);
    if (!error)
        error = api_audit(c, admit ? "room.admit" : "room.deny", r.id, who.user_id);
    if (error == -ENOENT) {
        api_fail(c, 404, "not_waiting", "Nobody of this identity is waiting");
        return;
    }
    if (error) {
        api_fail_store(c, error);
        return;
    }
    (void)tell_moderators(c, &r, admit ? "lobby_admitted" : "lobby_denied", &who);
    api_reply(c, 200, json_pack("{s:s}", "status", "success"));
}

static void admit(struct api_call *c)
{
    decide(c, true);
}

static void deny(struct api_call *c)
{
    decide(c, false);
}

const struct api_route api_lobby_routes[] = {
    {"GET", "/room/:id/lobby", API_SOMEBODY, API_RATE_GENERAL, list, false},
    {"POST", "/room/:id/lobby/:identity/admit", API_SOMEBODY, API_RATE_GENERAL, admit, false},
    {"POST", "/room/:id/lobby/:identity/deny", API_SOMEBODY, API_RATE_GENERAL, deny, false},
    {.method = NULL},
};
