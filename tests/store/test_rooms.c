/* SPDX-License-Identifier: Apache-2.0 */
/* Rooms: fields, names, lists, and writers who meet. */
#include "store/rooms.h"

#include "accounts.h"

#include "base/limits.h"
#include "store/members.h"

static struct room_row row(const char *id, const char *name)
{
    return (struct room_row){.id = id,
                             .name = name,
                             .created_by = "owner",
                             .admin_id = "owner",
                             .mode = ROOM_STANDARD,
                             .is_public = true,
                             .max_participants = 20,
                             .settings = {.allow_chat = true, .allow_video = true},
                             .expires_ms = KIT_NOW + 1000,
                             .created_ms = KIT_NOW};
}

static int add(struct kit *k, const char *id, const char *name)
{
    struct room_row r = row(id, name);

    return rooms_add(k->db, &r);
}

static struct room_row find(struct kit *k, const char *id)
{
    struct room_row r;

    assert_int_equal(rooms_find(k->db, &k->arena, id, &r), 0);
    return r;
}

/* Every flag for itself, so that no two columns are taken for each other. */
static void keeps_every_field(void **state)
{
    struct kit *k = *state;

    for (unsigned bit = 0; bit < 8; bit++) {
        char id[16];
        snprintf(id, sizeof id, "r%u", bit);
        struct room_row r = {.id = id,
                             .name = id,
                             .created_by = "c",
                             .admin_id = "a",
                             .mode = ROOM_WEBINAR,
                             .is_public = bit == 7,
                             .max_participants = 7,
                             .settings = {.allow_chat = bit == 0,
                                          .allow_video = bit == 1,
                                          .allow_audio = bit == 2,
                                          .require_approval = bit == 3,
                                          .e2ee = bit == 4,
                                          .is_persistent = bit == 5,
                                          .recordings_allowed = bit == 6},
                             .expires_ms = 9,
                             .created_ms = 5};
        for (int changed = 0; changed < 2; changed++) {
            /* Once as it was added, once as it was changed to be. */
            struct room_row other = {.id = id,
                                     .name = id,
                                     .mode = ROOM_WEBINAR,
                                     .created_by = "c",
                                     .admin_id = "a",
                                     .expires_ms = 9,
                                     .created_ms = 5};
            if (changed)
                assert_int_equal(db_exec(k->db, "DELETE FROM rooms WHERE id = $1", db_text(id)), 0);
            assert_int_equal(rooms_add(k->db, changed ? &other : &r), 0);
            if (changed)
                assert_int_equal(rooms_set(k->db, &r, 6), 0);
            struct room_row got = find(k, id);
            assert_string_equal(got.name, id);
            assert_string_equal(got.created_by, "c");
            assert_string_equal(got.admin_id, "a");
            assert_string_equal(got.mode, ROOM_WEBINAR);
            assert_true(got.is_active);
            assert_int_equal(got.is_public, r.is_public);
            assert_int_equal(got.max_participants, 7);
            assert_memory_equal(&got.settings, &r.settings, sizeof r.settings);
            assert_int_equal(got.expires_ms, 9);
            assert_int_equal(got.last_activity_ms, 5);
            assert_int_equal(got.created_ms, 5);
            assert_int_equal(got.updated_ms, changed ? 6 : 5);
            assert_int_equal(got.deleted_ms, 0);
        }
    }
}

static void gives_a_name_to_one_active_room(void **state)
{
    struct kit *k = *state;
    struct room_row r;

    assert_int_equal(add(k, "r1", "kitchen"), 0);
    assert_int_equal(add(k, "r2", "kitchen"), -EEXIST);
    assert_int_equal(add(k, "r1", "other"), -EEXIST);
    assert_int_equal(rooms_archive(k->db, "r1", KIT_NOW + 5), 0);
    assert_int_equal(rooms_archive(k->db, "r1", KIT_NOW + 6), -ENOENT);
    assert_int_equal(rooms_find_name(k->db, &k->arena, "kitchen", &r), 0);
    assert_string_equal(r.id, "r1");
    assert_false(r.is_active);
    assert_int_equal(r.deleted_ms, KIT_NOW + 5);
    assert_int_equal(add(k, "r2", "kitchen"), 0);
    assert_int_equal(rooms_find_name(k->db, &k->arena, "kitchen", &r), 0);
    assert_string_equal(r.id, "r2");
    assert_int_equal(rooms_find_name(k->db, &k->arena, "none", &r), -ENOENT);
    assert_int_equal(rooms_find(k->db, &k->arena, "none", &r), -ENOENT);
}

static void does_not_change_what_is_archived(void **state)
{
    struct kit *k = *state;
    struct room_row r = row("r1", "kitchen");

    assert_int_equal(rooms_add(k->db, &r), 0);
    assert_int_equal(rooms_archive(k->db, "r1", KIT_NOW), 0);
    r.settings.e2ee = true;
    assert_int_equal(rooms_set(k->db, &r, KIT_NOW), -ENOENT);
    assert_false(find(k, "r1").settings.e2ee);
}

static void notes_that_somebody_came(void **state)
{
    struct kit *k = *state;
    struct room_row r;

    assert_int_equal(add(k, "r1", "kitchen"), 0);
    r = find(k, "r1");
    assert_int_equal(rooms_touch(k->db, &r, KIT_NOW + LIMIT_ROOM_TOUCH_MS - 1, KIT_NOW + 9999), 0);
    assert_int_equal(find(k, "r1").last_activity_ms, KIT_NOW);
    assert_int_equal(rooms_touch(k->db, &r, KIT_NOW + LIMIT_ROOM_TOUCH_MS, KIT_NOW + 9999), 0);
    r = find(k, "r1");
    assert_int_equal(r.last_activity_ms, KIT_NOW + LIMIT_ROOM_TOUCH_MS);
    assert_int_equal(r.expires_ms, KIT_NOW + 9999);
}

static void add_by(struct kit *k, const char *id, const char *name, const char *creator, int after)
{
    struct room_row r = row(id, name);

    r.created_by = creator;
    r.created_ms = KIT_NOW + after;
    assert_int_equal(rooms_add(k->db, &r), 0);
}

static void expect_list(struct kit *k, const char *user, struct db_page page, const char *ids)
{
    struct room_row list[10];
    struct str got;
    unsigned n;

    assert_int_equal(rooms_list(k->db, &k->arena, user, page, list, &n), 0);
    str_init(&got);
    str_append(&got, "");
    for (unsigned i = 0; i < n; i++)
        str_printf(&got, "%s%s", i ? " " : "", list[i].id);
    assert_string_equal(got.text, ids);
    str_fini(&got);
}

static void lists_what_concerns_a_user(void **state)
{
    struct kit *k = *state;
    struct room_row list[10];
    int64_t total;
    unsigned n;

    add_account(k, "ada", "a@b.c");
    add_account(k, "bob", "b@b.c");
    add_by(k, "r1", "one", "ada", 1);
    add_by(k, "r2", "two", "bob", 2);
    add_by(k, "r3", "three", "bob", 3);
    add_by(k, "r4", "four", "ada", 4);
    assert_int_equal(members_add(k->db, "r2", "ada", 1), 0);
    assert_int_equal(members_add(k->db, "r3", "ada", 1), 0);
    expect_list(k, "ada", (struct db_page){0, 10}, "r4 r3 r2 r1");
    expect_list(k, "ada", (struct db_page){1, 2}, "r3 r2");
    expect_list(k, "bob", (struct db_page){0, 10}, "r3 r2");
    expect_list(k, "none", (struct db_page){0, 10}, "");
    members_set(k->db, "r3", "ada", MEMBER_BANNED, true, 1);
    expect_list(k, "ada", (struct db_page){0, 10}, "r4 r2 r1");
    assert_int_equal(rooms_archive(k->db, "r1", KIT_NOW + 9), 0);
    expect_list(k, "ada", (struct db_page){0, 10}, "r4 r2");
    /* The name lives on in a newer room. */
    add_by(k, "r5", "one", "ada", 9);
    expect_list(k, "ada", (struct db_page){0, 10}, "r5 r4 r2");
    assert_int_equal(
        rooms_list_archived(k->db, &k->arena, "ada", (struct db_page){0, 10}, list, &n), 0);
    assert_int_equal(n, 1);
    assert_string_equal(list[0].id, "r1");
    assert_int_equal(rooms_count_archived(k->db, "ada", &total), 0);
    assert_int_equal(total, 1);
    assert_int_equal(rooms_count_archived(k->db, "bob", &total), 0);
    assert_int_equal(total, 0);
    assert_int_equal(rooms_count_active(k->db, "ada", &total), 0);
    assert_int_equal(total, 2);
}

/* ---- races ---- */

static void add_same_name(struct kit_racer *r)
{
    char id[16];

    snprintf(id, sizeof id, "r%u", r->index);
    struct room_row new = row(id, "kitchen");
    int error = rooms_add(r->db, &new);
    r->result = error == -EEXIST;
    r->error = error == -EEXIST ? 0 : error;
}

static void gives_a_name_to_one_of_many(void **state)
{
    struct kit *k = *state;
    struct kit_racer racers[KIT_THREADS];

    kit_race(k, add_same_name, NULL, racers);
    assert_int_equal(kit_count(racers, 0), 1);
}

/* Each changes one setting of what it read. */
static int change_one(struct db *db, void *arg)
{
    const struct kit_racer *r = arg;
    struct room_row room;
    struct arena a;

    arena_init(&a);
    int error = rooms_find(db, &a, "r1", &room);
    bool *flags[] = {&room.settings.allow_chat,         &room.settings.allow_video,
                     &room.settings.allow_audio,        &room.settings.require_approval,
                     &room.settings.recordings_allowed, &room.is_public};
    *flags[r->index % 6] ^= true;
    if (!error)
        error = rooms_set(db, &room, KIT_NOW);
    arena_fini(&a);
    return error;
}

static void change_settings(struct kit_racer *r)
{
    r->error = db_transact(r->db, change_one, r);
}

static void loses_no_setting(void **state)
{
    struct kit *k = *state;
    struct kit_racer racers[KIT_THREADS];

    assert_int_equal(add(k, "r1", "kitchen"), 0);
    kit_race(k, change_settings, NULL, racers);
    struct room_row r = find(k, "r1");
    assert_false(r.settings.allow_chat);
    assert_false(r.settings.allow_video);
    assert_true(r.settings.allow_audio);
    assert_true(r.settings.require_approval);
    assert_true(r.settings.recordings_allowed);
    assert_false(r.is_public);
}

static void archive_or_join(struct kit_racer *r)
{
    char user[8];

    if (r->index == 0) {
        r->error = db_exec(r->db, "DELETE FROM rooms WHERE id = $1", db_text("r1"));
        return;
    }
    snprintf(user, sizeof user, "u%u", r->index);
    int error = members_add(r->db, "r1", user, KIT_NOW);
    r->error = error == -EINVAL ? 0 : error; /* it was gone */
}

static void leaves_nobody_in_a_room_that_is_gone(void **state)
{
    struct kit *k = *state;
    struct kit_racer racers[KIT_THREADS];
    struct member list[8];
    unsigned n;

    for (unsigned i = 1; i < KIT_THREADS; i++) {
        char id[8], email[16];
        snprintf(id, sizeof id, "u%u", i);
        snprintf(email, sizeof email, "u%u@b.c", i);
        add_account(k, id, email);
    }
    assert_int_equal(add(k, "r1", "kitchen"), 0);
    kit_race(k, archive_or_join, NULL, racers);
    assert_int_equal(members_list(k->db, &k->arena, "r1", (struct db_page){0, 8}, list, &n), 0);
    assert_int_equal(n, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(keeps_every_field),
        cmocka_unit_test(gives_a_name_to_one_active_room),
        cmocka_unit_test(does_not_change_what_is_archived),
        cmocka_unit_test(notes_that_somebody_came),
        cmocka_unit_test(lists_what_concerns_a_user),
        cmocka_unit_test(gives_a_name_to_one_of_many),
        cmocka_unit_test(loses_no_setting),
        cmocka_unit_test(leaves_nobody_in_a_room_that_is_gone),
    };

    return KIT_MAIN(tests);
}
