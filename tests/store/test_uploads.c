/* SPDX-License-Identifier: Apache-2.0 */
/* Uploads: quotas, lives, and that they go with their rooms and senders. */
#include "store/uploads.h"

#include "accounts.h"

#include "store/rooms.h"

static const struct upload_quota wide = {.user = 1000000, .room = 1000000, .all = 1000000};

static struct upload file(const char *id, const char *room, const char *user, const char *bytes)
{
    return (struct upload){.id = id,
                           .room_id = room,
                           .user_id = user,
                           .type = "image/png",
                           .name = "",
                           .bytes = span_of_str(bytes),
                           .created_ms = KIT_NOW,
                           .expires_ms = KIT_NOW + 10};
}

static enum upload_result add(struct kit *k, const struct upload *u, const struct upload_quota *q)
{
    enum upload_result result;

    assert_int_equal(uploads_add(k->db, u, q, &result), 0);
    return result;
}

static void add_room(struct kit *k, const char *id)
{
    struct room_row r = {.id = id,
                         .name = id,
                         .created_by = "ada",
                         .admin_id = "ada",
                         .mode = ROOM_STANDARD,
                         .created_ms = 1};

    assert_int_equal(rooms_add(k->db, &r), 0);
}

static bool there(struct kit *k, const char *id)
{
    struct upload u;
    int error = uploads_find(k->db, &k->arena, id, KIT_NOW, &u);

    assert_true(error == 0 || error == -ENOENT);
    return error == 0;
}

static void begin(struct kit *k)
{
    add_account(k, "ada", "a@b.c");
    add_account(k, "bob", "b@b.c");
    add_room(k, "r1");
    add_room(k, "r2");
}

static void keeps_bytes(void **state)
{
    struct kit *k = *state;
    struct upload u = file("u1", "r1", "ada", ""), got;

    begin(k);
    u.bytes = SPAN_LITERAL("\0\xff\r\n'");
    u.name = "a file";
    assert_int_equal(add(k, &u, &wide), UPLOAD_ADDED);
    assert_int_equal(uploads_find(k->db, &k->arena, "u1", KIT_NOW + 9, &got), 0);
    assert_true(span_equal(got.bytes, u.bytes));
    assert_string_equal(got.name, "a file");
    assert_string_equal(got.room_id, "r1");
    assert_string_equal(got.user_id, "ada");
    assert_int_equal(uploads_find(k->db, &k->arena, "u1", KIT_NOW + 10, &got), -ENOENT);
    assert_int_equal(uploads_find(k->db, &k->arena, "none", KIT_NOW, &got), -ENOENT);
}

static void keeps_to_quotas(void **state)
{
    struct kit *k = *state;
    struct upload a = file("a", "r1", "ada", "12345"), b = file("b", "r2", "ada", "12345"),
                  c = file("c", "r1", "bob", "12345");

    begin(k);
    assert_int_equal(add(k, &a, &(struct upload_quota){.user = 4, .room = 100, .all = 100}),
                     UPLOAD_USER_FULL);
    assert_int_equal(add(k, &a, &(struct upload_quota){.user = 9, .room = 100, .all = 100}),
                     UPLOAD_ADDED);
    assert_int_equal(add(k, &b, &(struct upload_quota){.user = 9, .room = 100, .all = 100}),
                     UPLOAD_USER_FULL);
    assert_int_equal(add(k, &c, &(struct upload_quota){.user = 9, .room = 100, .all = 9}),
                     UPLOAD_SERVER_FULL);
    assert_int_equal(add(k, &c, &(struct upload_quota){.user = 9, .room = 100, .all = 10}),
                     UPLOAD_ADDED);
    assert_false(there(k, "b"));
}

static void keeps_to_the_quota_of_a_room(void **state)
{
    struct kit *k = *state;
    const struct upload_quota nine = {.user = 100, .room = 9, .all = 100};
    struct upload a = file("a", "r1", "ada", "12345"), b = file("b", "r1", "bob", "12345"),
                  c = file("c", "r2", "bob", "12345");

    begin(k);
    assert_int_equal(add(k, &a, &nine), UPLOAD_ADDED);
    assert_int_equal(add(k, &b, &nine), UPLOAD_ROOM_FULL);
    assert_int_equal(add(k, &c, &nine), UPLOAD_ADDED);
    assert_false(there(k, "b"));
}

/* However many they are. */
static void keeps_to_the_quota_of_guests(void **state)
{
    struct kit *k = *state;
    const struct upload_quota nine = {.user = 100, .room = 100, .all = 100, .guests = 9};
    struct user one = account("one", "1@b.c"), two = account("two", "2@b.c");
    struct upload a = file("a", "r1", "ada", "12345"), b = file("b", "r1", "one", "12345"),
                  c = file("c", "r2", "two", "12345");

    begin(k);
    one.provider = two.provider = "guest";
    assert_int_equal(users_add(k->db, &one), 0);
    assert_int_equal(users_add(k->db, &two), 0);
    assert_int_equal(add(k, &a, &wide), UPLOAD_ADDED);
    assert_int_equal(add(k, &b, &nine), UPLOAD_ADDED);
    assert_int_equal(add(k, &c, &nine), UPLOAD_GUESTS_FULL);
    assert_false(there(k, "c"));
    assert_int_equal(add(k, &c, &wide), UPLOAD_ADDED);
}

static void race_for_quota(struct kit_racer *r)
{
    char id[8];
    enum upload_result result = UPLOAD_ADDED;

    snprintf(id, sizeof id, "u%u", r->index);
    struct upload u = file(id, "r1", "ada", "12345");
    r->error = uploads_add(r->db, &u, &(struct upload_quota){.user = 12, .room = 100, .all = 100},
                           &result);
    r->result = (int)result;
}

static void gives_a_quota_once(void **state)
{
    struct kit *k = *state;
    struct kit_racer racers[KIT_THREADS];

    begin(k);
    kit_race(k, race_for_quota, NULL, racers);
    assert_int_equal(kit_count(racers, UPLOAD_ADDED), 2);
}

static void go_when_their_time_is_over(void **state)
{
    struct kit *k = *state;
    struct upload a = file("a", "r1", "ada", "x"), b = file("b", "r2", "ada", "x"),
                  c = file("c", "r1", "bob", "x");

    begin(k);
    c.expires_ms = KIT_NOW - 1;
    add(k, &a, &wide);
    add(k, &b, &wide);
    add(k, &c, &wide);
    assert_int_equal(rooms_archive(k->db, "r2", KIT_NOW), 0);
    assert_int_equal(uploads_remove_over(k->db, KIT_NOW), 0);
    assert_int_equal(db_changed(k->db), 2);
    assert_true(there(k, "a"));
    assert_false(there(k, "b"));
    assert_int_equal(rooms_remove(k->db, "r1"), 0);
    assert_false(there(k, "a"));
}

static void shows_one_picture_of_each(void **state)
{
    struct kit *k = *state;
    struct upload p = file("p1", "", "ada", "first"), got;
    struct user u;

    begin(k);
    assert_int_equal(avatars_set(k->db, &p, "/p1.png"), 0);
    p.id = "p2";
    p.bytes = span_of_str("second");
    assert_int_equal(avatars_set(k->db, &p, "/p2.png"), 0);
    assert_int_equal(avatars_find(k->db, &k->arena, "p1", &got), -ENOENT);
    assert_int_equal(avatars_find(k->db, &k->arena, "p2", &got), 0);
    assert_true(span_equal(got.bytes, p.bytes));
    assert_int_equal(users_find(k->db, &k->arena, "ada", &u), 0);
    assert_string_equal(u.avatar_url, "/p2.png");
    assert_int_equal(avatars_remove(k->db, "ada", KIT_NOW), 0);
    assert_int_equal(avatars_find(k->db, &k->arena, "p2", &got), -ENOENT);
    assert_int_equal(users_find(k->db, &k->arena, "ada", &u), 0);
    assert_string_equal(u.avatar_url, "");
    p.user_id = "nobody";
    assert_int_equal(avatars_set(k->db, &p, "/p"), -ENOENT);
    assert_int_equal(avatars_find(k->db, &k->arena, "p2", &got), -ENOENT);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(keeps_bytes),
        cmocka_unit_test(keeps_to_quotas),
        cmocka_unit_test(keeps_to_the_quota_of_a_room),
        cmocka_unit_test(keeps_to_the_quota_of_guests),
        cmocka_unit_test(gives_a_quota_once),
        cmocka_unit_test(go_when_their_time_is_over),
        cmocka_unit_test(shows_one_picture_of_each),
    };

    return KIT_MAIN(tests);
}
