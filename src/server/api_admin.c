/* SPDX-License-Identifier: Apache-2.0 */
/* The server as a whole in the hands of superadmins: its settings, and how much is going on. */
#include <errno.h>
#include <jansson.h>
#include <stdio.h>

#include "base/limits.h"
#include "server/api_audit.h"
#include "server/api_json.h"
#include "server/api_match.h"
#include "store/rooms.h"
#include "store/settings.h"

/* ---- settings ---- */

static void answer_settings(struct api_call *c)
{
    struct settings s;
    int error = settings_read(c->db, &c->arena, &s);

    if (error) {
        api_fail_store(c, error);
        return;
    }
    json_t *answer = json_object();
    for (unsigned i = 0; i < settings_table_size; i++) {
        const struct setting *one = &settings_table[i];
        const char *at = (const char *)&s + one->offset;
        switch (one->type) {
        case SETTING_TEXT:
            api_json_text(answer, one->name, *(const char *const *)(const void *)at);
            break;
        case SETTING_BOOL:
            api_json_bool(answer, one->name, *(const bool *)(const void *)at);
            break;
        case SETTING_INT:
            api_json_int(answer, one->name, *(const int64_t *)(const void *)at);
            break;
        }
    }
    api_reply(c, 200, answer);
}

/* The value as it is stored; NULL when it is of another type. */
static const char *stored_form(struct api_call *c, const struct setting *s, const json_t *value)
{
    if (s->type == SETTING_BOOL && json_is_boolean(value))
        return json_is_true(value) ? "true" : "false";
    if (s->type == SETTING_INT && json_is_integer(value))
        return arena_printf(&c->arena, "%lld", (long long)json_integer_value(value));
    return s->type == SETTING_TEXT ? json_string_value(value) : NULL;
}

/* Refuses before anything is written: either all that is asked for holds, or nothing. */
static bool read_settings(struct api_call *c, const char *values[])
{
    for (unsigned i = 0; i < settings_table_size; i++) {
        const struct setting *s = &settings_table[i];
        const json_t *value = api_json_get(c->json, s->name);
        if (s->type == SETTING_TEXT)
            (void)api_text(c, c->json, s->name, (size_t)s->most);
        values[i] = value ? stored_form(c, s, value) : NULL;
        bool fits = !value || (values[i] && setting_fits(s, span_of_str(values[i])));
        if (!fits && !c->wrong_field) {
            api_fail(c, 400, "invalid_field",
                     arena_printf(&c->arena, "%s is not of its type, or out of bounds", s->name));
            return false;
        }
        if (api_refused(c))
            return false;
    }
    return true;
}

struct writing {
    struct api_call *call;
    const char **values;
};

static int write_settings(struct db *db, void *arg)
{
    const struct writing *w = arg;
    struct api_call *c = w->call;
    int error = 0;

    for (unsigned i = 0; i < settings_table_size && !error; i++) {
        if (!w->values[i])
            continue;
        error = settings_write(db, &settings_table[i], w->values[i]);
        if (!error)
            error = api_audit(c, "settings.change", settings_table[i].name, w->values[i]);
    }
    return error;
}

static void set_settings(struct api_call *c)
{
    const char **values = arena_alloc(&c->arena, settings_table_size * sizeof *values);

    if (!read_settings(c, values))
        return;
    int error = db_transact(c->db, write_settings, &(struct writing){c, values});
    if (error)
        api_fail_store(c, error);
    else
        answer_settings(c);
}

/* ---- how much is going on ---- */

static int64_t sum_people(const struct media_room *live, unsigned count)
{
    int64_t sum = 0;

    for (unsigned i = 0; i < count; i++)
        sum += live[i].people;
    return sum;
}

static bool find_live(struct api_call *c, struct media_room **live, unsigned *count)
{
    int error = media_all_rooms(c->media, &c->arena, live, count);

    if (error)
        api_fail_store(c, error);
    return !error;
}

static void online_count(struct api_call *c)
{
    struct media_room *live;
    unsigned count;

    if (find_live(c, &live, &count))
        api_reply(c, 200, json_pack("{s:I}", "count", (json_int_t)sum_people(live, count)));
}

static void live_stats(struct api_call *c)
{
    struct media_room *live;
    json_int_t publishers = 0;
    unsigned count;

    if (!find_live(c, &live, &count))
        return;
    json_t *rooms = json_array();
    for (unsigned i = 0; i < count; i++) {
        json_t *one = json_object();
        api_json_text(one, "name", live[i].name);
        api_json_int(one, "numParticipants", live[i].people);
        api_json_int(one, "numPublishers", live[i].publishers);
        api_json_int(one, "creationTime", live[i].created_unix_ms / 1000);
        json_array_append_new(rooms, one);
        publishers += live[i].publishers;
    }
    api_reply(c, 200,
              json_pack("{s:I,s:I,s:i,s:o}", "totalParticipants",
                        (json_int_t)sum_people(live, count), "totalPublishers", publishers,
                        "activeRooms", (int)count, "rooms", rooms));
}

static void stats(struct api_call *c)
{
    int64_t users = 0, owners = 0, rooms[ROOMS_ARCHIVED + 1] = {0};
    struct media_room *live;
    unsigned count;

    if (!find_live(c, &live, &count))
        return;
    int error = users_count(c->db, &users);
    if (!error)
        error = users_count_superadmins(c->db, &owners);
    for (unsigned state = ROOMS_ACTIVE; state <= ROOMS_ARCHIVED && !error; state++)
        error = rooms_count_state(c->db, (enum rooms_state)state, &rooms[state]);
    if (error) {
        api_fail_store(c, error);
        return;
    }
    json_t *answer = json_object();
    api_json_int(answer, "users", users);
    api_json_int(answer, "superadmins", owners);
    api_json_int(answer, "activeRooms", rooms[ROOMS_ACTIVE]);
    api_json_int(answer, "suspendedRooms", rooms[ROOMS_SUSPENDED]);
    api_json_int(answer, "archivedRooms", rooms[ROOMS_ARCHIVED]);
    api_json_int(answer, "meetings", count);
    api_json_int(answer, "online", sum_people(live, count));
    api_json_text(answer, "version", BEDRUD_VERSION);
    api_reply(c, 200, answer);
}

const struct api_route api_admin_routes[] = {
    {"GET", "/admin/settings", API_SUPERADMIN, API_RATE_GENERAL, answer_settings, false},
    {"PUT", "/admin/settings", API_SUPERADMIN, API_RATE_GENERAL, set_settings, false},
    {"GET", "/admin/online-count", API_SUPERADMIN, API_RATE_GENERAL, online_count, false},
    {"GET", "/admin/livekit/stats", API_SUPERADMIN, API_RATE_GENERAL, live_stats, false},
    {"GET", "/admin/stats", API_SUPERADMIN, API_RATE_GENERAL, stats, false},
    {.method = NULL},
};
