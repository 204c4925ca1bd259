/* SPDX-License-Identifier: Apache-2.0 */
/* Live rooms. What a person may do is never carried from one change to the next, but always read
 * from the store and compared with what they have; so changes made at once by several threads leave
 * what the last of them wrote. */
#include "server/api_live.h"

#include <errno.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/random.h"
#include "room/metadata.h"
#include "server/api_json.h"
#include "server/api_room.h"

/* Looks at a person until nothing is to be changed; each thread of the API may be in the way once
 * or twice. */
#define SETTLE_LOOKS (2 * LIMIT_API_THREADS)

static int none_is_fine(int error)
{
    return error == -ENOENT ? 0 : error;
}

/* ---- what they may ---- */

static bool same_permission(const struct permission *a, const struct permission *b)
{
    return a->can_subscribe == b->can_subscribe && a->can_publish == b->can_publish &&
           a->can_publish_data == b->can_publish_data &&
           a->can_update_metadata == b->can_update_metadata && a->hidden == b->hidden &&
           a->sources == b->sources;
}

/* What the store says of them: -ENOENT when it does not know them, such as those who came with a
 * token of the API key's holder. The caller frees *metadata. */
static int look_up(struct db *db, struct arena *a, const char *room_id,
                   const struct media_person *p, struct permission *permission, char **metadata)
{
    struct room_row r;
    struct member m;
    struct user u;
    int error = rooms_find(db, a, room_id, &r);

    if (!error)
        error = users_find(db, a, p->identity, &u);
    if (!error)
        error = members_find(db, a, r.id, u.id, &m);
    if (error)
        return error;
    enum api_role role = api_room_role(&r, &u, &m);
    char *ours = api_room_metadata(&u, role, &m);
    *metadata = metadata_merge(span_of_str(p->metadata), span_of_str(ours));
    if (!*metadata)
        *metadata = xstrdup(ours);
    free(ours);
    *permission = api_room_permission(&r, role, &m);
    permission->hidden = p->permission.hidden;
    return 0;
}

/* One look; *again says that something was changed. */
static int settle_once(struct api_call *c, const struct room_row *r, const struct media_person *p,
                       bool *again)
{
    struct permission permission;
    char *metadata = NULL;
    struct arena a;

    arena_init(&a);
    int error = look_up(c->db, &a, r->id, p, &permission, &metadata);
    *again = !error &&
             (!same_permission(&permission, &p->permission) || strcmp(metadata, p->metadata) != 0);
    if (*again)
        error = media_update_person(c->media, r->name, p->identity, &permission, metadata);
    free(metadata);
    arena_fini(&a);
    return error;
}

int api_live_settle(struct api_call *c, const struct room_row *r, const char *identity)
{
    bool again = true;
    int error = 0;

    for (unsigned i = 0; again && !error && i < SETTLE_LOOKS; i++) {
        struct media_person p;
        struct arena a;
        arena_init(&a);
        error = media_find_person(c->media, &a, r->name, identity, &p);
        if (!error)
            error = settle_once(c, r, &p, &again);
        arena_fini(&a);
    }
    return error ? none_is_fine(error) : again ? -EBUSY : 0;
}

int api_live_settle_all(struct api_call *c, const struct room_row *r)
{
    struct media_person *people;
    unsigned count;
    int error = media_people(c->media, &c->arena, r->name, &people, &count);

    for (unsigned i = 0; i < count && !error; i++) {
        bool again;
        error = none_is_fine(settle_once(c, r, &people[i], &again));
        if (!error && again)
            error = api_live_settle(c, r, people[i].identity);
    }
    return error;
}

int api_live_remove(struct api_call *c, const struct room_row *r, const char *identity)
{
    return none_is_fine(media_remove(c->media, r->name, identity));
}

/* ---- wherever they are ---- */

/* Also in rooms that are not live: somebody may be on their way into one (admission.h). */
static int in_each_room(struct api_call *c, const char *user_id,
                        int (*act)(struct api_call *, const struct room_row *, const char *))
{
    char after[RANDOM_UUID_SIZE] = "";
    unsigned count;
    int error;

    do {
        struct room_row rooms[ROOMS_AT_ONCE];
        struct arena a;
        arena_init(&a);
        error = rooms_list_entered(c->db, &a, user_id, after, rooms, &count);
        for (unsigned i = 0; i < count && !error; i++)
            error = act(c, &rooms[i], user_id);
        if (count > 0)
            snprintf(after, sizeof after, "%s", rooms[count - 1].id);
        arena_fini(&a);
    } while (!error && count == ROOMS_AT_ONCE);
    return error;
}

int api_live_expel(struct api_call *c, const char *user_id)
{
    return in_each_room(c, user_id, api_live_remove);
}

int api_live_settle_everywhere(struct api_call *c, const char *user_id)
{
    return in_each_room(c, user_id, api_live_settle);
}

/* ---- how many they are ---- */

/* Rooms without their numbers are of more use than none. */
void api_live_add_counts(struct api_call *c, const struct room_row *rows, unsigned count,
                         json_t *rooms)
{
    const char **names = arena_alloc(&c->arena, count * sizeof *names);
    struct media_room *live;
    unsigned n;

    for (unsigned i = 0; i < count; i++)
        names[i] = rows[i].name;
    if (media_rooms(c->media, &c->arena, names, count, &live, &n) != 0)
        return;
    for (unsigned i = 0; i < count; i++) {
        unsigned people = 0;
        for (unsigned j = 0; j < n; j++)
            if (rows[i].is_active && strcmp(live[j].name, rows[i].name) == 0)
                people = live[j].people;
        api_json_int(json_array_get(rooms, i), "participantsCount", people);
    }
}

/* ---- what they are told ---- */

int api_live_tell(struct api_call *c, const struct room_row *r, const struct media_audience *to,
                  json_t *notice)
{
    static const struct media_audience all;
    char *text = json_dumps(notice, JSON_COMPACT);
    int error = media_notify(c->media, r->name, to ? to : &all, text);

    free(text);
    json_decref(notice);
    return none_is_fine(error);
}

int api_live_end(struct api_call *c, const struct room_row *r, const char *text, const char *reason)
{
    json_t *notice = json_pack("{s:s,s:s}", "type", "system", "event", "room_ended");

    if (reason)
        api_json_text(notice, "reason", reason);
    api_json_text(notice, "message", text);
    int error = api_live_tell(c, r, NULL, notice);
    return error ? error : none_is_fine(media_end_room(c->media, r->name));
}
