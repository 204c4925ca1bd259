/* SPDX-License-Identifier: Apache-2.0 */
/* What holds for every table, today's and tomorrow's. */
#include "kit.h"

/* Rows: table, column, 1 when the column may hold NULL. */
static struct db_query *columns(struct kit *k)
{
    if (k->postgres)
        return db_query(k->db,
                        "SELECT CAST(table_name AS TEXT), CAST(column_name AS TEXT), "
                        "CASE WHEN is_nullable = 'YES' THEN 1 ELSE 0 END FROM "
                        "information_schema.columns WHERE table_schema = $1",
                        db_text("public"));
    return db_query(k->db,
                    "SELECT m.name, c.name, c.\"notnull\" = 0 AND c.pk = 0 FROM sqlite_master m "
                    "JOIN pragma_table_info(m.name) c WHERE m.type = $1 AND "
                    "m.name NOT LIKE 'sqlite%'",
                    db_text("table"));
}

static void holds_no_null_and_no_key(void **state)
{
    struct kit *k = *state;
    struct db_query *q = columns(k);
    unsigned n = 0;

    for (; db_step(q); n++) {
        const char *column = (const char *)db_column(q, 1).data;
        if (db_column_int(q, 2))
            fail_msg("%s.%s may be NULL", (const char *)db_column(q, 0).data, column);
        if (strstr(column, "key") || strstr(column, "secret"))
            fail_msg("%s.%s", (const char *)db_column(q, 0).data, column);
    }
    assert_int_equal(db_end(q), 0);
    assert_true(n > 30);
}

static void refuses_wrong_types(void **state)
{
    struct kit *k = *state;

    assert_int_not_equal(db_script(k->db, "INSERT INTO sessions VALUES "
                                          "('s', 'u', 'c', 'many', 1, 1, 1)"),
                         0);
    /* In SQLite only if the table is STRICT. */
    if (!k->postgres) {
        struct db_query *q = db_query(
            k->db,
            "SELECT count(*) FROM sqlite_master WHERE type = $1 AND sql NOT LIKE '%STRICT' "
            "AND name NOT LIKE 'sqlite%'",
            db_text("table"));
        assert_true(db_step(q));
        assert_int_equal(db_column_int(q, 0), 0);
        assert_int_equal(db_end(q), 0);
    }
}

static void names_its_steps(void **state)
{
    (void)state;
    for (unsigned i = 0; i < schema.count; i++)
        assert_true(strlen(schema.items[i].name) > 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(holds_no_null_and_no_key),
        cmocka_unit_test(refuses_wrong_types),
        cmocka_unit_test(names_its_steps),
    };

    return KIT_MAIN(tests);
}
