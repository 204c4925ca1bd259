/* SPDX-License-Identifier: Apache-2.0 */
/* The face of both databases: values, errors, transactions, and what happens when threads meet. */
#include "store/db.h"

#include "kit.h"

static void make_things(struct kit *k)
{
    struct str text;
    const char *const names[] = {db_type_name(k->db, "text"), db_type_name(k->db, "int"),
                                 db_type_name(k->db, "bytes"), db_type_name(k->db, "table")};

    str_init(&text);
    str_printf(&text,
               "CREATE TABLE things (id %s NOT NULL PRIMARY KEY, n %s NOT NULL CHECK (n <> -13), "
               "raw %s NOT NULL) %s;"
               "CREATE TABLE parts (thing %s NOT NULL REFERENCES things (id)) %s",
               names[0], names[1], names[2], names[3], names[0], names[3]);
    assert_int_equal(db_script(k->db, text.text), 0);
    str_fini(&text);
}

static int put_thing(struct db *db, const char *id, int64_t n)
{
    return db_exec(db, "INSERT INTO things (id, n, raw) VALUES ($1, $2, $3)", db_text(id),
                   db_int(n), db_bytes(SPAN_LITERAL("x")));
}

static int64_t sum_of_things(struct db *db)
{
    struct db_query *q =
        db_query_run(db, "SELECT CAST(coalesce(sum(n), 0) AS BIGINT) FROM things", NULL, 0);

    assert_true(db_step(q));
    int64_t n = db_column_int(q, 0);
    assert_false(db_step(q));
    assert_int_equal(db_end(q), 0);
    return n;
}

static void keeps_values(void **state)
{
    struct kit *k = *state;
    static const uint8_t raw[] = {0, 1, 0, 0xff, 0x80, '\''};
    static const struct {
        const char *text;
        int64_t n;
        struct span bytes;
    } values[] = {{"", 0, {NULL, 0}},
                  {"a'b\"c\\d; DROP TABLE things", INT64_MAX, {raw, sizeof raw}},
                  {"Zoë 🎥 $1", INT64_MIN, {raw, 1}},
                  {"x", -1, {raw + 3, 2}}};

    make_things(k);
    for (size_t i = 0; i < sizeof values / sizeof values[0]; i++) {
        assert_int_equal(db_exec(k->db, "INSERT INTO things (id, n, raw) VALUES ($1, $2, $3)",
                                 db_text(values[i].text), db_int(values[i].n),
                                 db_bytes(values[i].bytes)),
                         0);
        struct db_query *q =
            db_query(k->db, "SELECT n, id, raw FROM things WHERE id = $1", db_text(values[i].text));
        assert_true(db_step(q));
        assert_int_equal(db_column_int(q, 0), values[i].n);
        assert_string_equal((const char *)db_column(q, 1).data, values[i].text);
        assert_int_equal(db_column(q, 1).size, strlen(values[i].text));
        assert_true(span_equal(db_column(q, 2), values[i].bytes));
        assert_false(db_step(q));
        assert_int_equal(db_end(q), 0);
    }
}

/* Names of parameters, not their order in the text, say which value is meant. */
static void finds_values_by_their_numbers(void **state)
{
    struct kit *k = *state;
    struct db_query *q =
        db_query(k->db, "SELECT $2 - $1, $2, $1 = 5, $3", db_int(5), db_int(12), db_text("three"));

    assert_true(db_step(q));
    assert_int_equal(db_column_int(q, 0), 7);
    assert_int_equal(db_column_int(q, 1), 12);
    assert_int_equal(db_column_int(q, 2), 1);
    assert_string_equal((const char *)db_column(q, 3).data, "three");
    assert_int_equal(db_end(q), 0);
}

static void names_errors(void **state)
{
    struct kit *k = *state;

    make_things(k);
    assert_int_equal(put_thing(k->db, "a", 1), 0);
    assert_int_equal(db_changed(k->db), 1);
    assert_int_equal(put_thing(k->db, "a", 2), -EEXIST);
    assert_int_equal(put_thing(k->db, "b", -13), -EINVAL);
    assert_int_equal(db_exec(k->db, "INSERT INTO parts (thing) VALUES ($1)", db_text("none")),
                     -EINVAL);
    assert_int_equal(db_change(k->db, "UPDATE things SET n = n + 1 WHERE id = $1", db_text("none")),
                     -ENOENT);
    assert_int_equal(db_change(k->db, "UPDATE things SET n = n + 1 WHERE id = $1", db_text("a")),
                     0);
    assert_int_equal(sum_of_things(k->db), 2);
    /* Statements that cannot be prepared fail as others do. */
    struct db_query *q = db_query_run(k->db, "SELECT nothing FROM nowhere", NULL, 0);
    assert_false(db_step(q));
    assert_int_equal(db_end(q), -EIO);
    assert_int_equal(db_script(k->db, "CREATE NOTHING"), -EIO);
    /* And what comes next is not touched by it. */
    assert_int_equal(put_thing(k->db, "c", 5), 0);
    q = db_query(k->db, "SELECT n FROM things WHERE id = $1", db_text("z"));
    assert_int_equal(db_end_row(q, db_step(q)), -ENOENT);
}

static void ends_queries_early(void **state)
{
    struct kit *k = *state;

    make_things(k);
    for (int i = 0; i < 5; i++)
        put_thing(k->db, &"abcde"[i], i + 1);
    for (int round = 0; round < 3; round++) {
        struct db_query *q =
            db_query(k->db, "SELECT n FROM things WHERE n > $1 ORDER BY n", db_int(round));
        assert_true(db_step(q));
        assert_int_equal(db_column_int(q, 0), round + 1);
        assert_int_equal(db_end(q), 0);
    }
}

/* ---- transactions ---- */

static int two_then_fail(struct db *db, void *arg)
{
    int error = put_thing(db, "one", 1);

    if (!error)
        error = put_thing(db, "two", 2);
    return error ? error : *(const int *)arg;
}

static int nested(struct db *db, void *arg)
{
    return db_transact(db, two_then_fail, arg);
}

static int collide(struct db *db, void *arg)
{
    (void)arg;
    int error = put_thing(db, "three", 3);
    return error ? error : put_thing(db, "three", 3);
}

static void commits_all_or_nothing(void **state)
{
    struct kit *k = *state;
    int result = -ENOTTY;

    make_things(k);
    assert_int_equal(db_transact(k->db, two_then_fail, &result), -ENOTTY);
    assert_int_equal(sum_of_things(k->db), 0);
    assert_int_equal(db_transact(k->db, nested, &result), -ENOTTY);
    assert_int_equal(sum_of_things(k->db), 0);
    result = 0;
    assert_int_equal(db_transact(k->db, nested, &result), 0);
    assert_int_equal(sum_of_things(k->db), 3);
    assert_int_equal(db_transact(k->db, collide, NULL), -EEXIST);
    assert_int_equal(sum_of_things(k->db), 3);
}

#define ADDITIONS 25

/* Reads, and writes what follows from it: lost unless transactions run as if alone. */
static int add_one(struct db *db, void *arg)
{
    (void)arg;
    struct db_query *q = db_query(db, "SELECT n FROM things WHERE id = $1", db_text("counter"));
    int64_t n = db_step(q) ? db_column_int(q, 0) : 0;
    int error = db_end(q);

    if (error)
        return error;
    return db_exec(db, "UPDATE things SET n = $2 WHERE id = $1", db_text("counter"), db_int(n + 1));
}

static void add_many(struct kit_racer *r)
{
    for (int i = 0; i < ADDITIONS && !r->error; i++)
        r->error = db_transact(r->db, add_one, NULL);
}

static void loses_no_update(void **state)
{
    struct kit *k = *state;
    struct kit_racer racers[KIT_THREADS];

    make_things(k);
    put_thing(k->db, "counter", 0);
    kit_race(k, add_many, NULL, racers);
    assert_int_equal(sum_of_things(k->db), KIT_THREADS * ADDITIONS);
}

/* Each sees that there is no other yet, and adds one: without isolation there would be several. */
static int add_if_none(struct db *db, void *arg)
{
    const struct kit_racer *r = arg;
    char id[16];

    if (sum_of_things(db) > 0)
        return 0;
    snprintf(id, sizeof id, "t%u", r->index);
    return put_thing(db, id, 1);
}

static void add_first(struct kit_racer *r)
{
    r->error = db_transact(r->db, add_if_none, r);
}

static void sees_no_phantoms(void **state)
{
    struct kit *k = *state;
    struct kit_racer racers[KIT_THREADS];

    make_things(k);
    kit_race(k, add_first, NULL, racers);
    assert_int_equal(sum_of_things(k->db), 1);
}

/* ---- locks ---- */

static int hold(struct db *db, void *arg)
{
    struct kit *k = arg;
    int error = db_script(db, k->postgres ? "LOCK TABLE things" : "UPDATE things SET n = n");

    /* Another connection gives up in bounded time, and says so. */
    struct db *other = kit_connect(k);
    assert_int_equal(put_thing(other, "waiting", 1), -EBUSY);
    db_close(other);
    return error;
}

static void says_busy(void **state)
{
    struct kit *k = *state;

    make_things(k);
    assert_int_equal(db_transact(k->db, hold, k), 0);
    assert_int_equal(put_thing(k->db, "later", 1), 0);
}

static void verifies(void **state)
{
    struct kit *k = *state;
    struct str message;

    str_init(&message);
    make_things(k);
    assert_int_equal(db_verify(k->db, &message), 0);
    assert_int_equal(message.size, 0);
    str_fini(&message);
}

static void knows_postgres(void **state)
{
    (void)state;
    assert_true(db_is_postgres("postgres://a@b/c"));
    assert_true(db_is_postgres("postgresql:///c"));
    assert_false(db_is_postgres("postgres.db"));
    assert_false(db_is_postgres("/var/lib/bedrud/bedrud.db"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(keeps_values),
        cmocka_unit_test(finds_values_by_their_numbers),
        cmocka_unit_test(names_errors),
        cmocka_unit_test(ends_queries_early),
        cmocka_unit_test(commits_all_or_nothing),
        cmocka_unit_test(loses_no_update),
        cmocka_unit_test(sees_no_phantoms),
        cmocka_unit_test(says_busy),
        cmocka_unit_test(verifies),
        cmocka_unit_test(knows_postgres),
    };

    kit_bare = true;
    return KIT_MAIN(tests);
}
