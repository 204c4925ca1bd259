/* SPDX-License-Identifier: Apache-2.0 */
/* One's own account: profile, password, preferences, and the devices that are logged in. */
#include <errno.h>
#include <jansson.h>

#include "base/limits.h"
#include "server/api_json.h"
#include "server/api_live.h"
#include "server/api_match.h"
#include "server/api_session.h"
#include "server/auth.h"
#include "store/members.h"
#include "store/sessions.h"

static void me(struct api_call *c)
{
    api_reply(c, 200, api_session_user(&c->user));
}

/* ---- profile ---- */

static void answer_profile(struct api_call *c, int error)
{
    if (error == -EEXIST)
        api_fail(c, 409, "email_taken", "Email is already in use");
    else if (error)
        api_fail_store(c, error);
    else
        api_reply(c, 200, api_session_user(&c->user));
}

static void set_profile(struct api_call *c)
{
    const char *name = api_text(c, c->json, "name", 1024),
               *email = api_text(c, c->json, "email", LIMIT_EMAIL);

    if (api_refused(c))
        return;
    name = name[0] ? api_session_name(c, name, 2, 255) : c->user.name;
    email = email[0] ? api_session_email(c, email) : c->user.email;
    if (!name) {
        api_fail(c, 400, "invalid_name", "The name must have 2 to 255 characters");
    } else if (!email) {
        api_fail(c, 400, "invalid_email", "A valid email is required");
    } else if (strcmp(email, c->user.email) != 0 && strcmp(c->user.provider, "local") != 0) {
        api_fail(c, 400, "email_fixed", "The email of this account cannot be changed");
    } else {
        c->user.name = name;
        c->user.email = email;
        c->user.updated_ms = c->now_ms;
        answer_profile(c, users_set_profile(c->db, c->user.id, name, email, c->now_ms));
    }
}

/* ---- password ---- */

struct password_change {
    struct api_call *call;
    const char *hash;
};

/* All other devices are logged out. Meetings do not tell devices apart, so this one has to come in
 * again as well. */
static int log_others_out(struct db *db, void *arg)
{
    const struct api_call *c = arg;
    int error = sessions_remove_all(db, c->user.id, c->session);

    return error ? error : members_put_out_everywhere(db, c->user.id);
}

/* Whoever knew the old one is logged out. */
static int change_password(struct db *db, void *arg)
{
    const struct password_change *p = arg;
    struct api_call *c = p->call;
    int error = users_set_password(db, c->user.id, p->hash, c->now_ms);

    return error ? error : log_others_out(db, c);
}

static void set_password(struct api_call *c)
{
    const char *before = api_text(c, c->json, "currentPassword", LIMIT_PASSWORD_MOST),
               *after = api_text(c, c->json, "newPassword", LIMIT_PASSWORD_MOST);
    struct password_change p = {.call = c};

    if (api_refused(c))
        return;
    if (strcmp(c->user.provider, "local") != 0)
        api_fail(c, 400, "no_password", "This account has no password");
    else if (strlen(after) < LIMIT_PASSWORD_LEAST)
        api_fail(c, 400, "invalid_password", "The password must have 12 to 128 characters");
    else if (!auth_verify(c->user.password, before))
        api_fail(c, 401, "invalid_credentials", "The current password is wrong");
    else if (!(p.hash = auth_hash(after, &c->arena)))
        api_fail(c, 503, "busy", "the server is busy, try again");
    else {
        int error = db_transact(c->db, change_password, &p);
        if (!error)
            error = api_live_expel(c, c->user.id);
        if (error)
            api_fail_store(c, error);
        else
            api_say(c, "Password changed");
    }
}

/* ---- preferences ---- */

static void answer_preferences(struct api_call *c, const char *text)
{
    api_reply(c, 200, json_pack("{s:s}", "preferencesJson", text));
}

static void preferences(struct api_call *c)
{
    const char *text;
    int error = users_preferences(c->db, &c->arena, c->user.id, &text);

    if (error)
        api_fail_store(c, error);
    else
        answer_preferences(c, text);
}

static void set_preferences(struct api_call *c)
{
    const json_t *value = api_json_get(c->json, "preferencesJson");
    const char *text = json_string_value(value), *fault = "preferencesJson must be a text";

    if (text && json_string_length(value) > LIMIT_PREFERENCES) {
        api_fail(c, 413, "too_large", "preferencesJson is too large");
        return;
    }
    json_t *parsed = text ? api_json_parse(span_of_str(text), &fault) : NULL;
    if (!parsed) {
        api_fail(c, 400, "invalid_field", fault);
        return;
    }
    json_decref(parsed);
    int error = users_set_preferences(c->db, c->user.id, text);
    if (error)
        api_fail_store(c, error);
    else
        answer_preferences(c, text);
}

/* ---- sessions ---- */

static json_t *session_json(const struct api_call *c, const struct session_row *s)
{
    json_t *one = json_object();

    api_json_text(one, "id", s->id);
    api_json_text(one, "client", s->client);
    api_json_bool(one, "current", strcmp(s->id, c->session) == 0);
    api_json_time(one, "createdAt", s->created_ms);
    api_json_time(one, "lastUsedAt", s->rotated_ms);
    api_json_time(one, "expiresAt", s->expires_ms);
    return one;
}

static void sessions(struct api_call *c)
{
    struct session_row *list;
    unsigned count;
    int error = sessions_list(c->db, &c->arena, c->user.id, c->now_ms, &list, &count);

    if (error) {
        api_fail_store(c, error);
        return;
    }
    json_t *all = json_array();
    for (unsigned i = 0; i < count; i++)
        json_array_append_new(all, session_json(c, &list[i]));
    api_reply(c, 200, json_pack("{s:o}", "sessions", all));
}

static void end_session(struct api_call *c)
{
    int error = sessions_remove(c->db, c->params[0], c->user.id);

    if (error == -ENOENT)
        api_fail(c, 404, "not_found", "No such session");
    else if (error)
        api_fail_store(c, error);
    else
        api_say(c, "Session ended");
}

static void end_other_sessions(struct api_call *c)
{
    int error = db_transact(c->db, log_others_out, c);

    if (!error)
        error = api_live_expel(c, c->user.id);
    if (error)
        api_fail_store(c, error);
    else
        api_say(c, "All other sessions ended");
}

const struct api_route api_account_routes[] = {
    {"GET", "/auth/me", API_SOMEBODY, API_RATE_GENERAL, me, false},
    {"PUT", "/auth/me", API_SOMEBODY, API_RATE_GENERAL, set_profile, false},
    {"PUT", "/auth/password", API_ACCOUNT, API_RATE_LOGIN, set_password, true},
    {"GET", "/auth/preferences", API_SOMEBODY, API_RATE_GENERAL, preferences, false},
    {"PUT", "/auth/preferences", API_SOMEBODY, API_RATE_GENERAL, set_preferences, false},
    {"GET", "/auth/sessions", API_SOMEBODY, API_RATE_GENERAL, sessions, false},
    {"DELETE", "/auth/sessions", API_SOMEBODY, API_RATE_GENERAL, end_other_sessions, false},
    {"DELETE", "/auth/sessions/:id", API_SOMEBODY, API_RATE_GENERAL, end_session, false},
    {.method = NULL},
};
