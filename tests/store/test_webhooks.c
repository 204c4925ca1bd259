/* SPDX-License-Identifier: Apache-2.0 */
/* Webhooks are kept, changed and bounded. */
#include "store/webhooks.h"

#include "kit.h"

static int add(struct kit *k, const char *id, int64_t created_ms)
{
    struct webhook_row w = {.id = id,
                            .url = "https://a.example/hook",
                            .events = "room.created",
                            .created_by = "ada",
                            .is_active = true,
                            .created_ms = created_ms};

    return webhooks_add(k->db, &w, 2);
}

static void keeps_and_changes(void **state)
{
    struct kit *k = *state;
    struct webhook_row w;

    assert_int_equal(webhooks_find(k->db, &k->arena, "one", &w), -ENOENT);
    assert_int_equal(add(k, "one", KIT_NOW), 0);
    assert_int_equal(webhooks_find(k->db, &k->arena, "one", &w), 0);
    assert_string_equal(w.url, "https://a.example/hook");
    assert_string_equal(w.events, "room.created");
    assert_string_equal(w.created_by, "ada");
    assert_true(w.is_active);
    assert_int_equal(w.generation, 1);
    assert_int_equal(w.created_ms, KIT_NOW);
    w.url = "https://b.example/";
    w.events = "";
    w.is_active = false;
    assert_int_equal(webhooks_set(k->db, &w, KIT_NOW + 1), 0);
    assert_int_equal(webhooks_rotate(k->db, "one", KIT_NOW + 2), 0);
    assert_int_equal(webhooks_find(k->db, &k->arena, "one", &w), 0);
    assert_string_equal(w.url, "https://b.example/");
    assert_string_equal(w.events, "");
    assert_false(w.is_active);
    assert_int_equal(w.generation, 2);
    assert_int_equal(w.updated_ms, KIT_NOW + 2);
    w.id = "none";
    assert_int_equal(webhooks_set(k->db, &w, KIT_NOW), -ENOENT);
    assert_int_equal(webhooks_rotate(k->db, "none", KIT_NOW), -ENOENT);
    assert_int_equal(webhooks_remove(k->db, "none"), -ENOENT);
    assert_int_equal(webhooks_remove(k->db, "one"), 0);
    assert_int_equal(webhooks_find(k->db, &k->arena, "one", &w), -ENOENT);
}

static void are_so_many_and_no_more(void **state)
{
    struct kit *k = *state;
    struct webhook_row list[4];
    unsigned n;

    assert_int_equal(add(k, "second", KIT_NOW + 1), 0);
    assert_int_equal(add(k, "first", KIT_NOW), 0);
    assert_int_equal(add(k, "third", KIT_NOW), -EDQUOT);
    assert_int_equal(webhooks_list(k->db, &k->arena, 4, list, &n), 0);
    assert_int_equal(n, 2);
    assert_string_equal(list[0].id, "first");
    assert_string_equal(list[1].id, "second");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(keeps_and_changes),
        cmocka_unit_test(are_so_many_and_no_more),
    };

    return KIT_MAIN(tests);
}
