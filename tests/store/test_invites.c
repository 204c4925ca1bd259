/* SPDX-License-Identifier: Apache-2.0 */
/* Invitations are used once, in time, and by whom they are for. */
#include "store/invites.h"

#include "kit.h"

static void add(struct kit *k, const char *id, const char *email, int64_t created_ms)
{
    struct invite i = {.id = id,
                       .token = id,
                       .email = email,
                       .created_by = "admin",
                       .created_ms = created_ms,
                       .expires_ms = KIT_NOW + 1000};

    assert_int_equal(invites_add(k->db, &i), 0);
}

static enum invite_use use(struct kit *k, const char *token, const char *email, int64_t now_ms)
{
    enum invite_use result;

    assert_int_equal(invites_use(k->db, token, email, "user", now_ms, &result), 0);
    return result;
}

static void is_used_once(void **state)
{
    struct kit *k = *state;

    add(k, "open", "", KIT_NOW);
    add(k, "bound", "a@b.c", KIT_NOW);
    assert_int_equal(use(k, "none", "a@b.c", KIT_NOW), INVITE_UNKNOWN);
    assert_int_equal(use(k, "", "a@b.c", KIT_NOW), INVITE_UNKNOWN);
    assert_int_equal(use(k, "open", "a@b.c", KIT_NOW + 1000), INVITE_EXPIRED);
    assert_int_equal(use(k, "open", "a@b.c", KIT_NOW + 999), INVITE_USED_NOW);
    assert_int_equal(use(k, "open", "a@b.c", KIT_NOW + 999), INVITE_USED_BEFORE);
    assert_int_equal(use(k, "bound", "x@b.c", KIT_NOW), INVITE_UNKNOWN);
    assert_int_equal(use(k, "bound", "a@b.c", KIT_NOW), INVITE_USED_NOW);
}

static void try_to_use(struct kit_racer *r)
{
    enum invite_use result;

    r->error = invites_use(r->db, "open", "a@b.c", "user", KIT_NOW, &result);
    r->result = (int)result;
}

static void is_used_by_one_of_many(void **state)
{
    struct kit *k = *state;
    struct kit_racer racers[KIT_THREADS];

    add(k, "open", "", KIT_NOW);
    kit_race(k, try_to_use, NULL, racers);
    assert_int_equal(kit_count(racers, INVITE_USED_NOW), 1);
    assert_int_equal(kit_count(racers, INVITE_USED_BEFORE), KIT_THREADS - 1);
}

static void lists(void **state)
{
    struct kit *k = *state;
    struct invite list[2];
    unsigned n;
    int64_t total;

    add(k, "first", "", KIT_NOW);
    add(k, "second", "a@b.c", KIT_NOW + 1);
    add(k, "third", "", KIT_NOW + 2);
    use(k, "second", "a@b.c", KIT_NOW + 5);
    assert_int_equal(invites_list(k->db, &k->arena, (struct db_page){0, 2}, list, &n, &total), 0);
    assert_int_equal(n, 2);
    assert_int_equal(total, 3);
    assert_string_equal(list[0].id, "third");
    assert_int_equal(list[0].used_ms, 0);
    assert_string_equal(list[1].id, "second");
    assert_string_equal(list[1].token, "second");
    assert_string_equal(list[1].email, "a@b.c");
    assert_string_equal(list[1].created_by, "admin");
    assert_string_equal(list[1].used_by, "user");
    assert_int_equal(list[1].created_ms, KIT_NOW + 1);
    assert_int_equal(list[1].expires_ms, KIT_NOW + 1000);
    assert_int_equal(list[1].used_ms, KIT_NOW + 5);
    assert_int_equal(invites_list(k->db, &k->arena, (struct db_page){2, 2}, list, &n, &total), 0);
    assert_int_equal(n, 1);
    assert_string_equal(list[0].id, "first");
    assert_int_equal(invites_remove(k->db, "first"), 0);
    assert_int_equal(invites_remove(k->db, "first"), -ENOENT);
    struct invite again = {.id = "x", .token = "third", .email = "", .created_by = ""};
    assert_int_equal(invites_add(k->db, &again), -EEXIST);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(is_used_once),
        cmocka_unit_test(is_used_by_one_of_many),
        cmocka_unit_test(lists),
    };

    return KIT_MAIN(tests);
}
