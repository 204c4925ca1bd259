/* SPDX-License-Identifier: Apache-2.0 */
/* Jobs keep their order within a lane, wait for their time, and are not lost. */
#include "store/jobs.h"

#include "kit.h"

static int try_add(struct kit *k, const char *lane, const char *subject, int64_t run_ms)
{
    struct job_row j = {.kind = "webhook",
                        .lane = lane,
                        .subject = subject,
                        .payload = "{\"a\":\"\xc3\xa4\"}",
                        .run_ms = run_ms,
                        .created_ms = KIT_NOW};

    return jobs_add(k->db, &j, 3);
}

static void add(struct kit *k, const char *lane, const char *subject, int64_t run_ms)
{
    assert_int_equal(try_add(k, lane, subject, run_ms), 0);
}

/* The subjects of what may run then, with commas between them. */
static char *due(struct kit *k, int64_t now_ms, unsigned most, int64_t *next_ms)
{
    struct job_row list[8];
    unsigned n;
    struct str text;

    assert_int_equal(jobs_due(k->db, &k->arena, now_ms, most, list, &n), 0);
    assert_int_equal(jobs_next(k->db, now_ms, next_ms), 0);
    str_init(&text);
    for (unsigned i = 0; i < n; i++)
        str_printf(&text, "%s%s", i ? "," : "", list[i].subject);
    char *out = arena_strdup(&k->arena, str_span(&text));
    str_fini(&text);
    return out;
}

static struct job_row first(struct kit *k, int64_t now_ms)
{
    struct job_row list[1];
    unsigned n;

    assert_int_equal(jobs_due(k->db, &k->arena, now_ms, 1, list, &n), 0);
    assert_int_equal(n, 1);
    return list[0];
}

static void keeps_what_it_is_given(void **state)
{
    struct kit *k = *state;

    add(k, "hook", "room.created", KIT_NOW + 1);
    struct job_row j = first(k, KIT_NOW + 1);
    assert_string_equal(j.kind, "webhook");
    assert_string_equal(j.lane, "hook");
    assert_string_equal(j.subject, "room.created");
    assert_string_equal(j.payload, "{\"a\":\"\xc3\xa4\"}");
    assert_int_equal(j.run_ms, KIT_NOW + 1);
    assert_int_equal(j.created_ms, KIT_NOW);
    assert_int_equal(j.attempts, 0);
}

static void keeps_the_order_of_a_lane(void **state)
{
    struct kit *k = *state;
    int64_t next_ms;

    add(k, "a", "a1", KIT_NOW + 5);
    add(k, "a", "a2", KIT_NOW);
    add(k, "b", "b1", KIT_NOW + 2);
    assert_string_equal(due(k, KIT_NOW, 8, &next_ms), "");
    assert_int_equal(next_ms, KIT_NOW + 2);
    assert_string_equal(due(k, KIT_NOW + 2, 8, &next_ms), "b1");
    assert_int_equal(next_ms, KIT_NOW + 5);
    assert_string_equal(due(k, KIT_NOW + 5, 8, &next_ms), "b1,a1");
    assert_int_equal(next_ms, INT64_MAX);
    assert_string_equal(due(k, KIT_NOW + 5, 1, &next_ms), "b1");
    assert_int_equal(jobs_done(k->db, first(k, KIT_NOW + 5).id), 0);
    assert_int_equal(jobs_done(k->db, first(k, KIT_NOW + 5).id), 0);
    assert_string_equal(due(k, KIT_NOW + 5, 8, &next_ms), "a2");
}

static void waits_after_a_failure(void **state)
{
    struct kit *k = *state;
    int64_t next_ms;

    add(k, "a", "a1", KIT_NOW);
    add(k, "a", "a2", KIT_NOW);
    assert_int_equal(jobs_again(k->db, first(k, KIT_NOW).id, KIT_NOW + 10), 0);
    assert_string_equal(due(k, KIT_NOW + 9, 8, &next_ms), "");
    assert_int_equal(next_ms, KIT_NOW + 10);
    assert_string_equal(due(k, KIT_NOW + 10, 8, &next_ms), "a1");
    assert_int_equal(first(k, KIT_NOW + 10).attempts, 1);
}

static void a_full_lane_takes_no_more(void **state)
{
    struct kit *k = *state;

    for (unsigned i = 0; i < 3; i++)
        add(k, "a", "a", KIT_NOW);
    assert_int_equal(try_add(k, "a", "a", KIT_NOW), -EDQUOT);
    add(k, "b", "b", KIT_NOW);
    assert_int_equal(jobs_done(k->db, first(k, KIT_NOW).id), 0);
    add(k, "a", "a", KIT_NOW);
}

static void gives_up_on_what_is_old(void **state)
{
    struct kit *k = *state;
    struct job_row young = {.kind = "webhook",
                            .lane = "a",
                            .subject = "young",
                            .payload = "",
                            .run_ms = KIT_NOW,
                            .created_ms = KIT_NOW + 1};
    int64_t next_ms;

    add(k, "a", "old", KIT_NOW);
    add(k, "b", "other", KIT_NOW);
    assert_int_equal(jobs_add(k->db, &young, 9), 0);
    assert_int_equal(jobs_give_up(k->db, "a", KIT_NOW + 1), 0);
    assert_int_equal(db_changed(k->db), 1);
    assert_string_equal(due(k, KIT_NOW, 8, &next_ms), "other,young");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(keeps_what_it_is_given),  cmocka_unit_test(keeps_the_order_of_a_lane),
        cmocka_unit_test(waits_after_a_failure),   cmocka_unit_test(a_full_lane_takes_no_more),
        cmocka_unit_test(gives_up_on_what_is_old),
    };

    return KIT_MAIN(tests);
}
