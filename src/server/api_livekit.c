/* SPDX-License-Identifier: Apache-2.0 */
/* What a media server that is not ours tells us by its webhooks. It opens rooms and lets people in
 * by their tokens alone; what our own asks the store about at the door is done here, a moment after
 * they came. Whatever it says is looked up, so a message that comes twice, late or again does no
 * harm. */
#include <errno.h>
#include <jansson.h>
#include <strings.h>

#include "base/log.h"
#include "net/loop.h"
#include "server/api_json.h"
#include "server/api_live.h"
#include "server/api_match.h"
#include "server/api_room.h"
#include "server/tasks.h"

static int none_is_fine(int error)
{
    return error == -ENOENT ? 0 : error;
}

/* ---- who came ---- */

/* As random_uuid writes the ids of accounts. Others have identities that the holder of the server's
 * API key gave them: recorders, bots. */
static bool is_account_id(const char *identity)
{
    return strlen(identity) == 36 && identity[8] == '-' && identity[13] == '-' &&
           identity[18] == '-' && identity[23] == '-' &&
           strspn(identity, "0123456789abcdef-") == 36;
}

enum verdict { STAYS, GOES, STRANGER };

/* Whether they may stay: what an admission (admission.c) asks. The token is not seen here, but
 * whoever was given one for this room, and not for another of its name, stands in its book. */
static int judge(struct api_call *c, const struct room_row *r, const char *identity,
                 enum verdict *v)
{
    struct user u;
    struct member m;
    bool out = false;
    int error = users_find(c->db, &c->arena, identity, &u);

    if (error == -ENOENT) {
        *v = is_account_id(identity) ? GOES : STRANGER;
        return 0;
    }
    if (!error)
        error = members_find(c->db, &c->arena, r->id, identity, &m);
    if (!error)
        error = members_is_out(c->db, r->id, identity, &out);
    *v = !error && u.is_active && m.joined_ms && !m.is_banned && !out ? STAYS : GOES;
    return error;
}

static int on_joined(struct api_call *c, const struct room_row *r, const char *identity)
{
    enum verdict v = STRANGER;
    int error = judge(c, r, identity, &v);

    if (error || v == STRANGER)
        return error;
    /* What an old token allows is not what they may now. */
    if (v == STAYS)
        return api_live_settle(c, r, identity);
    log_limited(LOG_INFO, 10, "removed_again", LOG_STR("room", r->name),
                LOG_STR("identity", identity));
    return api_live_remove(c, r, identity);
}

/* ---- the webhook ---- */

static int handle(struct api_call *c, const char *event, const char *room, const char *identity)
{
    bool started = strcmp(event, "room_started") == 0,
         joined = strcmp(event, "participant_joined") == 0;
    struct room_row r;

    if (!started && !joined)
        return 0;
    int error = rooms_find_name(c->db, &c->arena, room, &r);
    if (error)
        return none_is_fine(error); /* the API key's holder has rooms of their own */
    if (!r.is_active || r.deleted_ms)
        return none_is_fine(media_end_room(c->media, r.name));
    return started ? media_update_room(c->media, &r) : on_joined(c, &r, identity);
}

static const char *member_text(struct api_call *c, const char *object, const char *name)
{
    return api_text(c, api_json_get(c->json, object), name, LIMIT_IDENTITY);
}

/* The token comes as it is; some put "Bearer" before it. */
static enum token_verdict verify(const struct api_call *c)
{
    const char *token = c->authorization ? c->authorization : "";

    if (strncasecmp(token, "Bearer ", 7) == 0)
        token += 7;
    return token_verify_body(c->config->keys, span_of_str(token), c->now_ms / 1000, c->body);
}

static void webhook(struct api_call *c)
{
    if (!c->config->livekit_url) {
        api_fail(c, 404, "no_media_server", "this server carries its meetings itself");
        return;
    }
    enum token_verdict v = verify(c);
    if (v != TOKEN_OK) {
        log_limited(LOG_WARN, 2, "webhook_refused", LOG_STR("reason", token_verdict_text(v)));
        api_fail(c, 401, "bad_signature",
                 "the webhook is not signed by this server's media server");
        return;
    }
    if (!api_read_body(c))
        return;
    const char *event = api_text(c, c->json, "event", 64), *room = member_text(c, "room", "name"),
               *identity = member_text(c, "participant", "identity");
    if (api_refused(c))
        return;
    int error = handle(c, event, room, identity);
    if (!error)
        error = webhook_tell_media(c->db, event, room, identity, c->now_ms);
    tasks_wake(c->config->tasks);
    if (error)
        api_fail_store(c, error); /* it is sent again */
    else
        api_reply(c, 200, json_pack("{s:b}", "ok", 1));
}

const struct api_route api_livekit_routes[] = {
    {"POST", "/livekit/webhook", API_ANYBODY, API_RATE_SIGNED, webhook, false},
    {.method = NULL},
};
