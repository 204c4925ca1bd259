/* SPDX-License-Identifier: Apache-2.0 */
/* A live room is brought in line with the store, whatever else happens at the same time. The media
 * plane is one that remembers a single participant. */
#include "server/api_live.h"

#include "api_kit.h"

#include "store/members.h"
#include "store/rooms.h"
#include "store/users.h"

#include <errno.h>

static struct {
    struct db *db;
    struct permission permission;
    char metadata[256];
    unsigned updates, removals, notices, ends;
    int error;
    bool inside;
    bool block_meanwhile; /* somebody blocks them from chat while the first update is under way */
} live;

static void reply_person(struct str *reply, bool list)
{
    Livekit__ParticipantInfo p = LIVEKIT__PARTICIPANT_INFO__INIT, *all[] = {&p};
    Livekit__ListParticipantsResponse people = LIVEKIT__LIST_PARTICIPANTS_RESPONSE__INIT;
    Livekit__ParticipantPermission permission = LIVEKIT__PARTICIPANT_PERMISSION__INIT;
    struct arena a;

    arena_init(&a);
    p.identity = (char *)(uintptr_t) "ada";
    p.metadata = live.metadata;
    p.permission = &permission;
    permission.can_subscribe = live.permission.can_subscribe;
    permission.can_publish = live.permission.can_publish;
    permission.can_publish_data = live.permission.can_publish_data;
    permission.can_update_metadata = live.permission.can_update_metadata;
    people.participants = all;
    people.n_participants = live.inside ? 1 : 0;
    str_append_span(reply, signal_pack(list ? &people.base : &p.base, &a));
    arena_fini(&a);
}

static void take_update(struct span request)
{
    struct arena a;

    arena_init(&a);
    const Livekit__UpdateParticipantRequest *q =
        (const void *)signal_parse(&livekit__update_participant_request__descriptor, request, &a);
    live.permission =
        (struct permission){.can_subscribe = q->permission->can_subscribe,
                            .can_publish = q->permission->can_publish,
                            .can_publish_data = q->permission->can_publish_data,
                            .can_update_metadata = q->permission->can_update_metadata};
    snprintf(live.metadata, sizeof live.metadata, "%s", q->metadata);
    live.updates++;
    if (live.block_meanwhile)
        assert_int_equal(members_set(live.db, "r", "ada", MEMBER_CHAT_BLOCKED, true, 1), 0);
    live.block_meanwhile = false;
    arena_fini(&a);
}

static int plane_call(struct media_plane *m, enum engine_request what, const char *room,
                      struct span request, struct str *reply)
{
    (void)m;
    assert_string_equal(room, "kitchen");
    if (live.error)
        return live.error;
    live.removals += what == ENGINE_REMOVE_PARTICIPANT;
    live.notices += what == ENGINE_SEND_DATA;
    live.ends += what == ENGINE_DELETE_ROOM;
    if (what == ENGINE_LIST_PARTICIPANTS || (what == ENGINE_GET_PARTICIPANT && live.inside))
        reply_person(reply, what == ENGINE_LIST_PARTICIPANTS);
    else if (what == ENGINE_UPDATE_PARTICIPANT)
        take_update(request);
    return what == ENGINE_GET_PARTICIPANT && !live.inside ? -ENOENT : 0;
}

static struct media_plane plane = {.call = plane_call};
static const struct room_row room = {.id = "r",
                                     .name = "kitchen",
                                     .created_by = "owner",
                                     .admin_id = "owner",
                                     .mode = ROOM_STANDARD,
                                     .expires_ms = INT64_MAX,
                                     .settings = {true, true, true, false, false, false, false}};

static struct api_call *begin(void)
{
    const struct user ada = {.id = "ada", .provider = "local", .accesses = ACCESS_USER};
    struct api_call *c = api_call_new();

    memset(&live, 0, sizeof live);
    live.inside = true;
    c->db = live.db = api_db();
    c->media = &plane;
    assert_int_equal(rooms_add(c->db, &room), 0);
    assert_int_equal(users_add(c->db, &ada), 0);
    return c;
}

static void end(struct api_call *c)
{
    db_close(c->db);
    api_call_free(c);
}

static void settles_what_differs(void **state)
{
    (void)state;
    struct api_call *c = begin();

    strcpy(live.metadata, "{\"hand\":true,\"accesses\":[\"superadmin\"]}");
    assert_int_equal(api_live_settle(c, &room, "ada"), 0);
    assert_int_equal(live.updates, 1);
    assert_true(live.permission.can_publish && live.permission.can_publish_data);
    assert_string_equal(live.metadata, "{\"accesses\":[\"user\"],\"hand\":true}");
    /* And what does not differ is left alone. */
    assert_int_equal(api_live_settle(c, &room, "ada"), 0);
    assert_int_equal(api_live_settle_all(c, &room), 0);
    assert_int_equal(live.updates, 1);
    assert_int_equal(members_set(c->db, "r", "ada", MEMBER_CHAT_BLOCKED, true, 1), 0);
    assert_int_equal(api_live_settle_all(c, &room), 0);
    assert_int_equal(live.updates, 2);
    assert_false(live.permission.can_publish_data);
    /* Words that are no object give way. */
    strcpy(live.metadata, "words");
    assert_int_equal(api_live_settle(c, &room, "ada"), 0);
    assert_string_equal(live.metadata, "{\"accesses\":[\"user\"],\"chatBlocked\":true}");
    end(c);
}

static void ends_with_the_last_word(void **state)
{
    (void)state;
    struct api_call *c = begin();

    live.block_meanwhile = true;
    assert_int_equal(api_live_settle(c, &room, "ada"), 0);
    assert_int_equal(live.updates, 2);
    assert_false(live.permission.can_publish_data);
    live.block_meanwhile = true;
    live.permission = (struct permission){0};
    assert_int_equal(members_set(c->db, "r", "ada", MEMBER_CHAT_BLOCKED, false, 1), 0);
    assert_int_equal(api_live_settle_all(c, &room), 0);
    assert_int_equal(live.updates, 4);
    assert_false(live.permission.can_publish_data);
    end(c);
}

static void does_nothing_where_nobody_is(void **state)
{
    (void)state;
    struct api_call *c = begin();

    live.inside = false;
    assert_int_equal(api_live_settle(c, &room, "ada"), 0);
    assert_int_equal(api_live_settle_all(c, &room), 0);
    live.inside = true;
    assert_int_equal(users_remove(c->db, "ada"), 0); /* came with the API key's token */
    assert_int_equal(api_live_settle(c, &room, "ada"), 0);
    assert_int_equal(live.updates, 0);
    live.error = -ENOENT;
    assert_int_equal(api_live_remove(c, &room, "ada"), 0);
    assert_int_equal(api_live_end(c, &room, "over", NULL), 0);
    live.error = -EBUSY;
    assert_int_equal(api_live_settle(c, &room, "ada"), -EBUSY);
    assert_int_equal(api_live_settle_all(c, &room), -EBUSY);
    assert_int_equal(api_live_remove(c, &room, "ada"), -EBUSY);
    assert_int_equal(api_live_end(c, &room, "over", NULL), -EBUSY);
    live.error = 0;
    assert_int_equal(api_live_remove(c, &room, "ada"), 0);
    assert_int_equal(api_live_end(c, &room, "over", "why"), 0);
    assert_int_equal(live.removals, 1);
    assert_int_equal(live.notices, 1);
    assert_int_equal(live.ends, 1);
    end(c);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(settles_what_differs),
        cmocka_unit_test(ends_with_the_last_word),
        cmocka_unit_test(does_nothing_where_nobody_is),
    };

    return API_MAIN(tests);
}
