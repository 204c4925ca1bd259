/* SPDX-License-Identifier: Apache-2.0 */
/* The audit log as it is written by calls and read by superadmins. */
#include "server/api_audit.h"

#include "api_kit.h"

static json_t *entries(const struct person *boss, const char *query, int64_t total)
{
    char path[128];

    snprintf(path, sizeof path, "/api/admin/audit%s", query);
    json_t *answer = api_ask(&(struct question){"GET", path, boss->access, NULL, NULL}, 200, NULL);
    assert_int_equal(json_integer_value(json_object_get(answer, "total")), total);
    return answer;
}

/* What the n-th entry says of itself. */
static void check(const json_t *answer, size_t n, const struct person *actor, const char *action,
                  const char *target)
{
    const json_t *one = json_array_get(json_object_get(answer, "entries"), n);

    assert_string_equal(api_get(one, "actorId"), actor->id);
    assert_string_equal(api_get(one, "action"), action);
    assert_string_equal(api_get(one, "target"), target);
    assert_int_equal(strlen(api_get(one, "happenedAt")), strlen("2026-01-01T00:00:00.000Z"));
}

static void notes_what_was_changed(void **state)
{
    (void)state;
    struct person boss, user;
    char path[128], id[64];

    api_register("boss", &boss);
    api_register("user", &user);
    json_t *room = api_ask(
        &(struct question){"POST", "/api/room/create", user.access, "{\"name\":\"hall\"}", NULL},
        200, NULL);
    snprintf(id, sizeof id, "%s", api_get(room, "id"));
    json_decref(room);
    snprintf(path, sizeof path, "/api/room/%s/settings", id);
    /* What was refused has changed nothing. */
    api_expect(&(struct question){"PUT", path, user.access, "{\"maxParticipants\":9999}", NULL},
               400, "too_many_participants");
    json_decref(entries(&boss, "", 0));
    api_expect(&(struct question){"PUT", path, user.access, "{\"isPublic\":false}", NULL}, 200,
               NULL);
    snprintf(path, sizeof path, "/api/room/%s", id);
    api_expect(&(struct question){"DELETE", path, boss.access, NULL, NULL}, 202, NULL);
    json_t *answer = entries(&boss, "", 2);
    check(answer, 0, &boss, "room.archive", id);
    check(answer, 1, &user, "room.settings", id);
    const json_t *newest = json_array_get(json_object_get(answer, "entries"), 0);
    assert_string_equal(api_get(newest, "actorName"), "boss");
    assert_string_equal(api_get(newest, "detail"), "hall");
    json_decref(answer);
    answer = entries(&boss, "?page=2&limit=1", 2);
    assert_int_equal(json_array_size(json_object_get(answer, "entries")), 1);
    check(answer, 0, &user, "room.settings", id);
    json_decref(answer);
}

static void pages_end_somewhere(void **state)
{
    (void)state;
    static const struct {
        const char *query;
        int page, limit;
    } cases[] = {{"", 1, 20},
                 {"?page=0&limit=0", 1, 20},
                 {"?page=-1&limit=-1", 1, 20},
                 {"?page=3&limit=100", 3, 100},
                 {"?limit=101", 1, 20},
                 {"?page=999999999&limit=100", 1000000, 100}};
    struct person boss;

    api_register("boss", &boss);
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        json_t *answer = entries(&boss, cases[i].query, 0);
        assert_int_equal(json_array_size(json_object_get(answer, "entries")), 0);
        assert_int_equal(json_integer_value(json_object_get(answer, "page")), cases[i].page);
        assert_int_equal(json_integer_value(json_object_get(answer, "limit")), cases[i].limit);
        json_decref(answer);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(notes_what_was_changed),
                                       cmocka_unit_test(pages_end_somewhere)};

    return API_MAIN(tests);
}
