/* SPDX-License-Identifier: Apache-2.0 */
/* Accounts. */
#include "store/users.h"

#include "accounts.h"

#include "store/sessions.h"

static struct user find(struct kit *k, const char *id)
{
    struct user u;

    assert_int_equal(users_find(k->db, &k->arena, id, &u), 0);
    return u;
}

static void keeps_every_field(void **state)
{
    struct kit *k = *state;
    struct user u = {.id = "u1",
                     .email = "zoë@example.org",
                     .provider = "local",
                     .name = "Zoë 🎥",
                     .avatar_url = "/a.png",
                     .password = "$argon2id$",
                     .accesses = ACCESS_USER | ACCESS_SUPERADMIN,
                     .is_active = true,
                     .email_verified_ms = 1,
                     .password_changed_ms = 2,
                     .created_ms = 3,
                     .updated_ms = 4};

    assert_int_equal(users_add(k->db, &u), 0);
    for (int by_email = 0; by_email < 2; by_email++) {
        struct user got = {0};
        assert_int_equal(by_email ? users_find_email(k->db, &k->arena, u.email, "local", &got)
                                  : users_find(k->db, &k->arena, "u1", &got),
                         0);
        assert_string_equal(got.id, u.id);
        assert_string_equal(got.email, u.email);
        assert_string_equal(got.provider, u.provider);
        assert_string_equal(got.name, u.name);
        assert_string_equal(got.avatar_url, u.avatar_url);
        assert_string_equal(got.password, u.password);
        assert_int_equal(got.accesses, u.accesses);
        assert_true(got.is_active);
        assert_int_equal(got.email_verified_ms, 1);
        assert_int_equal(got.password_changed_ms, 2);
        assert_int_equal(got.created_ms, 3);
        assert_int_equal(got.updated_ms, 4);
    }
}

static void lets_an_address_be_taken_once(void **state)
{
    struct kit *k = *state;
    struct user same = account("u2", "a@b.c"), guest = account("u3", "a@b.c"), got;

    add_account(k, "u1", "a@b.c");
    assert_int_equal(users_add(k->db, &same), -EEXIST);
    guest.provider = "guest";
    assert_int_equal(users_add(k->db, &guest), 0);
    assert_int_equal(users_find_email(k->db, &k->arena, "a@b.c", "guest", &got), 0);
    assert_string_equal(got.id, "u3");
    assert_int_equal(users_find_email(k->db, &k->arena, "A@b.c", "local", &got), -ENOENT);
    assert_int_equal(users_find(k->db, &k->arena, "", &got), -ENOENT);
    int64_t n;
    assert_int_equal(users_count(k->db, &n), 0);
    assert_int_equal(n, 1);
    assert_int_equal(users_count_superadmins(k->db, &n), 0);
    assert_int_equal(n, 0);
    users_set_accesses(k->db, "u1", ACCESS_USER | ACCESS_SUPERADMIN, KIT_NOW);
    assert_int_equal(users_count_superadmins(k->db, &n), 0);
    assert_int_equal(n, 1);
}

static void changes(void **state)
{
    struct kit *k = *state;

    add_account(k, "u1", "a@b.c");
    add_account(k, "u2", "b@b.c");
    assert_int_equal(users_set_profile(k->db, "u1", "New", "new@b.c", KIT_NOW + 1), 0);
    assert_int_equal(users_set_profile(k->db, "u1", "New", "b@b.c", KIT_NOW + 9), -EEXIST);
    assert_int_equal(users_set_password(k->db, "u1", "other", KIT_NOW + 2), 0);
    assert_int_equal(users_set_password_hash(k->db, "u1", "renewed"), 0);
    assert_int_equal(users_set_accesses(k->db, "u1", ACCESS_ADMIN, KIT_NOW + 3), 0);
    struct user u = find(k, "u1"), other = find(k, "u2");
    assert_string_equal(u.name, "New");
    assert_string_equal(u.email, "new@b.c");
    assert_string_equal(u.password, "renewed");
    assert_int_equal(u.password_changed_ms, KIT_NOW + 2);
    assert_int_equal(u.accesses, ACCESS_ADMIN);
    assert_int_equal(u.updated_ms, KIT_NOW + 3);
    assert_string_equal(other.name, "A name");
    assert_string_equal(other.password, "hash");
    assert_int_equal(other.accesses, ACCESS_USER);
    assert_int_equal(users_set_profile(k->db, "none", "a", "b", 1), -ENOENT);
    assert_int_equal(users_set_password(k->db, "none", "a", 1), -ENOENT);
    assert_int_equal(users_set_accesses(k->db, "none", 1, 1), -ENOENT);
    assert_int_equal(users_set_active(k->db, "none", false, 1), -ENOENT);
    assert_int_equal(users_remove(k->db, "none"), -ENOENT);
}

static unsigned sessions_of(struct kit *k, const char *user)
{
    struct session_row *list;
    unsigned n;

    assert_int_equal(sessions_list(k->db, &k->arena, user, KIT_NOW, &list, &n), 0);
    return n;
}

static void add_session(struct kit *k, const char *id, const char *user)
{
    struct session_row s = {.id = id,
                            .user_id = user,
                            .client = "",
                            .created_ms = KIT_NOW,
                            .expires_ms = KIT_NOW + 1000};

    assert_int_equal(sessions_add(k->db, &s), 0);
}

static void is_switched_off_and_on(void **state)
{
    struct kit *k = *state;

    add_account(k, "u1", "a@b.c");
    add_session(k, "s1", "u1");
    assert_int_equal(users_set_active(k->db, "u1", false, KIT_NOW + 1), 0);
    assert_false(find(k, "u1").is_active);
    assert_int_equal(sessions_of(k, "u1"), 1);
    assert_int_equal(users_set_active(k->db, "u1", true, KIT_NOW + 2), 0);
    assert_true(find(k, "u1").is_active);
    assert_int_equal(sessions_of(k, "u1"), 0);
}

static void keeps_preferences(void **state)
{
    struct kit *k = *state;
    const char *json;

    add_account(k, "u1", "a@b.c");
    assert_int_equal(users_preferences(k->db, &k->arena, "u1", &json), 0);
    assert_string_equal(json, "{}");
    assert_int_equal(users_set_preferences(k->db, "u1", "{\"a\":1}"), 0);
    assert_int_equal(users_set_preferences(k->db, "u1", "{\"a\":2}"), 0);
    assert_int_equal(users_preferences(k->db, &k->arena, "u1", &json), 0);
    assert_string_equal(json, "{\"a\":2}");
    assert_int_equal(users_set_preferences(k->db, "none", "{}"), -EINVAL);
}

static void leaves_nothing_behind(void **state)
{
    struct kit *k = *state;
    const char *json;
    struct user u;

    add_account(k, "u1", "a@b.c");
    add_session(k, "s1", "u1");
    users_set_preferences(k->db, "u1", "{\"a\":1}");
    assert_int_equal(users_remove(k->db, "u1"), 0);
    assert_int_equal(users_find(k->db, &k->arena, "u1", &u), -ENOENT);
    assert_int_equal(sessions_of(k, "u1"), 0);
    users_preferences(k->db, &k->arena, "u1", &json);
    assert_string_equal(json, "{}");
}

static void forgets_guests(void **state)
{
    struct kit *k = *state;
    static const struct {
        const char *id, *provider;
        int64_t created_ms;
        bool session, stays;
    } cases[] = {{"old", "guest", KIT_NOW, false, false},
                 {"here", "guest", KIT_NOW, true, true},
                 {"new", "guest", KIT_NOW + 10, false, true},
                 {"person", "local", KIT_NOW, false, true}};

    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct user u = account(cases[i].id, cases[i].id);
        u.provider = cases[i].provider;
        u.created_ms = cases[i].created_ms;
        assert_int_equal(users_add(k->db, &u), 0);
        if (cases[i].session)
            add_session(k, "s", cases[i].id);
    }
    assert_int_equal(users_remove_guests(k->db, KIT_NOW + 5), 0);
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct user u;
        assert_int_equal(users_find(k->db, &k->arena, cases[i].id, &u),
                         cases[i].stays ? 0 : -ENOENT);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(keeps_every_field), cmocka_unit_test(lets_an_address_be_taken_once),
        cmocka_unit_test(changes),           cmocka_unit_test(is_switched_off_and_on),
        cmocka_unit_test(keeps_preferences), cmocka_unit_test(leaves_nothing_behind),
        cmocka_unit_test(forgets_guests),
    };

    return KIT_MAIN(tests);
}
