/* SPDX-License-Identifier: Apache-2.0 */
/* A call on its API thread. Who asks is looked up in the store for each call, so whoever is logged
 * out, switched off or demoted is so from the next call on. */
#include "server/api.h"

#include <assert.h>
#include <errno.h>
#include <jansson.h>
#include <stdlib.h>
#include <strings.h>

#include "base/encode.h"
#include "base/log.h"
#include "server/api_json.h"
#include "server/api_token.h"
#include "server/query.h"
#include "store/sessions.h"

#define PAGE_MOST 1000000 /* its offset is still a number */

struct api_call *api_call_new(void)
{
    struct api_call *c = xcalloc(1, sizeof *c);

    arena_init(&c->arena);
    str_init(&c->reply);
    return c;
}

void api_call_free(struct api_call *c)
{
    if (!c)
        return;
    /* Passwords and tokens came in the body and went out in the reply. */
    if (c->body.size)
        mem_wipe((void *)(uintptr_t)c->body.data, c->body.size);
    if (c->reply.size)
        mem_wipe(c->reply.text, c->reply.size);
    json_decref(c->json);
    str_fini(&c->reply);
    arena_fini(&c->arena);
    free(c);
}

/* ---- answers ---- */

void api_reply(struct api_call *c, unsigned status, struct json_t *value)
{
    char *text = json_dumps(value, JSON_COMPACT | JSON_ENCODE_ANY);

    assert(text); /* whatever is in it was UTF-8 when it came in */
    c->status = status;
    str_clear(&c->reply);
    str_append(&c->reply, text);
    mem_wipe(text, strlen(text));
    free(text);
    json_decref(value);
}

bool api_fail(struct api_call *c, unsigned status, const char *code, const char *text)
{
    api_reply(c, status, json_pack("{s:s,s:s}", "error", text, "code", code));
    return false;
}

bool api_fail_store(struct api_call *c, int error)
{
    if (error == -EBUSY || error == -ENOTCONN || error == -ENOSPC) {
        api_header(c, "Retry-After", "2");
        return api_fail(c, 503, error == -ENOSPC ? "storage_full" : "database_unavailable",
                        error == -ENOSPC ? "the server's storage is full"
                                         : "the database does not answer, try again");
    }
    log_limited(LOG_ERROR, 10, "api_failed", LOG_STR("route", c->route->path),
                LOG_NUM("error", -error));
    return api_fail(c, 500, "internal", "the server could not do this");
}

void api_say(struct api_call *c, const char *text)
{
    api_reply(c, 200, json_pack("{s:s}", "message", text));
}

void api_reply_page(struct api_call *c, const char *name, struct json_t *list,
                    const struct api_page *page, int64_t total)
{
    json_t *answer = json_pack("{s:o}", name, list);

    api_json_int(answer, "total", total);
    api_json_int(answer, "page", page->number);
    api_json_int(answer, "limit", page->part.limit);
    api_reply(c, 200, answer);
}

void api_header(struct api_call *c, const char *name, const char *value)
{
    assert(c->header_count < sizeof c->headers / sizeof c->headers[0]);
    c->headers[c->header_count++] = (struct web_header){name, value};
}

/* ---- fields ---- */

static void wrong(struct api_call *c, const char *name, const char *reason)
{
    if (c->wrong_field)
        return;
    c->wrong_field = name;
    c->wrong_reason = reason;
}

static bool has_control(const char *text)
{
    for (; *text; text++)
        if ((unsigned char)*text < 0x20 || *text == 0x7f)
            return true;
    return false;
}

const char *api_text(struct api_call *c, const struct json_t *object, const char *name, size_t most)
{
    const json_t *v = api_json_get(object, name);

    if (!v)
        return "";
    if (!json_is_string(v))
        wrong(c, name, "must be a text");
    else if (json_string_length(v) > most)
        wrong(c, name, "is too long");
    else if (has_control(json_string_value(v)))
        wrong(c, name, "must have no control characters");
    else
        return json_string_value(v);
    return "";
}

bool api_flag(struct api_call *c, const struct json_t *object, const char *name, bool absent)
{
    const json_t *v = api_json_get(object, name);

    if (v && !json_is_boolean(v))
        wrong(c, name, "must be true or false");
    return v && json_is_boolean(v) ? json_is_true(v) : absent;
}

int64_t api_number(struct api_call *c, const struct json_t *object, const char *name,
                   int64_t absent)
{
    const json_t *v = api_json_get(object, name);

    if (v && !json_is_integer(v))
        wrong(c, name, "must be a whole number");
    return v && json_is_integer(v) ? json_integer_value(v) : absent;
}

bool api_refused(struct api_call *c)
{
    if (!c->wrong_field)
        return false;
    api_fail(c, 400, "invalid_field",
             arena_printf(&c->arena, "%s %s", c->wrong_field, c->wrong_reason));
    return true;
}

const char *api_query(struct api_call *c, const char *name)
{
    const char *text = query_text(c->query, name, LIMIT_API_PARAM, &c->arena);

    return text && utf8_valid(span_of_str(text)) ? text : "";
}

struct api_page api_page(const struct api_call *c)
{
    int page = query_number(c->query, "page"), limit = query_number(c->query, "limit");
    unsigned most = limit > 0 && limit <= 100 ? (unsigned)limit : 20;

    page = page < 1 ? 1 : page > PAGE_MOST ? PAGE_MOST : page;
    return (struct api_page){page, {(unsigned)(page - 1) * most, most}};
}

const char *api_cookie(struct api_call *c, const char *name)
{
    size_t size = strlen(name);

    for (const char *at = c->cookie; at && *at;) {
        const char *end = at + strcspn(at, ";");
        if (strncmp(at, name, size) == 0 && at[size] == '=')
            return arena_strdup(&c->arena, span_of(at + size + 1, (size_t)(end - at) - size - 1));
        at = *end ? end + 1 : end;
        at += strspn(at, " ");
    }
    return NULL;
}

/* ---- who asks ---- */

/* From the header, with or without "Bearer". A cookie does for what only reads: a browser sends it
 * on behalf of pages that are not ours. */
static const char *find_token(struct api_call *c)
{
    const char *text = c->authorization;

    if (text)
        return strncasecmp(text, "Bearer ", 7) == 0 ? text + 7 : text;
    return strcmp(c->route->method, "GET") == 0 ? api_cookie(c, "access_token") : NULL;
}

/* A subcommand of whoever can read the data directory. */
static bool is_operator(const struct api_call *c, const char *text)
{
    const char *own = c->config->operator_token;

    return c->local && own[0] && strlen(text) == strlen(own) &&
           mem_equal_ct(text, own, strlen(own));
}

static void become_operator(struct api_call *c)
{
    c->session = "";
    c->user = (struct user){.id = API_OPERATOR,
                            .email = "",
                            .provider = API_OPERATOR,
                            .name = "Operator",
                            .avatar_url = "",
                            .password = "",
                            .accesses = ACCESS_USER | ACCESS_SUPERADMIN,
                            .is_active = true};
}

/* False with an answer when it is nobody. */
static bool identify(struct api_call *c)
{
    const char *text = find_token(c);
    struct api_access access;

    if (!text || !*text) {
        api_fail(c, 401, "unauthorized", "Missing authorization");
        return false;
    }
    if (is_operator(c, text)) {
        become_operator(c);
        return true;
    }
    if (!api_token_read(c->config->secret, span_of_str(text), c->now_ms, &c->arena, &access)) {
        api_fail(c, 401, "invalid_token", "Invalid token");
        return false;
    }
    int error = sessions_find_user(c->db, &c->arena, access.session, c->now_ms, &c->user);
    if (error && error != -ENOENT) {
        api_fail_store(c, error);
        return false;
    }
    if (error || strcmp(c->user.id, access.user) != 0) {
        api_fail(c, 401, "invalid_token", "Invalid token");
        return false;
    }
    c->session = access.session;
    return true;
}

/* One's own account, or one's place in a room: the operator has neither. */
static bool is_about_oneself(const struct api_route *r)
{
    return strncmp(r->path, "/auth/", 6) == 0 || strcmp(r->path, "/room/join") == 0 ||
           strcmp(r->path, "/room/refresh-token") == 0;
}

static bool allowed(struct api_call *c)
{
    if (!c->user.is_active)
        api_fail(c, 403, "deactivated", "Account is deactivated");
    else if (is_about_oneself(c->route) && strcmp(c->user.provider, API_OPERATOR) == 0)
        api_fail(c, 403, "no_account", "The operator has no account");
    else if (c->route->need == API_ACCOUNT && c->user.accesses & ACCESS_GUEST)
        api_fail(c, 403, "guest", "Guests cannot create or manage rooms");
    else if (c->route->need == API_SUPERADMIN && !(c->user.accesses & ACCESS_SUPERADMIN))
        api_fail(c, 403, "forbidden", "Insufficient permissions");
    else
        return true;
    return false;
}

static bool admit(struct api_call *c)
{
    const char *token = find_token(c);

    if (c->route->need == API_ANYBODY || (c->route->need == API_MAYBE && !(token && *token)))
        return true;
    return identify(c) && allowed(c);
}

bool api_read_body(struct api_call *c)
{
    const char *fault = "";
    bool json = c->body.size && c->route->rate != API_RATE_UPLOAD;

    c->json = json ? api_json_parse(c->body, &fault) : json_object();
    if (!c->json)
        api_fail(c, 400, "invalid_json", fault);
    return c->json != NULL;
}

void api_run(struct api_call *c, struct db *db)
{
    c->db = db;
    c->media = c->config->media[c->job.thread];
    if (!admit(c))
        return;
    if (c->route->rate == API_RATE_SIGNED || api_read_body(c))
        c->route->handle(c);
    assert(c->status);
}
