/* SPDX-License-Identifier: Apache-2.0 */
/* What is PostgreSQL's alone: a server that goes away, and messages that keep a password. */
#include "store/db.h"

#include "kit.h"

static int64_t number(struct db *db, const char *text)
{
    struct db_query *q = db_query_run(db, text, NULL, 0);
    int64_t n = db_step(q) ? db_column_int(q, 0) : -1;

    assert_int_equal(db_end(q), 0);
    return n;
}

static void reads_integers_of_any_width(void **state)
{
    struct kit *k = *state;

    if (!k->postgres)
        skip();
    assert_int_equal(number(k->db, "SELECT CAST(-2 AS SMALLINT)"), -2);
    assert_int_equal(number(k->db, "SELECT CAST(-70000 AS INTEGER)"), -70000);
    assert_int_equal(number(k->db, "SELECT CAST(-5000000000 AS BIGINT)"), -5000000000);
    assert_int_equal(number(k->db, "SELECT CAST(200 AS SMALLINT)"), 200);
    assert_int_equal(number(k->db, "SELECT true"), 1);
    assert_int_equal(number(k->db, "SELECT false"), 0);
}

static void lose_connection(struct kit *k)
{
    char text[80];

    snprintf(text, sizeof text, "SELECT pg_terminate_backend(%lld)",
             (long long)number(k->db, "SELECT pg_backend_pid()"));
    assert_int_equal(db_script(kit_cluster.admin, text), 0);
}

static int put(struct db *db, const char *name)
{
    return db_exec(db, "INSERT INTO settings (name, value) VALUES ($1, '')", db_text(name));
}

static void connects_again(void **state)
{
    struct kit *k = *state;

    if (!k->postgres)
        skip();
    assert_int_equal(put(k->db, "before"), 0);
    lose_connection(k);
    assert_int_equal(put(k->db, "lost"), -ENOTCONN);
    /* With its prepared statement made anew. */
    assert_int_equal(put(k->db, "after"), 0);
    assert_int_equal(number(k->db, "SELECT count(*) FROM settings"), 2);
}

static int lose_it_halfway(struct db *db, void *arg)
{
    struct kit *k = arg;

    assert_int_equal(put(db, "first"), 0);
    lose_connection(k);
    assert_int_equal(put(db, "second"), -ENOTCONN);
    /* Not on a new connection, where the first half would be missing. */
    assert_int_equal(put(db, "third"), -ENOTCONN);
    return -ENOTCONN;
}

static void loses_a_transaction_as_a_whole(void **state)
{
    struct kit *k = *state;

    if (!k->postgres)
        skip();
    assert_int_equal(db_transact(k->db, lose_it_halfway, k), -ENOTCONN);
    assert_int_equal(number(k->db, "SELECT count(*) FROM settings"), 0);
}

static void does_not_repeat_the_password(void **state)
{
    struct kit *k = *state;
    struct str message;
    struct db *db = NULL;

    if (!k->postgres)
        skip();
    str_init(&message);
    char *url =
        arena_printf(&k->arena, "postgres://postgres:geheim@/none?host=%s", kit_cluster.folder);
    assert_int_equal(db_open(url, &db, &message), -ENOTCONN);
    assert_non_null(strstr(message.text, "\"none\" does not exist"));
    assert_null(strstr(message.text, "geheim"));
    str_clear(&message);
    assert_int_equal(db_open("postgres://a:geheim@/x?host=/nowhere", &db, &message), -ENOTCONN);
    assert_null(strstr(message.text, "geheim"));
    assert_null(db);
    str_fini(&message);
}

/* Writes until the answer changes from this one; how many rows were acknowledged. */
static int64_t put_while(struct db *db, int while_error, const char *name)
{
    char text[32];
    int error = while_error;
    int64_t acknowledged = 0;

    for (int i = 0; i < 400 && error == while_error; i++) {
        snprintf(text, sizeof text, "%s %d", name, i);
        error = put(db, text);
        acknowledged += error == 0;
        if (while_error)
            usleep(50000); /* an attempt to connect that has just failed is not made at once */
    }
    assert_int_equal(error, while_error ? 0 : -ENOTCONN);
    return acknowledged;
}

/* A server that dies and comes back; the process that serves the connection may live on for a
 * moment. */
static void outlives_its_server(void **state)
{
    struct kit *k = *state;

    if (!k->postgres)
        skip();
    cluster_kill(&kit_cluster);
    int64_t acknowledged = put_while(k->db, 0, "before");
    assert_int_equal(put(k->db, "lost"), -ENOTCONN);
    cluster_run(&kit_cluster);
    acknowledged += put_while(k->db, -ENOTCONN, "after");
    assert_int_equal(number(k->db, "SELECT count(*) FROM settings"), acknowledged);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reads_integers_of_any_width),
        cmocka_unit_test(connects_again),
        cmocka_unit_test(loses_a_transaction_as_a_whole),
        cmocka_unit_test(does_not_repeat_the_password),
        cmocka_unit_test(outlives_its_server),
    };

    cluster_find(&kit_cluster);
    if (!kit_cluster.bin[0])
        return kit_main(tests, 0);
    return kit_round(tests, sizeof tests / sizeof tests[0], true);
}
