/* SPDX-License-Identifier: Apache-2.0 */
/* Accounts in the hands of superadmins. Whoever is put out here is out at once: sessions are looked
 * up for each call, join tokens are void from the moment it is written, and those in a meeting go.
 */
#include <errno.h>
#include <jansson.h>

#include "base/limits.h"
#include "base/random.h"
#include "server/api_audit.h"
#include "server/api_json.h"
#include "server/api_live.h"
#include "server/api_match.h"
#include "server/api_room.h"
#include "server/api_session.h"
#include "server/api_token.h"
#include "server/auth.h"
#include "store/sessions.h"

#define ROOMS_SHOWN 100

/* ---- lists ---- */

static unsigned access_of(const char *name)
{
    static const struct {
        const char *name;
        unsigned bit;
    } names[] = {{"superadmin", ACCESS_SUPERADMIN},
                 {"admin", ACCESS_ADMIN},
                 {"moderator", ACCESS_MODERATOR},
                 {"user", ACCESS_USER},
                 {"guest", ACCESS_GUEST}};

    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
        if (strcmp(name, names[i].name) == 0)
            return names[i].bit;
    return 0;
}

/* What nobody knows is not looked for. */
static struct users_search read_search(struct api_call *c)
{
    const char *status = api_query(c, "status"), *sort = api_query(c, "sort");

    return (struct users_search){.text = api_query(c, "q"),
                                 .provider = api_query(c, "provider"),
                                 .access = access_of(api_query(c, "role")),
                                 .active = strcmp(status, "active") == 0     ? 1
                                           : strcmp(status, "inactive") == 0 ? 0
                                                                             : -1,
                                 .order = strcmp(sort, "name") == 0    ? USERS_BY_NAME
                                          : strcmp(sort, "email") == 0 ? USERS_BY_EMAIL
                                                                       : USERS_BY_CREATION,
                                 .descending = strcmp(api_query(c, "order"), "asc") != 0};
}

static void list(struct api_call *c)
{
    struct users_search search = read_search(c);
    struct api_page page = api_page(c);
    struct user *rows = arena_alloc(&c->arena, page.part.limit * sizeof *rows);
    unsigned count;
    int64_t total;

    search.page = page.part;
    int error = users_find_all(c->db, &c->arena, &search, rows, &count, &total);

    if (error) {
        api_fail_store(c, error);
        return;
    }
    json_t *all = json_array();
    for (unsigned i = 0; i < count; i++)
        json_array_append_new(all, api_session_user(&rows[i]));
    api_reply_page(c, "users", all, &page, total);
}

static void fail_user(struct api_call *c, int error)
{
    if (error == -ENOENT)
        api_fail(c, 404, "user_not_found", "User not found");
    else
        api_fail_store(c, error);
}

static void show(struct api_call *c)
{
    struct room_row rooms[ROOMS_SHOWN];
    unsigned count = 0;
    struct user u;
    int error = users_find(c->db, &c->arena, c->params[0], &u);

    if (!error)
        error = rooms_list(c->db, &c->arena, u.id, (struct db_page){0, ROOMS_SHOWN}, rooms, &count);
    if (error) {
        fail_user(c, error);
        return;
    }
    json_t *all = json_array();
    for (unsigned i = 0; i < count; i++)
        json_array_append_new(all, api_room_json(&rooms[i]));
    api_reply(c, 200, json_pack("{s:o,s:o}", "user", api_session_user(&u), "rooms", all));
}

/* ---- changes ---- */

struct edit {
    struct api_call *call;
    struct user user; /* as it was, or is made */
    bool active;
    unsigned accesses;
    const char *hash;
};

static int find(struct db *db, struct edit *e)
{
    struct api_call *c = e->call;

    return users_find(db, &c->arena, c->params[0], &e->user);
}

/* -EPERM: a server whose last superadmin is gone is nobody's. */
static int keep_a_superadmin(struct db *db, const struct user *u)
{
    int64_t others = 0;

    if (!u->is_active || !(u->accesses & ACCESS_SUPERADMIN))
        return 0;
    int error = users_count_other_superadmins(db, u->id, &others);
    return error ? error : others > 0 ? 0 : -EPERM;
}

/* No token of theirs is good from here on. */
static int void_tokens(struct db *db, const struct user *u)
{
    int error = sessions_remove_all(db, u->id, "");

    return error ? error : members_put_out_everywhere(db, u->id);
}

static void finish(struct api_call *c, int error, const char *text)
{
    if (error == -EPERM)
        api_fail(c, 409, "last_superadmin", "This is the last active superadmin");
    else if (error)
        fail_user(c, error); /* to be asked for again, which does no harm */
    else
        api_say(c, text);
}

/* ---- on and off ---- */

/* Their sessions stay while they are off, so that they are told why they are refused. */
static int change_status(struct db *db, void *arg)
{
    struct edit *e = arg;
    struct api_call *c = e->call;
    int error = find(db, e);

    if (!error && !e->active)
        error = keep_a_superadmin(db, &e->user);
    if (!error)
        error = users_set_active(db, e->user.id, e->active, c->now_ms);
    if (!error && !e->active)
        error = members_put_out_everywhere(db, e->user.id);
    return error ? error
                 : api_audit(c, e->active ? "user.activate" : "user.deactivate", e->user.id,
                             e->user.email);
}

static void set_status(struct api_call *c)
{
    struct edit e = {.call = c, .active = api_flag(c, c->json, "active", true)};

    if (!api_json_get(c->json, "active")) {
        api_fail(c, 400, "invalid_field", "active must be true or false");
        return;
    }
    if (api_refused(c))
        return;
    if (!e.active && strcmp(c->params[0], c->user.id) == 0) {
        api_fail(c, 400, "self", "You cannot do this to yourself");
        return;
    }
    int error = db_transact(c->db, change_status, &e);
    if (!error && !e.active)
        error = api_live_expel(c, e.user.id);
    finish(c, error, e.active ? "Account activated" : "Account deactivated");
}

/* ---- accesses ---- */

/* Whoever may more is a user as well. 0 with an answer when it does not fit. */
static unsigned read_accesses(struct api_call *c)
{
    const json_t *names = api_json_get(c->json, "accesses"), *name;
    unsigned accesses = ACCESS_USER;
    bool good = json_array_size(names) > 0;
    size_t i;

    json_array_foreach(names, i, name)
    {
        unsigned bit = json_is_string(name) ? access_of(json_string_value(name)) : 0;
        good = good && bit && bit != ACCESS_GUEST;
        accesses |= bit;
    }
    if (good)
        return accesses;
    api_fail(c, 400, "invalid_field",
             "accesses must be a list of user, moderator, admin, superadmin");
    return 0;
}

/* "superadmin user" */
static const char *say_accesses(struct api_call *c, unsigned accesses)
{
    json_t *names = api_token_accesses(accesses);
    const char *text = "";
    const json_t *name;
    size_t i;

    json_array_foreach(names, i, name)
    {
        text = arena_printf(&c->arena, "%s%s%s", text, i ? " " : "", json_string_value(name));
    }
    json_decref(names);
    return text;
}

static int change_accesses(struct db *db, void *arg)
{
    struct edit *e = arg;
    struct api_call *c = e->call;
    int error = find(db, e);

    if (!error && e->user.accesses & ACCESS_GUEST)
        error = -EACCES;
    if (!error && !(e->accesses & ACCESS_SUPERADMIN))
        error = keep_a_superadmin(db, &e->user);
    if (!error)
        error = users_set_accesses(db, e->user.id, e->accesses, c->now_ms);
    return error ? error : api_audit(c, "user.accesses", e->user.id, say_accesses(c, e->accesses));
}

static void set_accesses(struct api_call *c)
{
    struct edit e = {.call = c, .accesses = read_accesses(c)};

    if (!e.accesses)
        return;
    int error = db_transact(c->db, change_accesses, &e);
    if (error == -EACCES) {
        api_fail(c, 400, "guest", "Guests have no account");
        return;
    }
    if (!error)
        error = api_live_settle_everywhere(c, e.user.id);
    finish(c, error, "Accesses changed");
}

/* ---- password, logout ---- */

static bool hash_password(struct api_call *c, const char *password, const char **hash)
{
    size_t size = strlen(password);

    if (size < LIMIT_PASSWORD_LEAST || size > LIMIT_PASSWORD_MOST)
        api_fail(c, 400, "invalid_password", "The password must have 12 to 128 characters");
    else if (!(*hash = auth_hash(password, &c->arena)))
        api_fail(c, 503, "busy", "the server is busy, try again");
    else
        return true;
    return false;
}

static int change_password(struct db *db, void *arg)
{
    struct edit *e = arg;
    int error = find(db, e);

    if (!error && strcmp(e->user.provider, "local") != 0)
        error = -EACCES;
    if (!error)
        error = users_set_password(db, e->user.id, e->hash, e->call->now_ms);
    if (!error)
        error = void_tokens(db, &e->user);
    return error ? error : api_audit(e->call, "user.password", e->user.id, e->user.email);
}

static void set_password(struct api_call *c)
{
    const char *password = api_text(c, c->json, "password", LIMIT_PASSWORD_MOST);
    struct edit e = {.call = c};

    if (api_refused(c) || !hash_password(c, password, &e.hash))
        return;
    int error = db_transact(c->db, change_password, &e);
    if (error == -EACCES) {
        api_fail(c, 400, "no_password", "This account has no password");
        return;
    }
    finish(c, error ? error : api_live_expel(c, e.user.id), "Password changed");
}

static int log_out(struct db *db, void *arg)
{
    struct edit *e = arg;
    int error = find(db, e);

    if (!error)
        error = void_tokens(db, &e->user);
    return error ? error : api_audit(e->call, "user.logout", e->user.id, e->user.email);
}

static void force_logout(struct api_call *c)
{
    struct edit e = {.call = c};
    int error = db_transact(c->db, log_out, &e);

    finish(c, error ? error : api_live_expel(c, e.user.id), "Logged out everywhere");
}

/* ---- new accounts ---- */

static int add(struct db *db, void *arg)
{
    struct edit *e = arg;
    int error = users_add(db, &e->user);

    return error ? error : api_audit(e->call, "user.create", e->user.id, e->user.email);
}

static void create(struct api_call *c)
{
    const char *email = api_text(c, c->json, "email", LIMIT_EMAIL),
               *password = api_text(c, c->json, "password", LIMIT_PASSWORD_MOST),
               *name = api_text(c, c->json, "name", 1024);
    bool plain = !api_json_get(c->json, "accesses");
    char id[RANDOM_UUID_SIZE];
    struct edit e = {.call = c};

    if (api_refused(c) || !(e.accesses = plain ? ACCESS_USER : read_accesses(c)))
        return;
    random_uuid(id);
    e.user = (struct user){.id = id,
                           .email = api_session_email(c, email),
                           .provider = "local",
                           .name = api_session_name(c, name, 2, 255),
                           .avatar_url = "",
                           .accesses = e.accesses,
                           .is_active = true,
                           .created_ms = c->now_ms,
                           .updated_ms = c->now_ms};
    if (!e.user.email) {
        api_fail(c, 400, "invalid_email", "A valid email is required");
    } else if (!e.user.name) {
        api_fail(c, 400, "invalid_name", "The name must have 2 to 255 characters");
    } else if (hash_password(c, password, &e.user.password)) {
        int error = db_transact(c->db, add, &e);
        if (error == -EEXIST)
            api_fail(c, 409, "email_taken", "Email is already in use");
        else if (error)
            api_fail_store(c, error);
        else
            api_reply(c, 201, json_pack("{s:o}", "user", api_session_user(&e.user)));
    }
}

const struct api_route api_admin_users_routes[] = {
    {"GET", "/admin/users", API_SUPERADMIN, API_RATE_GENERAL, list, false},
    {"POST", "/admin/users", API_SUPERADMIN, API_RATE_GENERAL, create, true},
    {"GET", "/admin/users/:id", API_SUPERADMIN, API_RATE_GENERAL, show, false},
    {"PUT", "/admin/users/:id/status", API_SUPERADMIN, API_RATE_GENERAL, set_status, false},
    {"PUT", "/admin/users/:id/accesses", API_SUPERADMIN, API_RATE_GENERAL, set_accesses, false},
    {"PUT", "/admin/users/:id/password", API_SUPERADMIN, API_RATE_GENERAL, set_password, true},
    {"POST", "/admin/users/:id/force-logout", API_SUPERADMIN, API_RATE_GENERAL, force_logout,
     false},
    {.method = NULL},
};
