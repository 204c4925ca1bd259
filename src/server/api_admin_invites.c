/* SPDX-License-Identifier: Apache-2.0 */
/* Invitations to register, as superadmins hand them out. */
#include <errno.h>
#include <jansson.h>

#include "base/limits.h"
#include "base/random.h"
#include "server/api_audit.h"
#include "server/api_json.h"
#include "server/api_match.h"
#include "server/api_session.h"
#include "store/invites.h"

#define TOKEN_SIZE 32 /* 190 bits: not to be guessed */
#define HOUR_MS (60 * 60 * 1000LL)
#define HOURS_STANDARD 72
#define HOURS_MOST 720

static json_t *invite_json(const struct invite *i)
{
    json_t *one = json_object();

    api_json_text(one, "id", i->id);
    api_json_text(one, "token", i->token);
    api_json_text(one, "email", i->email);
    api_json_text(one, "createdBy", i->created_by);
    api_json_text(one, "usedBy", i->used_by);
    api_json_bool(one, "used", i->used_ms != 0);
    api_json_time(one, "createdAt", i->created_ms);
    api_json_time(one, "expiresAt", i->expires_ms);
    api_json_time(one, "usedAt", i->used_ms);
    return one;
}

static void list(struct api_call *c)
{
    struct api_page page = api_page(c);
    struct invite *rows = arena_alloc(&c->arena, page.part.limit * sizeof *rows);
    unsigned count;
    int64_t total;
    int error = invites_list(c->db, &c->arena, page.part, rows, &count, &total);

    if (error) {
        api_fail_store(c, error);
        return;
    }
    json_t *all = json_array();
    for (unsigned i = 0; i < count; i++)
        json_array_append_new(all, invite_json(&rows[i]));
    api_reply_page(c, "tokens", all, &page, total);
}

struct addition {
    struct api_call *call;
    struct invite invite;
};

static int add(struct db *db, void *arg)
{
    const struct addition *a = arg;
    int error = invites_add(db, &a->invite);

    return error ? error : api_audit(a->call, "invite.create", a->invite.id, a->invite.email);
}

static void create(struct api_call *c)
{
    const char *email = api_text(c, c->json, "email", LIMIT_EMAIL);
    int64_t hours = api_number(c, c->json, "expiresInHours", HOURS_STANDARD);
    char id[RANDOM_UUID_SIZE], token[TOKEN_SIZE + 1];

    if (api_refused(c))
        return;
    email = email[0] ? api_session_email(c, email) : "";
    if (!email) {
        api_fail(c, 400, "invalid_email", "A valid email is required");
        return;
    }
    if (hours < 1 || hours > HOURS_MOST) {
        api_fail(c, 400, "invalid_field", "expiresInHours must be 1 to 720");
        return;
    }
    random_uuid(id);
    random_text(token, TOKEN_SIZE);
    struct addition a = {.call = c,
                         .invite = {.id = id,
                                    .token = token,
                                    .email = email,
                                    .created_by = c->user.id,
                                    .used_by = "",
                                    .created_ms = c->now_ms,
                                    .expires_ms = c->now_ms + hours * HOUR_MS}};
    int error = db_transact(c->db, add, &a);
    if (error)
        api_fail_store(c, error);
    else
        api_reply(c, 201, invite_json(&a.invite));
}

static int remove_invite(struct db *db, void *arg)
{
    struct api_call *c = arg;
    int error = invites_remove(db, c->params[0]);

    return error ? error : api_audit(c, "invite.revoke", c->params[0], "");
}

static void revoke(struct api_call *c)
{
    int error = db_transact(c->db, remove_invite, c);

    if (error == -ENOENT)
        api_fail(c, 404, "invite_not_found", "Invite token not found");
    else if (error)
        api_fail_store(c, error);
    else
        api_say(c, "Invite token revoked");
}

const struct api_route api_admin_invites_routes[] = {
    {"GET", "/admin/invite-tokens", API_SUPERADMIN, API_RATE_GENERAL, list, false},
    {"POST", "/admin/invite-tokens", API_SUPERADMIN, API_RATE_GENERAL, create, false},
    {"DELETE", "/admin/invite-tokens/:id", API_SUPERADMIN, API_RATE_GENERAL, revoke, false},
    {.method = NULL},
};
