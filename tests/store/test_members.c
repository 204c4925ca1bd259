/* SPDX-License-Identifier: Apache-2.0 */
/* Rooms' people. */
#include "store/members.h"

#include "accounts.h"

#include "base/limits.h"

#include "store/rooms.h"

static void prepare(struct kit *k)
{
    struct room_row r = {.id = "r", .name = "kitchen", .created_ms = KIT_NOW};

    assert_int_equal(rooms_add(k->db, &r), 0);
    add_account(k, "ada", "a@b.c");
    add_account(k, "bob", "b@b.c");
}

static struct member find(struct kit *k, const char *user)
{
    struct member m;

    memset(&m, 0xaa, sizeof m);
    assert_int_equal(members_find(k->db, &k->arena, "r", user, &m), 0);
    assert_string_equal(m.user_id, user);
    return m;
}

static void knows_nobody_at_first(void **state)
{
    struct kit *k = *state;

    prepare(k);
    struct member m = find(k, "ada");
    assert_int_equal(m.joined_ms, 0);
    assert_int_equal(m.entry, 0);
    assert_false(m.is_banned || m.is_moderator || m.is_approved || m.is_on_stage ||
                 m.is_chat_blocked);
}

static void remembers_the_first_time(void **state)
{
    struct kit *k = *state;

    prepare(k);
    assert_int_equal(members_add(k->db, "r", "ada", KIT_NOW), 0);
    assert_int_equal(members_add(k->db, "r", "ada", KIT_NOW + 9), 0);
    assert_int_equal(find(k, "ada").joined_ms, KIT_NOW);
    assert_int_equal(members_add(k->db, "none", "ada", KIT_NOW), -EINVAL);
    assert_int_equal(members_add(k->db, "r", "none", KIT_NOW), -EINVAL);
}

static void sets_each_flag_alone(void **state)
{
    struct kit *k = *state;

    prepare(k);
    for (int flag = MEMBER_BANNED; flag <= MEMBER_CHAT_BLOCKED; flag++) {
        assert_int_equal(members_set(k->db, "r", "ada", (enum member_flag)flag, true, KIT_NOW), 0);
        struct member m = find(k, "ada");
        assert_int_equal(m.is_banned, flag == MEMBER_BANNED);
        assert_int_equal(m.is_moderator, flag == MEMBER_MODERATOR);
        assert_int_equal(m.is_approved, flag == MEMBER_APPROVED);
        assert_int_equal(m.is_on_stage, flag == MEMBER_ON_STAGE);
        assert_int_equal(m.is_chat_blocked, flag == MEMBER_CHAT_BLOCKED);
        assert_int_equal(members_set(k->db, "r", "ada", (enum member_flag)flag, false, KIT_NOW), 0);
    }
    assert_false(find(k, "bob").is_banned);
    assert_int_equal(members_set(k->db, "none", "ada", MEMBER_BANNED, true, 1), -EINVAL);
}

static void counts_who_was_put_out(void **state)
{
    struct kit *k = *state;

    prepare(k);
    assert_int_equal(members_put_out(k->db, "r", "ada", KIT_NOW), 0);
    assert_int_equal(find(k, "ada").entry, 1);
    assert_int_equal(members_put_out(k->db, "r", "ada", KIT_NOW), 0);
    assert_int_equal(find(k, "ada").entry, 2);
    assert_int_equal(find(k, "bob").entry, 0);
}

static void put_out(struct kit_racer *r)
{
    for (int i = 0; i < 5 && !r->error; i++)
        r->error = members_put_out(r->db, "r", "ada", KIT_NOW);
}

static void counts_all_of_many(void **state)
{
    struct kit *k = *state;
    struct kit_racer racers[KIT_THREADS];

    prepare(k);
    kit_race(k, put_out, NULL, racers);
    assert_int_equal(find(k, "ada").entry, 5 * KIT_THREADS);
}

static void bans(void **state)
{
    struct kit *k = *state;
    struct user list[LIMIT_MEMBERS_LISTED];
    unsigned n;

    prepare(k);
    for (int flag = MEMBER_MODERATOR; flag <= MEMBER_CHAT_BLOCKED; flag++)
        assert_int_equal(members_set(k->db, "r", "ada", (enum member_flag)flag, true, KIT_NOW), 0);
    assert_int_equal(members_ban(k->db, "r", "ada", KIT_NOW), 0);
    assert_int_equal(members_ban(k->db, "r", "bob", KIT_NOW), 0);
    struct member m = find(k, "ada");
    assert_true(m.is_banned && m.is_chat_blocked);
    assert_false(m.is_moderator || m.is_approved || m.is_on_stage);
    assert_int_equal(m.entry, 1);
    assert_int_equal(members_list_users(k->db, &k->arena, "r", MEMBER_BANNED, list, &n), 0);
    assert_int_equal(n, 2);
    assert_string_equal(list[0].id, "ada");
    assert_string_equal(list[1].email, "b@b.c");
    assert_int_equal(members_list_users(k->db, &k->arena, "r", MEMBER_MODERATOR, list, &n), 0);
    assert_int_equal(n, 0);
    assert_int_equal(members_ban(k->db, "r", "none", KIT_NOW), -EINVAL);
}

static void expels(void **state)
{
    struct kit *k = *state;

    prepare(k);
    for (int flag = MEMBER_MODERATOR; flag <= MEMBER_CHAT_BLOCKED; flag++)
        assert_int_equal(members_set(k->db, "r", "ada", (enum member_flag)flag, true, KIT_NOW), 0);
    assert_int_equal(members_expel(k->db, "r", "ada", KIT_NOW), 0);
    struct member m = find(k, "ada");
    assert_int_equal(m.entry, 1);
    assert_true(m.is_moderator && m.is_on_stage && m.is_chat_blocked);
    assert_false(m.is_approved || m.is_banned);
    assert_int_equal(members_expel(k->db, "r", "bob", KIT_NOW), 0);
    assert_int_equal(find(k, "bob").entry, 1);
    assert_int_equal(members_expel(k->db, "r", "none", KIT_NOW), -EINVAL);
}

static void goes_with_room_and_user(void **state)
{
    struct kit *k = *state;
    struct member list[4];
    unsigned n;

    prepare(k);
    members_add(k->db, "r", "ada", KIT_NOW + 1);
    members_add(k->db, "r", "bob", KIT_NOW);
    assert_int_equal(members_list(k->db, &k->arena, "r", (struct db_page){0, 4}, list, &n), 0);
    assert_int_equal(n, 2);
    assert_string_equal(list[0].user_id, "bob");
    assert_string_equal(list[1].user_id, "ada");
    assert_int_equal(users_remove(k->db, "bob"), 0);
    assert_int_equal(members_list(k->db, &k->arena, "r", (struct db_page){0, 4}, list, &n), 0);
    assert_int_equal(n, 1);
    assert_int_equal(db_exec(k->db, "DELETE FROM rooms WHERE id = $1", db_text("r")), 0);
    assert_int_equal(members_list(k->db, &k->arena, "r", (struct db_page){0, 4}, list, &n), 0);
    assert_int_equal(n, 0);
}

static void knows_who_was_admitted_since(void **state)
{
    struct kit *k = *state;
    bool out;

    prepare(k);
    assert_int_equal(members_is_out(k->db, "r", "ada", &out), 0);
    assert_false(out);
    assert_int_equal(members_admit(k->db, "r", "ada", 0), 0);
    assert_int_equal(members_put_out(k->db, "r", "ada", KIT_NOW), 0);
    assert_int_equal(members_is_out(k->db, "r", "ada", &out), 0);
    assert_true(out);
    assert_int_equal(members_is_out(k->db, "r", "bob", &out), 0);
    assert_false(out);
    assert_int_equal(members_admit(k->db, "r", "ada", 1), 0);
    assert_int_equal(members_is_out(k->db, "r", "ada", &out), 0);
    assert_false(out);
    /* Put out between being judged and being given a token for what they were then. */
    assert_int_equal(members_put_out(k->db, "r", "ada", KIT_NOW), 0);
    assert_int_equal(members_admit(k->db, "r", "ada", 1), 0);
    assert_int_equal(members_is_out(k->db, "r", "ada", &out), 0);
    assert_true(out);
    assert_int_equal(members_admit(k->db, "r", "ada", 2), 0);
    assert_int_equal(members_admit(k->db, "r", "ada", 1), 0); /* a late one takes nothing back */
    assert_int_equal(members_is_out(k->db, "r", "ada", &out), 0);
    assert_false(out);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(knows_nobody_at_first),
        cmocka_unit_test(remembers_the_first_time),
        cmocka_unit_test(sets_each_flag_alone),
        cmocka_unit_test(counts_who_was_put_out),
        cmocka_unit_test(counts_all_of_many),
        cmocka_unit_test(goes_with_room_and_user),
        cmocka_unit_test(bans),
        cmocka_unit_test(expels),
        cmocka_unit_test(knows_who_was_admitted_since),
    };

    return KIT_MAIN(tests);
}
