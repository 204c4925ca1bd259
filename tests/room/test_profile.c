/* SPDX-License-Identifier: Apache-2.0 */
/* Names, metadata, attributes; permissions that change. */
#include "harness.h"
#include "room/signalling.h"

static const Livekit__RequestResponse *
update(struct client *c, const char *name, const char *metadata, const char *key, const char *value)
{
    Livekit__SignalRequest r = request_of(REQ(UPDATE_METADATA));
    Livekit__UpdateParticipantMetadata m = LIVEKIT__UPDATE_PARTICIPANT_METADATA__INIT;
    Livekit__UpdateParticipantMetadata__AttributesEntry
        entry = LIVEKIT__UPDATE_PARTICIPANT_METADATA__ATTRIBUTES_ENTRY__INIT,
        *list[] = {&entry};

    r.update_metadata = &m;
    m.name = (char *)(uintptr_t)name;
    m.metadata = (char *)(uintptr_t)metadata;
    m.request_id = 17;
    entry.key = (char *)(uintptr_t)key;
    entry.value = (char *)(uintptr_t)value;
    m.attributes = list;
    m.n_attributes = key[0] ? 1 : 0;
    client_send(c, &r);
    turn();
    const Livekit__RequestResponse *a = client_last(c, RESP(REQUEST_RESPONSE))->request_response;
    assert_int_equal(a->request_id, 17);
    return a;
}

static void test_update(void **state)
{
    (void)state;
    struct client *alice = client_join("alice"), *bob = client_join("bob");

    assert_int_equal(update(alice, "Alice", "m", "hand", "up")->reason,
                     LIVEKIT__REQUEST_RESPONSE__REASON__OK);
    for (int i = 0; i < 2; i++) {
        const Livekit__ParticipantInfo *seen = client_sees(i ? alice : bob, "alice");
        assert_string_equal(seen->name, "Alice");
        assert_string_equal(seen->metadata, "m");
        assert_int_equal(seen->n_attributes, 1);
        assert_string_equal(seen->attributes[0]->key, "hand");
    }
    update(alice, "", "", "hand", "");
    assert_string_equal(client_sees(bob, "alice")->name, "Alice");
    assert_int_equal(client_sees(bob, "alice")->n_attributes, 0);
}

static void test_not_allowed(void **state)
{
    (void)state;
    struct client *alice = client_new("alice");

    alice->grant->permission.can_update_metadata = false;
    client_open(alice);
    const Livekit__RequestResponse *a = update(alice, "Alice", "", "", "");
    assert_int_equal(a->reason, LIVEKIT__REQUEST_RESPONSE__REASON__NOT_ALLOWED);
    assert_string_equal(a->update_metadata->name, "Alice");
    assert_null(person_of(alice)->grant->name);
}

/* Their role, and that they are blocked from chat, nobody says of themselves. */
static void test_servers_members(void **state)
{
    (void)state;
    static const char blocked[] = "{\"accesses\":[\"user\"],\"chatBlocked\":true}";
    struct client *alice = client_join("alice"), *bob = client_join("bob");

    profile_set(person_of(alice), NULL, blocked, NULL, 0);
    assert_int_equal(update(alice, "",
                            "{\"accesses\":[\"superadmin\"],\"chatBlocked\":false,"
                            "\"displayName\":\"Al\"}",
                            "", "")
                         ->reason,
                     LIVEKIT__REQUEST_RESPONSE__REASON__OK);
    assert_string_equal(client_sees(bob, "alice")->metadata,
                        "{\"accesses\":[\"user\"],\"chatBlocked\":true,\"displayName\":\"Al\"}");
    assert_int_equal(update(alice, "", "words", "", "")->reason,
                     LIVEKIT__REQUEST_RESPONSE__REASON__INVALID_REQUEST);
    assert_int_equal(update(bob, "", "{\"accesses\":[\"moderator\"]}", "", "")->reason,
                     LIVEKIT__REQUEST_RESPONSE__REASON__OK);
    assert_string_equal(client_sees(alice, "bob")->metadata, "{}");
}

static void test_limits(void **state)
{
    (void)state;
    struct client *alice = client_join("alice");
    char *text = xcalloc(1, LIMIT_METADATA + 2);

    memset(text, 'x', LIMIT_METADATA + 1);
    assert_int_equal(update(alice, "", text, "", "")->reason,
                     LIVEKIT__REQUEST_RESPONSE__REASON__LIMIT_EXCEEDED);
    assert_int_equal(update(alice, "", "", "k", text)->reason,
                     LIVEKIT__REQUEST_RESPONSE__REASON__LIMIT_EXCEEDED);
    text[LIMIT_NAME + 1] = 0;
    assert_int_equal(update(alice, text, "", "", "")->reason,
                     LIVEKIT__REQUEST_RESPONSE__REASON__LIMIT_EXCEEDED);
    assert_null(person_of(alice)->grant->metadata);
    free(text);
}

static void test_permission(void **state)
{
    (void)state;
    struct client *alice = client_join("alice"), *bob = client_join("bob");
    struct permission none = {0}, all = person_of(alice)->grant->permission;

    client_publish_audio(alice, "mic");
    client_publish_audio(bob, "mic");
    profile_set_permission(person_of(alice), &none, world.now_us);
    run_ms(100);
    assert_int_equal(client_count(alice, RESP(TRACK_UNPUBLISHED)), 1);
    assert_int_equal(client_sees(bob, "alice")->n_tracks, 0);
    assert_true(list_empty(&person_of(alice)->downtracks));
    /* Its section is refused until it is asked for again. */
    client_offer(alice, AUDIO_SECTION("1", "mic"));
    run_ms(100);
    assert_non_null(
        strstr(strstr(client_last(alice, RESP(ANSWER))->answer->sdp, "m=audio"), "a=inactive"));
    profile_set_permission(person_of(alice), &all, world.now_us);
    run_ms(100);
    assert_false(list_empty(&person_of(alice)->downtracks));
    client_publish_audio(alice, "mic");
    assert_int_equal(client_sees(bob, "alice")->n_tracks, 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        WORLD_TEST(test_update), WORLD_TEST(test_not_allowed), WORLD_TEST(test_servers_members),
        WORLD_TEST(test_limits), WORLD_TEST(test_permission),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
