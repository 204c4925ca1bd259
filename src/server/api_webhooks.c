/* SPDX-License-Identifier: Apache-2.0 */
/* Who is told what happens in rooms, in the hands of superadmins. A secret is shown once, when it
 * is made. */
#include <errno.h>
#include <jansson.h>

#include "base/limits.h"
#include "base/random.h"
#include "server/api_audit.h"
#include "server/api_json.h"
#include "server/api_match.h"
#include "server/tasks.h"
#include "store/webhooks.h"

static json_t *events_json(const char *events)
{
    json_t *out = json_array();

    while (*events) {
        size_t size = strcspn(events, ",");
        json_array_append_new(out, json_stringn(events, size));
        events += size + (events[size] == ',');
    }
    return out;
}

static json_t *webhook_json(const struct webhook_row *w)
{
    json_t *out = json_object();

    api_json_text(out, "id", w->id);
    api_json_text(out, "url", w->url);
    json_object_set_new(out, "events", events_json(w->events));
    api_json_bool(out, "isActive", w->is_active);
    api_json_text(out, "createdBy", w->created_by);
    api_json_time(out, "createdAt", w->created_ms);
    api_json_time(out, "updatedAt", w->updated_ms);
    return out;
}

static json_t *with_secret(struct api_call *c, const struct webhook_row *w)
{
    char secret[WEBHOOK_SECRET_SIZE];
    json_t *out = webhook_json(w);

    webhook_secret(c->config->secret, w->id, w->generation, secret);
    api_json_text(out, "secret", secret);
    mem_wipe(secret, sizeof secret);
    return out;
}

static void fail(struct api_call *c, int error)
{
    if (error == -ENOENT)
        api_fail(c, 404, "webhook_not_found", "Webhook not found");
    else if (error == -EDQUOT)
        api_fail(c, 409, "too_many_webhooks", "There are as many webhooks as this server takes");
    else
        api_fail_store(c, error);
}

/* ---- fields ---- */

/* A list of names of events, as it is kept; false with an answer when it is something else. */
static bool read_events(struct api_call *c, const char **out)
{
    const json_t *list = api_json_get(c->json, "events"), *v;
    struct str text;
    bool good = true;
    size_t i;

    if (!list)
        return true;
    str_init(&text);
    str_append(&text, "");
    good = json_is_array(list) && json_array_size(list) <= LIMIT_WEBHOOKS;
    for (i = 0; good && i < json_array_size(list); i++) {
        v = json_array_get(list, i);
        good = json_is_string(v) && webhook_has_event(json_string_value(v), json_string_length(v));
        if (good)
            str_printf(&text, "%s%s", i ? "," : "", json_string_value(v));
    }
    *out = arena_strdup(&c->arena, str_span(&text));
    str_fini(&text);
    return good || api_fail(c, 400, "invalid_events",
                            "events must be a list of room.created, room.started, room.ended, "
                            "participant.joined, participant.left");
}

/* What is left out stays as it was. */
static bool read_fields(struct api_call *c, struct webhook_row *w)
{
    const char *url = api_text(c, c->json, "url", LIMIT_WEBHOOK_URL);

    w->is_active = api_flag(c, c->json, "isActive", w->is_active);
    if (api_refused(c) || !read_events(c, &w->events))
        return false;
    if (url[0])
        w->url = url;
    return webhook_url_fits(w->url, strlen(w->url)) ||
           api_fail(c, 400, "invalid_url",
                    "url must be an address such as https://example.org/hook");
}

/* ---- routes ---- */

static void list(struct api_call *c)
{
    struct webhook_row rows[LIMIT_WEBHOOKS];
    unsigned count;
    int error = webhooks_list(c->db, &c->arena, LIMIT_WEBHOOKS, rows, &count);

    if (error) {
        fail(c, error);
        return;
    }
    json_t *all = json_array();
    for (unsigned i = 0; i < count; i++)
        json_array_append_new(all, webhook_json(&rows[i]));
    api_reply(c, 200, json_pack("{s:o}", "webhooks", all));
}

static void show(struct api_call *c)
{
    struct webhook_row w;
    int error = webhooks_find(c->db, &c->arena, c->params[0], &w);

    if (error)
        fail(c, error);
    else
        api_reply(c, 200, webhook_json(&w));
}

/* ---- changes, each noted with it in one transaction ---- */

struct edit {
    struct api_call *call;
    struct webhook_row *row;
    const char *action;
    int (*change)(struct db *db, struct edit *e);
};

static int apply(struct db *db, void *arg)
{
    struct edit *e = arg;
    int error = e->change(db, e);

    return error ? error : api_audit(e->call, e->action, e->row->id, "");
}

/* False with an answer when it could not be done. */
static bool edit(struct api_call *c, struct webhook_row *row, const char *action,
                 int (*change)(struct db *db, struct edit *e))
{
    struct edit e = {c, row, action, change};
    int error = db_transact(c->db, apply, &e);

    if (error)
        fail(c, error);
    return !error;
}

static int add(struct db *db, struct edit *e)
{
    return webhooks_add(db, e->row, LIMIT_WEBHOOKS);
}

static void create(struct api_call *c)
{
    char id[RANDOM_UUID_SIZE];
    struct webhook_row w = {.id = id,
                            .url = "",
                            .events = "",
                            .created_by = c->user.id,
                            .generation = 1,
                            .is_active = true,
                            .created_ms = c->now_ms,
                            .updated_ms = c->now_ms};

    random_uuid(id);
    if (read_fields(c, &w) && edit(c, &w, "webhook.create", add))
        api_reply(c, 201, with_secret(c, &w));
}

/* The row that the path names; false with an answer when there is none. */
static bool find(struct api_call *c, struct webhook_row *out)
{
    int error = webhooks_find(c->db, &c->arena, c->params[0], out);

    if (error)
        fail(c, error);
    return !error;
}

static int set(struct db *db, struct edit *e)
{
    return webhooks_set(db, e->row, e->call->now_ms);
}

static void change(struct api_call *c)
{
    struct webhook_row w;

    if (!find(c, &w) || !read_fields(c, &w) || !edit(c, &w, "webhook.change", set))
        return;
    w.updated_ms = c->now_ms;
    api_reply(c, 200, webhook_json(&w));
}

static int rotate(struct db *db, struct edit *e)
{
    int error = webhooks_rotate(db, e->row->id, e->call->now_ms);

    /* Of two who do this at once, each is shown what holds after it. */
    return error ? error : webhooks_find(db, &e->call->arena, e->row->id, e->row);
}

static void rotate_secret(struct api_call *c)
{
    struct webhook_row w = {.id = c->params[0]};

    if (edit(c, &w, "webhook.rotate_secret", rotate))
        api_reply(c, 200, with_secret(c, &w));
}

static int take_away(struct db *db, struct edit *e)
{
    return webhooks_remove(db, e->row->id);
}

static void remove_one(struct api_call *c)
{
    struct webhook_row w = {.id = c->params[0]};

    if (edit(c, &w, "webhook.remove", take_away))
        api_say(c, "Webhook removed");
}

static void test(struct api_call *c)
{
    struct webhook_row w;

    if (!find(c, &w))
        return;
    int error = webhook_ping(c->db, w.id, c->now_ms);
    if (error) {
        fail(c, error);
        return;
    }
    if (c->config->tasks)
        tasks_wake(c->config->tasks);
    api_reply(c, 202, json_pack("{s:s}", "message", "A ping is on its way"));
}

const struct api_route api_webhooks_routes[] = {
    {"GET", "/admin/webhooks", API_SUPERADMIN, API_RATE_GENERAL, list, false},
    {"POST", "/admin/webhooks", API_SUPERADMIN, API_RATE_GENERAL, create, false},
    {"GET", "/admin/webhooks/:id", API_SUPERADMIN, API_RATE_GENERAL, show, false},
    {"PUT", "/admin/webhooks/:id", API_SUPERADMIN, API_RATE_GENERAL, change, false},
    {"DELETE", "/admin/webhooks/:id", API_SUPERADMIN, API_RATE_GENERAL, remove_one, false},
    {"POST", "/admin/webhooks/:id/rotate-secret", API_SUPERADMIN, API_RATE_GENERAL, rotate_secret,
     false},
    {"POST", "/admin/webhooks/:id/test", API_SUPERADMIN, API_RATE_GENERAL, test, false},
    {.method = NULL},
};
