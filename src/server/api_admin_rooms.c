/* SPDX-License-Identifier: Apache-2.0 */
/* All rooms in the hands of superadmins: found, suspended, brought back, removed with all that
 * hangs on them. What concerns a room's people stands beside what its moderators do. */
#include <errno.h>
#include <jansson.h>

#include "base/limits.h"
#include "server/api_audit.h"
#include "server/api_json.h"
#include "server/api_live.h"
#include "server/api_match.h"
#include "server/api_room.h"

/* ---- lists ---- */

/* The place of a word in a list that ends with NULL; 0, the first, when it is another. */
static unsigned place(const char *const *words, const char *word)
{
    for (unsigned i = 0; words[i]; i++)
        if (strcmp(words[i], word) == 0)
            return i;
    return 0;
}

/* What nobody knows is not looked for. */
static struct rooms_search read_search(struct api_call *c)
{
    static const char *const states[] = {"", "active", "suspended", "archived", NULL},
                             *const orders[] = {"createdAt", "name", "lastActivityAt",
                                                "maxParticipants", NULL},
                             *const visibilities[] = {"", "private", "public", NULL};

    return (struct rooms_search){.text = api_query(c, "q"),
                                 .owner = api_query(c, "owner"),
                                 .is_public =
                                     (int)place(visibilities, api_query(c, "visibility")) - 1,
                                 .state = (enum rooms_state)place(states, api_query(c, "status")),
                                 .order = (enum rooms_order)place(orders, api_query(c, "sort")),
                                 .descending = strcmp(api_query(c, "order"), "asc") != 0};
}

static void list(struct api_call *c)
{
    struct rooms_search search = read_search(c);
    struct api_page page = api_page(c);
    struct room_found *found = arena_alloc(&c->arena, page.part.limit * sizeof *found);
    struct room_row *rows = arena_alloc(&c->arena, page.part.limit * sizeof *rows);
    unsigned count;
    int64_t total;

    search.page = page.part;
    int error = rooms_find_all(c->db, &c->arena, &search, found, &count, &total);

    if (error) {
        api_fail_store(c, error);
        return;
    }
    json_t *all = json_array();
    for (unsigned i = 0; i < count; i++) {
        json_t *one = api_room_json(&found[i].room);
        rows[i] = found[i].room;
        api_json_text(one, "ownerName", found[i].owner_name);
        api_json_text(one, "ownerEmail", found[i].owner_email);
        json_array_append_new(all, one);
    }
    api_live_add_counts(c, rows, count, all);
    api_reply_page(c, "rooms", all, &page, total);
}

/* ---- changes ---- */

struct change {
    struct api_call *call;
    struct room_row room; /* as it was */
};

/* -EOWNERDEAD: what is archived is so for ever. */
static int find_kept(struct db *db, struct change *ch)
{
    struct api_call *c = ch->call;
    int error = rooms_find(db, &c->arena, c->params[0], &ch->room);

    return !error && ch->room.deleted_ms ? -EOWNERDEAD : error;
}

static void fail(struct api_call *c, int error)
{
    if (error == -ENOENT)
        api_fail(c, 404, "room_not_found", "Room not found");
    else if (error == -EOWNERDEAD)
        api_fail(c, 410, "room_closed", "room is no longer active");
    else if (error == -EEXIST)
        api_fail(c, 409, "name_taken", "An active room has this name");
    else
        api_fail_store(c, error); /* to be asked for again, which does no harm */
}

static int suspend_room(struct db *db, void *arg)
{
    struct change *ch = arg;
    int error = find_kept(db, ch);

    if (!error)
        error = rooms_suspend(db, ch->room.id, ch->call->now_ms);
    if (error == -ENOENT && ch->room.id && !ch->room.is_active)
        return 0; /* it is so already */
    return error ? error : api_audit(ch->call, "room.suspend", ch->room.id, ch->room.name);
}

static void suspend(struct api_call *c)
{
    struct change ch = {.call = c};
    int error = db_transact(c->db, suspend_room, &ch);

    if (!error)
        error = api_live_end(c, &ch.room, "This room was suspended.", "suspended");
    if (error)
        fail(c, error);
    else
        api_reply(c, 202, json_pack("{s:s}", "message", "Room suspended"));
}

static int reactivate_room(struct db *db, void *arg)
{
    struct change *ch = arg;
    int64_t now_ms = ch->call->now_ms;
    int error = find_kept(db, ch);

    if (!error && ch->room.is_active)
        return 0;
    if (!error)
        error = rooms_reactivate(db, ch->room.id, now_ms, now_ms + LIMIT_ROOM_LIFE_MS);
    return error ? error : api_audit(ch->call, "room.reactivate", ch->room.id, ch->room.name);
}

static void reactivate(struct api_call *c)
{
    struct change ch = {.call = c};
    int error = db_transact(c->db, reactivate_room, &ch);

    if (error)
        fail(c, error);
    else
        api_say(c, "Room reactivated");
}

static int remove_room(struct db *db, void *arg)
{
    struct change *ch = arg;
    struct api_call *c = ch->call;
    int error = rooms_find(db, &c->arena, c->params[0], &ch->room);

    if (!error)
        error = rooms_remove(db, ch->room.id);
    return error ? error : api_audit(c, "room.delete", ch->room.id, ch->room.name);
}

static void purge(struct api_call *c)
{
    struct change ch = {.call = c};
    int error = db_transact(c->db, remove_room, &ch);

    /* Another room may have the name of one that was archived. */
    if (!error && ch.room.is_active)
        error = api_live_end(c, &ch.room, "This room was closed.", NULL);
    if (error)
        fail(c, error);
    else
        api_reply(c, 202, json_pack("{s:s}", "message", "Room deleted"));
}

const struct api_route api_admin_rooms_routes[] = {
    {"GET", "/admin/rooms", API_SUPERADMIN, API_RATE_GENERAL, list, false},
    {"DELETE", "/admin/rooms/:id", API_SUPERADMIN, API_RATE_GENERAL, purge, false},
    {"POST", "/admin/rooms/:id/suspend", API_SUPERADMIN, API_RATE_GENERAL, suspend, false},
    {"POST", "/admin/rooms/:id/reactivate", API_SUPERADMIN, API_RATE_GENERAL, reactivate, false},
    {.method = NULL},
};
