/* SPDX-License-Identifier: Apache-2.0 */
/* Settings: defaults, bounds, and two people who change different ones at once. */
#include "store/settings.h"

#include "kit.h"

static const struct setting *named(const char *name)
{
    for (unsigned i = 0; i < settings_table_size; i++)
        if (strcmp(settings_table[i].name, name) == 0)
            return &settings_table[i];
    fail_msg("no setting %s", name);
    return NULL;
}

static struct settings all(struct kit *k)
{
    struct settings s;

    memset(&s, 0xaa, sizeof s);
    assert_int_equal(settings_read(k->db, &k->arena, &s), 0);
    return s;
}

static void has_defaults_that_fit(void **state)
{
    struct kit *k = *state;
    struct settings s = all(k);

    for (unsigned i = 0; i < settings_table_size; i++)
        assert_true(setting_fits(&settings_table[i], span_of_str(settings_table[i].standard)));
    assert_string_equal(s.server_name, "Bedrud");
    assert_true(s.registration_enabled);
    assert_false(s.token_registration_only);
    assert_int_equal(s.max_participants_limit, 1000);
}

static void keeps_what_was_set(void **state)
{
    struct kit *k = *state;

    assert_int_equal(settings_write(k->db, named("serverName"), "Our house"), 0);
    assert_int_equal(settings_write(k->db, named("guestLoginEnabled"), "false"), 0);
    assert_int_equal(settings_write(k->db, named("maxRoomsPerUser"), "7"), 0);
    assert_int_equal(settings_write(k->db, named("maxRoomsPerUser"), "8"), 0);
    struct settings s = all(k);
    assert_string_equal(s.server_name, "Our house");
    assert_false(s.guest_login_enabled);
    assert_int_equal(s.max_rooms_per_user, 8);
    assert_true(s.registration_enabled);
}

/* Rows of another version, or of somebody's editor. */
static void passes_over_what_does_not_fit(void **state)
{
    struct kit *k = *state;

    assert_int_equal(settings_write(k->db, named("maxRoomsPerUser"), "many"), 0);
    assert_int_equal(settings_write(k->db, named("registrationEnabled"), "perhaps"), 0);
    assert_int_equal(settings_write(k->db, named("serverName"), ""), 0);
    assert_int_equal(db_script(k->db, "INSERT INTO settings VALUES ('gone', 'x')"), 0);
    struct settings s = all(k);
    assert_int_equal(s.max_rooms_per_user, 100);
    assert_true(s.registration_enabled);
    assert_string_equal(s.server_name, "Bedrud");
}

static void knows_what_fits(void **state)
{
    (void)state;
    static const struct {
        const char *name, *value;
        bool fits;
    } cases[] = {
        {"maxParticipantsLimit", "1", true},
        {"maxParticipantsLimit", "100000", true},
        {"maxParticipantsLimit", "0", false},
        {"maxParticipantsLimit", "100001", false},
        {"maxParticipantsLimit", "-1", false},
        {"maxParticipantsLimit", "", false},
        {"maxParticipantsLimit", "1e3", false},
        {"maxParticipantsLimit", "99999999999999999999999", false},
        {"registrationEnabled", "true", true},
        {"registrationEnabled", "false", true},
        {"registrationEnabled", "TRUE", false},
        {"registrationEnabled", "", false},
        {"serverName", "a", true},
        {"serverName", "", false},
        {"serverName", "0123456789012345678901234567890123456789012345678901234567890123", true},
        {"serverName", "01234567890123456789012345678901234567890123456789012345678901234", false},
    };

    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
        if (setting_fits(named(cases[i].name), span_of_str(cases[i].value)) != cases[i].fits)
            fail_msg("%s: %s", cases[i].name, cases[i].value);
}

static void write_one(struct kit_racer *r)
{
    for (int i = 0; i < 10 && !r->error; i++)
        r->error = settings_write(r->db, &settings_table[r->index],
                                  settings_table[r->index].type == SETTING_BOOL ? "true" : "77");
}

static void loses_none_of_two_writes(void **state)
{
    struct kit *k = *state;
    struct kit_racer racers[KIT_THREADS];

    kit_race(k, write_one, NULL, racers);
    struct settings s = all(k);
    assert_string_equal(s.server_name, "77");
    assert_true(s.token_registration_only);
    assert_int_equal(s.max_rooms_per_user, 77);
    assert_int_equal(s.max_participants_limit, 77);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(has_defaults_that_fit),         cmocka_unit_test(keeps_what_was_set),
        cmocka_unit_test(passes_over_what_does_not_fit), cmocka_unit_test(knows_what_fits),
        cmocka_unit_test(loses_none_of_two_writes),
    };

    return KIT_MAIN(tests);
}
