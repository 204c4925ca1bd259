/* SPDX-License-Identifier: Apache-2.0 */
/* Names of rooms, and what each kind of person may do in each kind of room. */
#include "server/api_room.h"

#include "wire/signal.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

static void knows_names(void **state)
{
    (void)state;
    static const struct {
        const char *name;
        bool fits;
    } cases[] = {{"abc", true},
                 {"a-b", true},
                 {"abc-defg-hij", true},
                 {"007", true},
                 {"ab", false},
                 {"", false},
                 {"-ab", false},
                 {"ab-", false},
                 {"a--b", false},
                 {"Abc", false},
                 {"a b", false},
                 {"a_b", false},
                 {"caf\xc3\xa9", false},
                 {"0123456789012345678901234567890123456789012345678901234567890ab", true},
                 {"0123456789012345678901234567890123456789012345678901234567890abc", false}};

    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
        if (api_room_name_fits(cases[i].name) != cases[i].fits)
            fail_msg("%s", cases[i].name);
}

static void makes_names(void **state)
{
    (void)state;
    char one[API_ROOM_NAME_SIZE], other[API_ROOM_NAME_SIZE];

    for (int i = 0; i < 200; i++) {
        api_room_make_name(one);
        api_room_make_name(other);
        assert_int_equal(strlen(one), 12);
        assert_true(api_room_name_fits(one));
        assert_true(one[3] == '-' && one[8] == '-');
        assert_int_equal(strspn(one, "abcdefghijklmnopqrstuvwxyz-"), 12);
        assert_string_not_equal(one, other);
    }
}

#define CAMERA (1u << LIVEKIT__TRACK_SOURCE__CAMERA)
#define MICROPHONE (1u << LIVEKIT__TRACK_SOURCE__MICROPHONE)
#define SCREEN (1u << LIVEKIT__TRACK_SOURCE__SCREEN_SHARE)
#define SCREEN_AUDIO (1u << LIVEKIT__TRACK_SOURCE__SCREEN_SHARE_AUDIO)

static void permits(void **state)
{
    (void)state;
    static const struct {
        const char *mode;
        bool chat, video, audio;
        enum api_role role;
        bool stage, blocked;
        /* and so */
        bool publish, data;
        uint32_t sources;
    } cases[] = {
        {ROOM_STANDARD, 1, 1, 1, API_ROLE_PARTICIPANT, 0, 0, 1, 1, 0},
        {ROOM_STANDARD, 0, 1, 1, API_ROLE_PARTICIPANT, 0, 0, 1, 0, 0},
        {ROOM_STANDARD, 1, 1, 1, API_ROLE_PARTICIPANT, 0, 1, 1, 0, 0},
        {ROOM_STANDARD, 1, 0, 1, API_ROLE_PARTICIPANT, 0, 0, 1, 1,
         MICROPHONE | SCREEN | SCREEN_AUDIO},
        {ROOM_STANDARD, 1, 1, 0, API_ROLE_PARTICIPANT, 0, 0, 1, 1, CAMERA | SCREEN},
        {ROOM_STANDARD, 1, 0, 0, API_ROLE_PARTICIPANT, 0, 0, 1, 1, SCREEN},
        {ROOM_STANDARD, 0, 0, 0, API_ROLE_MODERATOR, 0, 1, 1, 1, 0},
        {ROOM_STANDARD, 0, 0, 0, API_ROLE_OWNER, 0, 0, 1, 1, 0},
        {ROOM_WEBINAR, 1, 1, 1, API_ROLE_PARTICIPANT, 0, 0, 0, 1, 0},
        {ROOM_WEBINAR, 1, 1, 1, API_ROLE_PARTICIPANT, 1, 0, 1, 1, 0},
        {ROOM_WEBINAR, 0, 1, 1, API_ROLE_PARTICIPANT, 1, 0, 1, 0, 0},
        {ROOM_WEBINAR, 1, 0, 1, API_ROLE_PARTICIPANT, 1, 0, 1, 1,
         MICROPHONE | SCREEN | SCREEN_AUDIO},
        {ROOM_WEBINAR, 1, 1, 1, API_ROLE_MODERATOR, 0, 0, 1, 1, 0},
        {ROOM_BROADCAST, 1, 1, 1, API_ROLE_PARTICIPANT, 0, 0, 0, 0, 0},
        {ROOM_BROADCAST, 1, 1, 1, API_ROLE_PARTICIPANT, 1, 0, 1, 1, 0},
        {ROOM_BROADCAST, 1, 1, 1, API_ROLE_OWNER, 0, 0, 1, 1, 0},
    };

    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct room_row r = {.mode = cases[i].mode,
                             .settings = {.allow_chat = cases[i].chat,
                                          .allow_video = cases[i].video,
                                          .allow_audio = cases[i].audio}};
        struct member m = {.is_on_stage = cases[i].stage, .is_chat_blocked = cases[i].blocked};
        struct permission p = api_room_permission(&r, cases[i].role, &m);
        if (!p.can_subscribe || !p.can_update_metadata || p.hidden ||
            p.can_publish != cases[i].publish || p.can_publish_data != cases[i].data ||
            p.sources != cases[i].sources)
            fail_msg("case %zu", i);
    }
}

static void knows_roles(void **state)
{
    (void)state;
    static const struct room_row r = {.created_by = "ada", .admin_id = "bob"};
    static const struct {
        const char *id;
        unsigned accesses;
        bool moderator;
        enum api_role role;
    } cases[] = {{"ada", ACCESS_USER, false, API_ROLE_OWNER},
                 {"bob", ACCESS_USER, false, API_ROLE_OWNER},
                 {"cyn", ACCESS_USER, false, API_ROLE_PARTICIPANT},
                 {"cyn", ACCESS_USER, true, API_ROLE_MODERATOR},
                 {"cyn", ACCESS_USER | ACCESS_ADMIN, false, API_ROLE_PARTICIPANT},
                 {"cyn", ACCESS_USER | ACCESS_SUPERADMIN, false, API_ROLE_OWNER}};

    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        const struct user u = {.id = cases[i].id, .accesses = cases[i].accesses};
        const struct member m = {.is_moderator = cases[i].moderator};
        assert_int_equal(api_room_role(&r, &u, &m), cases[i].role);
    }
}

static void tells_where_media_is(void **state)
{
    (void)state;
    static const struct {
        const char *url, *host;
        bool secure;
        const char *wanted;
    } cases[] = {{NULL, "10.0.0.1:8090", false, "ws://10.0.0.1:8090/livekit"},
                 {NULL, "meet.example.org", true, "wss://meet.example.org/livekit"},
                 {"https://meet.example.org", "other", false, "wss://meet.example.org/livekit"},
                 {"http://10.0.0.1:8090", "other", true, "ws://10.0.0.1:8090/livekit"}};

    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct api_config config = {.public_url = cases[i].url};
        struct api_call *c = api_call_new();
        c->config = &config;
        c->host = cases[i].host;
        c->secure = cases[i].secure;
        assert_string_equal(api_room_host(c), cases[i].wanted);
        api_call_free(c);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(knows_names),
        cmocka_unit_test(makes_names),
        cmocka_unit_test(permits),
        cmocka_unit_test(knows_roles),
        cmocka_unit_test(tells_where_media_is),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
