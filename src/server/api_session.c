/* SPDX-License-Identifier: Apache-2.0 */
/* Sessions in answers. Bodies carry "tokens", and the tokens beside it, since one client looks here
 * and the other there. */
#include "server/api_session.h"

#include <jansson.h>

#include "base/limits.h"
#include "base/random.h"
#include "server/api_json.h"
#include "server/api_token.h"
#include "store/sessions.h"

json_t *api_session_user(const struct user *u)
{
    json_t *user = json_object();

    api_json_text(user, "id", u->id);
    api_json_text(user, "email", u->email);
    api_json_text(user, "name", u->name);
    api_json_text(user, "provider", u->provider);
    api_json_text(user, "avatarUrl", u->avatar_url);
    json_object_set_new(user, "accesses", api_token_accesses(u->accesses));
    api_json_bool(user, "isActive", u->is_active);
    api_json_bool(user, "isAdmin", u->accesses & ACCESS_SUPERADMIN);
    api_json_time(user, "emailVerifiedAt", u->email_verified_ms);
    api_json_time(user, "passwordChangedAt", u->password_changed_ms);
    api_json_time(user, "createdAt", u->created_ms);
    api_json_time(user, "updatedAt", u->updated_ms);
    return user;
}

/* ---- what people type ---- */

const char *api_session_name(struct api_call *c, const char *text, size_t least, size_t most)
{
    char *out = arena_strdup(&c->arena, span_of_str(text)), *end = out;
    size_t size;

    for (const char *at = text; *at; at++)
        if (!strchr("<>&\"'", *at) && (end > out || *at != ' '))
            *end++ = *at;
    while (end > out && end[-1] == ' ')
        end--;
    *end = 0;
    size = (size_t)(end - out);
    return size >= least && size <= most ? out : NULL;
}

const char *api_session_email(struct api_call *c, const char *text)
{
    const char *name = api_session_name(c, text, 3, LIMIT_EMAIL),
               *at = name ? strchr(name, '@') : 0;

    if (!at || at == name || !at[1] || strchr(at + 1, '@') || strpbrk(name, " ,;()[]\\"))
        return NULL;
    for (char *p = (char *)(uintptr_t)name; *p; p++)
        if (*p >= 'A' && *p <= 'Z')
            *p = (char)(*p - 'A' + 'a');
    return name;
}

/* ---- tokens ---- */

int api_session_add(struct api_call *c, const struct user *u, const char **session)
{
    char id[RANDOM_UUID_SIZE];
    const char *client = c->client ? c->client : "";

    random_uuid(id);
    *session = arena_strdup(&c->arena, span_of_str(id));
    if (strlen(client) > LIMIT_CLIENT)
        client = "";
    struct session_row row = {.id = id,
                              .user_id = u->id,
                              .client = client,
                              .created_ms = c->now_ms,
                              .expires_ms = c->now_ms + LIMIT_REFRESH_LIFE_MS};
    return sessions_add(c->db, &row);
}

void api_session_cookie(struct api_call *c, const char *name, const char *value, int64_t life_ms)
{
    api_header(c, "Set-Cookie",
               arena_printf(&c->arena, "%s=%s; Path=/api; HttpOnly; SameSite=Lax; Max-Age=%lld%s",
                            name, value, (long long)(life_ms / 1000), c->secure ? "; Secure" : ""));
}

void api_session_clear_cookies(struct api_call *c)
{
    api_session_cookie(c, "access_token", "", 0);
    api_session_cookie(c, "refresh_token", "", 0);
}

void api_session_tokens(struct api_call *c, json_t *object, const struct user *u,
                        const char *session, int64_t generation)
{
    const uint8_t *secret = c->config->secret;
    const char *access = api_token_access(secret, u, session, c->now_ms, &c->arena),
               *refresh = api_token_refresh(secret, session, generation, c->now_ms, &c->arena);
    json_t *tokens = json_object();

    api_json_text(tokens, "accessToken", access);
    api_json_text(tokens, "refreshToken", refresh);
    json_object_set_new(object, "tokens", tokens);
    api_json_text(object, "accessToken", access);
    api_json_text(object, "refreshToken", refresh);
    api_session_cookie(c, "access_token", access, LIMIT_ACCESS_LIFE_MS);
    api_session_cookie(c, "refresh_token", refresh, LIMIT_REFRESH_LIFE_MS);
}

void api_session_begin(struct api_call *c, const struct user *u)
{
    const char *session;
    int error = api_session_add(c, u, &session);

    if (error) {
        api_fail_store(c, error);
        return;
    }
    json_t *answer = json_object();
    json_object_set_new(answer, "user", api_session_user(u));
    api_session_tokens(c, answer, u, session, 1);
    api_reply(c, 200, answer);
}
