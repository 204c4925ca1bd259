/* SPDX-License-Identifier: Apache-2.0 */
/* Who waits outside: in order, within bounds, and for a while only. */
#include "store/lobby.h"

#include "accounts.h"

#include "base/limits.h"
#include "store/members.h"
#include "store/rooms.h"

static void prepare(struct kit *k)
{
    struct room_row r = {.id = "r", .name = "kitchen", .created_ms = KIT_NOW};

    assert_int_equal(rooms_add(k->db, &r), 0);
    add_account(k, "ada", "a@b.c");
    add_account(k, "bob", "b@b.c");
}

static enum lobby_result ask(struct kit *k, const char *user, int64_t now_ms)
{
    struct lobby_visit v = {.room_id = "r", .user_id = user, .now_ms = now_ms};

    assert_int_equal(lobby_ask(k->db, &v), 0);
    return v.result;
}

static unsigned list(struct kit *k, int64_t now_ms, struct lobby_row *rows)
{
    unsigned n;

    assert_int_equal(lobby_list(k->db, &k->arena, "r", now_ms, rows, &n), 0);
    return n;
}

static bool approved(struct kit *k, const char *user)
{
    struct member m;

    assert_int_equal(members_find(k->db, &k->arena, "r", user, &m), 0);
    return m.is_approved;
}

static void waits_in_order(void **state)
{
    struct kit *k = *state;
    struct lobby_row rows[LIMIT_LOBBY];

    prepare(k);
    assert_int_equal(ask(k, "bob", KIT_NOW), LOBBY_NEW);
    assert_int_equal(ask(k, "ada", KIT_NOW + 1), LOBBY_NEW);
    assert_int_equal(ask(k, "bob", KIT_NOW + 9), LOBBY_WAITING);
    assert_int_equal(list(k, KIT_NOW + 9, rows), 2);
    assert_string_equal(rows[0].user_id, "bob");
    assert_int_equal(rows[0].asked_ms, KIT_NOW);
    assert_int_equal(rows[0].seen_ms, KIT_NOW + 9);
    assert_string_equal(rows[1].user_id, "ada");
    assert_true(rows[1].name[0] != 0);
    struct lobby_visit v = {.room_id = "none", .user_id = "ada", .now_ms = KIT_NOW};
    assert_int_equal(lobby_ask(k->db, &v), -EINVAL);
}

static void lets_in_and_sends_away(void **state)
{
    struct kit *k = *state;
    struct lobby_row rows[LIMIT_LOBBY];

    prepare(k);
    ask(k, "ada", KIT_NOW);
    ask(k, "bob", KIT_NOW);
    assert_int_equal(lobby_admit(k->db, "r", "ada", KIT_NOW), 0);
    assert_true(approved(k, "ada"));
    assert_int_equal(lobby_admit(k->db, "r", "ada", KIT_NOW), -ENOENT);
    assert_int_equal(lobby_deny(k->db, "r", "bob", KIT_NOW), 0);
    assert_int_equal(list(k, KIT_NOW, rows), 0);
    assert_int_equal(ask(k, "bob", KIT_NOW + LIMIT_LOBBY_DENIED_MS - 1), LOBBY_DENIED);
    assert_false(approved(k, "bob"));
    /* A moderator may think again, and in the end everybody may ask again. */
    assert_int_equal(ask(k, "bob", KIT_NOW + LIMIT_LOBBY_DENIED_MS), LOBBY_NEW);
    assert_int_equal(lobby_deny(k->db, "r", "bob", KIT_NOW + LIMIT_LOBBY_DENIED_MS), 0);
    assert_int_equal(lobby_admit(k->db, "r", "bob", KIT_NOW + LIMIT_LOBBY_DENIED_MS), 0);
    assert_true(approved(k, "bob"));
    assert_int_equal(lobby_deny(k->db, "r", "none", KIT_NOW), -ENOENT);
}

static void forgets_who_went_away(void **state)
{
    struct kit *k = *state;
    struct lobby_row rows[LIMIT_LOBBY];

    prepare(k);
    ask(k, "ada", KIT_NOW);
    assert_int_equal(list(k, KIT_NOW + LIMIT_LOBBY_WAIT_MS - 1, rows), 1);
    assert_int_equal(list(k, KIT_NOW + LIMIT_LOBBY_WAIT_MS, rows), 0);
    assert_int_equal(ask(k, "ada", KIT_NOW + LIMIT_LOBBY_WAIT_MS), LOBBY_NEW);
}

static void is_bounded(void **state)
{
    struct kit *k = *state;
    struct lobby_row rows[LIMIT_LOBBY];
    char id[16], email[32];

    prepare(k);
    for (int i = 0; i < LIMIT_LOBBY; i++) {
        snprintf(id, sizeof id, "u%d", i);
        snprintf(email, sizeof email, "u%d@b.c", i);
        add_account(k, id, email);
        assert_int_equal(ask(k, id, KIT_NOW), LOBBY_NEW);
    }
    assert_int_equal(ask(k, "ada", KIT_NOW), LOBBY_FULL);
    assert_int_equal(ask(k, "u7", KIT_NOW), LOBBY_WAITING);
    assert_int_equal(list(k, KIT_NOW, rows), LIMIT_LOBBY);
    assert_int_equal(lobby_deny(k->db, "r", "u7", KIT_NOW), 0);
    assert_int_equal(ask(k, "ada", KIT_NOW), LOBBY_NEW);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(waits_in_order),
        cmocka_unit_test(lets_in_and_sends_away),
        cmocka_unit_test(forgets_who_went_away),
        cmocka_unit_test(is_bounded),
    };

    return KIT_MAIN(tests);
}
