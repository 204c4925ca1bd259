/* SPDX-License-Identifier: Apache-2.0 */
/* Becoming somebody: register, login, guests, refresh, logout. */
#include <errno.h>
#include <jansson.h>

#include "base/limits.h"
#include "base/log.h"
#include "base/random.h"
#include "server/api_json.h"
#include "server/api_match.h"
#include "server/api_session.h"
#include "server/api_token.h"
#include "server/auth.h"
#include "store/invites.h"
#include "store/sessions.h"
#include "store/settings.h"

/* ---- registration ---- */

struct registration {
    struct api_call *call;
    struct user user;
    const char *invite;     /* "": none */
    const char *setup_code; /* "": none */
    const char *session;
    enum invite_use invited;
    bool first; /* became superadmin */
};

static bool password_fits(const char *password)
{
    size_t size = strlen(password);

    return size >= LIMIT_PASSWORD_LEAST && size <= LIMIT_PASSWORD_MOST;
}

/* Whoever registers on a server without accounts owns it, when nobody but them can be meant: on the
 * machine itself, under its own name for itself. From elsewhere it takes the code that was printed
 * at the start. */
static int decide_ownership(struct db *db, struct registration *r)
{
    const struct api_config *config = r->call->config;
    int64_t accounts = 0, owners = 0;
    int error = users_count(db, &accounts);

    if (!error)
        error = users_count_superadmins(db, &owners);
    bool knows = config->setup_code[0] && r->setup_code[0] &&
                 strlen(r->setup_code) == strlen(config->setup_code) &&
                 mem_equal_ct(r->setup_code, config->setup_code, strlen(config->setup_code));
    bool alone = accounts == 0 && config->local_setup && r->call->at_home;
    r->first = owners == 0 && (knows || alone);
    r->user.accesses = ACCESS_USER | (r->first ? ACCESS_SUPERADMIN : 0);
    return error;
}

/* -EACCES when the invitation is no good. */
static int take_in(struct db *db, void *arg)
{
    struct registration *r = arg;
    int error = decide_ownership(db, r);

    r->invited = INVITE_USED_NOW;
    if (!error && r->invite[0])
        error = invites_use(db, r->invite, r->user.email, r->user.id, r->call->now_ms, &r->invited);
    if (!error && r->invited != INVITE_USED_NOW)
        error = -EACCES;
    if (!error)
        error = users_add(db, &r->user);
    return error ? error : api_session_add(r->call, &r->user, &r->session);
}

static void answer_registration(struct registration *r)
{
    json_t *answer = json_object();

    if (r->first)
        log_event(LOG_INFO, "first_superadmin", LOG_STR("user", r->user.id));
    json_object_set_new(answer, "user", api_session_user(&r->user));
    api_session_tokens(r->call, answer, &r->user, r->session, 1);
    api_reply(r->call, 200, answer);
}

static void run_registration(struct registration *r)
{
    struct api_call *c = r->call;
    int error = db_transact(c->db, take_in, r);

    if (!error)
        answer_registration(r);
    else if (error == -EACCES && r->invited == INVITE_USED_BEFORE)
        api_fail(c, 409, "invite_used", "This invite was already used");
    else if (error == -EACCES)
        api_fail(c, 403, "invite_invalid", "Invalid or expired invite token");
    else if (error == -EEXIST) /* the same text for whatever is wrong with the address */
        api_fail(c, 400, "not_registered", "Unable to register with these details");
    else
        api_fail_store(c, error);
}

/* Whether this server takes registrations, in this form. */
static bool registration_open(struct api_call *c, const char *invite, const char *setup_code)
{
    struct settings s;
    int error = settings_read(c->db, &c->arena, &s);

    if (error)
        api_fail_store(c, error);
    else if (!s.registration_enabled && !setup_code[0])
        api_fail(c, 403, "registration_disabled", "Registration is disabled");
    else if (s.token_registration_only && !invite[0] && !setup_code[0])
        api_fail(c, 403, "invite_required", "An invite token is required to register");
    else
        return true;
    return false;
}

static void register_account(struct api_call *c)
{
    const char *email = api_text(c, c->json, "email", LIMIT_EMAIL),
               *password = api_text(c, c->json, "password", LIMIT_PASSWORD_MOST),
               *name = api_text(c, c->json, "name", 1024);
    struct registration r = {.call = c,
                             .invite = api_text(c, c->json, "inviteToken", 128),
                             .setup_code = api_text(c, c->json, "setupCode", 128)};
    char id[RANDOM_UUID_SIZE];

    if (api_refused(c) || !registration_open(c, r.invite, r.setup_code))
        return;
    random_uuid(id);
    r.user = (struct user){.id = id,
                           .email = api_session_email(c, email),
                           .provider = "local",
                           .name = api_session_name(c, name, 2, 255),
                           .avatar_url = "",
                           .is_active = true,
                           .created_ms = c->now_ms,
                           .updated_ms = c->now_ms};
    if (!r.user.email)
        api_fail(c, 400, "invalid_email", "A valid email is required");
    else if (!r.user.name)
        api_fail(c, 400, "invalid_name", "The name must have 2 to 255 characters");
    else if (!password_fits(password))
        api_fail(c, 400, "invalid_password", "The password must have 12 to 128 characters");
    else if (!(r.user.password = auth_hash(password, &c->arena)))
        api_fail(c, 503, "busy", "the server is busy, try again");
    else
        run_registration(&r);
}

/* ---- login ---- */

/* Hashes follow today's parameters, as soon as the password is known. Without it the old one does.
 */
static void renew_hash(struct api_call *c, const struct user *u, const char *password)
{
    const char *hash = auth_is_dated(u->password) ? auth_hash(password, &c->arena) : NULL;

    if (hash)
        (void)users_set_password_hash(c->db, u->id, hash);
}

static void login(struct api_call *c)
{
    const char *email = api_text(c, c->json, "email", LIMIT_EMAIL),
               *password = api_text(c, c->json, "password", 1024);
    struct user u = {.password = ""};

    if (api_refused(c))
        return;
    email = api_session_email(c, email);
    int error = email ? users_find_email(c->db, &c->arena, email, "local", &u) : -ENOENT;
    if (error && error != -ENOENT) {
        api_fail_store(c, error);
        return;
    }
    bool right = auth_verify(error ? "" : u.password,
                             strlen(password) > LIMIT_PASSWORD_MOST ? "" : password);
    if (!right)
        api_fail(c, 401, "invalid_credentials", "Invalid credentials");
    else if (!u.is_active)
        api_fail(c, 403, "deactivated", "Account is deactivated");
    else {
        renew_hash(c, &u, password);
        api_session_begin(c, &u);
    }
}

/* ---- guests ---- */

static void guest_login(struct api_call *c)
{
    const char *name = api_text(c, c->json, "name", 1024);
    char id[RANDOM_UUID_SIZE];
    struct settings s;

    if (api_refused(c))
        return;
    int error = settings_read(c->db, &c->arena, &s);
    name = api_session_name(c, name, 2, 50);
    if (error) {
        api_fail_store(c, error);
        return;
    }
    if (!s.guest_login_enabled) {
        api_fail(c, 403, "guests_disabled", "Guest login is disabled");
        return;
    }
    if (!name) {
        api_fail(c, 400, "invalid_name", "The name must have 2 to 50 characters");
        return;
    }
    random_uuid(id);
    struct user u = {.id = id,
                     .email = arena_printf(&c->arena, "guest_%s@bedrud.guest", id),
                     .provider = "guest",
                     .name = name,
                     .avatar_url = "",
                     .password = "",
                     .accesses = ACCESS_GUEST,
                     .is_active = true,
                     .created_ms = c->now_ms,
                     .updated_ms = c->now_ms};
    error = users_add(c->db, &u);
    if (error)
        api_fail_store(c, error);
    else
        api_session_begin(c, &u);
}

/* ---- refresh ---- */

static void answer_refresh(struct api_call *c, const struct user *u, const struct session_turn *t)
{
    json_t *answer = json_object();

    api_session_tokens(c, answer, u, t->id, t->generation + 1);
    json_object_set(answer, "access_token", json_object_get(answer, "accessToken"));
    json_object_set(answer, "refresh_token", json_object_get(answer, "refreshToken"));
    api_reply(c, 200, answer);
}

static void turn(struct api_call *c, const struct user *u, const struct api_refresh *token)
{
    struct session_turn t = {.id = token->session,
                             .generation = token->generation,
                             .now_ms = c->now_ms,
                             .expires_ms = c->now_ms + LIMIT_REFRESH_LIFE_MS};
    int error = sessions_rotate(c->db, &c->arena, &t);

    if (error) {
        api_fail_store(c, error);
        return;
    }
    switch (t.result) {
    case SESSION_ROTATED:
        answer_refresh(c, u, &t);
        break;
    case SESSION_RACED:
        api_fail(c, 409, "already_rotated", "Refresh token was already rotated");
        break;
    case SESSION_REUSED:
        log_limited(LOG_WARN, 10, "refresh_token_reused", LOG_STR("user", u->id));
        api_fail(c, 401, "invalid_token", "Invalid refresh token");
        break;
    case SESSION_GONE:
        api_fail(c, 401, "invalid_token", "Invalid refresh token");
        break;
    }
}

static void refresh(struct api_call *c)
{
    const char *text = api_text(c, c->json, "refresh_token", LIMIT_API_TOKEN);
    struct api_refresh token;
    struct user u;

    if (!text[0])
        text = api_text(c, c->json, "refreshToken", LIMIT_API_TOKEN);
    if (api_refused(c))
        return;
    if (!text[0])
        text = api_cookie(c, "refresh_token");
    if (!text || !text[0]) {
        api_fail(c, 400, "no_token", "A refresh token is required");
        return;
    }
    if (!api_token_read_refresh(c->config->secret, span_of_str(text), c->now_ms, &c->arena,
                                &token)) {
        api_fail(c, 401, "invalid_token", "Invalid refresh token");
        return;
    }
    int error = sessions_find_user(c->db, &c->arena, token.session, c->now_ms, &u);
    if (error == -ENOENT)
        api_fail(c, 401, "invalid_token", "Invalid refresh token");
    else if (error)
        api_fail_store(c, error);
    else if (!u.is_active)
        api_fail(c, 403, "deactivated", "Account is deactivated");
    else
        turn(c, &u, &token);
}

/* ---- logout ---- */

static void logout(struct api_call *c)
{
    int error = sessions_remove(c->db, c->session, c->user.id);

    if (error && error != -ENOENT) {
        api_fail_store(c, error);
        return;
    }
    api_session_clear_cookies(c);
    api_say(c, "Logged out");
}

const struct api_route api_auth_routes[] = {
    {"POST", "/auth/register", API_ANYBODY, API_RATE_LOGIN, register_account, true},
    {"POST", "/auth/login", API_ANYBODY, API_RATE_LOGIN, login, true},
    {"POST", "/auth/guest-login", API_ANYBODY, API_RATE_GUEST, guest_login, false},
    {"POST", "/auth/refresh", API_ANYBODY, API_RATE_REFRESH, refresh, false},
    {"POST", "/auth/logout", API_SOMEBODY, API_RATE_GENERAL, logout, false},
    {.method = NULL},
};
