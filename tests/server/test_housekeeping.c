/* SPDX-License-Identifier: Apache-2.0 */
/* A round of housekeeping on both databases: what is over goes, what is not stays, and a meeting
 * that goes on keeps its room. */
#include "server/housekeeping.h"

#include "base/limits.h"
#include "store/audit.h"
#include "store/invites.h"
#include "store/sessions.h"
#include "wire/signal.h"

#include "../store/accounts.h"
/* ---- a media plane in which one room has somebody inside ---- */

static struct {
    const char *busy;
    char ended[64];
    int error;
} plane_state;

static int answer(struct media_plane *m, enum engine_request what, const char *room,
                  struct span request, struct str *reply)
{
    Livekit__ListParticipantsResponse r = LIVEKIT__LIST_PARTICIPANTS_RESPONSE__INIT;
    Livekit__ParticipantInfo p = LIVEKIT__PARTICIPANT_INFO__INIT, *list[] = {&p};
    struct arena a;

    (void)m;
    (void)request;
    if (plane_state.error)
        return plane_state.error;
    if (what == ENGINE_DELETE_ROOM)
        snprintf(plane_state.ended, sizeof plane_state.ended, "%s", room);
    if (!plane_state.busy || strcmp(room, plane_state.busy) != 0)
        return -ENOENT;
    arena_init(&a);
    r.n_participants = 1;
    r.participants = list;
    str_append_span(reply, signal_pack(&r.base, &a));
    arena_fini(&a);
    return 0;
}

static struct media_plane plane = {.call = answer};

/* ---- rows ---- */

static void add_room(struct kit *k, const char *id, int64_t expires_ms, bool persistent)
{
    struct room_row r = {.id = id,
                         .name = id,
                         .created_by = "owner",
                         .admin_id = "owner",
                         .mode = ROOM_STANDARD,
                         .settings = {.is_persistent = persistent},
                         .expires_ms = expires_ms,
                         .created_ms = KIT_NOW - 1000};

    assert_int_equal(rooms_add(k->db, &r), 0);
}

static bool is_active(struct kit *k, const char *id)
{
    struct room_row r;

    assert_int_equal(rooms_find(k->db, &k->arena, id, &r), 0);
    assert_int_equal(r.is_active, r.deleted_ms == 0);
    return r.is_active;
}

static void add_rows(struct kit *k)
{
    struct user guest = account("guest", "g@b.c");
    struct session_row old = {.id = "old", .user_id = "ada", .client = "", .expires_ms = KIT_NOW},
                       good = {
                           .id = "new", .user_id = "ada", .client = "", .expires_ms = KIT_NOW + 1};
    struct invite gone = {.id = "i1",
                          .token = "t1",
                          .email = "",
                          .created_by = "ada",
                          .expires_ms = KIT_NOW - LIMIT_INVITE_KEPT_MS - 1},
                  kept = {.id = "i2",
                          .token = "t2",
                          .email = "",
                          .created_by = "ada",
                          .expires_ms = KIT_NOW - LIMIT_INVITE_KEPT_MS};
    struct audit row = {.actor_id = "ada", .action = "a", .target = "t", .detail = ""};

    add_account(k, "ada", "a@b.c");
    guest.provider = "guest";
    guest.created_ms = KIT_NOW - LIMIT_GUEST_LIFE_MS - 1;
    assert_int_equal(users_add(k->db, &guest), 0);
    assert_int_equal(sessions_add(k->db, &old), 0);
    assert_int_equal(sessions_add(k->db, &good), 0);
    assert_int_equal(invites_add(k->db, &gone), 0);
    assert_int_equal(invites_add(k->db, &kept), 0);
    row.happened_ms = KIT_NOW - LIMIT_AUDIT_LIFE_MS - 1;
    assert_int_equal(audit_add(k->db, &row), 0);
    row.happened_ms++;
    assert_int_equal(audit_add(k->db, &row), 0);
}

/* ---- tests ---- */

static void removes_what_is_over(void **state)
{
    struct kit *k = *state;
    struct housekeeping_count n;

    memset(&plane_state, 0, sizeof plane_state);
    add_rows(k);
    assert_int_equal(housekeeping_round(k->db, &plane, KIT_NOW, &n), 0);
    assert_int_equal(n.sessions, 1);
    assert_int_equal(n.guests, 1);
    assert_int_equal(n.invites, 1);
    assert_int_equal(n.audit, 1);
    assert_int_equal(housekeeping_round(k->db, &plane, KIT_NOW, &n), 0);
    assert_int_equal(n.sessions + n.guests + n.invites + n.audit, 0);
}

static void ends_rooms_that_nobody_uses(void **state)
{
    struct kit *k = *state;
    struct housekeeping_count n;
    struct room_row r;

    memset(&plane_state, 0, sizeof plane_state);
    plane_state.busy = "busy";
    add_room(k, "over", KIT_NOW, false);
    add_room(k, "busy", KIT_NOW - 5, false);
    add_room(k, "fresh", KIT_NOW + 1, false);
    add_room(k, "lasting", KIT_NOW - 5, true);
    assert_int_equal(housekeeping_round(k->db, &plane, KIT_NOW, &n), 0);
    assert_int_equal(n.rooms_ended, 1);
    assert_int_equal(n.rooms_extended, 1);
    assert_string_equal(plane_state.ended, "over");
    assert_false(is_active(k, "over"));
    assert_true(is_active(k, "busy"));
    assert_true(is_active(k, "fresh"));
    assert_true(is_active(k, "lasting"));
    assert_int_equal(rooms_find(k->db, &k->arena, "busy", &r), 0);
    assert_int_equal(r.expires_ms, KIT_NOW + LIMIT_ROOM_LIFE_MS);
}

/* With people in it or without, and it leaves nothing. */
static void ends_demo_rooms(void **state)
{
    struct kit *k = *state;
    struct housekeeping_count n;
    struct room_row r = {.id = "demo-room",
                         .name = "demo-room",
                         .created_by = ROOM_DEMO,
                         .admin_id = ROOM_DEMO,
                         .mode = ROOM_STANDARD,
                         .expires_ms = KIT_NOW,
                         .created_ms = KIT_NOW - 1000};

    memset(&plane_state, 0, sizeof plane_state);
    plane_state.busy = "demo-room";
    assert_int_equal(rooms_add(k->db, &r), 0);
    assert_int_equal(housekeeping_round(k->db, &plane, KIT_NOW - 1, &n), 0);
    assert_true(is_active(k, "demo-room"));
    plane_state.error = -EBUSY;
    assert_int_equal(housekeeping_round(k->db, &plane, KIT_NOW, &n), -EBUSY);
    assert_true(is_active(k, "demo-room"));
    plane_state.error = 0;
    assert_int_equal(housekeeping_round(k->db, &plane, KIT_NOW, &n), 0);
    assert_int_equal(n.rooms_ended, 1);
    assert_string_equal(plane_state.ended, "demo-room");
    assert_int_equal(rooms_find(k->db, &k->arena, "demo-room", &r), -ENOENT);
}

/* Not knowing who is inside is no reason to end a room. */
static void leaves_rooms_while_the_media_plane_is_away(void **state)
{
    struct kit *k = *state;
    struct housekeeping_count n;

    memset(&plane_state, 0, sizeof plane_state);
    plane_state.error = -EBUSY;
    add_room(k, "over", KIT_NOW, false);
    assert_int_equal(housekeeping_round(k->db, &plane, KIT_NOW, &n), -EBUSY);
    assert_true(is_active(k, "over"));
}

static void keeps_to_its_bounds(void **state)
{
    struct kit *k = *state;
    struct housekeeping_count n;
    char id[16];

    memset(&plane_state, 0, sizeof plane_state);
    for (int i = 0; i < LIMIT_HOUSEKEEPING_ROOMS + 3; i++) {
        snprintf(id, sizeof id, "r%d", i);
        add_room(k, id, KIT_NOW - i, false);
    }
    assert_int_equal(housekeeping_round(k->db, &plane, KIT_NOW, &n), 0);
    assert_int_equal(n.rooms_ended, LIMIT_HOUSEKEEPING_ROOMS);
    assert_true(is_active(k, "r0")); /* the newest is left over */
    assert_int_equal(housekeeping_round(k->db, &plane, KIT_NOW, &n), 0);
    assert_int_equal(n.rooms_ended, 3);
}

static int add_guests(struct db *db, void *arg)
{
    struct user u = account("", "");
    char id[16], email[32];

    u.id = id;
    u.email = email;
    u.provider = "guest";
    u.created_ms = KIT_NOW - LIMIT_GUEST_LIFE_MS - 1;
    for (int i = 0; i < *(const int *)arg; i++) {
        snprintf(id, sizeof id, "g%d", i);
        snprintf(email, sizeof email, "g%d@b.c", i);
        assert_int_equal(users_add(db, &u), 0);
    }
    return 0;
}

/* Guests come for nothing; they go as fast. */
static void goes_on_while_there_is_more(void **state)
{
    struct kit *k = *state;
    struct housekeeping_count n;
    int count = 2 * LIMIT_HOUSEKEEPING_ROWS + 3;

    memset(&plane_state, 0, sizeof plane_state);
    assert_int_equal(db_transact(k->db, add_guests, &count), 0);
    assert_int_equal(housekeeping_round(k->db, &plane, KIT_NOW, &n), 0);
    assert_int_equal(n.guests, count);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(removes_what_is_over),
        cmocka_unit_test(ends_rooms_that_nobody_uses),
        cmocka_unit_test(ends_demo_rooms),
        cmocka_unit_test(leaves_rooms_while_the_media_plane_is_away),
        cmocka_unit_test(keeps_to_its_bounds),
        cmocka_unit_test(goes_on_while_there_is_more),
    };

    return KIT_MAIN(tests);
}
