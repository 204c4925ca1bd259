/* SPDX-License-Identifier: Apache-2.0 */
/* Moderation: what owners and moderators do to those in a room. Who is put out has no good token
 * from the moment it is written down, and what somebody may no longer do the media plane forbids;
 * notices are for people to read. */
#include <errno.h>
#include <jansson.h>

#include "base/limits.h"
#include "server/api_audit.h"
#include "server/api_json.h"
#include "server/api_live.h"
#include "server/api_match.h"
#include "server/api_room.h"
#include "server/media.h"
#include "wire/signal.h"

/* ---- who does what to whom ---- */

struct act {
    struct room_row room;
    const char *identity; /* to whom */
    struct user user;     /* the same; id NULL: nobody that the store knows */
    struct member member;
};

/* Superadmins come before owners, who come before moderators. */
static int rank(const struct room_row *r, const struct user *u, const struct member *m)
{
    return u->accesses & ACCESS_SUPERADMIN ? API_ROLE_OWNER + 1 : (int)api_room_role(r, u, m);
}

static int find_target(struct api_call *c, struct act *a)
{
    int error = users_find(c->db, &c->arena, a->identity, &a->user);

    if (!error)
        return members_find(c->db, &c->arena, a->room.id, a->identity, &a->member);
    a->user = (struct user){.id = NULL};
    a->member = (struct member){.user_id = a->identity};
    return error == -ENOENT ? 0 : error;
}

static bool aim(struct api_call *c, enum api_role least, struct act *a)
{
    *a = (struct act){.identity = c->params[1]};
    if (!api_room_enter(c, least, &a->room))
        return false;
    int error = find_target(c, a);
    return !error || api_fail_store(c, error);
}

/* The same for what nobody wants to have done to them: not to oneself, and not to one's betters. */
static bool aim_against(struct api_call *c, enum api_role least, struct act *a)
{
    struct member me;

    if (!aim(c, least, a))
        return false;
    if (strcmp(a->identity, c->user.id) == 0)
        return api_fail(c, 400, "self", "You cannot do this to yourself");
    int error = members_find(c->db, &c->arena, a->room.id, c->user.id, &me);
    if (error)
        return api_fail_store(c, error);
    return !a->user.id || rank(&a->room, &a->user, &a->member) < rank(&a->room, &c->user, &me) ||
           api_fail(c, 403, "outranked", "You cannot do this to an admin of this room");
}

static bool refuse_unknown(struct api_call *c)
{
    return api_fail(c, 404, "participant_not_found", "Participant not found");
}

/* Whether the store has them in this room's book. */
static bool is_member(const struct act *a)
{
    return a->user.id && a->member.joined_ms;
}

/* Whoever is in the meeting now; false with an answer. */
static bool find_inside(struct api_call *c, const struct act *a, struct media_person *out)
{
    int error = media_find_person(c->media, &c->arena, a->room.name, a->identity, out);

    if (error == -ENOENT)
        return refuse_unknown(c);
    return !error || api_fail_store(c, error);
}

static void answer(struct api_call *c, int error, const char *status)
{
    if (error)
        api_fail_store(c, error); /* to be asked for again, which does no harm */
    else
        api_reply(c, 200, json_pack("{s:s}", "status", status));
}

/* {"type":"system","event":...,"actor":...,"target":...}: to all, or to the target alone. */
static int tell(struct api_call *c, const struct act *a, const char *event, bool alone)
{
    const struct media_audience target = {&a->identity, 1};
    json_t *notice = json_pack("{s:s,s:s}", "type", "system", "event", event);

    api_json_text(notice, "actor", c->user.id);
    api_json_text(notice, "target", a->identity);
    return api_live_tell(c, &a->room, alone ? &target : NULL, notice);
}

static int note(struct api_call *c, const struct act *a, const char *action)
{
    return api_audit(c, arena_printf(&c->arena, "room.%s", action), a->room.id, a->identity);
}

/* ---- out ---- */

/* The removal does not depend on whether the others could be told. */
static void put_out(struct api_call *c, const struct act *a, const char *event)
{
    (void)tell(c, a, event, false);
    int error = api_live_remove(c, &a->room, a->identity);
    answer(c, error ? error : note(c, a, event), "success");
}

static void kick(struct api_call *c)
{
    struct media_person inside;
    struct act a;
    int error = 0;

    if (!aim_against(c, API_ROLE_MODERATOR, &a) || (!is_member(&a) && !find_inside(c, &a, &inside)))
        return;
    if (a.user.id)
        error = (a.room.settings.require_approval ? members_expel : members_put_out)(
            c->db, a.room.id, a.identity, c->now_ms);
    if (error)
        api_fail_store(c, error);
    else
        put_out(c, &a, "kick");
}

static void ban(struct api_call *c)
{
    struct act a;

    if (!aim_against(c, API_ROLE_MODERATOR, &a))
        return;
    if (!a.user.id) {
        refuse_unknown(c);
        return;
    }
    int error = members_ban(c->db, a.room.id, a.identity, c->now_ms);
    if (error)
        api_fail_store(c, error);
    else
        put_out(c, &a, "ban");
}

static void unban(struct api_call *c)
{
    struct act a;

    if (!aim(c, API_ROLE_MODERATOR, &a))
        return;
    if (!is_member(&a)) {
        refuse_unknown(c);
        return;
    }
    int error = members_set(c->db, a.room.id, a.identity, MEMBER_BANNED, false, c->now_ms);
    answer(c, error ? error : note(c, &a, "unban"), "success");
}

static void bans(struct api_call *c)
{
    struct user *list = arena_alloc(&c->arena, LIMIT_MEMBERS_LISTED * sizeof *list);
    struct room_row r;
    unsigned count;

    if (!api_room_enter(c, API_ROLE_MODERATOR, &r))
        return;
    int error = members_list_users(c->db, &c->arena, r.id, MEMBER_BANNED, list, &count);
    if (error) {
        api_fail_store(c, error);
        return;
    }
    json_t *all = json_array();
    for (unsigned i = 0; i < count; i++)
        json_array_append_new(all, json_pack("{s:s,s:s,s:s}", "identity", list[i].id, "name",
                                             list[i].name, "avatarUrl", list[i].avatar_url));
    api_reply(c, 200, json_pack("{s:o}", "banned", all));
}

/* The meeting ends; the room stays. */
static void end(struct api_call *c)
{
    struct room_row r;

    if (!api_room_enter(c, API_ROLE_OWNER, &r))
        return;
    int error = api_live_end(c, &r, "The meeting was ended for all.", NULL);
    answer(c, error ? error : api_audit(c, "room.end", r.id, ""), "success");
}

/* ---- tracks ---- */

static bool is_sound(const struct media_track *t)
{
    return t->type == LIVEKIT__TRACK_TYPE__AUDIO;
}

static bool is_screen(const struct media_track *t)
{
    return t->source == LIVEKIT__TRACK_SOURCE__SCREEN_SHARE ||
           t->source == LIVEKIT__TRACK_SOURCE__SCREEN_SHARE_AUDIO;
}

/* And pictures of which the client did not say what they are. */
static bool is_camera(const struct media_track *t)
{
    return t->type == LIVEKIT__TRACK_TYPE__VIDEO && !is_screen(t);
}

/* Nothing of these tracks reaches anybody until their publisher lets it. */
static void silence(struct api_call *c, enum api_role least, bool (*is)(const struct media_track *),
                    const char *action)
{
    struct media_person inside;
    struct act a;
    int error = 0;

    if (!aim_against(c, least, &a) || !find_inside(c, &a, &inside))
        return;
    for (unsigned i = 0; i < inside.track_count && (!error || error == -ENOENT); i++)
        if (is(&inside.tracks[i]))
            error = media_mute(c->media, a.room.name, a.identity, inside.tracks[i].sid);
    answer(c, error && error != -ENOENT ? error : note(c, &a, action), "success");
}

static void mute(struct api_call *c)
{
    silence(c, API_ROLE_OWNER, is_sound, "mute");
}

static void video_off(struct api_call *c)
{
    silence(c, API_ROLE_MODERATOR, is_camera, "video_off");
}

static void screen_off(struct api_call *c)
{
    silence(c, API_ROLE_MODERATOR, is_screen, "screenshare_stop");
}

/* ---- what somebody may ---- */

/* Writes it down and sees that it holds for whoever is inside. */
static void set(struct api_call *c, const struct act *a, enum member_flag flag, bool on,
                const char *action)
{
    if (!a->user.id) {
        refuse_unknown(c);
        return;
    }
    int error = members_set(c->db, a->room.id, a->identity, flag, on, c->now_ms);
    if (!error)
        error = api_live_settle(c, &a->room, a->identity);
    answer(c, error ? error : note(c, a, action), "success");
}

static void promote(struct api_call *c)
{
    struct act a;

    if (!aim(c, API_ROLE_OWNER, &a))
        return;
    if (a.user.id && rank(&a.room, &a.user, &a.member) >= API_ROLE_MODERATOR)
        answer(c, 0, "already_moderator");
    else if (a.member.is_banned)
        api_fail(c, 409, "banned", "This person is banned from the room");
    else
        set(c, &a, MEMBER_MODERATOR, true, "promote");
}

static void demote(struct api_call *c)
{
    struct act a;

    if (aim_against(c, API_ROLE_OWNER, &a))
        set(c, &a, MEMBER_MODERATOR, false, "demote");
}

static void block_chat(struct api_call *c)
{
    struct act a;

    if (aim_against(c, API_ROLE_MODERATOR, &a))
        set(c, &a, MEMBER_CHAT_BLOCKED, true, "chat_block");
}

static void unblock_chat(struct api_call *c)
{
    struct act a;

    if (aim_against(c, API_ROLE_MODERATOR, &a))
        set(c, &a, MEMBER_CHAT_BLOCKED, false, "chat_unblock");
}

static void bring_on_stage(struct api_call *c)
{
    struct act a;

    if (aim(c, API_ROLE_MODERATOR, &a))
        set(c, &a, MEMBER_ON_STAGE, true, "stage_bring");
}

static void take_off_stage(struct api_call *c)
{
    struct act a;

    if (aim(c, API_ROLE_MODERATOR, &a))
        set(c, &a, MEMBER_ON_STAGE, false, "stage_remove");
}

/* ---- notices that clients act upon ---- */

static void notify(struct api_call *c, const struct act *a, const char *event, bool alone)
{
    struct media_person inside;

    if (!find_inside(c, a, &inside))
        return;
    int error = tell(c, a, event, alone);
    answer(c, error ? error : note(c, a, event), "success");
}

static void deafen(struct api_call *c)
{
    struct act a;

    if (aim_against(c, API_ROLE_MODERATOR, &a))
        notify(c, &a, "deafen", true);
}

static void undeafen(struct api_call *c)
{
    struct act a;

    if (aim_against(c, API_ROLE_MODERATOR, &a))
        notify(c, &a, "undeafen", true);
}

static void ask(struct api_call *c)
{
    const char *action = c->params[2];
    struct act a;

    if (!aim(c, API_ROLE_MODERATOR, &a))
        return;
    if (strcmp(action, "unmute") == 0)
        notify(c, &a, "ask_unmute", true);
    else if (strcmp(action, "camera") == 0)
        notify(c, &a, "ask_camera", true);
    else
        api_fail(c, 400, "unknown_action", "unknown action");
}

static void spotlight(struct api_call *c)
{
    struct act a;

    if (aim(c, API_ROLE_MODERATOR, &a))
        notify(c, &a, "spotlight", false);
}

#define ACT(path, handle)                                                                          \
    {                                                                                              \
        "POST", "/room/:id/" path, API_SOMEBODY, API_RATE_GENERAL, handle, false                   \
    }

const struct api_route api_moderation_routes[] = {
    ACT("kick/:identity", kick),
    ACT("ban/:identity", ban),
    ACT("unban/:identity", unban),
    {"GET", "/room/:id/bans", API_SOMEBODY, API_RATE_GENERAL, bans, false},
    ACT("mute/:identity", mute),
    ACT("video/:identity/off", video_off),
    ACT("screenshare/:identity/stop", screen_off),
    ACT("promote/:identity", promote),
    ACT("demote/:identity", demote),
    ACT("chat/:identity/block", block_chat),
    ACT("chat/:identity/unblock", unblock_chat),
    ACT("stage/:identity/bring", bring_on_stage),
    ACT("stage/:identity/remove", take_off_stage),
    ACT("deafen/:identity", deafen),
    ACT("undeafen/:identity", undeafen),
    ACT("ask/:identity/:action", ask),
    ACT("spotlight/:identity", spotlight),
    ACT("end", end),
    {"POST", "/admin/rooms/:id/participants/:identity/kick", API_SUPERADMIN, API_RATE_GENERAL, kick,
     false},
    {"POST", "/admin/rooms/:id/participants/:identity/mute", API_SUPERADMIN, API_RATE_GENERAL, mute,
     false},
    {.method = NULL},
};
