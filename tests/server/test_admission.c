/* SPDX-License-Identifier: Apache-2.0 */
/* The door of rooms that the store knows: they open with their settings, whichever way in, and let
 * in whom they should. */
#include "server/admission.h"

#include "api_kit.h"

#include "store/members.h"
#include "store/rooms.h"
#include "store/users.h"

static struct room_row encrypted(const char *id, const char *name)
{
    return (struct room_row){.id = id,
                             .name = name,
                             .created_by = "owner",
                             .admin_id = "owner",
                             .mode = ROOM_STANDARD,
                             .max_participants = 7,
                             .settings = {.e2ee = true},
                             .expires_ms = INT64_MAX,
                             .created_ms = 1};
}

static void add_room(struct db *db, const char *name)
{
    struct room_row r = encrypted(name, name);

    assert_int_equal(rooms_add(db, &r), 0);
}

static void add_user(struct db *db, const char *id)
{
    struct user u = {.id = id, .email = id, .provider = "local", .is_active = true};

    assert_int_equal(users_add(db, &u), 0);
}

/* The room as somebody sees it who comes in with a token of the API key's holder. */
static void expect_room(const char *name, bool e2ee, unsigned max)
{
    struct peer *p = site_join(&api_site, "/rtc", name, "ada", "");
    struct arena a;

    arena_init(&a);
    const Livekit__SignalResponse *r = site_await(p, &a, LIVEKIT__SIGNAL_RESPONSE__MESSAGE_JOIN);
    assert_non_null(r);
    assert_int_equal(strstr(r->join->room->metadata, "\"e2ee\":true") != NULL, e2ee);
    assert_int_equal(r->join->room->max_participants, max);
    arena_fini(&a);
    peer_free(p);
}

static void opens_with_its_settings(void **state)
{
    (void)state;
    struct db *db = api_db();

    add_room(db, "kitchen");
    expect_room("kitchen", true, 7);
    expect_room("hall", false, 0); /* nobody stored that one */
    /* As it does after a restart, of which nothing remains but the store. */
    site_halt(&api_site);
    site_run_it(&api_site);
    expect_room("kitchen", true, 7);
    /* Archived, its name is free for others. */
    site_halt(&api_site);
    assert_int_equal(rooms_archive(db, "kitchen", 2), 0);
    site_run_it(&api_site);
    expect_room("kitchen", false, 0);
    db_close(db);
}

static char *create(const char *body, unsigned status)
{
    char *token = site_token(&api_site, "kitchen", "api", true);
    struct str headers;
    struct peer *p;

    str_init(&headers);
    str_printf(&headers, "Authorization: Bearer %s\r\nContent-Type: application/json\r\n", token);
    unsigned got = site_ask(api_site.port,
                            &(struct ask){"POST", "/twirp/livekit.RoomService/CreateRoom",
                                          headers.text, span_of_str(body)},
                            &p);
    if (got != status)
        fail_msg("%u: %s", got, (const char *)p->body);
    char *answer = xstrdup((const char *)p->body);
    str_fini(&headers);
    free(token);
    peer_free(p);
    return answer;
}

static void is_created_with_its_settings(void **state)
{
    (void)state;
    struct db *db = api_db();

    add_room(db, "kitchen");
    char *answer = create("{\"name\":\"kitchen\",\"metadata\":\"{}\"}", 200);
    assert_non_null(strstr(answer, "e2ee\\\":true"));
    assert_non_null(strstr(answer, "\"max_participants\":7"));
    free(answer);
    expect_room("kitchen", true, 7);
    assert_int_equal(db_exec(db, "UPDATE rooms SET is_active = $1", db_int(0)), 0);
    answer = create("{\"name\":\"kitchen\"}", 412);
    assert_non_null(strstr(answer, "no longer active"));
    free(answer);
    db_close(db);
}

/* A recorder is refused in the same words whether the room is live or not. */
static void refuses_recorders_of_encrypted_rooms(void **state)
{
    (void)state;
    struct db *db = api_db();
    char *token = site_token(&api_site, "kitchen", "api", true);
    struct str headers;

    add_room(db, "kitchen");
    str_init(&headers);
    str_printf(&headers, "Authorization: Bearer %s\r\nContent-Type: application/json\r\n", token);
    for (int live = 0; live < 3; live++) {
        static const char kitchen[] = "{\"room_name\":\"kitchen\"}",
                          hall[] = "{\"room_name\":\"hall\"}";
        struct peer *p,
            *inside = live == 1 ? site_join(&api_site, "/rtc", "kitchen", "ada", "") : NULL;
        unsigned got =
            site_ask(api_site.port,
                     &(struct ask){"POST", "/twirp/livekit.Egress/StartRoomCompositeEgress",
                                   headers.text, span_of_str(live == 2 ? hall : kitchen)},
                     &p);
        assert_int_equal(got, live == 2 ? 501 : 403);
        assert_int_equal(strstr((const char *)p->body, "\"e2ee_room\"") != NULL, live < 2);
        peer_free(p);
        if (inside)
            peer_free(inside);
    }
    str_fini(&headers);
    free(token);
    db_close(db);
}

static void add_member(struct db *db, const char *room, const char *user)
{
    assert_int_equal(members_add(db, room, user, 1), 0);
}

/* A token as the API makes them; `id` is the room's. */
static char *entry_token(const char *room, const char *id, const char *identity, int64_t entry)
{
    struct grant g = {.room = (char *)(uintptr_t)room,
                      .identity = (char *)(uintptr_t)identity,
                      .expires_unix_s = clock_unix_ms() / 1000 + 600,
                      .permission = {.can_subscribe = true}};
    struct claims c = {.grant = &g, .room_join = true, .entry = entry};

    snprintf(c.room_id, sizeof c.room_id, "%s", id);
    return token_sign(&api_site.keys, &c);
}

/* Both /rtc/validate and /rtc say this. */
static void expect_door_of(const char *room, const char *id, const char *identity, int64_t entry,
                           unsigned status, const char *text)
{
    char *token = entry_token(room, id, identity, entry);

    for (int upgrade = 0; upgrade < 2; upgrade++) {
        struct str target;
        struct peer *p;
        str_init(&target);
        str_printf(&target, "%s?access_token=%s", upgrade ? "/rtc" : "/rtc/validate", token);
        unsigned got = site_ask(
            api_site.port,
            &(struct ask){"GET", target.text, upgrade ? site_upgrade : NULL, {NULL, 0}}, &p);
        if (got != (upgrade && status == 200 ? 101 : status))
            fail_msg("%s in %s with %d: %u", identity, room, (int)entry, got);
        if (text)
            assert_string_equal((const char *)p->body, text);
        str_fini(&target);
        peer_free(p);
    }
    free(token);
}

/* Of a room whose id is its name. */
static void expect_door(const char *room, const char *identity, int64_t entry, unsigned status,
                        const char *text)
{
    expect_door_of(room, room, identity, entry, status, text);
}

static void lets_in_whom_it_should(void **state)
{
    (void)state;
    struct db *db = api_db();
    static const char *const people[] = {"ada", "bob", "cyn", "dan", "eve"};

    for (size_t i = 0; i < 5; i++)
        add_user(db, people[i]);
    add_room(db, "kitchen");
    add_room(db, "cellar");
    add_room(db, "attic");
    add_member(db, "kitchen", "ada");
    assert_int_equal(members_put_out(db, "kitchen", "bob", 1), 0);
    assert_int_equal(members_set(db, "kitchen", "cyn", MEMBER_BANNED, true, 1), 0);
    assert_int_equal(users_set_active(db, "dan", false, 1), 0);
    assert_int_equal(rooms_archive(db, "attic", 1), 0);
    assert_int_equal(db_exec(db, "UPDATE rooms SET is_active = 0 WHERE id = $1", db_text("cellar")),
                     0);
    db_close(db);
    expect_door("kitchen", "ada", 1, 200, NULL);
    expect_door("kitchen", "ada", 2, 403, "you were removed from this room; ask for a new token");
    expect_door("kitchen", "bob", 1, 403, "you were removed from this room; ask for a new token");
    expect_door("kitchen", "bob", 2, 200, NULL);
    expect_door("kitchen", "cyn", 1, 403, "you are banned from this room");
    expect_door("kitchen", "dan", 1, 403, "the account is no longer active");
    expect_door("kitchen", "none", 1, 403, "the account is no longer active");
    /* Nobody whom the API ever gave a token for this room. */
    expect_door("kitchen", "eve", 1, 403, "you were removed from this room; ask for a new token");
    expect_door("cellar", "ada", 1, 410, "room is no longer active");
    expect_door("attic", "ada", 1, 410, "room is no longer active");
    expect_door("hall", "ada", 1, 410, "room is no longer active");
    /* Whoever holds the API key decides by themselves. */
    expect_door("kitchen", "cyn", 0, 200, NULL);
    expect_door("kitchen", "none", 0, 200, NULL);
    expect_door("attic", "ada", 0, 200, NULL);
    expect_door("cellar", "ada", 0, 410, "room is no longer active");
}

/* The next room of a name is another: no token of the one before opens it, or bans and a lobby
 * would be got around by it. */
static void keeps_out_tokens_of_the_room_before(void **state)
{
    (void)state;
    struct room_row next = encrypted("second", "kitchen");
    struct db *db = api_db();

    add_user(db, "ada");
    add_user(db, "bob");
    add_room(db, "kitchen");
    add_member(db, "kitchen", "ada");
    expect_door("kitchen", "ada", 1, 200, NULL);
    assert_int_equal(rooms_archive(db, "kitchen", 1), 0);
    assert_int_equal(rooms_add(db, &next), 0);
    add_member(db, "second", "ada");
    db_close(db);
    expect_door("kitchen", "ada", 1, 410, "room is no longer active");
    expect_door_of("kitchen", "second", "ada", 1, 200, NULL);
    expect_door_of("kitchen", "second", "bob", 1, 403,
                   "you were removed from this room; ask for a new token");
    /* One that names no room opens none, unless the API key's holder made it. */
    expect_door_of("kitchen", "", "ada", 1, 410, "room is no longer active");
    expect_door_of("kitchen", "", "ada", 0, 200, NULL);
}

/* Or being put out would last until the first refreshed token. */
static void keeps_the_entry_in_fresh_tokens(void **state)
{
    (void)state;
    struct db *db = api_db();
    struct claims claims;
    struct str target;
    struct arena a;
    struct peer *p;

    add_user(db, "ada");
    add_room(db, "kitchen");
    assert_int_equal(members_put_out(db, "kitchen", "ada", 1), 0);
    db_close(db);
    char *token = entry_token("kitchen", "kitchen", "ada", 2);
    str_init(&target);
    str_printf(&target, "/rtc?access_token=%s&auto_subscribe=1&protocol=16", token);
    assert_int_equal(site_open(api_site.port, target.text, &p), 101);
    arena_init(&a);
    const Livekit__SignalResponse *r =
        site_await(p, &a, LIVEKIT__SIGNAL_RESPONSE__MESSAGE_REFRESH_TOKEN);
    assert_non_null(r);
    assert_int_equal(token_verify(&api_site.keys, span_of_str(r->refresh_token),
                                  clock_unix_ms() / 1000, &claims),
                     TOKEN_OK);
    assert_int_equal(claims.entry, 2);
    assert_string_equal(claims.room_id, "kitchen");
    claims_fini(&claims);
    arena_fini(&a);
    str_fini(&target);
    free(token);
    peer_free(p);
}

static void stays_shut_while_the_store_is_away(void **state)
{
    (void)state;
    struct db *db = api_db();
    struct arena a;
    char query[128];
    struct peer *p;

    if (!api_on_postgres) {
        db_close(db);
        return;
    }
    add_room(db, "kitchen");
    db_close(db);
    arena_init(&a);
    struct peer *inside = site_join(&api_site, "/rtc", "kitchen", "ada", "");
    const Livekit__SignalResponse *r =
        site_await(inside, &a, LIVEKIT__SIGNAL_RESPONSE__MESSAGE_JOIN);
    assert_non_null(r);
    snprintf(query, sizeof query, "&reconnect=1&sid=%s", r->join->participant->sid);
    cluster_kill(&api_cluster);
    /* What serves the connections dies a moment later. */
    unsigned status = 101;
    char *token = site_token(&api_site, "kitchen", "bob", false);
    for (int i = 0; i < 400 && status != 503; i++) {
        char target[1100];
        snprintf(target, sizeof target, "/rtc?access_token=%s", token);
        status = site_open(api_site.port, target, &p);
        peer_free(p);
    }
    free(token);
    assert_int_equal(status, 503);
    /* Whoever was inside can come back. */
    p = site_join(&api_site, "/rtc", "kitchen", "ada", query);
    assert_non_null(site_await(p, &a, LIVEKIT__SIGNAL_RESPONSE__MESSAGE_RECONNECT));
    peer_free(p);
    peer_free(inside);
    cluster_run(&api_cluster);
    arena_fini(&a);
}

/* ---- what changes while the answer is on its way ---- */

struct outcome {
    unsigned count;
    enum admission_result result;
    bool known;
};

static void note(struct admission *q, void *arg)
{
    struct outcome *o = arg;

    o->count++;
    o->result = q->result;
    o->known = q->open.size > 0;
}

static void ask(struct admissions *a, const char *room, int64_t entry, struct outcome *o)
{
    struct admission q = {
        .room = xstrdup(room), .identity = xstrdup("ada"), .entry = entry, .then = note, .arg = o};

    snprintf(q.room_id, sizeof q.room_id, "%s", room);
    admission_ask(a, &q);
}

static void await(struct pool *p, struct outcome *o)
{
    int fd = pool_fd(p);
    int64_t end_us = clock_now_us() + 20000000;

    while (o->count == 0 && clock_now_us() < end_us) {
        thread_wait(&fd, 1, end_us);
        pool_on_mail(p);
    }
    assert_int_equal(o->count, 1);
}

static void asks_again_when_something_changed(void **state)
{
    (void)state;
    struct db *db = api_db();
    struct pool_config c = {api_site.config.database, 1};
    struct admissions a;
    struct str message;

    add_user(db, "ada");
    add_room(db, "kitchen");
    add_member(db, "kitchen", "ada");
    str_init(&message);
    struct pool *p = pool_new(&c, &message);
    assert_non_null(p);
    admissions_init(&a, p);
    for (int renewed = 0; renewed < 2; renewed++) {
        struct outcome o = {0}, other = {0};
        int fd = pool_fd(p);
        ask(&a, "kitchen", 1, &o);
        /* Answered, but not yet heard of, when ada is put out. */
        thread_wait(&fd, 1, INT64_MAX);
        assert_int_equal(members_put_out(db, "kitchen", "ada", 1), 0);
        admission_renew(&a, renewed ? "kitchen" : "hall");
        await(p, &o);
        assert_true(o.known);
        assert_int_equal(o.result, renewed ? ADMISSION_PUT_OUT : ADMISSION_GRANTED);
        ask(&a, "hall", 0, &other);
        await(p, &other);
        assert_int_equal(other.result, ADMISSION_GRANTED);
        assert_false(other.known);
        assert_int_equal(db_exec(db, "UPDATE room_participants SET entry = $1", db_int(0)), 0);
    }
    assert_true(list_empty(&a.pending));
    /* What is left at the end is given up. */
    struct outcome o = {0};
    ask(&a, "kitchen", 1, &o);
    pool_free(p);
    assert_int_equal(o.count, 0);
    assert_true(list_empty(&a.pending));
    str_fini(&message);
    db_close(db);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(opens_with_its_settings),
        cmocka_unit_test(is_created_with_its_settings),
        cmocka_unit_test(refuses_recorders_of_encrypted_rooms),
        cmocka_unit_test(lets_in_whom_it_should),
        cmocka_unit_test(keeps_out_tokens_of_the_room_before),
        cmocka_unit_test(keeps_the_entry_in_fresh_tokens),
        cmocka_unit_test(stays_shut_while_the_store_is_away),
        cmocka_unit_test(asks_again_when_something_changed),
    };

    return API_MAIN(tests);
}
