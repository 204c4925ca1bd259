/* SPDX-License-Identifier: Apache-2.0 */
/* Moderation: who may do what to whom, in one table, and that it takes effect in the meeting at
 * once. What needs media or data to be seen is in tests/interop. */
#include "house.h"

/* ---- who may ---- */

/* What each role is answered; the target is inside and of no rank. */
static const struct {
    const char *method, *before, *after; /* around the target's identity; after NULL: none there */
    unsigned status[ROLES];
} acts[] = {
#define MODERATORS                                                                                 \
    {                                                                                              \
        403, 403, 403, 403, 200, 200, 200                                                          \
    }
#define OWNERS                                                                                     \
    {                                                                                              \
        403, 403, 403, 403, 403, 200, 200                                                          \
    }
    {"POST", "mute/", "", OWNERS},
    {"POST", "video/", "/off", MODERATORS},
    {"POST", "screenshare/", "/stop", MODERATORS},
    {"POST", "chat/", "/block", MODERATORS},
    {"POST", "chat/", "/unblock", MODERATORS},
    {"POST", "stage/", "/bring", MODERATORS},
    {"POST", "stage/", "/remove", MODERATORS},
    {"POST", "deafen/", "", MODERATORS},
    {"POST", "undeafen/", "", MODERATORS},
    {"POST", "ask/", "/unmute", MODERATORS},
    {"POST", "ask/", "/camera", MODERATORS},
    {"POST", "spotlight/", "", MODERATORS},
    {"POST", "promote/", "", OWNERS},
    {"POST", "demote/", "", OWNERS},
    {"POST", "kick/", "", MODERATORS},
    {"POST", "ban/", "", MODERATORS},
    {"POST", "unban/", "", MODERATORS},
    {"GET", "bans", NULL, MODERATORS},
    {"POST", "end", NULL, OWNERS},
};

#define ACTS (sizeof acts / sizeof acts[0])

static void asks_for_the_right_role(void **state)
{
    (void)state;
    struct house h;
    struct arena a;

    arena_init(&a);
    house_build(&h, "{}");
    struct peer *p = house_enter(&h, &h.target, &a, NULL);
    for (size_t i = 0; i < ACTS; i++)
        for (int role = 0; role < ROLES; role++) {
            char what[192];
            snprintf(what, sizeof what, "%s%s%s", acts[i].before, acts[i].after ? h.target.id : "",
                     acts[i].after ? acts[i].after : "");

            json_decref(house_ask(&h, acts[i].method, &h.people[role], what, acts[i].status[role],
                                  acts[i].status[role] == 403 ? "forbidden" : NULL));
        }
    peer_free(p);
    arena_fini(&a);
}

static bool is_noted(const json_t *entries, const char *action, const char *room,
                     const char *detail)
{
    const json_t *one;
    size_t i;

    json_array_foreach(entries, i, one)
    {
        if (strcmp(api_get(one, "action"), action) == 0 &&
            strcmp(api_get(one, "target"), room) == 0 &&
            strcmp(api_get(one, "detail"), detail) == 0)
            return true;
    }
    return false;
}

/* Whatever somebody did to somebody else stands in the audit log. */
static void is_written_down(void **state)
{
    (void)state;
    static const char *const done[][2] = {
        {"mute/", ""},         {"video/", "/off"},    {"screenshare/", "/stop"},
        {"chat/", "/block"},   {"chat/", "/unblock"}, {"stage/", "/bring"},
        {"stage/", "/remove"}, {"deafen/", ""},       {"undeafen/", ""},
        {"ask/", "/unmute"},   {"ask/", "/camera"},   {"spotlight/", ""},
        {"promote/", ""},      {"demote/", ""},       {"kick/", ""},
        {"ban/", ""},          {"unban/", ""},        {"end", NULL}};
    static const char *const noted[] = {"mute",         "video_off",    "screenshare_stop",
                                        "chat_block",   "chat_unblock", "stage_bring",
                                        "stage_remove", "deafen",       "undeafen",
                                        "ask_unmute",   "ask_camera",   "spotlight",
                                        "promote",      "demote",       "kick",
                                        "ban",          "unban",        "end"};
    const size_t count = sizeof done / sizeof done[0];
    struct house h;
    struct arena a;
    char text[192];

    arena_init(&a);
    house_build(&h, "{}");
    struct peer *p = house_enter(&h, &h.target, &a, NULL);
    for (size_t i = 0; i < count; i++) {
        snprintf(text, sizeof text, "%s%s%s", done[i][0], done[i][1] ? h.target.id : "",
                 done[i][1] ? done[i][1] : "");
        json_decref(house_ask(&h, "POST", &h.people[ROLE_OWNER], text, 200, NULL));
    }
    json_t *log = api_ask(&(struct question){"GET", "/api/admin/audit?limit=100",
                                             h.people[ROLE_BOSS].access, NULL, NULL},
                          200, NULL);
    for (size_t i = 0; i < count; i++) {
        snprintf(text, sizeof text, "room.%s", noted[i]);
        if (!is_noted(json_object_get(log, "entries"), text, h.id, done[i][1] ? h.target.id : ""))
            fail_msg("%s is not noted", text);
    }
    json_decref(log);
    peer_free(p);
    arena_fini(&a);
}

static void spares_ones_betters(void **state)
{
    (void)state;
    static const char *const harsh[][2] = {
        {"mute/", ""},       {"video/", "/off"}, {"screenshare/", "/stop"},
        {"chat/", "/block"}, {"deafen/", ""},    {"kick/", ""},
        {"ban/", ""}};
    static const struct {
        enum role actor, target;
        unsigned status;
        const char *code;
    } cases[] = {{ROLE_MODERATOR, ROLE_OWNER, 403, "outranked"},
                 {ROLE_MODERATOR, ROLE_BOSS, 403, "outranked"},
                 {ROLE_OWNER, ROLE_BOSS, 403, "outranked"},
                 {ROLE_OWNER, ROLE_OWNER, 400, "self"},
                 {ROLE_BOSS, ROLE_BOSS, 400, "self"}};
    struct house h;
    char what[192];

    house_build(&h, "{}");
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
        for (size_t n = 0; n < sizeof harsh / sizeof harsh[0]; n++) {
            if (n == 0 && cases[i].actor == ROLE_MODERATOR)
                continue; /* not theirs at all */
            snprintf(what, sizeof what, "%s%s%s", harsh[n][0], h.people[cases[i].target].id,
                     harsh[n][1]);
            json_decref(house_ask(&h, "POST", &h.people[cases[i].actor], what, cases[i].status,
                                  cases[i].code));
        }
    /* Another moderator is no less. */
    house_set(&h, &h.people[ROLE_USER], MEMBER_MODERATOR, true);
    snprintf(what, sizeof what, "kick/%s", h.people[ROLE_USER].id);
    json_decref(house_ask(&h, "POST", &h.people[ROLE_MODERATOR], what, 403, "outranked"));
    snprintf(what, sizeof what, "demote/%s", h.people[ROLE_BOSS].id);
    json_decref(house_ask(&h, "POST", &h.people[ROLE_OWNER], what, 403, "outranked"));
}

static void says_who_is_not_there(void **state)
{
    (void)state;
    static const char *const routes[][2] = {
        {"kick/", ""},        {"ban/", ""},     {"unban/", ""},     {"mute/", ""},
        {"video/", "/off"},   {"promote/", ""}, {"demote/", ""},    {"chat/", "/block"},
        {"stage/", "/bring"}, {"deafen/", ""},  {"spotlight/", ""}, {"ask/", "/unmute"}};
    struct house h, other = {.id = "none-such"};
    char what[192];

    house_build(&h, "{}");
    const struct person *owner = &h.people[ROLE_OWNER];
    for (size_t i = 0; i < sizeof routes / sizeof routes[0]; i++) {
        snprintf(what, sizeof what, "%snobody%s", routes[i][0], routes[i][1]);
        json_decref(house_ask(&h, "POST", owner, what, 404, "participant_not_found"));
        json_decref(house_ask(&other, "POST", owner, what, 404, "room_not_found"));
    }
    /* Known, but never here. */
    snprintf(what, sizeof what, "kick/%s", h.people[ROLE_USER].id);
    json_decref(house_ask(&h, "POST", owner, what, 404, "participant_not_found"));
    json_decref(house_ask(&h, "POST", owner, "ask/x/dance", 400, "unknown_action"));
    snprintf(what, sizeof what, "promote/%s", h.people[ROLE_BANNED].id);
    json_decref(house_ask(&h, "POST", owner, what, 409, "banned"));
    /* An archived room has nobody to be moderated. */
    json_decref(house_ask(&h, "DELETE", owner, "", 404, "no_route"));
    struct db *db = api_db();
    assert_int_equal(rooms_archive(db, h.id, 5), 0);
    db_close(db);
    json_decref(house_ask(&h, "POST", owner, "end", 404, "room_not_found"));
}

/* ---- out ---- */

static void expect_removal(struct peer *p, struct arena *a)
{
    const Livekit__SignalResponse *r = site_await(p, a, LIVEKIT__SIGNAL_RESPONSE__MESSAGE_LEAVE);

    assert_non_null(r);
    assert_int_equal(r->leave->reason, LIVEKIT__DISCONNECT_REASON__PARTICIPANT_REMOVED);
    assert_int_equal(r->leave->action, LIVEKIT__LEAVE_REQUEST__ACTION__DISCONNECT);
}

/* The token that the client was given inside, which lives longest. */
static const char *fresh_token(struct peer *p, struct arena *a)
{
    const Livekit__SignalResponse *r =
        site_await(p, a, LIVEKIT__SIGNAL_RESPONSE__MESSAGE_REFRESH_TOKEN);

    assert_non_null(r);
    return r->refresh_token;
}

static void puts_people_out(void **state)
{
    (void)state;
    struct house h;
    struct arena a;

    arena_init(&a);
    house_build(&h, "{}");
    json_t *first = house_join(&h, &h.target, 200, NULL);
    struct peer *p = house_enter(&h, &h.target, &a, NULL);
    const char *fresh = fresh_token(p, &a);
    assert_int_equal(house_knock(fresh), 200);
    house_do(&h, &h.people[ROLE_MODERATOR], "kick", &h.target, "");
    expect_removal(p, &a);
    peer_free(p);
    /* No token from before is good; a new one is, when it is asked for. */
    assert_int_equal(house_knock(api_get(first, "token")), 403);
    assert_int_equal(house_knock(fresh), 403);
    json_decref(first);
    p = house_enter(&h, &h.target, &a, NULL);
    /* Nobody is inside under another's name: the same for who only holds a token. */
    first = house_join(&h, &h.people[ROLE_USER], 200, NULL);
    house_do(&h, &h.people[ROLE_MODERATOR], "kick", &h.people[ROLE_USER], "");
    assert_int_equal(house_knock(api_get(first, "token")), 403);
    json_decref(first);

    house_do(&h, &h.people[ROLE_MODERATOR], "ban", &h.target, "");
    expect_removal(p, &a);
    peer_free(p);
    json_t *refused = house_join(&h, &h.target, 403, "banned");
    assert_string_equal(api_get(refused, "error"), "you are banned from this room");
    json_decref(refused);
    json_t *all = house_ask(&h, "GET", &h.people[ROLE_OWNER], "bans", 200, NULL);
    const json_t *banned = json_object_get(all, "banned");
    assert_int_equal(json_array_size(banned), 2);
    assert_string_equal(api_get(json_array_get(banned, 1), "identity"), h.target.id);
    assert_string_equal(api_get(json_array_get(banned, 1), "name"), "target");
    json_decref(all);
    house_do(&h, &h.people[ROLE_MODERATOR], "unban", &h.target, "");
    peer_free(house_enter(&h, &h.target, &a, NULL));
    arena_fini(&a);
}

/* Nobody is out and approved at once, not for a moment, or they could come back in it. The index
 * has no place for a second such row, and the user's is the first. */
static void takes_the_approval_with_the_entry(void **state)
{
    (void)state;
    struct house h;
    struct member m;
    struct arena a;

    arena_init(&a);
    house_build(&h, "{\"settings\":{\"requireApproval\":true}}");
    house_set(&h, &h.people[ROLE_USER], MEMBER_APPROVED, true);
    house_set(&h, &h.target, MEMBER_APPROVED, true);
    struct db *db = api_db();
    assert_int_equal(members_put_out(db, h.id, h.people[ROLE_USER].id, 1), 0);
    assert_int_equal(db_exec_run(db,
                                 "CREATE UNIQUE INDEX halfway ON room_participants (room_id) "
                                 "WHERE entry > 0 AND is_approved = 1",
                                 NULL, 0),
                     0);
    house_do(&h, &h.people[ROLE_MODERATOR], "kick", &h.target, "");
    assert_int_equal(members_find(db, &a, h.id, h.target.id, &m), 0);
    assert_int_equal(m.entry, 1);
    assert_false(m.is_approved);
    db_close(db);
    arena_fini(&a);
}

/* Whoever is banned keeps nothing of what they were. */
static void leaves_the_banned_nothing(void **state)
{
    (void)state;
    struct house h;

    house_build(&h, "{\"isPublic\":false}");
    const struct person *user = &h.people[ROLE_USER];
    house_do(&h, &h.people[ROLE_OWNER], "promote", user, "");
    json_decref(house_ask(&h, "GET", user, "bans", 200, NULL));
    house_do(&h, &h.people[ROLE_OWNER], "ban", user, "");
    json_decref(house_ask(&h, "GET", user, "bans", 403, "forbidden"));
    house_do(&h, &h.people[ROLE_OWNER], "unban", user, "");
    json_decref(house_ask(&h, "GET", user, "bans", 403, "forbidden"));
    json_decref(house_join(&h, user, 403, "private"));
}

static void ends_for_all(void **state)
{
    (void)state;
    struct house h;
    struct arena a;

    arena_init(&a);
    house_build(&h, "{}");
    struct peer *p = house_enter(&h, &h.target, &a, NULL),
                *q = house_enter(&h, &h.people[ROLE_USER], &a, NULL);
    json_decref(house_ask(&h, "POST", &h.people[ROLE_OWNER], "end", 200, NULL));
    for (int i = 0; i < 2; i++) {
        const Livekit__SignalResponse *r =
            site_await(i ? q : p, &a, LIVEKIT__SIGNAL_RESPONSE__MESSAGE_LEAVE);
        assert_non_null(r);
        assert_int_equal(r->leave->reason, LIVEKIT__DISCONNECT_REASON__ROOM_DELETED);
    }
    peer_free(p);
    peer_free(q);
    /* The room is still there for the next meeting, and ending none is no mistake. */
    json_decref(house_ask(&h, "POST", &h.people[ROLE_OWNER], "end", 200, NULL));
    peer_free(house_enter(&h, &h.target, &a, NULL));
    arena_fini(&a);
}

/* ---- what they may ---- */

static void promotes_and_demotes(void **state)
{
    (void)state;
    const Livekit__ParticipantInfo *me;
    struct house h;
    struct arena a;

    arena_init(&a);
    house_build(&h, "{\"settings\":{\"allowVideo\":false,\"allowChat\":false}}");
    const struct person *owner = &h.people[ROLE_OWNER];
    json_t *before = house_join(&h, &h.target, 200, NULL);
    struct peer *p = house_enter(&h, &h.target, &a, &me);
    assert_false(me->permission->can_publish_data);
    house_do(&h, owner, "promote", &h.target, "");
    do
        me = house_news(p, &a, h.target.id);
    while (me && !me->permission->can_publish_data);
    assert_non_null(me);
    assert_int_equal(me->permission->n_can_publish_sources, 0);
    assert_string_equal(me->metadata, "{\"accesses\":[\"moderator\",\"guest\"]}");
    json_t *again = house_ask(&h, "POST", owner, "promote/", 404, NULL);
    json_decref(again);
    char what[192];
    snprintf(what, sizeof what, "promote/%s", h.target.id);
    again = house_ask(&h, "POST", owner, what, 200, NULL);
    assert_string_equal(api_get(again, "status"), "already_moderator");
    json_decref(again);
    json_decref(house_ask(&h, "GET", &h.target, "bans", 200, NULL));
    peer_free(p);
    /* Whoever comes in with a token of before is what they are now. */
    const Livekit__SignalResponse *joined;
    p = api_enter(before, &a, &joined);
    assert_true(joined->join->participant->permission->can_publish_data);
    assert_non_null(strstr(joined->join->participant->metadata, "\"moderator\""));
    house_do(&h, owner, "demote", &h.target, "");
    do
        me = house_news(p, &a, h.target.id);
    while (me && me->permission->can_publish_data);
    assert_non_null(me);
    assert_string_equal(me->metadata, "{\"accesses\":[\"guest\"]}");
    json_decref(house_ask(&h, "GET", &h.target, "bans", 403, "forbidden"));
    peer_free(p);
    json_decref(before);
    arena_fini(&a);
}

static void blocks_from_chat(void **state)
{
    (void)state;
    const Livekit__ParticipantInfo *me;
    const Livekit__SignalResponse *joined;
    struct house h;
    struct arena a;

    arena_init(&a);
    house_build(&h, "{}");
    json_t *before = house_join(&h, &h.target, 200, NULL);
    struct peer *p = house_enter(&h, &h.target, &a, NULL);
    house_do(&h, &h.people[ROLE_MODERATOR], "chat", &h.target, "/block");
    do
        me = house_news(p, &a, h.target.id);
    while (me && me->permission->can_publish_data);
    assert_non_null(me);
    assert_string_equal(me->metadata, "{\"accesses\":[\"guest\"],\"chatBlocked\":true}");
    peer_free(p);
    /* A token from before does not lift it. */
    p = api_enter(before, &a, &joined);
    assert_false(joined->join->participant->permission->can_publish_data);
    assert_non_null(strstr(joined->join->participant->metadata, "\"chatBlocked\":true"));
    house_do(&h, &h.people[ROLE_MODERATOR], "chat", &h.target, "/unblock");
    do
        me = house_news(p, &a, h.target.id);
    while (me && !me->permission->can_publish_data);
    assert_non_null(me);
    assert_string_equal(me->metadata, "{\"accesses\":[\"guest\"]}");
    peer_free(p);
    json_decref(before);
    arena_fini(&a);
}

/* In a webinar the audience listens and chats, in a broadcast it listens. */
static void brings_people_on_stage(void **state)
{
    (void)state;
    static const char *const modes[] = {"webinar", "broadcast"};

    for (int i = 0; i < 2; i++) {
        const Livekit__ParticipantInfo *me;
        struct house h;
        struct arena a;
        char body[64];

        if (i) {
            api_teardown(NULL);
            api_setup(NULL);
        }
        arena_init(&a);
        snprintf(body, sizeof body, "{\"mode\":\"%s\"}", modes[i]);
        house_build(&h, body);
        struct peer *p = house_enter(&h, &h.target, &a, &me);
        assert_false(me->permission->can_publish);
        assert_int_equal(me->permission->can_publish_data, i == 0);
        house_do(&h, &h.people[ROLE_MODERATOR], "stage", &h.target, "/bring");
        do
            me = house_news(p, &a, h.target.id);
        while (me && !me->permission->can_publish);
        assert_non_null(me);
        assert_true(me->permission->can_publish_data);
        house_do(&h, &h.people[ROLE_MODERATOR], "stage", &h.target, "/remove");
        do
            me = house_news(p, &a, h.target.id);
        while (me && me->permission->can_publish);
        assert_non_null(me);
        assert_int_equal(me->permission->can_publish_data, i == 0);
        peer_free(p);
        arena_fini(&a);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(asks_for_the_right_role),
        cmocka_unit_test(is_written_down),
        cmocka_unit_test(spares_ones_betters),
        cmocka_unit_test(says_who_is_not_there),
        cmocka_unit_test(puts_people_out),
        cmocka_unit_test(takes_the_approval_with_the_entry),
        cmocka_unit_test(leaves_the_banned_nothing),
        cmocka_unit_test(ends_for_all),
        cmocka_unit_test(promotes_and_demotes),
        cmocka_unit_test(blocks_from_chat),
        cmocka_unit_test(brings_people_on_stage),
    };

    /* What our own door does; another server's webhook tells of people only once they have media.
     */
    static const char *const only_here[] = {"puts_people_out", "leaves_the_banned_nothing",
                                            "promotes_and_demotes", "blocks_from_chat", NULL};

    return API_MAIN_ANYWHERE(tests, only_here);
}
