/* SPDX-License-Identifier: Apache-2.0 */
/* The audit log: in order, whole. */
#include "store/audit.h"

#include "kit.h"

static void keeps_rows_in_order(void **state)
{
    struct kit *k = *state;
    struct audit list[3];
    unsigned n;

    for (int i = 0; i < 5; i++) {
        struct audit row = {.happened_ms = KIT_NOW, /* the same for all */
                            .actor_id = "admin",
                            .action = "user.promote",
                            .target = &"01234"[i],
                            .detail = "to superadmin"};
        assert_int_equal(audit_add(k->db, &row), 0);
    }
    assert_int_equal(audit_list(k->db, &k->arena, (struct db_page){1, 3}, list, &n), 0);
    assert_int_equal(n, 3);
    for (unsigned i = 0; i < 3; i++) {
        assert_string_equal(list[i].target, &"01234"[3 - i]);
        assert_string_equal(list[i].actor_id, "admin");
        assert_string_equal(list[i].action, "user.promote");
        assert_string_equal(list[i].detail, "to superadmin");
        assert_int_equal(list[i].happened_ms, KIT_NOW);
    }
    assert_true(list[0].id > list[1].id);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(keeps_rows_in_order)};

    return KIT_MAIN(tests);
}
