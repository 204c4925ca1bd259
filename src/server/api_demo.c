/* SPDX-License-Identifier: Apache-2.0 */
/* A room to try things out, for whoever asks: public, encrypted, for six people and two hours, then
 * gone without a trace (housekeeping). */
#include <errno.h>
#include <jansson.h>

#include "base/limits.h"
#include "base/random.h"
#include "server/api_json.h"
#include "server/api_match.h"
#include "server/api_room.h"
#include "store/settings.h"

/* Tries to find a name that nobody has: there are 10^14. */
#define NAME_TRIES 5

struct demo {
    struct room_row room;
    char id[RANDOM_UUID_SIZE], name[API_ROOM_NAME_SIZE];
};

static int add(struct db *db, void *arg)
{
    const struct demo *d = arg;
    int64_t active;
    int error = rooms_count_active(db, ROOM_DEMO, &active);

    if (!error && active >= LIMIT_DEMO_ROOMS)
        error = -EMLINK;
    return error ? error : rooms_add(db, &d->room);
}

static int make(struct api_call *c, struct demo *d)
{
    int error = -EEXIST;

    random_uuid(d->id);
    d->room = (struct room_row){
        .id = d->id,
        .name = d->name,
        .created_by = ROOM_DEMO,
        .admin_id = ROOM_DEMO,
        .mode = ROOM_STANDARD,
        .is_active = true,
        .is_public = true,
        .max_participants = LIMIT_DEMO_PEOPLE,
        .settings = {.allow_chat = true, .allow_video = true, .allow_audio = true, .e2ee = true},
        .expires_ms = c->now_ms + LIMIT_DEMO_LIFE_MS,
        .last_activity_ms = c->now_ms,
        .created_ms = c->now_ms,
        .updated_ms = c->now_ms};
    for (unsigned i = 0; error == -EEXIST && i < NAME_TRIES; i++) {
        api_room_make_name(d->name);
        error = db_transact(c->db, add, d);
    }
    return error;
}

static void demo(struct api_call *c)
{
    struct settings s;
    struct demo d;
    int error = settings_read(c->db, &c->arena, &s);

    if (!error && !s.guest_login_enabled) {
        api_fail(c, 403, "guests_disabled", "Guest access is disabled");
        return;
    }
    if (!error)
        error = make(c, &d);
    if (error == -EMLINK) {
        api_header(c, "Retry-After", "600");
        api_fail(c, 503, "too_many_demos", "All demo rooms are in use, try again later");
        return;
    }
    if (error) {
        api_fail_store(c, error);
        return;
    }
    json_t *answer = api_room_json(&d.room);
    api_json_text(answer, "livekitHost", api_room_host(c));
    api_reply(c, 200, answer);
}

const struct api_route api_demo_routes[] = {
    {"POST", "/room/demo", API_ANYBODY, API_RATE_DEMO, demo, false},
    {.method = NULL},
};
