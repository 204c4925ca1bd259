/* SPDX-License-Identifier: Apache-2.0 */
/* All rooms, found and ordered. */
#include "store/rooms.h"

#include "accounts.h"

static void add(struct kit *k, const char *id, const char *name, const char *owner, bool is_public)
{
    struct room_row r = {.id = id,
                         .name = name,
                         .created_by = owner,
                         .admin_id = owner,
                         .mode = ROOM_STANDARD,
                         .is_public = is_public,
                         .max_participants = 10 - (id[0] - '0'),
                         .settings = {.e2ee = true},
                         .created_ms = KIT_NOW + id[0]};

    assert_int_equal(rooms_add(k->db, &r), 0);
}

/* The ids of what is found, in order. */
static void check(struct kit *k, const struct rooms_search *s, struct db_page page, const char *ids,
                  int64_t total)
{
    struct room_found list[8];
    struct rooms_search search = *s;
    unsigned count;
    int64_t all;
    char got[9] = "";

    search.text = s->text ? s->text : "";
    search.owner = s->owner ? s->owner : "";
    search.page = page;
    assert_int_equal(rooms_find_all(k->db, &k->arena, &search, list, &count, &all), 0);
    for (unsigned i = 0; i < count; i++) {
        got[i] = list[i].room.id[0];
        assert_true(list[i].room.settings.e2ee);
    }
    assert_string_equal(got, ids);
    assert_int_equal(all, total);
}

static void finds_rooms(void **state)
{
    struct kit *k = *state;
    const struct db_page page = {0, 8};

    add_account(k, "ada", "ada@example.org");
    add_account(k, "bob", "bob@example.org");
    add(k, "1", "the-hall", "ada", true);
    add(k, "2", "the-annex", "bob", false);
    add(k, "3", "cellar", "ada", true);
    add(k, "4", "cellar-2", "gone", true);
    assert_int_equal(rooms_suspend(k->db, "3", KIT_NOW), 0);
    assert_int_equal(rooms_archive(k->db, "4", KIT_NOW), 0);
#define SEARCH(...) (&(struct rooms_search){.is_public = -1, __VA_ARGS__})
    check(k, SEARCH(.descending = true), page, "321", 3);
    check(k, SEARCH(.order = ROOMS_BY_NAME), page, "321", 3);
    check(k, SEARCH(.order = ROOMS_BY_SIZE), page, "321", 3);
    check(k, SEARCH(.order = ROOMS_BY_ACTIVITY), page, "123", 3);
    check(k, SEARCH(.text = ""), (struct db_page){1, 1}, "2", 3);
    check(k, SEARCH(.text = "THE-"), page, "12", 2);
    check(k, SEARCH(.text = "%"), page, "", 0);
    check(k, SEARCH(.owner = "ada"), page, "13", 2);
    check(k, SEARCH(.owner = "BOB@"), page, "2", 1);
    check(k, SEARCH(.owner = "gone", .state = ROOMS_ARCHIVED), page, "4", 1);
    check(k, SEARCH(.state = ROOMS_ACTIVE), page, "12", 2);
    check(k, SEARCH(.state = ROOMS_SUSPENDED), page, "3", 1);
    check(k, SEARCH(.state = ROOMS_ARCHIVED), page, "4", 1);
    check(k, (&(struct rooms_search){.is_public = 0}), page, "2", 1);
    check(k, (&(struct rooms_search){.is_public = 1}), page, "13", 2);
}

static void names_owners(void **state)
{
    struct kit *k = *state;
    struct rooms_search s = {.text = "", .owner = "", .is_public = -1, .page = {0, 2}};
    struct room_found list[2];
    unsigned count;
    int64_t total;

    add_account(k, "ada", "ada@example.org");
    add(k, "1", "hall", "ada", true);
    add(k, "2", "annex", "gone", true);
    assert_int_equal(rooms_find_all(k->db, &k->arena, &s, list, &count, &total), 0);
    assert_string_equal(list[0].owner_name, "A name");
    assert_string_equal(list[0].owner_email, "ada@example.org");
    assert_string_equal(list[1].owner_name, "");
    assert_string_equal(list[1].owner_email, "");
}

static void counts_states(void **state)
{
    struct kit *k = *state;
    int64_t n[ROOMS_ARCHIVED + 1];

    for (char id[] = "1"; id[0] < '7'; id[0]++) {
        add(k, id, id, "ada", true);
        if (id[0] >= '4')
            assert_int_equal(
                id[0] >= '6' ? rooms_suspend(k->db, id, 1) : rooms_archive(k->db, id, 1), 0);
    }
    for (unsigned i = 0; i <= ROOMS_ARCHIVED; i++)
        assert_int_equal(rooms_count_state(k->db, (enum rooms_state)i, &n[i]), 0);
    assert_int_equal(n[ROOMS_ANY], 4);
    assert_int_equal(n[ROOMS_ACTIVE], 3);
    assert_int_equal(n[ROOMS_SUSPENDED], 1);
    assert_int_equal(n[ROOMS_ARCHIVED], 2);
}

static void suspends_and_brings_back(void **state)
{
    struct kit *k = *state;
    struct room_row r;

    add(k, "1", "hall", "ada", true);
    assert_int_equal(rooms_reactivate(k->db, "1", 1, 2), -ENOENT);
    assert_int_equal(rooms_suspend(k->db, "1", 1), 0);
    assert_int_equal(rooms_suspend(k->db, "1", 1), -ENOENT);
    add(k, "2", "hall", "ada", true);
    assert_int_equal(rooms_reactivate(k->db, "1", 1, 2), -EEXIST);
    assert_int_equal(rooms_remove(k->db, "2"), 0);
    assert_int_equal(rooms_remove(k->db, "2"), -ENOENT);
    assert_int_equal(rooms_reactivate(k->db, "1", 7, 9), 0);
    assert_int_equal(rooms_find(k->db, &k->arena, "1", &r), 0);
    assert_true(r.is_active);
    assert_int_equal(r.updated_ms, 7);
    assert_int_equal(r.expires_ms, 9);
    assert_int_equal(rooms_archive(k->db, "1", 8), 0);
    assert_int_equal(rooms_reactivate(k->db, "1", 1, 2), -ENOENT);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(finds_rooms),
        cmocka_unit_test(names_owners),
        cmocka_unit_test(counts_states),
        cmocka_unit_test(suspends_and_brings_back),
    };

    return KIT_MAIN(tests);
}
