/* SPDX-License-Identifier: Apache-2.0 */
/* Sessions: families of refresh tokens, and who is logged in. */
#include "store/sessions.h"

#include "accounts.h"

#include "base/limits.h"

#define LIFE_MS 10000000

static void add(struct kit *k, const char *id, const char *user, int64_t created_ms)
{
    struct session_row s = {.id = id,
                            .user_id = user,
                            .client = "a browser",
                            .created_ms = created_ms,
                            .expires_ms = created_ms + LIFE_MS};

    assert_int_equal(sessions_add(k->db, &s), 0);
}

static int find(struct kit *k, const char *id, int64_t now_ms)
{
    struct user u = {0};
    int error = sessions_find_user(k->db, &k->arena, id, now_ms, &u);

    if (!error)
        assert_string_equal(u.email, "a@b.c");
    return error;
}

static void ends_with_time(void **state)
{
    struct kit *k = *state;

    add_account(k, "u", "a@b.c");
    add(k, "s", "u", KIT_NOW);
    assert_int_equal(find(k, "s", KIT_NOW), 0);
    assert_int_equal(find(k, "s", KIT_NOW + LIFE_MS - 1), 0);
    assert_int_equal(find(k, "s", KIT_NOW + LIFE_MS), -ENOENT);
    assert_int_equal(find(k, "none", KIT_NOW), -ENOENT);
    assert_int_equal(sessions_remove_expired(k->db, KIT_NOW + LIFE_MS - 1), 0);
    assert_int_equal(find(k, "s", KIT_NOW), 0);
    assert_int_equal(sessions_remove_expired(k->db, KIT_NOW + LIFE_MS), 0);
    assert_int_equal(find(k, "s", KIT_NOW), -ENOENT);
}

static enum session_rotation rotate(struct kit *k, const char *id, int64_t generation,
                                    int64_t now_ms)
{
    struct session_turn t = {
        .id = id, .generation = generation, .now_ms = now_ms, .expires_ms = now_ms + LIFE_MS};

    assert_int_equal(sessions_rotate(k->db, &k->arena, &t), 0);
    if (t.result == SESSION_ROTATED)
        assert_string_equal(t.user_id, "u");
    return t.result;
}

static void rotates(void **state)
{
    struct kit *k = *state;
    const int64_t late = KIT_NOW + LIMIT_REFRESH_RACE_MS;

    add_account(k, "u", "a@b.c");
    add(k, "s", "u", KIT_NOW - 500);
    add(k, "other", "u", KIT_NOW);
    assert_int_equal(rotate(k, "s", 1, KIT_NOW), SESSION_ROTATED);
    /* Its life begins anew. */
    assert_int_equal(find(k, "s", KIT_NOW + LIFE_MS - 1), 0);
    /* Another tab with the old one: neither the family nor the generation change. */
    assert_int_equal(rotate(k, "s", 1, KIT_NOW), SESSION_RACED);
    assert_int_equal(rotate(k, "s", 1, late), SESSION_RACED);
    assert_int_equal(rotate(k, "s", 2, late), SESSION_ROTATED);
    /* One from the future was signed by nobody. */
    assert_int_equal(rotate(k, "s", 4, late), SESSION_GONE);
    /* Two generations back is nobody's tab. */
    assert_int_equal(rotate(k, "s", 1, late), SESSION_REUSED);
    assert_int_equal(find(k, "s", late), -ENOENT);
    assert_int_equal(rotate(k, "s", 3, late), SESSION_GONE);
    assert_int_equal(find(k, "other", late), 0);
}

static void revokes_the_family_of_a_copy(void **state)
{
    struct kit *k = *state;
    const int64_t later = KIT_NOW + LIMIT_REFRESH_RACE_MS + 1;

    add_account(k, "u", "a@b.c");
    add(k, "s", "u", KIT_NOW);
    assert_int_equal(rotate(k, "s", 1, KIT_NOW), SESSION_ROTATED);
    assert_int_equal(rotate(k, "s", 1, later), SESSION_REUSED);
    assert_int_equal(rotate(k, "s", 2, later), SESSION_GONE);
    assert_int_equal(find(k, "s", later), -ENOENT);
}

static void does_not_rotate_what_has_expired(void **state)
{
    struct kit *k = *state;

    add_account(k, "u", "a@b.c");
    add(k, "s", "u", KIT_NOW);
    assert_int_equal(rotate(k, "s", 1, KIT_NOW + LIFE_MS), SESSION_GONE);
    assert_int_equal(find(k, "s", KIT_NOW), 0);
}

static void try_to_rotate(struct kit_racer *r)
{
    struct arena a;
    struct session_turn t = {
        .id = "s", .generation = 1, .now_ms = KIT_NOW, .expires_ms = KIT_NOW + LIFE_MS};

    arena_init(&a);
    r->error = sessions_rotate(r->db, &a, &t);
    r->result = (int)t.result;
    arena_fini(&a);
}

static void rotates_for_one_of_many(void **state)
{
    struct kit *k = *state;
    struct kit_racer racers[KIT_THREADS];

    add_account(k, "u", "a@b.c");
    add(k, "s", "u", KIT_NOW);
    kit_race(k, try_to_rotate, NULL, racers);
    assert_int_equal(kit_count(racers, SESSION_ROTATED), 1);
    assert_int_equal(kit_count(racers, SESSION_RACED), KIT_THREADS - 1);
    assert_int_equal(rotate(k, "s", 2, KIT_NOW), SESSION_ROTATED);
}

static void removes(void **state)
{
    struct kit *k = *state;
    struct session_row *list;
    unsigned n;

    add_account(k, "u", "a@b.c");
    add_account(k, "v", "v@b.c");
    add(k, "s1", "u", KIT_NOW + 1);
    add(k, "s2", "u", KIT_NOW + 2);
    add(k, "s3", "u", KIT_NOW + 3);
    add(k, "s4", "v", KIT_NOW);
    assert_int_equal(sessions_remove(k->db, "s4", "u"), -ENOENT);
    assert_int_equal(sessions_remove(k->db, "s3", "u"), 0);
    assert_int_equal(sessions_list(k->db, &k->arena, "u", KIT_NOW, &list, &n), 0);
    assert_int_equal(n, 2);
    assert_string_equal(list[0].id, "s2");
    assert_string_equal(list[1].id, "s1");
    assert_string_equal(list[1].client, "a browser");
    assert_int_equal(list[1].created_ms, KIT_NOW + 1);
    assert_int_equal(list[1].rotated_ms, KIT_NOW + 1);
    assert_int_equal(list[1].expires_ms, KIT_NOW + 1 + LIFE_MS);
    assert_int_equal(sessions_remove_all(k->db, "u", "s1"), 0);
    assert_int_equal(find(k, "s1", KIT_NOW), 0);
    assert_int_equal(find(k, "s2", KIT_NOW), -ENOENT);
    assert_int_equal(sessions_remove_all(k->db, "u", ""), 0);
    assert_int_equal(find(k, "s1", KIT_NOW), -ENOENT);
    assert_int_equal(sessions_list(k->db, &k->arena, "v", KIT_NOW, &list, &n), 0);
    assert_int_equal(n, 1);
}

static void bounds_the_devices(void **state)
{
    struct kit *k = *state;
    struct session_row *list;
    unsigned n;
    char id[16];

    add_account(k, "u", "a@b.c");
    for (int i = 0; i < LIMIT_SESSIONS_PER_USER + 3; i++) {
        snprintf(id, sizeof id, "s%d", i);
        add(k, id, "u", KIT_NOW + i);
    }
    assert_int_equal(sessions_list(k->db, &k->arena, "u", KIT_NOW, &list, &n), 0);
    assert_int_equal(n, LIMIT_SESSIONS_PER_USER);
    assert_int_equal(find(k, "s2", KIT_NOW), -ENOENT);
    assert_int_equal(find(k, "s3", KIT_NOW), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(ends_with_time),
        cmocka_unit_test(rotates),
        cmocka_unit_test(revokes_the_family_of_a_copy),
        cmocka_unit_test(does_not_rotate_what_has_expired),
        cmocka_unit_test(rotates_for_one_of_many),
        cmocka_unit_test(removes),
        cmocka_unit_test(bounds_the_devices),
    };

    return KIT_MAIN(tests);
}
